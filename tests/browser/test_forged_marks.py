"""Periksa paraf never shows green for a forgery: whoever has the log's key and all that the service says, but no key.

Each test is one attack. The log is real and sealed with the real log key; what its operator cannot make is a signature
of an official. The device is fresh: it knows the pins and nothing else.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from api.app import create_app
from api.server import background_server
from api.settings import Settings
from keys.authority import WIB
from keys.envelope import Envelope
from keys.possession import prove
from keys.signing import PrivateKey
from ledger.acts import PAYLOAD_TYPE, Seen, compose
from ledger.checkpoint import sign_checkpoint
from ledger.entry import Entry
from ledger.iku import sample
from ledger.merkle import Frontier, leaf_hash
from ledger.receipt import Receipt, format_receipt
from tests.forged_store import LOG, entries_of, reseal
from tests.kit import CASE, FOUNDERS, INSPECTOR, ORIGIN, key, mandate, mandate_of, person
from tests.served import Served, served
from tests.signed_in import bearer

DEWI, EKO = FOUNDERS
BUDI, SRI, RATNA, AGUS, HADI = "budi-santoso", "sri-wahyuni", "ratna-sari", "agus-salim", "hadi-wijaya"
#: The key of the operator, which is nobody's.
NOBODY = key("bukan pejabat")
PLACE = "**/v1/streams/register/place*"
SAID = "**/v1/documents/*/signatures"
UNCOMPARED = "menurut patokan yang belum dicocokkan dengan kartu pendaftar"
Json = dict[str, Any]


def root(hashes: list[bytes]) -> bytes:
    """Return the root of these leaves (RFC 6962 §2.1), as anybody computes it who has them all."""
    if len(hashes) == 1:
        return hashes[0]
    middle = _middle(hashes)
    return hashlib.sha256(b"\1" + root(hashes[:middle]) + root(hashes[middle:])).digest()


def inclusion(index: int, hashes: list[bytes]) -> list[bytes]:
    """Return the proof of a leaf (RFC 6962 §2.1.1)."""
    if len(hashes) == 1:
        return []
    middle = _middle(hashes)
    if index < middle:
        return [*inclusion(index, hashes[:middle]), root(hashes[middle:])]
    return [*inclusion(index - middle, hashes[middle:]), root(hashes[:middle])]


def consistency(old: int, hashes: list[bytes], whole: bool = True) -> list[str]:
    """Return the proof that these leaves continue the first ``old`` (RFC 6962 §2.1.2), in base64."""
    if old == len(hashes):
        return [] if whole else [_spelt(root(hashes))]
    middle = _middle(hashes)
    if old <= middle:
        return [*consistency(old, hashes[:middle], whole), _spelt(root(hashes[middle:]))]
    return [*consistency(old - middle, hashes[middle:], False), _spelt(root(hashes[:middle]))]


def _middle(hashes: list[bytes]) -> int:
    return 1 << ((len(hashes) - 1).bit_length() - 1)


def _spelt(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Forged:
    """A log that its operator goes on with, each act signed with the key that they please."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.entries = folder, entries_of(folder)

    def head(self, stream: str) -> tuple[int, str | None]:
        found: tuple[int, str | None] = (0, None)
        for data in self.entries:
            act = json.loads(Entry.parse(data).envelope.unverified_payload)
            if act["stream"] == stream:
                found = act["version"], leaf_hash(data).hex()
        return found

    def add(
        self,
        official: str,
        stream: str,
        kind: str,
        body: Json,
        signer: PrivateKey,
        claimed: PrivateKey | None = None,
        *,
        mandate: str | None = None,
        at: dt.datetime | None = None,
    ) -> str:
        """Append an act signed with ``signer``, whose envelope names the key ``claimed``; return its leaf."""
        frontier = Frontier()
        for data in self.entries:
            frontier = frontier.append(leaf_hash(data))
        version, leaf = self.head(stream)
        at = at or Entry.parse(self.entries[-1]).recorded_at
        payload = compose(
            ledger=ORIGIN,
            seen=Seen(size=frontier.size, root=base64.b64encode(frontier.root).decode()),
            stream=stream,
            version=version + 1,
            previous=leaf,
            kind=kind,
            official=official,
            mandate=mandate or mandate_of(official),
            occurred_at=at.astimezone(WIB).isoformat(),
            body=body,
        )
        envelope = Envelope.seal(PAYLOAD_TYPE, payload, signer).data
        if claimed:
            envelope = envelope.replace(signer.public.id.encode(), claimed.public.id.encode())
        self.entries.append(Entry.record(Envelope.parse(envelope), at).data)
        return leaf_hash(self.entries[-1]).hex()

    def paraf(self, digest: str, signer: PrivateKey) -> int:
        """Append Budi's paraf on a document, by this key; return its leaf index."""
        self.add(BUDI, CASE, "paraf.given", {"step": "6", "document": digest}, signer)
        return len(self.entries) - 1

    def give(self, first: str, second: str, signers: tuple[PrivateKey, PrivateKey], own: PrivateKey = NOBODY) -> None:
        """Append that ``first`` proposes and ``second`` approves ``own`` as Budi's key, signed as said."""
        possession = prove(ORIGIN, BUDI, own).decode()
        body = {"official": BUDI, "public_key": own.public.raw.hex(), "possession": possession}
        leaf = self.add(first, "register", "key.proposed", body, signers[0], key(first))
        self.add(second, "register", "key.approved", {"proposal": leaf}, signers[1], key(second))


