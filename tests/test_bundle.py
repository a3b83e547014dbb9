"""The evidence bundle has one form: the same ledger gives the same bytes, and no byte in it can be anything else.

``data/bundle-<form>.zip`` was made once, by the first version that had the form, and is read by every later one;
``python -m tests.test_bundle`` writes that of the newest form where it is missing and touches none that is there.
"""

from __future__ import annotations

import contextlib
import doctest
import hashlib
import io
import json
import random
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from keys.errors import Malformed, NotAllowed, NotFound
from ledger import bundle as module
from ledger import consistency, export, stored_zip
from ledger.bundle import SUMS, Bundle, format_bundle, parse_bundle
from ledger.bundle_words import NEWEST
from ledger.consistency import Consistency, format_consistency, parse_consistency
from ledger.evidence import judge
from ledger.export import bundle_of
from ledger.note import NoteSigner, VerifierKey
from ledger.notices import DISCLAIMER, SYNTHETIC
from ledger.stored_zip import MAX_NAME, pack, unpack
from ledger.verdicts import PROVED
from tests.bundles import honest, resummed
from tests.kit import CASE, ORIGIN, Kecamatan, key
from tests.test_golden import Golden

DATA = Path(__file__).parent / "data"
GOLDEN = sorted(DATA.glob("bundle-*.zip"))


@pytest.fixture(scope="module")
def kecamatan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kecamatan]:
    kecamatan = Kecamatan(tmp_path_factory.mktemp("buku")).open()
    with contextlib.closing(kecamatan.ledger):
        kecamatan.run(upto=7)
        yield kecamatan


@pytest.fixture(scope="module")
def good(kecamatan: Kecamatan) -> bytes:
    return format_bundle(honest(kecamatan))


def refused(data: bytes) -> str:
    with pytest.raises(Malformed) as caught:
        parse_bundle(data)
    assert caught.value.allowed
    return caught.value.rule


# --- one form --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [stored_zip, consistency], ids=lambda room: room.__name__)
def test_the_worked_examples_hold(room: object) -> None:
    results = doctest.testmod(room)  # type: ignore[arg-type]
    assert results.attempted > 2
    assert results.failed == 0


def test_the_same_ledger_gives_the_same_bytes(kecamatan: Kecamatan, good: bytes) -> None:
    assert format_bundle(honest(kecamatan)) == good


def test_what_is_read_is_formatted_to_the_same_bytes(good: bytes) -> None:
    assert format_bundle(parse_bundle(good)) == good


def test_any_unzip_opens_it_and_gets_the_entries_verbatim(kecamatan: Kecamatan, good: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names == sorted(names)
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        with kecamatan.ledger.reading() as rows:
            newest = rows.newest()
        assert newest is not None
        assert archive.read(f"entries/{newest.index:010}.json") == newest.data
        assert archive.read("SHA256SUMS").count(b"\n") == len(names) - 1


def test_an_unzip_that_nobody_here_wrote_opens_it_too(good: bytes, tmp_path: Path) -> None:
    """Python's own zip module is one reader; the fixed offsets that APPNOTE gives are another."""
    (tmp_path / "bundel.zip").write_bytes(good)
    command = [sys.executable, "-m", "zipfile", "-e", str(tmp_path / "bundel.zip"), str(tmp_path / "isi")]
    subprocess.run(command, check=True, timeout=60)
    for line in (tmp_path / "isi" / SUMS).read_text("ascii").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "isi" / name).read_bytes()).hexdigest() == digest
    end = struct.unpack("<4sHHHHIIH", good[-22:])
    assert end[0] == b"PK\x05\x06"
    assert end[5] + end[6] + 22 == len(good)


def test_the_readme_says_in_indonesian_what_it_is_and_what_it_does_not_prove(good: bytes) -> None:
    text = unpack(good)["BACA-SAYA.txt"].decode()
    assert text.startswith(f"BUNDEL BUKTI JEJAK, bentuk {NEWEST}\n")
    assert "11111111-1111-4111-8111-111111111111" in text
    assert "YANG TIDAK TERBUKTI" in text
    assert "surat.pdf (application/pdf, 22 bita), daun 33" in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_readmes_own_words_are_still_those_of_the_notices(good: bytes) -> None:
    """They stand in the form in full, so a new notice is a new form; then this test is told of it."""
    text = " ".join(unpack(good)["BACA-SAYA.txt"].decode().split())
    assert DISCLAIMER in text
    assert SYNTHETIC in text


