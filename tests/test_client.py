"""The client believes nothing: each lie of a service is refused before anything is signed.

The service is the real application over a real ledger; between it and the client stands an adversary, who changes
what passes. Where a lie needs the log's own key (a fork, a shrunk log), the adversary has it.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import answers, patience
from api.app import App, create_app
from api.client import LONGEST, WAITS, Client
from api.remembered import Pins, Remembered, RememberedHead
from api.settings import Settings
from api.sign_in import SessionFile
from keys.envelope import Envelope
from keys.errors import (
    Conflict,
    Forged,
    JejakError,
    Malformed,
    NotAllowed,
    NotFound,
    NotJudged,
    Unavailable,
)
from ledger import logkey
from ledger.acts import PAYLOAD_TYPE, Act, compose
from ledger.checkpoint import sign_checkpoint
from ledger.documents import digest_of
from ledger.iku import sample
from ledger.merkle import leaf_hash
from ledger.note import NoteSigner
from ledger.receipt import format_receipt, verify_receipt
from tests.kit import CASE, IKU, ORIGIN, Kecamatan, key, mandate_of
from tests.signed_in import kept

Change = Callable[[bytes], bytes]
OTHER_CASE = "case:22222222-2222-4222-8222-222222222222"


class Adversary(httpx.BaseTransport):
    """Stands between client and service: changes answers by path, breaks the line, counts what was sent."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._real = httpx.WSGITransport(app=app)
        self._lies: dict[str, Change] = {}
        self._withheld: set[str] = set()
        self._broken = 0
        self._after = False
        self._headers: dict[str, str] = {}
        self.posted: list[bytes] = []
        self.encodings: set[str] = set()

    def lie(self, path: str, change: Change) -> None:
        """Change every answer at ``path``."""
        self._lies[path] = change

    def label(self, **headers: str) -> None:
        """Give every changed answer these headers."""
        self._headers = headers

    def withhold(self, path: str) -> None:
        """Answer that there is nothing at ``path``."""
        self._withheld.add(path)

    def honest(self) -> None:
        """Stop lying."""
        self._lies.clear()

    def cut(self, times: int, *, after: bool) -> None:
        """Lose the next answers to a POST, before or after the service has them."""
        self._broken, self._after = times, after

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.encodings.add(request.headers["Accept-Encoding"])
        if request.method == "POST" and request.url.path == "/v1/acts":
            self.posted.append(request.read())
            if self._broken:
                self._broken -= 1
                if self._after:
                    self._real.handle_request(request).read()
                raise httpx.ReadError("the line was cut", request=request)
        if request.url.path in self._withheld:
            problem = json.dumps({"rule": "log.leaf", "detail": "Tidak ada.", "allowed": ""})
            return httpx.Response(404, stream=httpx.ByteStream(problem.encode()), request=request)
        response = self._real.handle_request(request)
        change = self._lies.get(request.url.path)
        if change is None:
            return response
        given = httpx.ByteStream(change(response.read()))
        return httpx.Response(response.status_code, headers=self._headers, stream=given, request=request)