@dataclass
class World:
    """A ledger on disk, and what it is about; ``office`` is closed."""

    folder: Path
    digest: str
    clock: Callable[[], Any]

    @contextmanager
    def shown(self, device: BrowserContext) -> Iterator[tuple[Page, str]]:
        """Yield a page of a device that is signed in as the inspector, and the address of the service."""
        app = create_app(Settings(self.folder, threads=8), self.clock)  # type: ignore[arg-type]
        try:
            with background_server(app) as url:
                token = bearer(app, INSPECTOR)["Authorization"].removeprefix("Bearer ")
                device.add_cookies(
                    [{"name": "jejak", "value": token, "url": url, "httpOnly": True, "sameSite": "Strict"}]
                )
                yield device.new_page(), url
        finally:
            app.close()

    def reseal(self, forged: Forged) -> None:
        """Make the forged log the one that is served, with views of its own."""
        reseal(self.folder, forged.entries, range(1, len(forged.entries)))
        for view in self.folder.glob("views*"):
            view.unlink()


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Served]:
    """Return the closed ledger of an office whose one case waits for Budi's paraf, and the office."""
    folder = tmp_path_factory.mktemp("asal") / "buku"
    with served(folder) as office:
        office.open()
        office.register(INSPECTOR)
        office.run(upto=5)
    return folder, office


@pytest.fixture
def world(before: tuple[Path, Served], tmp_path: Path) -> World:
    folder, office = before
    return World(shutil.copytree(folder, tmp_path / "buku"), office.iku["digest"], office.clock)


def summary(page: Page) -> Locator:
    return page.locator("[data-at=summary] .notice:not(:text('Sedang diperiksa'))")


def look(page: Page, url: str, digest: str) -> None:
    page.goto(f"{url}/periksa?sidik={digest}")
    expect(summary(page)).to_be_visible()


def mark(page: Page, index: int) -> Locator:
    return page.locator(f".mark-found[data-leaf='{index}']")


def not_green(page: Page, index: int) -> None:
    """Assert that the mark at a leaf is not proved, and that the sum of all says so."""
    expect(mark(page, index).locator("[data-at=here] > p .verdict.terbukti")).to_have_count(0)
    expect(summary(page)).not_to_have_class(re.compile("good"))


def believed(page: Page) -> None:
    """Let the service say that all is proved, whatever its own code finds."""

    def lie(route: Route) -> None:
        answer = route.fetch()
        said = answer.text().replace('"tidak cocok"', '"terbukti"').replace('"tidak dapat dinilai"', '"terbukti"')
        route.fulfill(response=answer, body=said)

    page.route(SAID, lie)


