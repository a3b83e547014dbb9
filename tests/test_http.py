"""One case over real HTTP, from disposition to dispatch, and everything that can be read of it."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.app import App, create_app
from api.follower import EVERY
from api.marks import check
from api.server import background_server
from api.settings import Settings
from keys.envelope import Envelope
from keys.possession import prove
from keys.register import Loss, Register
from ledger import logkey
from ledger.acts import PAYLOAD_TYPE, Act, Seen, compose
from ledger.checkpoint import open_checkpoint
from ledger.entry import Entry
from ledger.iku import sample
from ledger.log import recorded
from ledger.merkle import verify_consistency
from ledger.receipt import verify_receipt
from projections import storage
from projections.schema import METADATA
from tests.kit import CASE, FOUNDERS, IKU, ORIGIN, PEOPLE, Kecamatan, founding, key, mandate_of, person, the_sop
from tests.signed_in import As, desk

ENVELOPE = {"Content-Type": "application/vnd.dsse.envelope.v1+json"}
CASE_ID = CASE.removeprefix("case:")


@dataclass
class World:
    """A served ledger in which one case went all its way, and what was answered to each act."""

    office: Kecamatan
    app: App
    http: httpx.Client
    accepted: list[tuple[bytes, httpx.Response]]


def served(folder: Path) -> tuple[Kecamatan, App]:
    office = Kecamatan(folder).open()
    logkey.write(office.folder / "log.key", office.log)
    return office, create_app(Settings(folder, threads=8), office.clock)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Yield a served ledger whose case was signed from the service's own advice, step by step."""
    office, app = served(tmp_path_factory.mktemp("buku"))
    with background_server(app) as url, httpx.Client(base_url=url, auth=As(app)) as http:
        world = World(office, app, http, [])
        for number, (official, kind, body) in enumerate(office.steps()):
            envelope = office.sign(official, CASE, kind, body) if not number else advised(http, official, kind, body)
            world.accepted.append((envelope, http.post("/v1/acts", content=envelope, headers=ENVELOPE)))
        yield world
    app.close()


def advised(http: httpx.Client, official: str, kind: str, body: dict[str, Any]) -> bytes:
    """Return the next act of the case, built from nothing but what the service advises."""
    advice = http.get(f"/v1/cases/{CASE_ID}/next", params={"mandate": mandate_of(official)}).json()
    assert advice["kinds"] == [kind]
    assert advice["step"] == body["step"]
    if "document" in body and isinstance(body["document"], str):
        assert body["document"] == advice["document"]["digest"]
    payload = compose(
        ledger=ORIGIN,
        seen=Seen(**advice["seen"]),
        stream=CASE,
        version=advice["version"],
        previous=advice["previous"],
        kind=kind,
        official=advice["official"],
        mandate=advice["mandate"],
        occurred_at="2026-03-02T08:00:00+07:00",
        body=body,
    )
    return Envelope.seal(PAYLOAD_TYPE, payload, key(official)).data


def test_every_act_of_the_straight_way_is_accepted_in_its_place(world: World) -> None:
    assert [answer.status_code for _, answer in world.accepted] == [201] * 12
    first = world.accepted[0][1].json()["leaf_index"]
    for number, (_, answer) in enumerate(world.accepted):
        said = answer.json()
        assert (said["stream"], said["version"], said["leaf_index"]) == (CASE, number + 1, first + number)
        assert answer.headers["Location"] == f"/v1/entries/{said['leaf_index']}"


def test_the_receipt_in_the_answer_proves_the_very_act_that_was_sent(world: World) -> None:
    for envelope, answer in world.accepted:
        said = answer.json()
        entry = b'{"recorded_at":"%b","envelope":%b}' % (said["recorded_at"].encode(), envelope)
        verified = verify_receipt(said["receipt"].encode(), entry, world.office.log.vkey)
        assert verified.index == said["leaf_index"]
        assert verified.leaf_hash.hex() == said["leaf_hash"]


