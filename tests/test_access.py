"""Who may read what: every operation there is, asked by everybody there is; and no list holds another unit's cases."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api.access import POLICIES
from api.desk import static_files
from api.reader import NOW
from keys.authority import keys_of, mandates_in_force
from keys.possession import prove
from ledger.flag_names import QUESTIONED
from ledger.iku import sample
from ledger.log import recorded
from tests import kit
from tests.kit import CASE, FOUNDERS, INSPECTOR, ORIGIN, PEOPLE, key, mandate, person, the_sop
from tests.served import JSON, LOCAL, Served, asked, refused, served

#: The office of another kecamatan, in the same ledger.
PAGAK: dict[str, tuple[str, str, str]] = {
    "yuli-astuti": ("Yuli Astuti (sintetis)", "camat", "Camat Pagak"),
    "joko-susilo": ("Joko Susilo (sintetis)", "sekcam", "Sekretaris Kecamatan Pagak"),
    "nina-marlina": ("Nina Marlina (sintetis)", "kasubag-evapor", "Kasubag Evaluasi dan Pelaporan"),
    "rudi-hartono": ("Rudi Hartono (sintetis)", "staf", "Staf"),
    "tono-sugianto": ("Tono Sugianto (sintetis)", "kasubag-umum", "Kasubag Umum"),
}
YULI, JOKO, RUDI = "yuli-astuti", "joko-susilo", "rudi-hartono"
BUDI, SRI, AGUS = "budi-santoso", "sri-wahyuni", "agus-salim"
DEWI = FOUNDERS[0]
THEIRS = "case:99999999-9999-4999-8999-999999999999"
SOP_OF_PAGAK = "penyusunan-iku-pagak"
PDF = "application/pdf"


class TwoUnits(Served):
    """A ledger of two kecamatan, each with a case that went all its way; one clerk's mandate has ended since."""

    def join(self, official: str, unit: str) -> None:
        """Register a person with a mandate in a unit; the minutes of the inspector's key are kept."""
        self.approve("official", {"person": person(official)})
        body = {
            "official": official,
            "public_key": key(official).public.raw.hex(),
            "possession": prove(ORIGIN, official, key(official)).decode(),
        }
        leaf = self.do(DEWI, "register", "key.proposed", body).recorded.leaf
        approval = {"proposal": leaf} | ({"berita_acara": self.minutes} if official == INSPECTOR else {})
        self.do(FOUNDERS[1], "register", "key.approved", approval)
        self.approve("mandate", {"mandate": mandate(official, unit=unit)})

    def live(self) -> None:
        """Let everything happen that is read in these tests."""
        self.open()
        self.minutes = self.store(b"berita acara (sintetis)", "ba.pdf", PDF)
        self.unnamed = self.store(b"belum disebut siapa pun", "baru.pdf", PDF)
        for official in PAGAK:
            self.join(official, "pagak")
        self.join(INSPECTOR, "malang")
        sop = the_sop().plain() | {"slug": SOP_OF_PAGAK, "unit": "pagak"}
        enacted = self.do(YULI, f"sop:{SOP_OF_PAGAK}", "sop.enacted", {"sop": sop}).recorded.leaf
        by_office = {office: official for official, (_, office, _) in PAGAK.items()}
        for official, kind, body in self.steps():
            self.ours.append(self.do(official, CASE, kind, body).recorded.index)
        for official, kind, body in self.steps(self.iku_mended, THEIRS):
            named = {"sop": {"slug": SOP_OF_PAGAK, "leaf": enacted}} if "sop" in body else {}
            done = self.do(by_office[PEOPLE[official][1]], THEIRS, kind, body | named)
            self.theirs.append(done.recorded.index)
        since = "2026-03-02T08:00:00+07:00"
        for official in (RUDI, AGUS):
            lost = {"keyid": key(official).public.id, "reason": "compromised", "compromised_since": since}
            new = {"official": official, "public_key": key(f"{official} 2").public.raw.hex()}
            possession = prove(ORIGIN, official, key(f"{official} 2")).decode()
            self.approve("key", new | {"possession": possession})
            self.do(DEWI, "register", "key.revoked", lost)
        self.withdraw(AGUS)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.ours: list[int] = []
        self.theirs: list[int] = []


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoUnits]:
    with pytest.MonkeyPatch.context() as patch, served(tmp_path_factory.mktemp("buku"), TwoUnits) as office:
        for official, known in PAGAK.items():
            patch.setitem(kit.EVERYBODY, official, known)
        office.live()
        yield office


