"""The SOP as data: nothing of the source is lost or invented, and what cannot be followed is refused."""

from __future__ import annotations

import copy
import doctest
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ledger.sop
from keys import strict_json
from keys.errors import Malformed, NotAllowed, Refused
from keys.fields import Fact
from ledger.sop import MAX_BYTES, MAX_FILE_BYTES, Cell, Sop, check
from ledger.sop_findings import Finding, findings
from tests.activity_sop import activity_sop

SEED = (Path(__file__).parent / "data" / "sop-penyusunan-iku.txt").read_text("utf-8")
DATA = (Path(ledger.sop.__file__).parent / "sops" / "penyusunan-iku.json").read_bytes()
SOP = Sop.parse(DATA)

Json = dict[str, Any]
Change = Callable[[Json], object]


def changed(*changes: Change) -> bytes:
    """Return the real SOP with something done to its JSON."""
    value = strict_json.loads(DATA)
    for change in changes:
        change(value)
    return json.dumps(value, ensure_ascii=False).encode()


def put(value: object, *path: str | int) -> Change:
    def change(sop: Any) -> None:
        for name in path[:-1]:
            sop = sop[name]
        sop[path[-1]] = copy.deepcopy(value)

    return change


def drop(*path: str | int) -> Change:
    def change(sop: Any) -> None:
        for name in path[:-1]:
            sop = sop[name]
        del sop[path[-1]]

    return change


def text(raw: str) -> Json:
    return {"raw": raw, "reading": raw, "basis": "sumber"}


# ---------------------------------------------------------------- the source, read a second time

PARTS = [[line.split("\t") for line in part.split("\n")] for part in SEED.split("\n\n")]
HEAD, LISTS, TITLE, TABLE = PARTS
FRAGMENTS = {"Da": "Dasar Hukum", "Ke": "Keterkaitan", "Pe": "Peringatan"}
LABELS = {
    "Nomor SOP": ["number"],
    "Tanggal Pembuatan": ["created"],
    "Tanggal Revisi": ["revised"],
    "Tanggal Efektif": ["effective"],
    "Disahkan oleh": [f"approved_by.{part}" for part in ("title", "name", "rank", "nip")],
    "Nama SOP": ["name"],
}
BLOCKS = {
    "Dasar Hukum": "legal_basis",
    "Kualifikasi pelaksana": "qualifications",
    "Keterkaitan": "related",
    "Peralatan/perlengkapan": "equipment",
    "Peringatan": "warning",
    "Pencatatan dan pendataan": "records",
}
COLUMNS = ("Pelaksana", "Mutu Baku", "No.", "Kegiatan", "Kelengkapan", "Waktu", "Output", "Keterangan")


def identity_of_the_source() -> dict[str, list[str]]:
    """Return label -> values of the first ten rows; a blank label continues the one above."""
    values: dict[str, list[str]] = {}
    label = ""
    for _, left, value in HEAD:
        label = left or label
        values.setdefault(label, []).append(value)
    return values


def blocks_of_the_source() -> dict[str, list[tuple[str, str]]]:
    """Return heading -> (number, text) of the two-column part; an unnumbered left line continues the last."""
    blocks: dict[str, list[tuple[str, str]]] = {}
    left = right = ""
    for row in LISTS:
        if row[1] in BLOCKS:
            left, right = row[1], row[3]
            blocks[left], blocks[right] = [], []
            continue
        if row[0]:
            blocks[left].append((row[0], row[1]))
        elif row[1]:
            number, above = blocks[left].pop()
            blocks[left].append((number, f"{above}\n{row[1]}"))
        if re.fullmatch(r"\d+\.", row[2]):
            blocks[right].append((row[2], row[3]))
        elif row[2]:
            blocks[right].append(("", row[2]))
    return blocks


def raw_at(path: str) -> str:
    value: Any = SOP.identity
    for name in path.split("."):
        value = getattr(value, name)
    return str(value.raw)


