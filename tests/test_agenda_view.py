"""The agenda as it is read: letters in order, what was used on paper, and what is missing, doubled or blank."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from api.app import App, create_app
from api.cli import main
from api.server import background_server
from api.settings import Settings
from keys.errors import NotAllowed
from ledger import logkey
from projections import agenda
from projections.catchup import Views
from projections.schema import CASES, USED
from tests.activity_sop import PDF, activity_sop
from tests.kit import CASE, INSPECTOR, Kecamatan, mandate, the_sop
from tests.signed_in import desk as signed_in_desk
from tests.signed_in import keep
from tests.test_agenda_ledger import smuggle

OTHER = "case:22222222-2222-4222-8222-222222222222"
THIRD = "case:33333333-3333-4333-8333-333333333333"
SRI, AGUS = "sri-wahyuni", "agus-salim"
STREAM = f"sop:{the_sop().slug}"
NUMBERING: dict[str, Any] = {"classifications": ["070", "060.1"], "office_code": "35.07.11"}
USED_2026 = {"used": {"year": 2026, "running": 40, "agenda_no": 45}}
BOOK = {"office_code": "35.07.11"}
#: Half an hour to the new year in WIB.
NEW_YEARS_EVE = dt.datetime(2026, 12, 31, 16, 30, tzinfo=dt.UTC)


class Desk:
    """A kecamatan with the views of its journal."""

    def __init__(self, folder: Path) -> None:
        self.office = Kecamatan(folder).open()
        self.views = self.open(folder / "views.sqlite")

    def open(self, file: Path) -> Views:
        """Return views of this journal in a file."""
        return Views(f"sqlite:///{file}", self.office.ledger.reading, self.office.ledger.documents)

    def close(self) -> None:
        """Close everything."""
        self.views.close()
        self.office.ledger.close()

    def number(self, **changes: Any) -> None:
        """Enact the parts of letter numbers."""
        self.office.do(SRI, STREAM, "numbering.enacted", NUMBERING | changes)

    def signed(self, *cases: str) -> None:
        """Play cases up to the order to enter their letter in the agenda."""
        for case in cases:
            self.office.run(case, 9)

    def entry(self, case: str, running: int, agenda_no: int | None = None, **changes: Any) -> bytes:
        """Return the signed act by which a case takes a number; ``changes`` are of its parts."""
        number = {"classification": "070", "running": running, "office_code": "35.07.11", "year": 2026} | changes
        body = self.office.steps()[9][2] | {"number": number, "agenda_no": agenda_no or running}
        return self.office.sign(AGUS, case, "agenda.recorded", body)

    def take(self, case: str, running: int, agenda_no: int | None = None, **changes: Any) -> int:
        """Take a number and return the leaf index."""
        return self.office.ledger.record(self.entry(case, running, agenda_no, **changes)).recorded.index

    def book(self, year: int = 2026, unit: str | None = None) -> dict[str, Any]:
        """Return the book after catching up."""
        self.views.catch_up()
        with self.views.reading() as connection:
            return agenda.agenda(connection, year, unit)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(Desk(tmp_path)) as made:
        yield made


# --- gaps, doubles, used numbers ------------------------------------------------------------------------


def test_a_year_without_letters_is_an_empty_book(desk: Desk) -> None:
    listed = ("rows", "used", "below_used", "blanks", "repeated", "gaps", "leaps", "duplicates")
    empty: dict[str, Any] = {name: [] for name in (*listed, "row_gaps", "row_leaps", "row_duplicates")}
    assert desk.book(2025) == {"year": 2025, "unit": None} | empty
    assert desk.book(9999, "kalipare") == {"year": 9999, "unit": "kalipare"} | empty


def test_the_book_lists_its_letters_by_number_with_their_deliveries(desk: Desk) -> None:
    desk.signed(CASE, OTHER)
    desk.take(CASE, 3)
    desk.take(OTHER, 1)
    desk.office.run_from(10, 11)
    book = desk.book()
    assert [(one["case"], one["number"]) for one in book["rows"]] == [
        (OTHER.removeprefix("case:"), "070/1/35.07.11/2026"),
        (CASE.removeprefix("case:"), "070/3/35.07.11/2026"),
    ]
    (sent,) = book["rows"][1]["dispatches"]
    assert (sent["recipient"], sent["copies"], sent["method"], sent["received_by"], sent["evidence"]) == (
        *("Bagian Organisasi Setda", 1, "kurir", "Petugas"),
        desk.office.proof["digest"],
    )
    assert desk.book(unit="kalipare")["rows"] == book["rows"]
    assert desk.book(unit="sidemen")["rows"] == []


def test_numbers_that_were_left_out_are_gaps_running_and_row_each_for_itself(desk: Desk) -> None:
    desk.signed(CASE, OTHER)
    desk.take(CASE, 2, 1)
    desk.take(OTHER, 5, 4)
    book = desk.book()
    assert book["gaps"] == [BOOK | {"first": 1, "last": 1}, BOOK | {"first": 3, "last": 4}]
    assert book["row_gaps"] == [BOOK | {"first": 2, "last": 3}]


def test_row_numbers_are_looked_through_in_their_own_order(desk: Desk) -> None:
    desk.signed(CASE, OTHER)
    desk.take(CASE, 1, 3)
    desk.take(OTHER, 2, 1)
    assert desk.book()["row_gaps"] == [BOOK | {"first": 2, "last": 2}]


def test_another_office_code_and_another_year_are_books_of_their_own(desk: Desk) -> None:
    desk.signed(CASE, OTHER, THIRD)
    desk.take(CASE, 1)
    desk.take(OTHER, 2, office_code="35.07.12")
    desk.take(THIRD, 2, year=2027)
    assert desk.book()["gaps"] == [BOOK | {"office_code": "35.07.12", "first": 1, "last": 1}]
    assert desk.book(2027)["gaps"] == [BOOK | {"first": 1, "last": 1}]


def test_numbers_used_on_paper_are_shown_as_used_and_are_no_gaps(desk: Desk) -> None:
    desk.number(**USED_2026)
    desk.signed(CASE)
    desk.take(CASE, 43, 46)
    book = desk.book()
    (used,) = book["used"]
    stated = {"unit": "kalipare", "sop": the_sop().slug, "running": 40, "agenda_no": 45}
    assert used == BOOK | stated | {"leaf_index": used["leaf_index"]}
    assert book["gaps"] == [BOOK | {"first": 41, "last": 42}]
    assert book["row_gaps"] == []
    assert desk.book(unit="sidemen")["used"] == desk.book(2027)["used"] == []


def test_an_old_letter_that_was_recorded_from_paper_leaves_no_gap_beside_it(desk: Desk) -> None:
    desk.number(**USED_2026)
    desk.signed(CASE, OTHER)
    number = {"classification": "070", "running": 12, "office_code": "35.07.11", "year": 2026}
    body = desk.office.steps()[9][2] | {"number": number, "agenda_no": 12, "paper": {"scan": desk.office.proof}}
    desk.office.do(AGUS, CASE, "agenda.recorded", body)
    desk.take(OTHER, 41, 46)
    assert (desk.book()["gaps"], desk.book()["row_gaps"]) == ([], [])


def test_what_an_office_states_anew_replaces_what_it_stated_for_the_same_year(desk: Desk) -> None:
    desk.number(**USED_2026)
    desk.number(used={"year": 2026, "running": 39, "agenda_no": 45})
    desk.number(used={"year": 2027, "running": 3, "agenda_no": 3})
    assert [one["running"] for one in desk.book()["used"]] == [39]
    assert [one["running"] for one in desk.book(2027)["used"]] == [3]


def of_pagak(desk: Desk, **changes: Any) -> None:
    """Let the Camat of Pagak enact an SOP of that unit, and how its letters are numbered."""
    held = {"mandate": mandate(SRI, mandate="camat-pagak", unit="pagak")}
    desk.office.approve("mandate", held)
    sop = {"sop": activity_sop(lambda sop: sop.update(unit="pagak")).plain()}
    stream = f"sop:{activity_sop().slug}"
    desk.office.do(SRI, stream, "sop.enacted", sop, mandate="camat-pagak")
    desk.office.do(SRI, stream, "numbering.enacted", NUMBERING | changes, mandate="camat-pagak")


def test_office_codes_that_read_alike_are_one_book_called_as_it_was_first_written(desk: Desk) -> None:
    desk.signed(CASE, OTHER, THIRD)
    desk.take(CASE, 1)
    desk.take(OTHER, 3, office_code="35-7-11")
    second = smuggle(desk.office, desk.entry(THIRD, 3, 9, office_code="35.07.11.")).index
    book = desk.book()
    assert book["gaps"] == [BOOK | {"first": 2, "last": 2}]
    (twice,) = book["duplicates"]
    assert twice["numbers"] == ["070/3/35-7-11/2026", "070/3/35.07.11./2026"]
    assert twice["leaf_indices"][1] == second
    assert [one["unit"] for one in book["rows"]] == ["kalipare"] * 3


def test_what_is_stated_last_of_paper_counts_whichever_sop_and_unit_it_is_stated_for(desk: Desk) -> None:
    desk.number(**USED_2026)
    desk.signed(CASE)
    desk.take(CASE, 41, 46)
    of_pagak(desk, office_code="35-7-11", used={"year": 2026, "running": 38, "agenda_no": 45})
    (used,) = desk.book()["used"]
    assert (used["unit"], used["sop"], used["running"]) == ("pagak", activity_sop().slug, 38)
    assert desk.book()["gaps"] == [BOOK | {"first": 39, "last": 40}]
    for unit in ("kalipare", "pagak"):
        book = desk.book(unit=unit)
        assert (book["used"], book["gaps"]) == ([used], desk.book()["gaps"])
    assert desk.book(unit="pagak")["rows"] == []


def test_the_ledger_and_its_book_agree_on_what_is_stated_of_paper(desk: Desk) -> None:
    desk.number(**USED_2026)
    of_pagak(desk, used={"year": 2026, "running": 38, "agenda_no": 45})
    desk.signed(CASE, OTHER)
    with pytest.raises(NotAllowed, match="Sampai nomor urut 38"):
        desk.take(CASE, 38, 46)
    desk.take(CASE, 39, 46)
    assert desk.book()["below_used"] == []


def test_letters_with_a_number_of_those_on_paper_are_listed_unless_they_come_from_paper(desk: Desk) -> None:
    desk.signed(CASE, OTHER, THIRD)
    desk.take(CASE, 7, 8)
    body = desk.office.steps()[9][2] | {"agenda_no": 3, "paper": {"scan": desk.office.proof}}
    desk.office.do(AGUS, OTHER, "agenda.recorded", body | {"number": body["number"] | {"running": 3}})
    desk.take(THIRD, 50, 9)
    assert desk.book()["below_used"] == []
    desk.number(used={"year": 2026, "running": 20, "agenda_no": 8})
    (below,) = desk.book()["below_used"]
    assert (below["case"], below["number"], below["agenda_no"], below["unit"]) == (
        *(CASE.removeprefix("case:"), "070/7/35.07.11/2026"),
        *(8, "kalipare"),
    )
    assert desk.book(unit="pagak")["below_used"] == []
    desk.number(used={"year": 2026, "running": 1, "agenda_no": 9})
    assert [one["agenda_no"] for one in desk.book()["below_used"]] == [8, 9]


def test_a_case_with_more_than_one_number_is_listed_with_all_of_them(desk: Desk) -> None:
    desk.signed(CASE, OTHER)
    leaves = [desk.take(CASE, 1), desk.take(OTHER, 2)]
    body = desk.office.steps()[9][2] | {"agenda_no": 1, "deviation": "Nomor pertama keliru."}
    number = body["number"] | {"running": 1, "year": 2027}
    again = desk.office.do(AGUS, CASE, "agenda.recorded", body | {"number": number}).recorded.index
    listed: dict[str, Any] = {"case": CASE.removeprefix("case:"), "unit": "kalipare"}
    listed |= {"numbers": ["070/1/35.07.11/2026", "070/1/35.07.11/2027"], "leaf_indices": [leaves[0], again]}
    assert desk.book()["repeated"] == desk.book(2027)["repeated"] == [listed]
    assert desk.book(2025)["repeated"] == desk.book(unit="pagak")["repeated"] == []
    assert [one["name"] for one in desk.book(2027)["rows"][0]["flags"] if one["name"].startswith("agenda")] == [
        "agenda.again",
        "agenda.year",
    ]


@pytest.mark.parametrize(("running", "leapt"), [(102, False), (103, True)])
def test_a_number_more_than_a_hundred_after_the_one_before_is_a_leap(desk: Desk, running: int, leapt: bool) -> None:
    desk.signed(CASE, OTHER, THIRD)
    desk.take(CASE, 2, 1)
    leaf = desk.take(OTHER, running, 500)
    desk.take(THIRD, running + 1, 501)
    book = desk.book()
    assert book["leaps"] == ([BOOK | {"after": 2, "running": running, "leaf_indices": [leaf]}] if leapt else [])
    assert book["row_leaps"] == [BOOK | {"after": 1, "agenda_no": 500, "leaf_indices": [leaf]}]
    assert {"first": 3, "last": running - 1} | BOOK in book["gaps"]


def test_what_was_corrected_stands_beside_the_rows_as_they_were_signed(desk: Desk) -> None:
    desk.signed(CASE, OTHER)
    desk.take(CASE, 1)
    desk.take(OTHER, 2)
    sent = desk.office.run_from(10, 11)[0].recorded.leaf
    row = desk.office.ledger.stream(CASE)
    assert row is not None
    before = desk.book()
    leaves = {done["number"][:5]: done["leaf_index"] for done in before["rows"]}
    with desk.office.ledger.reading() as rows:
        entry = rows.entry(leaves["070/1"])
    assert entry is not None

    def correct(leaf: str, field: str, old: str, new: str) -> dict[str, Any]:
        said = {"leaf": leaf, "field": field, "old": old, "new": new}
        done = desk.office.do(AGUS, CASE, "correction.recorded", {"step": "10", "reason": "Salah tulis."} | said)
        return {"field": field, "old": old, "new": new, "leaf_index": done.recorded.index}

    first = correct(entry.leaf_hash.hex(), "summary", "IKU 2026", "IKU 2027")
    second = correct(entry.leaf_hash.hex(), "summary", "IKU 2027", "IKU 2026-2030")
    delivery = correct(sent, "received_by", "Petugas", "Petugas loket")
    after = desk.book()
    one, two = after["rows"]
    assert (one["summary"], one["corrections"], two["corrections"]) == ("IKU 2026", [first, second], [])
    (dispatch,) = one["dispatches"]
    assert (dispatch["received_by"], dispatch["corrections"]) == ("Petugas", [delivery])
    assert [row["corrections"] for row in before["rows"]] == [[], []]


def test_numbers_that_an_older_history_gave_twice_are_shown(desk: Desk) -> None:
    desk.signed(CASE, OTHER, THIRD)
    first = desk.take(CASE, 1, 1)
    second = smuggle(desk.office, desk.entry(OTHER, 1, 2, classification="060.1")).index
    third = smuggle(desk.office, desk.entry(THIRD, 3, 2)).index
    book = desk.book()
    numbers = ["060.1/1/35.07.11/2026", "070/1/35.07.11/2026"]
    assert book["duplicates"] == [BOOK | {"running": 1, "numbers": numbers, "leaf_indices": [first, second]}]
    (twice,) = book["row_duplicates"]
    assert (twice["agenda_no"], twice["leaf_indices"]) == (2, [second, third])


# --- blanks ---------------------------------------------------------------------------------------------


def test_a_signed_letter_without_a_number_is_a_blank_until_it_has_one(desk: Desk) -> None:
    desk.office.run(CASE, 6)
    assert desk.book()["blanks"] == []
    signature = desk.office.run_from(6, 7)[0].recorded
    (blank,) = desk.book()["blanks"]
    assert blank == {
        "case": CASE.removeprefix("case:"),
        "unit": "kalipare",
        "subject": "Penyusunan IKU 2026",
        "document": desk.office.iku["digest"],
        "signed_at": signature.entry.recorded_at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "claimed_at": signature.act.occurred_at.isoformat(),
        "leaf": signature.leaf,
        "leaf_index": signature.index,
    }
    desk.office.run_from(7, 9)
    assert desk.book()["blanks"] == [blank]
    assert desk.book(unit="kalipare")["blanks"] == [blank]
    assert desk.book(unit="sidemen")["blanks"] == []
    desk.take(CASE, 1)
    assert desk.book()["blanks"] == []


@pytest.mark.parametrize(("minutes", "year"), [(29, 2026), (30, 2027)])
def test_a_blank_belongs_to_the_year_in_which_it_was_signed_in_wib(desk: Desk, minutes: int, year: int) -> None:
    desk.office.run(CASE, 6)
    desk.office.clock.now = NEW_YEARS_EVE + dt.timedelta(minutes=minutes)
    desk.office.run_from(6, 7)
    assert [len(desk.book(one)["blanks"]) for one in (2025, 2026, 2027, 2028)] == [
        int(one == year) for one in (2025, 2026, 2027, 2028)
    ]


def test_an_sop_that_numbers_no_letters_leaves_no_blanks(desk: Desk) -> None:
    sop = activity_sop()
    leaf = desk.office.do(SRI, f"sop:{sop.slug}", "sop.enacted", {"sop": sop.plain()}).recorded.leaf
    letter = desk.office.store(b"surat keterangan (sintetis)", "surat.pdf", PDF)
    held = {"document": letter["digest"]}
    opening = {"step": "1", "sop": {"slug": sop.slug, "leaf": leaf}, "subject": "Surat keterangan usaha"}
    for official, kind, body in (
        (AGUS, "activity.performed", opening),
        ("hadi-wijaya", "activity.decided", {"step": "2", "decision": "lengkap"}),
        (AGUS, "activity.performed", {"step": "3", "document": letter}),
        ("budi-santoso", "activity.decided", {"step": "4", "decision": "setuju"} | held),
        (SRI, "signature.given", {"step": "5"} | held),
    ):
        desk.office.do(official, CASE, kind, body)
    assert desk.book()["blanks"] == []


def test_the_views_of_numbers_and_blanks_are_rebuilt_as_they_were(desk: Desk, tmp_path: Path) -> None:
    desk.number(**USED_2026)
    for play in (desk.signed, lambda case: desk.take(case, 41, 46)):
        desk.views.catch_up()
        play(CASE)
    desk.signed(OTHER)
    desk.number(used={"year": 2026, "running": 39, "agenda_no": 45})
    book = desk.book()
    assert (len(book["used"]), len(book["blanks"])) == (1, 1)
    with closing(desk.open(tmp_path / "anew.sqlite")) as anew:
        anew.catch_up()
        with anew.reading() as fresh, desk.views.reading() as kept:
            assert agenda.agenda(fresh, 2026) == book
            for table in (USED, CASES):
                asked = select(table).order_by(*table.primary_key)
                assert fresh.execute(asked).all() == kept.execute(asked).all()


def test_blanks_are_found_without_reading_every_case(desk: Desk) -> None:
    desk.views.catch_up()
    asked = "SELECT * FROM cases JOIN trail ON unnumbered_index = leaf_index WHERE unnumbered_index IS NOT NULL"
    with desk.views.reading() as connection:
        plan = [one[3] for one in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}")]
    assert any("cases_unnumbered" in line for line in plan), plan


# --- the next number ------------------------------------------------------------------------------------


class Served:
    """A desk's ledger behind the service."""

    def __init__(self, desk: Desk, app: App) -> None:
        self.desk, self.app, self.http = desk, app, signed_in_desk(app, INSPECTOR)

    def next(self, unit: str = "kalipare", sop: str = the_sop().slug) -> dict[str, Any]:
        """Return what the service proposes."""
        answer = self.http.get(f"/v1/agenda/next?unit={unit}&sop={sop}")
        assert answer.status_code == 200
        return dict(answer.get_json())