class Office:
    """A kecamatan that is served, with a client of its camat."""

    def __init__(self, folder: Path) -> None:
        self.kecamatan = Kecamatan(folder / "buku").open()
        logkey.write(folder / "buku" / "log.key", self.kecamatan.log)
        self.kecamatan.run(upto=6)
        self.app = create_app(Settings(folder / "buku"), self.kecamatan.clock)
        self.adversary = Adversary(self.app)
        with self.kecamatan.ledger.reading() as rows:
            first = rows.entry(0)
        assert first is not None
        self.pins = Pins(vkey=str(self.kecamatan.log.vkey), founding=first.leaf_hash.hex())
        self.folder = folder / "ingatan"
        self.naps: list[float] = []
        self.client = self.new_client(self.folder)

    def new_client(self, folder: Path, pins: Pins | None = None) -> Client:
        memory = Remembered.pin(folder, pins or self.pins)
        sessions = SessionFile(self.folder.with_name("masuk"))
        sessions.keep(kept(self.app))
        return Client("http://127.0.0.1", memory, sessions=sessions, transport=self.adversary, sleep=self.naps.append)

    def size(self) -> int:
        with self.kecamatan.ledger.reading() as rows:
            return rows.size()

    def envelope(self, client: Client | None = None, **changes: Any) -> Envelope:
        """Sign the camat's signature with nothing but what the client verified."""
        client = client or self.client
        checkpoint, head = client.checkpoint(), client.head(CASE)
        payload = compose(
            **{
                "ledger": client.origin,
                "seen": client.seen(checkpoint),
                "stream": CASE,
                "version": head.version + 1,
                "previous": head.leaf,
                "kind": "signature.given",
                "official": "sri-wahyuni",
                "mandate": mandate_of("sri-wahyuni"),
                "occurred_at": "2026-03-02T09:00:00+07:00",
                "body": {"step": "7", "document": self.kecamatan.iku["digest"]},
            }
            | changes
        )
        return Envelope.seal(PAYLOAD_TYPE, payload, key("sri-wahyuni"))

    def forged_note(self, size: int, *entries: bytes, signer: NoteSigner | None = None) -> bytes:
        """Return a checkpoint over another history, signed by the log's own key unless another is given."""
        signer = signer or self.kecamatan.log
        root = leaf_hash(b"".join(entries) or b"another history")
        return sign_checkpoint(signer, signer.name, size, root)

    def evidence(self) -> list[str]:
        """Return the names of the files that were kept as evidence."""
        return sorted(path.name for path in (self.folder / "evidence").glob("*/*"))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.client.close()
    office.app.close()
    office.kecamatan.ledger.close()


def refused(kind: type[JejakError], rule: str, call: Callable[[], object]) -> JejakError:
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert caught.value.rule == rule
    return caught.value


def rewritten(**members: Any) -> Change:
    return lambda data: json.dumps(json.loads(data) | members).encode()


# --- what is right ---------------------------------------------------------------------------------------


def test_an_act_built_from_verified_bytes_is_recorded_and_proved(office: Office) -> None:
    proved = office.client.submit(office.envelope())
    verified = verify_receipt(proved.proof, proved.entry.data, office.kecamatan.log.vkey)
    assert (proved.act.kind, proved.act.version, verified.index) == ("signature.given", 7, office.size() - 1)
    assert office.client.head(CASE).leaf == proved.leaf


def test_the_client_remembers_the_newest_checkpoint_over_restarts(office: Office) -> None:
    signed = office.client.checkpoint()
    newest = Remembered.open(office.folder).newest()
    assert newest is not None
    assert newest.data == signed.data


def test_a_log_that_grew_is_proved_to_continue_and_remembered(office: Office) -> None:
    before = office.client.checkpoint().checkpoint.size
    office.kecamatan.do(*_seventh(office))
    after = office.client.checkpoint().checkpoint
    newest = office.client.remembered.newest()
    assert newest is not None
    assert (before, after.size) == (newest.checkpoint.size - 1, newest.checkpoint.size)


def test_a_receipt_newer_than_the_memory_moves_the_memory(office: Office) -> None:
    office.client.checkpoint()
    office.kecamatan.do(*_seventh(office))
    head = office.client.head(CASE)
    newest = office.client.remembered.newest()
    assert head.newest is not None
    assert newest is not None
    assert newest.checkpoint.size > head.newest.index


def test_a_stream_with_no_act_has_a_head_of_version_zero(office: Office) -> None:
    head = office.client.head(OTHER_CASE)
    assert (head.version, head.leaf) == (0, None)


def test_the_history_of_a_case_is_chained_up_to_its_head(office: Office) -> None:
    head = office.client.head(CASE)
    indices = list(range(office.size() - 6, office.size()))
    history = office.client.history(head, indices)
    assert [one.act.version for one in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1].leaf == head.leaf


def test_an_entry_is_found_by_its_leaf_hash_alone(office: Office) -> None:
    wanted = office.kecamatan.sop_leaf
    found = office.client.find(wanted, office.size() - 1)
    assert (found.leaf, found.act.kind) == (wanted, "sop.enacted")


def test_a_leaf_hash_that_is_nowhere_cannot_be_judged(office: Office) -> None:
    refused(NotJudged, "client.leaf", lambda: office.client.find("0" * 64, office.size() - 1))


def test_a_document_comes_back_as_it_was_uploaded(office: Office) -> None:
    data = sample("kulon-progo")
    assert office.client.document(office.client.upload(data, IKU)) == data


# --- the log lies ----------------------------------------------------------------------------------------