def raws(value: object) -> Iterator[str]:
    """Yield every raw piece that the JSON keeps: texts by line, list numbers, step numbers."""
    if isinstance(value, dict):
        if "raw" in value:
            yield from value["raw"].split("\n")
            yield value.get("number", "")
            return
        if "kegiatan" in value:
            yield value["no"]
        for member in value.values():
            yield from raws(member)
    elif isinstance(value, list):
        for member in value:
            yield from raws(member)


def test_every_piece_of_the_source_stands_in_the_data_exactly_as_often_and_nothing_else_does() -> None:
    headings = [*LABELS, *BLOCKS, *FRAGMENTS, *COLUMNS, *(office.name for office in SOP.offices)]
    kept = Counter(piece for piece in raws(strict_json.loads(DATA)) if piece)
    assert kept + Counter(headings) == Counter(piece for part in PARTS for row in part for piece in row if piece)


def test_each_stray_fragment_of_the_source_begins_the_heading_beside_it_and_is_mentioned() -> None:
    beside = {row[0]: row[1] for row in LISTS if row[1] in BLOCKS}
    assert beside == FRAGMENTS
    for fragment, heading in FRAGMENTS.items():
        assert heading.startswith(fragment)
        assert f'"{fragment}"' in (SOP.source_note or "")


def test_every_identity_line_stands_under_its_label() -> None:
    assert {label: [raw_at(path) for path in paths] for label, paths in LABELS.items()} == (identity_of_the_source())
    assert [cell.raw for cell in SOP.identity.institution] == [row[0] for row in HEAD if row[0]]


def test_every_list_of_the_identity_keeps_its_lines_and_numbers() -> None:
    kept = {}
    for heading, member in BLOCKS.items():
        value = getattr(SOP.identity, member)
        cells: tuple[Any, ...] = value if isinstance(value, tuple) else (value,)
        kept[heading] = [(getattr(cell, "number", ""), cell.raw) for cell in cells if cell.raw]
    assert kept == blocks_of_the_source()


def test_every_cell_of_the_table_stands_in_its_row_and_column() -> None:
    columns, rows = TABLE[1], TABLE[2:]
    assert [[SOP.heading.raw]] == TITLE
    assert columns[2:7] == [office.name for office in SOP.offices]
    assert len(rows) == len(SOP.steps) == 10
    for step, row in zip(SOP.steps, rows, strict=True):
        marks = [step.pelaksana.raw if step.pelaksana.column == office.office else "" for office in SOP.offices]
        cells: list[Cell[Any]] = [step.kelengkapan, step.waktu, step.output, step.keterangan]
        assert [step.no, step.kegiatan.raw, *marks, *(cell.raw for cell in cells)] == row


@pytest.mark.parametrize("slip", ["Organsasi", "excell", "S'Pd", "II hari", "070 / / 35.07.11/2019"])
def test_the_slips_of_the_source_are_kept(slip: str) -> None:
    assert slip in "\n".join(raws(strict_json.loads(DATA)))


def test_the_readings_are_those_of_the_domain() -> None:
    def row(no: str) -> tuple[str, str, tuple[str, ...], tuple[str, ...], tuple[int, str] | None]:
        step = SOP.step(no)
        time = step.waktu.reading
        return (
            SOP.office_of(step).office,
            step.pelaksana.basis,
            step.needs,
            step.gives,
            (time.amount, time.unit) if time else None,
        )

    signed = ("iku-ditandatangani",)
    assert [row(step.no) for step in SOP.steps] == [
        ("camat", "tanda", ("surat-masuk",), ("disposisi",), (10, "menit")),
        ("sekcam", "disimpulkan", ("disposisi",), ("disposisi",), (20, "menit")),
        ("kasubag-evapor", "disimpulkan", ("disposisi",), ("konsep-iku",), None),
        ("staf", "disimpulkan", ("konsep-iku",), ("konsep-iku",), None),
        ("kasubag-evapor", "tanda", ("konsep-iku",), ("iku",), (30, "menit")),
        ("sekcam", "disimpulkan", ("iku",), ("iku-diparaf",), None),
        ("camat", "disimpulkan", ("iku-diparaf",), signed, None),
        ("sekcam", "tanda", signed, signed, None),
        ("kasubag-umum", "disimpulkan", signed, signed, (5, "menit")),
        ("staf", "disimpulkan", signed, ("agenda-surat-keluar", "bukti-pengiriman"), (15, "menit")),
    ]


