"""What bad input gets, through HTTP: a clear problem, the ledger unchanged, and the right act accepted afterwards."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api import problems
from api.access import POLICIES
from api.app import App, create_app
from api.settings import Settings
from keys import errors
from keys.envelope import Envelope
from keys.errors import Forged, JejakError, Malformed, NotAllowed, Unavailable
from keys.possession import PAYLOAD_TYPE as POSSESSION
from keys.signing import PrivateKey
from ledger import logkey
from ledger.acts import PAYLOAD_TYPE
from tests.behind import behind
from tests.kit import CASE, INSPECTOR, Kecamatan, key, mandate_of
from tests.signed_in import desk

JSON = "application/json"
ORDER = 2**252 + 27742317777372353535851937790883648493
#: A sentence in Indonesian has at least one of these.
INDONESIAN = re.compile(
    r"\b(tidak|disebut|bukan|belum|harus|sudah|lebih|terlalu|muncul|memuat|menyebut|sekarang|ini|yang|dan|atau|sampai|paling"
    r"|tulis|sebut|kirim|tanpa|betulkan|bilangan|dokumen|giliran)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Kecamatan:
    """Return a founded ledger whose next acts are signed by hand."""
    office = Kecamatan(tmp_path_factory.mktemp("buku")).open()
    office.register(INSPECTOR)
    logkey.write(office.folder / "log.key", office.log)
    return office


@pytest.fixture(scope="module")
def app(office: Kecamatan) -> Iterator[App]:
    app = create_app(Settings(office.folder), office.clock)
    yield app
    app.close()


@pytest.fixture(scope="module")
def client(app: App) -> FlaskClient:
    return desk(app)


@pytest.fixture(scope="module")
def inspector(app: App) -> FlaskClient:
    """Return the client of somebody who may ask about every unit, also one that is not there."""
    return desk(app, INSPECTOR)


def members(office: Kecamatan, case: str, done: int, **changes: Any) -> tuple[str, dict[str, Any]]:
    """Return who signs the act after the first ``done`` of the straight way, and its payload's members."""
    official, kind, body = office.steps()[done]
    payload = office.payload(official, case, kind, body)
    payload["seen"] = payload["seen"].plain()
    return official, payload | changes


def spelt(payload: object) -> bytes:
    """Return the one spelling that a payload may have, whatever it says."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def sealed(official: str, payload: dict[str, Any] | bytes) -> bytes:
    """Return the envelope in which ``official`` signs these members, or these very bytes, whatever they mean."""
    data = payload if isinstance(payload, bytes) else spelt(payload)
    return Envelope.seal(PAYLOAD_TYPE, data, key(official)).data


Bad = Callable[[Kecamatan, str, int], bytes]


def changed(**changes: Any) -> Bad:
    """Return the maker of an act with other members; a function is applied to the member."""

    def make(office: Kecamatan, case: str, done: int) -> bytes:
        official, payload = members(office, case, done)
        for name, value in changes.items():
            payload[name] = value(payload[name]) if callable(value) else value
        return sealed(official, payload)

    return make


def inside(**changes: Any) -> Bad:
    """Return the maker of an act with other members in its body; a function is applied to the member."""
    return changed(
        body=lambda body: body | {name: new(body[name]) if callable(new) else new for name, new in changes.items()}
    )


def reference(**changes: Any) -> Bad:
    """Return the maker of an act that names its document otherwise."""
    return inside(document=lambda document: document | changes)


def text(old: str, new: str) -> Bad:
    """Return the maker of an act in whose payload ``old`` is spelt ``new``; the signature is over that."""

    def make(office: Kecamatan, case: str, done: int) -> bytes:
        official, payload = members(office, case, done)
        data = spelt(payload).decode()
        assert old in data
        return sealed(official, data.replace(old, new, 1).encode())

    return make


def whole(make: Callable[[bytes], bytes]) -> Bad:
    """Return the maker of what becomes of a right envelope's bytes."""
    return lambda office, case, done: make(changed()(office, case, done))