def test_a_checkpoint_by_another_key_is_refused_and_kept(office: Office) -> None:
    stranger = NoteSigner(ORIGIN, key("orang-asing"))
    office.adversary.lie("/log/checkpoint", lambda _: office.forged_note(office.size(), signer=stranger))
    refused(Forged, "client.checkpoint", office.envelope)
    assert office.evidence() == ["checkpoint", "vkey"]


def test_a_shrunk_log_is_refused_and_both_checkpoints_are_kept(office: Office) -> None:
    older = office.client.checkpoint().data
    office.kecamatan.do(*_seventh(office))
    newer = office.client.checkpoint().data
    office.adversary.lie("/log/checkpoint", lambda _: older)
    fault = refused(Forged, "client.shrunk", office.client.checkpoint)
    kept = Path(str(fault.facts["evidence"]))
    assert ((kept / "old").read_bytes(), (kept / "new").read_bytes()) == (newer, older)


def test_another_root_at_the_same_size_is_a_fork(office: Office) -> None:
    size = office.client.checkpoint().checkpoint.size
    office.adversary.lie("/log/checkpoint", lambda _: office.forged_note(size))
    fault = refused(Forged, "client.forked", office.client.checkpoint)
    assert f"Log menandatangani dua riwayat: dua segel atas {size} daun" in fault.detail
    assert office.evidence() == ["new", "old"]


def test_a_fork_that_grew_has_no_consistency_proof(office: Office) -> None:
    size = office.client.checkpoint().checkpoint.size
    office.kecamatan.do(*_seventh(office))
    office.adversary.lie("/log/checkpoint", lambda _: office.forged_note(size + 1))
    refused(Forged, "client.forked", office.client.checkpoint)
    assert office.evidence() == ["new", "old"]


def test_after_a_lie_the_memory_is_what_it_was(office: Office) -> None:
    before = office.client.checkpoint().data
    office.adversary.lie("/log/checkpoint", lambda _: office.forged_note(office.size() + 1))
    with pytest.raises(JejakError):
        office.client.checkpoint()
    newest = office.client.remembered.newest()
    assert newest is not None
    assert newest.data == before
    office.adversary.honest()
    assert office.client.checkpoint().data == before


def test_a_withheld_consistency_proof_is_not_judged_and_nothing_is_remembered(office: Office) -> None:
    before = office.client.checkpoint().data
    office.kecamatan.do(*_seventh(office))
    office.adversary.lie("/v1/consistency", lambda _: b"{}")
    refused(NotJudged, "client.answer", office.client.checkpoint)
    newest = office.client.remembered.newest()
    assert newest is not None
    assert newest.data == before


def test_a_proof_or_an_entry_that_is_said_not_to_be_there_is_not_judged(office: Office) -> None:
    office.client.checkpoint()
    office.kecamatan.do(*_seventh(office))
    office.adversary.withhold("/v1/consistency")
    refused(NotJudged, "client.withheld", office.client.checkpoint)
    office.adversary.withhold(f"/v1/entries/{office.size() - 1}")
    refused(NotJudged, "client.withheld", lambda: office.client.head(CASE))


def test_a_fork_inside_a_receipt_is_refused(office: Office) -> None:
    office.client.checkpoint()
    data = b'{"recorded_at":"2026-03-02T02:00:00.000000Z","envelope":' + office.kecamatan.sign(*_seventh(office)) + b"}"
    note = sign_checkpoint(office.kecamatan.log, ORIGIN, 1, leaf_hash(data))
    office.adversary.lie("/v1/entries/0", lambda _: data)
    office.adversary.lie("/v1/entries/0/receipt", lambda _: b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + note)
    refused(Forged, "client.forked", lambda: office.client.entry(0))
    assert office.evidence() == ["new", "old"]


def test_nobody_waits_for_a_slow_peer_and_what_was_verified_meanwhile_stays(office: Office) -> None:
    office.client.checkpoint()
    other = office.new_client(office.folder)
    verified: list[bytes] = []

    def meanwhile(slow: bytes) -> bytes:
        office.adversary.honest()
        office.kecamatan.do(*_seventh(office))
        another = threading.Thread(target=lambda: verified.append(other.checkpoint().data), daemon=True)
        another.start()
        another.join(5)
        return slow

    office.adversary.lie("/log/checkpoint", meanwhile)
    signed = office.client.checkpoint()
    assert verified == [signed.data]
    assert (office.folder / "checkpoint").read_bytes() == signed.data
    assert signed.checkpoint.size == office.size()