def test_the_way_goes_straight_but_for_the_return_of_step_5() -> None:
    ways = {step.no: [(way.to, way.when) for way in step.next] for step in SOP.steps}
    straight = {str(n): [(str(n + 1), None)] for n in range(1, 10)}
    assert ways == straight | {"5": [("6", "approved"), ("4", "returned")], "10": []}
    assert [step.no for step in SOP.steps if step.is_decision] == ["5"]
    assert SOP.step("4").again == ("concept.revised",)


def test_what_belongs_to_a_draft_is_bound_and_letters_and_proofs_are_not() -> None:
    assert [thing.thing for thing in SOP.things if thing.bound] == [
        "konsep-iku",
        "iku",
        "iku-diparaf",
        "iku-ditandatangani",
    ]


# ---------------------------------------------------------------- the wire format


def test_an_sop_written_out_reads_back_as_the_same_sop() -> None:
    assert SOP.plain() == strict_json.loads(DATA)
    assert Sop.parse(strict_json.dumps(SOP.plain())) == SOP


def test_an_sop_carried_in_another_fact_is_the_same_sop() -> None:
    class Carrier(Fact):
        sop: Sop

    assert Carrier.read({"sop": SOP.plain()}, "carrier", "Isi").sop == SOP


def test_the_examples_in_the_text_of_the_format_hold() -> None:
    result = doctest.testmod(ledger.sop)
    assert (result.attempted > 0, result.failed) == (True, 0)


@given(st.binary(max_size=60) | st.recursive(st.none() | st.text(), st.lists).map(lambda v: json.dumps(v).encode()))
def test_bytes_that_are_no_sop_are_refused_and_nothing_foreign_leaks(data: bytes) -> None:
    with pytest.raises(Malformed):
        Sop.parse(data)


@st.composite
def damages(draw: st.DrawFn) -> bytes:
    """Replace one member, anywhere in the real SOP, by something else."""
    value = strict_json.loads(DATA)
    at: Any = value
    while True:
        names = list(at) if isinstance(at, dict) else list(range(len(at)))
        name = draw(st.sampled_from(names))
        below = at[name]
        if not (isinstance(below, dict | list) and below) or draw(st.integers(0, 5)) == 0:
            at[name] = draw(st.sampled_from([None, "", "xx", 1, True, [], {}, ["xx"], {"to": "1"}]))
            return json.dumps(value, ensure_ascii=False).encode()
        at = below


@settings(deadline=None)
@given(damages())
def test_a_damaged_sop_is_refused_in_words_or_reads_back_as_it_was_written(data: bytes) -> None:
    try:
        sop = Sop.parse(data)
    except Refused as refused:
        refusal = refused
    else:
        assert sop.plain() == strict_json.loads(data)
        assert all(finding.sentence for finding in findings(sop))
        return
    assert refusal.rule.startswith(("sop.", "json."))
    assert refusal.detail


