"""What attackers do with a store: change its tables, put entries in their places, seal everything anew.

Nothing here verifies anything. Whoever writes the file has :func:`change`, :func:`cut` and what is in the copy; whoever
holds the log's key has :func:`seal` besides, and with it the strongest lie there is: every tile, every checkpoint and
the frontier follow from whatever entries they please.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from keys import strict_json
from keys.envelope import Envelope
from keys.errors import Malformed
from keys.signing import PrivateKey
from ledger.acts import PAYLOAD_TYPE, Seen, act_of
from ledger.checkpoint import sign_checkpoint
from ledger.entry import Entry
from ledger.merkle import Frontier, grow, leaf_hash
from ledger.note import NoteSigner
from tests.tamper.office import LOG

Json = dict[str, Any]
JOURNAL = "journal.sqlite"


@contextmanager
def opened(store: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection on which no constraint is checked that can be left unchecked; commits."""
    with closing(sqlite3.connect(store / JOURNAL)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        yield connection
        connection.commit()


def change(store: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Run statements on a store's database."""
    with opened(store) as connection:
        for statement, parameters in statements:
            connection.execute(statement, parameters)


def nothing(store: Path, table: str, column: str, where: str) -> None:
    """Put NULL in a column that may not have it: the schema is another while that is done, and as it was afterwards."""
    with closing(sqlite3.connect(store / JOURNAL)) as connection:
        ((form,),) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchall()
    for sql, statement in (
        (form.replace(" NOT NULL", ""), "SELECT 1"),
        (form, f"UPDATE {table} SET {column} = NULL WHERE {where}"),  # noqa: S608
    ):
        with opened(store) as connection:
            connection.execute(statement)
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (sql, table))


def cut(store: Path, size: int) -> None:
    """Drop every leaf from ``size`` on with all that seals it, which needs no key: the rest is whole."""
    hashes = [leaf_hash(data) for data in entries_in(store)[:size]]
    change(
        store,
        ("DELETE FROM stored_events WHERE leaf_index >= ?", (size,)),
        ("DELETE FROM checkpoints WHERE size > ?", (size,)),
        ("DELETE FROM tile_hashes WHERE (position + 1) * (1 << level) > ?", (size,)),
        ("UPDATE frontier SET data = ?", (grow(Frontier(), hashes)[0].dump(),)),
    )


def entries_in(store: Path) -> list[bytes]:
    """Return every entry of a store, in leaf order."""
    with closing(sqlite3.connect(store / JOURNAL)) as connection:
        found = connection.execute("SELECT state FROM stored_events ORDER BY leaf_index").fetchall()
    return [bytes(state) for (state,) in found]


def seal(store: Path, entries: Sequence[bytes], signer: NoteSigner = LOG) -> None:
    """Make these entries the whole log: columns, tiles, frontier, and a checkpoint after each of them."""
    frontier, tiles, notes = Frontier(), list[tuple[int, int, bytes]](), list[tuple[int, bytes]]()
    for data in entries:
        frontier, completed = grow(frontier, [leaf_hash(data)])
        tiles += [(one.level, one.position, one.hash) for one in completed]
        notes.append((frontier.size, sign_checkpoint(signer, signer.name, frontier.size, frontier.root)))
    with opened(store) as connection:
        for table in ("stored_events", "tile_hashes", "checkpoints"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608
        connection.executemany("INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, ?)", _rows(entries))
        connection.executemany("INSERT INTO tile_hashes VALUES (?, ?, ?)", tiles)
        connection.executemany("INSERT INTO checkpoints VALUES (?, ?)", notes)
        connection.execute("UPDATE frontier SET data = ?", (frontier.dump(),))


def _rows(entries: Sequence[bytes]) -> Iterator[tuple[int, str, int, str, bytes, bytes]]:
    """Yield the rows; two that say the same place get a column that lies, for the table takes no two."""
    taken: set[tuple[str, int]] = set()
    for index, data in enumerate(entries):
        stream, version, kind = columns_of(data)
        while (stream, version) in taken:
            version += 1000
        taken.add((stream, version))
        yield index, stream, version, kind, data, leaf_hash(data)


def columns_of(data: bytes) -> tuple[str, int, str]:
    """Return what an entry's bytes say for its columns; what says nothing is filed as something."""
    try:
        act = act_of(Entry.parse(data).envelope)
    except Malformed:
        return "case:tidak-terbaca", 1, "tidak.terbaca"
    return act.stream, act.version, act.kind


# --- entries ------------------------------------------------------------------------------------------------


def payload_of(data: bytes) -> Json:
    """Return the members of an entry's act."""
    value = strict_json.loads(Entry.parse(data).envelope.unverified_payload)
    assert isinstance(value, dict)
    return value


def sealed(payload: Json, by: PrivateKey) -> Envelope:
    """Return the envelope in which ``by`` signs an act, whoever it says it is by."""
    seen = payload["seen"]
    plain = payload | {"seen": seen.plain() if isinstance(seen, Seen) else seen}
    data = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    return Envelope.seal(PAYLOAD_TYPE, data, by)


def signed(payload: Json, by: PrivateKey, at: dt.datetime) -> bytes:
    """Return the entry of an act that ``by`` signs, as if it had been recorded at a time."""
    return Entry.record(sealed(payload, by), at).data


def time_of(data: bytes) -> dt.datetime:
    """Return when an entry was recorded."""
    return Entry.parse(data).recorded_at


def at_time(data: bytes, at: dt.datetime) -> bytes:
    """Return the entry as if it had been recorded at another time."""
    return Entry.record(Entry.parse(data).envelope, at).data
