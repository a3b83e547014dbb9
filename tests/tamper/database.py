"""Whoever writes the database file, without any key: every column of every table, rows dropped, added and exchanged.

Tables and columns are read from the store itself. A column for which nothing is written down here has no attack, and a
test asks for one.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from ledger.checkpoint import open_checkpoint, sign_checkpoint
from ledger.merkle import Frontier, grow, leaf_hash
from ledger.note import NoteSigner
from tests.kit import CASE, ORIGIN, key
from tests.tamper.attack import OnStore, Sight, Target, Who
from tests.tamper.hands import JOURNAL, change, columns_of, cut, nothing
from tests.tamper.office import BESIDE, LOG, SOP, Moment, Office

Change = Callable[[Path], None]

#: A case that nobody opened.
NOBODYS = "case:99999999-9999-4999-8999-999999999999"
#: What stands in for a value of a column, by what it is; a number stands for any type that is not the column's own.
VALUES: dict[tuple[str, str], dict[str, object]] = {
    ("stored_events", "originator_id"): {"another case": NOBODYS, "empty": "", "bytes": b"\0"},
    ("stored_events", "originator_version"): {"another number": 99, "zero": 0, "text": "x"},
    ("stored_events", "topic"): {"another kind": "case.closed", "empty": "", "bytes": b"\0"},
    ("stored_events", "state"): {"empty": b"", "other JSON": b"{}", "a number": 7},
    ("stored_events", "leaf_hash"): {"zeros": bytes(32), "a byte short": bytes(31), "empty": b"", "a number": 7},
    ("tile_hashes", "level"): {"another level": 16, "level 0": 0, "text": "x"},
    ("tile_hashes", "position"): {"another position": 1, "below 0": -1, "text": "x"},
    ("tile_hashes", "hash"): {"zeros": bytes(32), "a byte short": bytes(31), "a number": 7},
    ("checkpoints", "note"): {"empty": b"", "no note": b"segel\n", "a number": 7},
    ("frontier", "id"): {"another number": 2},
    ("frontier", "data"): {"an empty tree": Frontier().dump(), "empty": b"", "a number": 7},
}
#: Columns that number their row: their attacks are :func:`_renumbered`.
NUMBERS = {("stored_events", "leaf_index"), ("checkpoints", "size")}

NO_LOSS = (
    "Nothing is lost: every later checkpoint seals the same leaves, and whoever holds a receipt holds the very note."
)
OLDER = (
    "An older state of a log is a whole log. Whoever holds anything newer sees it: a receipt, a kept checkpoint, the"
    " memory of a client, a bundle."
)


def columns(store: Path) -> dict[tuple[str, str], bool]:
    """Return every column of every table of a store's database, and whether it may not be NULL."""
    with closing(sqlite3.connect(store / JOURNAL)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {
            (table, name): bool(never_null)
            for table in sorted(tables)
            for _, name, _, never_null, _, _ in connection.execute(f"PRAGMA table_info({table})")
        }


def attacks(office: Office) -> Iterator[OnStore]:
    """Yield the attacks."""
    moment = office.later
    yield from _columns(moment)
    yield from _renumbered(moment)
    yield from _dropped(moment)
    yield from _added(moment)
    yield from _exchanged(moment)
    yield from _older(office)


def _attack(
    moment: Moment,
    title: str,
    target: Target,
    change: Change,
    sight: Sight = Sight.ALONE,
    why: str = "",
    part: str = "",
) -> OnStore:
    return OnStore(
        title=title, who=Who.FILE, target=target, part=part, moment=moment, change=change, sight=sight, why=why
    )


def _some(moment: Moment) -> dict[str, tuple[str, Target]]:
    """Return which rows of each table are attacked: a condition, and what the row speaks of."""
    leaves = (0, moment.leaf("register", 7), moment.leaf(SOP, 1), moment.leaf(CASE, 6), moment.size - 1)
    return {
        **{f"stored_events {leaf}": (f"leaf_index = {leaf}", frozenset([leaf])) for leaf in leaves},
        "tile_hashes": ("level = 8 AND position = 0", "tile_hashes"),
        **{f"checkpoints {size}": (f"size = {size}", frozenset([size - 1])) for size in (1, 200, moment.size)},
        "frontier": ("id = 1", "frontier"),
    }


def _columns(moment: Moment) -> Iterator[OnStore]:
    for (table, column), never_null in columns(moment.store).items():
        for row, (where, target) in _some(moment).items():
            if row.split()[0] != table or (table, column) in NUMBERS:
                continue
            for words, value in VALUES[table, column].items():
                statement = f"UPDATE {table} SET {column} = ? WHERE {where}"  # noqa: S608
                put, part = partial(_run, (statement, (value,))), f"{table}.{column}: {words}"
                yield _attack(moment, "a value in a column is changed", target, put, part=part)
            if never_null:
                empty, part = partial(_nothing, table, column, where), f"{table}.{column}"
                yield _attack(moment, "a value becomes NULL, by another schema meanwhile", target, empty, part=part)


def _run(statement: tuple[str, tuple[object, ...]], store: Path) -> None:
    change(store, statement)


def _nothing(table: str, column: str, where: str, store: Path) -> None:
    nothing(store, table, column, where)


def _renumbered(moment: Moment) -> Iterator[OnStore]:
    size = moment.size
    for leaf in (0, moment.leaf(CASE, 6), size - 1):
        for words, number in (("below 0", -1), ("beyond the end", size + 5)):
            statement = ("UPDATE stored_events SET leaf_index = ? WHERE leaf_index = ?", (number, leaf))
            part = f"stored_events.leaf_index: {words}"
            yield _attack(moment, "a row is numbered anew", frozenset([leaf]), partial(_run, statement), part=part)
    for row in (1, 200, size):
        for words, number, leaf in (("below 0", -1, 0), ("beyond the end", size + 5, size)):
            statement = ("UPDATE checkpoints SET size = ? WHERE size = ?", (number, row))
            target = frozenset([leaf, *([size - 1] if row == size else [])])
            part = f"checkpoints.size: {words}"
            if row == 200:
                part += ", of an older checkpoint"
            yield _attack(moment, "a row is numbered anew", target, partial(_run, statement), part=part)


def _dropped(moment: Moment) -> Iterator[OnStore]:
    size, paraf = moment.size, moment.leaf(CASE, 6)
    for leaf in (0, paraf, size - 1):
        statement = ("DELETE FROM stored_events WHERE leaf_index = ?", (leaf,))
        yield _attack(moment, "an entry is deleted", frozenset([leaf]), partial(_run, statement))
    tail = ("DELETE FROM stored_events WHERE leaf_index >= ?", (size - 3,))
    yield _attack(moment, "the last three entries are deleted", frozenset([size - 3]), partial(_run, tail))
    tile = ("DELETE FROM tile_hashes", ())
    yield _attack(moment, "a tile's hash is deleted", "tile_hashes", partial(_run, tile))
    newest = ("DELETE FROM checkpoints WHERE size = ?", (size,))
    yield _attack(moment, "the newest checkpoint is deleted", frozenset([size - 1]), partial(_run, newest))
    older = ("DELETE FROM checkpoints WHERE size = 200", ())
    title = "an older checkpoint is deleted"
    yield _attack(moment, title, frozenset([199]), partial(_run, older), Sight.NOTHING, NO_LOSS)
    every = ("DELETE FROM checkpoints", ())
    yield _attack(moment, "every checkpoint is deleted", frozenset([0]), partial(_run, every))
    edge = ("DELETE FROM frontier", ())
    yield _attack(moment, "the frontier is deleted", "frontier", partial(_run, edge))
    yield _attack(moment, "every row of every table is deleted", "the whole log", _emptied)


def _emptied(store: Path) -> None:
    change(store, *((f"DELETE FROM {table}", ()) for table in sorted({table for table, _ in columns(store)})))  # noqa: S608


def _added(moment: Moment) -> Iterator[OnStore]:
    size, again = moment.size, moment.entries[moment.leaf(CASE, 6)]
    for title, index, target in (
        ("an entry of before is added after the newest", size, frozenset([size])),
        ("an entry of before is added below leaf 0", -1, "beside the leaves"),
        ("an entry of before is added beyond the end", size + 5, frozenset([size])),
    ):
        yield _attack(moment, title, target, partial(_run, _row(index, again)))
    tile = ("INSERT INTO tile_hashes VALUES (8, 1, ?)", (bytes(32),))
    yield _attack(moment, "a tile's hash is added", "tile_hashes", partial(_run, tile))
    edge = ("INSERT INTO frontier VALUES (2, ?)", (Frontier().dump(),))
    yield _attack(moment, "a second frontier is added", "frontier", partial(_run, edge))
    stranger = NoteSigner(ORIGIN, key("orang-asing"))
    root = grow(Frontier(), map(leaf_hash, moment.entries))[0].root
    for title, number, signer, covered in (
        ("a checkpoint of a stranger is added beyond the end", size + 1, stranger, size),
        ("a checkpoint of a stranger takes the newest one's place", size, stranger, size - 1),
    ):
        note = sign_checkpoint(signer, ORIGIN, number, root)
        statement = ("INSERT OR REPLACE INTO checkpoints VALUES (?, ?)", (number, note))
        yield _attack(moment, title, frozenset([covered]), partial(_run, statement))
    note = moment.memory.checkpoints[100]
    taken = ("UPDATE checkpoints SET note = ? WHERE size = 200", (note,))
    yield _attack(moment, "an older checkpoint takes a newer one's place", frozenset([199]), partial(_run, taken))
    renamed = open_checkpoint(note, LOG.vkey).data.replace(b"\n100\n", b"\n101\n")
    edited = ("UPDATE checkpoints SET note = ? WHERE size = 100", (renamed,))
    yield _attack(moment, "the size in a checkpoint's text is changed", frozenset([99]), partial(_run, edited))


def _row(index: int, data: bytes) -> tuple[str, tuple[object, ...]]:
    """Return the statement that files an entry at a leaf index, under a version that nobody has."""
    stream, _, kind = columns_of(data)
    values = (index, stream, 1000, kind, data, leaf_hash(data))
    return "INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, ?)", values


def _exchanged(moment: Moment) -> Iterator[OnStore]:
    paraf, review = moment.leaf(CASE, 6), moment.leaf(CASE, 5)
    for title, names in (
        ("two entries change places, each with its columns", _EVERY),
        ("two entries change places under their columns", ("state",)),
        ("two entries change places with their hashes", ("state", "leaf_hash")),
        ("the columns of two entries change places", ("originator_version", "topic")),
    ):
        target = frozenset([review, paraf])
        yield _attack(moment, title, target, partial(_swap, names, review, paraf))
    moved = ("UPDATE stored_events SET originator_id = ?, originator_version = 7 WHERE leaf_index = ?", (BESIDE, paraf))
    yield _attack(moment, "an act is moved to another case", frozenset([paraf]), partial(_run, moved))


_EVERY = ("originator_id", "originator_version", "topic", "state", "leaf_hash")


def _swap(names: Sequence[str], one: int, other: int, store: Path) -> None:
    with closing(sqlite3.connect(store / JOURNAL)) as connection:
        rows = [
            connection.execute(f"SELECT {', '.join(names)} FROM stored_events WHERE leaf_index = ?", (leaf,)).fetchone()  # noqa: S608
            for leaf in (one, other)
        ]
    put = f"UPDATE stored_events SET {', '.join(f'{name} = ?' for name in names)} WHERE leaf_index = ?"  # noqa: S608
    aside = ("UPDATE stored_events SET originator_version = -1 WHERE leaf_index = ?", (one,))
    first = () if "originator_version" not in names else (aside,)
    change(store, *first, (put, (*rows[0], other)), (put, (*rows[1], one)))


def _older(office: Office) -> Iterator[OnStore]:
    later, size = office.later, office.evening.size
    for title, target, replaced in (
        ("the database is put back to an older copy", size, partial(_put_back, office.evening.store)),
        ("the tail is cut off with all that seals it", size, partial(_cut, size)),
        ("the last entry is cut off with all that seals it", later.size - 1, partial(_cut, later.size - 1)),
        ("all but leaf 0 is cut off with all that seals it", 1, partial(_cut, 1)),
    ):
        yield _attack(later, title, frozenset([target]), replaced, Sight.MEMORY, OLDER)


def _put_back(older: Path, store: Path) -> None:
    shutil.copyfile(older / JOURNAL, store / JOURNAL)


def _cut(size: int, store: Path) -> None:
    cut(store, size)
