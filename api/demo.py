"""The demonstration: one IKU from disposition to dispatch over HTTP, then verified by a process that was not there.

1. A fresh demonstration ledger is founded in a temporary folder and served by a process of its own.
2. Five made-up officials, each with their own key and memory, sign the ten steps with the client that officials use:
   it verifies the log, the head and the document before each signature, and the receipt after it. The direction is
   recorded late from paper; the first concept is returned at step 5, the second by the Camat. One official changes her
   key, and an act with the old one is refused. The Camat is called away, and the Sekcam signs the third as Plh Camat;
   two addressees get their copies. A second case is opened and withdrawn. Trail and time against mutu baku are told.
3. The service is stopped. Another process gets a copy of the store and the log's public key, and audits every leaf.

Anything that does not hold ends the demonstration with exit code 1.
"""

from __future__ import annotations

import datetime as dt
import json
import os
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

from api import demo_case
from api import demo_office as office
from api.cli_time import time_in_words
from api.client import Client, Proved
from api.remembered import Pins, Remembered
from api.sign_in import Holder
from keys.authority import WIB
from keys.envelope import Envelope
from keys.errors import Forged, NotAllowed, Unavailable
from ledger.acts import PAYLOAD_TYPE, compose
from ledger.bodies import CATALOGUE
from ledger.hand import Hand
from ledger.notices import DISCLAIMER
from ledger.store import open_store
from ledger.streams import REGISTER
from ledger.wording import CAPACITIES, day

#: Seconds that the service may take to start, and the audit to end.
PATIENCE = 60
_WARNINGS_SHOWN = 3

Say = Callable[[str], None]


