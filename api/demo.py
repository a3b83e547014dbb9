"""The demonstration: one IKU from disposition to dispatch over HTTP, then verified by a process that was not there.

1. A fresh demonstration ledger is founded in a temporary folder and served by a process of its own.
2. Five made-up officials, each with their own key and memory, sign the ten steps with the client that officials use:
   it verifies the log, the head and the document before each signature, and the receipt after it. At step 5 the
   first concept is returned with a reason and revised; two addressees get their copies.
3. The service is stopped. Another process gets a copy of the store and the log's public key, and audits every leaf.

Anything that does not hold ends the demonstration with exit code 1.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
import tempfile
import textwrap
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api import demo_office as office
from api.client import Client, Proved
from api.remembered import Pins, Remembered
from keys.authority import WIB
from keys.envelope import Envelope
from keys.errors import Forged, Unavailable
from ledger.acts import PAYLOAD_TYPE, compose
from ledger.hand import Hand
from ledger.iku import MEDIA_TYPE, sample
from ledger.sentences import DISCLAIMER
from ledger.store import open_store

#: Seconds that the service may take to start, and the audit to end.
PATIENCE = 60
_REASON = (
    "Rumus baris 1 dan 3 memuat target (= 100) dan sumber data menyebut pejabat, bukan catatan. "
    "Keluarkan target dari rumus dan sebut dokumen sumbernya."
)

_WARNINGS_SHOWN = 3

Say = Callable[[str], None]


def run(say: Say) -> dict[str, Any]:
    """Play the demonstration and return what it showed; raises Forged where something does not hold.

    The result has ``case``, ``acts`` (in the case), ``leaves``, ``verified`` and ``steps_done``.
    """
    with tempfile.TemporaryDirectory(prefix="jejak-demo-") as name:
        home = Path(name) / "buku-besar"
        say("Mendirikan buku besar demo (pejabat dan NIP sintetis) ...")
        office.found(home)
        with served(home) as url:
            play = Play(home, url, Path(name) / "ingatan", say)
            play.ten_steps()
            state, trail = play.state(), play.trail()
        copy = Path(name) / "salinan"
        shutil.copytree(home, copy, ignore=shutil.ignore_patterns("log.key", "keys", "views.sqlite*"))
        say("\nPemeriksaan oleh proses lain, hanya dengan salinan buku besar dan kunci publik log:")
        report = audited(copy, play.pins)
        with open_store(copy) as rows:
            stored = rows.count()
        say(f"  {report['verified']} dari {report['leaves']} daun terbukti; akar {report['root']}")
    steps = len(set(state["steps_done"]))
    if not (state["finished"] and steps == len(office.the_sop().steps) and len(trail) == play.acts):
        raise Forged("demo.case", f"Perkara demo tidak selesai: {steps} langkah.")
    if not (report["sound"] and report["verified"] == report["leaves"] == play.leaves == stored):
        raise Forged("demo.audit", "Pemeriksaan ulang tidak membuktikan semua daun.", report=report)
    return {
        "case": play.case,
        "acts": play.acts,
        "leaves": report["leaves"],
        "verified": report["verified"],
        "steps_done": steps,
    }


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve the ledger in ``home`` from a process of its own and yield its URL; stopped at the end."""
    command = [sys.executable, "-m", "api.cli", "serve", "--home", str(home), "--port", "0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  our own command
    try:
        assert process.stdout is not None
        with process.stdout:
            line = process.stdout.readline()
        if not line:
            raise Unavailable("demo.service", "Layanan demo tidak mau mulai.")
        yield json.loads(line)["url"]
    finally:
        process.terminate()
        process.wait(PATIENCE)


def audited(copy: Path, pins: Pins) -> dict[str, Any]:
    """Return the audit's report on a copied store, made by a process that has only that and the public key."""
    command = [sys.executable, "-m", "api.cli", "audit", "--store", str(copy), "--vkey", pins.vkey, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603
    try:
        report = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise Unavailable("demo.audit", f"Pemeriksaan ulang tidak menjawab: {done.stderr[-300:]}") from None
    if done.returncode != 0:
        raise Forged("demo.audit", "Pemeriksaan ulang menemukan yang tidak cocok.", report=report)
    return dict(report)


class Play:
    """The case and its people."""

    def __init__(self, home: Path, url: str, memories: Path, say: Say) -> None:
        self.pins = Pins.parse((home / "demo.json").read_bytes())
        self.case = str(uuid.uuid4())
        self.acts = 0
        self.leaves = 0
        self._home = home
        self._url = url
        self._memories = memories
        self._say = say
        self._hands: dict[str, Hand] = {}
        self._clients: dict[str, Client] = {}

    def ten_steps(self) -> None:
        """Sign every step, the return at step 5 and both dispatches."""
        camat, sekcam, evapor = "sri-wahyuni", "budi-santoso", "ratna-sari"
        staf, umum = "agus-salim", "hadi-wijaya"
        letter = self._upload(camat, b"Surat masuk (contoh, data sintetis)\n", "surat-masuk.txt", "text/plain")
        first = self._upload(staf, sample("kecamatan-sidemen"), "iku-konsep-1.json", MEDIA_TYPE)
        second = self._upload(staf, sample("kecamatan-sidemen-perbaikan"), "iku-konsep-2.json", MEDIA_TYPE)
        proof = self._upload(staf, b"Bukti pengiriman (contoh, data sintetis)\n", "bukti.txt", "text/plain")
        document = {"document": second["digest"]}
        self._say("\nSepuluh langkah, masing-masing dengan kunci pejabatnya sendiri:")
        self._act(camat, "disposition.issued", self._disposition(camat, letter))
        self._act(sekcam, "direction.given", {"step": "2", "instruction": "Susun sesuai Renstra; pakai form IKU."})
        self._act(evapor, "concept.drafted", {"step": "3", "document": first})
        self._act(staf, "concept.typed", {"step": "4", "document": first})
        self._show("sebelum dikembalikan")
        returned = self._act(
            evapor,
            "typing.reviewed",
            {"step": "5", "document": first["digest"], "decision": "returned", "reason": _REASON},
        )
        self._show("sesudah dikembalikan")
        self._act(
            staf,
            "concept.revised",
            {"step": "4", "round": 2, "replaces": first["digest"], "answers": returned.leaf, "document": second},
        )
        self._act(evapor, "typing.reviewed", {"step": "5", "decision": "approved"} | document)
        self._act(sekcam, "paraf.given", {"step": "6"} | document)
        self._act(camat, "signature.given", {"step": "7"} | document)
        addressees = [{"name": "Bagian Organisasi Setda", "copies": 1}, {"name": "Inspektorat", "copies": 2}]
        self._act(sekcam, "distribution.ordered", {"step": "8", "addressees": addressees} | document)
        self._act(umum, "agenda.ordered", {"step": "9"} | document)
        self._act(staf, "agenda.recorded", self._agenda() | document)
        for one in addressees:
            self._act(
                staf,
                "dispatch.recorded",
                {
                    "step": "10",
                    "recipient": one["name"],
                    "copies": one["copies"],
                    "method": "kurir",
                    "received_by": "Petugas penerima (sintetis)",
                    "received_at": _now(),
                    "evidence": proof,
                }
                | document,
            )
        self._show("sesudah langkah terakhir")
        self._tell_trail()

    def state(self) -> dict[str, Any]:
        """Return the case's state as the service gives it."""
        return dict(self._client("sri-wahyuni").advice(f"/v1/cases/{self.case}"))

    def trail(self) -> list[dict[str, Any]]:
        """Return the case's trail as the service gives it."""
        said = self._client("sri-wahyuni").advice(f"/v1/cases/{self.case}/trail")
        return list(said["trail"])

    def _act(self, official: str, kind: str, body: dict[str, Any]) -> Proved:
        """Sign and send the next act of the case as ``official``, everything before it verified."""
        client, hand = self._client(official), self._hand(official)
        stream = f"case:{self.case}"
        checkpoint = client.checkpoint()
        head = client.head(stream)
        if isinstance(body.get("document"), str):
            client.document(body["document"])  # what is signed was fetched and hashed
        payload = compose(
            ledger=client.origin,
            seen=client.seen(checkpoint),
            stream=stream,
            version=head.version + 1,
            previous=head.leaf,
            kind=kind,
            official=official,
            mandate=hand.mandate,
            occurred_at=_now(),
            body=body,
        )
        proved = client.submit(Envelope.seal(PAYLOAD_TYPE, payload, hand.key))
        self.acts += 1
        self.leaves = proved.index + 1
        step = office.the_sop().step(body["step"])
        what = "Memperbaiki konsep" if kind == "concept.revised" else step.kegiatan.raw.split(".")[0]
        self._say(f"  langkah {step.no:>2}  {office.person(official).name}: {what} (daun {proved.index})")
        return proved

    def _disposition(self, official: str, letter: dict[str, Any]) -> dict[str, Any]:
        slug = office.the_sop().slug
        leaf = self._client(official).head(f"sop:{slug}").leaf
        today = dt.datetime.now(WIB).date()
        return {
            "step": "1",
            "sop": {"slug": slug, "leaf": leaf},
            "letter": {
                "sender": "Bagian Organisasi Setda Kab. Malang (sintetis)",
                "number": f"060/12/35.07.1/{today.year}",
                "date": str(today),
                "received": str(today),
                "scan": letter,
            },
            "urgency": "segera",
            "secrecy": "biasa",
            "subject": f"Penyusunan Indikator Kinerja Utama {today.year} (contoh, bukan IKU Kalipare)",
            "forwarded_to": ["sekcam"],
            "instruction": "Susun Indikator Kinerja Utama.",
            "period": {"first_year": today.year, "last_year": today.year},
        }

    def _agenda(self) -> dict[str, Any]:
        today = dt.datetime.now(WIB).date()
        return {
            "step": "10",
            "agenda_no": 1,
            "number": {"classification": "070", "running": 1, "office_code": "35.07.11", "year": today.year},
            "letter_date": str(today),
            "sent_date": str(today),
            "addressee": "Bagian Organisasi Setda; Inspektorat",
            "summary": f"Indikator Kinerja Utama {today.year} (contoh)",
        }

    def _upload(self, official: str, data: bytes, name: str, media_type: str) -> dict[str, Any]:
        digest = self._client(official).upload(data, media_type)
        return {"digest": digest, "media_type": media_type, "size": len(data), "name": name}

    def _show(self, when: str) -> None:
        state = self.state()
        step = state["step"]
        turn = f"langkah {step['no']}, giliran {step['office_name']}" if step else "selesai"
        document = state["document"]
        self._say(f"\nKeadaan {when}: {turn}; putaran {state['round']}")
        if document:
            self._say(f"  dokumen {document['name']} {document['digest'][:19]}…, {len(state['warnings'])} peringatan")
        for warning in state["warnings"][:_WARNINGS_SHOWN]:
            self._say(f"    baris {warning['row']}: {warning['text']}")
        more = len(state["warnings"]) - _WARNINGS_SHOWN
        self._say(f"    ... dan {more} peringatan lagi\n" if more > 0 else "")

    def _tell_trail(self) -> None:
        self._say("Jejak audit:")
        for row in self.trail():
            sentence = textwrap.fill(row["sentence"], 100, initial_indent="  ", subsequent_indent="    ")
            self._say(sentence)
            for flag in row["flags"]:
                self._say(f"      perhatian: {flag['sentence']}")
        self._say(f"\n{DISCLAIMER}")

    def _client(self, official: str) -> Client:
        if official not in self._clients:
            memory = Remembered.pin(self._memories / official, self.pins)
            self._clients[official] = Client(self._url, memory)
        return self._clients[official]

    def _hand(self, official: str) -> Hand:
        if official not in self._hands:
            self._hands[official] = office.hand(self._home, official)
        return self._hands[official]


def _now() -> str:
    return dt.datetime.now(WIB).isoformat(timespec="seconds")
