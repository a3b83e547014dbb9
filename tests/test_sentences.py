"""What people read about an act: one sentence for every kind, plain Indonesian, nothing of the code."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from keys.register import Register
from ledger.acts import Act
from ledger.bodies import CATALOGUE
from ledger.case import Case
from ledger.enactment import Enactments
from ledger.meanings import DEVIATING, MEANINGS, ON_PAPER
from ledger.notices import DISCLAIMER
from ledger.recorded import Recorded
from ledger.replay import Replay, Step
from ledger.sentences import about_to_sign, digests_of, sentence
from ledger.sop import Sop
from ledger.wording import day, short, when
from tests.activity_sop import activity_sop
from tests.kit import CASE, Kecamatan, disposition, key, mandate_of, the_sop
from tests.test_golden import calendar

OUTSIDE = "case:22222222-2222-4222-8222-222222222222"
ACTIVITIES = "case:33333333-3333-4333-8333-333333333333"

#: Words of the code, and English that could slip in from it.
_FOREIGN = re.compile(
    r"\b[a-z]{2,}\.[a-z]{2,}\b|_|\b(?:kasubag-evapor|kasubag-umum|registrar|approved|returned|given|issued|recorded"
    r"|by|the|of|and|to|on|round|step|document|key|mandate|official|None|True|False)\b"
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Step, str, str]]:
    """Return every act of a founding and of cases on and off the path: (step, sentence, what its signer was told)."""
    kecamatan = Kecamatan(tmp_path_factory.mktemp("told")).open()
    play_with_a_return(kecamatan)
    play_outside_the_path(kecamatan)
    play_activities(kecamatan)
    play_beside_the_sops(kecamatan)
    play_what_is_taken(kecamatan)
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


def play_outside_the_path(kecamatan: Kecamatan) -> None:
    """Play a second case: replaces the first, skips a step, is reviewed on paper, returned, corrected, withdrawn."""
    digest, why = {"document": kecamatan.iku["digest"]}, {"reason": "Renstra berubah."}
    now = kecamatan.ledger.stream(CASE)
    assert now is not None
    assert isinstance(now.state, Case)
    assert now.state.signature is not None
    opening = disposition({"slug": the_sop().slug, "leaf": kecamatan.sop_leaf}, kecamatan.letter)
    opening |= {"supersedes": {"case": CASE.removeprefix("case:"), "signature": now.state.signature.leaf}}
    leaf = kecamatan.do("sri-wahyuni", OUTSIDE, "disposition.issued", opening).recorded.leaf
    draft = {"step": "3", "document": kecamatan.iku, "deviation": "Sekcam dinas luar."}
    kecamatan.do("ratna-sari", OUTSIDE, "concept.drafted", draft)
    typed = {"step": "4", "document": kecamatan.iku, "paper": {"scan": kecamatan.proof}}
    kecamatan.do("agus-salim", OUTSIDE, "concept.typed", typed)
    paper = {"paper": {"scan": kecamatan.proof, "by": "Nur Aini (sintetis)"}}
    kecamatan.do("ratna-sari", OUTSIDE, "typing.reviewed", {"step": "5", "decision": "approved"} | digest | paper)
    kecamatan.do("budi-santoso", OUTSIDE, "document.returned", {"step": "6", "to": "4"} | digest | why)
    slip = {"leaf": leaf, "field": "letter.number", "old": "060/12/35.07.1/2026", "new": "060/21/35.07.1/2026"}
    kecamatan.do("sri-wahyuni", OUTSIDE, "correction.recorded", {"step": "1"} | slip | why)
    kecamatan.do("sri-wahyuni", OUTSIDE, "disposition.withdrawn", {"step": "1"} | why)


def play_activities(kecamatan: Kecamatan) -> None:
    """Play the beginning of a case of another SOP."""
    sop = activity_sop()
    leaf = kecamatan.do("sri-wahyuni", f"sop:{sop.slug}", "sop.enacted", {"sop": sop.plain()}).recorded.leaf
    opening = {"step": "1", "sop": {"slug": sop.slug, "leaf": leaf}, "subject": "Surat keterangan usaha"}
    attached = {"attachments": [kecamatan.letter, kecamatan.proof]}
    kecamatan.do("agus-salim", ACTIVITIES, "activity.performed", opening | attached)
    back = {"step": "2", "decision": "kurang", "reason": "Belum ada pengantar."}
    kecamatan.do("hadi-wijaya", ACTIVITIES, "activity.decided", back)


def play_beside_the_sops(kecamatan: Kecamatan) -> None:
    """Confirm readings, enact calendar and numbering, put the SOPs out of force."""
    stream, of, ground = f"sop:{the_sop().slug}", {"sop": kecamatan.sop_leaf}, {"ground": "Rapat staf."}
    for where, reading in READINGS:
        kecamatan.do("sri-wahyuni", stream, "reading.confirmed", of | where | ground | {"reading": reading})
    kecamatan.do("sri-wahyuni", stream, "calendar.enacted", {"calendar": calendar()})
    parts: dict[str, Any] = {"classifications": ["070", "060.1"], "office_code": "35.07.11"}
    kecamatan.do("sri-wahyuni", stream, "numbering.enacted", parts)
    used = {"used": {"year": 2026, "running": 40, "agenda_no": 38}}
    kecamatan.do("sri-wahyuni", stream, "numbering.enacted", parts | used)
    kecamatan.do("sri-wahyuni", stream, "sop.superseded", of | {"reason": "Tugasnya pindah."})
    other = kecamatan.ledger.stream(f"sop:{activity_sop().slug}")
    assert other is not None
    instead = {"sop": other.leaf, "reason": "Digabung.", "by": the_sop().slug}
    kecamatan.do("sri-wahyuni", other.id, "sop.superseded", instead)


def play_what_is_taken(kecamatan: Kecamatan) -> None:
    """Revoke keys, for each reason and with the claim since when, and withdraw mandates, with and without a decree."""
    claim = {"compromised_since": "2026-03-01T20:00:00+07:00"}
    for official, reason, more in (
        ("agus-salim", "rotated", {}),
        ("ratna-sari", "lost", {"note": "Tertinggal di angkutan. " + "x" * 400}),
        ("hadi-wijaya", "compromised", claim),
        ("budi-santoso", "left", {}),
    ):
        body = {"keyid": key(official).public.id, "reason": reason} | more
        kecamatan.do(official, "register", "key.revoked", body)
    decree = {"number": "821/9/2026", "date": "2026-03-01", "issuer": "Bupati Malang (sintetis)"}
    for official, basis in (("sri-wahyuni", {"decree": decree}), ("agus-salim", {})):
        withdrawn = {"mandate": mandate_of(official), "reason": "Mutasi."} | basis
        kecamatan.do("dewi-lestari", "register", "mandate.withdrawn", withdrawn)


READINGS = [
    ({"step": "4", "cell": "waktu", "raw": "II hari"}, {"amount": 2, "unit": "hari-kerja"}),
    ({"step": "3", "cell": "pelaksana", "raw": ""}, "kasubag-evapor"),
    ({"step": "5", "cell": "kelengkapan", "raw": "Indikator Kinerja Utama"}, ["konsep-iku"]),
]


def _procedure(state: object) -> Sop | None:
    match state:
        case Case():
            return state.sop
        case Enactments():
            return state.in_force
    return None


def _told(step: Step, words: object) -> str:
    assert callable(words)
    before, after = step.before.state if step.before else None, step.after.state
    told = words(
        step.done.act,
        name=step.authority.official.record.name,
        office_name=step.authority.mandate.record.office_name,
        capacity=step.authority.mandate.record.capacity,
        sop=_procedure(after),
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


def test_a_revocation_says_whose_key_why_and_since_when_if_that_is_claimed(told: list[tuple[Step, str, str]]) -> None:
    said = [one.partition(" milik ")[2] for step, one, _ in told if step.done.act.kind == "key.revoked"]
    assert said == [
        "Agus Salim (sintetis) karena diganti.",
        f"Ratna Sari (sintetis) karena hilang, dengan catatan “Tertinggal di angkutan. {'x' * 275}…”.",
        "Hadi Wijaya (sintetis) karena dipakai atau dapat dipakai orang lain, menurut pernyataannya sejak 1 Maret 2026"
        " 20.00 WIB.",
        "Budi Santoso (sintetis) karena pemiliknya tidak lagi menjabat.",
    ]
    act, one, warned = _of(told, "key.revoked")
    assert f"mencabut kunci tanda tangan (sidik {short(act.body.plain()['keyid'])})" in one
    assert "tindakan sebelumnya tetap ada dan tidak diubah" in warned


def test_a_withdrawal_of_a_mandate_says_whose_which_office_why_and_by_which_decree(
    told: list[tuple[Step, str, str]],
) -> None:
    decreed, plain = (one for step, one, _ in told if step.done.act.kind == "mandate.withdrawn")
    assert decreed.endswith(
        "mencabut mandat Sri Wahyuni (sintetis) sebagai Camat Kalipare (definitif), dengan alasan “Mutasi.”,"
        " berdasarkan keputusan Bupati Malang (sintetis) nomor 821/9/2026 tanggal 1 Maret 2026."
    )
    assert plain.endswith("mencabut mandat Agus Salim (sintetis) sebagai Staf (definitif), dengan alasan “Mutasi.”.")


def test_what_is_taken_is_told_even_where_the_register_is_not_at_hand(told: list[tuple[Step, str, str]]) -> None:
    for kind, of_whom in (("key.revoked", "Agus Salim"), ("mandate.withdrawn", "Sri Wahyuni")):
        act, _, _ = _of(told, kind)
        said = sentence(act, name="Eko", office_name="Pendaftar", capacity="definitif")
        assert said.startswith("Eko, Pendaftar (definitif), mencabut ")
        assert of_whom not in said


def test_an_approval_is_told_even_where_the_register_is_not_at_hand(told: list[tuple[Step, str, str]]) -> None:
    act, _, _ = _of(told, "official.approved")
    said = sentence(act, name="Eko", office_name="Pendaftar", capacity="definitif")
    assert said.startswith("Eko, Pendaftar (definitif), menyetujui usulan dengan sidik ")


def outside(told: list[tuple[Step, str, str]], kind: str) -> tuple[Act, str, str]:
    return _of([one for one in told if one[0].done.act.stream in (OUTSIDE, ACTIVITIES)], kind)


def test_a_return_outside_the_path_says_so_with_document_target_and_reason(told: list[tuple[Step, str, str]]) -> None:
    act, said, warned = outside(told, "document.returned")
    assert said == (
        "Budi Santoso (sintetis), Sekretaris Kecamatan Kalipare (definitif), mengembalikan Indikator Kinerja Utama"
        f" (sidik {short(digests_of(act)[0])}) ke langkah 4, langkah 6, putaran 1, sebagai penyimpangan dari SOP,"
        " dengan alasan “Renstra berubah.”."
    )
    assert DEVIATING in warned
    assert digests_of(act)[0] in warned


def test_a_withdrawal_and_a_correction_say_that_they_are_outside_the_path(told: list[tuple[Step, str, str]]) -> None:
    for kind in ("disposition.withdrawn", "correction.recorded"):
        _, said, warned = outside(told, kind)
        assert said.endswith(", sebagai penyimpangan dari SOP, dengan alasan “Renstra berubah.”.")
        assert DEVIATING in warned


def test_a_correction_is_told_with_both_versions_in_peoples_words(told: list[tuple[Step, str, str]]) -> None:
    _, said, _ = outside(told, "correction.recorded")
    assert "membetulkan nomor surat masuk pada tindakan dengan sidik " in said
    assert "semula “060/12/35.07.1/2026”, menjadi “060/21/35.07.1/2026”" in said


def test_a_skipped_step_is_told_with_its_reason(told: list[tuple[Step, str, str]]) -> None:
    _, said, warned = outside(told, "concept.drafted")
    assert said.endswith("langkah 3, putaran 1, sebagai penyimpangan dari SOP, dengan alasan “Sekcam dinas luar.”.")
    assert DEVIATING in warned


def test_no_act_on_the_path_is_told_as_a_deviation_or_as_late(told: list[tuple[Step, str, str]]) -> None:
    straight = [one for one in told if one[0].done.act.stream == CASE]
    assert straight
    for _, said, warned in straight:
        assert "penyimpangan" not in said + warned
        assert "dicatat menyusul" not in said + warned


def test_a_wet_signature_of_another_is_never_told_as_their_electronic_one(told: list[tuple[Step, str, str]]) -> None:
    act, said, warned = outside(told, "typing.reviewed")
    scan = digests_of(act)[1]
    assert said.startswith("Ratna Sari (sintetis), ")
    assert said.endswith(
        f", dicatat menyusul dari kertas (pindaian sidik {short(scan)}): tanda tangan basah Nur Aini (sintetis), bukan"
        " tanda tangan elektroniknya."
    )
    assert "Tanda tangan basah Nur Aini (sintetis) di kertas itu tidak menjadi tanda tangan elektroniknya" in warned


def test_what_the_signer_did_on_paper_themselves_names_no_other_hand(told: list[tuple[Step, str, str]]) -> None:
    act, said, warned = outside(told, "concept.typed")
    draft, scan = digests_of(act)
    assert draft.endswith(act.body.plain()["document"]["digest"]), "the draft comes first, then the scan"
    assert said.endswith(f", dicatat menyusul dari kertas (pindaian sidik {short(scan)}).")
    assert ON_PAPER in warned
    assert "tanda tangan basah" not in warned


def test_a_disposition_names_the_case_that_it_replaces(told: list[tuple[Step, str, str]]) -> None:
    _, said, _ = outside(told, "disposition.issued")
    assert f"menggantikan perkara {CASE.removeprefix('case:')}" in said


def test_activities_of_another_sop_are_told_in_its_own_words(told: list[tuple[Step, str, str]]) -> None:
    _, said, _ = outside(told, "activity.performed")
    assert "membuka perkara “Surat keterangan usaha” dengan melaksanakan kegiatan “Menerima permohonan”" in said
    assert "dengan 2 lampiran" in said
    _, said, _ = outside(told, "activity.decided")
    assert "memutuskan “kurang” pada kegiatan “Memeriksa berkas”, dengan alasan “Belum ada pengantar.”" in said


def test_a_reading_is_told_with_the_text_it_reads_and_in_the_procedures_own_words(
    told: list[tuple[Step, str, str]],
) -> None:
    said = [one for step, one, _ in told if step.done.act.kind == "reading.confirmed"]
    title, ground = the_sop().title, "dengan dasar “Rapat staf.”."
    assert said == [
        f"Sri Wahyuni (sintetis), Camat Kalipare (definitif), menegaskan bahwa sel {cell} pada langkah {step} SOP"
        f" {title} dibaca {read}, {ground}"
        for cell, step, read in (
            ("waktu “II hari”", 4, "2 hari kerja"),
            ("pelaksana yang kosong", 3, the_sop().office("kasubag-evapor").name),
            ("kelengkapan “Indikator Kinerja Utama”", 5, the_sop().thing("konsep-iku").name),
        )
    ]


def test_a_superseding_is_told_with_its_reason_and_what_is_used_instead(told: list[tuple[Step, str, str]]) -> None:
    plain, instead = (one for step, one, _ in told if step.done.act.kind == "sop.superseded")
    assert plain.endswith(f"mencabut SOP {the_sop().title}, dengan alasan “Tugasnya pindah.”.")
    assert f"dan menggantinya dengan SOP {the_sop().slug}, dengan alasan “Digabung.”" in instead


def test_a_calendar_and_a_numbering_are_told_with_what_they_say(told: list[tuple[Step, str, str]]) -> None:
    _, said, _ = _of(told, "calendar.enacted")
    assert f"bagi SOP {the_sop().title}, 1 Januari 2026 sampai 31 Desember 2026, menurut Perpres 21/2023" in said
    plain, used = (one for step, one, _ in told if step.done.act.kind == "numbering.enacted")
    assert plain.endswith("klasifikasi 070 dan 060.1, kode jabatan 35.07.11.")
    assert used.endswith("nomor urut sampai 40 dan nomor agenda sampai 38 sudah dipakai di atas kertas.")


def test_every_kind_of_the_catalogue_has_a_meaning() -> None:
    assert set(MEANINGS) == set(CATALOGUE)


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
    changed = act._replace(body=long)
    said = sentence(changed, name="Budi", office_name="Sekcam", capacity="definitif")
    assert "Susun ulang Susun ulang" in said
    assert len(said) < 400
