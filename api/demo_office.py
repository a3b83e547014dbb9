"""The demonstration office: made-up officials of Kecamatan Kalipare, their key files, and a ledger that knows them.

Everything here is synthetic and says so. The passphrases are public; a real ledger is founded with ``jejak found``.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from api import demo_case
from api.opening import open_ledger
from api.settings import Settings
from keys.authority import WIB
from keys.keyfile import open_keyfile, read_keyfile, seal, write_keyfile
from keys.possession import prove
from keys.register import INSPECTOR, REGISTRAR
from keys.signing import PrivateKey
from ledger import logkey
from ledger.application import Ledger
from ledger.hand import Hand
from ledger.note import NoteSigner
from ledger.sop import Sop

ORIGIN = "kalipare.malangkab.example/jejak-demo"
UNIT = "kalipare"
#: The unit of the auditor, who reads every other one.
AUDITORS = "inspektorat"
LABEL = "(sintetis)"
#: The case that waits for the Sekcam's paraf in a demonstration ledger that is served.
WAITING_CASE = "00000000-0000-4000-8000-000000000006"


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up official: name in the register, office, rank, unit; the NIP begins with an impossible birth date."""

    official: str
    name: str
    office: str
    office_name: str
    rank: str | None
    unit: str = UNIT

    @property
    def mandate(self) -> str:
        """Return the name of the person's mandate."""
        return f"{self.office}-{self.official}"

    @property
    def passphrase(self) -> str:
        """Return the public passphrase of the person's demonstration key."""
        return f"demo jejak {self.official}"


PEOPLE = (
    Person("dewi-lestari", f"Dewi Lestari {LABEL}", REGISTRAR, "Pendaftar (Subbagian Umum)", "Penata Muda"),
    Person("eko-prasetyo", f"Eko Prasetyo {LABEL}", REGISTRAR, "Pendaftar (Bagian Organisasi)", "Penata"),
    Person("sri-wahyuni", f"Sri Wahyuni {LABEL}", "camat", "Camat Kalipare", "Pembina"),
    Person("budi-santoso", f"Budi Santoso {LABEL}", "sekcam", "Sekretaris Kecamatan Kalipare", "Penata Tingkat I"),
    Person("ratna-sari", f"Ratna Sari {LABEL}", "kasubag-evapor", "Kasubag Evaluasi dan Pelaporan", "Penata"),
    Person("agus-salim", f"Agus Salim {LABEL}", "staf", "Staf Kecamatan Kalipare", None),
    Person("hadi-wijaya", f"Hadi Wijaya {LABEL}", "kasubag-umum", "Kasubag Umum", "Penata Muda Tingkat I"),
    Person("wahyu-hidayat", f"Wahyu Hidayat {LABEL}", INSPECTOR, "Auditor Inspektorat", "Penata", AUDITORS),
)
FOUNDERS = PEOPLE[:2]
OFFICERS = PEOPLE[2:]


def person(official: str) -> Person:
    """Return one of the made-up officials by name."""
    return next(one for one in PEOPLE if one.official == official)


def key_path(folder: Path, official: str, turn: int = 1) -> Path:
    """Return where the demonstration key of an official is kept, the first or a later one."""
    return folder / "keys" / (f"{official}.json" if turn == 1 else f"{official}-{turn}.json")


def hand(folder: Path, official: str) -> Hand:
    """Return the hand of an official, their key file opened."""
    one = person(official)
    opened = open_keyfile(read_keyfile(key_path(folder, official)), one.passphrase)
    return Hand(official, one.mandate, opened.key)


def the_sop() -> Sop:
    """Return the real SOP that the demonstration runs."""
    return Sop.parse((files("ledger") / "sops" / "penyusunan-iku.json").read_bytes())


def founded(folder: Path) -> bool:
    """Tell whether a demonstration ledger is complete in this folder."""
    return (folder / "demo.json").is_file()


def found(folder: Path, *, waiting_case: bool = False, database_url: str = "") -> None:
    """Found the demonstration ledger in ``folder``: log key, key files, register, SOP; ``demo.json`` comes last.

    With ``waiting_case`` one case is brought through a return as far as the Sekcam's paraf. Its rows are in the
    database of ``database_url``, an empty one being files in the folder. Raises what :func:`api.opening.open_ledger`
    raises, Forged where that database already holds another ledger.
    """
    (folder / "keys").mkdir(parents=True, exist_ok=True)
    signer = NoteSigner(ORIGIN, PrivateKey.generate())
    logkey.write(folder / "log.key", signer)
    hands = {one.official: new_hand(folder, one) for one in PEOPLE}
    ledger = open_ledger(Settings(folder, database_url=database_url), signer=signer)
    try:
        founding = _Founding(ledger, hands)
        founding.run()
        if waiting_case:
            founding.bring_to_paraf()
        with ledger.reading() as rows:
            first = rows.entry(0)
        assert first is not None
    finally:
        ledger.close()
    pins = {"origin": ORIGIN, "vkey": str(signer.vkey), "founding": first.leaf_hash.hex(), "synthetic": True}
    (folder / "demo.json").write_text(json.dumps(pins, indent=2) + "\n", encoding="utf-8")