def test_the_same_envelope_again_gets_200_and_exactly_the_same_body(world: World) -> None:
    size = world.http.get("/healthz").json()["size"]
    for envelope, answer in (world.accepted[0], world.accepted[-1]):
        again = world.http.post("/v1/acts", content=envelope, headers={"Content-Type": "application/json"})
        assert again.status_code == 200
        assert again.content == answer.content
        assert again.headers["Location"] == answer.headers["Location"]
    assert world.http.get("/healthz").json()["size"] == size


def test_entries_and_receipts_are_served_verbatim_and_for_ever(world: World) -> None:
    envelope, answer = world.accepted[6]
    index = answer.json()["leaf_index"]
    entry = world.http.get(f"/v1/entries/{index}")
    assert Entry.parse(entry.content).envelope.data == envelope
    assert "immutable" in entry.headers["Cache-Control"]
    receipt = world.http.get(f"/v1/entries/{index}/receipt")
    assert receipt.text == answer.json()["receipt"]
    assert receipt.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_a_receipt_under_a_later_checkpoint_of_ours_proves_the_same_entry(world: World) -> None:
    entry = world.http.get("/v1/entries/3").content
    size = open_checkpoint(world.http.get("/log/checkpoint").content, world.office.log.vkey).checkpoint.size
    receipt = world.http.get("/v1/entries/3/receipt", params={"size": size}).content
    verified = verify_receipt(receipt, entry, world.office.log.vkey)
    assert (verified.index, verified.checkpoint.size) == (3, size)


def test_the_newest_checkpoint_continues_every_older_one(world: World) -> None:
    answer = world.http.get("/log/checkpoint")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    new = open_checkpoint(answer.content, world.office.log.vkey).checkpoint
    for envelope_and_answer in world.accepted:
        receipt = envelope_and_answer[1].json()["receipt"].encode()
        old = open_checkpoint(receipt.split(b"\n\n", 1)[1], world.office.log.vkey).checkpoint
        said = world.http.get("/v1/consistency", params={"old": old.size, "new": new.size}).json()
        verify_consistency(
            old_size=old.size,
            new_size=new.size,
            proof=[base64.b64decode(one) for one in said["proof"]],
            old_root=old.root,
            new_root=new.root,
        )


def test_the_case_is_finished_and_the_trail_has_a_sentence_for_every_act(world: World) -> None:
    case = world.http.get(f"/v1/cases/{CASE_ID}").json()
    assert case["finished"] is True
    assert case["document"]["digest"] == world.office.iku["digest"]
    rows = world.http.get(f"/v1/cases/{CASE_ID}/trail").json()["trail"]
    assert [row["kind"] for row in rows] == [kind for _, kind, _ in world.office.steps()]
    assert all(row["sentence"] for row in rows)
    assert rows[0]["nip"] == person("sri-wahyuni")["nip"], "an inspector sees the whole NIP"


def test_a_trail_row_says_under_which_period_from_which_paper_and_how_the_actor_is_known(world: World) -> None:
    rows = world.http.get(f"/v1/cases/{CASE_ID}/trail").json()["trail"]
    assert {row["period"]["start"] for row in rows} == {"2026-01-02"}
    assert {row["step"]: row["actor_basis"] for row in rows} == {
        step.no: step.pelaksana.basis for step in the_sop().steps
    }
    assert [one["what"] for one in rows[0]["papers"]] == ["Pindaian"]
    assert rows[-1]["papers"] == [
        {"what": "Dokumen", "digest": world.office.iku["digest"]},
        {"what": "Bukti", "digest": world.office.proof["digest"]},
    ]


