"""The browser's client believes nothing: each lie of a service is refused before anything is signed.

The service is the real application over a real ledger, served on loopback; between it and the page stands an adversary
(the browser's own network layer), who changes what passes. Where a lie needs the log's own key, the adversary has it.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from api.desk import static_files
from api.key_request import KeyRequest
from api.server import background_server
from keys import keyfile
from keys.envelope import Envelope
from keys.signing import fingerprint
from ledger import log
from ledger.acts import act_of
from ledger.checkpoint import parse_body, sign_checkpoint
from ledger.entry import Entry
from ledger.iku import sample
from ledger.log import recorded
from ledger.merkle import leaf_hash, prove_inclusion
from ledger.note import NoteSigner, parse_unverified
from ledger.receipt import Receipt, format_receipt, verify_receipt
from tests.kit import CASE, ORIGIN, key, mandate_of
from tests.served import Served, served
from tests.signed_in import bearer

BUDI = "budi-santoso"
OTHER_CASE = "case:22222222-2222-4222-8222-222222222222"
GROWING_CASE = "case:33333333-3333-4333-8333-333333333333"
PLACE = f"**/v1/streams/{CASE}/place*"
ACTS = "**/v1/acts"

#: What every script here begins with: the modules, and the whole way of a paraf with a key that counts what it signs.
SCRIPT = """async (given) => {
  const names = ["bytes", "keys", "store", "service", "ledger", "signin", "signing"];
  const modules = await Promise.all(names.map((name) => import(`/statis/${given.build}/${name}.js`)));
  const [bytes, keys, store, service, ledger, signin, signing] = modules;
  window.signed ??= 0;
  const counted = async () => {
    const key = (await keys.keysHere())[0];
    return { ...key, sign: (message) => ((window.signed += 1), key.sign(message)) };
  };
  const paraf = async () => {
    const place = await ledger.place(given.stream);
    await ledger.document(given.document);
    const body = { step: "6", document: given.document };
    const { mandate, stream } = given;
    return signing.signAct({ key: await counted(), mandate, stream, kind: "paraf.given", body, place });
  };
  const act = async () => {
    const { index, leaf, recordedAt, receipt } = await ledger.submit(await paraf(), { kind: "paraf.given" });
    return { index, leaf, recordedAt, receipt: bytes.text(receipt) };
  };
  try {
    return { done: await (async () => { SCRIPT })() };
  } catch (fault) {
    if (!fault.kind) throw fault;
    const { kind, rule, detail, allowed, facts } = fault;
    return { fault: { kind, rule, detail, allowed, facts } };
  }
}"""


class Told(Exception):
    """A Fault that a script ended with."""

    def __init__(self, said: dict[str, Any]) -> None:
        super().__init__(said)
        self.kind, self.rule, self.allowed = said["kind"], said["rule"], said["allowed"]
        self.detail, self.facts = said["detail"], said["facts"] or {}


@dataclass
class Desk:
    """Budi's phone on the service of a kecamatan whose case waits for his paraf."""

    office: Served
    url: str
    device: BrowserContext
    page: Page

    def run(self, script: str, page: Page | None = None, **given: Any) -> Any:
        """Return what a script gives in the page, or raise Told."""
        known = {"build": static_files.version(), "stream": CASE, "document": self.office.iku["digest"]}
        given = known | {"mandate": mandate_of(BUDI), "pins": self.pins()} | given
        said = (page or self.page).evaluate(SCRIPT.replace("SCRIPT", script, 1), given)
        if "fault" in said:
            raise Told(said["fault"])
        return said["done"]

    def pins(self) -> dict[str, str]:
        """Return what the registrar gave on paper."""
        with self.office.ledger.reading() as rows:
            founding = recorded(rows, 0).leaf
        return {"origin": ORIGIN, "vkey": str(self.office.log.vkey), "founding": founding}

    def make_key(self) -> str:
        """Make a key on the phone, have it registered by the registrars, and return its id."""
        made = self.run(
            f"const key = await keys.makeKey('{BUDI}');"
            f"const request = await keys.keyRequest(key, '{ORIGIN}');"
            "return { keyid: key.keyid, request: bytes.text(request), print: await keys.fingerprint(key.publicKey) }"
        )
        request = KeyRequest.parse(made["request"].encode())
        assert (request.official, request.format().decode()) == (BUDI, made["request"])
        assert made["print"] == request.fingerprint
        body = {"official": BUDI, "public_key": request.public_key, "possession": request.possession}
        self.office.approve("key", body)
        return str(made["keyid"])

    def let_in(self) -> None:
        """Give the phone a session of Budi's."""
        token = bearer(self.office.app, BUDI)["Authorization"].removeprefix("Bearer ")
        self.device.add_cookies([{"name": "jejak", "value": token, "url": self.url, "sameSite": "Strict"}])

    def lie(self, pattern: str, change: Callable[[bytes], bytes]) -> None:
        """Change the body of every answer at an address."""

        def changed(route: Route) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, body=change(answer.body()))

        self.page.route(pattern, changed)

    def honest(self) -> None:
        """Stop lying."""
        self.page.unroute_all()

    def evidence(self) -> list[list[str]]:
        """Return the names of the parts of each evidence that the phone keeps."""
        found = self.run("return (await store.evidences()).map(({ parts }) => Object.keys(parts).sort())")
        return list(found)

    def outbox(self) -> list[str]:
        return list(self.run("return (await store.envelopes()).map((one) => bytes.hex(one.bytes))"))

    def newest(self) -> Any:
        return self.run("const newest = await store.newest(); return newest && bytes.text(newest)")

    def forged_note(self, size: int, signer: NoteSigner | None = None) -> bytes:
        """Return a checkpoint over another history, signed by the log's own key unless another is given."""
        signer = signer or self.office.log
        return sign_checkpoint(signer, signer.name, size, leaf_hash(b"another history"))