def answered(page: Page, pattern: str, change: Callable[[Json], None]) -> None:
    """Let the service answer something else."""

    def lie(route: Route) -> None:
        answer = route.fetch()
        said = answer.json()
        change(said)
        route.fulfill(status=200, content_type="application/json", body=json.dumps(said, ensure_ascii=False))

    page.route(pattern, lie)


# --- the register -----------------------------------------------------------------------------------------


def test_a_key_that_no_registrar_signed_for_makes_no_mark(device: BrowserContext, world: World) -> None:
    forged = Forged(world.folder)
    forged.give(DEWI, EKO, (NOBODY, NOBODY))
    index = forged.paraf(world.digest, NOBODY)
    world.reseal(forged)
    with world.shown(device) as (page, url):
        believed(page)
        look(page, url, world.digest)
        not_green(page, index)
        expect(page.locator("[data-at=here] .verdict.terbukti")).to_have_count(0)
        expect(summary(page)).to_have_class("notice bad")
        expect(page.get_by_text("bukan tindakan yang sah").first).to_be_visible()


@pytest.mark.parametrize(
    ("first", "second"), [(DEWI, DEWI), (BUDI, EKO), (DEWI, BUDI)], ids=["alone", "no registrar", "for himself"]
)
def test_a_key_that_two_registrars_did_not_give_makes_no_mark(
    first: str, second: str, device: BrowserContext, world: World
) -> None:
    forged = Forged(world.folder)
    forged.give(first, second, (key(first), key(second)))
    index = forged.paraf(world.digest, NOBODY)
    world.reseal(forged)
    with world.shown(device) as (page, url):
        believed(page)
        look(page, url, world.digest)
        not_green(page, index)
        expect(summary(page)).to_have_class("notice bad")


def test_a_proposal_that_was_left_alone_gives_no_key(device: BrowserContext, world: World) -> None:
    forged = Forged(world.folder)
    possession = prove(ORIGIN, BUDI, NOBODY).decode()
    body = {"official": BUDI, "public_key": NOBODY.public.raw.hex(), "possession": possession}
    forged.add(DEWI, "register", "key.proposed", body, key(DEWI))
    index = forged.paraf(world.digest, NOBODY)
    world.reseal(forged)
    one = {"leaf_index": index, "kind": "paraf.given", "official": BUDI, "signature": {"verdict": "terbukti"}}
    with world.shown(device) as (page, url):
        page.route(SAID, lambda route: route.fulfill(json={"marks": [one]}))  # its own views would not list it
        page.goto(f"{url}/periksa")
        file = {"name": "iku.json", "mimeType": "application/json", "buffer": sample("kecamatan-sidemen")}
        page.locator("#berkas").set_input_files(file)  # type: ignore[arg-type]
        expect(summary(page)).to_be_visible()
        not_green(page, index)
        expect(mark(page, index).get_by_text("tidak ada dalam register atas nama budi-santoso")).to_be_visible()


def revoked(world: World) -> tuple[Forged, int]:
    """Return the log in which Budi's key was revoked, and that leaf's index."""
    forged = Forged(world.folder)
    body = {"keyid": key(BUDI).public.id, "reason": "lost"}
    forged.add(DEWI, "register", "key.revoked", body, key(DEWI))
    return forged, len(forged.entries) - 1


@pytest.mark.parametrize("later", [0, 1], ids=["at the mark", "above it"])
def test_a_mark_above_the_revocation_of_its_key_is_none_wherever_the_service_says_the_revocation_is(
    later: int, device: BrowserContext, world: World
) -> None:
    forged, revocation = revoked(world)
    index = forged.paraf(world.digest, key(BUDI))
    forged.paraf(world.digest, key(BUDI))
    forged.add(DEWI, "register", "official.proposed", {"person": person(RATNA) | {"rank": "Pembina"}}, key(DEWI))
    world.reseal(forged)

    def move(said: Json) -> None:
        next(one for one in said["acts"] if one["index"] == revocation)["index"] = index + later

    with world.shown(device) as (page, url):
        believed(page)
        answered(page, PLACE, move)
        look(page, url, world.digest)
        not_green(page, index)
        expect(mark(page, index).get_by_role("alert")).to_contain_text("BERBEDA")
        page.unroute(PLACE)
        look(page, url, world.digest)
        expect(mark(page, index).get_by_text(f"Kunci ini sudah dicabut di daun {revocation}")).to_be_visible()


