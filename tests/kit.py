"""A kecamatan in a box: named synthetic officials, a fixed clock, a ledger, and hands to sign with.

The officials are made up. ``Kecamatan`` founds a ledger, registers everybody by two registrars, enacts the real
SOP; ``sign`` builds the next act of a stream as a client would, and ``do`` records it.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from keys.envelope import Envelope
from keys.possession import prove
from keys.signing import PrivateKey
from ledger.acts import PAYLOAD_TYPE, Seen, compose
from ledger.application import Accepted, Ledger
from ledger.database import Database
from ledger.iku import sample
from ledger.note import NoteSigner
from ledger.sop import Sop

ORIGIN = "kalipare.malangkab.example/jejak"
MORNING = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)  # Monday 08:00 WIB
CASE = "case:11111111-1111-4111-8111-111111111111"
IKU = "application/vnd.jejak.iku.v1+json"

PEOPLE: dict[str, tuple[str, str, str]] = {
    # official: (name, office, office name)
    "dewi-lestari": ("Dewi Lestari (sintetis)", "registrar", "Pendaftar Kepegawaian"),
    "eko-prasetyo": ("Eko Prasetyo (sintetis)", "registrar", "Pendaftar Organisasi"),
    "sri-wahyuni": ("Sri Wahyuni (sintetis)", "camat", "Camat Kalipare"),
    "budi-santoso": ("Budi Santoso (sintetis)", "sekcam", "Sekretaris Kecamatan Kalipare"),
    "ratna-sari": ("Ratna Sari (sintetis)", "kasubag-evapor", "Kasubag Evaluasi dan Pelaporan"),
    "agus-salim": ("Agus Salim (sintetis)", "staf", "Staf"),
    "hadi-wijaya": ("Hadi Wijaya (sintetis)", "kasubag-umum", "Kasubag Umum"),
}
#: Registered only where a test wants somebody who reads every unit.
INSPECTOR = "wahyu-hidayat"
EVERYBODY = PEOPLE | {INSPECTOR: ("Wahyu Hidayat (sintetis)", "inspektorat", "Auditor Inspektorat")}

FOUNDERS = ("dewi-lestari", "eko-prasetyo")
OFFICERS = tuple(name for name in PEOPLE if name not in FOUNDERS)


@cache
def key(official: str) -> PrivateKey:
    """Return the official's key, the same in every run."""
    return PrivateKey.load(hashlib.sha256(f"kunci uji {official}".encode()).digest())


@cache
def the_sop() -> Sop:
    """Return the real SOP."""
    return Sop.parse((files("ledger") / "sops" / "penyusunan-iku.json").read_bytes())


def mandate_of(official: str) -> str:
    """Return the name of the official's one mandate."""
    return f"{EVERYBODY[official][1]}-{official}"


def person(official: str) -> dict[str, Any]:
    """Return the official's record."""
    nip = f"1980010120050{list(EVERYBODY).index(official):05d}"
    return {"official": official, "name": EVERYBODY[official][0], "nip": nip, "rank": "Penata (sintetis)"}


def mandate(official: str, **changes: Any) -> dict[str, Any]:
    """Return the record of the official's mandate."""
    _, office, office_name = EVERYBODY[official]
    return {
        "mandate": mandate_of(official),
        "official": official,
        "unit": "kalipare",
        "office": office,
        "office_name": office_name,
        "capacity": "definitif",
        "decree": {"number": "821/1/2026", "date": "2026-01-02", "issuer": "Bupati Malang (sintetis)"},
        "start": "2026-01-02",
    } | changes


def founding(log: NoteSigner) -> dict[str, Any]:
    """Return the body of leaf 0."""
    return {
        "name": "Jejak Kecamatan Kalipare (uji)",
        "log_key": str(log.vkey),
        "founders": [
            {"person": person(one), "public_key": key(one).public.raw.hex(), "mandate": mandate(one)}
            for one in FOUNDERS
        ],
        "enacting_office": "camat",
        "synthetic": True,
    }


