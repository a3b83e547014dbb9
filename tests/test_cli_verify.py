"""``jejak export``, ``verify``, ``verify-document``: what they need and exit with, and what an inspector reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.cli_export import exported
from api.cli_verify import _asked
from api.client import Client
from api.remembered import Pins, Remembered, RememberedHead
from api.settings import Settings
from keys.errors import Forged, NotJudged
from ledger import logkey
from ledger.bundle import Bundle, format_bundle, parse_bundle
from ledger.iku import sample
from ledger.note import NoteSigner, SignatureLine
from ledger.policy import WitnessKey
from ledger.receipt import format_receipt
from ledger.stored_zip import unpack
from ledger.verdicts import PROVED
from tests.bundles import exchanged, honest, leaves_of, resummed, sealed, without
from tests.kit import CASE, ORIGIN, Kecamatan, key
from tests.signed_in import bearer, signed_in
from tests.test_cli import Desk, desk, ended, fault, opened, run
from tests.test_client import OTHER_CASE, Adversary

__all__ = ["desk", "opened"]  # the served kecamatan of the command line's tests

ROOT = Path(__file__).parent.parent
UUID = CASE.removeprefix("case:")
VKEY = str(NoteSigner(ORIGIN, key("log")).vkey)
PARAF, SIGNATURE = 38, 39


@dataclass
class Given:
    """What an inspector was given: a bundle of a case up to its signature, and the ledger's pins."""

    folder: Path
    bundle: Bundle
    older: Bundle
    leaves: tuple[bytes, ...]

    @property
    def founding(self) -> str:
        return self.bundle.entries[0].leaf

    def file(self, name: str, data: bytes | Bundle) -> Path:
        path = self.folder / name
        path.write_bytes(format_bundle(data) if isinstance(data, Bundle) else data)
        return path

    def verify(self, bundle: bytes | Bundle, *more: object) -> Any:
        return run("verify", self.file("bundel.zip", bundle), "--vkey", VKEY, "--founding", self.founding, *more)

    def verify_document(self, document: bytes, bundle: Bundle, *more: object) -> Any:
        files = self.file("dokumen", document), self.file("bundel.zip", bundle)
        return run("verify-document", *files, "--vkey", VKEY, "--founding", self.founding, *more)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    kecamatan = Kecamatan(tmp_path_factory.mktemp("buku")).open()
    with closing(kecamatan.ledger):
        kecamatan.run(upto=6)
        older = honest(kecamatan)
        kecamatan.run_from(6, 7)
        yield Given(kecamatan.folder, honest(kecamatan), older, tuple(leaves_of(kecamatan)))


@pytest.fixture
def given(made: Given, tmp_path: Path) -> Given:
    return replace(made, folder=tmp_path)


# --- what it needs ---------------------------------------------------------------------------------------

#: Runs ``jejak`` where no library of a web server or a database is, and nothing speaks to anybody.
ALONE = """
import sys
heavy = {"flask", "flask_openapi3", "werkzeug", "waitress", "sqlalchemy", "sqlite3", "eventsourcing", "httpx"}
class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in heavy:
            raise ImportError(f"{name} is not here")
sys.meta_path.insert(0, Nowhere())
def watch(event, arguments):
    if event.startswith(("socket.", "sqlite3.")):
        raise RuntimeError(event)
sys.addaudithook(watch)
from api.cli import main
try:
    main(sys.argv[1:])
finally:
    loaded = {name.partition(".")[0] for name in sys.modules}
    print("LOADED", *sorted(loaded & heavy), file=sys.stderr)
"""