def test_the_trail_of_a_case_is_also_that_of_its_stream(world: World) -> None:
    case = world.http.get(f"/v1/cases/{CASE_ID}/trail").json()
    stream = world.http.get(f"/v1/streams/{CASE}/trail").json()
    assert stream == {name: value for name, value in case.items() if name != "case"}
    (enacted,) = world.http.get("/v1/streams/sop:penyusunan-iku/trail").json()["trail"]
    assert (enacted["kind"], enacted["leaf"]) == ("sop.enacted", world.office.sop_leaf)


def test_the_registers_trail_says_who_proposed_and_approved_which_key_with_which_minutes(tmp_path: Path) -> None:
    office = Kecamatan(tmp_path)
    office.found()
    logkey.write(tmp_path / "log.key", office.log)
    first, second = FOUNDERS
    office.approve("official", {"person": person("agus-salim")})
    possession = prove(ORIGIN, "agus-salim", key("agus-salim")).decode()
    body = {"official": "agus-salim", "public_key": key("agus-salim").public.raw.hex(), "possession": possession}
    proposed = office.do(first, "register", "key.proposed", body).recorded.leaf
    minutes = office.store(b"berita acara (sintetis)", "ba.pdf", "application/pdf")
    office.do(second, "register", "key.approved", {"proposal": proposed, "berita_acara": minutes})
    app = create_app(Settings(tmp_path), office.clock)
    said = desk(app).get("/v1/streams/register/trail").get_json()
    app.close()
    assert (said["stream"], said["synthetic"]) == ("register", True)
    asked, answered = said["trail"][-2:]
    assert (asked["kind"], asked["official"], answered["kind"], answered["official"]) == (
        *("key.proposed", first),
        *("key.approved", second),
    )
    assert "Agus Salim" in asked["sentence"]
    assert "dengan berita acara" in answered["sentence"]
    assert answered["papers"] == [{"what": "Berita acara", "digest": minutes["digest"]}]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/cases",
        f"/v1/cases/{CASE_ID}",
        f"/v1/cases/{CASE_ID}/trail",
        "/v1/streams/register/trail",
        "/v1/agenda?year=2026",
        "/v1/officials",
        "/v1/inbox?office=camat&unit=kalipare",
        "/v1/iku?unit=kalipare&period=2026",
    ],
)
def test_what_people_rely_on_says_that_it_is_made_up_and_what_its_signatures_are_not(path: str, world: World) -> None:
    said = world.http.get(path).json()
    assert said["synthetic"] is True
    assert "tidak tersertifikasi" in said["disclaimer"]


def test_a_case_says_that_whose_turn_it_is_was_inferred(world: World) -> None:
    case = f"case:{uuid.uuid4()}"
    world.office.run(case, 1)
    state = world.http.get(f"/v1/cases/{case.removeprefix('case:')}").json()
    assert (state["step"]["no"], state["step"]["actor_basis"]) == ("2", "disimpulkan")


