"""What a verdict must not be told without: withdrawal, replacement, acts in question and what rests on them.

None of it changes a verdict on an act. It changes what stands on a document, and every conclusion says it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.evidence_words import conclusion, marks_in_words, page
from keys.envelope import Envelope
from keys.possession import prove
from ledger.acts import PAYLOAD_TYPE, compose
from ledger.bundle import Bundle
from ledger.evidence_marks import answer, marks_on
from ledger.evidence_report import GONE_ON, REPLACING, SUPERSEDED, WITHDRAWN, Report
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED
from tests.bundles import act, honest, judged, leaves_of
from tests.kit import CASE, FOUNDERS, ORIGIN, Kecamatan, key, mandate, mandate_of, person

OTHER = "case:22222222-2222-4222-8222-222222222222"
DEWI, EKO = FOUNDERS
BUDI, SRI = "budi-santoso", "sri-wahyuni"
REVIEW, PARAF, SIGNATURE = 37, 38, 39


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Kecamatan]:
    """Yield an office whose case is signed."""
    made = Kecamatan(tmp_path).open()
    with closing(made.ledger):
        made.run(upto=7)
        yield made


def report(office: Kecamatan, bundle: Bundle | None = None, **more: Any) -> Report:
    return judged(bundle or honest(office), leaves_of(office)[0], **more)


def kinds(found: Report) -> list[str]:
    return [touch.kind for touch in found.touches]


def answered(office: Kecamatan, found: Report) -> tuple[str, str]:
    """Return the verdict word on the signed document, and what is said of each kind of mark."""
    marks = marks_on(found, office.iku["digest"])
    return answer([(found, marks)]), marks_in_words(marks)


def said(found: Report) -> str:
    return " ".join(page(found).split())


def withdraw(office: Kecamatan) -> None:
    office.do(SRI, CASE, "disposition.withdrawn", {"step": "1", "reason": "Surat masuknya salah."})


def revoke(office: Kecamatan, official: str, reason: str = "compromised", since: str | None = None) -> int:
    body = {"keyid": key(official).public.id, "reason": reason} | ({"compromised_since": since} if since else {})
    return office.do(DEWI, "register", "key.revoked", body).recorded.index


def replacing(office: Kecamatan, upto: int, *, named: bool = True) -> None:
    """Run another case for the same unit and years, which names this one as the one it replaces, or nobody."""
    official, kind, body = office.steps(case=OTHER)[0]
    leaf = next(one.leaf for one in honest(office).entries if one.index == SIGNATURE)
    names = {"supersedes": {"case": CASE.removeprefix("case:"), "signature": leaf}}
    office.do(official, OTHER, kind, body | (names if named else {}))
    for official, kind, body in office.steps(iku=office.iku_mended, case=OTHER)[1:upto]:
        office.do(official, OTHER, kind, body)


# --- withdrawal ------------------------------------------------------------------------------------------------


def test_in_a_case_that_was_withdrawn_no_mark_stands_and_every_conclusion_says_so(tmp_path: Path) -> None:
    made = Kecamatan(tmp_path).open()
    with closing(made.ledger):
        made.run(upto=6)
        withdraw(made)
        found = report(made)
        assert found.verdict == PROVED
        assert kinds(found) == [WITHDRAWN]
        assert "di daun 39" in found.touches[0].sentence
        assert "“Surat masuknya salah.”" in found.touches[0].sentence
        assert conclusion(found) == "TERBUKTI, selain yang tidak tercakup; perkara ini ditarik."
        marks = marks_on(found, made.iku["digest"])
        assert [(mark.stands, mark.why) for mark in marks] == [(False, "TIDAK BERLAKU LAGI: perkaranya ditarik.")] * 2
        assert answered(made, found)[0] == CONTRADICTED


def test_a_kept_newer_bundle_shows_that_the_case_went_on_and_was_withdrawn(tmp_path: Path) -> None:
    made = Kecamatan(tmp_path).open()
    with closing(made.ledger):
        made.run(upto=6)
        older = honest(made)
        withdraw(made)
        found = report(made, older, kept=[honest(made)])
    assert kinds(found) == [WITHDRAWN, GONE_ON]
    assert "menurut bundel lebih baru yang Anda simpan (segel 40 daun)" in found.touches[0].sentence
    assert found.verdict == UNJUDGED, "the bundle is the older one"


# --- replacement -----------------------------------------------------------------------------------------------


def test_an_iku_whose_signed_replacement_is_brought_is_no_longer_in_force(office: Kecamatan) -> None:
    replacing(office, 7)
    alone = report(office)
    assert kinds(alone) == []
    assert answered(office, alone)[0] == PROVED
    assert any("Apakah perkara lain kemudian menggantikannya" in one for one in alone.not_covered())
    found = report(office, kept=[honest(office, OTHER)])
    assert kinds(found) == [SUPERSEDED]
    assert "digantikan perkara 22222222-2222-4222-8222-222222222222" in found.touches[0].sentence
    assert found.verdict == PROVED
    assert "perkara ini digantikan" in conclusion(found)
    assert answered(office, found) == (
        CONTRADICTED,
        ", ".join(f"{kind} ada tetapi tidak berlaku" for kind in ("pemeriksaan", "paraf", "tanda tangan")),
    )


def test_a_replacement_that_is_only_opened_leaves_the_iku_in_force_and_is_said(office: Kecamatan) -> None:
    replacing(office, 5)
    found = report(office, kept=[honest(office, OTHER)])
    assert kinds(found) == [REPLACING]
    assert conclusion(found).endswith("penggantinya sudah dibuka.")
    assert answered(office, found)[0] == PROVED


def test_a_later_signature_for_the_same_unit_and_years_takes_its_force_too_though_it_names_nobody(
    office: Kecamatan,
) -> None:
    replacing(office, 7, named=False)
    found = report(office, beside=[honest(office, OTHER)])
    assert kinds(found) == [SUPERSEDED]
    assert "tidak menyebut perkara ini" in found.touches[0].sentence
    assert found.outside == (), "what is beside is asked, and not held against the bundle"
    assert kinds(report(office, honest(office, OTHER), beside=[honest(office)])) == [], "the older does not touch it"


def test_a_replacement_that_was_withdrawn_replaces_nothing(office: Kecamatan) -> None:
    replacing(office, 3)
    office.do(SRI, OTHER, "disposition.withdrawn", {"step": "1", "reason": "Tidak jadi."})
    assert kinds(report(office, kept=[honest(office, OTHER)])) == []


# --- in question -----------------------------------------------------------------------------------------------


def test_what_is_in_question_is_never_told_without_that_word(office: Kecamatan) -> None:
    revoke(office, BUDI, since="2026-03-02T08:00:00+07:00")
    found = report(office)
    text = said(found)
    assert text.count("Tanda tangan terbukti, tetapi DIPERTANYAKAN") == 2
    assert text.count("Terbukti wewenang, tempat dalam log, kesesuaian") == 2
    assert conclusion(found) == "TERBUKTI, selain yang tidak tercakup; 2 tindakan dipertanyakan."
    assert found.verdict == PROVED
    assert answered(office, found) == (
        UNJUDGED,
        "pemeriksaan ada, paraf ada tetapi DIPERTANYAKAN, tanda tangan ada",
    )


def test_a_leak_of_which_nobody_says_since_when_is_in_question_in_a_bundle_too(office: Kecamatan) -> None:
    revoke(office, SRI)
    found = report(office)
    assert "kuncinya kemudian dicabut karena bocor; sejak kapan tidak dinyatakan." in said(found)
    assert "2 tindakan dipertanyakan; 1 tindakan register atau SOP dipertanyakan" in conclusion(found)
    assert answered(office, found)[0] == UNJUDGED


def test_a_key_that_was_lost_changes_nothing(office: Kecamatan) -> None:
    revoke(office, SRI, reason="lost")
    assert answered(office, report(office))[0] == PROVED


def test_a_kept_newer_register_puts_acts_of_an_older_bundle_in_question(office: Kecamatan) -> None:
    older = honest(office)
    at = revoke(office, SRI)
    alone, found = report(office, older), report(office, older, kept=[honest(office)])
    assert not act(alone, SIGNATURE).questioned
    assert act(found, SIGNATURE).questioned
    assert f"(daun {at})" in act(found, SIGNATURE).flags[-1].sentence
    assert answered(office, found)[0] == UNJUDGED


def test_what_rests_on_a_questioned_act_of_the_register_says_so_wherever_it_is_relied_upon(office: Kecamatan) -> None:
    """Eko approved every key and mandate; his own were given at the founding, which is pinned on paper."""
    revoke(office, EKO, since="2026-03-01T00:00:00+07:00")
    found = report(office)
    signature = act(found, SIGNATURE)
    assert signature.rests_on == (5, 7)
    assert not signature.questioned
    assert signature.as_dict()["rests_on_questioned"] == [5, 7]
    text = said(found)
    assert "berasal dari tindakan yang DIPERTANYAKAN: daun 5 dan daun 7." in text
    assert "34 tindakan, semuanya terbukti; 16 DIPERTANYAKAN;" in text
    assert "daun 31 (persetujuan mandat)" in text
    assert "16 tindakan register dipertanyakan; 7 tindakan bersandar pada yang dipertanyakan" in conclusion(found)
    assert answered(office, found)[0] == UNJUDGED


def test_power_given_by_one_whose_own_power_is_in_question_rests_on_that_too(office: Kecamatan) -> None:
    """A third registrar, made by Dewi and Eko, gives the auditor her key; then Eko's key turns out to have leaked."""
    third = "siti-aminah"
    office.approve("official", {"person": person("wahyu-hidayat") | {"official": third, "nip": "198001012005000099"}})
    own = key(third)
    possession = prove(ORIGIN, third, own).decode()
    body = {"official": third, "public_key": own.public.raw.hex(), "possession": possession}
    approved = office.approve("key", body).recorded.index
    record = mandate(DEWI) | {"mandate": "pendaftar-ketiga", "official": third}
    office.approve("mandate", {"mandate": record})
    new = key("kunci-baru-sri")
    body = {"official": SRI, "public_key": new.public.raw.hex(), "possession": prove(ORIGIN, SRI, new).decode()}
    leaf = office.do(DEWI, "register", "key.proposed", body).recorded.leaf
    payload = office.payload(EKO, "register", "key.approved", {"proposal": leaf})
    payload |= {"official": third, "mandate": record["mandate"]}
    envelope = Envelope.seal(PAYLOAD_TYPE, compose(**payload), own).data
    given = office.ledger.record(envelope).recorded.index
    revoke(office, EKO, since="2026-03-01T00:00:00+07:00")
    assert approved in act(report(office), given).rests_on


