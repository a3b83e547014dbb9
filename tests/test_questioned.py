"""After a key was compromised: what it signed stands, is verified as before, and is shown as in question everywhere."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from api.app import App, create_app
from api.cli import main
from api.cli_read import verdict_lines
from api.server import background_server
from api.settings import Settings
from keys.possession import prove
from ledger import logkey
from ledger.flag_names import QUESTIONED
from projections import storage
from projections.schema import INTERNED, TRAIL
from tests.behind import in_files
from tests.kit import CASE, FOUNDERS, ORIGIN, Kecamatan, key
from tests.signed_in import desk, keep
from tests.test_projections import Desk

Json = dict[str, Any]
DEWI, EKO = FOUNDERS
BUDI, SRI = "budi-santoso", "sri-wahyuni"
OTHER = "case:22222222-2222-4222-8222-222222222222"
CASE_ID = CASE.removeprefix("case:")
HOUR = dt.timedelta(hours=1)


def stamp(moment: dt.datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def new_key(office: Kecamatan, official: str, name: str) -> None:
    own = key(name)
    possession = prove(ORIGIN, official, own).decode()
    office.approve("key", {"official": official, "public_key": own.public.raw.hex(), "possession": possession})


def revoke(office: Kecamatan, name: str, since: str | None) -> int:
    """Revoke a key as compromised by a registrar; return the leaf."""
    body = {"keyid": key(name).public.id, "reason": "compromised"} | ({"compromised_since": since} if since else {})
    return office.do(DEWI, "register", "key.revoked", body).recorded.index


@dataclass
class World:
    """A finished case; the Sekcam's key revoked an hour later, and claimed lost since just before his paraf."""

    office: Kecamatan
    app: App
    paraf: int
    revoked: int
    #: What was said before the revocation: of the case's trail, of its state, of everything in the trail.
    before: dict[str, Json]

    def get(self, path: str, **query: object) -> Json:
        answer = desk(self.app).get(path, query_string=query or None)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def trail(self, **query: object) -> list[Json]:
        return list(self.get(f"/v1/cases/{CASE_ID}/trail", **query)["trail"])

    def state(self, at: int | None = None) -> Json:
        return self.get(f"/v1/cases/{CASE_ID}", **({} if at is None else {"at": at}))


