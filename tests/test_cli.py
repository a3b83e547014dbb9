"""The command line: what it refuses before a signature, what it shows, what it exits with; over the real service."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from api import demo_office
from api.app import App, create_app
from api.app import now as service_clock
from api.cli import main
from api.cli_base import Program, table
from api.cli_kinds import KINDS
from api.field_words import kinds_page
from api.server import background_server
from api.settings import Settings
from keys.fields import _SHAPES
from keys.keyfile import seal, write_keyfile
from keys.possession import check_possession, prove
from keys.signing import PrivateKey
from ledger import logkey
from ledger.acts import act_of
from ledger.application import Ledger
from ledger.bodies import CATALOGUE
from ledger.case import Case
from ledger.database import Database
from ledger.entry import Entry
from ledger.iku import sample
from ledger.note import NoteSigner
from ledger.receipt import verify_receipt
from tests import postgres
from tests.behind import behind, in_files
from tests.kit import FOUNDERS, ORIGIN, PEOPLE, Kecamatan, key, mandate, mandate_of, person
from tests.signed_in import keep

ROOT = Path(__file__).parent.parent
WORDS = "kuda besi minum kopi"
CASE = "11111111-1111-4111-8111-111111111111"
LETTER = {
    "letter.sender": "Bagian Organisasi (sintetis)",
    "letter.number": "060/12",
    "letter.date": "2026-02-26",
    "letter.received": "2026-02-27",
    "urgency": "segera",
    "secrecy": "biasa",
    "subject": "Penyusunan IKU 2026",
    "forwarded_to.0": "sekcam",
    "instruction": "Susun IKU.",
    "period.first_year": "2026",
    "period.last_year": "2026",
}


def run(*args: object, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(one) for one in args], input=answer, terminal_width=100)


def ended(result: Result, code: int) -> Result:
    assert result.exit_code == code, f"{result.stdout}\n{result.stderr}\n{result.exception!r}"
    return result


def fault(result: Result, code: int, rule: str) -> dict[str, Any]:
    """Return the JSON fault on stdout, which is all there is."""
    said = json.loads(ended(result, code).stdout)
    assert (said["rule"], said["exit"]) == (rule, code)
    return dict(said)


@dataclass
class Desk:
    """A kecamatan that is served, with its officials' key files and one memory each."""

    folder: Path
    kecamatan: Kecamatan
    url: str
    pin: Path
    app: App
    passphrase: Path = field(init=False)

    def __post_init__(self) -> None:
        self.passphrase = self.folder / "sandi.txt"
        self.passphrase.write_text(f"{WORDS}\n", encoding="utf-8")
        self.file("surat.pdf", b"surat masuk (sintetis)")
        self.file("bukti.jpg", b"bukti kirim (sintetis)")
        self.file("iku-1.json", sample("kecamatan-sidemen"))
        self.file("iku-2.json", sample("kecamatan-sidemen-perbaikan"))

    def file(self, name: str, data: bytes | None = None) -> Path:
        if data is not None:
            (self.folder / name).write_bytes(data)
        return self.folder / name

    def key(self, official: str) -> Path:
        path = self.folder / f"kunci-{official}.json"
        if not path.exists():
            write_keyfile(path, sealed(official))
        return path

    def options(self, official: str) -> list[object]:
        """Return how the official signs, who is signed in already."""
        keep(self.app, self.url, official)
        return [
            *("--key", self.key(official), "--mandate", mandate_of(official)),
            *("--passphrase-file", self.passphrase),
            *("--url", self.url, "--remembered", self.folder / f"ingatan-{official}", "--pin", self.pin),
        ]

    def act(self, official: str, kind: str, /, *more: object, answer: str | None = None, **said: str) -> Result:
        sets = [part for name, value in said.items() for part in ("--set", f"{name}={value}")]
        return run("act", kind, *self.options(official), *sets, *more, answer=answer)

    def done(self, official: str, kind: str, /, *more: object, **said: str) -> dict[str, Any]:
        """Sign without being asked, on the case, and return what was recorded."""
        result = ended(self.act(official, kind, "--case", CASE, "--yes", "--json", *more, **said), 0)
        return dict(json.loads(result.stdout))

    def size(self) -> int:
        with self.kecamatan.ledger.reading() as rows:
            return rows.size()


@cache
def sealed(official: str) -> bytes:
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    return seal(key(official), WORDS, official=official, salt=salt, nonce=nonce)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Kecamatan:
    """Return a ledger with its officials and its SOP, closed: each test gets a copy."""
    kecamatan = Kecamatan(tmp_path_factory.mktemp("asal") / "buku").open()
    logkey.write(kecamatan.folder / "log.key", kecamatan.log)
    kecamatan.ledger.close()
    return kecamatan


@pytest.fixture
def desk(tmp_path: Path, opened: Kecamatan) -> Iterator[Desk]:
    postgres.copied(opened.folder, tmp_path / "buku")
    kecamatan = Kecamatan(tmp_path / "buku")
    kecamatan.clock.now, kecamatan.sop_leaf = opened.clock.now, opened.sop_leaf
    with kecamatan.ledger.reading() as rows:
        first = rows.entry(0)
    assert first is not None
    pin = tmp_path / "patokan.json"
    pin.write_text(json.dumps({"origin": ORIGIN, "vkey": str(kecamatan.log.vkey), "founding": first.leaf_hash.hex()}))
    app = create_app(Settings(tmp_path / "buku"), kecamatan.clock)
    with background_server(app) as url:
        keep(app, url)
        yield Desk(tmp_path, kecamatan, url, pin, app)
    app.close()
    kecamatan.ledger.close()


# --- the ten steps ---------------------------------------------------------------------------------------