def test_a_device_that_knows_of_a_revocation_is_not_shown_the_register_before_it(
    device: BrowserContext, world: World
) -> None:
    older = shutil.copytree(world.folder, world.folder.with_name("lama"))
    forged, _ = revoked(world)
    index = forged.paraf(world.digest, key(BUDI))
    world.reseal(forged)
    told: list[Json] = []
    with World(older, world.digest, world.clock).shown(device) as (page, url):
        answered(page, PLACE, told.append)
        look(page, url, world.digest)
    fresh = told[0]
    with world.shown(device) as (page, url):
        look(page, url, world.digest)
        believed(page)

        def before_it(said: Json) -> None:
            last = fresh["acts"][-1]
            receipt = device.request.get(f"{url}/v1/entries/{last['index']}/receipt").text()
            said |= {"acts": [last], "version": fresh["version"], "receipt": receipt}

        answered(page, PLACE, before_it)
        look(page, url, world.digest)
        not_green(page, index)
        expect(page.get_by_text("yang sudah terbukti di perangkat ini versi").first).to_be_visible()


def test_a_second_register_that_does_not_begin_with_the_pinned_founding_is_none(
    device: BrowserContext, world: World
) -> None:
    forged = Forged(world.folder)
    opening = json.loads(Entry.parse(forged.entries[0]).envelope.unverified_payload)
    opening["body"]["founders"][0]["person"]["official"] = BUDI
    opening["body"]["founders"][0]["mandate"]["official"] = BUDI
    opening["body"]["founders"][0]["public_key"] = NOBODY.public.raw.hex()
    opening["official"] = BUDI
    payload = json.dumps(opening, separators=(",", ":"), ensure_ascii=False).encode()
    at = Entry.parse(forged.entries[-1]).recorded_at
    fake = Entry.record(Envelope.seal(PAYLOAD_TYPE, payload, NOBODY), at).data
    forged.paraf(world.digest, NOBODY)
    entries = [*forged.entries[:-1], fake, forged.entries[-1]]
    hashes = [leaf_hash(one) for one in entries]
    index, size = len(entries) - 1, len(entries)
    note = sign_checkpoint(LOG, ORIGIN, size, root(hashes))

    def receipt(at_leaf: int) -> str:
        return format_receipt(Receipt(at_leaf, tuple(inclusion(at_leaf, hashes)), note)).decode()

    def place(route: Route) -> None:
        old = int(route.request.url.partition("old=")[2].partition("&")[0])
        said = {
            "stream": "register",
            "version": 1,
            "checkpoint": note.decode(),
            "consistency": consistency(old, hashes),
        }
        act = {"index": index - 1, "entry": _spelt(fake)}
        route.fulfill(json=said | {"acts": [act], "receipt": receipt(index - 1)})

    def one_more(said: Json) -> None:
        one = said["marks"][0] | {"leaf_index": index, "kind": "paraf.given", "official": BUDI, "decision": None}
        said["marks"] = [one]

    with world.shown(device) as (page, url):
        page.route(PLACE, place)
        page.route(f"**/v1/entries/{index}", lambda route: route.fulfill(body=entries[index]))
        for leaf in (index, index - 1):
            said = receipt(leaf)
            page.route(f"**/v1/entries/{leaf}/receipt", lambda route, said=said: route.fulfill(body=said))
        answered(page, SAID, one_more)
        look(page, url, world.digest)
        not_green(page, index)
        expect(page.get_by_text("Register tidak berawal dari pendirian yang dipatok.").first).to_be_visible()


