"""The auditor's first question, across cases: who did what when; as pages, as a table, on a terminal."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import io
import itertools
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from sqlalchemy.dialects import sqlite

from api import trail_search
from api.answers import Answer
from api.app import App, create_app
from api.cli import main
from api.server import background_server
from api.settings import Settings
from api.trail_csv import BOM, HEADINGS, check, defused, table
from keys.errors import Malformed
from ledger import logkey
from ledger.bodies import CATALOGUE
from ledger.flag_names import NAMES, ON_DOCUMENTS, words_of
from ledger.iku_checks import against_case
from ledger.note import NoteSigner
from ledger.notices import DISCLAIMER, SYNTHETIC
from projections import storage
from projections.audit_trail import utc
from projections.interned import Interned
from projections.schema import INTERNED, METADATA, TRAIL, TRAIL_FLAGS
from projections.trail_search import Sought, Span, newest, page, statement
from tests.kit import CASE, MORNING, ORIGIN, Kecamatan, key
from tests.signed_in import desk, keep
from tests.test_mutu_baku import CALENDAR
from tests.test_projections import Desk

Json = dict[str, Any]
OTHER = "case:22222222-2222-4222-8222-222222222222"
ROOT = Path(__file__).parent.parent
DAY = dt.timedelta(days=1)
FORMULA = '=HYPERLINK("http://jahat.example","klik"), lalu\n\n baris kedua;=1+1: 中文, عربى, “é”'
#: The same reason in a cell of a table.
DEFUSED = '\'=HYPERLINK("http://jahat.example","klik"), lalu / baris kedua;\'=1+1: 中文, عربى, “é”'


@dataclass
class World:
    """A served ledger: one case all its way, on the next day another with a late paraf that is returned at 7."""

    office: Kecamatan
    app: App
    client: FlaskClient

    def all(self, **filters: object) -> list[Json]:
        """Return every row that is what is sought, page by page."""
        rows: list[Json] = []
        after: Json = {}
        while True:
            said = self.get("/v1/trail", **filters, **after)
            rows += said["trail"]
            if said["next"] is None:
                return rows
            after = {"after": said["next"]}

    def get(self, path: str, status: int = 200, **query: object) -> Json:
        answer = self.client.get(path, query_string=query)
        assert answer.status_code == status, answer.text
        return dict(answer.get_json())

    def trail(self) -> list[Json]:
        """Return what the trails of all streams show, by leaf."""
        streams = ("register", "sop:penyusunan-iku", CASE, OTHER)
        rows = [row for one in streams for row in self.get(f"/v1/streams/{one}/trail")["trail"]]
        return sorted(rows, key=lambda row: row["leaf_index"])


def second_case(office: Kecamatan) -> None:
    """Record a case that leaves the path: a paraf from paper, a return at 7 whose reason looks like a formula."""
    steps = office.steps()
    for official, kind, body in steps[:5]:
        office.do(official, OTHER, kind, body)
    paper = {"scan": office.proof, "by": "Nur Aini (sintetis)"}
    office.do("budi-santoso", OTHER, "paraf.given", steps[5][2] | {"paper": paper})
    body = {"step": "7", "to": "4", "document": office.iku["digest"], "reason": FORMULA}
    office.do("sri-wahyuni", OTHER, "document.returned", body)


def served(folder: Path) -> tuple[Kecamatan, App]:
    office = Kecamatan(folder).open()
    logkey.write(folder / "log.key", office.log)
    return office, create_app(Settings(folder), office.clock)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    office, app = served(tmp_path_factory.mktemp("buku"))
    office.run()
    office.clock.now += DAY
    second_case(office)
    yield World(office, app, desk(app))
    app.close()
    office.ledger.close()


# --- what is found ---------------------------------------------------------------------------------------


def test_without_a_filter_every_act_of_every_stream_comes_oldest_first_as_its_trail_shows_it(world: World) -> None:
    assert world.all(limit=7) == world.trail()
    said = world.get("/v1/trail")
    assert (said["synthetic"], said["disclaimer"]) == (True, DISCLAIMER)


def has_flag(name: str) -> Callable[[Json], bool]:
    return lambda row: name in {flag["name"] for flag in row["flags"]}


@pytest.mark.parametrize(
    ("filters", "fits", "count"),
    [
        ({"official": "budi-santoso"}, lambda row: row["official"] == "budi-santoso", 5),
        ({"office": "registrar"}, lambda row: row["office"] == "registrar", 32),
        ({"kind": "paraf.given"}, lambda row: row["kind"] == "paraf.given", 2),
        ({"unit": "kalipare"}, lambda row: row["unit"] == "kalipare", 52),
        ({"stream": CASE}, lambda row: row["stream"] == CASE, 12),
        ({"flag": "deviation"}, has_flag("deviation"), 1),
        ({"flag": "late"}, has_flag("late"), 1),
        ({"flag": "key.unproven"}, has_flag("key.unproven"), 52),
        ({"flag": "late", "stream": OTHER, "official": "budi-santoso", "kind": "paraf.given"}, has_flag("late"), 1),
        ({"flag": "late", "official": "sri-wahyuni"}, lambda row: False, 0),
        ({"text": "MEMBERI paraf"}, lambda row: row["kind"] == "paraf.given", 2),
        ({"text": "paraf", "stream": OTHER, "flag": "late"}, has_flag("late"), 1),
        ({"text": "HYPERLINK"}, has_flag("deviation"), 1),
        ({"text": "paraf%"}, lambda row: False, 0),
        ({"text": "budi-santoso"}, lambda row: False, 0),
        ({"office": "staf", "stream": OTHER}, lambda row: row["office"] == "staf" and row["stream"] == OTHER, 1),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, dict) else "",
)
def test_filters_hold_together_and_leave_nothing_out(
    filters: Json, fits: Callable[[Json], bool], count: int, world: World
) -> None:
    found = world.all(**filters)
    assert found == [row for row in world.trail() if fits(row)]
    assert len(found) == count


def test_a_day_is_a_day_in_wib_and_both_ends_are_included(world: World) -> None:
    second_day = [row["leaf_index"] for row in world.trail() if row["stream"] == OTHER]
    first, last = "2026-03-02", "2026-03-03"
    assert [row["leaf_index"] for row in world.all(**{"from": last})] == second_day
    assert [row["leaf_index"] for row in world.all(to=first)] == list(range(second_day[0]))
    assert len(world.all(**{"from": first, "to": last})) == len(world.trail())
    assert world.all(**{"from": "2026-03-04"}) == world.all(to="2026-03-01") == []
    assert [row["kind"] for row in world.all(to=last, official="sri-wahyuni", **{"from": last})] == [
        "disposition.issued",
        "document.returned",
    ]


def test_a_moment_is_taken_in_any_offset_and_to_the_microsecond(world: World) -> None:
    row = world.trail()[40]
    moment = dt.datetime.fromisoformat(row["recorded_at"])
    tokyo = moment.astimezone(dt.timezone(dt.timedelta(hours=9)))
    assert [one["leaf_index"] for one in world.all(**{"from": tokyo.isoformat(), "to": row["recorded_at"]})] == [40]
    later = (moment + dt.timedelta(microseconds=1)).isoformat()
    assert world.all(**{"from": later})[0]["leaf_index"] == 41


def test_a_day_ends_at_midnight_in_wib(tmp_path: Path) -> None:
    office, app = served(tmp_path)
    midnight = dt.datetime(2026, 3, 2, 17, 0, tzinfo=dt.UTC)
    for number, second in enumerate((-1, 0)):
        official, kind, body = office.steps()[number]
        office.clock.now = midnight + dt.timedelta(seconds=second - 1)
        office.do(official, CASE, kind, body)
    last = World(office, app, desk(app))
    assert [row["kind"] for row in last.all(stream=CASE, to="2026-03-02")] == ["disposition.issued"]
    assert [row["kind"] for row in last.all(**{"from": "2026-03-03"})] == ["direction.given"]
    app.close()
    office.ledger.close()


def test_pages_neither_skip_nor_repeat_while_acts_are_recorded(tmp_path: Path) -> None:
    office, app = served(tmp_path)
    steps = iter(office.steps())
    asked = World(office, app, desk(app))
    seen: list[int] = []
    cursor: Json = {}
    while True:
        said = asked.get("/v1/trail", limit=5, **cursor)
        seen += [row["leaf_index"] for row in said["trail"]]
        for official, kind, body in itertools.islice(steps, 2):
            office.do(official, CASE, kind, body)
        if said["next"] is None:
            break
        assert said["next"] == seen[-1]
        cursor = {"after": said["next"]}
    assert seen == list(range(len(seen)))
    assert len(seen) > 36, "acts that came in between were found"
    assert [row["leaf_index"] for row in asked.all(after=seen[-1])] == list(range(seen[-1] + 1, 45))
    app.close()
    office.ledger.close()


def test_the_last_page_has_no_cursor_even_if_it_is_full(world: World) -> None:
    assert world.get("/v1/trail", stream=CASE, limit=12)["next"] is None
    assert world.get("/v1/trail", stream=CASE, limit=11)["next"] == world.all(stream=CASE)[10]["leaf_index"]


# --- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/trail", "/v1/trail.csv"])
@pytest.mark.parametrize(
    ("query", "status", "rule", "words"),
    [
        ({"kind": "paraf.diberi"}, 400, "trail.kind", "paraf.given (paraf)"),
        ({"flag": "merah"}, 400, "trail.flag", "late (dicatat menyusul dari kertas)"),
        ({"official": "raden-mas"}, 404, "trail.official", "/v1/officials"),
        ({"office": "raja"}, 404, "trail.office", "camat, kasubag-evapor"),
        ({"office": "raja", "unit": "kalipare"}, 404, "trail.office", "sekcam"),
        ({"unit": "pagak"}, 404, "trail.unit", "kalipare"),
        ({"stream": "sop:tidak-ada"}, 404, "stream.unknown", "register"),
        ({"stream": "case:00000000-0000-4000-8000-000000000000"}, 404, "case.unknown", "jejak cases"),
        ({"from": "2026-03-03", "to": "2026-03-02"}, 400, "trail.time", "from"),
        ({"from": "kemarin"}, 400, "request.parameter", ""),
        ({"to": "2026-02-30"}, 400, "request.parameter", ""),
        ({"to": "9999-12-31"}, 400, "request.parameter", ""),
        ({"from": "0001-01-01"}, 400, "request.parameter", ""),
        ({"from": "2026-03-02T08:00:00"}, 400, "request.parameter", ""),
        ({"q": "paraf"}, 400, "request.parameter", ""),
    ],
    ids=lambda one: "-".join(one) if isinstance(one, dict) else "",
)
def test_what_cannot_be_sought_is_told_with_what_can(
    path: str, query: Json, status: int, rule: str, words: str, world: World
) -> None:
    said = world.get(path, status, **query)
    assert said["rule"] == rule
    assert words in said["allowed"]


def test_every_kind_and_every_flag_that_there_is_may_be_sought(world: World) -> None:
    for name, values in (("kind", CATALOGUE), ("flag", NAMES)):
        for value in values:
            world.get("/v1/trail", limit=1, **{name: value})


def test_a_time_that_is_none_is_told_the_form_in_words(world: World) -> None:
    assert "2026-03-02T08:00:00+07:00" in world.get("/v1/trail", 400, **{"from": "2026-03-02T08:00:00 07:00"})["detail"]


def test_in_a_ledger_that_is_not_founded_there_is_nobody_who_could_read_a_trail(tmp_path: Path) -> None:
    logkey.write(tmp_path / "log.key", NoteSigner(ORIGIN, key("log")))
    app = create_app(Settings(tmp_path))
    for path in ("/v1/trail", "/v1/trail.csv"):
        assert app.test_client().get(path).status_code == 401
        assert desk(app).get(path).get_json()["rule"] == "session.ended"
    app.close()


# --- the list of flags -----------------------------------------------------------------------------------


def given_flags() -> set[str]:
    """Return the names of the flags that the rooms can give an act, from their source."""
    found = set()
    for path in [*(ROOT / "ledger").glob("*.py"), *(ROOT / "projections").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            made: list[ast.expr] = []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Flag":
                made = node.args[:1]
            elif path.stem.endswith("_flags") and isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
                made = node.value.elts[:1]
            for one in made:
                if not isinstance(one, ast.Starred):
                    assert isinstance(one, ast.Constant), f"{path.name}:{one.lineno}: a flag's name is written out"
                    found.add(one.value)
    return found


def test_every_flag_that_can_be_given_has_a_name_in_the_list_and_no_other_is_in_it() -> None:
    assert given_flags() == set(NAMES)
    said = [*NAMES.values(), *ON_DOCUMENTS.values()]
    assert len(set(said)) == len(said)


def test_the_flags_on_a_document_are_listed_apart_for_no_act_is_found_by_them(world: World) -> None:
    given = {name for name, _ in against_case((2025, 2025), (2026, 2026), "CONTOH")}
    assert given == set(ON_DOCUMENTS)
    assert not given & set(NAMES)
    said = world.get("/v1/trail", 400, flag="period.differs")
    assert said["rule"] == "trail.flag"
    assert "hanya ada pada keadaan perkaranya: period.differs" in said["allowed"]


def test_a_flag_from_outside_the_list_is_called_by_its_name() -> None:
    assert words_of("belum.dikenal") == "belum.dikenal"


# --- the read model --------------------------------------------------------------------------------------


def test_flags_are_found_the_same_whether_followed_or_rebuilt(tmp_path: Path) -> None:
    with closing(Desk(tmp_path)) as desk:
        second_case(desk.kecamatan)
        desk.views.catch_up()
        desk.do(CASE, *desk.kecamatan.steps()[:4])
        desk.views.catch_up()
        followed = desk.dump()
        with desk.views.reading() as connection:
            rows = [row for stream in ("register", "sop:penyusunan-iku", CASE, OTHER) for row in trail(desk, stream)]
            kept = connection.execute(select(TRAIL_FLAGS.c.name, TRAIL_FLAGS.c.leaf_index)).all()
        told = {(flag["name"], row["leaf_index"]) for row in rows for flag in row["flags"]}
        assert set(map(tuple, kept)) == told
        assert {"late", "deviation", "key.unproven"} <= {name for name, _ in told}
        desk.views.rebuild()
        assert desk.dump() == followed


def trail(desk: Desk, stream: str) -> list[Json]:
    with desk.views.reading() as connection:
        return page(connection, Sought(stream=stream), 1_000)


@dataclass(frozen=True)
class Many:
    """A trail of 100,000 made-up rows, a minute apart."""

    connection: Connection
    size: int = 100_000

    def plan(self, sought: Sought, span: Span | None = None) -> list[str]:
        asked = statement(self.connection, sought, span or Span(0, self.size - 1))
        text = str(asked.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
        return [row[3] for row in self.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]


RARE = {"official": "pejabat-langka", "office": "jabatan-langka", "unit": "unit-langka", "kind": "kind.rare"}
COMMON = {"official": "pejabat-1", "office": "jabatan-1", "unit": "kalipare", "kind": "kind.1", "flag": "key.unproven"}


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    engine = storage.open_engine(f"sqlite:///{tmp_path_factory.mktemp('banyak') / 'views.sqlite'}")
    same: Json = {column.name: None for column in TRAIL.c}
    interned = Interned()
    signer = interned.id_of("m1", lambda: {"name": "Nama", "office_name": "Jabatan", "mandate": "m1"})
    same |= {"leaf": "0" * 64, "signer": signer, "documents": [], "occurred_at": "", "flags": [], "sentence": "k" * 200}
    rows = []
    for index in range(100_000):
        rare = index % 25_000 == 777
        varied = {"official": f"pejabat-{index % 3}", "office": f"jabatan-{index % 3}", "kind": f"kind.{index % 2}"}
        row = same | varied | {"unit": "kalipare"} | (RARE if rare else {})
        row |= {"leaf_index": index, "stream": f"case:{index // 12}", "version": index % 12 + 1}
        rows.append(row | {"recorded_at": utc(MORNING + index * dt.timedelta(minutes=1))})
    flags = [{"name": "key.unproven", "leaf_index": index} for index in range(100_000)]
    flags += [{"name": "late", "leaf_index": index} for index in range(777, 100_000, 25_000)]
    with storage.writing(engine) as connection:
        METADATA.create_all(connection)
        storage.insert_rows(connection, INTERNED, interned.rows())
        storage.insert_rows(connection, TRAIL, rows)
        storage.insert_rows(connection, TRAIL_FLAGS, flags)
    with storage.reading(engine) as connection:
        yield Many(connection)
    engine.dispose()


@pytest.mark.parametrize("name", ["official", "office", "unit", "kind", "stream", "flag"])
def test_a_selective_filter_leads_however_many_common_ones_stand_beside_it(name: str, many: Many) -> None:
    rare = (RARE | {"stream": "case:64", "flag": "late"})[name]
    beside = {} if name == "stream" else {other: value for other, value in COMMON.items() if other != name}
    for filters in ({name: rare}, beside | {name: rare}):
        plan = many.plan(Sought(**filters))
        index = "trail_flags USING PRIMARY KEY (name=?" if name == "flag" else f"trail_by_{name} ({name}=?"
        assert index in plan[0], plan
        assert not [step for step in plan if step.startswith("SCAN") or "TEMP B-TREE" in step], plan


def test_a_span_of_time_is_a_span_of_leaves(many: Many) -> None:
    day = Sought(start=MORNING + 30 * DAY, end=MORNING + 31 * DAY)
    found = page(many.connection, day, 10_000)
    assert [row["leaf_index"] for row in found] == list(range(30 * 1440, 31 * 1440 + 1))
    assert many.plan(day, Span(5, 9)) == ["SEARCH trail USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"]


@pytest.mark.parametrize(
    ("sought", "after"),
    [
        (Sought(), -1),
        (Sought(), 99_000),
        (Sought(start=MORNING + 60 * DAY, end=MORNING + 61 * DAY), -1),
        (Sought(**COMMON), -1),
        (Sought(**(COMMON | {"flag": "late"})), -1),
        (Sought(unit="kalipare", official="pejabat-langka"), -1),
        (Sought(stream="case:64", unit="kalipare"), -1),
    ],
)
def test_a_page_of_a_hundred_thousand_acts_takes_milliseconds(sought: Sought, after: int, many: Many) -> None:
    def once() -> float:
        began = time.perf_counter()
        page(many.connection, sought, 51, after=after)
        return time.perf_counter() - began

    assert min(once() for _ in range(5)) < 0.05


# --- the table -------------------------------------------------------------------------------------------


def parsed(data: bytes) -> tuple[list[Json], list[str]]:
    """Return the lines of acts by heading, and the notes below them."""
    assert data.startswith(BOM)
    lines = list(csv.reader(io.StringIO(data.removeprefix(BOM).decode("utf-8"), newline=""), strict=True))
    assert {len(line) for line in lines} == {len(HEADINGS)}, "every line has as many cells (RFC 4180 §2)"
    assert lines[0] == list(HEADINGS)
    acts = [dict(zip(HEADINGS, line, strict=True)) for line in lines[1:] if line[0].isdigit()]
    return acts, [line[0] for line in lines[len(acts) + 1 :]]


def test_a_table_has_a_line_an_act_and_says_what_it_is(world: World) -> None:
    answer = world.client.get("/v1/trail.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == ('attachment; filename="jejak-audit-sintetis-sampai-daun-51.csv"')
    acts, notes = parsed(answer.data)
    rows = world.trail()
    assert [(int(act["Daun"]), act["Kalimat"], act["Sidik daun"]) for act in acts] == [
        (row["leaf_index"], defused(row["sentence"]), row["leaf"]) for row in rows
    ]
    assert {DISCLAIMER, SYNTHETIC} < set(notes)
    assert notes[0] == f"Jumlah: {len(rows)} tindakan; buku besar sampai daun {rows[-1]['leaf_index']}."
    assert notes[1] == "Yang dicari: semua tindakan."
    assert b"\n" not in answer.data.replace(b"\r\n", b"")
    check(answer.data)


def test_a_line_tells_the_act_in_words_a_clerk_reads(world: World) -> None:
    acts, notes = parsed(world.client.get("/v1/trail.csv", query_string={"flag": "late"}).data)
    (paraf,) = acts
    expected = {
        "Alur": f"perkara {OTHER.removeprefix('case:')}",
        "Langkah": "6",
        "Tindakan": "paraf",
        "Pejabat": "Budi Santoso (sintetis)",
        "NIP": "19800101 200500 0 003",
        "Jabatan": "Sekretaris Kecamatan Kalipare",
        "Nomor SK": "821/1/2026",
        "Mandat mulai": "2026-01-02",
        "Mandat sampai": "",
    }
    assert {name: paraf[name] for name in expected} == expected
    assert paraf["Dicatat (WIB)"].startswith("2026-03-03 08:0")
    assert "dicatat menyusul dari kertas" in paraf["Tanda"]
    assert "tanda tangan basah Nur Aini (sintetis)" in paraf["Penjelasan tanda"]
    assert paraf["Dokumen"].startswith(f"Dokumen {world.office.iku['digest']}")
    assert notes[1] == "Yang dicari: tanda dicatat menyusul dari kertas."


def test_a_reason_with_a_formula_commas_quotes_lines_and_other_letters_is_only_text(world: World) -> None:
    (returned,), _ = parsed(world.client.get("/v1/trail.csv", query_string={"flag": "deviation"}).data)
    assert returned["Alasan"] == returned["Alasan penyimpangan"] == DEFUSED


@pytest.mark.parametrize("between", [";", "\t"])
def test_no_formula_begins_where_another_spreadsheet_parts_its_cells(between: str, world: World) -> None:
    lines = world.client.get("/v1/trail.csv").data.removeprefix(BOM).decode("utf-8").split("\r\n")
    cells = [cell.lstrip(' "') for line in csv.reader(lines, delimiter=between) for cell in line]
    assert any(cell.startswith("'=") for cell in cells) is (between == ";")
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_the_time_of_what_an_act_ended_stands_in_its_line(world: World) -> None:
    acts, _ = parsed(world.client.get("/v1/trail.csv", query_string={"kind": "direction.given"}).data)
    rows = [row["time"] for row in world.trail() if row["kind"] == "direction.given"]
    assert [act["Hasil waktu"] for act in acts] == [f"langkah 2 {one['verdict']}" for (one,) in rows]
    assert [act["Aturan waktu"] for act in acts] == [f"Langkah 2: {one['rule']}." for (one,) in rows]
    assert all(act["Hasil waktu"] == act["Aturan waktu"] == "" for act in parsed_acts(world, kind="sop.enacted"))


def parsed_acts(world: World, **query: str) -> list[Json]:
    return parsed(world.client.get("/v1/trail.csv", query_string=query).data)[0]


def test_the_table_of_a_case_is_its_trail(world: World) -> None:
    case = OTHER.removeprefix("case:")
    answer = world.client.get(f"/v1/cases/{case}/trail.csv")
    assert case in answer.headers["Content-Disposition"]
    acts, notes = parsed(answer.data)
    assert [int(act["Daun"]) for act in acts] == [row["leaf_index"] for row in world.all(stream=OTHER)]
    assert notes[1] == f"Yang dicari: alur perkara {case}."
    nobody = "00000000-0000-4000-8000-000000000000"
    assert world.get(f"/v1/cases/{nobody}/trail.csv", 404)["rule"] == "case.unknown"


def test_a_table_with_every_filter_says_each_in_words(world: World) -> None:
    asked = {"official": "budi-santoso", "office": "sekcam", "unit": "kalipare", "kind": "paraf.given"}
    asked |= {"from": "2026-03-02", "to": "2026-03-03"}
    acts, notes = parsed(world.client.get("/v1/trail.csv", query_string=asked).data)
    assert len(acts) == 2
    assert notes[1] == (
        "Yang dicari: pejabat budi-santoso; jabatan sekcam; unit kalipare; tindakan paraf; dicatat sejak 2 Maret 2026"
        " 00.00 WIB; dicatat sampai 3 Maret 2026 23.59 WIB."
    )


def test_a_table_ends_at_the_leaf_that_was_newest_when_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail_search, "PIECE", 10)
    office, app = served(tmp_path)
    pieces = iter(desk(app).get("/v1/trail.csv", buffered=False).response)
    data = next(pieces)
    office.run()
    app.parts.views.catch_up()
    data += b"".join(pieces)
    acts, notes = parsed(data)
    assert [int(act["Daun"]) for act in acts] == list(range(33))
    assert notes[0] == "Jumlah: 33 tindakan; buku besar sampai daun 32."
    with app.parts.views.reading() as connection:
        assert newest(connection) == 44
    app.close()
    office.ledger.close()


def test_a_table_takes_no_more_memory_the_longer_it_is(world: World) -> None:
    rows = world.trail()

    def most(pages: int) -> int:
        tracemalloc.start()
        for _ in table(itertools.repeat(rows, pages), sought="semua tindakan", last=51, synthetic=True):
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    most(1)
    assert most(40) < 1.5 * most(2)


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", " =", '"=', "＝"])
def test_a_cell_that_would_be_calculated_is_text(begin: str) -> None:
    assert defused(f"{begin}1+1") == f"'{begin}1+1"


@pytest.mark.parametrize("between", [";", "\t"])
@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "＠", " =", '"=', ' " =', "\u00a0="])
def test_what_would_be_calculated_after_a_semicolon_or_a_tab_is_text(between: str, begin: str) -> None:
    assert defused(f"Rapat{between}{begin}1+1") == f"Rapat{between}'{begin}1+1"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n \n", "\x0b", "\x85", "\u2028"])
def test_a_cell_has_one_line_and_none_of_its_lines_is_calculated(end: str) -> None:
    assert defused(f"satu{end}=dua{end}") == "satu / =dua"
    assert defused(f"{end}=dua") == "'=dua"


@given(st.text("ab;\t\n\r \"'=+-@,", max_size=30))
def test_what_is_harmless_is_not_changed_again(text: str) -> None:
    assert defused(defused(text)) == defused(text)


@pytest.mark.parametrize("text", ["", "paraf", "'kutip", "1-2", "a@b", "a; b-c", "Surat; nomor 2"])
def test_a_cell_that_would_not_be_calculated_stays_as_it_is(text: str) -> None:
    assert defused(text) == text
    assert defused(None) == ""


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.removeprefix(BOM),
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"Daun,", b"Leaf,", 1),
        lambda data: data.replace(b"\r\n33,", b"\r\n=33,", 1),
        lambda data: data.replace(b"kedua;'=1", b"kedua;=1", 1),
        lambda data: data.replace(b"kedua;'=1", b'kedua;""=1', 1),
        lambda data: data.replace(b"kedua;'=1", b"kedua\t=1", 1),
        lambda data: data.replace(b"lalu / baris", b"lalu\nbaris", 1),
        lambda data: data + b'"',
        lambda data: data + b"\xff",
    ],
    ids=[
        "no mark",
        "cut off",
        "other headings",
        "a formula",
        *("after a semicolon", "after quotes", "after a tab", "a line end"),
        "an open quote",
        "no UTF-8",
    ],
)
def test_a_table_that_is_not_whole_or_not_harmless_is_found_out(spoil: Callable[[bytes], bytes], world: World) -> None:
    with pytest.raises(Malformed) as caught:
        check(spoil(world.client.get("/v1/trail.csv").data))
    assert caught.value.rule == "trail.table"


# --- the command line ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    with background_server(world.app) as found:
        keep(world.app, found)
        yield found


def run(url: str, *args: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["search", *map(str, args), "--url", url], terminal_width=100)
    assert result.exit_code == code, f"{result.stdout}\n{result.stderr}\n{result.exception!r}"
    return result


def test_search_shows_leaf_time_sentence_and_flags_and_that_nothing_was_verified(url: str) -> None:
    page = run(url, "--official", "budi-santoso", "--flag", "late").stdout
    (act,) = [part for part in page.split("\n\n") if part.startswith("Daun ")]
    assert act.startswith("Daun 50, 3 Maret 2026 08.0")
    assert f"perkara {OTHER.removeprefix('case:')}: paraf\n" in act
    assert "Budi Santoso (sintetis), Sekretaris Kecamatan Kalipare" in act
    assert "! Dicatat menyusul dari kertas" in act
    assert "[late]" in act
    for words in ("BUKU BESAR PERCOBAAN", "Ditemukan: 1 tindakan.", "tampilan layanan", "bukan BSrE/PSrE"):
        assert words in " ".join(page.split())
    assert max(map(len, page.splitlines())) <= 100


def test_search_answers_which_steps_were_late(tmp_path: Path) -> None:
    office, app = served(tmp_path)
    office.do("sri-wahyuni", "sop:penyusunan-iku", "calendar.enacted", {"calendar": CALENDAR})
    office.run(upto=1)
    office.clock.now += dt.timedelta(minutes=25)
    office.run_from(1, 3)
    with background_server(app) as url:
        keep(app, url)
        said = run(url, "--flag", "time.late").stdout
    (act,) = [part for part in said.split("\n\n") if part.startswith("Daun ")]
    assert "! Langkah 2 lewat dari mutu bakunya" in act
    assert "[time.late]" in act
    app.close()
    office.ledger.close()


def test_search_goes_through_all_pages(url: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.cli_search._MOST", 20)
    assert run(url).stdout.count("\nDaun ") == 52
    said = json.loads(run(url, "--from", "2026-03-03", "--json").stdout)
    assert [row["leaf_index"] for row in said["trail"]] == list(range(45, 52))
    assert (said["next"], said["synthetic"]) == (None, True)
    assert "Tidak ada tindakan" in run(url, "--from", "2030-01-01").stdout
    assert run(url, "--text", "memberi paraf").stdout.count("\nDaun ") == 2, "both words, however they are written"
    assert run(url, "--stream", CASE.removeprefix("case:"), "--to", "2026-03-02").stdout.count("\nDaun ") == 12


def test_search_keeps_a_table_and_writes_over_nothing(url: str, world: World, tmp_path: Path) -> None:
    file = tmp_path / "jejak.csv"
    assert "tampilan layanan" in run(url, "--kind", "paraf.given", "--csv", file).stdout
    acts, _ = parsed(file.read_bytes())
    assert [act["Tindakan"] for act in acts] == ["paraf", "paraf"]
    before = file.read_bytes()
    assert "[file.exists]" in run(url, "--csv", file, code=1).stderr
    assert file.read_bytes() == before
    said = json.loads(run(url, "--csv", tmp_path / "semua.csv", "--json").stdout)
    assert said["size"] == (tmp_path / "semua.csv").stat().st_size


def test_a_table_with_a_formula_from_a_lying_service_is_not_kept(
    url: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = world.client.get("/v1/trail.csv").data.replace(b"'=HYPERLINK", b"=HYPERLINK")
    monkeypatch.setattr("api.answers.Service.get", lambda *_: Answer(200, told))
    assert "[client.answer]" in run(url, "--csv", tmp_path / "jejak.csv", code=2).stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"next": None},
        {"trail": [{"leaf_index": 0}], "next": None},
        {"trail": [], "next": -1},
        {"trail": [], "next": "1"},
    ],
    ids=repr,
)
def test_an_answer_in_no_known_form_is_not_shown(said: object, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.answers.Service.get", lambda *_, **__: Answer(200, json.dumps(said).encode()))
    assert "[client.answer]" in run(url, code=2).stderr


def test_search_tells_what_there_is_where_a_name_is_unknown(url: str) -> None:
    for option, value, rule, words in (
        ("--office", "raja", "trail.office", "sekcam"),
        ("--flag", "merah", "trail.flag", "late"),
        ("--kind", "cap.basah", "trail.kind", "paraf.given"),
    ):
        said = run(url, option, value, code=1).stderr
        assert f"[{rule}]" in said
        assert words in said