@pytest.fixture
def served(desk: Desk, tmp_path: Path) -> Iterator[Served]:
    logkey.write(tmp_path / "log.key", desk.office.log)
    desk.office.register(INSPECTOR)
    with closing(create_app(Settings(tmp_path), lambda: desk.office.clock.now)) as app:
        yield Served(desk, app)


def proposed(said: dict[str, Any]) -> tuple[int, int, int]:
    """Return year, running number and row number of a proposal."""
    return said["number"]["year"], said["number"]["running"], said["agenda_no"]


def test_without_a_numbering_no_number_is_proposed_and_the_answer_says_why(served: Served) -> None:
    said = served.next()
    assert (said["number"], said["agenda_no"]) == (None, None)
    assert said["why"] == (
        f"Penomoran surat menurut SOP {the_sop().title} belum ditetapkan, jadi tidak ada nomor yang dapat diusulkan."
    )


def test_the_first_number_of_a_book_is_one(served: Served) -> None:
    served.desk.number()
    said = served.next()
    assert said["number"] == {"classification": "070", "running": 1, "office_code": "35.07.11", "year": 2026}
    assert said["agenda_no"] == 1
    assert "terakhir tahun 2026 dengan kode 35.07.11: belum ada" in said["why"]
    assert "Kode klasifikasi lain yang ditetapkan: 060.1." in said["why"]
    assert said["synthetic"] is True