# --- everybody there is -----------------------------------------------------------------------------------


def session_of(office: Served, official: str, *, own_only: bool = False, hours_ago: int = 0) -> dict[str, str]:
    """Return the header of a session of the official with the key that is theirs now."""
    here = office.app.parts
    held = keys_of(here.register(), official)[-1].public.id
    since = here.clock() - dt.timedelta(hours=hours_ago)
    mandates = (
        [] if own_only else [one.mandate for one in mandates_in_force(here.register(), official, held, NOW, since)]
    )
    token, _ = here.sessions.begin(official, held, since, mandates)
    return {"Authorization": f"Bearer {token}"}


WHO: dict[str, Callable[[Served], dict[str, str]]] = {
    "nobody": lambda office: {},
    "an expired session": lambda office: session_of(office, SRI, hours_ago=13),
    "another unit's official": lambda office: session_of(office, YULI),
    "the unit's official": lambda office: session_of(office, SRI),
    "whose mandate has ended": lambda office: session_of(office, AGUS, own_only=True),
    "an inspector": lambda office: session_of(office, INSPECTOR),
}


def may_read(office: Served, who: str, path: str) -> TestResponse:
    return office.http.get(path, headers=WHO[who](office), buffered=True)


# --- the table --------------------------------------------------------------------------------------------

MISSING, ENDED, UNIT, MANDATE = "session.missing", "session.ended", "access.unit", "access.mandate"
STATUS = {MISSING: 401, ENDED: 401, UNIT: 403, MANDATE: 403, "access.inspector": 403, "signin.refused": 401}

#: A status, or the rule that refuses; in the order of WHO.
Expected = tuple[int | str, ...]


def everybody(status: int | str) -> Expected:
    return (status,) * len(WHO)


HOLDERS_OF_A_KEY: Expected = (MISSING, ENDED, 200, 200, 200, 200)
OFFICIALS: Expected = (MISSING, ENDED, 200, 200, MANDATE, 200)
THE_UNIT: Expected = (MISSING, ENDED, UNIT, 200, MANDATE, 200)
THE_OTHER_UNIT: Expected = (MISSING, ENDED, 200, UNIT, MANDATE, 200)
THE_INSPECTORS: Expected = (MISSING, ENDED, UNIT, UNIT, MANDATE, 200)
INSPECTORS: Expected = (MISSING, ENDED, *["access.inspector"] * 3, 200)


@dataclass(frozen=True)
class Row:
    """An operation of the OpenAPI document, an address of it, and what each of WHO gets there."""

    operation: str
    path: str
    expected: Expected
    sent: Callable[[TwoUnits], dict[str, Any]] = lambda office: {}

    @property
    def is_page(self) -> bool:
        """Tell whether people see it: whoever must sign in first is sent there, a refusal is a page."""
        return not self.path.startswith(("/v1/", "/log/", "/openapi.json", "/healthz"))


def get(template: str, path: str, expected: Expected) -> Row:
    return Row(f"GET {template}", path, expected)


def recorded_before(office: TwoUnits) -> dict[str, Any]:
    """Return an act that is in the ledger: sent again, it gets its receipt and changes nothing."""
    with office.ledger.reading() as rows:
        return {"data": recorded(rows, office.ours[0]).entry.envelope.data, "content_type": JSON}


def stranger(office: TwoUnits) -> dict[str, Any]:
    statement = office.statement("orang-asing")
    return {"data": statement, "content_type": JSON, "headers": {"Origin": LOCAL}}