def test_a_case_that_did_not_change_is_not_sent_again(world: World) -> None:
    first = world.http.get(f"/v1/cases/{CASE_ID}")
    again = world.http.get(f"/v1/cases/{CASE_ID}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = world.http.get(f"/v1/cases/{CASE_ID}", headers={"If-None-Match": '"lain"'})
    assert other.status_code == 200


def test_cases_come_in_pages_that_a_cursor_continues(world: World) -> None:
    for number in range(3):
        world.office.run(f"case:{uuid.uuid5(uuid.NAMESPACE_OID, f'halaman {number}')}", 1)
    found, after = [], None
    for _ in range(20):
        params = {"limit": 2, "unit": "kalipare"} | ({} if after is None else {"after": after})
        page = world.http.get("/v1/cases", params=params).json()
        assert len(page["cases"]) <= 2
        found += [case["case"] for case in page["cases"]]
        after = page["next"]
        if after is None:
            break
    assert found[0] == CASE_ID
    assert len(found) == len(set(found)) >= 4
    assert world.http.get("/v1/cases").json()["cases"][0]["case"] == CASE_ID


def test_an_act_of_another_process_is_read_at_once(world: World) -> None:
    case = f"case:{uuid.uuid4()}"
    world.office.run(case, 2)
    state = world.http.get(f"/v1/cases/{case.removeprefix('case:')}").json()
    assert state["version"] == 2
    waiting = world.http.get("/v1/inbox", params={"office": "kasubag-evapor", "unit": "kalipare"}).json()["waiting"]
    assert case in [one["stream"] for one in waiting]


def test_who_is_not_due_is_told_who_is(world: World) -> None:
    case = f"case:{uuid.uuid4()}"
    world.office.run(case, 5)
    path = f"/v1/cases/{case.removeprefix('case:')}/next"
    not_due = world.http.get(path, params={"mandate": mandate_of("sri-wahyuni")}).json()
    assert not_due["kinds"] == []
    assert not_due["why_not"]["rule"] == "authority.office"
    assert not_due["due"]["office"] == "sekcam"
    due = world.http.get(path, params={"mandate": mandate_of("budi-santoso")}).json()
    assert (due["kinds"], due["step"], due["why_not"]) == (["paraf.given"], "6", None)
    nobody = world.http.get(path, params={"mandate": "bupati"})
    assert (nobody.status_code, nobody.json()["rule"]) == (404, "register.mandate")


def test_a_finished_case_asks_nothing_of_anyone(world: World) -> None:
    advice = world.http.get(f"/v1/cases/{CASE_ID}/next", params={"mandate": mandate_of("agus-salim")}).json()
    assert (advice["kinds"], advice["due"], advice["why_not"]["rule"]) == ([], None, "case.finished")
    assert all(one["dispatched"] for one in advice["addressees"])


def test_after_a_return_the_advice_names_what_the_revision_must_answer(world: World) -> None:
    case = f"case:{uuid.uuid4()}"
    world.office.run(case, 4)
    body = {
        "step": "5",
        "document": world.office.iku["digest"],
        "decision": "returned",
        "reason": "Kolom satuan kosong.",
    }
    returned = world.office.do("ratna-sari", case, "typing.reviewed", body).recorded
    path = f"/v1/cases/{case.removeprefix('case:')}/next"
    advice = world.http.get(path, params={"mandate": mandate_of("agus-salim")}).json()
    assert (advice["kinds"], advice["round"], advice["answers"]) == (["concept.revised"], 2, returned.leaf)


def test_a_document_goes_in_by_its_hash_and_comes_out_unchanged(world: World) -> None:
    data = sample("kecamatan-sidemen-perbaikan") * 300
    hashed = hashlib.sha256(data)
    digest = {"Content-Digest": f"sha-256=:{base64.b64encode(hashed.digest()).decode()}:"}
    stored = world.http.post("/v1/documents", content=data, headers={"Content-Type": IKU} | digest)
    name = f"sha256:{hashed.hexdigest()}"
    assert (stored.status_code, stored.json()) == (201, {"digest": name, "size": len(data), "media_type": IKU})
    again = world.http.get(stored.headers["Location"])
    assert again.content == data
    assert again.headers["Content-Type"] == "application/octet-stream"
    assert again.headers["X-Content-Type-Options"] == "nosniff"
    assert again.headers["Content-Disposition"].startswith("attachment")
    assert "immutable" in again.headers["Cache-Control"]
    assert again.headers["Content-Digest"] == digest["Content-Digest"]


def test_a_document_of_unknown_length_is_streamed_in(world: World) -> None:
    pieces = [b"halaman %d" % number * 1000 for number in range(50)]
    stored = world.http.post("/v1/documents", content=iter(pieces), headers={"Content-Type": "text/plain"})
    assert stored.json()["digest"] == f"sha256:{hashlib.sha256(b''.join(pieces)).hexdigest()}"


def test_every_mark_on_a_document_is_verified_again(world: World) -> None:
    unknown = world.http.get(f"/v1/documents/sha256:{'0' * 64}/signatures").json()
    assert (unknown["marks"], unknown["elsewhere"], unknown["known"]) == ([], 0, False)
    said = world.http.get(f"/v1/documents/{world.office.iku['digest']}/signatures").json()
    assert said["known"]
    assert said["bytes"] == "terbukti"
    assert said["disclaimer"]
    marks = [mark for mark in said["marks"] if mark["stream"] == CASE]
    assert [mark["kind"] for mark in marks] == ["typing.reviewed", "paraf.given", "signature.given"]
    assert [mark["official"] for mark in marks] == ["ratna-sari", "budi-santoso", "sri-wahyuni"]
    for mark in said["marks"]:
        assert mark["verdict"] == mark["signature"]["verdict"] == mark["authority"]["verdict"] == "terbukti"
        assert [one["check"] for one in mark["signature"]["checks"]] == ["document", "key", "inclusion"]
        assert mark["mandate"] in mark["authority"]["why"]
        assert mark["verdicts"]["authority"] == mark["authority"]
        assert mark["verdicts"]["signature"]["keyid"] == mark["keyid"]
        assert mark["questioned"] is None


Change = Callable[[Register, str, str, int], Register]


def key_taken_away(register: Register, keyid: str, mandate: str, index: int) -> Register:
    held = dataclasses.replace(register.keys[keyid], revoked=Loss(index - 1, "0" * 64, "dewi-lestari", "lost"))
    return dataclasses.replace(register, keys=register.keys.insert(keyid, held))


def mandate_given_later(register: Register, keyid: str, mandate: str, index: int) -> Register:
    held = dataclasses.replace(register.mandates[mandate], since=index)
    return dataclasses.replace(register, mandates=register.mandates.insert(mandate, held))


def mandate_over_before(register: Register, keyid: str, mandate: str, index: int) -> Register:
    held = register.mandates[mandate]
    held = dataclasses.replace(held, record=held.record.model_copy(update={"end": "2026-03-01"}))
    return dataclasses.replace(register, mandates=register.mandates.insert(mandate, held))


def mandate_of_another_office(register: Register, keyid: str, mandate: str, index: int) -> Register:
    held = register.mandates[mandate]
    held = dataclasses.replace(held, record=held.record.model_copy(update={"office": "staf"}))
    return dataclasses.replace(register, mandates=register.mandates.insert(mandate, held))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (key_taken_away, "authority.key"),
        (mandate_given_later, "authority.mandate"),
        (mandate_over_before, "authority.period"),
        (mandate_of_another_office, "authority.office"),
    ],
)
def test_a_right_signature_without_authority_at_its_leaf_is_not_proved(change: Change, rule: str, world: World) -> None:
    ledger, index = world.office.ledger, world.accepted[6][1].json()["leaf_index"]
    now = ledger.stream("register")
    assert now is not None
    assert isinstance(now.state, Register)
    digest = world.office.iku["digest"]
    with ledger.reading() as rows:
        done = recorded(rows, index)
        changed = change(now.state, done.entry.envelope.keyid, done.act.mandate, index)
        right = check(rows, ledger, now.state, world.office.log.vkey, index, digest)
        said = check(rows, ledger, changed, world.office.log.vkey, index, digest)
    assert right["verdict"] == "terbukti"
    assert said["signature"] == right["signature"]
    assert (said["verdict"], said["authority"]["verdict"]) == ("tidak cocok", "tidak cocok")
    assert said["authority"]["rule"] == rule
    assert said["authority"]["why"].endswith(".")