def test_the_number_after_the_highest_is_proposed_and_is_accepted(served: Served) -> None:
    desk = served.desk
    desk.number()
    desk.signed(CASE, OTHER)
    desk.take(CASE, 7, 3)
    said = served.next()
    assert proposed(said) == (2026, 8, 4)
    assert "35.07.11: 7; nomor agenda terakhir: 3." in said["why"]
    desk.take(OTHER, said["number"]["running"], said["agenda_no"])
    assert proposed(served.next()) == (2026, 9, 5)


def test_numbers_used_on_paper_are_not_proposed(served: Served) -> None:
    served.desk.number(**USED_2026)
    assert proposed(served.next()) == (2026, 41, 46)


def test_numbers_that_another_sop_used_on_paper_under_the_same_code_are_not_proposed(served: Served) -> None:
    sop = activity_sop()
    served.desk.office.do(SRI, f"sop:{sop.slug}", "sop.enacted", {"sop": sop.plain()})
    served.desk.office.do(SRI, f"sop:{sop.slug}", "numbering.enacted", NUMBERING | USED_2026)
    served.desk.number()
    assert proposed(served.next()) == (2026, 41, 46)
    served.desk.number(used={"year": 2026, "running": 30, "agenda_no": 31})
    assert proposed(served.next()) == (2026, 31, 32), "whoever stated it last"