class Clock:
    """A clock that tests move."""

    def __init__(self, now: dt.datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        """Return the time, a second later each time."""
        self.now += dt.timedelta(seconds=1)
        return self.now


class Kecamatan:
    """A ledger with its officials."""

    def __init__(self, folder: Path, database: Database | None = None) -> None:
        self.folder = folder
        self.clock = Clock()
        self.seen_at_start: Seen | None = None
        self.sop_leaf = ""
        self.numbers: dict[str, int] = {}
        self.log = NoteSigner(ORIGIN, key("log"))
        self.ledger = Ledger(folder, self.log, self.clock, database=database)
        self.iku = self.store(sample("kecamatan-sidemen"), "iku.json", IKU)
        self.iku_mended = self.store(sample("kecamatan-sidemen-perbaikan"), "iku-2.json", IKU)
        self.letter = self.store(b"surat masuk (sintetis)", "surat.pdf", "application/pdf")
        self.proof = self.store(b"bukti kirim (sintetis)", "bukti.jpg", "image/jpeg")

    def store(self, data: bytes, name: str, media_type: str) -> dict[str, Any]:
        """Store a document and return the reference to it."""
        digest, size = self.ledger.documents.store([data])
        return {"digest": digest, "media_type": media_type, "size": size, "name": name}

    def seen(self) -> Seen | None:
        """Return what a client that has just looked has seen."""
        with self.ledger.reading() as rows:
            frontier = rows.frontier()
        if not frontier.size:
            return None
        return Seen(size=frontier.size, root=base64.b64encode(frontier.root).decode())

    def payload(self, official: str, stream: str, kind: str, body: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Return the members of the next act of a stream; ``changes`` replace some."""
        now = self.ledger.stream(stream)
        return {
            "ledger": ORIGIN,
            "seen": self.seen(),
            "stream": stream,
            "version": now.version + 1 if now else 1,
            "previous": now.leaf if now else None,
            "kind": kind,
            "official": official,
            "mandate": mandate_of(official),
            "occurred_at": self.clock.now.astimezone(dt.timezone(dt.timedelta(hours=7))).isoformat(),
            "body": body,
        } | changes

    def sign(self, official: str, stream: str, kind: str, body: dict[str, Any], **changes: Any) -> bytes:
        """Return the envelope of the next act of a stream, signed by the official."""
        payload = compose(**self.payload(official, stream, kind, body, **changes))
        return Envelope.seal(PAYLOAD_TYPE, payload, key(official)).data

    def do(self, official: str, stream: str, kind: str, body: dict[str, Any], **changes: Any) -> Accepted:
        """Sign and record the next act of a stream."""
        return self.ledger.record(self.sign(official, stream, kind, body, **changes))

    def found(self) -> None:
        """Found the ledger by its two founders."""
        first, second = FOUNDERS
        leaf = self.do(first, "register", "ledger.founded", founding(self.log)).recorded.leaf
        self.do(second, "register", "founding.accepted", {"founding": leaf})

    def approve(self, what: str, body: dict[str, Any]) -> Accepted:
        """Propose by one registrar, approve by the other."""
        first, second = FOUNDERS
        leaf = self.do(first, "register", f"{what}.proposed", body).recorded.leaf
        return self.do(second, "register", f"{what}.approved", {"proposal": leaf})

    def register(self, official: str) -> None:
        """Register a person with key and mandate."""
        self.approve("official", {"person": person(official)})
        possession = prove(ORIGIN, official, key(official)).decode()
        self.approve(
            "key",
            {"official": official, "public_key": key(official).public.raw.hex(), "possession": possession},
        )
        self.approve("mandate", {"mandate": mandate(official)})

    def enact(self) -> str:
        """Enact the real SOP and return its leaf."""
        sop = the_sop()
        return self.do("sri-wahyuni", f"sop:{sop.slug}", "sop.enacted", {"sop": sop.plain()}).recorded.leaf

    def open(self) -> Kecamatan:
        """Found, register everybody, enact the SOP."""
        self.found()
        for official in OFFICERS:
            self.register(official)
        self.sop_leaf = self.enact()
        return self

    def number_of(self, case: str) -> int:
        """Return the case's letter number: the next free one when it is first asked for."""
        return self.numbers.setdefault(case, len(self.numbers) + 1)

    def steps(self, iku: dict[str, Any] | None = None, case: str = CASE) -> list[tuple[str, str, dict[str, Any]]]:
        """Return (official, kind, body) of the straight way through the ten steps, two addressees."""
        iku = iku or self.iku
        running = self.number_of(case)
        digest = {"document": iku["digest"]}
        sop = {"slug": the_sop().slug, "leaf": self.sop_leaf}
        dispatch = {"method": "kurir", "received_by": "Petugas", "received_at": "2026-03-02T10:00:00+07:00"}
        return [
            ("sri-wahyuni", "disposition.issued", disposition(sop, self.letter)),
            ("budi-santoso", "direction.given", {"step": "2", "instruction": "Susun sesuai Renstra."}),
            ("ratna-sari", "concept.drafted", {"step": "3", "document": iku}),
            ("agus-salim", "concept.typed", {"step": "4", "document": iku}),
            ("ratna-sari", "typing.reviewed", {"step": "5", "decision": "approved"} | digest),
            ("budi-santoso", "paraf.given", {"step": "6"} | digest),
            ("sri-wahyuni", "signature.given", {"step": "7"} | digest),
            (
                "budi-santoso",
                "distribution.ordered",
                {
                    "step": "8",
                    "addressees": [
                        {"name": "Bagian Organisasi Setda", "copies": 1},
                        {"name": "Inspektorat", "copies": 2},
                    ],
                }
                | digest,
            ),
            ("hadi-wijaya", "agenda.ordered", {"step": "9"} | digest),
            (
                "agus-salim",
                "agenda.recorded",
                {
                    "step": "10",
                    "agenda_no": running,
                    "number": {"classification": "070", "running": running, "office_code": "35.07.11", "year": 2026},
                    "letter_date": "2026-03-02",
                    "sent_date": "2026-03-02",
                    "addressee": "2 penerima",
                    "summary": "IKU 2026",
                }
                | digest,
            ),
            (
                "agus-salim",
                "dispatch.recorded",
                {"step": "10", "recipient": "Bagian Organisasi Setda", "copies": 1, "evidence": self.proof}
                | digest
                | dispatch,
            ),
            (
                "agus-salim",
                "dispatch.recorded",
                {"step": "10", "recipient": "Inspektorat", "copies": 2, "evidence": self.proof} | digest | dispatch,
            ),
        ]

    def run(self, case: str = CASE, upto: int = 12) -> list[Accepted]:
        """Run a case through its first ``upto`` acts."""
        return [self.do(official, case, kind, body) for official, kind, body in self.steps(case=case)[:upto]]

    def run_from(self, first: int, upto: int, case: str = CASE) -> list[Accepted]:
        """Run a case from its act number ``first`` (0 opens it) through act ``upto - 1``."""
        return [self.do(official, case, kind, body) for official, kind, body in self.steps(case=case)[first:upto]]


def disposition(sop: dict[str, str], letter: dict[str, Any]) -> dict[str, Any]:
    """Return the body of the act that opens a case."""
    return {
        "step": "1",
        "sop": sop,
        "letter": {
            "sender": "Bagian Organisasi Setda Kab. Malang (sintetis)",
            "number": "060/12/35.07.1/2026",
            "date": "2026-02-26",
            "received": "2026-02-27",
            "scan": letter,
        },
        "urgency": "segera",
        "secrecy": "biasa",
        "subject": "Penyusunan IKU 2026",
        "forwarded_to": ["sekcam"],
        "instruction": "Susun Indikator Kinerja Utama.",
        "period": {"first_year": 2026, "last_year": 2026},
    }
