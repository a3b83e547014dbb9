"""The power goes: what is on disk at any moment opens, is sealed whole, and has all that was acknowledged before.

The service is held still wherever its threads are, its files are copied as they are at that moment, and it goes on.
The copy of the log of writes is torn besides: behind its last commit stands the beginning of a write that never ended.
What a disk forgets though fsync has returned, no test on one machine can show.
"""

from __future__ import annotations

import dataclasses
import random
import shutil
from pathlib import Path

from tests.crash.load import Load
from tests.crash.office import Office
from tests.crash.often import TIMES, chance
from tests.crash.service import Service
from tests.crash.tally import settle

#: Bytes of a frame's head in a log of writes (SQLite file format, 4.1), and of its page.
HEAD, PAGE = 24, 4096


def copied(home: Path, to: Path) -> None:
    """Copy what would be on the disk: ledger, documents, keys; what is shared memory only is lost."""
    shutil.copytree(home, to, ignore=shutil.ignore_patterns("*-shm"))


def torn(log: Path, luck: random.Random) -> None:
    """Put the beginning of one more frame behind a log of writes: a copy of its last one, spoiled and cut off."""
    data = log.read_bytes()
    if len(data) < HEAD + PAGE:
        return
    frame = bytearray(data[-HEAD - PAGE :])
    frame[luck.randrange(HEAD)] ^= 1 << luck.randrange(8)
    log.write_bytes(data + frame[: luck.randint(1, len(frame))])


def test_a_copy_of_the_files_at_any_moment_has_all_that_was_acknowledged_before_it(
    office_of_files: Office, tmp_path: Path
) -> None:
    office = office_of_files
    copies, luck, load = 5 * TIMES, chance(20261125), Load(office)
    taken = []
    with load.running():
        service = Service(office).started()
        load.served_at(service.url)
        for number in range(copies):
            load.wait_for_acts(4)
            assert service.lives(luck.uniform(0, 0.1))
            before = load.so_far()
            service.hold()
            copy = dataclasses.replace(office, home=tmp_path / f"copy-{number}" / "ledger")
            copied(office.home, copy.home)
            service.release()
            taken.append((copy, *before))
    service.stop()
    for number, (copy, acts, documents) in enumerate(taken):
        torn(copy.home / "journal.sqlite-wal", luck)
        settle(f"copy {number + 1} of {copies} at any moment", copy, acts, documents)
        going_on = Service(copy).started()
        with Load(copy, seed=number + 2, clients=1).running() as more:
            more.served_at(going_on.url)
            more.wait_for_acts(2)
        going_on.stop()
        shutil.rmtree(copy.home.parent)
    settle("the ledger that was copied", office, *load.so_far())