PATHS = [f"/v1/cases/{CASE_ID}/trail", "/v1/trail", "/v1/trail?flag=key.questioned"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    office = Kecamatan(tmp_path_factory.mktemp("buku")).open()
    logkey.write(office.folder / "log.key", office.log)
    app = create_app(Settings(office.folder), office.clock)
    office.run(upto=5)
    since = office.clock.now
    paraf = office.run_from(5, 6)[0].recorded.index
    office.run_from(6, 12)
    made = World(office, app, paraf, -1, {})
    made.before = {path: made.get(path) for path in PATHS}
    office.clock.now += HOUR
    made.revoked = revoke(office, BUDI, stamp(since))
    new_key(office, BUDI, "kunci-kedua")
    new_key(office, "hadi-wijaya", "kunci-ketiga")
    yield made
    app.close()
    office.ledger.close()


def questioned(rows: list[Json]) -> list[int]:
    assert all(bool(row["questioned"]) is (QUESTIONED in [flag["name"] for flag in row["flags"]]) for row in rows)
    return [row["leaf_index"] for row in rows if row["questioned"]]


# --- the trail ------------------------------------------------------------------------------------------------


def test_what_was_signed_with_the_key_since_the_claim_is_in_question_and_why_is_said(world: World) -> None:
    rows = world.trail()
    assert questioned(rows) == [world.paraf, world.paraf + 2]  # his paraf, and his order to distribute
    (flag,) = [flag for flag in rows[5]["flags"] if flag["name"] == QUESTIONED]
    for said in ("Dewi Lestari (sintetis)", "2 Maret 2026 09.", f"daun {world.revoked}", "sejak 2 Maret 2026 08."):
        assert said in flag["sentence"]
    why = rows[5]["questioned"]
    assert (why["revoked"]["leaf_index"], why["revoked"]["by"]) == (world.revoked, DEWI)
    assert (why["revoked"]["name"], why["revoked"]["reason"]) == ("Dewi Lestari (sintetis)", "compromised")


def test_nothing_that_is_in_question_is_hidden_refused_or_judged_otherwise_than_before(world: World) -> None:
    path = f"/v1/cases/{CASE_ID}/trail"
    before, now = world.before[path]["trail"], world.trail()
    apart = ("flags", "questioned")
    assert [{name: row[name] for name in row if name not in apart} for row in now] == [
        {name: row[name] for name in row if name not in apart} for row in before
    ]
    assert questioned(before) == []
    assert all(row["verdicts"][one]["verdict"] == "terbukti" for row in now for one in ("signature", "authority"))


def test_of_a_leaf_below_the_revocation_nothing_is_in_question(world: World) -> None:
    assert questioned(world.trail(at=world.revoked - 1)) == []
    assert questioned(world.trail(at=world.revoked)) == questioned(world.trail())
    assert world.trail(at=world.revoked - 1) == world.before[f"/v1/cases/{CASE_ID}/trail"]["trail"]


def test_the_revocation_itself_and_the_new_key_are_not_in_question(world: World) -> None:
    assert questioned(world.get("/v1/streams/register/trail")["trail"]) == []


@pytest.fixture(scope="module")
def unclaimed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Yield the service of an office in which the Sekcam's key leaked, nobody saying since when, and Sri's was lost."""
    office = Kecamatan(tmp_path_factory.mktemp("tanpa")).open()
    logkey.write(office.folder / "log.key", office.log)
    with closing(office.ledger), closing(create_app(Settings(office.folder), office.clock)) as app:
        office.run(upto=7)
        office.do(DEWI, "register", "key.revoked", {"keyid": key(SRI).public.id, "reason": "lost"})
        revoke(office, BUDI, None)
        yield app


def test_a_key_that_leaked_nobody_says_since_when_puts_all_that_it_signed_in_question(unclaimed: App) -> None:
    rows = desk(unclaimed).get("/v1/trail?limit=200").get_json()["trail"]
    assert questioned(rows) == [34, 38]
    (flag,) = [flag for flag in rows[38]["flags"] if flag["name"] == QUESTIONED]
    assert "kuncinya kemudian dicabut karena bocor; sejak kapan tidak dinyatakan." in flag["sentence"]
    assert rows[38]["questioned"]["compromised_since"] is None


def test_a_key_that_was_lost_puts_nothing_in_question(unclaimed: App) -> None:
    rows = desk(unclaimed).get("/v1/trail", query_string={"official": SRI}).get_json()["trail"]
    assert [row["kind"] for row in rows] == ["sop.enacted", "disposition.issued", "signature.given"]
    assert questioned(rows) == []


def test_search_state_and_marks_say_the_same_of_a_leak_without_a_claim(unclaimed: App) -> None:
    service = desk(unclaimed)
    sought = service.get("/v1/trail", query_string={"flag": QUESTIONED}).get_json()["trail"]
    assert [row["leaf_index"] for row in sought] == [34, 38]
    later = service.get("/v1/trail", query_string={"flag": QUESTIONED, "kind": "paraf.given"}).get_json()["trail"]
    assert [row["leaf_index"] for row in later] == [38]
    state = service.get(f"/v1/cases/{CASE_ID}").get_json()
    assert {name: bool(state[name]["questioned"]) for name in ("approved", "paraf", "signature")} == {
        "approved": False,
        "paraf": True,
        "signature": False,
    }
    marks = service.get(f"/v1/documents/{state['document']['digest']}/signatures").get_json()["marks"]
    assert [mark["kind"] for mark in marks if mark["questioned"]] == ["paraf.given"]


# --- search and table -------------------------------------------------------------------------------------------


def test_what_is_in_question_is_found_by_its_flag_with_and_without_other_filters(world: World) -> None:
    found = world.get("/v1/trail", flag=QUESTIONED)
    assert questioned(found["trail"]) == [world.paraf, world.paraf + 2] == [row["leaf_index"] for row in found["trail"]]
    assert [row for row in world.get("/v1/trail", limit=200)["trail"] if row["questioned"]] == found["trail"]
    assert world.before["/v1/trail?flag=key.questioned"]["trail"] == []
    for filters, count in (
        ({"kind": "paraf.given"}, 1),
        ({"official": BUDI, "stream": CASE}, 2),
        ({"official": SRI}, 0),
        ({"office": "camat"}, 0),
        ({"from": "2026-03-03"}, 0),
        ({"to": "2026-03-02"}, 2),
    ):
        assert len(world.get("/v1/trail", flag=QUESTIONED, **filters)["trail"]) == count, filters


def test_pages_of_what_is_in_question_neither_skip_nor_repeat(world: World) -> None:
    first = world.get("/v1/trail", flag=QUESTIONED, limit=1)
    last = world.get("/v1/trail", flag=QUESTIONED, limit=1, after=first["next"])
    assert [row["leaf_index"] for said in (first, last) for row in said["trail"]] == [world.paraf, world.paraf + 2]
    assert (first["next"], last["next"]) == (world.paraf, None)


def test_a_search_passes_over_what_the_same_person_signed_with_another_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.trail_search.PIECE", 1)
    office = Kecamatan(tmp_path).open()
    logkey.write(tmp_path / "log.key", office.log)
    with closing(office.ledger), closing(create_app(Settings(tmp_path), office.clock)) as app:
        since = stamp(office.clock.now)
        new_key(office, BUDI, "kunci-kedua")
        direct, paraf = office.run(upto=6)[1::4]
        office.run(OTHER, upto=2)
        second = revoke(office, "kunci-kedua", since)
        assert desk(app).get("/v1/trail", query_string={"flag": QUESTIONED}).get_json()["trail"] == []
        revoke(office, BUDI, stamp(paraf.recorded.entry.recorded_at))
        rows = desk(app).get("/v1/trail", query_string={"flag": QUESTIONED}).get_json()["trail"]
        assert [row["leaf_index"] for row in rows] == [paraf.recorded.index, second - 1]
        assert direct.recorded.index < paraf.recorded.index


def test_the_table_has_both_verdicts_and_says_what_is_in_question(world: World) -> None:
    def table(path: str) -> list[dict[str, str]]:
        text = desk(world.app).get(path).data.decode("utf-8-sig")
        return [row for row in csv.DictReader(io.StringIO(text, newline="")) if row["Daun"].isdigit()]

    rows = table(f"/v1/cases/{CASE_ID}/trail.csv")
    assert {(row["Tanda tangan diperiksa"], row["Wewenang diperiksa"]) for row in rows} == {("terbukti", "terbukti")}
    assert all(row["Hasil pemeriksaan tanda tangan"].endswith(".") for row in rows)
    assert "Sekretaris Kecamatan Kalipare" in rows[5]["Hasil pemeriksaan wewenang"]
    assert [int(row["Daun"]) for row in rows if row["Dipertanyakan"]] == [world.paraf, world.paraf + 2]
    assert "Dewi Lestari (sintetis)" in rows[5]["Penjelasan tanda"]
    assert table(f"/v1/trail.csv?flag={QUESTIONED}") == [row for row in rows if row["Dipertanyakan"]]


# --- state and marks --------------------------------------------------------------------------------------------


def test_the_marks_of_a_case_have_both_verdicts_and_the_paraf_is_in_question(world: World) -> None:
    state = world.state()
    marks = {name: state[name] for name in ("approved", "paraf", "signature")}
    assert {name: bool(mark["questioned"]) for name, mark in marks.items()} == {
        "approved": False,
        "paraf": True,
        "signature": False,
    }
    for mark in marks.values():
        assert {one["verdict"] for one in mark["verdicts"].values()} == {"terbukti"}
    assert [(one["leaf_index"], one["kind"]) for one in state["flags"] if one["name"] == QUESTIONED] == [
        (world.paraf, "paraf.given"),
        (world.paraf + 2, "distribution.ordered"),
    ], "also an act that is no mark"


def test_the_marks_of_a_case_as_it_was_are_in_question_from_the_revocation_on(world: World) -> None:
    assert world.state(world.revoked - 1)["paraf"]["questioned"] is None
    assert world.state(world.revoked)["paraf"]["questioned"] is not None
    assert world.state(world.paraf - 1)["paraf"] is None


def test_a_mark_on_a_document_stays_proved_and_is_in_question(world: World) -> None:
    marks = world.get(f"/v1/documents/{world.office.iku['digest']}/signatures")["marks"]
    assert {mark["kind"]: bool(mark["questioned"]) for mark in marks} == {
        "typing.reviewed": False,
        "paraf.given": True,
        "signature.given": False,
    }
    assert {mark["verdict"] for mark in marks} == {"terbukti"}


# --- derived, never kept ----------------------------------------------------------------------------------------


def test_no_row_of_a_view_holds_a_question_so_followed_and_rebuilt_are_the_same(tmp_path: Path) -> None:
    with closing(Desk(tmp_path)) as desk:
        since = stamp(desk.kecamatan.clock.now)
        desk.kecamatan.run(upto=6)
        desk.views.catch_up()
        before = desk.dump()
        revoke(desk.kecamatan, BUDI, since)
        desk.views.catch_up()
        followed = desk.dump()
        assert [row for row in followed["trail"] if row in before["trail"]] == before["trail"]
        assert QUESTIONED not in {name for name, _ in followed["trail_flags"]}
        desk.views.rebuild()
        assert desk.dump() == followed


def test_verdicts_believe_no_column_of_the_read_models(tmp_path: Path) -> None:
    office = Kecamatan(tmp_path).open()
    logkey.write(tmp_path / "log.key", office.log)
    with closing(office.ledger), closing(create_app(Settings(tmp_path), office.clock)) as app:
        office.run(upto=6)
        path = f"/v1/cases/{CASE_ID}/trail"
        true = desk(app).get(path).get_json()["trail"]
        lies = {"official": "orang-lain", "recorded_at": "2001-01-01T00:00:00.000000Z"}
        engine = storage.open_engine(office.ledger.database.views_url)
        with storage.writing(engine) as connection:
            connection.execute(update(TRAIL).values(**lies))
            for signer in connection.execute(select(INTERNED).where(INTERNED.c.id.in_(select(TRAIL.c.signer)))).all():
                lie = signer.content | {"keyid": "0" * 64}
                connection.execute(update(INTERNED).where(INTERNED.c.id == signer.id).values(content=lie))
        engine.dispose()
        lied = desk(app).get(path).get_json()["trail"]
        assert {(row["official"], row["keyid"]) for row in lied} == {("orang-lain", "0" * 64)}
        assert [row["verdicts"] for row in lied] == [row["verdicts"] for row in true]


# --- on a terminal ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    with background_server(world.app) as found:
        keep(world.app, found)
        yield found


def run(url: str, *args: str) -> str:
    result = CliRunner().invoke(main, [*args, "--url", url], terminal_width=100)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_trail_and_search_say_both_verdicts_in_a_line_each(url: str) -> None:
    for page in (run(url, "trail", CASE), run(url, "search", "--stream", CASE)):
        acts = [part for part in page.split("\n\n") if part.startswith("Daun ")]
        assert len(acts) == 12
        for number, act in enumerate(acts):
            doubted = number in (5, 7)
            assert ("\n  Tanda tangan terbukti\n" in act) is not doubted
            assert ("\n  Tanda tangan terbukti, tetapi DIPERTANYAKAN\n" in act) is doubted
            assert "\n  Wewenang terbukti\n" in act
            assert ("! Dipertanyakan: kunci penandatangan dicabut Dewi Lestari" in act) is doubted
        assert max(map(len, page.splitlines())) <= 100


def test_state_says_both_verdicts_below_each_mark(url: str) -> None:
    page = run(url, "state", CASE_ID)
    assert page.count("\n  Wewenang terbukti\n") == 3
    assert page.count("\n  Tanda tangan terbukti, tetapi DIPERTANYAKAN\n") == 1
    assert "[key.questioned]" in " ".join(page.split())


def test_search_finds_what_is_in_question(url: str) -> None:
    assert "Ditemukan: 2 tindakan." in run(url, "search", "--flag", QUESTIONED)


@pytest.mark.parametrize("how", ["a copy", "a service"])
def test_an_auditor_is_told_of_what_is_in_question_as_the_trail_tells_it(
    world: World, url: str, tmp_path: Path, how: str
) -> None:
    founding = world.get("/v1/ledger")["founding"]
    pins = ("--vkey", str(world.office.log.vkey), "--founding", founding)
    copy, service = ("--store", str(in_files(world.office.folder))), ("--url", url, "--remembered", str(tmp_path))
    arguments = ["audit", *(copy if how == "a copy" else service), *pins]
    said = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    assert said["sound"], said["findings"]
    trail = {row["leaf_index"]: row["questioned"] for row in world.trail() if row["questioned"]}
    assert [one["leaf"] for one in said["questioned"]] == list(trail)
    for one in said["questioned"]:
        assert one["sentence"] == trail[one["leaf"]]["flag"]["sentence"]
        assert (one["official"], one["revoked"]) == (BUDI, world.revoked)
    page = " ".join(CliRunner().invoke(main, arguments).stdout.split())
    assert "Kesimpulan: TERBUKTI, tetapi 2 tindakan DIPERTANYAKAN." in page


def test_a_verdict_that_is_not_proved_says_why_and_by_which_rule() -> None:
    proved = {"verdict": "terbukti", "why": "Cocok."}
    refused = {"verdict": "tidak cocok", "why": "Mandatnya sudah berakhir.", "rule": "authority.period"}
    assert verdict_lines({"verdicts": {"signature": proved, "authority": refused}, "questioned": None}) == [
        "  Tanda tangan terbukti",
        "  Wewenang TIDAK COCOK: Mandatnya sudah berakhir. [authority.period]",
    ]
    assert verdict_lines({}) == ["  Tanda tangan dan wewenang tidak diperiksa layanan."]


# --- speed ------------------------------------------------------------------------------------------------------


def test_a_page_of_fifty_acts_each_verified_anew_takes_less_than_a_tenth_of_a_second(world: World) -> None:
    def once() -> float:
        began = time.thread_time()  # other tests run beside it
        assert len(world.get("/v1/trail", limit=50)["trail"]) == 50
        return time.thread_time() - began

    assert min(once() for _ in range(7)) < 0.1
