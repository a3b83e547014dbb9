"""Who read what: noted before it is answered, once for each session and thing, for the inspector alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.server import background_server
from keys import strict_json
from tests.kit import CASE, INSPECTOR, mandate
from tests.served import JSON, Served, asked, refused, served
from tests.signed_in import bearer

BUDI, SRI, HADI = "budi-santoso", "sri-wahyuni", "hadi-wijaya"
CASE_ID = CASE.removeprefix("case:")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as office:
        office.open()
        yield office


def noted(office: Served, **query: str) -> list[dict[str, Any]]:
    """Return what the inspector is told of reads, newest first, as a client reads it that believes nothing."""
    if INSPECTOR not in office.app.parts.register().officials:
        office.register(INSPECTOR)
    answer = office.http.get("/v1/reads", query_string=query, headers=bearer(office.app, INSPECTOR))
    assert answer.status_code == 200, answer.data
    said = strict_json.loads(answer.data)
    assert said["notice"]
    return list(said["reads"])


def test_what_is_read_is_noted_once_for_each_session_and_thing_with_how_often(office: Served) -> None:
    index = office.run(upto=3)[2].recorded.index
    first, second = office.signed_in(), office.signed_in()
    document = office.iku["digest"]
    paths = [f"/v1/cases/{CASE_ID}", f"/v1/entries/{index}", f"/v1/documents/{document}", "/v1/streams/register"]
    for path in [*paths, paths[0], f"{paths[0]}/trail", f"{paths[2]}/signatures"]:
        assert office.http.get(path, headers=first).status_code == 200
    office.http.get(paths[0], headers=second)
    found = noted(office)
    assert [(one["what"], one["name"], one["times"]) for one in found] == [
        ("alur", CASE, 1),
        ("alur", "register", 1),
        ("dokumen", document, 2),
        ("daun", str(index), 1),
        ("alur", CASE, 3),
    ]
    assert {(one["official"], one["role"]) for one in found} == {(BUDI, "sekcam kalipare")}
    numbers = [one["no"] for one in found]
    assert numbers == sorted(numbers, reverse=True)
    case = found[-1]
    assert dt.datetime.fromisoformat(case["first_at"]) < dt.datetime.fromisoformat(case["last_at"])


def test_the_inspector_finds_reads_by_person_and_thing_a_page_at_a_time(office: Served) -> None:
    office.run(upto=1)
    for official in (BUDI, SRI):
        headers = office.signed_in(official)
        for path in (f"/v1/cases/{CASE_ID}", f"/v1/documents/{office.letter['digest']}"):
            assert office.http.get(path, headers=headers).status_code == 200
    assert {one["official"] for one in noted(office, official=SRI)} == {SRI}
    assert {one["official"] for one in noted(office, what="dokumen", name=office.letter["digest"])} == {BUDI, SRI}
    newest = noted(office, limit="3")
    assert len(newest) == 3
    (oldest,) = noted(office, limit="3", before=str(newest[-1]["no"]))
    assert (oldest["official"], oldest["name"]) == (BUDI, CASE)


def test_who_asks_by_a_case_is_told_who_read_its_entries_and_documents(office: Served) -> None:
    index = office.run(upto=3)[2].recorded.index
    document = office.iku["digest"]
    others = ["/v1/streams/register", "/v1/entries/2", "/v1/trail"]
    for path in [f"/v1/cases/{CASE_ID}", f"/v1/entries/{index}", f"/v1/documents/{document}", *others]:
        assert office.http.get(path, headers=office.signed_in()).status_code == 200
    wanted = [("dokumen", document), ("daun", str(index)), ("alur", CASE)]
    for name in (CASE, CASE_ID):
        assert [(one["what"], one["name"]) for one in noted(office, name=name)] == wanted
    assert [one["name"] for one in noted(office, what="daun", name=CASE)] == [str(index)]


def test_an_entry_of_the_register_is_found_by_its_leaf_as_the_read_of_the_register_that_it_is(office: Served) -> None:
    asked(office.http.get("/v1/entries/2", headers=office.signed_in()), 200)
    assert [(one["what"], one["name"]) for one in noted(office, name="2")] == [("alur", "register")]


def test_a_document_is_found_by_the_first_letters_of_its_digest(office: Served) -> None:
    office.run(upto=1)
    digest = office.letter["digest"]
    assert office.http.get(f"/v1/documents/{digest}", headers=office.signed_in()).status_code == 200
    for name in (digest, digest[7:], digest[7:15], digest[:20]):
        assert [one["name"] for one in noted(office, name=name)] == [digest]


def test_a_document_that_no_act_names_is_found_where_it_was_read(office: Served) -> None:
    brought = office.http.post(
        "/v1/documents", data=b"belum disebut", content_type="text/plain", headers=office.signed_in()
    )
    digest = asked(brought, 201)["digest"]
    assert office.http.get(f"/v1/documents/{digest}", headers=office.signed_in()).status_code == 200
    assert [one["name"] for one in noted(office, name=digest)] == [digest]


def test_what_nobody_read_is_told_apart_from_what_there_is_not(office: Served) -> None:
    office.run(upto=1)
    for name in (CASE, "register", "0", office.letter["digest"]):
        assert noted(office, name=name) == []
    assert noted(office, official=SRI) == []


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("official=orang-asing", "reads.official"),
        ("name=case:22222222-2222-4222-8222-222222222222", "reads.name"),
        ("name=sop:belum-ada", "reads.name"),
        ("name=1234567", "reads.leaf"),
        ("what=dokumen&name=3", "reads.name"),
        ("name=abcdef0", "reads.name"),
        ("name=00000000", "reads.document"),
        (f"name=sha256:{'0' * 64}", "reads.document"),
    ],
)
def test_a_name_that_nothing_has_is_refused(query: str, rule: str, office: Served) -> None:
    office.register(INSPECTOR)
    answer = office.http.get(f"/v1/reads?{query}", headers=bearer(office.app, INSPECTOR))
    refused(answer, 404, rule)


def test_a_search_is_noted_by_what_was_sought_however_it_was_spelt(office: Served) -> None:
    headers = office.signed_in()
    for query in ("official=sri-wahyuni&kind=sop.enacted", "kind=%73op.enacted&official=%73ri-wahyuni"):
        asked(office.http.get(f"/v1/trail?{query}", headers=headers), 200)
    (found,) = noted(office, what="pencarian")
    assert (found["name"], found["times"]) == ("jejak?kind=sop.enacted&official=sri-wahyuni", 2)
    assert noted(office, what="pencarian", name=found["name"]) == [found]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/entries/%E2%80%AE7",
        "/v1/entries/%00",
        "/v1/entries/7%0A",
        "/v1/streams/%EF%BB%BFregister",
        "/v1/cases/%1B%5B2J",
        "/v1/documents/sha256:%C2%85",
        "/v1/trail?official=%E2%80%AE",
        "/v1/trail?stream=%00",
        "/v1/cases?unit=%E2%80%AE",
        "/v1/entries/" + "9" * 3000,
    ],
)
def test_nobody_hides_the_record_from_the_inspector_by_what_they_ask_for(path: str, office: Served) -> None:
    headers = office.signed_in()
    office.http.get("/v1/streams/register", headers=headers)
    answer = office.http.get(path, headers=headers)
    refused(answer, 400, "request.parameter")
    strict_json.loads(answer.data)
    found = noted(office)
    assert ("alur", "register") in [(one["what"], one["name"]) for one in found]
    assert all(len(one["name"]) <= 1000 for one in found)


def test_what_is_refused_is_not_read(office: Served) -> None:
    office.run(upto=1)
    office.approve("mandate", {"mandate": mandate(HADI, mandate="camat-pagak", office="camat", unit="pagak")})
    office.withdraw(HADI)
    headers = office.signed_in(HADI)
    refused(office.http.get(f"/v1/cases/{CASE_ID}", headers=headers), 403, "access.unit")
    assert noted(office) == []


def test_a_read_is_noted_before_it_is_answered(office: Served) -> None:
    sent = {"data": b"akan diubah", "content_type": "text/plain"}
    digest = office.http.post("/v1/documents", headers=office.signed_in(), **sent).get_json()["digest"]
    hexed = digest.removeprefix("sha256:")
    (office.folder / "documents" / hexed[:2] / hexed).write_bytes(b"sudah diubah")
    refused(office.http.get(f"/v1/documents/{digest}", headers=office.signed_in()), 500, "document.altered")
    (found,) = noted(office)
    assert (found["what"], found["name"]) == ("dokumen", digest)


def test_what_cannot_be_noted_is_not_answered(office: Served) -> None:
    index = office.run(upto=1)[0].recorded.index
    headers = office.signed_in()
    paths = [f"/v1/cases/{CASE_ID}", f"/v1/entries/{index}", f"/v1/documents/{office.letter['digest']}", "/v1/trail"]
    assert [office.http.get(path, headers=headers).status_code for path in paths] == [200] * 4
    office.sql("ALTER TABLE reads RENAME TO rahasia")
    for path in paths:
        answer = office.http.get(path, headers=headers)
        refused(answer, 503, "session.storage")
        assert int(answer.headers["Retry-After"]) >= 1
        assert "rahasia" not in answer.text
        assert "INSERT" not in answer.text
    asked(office.http.get("/v1/ledger"), 200)
    act = office.sign(BUDI, CASE, *office.steps()[1][1:])
    asked(office.http.post("/v1/acts", data=act, content_type=JSON), 201)
    office.sql("ALTER TABLE rahasia RENAME TO reads")
    assert [office.http.get(path, headers=headers).status_code for path in paths] == [200] * 4


def test_a_store_that_cannot_be_read_lets_nobody_in_and_holds_up_no_act(office: Served) -> None:
    headers = office.signed_in()
    office.sql("DROP TABLE sessions")
    answer = office.http.get("/v1/officials", headers=headers)
    refused(answer, 503, "session.storage")
    refused(office.answered(office.statement()), 503, "session.storage")
    asked(office.http.post("/v1/acts", data=office.sign(SRI, CASE, *office.steps()[0][1:]), content_type=JSON), 201)


def test_many_read_at_once_in_one_session_and_every_read_is_counted(office: Served) -> None:
    office.run(upto=1)
    with (
        background_server(office.app) as url,
        httpx.Client(base_url=url, headers=office.signed_in()) as http,
        ThreadPoolExecutor(8) as pool,
    ):
        found = list(pool.map(lambda _: http.get(f"/v1/cases/{CASE_ID}").status_code, range(40)))
    assert found == [200] * 40
    (read,) = noted(office)
    assert read["times"] == 40