def by(official: str, **changes: Any) -> Bad:
    """Return the maker of the right act signed by somebody else, under their own name and mandate."""

    def make(office: Kecamatan, case: str, done: int) -> bytes:
        _, payload = members(office, case, done, official=official, mandate=mandate_of(official), **changes)
        return sealed(official, payload)

    return make


def step(number: int, **changes: Any) -> Bad:
    """Return the maker of the act that the straight way has at ``number``, too early."""

    def make(office: Kecamatan, case: str, done: int) -> bytes:
        official, kind, body = office.steps()[number]
        payload = members(office, case, done)[1]
        return sealed(
            official,
            payload | {"official": official, "mandate": mandate_of(official), "kind": kind, "body": body | changes},
        )

    return make


def unknown_key(office: Kecamatan, case: str, done: int) -> bytes:
    _, payload = members(office, case, done)
    return Envelope.seal(PAYLOAD_TYPE, spelt(payload), PrivateKey.generate()).data


def stale(office: Kecamatan, case: str, done: int) -> bytes:
    """Return another act for the version that the newest act of the case has."""
    now = office.ledger.stream(case)
    assert now is not None
    before = [row.leaf_hash.hex() for row in _rows(office, case)][-2]
    official, payload = members(office, case, done, version=now.version, previous=before)
    return sealed(official, payload)


def _rows(office: Kecamatan, case: str) -> list[Any]:
    with office.ledger.reading() as rows:
        return rows.stream(case)


def pad_bits(data: bytes) -> bytes:
    """Return the envelope with another spelling of the same signature: pad bits that are not zero."""
    at = data.rindex(b'=="')
    return data[: at - 1] + {b"A": b"B", b"Q": b"R", b"g": b"h", b"w": b"x"}[data[at - 1 : at]] + data[at:]


def other_signature(data: bytes) -> bytes:
    """Return the envelope with another's signature of the same payload under the same key id."""
    envelope = Envelope.parse(data)
    other = Envelope.seal(PAYLOAD_TYPE, envelope.unverified_payload, key("eko-prasetyo"))
    return data.replace(base64.b64encode(envelope.signature), base64.b64encode(other.signature))


def high_s(data: bytes) -> bytes:
    """Return the envelope with S + L instead of S: the second spelling of one signature."""
    signature = Envelope.parse(data).signature
    s = int.from_bytes(signature[32:], "little") + ORDER
    high = signature[:32] + s.to_bytes(32, "little")
    return data.replace(base64.b64encode(signature), base64.b64encode(high))


def swollen(data: bytes) -> bytes:
    """Return the envelope with a payload of 48,000 more bytes."""
    return data.replace(b'"payload":"', b'"payload":"' + b"eHh4" * 16_000, 1)


def other_type(data: bytes) -> bytes:
    """Return the payload signed as something else than an act."""
    return Envelope.seal(POSSESSION, Envelope.parse(data).unverified_payload, key("budi-santoso")).data