def test_authority_over_another_document_proves_no_mark_on_this_one(world: World) -> None:
    ledger, index = world.office.ledger, world.accepted[6][1].json()["leaf_index"]
    now = ledger.stream("register")
    assert now is not None
    assert isinstance(now.state, Register)
    with ledger.reading() as rows:
        said = check(rows, ledger, now.state, world.office.log.vkey, index, world.office.iku_mended["digest"])
    assert [one["verdict"] for one in said["signature"]["checks"]] == ["tidak cocok", "terbukti", "terbukti"]
    assert (said["verdict"], said["authority"]["verdict"]) == ("tidak cocok", "terbukti")


def test_a_document_that_nobody_marked_has_no_marks(world: World) -> None:
    said = world.http.get(f"/v1/documents/{world.office.letter['digest']}/signatures").json()
    assert (said["bytes"], said["marks"]) == ("terbukti", [])


def test_the_iku_in_force_and_the_agenda_know_the_case(world: World) -> None:
    iku = world.http.get("/v1/iku", params={"unit": "kalipare", "period": "2026"}).json()
    assert iku["case"] == CASE_ID
    assert iku == world.http.get("/v1/iku", params={"unit": "kalipare", "period": "2026-2026"}).json()
    agenda = world.http.get("/v1/agenda", params={"year": 2026, "unit": "kalipare"}).json()
    assert [row["number"] for row in agenda["rows"]] == ["070/1/35.07.11/2026"]