# --- the golden bundle -----------------------------------------------------------------------------------


def golden() -> tuple[bytes, dict[str, str]]:
    """Return a small bundle of a fixed history, and what its verifier pins."""
    with tempfile.TemporaryDirectory() as folder:
        made = Golden(Path(folder))
        with contextlib.closing(made.ledger):
            made.found()
            made.register("sri-wahyuni")
            made.sop_leaf = made.enact()
            made.run(upto=1)
            bundle = honest(made)
    return format_bundle(bundle), {"vkey": str(made.log.vkey), "founding": bundle.entries[0].leaf}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_golden_bundle_of_each_form_is_still_read_and_still_proved(path: Path) -> None:
    pins = json.loads(path.with_suffix(".json").read_text("utf-8"))
    data = path.read_bytes()
    bundle = parse_bundle(data)
    assert path.stem == f"bundle-{bundle.form}"
    assert format_bundle(bundle) == data
    assert judge(bundle, vkey=VerifierKey.parse(pins["vkey"]), founding=pins["founding"]).verdict == PROVED


def test_every_form_has_its_golden_bundle() -> None:
    assert [path.stem for path in GOLDEN] == [f"bundle-{form}" for form in range(1, NEWEST + 1)]


# --- the zip ---------------------------------------------------------------------------------------------


