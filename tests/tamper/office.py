"""The ledger under attack: an office with all that an attacker could wish for, and what people outside remember of it.

It stands at two moments. In the *evening* a case was just finished and nothing came after its last act. *Later* other
officials went on elsewhere: each of their acts names what its signer had ``seen``. Of both moments there is a store,
and the memory that people had then: receipts, checkpoints, an inspector's client, the bundle of the case.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from api.app import App, create_app
from api.client import Client
from api.remembered import Pins, Remembered
from api.settings import Settings
from keys.envelope import Envelope
from keys.possession import prove
from ledger import logkey
from ledger.acts import PAYLOAD_TYPE, act_of, compose
from ledger.bundle import format_bundle
from ledger.entry import Entry
from ledger.merkle import leaf_hash
from ledger.note import NoteSigner
from ledger.receipt import format_receipt
from tests.bundles import honest
from tests.kit import CASE, FOUNDERS, ORIGIN, Kecamatan, key, mandate, the_sop
from tests.signed_in import signed_in
from tests.test_golden import calendar

Json = dict[str, Any]

LOG = NoteSigner(ORIGIN, key("log"))
SOP = f"sop:{the_sop().slug}"
DEWI, EKO = FOUNDERS
SRI, BUDI, RATNA, AGUS, HADI = "sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim", "hadi-wijaya"
#: The mandate under which the secretary stands in for the Camat, and which is withdrawn as the newest act of all.
STAND_IN = "camat-plh-budi-santoso"
WITHDRAWN = "case:22222222-2222-4222-8222-222222222222"
BESIDE = "case:33333333-3333-4333-8333-333333333333"
#: Cases that were opened by mistake: they make the log long enough to have a tile.
MISTAKES = tuple(f"case:{number:08}-0000-4000-8000-000000000000" for number in range(106))
TOMORROW = dt.datetime(2026, 3, 3, 1, 0, tzinfo=dt.UTC)
#: The sizes of the checkpoints that an inspector kept, beside the newest of the moment.
KEPT_SIZES = (1, 34, 100, 256)


class Busy(Kecamatan):
    """A kecamatan in which somebody may have another key than their first."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.keys: dict[str, str] = {}

    def sign(self, official: str, stream: str, kind: str, body: Json, **changes: Any) -> bytes:
        """Return the envelope of the next act of a stream, signed with the key that the official has now."""
        payload = compose(**self.payload(official, stream, kind, body, **changes))
        return Envelope.seal(PAYLOAD_TYPE, payload, key(self.keys.get(official, official))).data

    def play(self) -> None:
        """Do all that was done until the evening."""
        self.open()
        plh = {"mandate": STAND_IN, "official": BUDI, "capacity": "plh", "absence": "Dinas luar (sintetis)."}
        self.approve("mandate", {"mandate": mandate(SRI) | plh | {"start": "2026-03-02", "end": "2026-03-06"}})
        reading = {"amount": 2, "unit": "hari-kerja"}
        ground = {"ground": "Notulen rapat staf (sintetis)."}
        cell = {"sop": self.sop_leaf, "step": "4", "cell": "waktu", "raw": "II hari", "reading": reading}
        self.do(SRI, SOP, "reading.confirmed", cell | ground)
        self.do(SRI, SOP, "calendar.enacted", {"calendar": calendar()})
        self.do(SRI, SOP, "numbering.enacted", {"classifications": ["070"], "office_code": "35.07.11"})
        for case in MISTAKES:
            self.run(case, upto=1)
            self._withdraw(case)
        self.run(WITHDRAWN, upto=3)
        self._withdraw(WITHDRAWN)
        self.run(upto=4)
        self._rotate(RATNA, "ratna-sari-2")
        self.run_from(4, 6)
        self._stand_in()
        self.run_from(7, 9)
        self._lost(HADI)
        self.run_from(9, 12)

    def go_on(self) -> None:
        """Do what other officials did later: a case up to its paraf, a proposal that waits, a mandate withdrawn."""
        self.run(BESIDE, upto=6)
        self.do(DEWI, "register", "key.proposed", self._key_of(AGUS, "agus-salim-2"))
        self.do(DEWI, "register", "mandate.withdrawn", {"mandate": STAND_IN, "reason": "Camat kembali (sintetis)."})

    def _withdraw(self, case: str) -> None:
        self.do(SRI, case, "disposition.withdrawn", {"step": "1", "reason": "Salah buka (sintetis)."})

    def _rotate(self, official: str, new: str) -> None:
        self.approve("key", self._key_of(official, new))
        self.do(official, "register", "key.revoked", {"keyid": key(official).public.id, "reason": "rotated"})
        self.keys[official] = new

    def _key_of(self, official: str, new: str) -> Json:
        proof = prove(ORIGIN, official, key(new)).decode()
        return {"official": official, "public_key": key(new).public.raw.hex(), "possession": proof}

    def _stand_in(self) -> None:
        self.do(BUDI, CASE, *self.steps()[6][1:], mandate=STAND_IN)

    def _lost(self, official: str) -> None:
        leaked = {"keyid": key(official).public.id, "reason": "compromised", "note": "Ponsel dicuri (sintetis)."}
        self.do(DEWI, "register", "key.revoked", leaked | {"compromised_since": "2026-03-02T08:02:00+07:00"})


