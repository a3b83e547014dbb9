"""``jejak act`` and ``next`` off the straight path: corrections, superseding, paper, flags; what people type."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from api import cli_sign
from api.advice import advise
from keys.register import Register
from ledger.acts import Act, act_of
from ledger.case import Case
from ledger.entry import Entry
from tests.kit import CASE as STREAM
from tests.kit import MORNING, mandate_of
from tests.test_cli import CASE, LETTER, Desk, desk, ended, fault, opened, run
from tests.test_cli_sop_acts import IKU_SOP, ROW, flat, recorded, refused, signed

__all__ = ["desk", "opened"]  # fixtures

SRI, BUDI, RATNA, AGUS = "sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim"
NUMBER = {"agenda_no": "1", "number": "070/1/35.07.11/2026"}
SLIP = {"field": "isi ringkas", "new": "IKU 2026", "reason": "Angka tahun tertukar."}
CORRECTION = ("correction.recorded", "--case", CASE)


@pytest.fixture
def entered(desk: Desk) -> Desk:
    """Return a desk whose case has its agenda row."""
    desk.kecamatan.run(upto=9)
    desk.kecamatan.do(AGUS, STREAM, "agenda.recorded", desk.kecamatan.steps()[9][2] | {"summary": "IKU 2062"})
    return desk


def leaf_of(desk: Desk, index: int) -> str:
    with desk.kecamatan.ledger.reading() as rows:
        row = rows.entry(index)
    assert row is not None
    return row.leaf_hash.hex()


def next_of(desk: Desk, official: str) -> tuple[str, dict[str, Any]]:
    asked = ("next", CASE, "--mandate", mandate_of(official), "--url", desk.url)
    return flat(ended(run(*asked), 0).stdout), json.loads(ended(run(*asked, "--json"), 0).stdout)


# --- corrections -----------------------------------------------------------------------------------------


def test_a_slip_is_named_by_leaf_index_prefix_or_whole_and_by_its_indonesian_name(entered: Desk) -> None:
    index = entered.size() - 1
    leaf = leaf_of(entered, index)
    body = recorded(entered, entered.done(AGUS, "correction.recorded", leaf=str(index), **SLIP)).body.plain()
    assert (body["leaf"], body["field"], body["step"]) == (leaf, "summary", "10")
    assert (body["old"], body["new"]) == ("IKU 2062", "IKU 2026")
    again = SLIP | {"field": "Isi  Ringkas", "new": "IKU 2026-2030"}
    body = recorded(entered, entered.done(AGUS, "correction.recorded", leaf=leaf[:8].upper(), **again)).body.plain()
    assert (body["leaf"], body["old"]) == (leaf, "IKU 2026"), "the newest version is what is corrected"
    third = SLIP | {"field": "summary", "new": "IKU Kecamatan"}
    assert recorded(entered, entered.done(AGUS, "correction.recorded", leaf=leaf, **third)).body.plain()["leaf"] == leaf


@pytest.mark.parametrize("leaf", ["0", "999999", "abc", "abcdef01", "0" * 64, "9" * 40])
def test_a_leaf_that_is_not_of_this_case_is_said_before_any_step(leaf: str, entered: Desk) -> None:
    said = refused(entered, "correction.leaf", AGUS, *CORRECTION, leaf=leaf, **SLIP)
    assert leaf in said["detail"]
    assert "sedikitnya 8 angka" in said["allowed"]


def test_a_correction_is_not_corrected(entered: Desk) -> None:
    done = entered.done(AGUS, "correction.recorded", leaf=str(entered.size() - 1), **SLIP)
    said = refused(entered, "correction.leaf", AGUS, *CORRECTION, leaf=str(done["leaf_index"]), **SLIP)
    assert "sendiri sebuah pembetulan" in said["detail"]


def test_what_cannot_be_corrected_is_refused_with_what_can_of_that_act(entered: Desk) -> None:
    leaf = str(entered.size() - 1)
    for field in ("nomor agenda", "number.running", "keterangan", "tahun"):
        said = refused(entered, "correction.binding", AGUS, *CORRECTION, leaf=leaf, **SLIP | {"field": field})
        assert "isi ringkas (summary)" in said["allowed"]
        assert "perihal" not in said["allowed"], "that is another act's"


def test_a_correction_asks_for_all_that_it_needs_at_once_and_kinds_says_how_it_is_named(entered: Desk) -> None:
    said = refused(entered, "act.missing", AGUS, *CORRECTION)
    assert said["facts"]["missing"] == ["leaf", "field", "new", "reason"]
    page = flat(ended(run("kinds", "correction.recorded"), 0).stdout)
    for words in (
        "--set leaf=66",
        "sedikitnya 8 angka",
        "isi ringkas (summary)",
        "isi yang salah diambil dari catatan",
    ):
        assert words in page, words
    assert "--set old" not in page


def test_whose_correction_it_is_follows_from_the_corrected_act(entered: Desk) -> None:
    refused(entered, "authority.office", BUDI, *CORRECTION, leaf=str(entered.size() - 1), **SLIP)


# --- superseding -----------------------------------------------------------------------------------------


def opening(desk: Desk, **more: str) -> tuple[list[object], dict[str, str]]:
    return ["disposition.issued", "--document", desk.file("surat.pdf")], LETTER | more


def test_the_signature_of_the_superseded_case_comes_from_the_log(desk: Desk) -> None:
    desk.kecamatan.run(upto=7)
    signature = leaf_of(desk, desk.size() - 1)
    act, said = opening(desk, **{"supersedes.case": CASE})
    done = json.loads(ended(desk.act(SRI, *act, "--yes", "--json", **said), 0).stdout)
    assert recorded(desk, done).body.plain()["supersedes"] == {"case": CASE, "signature": signature}


@pytest.mark.parametrize(("upto", "words"), [(6, "belum ditandatangani"), (0, "tidak ada")])
def test_a_case_that_nobody_signed_is_not_superseded(upto: int, words: str, desk: Desk) -> None:
    desk.kecamatan.run(upto=upto)
    act, said = opening(desk, **{"supersedes.case": CASE})
    assert words in refused(desk, "case.supersedes", SRI, *act, **said)["detail"]


def test_an_opening_that_passes_over_the_iku_in_force_is_warned_of_before_it_is_signed(desk: Desk) -> None:
    desk.kecamatan.run(upto=7)
    act, said = opening(desk)
    page = flat(ended(desk.act(SRI, *act, answer="t\n", **said), 1).stdout)
    assert f"--set supersedes.case={CASE}" in page
    other = flat(ended(desk.act(SRI, *act, answer="t\n", **said | {"period.last_year": "2030"}), 1).stdout)
    assert "supersedes.case" not in other


# --- what may be done outside the path -------------------------------------------------------------------


def test_next_names_what_may_be_done_outside_the_path_by_this_office(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    words, said = next_of(desk, BUDI)
    assert said["outside"] == [{"kind": "document.returned", "step": "6", "to": ["3", "4"]}]
    assert "Di luar urutan, dengan alasan: pengembalian dokumen ke langkah 3 atau 4" in words
    words, said = next_of(desk, SRI)
    assert said["outside"] == [{"kind": "disposition.withdrawn", "step": "1"}]
    assert "penarikan disposisi (jejak act disposition.withdrawn)" in words
    words, said = next_of(desk, AGUS)
    assert (said["outside"], "Di luar urutan" in words) == ([], False)


def test_after_the_signature_nothing_leads_back(desk: Desk) -> None:
    desk.kecamatan.run(upto=7)
    assert [next_of(desk, one)[1]["outside"] for one in (SRI, BUDI)] == [[], []]


def test_next_never_allows_what_lacks_its_kelengkapan(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    ledger = desk.kecamatan.ledger
    stream, register = ledger.stream(STREAM), ledger.stream("register")
    assert stream is not None
    assert register is not None
    assert isinstance(stream.state, Case)
    assert isinstance(register.state, Register)
    bare = replace(stream, state=stream.state._replace(things=frozenset()))
    with ledger.reading() as rows:
        frontier = rows.frontier()
    for one, kinds, rule in ((stream, ["paraf.given"], None), (bare, [], "sop.kelengkapan")):
        said = advise(one, register.state, mandate_of(BUDI), frontier, MORNING)
        assert (said["kinds"], (said["why_not"] or {}).get("rule")) == (kinds, rule)
    assert "langkah 5 (Kasubag Evapor)" in said["why_not"]["allowed"]
    assert said["outside"] == []


# --- paper -----------------------------------------------------------------------------------------------


def test_paper_without_its_time_is_refused_where_nobody_can_be_asked(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    more = ("--case", CASE, "--yes", "--json", "--paper", desk.file("surat.pdf"))
    said = fault(desk.act(BUDI, "paraf.given", *more), 3, "cli.usage")
    assert "--occurred-at '2026-03-02 08.30'" in said["detail"]


def test_paper_without_its_time_asks_for_it_until_it_is_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.kecamatan.run(upto=5)
    monkeypatch.setattr(cli_sign, "on_terminal", lambda: True)
    more = ("--case", CASE, "--paper", desk.file("surat.pdf"))
    page = ended(desk.act(BUDI, "paraf.given", *more, answer="kemarin\n2026-03-02 08.30\ny\n"), 0).stdout
    assert page.count("Kapan terjadinya di kertas") == 2
    with desk.kecamatan.ledger.reading() as rows:
        row = rows.entry(rows.size() - 1)
    assert row is not None
    assert act_of(Entry.parse(row.data).envelope).occurred_at.isoformat() == "2026-03-02T08:30:00+07:00"


# --- flags before the signature --------------------------------------------------------------------------


def shown(desk: Desk, official: str, kind: str, *more: object, **said: str) -> str:
    return flat(ended(desk.act(official, kind, *more, answer="t\n", **said), 1).stdout)


def test_what_an_inspector_will_see_is_shown_before_it_is_signed(desk: Desk) -> None:
    act, said = opening(desk)
    page = shown(desk, SRI, *act, **said | {"letter.received": "2026-02-20"})  # type: ignore[arg-type]  # paths hold dots
    assert "[letter.order]" in page
    desk.kecamatan.run(upto=5)
    case = ("--case", CASE)
    assert "[claim.order]" in shown(desk, BUDI, "paraf.given", *case, "--occurred-at", "2026-03-01 08.00")
    paper = ("--paper", desk.file("surat.pdf"), "--occurred-at", "2026-03-02 08.30")
    assert "[late]" in shown(desk, BUDI, "paraf.given", *case, *paper)
    returned = shown(desk, BUDI, "document.returned", *case, to="4", reason="Satuan kosong.")
    assert "! Di luar SOP: Satuan kosong. [deviation]" in returned
    desk.kecamatan.run_from(5, 9)
    row = ROW | NUMBER | {"letter_date": "2025-12-31", "sent_date": "2025-12-30"}
    page = shown(desk, AGUS, "agenda.recorded", *case, **row)
    assert page.index("Artinya:") < page.index("[agenda.order]") < page.index("[agenda.year]")


# --- words -----------------------------------------------------------------------------------------------


def test_a_recipient_that_was_not_ordered_is_named_and_not_its_copies(entered: Desk) -> None:
    proof = {"method": "kurir", "received_by": "Petugas", "received_at": "2026-03-02T10:00:00+07:00"}
    act = ("dispatch.recorded", "--case", CASE, "--document", entered.file("bukti.jpg"))
    said = refused(entered, "case.addressee", AGUS, *act, recipient="Inspektorrat", **proof)
    assert "Inspektorat" in said["allowed"]
    refused(entered, "act.missing", AGUS, *act)


def test_members_are_shown_by_their_words_and_a_text_of_lines_hides_none(desk: Desk) -> None:
    desk.kecamatan.run(upto=4)
    reason = "Satuan kosong.\nkeputusan: disetujui"
    said = {"decision": "dikembalikan", "reason": reason}
    page = ended(desk.act(RATNA, "typing.reviewed", "--case", CASE, answer="t\n", **said), 1)
    assert "\n  keputusan: dikembalikan\n" in page.stdout
    assert "\n  keputusan: disetujui" not in page.stdout
    assert "decision" not in page.stdout


def test_a_duration_in_words_says_how_a_duration_is_written(desk: Desk) -> None:
    said = {"step": "4", "cell": "waktu", "reading": "dua hari, tiga jam", "ground": "Rapat."}
    fault_ = refused(desk, "act.field", SRI, "reading.confirmed", "--sop", IKU_SOP, **said)
    assert "30 menit, 2 jam, atau 2 hari kerja" in fault_["allowed"]


def test_one_value_of_a_list_is_a_list_of_one(desk: Desk) -> None:
    act: Act = signed(desk, SRI, "numbering.enacted", classifications="070", office_code="35.07.11")
    assert act.body.plain()["classifications"] == ["070"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--from", "kemarin"), "--from bukan tanggal"),
        (("--to", "kemarin"), "--to bukan tanggal"),
        (("--from", "2026-03-03", "--to", "2026-03-02"), "--from"),
        (("--official", "tidak-ada"), "jejak trail register"),
        (("--stream", CASE), "jejak cases"),
    ],
)
def test_a_search_is_refused_in_the_words_that_were_typed(words: tuple[str, ...], named: str, desk: Desk) -> None:
    result = run("search", *words, "--url", desk.url)
    assert named in flat(result.stderr)
    assert "/v1/" not in result.stderr
    assert "Alamat: bagian" not in result.stderr
    assert "%2B" not in result.stderr


def test_no_refusal_of_a_draft_sends_a_person_to_an_address(desk: Desk) -> None:
    said = refused(desk, "sop.unknown", SRI, "numbering.enacted", "--sop", "belum-ada", classifications="070",
                   office_code="35.07.11")  # fmt: skip
    assert said["allowed"] == "SOP yang ada: jejak sop list."
    unknown = run("next", CASE, "--mandate", "tidak-ada", "--url", desk.url)
    assert "jejak cases" in unknown.stderr
    desk.kecamatan.run(upto=1)
    unknown = run("next", CASE, "--mandate", "tidak-ada", "--url", desk.url)
    assert "jejak trail register" in unknown.stderr


def test_the_sops_of_a_ledger_are_listed_with_what_was_enacted_beside_them(desk: Desk) -> None:
    page = flat(ended(run("sop", "list", "--url", desk.url), 0).stdout)
    assert "Keadaan berlaku" in page
    assert desk.kecamatan.sop_leaf in page
    assert page.count("belum ditetapkan") == 2
    signed(desk, SRI, "sop.superseded", reason="Diganti.")
    assert "Keadaan dicabut di daun" in flat(ended(run("sop", "list", "--url", desk.url), 0).stdout)
    said = json.loads(ended(run("sop", "list", "--url", desk.url, "--json"), 0).stdout)
    assert [one["in_force"] for one in said["sops"]] == [False]