@pytest.fixture
def desk(tmp_path: Path, device: BrowserContext) -> Iterator[Desk]:
    """Return a phone with a registered key, pinned and signed in; the case has come as far as Budi's paraf."""
    with served(tmp_path) as office:
        office.open()
        office.run(upto=5)
        with background_server(office.app) as url:
            page = device.new_page()
            page.goto(url)
            desk = Desk(office, url, device, page)
            desk.make_key()
            desk.run("await store.pin(given.pins)")
            desk.let_in()
            yield desk
            page.unroute_all(behavior="ignoreErrors")
            page.close()


@pytest.fixture
def new_phone(desk: Desk) -> Iterator[Page]:
    """Yield a page of another device, which knows nothing yet, signed in as Budi."""
    assert desk.device.browser is not None
    device = desk.device.browser.new_context()
    device.add_cookies(desk.device.cookies())  # type: ignore[arg-type]
    page = device.new_page()
    page.goto(desk.url)
    yield page
    device.close()


def refused(desk: Desk, kind: str, rule: str, script: str = "return act()") -> Told:
    """Assert that the script ends with this fault, that nothing was signed meanwhile, and nothing recorded."""
    size, signed = desk.office.size(), desk.run("return window.signed")
    with pytest.raises(Told) as caught:
        desk.run(script)
    assert (caught.value.kind, caught.value.rule) == (kind, rule), caught.value
    assert (desk.run("return window.signed"), desk.office.size(), desk.outbox()) == (signed, size, [])
    return caught.value


def rewritten(**members: Any) -> Callable[[bytes], bytes]:
    """Return the change that gives an answer other members; a function is applied to the member."""

    def change(data: bytes) -> bytes:
        said = json.loads(data)
        return json.dumps(
            said | {name: new(said[name]) if callable(new) else new for name, new in members.items()}
        ).encode()

    return change


def earlier(act: dict[str, Any]) -> dict[str, Any]:
    """Return a placed act as if it had been recorded a year before."""
    entry = base64.b64decode(act["entry"]).replace(b'"2026-', b'"2025-', 1)
    return act | {"entry": base64.b64encode(entry).decode()}


def grow(office: Served) -> None:
    """Record one more act, in a case of its own."""
    stream = office.ledger.stream(GROWING_CASE)
    done = stream.version if stream else 0
    office.run_from(done, done + 1, GROWING_CASE)


def older_place(desk: Desk) -> bytes:
    """Return the place without its newest act, under the newest checkpoint and with a receipt that holds."""
    with desk.office.ledger.reading() as rows:
        note = log.checkpoint(rows)
        size = parse_body(parse_unverified(note)[0]).size
        acts = rows.stream(CASE)[:-1]
        receipt = Receipt(acts[-1].index, tuple(prove_inclusion(rows, acts[-1].index, size)), note)
    said = {
        "stream": CASE,
        "version": len(acts),
        "checkpoint": note.decode(),
        "consistency": [],
        "acts": [{"index": one.index, "entry": base64.b64encode(one.data).decode()} for one in acts],
        "receipt": format_receipt(receipt).decode(),
    }
    return json.dumps(said).encode()


# --- what is right ---------------------------------------------------------------------------------------