def test_a_fork_that_was_shown_to_another_process_meanwhile_is_refused(office: Office) -> None:
    office.client.checkpoint()
    office.kecamatan.do(*_seventh(office))
    forked = office.forged_note(office.size())

    def meanwhile(proof: bytes) -> bytes:
        office.adversary.honest()
        (office.folder / "checkpoint").write_bytes(forked)
        return proof

    office.adversary.lie("/v1/consistency", meanwhile)
    refused(Forged, "client.forked", office.client.checkpoint)
    assert (office.folder / "checkpoint").read_bytes() == forked
    assert office.evidence() == ["new", "old"]


# --- first contact ---------------------------------------------------------------------------------------


def test_a_ledger_with_another_founding_is_refused_at_first_contact(office: Office, tmp_path: Path) -> None:
    other = Pins(vkey=office.pins.vkey, founding="0" * 64)
    client = office.new_client(tmp_path / "lain", other)
    refused(Forged, "client.founding", client.checkpoint)
    assert client.remembered.newest() is None


def test_a_pinned_founding_that_the_checkpoint_does_not_begin_with_is_refused(office: Office, tmp_path: Path) -> None:
    office.adversary.lie("/log/checkpoint", lambda _: office.forged_note(office.size()))
    refused(Forged, "client.founding", office.new_client(tmp_path / "lain").checkpoint)


def test_other_pins_than_those_of_the_first_contact_are_refused(office: Office) -> None:
    other = Pins(vkey=str(NoteSigner(ORIGIN, key("orang-asing")).vkey), founding=office.pins.founding)
    refused(NotAllowed, "client.pinned", lambda: Remembered.pin(office.folder, other))


def test_a_folder_in_which_nothing_was_pinned_opens_no_memory(tmp_path: Path) -> None:
    refused(NotFound, "client.unpinned", lambda: Remembered.open(tmp_path / "kosong"))


def test_pins_that_name_another_ledger_than_their_key_are_refused(office: Office) -> None:
    data = Pins(origin="lain.example/jejak", vkey=office.pins.vkey, founding=office.pins.founding).format()
    refused(Malformed, "client.pins", lambda: Pins.parse(data))


def test_pins_read_back_as_they_were_written(office: Office) -> None:
    pins = Pins(origin=ORIGIN, vkey=office.pins.vkey, founding=office.pins.founding, synthetic=True)
    assert Pins.parse(pins.format()) == pins


# --- streams lie -----------------------------------------------------------------------------------------


def test_an_older_head_than_one_seen_before_is_refused(office: Office) -> None:
    head = office.client.head(CASE)
    assert head.newest is not None
    with office.kecamatan.ledger.reading() as rows:
        before = rows.entry(head.newest.index - 1)
    assert before is not None
    office.adversary.lie(
        f"/v1/streams/{CASE}", rewritten(version=5, leaf=before.leaf_hash.hex(), leaf_index=before.index)
    )
    refused(Forged, "client.older_head", office.envelope)


def test_a_stream_that_vanished_is_refused(office: Office) -> None:
    office.client.remembered.remember_head(OTHER_CASE, RememberedHead(3, "0" * 64, 9))
    refused(Forged, "client.older_head", lambda: office.client.head(OTHER_CASE))


def test_a_head_that_is_an_entry_of_another_stream_is_refused(office: Office) -> None:
    other = office.kecamatan.ledger.stream("register")
    assert other is not None
    office.adversary.lie(f"/v1/streams/{CASE}", rewritten(leaf=other.leaf, leaf_index=other.index))
    refused(Forged, "client.head", office.envelope)


def test_a_head_whose_leaf_is_not_that_of_its_entry_is_refused(office: Office) -> None:
    office.adversary.lie(f"/v1/streams/{CASE}", rewritten(leaf="0" * 64))
    refused(Forged, "client.head", office.envelope)


def test_other_entry_bytes_than_the_receipt_proves_are_refused(office: Office) -> None:
    index = office.size() - 1
    office.adversary.lie(f"/v1/entries/{index}", lambda data: data.replace(b'"2026-', b'"2025-', 1))
    refused(Forged, "merkle.inclusion", office.envelope)