@pytest.mark.parametrize("code", ["35-7-11", "35.07.11"])
def test_a_proposal_counts_on_from_what_was_given_under_a_code_that_reads_alike(served: Served, code: str) -> None:
    served.desk.signed(CASE)
    served.desk.take(CASE, 4, office_code=code)
    served.desk.number()
    assert proposed(served.next()) == (2026, 5, 5)


def test_a_leap_does_not_end_the_year_and_is_named(served: Served) -> None:
    desk = served.desk
    desk.number()
    desk.signed(CASE, OTHER, THIRD)
    desk.take(CASE, 7, 3)
    desk.take(OTHER, 999_999, 4_000)
    said = served.next()
    assert proposed(said) == (2026, 8, 4)
    assert "Nomor urut 999999 melompat jauh dari yang lain" in said["why"]
    assert "Nomor agenda 4000 melompat jauh dari yang lain" in said["why"]
    desk.take(THIRD, 8, 4)
    assert proposed(served.next()) == (2026, 9, 5)


def test_the_number_after_a_leap_is_the_next_one_once_the_others_have_come_near_it(served: Served) -> None:
    desk = served.desk
    desk.number(used={"year": 2026, "running": 900, "agenda_no": 40})
    desk.signed(CASE)
    desk.take(CASE, 1_000, 45)
    assert proposed(served.next()) == (2026, 1_001, 46)
    desk.number(used={"year": 2026, "running": 899, "agenda_no": 40})
    said = served.next()
    assert proposed(said) == (2026, 900, 46)
    assert "Nomor urut 1000 melompat" in said["why"]