def test_flagged_acts_of_register_and_sop_are_listed_once_for_each_thing_that_stands_out(office: Kecamatan) -> None:
    text = said(report(office))
    assert text.count("Register dan SOP: 33 tindakan, semuanya terbukti; 33 bertanda, di bawah ini.") == 1
    assert "[key.unproven] Tindakannya: daun 0 (pendirian buku besar), daun 1 (penerimaan pendirian)" in text


# --- the verifier's clock --------------------------------------------------------------------------------------


def test_a_time_of_recording_after_the_verifiers_own_clock_is_remarked_and_no_verdict(office: Kecamatan) -> None:
    newest = honest(office).entries[-1].entry.recorded_at
    assert report(office).remarks == ()
    before, after = newest - dt.timedelta(seconds=3), newest + dt.timedelta(seconds=1)
    assert judged_at(office, after).remarks == ()
    found = judged_at(office, before)
    (remark,) = found.remarks
    assert remark.startswith("3 tindakan mempunyai waktu catat lebih lambat dari jam komputer ini")
    assert "yang pertama daun 37" in remark
    assert found.verdict == PROVED
    assert remark in said(found)


def judged_at(office: Kecamatan, now: dt.datetime) -> Report:
    return report(office, now=now)


def test_who_is_only_inferred_to_be_the_actor_is_said_beside_the_decree_and_its_period(office: Kecamatan) -> None:
    found = report(office)
    assert act(found, PARAF).inferred
    assert not act(found, REVIEW).inferred
    text = said(found)
    assert text.count("Pelaksana langkah ini disimpulkan, tidak tertulis dalam naskah SOP.") == 5
    assert "(berlaku 2 Januari 2026 sampai dicabut)" in text
    assert f"Kunci {key(SRI).public.id[:16]}…" in text
    assert f"Dokumen {office.iku['digest']}" in text
    assert "Berita acara kunci: belum ada" in text
    assert mandate_of(SRI) == act(found, SIGNATURE).filed.act.mandate