def rezipped(good: bytes, change: Callable[[zipfile.ZipFile, zipfile.ZipInfo, bytes], None]) -> bytes:
    """Return what another program makes of the members; ``change`` writes each."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            change(new, info, old.read(info))
    return out.getvalue()


def plain(new: zipfile.ZipFile, info: zipfile.ZipInfo, data: bytes) -> None:
    new.writestr(info, data)


def only_first(change: Callable[[zipfile.ZipInfo], None]) -> Callable[[zipfile.ZipFile, zipfile.ZipInfo, bytes], None]:
    def write(new: zipfile.ZipFile, info: zipfile.ZipInfo, data: bytes) -> None:
        if not new.namelist():
            change(info)
        new.writestr(info, data)

    return write


def named(name: str) -> Callable[[zipfile.ZipInfo], None]:
    def change(info: zipfile.ZipInfo) -> None:
        info.filename = name

    return change


def compressed(info: zipfile.ZipInfo) -> None:
    info.compress_type = zipfile.ZIP_DEFLATED


def linked(info: zipfile.ZipInfo) -> None:
    info.external_attr = 0o120777 << 16


def dated(info: zipfile.ZipInfo) -> None:
    info.date_time = (2026, 11, 22, 8, 0, 0)


def commented(info: zipfile.ZipInfo) -> None:
    info.comment = b"kunci log: lihat di sini"


def extended(info: zipfile.ZipInfo) -> None:
    info.extra = struct.pack("<HH4s", 0x7570, 4, b"\x01abc")


TRICKS: dict[str, Callable[[zipfile.ZipInfo], None]] = {
    "compression": compressed,
    "a link": linked,
    "another date": dated,
    "a comment on a member": commented,
    "an extra field": extended,
}
NAMES = [
    "/etc/passwd",
    "../keluar.txt",
    "a/../../keluar.txt",
    "C:/keluar.txt",
    "a\\b.txt",
    "a//b.txt",
    "folder/",
    ".tersembunyi",
    "é.txt",
    "a b.txt",
    "a\x00b.txt",
    "A" * (MAX_NAME + 1),
]


@pytest.mark.parametrize("trick", TRICKS)
def test_what_zips_know_beside_members_is_not_in_the_form(good: bytes, trick: str) -> None:
    data = rezipped(good, only_first(TRICKS[trick]))
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None, "another program takes it"
    assert refused(data) == "zip.form"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_no_plain_path_is_refused(name: str) -> None:
    inner = name.encode()
    header = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 10, 0, 0, 0, 0x21, 0, 0, 0, len(inner), 0)
    assert refused(header + inner) == "zip.name"
    with pytest.raises(Malformed):
        pack({name: b""})


def test_a_name_twice_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        new.writestr(zipfile.ZipInfo("checkpoint"), b"satu")
        with pytest.warns(UserWarning, match="Duplicate"):
            new.writestr(zipfile.ZipInfo("checkpoint"), b"dua")
    assert refused(out.getvalue()) == "zip.form"


def test_another_order_is_refused(good: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(out, "w") as new:
        for info in reversed(old.infolist()):
            new.writestr(info, old.read(info))
    assert refused(out.getvalue()) == "zip.form"


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        new.writestr("checkpoint", bytes(64 * 1024 * 1024))
    assert len(out.getvalue()) < 100_000
    assert refused(out.getvalue()) == "zip.form"


def test_an_encrypted_member_is_refused(good: bytes) -> None:
    assert refused(good[:6] + b"\x01\x00" + good[8:]) == "zip.form"


def test_a_data_descriptor_is_refused() -> None:
    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *args: int) -> int:
            raise OSError

    out = Unseekable()
    with zipfile.ZipFile(out, "w") as new:
        new.writestr("checkpoint", b"isi")
    assert out.getvalue()[6] & 0x08
    assert refused(out.getvalue()) == "zip.form"


def test_zip64_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new, new.open("checkpoint", "w", force_zip64=True) as member:
        member.write(b"isi")
    assert b"\xff\xff\xff\xff" in out.getvalue()
    assert refused(out.getvalue()) == "zip.form"


@pytest.mark.parametrize(
    "change",
    [
        lambda good: good + b"\x00",
        lambda good: b"MZ" + good,
        lambda good: good[:-1],
        lambda good: good[:-2] + b"\x05\x00kunci",
        lambda good: good + good,
        lambda good: good[: len(good) // 2],
        lambda good: good[:-22],
        lambda good: b"",
        lambda good: b"PK\x03\x04",
        lambda good: good[:-22] + good[-22:].replace(b"\x00\x00\x00\x00", b"\x01\x00\x01\x00", 1),
    ],
    ids=[
        "bytes after it",
        "bytes before it",
        "a byte less",
        "a comment",
        "twice",
        "half",
        "no end",
        "nothing",
        "four bytes",
        "several disks",
    ],
)
def test_bytes_around_the_form_are_refused(good: bytes, change: Callable[[bytes], bytes]) -> None:
    assert refused(change(good)) == "zip.form"


def test_a_directory_that_says_other_than_the_members_is_refused(good: bytes) -> None:
    at = good.rindex(b"PK\x01\x02")
    assert refused(good[: at + 16] + bytes(4) + good[at + 20 :]) == "zip.form"


def test_a_size_that_is_a_lie_is_refused(good: bytes) -> None:
    assert refused(good[:18] + b"\xff\xff\xff\x7f" * 2 + good[26:]) == "zip.form"


def test_no_changed_byte_is_overlooked(good: bytes) -> None:
    chance = random.Random(7)  # noqa: S311  a reproducible choice, not a secret
    for _ in range(300):
        changed = bytearray(good)
        changed[chance.randrange(len(good))] ^= 1 << chance.randrange(8)
        with pytest.raises(Malformed):
            parse_bundle(bytes(changed))


def test_a_zip_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pack({"a": b"1", "b": b"2"})
    for bound, most in (("MAX_MEMBERS", 1), ("MAX_BYTES", len(data) - 1)):
        with monkeypatch.context() as patch:
            patch.setattr(stored_zip, bound, most)
            for attempt in (lambda: pack({"a": b"1", "b": b"2"}), lambda: unpack(data)):
                with pytest.raises(Malformed) as caught:
                    attempt()
                assert caught.value.rule == "zip.size"
    assert list(unpack(data)) == ["a", "b"]


# --- the members -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["kunci.txt", "policy", "entries/x.json", "vkey", "documents/kunci", "receipts/1"])
def test_a_key_or_a_policy_that_is_put_into_the_zip_is_refused(good: bytes, name: str) -> None:
    vkey = str(NoteSigner(ORIGIN, key("kunci-lain")).vkey)
    assert refused(resummed(unpack(good) | {name: f"log {vkey}\nquorum none\n".encode()})) == "bundle.form"


def test_a_readme_that_tells_another_story_is_refused(good: bytes) -> None:
    members = unpack(good)
    told = members["BACA-SAYA.txt"].replace(b"YANG TIDAK TERBUKTI", b"SEMUANYA TERBUKTI")
    assert refused(resummed(members | {"BACA-SAYA.txt": told})) == "bundle.form"


def test_a_readme_of_another_form_is_not_guessed_at(good: bytes) -> None:
    members = unpack(good)
    for other in (b"bentuk 1", b"bentuk 3"):
        told = members["BACA-SAYA.txt"].replace(b"bentuk 2", other)
        assert refused(resummed(members | {"BACA-SAYA.txt": told})) == "bundle.form"


def test_a_member_that_changed_on_its_way_is_named(good: bytes) -> None:
    members = unpack(good)
    members["entries/0000000033.json"] = members["entries/0000000033.json"].replace(b"T01:", b"T02:", 1)
    with pytest.raises(Malformed, match=r"entries/0000000033\.json"):
        parse_bundle(pack(members))


@pytest.mark.parametrize(
    "name", ["BACA-SAYA.txt", "SHA256SUMS", "checkpoint", "heads", "receipts/0000000033.tlog-proof"]
)
def test_a_member_that_is_missing_is_named(good: bytes, name: str) -> None:
    members = unpack(good)
    del members[name]
    data = pack(members) if name == SUMS else resummed(members)
    assert refused(data) in ("bundle.missing", "bundle.form")


def test_a_receipt_under_another_leafs_name_is_refused(good: bytes) -> None:
    members = unpack(good)
    one, other = "receipts/0000000033.tlog-proof", "receipts/0000000034.tlog-proof"
    assert refused(resummed(members | {one: members[other], other: members[one]})) in ("bundle.entries", "bundle.form")


def test_an_entry_that_is_no_act_is_refused(good: bytes) -> None:
    members = unpack(good)
    with pytest.raises(Malformed, match=r"entries/0000000033\.json: Entri tidak berbentuk baku"):
        parse_bundle(resummed(members | {"entries/0000000033.json": b"{}"}))


@pytest.mark.parametrize("version", ["opening", "founding"])
def test_a_bundle_without_what_it_begins_with_is_refused(good: bytes, version: str) -> None:
    members, index = unpack(good), {"opening": 33, "founding": 0}[version]
    for name in (f"entries/{index:010}.json", f"receipts/{index:010}.tlog-proof"):
        del members[name]
    assert refused(resummed(members)) == "bundle.opening"


def test_a_consistency_proof_that_is_missing_or_beside_the_point_is_refused(good: bytes) -> None:
    members = unpack(good)
    proof = members.pop("consistency/0000000010")
    assert refused(resummed(members)) == "bundle.consistency"
    assert refused(resummed(members | {"consistency/0000000011": proof})) == "bundle.consistency"


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Kecamatan]:
    """Yield an office whose last three leaves, 40 to 42, are another case's: nobody in this one has seen them."""
    made = Kecamatan(tmp_path).open()
    with contextlib.closing(made.ledger):
        made.run(upto=7)
        made.run("case:22222222-2222-4222-8222-222222222222", upto=3)
        yield made