MALFORMED_FORMS = [
    ("an unknown member is refused", put("x", "steps", 0, "warna"), "sop.form"),
    ("a float is refused", put(0.5, "steps", 0, "waktu", "reading", "amount"), "json.float"),
    ("a number written as text is refused", put("10", "steps", 0, "waktu", "reading", "amount"), "sop.form"),
    ("an unknown unit of time is refused", put("bulan", "steps", 0, "waktu", "reading", "unit"), "sop.form"),
    ("a day that does not exist is refused", put("2016-02-30", "identity", "created", "reading"), "sop.form"),
    ("an absent reading written as null is refused", put(None, "steps", 3, "waktu", "reading"), "sop.form"),
    ("another format is refused", put("jejak.sop/2", "format"), "sop.form"),
    ("an SOP without steps is refused", put([], "steps"), "sop.form"),
    ("a step without an activity is refused", put([], "steps", 0, "activities"), "sop.form"),
    ("a missing cell is refused", drop("steps", 0, "waktu"), "sop.form"),
    (
        "a cell that is read although nothing is known is refused",
        put("tidak-terbaca", "steps", 0, "waktu", "basis"),
        "sop.form",
    ),
    (
        "a cell that is known but not read is refused",
        put({"raw": "II hari", "basis": "sumber"}, "steps", 3, "waktu"),
        "sop.form",
    ),
    (
        "a blank cell that claims to be read from the source is refused",
        put({"raw": "", "reading": "Awas", "basis": "sumber"}, "identity", "warning"),
        "sop.form",
    ),
    ("an inference without a reason is refused", drop("steps", 1, "pelaksana", "note"), "sop.form"),
    ("an unreadable text without a reason is refused", drop("steps", 3, "waktu", "note"), "sop.form"),
    (
        "a confirmation that does not say whose is refused",
        put({"raw": "", "reading": "Awas", "basis": "dikonfirmasi"}, "identity", "warning"),
        "sop.form",
    ),
    (
        "an actor mark outside the actor columns is refused",
        put("tanda", "steps", 0, "kegiatan", "basis"),
        "sop.form",
    ),
    (
        "an actor read against the column of its mark is refused",
        put("staf", "steps", 0, "pelaksana", "column"),
        "sop.form",
    ),
    ("an actor mark without a column is refused", drop("steps", 0, "pelaksana", "column"), "sop.form"),
    ("a column without a mark is refused", put("staf", "steps", 3, "pelaksana", "column"), "sop.form"),
]


@pytest.mark.parametrize(
    ("change", "rule"), [case[1:] for case in MALFORMED_FORMS], ids=[c[0] for c in MALFORMED_FORMS]
)
def test_form(change: Change, rule: str) -> None:
    with pytest.raises(Malformed) as refused:
        Sop.parse(changed(change))
    assert refused.value.rule == rule


def test_an_sop_that_would_not_fit_in_its_envelope_is_refused() -> None:
    notes = [put("x" * 3900, "steps", n, "kegiatan", "note") for n in range(7)]
    with pytest.raises(Malformed) as refused:
        Sop.parse(changed(*notes))
    assert (refused.value.rule, refused.value.allowed) == ("sop.size", f"Paling besar {MAX_BYTES} bita.")


def test_a_file_beyond_its_limit_is_refused_unread() -> None:
    with pytest.raises(Malformed) as refused:
        Sop.parse(b"{" * (MAX_FILE_BYTES + 1))
    assert refused.value.rule == "sop.size"


# ---------------------------------------------------------------- what cannot be followed


def again(step: int, *kinds: str) -> Change:
    return put(list(kinds), "steps", step, "again")


def twice(member: str) -> Change:
    def change(sop: Json) -> None:
        sop[member].append(sop[member][0])

    return change


def lost_actor(sop: Json) -> None:
    sop["steps"][1]["pelaksana"] = {"raw": "", "basis": "tidak-terbaca"}


def decided(*ways: Json) -> Change:
    """Make step 5 a decision of the SOP's own, with these ways on."""

    def change(sop: Json) -> None:
        sop["steps"][4] |= {"activities": ["activity.decided"], "next": list(ways)}

    return change


def strange_column(sop: Json) -> None:
    sop["steps"][0]["pelaksana"] |= {"column": "lurah", "basis": "dikonfirmasi"}


