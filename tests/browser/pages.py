"""Every address of the desk to try, as whom, in an office in which everything has happened that can happen.

:data:`ADDRESSES` is the list; :func:`unlisted` names the pages that stand in none. The office is that of the golden
rows: every kind of act with every member, and beside it a case at each step of the SOP.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from _pytest.mark import ParameterSet
from playwright.sync_api import BrowserContext

from api.app import App
from api.reader import NOW
from api.server import background_server
from keys.authority import mandates_in_force
from keys.possession import prove
from ledger.bodies import CATALOGUE
from ledger.iku import sample
from tests.activity_sop import SLUG, activity_sop
from tests.kit import CASE, FOUNDERS, IKU, INSPECTOR, ORIGIN, key, mandate, person, the_sop
from tests.served import Served, served
from tests.test_golden import SECOND, THIRD, Golden, Json

SRI, BUDI, RATNA, AGUS, HADI, TUTI = (
    *("sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim", "hadi-wijaya", "tuti-alawiyah"),
)
#: SOPs that are still in force when all is over: one with a table, one of activities.
STILL, STILL_ACTIVITIES = f"{the_sop().slug}-lain", f"{SLUG}-lain"
#: Cases that were brought through so many acts of the straight way, by how many.
BROUGHT = {acts: f"case:00000000-0000-4000-8000-0000000000{acts:02d}" for acts in range(1, 12)}
#: A case whose typing was returned, and one in which a decision is to be made.
RETURNED = "case:00000000-0000-4000-8000-000000000020"
DECIDING = "case:00000000-0000-4000-8000-000000000021"
#: Hadi's first key was stolen; he has this one of the kit's now.
KEYS = {HADI: "kunci-hadi-yang-baru"}


class Lived(Served, Golden):
    """The office of the golden rows, served, with real tables, an auditor, and a case at each step."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.papers()

    def papers(self) -> None:
        """Store real tables where the golden rows have bytes that are none."""
        self.iku = self.store(sample("kecamatan-sidemen"), "iku.json", IKU)
        self.iku_mended = self.store(sample("kecamatan-sidemen-perbaikan"), "iku-2.json", IKU)

    def live(self) -> None:
        """Play all of it."""
        self.play(the_sop().plain(), activity_sop().plain())

    def _register(self) -> None:
        super()._register()
        dewi, eko = FOUNDERS
        self._two(dewi, eko, "official", {"person": person(INSPECTOR)})
        self._two(dewi, eko, "key", _key_of(INSPECTOR, INSPECTOR), berita_acara=self.letter)
        self._two(dewi, eko, "mandate", {"mandate": mandate(INSPECTOR)})
        self._two(dewi, eko, "key", _key_of(HADI, KEYS[HADI]))

    def _outside(self, slug: str) -> None:
        super()._outside(slug)
        for acts, case in BROUGHT.items():
            self.run(case, acts)
        self.run(RETURNED, 4)
        returned = {"step": "5", "document": self.iku["digest"], "decision": "returned", "reason": "Satuan kosong."}
        self.do(RATNA, RETURNED, "typing.reviewed", returned)

    def _activities(self, other: Json) -> None:
        super()._activities(other)
        of = {"slug": other["slug"], "leaf": self.rows["sop.enacted.activities"].leaf}
        self.do(AGUS, DECIDING, "activity.performed", {"step": "1", "sop": of, "subject": "Surat keterangan domisili"})

    def _beside(self, slug: str, other: str) -> None:
        super()._beside(slug, other)
        for name, sop in ((STILL, the_sop()), (STILL_ACTIVITIES, activity_sop())):
            self.do(SRI, f"sop:{name}", "sop.enacted", {"sop": sop.plain() | {"slug": name}})
        dewi, _ = FOUNDERS
        self.do(dewi, "register", "official.proposed", {"person": person(RATNA) | {"rank": "Penata Tk. I"}})
        self.do(dewi, "register", "key.proposed", _key_of(RATNA, "kunci-ratna-yang-baru"))
        plh = {"capacity": "plh", "absence": "Dinas luar", "office": "camat", "office_name": "Plh Camat"}
        self.do(dewi, "register", "mandate.proposed", {"mandate": mandate(BUDI, mandate="plh-2", **plh)})


def _key_of(official: str, name: str) -> Json:
    """Return the proposal of the kit's key of that name for an official."""
    raw = key(name).public.raw.hex()
    return {"official": official, "public_key": raw, "possession": prove(ORIGIN, official, key(name)).decode()}