def asked(kecamatan: Kecamatan, *sizes: int) -> Bundle:
    with kecamatan.ledger.reading() as rows:
        return bundle_of(rows, CASE, kecamatan.log, lambda paper: None, sizes)


def test_a_proof_that_was_asked_for_is_a_member_and_the_same_question_gives_the_same_bytes(beside: Kecamatan) -> None:
    plain, data = asked(beside), format_bundle(asked(beside, 42, 41, 3, 3, 0, 43, 400))
    assert data == format_bundle(asked(beside, 41, 42)), "what every bundle has, and what none can have, adds nothing"
    assert format_bundle(parse_bundle(data)) == data
    assert [one.old for one in parse_bundle(data).consistency] == [*(one.old for one in plain.consistency), 41, 42]
    assert set(unpack(data)) - set(unpack(format_bundle(plain))) == {"consistency/0000000041", "consistency/0000000042"}


def test_the_first_form_has_no_proof_that_was_asked_for_and_no_form_has_many(
    beside: Kecamatan, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = asked(beside, 41, 42)
    assert replace(asked(beside), form=1).form == 1
    with pytest.raises(Malformed) as caught:
        replace(bundle, form=1)
    assert caught.value.rule == "bundle.consistency"
    monkeypatch.setattr(module, "MAX_ASKED", 1)
    with pytest.raises(Malformed) as caught:
        replace(bundle)
    assert caught.value.rule == "bundle.consistency"


def test_a_document_that_no_act_of_the_case_names_is_refused(good: bytes) -> None:
    data = b"dokumen asing"
    name = f"documents/{hashlib.sha256(data).hexdigest()}"
    assert refused(resummed(unpack(good) | {name: data})) == "bundle.document"


def test_a_document_that_is_too_large_is_refused(kecamatan: Kecamatan, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = honest(kecamatan)
    monkeypatch.setattr(module, "MAX_DOCUMENT", 21)
    with pytest.raises(Malformed) as caught:
        replace(bundle)
    assert caught.value.rule == "bundle.document"


def test_more_entries_than_a_bundle_may_have_are_refused(kecamatan: Kecamatan, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = honest(kecamatan)
    monkeypatch.setattr(module, "MAX_ENTRIES", len(bundle.entries) - 1)
    with pytest.raises(Malformed) as caught:
        replace(bundle)
    assert caught.value.rule == "bundle.entries"


def test_nothing_but_malformed_comes_out_of_a_members_changed_bytes(good: bytes) -> None:
    """The changed member is in the sums, as who forges has it; what is still a bundle is judged elsewhere."""
    members, chance = unpack(good), random.Random(11)  # noqa: S311  a reproducible choice, not a secret
    for _ in range(150):
        name = chance.choice([one for one in members if one != SUMS])
        changed = bytearray(members[name])
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        with contextlib.suppress(Malformed):
            parse_bundle(resummed(members | {name: bytes(changed)}))


# --- consistency proofs ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def proof(kecamatan: Kecamatan) -> bytes:
    return format_consistency(honest(kecamatan).consistency[8])


def test_a_consistency_proof_is_read_as_it_was_written(proof: bytes) -> None:
    assert format_consistency(parse_consistency(proof)) == proof


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"old 9", b"old 0"),
        lambda data: data.replace(b"old 9", b"old 40"),
        lambda data: data.replace(b"old 9", b"old 09"),
        lambda data: data.replace(b"old 9", b"old  9"),
        lambda data: data.replace(b"old 9\n", b""),
        lambda data: data.replace(b"\n\n", b"\n", 1),
        lambda data: data.replace(b"=\n", b"=\nx\n", 1),
        lambda data: data + b"x",
        lambda data: data + b"x" * 20_000,
        lambda data: b"",
    ],
    ids=range(10),
)
def test_a_consistency_proof_in_another_form_is_refused(proof: bytes, change: Callable[[bytes], bytes]) -> None:
    assert change(proof) != proof
    with pytest.raises(Malformed):
        parse_consistency(change(proof))


