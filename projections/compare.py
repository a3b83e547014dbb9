"""Views held against a fresh fold: whether the read models that lie beside a journal are what its leaves make.

1. The stored file is opened to be read and nothing else; it may come from an adversary, and what is no plain file is
   not opened at all. It is opened before the journal, so that of a ledger that is in use no view is ahead of the
   leaves that are looked at.
2. The journal is folded anew into a temporary file, as far as the stored views say that they have come.
3. The stored file must have exactly the tables, columns and indices that the fresh one has.
4. Every row of every table is compared, by its key. JSON is compared as values, and must be spelt as the service spells
   it: of a name that stands twice, SQLite and Python believe different ones.

Views that lag behind are no fault, and views of another version are rebuilt by the service before it uses them: both
are said. Whoever compares has audited the journal before, and has all its documents; what a fold makes of a broken one
says nothing of views.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Table

from keys.errors import Forged
from ledger.documents import Documents
from ledger.rows import Rows, RowsBelow
from ledger.store import check_pages, read_only
from projections.catchup import Views
from projections.schema import METADATA, VERSION
from projections.storage import scratch_folder, to_text

#: The file of the views in a ledger's folder.
FILE = "views.sqlite"
#: No value in the views is larger than this, in bytes: an IKU of 20 MiB, and as much again around it.
_MOST_BYTES = 64 * 1024 * 1024

Progress = Callable[[int, int], None]
_Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what a fold makes: its table, its key, the columns that differ, the leaf it is about if any.

    ``columns`` is None where the row is missing in the stored views, () where it is one too many. Of a file that holds
    no views ``table`` is its name, and ``why`` says what is wrong with it.
    """

    table: str
    key: dict[str, Any]
    leaf: int | None
    columns: tuple[str, ...] | None
    why: str = ""

    def sentence(self) -> str:
        """Return what differs in words."""
        if self.why:
            return self.why
        where = f"Tabel {self.table}, " + ", ".join(f"{name} {value}" for name, value in self.key.items())
        if self.columns is None:
            return f"{where}: baris ini tidak ada dalam tampilan yang disimpan."
        if not self.columns:
            return f"{where}: baris ini ada dalam tampilan yang disimpan, padahal tidak berasal dari daun mana pun."
        return f"{where}: {', '.join(self.columns)} lain dari hasil penyusunan ulang."


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far the stored views have come, how many leaves they lag behind, what differs; ``why`` if not compared."""

    position: int = 0
    behind: int = 0
    differences: tuple[Difference, ...] = ()
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON values."""
        return {
            "compared": not self.why,
            "why": self.why,
            "position": self.position,
            "behind": self.behind,
            "differences": [
                {"table": one.table, "key": one.key, "leaf": one.leaf, "columns": one.columns}
                for one in self.differences
            ],
        }


@dataclass(frozen=True, slots=True)
class Stored:
    """The views that are beside a journal, in one snapshot; ``fault`` is why the file is none of views."""

    connection: sqlite3.Connection | None
    version: int = 0
    position: int = 0
    fault: Forged | None = None


@contextmanager
def stored_views(folder: Path) -> Iterator[Stored | None]:
    """Yield the views in ``folder``, None where there are none; to be entered before its journal is opened."""
    if not os.path.lexists(folder / FILE):
        yield None
        return
    with ExitStack() as opened:
        try:
            _require_plain(folder)
            connection = opened.enter_context(read_only(folder / FILE, _MOST_BYTES))
            stored = Stored(connection, *_state(connection))
        except (Forged, sqlite3.Error) as fault:
            stored = Stored(None, fault=fault if isinstance(fault, Forged) else _no_views())
        yield stored


def compare(stored: Stored, rows: Rows, documents: Documents, progress: Progress | None = None) -> Comparison:
    """Return how stored views differ from what ``rows`` make.

    A file that is damaged, or none of views, is said as a difference. Raises Unavailable where there is no room to fold
    in, and Forged or NotJudged where the journal does not hold.
    """
    size, position = rows.size(), stored.position
    if stored.connection is None:
        return _strange(stored.fault or _no_views())
    if stored.version != VERSION:
        return Comparison(why=f"Tampilan ini dari versi lain ({stored.version}); layanan menyusunnya ulang.")
    if not 0 <= position <= size:
        return _strange(_no_views())
    with _folded(RowsBelow(rows, position), documents, progress) as fresh:
        try:
            if _form(stored.connection) != _form(fresh):
                return _strange(_no_views())
            tables = METADATA.sorted_tables
            found = [one for table in tables for one in _differences(table, stored.connection, fresh)]
        except sqlite3.Error:
            return _strange(_no_views())
    return Comparison(position, size - position, tuple(found))