def test_the_receipt_of_another_entry_is_refused(office: Office) -> None:
    index = office.size() - 1
    receipt = _receipt(office, index - 1)
    office.adversary.lie(f"/v1/entries/{index}/receipt", lambda _: receipt)
    refused(Forged, "merkle.inclusion", office.envelope)


def test_an_entry_of_another_index_with_its_own_receipt_is_refused(office: Office) -> None:
    index = office.size() - 1
    with office.kecamatan.ledger.reading() as rows:
        before = rows.entry(index - 1)
    assert before is not None
    receipt = _receipt(office, index - 1)
    office.adversary.lie(f"/v1/entries/{index}", lambda _: before.data)
    office.adversary.lie(f"/v1/entries/{index}/receipt", lambda _: receipt)
    refused(Forged, "client.index", lambda: office.client.entry(index))


def test_a_history_with_another_act_in_it_is_refused(office: Office) -> None:
    head, size = office.client.head(CASE), office.size()
    indices = [*range(size - 6, size - 3), size - 7, size - 2, size - 1]
    refused(Forged, "client.chain", lambda: office.client.history(head, indices))


def test_a_history_that_leaves_an_act_out_is_not_judged(office: Office) -> None:
    head, size = office.client.head(CASE), office.size()
    refused(NotJudged, "client.answer", lambda: office.client.history(head, list(range(size - 5, size))))


@pytest.mark.parametrize("page", [b"<html>Masuk ke jaringan</html>", b"", b'{"leaf_index":"12"}', b"[]", b"\xff"])
def test_an_answer_in_no_known_form_is_not_judged(office: Office, page: bytes) -> None:
    office.adversary.lie(f"/v1/streams/{CASE}", lambda _: page)
    refused(NotJudged, "client.answer", office.envelope)


def test_an_answer_with_terminal_control_characters_is_not_judged(office: Office) -> None:
    office.adversary.lie("/v1/officials", lambda _: b'{"name":"\\u001b[2J"}')
    refused(NotJudged, "client.answer", lambda: office.client.advice("/v1/officials"))


def test_an_answer_larger_than_any_right_one_is_not_read_to_its_end(office: Office) -> None:
    office.adversary.lie("/log/checkpoint", lambda data: data + b"x" * 1_000_000)
    refused(NotJudged, "client.answer", office.client.checkpoint)


def test_a_compressed_answer_is_refused_unopened_and_none_is_asked_for(office: Office) -> None:
    office.adversary.label(**{"Content-Encoding": "gzip"})
    office.adversary.lie("/log/checkpoint", gzip.compress)
    fault = refused(NotJudged, "client.answer", office.client.checkpoint)
    assert "dimampatkan" in fault.detail
    assert office.adversary.encodings == {"identity"}


# --- documents lie ---------------------------------------------------------------------------------------


def test_other_document_bytes_are_refused_and_kept(office: Office) -> None:
    digest = office.kecamatan.iku["digest"]
    office.adversary.lie(f"/v1/documents/{digest}", lambda _: sample("kulon-progo"))
    refused(Forged, "client.document", lambda: office.client.document(digest))
    assert office.evidence() == ["asked", "given"]


def test_a_document_stored_under_another_digest_is_refused(office: Office) -> None:
    office.adversary.lie("/v1/documents", rewritten(digest=digest_of(b"lain")))
    refused(Forged, "client.document", lambda: office.client.upload(b"isi", "text/plain"))


# --- receipts lie ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lie",
    [
        {"recorded_at": "2026-03-02T01:00:00.000000Z"},
        {"leaf_hash": "0" * 64},
        {"leaf_index": 3},
    ],
)
def test_a_receipt_that_does_not_prove_this_act_is_shouted_and_kept(office: Office, lie: dict[str, Any]) -> None:
    office.adversary.lie("/v1/acts", rewritten(**lie))
    fault = refused(Forged, "client.receipt", lambda: office.client.submit(office.envelope()))
    assert "TANDA TERIMA PALSU" in fault.detail
    assert office.evidence() == ["answer", "envelope"]


def test_the_receipt_of_another_act_is_shouted(office: Office) -> None:
    other = _receipt(office, office.size() - 1).decode()
    office.adversary.lie("/v1/acts", rewritten(receipt=other))
    refused(Forged, "client.receipt", lambda: office.client.submit(office.envelope()))