def test_a_number_on_paper_that_was_corrected_downward_is_proposed_again(served: Served) -> None:
    served.desk.number(**USED_2026)
    served.desk.number(used={"year": 2026, "running": 30, "agenda_no": 31})
    assert proposed(served.next()) == (2026, 31, 32)


def test_the_proposal_begins_anew_with_the_year_of_the_services_clock_in_wib(served: Served) -> None:
    desk = served.desk
    desk.number()
    desk.signed(CASE)
    desk.take(CASE, 7)
    desk.office.clock.now = NEW_YEARS_EVE
    assert proposed(served.next()) == (2026, 8, 8)
    desk.office.clock.now += dt.timedelta(minutes=30)
    assert proposed(served.next()) == (2027, 1, 1)


def test_after_the_last_number_there_is_none(served: Served) -> None:
    served.desk.number(used={"year": 2026, "running": 999_998, "agenda_no": 1})
    served.desk.signed(CASE)
    served.desk.take(CASE, 999_999, 2)
    said = served.next()
    assert (said["number"], said["agenda_no"]) == (None, None)
    assert "999999" in said["why"]


@pytest.mark.parametrize(
    ("asked", "status", "rule"),
    [
        ("unit=kalipare&sop=tidak-ada", 404, "sop.unknown"),
        (f"unit=pagak&sop={the_sop().slug}", 404, "agenda.unit"),
        ("unit=kalipare", 400, "request.parameter"),
        (f"unit=kalipare&sop={the_sop().slug}&year=2026", 400, "request.parameter"),
    ],
)
def test_a_question_for_a_number_that_cannot_be_answered_says_why(
    served: Served, asked: str, status: int, rule: str
) -> None:
    answer = served.http.get(f"/v1/agenda/next?{asked}")
    assert (answer.status_code, answer.get_json()["rule"]) == (status, rule)


