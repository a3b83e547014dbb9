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
#: The type of a b-tree page that holds table rows and no children (SQLite file format, 1.6).
_LEAF_PAGE = 0x0D


@contextmanager
def open_store(folder: Path) -> Iterator[Rows]:
    """Yield the rows of the journal in ``folder``, read-only, in one snapshot.

    Raises NotFound where there is no journal, and Forged (rule ``store.unreadable``) where SQLite cannot read it.
    """
    path = folder / JOURNAL
    if not path.is_file():
        raise NotFound("store.missing", f"Tidak ada buku besar di {folder}.", allowed=f"Folder yang berisi {JOURNAL}.")
    _check_header(path)
    with read_only(path, _MOST_BYTES) as connection:
        _check_form(connection)
        check_pages(connection)
        yield Rows(_runner(connection))


@contextmanager
def read_only(path: Path, most_bytes: int) -> Iterator[sqlite3.Connection]:
    """Yield a connection to an SQLite file that writes nothing, in one snapshot; no value has more bytes.

    Raises Forged: ``store.unreadable`` where SQLite cannot read it, ``store.form`` where a copy is not whole.
    """
    if path.with_name(path.name + "-journal").exists():
        raise Forged(
            "store.form", f"Ada jurnal pemulihan di samping {path.name}: salinan ini diambil di tengah perubahan."
        )
    # Without its -wal a copy is complete as it is; with it, SQLite must be let to read both.
    mode = "mode=ro" if path.with_name(path.name + "-wal").exists() else "mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?{mode}", uri=True, isolation_level=None)
        try:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, most_bytes)
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise Forged(
            "store.unreadable", f"Berkas {path.name} rusak dan tidak dapat dibaca.", cause=str(error)
        ) from None


def _check_form(connection: sqlite3.Connection) -> None:
    """Return if the file holds the journal's tables and nothing else, else raise Forged (``store.form``)."""
    found = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    ours = {statement.replace("IF NOT EXISTS ", "") for statement in SCHEMA}
    tables = {statement for statement in ours if statement.startswith("CREATE TABLE")}
    # A copy made before there was an index lacks it; whoever audits does not use it.
    if not tables <= {str(sql) for (sql,) in found} <= ours:
        raise Forged("store.form", "Berkas ini bukan buku besar Jejak: tabelnya lain, atau ada tampilan atau pemicu.")


def check_pages(connection: sqlite3.Connection) -> None:
    """Return if pages, tables and indices fit together, else raise Forged: a row in one and not the other is hidden.

    SQLite's own check begins by visiting each page once, and told to stop at the first fault it goes no further: a
    tree of pages that share their children, which any other statement would walk for ever, ends there. What it says
    of single values (CHECK, NULL) is left to the audit, which names the leaf.
    """
    for most in (1, 1000):
        found = [str(said) for (said,) in connection.execute(f"PRAGMA integrity_check({most})")]
        damage = [said for said in found if said != "ok" and not said.startswith(("CHECK constraint", "NULL value"))]
        if damage:
            raise Forged("store.unreadable", "Berkas ini rusak: bagiannya tidak cocok.", cause=damage[0])
        if found == ["ok"]:
            return


def _check_header(path: Path) -> None:
    """Return if the file begins as SQLite's do and its schema fits on one page, as the journal's does."""
    with path.open("rb") as file:
        head = file.read(101)
    if len(head) < 101 or not head.startswith(b"SQLite format 3\0") or head[100] != _LEAF_PAGE:
        raise Forged("store.unreadable", "Berkas buku besar rusak atau bukan buku besar Jejak.")


def documents_in(folder: Path) -> Documents:
    """Return the documents kept beside the journal in ``folder``; raises Forged if they are elsewhere."""
    if (folder / DOCUMENTS).is_symlink():
        raise Forged("store.form", "Folder dokumen salinan ini menunjuk ke luar salinan.")
    return Documents(folder / DOCUMENTS)


def _runner(connection: sqlite3.Connection) -> Any:
    def run(statement: str, parameters: Sequence[Any]) -> list[Any]:
        return connection.execute(statement, parameters).fetchall()

    return run