def test_a_founder_who_recovers_alone_under_anothers_mandate_gives_nobody_a_key(
    device: BrowserContext, world: World
) -> None:
    forged = Forged(world.folder)
    recovery = {"recovery": "kunci hilang"}
    possession = prove(ORIGIN, BUDI, NOBODY).decode()
    body = {"official": BUDI, "public_key": NOBODY.public.raw.hex(), "possession": possession}
    leaf = forged.add(DEWI, "register", "key.proposed", body | recovery, key(DEWI))
    approval = {"proposal": leaf} | recovery
    forged.add(DEWI, "register", "key.approved", approval, key(DEWI), mandate=mandate_of(EKO))
    forged.paraf(world.digest, NOBODY)
    world.reseal(forged)
    with world.shown(device) as (page, url):
        look(page, url, world.digest)
        expect(summary(page)).not_to_contain_text("terbukti")


def test_a_mark_that_is_recorded_before_the_leaf_before_it_is_not_proved(device: BrowserContext, world: World) -> None:
    """So it would have come before the time since which its key is known to others."""
    forged = Forged(world.folder)
    times = sorted({Entry.parse(one).recorded_at for one in forged.entries})
    back, last = times[-3], times[-1]
    forged.add(BUDI, CASE, "paraf.given", {"step": "6", "document": world.digest}, key(BUDI), at=back)
    since = (back + (last - back) / 2).replace(microsecond=0).astimezone(WIB).isoformat()
    stolen = {"keyid": key(BUDI).public.id, "reason": "compromised", "compromised_since": since}
    forged.add(DEWI, "register", "key.revoked", stolen, key(DEWI), at=last)
    world.reseal(forged)
    with world.shown(device) as (page, url):
        look(page, url, world.digest)
        expect(page.get_by_text("Waktu catat tanda ini mundur dari tindakan di sekitarnya.").first).to_be_visible()


def test_an_act_that_the_log_has_twice_is_one_mark(device: BrowserContext, world: World) -> None:
    forged = Forged(world.folder)
    index = forged.paraf(world.digest, key(BUDI))
    world.reseal(forged)
    again = [*forged.entries, forged.entries[-1]]
    hashes = [leaf_hash(one) for one in again]
    note = sign_checkpoint(LOG, ORIGIN, len(again), root(hashes))
    receipt = format_receipt(Receipt(index + 1, tuple(inclusion(index + 1, hashes)), note))

    def grown(route: Route) -> None:
        old, new = map(int, re.findall(r"=(\d+)", route.request.url.partition("?")[2]))
        route.fulfill(json={"old": old, "new": new, "proof": consistency(old, hashes[:new])})

    def twice(said: Json) -> None:
        said["marks"].append(said["marks"][-1] | {"leaf_index": index + 1})

    with world.shown(device) as (page, url):
        answered(page, SAID, twice)
        page.route(f"**/v1/entries/{index + 1}", lambda route: route.fulfill(body=again[-1]))
        page.route(f"**/v1/entries/{index + 1}/receipt", lambda route: route.fulfill(body=receipt))
        page.route("**/v1/consistency*", grown)
        look(page, url, world.digest)
        expect(summary(page)).to_contain_text("2 terbukti; 1 TIDAK COCOK")
        expect(page.get_by_text("Di tempat tanda ini perkaranya mempunyai tindakan lain.")).to_have_count(1)


# --- what the page and the list say -----------------------------------------------------------------------


def test_what_the_page_says_that_this_browser_found_goes_away(device: BrowserContext, world: World) -> None:
    said = (
        '<section id="hasil"><div data-at="summary"><p class="notice good">Diperiksa di peramban ini: 1 terbukti.</p>'
    )
    mine = f'{said}</div><ol><li class="card mark-found"><h3>Tanda tangan</h3></li></ol></section>'

    def lie(route: Route) -> None:
        answer = route.fetch()
        whole = re.compile(r'<section id="hasil".*?</section>', re.DOTALL)
        route.fulfill(response=answer, body=whole.sub(mine + mine, answer.text()))

    altered = "sha256:" + "a" * 64
    with world.shown(device) as (page, url):
        page.route("**/periksa*", lie)
        look(page, url, altered)
        expect(page.get_by_text("Layanan ini tidak menunjukkan tanda apa pun pada isi ini.")).to_be_visible()
        expect(page.get_by_text("1 terbukti")).to_have_count(0)
        expect(page.locator(".mark-found")).to_have_count(0)
        page.locator("#berkas").set_input_files(
            {"name": "palsu.json", "mimeType": "application/json", "buffer": b"berkas palsu sama sekali"}
        )
        expect(page.get_by_text("Bila berkas ini seharusnya bertanda")).to_be_visible()
        expect(page.get_by_text("1 terbukti")).to_have_count(0)