def a_document(office: TwoUnits) -> dict[str, Any]:
    return {"data": b"surat lain", "content_type": PDF}


def an_iku(office: TwoUnits) -> dict[str, Any]:
    return {"data": sample("kecamatan-sidemen"), "content_type": JSON}


def a_table(office: TwoUnits) -> dict[str, Any]:
    return {"data": b"Sasaran,Indikator\nLayanan,Kepuasan\n", "content_type": "text/csv"}


NONE_SUCH = "00000000-0000-4000-8000-000000000000"
#: In the paths: {case}, {theirs} the numbers of cases; {entry}, {own} leaves, the second by whoever lost the mandate;
#: {iku}, {their_iku}, {letter}, {minutes}, {unnamed} digests.
ROWS = [
    get("/", "/", everybody(200)),
    get("/masuk", "/masuk", everybody(200)),
    get("/kunci", "/kunci", everybody(200)),
    get("/bahasa/{chosen}", "/bahasa/en", everybody(303)),
    get("/statis/{build}/{name}", "/statis/{build}/desk.css", everybody(200)),
    get("/umum/{case_id}", "/umum/{case}", everybody(200)),
    get("/meja", "/meja", OFFICIALS),
    get("/perkara", "/perkara", OFFICIALS),
    get("/perkara", "/perkara?unit=kalipare", THE_UNIT),
    get("/perkara/baru", "/perkara/baru", OFFICIALS),
    get("/perkara/{case_id}", "/perkara/{case}", THE_UNIT),
    get("/perkara/{case_id}", "/perkara/{theirs}", THE_OTHER_UNIT),
    get("/perkara/{case_id}/dokumen/{digest}", "/perkara/{case}/dokumen/{iku}", THE_UNIT),
    get("/perkara/{case_id}/dokumen/{digest}", "/perkara/{theirs}/dokumen/{their_iku}", THE_OTHER_UNIT),
    get("/perkara/{case_id}/banding", "/perkara/{case}/banding", THE_UNIT),
    get("/perkara/{case_id}/tindakan/{kind}", "/perkara/{case}/tindakan/correction.recorded", THE_UNIT),
    get("/perkara/{case_id}/jejak", "/perkara/{case}/jejak", THE_UNIT),
    get("/perkara/{case_id}/putar", "/perkara/{case}/putar", THE_UNIT),
    get("/perkara/{case_id}/waktu", "/perkara/{case}/waktu", THE_UNIT),
    get("/perkara/{case_id}/waktu", "/perkara/{theirs}/waktu", THE_OTHER_UNIT),
    get("/perkara/{case_id}/sop", "/perkara/{case}/sop", THE_UNIT),
    get("/perkara/{case_id}/sop", "/perkara/{theirs}/sop", THE_OTHER_UNIT),
    get("/jejak", "/jejak", OFFICIALS),
    get("/jejak", "/jejak?stream=case:{theirs}", THE_OTHER_UNIT),
    get("/periksa", "/periksa", OFFICIALS),
    get("/periksa", "/periksa?sidik={iku}", OFFICIALS),
    get("/pejabat", "/pejabat", HOLDERS_OF_A_KEY),
    get("/pejabat/{official}", "/pejabat/yuli-astuti", HOLDERS_OF_A_KEY),
    get("/agenda", "/agenda", OFFICIALS),
    get("/agenda", "/agenda?unit=kalipare", THE_UNIT),
    get("/pembacaan", "/pembacaan", INSPECTORS),
    get("/openapi.json", "/openapi.json", everybody(200)),
    get("/healthz", "/healthz", everybody(200)),
    get("/log/checkpoint", "/log/checkpoint", everybody(200)),
    get("/v1/ledger", "/v1/ledger", everybody(200)),
    get("/v1/consistency", "/v1/consistency?old=1&new=2", everybody(200)),
    get("/v1/entries/{index}/receipt", "/v1/entries/{entry}/receipt", everybody(200)),
    Row("POST /v1/acts", "/v1/acts", everybody(200), recorded_before),
    Row("POST /v1/challenges", "/v1/challenges", everybody(201)),
    Row("POST /v1/sessions", "/v1/sessions", everybody("signin.refused"), stranger),
    Row("POST /v1/sessions/browser", "/v1/sessions/browser", everybody("signin.refused"), stranger),
    get("/v1/session", "/v1/session", HOLDERS_OF_A_KEY),
    Row("DELETE /v1/session", "/v1/session", HOLDERS_OF_A_KEY),
    Row("DELETE /v1/sessions", "/v1/sessions", HOLDERS_OF_A_KEY),
    get("/v1/reads", "/v1/reads", INSPECTORS),
    get("/v1/reads", "/v1/reads?official=sri-wahyuni", INSPECTORS),
    get("/v1/officials", "/v1/officials", HOLDERS_OF_A_KEY),
    get("/v1/officials/{official}", "/v1/officials/yuli-astuti", HOLDERS_OF_A_KEY),
    get("/v1/register", "/v1/register", HOLDERS_OF_A_KEY),
    get("/v1/sops", "/v1/sops", OFFICIALS),
    get("/v1/sops/{slug}", "/v1/sops/penyusunan-iku", OFFICIALS),
    Row("POST /v1/documents", "/v1/documents", (MISSING, ENDED, 201, 201, MANDATE, 201), a_document),
    get("/v1/documents/{digest}", "/v1/documents/{iku}", THE_UNIT),
    get("/v1/documents/{digest}", "/v1/documents/{their_iku}", THE_OTHER_UNIT),
    get("/v1/documents/{digest}", "/v1/documents/{letter}", THE_UNIT),  # named in a case of each, first in ours
    get("/v1/documents/{digest}", "/v1/documents/{unnamed}", THE_INSPECTORS),
    get("/v1/documents/{digest}", "/v1/documents/{minutes}", THE_INSPECTORS),
    get("/v1/documents/{digest}/signatures", "/v1/documents/{iku}/signatures", OFFICIALS),
    get("/log/tile/{level}/{place}", "/log/tile/0/000.p/10", everybody(200)),
    get("/log/tile/entries/{place}", "/log/tile/entries/000.p/10", THE_INSPECTORS),
    get("/v1/entries/{index}", "/v1/entries/{entry}", THE_UNIT),
    get("/v1/entries/{index}", "/v1/entries/{their_entry}", THE_OTHER_UNIT),
    get("/v1/entries/{index}", "/v1/entries/{own}", (MISSING, ENDED, UNIT, 200, 200, 200)),
    get("/v1/entries/{index}", "/v1/entries/0", HOLDERS_OF_A_KEY),
    get("/v1/streams/{stream}", "/v1/streams/case:{case}", THE_UNIT),
    get("/v1/streams/{stream}", "/v1/streams/register", HOLDERS_OF_A_KEY),
    get("/v1/streams/{stream}", "/v1/streams/sop:penyusunan-iku", OFFICIALS),
    get("/v1/streams/{stream}/trail", "/v1/streams/case:{case}/trail", THE_UNIT),
    get("/v1/streams/{stream}/trail", "/v1/streams/case:{theirs}/trail", THE_OTHER_UNIT),
    get("/v1/streams/{stream}/trail", "/v1/streams/register/trail", HOLDERS_OF_A_KEY),
    get("/v1/streams/{stream}/trail", "/v1/streams/sop:penyusunan-iku/trail", OFFICIALS),
    get("/v1/streams/{stream}/place", "/v1/streams/case:{case}/place", THE_UNIT),
    get("/v1/streams/{stream}/place", "/v1/streams/case:{case}/place?old=9", THE_UNIT),
    get("/v1/streams/{stream}/place", "/v1/streams/case:{theirs}/place", THE_OTHER_UNIT),
    get("/v1/streams/{stream}/place", "/v1/streams/register/place", HOLDERS_OF_A_KEY),
    get("/v1/streams/{stream}/place", "/v1/streams/sop:penyusunan-iku/place", OFFICIALS),
    get("/v1/streams/{stream}/place", f"/v1/streams/case:{NONE_SUCH}/place", OFFICIALS),
    get("/v1/cases", "/v1/cases", OFFICIALS),
    get("/v1/cases", "/v1/cases?unit=kalipare", THE_UNIT),
    get("/v1/cases/{case_id}", "/v1/cases/{case}", THE_UNIT),
    get("/v1/cases/{case_id}", "/v1/cases/{theirs}", THE_OTHER_UNIT),
    get("/v1/cases/{case_id}", "/v1/cases/{case}?at={entry}", THE_UNIT),
    get(
        "/v1/cases/{case_id}",
        f"/v1/cases/{NONE_SUCH}",
        (MISSING, ENDED, *["case.unknown"] * 2, MANDATE, "case.unknown"),
    ),
    get("/v1/cases/{case_id}/trail", "/v1/cases/{case}/trail", THE_UNIT),
    get("/v1/cases/{case_id}/next", "/v1/cases/{case}/next?mandate=camat-sri-wahyuni", THE_UNIT),
    get("/v1/cases/{case_id}/bundle", "/v1/cases/{case}/bundle", THE_UNIT),
    get("/v1/cases/{case_id}/bundle", "/v1/cases/{theirs}/bundle", THE_OTHER_UNIT),
    get("/v1/cases/{case_id}/time", "/v1/cases/{case}/time", THE_UNIT),
    get("/v1/cases/{case_id}/trail.csv", "/v1/cases/{case}/trail.csv", THE_UNIT),
    Row("POST /v1/iku/checks", "/v1/iku/checks", OFFICIALS, an_iku),
    Row("POST /v1/iku/imports", "/v1/iku/imports?name=iku.csv&unit=Kalipare&period=2026", OFFICIALS, a_table),
    get("/v1/iku", "/v1/iku?unit=kalipare&period=2026", THE_UNIT),
    get("/v1/iku", "/v1/iku?unit=pagak&period=2026", THE_OTHER_UNIT),
    get("/v1/inbox", "/v1/inbox?office=staf&unit=kalipare", THE_UNIT),
    get("/v1/agenda", "/v1/agenda?year=2026", OFFICIALS),
    get("/v1/agenda", "/v1/agenda?year=2026&unit=kalipare", THE_UNIT),
    get("/v1/agenda/next", "/v1/agenda/next?unit=kalipare&sop=penyusunan-iku", THE_UNIT),
    get("/v1/trail", "/v1/trail", OFFICIALS),
    get("/v1/trail", "/v1/trail?stream=case:{case}", THE_UNIT),
    get("/v1/trail.csv", "/v1/trail.csv", OFFICIALS),
    get("/v1/trail.csv", "/v1/trail.csv?stream=case:{theirs}", THE_OTHER_UNIT),
]