UNFOLLOWABLE = [
    ("an unknown office is refused", put("lurah", "steps", 1, "pelaksana", "reading"), "sop.office"),
    ("a step without an actor is refused", lost_actor, "sop.office"),
    ("a mark in an unknown column is refused", strange_column, "sop.office"),
    ("an unknown thing needed is refused", put(["peta"], "steps", 2, "kelengkapan", "reading"), "sop.thing"),
    ("an unknown thing given is refused", put(["peta"], "steps", 2, "output", "reading"), "sop.thing"),
    ("an unknown next step is refused", put([{"to": "77"}], "steps", 2, "next"), "sop.next"),
    ("a step number that stands twice is refused", put("9", "steps", 9, "no"), "sop.duplicate"),
    ("an office that stands twice is refused", twice("offices"), "sop.duplicate"),
    ("a thing that stands twice is refused", twice("things"), "sop.duplicate"),
    ("a step that no way leads to is refused", put([{"to": "4"}], "steps", 1, "next"), "sop.unreachable"),
    ("an SOP without an end is refused", put([{"to": "8"}], "steps", 9, "next"), "sop.end"),
    (
        "a step from which no end can be reached is refused",
        # Steps 6 and 7 turn in a circle; only a return at 5 reaches the end, by way of 8.
        lambda sop: (
            put([{"to": "6"}], "steps", 6, "next")(sop),
            put("8", "steps", 4, "next", 1, "to")(sop),
        ),
        "sop.end",
    ),
    (
        "a decision with one way is refused",
        decided({"to": "6", "when": "ya"}),
        "sop.decision",
    ),
    (
        "a decision way without an outcome is refused",
        decided({"to": "6", "when": "ya"}, {"to": "4"}),
        "sop.decision",
    ),
    (
        "a decision with one outcome twice is refused",
        decided({"to": "6", "when": "ya"}, {"to": "4", "when": "ya"}),
        "sop.decision",
    ),
    (
        "a typing review with an outcome of its own invention is refused",
        put("maybe", "steps", 4, "next", 1, "when"),
        "sop.decision",
    ),
    (
        "a decision mixed with another activity is refused",
        put(["typing.reviewed", "concept.typed"], "steps", 4, "activities"),
        "sop.decision",
    ),
    (
        "two decisions in one step are refused",
        put(["typing.reviewed", "activity.decided"], "steps", 4, "activities"),
        "sop.decision",
    ),
    ("a decision that is none when entered again is refused", again(4, "concept.typed"), "sop.decision"),
    (
        "an execution with an outcome is refused",
        put([{"to": "3", "when": "approved"}], "steps", 1, "next"),
        "sop.decision",
    ),
    (
        "an execution with two ways is refused",
        put([{"to": "3"}, {"to": "4"}], "steps", 1, "next"),
        "sop.decision",
    ),
    ("an unknown activity is refused", put(["concept.sung"], "steps", 2, "activities"), "sop.activity"),
    ("an unknown activity after a return is refused", again(3, "concept.sung"), "sop.activity"),
    (
        "a first step that cannot open the case is refused",
        put(["direction.given"], "steps", 0, "activities"),
        "sop.first",
    ),
]


@pytest.mark.parametrize(("change", "rule"), [case[1:] for case in UNFOLLOWABLE], ids=[c[0] for c in UNFOLLOWABLE])
def test_procedure(change: Change, rule: str) -> None:
    data = changed(change)
    with pytest.raises((Malformed, NotAllowed)) as refused:
        Sop.parse(data)
    assert refused.value.rule == rule
    embedded = Sop.read(strict_json.loads(data), "sop.form", "SOP")
    with pytest.raises((Malformed, NotAllowed)) as again_refused:
        check(embedded)
    assert again_refused.value.rule == rule


def test_an_sop_without_an_end_is_told_apart_from_a_step_that_misses_it() -> None:
    with pytest.raises(NotAllowed, match="tidak punya langkah penutup"):
        Sop.parse(changed(put([{"to": "8"}], "steps", 9, "next")))


def test_a_second_sop_needs_no_code() -> None:
    def other(sop: Json) -> None:
        for step in sop["steps"]:
            step["activities"] = ["activity.performed"]
            step.pop("again", None)
        sop["steps"][4]["activities"] = ["activity.decided"]
        sop["steps"][4]["next"] = [
            {"to": to, "when": when} for to, when in (("6", "diterima"), ("4", "kurang"), ("3", "ditolak"))
        ]

    assert Sop.parse(changed(other)).step("5").is_decision


def test_what_the_sop_does_not_have_is_not_found() -> None:
    for look_up, rule in (
        (lambda: SOP.step("11"), "sop.step"),
        (lambda: SOP.office("lurah"), "sop.office"),
        (lambda: SOP.thing("peta"), "sop.thing"),
    ):
        with pytest.raises(Refused) as missing:
            look_up()
        assert missing.value.rule == rule
    assert (SOP.first.no, SOP.office("staf").seats, SOP.thing("iku").bound) == ("1", "many", True)