def test_streams_say_where_they_stand(world: World) -> None:
    last = world.accepted[-1][1].json()
    said = world.http.get(f"/v1/streams/{CASE}").json()
    assert said == {"stream": CASE, "version": 12, "leaf": last["leaf_hash"], "leaf_index": last["leaf_index"]}
    assert world.http.get("/v1/streams/register").json()["version"] == 32
    assert world.http.get("/v1/streams/sop:penyusunan-iku").json()["leaf"] == world.office.sop_leaf


def test_officials_are_listed_without_their_whole_nip(world: World) -> None:
    answer = world.http.get("/v1/officials")
    said = {one["official"]: one for one in answer.json()["officials"]}
    assert set(said) == set(PEOPLE)
    for official, one in said.items():
        nip = person(official)["nip"]
        assert nip not in answer.text
        assert one["nip"].endswith(nip[-4:])
        assert [held["keyid"] for held in one["keys"]] == [key(official).public.id]
        assert [held["mandate"] for held in one["mandates"]] == [mandate_of(official)]


def test_the_sop_in_force_is_listed_and_served_whole(world: World) -> None:
    (listed,) = world.http.get("/v1/sops").json()["sops"]
    whole = world.http.get(f"/v1/sops/{listed['slug']}").json()
    assert whole["leaf"] == listed["leaf"] == world.office.sop_leaf
    rows = world.http.get(f"/v1/streams/sop:{listed['slug']}/trail").json()["trail"]
    index = next(row["leaf_index"] for row in rows if row["leaf"] == listed["leaf"])
    enacted = Act.read(Entry.parse(world.http.get(f"/v1/entries/{index}").content).envelope.unverified_payload)
    assert enacted.body.plain()["sop"] == whole["sop"]


def test_the_ledger_says_what_it_is_and_what_its_signatures_are_not(world: World) -> None:
    card = world.http.get("/v1/ledger").json()
    founding = Entry.parse(world.http.get("/v1/entries/0").content)
    assert (card["origin"], card["founding"]) == (ORIGIN, founding.leaf_hash.hex())
    assert card["vkey"] == str(world.office.log.vkey)
    assert card["synthetic"] is True
    assert "sintetis" in card["notice"]
    assert "tidak tersertifikasi" in card["disclaimer"]


def test_the_first_page_says_in_plain_words_what_this_is(world: World) -> None:
    page = world.http.get("/")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "sintetis" in page.text
    assert "tidak tersertifikasi" in page.text
    for link in ("/meja", "/kunci", "/v1/ledger", "/log/checkpoint", "/openapi.json"):
        assert f'href="{link}"' in page.text
        assert world.http.get(link).status_code == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/ledger", "/v1/entries/0", "/log/checkpoint", "/tidak-ada"])
def test_every_answer_is_guarded_and_names_no_server(path: str, world: World) -> None:
    get, head = world.http.get(path), world.http.head(path)
    for answer in (get, head):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"]
        assert not {"server", "via", "access-control-allow-origin"} & set(answer.headers)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


