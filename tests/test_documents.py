"""Documents: kept by the hash of their bytes, whole and durable or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys.errors import Forged, JejakError, Malformed, NotAllowed, NotFound, Unavailable
from keys.fields import DocumentRef
from ledger.documents import MAX_BYTES, Documents, digest_of

LETTER = b"surat masuk (sintetis)"
MIB = 1024 * 1024


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    return Documents(tmp_path / "dokumen")


def kept(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "dokumen").rglob("*") if path.is_file())


def reference(data: bytes, **changes: object) -> DocumentRef:
    value = {"digest": digest_of(data), "media_type": "application/pdf", "size": len(data), "name": "surat.pdf"}
    return DocumentRef.read(value | changes, "x", "x")


def test_a_document_is_named_by_the_sha_256_of_its_bytes(documents: Documents, tmp_path: Path) -> None:
    digest, size = documents.store([LETTER])
    assert digest == "sha256:" + hashlib.sha256(LETTER).hexdigest()
    assert size == len(LETTER)
    assert documents.read(digest) == LETTER
    hexed = digest.removeprefix("sha256:")
    assert kept(tmp_path) == [tmp_path / "dokumen" / hexed[:2] / hexed]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=300), max_size=8))
def test_however_it_is_cut_into_chunks_it_is_the_same_document(documents: Documents, chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    assert documents.store(chunks) == documents.store([whole]) == (digest_of(whole), len(whole))
    assert documents.read(digest_of(whole)) == whole


def test_the_same_bytes_again_are_the_same_document(documents: Documents, tmp_path: Path) -> None:
    assert documents.store([LETTER]) == documents.store(iter([LETTER[:3], LETTER[3:]]))
    assert len(kept(tmp_path)) == 1


def test_a_document_is_streamed_and_may_have_exactly_20_mib(documents: Documents) -> None:
    taken = 0

    def chunks() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(20):
            taken += 1
            yield bytes(MIB)

    digest, size = documents.store(chunks())
    assert (size, taken) == (MAX_BYTES, 20)
    assert size == 20 * 1024 * 1024
    documents.require([reference(bytes(MAX_BYTES))])
    with documents.open(digest) as file:
        assert file.seek(0, os.SEEK_END) == MAX_BYTES


def test_one_byte_more_is_refused_at_once_and_nothing_is_kept(documents: Documents, tmp_path: Path) -> None:
    asked = 0

    def chunks() -> Iterator[bytes]:
        nonlocal asked
        for chunk in [bytes(MIB)] * 20 + [b"x"] + [bytes(MIB)] * 1000:
            asked += 1
            yield chunk

    with pytest.raises(Malformed) as caught:
        documents.store(chunks())
    assert caught.value.rule == "document.too_large"
    assert "20 MiB" in caught.value.allowed
    assert asked == 21
    assert kept(tmp_path) == []


def test_bytes_that_do_not_have_the_digest_that_was_named_are_refused_and_not_kept(
    documents: Documents, tmp_path: Path
) -> None:
    with pytest.raises(Malformed) as caught:
        documents.store([LETTER], expected=digest_of(b"lain"))
    assert caught.value.rule == "document.digest"
    assert digest_of(LETTER) in caught.value.detail
    assert kept(tmp_path) == []
    assert documents.store([LETTER], expected=digest_of(LETTER))[0] == digest_of(LETTER)


def test_an_upload_that_breaks_off_leaves_nothing(documents: Documents, tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield LETTER
        raise ConnectionResetError

    with pytest.raises(Unavailable):
        documents.store(chunks())
    assert kept(tmp_path) == []


def test_what_a_crash_left_behind_is_no_document(documents: Documents, tmp_path: Path) -> None:
    documents.store([b"lain"])
    (tmp_path / "dokumen" / "incoming-abc").write_bytes(LETTER)
    with pytest.raises(NotFound):
        documents.read(digest_of(LETTER))
    with pytest.raises(NotAllowed):
        documents.require([reference(LETTER)])
    for name in ("incoming-abc", "sha256:incoming-abc", "../dokumen/incoming-abc", "sha256:../incoming-abc"):
        with pytest.raises(JejakError):
            documents.read(name)


def test_what_a_crash_left_behind_is_cleared_away_and_what_still_comes_in_is_not(
    documents: Documents, tmp_path: Path
) -> None:
    def chunks() -> Iterator[bytes]:
        (left := tmp_path / "dokumen" / "incoming-abc").write_bytes(LETTER)
        yield LETTER[:1]
        Documents(tmp_path / "dokumen").clear_away()
        assert not left.exists()
        yield LETTER[1:]

    documents.clear_away()  # there is not even a folder yet
    digest, _ = documents.store(chunks())
    documents.clear_away()
    assert documents.read(digest) == LETTER
    assert [path.name for path in kept(tmp_path)] == [digest.removeprefix("sha256:")]


def test_a_process_that_begins_clears_away_no_document_that_just_begins_to_come_in(
    documents: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, began = tempfile.mkstemp, list[str]()

    def between(**named: Any) -> tuple[int, str]:
        handle, name = made(**named)
        began.append(name)
        if len(began) == 1:
            Documents(tmp_path / "dokumen").clear_away()
            assert not Path(name).exists()
        return handle, name

    monkeypatch.setattr(tempfile, "mkstemp", between)
    digest, _ = documents.store([LETTER])
    assert documents.read(digest) == LETTER
    assert len(began) == 2
    assert [path.name for path in kept(tmp_path)] == [digest.removeprefix("sha256:")]


def test_everything_is_synced_before_the_digest_is_answered(
    documents: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def watched(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        real(handle)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to see which file is synced")
    monkeypatch.setattr(os, "fsync", watched)
    digest, _ = documents.store([LETTER])
    folder = tmp_path / "dokumen"
    assert Path(synced[0]).name.startswith("incoming-")
    folders = [str(folder / digest[7:9]), str(folder), str(tmp_path)]
    assert synced[1:] == folders
    synced.clear()
    documents.require([reference(LETTER)])
    assert synced == []
    # Another process does not know whether who stored it lived long enough to sync its folder.
    after_a_crash = Documents(folder)
    for _ in range(2):
        after_a_crash.require([reference(LETTER)])
    assert synced == folders


def test_a_document_that_changed_on_disk_is_forged(documents: Documents, tmp_path: Path) -> None:
    digest, _ = documents.store([LETTER])
    (path,) = kept(tmp_path)
    for damaged in (LETTER[:-1], LETTER + b"x", b"S" + LETTER[1:], b""):
        path.write_bytes(damaged)
        with pytest.raises(Forged) as caught:
            documents.read(digest)
        assert caught.value.rule == "document.altered"


def test_storing_a_damaged_document_again_mends_it(documents: Documents, tmp_path: Path) -> None:
    digest, _ = documents.store([LETTER])
    kept(tmp_path)[0].write_bytes(b"rusak")
    documents.store([LETTER])
    assert documents.read(digest) == LETTER


def test_an_act_may_name_documents_that_are_here_with_the_size_they_have(documents: Documents) -> None:
    documents.store([LETTER])
    documents.store([b""])
    documents.require([reference(LETTER), reference(b"")])
    documents.require([])


def test_a_document_that_was_not_uploaded_is_named_in_the_refusal(documents: Documents) -> None:
    documents.store([LETTER])
    with pytest.raises(NotAllowed) as caught:
        documents.require([reference(LETTER), reference(b"lain", name="lampiran.pdf")])
    assert caught.value.rule == "document.unknown"
    assert "lampiran.pdf" in caught.value.detail
    assert caught.value.allowed


@pytest.mark.parametrize("size", [0, len(LETTER) - 1, len(LETTER) + 1])
def test_a_document_of_another_size_than_the_act_states_is_refused(documents: Documents, size: int) -> None:
    documents.store([LETTER])
    with pytest.raises(NotAllowed) as caught:
        documents.require([reference(LETTER, size=size)])
    assert caught.value.rule == "document.size"
    assert str(len(LETTER)) in caught.value.allowed


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "sha256:",
        hashlib.sha256(LETTER).hexdigest(),
        "sha256:" + "A" * 64,
        "sha256:" + "a" * 63,
        "sha512:" + "a" * 64,
        "sha256:" + "../" * 21 + "a",
        "sha256:" + "a" * 64 + "\n",
    ],
    ids=repr,
)
def test_a_name_that_is_no_digest_is_refused(documents: Documents, digest: str) -> None:
    documents.store([LETTER])
    with pytest.raises(Malformed) as caught:
        documents.read(digest)
    assert caught.value.rule == "document.digest"


def test_a_document_that_is_not_here_is_not_found(documents: Documents) -> None:
    with pytest.raises(NotFound) as caught:
        documents.read(digest_of(LETTER))
    assert caught.value.rule == "document.unknown"


def test_storage_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "dokumen").write_bytes(b"a file where the folder should be")
    with pytest.raises(Unavailable) as caught:
        Documents(tmp_path / "dokumen").store([LETTER])
    assert caught.value.rule == "document.storage"
    assert caught.value.allowed


def test_a_full_disk_is_unavailable_and_keeps_nothing(
    documents: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable):
        documents.store([LETTER])
    assert kept(tmp_path) == []