@contextmanager
def at_work(folder: Path, kind: type[Lived] = Lived) -> Iterator[tuple[Lived, str]]:
    """Yield an office in which all has happened, and the address at which its desk is served."""
    with served(folder, kind) as office:
        office.live()
        with background_server(office.app) as url:
            yield office, url


class Address(NamedTuple):
    """An address: of which page, where, who looks (None: nobody is signed in), what a reader finds there, its status.

    ``path`` and ``says`` may name ``{iku}``, ``{mended}``, ``{letter}``, ``{proof}``: digests of the office's papers.
    """

    endpoint: str
    path: str
    who: str | None
    says: str
    status: int = 200

    def at(self, office: Lived) -> str:
        """Return the path in an office."""
        return self.path.format(**_digests(office))

    def finds(self, office: Lived) -> str:
        """Return what a reader finds in an office."""
        return self.says.format(**_digests(office))


def _digests(office: Lived) -> dict[str, str]:
    papers = {"iku": office.iku, "mended": office.iku_mended, "letter": office.letter, "proof": office.proof}
    return {name: str(one["digest"]) for name, one in papers.items()}


def page_of(case: str) -> str:
    """Return the path of a case's page."""
    return f"/perkara/{case.removeprefix('case:')}"


def _acting(case: str, kind: str, who: str, says: str = "Langkah") -> Address:
    return Address("desk.act", f"{page_of(case)}/tindakan/{kind}", who, says)


#: Addresses of the blueprint that are no pages: files, and the way back after a language was chosen.
NO_PAGES = frozenset({"desk.static", "desk.choose_language"})
ADDRESSES = (
    Address("desk.home", "/", None, "Jejak mencatat setiap tindakan"),
    Address("desk.home", "/", SRI, "Jejak mencatat setiap tindakan"),
    Address("desk.sign_in", "/masuk?lanjut=/meja", None, "kunci"),
    Address("desk.keys", "/kunci", None, "kunci"),
    Address("desk.keys", "/kunci", SRI, "kunci"),
    *(Address("desk.desk", "/meja", who, "Menunggu Anda") for who in (SRI, BUDI, AGUS)),
    Address("desk.desk", "/meja", TUTI, "Usulan"),
    Address("desk.desk", "/meja", INSPECTOR, "Perkara yang terakhir bergerak"),
    *(Address("desk.cases", "/perkara?limit=5", who, "Penyusunan IKU 2026") for who in (SRI, INSPECTOR)),
    Address("desk.cases", "/perkara?after=-1", SRI, "Yang dapat dilakukan", 400),
    Address("desk.new_case", f"/perkara/baru?sop={STILL}", SRI, "Perkara baru"),
    Address("desk.new_case", f"/perkara/baru?sop={STILL_ACTIVITIES}", AGUS, "Perkara baru"),
    Address("desk.new_case", "/perkara/baru", BUDI, "perkara"),
    *(
        Address("desk.case", page_of(case), SRI, "Di luar jalur")
        for case in (CASE, SECOND, THIRD, RETURNED, BROUGHT[6])
    ),
    Address("desk.case", page_of(CASE), INSPECTOR, "070/17/35.07.11/2026"),
    Address("desk.case", page_of("case:ffffffff-0000-4000-8000-000000000000"), SRI, "Yang dapat dilakukan", 404),
    *(
        Address("desk.document", f"{page_of(CASE)}/dokumen/{{{name}}}", SRI, f"{{{name}}}")
        for name in ("iku", "mended")
    ),
    Address("desk.document", f"{page_of(CASE)}/dokumen/{{letter}}", INSPECTOR, "{letter}"),
    Address("desk.document", f"{page_of(CASE)}/dokumen/{{proof}}", SRI, "{proof}"),
    Address("desk.compare", f"{page_of(CASE)}/banding", SRI, "{mended}"),
    Address("desk.compare", f"{page_of(BROUGHT[1])}/banding", INSPECTOR, "belum mempunyai dokumen"),
    *(Address("desk.trail", f"{page_of(case)}/jejak", SRI, "Sri Wahyuni") for case in (CASE, THIRD)),
    Address("desk.trail", f"{page_of(SECOND)}/jejak?rinci=1", INSPECTOR, "di luar SOP"),
    Address("desk.search", "/jejak", SRI, "Penyusunan IKU 2026"),
    Address("desk.search", "/jejak?text=Renstra&rinci=1", INSPECTOR, "Renstra"),
    *(Address("desk.replay", f"{page_of(case)}/putar", SRI, "Sri Wahyuni") for case in (CASE, SECOND)),
    Address("desk.replay", f"{page_of(THIRD)}/putar", SRI, "Agus Salim"),
    Address("desk.sop_of_case", f"{page_of(CASE)}/sop", SRI, "Yang perlu diketahui tentang naskah ini"),
    Address("desk.time_of_case", f"{page_of(CASE)}/waktu", SRI, "tidak dapat dinilai"),
    Address("desk.time_of_case", f"{page_of(SECOND)}/waktu", INSPECTOR, "dicatat menyusul"),
    Address("desk.time_of_case", f"{page_of(BROUGHT[6])}/waktu", SRI, "masih berjalan"),
    Address("desk.check", "/periksa", SRI, "Periksa"),
    Address("desk.check", "/periksa?sidik={mended}", INSPECTOR, "{mended}"),
    *(Address("desk.agenda", "/agenda?year=2026", who, "070/17/35.07.11/2026") for who in (SRI, INSPECTOR)),
    Address("desk.agenda", "/agenda?year=2020", SRI, "Belum ada surat bernomor"),
    *(Address("desk.officials", "/pejabat", who, "Budi Santoso (sintetis)") for who in (SRI, INSPECTOR)),
    *(Address("desk.official", f"/pejabat/{one}", SRI, "Mandat") for one in (BUDI, HADI, AGUS, TUTI)),
    Address("desk.official", f"/pejabat/{HADI}", INSPECTOR, "bocor sejak"),
    Address("desk.official", "/pejabat/orang-asing", SRI, "belum terdaftar", 404),
    Address("desk.reads", "/pembacaan", INSPECTOR, "Wahyu Hidayat"),
    Address("desk.public", f"/umum/{CASE.removeprefix('case:')}", None, "{mended}"),
    _acting(BROUGHT[1], "direction.given", BUDI),
    _acting(BROUGHT[2], "concept.drafted", RATNA),
    _acting(BROUGHT[3], "concept.typed", AGUS),
    _acting(RETURNED, "concept.revised", AGUS),
    _acting(BROUGHT[4], "typing.reviewed", RATNA),
    _acting(BROUGHT[5], "paraf.given", BUDI),
    _acting(BROUGHT[5], "document.returned", BUDI),
    _acting(BROUGHT[6], "signature.given", SRI),
    _acting(BROUGHT[6], "paraf.given", BUDI, "Tindakan ini wewenang Camat"),
    _acting(BROUGHT[7], "distribution.ordered", BUDI),
    _acting(BROUGHT[8], "agenda.ordered", HADI),
    _acting(BROUGHT[9], "agenda.recorded", AGUS),
    _acting(BROUGHT[10], "dispatch.recorded", AGUS),
    _acting(BROUGHT[1], "disposition.withdrawn", SRI),
    _acting(BROUGHT[1], "disposition.issued", SRI, "perkara"),
    _acting(CASE, "correction.recorded", AGUS, "betul"),
    _acting(DECIDING, "activity.decided", HADI),
    _acting(THIRD, "activity.performed", SRI),
    _acting(CASE, "sop.enacted", SRI, "tidak ditandatangani di halaman perkara"),
)
#: What the tests are called in a report.
NAMES = [f"{one.path.strip('/') or 'depan'} {one.who or 'siapa saja'}" for one in ADDRESSES]