def test_a_case_runs_from_disposition_to_dispatch_with_nothing_typed_that_the_log_knows(desk: Desk) -> None:
    desk.done("sri-wahyuni", "disposition.issued", "--document", desk.file("surat.pdf"), **LETTER)
    desk.done("budi-santoso", "direction.given", instruction="Sesuai Renstra.")
    for official, kind in (("ratna-sari", "concept.drafted"), ("agus-salim", "concept.typed")):
        desk.done(official, kind, "--document", desk.file("iku-1.json"))
    desk.done("ratna-sari", "typing.reviewed", decision="returned", reason="Rumus memuat target.")
    desk.done("agus-salim", "concept.revised", "--document", desk.file("iku-2.json"))
    desk.done("ratna-sari", "typing.reviewed", decision="Disetujui")
    desk.done("budi-santoso", "paraf.given")
    desk.done("sri-wahyuni", "signature.given")
    addressees = {"addressees.0.name": "Setda", "addressees.0.copies": "1"}
    desk.done("budi-santoso", "distribution.ordered", **addressees)
    desk.done("hadi-wijaya", "agenda.ordered")
    number = {"classification": "070", "running": "1", "office_code": "35.07.11", "year": "2026"}
    row = {"agenda_no": "1", "letter_date": "2026-03-02", "sent_date": "2026-03-02", "addressee": "Setda"}
    numbered = {f"number.{name}": value for name, value in number.items()}
    desk.done("agus-salim", "agenda.recorded", summary="IKU 2026", **row, **numbered)
    proof = {"method": "kurir", "received_by": "Petugas", "received_at": "2026-03-02T10:00:00+07:00"}
    last = desk.done(
        "agus-salim", "dispatch.recorded", "--document", desk.file("bukti.jpg"), recipient="Setda", **proof
    )
    state = json.loads(ended(run("state", CASE, "--url", desk.url, "--json"), 0).stdout)
    assert (state["finished"], state["round"], last["version"]) == (True, 2, 13)
    assert sorted(set(state["steps_done"]), key=int) == [str(number) for number in range(1, 11)]

    page = ended(run("state", CASE, "--url", desk.url), 0).stdout
    assert "SELESAI" in page
    assert "070/1/35.07.11/2026" in page
    assert re.search(r"Tanda tangan: Sri Wahyuni \(sintetis\), NIP \d{18}, Penata", page)
    trail = ended(run("trail", CASE, "--url", desk.url), 0).stdout
    assert trail.count("\nDaun ") == 13
    assert "Alasan   Rumus memuat target." in trail
    for text in (page, trail):
        assert "bukan BSrE/PSrE" in " ".join(text.split())
        assert "tampilan layanan" in text
        assert "BUKU BESAR PERCOBAAN" in text
        assert max(map(len, text.splitlines())) <= 100


def test_the_trail_says_under_which_decree_on_which_papers_and_what_was_inferred(desk: Desk) -> None:
    office = desk.kecamatan
    office.run(upto=4)
    before = {"step": "5", "document": office.iku["digest"], "decision": "returned", "reason": "Satuan kosong."}
    returned = office.do("ratna-sari", f"case:{CASE}", "typing.reviewed", before).recorded.leaf
    revised = {"step": "4", "document": office.iku_mended, "replaces": office.iku["digest"]}
    office.do("agus-salim", f"case:{CASE}", "concept.revised", revised | {"answers": returned, "round": 2})
    page = ended(run("trail", CASE, "--url", desk.url), 0).stdout
    acts = page.split("\nDaun ")
    assert len(acts) == 7
    for act in acts[1:]:
        assert "SK       821/1/2026, 2 Januari 2026, Bupati Malang (sintetis) (berlaku" in act
        assert "2 Januari 2026 sampai dicabut)" in " ".join(act.split())
    assert ["Pelaksana langkah ini disimpulkan" in act for act in acts[1:4]] == [False, True, True]
    assert f"  Dokumen  {office.iku_mended['digest']}\n  Menggantikan {office.iku['digest']}\n" in acts[6]

    for official, kind, body in office.steps(office.iku_mended)[4:7]:
        office.do(official, f"case:{CASE}", kind, body)
    state = " ".join(ended(run("state", CASE, "--url", desk.url), 0).stdout.split())
    for mark in ("Disetujui", "Paraf", "Tanda tangan"):
        assert re.search(rf"{mark}: [^:]*, dicatat 2 Maret 2026 08\.0\d WIB", state), mark
    assert "Pelaksana langkah ini disimpulkan" not in state, "step 8 has its mark in the source"
    for number, (official, kind, body) in enumerate(office.steps(office.iku_mended)[7:], 8):
        office.do(official, f"case:{CASE}", kind, body)
        if number == 8:
            assert "Pelaksana langkah ini disimpulkan" in ended(run("state", CASE, "--url", desk.url), 0).stdout
    last = ended(run("trail", CASE, "--url", desk.url), 0).stdout.split("\nDaun ")[-1]
    assert f"  Dokumen  {office.iku_mended['digest']}\n  Bukti    {office.proof['digest']}\n" in last


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        ("register", "Jejak audit register: 32 tindakan"),
        ("sop:penyusunan-iku", "Jejak audit SOP penyusunan-iku: 1 tindakan"),
        (f"case:{CASE}", f"Jejak audit perkara {CASE}: 1 tindakan"),
    ],
)
def test_every_stream_has_a_trail_to_read(stream: str, words: str, desk: Desk) -> None:
    desk.kecamatan.run(upto=1)
    page = ended(run("trail", stream, "--url", desk.url), 0).stdout
    assert page.startswith(words)
    assert "BUKU BESAR PERCOBAAN" in page
    assert "SK       821/1/2026, 2 Januari 2026, Bupati Malang (sintetis)" in page
    said = json.loads(ended(run("trail", stream, "--url", desk.url, "--json"), 0).stdout)
    assert (said["stream"], said["synthetic"]) == (stream, True)


# --- before the signature --------------------------------------------------------------------------------