# --- the line breaks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True], ids=["before the service has it", "after the service has it"])
def test_the_same_bytes_are_sent_again_and_recorded_once(office: Office, after: bool) -> None:
    office.adversary.cut(2, after=after)
    size = office.size()
    envelope = office.envelope()
    proved = office.client.submit(envelope)
    assert office.adversary.posted == [envelope.data] * 3
    assert office.naps == list(WAITS[:2])
    assert (office.size(), proved.index) == (size + 1, size)


@pytest.mark.parametrize(
    ("asked", "slept"),
    [("7", 7), ("0", WAITS[0]), ("99999", LONGEST), ("Wed, 21 Oct 2026 07:28:00 GMT", WAITS[0]), ("-3", WAITS[0])],
    ids=["longer than we would wait", "sooner", "longer than anybody waits", "a date", "no number"],
)
def test_a_service_that_is_crowded_is_given_the_time_that_it_asks_for(
    office: Office, monkeypatch: pytest.MonkeyPatch, asked: str, slept: float
) -> None:
    problem = httpx.ByteStream(json.dumps({"rule": "server.crowded", "retry_after": "x"}).encode())
    busy = [httpx.Response(503, headers={"Retry-After": asked}, stream=problem)]
    real = office.adversary.handle_request

    def crowded_once(request: httpx.Request) -> httpx.Response:
        return busy.pop() if busy and request.method == "POST" else real(request)

    monkeypatch.setattr(office.adversary, "handle_request", crowded_once)
    office.client.submit(office.envelope())
    assert (office.naps, busy) == ([slept], [])


def test_an_envelope_whose_fate_is_unknown_is_kept_until_it_is_proved(office: Office) -> None:
    envelope = office.envelope()
    office.adversary.cut(len(WAITS) + 1, after=True)
    fault = refused(Unavailable, "client.unreachable", lambda: office.client.submit(envelope))
    (kept,) = (office.folder / "pending").iterdir()
    assert (kept.read_bytes(), str(kept) in fault.allowed) == (envelope.data, True)
    office.client.submit(Envelope.parse(kept.read_bytes()))
    assert list((office.folder / "pending").iterdir()) == []


def test_a_refused_act_is_refused_in_the_service_s_own_words_and_kept_as_refused(office: Office) -> None:
    envelope = office.envelope(body={"step": "7", "document": office.kecamatan.iku_mended["digest"]})
    fault = refused(NotAllowed, "case.document", lambda: office.client.submit(envelope))
    assert office.kecamatan.iku["digest"] in fault.allowed
    assert list((office.folder / "pending").iterdir()) == []
    assert office.client.remembered.refused() == [envelope.data], "the service has it all the same"
    act = Act.read(envelope.unverified_payload)
    assert office.client.refused(act.stream, act.version) == [act]
    assert office.client.refused(act.stream, act.version + 1) == []


def test_a_place_that_was_taken_meanwhile_is_a_conflict_with_the_present_version(office: Office) -> None:
    envelope = office.envelope()
    office.kecamatan.do(*_seventh(office))
    fault = refused(Conflict, "stream.taken", lambda: office.client.submit(envelope))
    assert fault.facts["version"] == 7


def test_a_service_that_is_not_there_is_unreachable(tmp_path: Path, office: Office) -> None:
    client = Client("http://127.0.0.1:1", Remembered.pin(tmp_path / "lain", office.pins))
    refused(Unavailable, "client.unreachable", client.checkpoint)
    client.close()


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nX-Panjang: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    ],
    ids=["the body", "a header", "a chunk's extension", "interim answers"],
)
def test_a_service_that_drips_holds_nobody(
    first: bytes, drop: bytes, tmp_path: Path, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "GRACE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as service:
        end = time.monotonic() + 5

        def drip() -> None:
            connection, _ = service.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(first)
                while time.monotonic() < end:
                    connection.sendall(drop)
                    time.sleep(0.02)

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        memory = Remembered.pin(tmp_path / "lain", office.pins)
        client = Client(f"http://127.0.0.1:{service.getsockname()[1]}", memory)
        fault = refused(Unavailable, "client.unreachable", client.checkpoint)
        assert time.monotonic() < end - 2
        client.close()
        dripping.join()
    assert "terlalu lama" in fault.detail


def test_a_long_answer_has_the_time_that_its_bytes_take(
    tmp_path: Path, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "GRACE", 0.3)
    data = b"x" * (32 * 1024)
    with socket.create_server(("127.0.0.1", 0)) as service:

        def serve() -> None:
            connection, _ = service.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data))
                for start in range(0, len(data), 4096):
                    connection.sendall(data[start : start + 4096])
                    time.sleep(0.1)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        client = Client(f"http://127.0.0.1:{service.getsockname()[1]}", Remembered.pin(tmp_path / "lain", office.pins))
        assert client.document(digest_of(data)) == data
        client.close()
        serving.join()