def named(office: TwoUnits, path: str) -> str:
    """Return the path with the names of what there is."""
    return path.format(
        case=CASE.removeprefix("case:"),
        theirs=THEIRS.removeprefix("case:"),
        entry=office.ours[1],
        their_entry=office.theirs[1],
        own=office.ours[3],
        iku=office.iku["digest"],
        their_iku=office.iku_mended["digest"],
        letter=office.letter["digest"],
        minutes=office.minutes["digest"],
        unnamed=office.unnamed["digest"],
        build=static_files.version(),
    )


@dataclass(frozen=True)
class Kept:
    """What reading leaves as it was."""

    checkpoint: bytes
    documents: frozenset[str]


def kept(office: TwoUnits) -> Kept:
    files = (office.folder / "documents").rglob("*")
    return Kept(office.http.get("/log/checkpoint").data, frozenset(path.name for path in files))


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.operation.split()[0]} {row.path}")
def test_everybody_gets_what_is_theirs_and_the_ledger_stays_as_it_was(row: Row, who: str, office: TwoUnits) -> None:
    expected = row.expected[list(WHO).index(who)]
    sent = row.sent(office)
    sent["headers"] = sent.get("headers", {}) | WHO[who](office)
    before = kept(office)
    method = row.operation.split()[0]
    answer = office.http.open(named(office, row.path), method=method, buffered=True, **sent)
    if isinstance(expected, int):
        assert answer.status_code == expected, answer.data
    elif row.is_page and expected in (MISSING, ENDED):
        assert (answer.status_code, answer.location.partition("=")[0]) == (303, "/masuk?lanjut")
    elif row.is_page:
        assert (answer.status_code, answer.mimetype, expected in answer.text) == (STATUS[expected], "text/html", True)
    else:
        refused(answer, STATUS.get(expected, 404), expected)
    if not isinstance(expected, int):
        for secret in ("Penyusunan IKU", office.iku["digest"], office.iku_mended["digest"], THEIRS):
            assert secret not in answer.text, "a refusal tells nothing of what it keeps"
    after = kept(office)
    assert after.checkpoint == before.checkpoint
    assert after.documents == before.documents or answer.status_code == 201