def _strange(fault: Forged) -> Comparison:
    return Comparison(differences=(Difference(FILE, {}, None, (), fault.detail),))


def _require_plain(folder: Path) -> None:
    """Return if what SQLite would open beside a journal are plain files; a pipe, for one, would never be read through.

    Raises Forged (``views.form``).
    """
    for path in (folder / f"{FILE}{suffix}" for suffix in ("", "-wal", "-shm")):
        if os.path.lexists(path) and not path.is_file():
            raise Forged("views.form", f"{path.name} bukan berkas biasa, jadi tidak dibuka.")


def _state(stored: sqlite3.Connection) -> tuple[int, int]:
    """Return version and position of the stored views, once it is certain that a table says them and nothing else."""
    check_pages(stored)
    kinds = {kind for (kind,) in stored.execute("SELECT type FROM sqlite_master")}
    if not kinds <= {"table", "index"}:
        raise _no_views()
    found = stored.execute("SELECT schema, position FROM views").fetchall()
    if len(found) != 1 or not all(isinstance(one, int) for one in found[0]):
        raise _no_views()
    version, position = found[0]
    return version, position


def _no_views() -> Forged:
    return Forged("views.form", "Berkas ini bukan tampilan buku besar ini: bentuk atau posisinya lain.")


@contextmanager
def _folded(rows: Rows, documents: Documents, progress: Progress | None) -> Iterator[sqlite3.Connection]:
    """Yield the views that a fresh fold makes, in a temporary file."""

    @contextmanager
    def reading() -> Iterator[Rows]:
        yield rows

    with scratch_folder() as scratch:
        file = Path(scratch) / FILE
        views = Views(f"sqlite:///{file}", reading, documents)
        try:
            views.rebuild(progress)
        finally:
            views.close()
        with read_only(file, _MOST_BYTES) as fresh:
            yield fresh


def _form(connection: sqlite3.Connection) -> dict[str, list[Any]]:
    """Return the tables and indices of a file with their columns."""
    found = connection.execute("SELECT type, name FROM sqlite_master ORDER BY type, name").fetchall()
    asked = {"table": "PRAGMA table_xinfo({})", "index": "PRAGMA index_xinfo({})"}
    return {f"{kind} {name}": connection.execute(asked[kind].format(_quoted(name))).fetchall() for kind, name in found}


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def _differences(table: Table, stored: sqlite3.Connection, fresh: sqlite3.Connection) -> Iterator[Difference]:
    """Yield each row of a table that is not the same in both."""
    names = [column.name for column in table.c]
    keys = [column.name for column in table.primary_key]
    for row in _rows(table, fresh):
        key = {name: row[name] for name in keys}
        other = _row(table, stored, key)
        if other is None:
            yield Difference(table.name, key, _leaf(row), None)
        elif differ := tuple(name for name in names if not _same(table, name, row[name], other[name])):
            yield Difference(table.name, key, _leaf(row), differ)
    for row in _rows(table, stored):
        key = {name: row[name] for name in keys}
        if _row(table, fresh, key) is None:
            yield Difference(table.name, key, _leaf(row), ())


def _rows(table: Table, connection: sqlite3.Connection) -> Iterator[_Values]:
    names = [column.name for column in table.c]
    order = ", ".join(column.name for column in table.primary_key)
    for row in connection.execute(f"SELECT {', '.join(names)} FROM {table.name} ORDER BY {order}"):  # noqa: S608  our names
        yield dict(zip(names, row, strict=True))


def _row(table: Table, connection: sqlite3.Connection, key: _Values) -> _Values | None:
    names = [column.name for column in table.c]
    where = " AND ".join(f"{name} IS ?" for name in key)
    asked = f"SELECT {', '.join(names)} FROM {table.name} WHERE {where}"  # noqa: S608  our names
    found = connection.execute(asked, tuple(key.values())).fetchone()
    return dict(zip(names, found, strict=True)) if found else None


def _same(table: Table, name: str, one: object, other: object) -> bool:
    if one == other or not isinstance(table.c[name].type, JSON):
        return one == other
    try:
        said = json.loads(str(other))
        return to_text(said) == other and _sorted(said) == _sorted(json.loads(str(one)))
    except (ValueError, RecursionError):
        return False


def _sorted(value: Any) -> str:
    """Return a value in one spelling; as Python compares them, 52 would be 52.0."""
    return json.dumps(value, sort_keys=True)


def _leaf(row: _Values) -> int | None:
    """Return the leaf that a row is about."""
    found = row.get("leaf_index", row.get("opened_index"))
    return found if isinstance(found, int) else None