def test_who_makes_a_key_here_signs_in_with_it_and_gives_a_paraf_whose_receipt_is_proved(desk: Desk) -> None:
    desk.device.clear_cookies()
    session = desk.run("return signin.signIn(await counted())")
    assert (session["official"], desk.run("return window.signed")) == (BUDI, 1)
    done = desk.run("return act()")
    with desk.office.ledger.reading() as rows:
        entry = recorded(rows, done["index"]).entry
    verified = verify_receipt(done["receipt"].encode(), entry.data, desk.office.log.vkey)
    act = act_of(entry.envelope)
    assert (verified.index, verified.leaf_hash.hex()) == (desk.office.size() - 1, done["leaf"])
    assert (act.kind, act.official, act.version) == ("paraf.given", BUDI, 6)
    assert desk.run("return (await ledger.place(given.stream)).version") == 6
    assert desk.outbox() == []


@pytest.mark.long
def test_the_place_of_a_case_says_what_the_next_act_must_name(desk: Desk) -> None:
    place = desk.run("const { chain, ...place } = await ledger.place(given.stream); return { ...place, chain }")
    stream = desk.office.ledger.stream(CASE)
    seen = desk.office.seen()
    assert stream is not None
    assert seen is not None
    assert (place["version"], place["previous"], place["seen"]) == (5, stream.leaf, seen.plain())
    assert [one["act"]["version"] for one in place["chain"]] == [1, 2, 3, 4, 5]
    assert place["chain"][-1]["keyid"] == key("ratna-sari").public.id


def test_where_a_stream_stands_takes_one_round_trip_once_the_log_is_known(desk: Desk) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda one: asked.append(one.url) if "/v1/" in one.url or "/log/" in one.url else None)
    for _ in range(2):
        desk.run("await ledger.place(given.stream)")
        grow(desk.office)
    assert [one.partition("?")[0] for one in asked] == [f"{desk.url}/v1/streams/{CASE}/place"] * 2


@pytest.mark.long
def test_a_stream_with_no_act_stands_at_version_zero(desk: Desk) -> None:
    place = desk.run("return ledger.place(given.stream)", stream=OTHER_CASE)
    assert (place["version"], place["previous"], place["chain"]) == (0, None, [])


@pytest.mark.long
def test_an_entry_is_proved_by_its_receipt(desk: Desk) -> None:
    index = desk.office.size() - 1
    found = desk.run("const { act, leaf } = await ledger.entry(given.index); return { act, leaf }", index=index)
    with desk.office.ledger.reading() as rows:
        assert recorded(rows, index).leaf == found["leaf"]
    assert found["act"]["stream"] == "register"


@pytest.mark.long
def test_a_document_comes_back_as_it_was_uploaded(desk: Desk) -> None:
    script = """const data = bytes.utf8("surat (sintetis)");
      const digest = await ledger.upload(data, "text/plain");
      return bytes.text(await ledger.document(digest))"""
    assert desk.run(script) == "surat (sintetis)"


# --- the log lies ----------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_checkpoint_by_another_key_is_refused_and_kept(desk: Desk) -> None:
    note = desk.forged_note(desk.office.size(), NoteSigner(ORIGIN, key("orang-asing"))).decode()
    desk.lie(PLACE, rewritten(checkpoint=note))
    refused(desk, "forged", "client.checkpoint")
    assert desk.evidence() == [["checkpoint", "vkey"]]


@pytest.mark.parametrize("grown", [0, 3], ids=["at the same size", "that grew"])
def test_a_fork_signed_by_the_logs_own_key_is_refused_and_both_checkpoints_are_kept(grown: int, desk: Desk) -> None:
    before = desk.run("await ledger.checkpoint(); return bytes.text(await store.newest())")
    note = desk.forged_note(desk.office.size() + grown).decode()
    desk.lie(PLACE, rewritten(checkpoint=note, consistency=[base64.b64encode(b"x" * 32).decode()] * 4))
    fault = refused(desk, "forged", "client.forked")
    assert "Jangan tandatangani" in fault.allowed
    assert desk.evidence() == [["new", "old"]]
    assert desk.newest() == before


def test_a_shrunk_log_is_refused_and_both_checkpoints_are_kept(desk: Desk) -> None:
    older: list[bytes] = []

    def kept(data: bytes) -> bytes:
        older.append(data)
        return data

    desk.lie(PLACE, kept)
    desk.run("await ledger.place(given.stream)")
    desk.honest()
    grow(desk.office)
    before = desk.run("await ledger.place(given.stream); return bytes.text(await store.newest())")
    desk.lie(PLACE, lambda _: older[0])
    refused(desk, "forged", "client.shrunk")
    assert desk.evidence() == [["new", "old"]]
    assert desk.newest() == before


