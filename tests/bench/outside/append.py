"""Saves payloads with somebody else's log, one durable append at a time, in an environment that has nothing of ours.

``append.py ledgerchain|ledgerchain-wal|witness-log FOLDER``: each line of standard input is a JSON list of payloads,
each a JSON text; each is answered by a line with the seconds that saving them took.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Append = Callable[[str], object]


def ledgerchain(folder: Path, wal: bool = False) -> Append:
    """Return an append to a hash chain on SQLite, by its manual; or with journal_mode WAL, synchronous FULL."""
    import ledgerchain as library
    from sqlalchemy import create_engine, event
    from sqlalchemy.orm import sessionmaker

    engine = create_engine(f"sqlite:///{folder / 'chain.sqlite'}")

    if wal:

        @event.listens_for(engine, "connect")
        def durable(connection: Any, _: object) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

    library.create_all(engine)
    session_of = sessionmaker(bind=engine)

    def append(payload: str) -> None:
        members = json.loads(payload)
        with session_of() as session:
            library.LedgerWriter.append(
                session,
                event_type=members["kind"],
                payload=members,
                actor={"kind": "human", "sub": members["official"]},
                tenant_id="kalipare",
                subject_uri=members["stream"],
            )
            session.commit()

    return append


def ledgerchain_wal(folder: Path) -> Append:
    """Return an append to the same hash chain, durable as Jejak is."""
    return ledgerchain(folder, wal=True)


def witness_log(folder: Path) -> Append:
    """Return an append to a Merkle log in a file, fsynced each time."""
    import witness_log as library

    log = library.open(str(folder / "journal.jsonl"))

    def append(payload: str) -> None:
        log.append_result(payload.encode())
        log.sync()

    return append


def main() -> None:
    """Answer until standard input ends."""
    ways = {"ledgerchain": ledgerchain, "ledgerchain-wal": ledgerchain_wal, "witness-log": witness_log}
    append = ways[sys.argv[1]](Path(sys.argv[2]))
    for line in sys.stdin:
        payloads = json.loads(line)
        began = time.perf_counter()
        for payload in payloads:
            append(payload)
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