@pytest.mark.parametrize("url", ["bukan alamat", "ftp://127.0.0.1", "http://127.0.0.1:abc", "http://a..b"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, office: Office, url: str) -> None:
    def call() -> None:
        Client(url, Remembered.pin(tmp_path / "lain", office.pins)).checkpoint()

    refused(Malformed, "client.url", call)


def test_an_error_page_without_a_problem_is_not_judged(office: Office) -> None:
    office.adversary.lie("/v1/entries/99999", lambda _: b"<html>")
    refused(NotJudged, "client.answer", lambda: office.client.entry(99999))
    office.adversary.honest()
    refused(NotJudged, "client.withheld", lambda: office.client.entry(99999))


# --- memory ----------------------------------------------------------------------------------------------


def test_a_damaged_memory_is_said_and_not_repaired(office: Office) -> None:
    office.client.head(CASE)
    (file,) = (office.folder / "heads").iterdir()
    file.write_bytes(b"7 nol")
    refused(Malformed, "client.memory", lambda: office.client.head(CASE))


def test_a_remembered_checkpoint_that_somebody_altered_is_refused(office: Office) -> None:
    office.client.checkpoint()
    (office.folder / "checkpoint").write_bytes(office.forged_note(5, signer=NoteSigner(ORIGIN, key("orang-asing"))))
    refused(Forged, "note.unsigned", office.client.checkpoint)


def test_memory_that_cannot_be_written_is_unavailable(tmp_path: Path, office: Office) -> None:
    (tmp_path / "berkas").write_text("bukan folder")
    refused(Unavailable, "client.memory", lambda: Remembered.pin(tmp_path / "berkas" / "ingatan", office.pins))


def test_an_older_head_never_replaces_a_newer_one(office: Office) -> None:
    memory = office.client.remembered
    memory.remember_head(CASE, RememberedHead(5, "5" * 64, 50))
    memory.remember_head(CASE, RememberedHead(4, "4" * 64, 40))
    assert memory.head(CASE) == RememberedHead(5, "5" * 64, 50)


def test_every_status_of_a_problem_names_the_fault_that_made_it() -> None:
    body = json.dumps({"rule": "a.b", "detail": "d", "allowed": "a", "version": 3}).encode()
    kinds = {status: type(answers._fault(status, body)) for status in (400, 403, 404, 409, 413, 422, 500, 503)}
    assert kinds == {
        400: Malformed,
        403: NotAllowed,
        404: NotFound,
        409: Conflict,
        413: Malformed,
        422: NotAllowed,
        500: NotJudged,
        503: Unavailable,
    }


@pytest.mark.parametrize("status", [400, 404, 409, 422, 503])
def test_a_problem_whose_members_have_the_names_of_our_own_is_a_fault_and_no_crash(status: int) -> None:
    names = ("self", "rule", "detail", "allowed", "facts", "args", "cause", "type", "with_traceback", "not a name")
    said = dict.fromkeys(names, "x") | {"rule": "a.b", "version": 3}
    fault = answers._fault(status, json.dumps(said).encode())
    assert (fault.rule, fault.detail, fault.facts["version"]) == ("a.b", "x", 3)
    again = type(fault)(fault.rule, fault.detail, allowed=fault.allowed, **fault.facts)
    assert again.facts == fault.facts


def _seventh(office: Office) -> tuple[str, str, str, dict[str, Any]]:
    official, kind, body = office.kecamatan.steps()[6]
    return official, CASE, kind, body


def _receipt(office: Office, index: int) -> bytes:
    return format_receipt(office.kecamatan.ledger.receipt(index))