@pytest.mark.parametrize("who", WHO)
def test_to_ask_for_the_head_alone_is_to_ask(who: str, office: TwoUnits) -> None:
    for row in ROWS:
        if row.operation.startswith("GET "):
            head = office.http.head(named(office, row.path), headers=WHO[who](office), buffered=True)
            whole = may_read(office, who, named(office, row.path))
            assert (head.status_code, head.data) == (whole.status_code, b""), row


def test_the_table_has_every_operation_of_the_openapi_document_and_every_policy(office: TwoUnits) -> None:
    document = asked(office.http.get("/openapi.json"), 200)
    operations = {f"{verb.upper()} {path}" for path, item in document["paths"].items() for verb in item}
    rows = {row.operation for row in ROWS}
    pages = {row.operation for row in ROWS if row.is_page}
    assert rows - pages - {"GET /openapi.json"} == operations
    assert {endpoint_of(office, one) for one in rows} == POLICIES.keys()


def test_a_route_without_a_policy_is_everybodys_and_no_other_is(office: TwoUnits) -> None:
    for row in ROWS:
        public = POLICIES[endpoint_of(office, row.operation)] is None
        assert (row.expected == everybody(row.expected[0])) == public, row
        assert public or row.expected[:2] == (MISSING, ENDED), row


