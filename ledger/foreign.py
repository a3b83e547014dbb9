"""Foreign things on the journal's tables: what changes, drops, adds or hides rows without a word of it in a statement.

A trigger or a rewrite rule may have an INSERT succeed whose row is another or none at all (PostgreSQL 18, 39.1 and
41.4; SQLite, CREATE TRIGGER), a policy or an inheriting table changes what is read. So none may be there: not when the
journal is opened, and not at the end of a turn, whose locks keep others from making one. Who finds some is told their
names. Whether a row was changed before, an audit says.
"""

from __future__ import annotations

from collections.abc import Sequence

from keys.errors import Unavailable
from ledger.rows import Run

#: The tables of the journal, by names that PostgreSQL looks up once and not in each turn.
OURS = (
    "SELECT oid, relname, relkind, relrowsecurity, relpersistence FROM pg_class "
    "WHERE oid IN ('jejak.stored_events'::regclass, 'jejak.tile_hashes'::regclass, "
    "'jejak.checkpoints'::regclass, 'jejak.frontier'::regclass)"
)
#: What is foreign in PostgreSQL, and on which table.
_IN_POSTGRES = (
    f"WITH ours AS ({OURS}) "  # noqa: S608  our names
    "SELECT 'pemicu (trigger) ' || tgname, relname FROM ours JOIN pg_trigger ON tgrelid = ours.oid "
    "WHERE NOT tgisinternal "
    "UNION ALL SELECT 'aturan (rule) ' || rulename, relname FROM ours JOIN pg_rewrite ON ev_class = ours.oid "
    "UNION ALL SELECT 'penyaring baris (row level security)', relname FROM ours WHERE relrowsecurity "
    "UNION ALL SELECT 'tabel turunan ' || inhrelid::regclass, relname FROM ours "
    "JOIN pg_inherits ON inhparent = ours.oid "
    "UNION ALL SELECT 'sesuatu yang bukan tabel biasa', relname FROM ours WHERE relkind <> 'r' ORDER BY 2, 1"
)
#: Whether there is a sign of any of them, or of a table that a crash empties (UNLOGGED), by what PostgreSQL notes of a
#: table: looked at in no time, and right or too careful, for a sign may stay until a VACUUM when nothing is left.
SIGN = (
    f"EXISTS ({OURS} AND (relhastriggers OR relhasrules OR relrowsecurity OR relhassubclass OR relkind <> 'r' "
    "OR relpersistence <> 'p'))"
)
#: Of SQLite, whose file holds nothing but the journal.
_IN_SQLITE = (
    "SELECT CASE type WHEN 'view' THEN 'tampilan (view) ' ELSE 'pemicu (trigger) ' END || name, tbl_name "
    "FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY 2, 1"
)


def require_none_in_postgres(run: Run) -> None:
    """Return if nothing foreign is on the tables, else raise Unavailable (``journal.foreign``) naming it."""
    _require_none(run(_IN_POSTGRES, ()))


def require_none_in_sqlite(run: Run) -> None:
    """Return if nothing foreign is in the file, else raise Unavailable (``journal.foreign``) naming it."""
    _require_none(run(_IN_SQLITE, ()))


def _require_none(found: Sequence[tuple[str, str]]) -> None:
    if found:
        named = ", ".join(f"{what} pada {table}" for what, table in found)
        raise Unavailable(
            "journal.foreign",
            f"Dalam basis data buku besar ada yang bukan dari Jejak: {named}. Karenanya yang ditulis dapat berubah atau"
            " hilang, jadi tidak ada yang dicatat.",
            allowed="Pengelola menghapusnya dan memeriksa riwayatnya dengan jejak audit; sesudah itu kirim lagi amplop"
            " yang sama.",
        )
