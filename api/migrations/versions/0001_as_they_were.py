"""Sign-ins as version 0.5 kept them, and in PostgreSQL the journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    if op.get_bind().dialect.name == "postgresql":
        from ledger.journal_postgres import TABLES

        for statement in TABLES:
            op.execute(statement)
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "secret",
        sa.Column("id", number, primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "answered",
        sa.Column("challenge", sa.Text, primary_key=True),
        sa.Column("until", number, nullable=False),
    )
    op.create_index("answered_by_time", "answered", ["until"])
    op.create_table(
        "sessions",
        sa.Column("id", number, primary_key=True),
        sa.Column("token", sa.Text, nullable=False, unique=True),
        sa.Column("official", sa.Text, nullable=False),
        sa.Column("keyid", sa.Text, nullable=False),
        sa.Column("mandates", sa.JSON, nullable=False),
        sa.Column("since", number, nullable=False),
        sa.Column("until", number, nullable=False),
        sa.Column("ended", number),
    )
    op.create_index("sessions_by_time", "sessions", ["until"])
    op.create_table(
        "brought",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("official", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reads",
        sa.Column("id", number, primary_key=True),
        sa.Column("session", number, nullable=False),
        sa.Column("official", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("first", number, nullable=False),
        sa.Column("last", number, nullable=False),
        sa.Column("times", number, nullable=False),
    )
    op.create_index("reads_once", "reads", ["session", "what", "name"], unique=True)
    op.create_index("reads_by_official", "reads", ["official"])
    op.create_index("reads_by_name", "reads", ["what", "name"])