GREEN = '<p class="notice good">Diperiksa di peramban ini: 2 terbukti.</p>'


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ('<main id="isi" tabindex="-1">', f'<main id="isi" tabindex="-1"><div>{GREEN}</div>'),
        ("</main>", f"</main><section>{GREEN}</section>"),
        ('class="card drop"', f'class="card drop">{GREEN}<p title="x"'),
        ("</header>", f"<div>{GREEN}</div></header>"),
    ],
    ids=["in main", "after main", "in the card", "in the header"],
)
def test_no_word_of_the_service_stands_beside_a_result(
    device: BrowserContext, world: World, beside: str, said: str
) -> None:
    def lie(route: Route) -> None:
        answer = route.fetch()
        page = answer.text()
        assert beside in page
        route.fulfill(response=answer, body=page.replace(beside, said, 1))

    with world.shown(device) as (page, url):
        page.route("**/periksa*", lie)
        look(page, url, "sha256:" + "a" * 64)
        expect(page.get_by_text("Layanan ini tidak menunjukkan tanda apa pun pada isi ini.")).to_be_visible()
        expect(page.get_by_text("2 terbukti")).to_have_count(0)


def test_a_name_that_the_service_gives_to_a_mark_stands_under_its_own_words_only(
    device: BrowserContext, world: World
) -> None:
    forged = Forged(world.folder)
    index = forged.paraf(world.digest, key(BUDI))
    world.reseal(forged)

    def rename(said: Json) -> None:
        said["marks"][-1] |= {"name": "Sri Wahyuni", "sentence": "<b>Sri Wahyuni</b>, Camat Kalipare, menandatangani."}

    with world.shown(device) as (page, url):
        answered(page, SAID, rename)
        look(page, url, world.digest)
        one = mark(page, index)
        expect(one.get_by_role("heading", level=3)).to_have_text("Paraf")
        expect(one.locator("[data-at=act]")).to_contain_text("Budi Santoso (sintetis), Sekretaris Kecamatan Kalipare")
        expect(one.locator("[data-at=said]")).to_contain_text("<b>Sri Wahyuni</b>, Camat Kalipare")
        expect(one.get_by_text("Sri Wahyuni")).to_have_count(1)


def test_a_mark_of_a_leaked_key_is_in_question_also_where_the_service_does_not_say_so(
    device: BrowserContext, world: World
) -> None:
    forged = Forged(world.folder)
    index = forged.paraf(world.digest, key(BUDI))
    body = {"keyid": key(BUDI).public.id, "reason": "compromised"}
    forged.add(DEWI, "register", "key.revoked", body, key(DEWI))
    world.reseal(forged)

    def silent(said: Json) -> None:
        for one in said["marks"]:
            one["questioned"] = None

    with world.shown(device) as (page, url):
        answered(page, SAID, silent)
        look(page, url, world.digest)
        words = f"Diperiksa di peramban ini: 1 terbukti; 1 terbukti, tetapi DIPERTANYAKAN; {UNCOMPARED}."
        expect(summary(page)).to_have_text(words)
        expect(summary(page)).to_have_class("notice bad")
        expect(mark(page, index)).to_contain_text("dicabut Dewi Lestari (sintetis)")
        expect(mark(page, index)).to_contain_text(f"(daun {index + 1}) karena bocor")


def test_a_key_that_a_leaked_key_gave_is_in_question_too(device: BrowserContext, world: World) -> None:
    forged = Forged(world.folder)
    own = key("kunci kedua Budi")
    forged.give(DEWI, EKO, (key(DEWI), key(EKO)), own)
    index = forged.paraf(world.digest, own)
    body = {"keyid": key(DEWI).public.id, "reason": "compromised"}
    forged.add(EKO, "register", "key.revoked", body, key(EKO))
    world.reseal(forged)
    with world.shown(device) as (page, url):
        look(page, url, world.digest)
        expect(mark(page, index)).to_contain_text("diberikan oleh tindakan register yang dipertanyakan")
        expect(summary(page)).to_have_class("notice bad")