def reordered(data: bytes) -> bytes:
    parsed = json.loads(data)
    return json.dumps({name: parsed[name] for name in reversed(parsed)}, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Row:
    """One bad input, given after ``done`` right acts of a case."""

    name: str
    done: int
    make: Bad
    status: int
    rule: str


ROWS = [
    Row("an envelope that is too large", 2, whole(swollen), 413, "envelope.size"),
    Row("64,001 bytes", 1, whole(lambda data: data + b" " * (64_001 - len(data))), 413, "envelope.size"),
    Row("no bytes at all", 1, whole(lambda data: b""), 400, "envelope.form"),
    Row("an envelope that is not JSON", 1, whole(lambda data: b"bukan json"), 400, "envelope.form"),
    Row("an envelope cut short", 1, whole(lambda data: data[:-1]), 400, "envelope.form"),
    Row("white space after the envelope", 1, whole(lambda data: data + b"\n"), 400, "envelope.form"),
    Row("another member order", 1, whole(reordered), 400, "envelope.form"),
    Row("a second signature", 1, whole(lambda d: d[:-2] + b"," + d[d.index(b'{"keyid') :]), 400, "envelope.form"),
    Row("a key id in capitals", 1, whole(lambda d: d[:-160] + d[-160:].upper()), 400, "envelope.form"),
    Row("bad base64", 1, whole(lambda data: data.replace(b'"payload":"', b'"payload":"A', 1)), 400, "base64.form"),
    Row("pad bits that are not zero", 1, whole(pad_bits), 400, "base64.canonical"),
    Row("a signature by somebody else", 1, whole(other_signature), 422, "signature.invalid"),
    Row("a signature with S not below L", 1, whole(high_s), 422, "signature.form"),
    Row("an unknown key", 1, unknown_key, 403, "authority.key"),
    Row(
        "a signature of another type of payload",
        1,
        whole(lambda d: d.replace(b".act.", b".xct.")),
        422,
        "signature.invalid",
    ),
    Row("a payload of another type", 1, whole(other_type), 400, "act.type"),
    Row("a payload that is not JSON", 1, lambda o, c, d: sealed("budi-santoso", b"bukan json"), 400, "json.syntax"),
    Row("a payload that is not UTF-8", 1, lambda o, c, d: sealed("budi-santoso", b'{"a":"\xff"}'), 400, "json.utf8"),
    Row("a payload that is a list", 1, lambda o, c, d: sealed("budi-santoso", b"[]"), 400, "act.schema"),
    Row("a payload nested deeply", 1, lambda o, c, d: sealed("budi-santoso", b"[" * 40 + b"]" * 40), 400, "json.depth"),
    Row("a name twice", 1, text('{"ledger":', '{"kind": "x", "ledger":'), 400, "json.duplicate"),
    Row("a name twice in the body", 1, text('"body":{', '"body": {"step": "3", '), 400, "json.duplicate"),
    Row("an unknown name", 1, changed(catatan="x"), 400, "act.schema"),
    Row("an unknown name in the body", 1, inside(catatan="x"), 400, "act.body"),
    Row("a name that is missing", 1, text('"occurred_at":', '"occurred":'), 400, "act.schema"),
    Row("a name of 10,000 characters", 1, inside(**{"n" * 10_000: "x"}), 400, "act.body"),
    Row("an official's name of 10,000 characters", 1, changed(official="b" * 10_000), 400, "act.schema"),
    Row("a kind of 10,000 characters", 1, changed(kind="k" * 10_000), 400, "act.schema"),
    Row("a text of 10,000 characters", 1, inside(instruction="x" * 10_000), 400, "act.body"),
    Row("a number as text", 1, changed(version="2"), 400, "act.schema"),
    Row("text as a number", 1, inside(instruction=7), 400, "act.body"),
    Row("true as a number", 1, changed(version=True), 400, "act.schema"),
    Row("a body that is a list", 1, changed(body=[]), 400, "act.schema"),
    Row("a float", 1, text('"version":2', '"version":2.0'), 400, "json.float"),
    Row("an exponent", 1, text('"version":2', '"version":2e0'), 400, "json.float"),
    Row("not a number", 1, text('"version":2', '"version": NaN'), 400, "json.float"),
    Row("minus zero", 1, text('"version":2', '"version": -0'), 400, "json.integer"),
    Row("version 0", 1, changed(version=0), 400, "act.schema"),
    Row("version 2^63", 1, changed(version=2**63), 400, "json.integer"),
    Row("version 2^53 - 1", 1, changed(version=2**53 - 1), 409, "stream.version"),
    Row("a lone surrogate", 1, text("Susun", "\\ud800"), 400, "json.character"),
    Row("a bidirectional control", 1, inside(instruction="setuju \u202ekaditS"), 400, "json.character"),
    Row("a NUL", 1, inside(instruction="setu\x00ju"), 400, "json.character"),
    Row("a NUL in a name", 1, inside(**{"ste\x00p": "2"}), 400, "json.character"),
    Row("a time without an offset", 1, changed(occurred_at="2026-03-02T08:00:00"), 400, "act.schema"),
    Row("a time that is not", 1, changed(occurred_at="2026-02-30T08:00:00+07:00"), 400, "act.schema"),
    Row("an unknown kind", 1, changed(kind="iku.deleted"), 400, "act.kind"),
    Row("a kind in a stream of others", 1, changed(stream="register"), 400, "act.stream"),
    Row("a stream that is none", 1, changed(stream="case:1"), 400, "act.schema"),
    Row("another ledger", 1, changed(ledger="sebelah.example/jejak"), 422, "act.ledger"),
    Row("another entry before it", 1, changed(previous="0" * 64), 422, "stream.previous"),
    Row("no entry before it", 1, changed(previous=None), 400, "act.previous"),
    Row("no checkpoint seen", 1, changed(seen=None), 422, "seen.missing"),
    Row("a root that is not ours", 1, changed(seen=lambda s: s | {"root": "A" * 43 + "="}), 422, "seen.root"),
    Row("a tree larger than ours", 1, changed(seen=lambda s: s | {"size": 10**6}), 422, "seen.ahead"),
    Row("a tree from before the act before", 1, changed(seen=lambda s: s | {"size": 1}), 422, "seen.behind"),
    Row("a root that is no hash", 1, changed(seen=lambda s: s | {"root": "AAAA"}), 400, "act.schema"),
    Row("a stale version", 2, stale, 409, "stream.taken"),
    Row("a version ahead", 1, changed(version=7), 409, "stream.version"),
    Row("somebody else's name", 1, changed(official="sri-wahyuni"), 403, "authority.official"),
    Row("somebody else's mandate", 1, changed(mandate=mandate_of("sri-wahyuni")), 403, "authority.mandate"),
    Row("a mandate that is not", 1, changed(mandate="bupati"), 403, "authority.mandate"),
    Row("the wrong office for the step", 1, by("agus-salim"), 403, "authority.office"),
    Row("a step without its kelengkapan", 5, step(6), 422, "sop.kelengkapan"),
    Row("a step that is done", 4, step(2), 422, "sop.order"),
    Row(
        "another activity than the step's",
        5,
        changed(kind="direction.given", body={"step": "6", "instruction": "Susun."}),
        422,
        "sop.activity",
    ),
    Row("a step that the SOP does not have", 1, inside(step="99"), 422, "sop.step"),
    Row("a paraf on another digest", 5, inside(document="sha256:" + "0" * 64), 422, "case.document"),
    Row("a return without its reason", 4, inside(decision="returned"), 400, "act.body"),
    Row("a document that is not here", 2, reference(digest="sha256:" + "0" * 64), 422, "document.unknown"),
    Row("a document of another size", 2, reference(size=1), 422, "document.size"),
    Row("a case opened twice", 1, step(0), 422, "case.open"),
]


def check_problem(answer: TestResponse, status: int, rule: str) -> dict[str, Any]:
    """Assert that the answer is the problem document of this rule, in words for people, and return it."""
    body = answer.get_json()
    assert (answer.status_code, body["rule"]) == (status, rule), body
    assert answer.mimetype == "application/problem+json"
    assert body["status"] == status
    assert body["type"] == f"urn:jejak:masalah:{rule}"
    for name in ("title", "detail", "allowed"):
        assert body[name].strip()
        assert "Traceback" not in body[name]
        assert ".py" not in body[name]
    assert INDONESIAN.search(body["detail"]), body["detail"]
    assert len(answer.data) < 4_000, "a problem does not throw back what was sent"
    return dict(body)


@dataclass(frozen=True)
class Log:
    """What a refusal must leave as it was."""

    checkpoint: bytes
    size: int


def log_of(client: FlaskClient) -> Log:
    return Log(client.get("/log/checkpoint").data, client.get("/healthz").get_json()["size"])


def post(client: FlaskClient, data: bytes) -> TestResponse:
    return client.post("/v1/acts", data=data, content_type=JSON)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_bad_input_is_refused_and_changes_nothing(row: Row, office: Kecamatan, client: FlaskClient) -> None:
    case = f"case:{uuid.uuid5(uuid.NAMESPACE_OID, row.name)}"
    office.run(case, row.done)
    bad = row.make(office, case, row.done)
    before = log_of(client)
    body = check_problem(post(client, bad), row.status, row.rule)
    assert log_of(client) == before
    if row.status == 409:
        assert body["version"] == row.done
    right = post(client, changed()(office, case, row.done))
    assert right.status_code == 201, right.get_json()
    assert right.get_json()["version"] == row.done + 1


def test_a_root_that_is_not_ours_is_kept_as_evidence(office: Kecamatan, client: FlaskClient) -> None:
    case = f"case:{uuid.uuid4()}"
    office.run(case, 1)
    bad = changed(seen=lambda seen: seen | {"root": "B" * 42 + "A="})(office, case, 1)
    check_problem(post(client, bad), 422, "seen.root")
    name = f"{Envelope.parse(bad).keyid[:16]}-{hashlib.sha256(bad).hexdigest()}.json"
    kept = office.folder / "contradictions" / name
    assert kept.read_bytes() == bad


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_an_act_in_another_media_type_is_refused(content_type: str, client: FlaskClient) -> None:
    answer = client.post("/v1/acts", data=b"{}", headers={"Content-Type": content_type} if content_type else {})
    check_problem(answer, 415, "request.media_type")


def test_an_act_of_endless_length_is_read_no_further_than_an_envelope_may_be_long(client: FlaskClient) -> None:
    answer = client.post("/v1/acts", data=b"x" * 10_000_000, content_type=JSON)
    check_problem(answer, 413, "envelope.size")


def digest_header(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


def documents_in(office: Kecamatan) -> set[str]:
    return {str(path) for path in (office.folder / "documents").rglob("*")}


@pytest.mark.parametrize(
    ("data", "headers", "status", "rule"),
    [
        (b"x" * (20 * 1024 * 1024 + 1), {"Content-Type": "application/pdf"}, 413, "document.too_large"),
        (
            b"isi",
            {"Content-Type": "application/pdf", "Content-Digest": digest_header(b"isi lain")},
            400,
            "document.digest",
        ),
        (
            b"isi",
            {"Content-Type": "application/pdf", "Content-Digest": "sha-256=abc"},
            400,
            "document.content_digest",
        ),
        (
            b"isi",
            {"Content-Type": "application/pdf", "Content-Digest": f"sha-256=:{'A' * 42}B=:"},
            400,
            "base64.canonical",
        ),
        (b"isi", {}, 415, "request.media_type"),
        (b"isi", {"Content-Type": "pdf"}, 415, "request.media_type"),
    ],
    ids=["too large", "another hash", "a digest in no form", "a digest with pad bits", "no media type", "a bad one"],
)
def test_a_bad_document_is_refused_and_nothing_of_it_is_kept(
    data: bytes, headers: dict[str, str], status: int, rule: str, office: Kecamatan, client: FlaskClient
) -> None:
    before = documents_in(office)
    check_problem(client.post("/v1/documents", data=data, headers=headers), status, rule)
    assert documents_in(office) == before
    right = client.post("/v1/documents", data=b"isi", headers={"Content-Type": "application/pdf"})
    assert right.status_code == 201


def test_a_document_whose_bytes_were_altered_is_not_handed_out(office: Kecamatan, client: FlaskClient) -> None:
    digest = client.post("/v1/documents", data=b"akan diubah", content_type="text/plain").get_json()["digest"]
    hexed = digest.removeprefix("sha256:")
    (office.folder / "documents" / hexed[:2] / hexed).write_bytes(b"sudah diubah")
    check_problem(client.get(f"/v1/documents/{digest}"), 500, "document.altered")


@pytest.mark.parametrize(
    ("path", "status", "rule"),
    [
        ("/v1/tidak-ada", 404, "request.path"),
        ("/v1/acts/", 404, "request.path"),
        (f"/v1/cases/{'0' * 8}-0000-4000-8000-{'0' * 12}", 404, "case.unknown"),
        (f"/v1/cases/{'0' * 8}-0000-4000-8000-{'0' * 12}/trail", 404, "case.unknown"),
        (f"/v1/cases/{'0' * 8}-0000-4000-8000-{'0' * 12}/bundle", 404, "case.unknown"),
        (f"/v1/cases/{'0' * 8}-0000-4000-8000-{'0' * 12}/next?mandate=camat-sri-wahyuni", 404, "case.unknown"),
        ("/v1/cases/SATU", 400, "request.parameter"),
        ("/v1/cases?limit=0", 400, "request.parameter"),
        ("/v1/cases?limit=1000", 400, "request.parameter"),
        ("/v1/cases?batas=5", 400, "request.parameter"),
        ("/v1/cases?unit=kalipare&unit=pagak", 400, "request.parameter"),
        ("/v1/cases?unit=%00", 400, "request.parameter"),
        ("/v1/entries/999999", 404, "log.leaf"),
        ("/v1/entries/-1", 400, "request.parameter"),
        ("/v1/entries/007", 400, "request.parameter"),
        ("/v1/entries/9223372036854775808", 400, "request.parameter"),
        ("/v1/entries/999999/receipt", 404, "log.leaf"),
        ("/v1/entries/3/receipt?size=999999", 404, "log.size"),
        ("/v1/entries/3/receipt?size=3", 404, "log.size"),
        ("/v1/consistency?old=5&new=999999", 404, "log.size"),
        ("/v1/consistency?old=9&new=5", 400, "merkle.order"),
        ("/v1/consistency?old=5", 400, "request.parameter"),
        ("/v1/streams/case:0", 400, "request.parameter"),
        ("/v1/streams/sop:tidak-ada", 404, "stream.unknown"),
        ("/v1/streams/sop:tidak-ada/trail", 404, "stream.unknown"),
        (f"/v1/streams/case:{'0' * 8}-0000-4000-8000-{'0' * 12}/trail", 404, "case.unknown"),
        ("/v1/streams/agenda/trail", 400, "request.parameter"),
        ("/v1/streams/agenda/place", 400, "request.parameter"),
        ("/v1/streams/register/place?old=007", 400, "request.parameter"),
        ("/v1/streams/register/place?old=-1", 400, "request.parameter"),
        ("/v1/streams/register/place?lama=1", 400, "request.parameter"),
        ("/v1/sops/tidak-ada", 404, "sop.unknown"),
        ("/v1/documents/sha256:00", 400, "request.parameter"),
        (f"/v1/documents/sha256:{'0' * 64}", 404, "document.unknown"),
        ("/v1/iku?unit=kalipare&period=1999", 404, "iku.none"),
        ("/v1/iku?unit=kalipare&period=2030-2026", 400, "request.parameter"),
        ("/v1/agenda?year=duaribu", 400, "request.parameter"),
        ("/v1/inbox?office=camat", 400, "request.parameter"),
        ("/v1/inbox?office=raja&unit=kalipare", 404, "inbox.office"),
        ("/v1/inbox?office=camat&unit=pagak", 404, "inbox.unit"),
        ("/log/tile/0/001", 404, "tile.beyond"),
        ("/log/tile/entries/001", 404, "tile.beyond"),
        ("/log/tile/0/1", 404, "tile.path"),
        ("/log/tile/entries/1", 404, "tile.path"),
        ("/log/tile/entries/000?width=5", 400, "request.parameter"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(path: str, status: int, rule: str, inspector: FlaskClient) -> None:
    check_problem(inspector.get(path), status, rule)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/v1/cases?limit=201", "dari 1 sampai 200"),
        ("/v1/cases?limit=banyak", "dari 1 sampai 200"),
        ("/v1/agenda?year=1944", "dari 1945 sampai 9999"),
        ("/v1/entries/9007199254740992", "dari 0 sampai 9007199254740991"),
        ("/v1/entries/99999999999999999999", "dari 0 sampai 9007199254740991"),
        ("/v1/cases/nope", "UUID"),
        ("/v1/streams/nope", "register, sop:<nama>, atau case:<UUID perkara>"),
    ],
)
def test_what_is_in_no_form_is_told_the_form_in_words(path: str, words: str, client: FlaskClient) -> None:
    detail = check_problem(client.get(path), 400, "request.parameter")["detail"]
    assert words in detail
    assert "^" not in detail, "a pattern is no word"


def test_an_unknown_name_in_the_query_is_refused_in_the_same_words_everywhere(inspector: FlaskClient) -> None:
    document = inspector.get("/openapi.json").get_json()
    values = {"case_id": CASE.removeprefix("case:"), "stream": "register", "index": "1", "slug": "penyusunan-iku"}
    values |= {"digest": f"sha256:{'0' * 64}", "official": "sri-wahyuni", "level": "0", "place": "000.p/1"}
    needed = {"office": "camat", "unit": "kalipare", "year": "2026", "period": "2026", "mandate": "x1"}
    needed |= {"old": "1", "new": "2", "sop": "penyusunan-iku", "name": "iku.csv"}
    asked = [
        (path.format(**values), verb, [one["name"] for one in said.get("parameters", []) if one["in"] == "query"])
        for path, verbs in document["paths"].items()
        for verb, said in verbs.items()
    ]
    assert len(asked) > 15
    for path, verb, own in [*asked, ("/openapi.json", "get", [])]:
        query = {name: value for name, value in needed.items() if name in own} | {"asing": "1"}
        answer = inspector.open(path, method=verb.upper(), query_string=query, data=b"{}", content_type=JSON)
        body = check_problem(answer, 400, "request.parameter")
        assert body["detail"] == "Alamat: bagian 'asing' tidak dikenal.", path


def test_an_office_that_is_not_there_is_told_which_are(client: FlaskClient) -> None:
    said = check_problem(client.get("/v1/inbox?office=raja&unit=kalipare"), 404, "inbox.office")
    assert {"camat", "sekcam", "staf"} <= set(re.findall(r"[a-z-]+", said["allowed"]))
    assert client.get("/v1/inbox?office=staf&unit=kalipare").status_code == 200


def test_a_wrong_method_is_a_problem_that_still_says_what_is_allowed(client: FlaskClient) -> None:
    answer = client.delete("/v1/acts")
    check_problem(answer, 405, "request.method")
    assert {"POST", "OPTIONS"} <= {one.strip() for one in answer.headers["Allow"].split(",")}


def test_a_service_on_this_machine_is_not_reached_by_another_name(client: FlaskClient) -> None:
    answer = client.get("/v1/ledger", headers={"Host": "jahat.example"})
    check_problem(answer, 400, "request.form")


def test_our_own_bug_is_a_problem_without_internals(
    app: App, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("rahasia dapur")

    app.view_functions["rusak"] = broken
    monkeypatch.setitem(POLICIES, "rusak", None)
    rules = app.url_map
    rules.add(app.url_rule_class("/rusak", endpoint="rusak"))
    answer = client.get("/rusak")
    check_problem(answer, 500, "service.fault")
    assert b"rahasia" not in answer.data
    assert b"ZeroDivision" not in answer.data


def test_every_type_of_fault_is_in_the_table() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, JejakError)}
    assert set(problems.TABLE) == kinds


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Malformed("json.syntax", "x"), 400),
        (Malformed("entry.form", "x"), 500),
        (NotAllowed("sop.order", "x"), 422),
        (NotAllowed("authority.key", "x"), 403),
        (Forged("signature.invalid", "x"), 422),
        (Forged("possession.ledger", "x"), 422),
        (Forged("seen.root", "x"), 422),
        (Forged("entry.columns", "x"), 500),
        (Forged("envelope.form", "x"), 500),
        (Forged("log.unsealed", "x"), 500),
        (Unavailable("journal.busy", "x"), 503),
    ],
    ids=lambda value: getattr(value, "rule", value),
)
def test_what_was_sent_wrong_is_told_apart_from_what_is_stored_wrong(fault: JejakError, status: int) -> None:
    assert problems.outcome_of(fault).status == status


def test_a_busy_ledger_says_when_to_come_back_and_keeps_its_cause_to_itself(app: App) -> None:
    with app.test_request_context():
        answer = problems.answer_to(Unavailable("journal.busy", "Sedang sibuk.", cause="disk I/O error"))
    assert answer.headers["Retry-After"] == str(problems.RETRY_AFTER)
    assert b"disk" not in answer.data


def test_a_damaged_entry_is_our_fault_and_is_said_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    office = Kecamatan(tmp_path_factory.mktemp("rusak")).open()
    logkey.write(office.folder / "log.key", office.log)
    app = create_app(Settings(office.folder), office.clock)
    with behind(office.ledger.database) as connection:
        connection.execute("UPDATE stored_events SET originator_version = 99 WHERE leaf_index = 5")
    body = check_problem(desk(app).get("/v1/entries/5"), 500, "entry.columns")
    assert body["leaf"] == 5
    app.close()