# ---------------------------------------------------------------- what an inspector would raise


def raised(*changes: Change, rule: str) -> list[str]:
    """Return where ``rule`` raises something on the real SOP with these changes."""
    return [finding.where for finding in findings(Sop.parse(changed(*changes))) if finding.rule == rule]


def confirmed(reading: object) -> Json:
    return {"raw": "", "reading": reading, "basis": "dikonfirmasi", "note": "Dipastikan Camat."}


def test_the_blank_register_number_is_found_until_it_is_filled_in() -> None:
    assert raised(rule="number-gap") == ["identitas, Nomor SOP"]
    assert raised(put(text("070 / 12 / 35.07.11/2019"), "identity", "number"), rule="number-gap") == []


def test_the_empty_warning_and_four_blank_durations_are_found_until_they_are_filled_in() -> None:
    steps = (2, 5, 6, 7)
    assert raised(rule="blank") == [
        "identitas, Peringatan",
        *(f"langkah {n + 1}, waktu" for n in steps),
    ]
    hour = confirmed({"amount": 1, "unit": "jam"})
    mend = [put(hour, "steps", n, "waktu") for n in steps]
    assert raised(*mend, put(confirmed("Awas"), "identity", "warning"), rule="blank") == []


def test_an_empty_list_of_the_identity_is_found() -> None:
    assert "identitas, Dasar Hukum" in raised(put([], "identity", "legal_basis"), rule="blank")
    assert "identitas, Dasar Hukum" not in raised(rule="blank")


def test_the_duration_that_cannot_be_read_is_found_until_the_office_confirms_it() -> None:
    assert raised(rule="unreadable") == ["langkah 4, waktu"]
    two_days = confirmed({"amount": 2, "unit": "hari-kerja"}) | {"raw": "II hari"}
    assert raised(put(two_days, "steps", 3, "waktu"), rule="unreadable") == []


def test_the_remark_that_names_another_sop_is_found_until_the_names_agree() -> None:
    found = [finding for finding in findings(SOP) if finding.rule == "unknown-sop"]
    assert [finding.where for finding in found] == ["langkah 8, keterangan"]
    assert '"SOP Pengiriman"' in found[0].sentence
    assert '"SOP Pengiriman Renja"' in found[0].sentence
    assert raised(put(text("Lihat SOP Pengiriman Renja."), "steps", 7, "keterangan"), rule="unknown-sop") == []
    mended = put({"number": "2.", **text("SOP  pengiriman")}, "identity", "related", 1)
    assert raised(mended, rule="unknown-sop") == []


def test_the_incoming_letter_that_nobody_receives_is_found_until_a_step_receives_it() -> None:
    assert raised(rule="no-source") == ["langkah 1, kelengkapan"]

    def receive(sop: Json) -> None:
        step = copy.deepcopy(sop["steps"][8])
        step |= {"no": "1a", "activities": ["activity.performed"], "next": [{"to": "1"}]}
        step["kelengkapan"] = {**text("-"), "reading": []}
        step["output"] = {**text("Surat Masuk"), "reading": ["surat-masuk"]}
        sop["steps"].insert(0, step)

    assert raised(receive, rule="no-source") == []


@pytest.mark.parametrize(
    ("step", "needs"),
    [(2, ["iku-diparaf"]), (3, ["konsep-iku", "iku"])],
    ids=["only a later step gives it", "it comes by a return only"],
)
def test_a_step_that_can_be_come_to_without_what_it_needs_is_refused(step: int, needs: list[str]) -> None:
    with pytest.raises(NotAllowed) as refused:
        Sop.parse(changed(put(needs, "steps", step, "kelengkapan", "reading")))
    assert refused.value.rule == "sop.source"
    assert f"Langkah {step + 1}" in refused.value.detail