@pytest.mark.long
def test_a_shrunk_checkpoint_is_refused_wherever_it_is_shown(desk: Desk) -> None:
    older = desk.run("await ledger.checkpoint(); return bytes.text(await store.newest())")
    grow(desk.office)
    desk.run("await ledger.checkpoint()")
    desk.lie("**/log/checkpoint", lambda _: older.encode())
    refused(desk, "forged", "client.shrunk", "await ledger.checkpoint()")


@pytest.mark.parametrize("withheld", [{"consistency": None}, {"consistency": ["bukan base64"]}])
def test_a_withheld_consistency_proof_is_not_judged_and_nothing_is_remembered(
    withheld: dict[str, Any], desk: Desk
) -> None:
    before = desk.run("await ledger.place(given.stream); return bytes.text(await store.newest())")
    grow(desk.office)
    desk.lie(PLACE, rewritten(**withheld))
    refused(desk, "unjudged", "client.answer")
    assert desk.newest() == before


@pytest.mark.long
def test_a_consistency_proof_that_is_emptied_proves_nothing(desk: Desk) -> None:
    before = desk.run("await ledger.place(given.stream); return bytes.text(await store.newest())")
    grow(desk.office)
    desk.lie(PLACE, rewritten(consistency=[]))
    refused(desk, "forged", "client.forked")
    assert desk.newest() == before


@pytest.mark.long
def test_a_place_that_is_said_not_to_be_there_is_not_judged(desk: Desk) -> None:
    problem = json.dumps({"rule": "log.leaf", "detail": "Tidak ada.", "allowed": ""})
    desk.page.route(PLACE, lambda route: route.fulfill(status=404, body=problem))
    refused(desk, "unjudged", "client.withheld")


@pytest.mark.long
def test_a_fork_inside_a_receipt_is_refused(desk: Desk) -> None:
    desk.run("await ledger.checkpoint()")
    official, kind, body = desk.office.steps()[5]
    envelope = Envelope.parse(desk.office.sign(official, CASE, kind, body))
    entry = Entry.record(envelope, desk.office.clock()).data
    note = sign_checkpoint(desk.office.log, ORIGIN, 1, leaf_hash(entry))
    desk.lie("**/v1/entries/0", lambda _: entry)
    desk.lie("**/v1/entries/0/receipt", lambda _: b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + note)
    refused(desk, "forged", "client.forked", "await ledger.entry(0)")
    assert desk.evidence() == [["new", "old"]]


@pytest.mark.long
def test_what_another_tab_verified_meanwhile_stays_and_the_older_answer_must_fit_on_it(desk: Desk) -> None:
    desk.run("await ledger.checkpoint()")
    other = desk.device.new_page()
    other.goto(desk.url)

    def meanwhile(data: bytes) -> bytes:
        grow(desk.office)
        desk.run("await ledger.checkpoint()", other)
        return data

    desk.lie(PLACE, meanwhile)
    seen = desk.run("return (await ledger.place(given.stream)).seen")
    now = desk.office.seen()
    assert now is not None
    assert seen == now.plain()


@pytest.mark.long
def test_a_fork_that_was_shown_to_another_tab_meanwhile_is_refused(desk: Desk) -> None:
    desk.run("await ledger.checkpoint()")
    grow(desk.office)
    other = desk.device.new_page()
    other.goto(desk.url)
    forked = desk.forged_note(desk.office.size()).decode()

    def meanwhile(data: bytes) -> bytes:
        desk.run("await store.moveNewest(await store.newest(), bytes.utf8(given.note))", other, note=forked)
        return data

    desk.lie(PLACE, meanwhile)
    refused(desk, "forged", "client.forked")
    assert desk.newest() == forked


# --- first contact ---------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_phone_that_pinned_nothing_believes_nothing(desk: Desk, new_phone: Page) -> None:
    refused_there(desk, new_phone, "missing", "client.unpinned", "await ledger.place(given.stream)")


def test_a_ledger_with_another_founding_than_was_pinned_is_refused(desk: Desk, new_phone: Page) -> None:
    desk.run("await store.pin({ ...given.pins, founding: '0'.repeat(64) })", new_phone)
    refused_there(desk, new_phone, "forged", "client.founding", "await ledger.place(given.stream)")
    assert desk.run("return store.newest()", new_phone) is None


@pytest.mark.long
@pytest.mark.parametrize("other", ["vkey", "founding"])
def test_other_pins_than_those_of_the_first_contact_are_refused(other: str, desk: Desk) -> None:
    changed = {"vkey": str(NoteSigner(ORIGIN, key("orang-asing")).vkey), "founding": "0" * 64}[other]
    refused(desk, "refused", "client.pinned", f"await store.pin({{ ...given.pins, {other}: {json.dumps(changed)} }})")
    assert desk.run("return store.pinned()") == desk.pins()


