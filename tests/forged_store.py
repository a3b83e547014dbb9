"""Stores that somebody tampered with, for the audit: in the file alone, or with the log's key and everybody's keys.

:func:`collude` is the strongest adversary: the service and all officials together write another history, each act
signed anew with its official's own key, chained and sealed. What is wrong with it then is only what the rules say.
"""

from __future__ import annotations

import base64
import sqlite3
import uuid
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from keys import strict_json
from keys.envelope import Envelope
from ledger.acts import PAYLOAD_TYPE, head_of
from ledger.case import Case
from ledger.checkpoint import sign_checkpoint
from ledger.database import Database
from ledger.entry import Entry
from ledger.merkle import Frontier, grow, leaf_hash
from ledger.note import NoteSigner
from tests.behind import behind
from tests.kit import CASE, ORIGIN, Kecamatan, disposition, key, mandate, the_sop

LOG = NoteSigner(ORIGIN, key("log"))
OTHER, THIRD, NEXT = (f"case:{uuid.UUID(int=number)}" for number in (2, 3, 4))
SOP = f"sop:{the_sop().slug}"
NUMBERING = {"classifications": ["070"], "office_code": "35.07.11"}

Members = dict[str, Any]


def busy_office(folder: Path) -> Path:
    """Return the folder of a closed ledger in which four cases went on at once, one of which replaces another.

    Meanwhile a mandate was withdrawn and another given, and the parts of letter numbers were stated twice.
    """
    office = Kecamatan(folder).open()
    office.do("sri-wahyuni", SOP, "numbering.enacted", NUMBERING)
    for first, upto in ((0, 3), (3, 6), (6, 9)):
        for case in (CASE, OTHER):
            office.run_from(first, upto, case)
    case = office.ledger.stream(CASE)
    assert case is not None
    assert isinstance(case.state, Case)
    assert case.state.signature is not None
    signature = case.state.signature.leaf
    office.run(THIRD, 4)
    office.run_from(9, 12, CASE)
    withdrawn = {"mandate": "kasubag-umum-hadi-wijaya", "reason": "Mutasi."}
    office.do("dewi-lestari", "register", "mandate.withdrawn", withdrawn)
    office.approve("mandate", {"mandate": mandate("hadi-wijaya", mandate="kasubag-umum-lagi")})
    used = {"year": 2025, "running": 40, "agenda_no": 40}
    wider = NUMBERING | {"classifications": ["070", "060.1"], "used": used}
    office.do("sri-wahyuni", SOP, "numbering.enacted", wider)
    opening = disposition({"slug": the_sop().slug, "leaf": office.sop_leaf}, office.letter)
    replaced = {"supersedes": {"case": CASE.removeprefix("case:"), "signature": signature}}
    office.do("sri-wahyuni", NEXT, "disposition.issued", opening | replaced)
    office.run_from(9, 12, OTHER)
    office.run_from(1, 8, NEXT)
    official, kind, body = office.steps(case=NEXT)[8]
    office.do(official, NEXT, kind, body, mandate="kasubag-umum-lagi")
    office.run_from(9, 12, NEXT)
    office.ledger.close()
    return folder


def entries_of(folder: Path) -> list[bytes]:
    """Return the entries of a store in leaf order."""
    with behind(Database.parse("", folder)) as connection:
        found = connection.execute("SELECT state FROM stored_events ORDER BY leaf_index").fetchall()
    return [bytes(state) for (state,) in found]


def tamper(folder: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Run statements on the database file, whatever its own checks say."""
    with closing(sqlite3.connect(folder / "journal.sqlite")) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for statement, parameters in statements:
            connection.execute(statement, parameters)
        connection.commit()


def reseal(folder: Path, entries: list[bytes], sizes: Iterable[int] = ()) -> None:
    """Make these entries the whole log, with a tree of their own and checkpoints of these sizes, the last always."""
    with closing(sqlite3.connect(folder / "journal.sqlite")) as connection:
        for table in ("stored_events", "checkpoints", "tile_hashes"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608  our own names
        frontier, sealed = Frontier(), {*sizes, len(entries)}
        for index, data in enumerate(entries):
            head = head_of(Entry.parse(data).envelope.unverified_payload)
            assert head is not None
            row = (index, *head, data, leaf_hash(data))
            connection.execute("INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, ?)", row)
            frontier, completed = grow(frontier, [leaf_hash(data)])
            connection.executemany("INSERT INTO tile_hashes VALUES (?, ?, ?)", map(tuple, completed))
            if frontier.size in sealed:
                note = sign_checkpoint(LOG, ORIGIN, frontier.size, frontier.root)
                connection.execute("INSERT INTO checkpoints VALUES (?, ?)", (frontier.size, note))
        connection.execute("UPDATE frontier SET data = ?", (frontier.dump(),))
        connection.commit()


def collude(folder: Path, change: Callable[[list[Members]], list[Members]]) -> None:
    """Rewrite the log as the service and all officials could together: ``change`` takes and returns what acts say.

    What one act names of another by its leaf is what that other has become; version, predecessor and ``seen`` follow
    from the place.
    """
    before = entries_of(folder)
    acts = [strict_json.loads(Entry.parse(data).envelope.unverified_payload) for data in before]
    for act, data in zip(acts, before, strict=True):
        act["was"] = leaf_hash(data).hex()
    made, became = list[bytes](), dict[str, str]()
    newest, frontier = dict[str, tuple[int, str]](), Frontier()
    for act in change(acts):
        was = act.pop("was")
        version, leaf = newest.get(act["stream"], (0, None))
        root = base64.b64encode(frontier.root).decode()
        act |= {"version": version + 1, "previous": leaf, "seen": {"size": frontier.size, "root": root}}
        if not made:
            act["seen"] = None
        payload = strict_json.dumps(act)
        for old, new in became.items():
            payload = payload.replace(old.encode(), new.encode())
        at = Entry.parse(before[min(len(made), len(before) - 1)]).recorded_at
        data = Entry.record(Envelope.seal(PAYLOAD_TYPE, payload, key(act["official"])), at).data
        made.append(data)
        became[was] = leaf_hash(data).hex()
        newest[act["stream"]] = (version + 1, became[was])
        frontier = frontier.append(leaf_hash(data))
    reseal(folder, made, range(1, len(made)))