def run(say: Say) -> dict[str, Any]:
    """Play the demonstration and return what it showed; raises Forged where something does not hold.

    The result has ``case``, ``acts`` (in the case), ``leaves``, ``verified``, ``steps_done`` and ``refused`` (the rule
    by which the act with the revoked key was).
    """
    with tempfile.TemporaryDirectory(prefix="jejak-demo-") as name:
        home = Path(name) / "buku-besar"
        say("Mendirikan buku besar demo (pejabat dan NIP sintetis) ...")
        office.found(home)
        with served(home) as url:
            play = Play(home, url, Path(name) / "ingatan", say)
            play.ten_steps()
            play.withdrawn_case()
            play.tell()
            state, trail = play.state(), play.trail()
        copy = Path(name) / "salinan"
        shutil.copytree(
            home, copy, ignore=shutil.ignore_patterns("log.key", "keys", "views.sqlite*", "sessions.sqlite*")
        )
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
        "refused": play.refused,
    }


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve the ledger in ``home`` from a process of its own and yield its URL; stopped at the end."""
    command = [sys.executable, "-m", "api.cli", "serve", "--home", str(home), "--port", "0", "--json"]
    known = {name: value for name, value in os.environ.items() if name != "JEJAK_DATABASE_URL"}  # it is a file's
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=known)  # noqa: S603  our own command
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
        self.refused = ""
        self._home = home
        self._url = url
        self._memories = memories
        self._say = say
        self._papers: demo_case.Papers | None = None
        self._hands: dict[str, Hand] = {}
        self._clients: dict[str, Client] = {}

    def ten_steps(self) -> None:
        """Sign every act of the script, telling the state around each return."""
        self._say("\nSepuluh langkah, masing-masing dengan kunci pejabatnya sendiri:")
        self._papers = of = demo_case.papers(self._upload)
        self._play(self.case, demo_case.script(of, self._sop()))
        self._change_key(demo_case.EVAPOR, demo_case.reviewed(of))
        self._play(self.case, demo_case.paraf(of))
        mandate = self._stand_in()
        self._play(self.case, demo_case.signed(of, mandate))
        self._show("sesudah langkah terakhir")
        self._say(f"{office.person(demo_case.CAMAT).name} kembali; satu pendaftar cukup untuk mencabut mandat Plh:")
        self._play(self.case, demo_case.taken(mandate))

    def _change_key(self, official: str, following: demo_case.Turn) -> None:
        """Give an official a new key in mid-case; the act that comes next is refused with the old one."""
        one, old = office.person(official), self._hand(official)
        self._say(f"\nDi tengah perkara, {one.name} mengganti kuncinya; dua pendaftar memberi yang baru:")
        new = office.new_hand(self._home, one, turn=2)
        self._hands[official] = new
        self._clients.pop(official).close()  # with the old key nobody reads any more either
        minutes = self._upload(office.minutes(new), f"berita-acara-{official}-2.txt", "text/plain")
        self._play(self.case, demo_case.rotated(office.key_proposed(new), minutes, old.key.public.id))
        client = self._client(official)
        before = client.checkpoint().checkpoint.size
        self._say(f"\nTindakan berikutnya dicoba dengan kunci lama {one.name} yang sudah dicabut:")
        try:
            client.submit(self._sealed(self.case, following, old))
        except NotAllowed as fault:
            self.refused = fault.rule
            self._say(textwrap.fill(f"DITOLAK: {fault}", 100, initial_indent="  ", subsequent_indent="    "))
        if not self.refused or client.checkpoint().checkpoint.size != before:
            raise Forged("demo.refused", "Tindakan dengan kunci yang sudah dicabut tidak ditolak.")
        self._say(f"  Buku besar tetap {before} daun.\n\nPerkara diteruskan, {one.name} dengan kunci barunya:")

    def _stand_in(self) -> str:
        """Give the Sekcam a mandate as Plh Camat and return its name."""
        absent, one = office.person(demo_case.CAMAT), office.person(demo_case.SEKCAM)
        record = office.stand_in(one, absent, dt.datetime.now(WIB).date())
        self._say(
            f"\n{absent.name} berhalangan; {one.name} menjadi Plh Camat, atas usul dan persetujuan dua pendaftar:"
        )
        self._play(self.case, demo_case.given(record))
        self._say("")
        return str(record["mandate"])

    def withdrawn_case(self) -> None:
        """Sign the acts of a second case, whose disposition is withdrawn."""
        assert self._papers is not None
        self._say("\nPerkara kedua: disposisi yang ditarik kembali:")
        self._play(str(uuid.uuid4()), demo_case.withdrawn(self._papers, self._sop()))

    def _play(self, case: str, script: demo_case.Script) -> None:
        turn = next(script)
        while True:
            returning = turn.body.get("decision") == "returned" or turn.kind == "document.returned"
            if returning:
                self._show("sebelum dikembalikan")
            proved = self._act(case, turn)
            if returning:
                self._show("sesudah dikembalikan")
            try:
                turn = script.send(proved.leaf)
            except StopIteration:
                return

    def _sop(self) -> dict[str, Any]:
        """Return slug and leaf of the version that is in force, as the service names it; the ledger judges it."""
        slug = office.the_sop().slug
        said = self._client(demo_case.CAMAT).advice(f"/v1/sops/{slug}")
        return {"slug": slug, "leaf": said["leaf"]}

    def tell(self) -> None:
        """Tell the trail of the first case, and its time against mutu baku."""
        self._tell_trail()
        self._say("")
        self._say(time_in_words(dict(self._client(demo_case.CAMAT).advice(f"/v1/cases/{self.case}/time"))))
        self._say("\n" + textwrap.fill(DISCLAIMER, 100))

    def state(self) -> dict[str, Any]:
        """Return the case's state as the service gives it."""
        return dict(self._client(demo_case.CAMAT).advice(f"/v1/cases/{self.case}"))

    def trail(self) -> list[dict[str, Any]]:
        """Return the case's trail as the service gives it."""
        said = self._client(demo_case.CAMAT).advice(f"/v1/cases/{self.case}/trail")
        return list(said["trail"])

    def _act(self, case: str, turn: demo_case.Turn) -> Proved:
        """Sign and send the next act of a case or the register, everything before it verified."""
        proved = self._client(turn.official).submit(self._sealed(case, turn, self._hand(turn.official)))
        self.acts += proved.act.stream == f"case:{self.case}"
        self.leaves = proved.index + 1
        where, what = "register  ", demo_case.told(turn)
        if "step" in turn.body:
            step = office.the_sop().step(turn.body["step"])
            where, what = f"langkah {step.no:>2}", what or step.kegiatan.raw.split(".")[0]
        acting = " sebagai Plh Camat" if turn.mandate else ""
        self._say(f"  {where}  {office.person(turn.official).name}{acting}: {what} (daun {proved.index})")
        return proved

    def _sealed(self, case: str, turn: demo_case.Turn, hand: Hand) -> Envelope:
        """Return the turn's act, signed by this hand on what its client verified."""
        client, body = self._client(turn.official), turn.body
        stream = REGISTER if CATALOGUE[turn.kind][0] == REGISTER else f"case:{case}"
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
            kind=turn.kind,
            official=turn.official,
            mandate=turn.mandate or hand.mandate,
            occurred_at=demo_case.claimed(turn.minutes_ago),
            body=body,
        )
        return Envelope.seal(PAYLOAD_TYPE, payload, hand.key)

    def _upload(self, data: bytes, name: str, media_type: str) -> dict[str, Any]:
        digest = self._client(demo_case.STAF).upload(data, media_type)
        return {"digest": digest, "media_type": media_type, "size": len(data), "name": name}

    def _show(self, when: str) -> None:
        state = self.state()
        step = state["step"]
        turn = f"langkah {step['no']}, giliran {step['office_name']}" if step else "selesai"
        document = state["document"]
        self._say(f"\nKeadaan {when}: {turn}; putaran {state['round']}")
        if state["signature"]:
            by = state["signature"]
            self._say(f"  ditandatangani {by['name']}, {by['office_name']} ({CAPACITIES[by['capacity']]})")
            row = next(one for one in self.trail() if one["leaf"] == by["leaf"])
            self._say(textwrap.fill(_under(row), 100, initial_indent="    ", subsequent_indent="      "))
        if document:
            self._say(f"  dokumen {document['name']} {document['digest'][:19]}…, {len(state['warnings'])} peringatan")
        if step and state["returns"]:
            said = f"  dikembalikan {state['returns'][-1]['by']}: “{state['returns'][-1]['reason']}”"
            self._say(textwrap.fill(said, 100, subsequent_indent="    "))
            self._say("")
            return
        for warning in state["warnings"][:_WARNINGS_SHOWN]:
            said = f"    baris {warning['row']}: {warning['text']}"
            self._say(textwrap.fill(said, 100, subsequent_indent="      "))
        more = len(state["warnings"]) - _WARNINGS_SHOWN
        self._say(f"    ... dan {more} peringatan lagi\n" if more > 0 else "")

    def _tell_trail(self) -> None:
        self._say("\nJejak audit perkara pertama:")
        for row in self.trail():
            sentence = textwrap.fill(row["sentence"], 100, initial_indent="  ", subsequent_indent="    ")
            self._say(sentence)
            if row["capacity"] != "definitif":
                self._say(textwrap.fill(_under(row), 100, initial_indent="      ", subsequent_indent="        "))
            for flag in row["flags"]:
                said = f"perhatian: {flag['sentence']}"
                self._say(textwrap.fill(said, 100, initial_indent="      ", subsequent_indent="        "))

    def _client(self, official: str) -> Client:
        if official not in self._clients:
            memory = Remembered.pin(self._memories / official, self.pins)
            key = self._hand(official).key
            holder = Holder(official, key.public.id, lambda: key)
            self._clients[official] = Client(self._url, memory, holder=holder)
        return self._clients[official]

    def _hand(self, official: str) -> Hand:
        if official not in self._hands:
            self._hands[official] = office.hand(self._home, official)
        return self._hands[official]


def _under(row: dict[str, Any]) -> str:
    """Return the mandate under which an act of the trail was done, in words."""
    decree, period = row["decree"], row["period"]
    return (
        f"mandat {row['mandate']}: SK {decree['issuer']} nomor {decree['number']} tanggal {day(decree['date'])},"
        f" berlaku {day(period['start'])} sampai {day(period['end'])}"
    )