@pytest.mark.long
def test_pins_that_name_another_ledger_than_their_key_are_refused(desk: Desk) -> None:
    refused(desk, "malformed", "client.pins", "await store.pin({ ...given.pins, origin: 'lain.example/jejak' })")


# --- streams lie -----------------------------------------------------------------------------------------


def test_an_older_head_than_one_seen_before_is_refused(desk: Desk) -> None:
    desk.run("await ledger.place(given.stream)")
    older = older_place(desk)
    desk.lie(PLACE, lambda _: older)
    refused(desk, "forged", "client.older_head")
    assert desk.evidence() == [["place"]]


@pytest.mark.long
def test_an_answer_that_was_on_its_way_while_another_tab_saw_a_newer_act_is_no_lie(desk: Desk) -> None:
    other = desk.device.new_page()
    other.goto(desk.url)

    def meanwhile(data: bytes) -> bytes:
        desk.office.run_from(5, upto=6)
        assert desk.run("return (await ledger.place(given.stream)).version", other) == 6
        return data

    desk.lie(PLACE, meanwhile)
    assert desk.run("return (await ledger.place(given.stream)).version") == 5
    desk.honest()
    assert desk.run("return (await store.head(given.stream)).version") == 6
    assert desk.evidence() == []


@pytest.mark.long
def test_a_stream_that_vanished_is_refused(desk: Desk) -> None:
    desk.run("await ledger.place(given.stream)")
    desk.lie(PLACE, rewritten(version=0, acts=[], receipt=None))
    refused(desk, "forged", "client.older_head")


@pytest.mark.parametrize("number", [0, 2])
def test_an_act_left_out_of_the_chain_is_refused(number: int, desk: Desk) -> None:
    def without(acts: list[Any]) -> list[Any]:
        return acts[:number] + acts[number + 1 :]

    desk.lie(PLACE, rewritten(acts=without, version=lambda version: version - 1))
    refused(desk, "forged", "client.head")
    desk.honest()
    desk.lie(PLACE, rewritten(acts=without))
    refused(desk, "unjudged", "client.answer")


@pytest.mark.long
def test_an_act_put_in_the_place_of_another_breaks_the_chain(desk: Desk) -> None:
    desk.lie(PLACE, rewritten(acts=lambda acts: [acts[0], acts[2], acts[2], *acts[3:]]))
    refused(desk, "forged", "client.chain")


@pytest.mark.long
def test_acts_whose_places_in_the_log_run_backwards_are_refused(desk: Desk) -> None:
    last = desk.office.size() - 1
    desk.lie(PLACE, rewritten(acts=lambda acts: [acts[0] | {"index": last}, *acts[1:]]))
    refused(desk, "forged", "client.chain")


@pytest.mark.long
def test_acts_of_another_stream_are_refused(desk: Desk) -> None:
    desk.office.run(OTHER_CASE, upto=5)
    desk.page.route(PLACE, lambda route: route.continue_(url=route.request.url.replace(CASE, OTHER_CASE)))
    refused(desk, "forged", "client.head")


def test_other_entry_bytes_than_the_receipt_proves_are_refused(desk: Desk) -> None:
    desk.lie(PLACE, rewritten(acts=lambda acts: [*acts[:-1], earlier(acts[-1])]))
    refused(desk, "forged", "merkle.inclusion")


@pytest.mark.long
def test_an_earlier_act_that_was_altered_breaks_the_chain(desk: Desk) -> None:
    desk.lie(PLACE, rewritten(acts=lambda acts: [acts[0], earlier(acts[1]), *acts[2:]]))
    refused(desk, "forged", "client.chain")


@pytest.mark.long
def test_another_leaf_index_than_the_receipt_proves_is_refused(desk: Desk) -> None:
    desk.lie(PLACE, rewritten(acts=lambda acts: [*acts[:-1], acts[-1] | {"index": acts[-1]["index"] + 1}]))
    refused(desk, "forged", "client.index")


@pytest.mark.long
def test_a_fork_inside_the_receipt_of_a_place_is_refused(desk: Desk) -> None:
    def forked(data: bytes) -> bytes:
        said = json.loads(data)
        entry = base64.b64decode(said["acts"][-1]["entry"])
        note = sign_checkpoint(desk.office.log, ORIGIN, 1, leaf_hash(entry))
        return json.dumps(said | {"receipt": format_receipt(Receipt(0, (), note)).decode()}).encode()

    desk.lie(PLACE, forked)
    refused(desk, "forged", "client.forked")
    assert desk.evidence() == [["new", "old"]]