def endpoint_of(office: TwoUnits, operation: str) -> str:
    verb, _, template = operation.partition(" ")
    found = [
        rule.endpoint
        for rule in office.app.url_map.iter_rules()
        if re.sub("<(?:path:)?([^>]+)>", r"{\1}", rule.rule) == template and verb in (rule.methods or ())
    ]
    assert len(found) == 1, operation
    return found[0]


# --- what a list holds ------------------------------------------------------------------------------------

LISTS = [
    "/v1/cases",
    "/v1/trail?limit=200",
    "/v1/trail?limit=200&kind=paraf.given",
    f"/v1/trail?limit=200&flag={QUESTIONED}",
    "/v1/trail?limit=200&from=2026-03-02&to=2026-03-02",
    "/v1/trail.csv",
    f"/v1/trail.csv?flag={QUESTIONED}",
    "/v1/agenda?year=2026",
]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_holds_the_readers_own_unit_and_nothing_of_another(path: str, office: TwoUnits) -> None:
    ours, theirs = CASE.removeprefix("case:"), THEIRS.removeprefix("case:")
    for who, own, others in (
        ("the unit's official", {ours}, {theirs}),
        ("another unit's official", {theirs}, {ours}),
        ("an inspector", {ours, theirs}, set[str]()),
    ):
        answer = may_read(office, who, path)
        assert answer.status_code == 200
        found = {one for one in (ours, theirs) if one in answer.text}
        assert (found >= own, found & others) == (True, set()), who


