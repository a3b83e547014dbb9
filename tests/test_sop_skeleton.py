"""A skeleton of an SOP: whole from the start, honest about what is still open, and never enacted by accident."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import strict_json
from keys.errors import Malformed, NotAllowed
from ledger.sop import MAX_BYTES, Sop
from ledger.sop_findings import findings, require_filled, unfilled
from ledger.sop_skeleton import MOST_STEPS, PLACEHOLDER, open_texts, skeleton
from tests.kit import CASE, the_sop
from tests.scene import opened_scene
from tests.test_cli import Desk, desk, ended, fault, opened, run

__all__ = ["desk", "opened"]  # the served kecamatan of the command line's tests

Json = dict[str, Any]

#: What a clerk writes for the short names; the offices are those that have holders.
NAMES = {
    "isi-nama-sop": "legalisasi-surat",
    "isi-unit": "kalipare",
    "isi-syarat": "surat-asli",
    "isi-pelaksana-1": "staf",
    "isi-pelaksana-2": "kasubag-umum",
}
#: What the office's paper says where a cell holds no text.
READINGS: dict[str, tuple[str, Any]] = {
    "created": ("5 Januari 2026", "2026-01-05"),
    "revised": ("12 Januari 2026", "2026-01-12"),
    "effective": ("19 Januari 2026", "2026-01-19"),
    "nip": ("NIP. 19800101 200501 1 001", "198001012005011001"),
    "legal_basis": ("Peraturan Bupati No. 46 Tahun 2017", {"form": "Peraturan Bupati", "number": "46", "year": 2017}),
    "waktu": ("10 menit", {"amount": 10, "unit": "menit"}),
}


def filled(value: Any, member: str = "") -> Any:
    """Return the skeleton as a clerk fills it in: texts, short names, readings; notes are taken out."""
    if isinstance(value, list):
        return [filled(one, member) for one in value]
    if isinstance(value, str):
        name = re.fullmatch(r"isi-hasil-([0-9]+)", value)
        return f"hasil-{name[1]}" if name else NAMES.get(value, value.removeprefix(PLACEHOLDER).strip())
    if not isinstance(value, dict):
        return value
    kept = {name: one for name, one in value.items() if name not in ("note", "source_note")}
    if value.get("raw", "").startswith(PLACEHOLDER) and value["basis"] == "tidak-terbaca":
        raw, reading = READINGS[member]
        kept |= {"raw": raw, "reading": reading, "basis": "sumber"}
        return kept
    return {name: filled(one, name if isinstance(one, dict | list) else member) for name, one in kept.items()}


def a_filled(steps: int = 3) -> Json:
    done: Json = filled(json.loads(skeleton(steps)))
    return done


# --- as it is written -------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", range(1, MOST_STEPS + 1))
def test_a_skeleton_of_any_length_can_be_followed_and_fits_an_act(steps: int) -> None:
    made = Sop.parse(skeleton(steps))
    assert [step.no for step in made.steps] == [str(at) for at in range(1, steps + 1)]
    assert [step.no for step in made.steps if step.is_decision] == ([str(steps - 1)] if steps > 2 else [])
    assert len(strict_json.dumps(made.plain())) < MAX_BYTES * 3 / 4, "there is room for the office's own words"


@pytest.mark.parametrize("steps", [-1, 0, MOST_STEPS + 1])
def test_a_skeleton_that_would_not_fit_or_has_no_step_is_refused(steps: int) -> None:
    with pytest.raises(Malformed) as caught:
        skeleton(steps)
    assert caught.value.rule == "sop.steps"
    assert str(MOST_STEPS) in caught.value.allowed


def test_a_title_that_is_given_is_no_longer_asked_for() -> None:
    made = Sop.parse(skeleton(title="Legalisasi Surat"))
    assert (made.title, made.identity.name.reading) == ("Legalisasi Surat", "Legalisasi Surat")
    assert not {"judul", "identitas, Nama SOP"} & {one.where for one in unfilled(made)}
    with pytest.raises(Malformed):
        skeleton(title="dua\nbaris")


def test_every_kind_of_cell_is_explained_where_it_stands_first() -> None:
    text = skeleton(3).decode()
    explained = re.findall(r'"ISI: petunjuk ([a-z]+(?: [a-z]+)?)', text, re.IGNORECASE)
    assert explained == [
        "berkas ini",
        "setiap sel",
        "tanggal",
        "NIP",
        "peraturan",
        "daftar",
        "langkah",
        "pelaksana",
        "kelengkapan dan",
        "waktu",
    ]
    for word in ("raw", "reading", "basis", "note", "seats", "bound", "activities", "next", "when", "column", "unit"):
        assert word in " ".join(re.findall(r'"(?:source_)?note": "(.*)"', text)), word


def test_nothing_of_ours_can_pass_for_the_offices_own_figure() -> None:
    made = Sop.parse(skeleton(5))
    cells = [made.identity.created, made.identity.revised, made.identity.effective, made.identity.approved_by.nip]
    assert {cell.reading for cell in [*cells, *(step.waktu for step in made.steps)]} == {None}


# --- what is still open -----------------------------------------------------------------------------------


def test_every_text_to_be_written_is_a_finding_with_its_place() -> None:
    made = Sop.parse(skeleton(2))
    found = findings(made)
    assert {(one.rule, one.weight) for one in found} == {("placeholder", "belum")}
    places = [one.where for one in found]
    assert len(set(places)) == len(places)
    assert {
        "nama pendek SOP",
        "judul",
        "dokumen",
        "catatan sumber",
        "identitas, Nomor SOP",
        "identitas, Disahkan oleh (NIP)",
        "identitas, Dasar Hukum (1)",
        "judul tabel langkah",
        "daftar pelaksana (2)",
        "daftar kelengkapan dan hasil (3)",
        "langkah 1, waktu",
        "langkah 2, pelaksana",
    } <= set(places)


@given(st.data())
def test_one_text_that_is_forgotten_is_found_wherever_it_stands(data: st.DataObject) -> None:
    value = a_filled(2)
    value["source_note"] = "Disalin dari naskah."
    value["steps"][0]["kegiatan"]["note"] = "Catatan kantor."
    texts = [one for one in places_of(value) if one[-1] in ("raw", "title", "note", "source_note", "name")]
    path = data.draw(st.sampled_from(texts))
    holder = value
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = f"{PLACEHOLDER} apa saja"
    (waiting,) = unfilled(Sop.read(value, "sop.form", "SOP"))
    assert waiting.where in {one.where for one in unfilled(Sop.parse(skeleton(2)))}


def places_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, str):
        return [path] if value else []
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for name, one in parts for place in places_of(one, (*path, name))]


def test_a_hint_left_in_a_note_is_told_as_a_hint() -> None:
    value = a_filled()
    value["steps"][1]["waktu"]["note"] = f"{PLACEHOLDER} seperti waktu langkah 1."
    (waiting,) = unfilled(Sop.read(value, "sop.form", "SOP"))
    assert (waiting.where, waiting.sentence.split(":")[0]) == (
        "langkah 2, waktu",
        "Petunjuk dari kerangka masih ada di catatan",
    )


def test_a_finished_sop_waits_for_nothing_and_what_is_open_hides_no_other_finding() -> None:
    require_filled(the_sop())
    assert unfilled(the_sop()) == []
    value = copy.deepcopy(the_sop().plain())
    value["title"] = f"{PLACEHOLDER} judul"
    waiting, *others = findings(Sop.read(value, "sop.form", "SOP"))
    assert (waiting.rule, waiting.where) == ("placeholder", "judul")
    assert others == findings(the_sop())


def test_an_sop_that_is_not_filled_in_is_refused_with_its_first_place() -> None:
    value = a_filled()
    value["steps"][2]["output"]["raw"] = f"{PLACEHOLDER} output"
    with pytest.raises(NotAllowed) as caught:
        require_filled(Sop.read(value, "sop.form", "SOP"))
    assert caught.value.rule == "sop.placeholder"
    assert caught.value.facts["places"] == ["langkah 3, output"]
    assert "langkah 3, output" in caught.value.detail
    assert "jejak sop check" in caught.value.allowed


# --- filled in --------------------------------------------------------------------------------------------


def test_a_skeleton_that_is_filled_in_enacts_and_a_case_runs_to_its_end() -> None:
    value = a_filled()
    assert list(open_texts(value)) == []
    sop = Sop.parse(json.dumps(value).encode())
    assert {one.rule for one in findings(sop)} == {"no-source"}, "what is brought from outside to step 1"
    scene = opened_scene()
    leaf = scene.do("sri-wahyuni", f"sop:{sop.slug}", "sop.enacted", {"sop": value}).recorded.leaf
    opening = {"step": "1", "sop": {"slug": sop.slug, "leaf": leaf}, "subject": "Legalisasi surat kuasa"}
    scene.do("agus-salim", CASE, "activity.performed", opening)
    back = {"step": "2", "decision": "perbaiki", "reason": "Surat asli belum dibawa."}
    scene.do("hadi-wijaya", CASE, "activity.decided", back)
    scene.do("agus-salim", CASE, "activity.performed", {"step": "1"})
    scene.do("hadi-wijaya", CASE, "activity.decided", {"step": "2", "decision": "setuju"})
    assert not scene.case().finished
    scene.do("agus-salim", CASE, "activity.performed", {"step": "3"})
    assert scene.case().finished


# --- on the command line ----------------------------------------------------------------------------------


def test_sop_new_writes_a_file_that_sop_check_lists_and_does_not_pass(tmp_path: Path) -> None:
    file = tmp_path / "sop.json"
    page = ended(run("sop", "new", "-o", file, "--steps", "3", "--title", "Legalisasi Surat"), 0).stdout
    assert file.read_bytes() == skeleton(3, "Legalisasi Surat")
    count = len(unfilled(Sop.parse(file.read_bytes())))
    assert f"{count} tempat untuk diisi" in page
    checked = ended(run("sop", "check", file), 1).stdout
    assert f"Belum diisi: {count}\n" in checked
    assert "SOP ini belum dapat ditetapkan" in checked
    said = json.loads(ended(run("sop", "check", file, "--json"), 1).stdout)
    assert {one["weight"] for one in said["findings"]} == {"belum"}
    said = json.loads(ended(run("sop", "new", "-o", tmp_path / "lain.json", "--json"), 0).stdout)
    assert (said["steps"], said["file"]) == (4, str(tmp_path / "lain.json"))


def test_sop_new_writes_nothing_over_and_refuses_too_many_steps(tmp_path: Path) -> None:
    file = tmp_path / "sop.json"
    file.write_text("milik saya")
    fault(run("sop", "new", "-o", file, "--json"), 1, "file.exists")
    assert file.read_text() == "milik saya"
    fault(run("sop", "new", "-o", tmp_path / "lain.json", "--steps", "99", "--json"), 1, "sop.steps")
    assert not (tmp_path / "lain.json").exists()


def test_sop_check_shows_the_procedure_as_it_will_run(tmp_path: Path) -> None:
    file = tmp_path / "sop.json"
    file.write_text(json.dumps(a_filled()), encoding="utf-8")
    page = ended(run("sop", "check", file), 0).stdout
    assert re.search(r"2 +kegiatan langkah 2 +kepala kolom +10 menit +hasil langkah 2 +3 \(bila setuju\)", page)
    assert re.search(r"3 +kegiatan .* selesai\n", page)
    assert "Belum diisi" not in page


@pytest.mark.parametrize("given_as", ["--document", "--body"])
def test_an_sop_with_something_left_to_fill_in_is_not_signed(desk: Desk, given_as: str) -> None:
    value = a_filled()
    value["steps"][0]["waktu"] = {"raw": "", "basis": "tidak-terbaca", "note": f"{PLACEHOLDER} waktu"}
    said = value if given_as == "--document" else {"sop": value}
    file, size = desk.file("sop.json", json.dumps(said).encode()), desk.size()
    refused = desk.act("sri-wahyuni", "sop.enacted", given_as, file, "--yes", "--json")
    assert fault(refused, 1, "sop.placeholder")["facts"]["places"] == ["langkah 1, waktu"]
    assert desk.size() == size
    del value["steps"][0]["waktu"]["note"]
    desk.file("sop.json", json.dumps(said).encode())
    ended(desk.act("sri-wahyuni", "sop.enacted", given_as, file, "--yes"), 0)
    assert desk.size() == size + 1
