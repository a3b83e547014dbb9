"""Letter numbers in a real ledger: at once, in one batch, from two processes, after a restart, and in the audit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from keys.envelope import Envelope
from keys.errors import NotAllowed
from ledger.acts import SignedAct
from ledger.agenda_book import KINDS
from ledger.aggregates import ActRecorded
from ledger.application import Accepted, Ledger
from ledger.audit import NOT_JUDGED, Report, audit
from ledger.recorded import Recorded
from ledger.rows import Rows
from tests import postgres
from tests.behind import in_files
from tests.kit import CASE, OFFICERS, Kecamatan, key, the_sop
from tests.test_journal import as_one_batch, together

OTHER = "case:22222222-2222-4222-8222-222222222222"
NUMBERING = {"classifications": ["070"], "office_code": "35.07.11"}
AGUS = "agus-salim"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Kecamatan:
    """Return a closed ledger with a numbering in force, in which two cases wait for their letter number."""
    office = Kecamatan(tmp_path_factory.mktemp("agenda") / "buku").open()
    office.do("sri-wahyuni", f"sop:{the_sop().slug}", "numbering.enacted", NUMBERING)
    for case in (CASE, OTHER):
        office.run(case, 9)
    office.ledger.close()
    return office


@pytest.fixture
def office(prepared: Kecamatan, tmp_path: Path) -> Iterator[Kecamatan]:
    """Return a copy of it, open."""
    made = Kecamatan(postgres.copied(prepared.folder, tmp_path / "buku"))
    made.sop_leaf, made.clock.now = prepared.sop_leaf, prepared.clock.now
    with closing(made.ledger):
        yield made


def entry(office: Kecamatan, case: str, running: int = 1, agenda_no: int = 1) -> bytes:
    """Return the signed act by which a case takes these numbers."""
    number = {"classification": "070", "running": running, "office_code": "35.07.11", "year": 2026}
    body = office.steps()[9][2] | {"number": number, "agenda_no": agenda_no}
    return office.sign(AGUS, case, "agenda.recorded", body)


def smuggle(office: Kecamatan, data: bytes) -> Recorded:
    """Put an act in the log that no judge has seen."""
    envelope = Envelope.parse(data)
    official = next(one for one in OFFICERS if key(one).public.id == envelope.keyid)
    signed = SignedAct(envelope.opened_with(key(official).public))
    with office.ledger._journal.turn(office.log) as turn:
        done = Recorded.new(turn.next_index, signed, turn.time(office.clock()))
        turn.add(signed, done)
        office.ledger.save(ActRecorded.of(done), turn=turn)
    return done


def another(office: Kecamatan) -> Ledger:
    """Return a second ledger on the same folder, as another process has it."""
    return Ledger(office.folder, office.log, office.clock)


def size(office: Kecamatan) -> int:
    with office.ledger.reading() as rows:
        return rows.size()


def rule_of(fault: object) -> str:
    assert isinstance(fault, NotAllowed), fault
    return fault.rule


def one_of_two(found: list[object]) -> str:
    """Return the rule by which one of the two was refused; the other was accepted."""
    (accepted,) = [one for one in found if isinstance(one, Accepted)]
    (refused,) = [one for one in found if one is not accepted]
    return rule_of(refused)


# --- at once --------------------------------------------------------------------------------------------


def test_of_two_acts_at_once_exactly_one_takes_the_number(office: Kecamatan) -> None:
    before, acts = size(office), [entry(office, case) for case in (CASE, OTHER)]
    found = together(*(lambda data=data: office.ledger.record(data) for data in acts))
    assert one_of_two(found) == "agenda.number"
    assert size(office) == before + 1


def test_of_two_acts_in_one_batch_exactly_one_takes_the_number(office: Kecamatan) -> None:
    before, acts = size(office), [entry(office, case) for case in (CASE, OTHER)]
    first, second = as_one_batch(office.ledger, *acts)
    assert isinstance(first, Accepted)
    assert rule_of(second) == "agenda.number"
    assert size(office) == before + 1


def test_of_two_acts_in_one_batch_exactly_one_takes_the_row(office: Kecamatan) -> None:
    acts = [entry(office, CASE, 1, 7), entry(office, OTHER, 2, 7)]
    assert rule_of(as_one_batch(office.ledger, *acts)[1]) == "agenda.no"


def test_two_numbers_are_taken_in_one_batch(office: Kecamatan) -> None:
    found = as_one_batch(office.ledger, entry(office, CASE, 1, 1), entry(office, OTHER, 2, 2))
    assert [type(one) for one in found] == [Accepted, Accepted]


def test_of_two_acts_at_once_in_two_processes_exactly_one_takes_the_number(office: Kecamatan) -> None:
    before = size(office)
    first, second = entry(office, CASE), entry(office, OTHER)
    with closing(another(office)) as elsewhere:
        found = together(lambda: office.ledger.record(first), lambda: elsewhere.record(second))
    assert one_of_two(found) == "agenda.number"
    assert size(office) == before + 1


def test_a_process_that_knows_the_book_learns_what_another_took(office: Kecamatan) -> None:
    with closing(another(office)) as elsewhere:
        elsewhere.record(entry(office, CASE, 5, 5))  # each has read the book once
        with pytest.raises(NotAllowed, match="Nomor urut 5"):
            office.ledger.record(entry(office, OTHER, 5, 6))
        assert not office.ledger.record(entry(office, OTHER, 6, 6)).again


def test_after_a_restart_the_number_is_still_taken(office: Kecamatan) -> None:
    office.ledger.record(entry(office, CASE))
    refused = entry(office, OTHER)
    office.ledger.close()
    with closing(another(office)) as restarted, pytest.raises(NotAllowed) as caught:
        restarted.record(refused)
    assert caught.value.rule == "agenda.number"


def test_what_could_not_be_written_takes_no_number(office: Kecamatan, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = entry(office, CASE)
    with monkeypatch.context() as broken:
        broken.setattr(office.ledger.events, "put", _full)
        with pytest.raises(OSError, match="penuh"):
            office.ledger.record(lost)
    assert not office.ledger.record(entry(office, OTHER)).again


def _full(*_: object, **__: object) -> None:
    raise OSError("cakram penuh")


def stating(office: Kecamatan, running: int) -> bytes:
    """Return the signed act by which the office states the last numbers given on paper."""
    used = {"used": {"year": 2026, "running": running, "agenda_no": running}}
    return office.sign("sri-wahyuni", f"sop:{the_sop().slug}", "numbering.enacted", NUMBERING | used)


def test_what_is_stated_of_paper_counts_for_the_rest_of_its_batch(office: Kecamatan) -> None:
    stated, refused, freed = as_one_batch(
        office.ledger, stating(office, 5), entry(office, CASE, 5, 6), entry(office, OTHER, 6, 6)
    )
    assert [type(stated), type(freed)] == [Accepted, Accepted]
    assert rule_of(refused) == "agenda.used"


def test_a_process_that_knows_the_book_learns_what_another_stated_of_paper(office: Kecamatan) -> None:
    with closing(another(office)) as elsewhere:
        elsewhere.record(entry(office, CASE, 9, 9))  # each has read the book once
        office.ledger.record(stating(office, 5))
        with pytest.raises(NotAllowed, match="di atas kertas"):
            elsewhere.record(entry(office, OTHER, 5, 6))
        assert not elsewhere.record(entry(office, OTHER, 6, 6)).again


def test_the_acts_that_make_the_book_are_found_among_all_from_any_leaf(office: Kecamatan) -> None:
    index = office.ledger.record(entry(office, CASE)).recorded.index
    with office.ledger.reading() as rows:
        found = rows.of_agenda_book(0)
        assert [row.index for row in rows.of_agenda_book(found[0].index + 1)] == [index]
        assert rows.of_agenda_book(index + 1) == []
    assert [(row.kind, row.stream) for row in found] == [
        ("numbering.enacted", f"sop:{the_sop().slug}"),
        ("agenda.recorded", CASE),
    ]
    assert {row.kind for row in found} == KINDS


@pytest.mark.sqlite("it is about an index of the file")
def test_the_acts_that_make_the_book_are_found_by_their_index(tmp_path: Path) -> None:
    plan: list[str] = []
    Kecamatan(tmp_path).ledger.close()
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as connection:

        def explained(statement: str, parameters: Sequence[Any]) -> list[Any]:
            plan.extend(one[3] for one in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
            return []

        Rows(explained).of_agenda_book(3)
    assert any("agenda_book_events" in line for line in plan), plan


# --- the audit ------------------------------------------------------------------------------------------


def doubled(office: Kecamatan, **numbers: int) -> Recorded:
    """Take numbers in one case, slip a second act with them past the judge, and close."""
    office.ledger.record(entry(office, CASE))
    done = smuggle(office, entry(office, OTHER, **numbers))
    office.ledger.close()
    return done


@pytest.mark.parametrize(
    ("numbers", "rule"),
    [({}, "agenda.number"), ({"agenda_no": 2}, "agenda.number"), ({"running": 2}, "agenda.no")],
)
def test_the_audit_finds_a_number_that_was_taken_twice_and_names_the_leaf(
    office: Kecamatan, numbers: dict[str, int], rule: str
) -> None:
    done = doubled(office, **numbers)
    report = audit(in_files(office.folder), vkey=office.log.vkey)
    assert [(one.leaf, one.rule) for one in report.findings] == [(done.index, rule)]
    assert report.broken
    assert report.verified == report.leaves - 1


def test_the_audit_calls_two_different_numbers_sound(office: Kecamatan) -> None:
    for case, number in ((CASE, 1), (OTHER, 2)):
        office.ledger.record(entry(office, case, number, number))
    office.ledger.close()
    assert audit(in_files(office.folder), vkey=office.log.vkey).sound


def test_the_audit_does_not_call_a_number_proved_whose_numbering_it_cannot_read(office: Kecamatan) -> None:
    wider = NUMBERING | {"classifications": ["070", "060.1"]}
    numbering = office.do("sri-wahyuni", f"sop:{the_sop().slug}", "numbering.enacted", wider).recorded.index
    index = office.ledger.record(entry(office, CASE)).recorded.index
    office.ledger.close()
    store = in_files(office.folder)
    with closing(sqlite3.connect(store / "journal.sqlite")) as connection:
        changed = 'replace(state, \'"recorded_at":"2026\', \'"recorded_at":"2025\')'
        connection.execute(
            f"UPDATE stored_events SET state = CAST({changed} AS BLOB) WHERE leaf_index = ?",  # noqa: S608  our own words
            (numbering,),
        )
        connection.commit()
    report = audit(store, vkey=office.log.vkey)
    assert {one.leaf for one in report.findings if one.verdict != NOT_JUDGED} == {numbering}
    assert {one.leaf for one in report.findings if one.verdict == NOT_JUDGED} == {index}


def damaged(office: Kecamatan, change: str, index: int) -> Report:
    """Change a row of the closed journal behind everybody's back, and audit it."""
    store = in_files(office.folder)
    with closing(sqlite3.connect(store / "journal.sqlite")) as connection:
        connection.execute(f"UPDATE stored_events SET {change} WHERE leaf_index = ?", (index,))  # noqa: S608  our own words
        connection.commit()
    return audit(store, vkey=office.log.vkey)