@pytest.mark.long
def test_an_entry_of_another_index_with_its_own_receipt_is_refused(desk: Desk) -> None:
    with desk.office.ledger.reading() as rows:
        other = recorded(rows, 8).entry.data
    receipt = format_receipt(desk.office.ledger.receipt(8))
    desk.lie("**/v1/entries/9", lambda _: other)
    desk.lie("**/v1/entries/9/receipt", lambda _: receipt)
    refused(desk, "forged", "client.index", "await ledger.entry(9)")


@pytest.mark.long
def test_the_receipt_of_another_entry_is_refused(desk: Desk) -> None:
    other = format_receipt(desk.office.ledger.receipt(desk.office.size() - 2)).decode()
    desk.lie(PLACE, rewritten(receipt=other))
    refused(desk, "forged", "merkle.inclusion")


@pytest.mark.long
@pytest.mark.parametrize(
    "page",
    [b"<html>Masuk ke jaringan</html>", b"", b'{"version":"5"}', b"[]", b"\xff", b'{"a":"\\u202e"}'],
    ids=["a page", "nothing", "a text for a number", "a list", "no UTF-8", "a bidi override"],
)
def test_an_answer_in_no_known_form_is_not_judged(page: bytes, desk: Desk) -> None:
    desk.page.route(PLACE, lambda route: route.fulfill(status=200, body=page))
    refused(desk, "unjudged", "client.answer")


@pytest.mark.long
def test_an_answer_larger_than_any_right_one_is_not_read_to_its_end(desk: Desk) -> None:
    desk.lie(PLACE, lambda data: data + b" " * 17_000_000)
    refused(desk, "unjudged", "client.answer")


# --- documents lie ---------------------------------------------------------------------------------------


def test_another_document_than_the_one_asked_for_is_refused_and_kept(desk: Desk) -> None:
    desk.page.route("**/v1/documents/*", lambda route: route.fulfill(status=200, body=sample("kulon-progo")))
    refused(desk, "forged", "client.document")
    assert desk.evidence() == [["asked", "given"]]


@pytest.mark.long
def test_a_document_stored_under_another_digest_is_refused(desk: Desk) -> None:
    desk.lie("**/v1/documents", rewritten(digest=f"sha256:{'0' * 64}"))
    refused(desk, "forged", "client.document", "await ledger.upload(bytes.utf8('isi'), 'text/plain')")


# --- receipts lie ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lie", [{"recorded_at": "2026-03-02T01:00:00.000000Z"}, {"leaf_hash": "0" * 64}, {"leaf_index": 3}, {"receipt": ""}]
)
def test_a_receipt_that_does_not_prove_this_act_is_shouted_and_kept(lie: dict[str, Any], desk: Desk) -> None:
    if "receipt" in lie:
        lie = {"receipt": format_receipt(desk.office.ledger.receipt(desk.office.size() - 1)).decode()}
    desk.lie(ACTS, rewritten(**lie))
    with pytest.raises(Told, match="TANDA TERIMA PALSU") as caught:
        desk.run("return act()")
    assert (caught.value.kind, caught.value.rule) == ("forged", "client.receipt")
    assert desk.evidence() == [["answer", "envelope"]]
    assert len(desk.outbox()) == 1


# --- the line breaks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True], ids=["before the service has it", "after the service has it"])
def test_a_lost_answer_is_asked_for_again_with_the_same_bytes_and_the_act_is_recorded_once(
    after: bool, desk: Desk
) -> None:
    posted: list[bytes | None] = []
    size = desk.office.size()

    def lost(route: Route) -> None:
        posted.append(route.request.post_data_buffer)
        if len(posted) > 2:
            route.continue_()
            return
        if after:
            route.fetch()
        route.abort()

    desk.page.route(ACTS, lost)
    done = desk.run("const told = []; service.onWaiting((now) => told.push(now)); return { ...(await act()), told }")
    assert posted == [posted[0]] * 3
    assert (desk.office.size(), done["index"], done["told"]) == (size + 1, size, [True, False])
    again = desk.office.ledger.record(posted[0] or b"")
    assert (again.again, format_receipt(again.receipt).decode()) == (True, done["receipt"])


def test_an_envelope_survives_a_reload_in_the_outbox_and_is_sent(desk: Desk) -> None:
    desk.page.route(ACTS, lambda route: route.abort())
    desk.run("window.sending = ledger.submit(await paraf(), { kind: 'paraf.given' }).catch(() => null)")
    (envelope,) = waited_for(desk.outbox)
    desk.page.reload()
    desk.honest()
    assert desk.outbox() == [envelope]
    about, leaf = desk.run(
        "const [one] = await store.envelopes();"
        "const { leaf } = await ledger.submit(one.bytes, one.about); return [one.about, leaf]"
    )
    stream = desk.office.ledger.stream(CASE)
    assert stream is not None
    assert (about, leaf, stream.version) == ({"kind": "paraf.given"}, stream.leaf, 6)
    assert desk.outbox() == []


