"""A ledger's folder, opened to be read and nothing else: what an auditor gets a copy of.

``journal.sqlite`` (with its ``-wal``, if it was copied while in use) and ``documents/``. No private key is needed.
The file may come from an adversary: it must hold exactly the journal's own tables, no view, no trigger, nothing else;
no value is larger than an entry can be; and what SQLite would do on its own account (roll back a hot journal) is
refused rather than done differently from the service.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from keys.errors import Forged, NotFound
from ledger.documents import Documents
from ledger.entry import MAX_BYTES as MAX_ENTRY
from ledger.rows import SCHEMA, Rows

JOURNAL = "journal.sqlite"
DOCUMENTS = "documents"
#: No value in a journal is larger than this, in bytes.
_MOST_BYTES = 2 * MAX_ENTRY


@contextmanager
def open_store(folder: Path) -> Iterator[Rows]:
    """Yield the rows of the journal in ``folder``, read-only, in one snapshot.

    Raises NotFound where there is no journal, and Forged (rule ``store.unreadable``) where SQLite cannot read it.
    """
    path = folder / JOURNAL
    if not path.is_file():
        raise NotFound("store.missing", f"Tidak ada buku besar di {folder}.", allowed=f"Folder yang berisi {JOURNAL}.")
    if path.with_name(JOURNAL + "-journal").exists():
        raise Forged(
            "store.form", "Ada jurnal pemulihan di samping buku besar: salinan ini diambil di tengah perubahan."
        )
    # Without its -wal a copy is complete as it is; with it, SQLite must be let to read both.
    mode = "mode=ro" if path.with_name(JOURNAL + "-wal").exists() else "mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?{mode}", uri=True, isolation_level=None)
        try:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BYTES)
            connection.execute("BEGIN")
            _check_form(connection)
            yield Rows(_runner(connection))
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise Forged("store.unreadable", "Berkas buku besar rusak dan tidak dapat dibaca.", cause=str(error)) from None


def _check_form(connection: sqlite3.Connection) -> None:
    """Return if the file holds the journal's tables and nothing else, else raise Forged (``store.form``)."""
    found = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    ours = {statement.replace("IF NOT EXISTS ", "") for statement in SCHEMA}
    if {str(sql) for (sql,) in found} != ours:
        raise Forged("store.form", "Berkas ini bukan buku besar Jejak: tabelnya lain, atau ada tampilan atau pemicu.")


def documents_in(folder: Path) -> Documents:
    """Return the documents kept beside the journal in ``folder``."""
    return Documents(folder / DOCUMENTS)


def _runner(connection: sqlite3.Connection) -> Any:
    def run(statement: str, parameters: Sequence[Any]) -> list[Any]:
        return connection.execute(statement, parameters).fetchall()

    return run
