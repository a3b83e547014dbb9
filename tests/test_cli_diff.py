"""``jejak diff``: what changed in a case's document between two leaves, over the real service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import Result

from api.answers import Answer, Service
from ledger.documents import digest_of
from tests.kit import IKU, Kecamatan
from tests.signed_in import SOMEBODY
from tests.test_cli import CASE, Desk, desk, ended, fault, opened, run

__all__ = ["desk", "opened"]  # fixtures


def leaf(office: Kecamatan) -> int:
    """Return the newest leaf."""
    with office.ledger.reading() as rows:
        return rows.size() - 1


def diff(desk: Desk, first: int, last: int, *more: object) -> Result:
    memory = ("--url", desk.url, "--remembered", desk.folder / "ingatan", "--pin", desk.pin)
    return run("diff", CASE, "--from", first, "--to", last, *memory, *more)


def said(desk: Desk, first: int, last: int) -> dict[str, Any]:
    return dict(json.loads(ended(diff(desk, first, last, "--json"), 0).stdout))


@pytest.fixture
def mended(desk: Desk) -> tuple[int, int]:
    """Return the leaves of a typed concept and of its revision after a return, in the open case."""
    office = desk.kecamatan
    office.run(upto=4)
    typed = leaf(office)
    review = {"step": "5", "document": office.iku["digest"], "decision": "returned", "reason": "Rumus memuat target."}
    returned = office.do("ratna-sari", f"case:{CASE}", "typing.reviewed", review).recorded.leaf
    revised = {"step": "4", "document": office.iku_mended, "replaces": office.iku["digest"]}
    office.do("agus-salim", f"case:{CASE}", "concept.revised", revised | {"answers": returned, "round": 2})
    return typed, leaf(office)


def test_the_rows_and_words_that_a_revision_changed_are_shown_with_both_documents(
    desk: Desk, mended: tuple[int, int]
) -> None:
    office = desk.kecamatan
    page = ended(diff(desk, *mended), 0).stdout
    assert page.startswith(f"Dokumen perkara {CASE}\n")
    for words in (
        f"Daun {mended[0]}: iku.json\n  {office.iku['digest']}\n",
        f"Daun {mended[1]}: iku-2.json\n  {office.iku_mended['digest']}\n",
        "Baris: 4 berubah.\n",
        "  - Rumus: Jumlah desa dengan tata kelola baik / jumlah seluruh desa x 100% [-= 100-]\n",
        "  - Indikator: [-%-] {+Persentase+} Desa yang dapat mengelola APBDes tepat waktu\n",
        "Isi kedua dokumen cocok dengan sidiknya.\n",
        "BUKU BESAR PERCOBAAN",
        "dikatakan layanan",
    ):
        assert words in page, words
    assert max(map(len, page.splitlines())) <= 100
    assert "\x1b" not in page

    told = said(desk, *mended)
    assert (told["result"], told["from"], told["to"]) == ("rows", *mended)
    assert (told["before"], told["after"]) == (office.iku, office.iku_mended)
    assert told["rows"]["counts"] == {"changed": 4, "added": 0, "removed": 0, "moved": 0, "kept": 0}
    assert told["rows"]["rows"][0]["changes"][0]["words"][1] == ["out", " = 100"]


def test_the_other_direction_takes_back_what_came(desk: Desk, mended: tuple[int, int]) -> None:
    assert "[-Persentase-] {+%+} Desa" in ended(diff(desk, mended[1], mended[0]), 0).stdout


def test_the_state_is_that_of_the_leaf_and_not_of_now(desk: Desk, mended: tuple[int, int]) -> None:
    typed, revised = mended
    told = said(desk, typed, revised - 1)
    assert (told["result"], told["rows"]) == ("same", None)
    page = ended(diff(desk, typed, revised - 1), 0).stdout
    assert f"Dokumennya sama; sidiknya {desk.kecamatan.iku['digest']}." in " ".join(page.split())
    assert "Isi kedua dokumen" not in page, "nothing was fetched"


def test_a_leaf_where_the_case_had_no_document_yet_is_said_so(desk: Desk, mended: tuple[int, int]) -> None:
    early = mended[0] - 2
    page = ended(diff(desk, early, mended[1]), 0).stdout
    assert f"Pada daun {early} perkara ini belum mempunyai dokumen." in page
    assert f"Daun {early}: belum ada dokumen\n" in page
    assert desk.kecamatan.iku_mended["digest"] in page
    told = said(desk, early - 1, early)
    assert (told["result"], told["before"], told["after"]) == ("no_document", None, None)
    assert f"daun {early - 1} dan daun {early}" in told["why"]


def test_a_leaf_that_is_not_there_and_a_case_not_open_yet_are_refused(desk: Desk, mended: tuple[int, int]) -> None:
    fault(diff(desk, mended[0], 4000, "--json"), 1, "past.leaf")
    fault(diff(desk, 3, mended[0], "--json"), 1, "past.not_yet")
    assert ended(diff(desk, -1, mended[0]), 3).stdout == ""


def test_both_documents_are_hashed_before_they_are_read(desk: Desk, mended: tuple[int, int]) -> None:
    digest = desk.kecamatan.iku["digest"]
    (held,) = [one for one in (desk.folder / "buku" / "documents").rglob("*") if digest[7:] in one.name]
    held.chmod(0o600)
    held.write_bytes(held.read_bytes().replace(b"= 100", b"= 200"))
    result = diff(desk, *mended)
    assert result.exit_code != 0
    assert "= 200" not in result.stdout


# --- documents of another kind: the real service's answers, with other documents in them -------------------


@pytest.fixture
def exchange(desk: Desk, mended: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that puts other documents into the two states that the service gives."""
    asked = Service.get

    def put(*contents: tuple[bytes, str], **lies: int) -> tuple[str, ...]:
        stored = [desk.kecamatan.store(data, f"berkas-{at}", kind) for at, (data, kind) in enumerate(contents)]
        for one in stored:
            desk.app.parts.sessions.note_brought(SOMEBODY, one["digest"])
        documents = [one | lies for one in stored]
        by_leaf = dict(zip(map(str, mended), documents, strict=True))

        def get(self: Service, path: str, limit: int = 2**24, params: Any = None) -> Answer:
            answer = asked(self, path, limit, params)
            if params and params.get("at") in by_leaf:
                state = answer.json() | {"document": by_leaf[params["at"]]}
                return Answer(200, json.dumps(state).encode())
            return answer

        monkeypatch.setattr(Service, "get", get)
        return tuple(str(one["digest"]) for one in documents)

    return put