UNREADABLE = [
    "topic = 'paraf.given'",
    "state = CAST('bukan entri' AS BLOB)",
    "originator_version = 99",
    'state = CAST(replace(state, \'"recorded_at":"2026\', \'"recorded_at":"2027\') AS BLOB)',
    'state = CAST(replace(state, \'"sig":"\', \'"sig":"AAAA\') AS BLOB)',
]


@pytest.mark.parametrize("change", UNREADABLE)
def test_once_the_first_taker_of_a_number_is_damaged_the_second_is_not_counted_as_verified(
    office: Kecamatan, change: str
) -> None:
    first = office.ledger.record(entry(office, CASE)).recorded.index
    second = smuggle(office, entry(office, OTHER)).index
    office.ledger.close()
    report = damaged(office, change, first)
    assert report.broken
    assert {one.leaf for one in report.findings} >= {first, second}
    assert report.verified <= report.leaves - 2
    assert ("audit.lost", NOT_JUDGED) in {(one.rule, one.verdict) for one in report.findings if one.leaf == second}


def test_a_number_that_its_own_taker_signed_anew_behind_the_seal_proves_nothing_of_the_second(
    office: Kecamatan,
) -> None:
    instead = Envelope.parse(entry(office, CASE, 7, 7)).opened_with(key(AGUS).public)
    first = office.ledger.record(entry(office, CASE)).recorded
    second = smuggle(office, entry(office, OTHER)).index
    office.ledger.close()
    forged = Recorded.new(first.index, SignedAct(instead), first.entry.recorded_at)
    store = in_files(office.folder)
    with closing(sqlite3.connect(store / "journal.sqlite")) as connection:
        asked = "UPDATE stored_events SET state = ? WHERE leaf_index = ?"
        connection.execute(asked, (forged.entry.data, first.index))
        connection.commit()
    report = audit(store, vkey=office.log.vkey)
    assert {(one.leaf, one.rule) for one in report.findings} == {
        *((first.index, rule) for rule in ("entry.leaf_hash", "entry.columns")),
        (second, "audit.lost"),
    }


