"""What people read about an act: one sentence for every kind, plain Indonesian, nothing of the code."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from keys.register import Register
from ledger.acts import Act
from ledger.bodies import CATALOGUE
from ledger.case import Case
from ledger.recorded import Recorded
from ledger.replay import Replay, Step
from ledger.sentences import DISCLAIMER, about_to_sign, day, digests_of, sentence, short, when
from tests.kit import CASE, Kecamatan, the_sop

#: Words of the code, and English that could slip in from it.
_FOREIGN = re.compile(
    r"\b[a-z]{2,}\.[a-z]{2,}\b|_|\b(?:kasubag-evapor|kasubag-umum|registrar|approved|returned|given|issued|recorded"
    r"|by|the|of|and|to|on|round|step|document|key|mandate|official|None|True|False)\b"
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Step, str, str]]:
    """Return every act of a founding and a case with a return: (step, sentence, what its signer was told)."""
    kecamatan = Kecamatan(tmp_path_factory.mktemp("told")).open()
    play_with_a_return(kecamatan)
    replay = Replay(lambda name: ())
    with kecamatan.ledger.reading() as rows:
        steps = [replay.apply(Recorded.read(row)) for row in rows.entries(0, 1000)]
    kecamatan.ledger.close()
    return [(step, _told(step, sentence), _told(step, about_to_sign)) for step in steps]


def play_with_a_return(kecamatan: Kecamatan, case: str = CASE) -> None:
    """Play a case whose typing is returned once."""
    for official, kind, body in kecamatan.steps()[:4]:
        kecamatan.do(official, case, kind, body)
    digest = kecamatan.iku["digest"]
    returned = kecamatan.do(
        "ratna-sari",
        case,
        "typing.reviewed",
        {"step": "5", "document": digest, "decision": "returned", "reason": "Satuan belum diisi."},
    )
    revised = {
        "step": "4",
        "round": 2,
        "replaces": digest,
        "answers": returned.recorded.leaf,
        "document": kecamatan.iku_mended,
    }
    kecamatan.do("agus-salim", case, "concept.revised", revised)
    for official, kind, body in kecamatan.steps(kecamatan.iku_mended)[4:]:
        kecamatan.do(official, case, kind, body)


def _told(step: Step, words: object) -> str:
    assert callable(words)
    before, after = step.before.state if step.before else None, step.after.state
    told = words(
        step.done.act,
        name=step.authority.official.record.name,
        office_name=step.authority.mandate.record.office_name,
        capacity=step.authority.mandate.record.capacity,
        sop=after.sop if isinstance(after, Case) else None,
        round=before.round if isinstance(before, Case) else None,
        register=step.register,
    )
    assert isinstance(told, str)
    return told


def _of(told: list[tuple[Step, str, str]], kind: str) -> tuple[Act, str, str]:
    step, said, warned = next(one for one in told if one[0].done.act.kind == kind)
    return step.done.act, said, warned


def test_every_kind_of_the_catalogue_has_a_sentence(told: list[tuple[Step, str, str]]) -> None:
    assert {step.done.act.kind for step, _, _ in told} == set(CATALOGUE)


def test_a_sentence_begins_with_who_acted_in_which_office_and_capacity(told: list[tuple[Step, str, str]]) -> None:
    for step, said, _ in told:
        person, mandate = step.authority.official.record, step.authority.mandate.record
        assert said.startswith(f"{person.name}, {mandate.office_name} (definitif), ")
        assert said.endswith(".")
        assert "\n" not in said


def test_no_sentence_shows_a_word_of_the_code(told: list[tuple[Step, str, str]]) -> None:
    for _, said, warned in told:
        assert _FOREIGN.findall(said) == []
        assert _FOREIGN.findall(re.sub(r"sha256:[0-9a-f]{64}", "", warned)) == []


def test_a_paraf_is_told_with_document_step_and_round(told: list[tuple[Step, str, str]]) -> None:
    act, said, _ = _of(told, "paraf.given")
    assert said == (
        "Budi Santoso (sintetis), Sekretaris Kecamatan Kalipare (definitif), memberi paraf pada Indikator Kinerja Utama"
        f" (sidik {short(digests_of(act)[0])}), langkah 6, putaran 2."
    )


def test_a_return_is_told_with_its_reason_and_the_round_that_was_returned(told: list[tuple[Step, str, str]]) -> None:
    _, said, _ = _of(told, "typing.reviewed")
    assert "mengembalikan ketikan konsep" in said
    assert "dengan alasan “Satuan belum diisi.”, langkah 5, putaran 1." in said


def test_an_approval_in_the_register_says_whom_it_gives_what(told: list[tuple[Step, str, str]]) -> None:
    assert (
        "menyetujui usulan Dewi Lestari (sintetis): Sri Wahyuni (sintetis) sebagai Camat Kalipare (definitif)"
        in (_of(told, "mandate.approved")[1])
    )
    assert "milik Sri Wahyuni (sintetis), tanpa berita acara" in _of(told, "key.approved")[1]


def test_an_approval_is_told_even_where_the_register_is_not_at_hand(told: list[tuple[Step, str, str]]) -> None:
    act, _, _ = _of(told, "official.approved")
    said = sentence(act, name="Eko", office_name="Pendaftar", capacity="definitif")
    assert said.startswith("Eko, Pendaftar (definitif), menyetujui usulan dengan sidik ")


def test_a_disposition_names_the_offices_as_the_sop_does(told: list[tuple[Step, str, str]]) -> None:
    _, said, _ = _of(told, "disposition.issued")
    assert f"kepada {the_sop().office('sekcam').name} atas surat masuk nomor 060/12/35.07.1/2026" in said
    assert "tanggal 26 Februari 2026" in said


def test_who_gives_a_paraf_is_told_what_they_answer_for(told: list[tuple[Step, str, str]]) -> None:
    act, _, warned = _of(told, "paraf.given")
    assert "bertanggung jawab atas substansi, redaksi, dan pengetikan" in warned
    assert digests_of(act)[0] in warned
    assert DISCLAIMER in warned


def test_who_signs_is_told_that_it_is_the_decision(told: list[tuple[Step, str, str]]) -> None:
    _, _, warned = _of(told, "signature.given")
    assert warned.startswith("Anda, Sri Wahyuni (sintetis), Camat Kalipare (definitif), akan menandatangani ")
    assert "mengambil keputusan" in warned


def test_an_acting_official_is_told_as_one(told: list[tuple[Step, str, str]]) -> None:
    act, _, _ = _of(told, "signature.given")
    said = sentence(act, name="Budi", office_name="Camat Kalipare", capacity="plh")
    assert said.startswith("Budi, Camat Kalipare (Pelaksana Harian), menandatangani dokumen ")


def test_a_revision_names_the_document_that_it_replaces(told: list[tuple[Step, str, str]]) -> None:
    act, said, _ = _of(told, "concept.revised")
    new, old = digests_of(act)
    assert f"(sidik {short(new)}, menggantikan sidik {short(old)})" in said


def test_a_register_names_people_by_their_names(told: list[tuple[Step, str, str]]) -> None:
    step, said, _ = next(one for one in told if one[0].done.act.kind == "key.proposed")
    assert isinstance(step.register, Register)
    assert "milik Sri Wahyuni (sintetis)" in said


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC), "2 Maret 2026 08.00 WIB"),
        (dt.datetime(2026, 12, 31, 17, 5, tzinfo=dt.UTC), "1 Januari 2027 00.05 WIB"),
    ],
)
def test_times_are_written_in_wib(moment: dt.datetime, written: str) -> None:
    assert when(moment) == written


def test_dates_are_written_as_indonesians_write_them() -> None:
    assert day("2019-08-01") == "1 Agustus 2019"


def test_the_disclaimer_is_the_one_of_the_domain() -> None:
    assert DISCLAIMER.startswith("Tanda tangan elektronik tidak tersertifikasi (PP 71/2019 ps 60); bukan BSrE/PSrE;")


def test_a_long_reason_is_cut_in_the_sentence(told: list[tuple[Step, str, str]], tmp_path: Path) -> None:
    act, _, _ = _of(told, "direction.given")
    long = act.body.model_copy(update={"instruction": "Susun  ulang\n" * 300})
    changed = Act(**{name: getattr(act, name) for name in Act.__slots__} | {"body": long})
    said = sentence(changed, name="Budi", office_name="Sekcam", capacity="definitif")
    assert "Susun ulang Susun ulang" in said
    assert len(said) < 400
