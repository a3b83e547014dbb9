"""The migrations of the tables that must not be lost, for Alembic; :mod:`api.migrating` runs them."""