def test_a_number_after_an_unreadable_leaf_of_any_kind_cannot_be_judged_for_it_may_have_taken_it(
    office: Kecamatan,
) -> None:
    first = office.ledger.record(entry(office, CASE)).recorded.index
    second = office.ledger.record(entry(office, OTHER, 2, 2)).recorded.index
    office.ledger.close()
    with closing(sqlite3.connect(in_files(office.folder) / "journal.sqlite")) as connection:
        asked = "SELECT MIN(leaf_index) FROM stored_events WHERE topic = 'direction.given' AND originator_id = ?"
        ((lost,),) = connection.execute(asked, (OTHER,)).fetchall()
    report = damaged(office, "topic = 'paraf.given'", lost)
    (found,) = [one for one in report.findings if one.leaf == first]
    assert (found.verdict, found.sentence) == (
        NOT_JUDGED,
        "Tindakan sebelumnya dalam buku nomor surat rusak.",
    )
    assert second in {one.leaf for one in report.findings if one.verdict == NOT_JUDGED}


def test_after_a_number_that_was_refused_no_later_one_is_counted_as_verified(office: Kecamatan) -> None:
    third = "case:33333333-3333-4333-8333-333333333333"
    office.run(third, 9)
    twice = (office.ledger.record(entry(office, CASE)), smuggle(office, entry(office, OTHER)))[1]
    later = office.ledger.record(entry(office, third, 2, 2)).recorded.index
    office.ledger.close()
    report = audit(in_files(office.folder), vkey=office.log.vkey)
    assert [(one.leaf, one.rule) for one in report.findings] == [(twice.index, "agenda.number"), (later, "audit.lost")]
    assert report.findings[1].verdict == NOT_JUDGED


def test_a_broken_act_that_counts_for_no_number_leaves_the_numbers_of_other_cases_judged(office: Kecamatan) -> None:
    third = "case:33333333-3333-4333-8333-333333333333"
    office.run(third, 6)
    early = office.sign("sri-wahyuni", third, "agenda.ordered", office.steps()[8][2])
    refused = smuggle(office, early).index
    office.ledger.record(entry(office, CASE))
    office.ledger.close()
    report = audit(in_files(office.folder), vkey=office.log.vkey)
    assert {one.leaf for one in report.findings} == {refused}