def test_what_is_signed_is_shown_with_its_document_hashed_here_and_asked(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    result = ended(desk.act("budi-santoso", "paraf.given", "--case", CASE, answer="mungkin\ny\n"), 0)
    page = result.stdout
    assert page.count("Tandatangani? [y/t]") == 2
    for words in (
        "IKU Kecamatan Sidemen",
        "formula.target",
        desk.kecamatan.iku["digest"],
        "Anda, Budi Santoso (sintetis), Sekretaris Kecamatan Kalipare",
        "Artinya:",
        "langkah: 6",
        "dari catatan yang sudah diperiksa",
    ):
        assert words in page, words
    assert page.index("Artinya:") < page.index("Tandatangani?") < page.index("TERCATAT dan terbukti")


def test_no_is_no_and_nothing_is_recorded_or_uploaded(desk: Desk) -> None:
    desk.kecamatan.run(upto=2)
    size = desk.size()
    own = desk.file("konsep.json", sample("kulon-progo"))
    result = ended(desk.act("ratna-sari", "concept.drafted", "--case", CASE, "--document", own, answer="t\n"), 1)
    assert "Tidak ada yang ditandatangani." in result.stderr
    assert desk.size() == size
    held = list((desk.folder / "buku" / "documents").rglob("*"))
    assert not [one for one in held if one.is_file() and one.read_bytes() == own.read_bytes()]


def test_with_json_everything_a_person_reads_goes_to_stderr(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    result = ended(desk.act("budi-santoso", "paraf.given", "--case", CASE, "--json", answer="y\n"), 0)
    said = json.loads(result.stdout)
    assert said["kind"] == "paraf.given"
    assert "Tandatangani? [y/t]" in result.stderr


def test_the_envelope_and_its_receipt_are_kept_and_hold_elsewhere(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    said = desk.done("budi-santoso", "paraf.given", "-o", desk.folder / "paraf")
    with desk.kecamatan.ledger.reading() as rows:
        row = rows.entry(said["leaf_index"])
    assert row is not None
    proof = (desk.folder / "paraf.tlog-proof").read_bytes()
    assert verify_receipt(proof, row.data, desk.kecamatan.log.vkey).leaf_hash.hex() == said["leaf_hash"]
    assert (desk.folder / "paraf.json").read_bytes() in row.data


def test_what_happened_on_paper_is_recorded_with_its_scan(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    scan = desk.file("pindaian.pdf", b"lembar paraf (sintetis)")
    said = desk.done("budi-santoso", "paraf.given", "--paper", scan, "--occurred-at", "2026-03-02 08.30")
    with desk.kecamatan.ledger.reading() as rows:
        row = rows.entry(said["leaf_index"])
    assert row is not None
    act = act_of(Entry.parse(row.data).envelope)
    body = act.body.plain()
    assert act.occurred_at.isoformat() == "2026-03-02T08:30:00+07:00"
    assert (body["paper"]["scan"]["name"], body["document"]) == ("pindaian.pdf", desk.kecamatan.iku["digest"])


def test_an_envelope_sent_again_is_the_same_leaf(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    first = desk.done("budi-santoso", "paraf.given", "-o", desk.folder / "paraf")
    memory = ["--url", desk.url, "--remembered", desk.folder / "ingatan-budi-santoso"]
    again = json.loads(ended(run("send", desk.folder / "paraf.json", *memory, "--json"), 0).stdout)
    assert again["leaf_hash"] == first["leaf_hash"]


def test_outputs_that_exist_are_refused_before_anything_is_signed(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    size = desk.size()
    desk.file("paraf.tlog-proof", b"lama")
    result = desk.act("budi-santoso", "paraf.given", "--case", CASE, "--yes", "--json", "-o", desk.folder / "paraf")
    fault(result, 1, "file.exists")
    assert (desk.size(), desk.file("paraf.tlog-proof").read_bytes()) == (size, b"lama")


def test_another_file_than_the_document_of_the_case_is_refused(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    more = ("--case", CASE, "--yes", "--json", "--document")
    said = fault(desk.act("budi-santoso", "paraf.given", *more, desk.file("iku-2.json")), 1, "act.document")
    assert desk.kecamatan.iku["digest"] in said["allowed"]
    ended(desk.act("budi-santoso", "paraf.given", *more, desk.file("iku-1.json")), 0)


def test_what_the_case_would_refuse_is_refused_before_the_passphrase_is_asked(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    size = desk.size()
    result = desk.act("sri-wahyuni", "signature.given", "--case", CASE, "--yes", "--json")
    fault(result, 1, "sop.activity")
    assert desk.size() == size


def test_another_office_is_refused_before_anything_is_shown_or_asked(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    desk.passphrase.unlink()
    desk.passphrase.write_text("bukan kata sandinya", encoding="utf-8")
    result = ended(desk.act("agus-salim", "paraf.given", "--case", CASE, "--yes"), 1)
    assert result.stdout == ""
    assert result.stderr.endswith("[authority.office]\n")


@pytest.mark.parametrize("named", ["camat-sri-wahyuni", "sekcam-tidak-ada"])
def test_a_mandate_that_is_not_the_signers_is_refused_at_once_naming_theirs(desk: Desk, named: str) -> None:
    desk.kecamatan.run(upto=5)
    result = desk.act("budi-santoso", "paraf.given", "--case", CASE, "--yes", "--json", "--mandate", named)
    said = fault(result, 1, "authority.mandate")
    assert mandate_of("budi-santoso") in said["allowed"]
    assert result.stderr == ""


def test_a_finished_case_says_so_before_any_field_is_asked_for(desk: Desk) -> None:
    desk.kecamatan.run()
    result = desk.act("agus-salim", "agenda.recorded", "--case", CASE, "--yes", "--json")
    assert "sudah selesai" in fault(result, 1, "case.finished")["detail"]


def test_a_wrong_step_says_whose_turn_it_is_before_any_field_is_asked_for(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    result = desk.act("agus-salim", "agenda.recorded", "--case", CASE, "--yes", "--json")
    assert "langkah 6 (paraf)" in fault(result, 1, "sop.activity")["allowed"]


def test_everything_that_is_missing_is_named_at_once_with_its_meaning(desk: Desk) -> None:
    desk.kecamatan.run(upto=9)
    act = ("agus-salim", "agenda.recorded", "--case", CASE, "--yes", "--json")
    said = fault(desk.act(*act, summary="IKU 2026"), 1, "act.missing")
    assert said["facts"]["missing"] == ["agenda_no", "number", "letter_date", "sent_date", "addressee"]
    assert "--set number=070/1/35.07.11/2026" in said["allowed"]
    assert "tanggal surat keluar" in said["allowed"]
    whole = {"agenda_no": "1", "number": "070/1/35.07.11/2026", "addressee": "Setda", "summary": "IKU 2026"}
    dates = {"letter_date": "2026-03-02", "sent_date": "2026-03-02"}
    assert desk.done("agus-salim", "agenda.recorded", **whole, **dates)["version"] == 10


def test_a_number_that_cannot_be_read_says_how_it_is_written(desk: Desk) -> None:
    said = fault(desk.act("agus-salim", "agenda.recorded", "--case", CASE, "--json", number="70-1"), 1, "act.field")
    assert "070/1/35.07.11/2026" in said["allowed"]


def test_a_decision_that_there_is_not_names_those_that_there_are(desk: Desk) -> None:
    said = fault(desk.act("ratna-sari", "typing.reviewed", "--case", CASE, "--json", decision="ya"), 1, "act.field")
    assert said["allowed"] == "Pilih: disetujui (approved), dikembalikan (returned)."


def test_a_concept_that_is_no_iku_document_is_refused(desk: Desk) -> None:
    desk.kecamatan.run(upto=2)
    result = desk.act(
        "ratna-sari", "concept.drafted", "--case", CASE, "--yes", "--json", "--document", desk.file("surat.pdf")
    )
    said = fault(result, 1, "json.syntax")
    assert "surat.pdf" in said["detail"]
    assert "jejak iku import" in said["allowed"]


def test_a_wrong_passphrase_signs_nothing(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    size = desk.size()
    desk.passphrase.write_text("kuda besi minum susu\n", encoding="utf-8")
    fault(desk.act("budi-santoso", "paraf.given", "--case", CASE, "--yes", "--json"), 1, "keyfile.passphrase")
    assert desk.size() == size


def test_without_pins_nothing_is_signed(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    options = [one for one in desk.options("budi-santoso") if one not in ("--pin", desk.pin)]
    result = run("act", "paraf.given", *options, "--case", CASE, "--yes", "--json")
    fault(result, 1, "client.unpinned")


def test_trust_on_first_use_is_possible_with_a_warning_once(desk: Desk) -> None:
    desk.kecamatan.run(upto=3)
    digest = desk.kecamatan.iku["digest"]
    options = ["--url", desk.url, "--remembered", desk.folder / "baru", "--trust-first"]
    first = ended(run("document", digest, *options), 0)
    second = ended(run("document", digest, *options), 0)
    assert "PERINGATAN" in first.stderr
    assert second.stderr == ""


def test_pins_of_another_ledger_stop_at_the_first_contact(desk: Desk) -> None:
    desk.pin.write_text(json.dumps({"vkey": str(desk.kecamatan.log.vkey), "founding": "0" * 64}))
    desk.kecamatan.run(upto=5)
    fault(desk.act("budi-santoso", "paraf.given", "--case", CASE, "--yes", "--json"), 1, "client.founding")


def test_a_registrar_approves_the_proposal_that_is_shown(desk: Desk) -> None:
    first, second = FOUNDERS
    record = person("agus-salim") | {"official": "tono-baru", "name": "Tono Baru (sintetis)", "nip": "9" * 18}
    body = desk.file("orang.json", json.dumps({"person": record}).encode())
    ended(desk.act(first, "official.proposed", "--body", body, "--yes"), 0)
    result = ended(desk.act(second, "official.approved", answer="y\n"), 0)
    assert "mengusulkan pendaftaran Tono Baru" in " ".join(result.stdout.split())

    other = PrivateKey.generate()
    proof = desk.file("bukti.json", prove(ORIGIN, "tono-baru", other))
    proposed = ended(
        desk.act(
            first,
            "key.proposed",
            "--yes",
            "--json",
            official="tono-baru",
            public_key=other.public.raw.hex(),
            possession=f"@{proof}",
        ),
        0,
    )
    leaf = json.loads(proposed.stdout)["leaf_hash"]
    ended(desk.act(first, "official.proposed", "--body", body, "--yes", "--json"), 1)
    minutes = desk.file("berita-acara.pdf", b"berita acara (sintetis)")
    ended(desk.act(second, "key.approved", "--yes", "--document", minutes, proposal=leaf), 0)
    said = fault(desk.act(second, "official.approved", "--yes", "--json", proposal=leaf), 1, "register.proposal")
    assert "usulan kunci" in said["detail"]


def test_who_approves_reads_all_that_is_approved_and_who_proposed_it(desk: Desk) -> None:
    first, second = FOUNDERS
    other = PrivateKey.generate()
    proof = desk.file("bukti.json", prove(ORIGIN, "agus-salim", other))
    key_said = {"official": "agus-salim", "public_key": other.public.raw.hex(), "possession": f"@{proof}"}
    ended(desk.act(first, "key.proposed", "--yes", **key_said), 0)
    page = " ".join(ended(desk.act(second, "key.approved", answer="y\n"), 0).stdout.split())
    printed = " ".join(other.public.id[at : at + 4] for at in range(0, 64, 4))
    for words in (printed, other.public.raw.hex(), person("agus-salim")["nip"], "Agus Salim", "Pengusul Dewi Lestari"):
        assert words in page, words

    given = mandate("agus-salim", mandate="plt-kasubag-agus", office="kasubag-umum", office_name="Kasubag Umum",
                    capacity="plt", absence="Jabatan kosong", end="2027-01-31")  # fmt: skip
    body = desk.file("mandat.json", json.dumps({"mandate": given}).encode())
    ended(desk.act(first, "mandate.proposed", "--body", body, "--yes"), 0)
    page = " ".join(ended(desk.act(second, "mandate.approved", answer="y\n"), 0).stdout.split())
    for words in ("Pelaksana Tugas", "Kasubag Umum", "kalipare", "821/1/2026", "2 Januari 2026 sampai 31 Januari 2027"):
        assert words in page, words


def test_of_several_proposals_the_one_that_is_meant_must_be_named(desk: Desk) -> None:
    first, second = FOUNDERS
    leaves = []
    for name in ("tono-baru", "tini-baru"):
        record = {"official": name, "name": name, "without_nip": "Tenaga honorer"}
        body = desk.file(f"{name}.json", json.dumps({"person": record}).encode())
        done = ended(desk.act(first, "official.proposed", "--body", body, "--yes", "--json"), 0)
        leaves.append(json.loads(done.stdout)["leaf_hash"])
    said = fault(desk.act(second, "official.approved", "--yes", "--json"), 1, "register.proposal")
    assert said["facts"]["proposals"] == leaves
    assert "tini-baru; diusulkan Dewi Lestari" in said["allowed"]
    ended(desk.act(second, "official.approved", "--yes", proposal=leaves[1]), 0)
    ended(desk.act(second, "official.approved", "--yes"), 0)
    fault(desk.act(second, "official.approved", "--yes", "--json"), 1, "register.proposal")


def test_ones_own_proposal_is_refused_before_anything_is_shown(desk: Desk) -> None:
    first, _ = FOUNDERS
    record = {"official": "tono-baru", "name": "Tono Baru", "without_nip": "Tenaga honorer"}
    body = desk.file("orang.json", json.dumps({"person": record}).encode())
    ended(desk.act(first, "official.proposed", "--body", body, "--yes"), 0)
    result = ended(desk.act(first, "official.approved"), 1)
    assert result.stdout == ""
    assert result.stderr.endswith("[register.four_eyes]\n")


def test_an_sop_is_enacted_from_its_file_after_showing_what_it_is(desk: Desk) -> None:
    seed = json.loads((ROOT / "ledger" / "sops" / "penyusunan-iku.json").read_bytes()) | {"slug": "sop-lain"}
    file = desk.file("sop.json", json.dumps(seed).encode())
    page = ended(desk.act("sri-wahyuni", "sop.enacted", "--document", file, answer="y\n"), 0).stdout
    for words in ("sop-lain, unit kalipare", "sha256:", "temuan"):
        assert words in page, words
    said = fault(desk.act("budi-santoso", "sop.enacted", "--yes", "--json", "--document", file), 1, "authority.office")
    assert "camat" in said["allowed"]


# --- pages and documents ---------------------------------------------------------------------------------


def test_next_says_what_may_be_done_and_why_not(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    may = ended(run("next", CASE, "--mandate", mandate_of("budi-santoso"), "--url", desk.url), 0).stdout
    assert "Boleh: jejak act paraf.given" in may
    desk.kecamatan.do("budi-santoso", f"case:{CASE}", "paraf.given", desk.kecamatan.steps()[5][2])
    desk.kecamatan.do("sri-wahyuni", f"case:{CASE}", "signature.given", desk.kecamatan.steps()[6][2])
    order = ended(run("next", CASE, "--mandate", mandate_of("budi-santoso"), "--url", desk.url), 0).stdout
    assert "--set addressees.0.copies=2" in order
    may_not = ended(run("next", CASE, "--mandate", mandate_of("sri-wahyuni"), "--url", desk.url), 0).stdout
    assert "[authority.office]" in may_not


def test_cases_inbox_and_agenda_are_listed(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    assert re.search(f"{CASE}  .*langkah 6", ended(run("cases", "--url", desk.url), 0).stdout)
    waiting = ("inbox", "--office", "sekcam", "--unit", "kalipare", "--url", desk.url)
    assert CASE in ended(run(*waiting), 0).stdout
    for official, kind, body in desk.kecamatan.steps()[5:]:
        desk.kecamatan.do(official, f"case:{CASE}", kind, body)
    assert "selesai" in ended(run("cases", "--url", desk.url), 0).stdout
    assert "Tidak ada yang menunggu sekcam" in ended(run(*waiting), 0).stdout
    assert "070/1/35.07.11/2026" in ended(run("agenda", "--year", "2026", "--url", desk.url), 0).stdout


def test_a_document_is_kept_only_where_nothing_is(desk: Desk) -> None:
    desk.kecamatan.run(upto=3)
    options = ["--url", desk.url, "--remembered", desk.folder / "baru", "--pin", desk.pin]
    ended(run("document", desk.kecamatan.iku["digest"], *options, "-o", desk.folder / "salinan.json"), 0)
    assert desk.file("salinan.json").read_bytes() == sample("kecamatan-sidemen")
    again = run("document", desk.kecamatan.iku["digest"], *options, "-o", desk.folder / "salinan.json", "--json")
    fault(again, 1, "file.exists")


def test_a_case_that_is_not_there_is_refused(desk: Desk) -> None:
    fault(run("trail", CASE, "--url", desk.url, "--json"), 1, "case.unknown")


def test_a_service_that_is_not_there_cannot_be_judged() -> None:
    fault(run("state", CASE, "--url", "http://127.0.0.1:1", "--json"), 2, "client.unreachable")


# --- keys ------------------------------------------------------------------------------------------------


def test_a_new_key_asks_its_passphrase_twice_and_proves_possession(tmp_path: Path) -> None:
    path = tmp_path / "budi.json"
    answers = "kuda besi minum kopi\nkuda besi minum susu\nkuda besi minum kopi\nkuda besi minum kopi\n"
    made = ended(run("key", "new", "--official", "budi-santoso", "-o", path, answer=answers), 0)
    assert "tidak sama" in made.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    shown = json.loads(ended(run("key", "show", path, "--json"), 0).stdout)
    words = tmp_path / "sandi"
    words.write_text(WORDS)
    proved = run("key", "prove", path, "--ledger", ORIGIN, "--passphrase-file", words, "--json")
    said = json.loads(ended(proved, 0).stdout)
    held = check_possession(
        said["possession"].encode(), ledger=ORIGIN, official="budi-santoso", public_key_hex=shown["public_key"]
    )
    assert held.id == shown["key_id"]


def test_a_key_file_is_never_written_over(tmp_path: Path) -> None:
    words = tmp_path / "sandi"
    words.write_text(WORDS)
    new = ("key", "new", "--official", "budi-santoso", "-o", tmp_path / "k.json", "--passphrase-file", words, "--json")
    ended(run(*new), 0)
    before = (tmp_path / "k.json").read_bytes()
    fault(run(*new), 1, "keyfile.exists")
    assert (tmp_path / "k.json").read_bytes() == before


# --- files -----------------------------------------------------------------------------------------------


def test_an_sop_with_findings_passes_and_one_that_cannot_be_followed_is_refused(tmp_path: Path) -> None:
    seed = ROOT / "ledger" / "sops" / "penyusunan-iku.json"
    said = json.loads(ended(run("sop", "check", seed, "--json"), 0).stdout)
    assert {"blank", "unreadable", "holiday", "no-source", "unknown-sop"} <= {one["rule"] for one in said["findings"]}
    page = ended(run("sop", "check", seed), 0).stdout
    assert "10 langkah" in page
    endless = json.loads(seed.read_bytes())
    endless["steps"][-1]["next"] = [{"to": "1"}]
    (tmp_path / "sop.json").write_text(json.dumps(endless))
    fault(run("sop", "check", tmp_path / "sop.json", "--json"), 1, "sop.end")


def test_an_iku_table_becomes_a_document_that_is_checked(tmp_path: Path) -> None:
    (tmp_path / "iku.csv").write_text(
        "Sasaran;Indikator;Satuan;Target 2026;Realisasi\nTertib;% Desa tertib;persen;77,5;70\n", encoding="utf-8"
    )
    imported = run(
        *("iku", "import", tmp_path / "iku.csv", "-o", tmp_path / "iku.json", "--unit", "Kecamatan Contoh"),
        *("--from", "2026", "--to", "2026", "--json"),
    )
    said = json.loads(ended(imported, 0).stdout)
    assert said["unread_columns"] == ["Realisasi"]
    checked = json.loads(ended(run("iku", "check", tmp_path / "iku.json", "--json"), 0).stdout)
    assert checked["digest"] == said["digest"]
    assert {"measure.in-name", "figure.comma"} <= {one["rule"] for one in checked["warnings"]}
    (tmp_path / "iku.json").write_bytes((tmp_path / "iku.json").read_bytes() + b"\n")
    fault(run("iku", "check", tmp_path / "iku.json", "--json"), 1, "iku.canonical")


# --- the ledger's keeper ---------------------------------------------------------------------------------


def test_a_ledger_is_founded_by_two_served_and_audited(tmp_path: Path) -> None:
    founding = _founding(tmp_path)
    found = ("found", tmp_path / "buku", *founding, "--json")
    size = "SELECT COUNT(*) FROM stored_events"
    fault(run(*found, "--key2", tmp_path / f"{FOUNDERS[0]}.json", "--yes"), 1, "found.key")
    ended(run(*found, answer="t\n"), 1)
    pins = json.loads(ended(run(*found, answer="y\n"), 0).stdout)
    card = hashlib.sha256(f"{pins['vkey']}\n{pins['founding']}\n".encode()).hexdigest()
    assert pins["fingerprint"].replace(" ", "") == card[:32], "what people compare is made from what is pinned"
    assert (tmp_path / "buku" / "log.key").stat().st_mode & 0o777 == 0o600
    with behind(Database.parse("", tmp_path / "buku")) as store:
        assert store.execute(size).fetchone() == (2,)
    fault(run(*found, "--yes"), 1, "ledger.founded")

    command = [sys.executable, "-m", "api.cli", "serve", "--home", str(tmp_path / "buku"), "--port", "0", "--json"]
    known = postgres.environment(tmp_path / "buku")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=known) as service:
        assert service.stdout is not None
        try:
            card = json.loads(service.stdout.readline())
            contact = run("send", tmp_path / "surat", "--url", card["url"], "--pin", card["pin"],
                          "--remembered", tmp_path / "ingatan", "--json")  # fmt: skip
            fault(contact, 1, "envelope.form")
        finally:
            service.send_signal(signal.SIGTERM)
        assert service.wait(20) == 0

    rebuilt = json.loads(ended(run("rebuild", "--home", tmp_path / "buku", "--json"), 0).stdout)
    assert rebuilt["leaves"] == 2
    audit = ("audit", "--store", in_files(tmp_path / "buku"), "--pin", tmp_path / "buku" / "pin.json", "--json")
    report = json.loads(ended(run(*audit), 0).stdout)
    assert (report["verified"], report["founding"]) == (2, pins["founding"])
    assert report["synthetic"] is True
    assert "tidak tersertifikasi" in report["disclaimer"]
    page = " ".join(ended(run(*audit[:-1]), 0).stdout.split())
    assert page.index("Kesimpulan: TERBUKTI.") < page.index("sintetis (dibuat-buat)") < page.index("sampai daun 1,")
    assert f"({report['newest_recorded_at']}), akar {report['root']}." in page
    assert "tanda terima atau segel yang disimpan di luar salinan" in page
    assert page.endswith("TTE tersertifikasi pada naskah dinas.")


#: Where a founding is killed, and how many acts are durable then.
KILLED = {
    "its key is written": ("cli_store.open_ledger = kill", 0),
    "its journal is there": ("cli_store._record = kill", 0),
    "leaf 0 is durable, and nobody noted where": ("Whereabouts.note_first = kill", 1),
    "it waits for its acceptance": ("cli_store._record = record", 1),
    "it is accepted, and nothing is there to be pinned": ("cli_store.write_new_file = kill", 2),
}
#: A process of the command line that is killed there.
COMMAND_KILLED = """
import os, signal
from api import cli, cli_store
from ledger.whereabouts import Whereabouts

def kill(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)

def record(ledger, hand, kind, body, recorded=cli_store._record):
    recorded(ledger, hand, kind, body) if kind == "ledger.founded" else kill()

{}
cli.main()
"""


@pytest.mark.parametrize("when", KILLED)
def test_an_interrupted_founding_is_finished_when_it_is_run_again(tmp_path: Path, when: str) -> None:
    home, (patch, durable) = tmp_path / "buku", KILLED[when]
    found = [str(one) for one in ("found", home, *_founding(tmp_path), "--yes", "--json")]
    command = [sys.executable, "-c", COMMAND_KILLED.format(patch), *found]
    killed = subprocess.run(command, cwd=ROOT, env=postgres.environment(home), capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stdout
    assert not (home / "pin.json").exists()
    log_key, before = logkey.read(home / "log.key").vkey, _leaves(home) if durable else []
    assert len(before) == durable
    pins = json.loads(ended(run(*found), 0).stdout)
    after = _leaves(home)
    assert (pins["vkey"], pins["founding"]) == (str(log_key), after[0])
    assert (after[:durable], len(after)) == (before, 2)
    kept = json.loads((home / "pin.json").read_bytes())
    assert (kept["vkey"], kept["founding"]) == (pins["vkey"], pins["founding"])
    fault(run(*found), 1, "ledger.founded")


def test_a_founding_that_lacks_its_pins_gives_them_to_no_other(tmp_path: Path) -> None:
    home, founding = tmp_path / "buku", _founding(tmp_path)
    found = ("found", home, *founding, "--yes", "--json")
    ended(run(*found), 0)
    pins = (home / "pin.json").read_bytes()
    (home / "pin.json").unlink()
    description = tmp_path / "uraian.json"
    plan = json.loads(description.read_bytes())
    for other in ({"enacting_office": "sekcam"}, {"founders": plan["founders"][::-1]}):
        description.write_text(json.dumps(plan | other))
        keys = [tmp_path / f"{one['person']['official']}.json" for one in (plan | other)["founders"]]
        fault(run(*found, "--key1", keys[0], "--key2", keys[1]), 1, "ledger.founded")
        assert not (home / "pin.json").exists()
    description.write_text(json.dumps(plan))
    ended(run(*found), 0)
    assert (home / "pin.json").read_bytes() == pins
    assert len(_leaves(home)) == 2


#: What dies or has no room while a new file is made, and whether the process is killed then.
NO_ROOM = "raise OSError(28, 'No space left on device')"
BREAKS = {
    "killed before it is durable": ("fsync", "os.kill(os.getpid(), 9)"),
    "killed before it has its name": ("link", "os.kill(os.getpid(), 9)"),
    "no room": ("fsync", NO_ROOM),
}
#: A process of the command line in which that happens while the file of this name is made.
COMMAND_BROKEN = """
import os
from api import cli
from ledger import whole_file

def create(path, *given, made=whole_file.create, **named):
    def breaks(*given, **named):
        {1}
    kept = os.{0}
    if path.name == {2!r}:
        os.{0} = breaks
    try:
        made(path, *given, **named)
    finally:
        os.{0} = kept

from api import cli_base
from ledger import logkey
cli_base.create = logkey.create = create
cli.main()
"""


@pytest.mark.parametrize("breaks", BREAKS)
@pytest.mark.parametrize("name", ["log.key", "pin.json"])
def test_a_founding_leaves_its_files_whole_or_not_at_all_and_is_finished(
    tmp_path: Path, name: str, breaks: str
) -> None:
    home, (at, what) = tmp_path / "buku", BREAKS[breaks]
    found = [str(one) for one in ("found", home, *_founding(tmp_path), "--yes", "--json")]
    command = [sys.executable, "-c", COMMAND_BROKEN.format(at, what, name), *found]
    broken = subprocess.run(
        command, cwd=ROOT, env=postgres.environment(home), capture_output=True, text=True, check=False
    )
    if what == NO_ROOM:
        said = json.loads(broken.stdout)
        rule = "logkey.storage" if name == "log.key" else "file.write"
        assert (broken.returncode, said["error"], said["rule"]) == (1, "unavailable", rule)
        assert "ruang" in said["allowed"]
        assert not list(home.glob(".incoming-*"))
    else:
        assert broken.returncode == -signal.SIGKILL, broken.stdout
    assert not (home / name).exists()
    before = _leaves(home) if name == "pin.json" else []
    pins = json.loads(ended(run(*found), 0).stdout)
    assert (home / "log.key").stat().st_mode & 0o777 == 0o600
    assert json.loads((home / "pin.json").read_bytes())["founding"] == pins["founding"]
    assert _leaves(home)[: len(before)] == before


@pytest.mark.parametrize("left", [b"", b'{"founding":"2a'])
def test_what_an_older_version_left_half_written_is_to_be_removed_where_that_does_no_harm(
    tmp_path: Path, left: bytes
) -> None:
    home, founding = tmp_path / "buku", _founding(tmp_path)
    found = ("found", home, *founding, "--yes", "--json")
    home.mkdir()
    (home / "log.key").write_bytes(left)
    (home / "log.key").chmod(0o600)
    said = fault(run(*found), 1, "logkey.form")
    assert "hapus berkas log.key itu, lalu jalankan lagi" in said["allowed"]
    (home / "log.key").unlink()
    ended(run(*found), 0)

    pins = (home / "pin.json").read_bytes()
    (home / "pin.json").write_bytes(left)
    said = fault(run(*found), 1, "found.pins")
    assert "Hapus berkas itu saja, lalu jalankan lagi" in said["allowed"]
    plan = json.loads((tmp_path / "uraian.json").read_bytes())
    (tmp_path / "uraian.json").write_text(json.dumps(plan | {"enacting_office": "sekcam"}))
    assert "folder lain" in fault(run(*found), 1, "ledger.founded")["allowed"]
    (tmp_path / "uraian.json").write_text(json.dumps(plan))
    (home / "pin.json").unlink()
    ended(run(*found), 0)
    assert (home / "pin.json").read_bytes() == pins
    assert "sudah selesai" in fault(run(*found), 1, "ledger.founded")["allowed"]

    (home / "log.key").write_bytes(left)
    for command in (found, ("serve", "--home", home, "--port", 0, "--json")):
        said = fault(run(*command), 1, "logkey.form")
        assert "Taruh kembali kunci log" in said["allowed"], "with it the ledger would be lost"
        assert "hapus" not in said["allowed"]


def _leaves(home: Path) -> list[str]:
    """Return the leaf hashes of the ledger in this folder."""
    with behind(Database.parse("", home)) as store:
        found = store.execute("SELECT leaf_hash FROM stored_events ORDER BY leaf_index").fetchall()
    return [bytes(one).hex() for (one,) in found]


def test_the_audit_names_the_broken_leaf(desk: Desk) -> None:
    desk.kecamatan.run(upto=3)
    desk.kecamatan.ledger.close()
    copy = shutil.copytree(in_files(desk.folder / "buku"), desk.folder / "salinan")
    with sqlite3.connect(copy / "journal.sqlite") as store:
        store.execute(
            "UPDATE stored_events SET state = replace(state, X'323032362D', X'323032352D') WHERE leaf_index = 7"
        )
    store.close()
    report = json.loads(ended(run("audit", "--store", copy, "--pin", desk.pin, "--json"), 1).stdout)
    assert 7 in [one["leaf"] for one in report["findings"]]
    page = " ".join(ended(run("audit", "--store", copy, "--pin", desk.pin), 1).stdout.split())
    assert "TIDAK TERBUKTI" in page
    assert "Yang terbukti: sampai daun" not in page
    assert "tidak seluruhnya terbukti: sampai daun 35," in page


def test_an_audit_without_a_key_from_elsewhere_is_misuse(tmp_path: Path) -> None:
    fault(run("audit", "--store", tmp_path, "--json"), 3, "cli.usage")


def test_serving_a_folder_without_a_ledger_says_what_to_do(tmp_path: Path) -> None:
    said = fault(run("serve", "--home", tmp_path, "--json"), 1, "logkey.missing")
    assert "jejak found" in said["allowed"]


@pytest.mark.parametrize("command", ["serve", "rebuild"])
@pytest.mark.parametrize("left", ["journal.sqlite", "moved-to"])
def test_a_ledger_that_lacks_its_key_is_not_told_to_be_founded_again(tmp_path: Path, command: str, left: str) -> None:
    (tmp_path / left).touch()
    said = fault(run(command, "--home", tmp_path, "--json"), 1, "logkey.missing")
    assert "log.key" in said["detail"]
    assert "jejak found" not in said["allowed"]


def test_the_demonstration_says_what_its_case_waits_for_each_time_it_is_served(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    demo_office.found(home, waiting_case=True)
    first = _welcome(home)
    assert "menunggu paraf oleh Sekcam" in first
    assert f"jejak act paraf.given --case {demo_office.WAITING_CASE}" in first
    assert f"jejak login --key {demo_office.key_path(home, 'wahyu-hidayat')} --pin {home / 'demo.json'}" in first
    stream = f"case:{demo_office.WAITING_CASE}"
    ledger = Ledger(home, logkey.read(home / "log.key"), service_clock)
    now = ledger.stream(stream)
    assert now is not None
    assert isinstance(now.state, Case)
    assert now.state.document is not None
    for official, kind, step in (("budi-santoso", "paraf.given", "6"), ("sri-wahyuni", "signature.given", "7")):
        body = {"step": step, "document": now.state.document.digest}
        hand = demo_office.hand(home, official)
        ledger.record(hand.sign(ledger, stream, kind, body, "2026-03-02T08:00:00+07:00"))
    ledger.close()
    third = _welcome(home)
    assert "menunggu perintah distribusi" in third
    assert "--set addressees.0.copies=2" in third


def test_a_demonstration_from_before_there_was_an_auditor_names_only_keys_that_are_there(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    demo_office.found(home, waiting_case=True)
    demo_office.key_path(home, "wahyu-hidayat").unlink()
    page = _welcome(home)
    assert "sekaligus masuk" in page
    assert "wahyu-hidayat" not in page
    assert "jejak login" not in page
    assert str(demo_office.key_path(home, "budi-santoso")) in page


def test_behind_a_proxy_the_service_says_under_which_address_people_sign_in(tmp_path: Path, opened: Kecamatan) -> None:
    postgres.copied(opened.folder, tmp_path / "buku")
    page = _welcome(tmp_path / "buku", demo=False, JEJAK_WEB_ORIGIN="https://jejak.malangkab.example")
    assert "orang masuk hanya lewat https://jejak.malangkab.example, juga dari komputer ini." in page


def test_who_serves_is_told_which_memory_is_written_and_what_it_was_held_to(tmp_path: Path) -> None:
    ended(run("found", tmp_path / "buku", *_founding(tmp_path), "--yes"), 0)
    page = " ".join(_welcome(tmp_path / "buku", demo=False).split())
    assert "Ingatan luar: tidak ada berkas yang ditulis layanan ini" in page
    own, kept = tmp_path / "segel", tmp_path / "disimpan"
    own.touch()
    page = " ".join(_welcome(tmp_path / "buku", demo=False, JEJAK_MEMORY=str(own)).split())
    assert f"segel terbaru ditulis ke {own}." in page
    assert "Melanjutkan" not in page, "it held itself to nothing yet"
    shutil.copy(own, kept)
    kept.chmod(0o444)
    page = " ".join(_welcome(tmp_path / "buku", demo=False, JEJAK_MEMORY=f"{own}:{kept}").split())
    assert f"Melanjutkan segel 2 daun di {own}." in page
    assert f"Melanjutkan segel 2 daun di {kept}." in page


@pytest.mark.parametrize("pins", [("--vkey", "kunci", "--founding", "0" * 64), ("--founding", "Z")])
def test_a_misspelt_pin_of_any_command_names_its_option(tmp_path: Path, pins: tuple[str, ...]) -> None:
    vkey = () if "--vkey" in pins else ("--vkey", str(NoteSigner(ORIGIN, key("log")).vkey))
    case = "00000000-0000-4000-8000-000000000006"
    place = ("-o", tmp_path / "bundel", "--remembered", tmp_path / "ingatan")
    command = ("export", case, *place, *pins, *vkey, "--json")
    said = fault(run(*command), 3, "cli.usage")
    assert str(said["detail"]).startswith(pins[0])


def _welcome(home: Path, demo: bool = True, **environment: str) -> str:
    """Serve a ledger and return what it tells before the first request."""
    command = [sys.executable, "-m", "api.cli", "serve", "--home", str(home), "--port", "0"]
    command += ["--demo"] if demo else []
    known = postgres.environment(home) | environment
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=known) as service:
        assert service.stdout is not None
        lines = []
        for line in service.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        service.send_signal(signal.SIGTERM)
    return "".join(lines)


# --- help and misuse -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["apa"],
        ["act"],
        ["act", "kejutan.besar"],
        ["trail"],
        ["trail", "bukan-perkara"],
        ["trail", CASE, "lebih"],
        ["trail", CASE, "--apa"],
        ["trail", CASE, "--url"],
        ["serve", "--port", "banyak"],
        ["serve", "--port", "70000"],
        ["sop", "check", "/tidak/ada.json"],
        ["key", "new", "--official", "Budi Santoso", "-o", "x"],
    ],
)
def test_a_command_written_wrongly_exits_with_3_in_indonesian(words: list[str]) -> None:
    result = ended(run(*words), 3)
    assert result.stderr.startswith("Salah tulis: ")
    assert result.stderr.endswith("[cli.usage]\n")
    assert not re.search(r"\b(Usage|Error|Missing|Invalid|No such|Got|does not|Try)\b", result.stderr)
    fault(run(*words[:-1], "--json", words[-1]) if len(words) > 1 else run(*words, "--json"), 3, "cli.usage")


def test_a_fault_is_told_as_detail_allowed_and_rule_last() -> None:
    lines = ended(run("state", CASE, "--url", "http://127.0.0.1:1"), 2).stderr.splitlines()
    assert (lines[0][:19], lines[-1]) == ("Tidak dapat dinilai", "[client.unreachable]")
    assert len(lines) == 3


def test_a_bug_of_ours_is_said_to_be_ours_and_never_passes_for_a_verdict() -> None:
    def broken() -> None:
        raise RuntimeError("a bug")

    program = Program("jejak", commands=[click.Command("rusak", callback=broken)])
    result = ended(CliRunner().invoke(program, ["rusak"]), 2)
    assert result.stderr.endswith("[program.fault]\n")
    assert "a bug" not in result.stderr


def commands(group: click.Group, path: str = "jejak") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


@pytest.mark.parametrize(("path", "command"), list(commands(main)), ids=lambda one: one if isinstance(one, str) else "")
def test_every_command_is_documented_with_its_options_has_json_and_indonesian_help(
    path: str, command: click.Command
) -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    section = page.partition(f"### `{path}`\n")[2].partition("\n### ")[0]
    documented = set(re.findall(r"`(-{1,2}[a-z0-9-]+)`", section.partition("Options:")[2]))
    options = {name for param in command.params if isinstance(param, click.Option) for name in param.opts}
    assert documented == options
    assert "--json" in options
    shown = ended(run(*path.split()[1:], "--help"), 0).stdout
    assert shown.startswith(f"Pemakaian: {path}")
    assert all(name in shown for name in options)
    assert not re.search(r"\b(Usage|Options|Show this message|required|env var|default)\b", shown)


def test_the_table_of_kinds_in_the_documentation_is_that_of_the_schemas() -> None:
    assert f"\n{kinds_page()}\n" in (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_of_a_kind_is_explained(kind: str) -> None:
    page = ended(run("kinds", kind), 0).stdout
    assert page.startswith(f"{kind}: ")
    assert "^" not in page
    said = json.loads(ended(run("kinds", kind, "--json"), 0).stdout)
    assert all(one["what"] and one["option"] for one in said[0]["fields"])


def test_no_pattern_is_shown_to_a_person() -> None:
    def patterns(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("pattern"), str):
                yield part["pattern"]
            part = list(part.values())
        for one in part if isinstance(part, list) else ():
            yield from patterns(one)

    found = {one for _, body in CATALOGUE.values() for one in patterns(body.model_json_schema())}
    assert found
    assert found <= _SHAPES.keys()


def test_without_a_terminal_the_passphrase_is_not_asked_for(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "api.cli", "key", "new", "--official", "budi-santoso", "-o", str(tmp_path / "k")]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True, check=False
    )
    assert done.returncode == 3
    assert "--passphrase-file" in done.stderr
    assert "Warning" not in done.stderr


def test_a_port_that_is_taken_is_refused(desk: Desk) -> None:
    desk.kecamatan.ledger.close()
    port = desk.url.rpartition(":")[2]
    fault(run("serve", "--home", desk.folder / "buku", "--port", port, "--json"), 1, "server.port")


def test_no_command_is_documented_that_is_not_there() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert re.findall(r"^### `(.*)`$", page, re.MULTILINE) == [path for path, _ in commands(main)]


def test_a_table_keeps_to_its_width_and_loses_nothing() -> None:
    long = "kata " * 40 + "x" * 50
    shown = table(("Satu", "Dua"), [(long, "a\nb"), ("pendek", None)], columns=60)
    assert max(map(len, shown.splitlines())) <= 60
    assert shown.count("kata") == 40
    assert shown.count("x") == 50


def _founding(folder: Path) -> list[object]:
    """Write the description and two key files of a founding; return the options that name them."""
    founders = [{"person": person(one), "mandate": mandate(one)} for one in FOUNDERS]
    plan = {
        "origin": "kalipare.malangkab.example/baru",
        "name": "Jejak Kecamatan Kalipare (uji)",
        "enacting_office": PEOPLE["sri-wahyuni"][1],
        "synthetic": True,
        "founders": founders,
    }
    (folder / "uraian.json").write_text(json.dumps(plan))
    (folder / "sandi").write_text(WORDS)
    (folder / "surat").write_bytes(b"bukan amplop")
    for one in FOUNDERS:
        write_keyfile(folder / f"{one}.json", sealed(one))
    first, second = (folder / f"{one}.json" for one in FOUNDERS)
    words = folder / "sandi"
    return [
        *("--description", folder / "uraian.json", "--key1", first, "--key2", second),
        *("--passphrase-file1", words, "--passphrase-file2", words),
    ]