def test_the_book_of_a_unit_that_nobody_knows_is_refused_with_those_there_are(served: Served) -> None:
    answer = served.http.get("/v1/agenda?year=2026&unit=xx")
    assert (answer.status_code, answer.get_json()["rule"]) == (404, "trail.unit")
    assert "kalipare" in answer.get_json()["allowed"]
    assert served.http.get("/v1/agenda?year=2026&unit=kalipare").status_code == 200


# --- the command line -----------------------------------------------------------------------------------


def test_the_command_line_shows_all_that_stands_out_in_words(served: Served) -> None:
    desk = served.desk
    desk.number(**USED_2026)
    desk.signed(CASE, OTHER, THIRD)
    desk.take(CASE, 42, 46)
    smuggle(desk.office, desk.entry(OTHER, 42, 49))
    fourth = "case:44444444-4444-4444-8444-444444444444"
    desk.signed(fourth)
    row = desk.office.ledger.record(desk.entry(fourth, 43, 50)).recorded
    slip = {"step": "10", "leaf": row.leaf, "field": "summary", "reason": "Salah tulis."}
    slip |= {"old": "IKU 2026", "new": "IKU 2026-2030"}
    corrected = desk.office.do(AGUS, fourth, "correction.recorded", slip).recorded.index
    body = desk.office.steps()[9][2] | {"agenda_no": 51, "deviation": "Nomor pertama keliru."}
    desk.office.do(AGUS, fourth, "agenda.recorded", body | {"number": body["number"] | {"running": 700}})
    desk.number(used={"year": 2026, "running": 40, "agenda_no": 46})

    with background_server(served.app) as url:
        keep(served.app, url, INSPECTOR)
        done = CliRunner().invoke(main, ["agenda", "--year", "2026", "--unit", "kalipare", "--url", url])
    said = " ".join(done.output.split())
    assert done.exit_code == 0
    for words in (
        "Agenda surat keluar 2026: 4 surat",
        "Sampai nomor urut 40 dan nomor agenda 46 (35.07.11), nomor diberikan di atas kertas",
        "Surat 070/43/35.07.11/2026: isi ringkas dibetulkan dari “IKU 2026” menjadi “IKU 2026-2030”",
        f"(daun {corrected}).",
        "Nomor urut 700 (35.07.11) melompat jauh dari 43; mungkin salah tulis.",
        f"Surat 070/42/35.07.11/2026, nomor agenda 46, perkara {CASE.removeprefix('case:')}: bernomor yang sudah",
        f"Lebih dari satu nomor dalam perkara {fourth.removeprefix('case:')}: 070/43/35.07.11/2026, 070/700/",
        "Nomor urut 41 (35.07.11) tidak terpakai.",
        "Nomor agenda 47 sampai 48 (35.07.11) tidak terpakai.",
        "Nomor urut 42 (35.07.11) dipakai lebih dari sekali.",
        "Belum bernomor: Penyusunan IKU 2026, ditandatangani 2 Maret 2026 08.",
        f"perkara {THIRD.removeprefix('case:')}.",
    ):
        assert words in said
