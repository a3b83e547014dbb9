"""The tamper matrix in short: a fixed sample of the attacks, every one that needs somebody's memory, and the page.

``make tamper`` runs all of them (:mod:`tests.tamper`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from keys import strict_json
from ledger.entry import Entry
from ledger.stored_zip import unpack
from tests.tamper import bundles, database, entries, files
from tests.tamper.__main__ import PAGE
from tests.tamper.attack import Attack, OnStore, Sight, Who
from tests.tamper.judges import Ruling
from tests.tamper.matrix import Result, attacks, run
from tests.tamper.office import Office, build
from tests.tamper.page import fingerprint, row
from tests.tamper.spans import changes

pytestmark = pytest.mark.sqlite("its attacks are on the files of a store")

#: How many of the attacks that are seen by what is there are run: of each that is made on many parts, of each attacker.
SAMPLE = 3
ELSEWHERE = "is seen, but what is named is something else"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = build(tmp_path_factory.mktemp("kantor"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def every(office: Office) -> list[Attack]:
    return attacks(office)


def ran(office: Office, some: list[Attack]) -> list[Result]:
    """Return the results of these attacks, each of them as it is expected and as the page says."""
    said = PAGE.read_text("utf-8")
    found = run(office, some)
    assert [(one.attack.name, one.fault()) for one in found if one.fault()] == []
    for one in found:
        assert row([one]).rpartition(" | ")[2] in said, one.attack.name
    return found


def test_a_sample_of_every_kind_of_attack_is_seen_and_located(office: Office, every: list[Attack]) -> None:
    chosen = random.Random(5)  # noqa: S311  a reproducible choice, not a secret
    by: dict[tuple[str, str], list[Attack]] = {}
    for one in every:
        if one.sight is Sight.ALONE:
            by.setdefault((one.who.name, one.title if one.part else type(one).__name__), []).append(one)
    sample = [one for some in by.values() for one in chosen.sample(some, min(SAMPLE, len(some)))]
    found = ran(office, sample)
    assert all(one.located for one in found)
    assert {one.attack.who for one in found} == set(Who)


def test_what_only_memory_shows_is_undetected_without_it_and_detected_with_it(
    office: Office, every: list[Attack]
) -> None:
    pairs = {one.title: one for one in every if one.sight is Sight.MEMORY}
    found = ran(office, list(pairs.values()))
    assert len(found) > 15
    assert not any(one.seen_alone for one in found)
    assert all(one.seen_with_memory for one in found)


def test_what_nobody_can_see_is_seen_by_nobody_whatever_they_remember(office: Office, every: list[Attack]) -> None:
    unseen = [one for one in every if one.sight in (Sight.NOBODY, Sight.NOTHING)]
    assert len(ran(office, unseen)) == 8
    assert all(one.why for one in unseen)


# --- nothing is left out ---------------------------------------------------------------------------------------


def test_every_column_of_every_table_of_the_journal_has_its_attacks(office: Office) -> None:
    there = set(database.columns(office.later.store))
    assert database.VALUES.keys() | database.NUMBERS == there
    tables = {table for table, _ in there}
    changed = {one.part.partition(".")[0] for one in database.attacks(office) if one.part}
    assert changed == tables


def test_every_file_of_a_store_has_its_attacks(office: Office) -> None:
    store = office.later.store
    there = {str(path.relative_to(store)) for path in store.rglob("*") if path.is_file()}
    # The log's key is no evidence: whoever has it is another attacker, whoever exchanges it seals with another key.
    attacked = {f"documents/{path}" for path in files.documents(office.later)} | {"journal.sqlite", "views.sqlite"}
    unnamed = there - attacked - {"log.key"}
    # Who is signed in is no evidence either: no act depends on it (docs/adr/0011-sign-in.md).
    unnamed -= {"sessions.sqlite", "sessions.sqlite-shm", "sessions.sqlite-wal"}
    assert {Path(one).parts[0] for one in unnamed} <= {"documents"}, unnamed


def test_every_column_of_the_views_that_has_a_value_has_its_attack(office: Office) -> None:
    changed = {one.part for one in files.attacks(office) if one.title == "a value in the views is changed"}
    there = {f"{table}.{column}" for table, columns in files.shown(office.later).items() for column in columns}
    assert changed == there
    assert len(there) > 60


def test_every_member_of_an_act_and_of_its_body_is_a_class_of_bytes(office: Office) -> None:
    for leaf in entries.attacked(office.later):
        data = office.later.entries[leaf]
        act = strict_json.loads(Entry.parse(data).envelope.unverified_payload)
        classes = {one.name for one in changes(data)}
        assert {f"{member} (its name)" for member in act} <= classes
        assert act.keys() - {"body"} <= classes
        assert {f"body.{member}" for member in act["body"]} <= classes


def test_every_change_of_a_class_changes_one_byte_or_the_base64_around_it(office: Office) -> None:
    for leaf in entries.attacked(office.later):
        data = office.later.entries[leaf]
        for one in changes(data):
            assert one.data != data
            differ = sum(was != now for was, now in zip(data, one.data, strict=False))
            assert differ <= 3 or len(one.data) != len(data), one.name


def test_every_kind_of_member_of_a_bundle_has_its_attacks(office: Office) -> None:
    attacked = {name.partition("/")[0] for name in bundles.kinds(office.later).values()}
    assert {name.partition("/")[0] for name in unpack(office.later.memory.bundle)} == attacked


def test_the_same_office_is_made_each_time(office: Office, tmp_path: Path, every: list[Attack]) -> None:
    again = build(tmp_path)
    try:
        assert again.later.entries == office.later.entries
        assert again.later.memory.bundle == office.later.memory.bundle
        assert [one.name for one in attacks(again)] == [one.name for one in every]
    finally:
        again.close()


def test_no_two_attacks_have_one_name(every: list[Attack]) -> None:
    names = [one.name for one in every]
    assert len(set(names)) == len(names) > 1000


# --- the page and the judgement on the judges -------------------------------------------------------------------


def test_the_page_has_exactly_the_attacks_that_exist(every: list[Attack]) -> None:
    said = PAGE.read_text("utf-8")
    assert said.splitlines()[-1] == fingerprint(every)
    assert all(f"| {one.title}" in said for one in every)
    assert f"| **all** | {len(every)} |" in said


def on_store(office: Office, sight: Sight) -> OnStore:
    nothing = partial(print, end="")
    target = frozenset([7])
    return OnStore(
        title="x", who=Who.FILE, target=target, moment=office.later, change=nothing, sight=sight, why="Because."
    )


@pytest.mark.parametrize(
    ("sight", "alone", "remembering", "fault"),
    [
        (Sight.ALONE, Ruling("audit", "entry.form", (7, 7)), None, None),
        (Sight.ALONE, Ruling("audit", None), None, "is not seen"),
        (Sight.ALONE, Ruling("audit", "entry.form", (8, 8)), None, ELSEWHERE),
        (Sight.ALONE, Ruling("audit", "seen.root", (6, 8)), None, ELSEWHERE),
        (Sight.ALONE, Ruling("audit", "tree.tile", "tile_hashes"), None, ELSEWHERE),
        (Sight.MEMORY, Ruling("audit", None), "outside.fork", None),
        (Sight.MEMORY, Ruling("audit", None), None, "is not seen with memory either"),
        (Sight.MEMORY, Ruling("audit", "log.cut", (7, 7)), "x", "is seen without memory, which nobody expected"),
        (Sight.NOBODY, Ruling("audit", None), None, None),
        (Sight.NOTHING, Ruling("audit", None), "outside.fork", "is seen, which nobody expected"),
        (Sight.NOBODY, Ruling("audit", "entry.form", (7, 7)), None, "is seen, which nobody expected"),
    ],
)
def test_whatever_is_not_as_expected_is_a_fault_of_the_matrix(
    office: Office, sight: Sight, alone: Ruling, remembering: str | None, fault: str | None
) -> None:
    memory = Ruling("receipt", remembering, (7, 7), remembers=True)
    assert Result(on_store(office, sight), (alone, memory)).fault() == fault


@pytest.mark.parametrize(
    ("named", "target", "located"),
    [
        ((7, 7), frozenset([7]), True),
        ((5, 9), frozenset([7]), True),
        ((8, 9), frozenset([7]), False),
        ((7, 7), frozenset([6, 7]), True),
        (None, frozenset([7]), False),
        ("frontier", "frontier", True),
        ("tile_hashes", "frontier", False),
        ("frontier", frozenset([7]), False),
        ((7, 7), "frontier", False),
    ],
)
def test_what_is_named_is_located_only_if_it_was_attacked(
    named: tuple[int, int] | str | None, target: frozenset[int] | str, located: bool
) -> None:
    assert Ruling("audit", "entry.form", named).located(target) is located
