"""The journal's tables, in plain SQL: one row of ``stored_events`` is one act, event, entry and leaf.

``stored_events`` is the table of the eventsourcing library with two columns of ours: ``leaf_index`` (gapless from
0) and ``leaf_hash`` (32 bytes). ``originator_id``, ``originator_version`` and ``topic`` (the kind) are an index over
what the signed bytes in ``state`` say; reading compares them and raises. Beside it: the roots of full tiles
(:mod:`ledger.merkle`), every signed checkpoint, and the tree's frontier in a single row.

:class:`Rows` asks with whatever runs a statement: inside the turn that appends, in a reading transaction, or on
a copy of the file that an auditor opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from keys.errors import Forged, Malformed
from ledger.merkle import Frontier, Subtree

#: Runs one statement with its parameters and returns the rows it yields.
Run = Callable[[str, Sequence[Any]], list[Any]]

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS stored_events ("
    "leaf_index INTEGER PRIMARY KEY CHECK (leaf_index >= 0), "
    "originator_id TEXT NOT NULL, "
    "originator_version INTEGER NOT NULL, "
    "topic TEXT NOT NULL, "
    "state BLOB NOT NULL, "
    "leaf_hash BLOB NOT NULL, "
    "UNIQUE (originator_id, originator_version))",
    # The acts that make the agenda book, over all cases and SOPs: few, and asked for as a whole.
    "CREATE INDEX IF NOT EXISTS agenda_book_events ON stored_events (leaf_index) "
    "WHERE topic IN ('agenda.recorded', 'numbering.enacted')",
    # A proof reads 256 leaf hashes in a row: these are 3 pages of an index, but 90 of the table with its entries.
    "CREATE INDEX IF NOT EXISTS leaf_hashes ON stored_events (leaf_index, leaf_hash)",
    "CREATE TABLE IF NOT EXISTS tile_hashes ("
    "level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, position))",
    "CREATE TABLE IF NOT EXISTS checkpoints (size INTEGER PRIMARY KEY CHECK (size > 0), note BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS frontier (id INTEGER PRIMARY KEY CHECK (id = 1), data BLOB NOT NULL)",
)

#: Columns of ``stored_events``; an adversary's file may have more.
_COLUMNS = 6
#: An entry's place in the statement that writes it, and how many entries one statement writes.
_VALUES = f"({', '.join('?' * _COLUMNS)})"
_TOGETHER = 64


@dataclass(slots=True)
class Row:
    """A stored entry: its bytes (``data``) and the columns that index them, not yet compared.

    Not frozen, for nothing is vouched for yet, and an audit makes two of each leaf: that would cost six times as much.
    """

    index: int
    stream: str
    version: int
    kind: str
    data: bytes
    leaf_hash: bytes


class Rows:
    """The statements. Sizes and indices are leaf counts and leaf indices; hashes are 32 bytes."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def size(self) -> int:
        """Return the number of leaves."""
        return self.frontier().size

    def count(self) -> int:
        """Return the number of rows, whatever the frontier says."""
        found: int = self._run("SELECT COUNT(*) FROM stored_events NOT INDEXED", ())[0][0]
        return found

    def tiles(self) -> list[Subtree]:
        """Return every stored tile hash."""
        found = self._run("SELECT level, position, hash FROM tile_hashes NOT INDEXED ORDER BY level, position", ())
        return [Subtree(_integer(level), _integer(position), _bytes(value)) for level, position, value in found]

    def frontier(self) -> Frontier:
        """Return the tree's right edge as the last turn left it."""
        return frontier_in(self._run("SELECT id, data FROM frontier", ()))

    def entry(self, index: int) -> Row | None:
        """Return the row of one leaf."""
        return self._first("SELECT * FROM stored_events WHERE leaf_index = ? AND leaf_index >= 0", (index,))

    def at(self, stream: str, version: int) -> Row | None:
        """Return the row of one version of a stream."""
        return self._first(
            "SELECT * FROM stored_events WHERE originator_id = ? AND originator_version = ? AND leaf_index >= 0",
            (stream, version),
        )

    def version(self, stream: str) -> int:
        """Return the newest version of a stream, 0 where nothing was recorded."""
        found = self._run(
            "SELECT MAX(originator_version) FROM stored_events WHERE originator_id = ? AND leaf_index >= 0", (stream,)
        )
        return found[0][0] or 0

    def newest(self) -> Row | None:
        """Return the row of the highest leaf."""
        return self._first("SELECT * FROM stored_events ORDER BY leaf_index DESC LIMIT 1", ())

    def entries(self, start: int, limit: int) -> list[Row]:
        """Return the rows of ``limit`` leaves from ``start``, in leaf order."""
        found = self._run(
            "SELECT * FROM stored_events WHERE leaf_index >= ? ORDER BY leaf_index LIMIT ?", (start, limit)
        )
        return [_row(one) for one in found]

    def stream(self, stream: str, after: int = 0) -> list[Row]:
        """Return the rows of a stream from version ``after + 1``, in version order."""
        found = self._run(
            "SELECT * FROM stored_events WHERE originator_id = ? AND originator_version > ? AND leaf_index >= 0 "
            "ORDER BY originator_version",
            (stream, after),
        )
        return [_row(one) for one in found]

    def of_agenda_book(self, start: int) -> list[Row]:
        """Return the rows that change the agenda book among the leaves from ``start``, in leaf order."""
        found = self._run(
            "SELECT * FROM stored_events WHERE topic IN ('agenda.recorded', 'numbering.enacted') "
            "AND leaf_index >= ? ORDER BY leaf_index",
            (start,),
        )
        return [_row(one) for one in found]

    def streams(self, family: str) -> list[str]:
        """Return the names of all streams of a family (``sop``, ``case``), sorted."""
        found = self._run(
            "SELECT DISTINCT originator_id FROM stored_events "
            "WHERE originator_id > ? AND originator_id < ? AND leaf_index >= 0 ORDER BY originator_id",
            (f"{family}:", f"{family};"),
        )
        return [one[0] for one in found]

    def checkpoint(self) -> bytes | None:
        """Return the newest signed checkpoint, verbatim."""
        found = self._run("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1", ())
        return _bytes(found[0][0]) if found else None

    def checkpoint_over(self, index: int) -> bytes | None:
        """Return the first checkpoint that covers leaf ``index``: the one of the commit that wrote it."""
        found = self._run("SELECT note FROM checkpoints WHERE size > ? ORDER BY size LIMIT 1", (index,))
        return _bytes(found[0][0]) if found else None

    def checkpoints(self, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Return (size, checkpoint) of ``limit`` checkpoints from size ``start``, in order of size."""
        found = self._run("SELECT size, note FROM checkpoints WHERE size >= ? ORDER BY size LIMIT ?", (start, limit))
        return [(size, _bytes(note)) for size, note in found]

    def hashes(self, level: int, first: int, count: int) -> list[bytes]:
        """Return ``count`` hashes from position ``first`` of a stored level (:class:`ledger.merkle.Hashes`)."""
        if level == 0:
            found = self._run(
                "SELECT leaf_index, leaf_hash FROM stored_events "
                "WHERE leaf_index >= ? AND leaf_index < ? ORDER BY leaf_index",
                (first, first + count),
            )
        else:
            found = self._run(
                "SELECT position, hash FROM tile_hashes "
                "WHERE level = ? AND position >= ? AND position < ? ORDER BY position",
                (level, first, first + count),
            )
        if [position for position, _ in found] != list(range(first, first + count)):
            raise Forged(
                "tree.missing",
                f"Buku besar kehilangan sidik tingkat {level} mulai nomor {first}.",
                leaf=first << level,
            )
        return [_bytes(value) for _, value in found]

    def append(self, rows: Iterable[Row], completed: Iterable[Subtree], frontier: Frontier, checkpoint: bytes) -> None:
        """Write entries, the tiles they complete, the new frontier and its signed checkpoint."""
        added = [(row.index, row.stream, row.version, row.kind, row.data, row.leaf_hash) for row in rows]
        for at in range(0, len(added), _TOGETHER):  # one statement for many rows: each costs a turn of the interpreter
            some = added[at : at + _TOGETHER]
            self._run(
                f"INSERT INTO stored_events VALUES {', '.join([_VALUES] * len(some))}",  # noqa: S608  places only
                [value for row in some for value in row],
            )
        for subtree in completed:
            self._run("INSERT INTO tile_hashes VALUES (?, ?, ?)", tuple(subtree))
        self._run("INSERT INTO checkpoints VALUES (?, ?)", (frontier.size, checkpoint))
        self._run(
            "INSERT INTO frontier VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data",
            (frontier.dump(),),
        )

    def write(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows into one of our tables by one statement, verbatim."""
        marks = f"({', '.join('?' * len(rows[0]))})"
        self._run(
            f"INSERT INTO {table} VALUES {', '.join([marks] * len(rows))}",  # noqa: S608  a name of ours, and places
            [value for row in rows for value in row],
        )

    def _first(self, statement: str, parameters: Sequence[Any]) -> Row | None:
        found = self._run(statement, parameters)
        return _row(found[0]) if found else None


class RowsBelow(Rows):
    """The same rows as if no more than the first ``position`` leaves had been recorded, for whoever walks over them."""

    def __init__(self, rows: Rows, position: int) -> None:
        super().__init__(rows._run)
        self._position = position

    def size(self) -> int:
        """Return the number of leaves, at most the position."""
        return min(super().size(), self._position)

    def entries(self, start: int, limit: int) -> list[Row]:
        """Return the rows of ``limit`` leaves from ``start`` that stand below the position."""
        return super().entries(start, max(0, min(limit, self._position - start)))


def frontier_in(found: Sequence[Sequence[Any]]) -> Frontier:
    """Return the edge that the table ``frontier`` has, read as (id, data); raises Malformed (``tree.frontier``)."""
    if [number for number, _ in found] not in ([], [1]):  # the next turn would write a second one beside it
        raise Malformed("tree.frontier", "Tepi pohon dalam penyimpanan lebih dari satu, atau bukan yang pertama.")
    return Frontier.load(_bytes(found[0][1])) if found else Frontier()


def _row(found: Any) -> Row:
    if len(found) != _COLUMNS:
        raise Forged("entry.columns", "Tabel buku besar ini memuat kolom yang bukan kolomnya.", leaf=found[0])
    index, stream, version, kind, data, leaf = found
    if type(stream) is type(kind) is str and type(data) is type(leaf) is bytes and type(version) is int:
        return Row(index, stream, version, kind, data, leaf)
    # A column of another type than ours is damage; emptied, it is refused by whoever parses or compares it.
    return Row(index, _text(stream), _integer(version), _text(kind), _bytes(data), _bytes(leaf))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _integer(value: Any) -> int:
    return value if isinstance(value, int) else -1


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b""