def new_hand(folder: Path, one: Person, turn: int = 1) -> Hand:
    """Make a key for an official, keep it sealed under their passphrase, and return the hand that has it."""
    key = PrivateKey.generate()
    sealed = seal(key, one.passphrase, official=one.official, salt=os.urandom(16), nonce=os.urandom(12))
    write_keyfile(key_path(folder, one.official, turn), sealed)
    return Hand(one.official, one.mandate, key)


def record(one: Person) -> dict[str, Any]:
    """Return what the register keeps of a person."""
    if one.rank is None:
        return {"official": one.official, "name": one.name, "without_nip": "Tenaga honorer"}
    return {
        "official": one.official,
        "name": one.name,
        "nip": f"0000000020260{PEOPLE.index(one):05d}",
        "rank": one.rank,
    }


def mandate(one: Person) -> dict[str, Any]:
    """Return the record of a person's mandate."""
    return {
        "mandate": one.mandate,
        "official": one.official,
        "unit": one.unit,
        "office": one.office,
        "office_name": one.office_name,
        "capacity": "definitif",
        "decree": {"number": "800/DEMO/2026", "date": "2026-01-02", "issuer": f"Bupati Malang {LABEL}"},
        "start": "2026-01-02",
    }


def stand_in(one: Person, absent: Person, today: dt.date) -> dict[str, Any]:
    """Return the record of the mandate by which one person is Plh for another who is away for three days."""
    return mandate(one) | {
        "mandate": f"plh-{absent.office}-{one.official}",
        "office": absent.office,
        "office_name": absent.office_name,
        "capacity": "plh",
        "decree": {"number": "800/DEMO/PLH/2026", "date": str(today), "issuer": f"Bupati Malang {LABEL}"},
        "start": str(today),
        "end": str(today + dt.timedelta(days=2)),
        "absence": f"{absent.name} dinas luar ke Kabupaten {LABEL}",
    }


def key_proposed(one: Hand) -> dict[str, Any]:
    """Return the body of the proposal of a hand's key, with its proof of possession."""
    return {
        "official": one.official,
        "public_key": one.key.public.raw.hex(),
        "possession": prove(ORIGIN, one.official, one.key).decode("ascii"),
    }


def minutes(one: Hand) -> bytes:
    """Return the minutes (berita acara) that tie a hand's key to its official."""
    key = one.key.public.raw.hex()
    return f"BERITA ACARA (contoh, data sintetis)\nPejabat: {one.official}\nKunci: {key}\n".encode()


class _Founding:
    """The acts that make the demonstration ledger, in their order."""

    def __init__(self, ledger: Ledger, hands: dict[str, Hand]) -> None:
        self._ledger = ledger
        self._hands = hands
        self._sop: dict[str, Any] = {}

    def run(self) -> None:
        first, second = FOUNDERS
        leaf = self._do(first, "register", "ledger.founded", self._founding())
        self._do(second, "register", "founding.accepted", {"founding": leaf})
        for one in OFFICERS:
            self._approve("official", {"person": record(one)})
            self._approve("key", key_proposed(self._hands[one.official]))
            self._approve("mandate", {"mandate": mandate(one)})
        sop, camat = the_sop(), person(demo_case.CAMAT)
        leaf = self._do(camat, f"sop:{sop.slug}", "sop.enacted", {"sop": sop.plain()})
        for kind, body in demo_case.settings(leaf, dt.datetime.now(WIB).date()):
            self._do(camat, f"sop:{sop.slug}", kind, body)
        self._sop = {"slug": sop.slug, "leaf": leaf}

    def bring_to_paraf(self) -> None:
        script = demo_case.script(demo_case.papers(self._store), self._sop)
        turn = next(script)
        while turn.kind != "paraf.given":
            claimed = demo_case.claimed(turn.minutes_ago)
            leaf = self._do(person(turn.official), f"case:{WAITING_CASE}", turn.kind, turn.body, claimed)
            turn = script.send(leaf)

    def _store(self, data: bytes, name: str, media_type: str) -> dict[str, Any]:
        digest, size = self._ledger.documents.store([data])
        return {"digest": digest, "media_type": media_type, "size": size, "name": name}

    def _founding(self) -> dict[str, Any]:
        return {
            "name": "Jejak Kecamatan Kalipare (DEMO, data sintetis)",
            "log_key": str(self._ledger.signer.vkey),
            "founders": [
                {
                    "person": record(one),
                    "public_key": self._hands[one.official].key.public.raw.hex(),
                    "mandate": mandate(one),
                    "berita_acara": self._minutes(one.official),
                }
                for one in FOUNDERS
            ],
            "enacting_office": "camat",
            "synthetic": True,
        }

    def _approve(self, what: str, body: dict[str, Any]) -> None:
        first, second = FOUNDERS
        leaf = self._do(first, "register", f"{what}.proposed", body)
        approval: dict[str, Any] = {"proposal": leaf}
        if what == "key":
            approval["berita_acara"] = self._minutes(body["official"])
        self._do(second, "register", f"{what}.approved", approval)

    def _minutes(self, official: str) -> dict[str, Any]:
        return self._store(minutes(self._hands[official]), f"berita-acara-{official}.txt", "text/plain")

    def _do(self, one: Person, stream: str, kind: str, body: dict[str, Any], claimed: str | None = None) -> str:
        signed = self._hands[one.official].sign(self._ledger, stream, kind, body, claimed or demo_case.claimed())
        return self._ledger.record(signed).recorded.leaf