def test_what_only_one_of_two_ways_gives_does_not_open_the_step_where_they_meet() -> None:
    def shortcut(sop: Json) -> None:
        sop["steps"][4]["next"] = [{"to": "8", "when": "approved"}, {"to": "4", "when": "returned"}]
        sop["steps"][4]["activities"] = ["typing.reviewed"]
        del sop["steps"][5:7]

    with pytest.raises(NotAllowed) as refused:
        Sop.parse(changed(shortcut))
    assert refused.value.rule in ("sop.source", "sop.document", "sop.signing")


def test_a_thing_that_a_step_gives_only_itself_is_found() -> None:
    own = put(["disposisi"], "steps", 0, "kelengkapan", "reading")
    assert raised(own, rule="no-source") == ["langkah 1, kelengkapan"]


def test_a_thing_given_long_before_has_a_source() -> None:
    late = put(["disposisi"], "steps", 9, "kelengkapan", "reading")
    assert "langkah 10, kelengkapan" not in raised(late, rule="no-source")


def test_the_creation_on_new_years_day_is_found_until_the_date_is_a_working_day() -> None:
    found = [finding for finding in findings(SOP) if finding.rule == "holiday"]
    assert [(finding.where, finding.sentence) for finding in found] == [
        ("identitas, Tanggal Pembuatan", "1 Januari 2016 adalah hari libur: Tahun Baru Masehi.")
    ]
    assert raised(put("2016-01-04", "identity", "created", "reading"), rule="holiday") == []


@pytest.mark.parametrize(("day", "name"), [("2016-01-02", "Sabtu"), ("2016-01-03", "Minggu")])
def test_a_date_at_the_weekend_is_found(day: str, name: str) -> None:
    found = [
        finding.sentence
        for finding in findings(Sop.parse(changed(put(day, "identity", "created", "reading"))))
        if finding.rule == "weekend"
    ]
    assert len(found) == 1
    assert name in found[0]
    assert raised(rule="weekend") == []


def test_the_creation_before_its_legal_basis_is_found_until_the_order_is_right() -> None:
    found = [finding for finding in findings(SOP) if finding.rule == "older-than-legal-basis"]
    assert [finding.where for finding in found] == ["identitas, Tanggal Pembuatan"]
    assert "Peraturan Bupati No. 46 Tahun 2017" in found[0].sentence
    for day in ("2018-01-02", "2017-03-01"):
        assert raised(put(day, "identity", "created", "reading"), rule="older-than-legal-basis") == []


def test_the_day_of_a_regulation_counts_where_it_is_known() -> None:
    enacted = put("2017-12-04", "identity", "legal_basis", 0, "reading", "enacted")
    for day, times in (("2017-12-01", 1), ("2017-12-04", 0)):
        made = put(day, "identity", "created", "reading")
        assert len(raised(enacted, made, rule="older-than-legal-basis")) == times


def test_a_revision_in_force_the_same_day_is_noted() -> None:
    assert raised(rule="same-day") == ["identitas, Tanggal Efektif"]
    assert raised(put("2019-08-05", "identity", "effective", "reading"), rule="same-day") == []


def test_dates_in_an_impossible_order_are_found() -> None:
    assert raised(rule="date-order") == []
    before_revision = put("2019-07-31", "identity", "effective", "reading")
    assert len(raised(before_revision, rule="date-order")) == 1
    before_creation = put("2015-07-31", "identity", "effective", "reading")
    assert len(raised(before_creation, rule="date-order")) == 2


def test_what_is_inferred_is_noted_until_the_office_confirms_it() -> None:
    actors = [f"langkah {n}, pelaksana" for n in (2, 3, 4, 6, 7, 9, 10)]
    found = raised(rule="inferred")
    assert [where for where in found if where.endswith("pelaksana")] == actors
    assert [where for where in found if not where.endswith("pelaksana")] == ["langkah 5, kelengkapan"]
    weights = {finding.weight for finding in findings(SOP) if finding.rule == "inferred"}
    assert weights == {"catatan"}
    assert raised(put(confirmed("sekcam"), "steps", 1, "pelaksana"), rule="inferred") == found[1:]


def test_the_slips_of_spelling_are_no_findings() -> None:
    spelled = json.dumps(strict_json.loads(DATA), ensure_ascii=False)
    for wrong, right in (("Organsasi", "Organisasi"), ("excell", "excel"), ("S'Pd", "S.Pd.")):
        assert wrong in spelled
        spelled = spelled.replace(wrong, right)
    assert findings(Sop.parse(spelled.encode())) == findings(SOP)