def test_health_writes_nothing(world: World) -> None:
    said = world.http.get("/healthz").json()
    assert (said["status"], said["size"]) == ("ok", said["position"])
    files = sorted(path for path in world.office.folder.glob("*.sqlite*") if "shm" not in path.name)
    before = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in files]
    httpx.get(world.http.base_url.join("/healthz"))
    assert [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in files] == before


def test_sixteen_writers_at_once_get_sixteen_places_without_a_gap(world: World) -> None:
    official, kind, body = world.office.steps()[0]
    envelopes = [world.office.sign(official, f"case:{uuid.uuid4()}", kind, body) for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda one: world.http.post("/v1/acts", content=one, headers=ENVELOPE), envelopes))
    assert {answer.status_code for answer in answers} == {201}
    taken = sorted(answer.json()["leaf_index"] for answer in answers)
    assert taken == list(range(taken[0], taken[0] + 16))
    for envelope, answer in zip(envelopes, answers, strict=True):
        entry = world.http.get(answer.headers["Location"]).content
        assert Entry.parse(entry).envelope.data == envelope
        verify_receipt(answer.json()["receipt"].encode(), entry, world.office.log.vkey)


def test_a_ledger_can_be_founded_over_http(tmp_path: Path) -> None:
    paper = Kecamatan(tmp_path / "kertas")  # signs the founding; nothing of it is stored there
    first, _ = FOUNDERS
    home = tmp_path / "buku"
    home.mkdir()
    logkey.write(home / "log.key", paper.log)
    app = create_app(Settings(home), paper.clock)
    client = desk(app)
    assert client.get("/v1/ledger").get_json()["rule"] == "ledger.founded"
    assert client.get("/log/checkpoint").status_code == 404
    assert client.get("/").status_code == 200
    zero = client.post(
        "/v1/acts", data=paper.sign(first, "register", "ledger.founded", founding(paper.log)), headers=ENVELOPE
    )
    assert (zero.status_code, zero.get_json()["leaf_index"]) == (201, 0)
    app.close()


def test_a_read_model_that_stops_holds_up_no_receipt(tmp_path: Path) -> None:
    office, app = served(tmp_path)
    client = desk(app)
    engine = storage.open_engine(office.ledger.database.views_url)
    with storage.writing(engine) as connection:
        connection.execute(text("DROP TABLE trail"))
    engine.dispose()
    official, kind, body = office.steps()[0]
    answer = client.post("/v1/acts", data=office.sign(official, CASE, kind, body), headers=ENVELOPE)
    assert answer.status_code == 201
    assert client.get(f"/v1/entries/{answer.get_json()['leaf_index']}").status_code == 200
    refused = client.get(f"/v1/cases/{CASE_ID}/trail")
    assert (refused.status_code, refused.get_json()["rule"]) == (503, "views.storage")
    assert "DROP" not in refused.text
    assert "sqlite" not in refused.text.lower()
    end = time.monotonic() + 20 * EVERY
    while (health := client.get("/healthz").get_json())["status"] == "ok" and time.monotonic() < end:
        time.sleep(EVERY / 5)
    assert health["status"] == "tampilan-berhenti"
    assert health["position"] < health["size"]
    app.close()


def test_read_models_that_were_lost_are_made_again_at_the_start(tmp_path: Path) -> None:
    office, app = served(tmp_path)
    office.run()
    before = desk(app).get(f"/v1/cases/{CASE_ID}").get_json()
    app.close()
    engine = storage.open_engine(office.ledger.database.views_url)
    with storage.writing(engine) as connection:
        METADATA.drop_all(connection)
    engine.dispose()
    again = create_app(Settings(tmp_path), office.clock)
    assert desk(again).get(f"/v1/cases/{CASE_ID}").get_json() == before
    again.close()