@pytest.mark.long
def test_after_45_seconds_its_fate_is_said_to_be_unknown_and_it_is_kept(desk: Desk) -> None:
    stop_clock(desk.page)
    posted: list[bytes | None] = []

    def lost(route: Route) -> None:
        posted.append(route.request.post_data_buffer)
        route.abort()

    desk.page.route(ACTS, lost)
    desk.page.evaluate(
        """() => {
          const real = window.fetch;
          window.open = 0;
          window.fetch = (...asked) => ((window.open += 1), real(...asked).finally(() => (window.open -= 1)));
        }"""
    )
    desk.run("window.sending = act().then(() => null, (fault) => (window.told = fault)); return null")
    waited_for(desk.outbox)
    seconds = 0
    while seconds < 60 and not desk.page.evaluate("Boolean(window.told)"):
        if desk.page.evaluate("window.open === 0"):  # or the clock would run while a request is on its way
            desk.page.clock.run_for(1000)
            seconds += 1
    kind, allowed = desk.page.evaluate("[window.told.kind, window.told.allowed]")
    assert (kind, "tersimpan di perangkat ini" in allowed) == ("unavailable", True)
    assert 45 <= seconds <= 47
    assert posted == [posted[0]] * 8
    assert len(desk.outbox()) == 1


@pytest.mark.long
def test_a_phone_that_is_online_again_sends_at_once(desk: Desk) -> None:
    stop_clock(desk.page)
    desk.page.route(ACTS, lambda route: route.abort(), times=1)
    desk.run(
        "const waiting = new Promise((done) => service.onWaiting(done));"
        "window.sending = act().then(({ index }) => (window.index = index)); await waiting"
    )
    desk.page.evaluate("dispatchEvent(new Event('online'))")
    assert waited_for(lambda: desk.page.evaluate("window.index ?? null")) == desk.office.size() - 1


@pytest.mark.long
def test_a_busy_service_is_asked_again_when_it_says(desk: Desk) -> None:
    problem = json.dumps({"rule": "journal.busy", "detail": "Sibuk.", "allowed": ""})
    busy = {"status": 503, "headers": {"Retry-After": "1"}, "body": problem}
    desk.page.route(ACTS, lambda route: route.fulfill(**busy), times=1)
    begun = time.monotonic()
    assert desk.run("return (await act()).index") == desk.office.size() - 1
    assert time.monotonic() - begun >= 1


def test_a_place_that_was_taken_meanwhile_is_a_conflict_with_the_present_version(desk: Desk) -> None:
    envelope = desk.run("return bytes.hex(await paraf())")
    desk.office.run_from(5, upto=6)
    with pytest.raises(Told) as caught:
        desk.run("return ledger.submit(bytes.unhex(given.envelope))", envelope=envelope)
    assert (caught.value.kind, caught.value.rule, caught.value.facts["version"]) == ("conflict", "stream.taken", 6)
    assert desk.outbox() == [envelope], "that the place is taken is the service's word until a chain shows it"


@pytest.mark.long
def test_a_refused_act_is_refused_in_the_services_own_words_and_kept_until_its_place_is_taken(desk: Desk) -> None:
    with pytest.raises(Told) as caught:
        desk.run("return act()", document=desk.office.letter["digest"])
    assert caught.value.rule == "case.document"
    assert caught.value.allowed
    (words,) = desk.run("return (await store.envelopes()).map(({ refused }) => refused)")
    assert words == f"{caught.value.detail} {caught.value.allowed}"
    desk.run("await act(); return null")
    assert desk.outbox() == []


# --- signing in ------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_statement_names_the_pinned_ledger_and_the_address_of_the_page_and_nothing_that_the_service_says(
    desk: Desk,
) -> None:
    posted: list[bytes] = []
    desk.lie("**/v1/challenges", rewritten(ledger="lain.example/jejak", audiences=["https://jahat.example"]))
    desk.page.on("request", lambda one: posted.append(one.post_data_buffer or b"") if "/sessions" in one.url else None)
    desk.run("return signin.signIn(await counted())")
    said = json.loads(Envelope.parse(posted[0]).unverified_payload)
    assert (said["ledger"], said["audience"], said["official"]) == (ORIGIN, desk.url, BUDI)


@pytest.mark.long
def test_no_other_words_are_signed_by_calling_them_a_challenge(desk: Desk) -> None:
    desk.lie("**/v1/challenges", rewritten(challenge="saya berutang"))
    refused(desk, "unjudged", "client.answer", "return signin.signIn(await counted())")