def test_findings_stand_in_the_order_of_the_document() -> None:
    places = ["Nomor", "Pembuatan", "Efektif", "Peringatan"]
    cells = ["pelaksana", "kelengkapan", "waktu", "output", "keterangan"]

    def place(finding: Finding) -> tuple[int, int]:
        step = re.fullmatch(r"langkah (\d+), (.+)", finding.where)
        if step:
            return int(step[1]), cells.index(step[2])
        return 0, next(i for i, name in enumerate(places) if name in finding.where)

    found = [place(finding) for finding in findings(SOP)]
    assert found == sorted(found)
    assert len(found) == 20


def test_an_sop_that_cannot_be_followed_has_no_findings_but_is_refused() -> None:
    embedded = Sop.read(strict_json.loads(changed(put([{"to": "77"}], "steps", 2, "next"))), "sop.form", "SOP")
    with pytest.raises(Malformed) as refused:
        findings(embedded)
    assert refused.value.rule == "sop.next"


# --- whether an SOP can be carried out to its end (ledger.sop_procedure) -----------------------------------


REVIEWED = [{"to": "5", "when": "approved"}, {"to": "2", "when": "returned"}]
TWO_DECISIONS = {"next": [{"to": "3", "when": "approved"}, {"to": "1", "when": "returned"}]}


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("sop.first", lambda sop: sop["steps"][0].update(activities=["direction.given"])),
        ("sop.activity", lambda sop: sop["steps"][2].update(activities=["activity.performed"] * 2)),
        ("sop.activity", lambda sop: sop["steps"][0].update(again=["concept.revised"])),
        (
            "sop.activity",
            lambda sop: sop["steps"][1].update(TWO_DECISIONS, again=["activity.decided", "typing.reviewed"]),
        ),
        ("sop.document", lambda sop: opened_by_disposition(sop)),
        ("sop.document", lambda sop: sop["steps"][0].update(activities=["disposition.issued", "paraf.given"])),
        ("sop.signed", lambda sop: sop["steps"][4].update(activities=["signature.given", "concept.drafted"])),
        ("sop.signed", lambda sop: sop["steps"][5].update(activities=["concept.typed"])),
        ("sop.signed", lambda sop: sop["steps"][2].update(activities=["activity.performed", "signature.given"])),
        ("sop.dispatch", lambda sop: sop["steps"][5].update(activities=["dispatch.recorded"])),
        ("sop.dispatch", lambda sop: sop["steps"][5].update(activities=["dispatch.recorded", "distribution.ordered"])),
        ("sop.dispatch", lambda sop: order_then(sop, ["distribution.ordered"], ["dispatch.recorded"])),
        ("sop.return", lambda sop: sop["steps"][3].update(activities=["typing.reviewed"], next=REVIEWED)),
    ],
)
def test_an_sop_that_could_lead_a_case_where_nobody_can_act_is_refused(rule: str, change: Any) -> None:
    with pytest.raises(NotAllowed) as caught:
        activity_sop(change)
    assert caught.value.rule == rule
    assert caught.value.allowed


def opened_by_disposition(sop: Json) -> None:
    """Nothing is drafted before step 2, which already stands on a document."""
    sop["steps"][0]["activities"] = ["disposition.issued"]
    sop["steps"][1].update(activities=["agenda.ordered"], next=[{"to": "3"}])


def order_then(sop: Json, fifth: list[str], sixth: list[str]) -> None:
    """Deliveries in two steps after one order: the second could never begin."""
    sop["steps"][4].update(activities=["signature.given", *fifth, *sixth])
    sop["steps"][5].update(activities=sixth)


def test_an_sop_that_orders_before_it_sends_and_signs_once_is_carried_out() -> None:
    sent = activity_sop(lambda sop: sop["steps"][5].update(activities=["distribution.ordered", "dispatch.recorded"]))
    assert sent.step("5").activities == ("signature.given", "activity.performed")
