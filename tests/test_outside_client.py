"""Clients that nobody here wrote read the log over HTTP, and believe it; and they refuse what was tampered with.

Two from PyPI, in an environment of their own that knows nothing of ours (tests/outside/requirements.lock, with hashes;
made under var/ at the first run, kept until the lock changes):

- ``aics-tlog`` (Apache-2.0): its command line verifies checkpoints, authenticates every tile and entry that it reads,
  and verifies inclusion and consistency by RFC 9162. It asks for Python 3.12, but is plain Python that runs on 3.11
  too, so that demand is passed over when it is installed.
- ``tlog-scales`` (Apache-2.0, Python 3.11): reads tiles and entries and writes tlog-proofs; its library verifies
  checkpoints, inclusion and consistency.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.server import background_server
from api.settings import Settings
from ledger import logkey
from ledger.database import Database
from ledger.merkle import leaf_hash
from ledger.note import VerifierKey
from ledger.receipt import parse_receipt, verify_receipt
from tests.behind import behind
from tests.kit import ORIGIN, Kecamatan, key
from tests.signed_in import let_in

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "tests" / "outside" / "requirements.lock"
ENVIRONMENTS = ROOT / "var" / "outside"
#: What is inherited from whoever runs the tests; no path of Python's among it.
INHERITED = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "JEJAK"))}


@pytest.fixture(scope="module")
def bin_folder() -> Path:
    """Return the folder of the clients' programs, their environment made first where it is not there."""
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = ENVIRONMENTS / wanted
    with (ENVIRONMENTS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes want it at once
        if not (folder / ".ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            install = [
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "--no-deps",
            ]
            install += ["--only-binary=:all:", "--ignore-requires-python", "-r", str(LOCK)]
            for command in ([sys.executable, "-m", "venv", str(folder)], [str(folder / "bin" / "python"), *install]):
                done = subprocess.run(command, env=INHERITED, capture_output=True, text=True, timeout=300, check=False)
                assert done.returncode == 0, done.stderr
            (folder / ".ready").touch()
    return folder / "bin"


@dataclass(frozen=True)
class World:
    """A served ledger of more than one tile, and what a stranger keeps of it in ``folder``."""

    bin: Path
    folder: Path
    store: Path
    url: str
    vkey: str
    older: bytes

    def run(self, program: str, *words: object) -> subprocess.CompletedProcess[bytes]:
        """Run one of the clients' programs, as somebody would who has nothing of ours."""
        command = [str(self.bin / program), *map(str, words)]
        return subprocess.run(command, cwd=self.folder, env=INHERITED, capture_output=True, timeout=60, check=False)

    def told(self, *words: object) -> dict[str, Any]:
        """Return what ``aics-tlog`` says; its exit code agrees."""
        done = self.run("aics-tlog", *words)
        said: dict[str, Any] = json.loads(done.stdout)
        assert (done.returncode == 0) is said["ok"], done
        return said

    def of_the_log(self, what: str, *words: object, vkey: str | None = None) -> dict[str, Any]:
        """Return what ``aics-tlog`` says of the log as it is served, its key given from outside."""
        return self.told(what, "--tiles", f"{self.url}/log", "--log-key", vkey or self.vkey, *words)

    def get(self, path: str) -> bytes:
        answer = httpx.get(self.url + path)
        assert answer.status_code == 200, answer.text
        return answer.content

    def file(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    @property
    def size(self) -> int:
        return int(self.get("/log/checkpoint").split(b"\n")[1])


@contextmanager
def served(folder: Path, bin_folder: Path) -> Iterator[World]:
    office = Kecamatan(folder / "buku").open()
    logkey.write(office.folder / "log.key", office.log)
    with office.ledger.reading() as rows:
        older = rows.checkpoint()
    assert older is not None
    for number in range(20):
        office.run(f"case:{number:08d}-0000-4000-8000-000000000000")
    office.ledger.close()
    app = create_app(Settings(office.folder), office.clock)
    let_in(app)
    try:
        with background_server(app) as url:
            abroad = folder / "luar"
            abroad.mkdir()
            yield World(bin_folder, abroad, office.folder, url, str(office.log.vkey), older)
    finally:
        app.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, bin_folder: Path) -> Iterator[World]:
    with served(tmp_path_factory.mktemp("asli"), bin_folder) as world:
        yield world


@pytest.fixture
def spoiled(tmp_path: Path, bin_folder: Path) -> Iterator[World]:
    """Yield a served ledger that a test may spoil while it is served."""
    with served(tmp_path, bin_folder) as world:
        yield world


def alter(world: World, index: int, entry: bytes) -> None:
    """Put another entry in the place of a leaf, with its own hash, where the service does not notice."""
    with behind(Database.parse("", world.store)) as connection:
        connection.execute(
            "UPDATE stored_events SET state = ?, leaf_hash = ? WHERE leaf_index = ?", (entry, leaf_hash(entry), index)
        )


def test_the_clients_know_nothing_of_ours(world: World) -> None:
    for package in ("ledger", "keys", "api", "eventsourcing"):
        assert b"ModuleNotFoundError" in world.run("python", "-c", f"import {package}").stderr
    assert world.run("python", "-c", "import aics_tlog, tlog_scales").returncode == 0


# --- checkpoint and tiles -------------------------------------------------------------------------------------


def test_checkpoint_and_tiles_are_accepted(world: World) -> None:
    said = world.of_the_log("verify-checkpoint", "--origin", ORIGIN)
    assert said["ok"] is said["log_ok"] is said["tiles_ok"] is True
    assert (said["origin"], said["size"]) == (ORIGIN, world.size)
    assert world.size > 256
    assert said["root"] == world.get("/log/checkpoint").split(b"\n")[2].decode()


def test_a_checkpoint_under_another_key_is_refused(world: World) -> None:
    other = str(VerifierKey(ORIGIN, key("log lain").public))
    assert not world.of_the_log("verify-checkpoint", vkey=other)["ok"]


def test_a_tile_with_another_hash_in_it_is_refused(spoiled: World) -> None:
    assert spoiled.of_the_log("verify-checkpoint")["ok"]
    alter(spoiled, spoiled.size - 1, b"entri lain")
    said = spoiled.of_the_log("verify-checkpoint")
    assert not said["ok"]
    assert "TileVerificationError" in said["error"]


# --- entries --------------------------------------------------------------------------------------------------


def test_entries_of_full_and_partial_bundles_are_accepted_and_are_ours(world: World) -> None:
    for index in (0, 255, 256, world.size - 1):
        out = world.folder / "entri"
        assert world.of_the_log("verify-inclusion", "--index", index, "--entry-out", out)["ok"]
        theirs = world.run("tlog-tiles", "get-leaf", "-c", f"{world.url}/log", index)
        assert theirs.returncode == 0, theirs.stderr
        assert theirs.stdout == out.read_bytes() == world.get(f"/v1/entries/{index}")


def test_an_entry_that_was_changed_together_with_its_hash_is_refused(spoiled: World) -> None:
    entry = spoiled.get("/v1/entries/7")
    alter(spoiled, 7, entry.replace(b"T01:", b"T02:", 1))
    assert not spoiled.of_the_log("verify-inclusion", "--index", 7)["ok"]
    theirs = spoiled.run("tlog-tiles", "get-leaf", "-c", f"{spoiled.url}/log", 7)
    assert theirs.returncode != 0
    assert b"InclusionProofInvalid" in theirs.stderr


# --- receipts: inclusion --------------------------------------------------------------------------------------


def of_a_receipt(world: World, receipt: bytes, entry: bytes, vkey: str) -> dict[str, Any]:
    """Return what ``aics-tlog`` says of a receipt (C2SP tlog-proof), taken apart at its empty line."""
    head, _, note = receipt.partition(b"\n\n")
    first, index, *proof = head.decode().split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    given = ("--leaf", world.file("entri", entry), "--index", index.removeprefix("index "))
    given += ("--checkpoint", world.file("segel", note), "--log-key", vkey)
    return world.told("verify-inclusion", *given, "--proof", world.file("bukti", "\n".join(proof).encode()))


def test_the_receipt_of_an_act_is_accepted(world: World) -> None:
    for index in (0, 44, 200, world.size - 1):
        receipt, entry = world.get(f"/v1/entries/{index}/receipt"), world.get(f"/v1/entries/{index}")
        said = of_a_receipt(world, receipt, entry, world.vkey)
        assert said["ok"] is said["checkpoint_verified"] is True
        assert said["index"] == index


def test_the_receipt_that_they_make_of_our_tiles_is_ours_to_the_byte_and_we_accept_it(world: World) -> None:
    vkey = VerifierKey.parse(world.vkey)
    for index in (0, 255, 256, world.size - 1):
        theirs = world.run("tlog-tiles", "gen-proof", f"{world.url}/log", index)
        assert theirs.stdout == world.get(f"/v1/entries/{index}/receipt?size={world.size}")
        verify_receipt(theirs.stdout, world.get(f"/v1/entries/{index}"), vkey)


@pytest.mark.parametrize(
    "attack", ["another entry", "another index", "a proof cut short", "a hash changed", "a root changed"]
)
def test_a_receipt_that_was_tampered_with_is_refused(attack: str, world: World) -> None:
    receipt, entry = world.get("/v1/entries/60/receipt?size=200"), world.get("/v1/entries/60")
    hashes = [base64.b64encode(one) for one in parse_receipt(receipt).proof]
    root = receipt.partition(b"\n\n")[2].split(b"\n")[2]
    other = base64.b64encode(bytes(32))
    assert of_a_receipt(world, receipt, entry, world.vkey)["ok"]
    entry, receipt = {
        "another entry": (entry + b" ", receipt),
        "another index": (entry, receipt.replace(b"index 60\n", b"index 61\n")),
        "a proof cut short": (entry, receipt.replace(hashes[-1] + b"\n", b"")),
        "a hash changed": (entry, receipt.replace(hashes[2], other)),
        "a root changed": (entry, receipt.replace(root, other)),
    }[attack]
    assert not of_a_receipt(world, receipt, entry, world.vkey)["ok"]


# --- consistency ----------------------------------------------------------------------------------------------


def test_the_log_continues_the_checkpoint_that_a_stranger_kept(world: World) -> None:
    said = world.of_the_log("verify-consistency", "--old-checkpoint", world.file("dulu", world.older))
    assert said["ok"]
    assert (said["old_size"], said["new_size"]) == (33, world.size)
    assert said["proof_length"] > 1


def test_a_log_that_was_rewritten_under_its_own_key_is_refused(world: World, tmp_path: Path) -> None:
    """The same office up to leaf 32, another case after it: both histories are sealed by the same key."""
    kept = world.file("segel-lain", rewritten(tmp_path))
    said = world.of_the_log("verify-consistency", "--old-checkpoint", kept)
    assert not said["ok"]
    assert "history was rewritten" in said["error"]


def rewritten(folder: Path) -> bytes:
    office = Kecamatan(folder).open()
    office.run(upto=3)
    with office.ledger.reading() as rows:
        note = rows.checkpoint()
    office.ledger.close()
    assert note is not None
    return note


def proof_of(world: World, old: int, new: int) -> tuple[list[str], list[str]]:
    """Return our consistency proof, and the two roots out of our own receipts."""
    said = json.loads(world.get(f"/v1/consistency?old={old}&new={new}"))
    roots = [
        world.get(f"/v1/entries/0/receipt?size={size}").partition(b"\n\n")[2].split(b"\n")[2].decode()
        for size in (old, new)
    ]
    return said["proof"], roots


def of_a_proof(world: World, old: int, new: int, proof: list[str], roots: list[str]) -> list[bool]:
    """Return what each of the two clients thinks of a consistency proof."""
    given = ("--old-size", old, "--new-size", new, "--old-root", roots[0], "--new-root", roots[1])
    said = world.told("verify-consistency", *given, "--proof", world.file("bukti", "\n".join(proof).encode()))
    script = (
        "import base64, json, sys\n"
        "from tlog_scales.tlog import ConsistencyProof\n"
        "old, new, proof, roots = json.loads(sys.argv[1])\n"
        "read = base64.b64decode\n"
        "ConsistencyProof(old, new, list(map(read, proof))).check(*map(read, roots))\n"
    )
    done = world.run("python", "-c", script, json.dumps([old, new, proof, roots]))
    assert done.returncode == 0 or b"ConsistencyProofInvalid" in done.stderr, done.stderr
    return [said["ok"], done.returncode == 0]


@pytest.mark.parametrize(("old", "new"), [(1, 2), (45, 200), (64, 65), (128, 256), (200, 200), (255, 257)])
def test_our_consistency_proof_is_accepted(old: int, new: int, world: World) -> None:
    proof, roots = proof_of(world, old, new)
    assert of_a_proof(world, old, new, proof, roots) == [True, True]


@pytest.mark.parametrize("attack", ["roots exchanged", "cut short", "padded", "another size"])
def test_a_consistency_proof_that_was_tampered_with_is_refused(attack: str, world: World) -> None:
    proof, roots = proof_of(world, 45, 200)
    old, proof, roots = {
        "roots exchanged": (45, proof, roots[::-1]),
        "cut short": (45, proof[:-1], roots),
        "padded": (45, [*proof, roots[1]], roots),
        "another size": (46, proof, roots),
    }[attack]
    assert of_a_proof(world, old, 200, proof, roots) == [False, False]


def test_the_other_client_verifies_the_signature_of_our_checkpoint_and_the_root_of_our_tiles(world: World) -> None:
    script = (
        "import sys\n"
        "from tlog_scales import backend, reader, signing\n"
        "log = reader.TilesReader(backend.make_backend(sys.argv[1]))\n"
        "checkpoint = log.get_checkpoint()\n"
        "checkpoint.verify(signing.Vkey.from_string(sys.argv[2]))\n"
        "assert log.calculate_root_hash() == checkpoint.root_hash\n"
    )
    done = world.run("python", "-c", script, f"{world.url}/log", world.vkey)
    assert done.returncode == 0, done.stderr
    forged = world.run("python", "-c", script, f"{world.url}/log", str(VerifierKey(ORIGIN, key("log lain").public)))
    assert forged.returncode != 0