@pytest.mark.parametrize(
    ("who", "path", "key"),
    [
        ("the unit's official", "/v1/trail?official=joko-susilo&kind=paraf.given", "trail"),
        ("another unit's official", "/v1/trail?official=budi-santoso&kind=paraf.given", "trail"),
        ("the unit's official", f"/v1/trail?official=rudi-hartono&flag={QUESTIONED}", "trail"),
        ("the unit's official", "/v1/trail?unit=pagak&kind=concept.typed", "trail"),
        ("another unit's official", "/v1/trail?unit=kalipare&office=sekcam", "trail"),
    ],
)
def test_no_filter_finds_what_is_another_units(who: str, path: str, key: str, office: TwoUnits) -> None:
    assert asked(may_read(office, who, path), 200)[key] == []
    assert asked(may_read(office, "an inspector", path), 200)[key], "there is something to be found"


def test_pages_go_past_what_is_another_units_and_miss_nothing(office: TwoUnits) -> None:
    found: list[dict[str, Any]] = []
    after = ""
    for _ in range(80):
        page = asked(may_read(office, "another unit's official", f"/v1/trail?limit=3{after}"), 200)
        found += page["trail"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert page["next"] is None
    assert [row["leaf_index"] for row in found if row["stream"] == THEIRS] == office.theirs
    assert not {row["leaf_index"] for row in found} & set(office.ours)
    assert {row["stream"] for row in found} >= {"register", "sop:penyusunan-iku"}


def test_the_agenda_of_a_unit_holds_no_letter_of_another(office: TwoUnits) -> None:
    ours = asked(may_read(office, "the unit's official", "/v1/agenda?year=2026"), 200)
    theirs = asked(may_read(office, "another unit's official", "/v1/agenda?year=2026"), 200)
    assert [row["number"] for row in ours["rows"]] == ["070/1/35.07.11/2026"]
    assert [row["number"] for row in theirs["rows"]] == ["070/2/35.07.11/2026"]
    assert len(asked(may_read(office, "an inspector", "/v1/agenda?year=2026"), 200)["rows"]) == 2


def test_an_inbox_holds_what_waits_for_the_offices_own_unit(office: TwoUnits) -> None:
    case = "case:88888888-8888-4888-8888-888888888888"
    official, kind, body = office.steps(case=case)[0]
    office.do(official, case, kind, body)
    ours = asked(may_read(office, "the unit's official", "/v1/inbox?office=sekcam&unit=kalipare"), 200)
    theirs = asked(may_read(office, "another unit's official", "/v1/inbox?office=sekcam&unit=pagak"), 200)
    assert case in [one["stream"] for one in ours["waiting"]]
    assert case not in [one["stream"] for one in theirs["waiting"]]


def test_a_unit_that_is_nobodys_is_no_way_around(office: TwoUnits) -> None:
    for unit in ("tidak-ada", "pagak,kalipare", "PAGAK", "*", "%25"):
        answer = may_read(office, "the unit's official", f"/v1/cases?unit={unit}")
        refused(answer, 403, UNIT)
    twice = may_read(office, "the unit's official", "/v1/cases?unit=kalipare&unit=pagak")
    refused(twice, 400, "request.parameter")
    empty = may_read(office, "the unit's official", "/v1/cases?unit=")
    refused(empty, 403, UNIT)


# --- documents and entries --------------------------------------------------------------------------------


def test_registrars_read_the_minutes_that_they_judge_by(office: TwoUnits) -> None:
    minutes = f"/v1/documents/{office.minutes['digest']}"
    assert office.http.get(minutes, headers=session_of(office, DEWI)).data == b"berita acara (sintetis)"


def test_a_registrar_reads_no_case_of_another_unit(office: TwoUnits) -> None:
    headers = session_of(office, DEWI)
    refused(office.http.get(f"/v1/cases/{THEIRS.removeprefix('case:')}", headers=headers), 403, UNIT)
    refused(office.http.get(f"/v1/documents/{office.iku_mended['digest']}", headers=headers), 403, UNIT)


def brought(office: TwoUnits, data: bytes, official: str) -> tuple[str, dict[str, Any]]:
    """Upload a document as the official; return its address, and how an act refers to it."""
    headers = session_of(office, official)
    sent = office.http.post("/v1/documents", data=data, content_type=PDF, headers=headers).get_json()
    letter = {"digest": sent["digest"], "media_type": PDF, "size": sent["size"], "name": "surat.pdf"}
    return f"/v1/documents/{sent['digest']}", letter


def name_it(office: TwoUnits, case: str, letter: dict[str, Any]) -> None:
    """Let the other unit open a case with this letter."""
    _, kind, body = office.steps(case=case)[0]
    enacted = office.app.parts.ledger.stream(f"sop:{SOP_OF_PAGAK}")
    assert enacted is not None
    sop = {"slug": SOP_OF_PAGAK, "leaf": enacted.leaf}
    office.do(YULI, case, kind, body | {"sop": sop, "letter": body["letter"] | {"scan": letter}})


def test_a_document_that_nobody_named_is_read_by_who_brought_it(office: TwoUnits) -> None:
    path, letter = brought(office, b"konsep baru", YULI)
    refused(may_read(office, "the unit's official", path), 403, UNIT)
    assert may_read(office, "another unit's official", path).status_code == 200
    name_it(office, "case:77777777-7777-4777-8777-777777777777", letter)
    refused(may_read(office, "the unit's official", path), 403, UNIT)
    assert may_read(office, "another unit's official", path).status_code == 200


def test_naming_another_units_document_by_its_digest_gives_nobody_its_bytes_until_they_bring_them(
    office: TwoUnits,
) -> None:
    path = f"/v1/documents/{office.iku['digest']}"
    refused(may_read(office, "another unit's official", path), 403, UNIT)
    name_it(office, "case:66666666-6666-4666-8666-666666666666", office.iku)
    refused(may_read(office, "another unit's official", path), 403, UNIT)
    brought(office, sample("kecamatan-sidemen"), JOKO)
    assert may_read(office, "another unit's official", path).status_code == 200


def refused_act(office: TwoUnits, official: str, version: int, case: str = CASE, **body: Any) -> TestResponse:
    """Send an act of the official on our case at a version, and return the answer."""
    _, kind, given = office.steps()[5]
    changes = {"version": version, "previous": "0" * 64}
    sealed = office.sign(official, case, kind, given | body, **changes)
    return office.http.post("/v1/acts", data=sealed, content_type=JSON)


def test_what_stands_in_a_case_is_not_told_to_who_tries_to_sign_in_it_from_another_unit(office: TwoUnits) -> None:
    nowhere = "case:55555555-5555-4555-8555-555555555555"
    told = {refused_act(office, YULI, version).text for version in (2, 5, 12, 40)}
    assert len(told) == 1
    refused(refused_act(office, YULI, 5), 403, UNIT)
    assert refused_act(office, SRI, 5).status_code == 409
    assert refused_act(office, YULI, 5, nowhere).status_code != 200


def test_who_signs_with_a_revoked_key_is_told_of_the_key_and_nothing_of_any_case(office: TwoUnits) -> None:
    for version in (2, 12, 40):
        refused(refused_act(office, RUDI, version), 403, "authority.key")
    absent = office.letter | {"digest": f"sha256:{'0' * 64}"}
    for letter in (absent, office.letter):
        refused(refused_act(office, RUDI, 13, document=letter["digest"]), 403, "authority.key")


def test_who_holds_a_file_is_told_of_marks_in_their_own_cases_and_that_there_are_others(office: TwoUnits) -> None:
    path = f"/v1/documents/{office.iku['digest']}/signatures"
    ours, theirs, all_of_it = (
        asked(may_read(office, who, path), 200)
        for who in ("the unit's official", "another unit's official", "an inspector")
    )
    assert len(ours["marks"]) == len(all_of_it["marks"]) == theirs["elsewhere"] == 3
    assert (theirs["marks"], ours["elsewhere"]) == ([], 0)