@dataclass(frozen=True)
class Memory:
    """What people outside had of the log at a moment.

    ``receipts`` are (entry, receipt) by leaf, as the one who signed it has it; ``checkpoints`` are notes by size;
    ``client`` is the folder in which an inspector's client remembers; ``bundle`` that of the case.
    """

    receipts: dict[int, tuple[bytes, bytes]]
    checkpoints: dict[int, bytes]
    client: Path
    bundle: bytes


@dataclass(frozen=True)
class Moment:
    """The ledger as it stood: its store, its entries, what was remembered of it."""

    name: str
    store: Path
    entries: tuple[bytes, ...]
    memory: Memory
    streams: dict[str, list[int]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for at, data in enumerate(self.entries):
            self.streams.setdefault(act_of(Entry.parse(data).envelope).stream, []).append(at)

    @property
    def size(self) -> int:
        """Return the number of leaves."""
        return len(self.entries)

    def leaf(self, stream: str, version: int) -> int:
        """Return the leaf index of a version of a stream."""
        return self.streams[stream][version - 1]


@dataclass(frozen=True)
class Office:
    """Both moments; ``kecamatan`` is the office as it would go on, with an open ledger that nobody attacks."""

    evening: Moment
    later: Moment
    kecamatan: Busy

    @property
    def evening_at(self) -> dt.datetime:
        """Return when the last act of the evening was recorded."""
        return Entry.parse(self.evening.entries[-1]).recorded_at

    @property
    def founding(self) -> str:
        """Return the leaf hash of leaf 0 (hex), which everybody pinned."""
        return leaf_hash(self.evening.entries[0]).hex()

    def close(self) -> None:
        """Close the ledger."""
        self.kecamatan.ledger.close()


def build(folder: Path) -> Office:
    """Return the office, made in ``folder``: the same bytes in every run."""
    office = Busy(folder / "buku")
    logkey.write(office.folder / "log.key", LOG)
    office.play()
    evening = _moment("evening", office, folder)
    office.go_on()
    return Office(evening, _moment("later", office, folder), office)


def _moment(name: str, office: Busy, folder: Path) -> Moment:
    store = folder / name
    copy_store(office.folder, store)
    with office.ledger.reading() as rows:
        entries = tuple(row.data for row in rows.entries(0, rows.size()))
        notes = dict(rows.checkpoints(0, len(entries) + 1))
    kept = {size: notes[size] for size in (*KEPT_SIZES, len(entries))}
    receipts = {at: (data, format_receipt(office.ledger.receipt(at))) for at, data in enumerate(entries)}
    inspector = folder / f"{name}-inspektur"
    with served(store) as app:
        look(app, inspector, leaf_hash(entries[0]).hex())
    return Moment(name, store, entries, Memory(receipts, kept, inspector, format_bundle(honest(office))))


@contextmanager
def served(store: Path) -> Iterator[App]:
    """Yield the service of a store; raises what it refuses to start with."""
    with closing(create_app(Settings(store), lambda: TOMORROW)) as app:
        yield app


def look(app: App, memory: Path, founding: str) -> None:
    """Let a client that pinned the log's key and ``founding`` look at a case and the register.

    What it then remembers is in ``memory``. Raises what the client raises.
    """
    remembered = Remembered.pin(memory, Pins(vkey=str(LOG.vkey), founding=founding))
    sessions, transport = signed_in(app), httpx.WSGITransport(app=app)
    with closing(Client("http://127.0.0.1", remembered, sessions=sessions, transport=transport)) as client:
        client.checkpoint()
        for stream in (CASE, "register"):
            client.head(stream)


def copy_store(source: Path, target: Path) -> None:
    """Copy a store as an auditor gets it: the journal as it now is, the documents, and the log's key beside them."""
    target.mkdir(parents=True)
    shutil.copytree(source / "documents", target / "documents")
    shutil.copyfile(source / "log.key", target / "log.key")
    (target / "log.key").chmod(0o600)
    with (
        closing(sqlite3.connect(source / "journal.sqlite")) as there,
        closing(sqlite3.connect(target / "journal.sqlite")) as here,
    ):
        there.backup(here)