@pytest.mark.long
def test_a_lost_answer_to_a_sign_in_ends_in_a_session_all_the_same(desk: Desk) -> None:
    desk.device.clear_cookies()

    def lost(route: Route) -> None:
        route.fetch()
        desk.device.clear_cookies()  # the answer's cookie is lost with it
        route.abort()

    desk.page.route("**/v1/sessions/browser", lost, times=1)
    assert desk.run("return (await signin.signIn(await counted())).official") == BUDI
    assert desk.run("return (await service.get('/v1/session')).json().official") == BUDI


@pytest.mark.long
def test_who_signs_out_is_asked_to_sign_in_again(desk: Desk) -> None:
    desk.run("await signin.signOut()")
    fault = refused(desk, "refused", "session.missing")
    assert fault.detail


# --- keys ------------------------------------------------------------------------------------------------


def test_a_key_of_this_device_outlives_a_reload_and_cannot_be_taken_out(desk: Desk) -> None:
    desk.page.reload()
    script = """const [kept] = await store.keptKeys();
      const taken = await crypto.subtle.exportKey("pkcs8", kept.privateKey).catch((error) => error.name);
      const [{ official, where, keyid }] = await keys.keysHere();
      return { official, where, keyid, taken, extractable: kept.privateKey.extractable }"""
    found = desk.run(script)
    keyid = found.pop("keyid")
    assert found == {"official": BUDI, "where": "device", "taken": "InvalidAccessError", "extractable": False}
    assert keyid in desk.office.app.parts.register().keys


@pytest.mark.long
def test_a_key_that_is_forgotten_is_gone(desk: Desk) -> None:
    script = "await keys.forgetKey((await keys.keysHere())[0].keyid); return (await keys.keysHere()).length"
    assert desk.run(script) == 0


@pytest.mark.long
def test_a_key_file_is_held_in_the_memory_of_the_page_and_never_stored(desk: Desk) -> None:
    words = "kuda besi minum kopi"
    sri = "sri-wahyuni"
    file = keyfile.seal(key(sri), words, official=sri, salt=bytes(16), nonce=bytes(12)).decode()
    opened = desk.run(
        "const key = await keys.keyFromFile(bytes.utf8(given.file), given.words);"
        "return [key.official, key.keyid, key.where, (await keys.keysHere()).length, (await store.keptKeys()).length]",
        file=file,
        words=words,
    )
    assert opened == [sri, key(sri).public.id, "file", 2, 1]
    desk.page.reload()
    assert desk.run("return (await keys.keysHere()).map(({ official }) => official)") == [BUDI]


@pytest.mark.long
def test_a_name_that_no_register_takes_gets_no_key(desk: Desk) -> None:
    refused(desk, "malformed", "key.official", "await keys.makeKey('Budi Santoso')")


@pytest.mark.long
def test_the_request_for_a_key_that_replaces_another_says_so(desk: Desk) -> None:
    said = desk.run(
        f"const [key] = await keys.keysHere(); return bytes.text(await keys.keyRequest(key, '{ORIGIN}', given.old))",
        old=key(BUDI).public.id,
    )
    request = KeyRequest.parse(said.encode())
    assert (request.replaces, request.format().decode()) == (key(BUDI).public.id, said)
    held = desk.office.app.parts.register().keys[request.fingerprint.replace(" ", "")]
    assert request.fingerprint == fingerprint(held.public)


# --- drafts ----------------------------------------------------------------------------------------------


@pytest.mark.long
def test_what_was_typed_outlives_a_reload_until_it_is_dropped(desk: Desk) -> None:
    desk.run("await store.keepDraft('/perkara/1', { reason: 'Satuan keliru.' })")
    desk.page.reload()
    assert desk.run("return store.draft('/perkara/1')") == {"reason": "Satuan keliru."}
    assert desk.run("await store.dropDraft('/perkara/1'); return store.draft('/perkara/1')") is None


def refused_there(desk: Desk, page: Page, kind: str, rule: str, script: str) -> None:
    """Assert that the script ends with this fault on another device."""
    with pytest.raises(Told) as caught:
        desk.run(script, page)
    assert (caught.value.kind, caught.value.rule) == (kind, rule)


def stop_clock(page: Page) -> None:
    """Let time on the page pass only as far as the test says."""
    page.clock.install()
    page.clock.pause_at(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60))


def waited_for(ask: Callable[[], Any], seconds: float = 10) -> Any:
    """Return what is asked for once it is there."""
    end = time.monotonic() + seconds
    while not (found := ask()) and time.monotonic() < end:
        time.sleep(0.02)
    return found
