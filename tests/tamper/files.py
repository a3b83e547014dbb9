"""Whoever writes the store's files, without any key: documents, the database file as such, the views beside it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from ledger.acts import act_of
from ledger.documents import digest_of
from ledger.entry import Entry
from ledger.mentions import documents_of
from projections.compare import FILE as VIEWS
from tests.tamper.attack import OnStore, Sight, Target, Who
from tests.tamper.hands import JOURNAL, opened
from tests.tamper.office import Moment, Office

Change = Callable[[Path], None]

UNNAMED = "No act names it, so it proves nothing and spoils nothing."
NO_INDEX = "It only makes the service quicker; whoever audits does not use it, and the service makes it anew."
NO_MEANING = "SQLite keeps it for applications; Jejak reads it nowhere."
ANOTHER_VERSION = (
    "Views of an older version are made anew before they are used; those of a newer one are not used at all."
)
PAGE = 4096
#: What is put into the views: a number that no column has.
_OTHER = 987654321


def attacks(office: Office) -> Iterator[OnStore]:
    """Yield the attacks."""
    yield from _documents(office.later)
    yield from _file(office.later)
    yield from _views(office.later)


def _attack(moment: Moment, title: str, target: Target, change: Change, why: str = "", part: str = "") -> OnStore:
    sight = Sight.NOTHING if why else Sight.ALONE
    return OnStore(
        title=title, who=Who.FILE, target=target, part=part, moment=moment, change=change, sight=sight, why=why
    )


# --- documents ------------------------------------------------------------------------------------------------


def documents(moment: Moment) -> dict[str, list[int]]:
    """Return every document of the store by its path below ``documents``, and the leaves that name it."""
    named: dict[str, list[int]] = {}
    for at, data in enumerate(moment.entries):
        for reference in documents_of(act_of(Entry.parse(data).envelope)):
            digest = reference.digest.removeprefix("sha256:")
            named.setdefault(f"{digest[:2]}/{digest}", []).append(at)
    return named


def _documents(moment: Moment) -> Iterator[OnStore]:
    named = documents(moment)
    for path, leaves in named.items():
        other = next(one for one in named if one != path)
        for title, change in (
            ("a byte of a document is changed", partial(_edited, lambda data: data[:-1] + bytes([data[-1] ^ 1]))),
            ("a document is cut by a byte", partial(_edited, lambda data: data[:-1])),
            ("a document is a byte longer", partial(_edited, lambda data: data + b"\n")),
            ("a document is emptied", partial(_edited, lambda data: b"")),
            ("a document is exchanged for another of the store", partial(_exchanged, other)),
            ("a document is deleted", _deleted),
            ("a document is a link to its own bytes elsewhere", _linked),
            ("a document is a folder", _folder),
        ):
            where = partial(_at, f"documents/{path}", change)
            yield _attack(moment, title, frozenset(leaves), where)
    stray = digest_of(b"tidak disebut (sintetis)").removeprefix("sha256:")
    added = partial(_at, f"documents/{stray[:2]}/{stray}", _written)
    yield _attack(moment, "a document that no act names is added", "a document", added, UNNAMED)
    yield _attack(moment, "the documents are a link to a folder elsewhere", "the file", _moved_away)


def _at(path: str, change: Change, store: Path) -> None:
    change(store / path)


def _edited(edit: Callable[[bytes], bytes], path: Path) -> None:
    path.write_bytes(edit(path.read_bytes()))


def _exchanged(other: str, path: Path) -> None:
    path.write_bytes((path.parent.parent / other).read_bytes())


def _deleted(path: Path) -> None:
    path.unlink()


def _linked(path: Path) -> None:
    elsewhere = path.parent.parent.parent / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _written(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"tidak disebut (sintetis)")


def _moved_away(store: Path) -> None:
    (store / "documents").rename(store / "elsewhere")
    (store / "documents").symlink_to(store / "elsewhere")


# --- the database file ------------------------------------------------------------------------------------------


def _file(moment: Moment) -> Iterator[OnStore]:
    for title, edit in (
        ("the journal's file is empty", lambda data: b""),
        ("the journal's file is text", lambda data: b"bukan buku besar\n" * 1000),
        ("a byte of the journal's header is changed", lambda data: b"T" + data[1:]),
        ("a page of the journal is zeros", lambda data: data[:PAGE] + bytes(PAGE) + data[2 * PAGE :]),
        ("the journal's file is cut in half", lambda data: data[: len(data) // 2 // PAGE * PAGE]),
    ):
        yield _attack(moment, title, "the file", partial(_at, JOURNAL, partial(_edited, edit)))
    yield _attack(moment, "the journal's file is deleted", "the file", partial(_at, JOURNAL, _deleted))
    rollback = partial(_at, f"{JOURNAL}-journal", _written)
    yield _attack(moment, "a recovery journal is laid beside the journal", "the file", rollback)
    for title, statement in (
        ("a view is added to the journal", "CREATE VIEW palsu AS SELECT 1"),
        ("a trigger is added", "CREATE TRIGGER palsu AFTER INSERT ON checkpoints BEGIN DELETE FROM frontier; END"),
        ("a table is added", "CREATE TABLE palsu (x)"),
        ("an index is added", "CREATE INDEX palsu ON stored_events (topic)"),
        ("a column is added", "ALTER TABLE stored_events ADD COLUMN palsu"),
        ("a column is renamed", "ALTER TABLE checkpoints RENAME COLUMN note TO palsu"),
        ("a table is dropped", "DROP TABLE tile_hashes"),
    ):
        yield _attack(moment, title, "the file", partial(_run, statement))
    title, index = "an index is dropped", "DROP INDEX agenda_book_events"
    yield _attack(moment, title, "the file", partial(_run, index), NO_INDEX)
    title, number = "the file's user version is changed", "PRAGMA user_version = 7"
    yield _attack(moment, title, "the file", partial(_run, number), NO_MEANING)


def _run(statement: str, store: Path) -> None:
    with opened(store) as connection:
        connection.execute(statement)


# --- the views ------------------------------------------------------------------------------------------------


def _views(moment: Moment) -> Iterator[OnStore]:
    """Yield that a value in the read models is changed: every column of every table that has a row; and no file."""
    for table, columns in shown(moment).items():
        for column in columns:
            put = partial(_shown_otherwise, moment, table, column)
            where = VIEWS if (table, column) == ("views", "position") else table
            why = ANOTHER_VERSION if (table, column) == ("views", "schema") else ""
            title, part = "a value in the views is changed", f"{table}.{column}"
            yield _attack(moment, title, f"views: {where}", put, why, part)
    for title, change in (
        ("the views are a pipe", os.mkfifo),
        ("the views are a link to nothing", partial(_link_to, "tidak-ada")),
        ("the views are a link to a device", partial(_link_to, "/dev/zero")),
    ):
        yield _attack(moment, title, f"views: {VIEWS}", partial(_at, VIEWS, change))


def _link_to(target: str, path: Path) -> None:
    path.symlink_to(target)


def shown(moment: Moment) -> dict[str, list[str]]:
    """Return the columns of every table of the views that has a row."""
    with closing(sqlite3.connect(moment.store / VIEWS)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        filled = [one for one in sorted(names) if connection.execute(f"SELECT 1 FROM {one}").fetchone()]  # noqa: S608
        return {one: [row[1] for row in connection.execute(f"PRAGMA table_info({one})")] for one in filled}


def _shown_otherwise(moment: Moment, table: str, column: str, store: Path) -> None:
    shutil.copyfile(moment.store / VIEWS, store / VIEWS)
    with closing(sqlite3.connect(store / VIEWS)) as connection:
        row = connection.execute(f"SELECT * FROM {table}").fetchall()[-1]  # noqa: S608
        where = " AND ".join(f"{name} IS ?" for name in shown(moment)[table])
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (_OTHER, *row))  # noqa: S608
        connection.commit()