def test_plain_texts_are_compared_by_lines_and_words(desk: Desk, mended: tuple[int, int], exchange: Any) -> None:
    exchange((b"Kepada Camat\nHal: IKU 2025\n", "text/plain"), (b"Kepada Camat\nHal: IKU 2026\n", "text/plain"))
    page = ended(diff(desk, *mended), 0).stdout
    assert "Baris teks yang berubah: 1." in page
    assert "  - Baris 2: Hal: IKU [-2025-] {+2026+}\n" in page
    told = said(desk, *mended)
    assert (told["result"], len(told["lines"]), told["rows"]) == ("lines", 1, None)


@pytest.mark.parametrize(
    ("contents", "why"),
    [
        (
            ((b"%PDF-1.7 a", "application/pdf"), (b"%PDF-1.7 b", "application/pdf")),
            "isi dokumen berjenis application/pdf tidak dibandingkan",
        ),
        (((b"surat", "text/plain"), (b"%PDF", "application/pdf")), "jenisnya berbeda (text/plain dan application/pdf)"),
        (((b"{}", IKU), (b"[]", IKU)), "isinya tidak terbaca sebagai tabel IKU"),
        (((b"surat \x1b[2J", "text/plain"), (b"surat", "text/plain")), "isinya bukan teks biasa"),
        (((b"surat \xff", "text/plain"), (b"surat", "text/plain")), "isinya bukan teks biasa"),
        (((b"a" * 262_145, "text/plain"), (b"surat", "text/plain")), "teksnya lebih dari 262144 bita"),
    ],
    ids=["pdf", "two kinds", "no table", "control", "no text", "too long"],
)
def test_what_cannot_be_compared_is_said_with_both_digests(
    desk: Desk, mended: tuple[int, int], exchange: Any, contents: Any, why: str
) -> None:
    digests = exchange(*contents)
    assert digests == tuple(digest_of(data) for data, _ in contents)
    page = ended(diff(desk, *mended), 0).stdout
    assert f"Kedua dokumen berbeda, tetapi tidak dapat dibandingkan: {why}. Simpan" in " ".join(page.split())
    assert all(f"  {one}\n" in page for one in digests)
    assert "\x1b" not in page
    assert said(desk, *mended)["result"] == "not_comparable"


def test_a_text_longer_than_the_service_says_is_not_compared(
    desk: Desk, mended: tuple[int, int], exchange: Any
) -> None:
    exchange((b"a" * 262_145, "text/plain"), (b"surat", "text/plain"), size=5)
    assert said(desk, *mended)["result"] == "not_comparable"


@pytest.mark.parametrize(
    "lie",
    [{"document": {"digest": "../rahasia"}}, {"document": []}, {"at": {"leaf_index": 1}}, {"at": None}],
    ids=["digest", "no object", "other leaf", "no leaf"],
)
def test_an_answer_that_is_not_the_state_at_that_leaf_proves_nothing(
    desk: Desk, mended: tuple[int, int], monkeypatch: pytest.MonkeyPatch, lie: dict[str, Any]
) -> None:
    asked = Service.get

    def get(self: Service, path: str, limit: int = 2**24, params: Any = None) -> Answer:
        answer = asked(self, path, limit, params)
        return Answer(200, json.dumps(answer.json() | lie).encode()) if params and "at" in params else answer

    monkeypatch.setattr(Service, "get", get)
    fault(diff(desk, *mended, "--json"), 2, "client.answer")