def test_a_consistency_proof_has_bounds(kecamatan: Kecamatan) -> None:
    note = honest(kecamatan).checkpoint
    assert Consistency(1, (bytes(32),) * consistency.MAX_HASHES, note).old == 1
    with pytest.raises(Malformed):
        Consistency(1, (bytes(32),) * (consistency.MAX_HASHES + 1), note)


# --- the making ------------------------------------------------------------------------------------------


def test_a_case_that_is_not_there_has_no_bundle(kecamatan: Kecamatan) -> None:
    with kecamatan.ledger.reading() as rows, pytest.raises(NotFound) as caught:
        bundle_of(rows, CASE.replace("1", "9"), kecamatan.log, lambda paper: None)
    assert caught.value.rule == "case.unknown"


def test_a_document_that_is_not_to_be_had_is_named_as_lacking(kecamatan: Kecamatan) -> None:
    with kecamatan.ledger.reading() as rows:
        bundle = bundle_of(rows, CASE, kecamatan.log, lambda paper: None)
    assert bundle.documents == {}
    text = unpack(format_bundle(bundle))["BACA-SAYA.txt"].decode()
    assert text.count("TIDAK DISERTAKAN") == 2


def test_documents_go_in_as_acts_name_them_while_there_is_room(
    kecamatan: Kecamatan, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = honest(kecamatan)
    bare = len(format_bundle(replace(whole, documents={})))
    monkeypatch.setattr(export, "MAX_BYTES", bare + 1000)
    bundle = honest(kecamatan)
    assert list(bundle.documents) == [kecamatan.letter["digest"]], "the IKU of 1,364 bytes has no room"
    assert len(format_bundle(bundle)) <= bare + 1000


def test_a_case_that_is_too_large_for_a_bundle_is_refused_in_words(
    kecamatan: Kecamatan, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room, bound, most in ((export, "MAX_ENTRIES", 5), (stored_zip, "MAX_BYTES", 1000)):
        with monkeypatch.context() as patch:
            patch.setattr(room, bound, most)
            with pytest.raises(NotAllowed) as caught:
                honest(kecamatan)
            assert caught.value.rule == "bundle.entries"


if __name__ == "__main__":
    made, pins = golden()
    newest = DATA / f"bundle-{NEWEST}.zip"
    for path, data in ((newest, made), (newest.with_suffix(".json"), (json.dumps(pins, indent=1) + "\n").encode())):
        if not path.exists():
            path.write_bytes(data)