def alone(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", ALONE, *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_a_bundle_is_verified_where_neither_web_server_nor_database_library_is(given: Given) -> None:
    path = given.file("bundel.zip", given.bundle)
    done = alone("verify", path, "--vkey", VKEY, "--founding", given.founding)
    assert done.returncode == 0, done.stderr
    assert "Kesimpulan: TERBUKTI" in done.stdout
    assert done.stderr.split() == ["LOADED"]


def test_a_document_is_verified_against_a_bundle_without_them_too(given: Given) -> None:
    path, document = given.file("bundel.zip", given.bundle), given.file("iku.json", sample("kecamatan-sidemen"))
    done = alone("verify-document", document, path, "--vkey", VKEY, "--founding", given.founding)
    assert done.returncode == 0, done.stderr
    assert done.stderr.split() == ["LOADED"]


def test_a_command_that_needs_them_would_be_found_out(given: Given) -> None:
    done = alone("export", UUID, "-o", given.folder / "b.zip")
    assert done.returncode == 2
    assert "[program.fault]" in done.stderr


# --- verify ----------------------------------------------------------------------------------------------


def test_an_honest_bundle_exits_with_0_and_an_inspector_reads_why(given: Given) -> None:
    shown = ended(given.verify(given.bundle), 0).stdout
    page = " ".join(shown.split())
    assert "Perkara 11111111-1111-4111-8111-111111111111: terbukti. Lengkap sampai versi 7, daun 39, dicatat" in page
    assert "Oleh Budi Santoso (sintetis), NIP 198001012005000003, Penata (sintetis)" in page
    assert "SK 821/1/2026, 2 Januari 2026, Bupati Malang (sintetis) (berlaku 2 Januari 2026 sampai dicabut)" in page
    assert page.count("Terbukti tanda tangan, wewenang, tempat dalam log, kesesuaian") == 7
    assert "Register dan SOP: 33 tindakan, semuanya terbukti; 33 bertanda, di bawah ini." in page
    assert "Tidak tercakup - Apa yang terjadi sesudah segel 40 daun ini: juga penarikan perkara" in page
    assert "Apakah perkara lain kemudian menggantikannya" in page
    assert "Keadaan belum selesai: langkah 8, giliran" in page
    assert "bukan BSrE/PSrE" in page
    assert "Buku besar percobaan" in page
    assert max(map(len, shown.splitlines())) <= 100


def test_the_same_as_json_is_one_object_with_everything(given: Given) -> None:
    said = json.loads(ended(given.verify(given.bundle, "--json"), 0).stdout)
    assert (said["verdict"], said["case"], said["size"]) == (PROVED, UUID, 40)
    assert len(said["acts"]) == 40
    assert said["acts"][-1]["verdicts"]["conformance"]["verdict"] == PROVED
    assert "PP 71/2019" in said["disclaimer"]
    assert said["notice"]
    assert said["not_covered"]


def test_a_bundle_that_does_not_hold_exits_with_1_and_says_where(given: Given) -> None:
    page = " ".join(ended(given.verify(without(given.bundle, PARAF)), 1).stdout.split())
    assert "TIDAK COCOK. Versi 6 tidak ada dalam bundel" in page
    assert "Kesesuaian TIDAK DAPAT DINILAI." in page
    assert "Kesimpulan: TIDAK COCOK." in page


def test_an_act_that_is_not_in_the_log_is_shown_as_what_it_claims(given: Given) -> None:
    changed = exchanged(given.bundle, PARAF, lambda data: data.replace(b"T01:00:", b"T01:01:", 1))
    page = " ".join(ended(given.verify(changed), 1).stdout.split())
    assert "Menurut isinya oleh budi-santoso dengan mandat sekcam-budi-santoso; tidak seluruhnya terbukti." in page
    assert "Tempat dalam log TIDAK COCOK." in page
    assert "[merkle.inclusion]" in page


def test_a_register_that_is_not_whole_names_the_acts_that_are_open(given: Given) -> None:
    page = " ".join(ended(given.verify(without(given.bundle, 7)), 1).stdout.split())
    assert "Register: TIDAK COCOK. Versi 8 tidak ada" in page
    assert "Daun 8: usulan pejabat" in page


def test_a_bundle_in_which_something_is_lacking_exits_with_2(given: Given) -> None:
    page = " ".join(ended(given.verify(replace(given.bundle, documents={})), 2).stdout.split())
    assert "TIDAK DAPAT DINILAI. Isinya tidak disertakan" in page
    assert "Kesimpulan: TIDAK DAPAT DINILAI SELURUHNYA." in page


def test_another_key_or_another_founding_is_no_evidence(given: Given) -> None:
    path = given.file("bundel.zip", given.bundle)
    other = str(NoteSigner(ORIGIN, key("kunci-lain")).vkey)
    fault(run("verify", path, "--vkey", other, "--founding", given.founding, "--json"), 1, "bundle.key")
    fault(run("verify", path, "--vkey", VKEY, "--founding", "ab" * 32, "--json"), 1, "bundle.founding")


def test_what_is_no_bundle_is_refused(given: Given) -> None:
    path = given.file("bundel.zip", b"PK\x03\x04 bukan zip")
    fault(run("verify", path, "--vkey", VKEY, "--founding", given.founding, "--json"), 1, "zip.form")


def test_without_pins_nothing_is_judged(given: Given) -> None:
    path = given.file("bundel.zip", given.bundle)
    pin = given.file("patokan.json", json.dumps({"vkey": VKEY, "founding": given.founding}).encode())
    for words in (
        (),
        ("--vkey", VKEY),
        ("--founding", given.founding),
        ("--vkey", VKEY, "--founding", "ABCD"),
        ("--vkey", VKEY, "--pin", pin),
    ):
        assert run("verify", path, *words).exit_code == 3
    assert run("verify", given.folder / "tidak-ada.zip", "--pin", pin).exit_code == 3
    ended(run("verify", path, "--pin", pin), 0)


def test_a_policy_is_the_verifiers_own_and_is_met_or_fails(given: Given) -> None:
    witness = WitnessKey("saksi.example/1", key("saksi").public)
    none = given.file("tanpa", f"log {VKEY}\nquorum none\n".encode())
    one = given.file("satu", f"log {VKEY}\nwitness s {witness}\nquorum s\n".encode())
    shown = " ".join(ended(given.verify(given.bundle, "--policy", none), 0).stdout.split())
    assert "Kebijakan Anda tidak meminta saksi (quorum none): tidak ada saksi yang ditanya." in shown
    assert "[policy.quorum]" in ended(given.verify(given.bundle, "--policy", one), 1).stdout
    empty = given.file("kosong", b"")
    misspelt = fault(given.verify(given.bundle, "--policy", empty, "--json"), 3, "cli.usage")
    assert "tidak menyebut saksi mana" in misspelt["detail"]


def test_what_was_kept_shows_that_a_bundle_is_old_or_that_the_log_lied(given: Given) -> None:
    newer, memory = given.file("baru.zip", given.bundle), given.folder / "ingatan"
    memory.mkdir()
    (memory / "checkpoint").write_bytes(given.bundle.checkpoint)
    unproved = "apakah yang Anda simpan melanjutkannya tidak terbukti."
    for kept, words in (
        (newer, "yang Anda simpan melanjutkannya."),
        (memory, unproved),
        (memory / "checkpoint", unproved),
    ):
        shown = " ".join(ended(given.verify(given.older, "--remembered", kept), 2).stdout.split())
        assert f"Bundel ini lebih kecil (39 daun, yang Anda simpan 40); {words}" in shown
    log = NoteSigner(ORIGIN, key("log"))
    lying = sealed(given.leaves, given.bundle, log, filed=_but_the_last, stated=_but_the_last)
    ended(given.verify(lying), 0)
    assert "[heads.lie]" in ended(given.verify(lying, "--remembered", newer), 1).stdout


def lying_about_the_signature(given: Given) -> Bundle:
    log = NoteSigner(ORIGIN, key("log"))
    return sealed(given.leaves, given.bundle, log, filed=_but_the_last, stated=_but_the_last)


def test_a_memory_folder_tells_by_its_heads_too_that_the_log_lied(given: Given) -> None:
    newest, memory = given.bundle.acts(CASE)[-1], given.folder / "ingatan"
    remembered = Remembered.pin(memory, Pins(vkey=VKEY, founding=given.founding))
    remembered.remember_head(CASE, RememberedHead(newest.act.version, newest.leaf, newest.index))
    remembered.remember_head("register", RememberedHead(1, given.founding, 0))
    (memory / "checkpoint").write_bytes(given.bundle.checkpoint)
    ended(given.verify(given.bundle, "--remembered", memory), 0)
    page = " ".join(ended(given.verify(lying_about_the_signature(given), "--remembered", memory), 1).stdout.split())
    assert "versi 7 di daun 39" in page
    assert "[heads.lie]" in page
    (memory / "heads" / "register").write_bytes(b"rusak\n")
    fault(given.verify(given.bundle, "--remembered", memory, "--json"), 2, "client.memory")


@pytest.mark.parametrize(
    ("beside", "code", "said"),
    [
        ("", 2, "[kept.lacking]"),
        ("akta.json", 1, "[heads.lie]"),
        ("entries/akta.json", 1, "[heads.lie]"),
    ],
    ids=["alone", "with its entry beside it", "as in an unpacked bundle"],
)
def test_a_receipt_is_taken_with_the_entry_that_stands_beside_it(
    given: Given, beside: str, code: int, said: str
) -> None:
    newest, folder = given.bundle.acts(CASE)[-1], given.folder / "receipts"
    folder.mkdir()
    (folder / "akta.tlog-proof").write_bytes(format_receipt(newest.receipt))
    if beside:
        path = given.folder / beside if "/" in beside else folder / beside
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(newest.entry.data)
    lying = given.verify(lying_about_the_signature(given), "--remembered", folder / "akta.tlog-proof")
    assert said in ended(lying, code).stdout
    ended(given.verify(given.bundle, "--remembered", folder / "akta.tlog-proof"), 0)


def test_several_checkpoints_in_one_file_are_taken_one_by_one(given: Given) -> None:
    notes = given.file("segel", given.bundle.checkpoint + given.bundle.checkpoint)
    said = json.loads(ended(given.verify(given.bundle, "--remembered", notes, "--json"), 0).stdout)
    assert [one["verdict"] for one in said["outside"]] == [PROVED] * 2


def test_a_line_that_a_stranger_signed_below_the_checkpoint_is_neither_believed_nor_shown(given: Given) -> None:
    line = bytes(SignatureLine("DISAHKAN.OLEH.BSrE/terbukti", b"\0\0\0\0", b"x"))
    members = {
        name: data.replace(given.bundle.checkpoint, given.bundle.checkpoint + line)
        for name, data in unpack(format_bundle(given.bundle)).items()
    }
    members["heads"] += line
    done = ended(given.verify(resummed(members)), 0)
    assert "DISAHKAN" not in done.stdout
    assert "BSrE/terbukti" not in ended(given.verify(resummed(members), "--json"), 0).stdout


def test_what_was_written_wrongly_is_misuse_and_what_cannot_be_read_is_not_judged(given: Given) -> None:
    path, pins = given.file("b.zip", given.bundle), ("--vkey", VKEY, "--founding", given.founding)
    junk, folder = given.file("coretan", b"halo\n"), given.folder / "kosong"
    folder.mkdir()
    assert run("verify", path, "--vkey", "garbage", "--founding", given.founding).exit_code == 3
    assert run("verify", path, "--vkey", VKEY[:-4] + "AAA=", "--founding", given.founding).exit_code == 3
    assert run("verify", path, *pins, "--policy", junk).exit_code == 3
    assert run("verify", path, *pins, "--remembered", given.folder / "tidak-ada").exit_code == 3
    assert run("verify", path, *pins, "--remembered", junk).exit_code == 2
    assert run("verify", path, *pins, "--remembered", folder).exit_code == 2
    assert run("verify", path, "--pin", junk).exit_code == 2
    assert run("verify", junk, *pins).exit_code == 2


def test_a_pipe_in_the_place_of_any_file_is_refused_in_words_and_never_opened(given: Given) -> None:
    pipe, path = given.folder / "pipa", given.file("b.zip", given.bundle)
    os.mkfifo(pipe)
    pins = ("--vkey", VKEY, "--founding", given.founding)
    for words in (
        ("verify", pipe, *pins),
        ("verify", path, *pins, "--remembered", pipe),
        ("verify", path, *pins, "--policy", pipe),
        ("verify-document", pipe, path, *pins),
        ("verify-document", path, pipe, *pins),
    ):
        assert "bukan berkas biasa" in fault(run(*words, "--json"), 2, "file.kind")["detail"]


def _but_the_last(one: Any) -> bool:
    return bool(one.index != SIGNATURE)


def test_words_in_an_act_draw_no_line_of_ours(given: Given, tmp_path: Path) -> None:
    """What people wrote stands on one line, whatever is in it."""
    kecamatan = Kecamatan(tmp_path / "buku").open()
    with closing(kecamatan.ledger):
        official, kind, body = kecamatan.steps()[0]
        kecamatan.do(official, CASE, kind, body | {"instruction": "Susun.\nKesimpulan: TERBUKTI PALSU."})
        bundle, founding = honest(kecamatan), leaves_of(kecamatan)[0]
    path = given.file("lain.zip", bundle)
    shown = ended(run("verify", path, "--vkey", VKEY, "--founding", bundle.entries[0].leaf), 0).stdout
    assert founding == bundle.entries[0].entry.data
    assert not any(line.startswith("Kesimpulan: TERBUKTI PALSU") for line in shown.splitlines())


# --- verify-document -------------------------------------------------------------------------------------


def test_the_marks_on_exactly_this_file_are_shown_and_proved(given: Given) -> None:
    shown = ended(given.verify_document(sample("kecamatan-sidemen"), given.bundle), 0).stdout
    page = " ".join(shown.split())
    assert [kind in page for kind in ("pemeriksaan ketikan", "paraf", "tanda tangan")] == [True] * 3
    assert page.count("Berlaku pada segel bundel ini.") == 3
    assert "berlaku 3 tanda yang terbukti: pemeriksaan ada, paraf ada, tanda tangan ada. Jawaban: TERBUKTI." in page
    assert "Penarikan, penggantian, atau pencabutan kunci sesudah segel 40 daun tidak terlihat." in page
    said = json.loads(ended(given.verify_document(sample("kecamatan-sidemen"), given.bundle, "--json"), 0).stdout)
    assert [mark["stands"] for mark in said["cases"][0]["marks"]] == [True] * 3


def test_a_file_with_one_other_byte_bears_no_mark(given: Given) -> None:
    page = " ".join(ended(given.verify_document(sample("kecamatan-sidemen") + b"\n", given.bundle), 1).stdout.split())
    assert "tidak ada pemeriksaan, paraf, atau tanda tangan atas isi ini" in page
    assert "berlaku 0 tanda yang terbukti: pemeriksaan tidak ada, paraf tidak ada, tanda tangan tidak ada." in page
    assert "Jawaban: TIDAK COCOK; tidak ada tanda yang berlaku pada isi ini." in page
    assert "Bundel itu sendiri, lepas dari berkas Anda: TERBUKTI" in page
    assert "Kesimpulan" not in page


def test_a_paper_of_the_case_that_nobody_marked_bears_no_mark(given: Given) -> None:
    ended(given.verify_document(b"surat masuk (sintetis)", given.bundle), 1)


def test_marks_in_a_bundle_that_is_cut_are_no_answer(given: Given) -> None:
    ended(given.verify_document(sample("kecamatan-sidemen"), without(given.bundle, SIGNATURE)), 1)


def test_marks_in_a_bundle_in_which_a_paper_is_lacking_are_shown_and_not_green(given: Given) -> None:
    lacking = replace(given.bundle, documents={})
    assert "tanda tangan ada. Jawaban: TIDAK DAPAT DINILAI" in " ".join(
        ended(given.verify_document(sample("kecamatan-sidemen"), lacking), 2).stdout.split()
    )


def test_what_is_neither_a_bundle_nor_an_address_is_misuse(given: Given) -> None:
    document = given.file("dokumen", b"x")
    pins = ("--vkey", VKEY, "--founding", given.founding)
    assert run("verify-document", document, "ftp://x", *pins).exit_code == 3
    assert run("verify-document", document, given.file("b.zip", given.bundle)).exit_code == 3
    path = given.file("b.zip", given.bundle)
    assert run("verify-document", document, path, "--remembered", given.folder / "tidak-ada", *pins).exit_code == 3


def test_a_document_is_held_against_what_was_kept_as_a_bundle_is(given: Given, tmp_path: Path) -> None:
    kecamatan = Kecamatan(tmp_path / "lain").open()
    with closing(kecamatan.ledger):
        kecamatan.run(upto=7)
        official, kind, body = kecamatan.steps(case=OTHER_CASE)[0]
        signature = honest(kecamatan).acts(CASE)[-1].leaf
        names = {"supersedes": {"case": UUID, "signature": signature}}
        kecamatan.do(official, OTHER_CASE, kind, body | names)
        for official, kind, body in kecamatan.steps(iku=kecamatan.iku_mended, case=OTHER_CASE)[1:7]:
            kecamatan.do(official, OTHER_CASE, kind, body)
        old, new = honest(kecamatan), honest(kecamatan, OTHER_CASE)
    document, path = given.file("iku.json", sample("kecamatan-sidemen")), given.file("lama.zip", old)
    words = ("verify-document", document, path, "--vkey", VKEY, "--founding", old.entries[0].leaf)
    ended(run(*words), 0)
    page = " ".join(ended(run(*words, "--remembered", given.file("baru.zip", new)), 1).stdout.split())
    assert f"IKU perkara ini digantikan perkara {OTHER_CASE.removeprefix('case:')}" in page
    assert "tidak ada tanda yang berlaku pada isi ini, IKU ini digantikan perkara lain." in page


# --- export, over the real service -----------------------------------------------------------------------


def options(desk: Desk, folder: str = "ingatan") -> list[object]:
    return ["--url", desk.url, "--remembered", desk.folder / folder, "--pin", desk.pin]


def test_a_bundle_is_fetched_verified_kept_and_verified_again_elsewhere(desk: Desk) -> None:
    desk.kecamatan.run(upto=7)
    path = desk.folder / "bundel.zip"
    page = ended(run("export", UUID, "-o", path, *options(desk)), 0).stdout
    assert f"Tersimpan di {path}." in page
    assert "Kesimpulan: TERBUKTI" in page
    assert path.read_bytes() == format_bundle(honest(desk.kecamatan))
    assert "Kesimpulan: TERBUKTI" in ended(run("verify", path, "--pin", desk.pin), 0).stdout
    said = json.loads(ended(run("export", UUID, "-o", desk.folder / "b.zip", "--json", *options(desk)), 0).stdout)
    assert (said["verdict"], said["file"]) == (PROVED, str(desk.folder / "b.zip"))


def test_an_export_writes_over_nothing_and_asks_nobody(desk: Desk) -> None:
    path = desk.folder / "bundel.zip"
    path.write_bytes(b"penting")
    nobody = ["--url", "http://127.0.0.1:9", "--pin", desk.pin, "--remembered", desk.folder / "ingatan"]
    fault(run("export", UUID, "-o", path, "--json", *nobody), 1, "file.exists")
    assert path.read_bytes() == b"penting"


def test_a_bundle_is_asked_for_that_continues_an_old_one_and_then_proves_it(desk: Desk) -> None:
    """Nobody in this case has seen the size of the old bundle, so no bundle proves it unasked."""
    desk.kecamatan.run(upto=7)
    old = desk.file("lama.zip", format_bundle(honest(desk.kecamatan)))
    desk.kecamatan.run(OTHER_CASE, upto=3)
    plain, asked = desk.folder / "baru.zip", desk.folder / "lanjutan.zip"
    ended(run("export", UUID, "-o", plain, *options(desk)), 0)
    page = " ".join(ended(run("verify", plain, "--pin", desk.pin, "--remembered", old), 2).stdout.split())
    assert f"jejak export {UUID} -o BUNDEL-BARU.zip --continues YANG-ANDA-SIMPAN" in page
    ended(run("export", UUID, "-o", asked, "--continues", old, *options(desk)), 0)
    page = " ".join(ended(run("verify", asked, "--pin", desk.pin, "--remembered", old), 0).stdout.split())
    assert "Segel bundel ini melanjutkan segel 40 daun yang Anda simpan." in page


def test_the_sizes_asked_of_a_bundle_have_one_form(desk: Desk) -> None:
    import httpx

    desk.kecamatan.run(upto=2)
    address, who = f"{desk.url}/v1/cases/{UUID}/bundle", bearer(desk.app)
    for text in ("", "0", "01", "1,,2", "1 2", "-1", "x", ",".join(["7"] * 101)):
        assert httpx.get(address, params={"continues": text}, headers=who).status_code == 400, text
    assert httpx.get(address, params={"continues": "1,2,900"}, headers=who).status_code == 200


def test_a_replacement_that_the_service_shows_is_fetched_and_said(desk: Desk) -> None:
    desk.kecamatan.run(upto=7)
    office, signature = desk.kecamatan, honest(desk.kecamatan).acts(CASE)[-1].leaf
    for number, (official, kind, body) in enumerate(office.steps(iku=office.iku_mended, case=OTHER_CASE)[:7]):
        names = {} if number else {"supersedes": {"case": UUID, "signature": signature}}
        office.do(official, OTHER_CASE, kind, body | names)
    answer = run("verify-document", desk.file("iku-1.json"), desk.url, *options(desk)[2:])
    page = " ".join(ended(answer, 1).stdout.split())
    assert f"IKU perkara ini digantikan perkara {OTHER_CASE.removeprefix('case:')}" in page
    assert "berlaku 0 tanda yang terbukti" in page


def test_a_case_that_is_not_there_leaves_no_file(desk: Desk) -> None:
    path = desk.folder / "bundel.zip"
    fault(run("export", UUID, "-o", path, "--json", *options(desk)), 1, "case.unknown")
    assert not path.exists()


def test_a_bundle_that_lacks_a_document_is_kept_and_exits_with_2(desk: Desk) -> None:
    desk.kecamatan.run(upto=3)
    digest = desk.kecamatan.letter["digest"].removeprefix("sha256:")
    (desk.folder / "buku" / "documents" / digest[:2] / digest).write_bytes(b"surat lain")
    path = desk.folder / "bundel.zip"
    assert "TIDAK DAPAT DINILAI" in ended(run("export", UUID, "-o", path, *options(desk)), 2).stdout
    assert parse_bundle(path.read_bytes()).documents.keys() == {desk.kecamatan.iku["digest"]}


def test_the_service_gives_the_same_bytes_under_the_same_etag_and_others_after_an_act(desk: Desk) -> None:
    import httpx

    desk.kecamatan.run(upto=2)
    address, who = f"{desk.url}/v1/cases/{UUID}/bundle", bearer(desk.app)
    first = httpx.get(address, headers=who)
    again = httpx.get(address, headers=who | {"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert first.headers["Content-Type"] == "application/zip"
    assert first.headers["Content-Disposition"] == f'attachment; filename="jejak-{UUID}.zip"'
    desk.kecamatan.run_from(2, 3)
    assert httpx.get(address, headers=who).headers["ETag"] != first.headers["ETag"]


def test_the_marks_on_a_file_are_asked_of_a_service_and_verified_here(desk: Desk) -> None:
    desk.kecamatan.run(upto=7)
    page = " ".join(
        ended(run("verify-document", desk.file("iku-1.json"), desk.url, *options(desk)[2:]), 0).stdout.split()
    )
    assert "berlaku 3 tanda yang terbukti: pemeriksaan ada, paraf ada, tanda tangan ada. Jawaban: TERBUKTI." in page
    other = ended(run("verify-document", desk.file("iku-2.json"), desk.url, *options(desk)[2:]), 2).stdout
    assert "Jawaban: TIDAK DAPAT DINILAI: layanan tidak menyebut satu tanda pun." in " ".join(other.split())
    assert "Bila ia menyembunyikannya, itu tidak terlihat di sini" in " ".join(other.split())


# --- a service that lies ---------------------------------------------------------------------------------


@dataclass
class Lying:
    """A service behind an adversary, and a client of it."""

    kecamatan: Kecamatan
    adversary: Adversary
    client: Client
    folder: Path

    def bundle(self, data: bytes) -> None:
        self.adversary.lie(f"/v1/cases/{UUID}/bundle", lambda _: data)

    def evidence(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "evidence").glob("*/*"))


@pytest.fixture
def lying(tmp_path: Path) -> Iterator[Lying]:
    kecamatan = Kecamatan(tmp_path / "buku").open()
    logkey.write(tmp_path / "buku" / "log.key", kecamatan.log)
    kecamatan.run(upto=7)
    kecamatan.run(OTHER_CASE, upto=1)
    app = create_app(Settings(tmp_path / "buku"), kecamatan.clock)
    adversary = Adversary(app)
    pins = Pins(vkey=VKEY, founding=honest(kecamatan).entries[0].leaf)
    client = Client(
        "http://127.0.0.1",
        Remembered.pin(tmp_path / "ingatan", pins),
        sessions=signed_in(adversary.app),
        transport=adversary,
    )
    yield Lying(kecamatan, adversary, client, tmp_path / "ingatan")
    client.close()
    app.close()
    kecamatan.ledger.close()


def forged(lying: Lying) -> Forged:
    with pytest.raises(Forged) as caught:
        exported(lying.client, UUID)
    return caught.value


def test_an_honest_bundle_is_taken_and_its_heads_are_remembered(lying: Lying) -> None:
    report = exported(lying.client, UUID)
    assert report.verdict == PROVED
    head = lying.client.remembered.head(CASE)
    assert head is not None
    assert (head.version, head.leaf) == (7, report.bundle.acts(CASE)[-1].leaf)


def test_a_bundle_older_than_the_services_own_checkpoint_is_refused_and_kept(lying: Lying) -> None:
    older = format_bundle(honest(lying.kecamatan))
    lying.kecamatan.run_from(7, 8)
    lying.bundle(older)
    assert forged(lying).rule == "client.bundle"
    assert lying.evidence() == ["bundle", "checkpoint"]


def test_the_bundle_of_another_case_is_refused(lying: Lying) -> None:
    lying.bundle(format_bundle(honest(lying.kecamatan, OTHER_CASE)))
    assert forged(lying).rule == "client.bundle"


def test_a_bundle_that_contradicts_itself_is_kept_as_evidence_and_not_as_a_bundle(lying: Lying) -> None:
    cut = format_bundle(without(honest(lying.kecamatan), SIGNATURE))
    lying.bundle(cut)
    fault = forged(lying)
    assert fault.rule == "client.bundle"
    assert "jejak verify" in fault.allowed
    assert (Path(fault.facts["evidence"]) / "bundle").read_bytes() == cut


def test_a_bundle_of_another_history_is_refused_by_what_was_verified_before(lying: Lying) -> None:
    lying.client.checkpoint()
    leaves = leaves_of(lying.kecamatan)
    leaves[-1] = leaves[-1].replace(b"T01:", b"T02:", 1)
    lying.bundle(format_bundle(sealed(leaves, honest(lying.kecamatan), lying.kecamatan.log)))
    assert forged(lying).rule == "client.forked"


def test_a_bundle_that_hides_an_act_that_was_seen_before_is_refused(lying: Lying) -> None:
    """The log states, in its own hand, that the signature is not there; this client has seen it."""
    lying.client.head(CASE)
    leaves, whole = leaves_of(lying.kecamatan), honest(lying.kecamatan)
    hiding = sealed(leaves, whole, lying.kecamatan.log, filed=_but_the_last, stated=_but_the_last)
    lying.bundle(format_bundle(hiding))
    assert forged(lying).rule == "client.older_head"


def test_what_is_no_bundle_is_no_answer(lying: Lying) -> None:
    lying.bundle(b"bukan zip")
    with pytest.raises(NotJudged) as caught:
        exported(lying.client, UUID)
    assert caught.value.rule == "client.answer"


def test_a_mark_that_the_service_makes_up_is_found_out(lying: Lying) -> None:
    digest = lying.kecamatan.iku_mended["digest"]
    mark = {"leaf": "ab" * 32, "stream": CASE}
    lying.adversary.lie(f"/v1/documents/{digest}/signatures", lambda _: json.dumps({"marks": [mark]}).encode())
    with pytest.raises(Forged) as caught:
        _asked(lying.client, digest)
    assert caught.value.rule == "client.mark"


@pytest.mark.parametrize(
    "said", [{}, [], {"marks": 7}, {"marks": [{"leaf": "x"}]}, {"marks": [{"leaf": "x", "stream": "case:../.."}]}]
)
def test_marks_in_no_form_are_no_answer(lying: Lying, said: Any) -> None:
    digest = lying.kecamatan.iku["digest"]
    lying.adversary.lie(f"/v1/documents/{digest}/signatures", lambda _: json.dumps(said).encode())
    with pytest.raises(NotJudged):
        _asked(lying.client, digest)
