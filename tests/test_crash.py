"""kill -9 of the service at random instants under load: nothing acknowledged is lost, and it starts clean."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from api.session_store import SessionStore
from keys.envelope import Envelope
from ledger import logkey
from ledger.acts import PAYLOAD_TYPE, compose
from ledger.audit import audit
from ledger.database import Database
from ledger.documents import digest_of
from ledger.note import VerifierKey
from ledger.receipt import verify_receipt
from ledger.store import open_store
from tests.kit import ORIGIN, Kecamatan, disposition, key, mandate_of, the_sop

pytestmark = pytest.mark.sqlite("tests/crash kills the service on both")

KILLS = int(os.environ.get("JEJAK_TEST_KILLS", "20"))
CLIENTS = 4
START_SECONDS = 60.0


@dataclass
class Load:
    """Clients that open cases, each naming a document uploaded a moment before, until the service is gone."""

    url: str
    kecamatan: Kecamatan
    seed: int
    token: str
    acts: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    documents: set[str] = field(default_factory=set)
    surprises: list[str] = field(default_factory=list)

    def client(self, number: int) -> None:
        with httpx.Client(base_url=self.url, timeout=10, headers=self.headers()) as http:
            for count in range(10_000):
                try:
                    self.one(http, f"{self.seed}-{number}-{count}")
                except httpx.TransportError:
                    return

    def headers(self) -> dict[str, str]:
        """Return what says that somebody is signed in who may bring documents."""
        return {"Authorization": f"Bearer {self.token}"}

    def one(self, http: httpx.Client, name: str) -> None:
        letter = f"surat {name}".encode() * 50
        uploaded = http.post("/v1/documents", content=letter, headers={"Content-Type": "text/plain"})
        if uploaded.status_code != 201:
            self.surprises.append(uploaded.text)
            return
        self.documents.add(digest_of(letter))
        sent = http.post("/v1/acts", content=self.envelope(name, letter), headers={"Content-Type": "application/json"})
        if sent.status_code != 201:
            self.surprises.append(sent.text)
            return
        said = sent.json()
        self.acts[said["leaf_index"]] = (said["leaf_hash"], said["receipt"].encode())

    def envelope(self, name: str, letter: bytes) -> bytes:
        reference = {"digest": digest_of(letter), "media_type": "text/plain", "size": len(letter), "name": "s.txt"}
        sop = {"slug": the_sop().slug, "leaf": self.kecamatan.sop_leaf}
        payload = compose(
            ledger=ORIGIN,
            seen=self.kecamatan.seen_at_start,
            stream=f"case:{uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16])}",
            version=1,
            previous=None,
            kind="disposition.issued",
            official="sri-wahyuni",
            mandate=mandate_of("sri-wahyuni"),
            occurred_at="2026-11-22T09:00:00+07:00",
            body=disposition(sop, reference),
        )
        return Envelope.seal(PAYLOAD_TYPE, payload, key("sri-wahyuni")).data


def start(home: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "api.cli", "serve", "--home", str(home), "--port", "0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    with process.stdout:
        line = process.stdout.readline()
    assert line, "the service did not start clean"
    return process, json.loads(line)["url"]


def test_nothing_acknowledged_is_lost_when_the_service_is_killed_at_any_instant(tmp_path: Path) -> None:
    home = tmp_path / "ledger"
    kecamatan = Kecamatan(home).open()
    kecamatan.seen_at_start = kecamatan.seen()
    kecamatan.ledger.close()
    logkey.write(home / "log.key", kecamatan.log)
    sessions = SessionStore(Database("sqlite", home))
    now, keyid = dt.datetime.now(dt.UTC), key("sri-wahyuni").public.id
    token, _ = sessions.begin("sri-wahyuni", keyid, now, [mandate_of("sri-wahyuni")])
    sessions.close()
    chance = random.Random(20261122)  # noqa: S311  reproducible instants, not a secret
    acts: dict[int, tuple[str, bytes]] = {}
    documents: set[str] = set()
    for kill in range(KILLS):
        process, url = start(home)
        load = Load(url, kecamatan, kill, token)
        clients = [threading.Thread(target=load.client, args=(number,)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(chance.uniform(0.02, 0.6))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(START_SECONDS)
        for client in clients:
            client.join(START_SECONDS)
        assert load.surprises == []
        assert not acts.keys() & load.acts.keys(), "an acknowledged leaf index was given twice"
        acts |= load.acts
        documents |= load.documents

    assert len(acts) > KILLS, "the load never got through"
    process, _ = start(home)  # it starts clean once more, and stops when asked
    process.terminate()
    assert process.wait(START_SECONDS) == 0
    found_lost(home, kecamatan.log.vkey, acts, documents)


def found_lost(home: Path, vkey: VerifierKey, acts: dict[int, tuple[str, bytes]], documents: set[str]) -> None:
    """Hold every acknowledgement against what is on disk."""
    with open_store(home) as rows:
        for index, (leaf, receipt) in acts.items():
            row = rows.entry(index)
            assert row is not None, f"acknowledged leaf {index} is lost"
            assert row.leaf_hash.hex() == leaf
            verify_receipt(receipt, row.data, vkey)
    for digest in documents:
        name = digest.removeprefix("sha256:")
        data = (home / "documents" / name[:2] / name).read_bytes()
        assert digest_of(data) == digest
    report = audit(home, vkey=vkey)
    assert report.sound, report.findings[:3]
    print(f"acknowledged {len(acts)} acts and {len(documents)} documents over {KILLS} kills: lost 0, contradicted 0")


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-s", "-q"]))