@pytest.mark.parametrize("count", [5001, 200_000], ids=["many", "endless"])
def test_a_list_without_measure_is_not_drawn(count: int, device: BrowserContext, world: World) -> None:
    def flood(said: Json) -> None:
        said["marks"] = [{"leaf_index": leaf} for leaf in range(count)]

    with world.shown(device) as (page, url):
        answered(page, SAID, flood)
        page.goto(f"{url}/periksa?sidik={world.digest}")
        expect(page.get_by_text("Jawaban layanan tidak berbentuk seperti seharusnya")).to_be_visible()
        expect(page.locator(".mark-found")).to_have_count(0)


def test_of_many_marks_25_are_verified_at_a_time_and_the_rest_is_not_called_proved(
    device: BrowserContext, world: World
) -> None:
    asked: list[str] = []

    def many(said: Json) -> None:
        said["marks"] = [said["marks"][0], *(said["marks"][0] | {"leaf_index": leaf} for leaf in range(7, 33))]

    with world.shown(device) as (page, url):
        answered(page, SAID, many)
        page.on("request", lambda one: asked.append(one.url) if re.search(r"/v1/entries/\d+$", one.url) else None)
        look(page, url, world.digest)
        expect(summary(page)).to_contain_text("baru tanda 1 sampai 25 dari 27")
        expect(page.locator(".mark-found")).to_have_count(25)
        assert len(asked) == 25
        page.get_by_role("button", name="Tanda berikutnya").click()
        expect(summary(page)).to_contain_text("baru tanda 26 sampai 27 dari 27")
        expect(page.locator(".mark-found")).to_have_count(2)
        expect(page.get_by_role("button", name="Tanda sebelumnya")).to_be_visible()


# --- what must stay green ---------------------------------------------------------------------------------


def test_a_register_in_which_everything_lawful_happened_is_verified(device: BrowserContext, tmp_path: Path) -> None:
    why = {"recovery": "Tinggal satu pendaftar (sintetis)."}
    with served(tmp_path / "buku") as office:
        office.open()
        office.register(INSPECTOR)
        office.run(upto=5)
        # a second key, the first lost; a new rank; a mandate laid down by its holder
        own = key("kunci kedua Budi")
        given = {"official": BUDI, "public_key": own.public.raw.hex(), "possession": prove(ORIGIN, BUDI, own).decode()}
        office.approve("key", given)
        office.revoke(HADI)
        office.approve("official", {"person": person(RATNA) | {"rank": "Pembina"}})
        office.do(AGUS, "register", "mandate.withdrawn", {"mandate": mandate_of(AGUS), "reason": "Pindah."})
        # Budi becomes registrar, the founders none; they recover another one
        name = {"mandate": "pendaftar-budi", "office": "registrar", "office_name": "Pendaftar"}
        office.approve("mandate", {"mandate": mandate(BUDI) | name})
        for founder in FOUNDERS:
            down = {"mandate": mandate_of(founder), "reason": "Mutasi."}
            office.do(founder, "register", "mandate.withdrawn", down)
        held = name | {"mandate": "pendaftar-ratna"}
        leaf = office.do(DEWI, "register", "mandate.proposed", {"mandate": mandate(RATNA) | held} | why).recorded.leaf
        office.do(EKO, "register", "mandate.approved", {"proposal": leaf} | why)
        body = {"person": person(SRI) | {"rank": "Pembina"}}
        leaf = office.do(BUDI, "register", "official.proposed", body, mandate="pendaftar-budi").recorded.leaf
        office.do(RATNA, "register", "official.approved", {"proposal": leaf}, mandate="pendaftar-ratna")
        office.run_from(5, 7)
        digest, clock = office.iku["digest"], office.clock
    with World(tmp_path / "buku", digest, clock).shown(device) as (page, url):
        look(page, url, digest)
        expect(summary(page)).to_have_text(f"Diperiksa di peramban ini: 3 terbukti; {UNCOMPARED}.")
        expect(summary(page)).to_have_class("notice good")