def one_in_three(tried: Sequence[tuple[Any, ...]], which: int) -> list[ParameterSet]:
    """Return what is tried on every page, two of three left to `make desk`: the quick run keeps to its time."""
    return [pytest.param(*values, marks=() if at % 3 == which else pytest.mark.long) for at, values in enumerate(tried)]


def unlisted(app: App) -> set[str]:
    """Return every page of the desk, and every kind of act in a case, that no address tries; and what is no page."""
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("desk.") and "GET" in (rule.methods or ())
    }
    acts = {kind for kind, (family, _) in CATALOGUE.items() if family == "case"}
    tried = {one.path.rpartition("/tindakan/")[2] for one in ADDRESSES}
    return (pages ^ ({one.endpoint for one in ADDRESSES} | NO_PAGES)) | (acts - tried)


def sign_in(device: BrowserContext, url: str, app: App, official: str | None) -> None:
    """Give the device a session of the official's, with the key that they have now; none of nobody's."""
    if official is None:
        device.clear_cookies(name="jejak")
        return
    here, keyid = app.parts, key(KEYS.get(official, official)).public.id
    at = here.clock()
    held = mandates_in_force(here.register(), official, keyid, NOW, at)
    token, _ = here.sessions.begin(official, keyid, at, [one.mandate for one in held])
    device.add_cookies([{"name": "jejak", "value": token, "url": url, "httpOnly": True, "sameSite": "Strict"}])
