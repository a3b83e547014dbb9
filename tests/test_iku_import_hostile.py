"""A table that was made to stop the office: it is refused at the cost of an ordinary one, and nobody waits for it."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import threading
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api import iku_apart
from api.iku_apart import MOST_MEMORY, MOST_SECONDS, MOST_WAITING
from keys.errors import JejakError, Malformed, Unavailable
from ledger.iku_import import read_table
from ledger.iku_workbook import MAX_CHARACTERS, MAX_DEPTH, MAX_SHEETS
from tests.served import served
from tests.signed_in import desk

ROOT = Path(__file__).parent.parent
SPREADSHEET = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
TABLE = b"".join(
    b"<row>%s</row>" % b"".join(b'<c t="inlineStr"><is><t>%s</t></is></c>' % cell for cell in row)
    for row in ((b"Sasaran", b"IKU"), (b"Layanan", b"Kepuasan"))
)


def workbook(body: bytes = TABLE, *, sheets: int = 1, parts: int = 1, after: bytes = b"", **more: bytes) -> bytes:
    """Return a workbook whose ``sheets`` share as many ``parts``; ``more`` are its styles and sharedStrings."""
    overrides = [f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}sheet.main+xml"/>']
    overrides += [f'<Override PartName="/xl/{name}.xml" ContentType="{TYPES}{name}+xml"/>' for name in more]
    said = b"".join(b'<sheet name="s%d" sheetId="%d" r:id="r%d"/>' % (n, n + 1, n % parts) for n in range(sheets))
    rels = b"".join(
        b'<Relationship Id="r%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>' % (n, OFFICE, n)
        for n in range(parts)
    )
    package = b'xmlns="http://schemas.openxmlformats.org/package/2006/%s"'
    kinds = '<Default Extension="xml" ContentType="application/xml"/>' + "".join(overrides)
    members = {
        "[Content_Types].xml": b"<Types %s>%s</Types>" % (package % b"content-types", kinds.encode()),
        "xl/workbook.xml": b'<workbook %s xmlns:r="%s"><sheets>%s</sheets></workbook>' % (SPREADSHEET, OFFICE, said),
        "xl/_rels/workbook.xml.rels": b"<Relationships %s>%s</Relationships>" % (package % b"relationships", rels),
    }
    sheet = b"<worksheet %s><sheetData>%s</sheetData>%s</worksheet>" % (SPREADSHEET, body, after)
    members |= {f"xl/worksheets/sheet{n}.xml": sheet for n in range(parts)}
    members |= {f"xl/{name}.xml": content for name, content in more.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def named_twice() -> bytes:
    out = io.BytesIO(workbook())
    with zipfile.ZipFile(out, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("xl/worksheets/sheet0.xml", "<worksheet/>")
    return out.getvalue()


def shared(length: int, cells: int) -> bytes:
    text = b"<sst %s><si><t>%s</t></si></sst>" % (SPREADSHEET, b"a" * length)
    return workbook(b"<row>" + b'<c t="s"><v>0</v></c>' * cells + b"</row>", sharedStrings=text)


def styled(inside: bytes) -> bytes:
    return workbook(styles=b"<styleSheet %s>%s</styleSheet>" % (SPREADSHEET, inside))


#: What is sent, as what, and words of the refusal; what only the measure of the process finds has no other words.
HEAVY = "terlalu berat"
ATTACKS: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "one part, 200 sheets": (lambda: workbook(b"<a/>" * 2_000_000, sheets=200), "iku.table.size", "200 lembar"),
    "one part, 2 sheets": (lambda: workbook(sheets=2), "iku.table.xlsx", "lebih dari sekali"),
    "a part twice": (named_twice, "iku.table.xlsx", "lebih dari sekali"),
    "sheets": (lambda: workbook(sheets=MAX_SHEETS + 1, parts=MAX_SHEETS + 1), "iku.table.size", "21 lembar"),
    "elements": (lambda: workbook(b"<a/>" * 2_000_000), "iku.table.size", "unsur"),
    "elements of 20 sheets": (lambda: workbook(b"<a/>" * 60_000, sheets=20, parts=20), "iku.table.size", "unsur"),
    "tags in tags": (lambda: workbook(b"<a>" * 800_000 + b"</a>" * 800_000), "iku.table.size", "bersarang"),
    "one text, many cells": (lambda: shared(5_000_000, 100), "iku.table.size", "huruf"),
    "entities": (lambda: workbook(b"&a;"), "iku.table.xlsx", "rusak"),
    "merged cells": (lambda: workbook(after=b"<mergeCells>%s</mergeCells>" % (b'<mergeCell ref="A1:B2"/>' * 200_000)),
                     "iku.table.size", HEAVY),
    "styles": (lambda: styled(b"<cellXfs>%s</cellXfs>" % (b'<xf numFmtId="0"/>' * 200_000)), "iku.table.size", HEAVY),
    "a comment": (lambda: workbook(b"<!--%s-->" % (b"a" * 11_000_000)), "iku.table.size", HEAVY),
}  # fmt: skip


def asked(data: bytes, name: str = "iku.xlsx") -> str:
    """Return "" where the table is read, or the rule and the words of the refusal."""
    try:
        return "" if iku_apart.read(data, name, "Kecamatan Contoh", [2026, 2030])["document"] else "no document"
    except JejakError as fault:
        return f"{fault.rule} {fault}"


def cost(data: bytes) -> tuple[float, str]:
    """Return the seconds of the processor that reading takes, and what comes of it."""

    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    began = spent()
    said = asked(data)
    return spent() - began, said


@pytest.fixture(autouse=True, scope="module")
def patient() -> Iterator[None]:
    """Let a reader be slow by the clock on the wall: here it shares the machine with all other tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(iku_apart, "MOST_ELAPSED", 120.0)
        yield


@pytest.fixture(scope="module")
def ordinary() -> float:
    seconds, said = cost(workbook())
    assert said == ""
    return seconds


@pytest.mark.parametrize("name", ATTACKS)
def test_a_file_made_to_cost_much_is_refused_for_little_more_than_an_ordinary_one(name: str, ordinary: float) -> None:
    make, rule, words = ATTACKS[name]
    seconds, said = cost(make())
    assert said.startswith(rule), said
    assert words in said
    assert seconds < 2 * ordinary + 1.5 * MOST_SECONDS


def test_what_is_just_within_the_measures_is_read() -> None:
    within = workbook(TABLE, sheets=1)
    assert read_table(within, "iku.xlsx", unit="Kecamatan Contoh", first_year=2026, last_year=2026).rows
    deep = b"<a>" * (MAX_DEPTH - 2) + b"</a>" * (MAX_DEPTH - 2)  # below worksheet and sheetData
    assert asked(workbook(TABLE + deep)) == ""
    assert "bersarang" in asked(workbook(TABLE + b"<a>" + deep + b"</a>"))
    assert asked(workbook(parts=MAX_SHEETS, sheets=MAX_SHEETS)).startswith("iku.table.sheets")  # read: a table in each


def test_a_text_of_more_characters_than_all_tables_need_is_refused_as_csv_too() -> None:
    assert asked(b"IKU;Satuan\n" + b"a;b;" * (MAX_CHARACTERS // 4), "iku.csv").startswith("iku.table.size")
    assert asked(b"\n" * (MAX_CHARACTERS - 1), "iku.csv").startswith("iku.table.rows")


def test_the_process_that_reads_may_take_so_much_memory_and_no_more() -> None:
    def took(size: int) -> int:
        asked = f"from api import iku_apart; iku_apart._limit(); bytearray({size})"
        done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0 or b"MemoryError" in done.stderr
        return done.returncode

    assert took(MOST_MEMORY // 2) == 0
    assert took(MOST_MEMORY + MOST_MEMORY // 4) == 1


def test_a_reader_that_breaks_is_our_fault_and_never_an_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "__init__.py").write_text("")
    (tmp_path / "api" / "iku_apart.py").write_text("raise ValueError('patah')")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(AssertionError, match="patah"):
        iku_apart.read(workbook(), "iku.xlsx", None, None)


def test_of_many_hostile_files_at_once_one_is_read_and_the_rest_of_the_office_is_served(tmp_path: Path) -> None:
    data = ATTACKS["styles"][0]()
    with served(tmp_path / "buku") as office:
        office.open()
        clients = [desk(office.app, "ratna-sari") for _ in range(8)]
        together, found = threading.Barrier(len(clients) + 1), list[tuple[int, str]]()

        def send(number: int) -> None:
            together.wait()
            answer = clients[number].post("/v1/iku/imports?name=a.xlsx", data=data, content_type="text/csv")
            found.append((answer.status_code, answer.get_json()["rule"]))

        threads = [threading.Thread(target=send, args=[number]) for number in range(len(clients))]
        for one in threads:
            one.start()
        together.wait()
        served_meanwhile = 0
        while any(one.is_alive() for one in threads):
            assert office.app.test_client().get("/log/checkpoint").status_code == 200
            served_meanwhile += 1
        for one in threads:
            one.join()
        assert set(found) == {(400, "iku.table.size"), (503, "iku.table.busy")}
        assert found.count((503, "iku.table.busy")) >= len(clients) - 1 - MOST_WAITING
        assert served_meanwhile > len(clients)


def test_who_waits_too_long_is_told_that_the_service_is_busy_and_may_try_again() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with iku_apart._one_at_a_time():
        said: list[JejakError] = []

        def wait() -> None:
            try:
                iku_apart.read(b"", "iku.csv", None, None)
            except JejakError as fault:
                said.append(fault)

        threads = [threading.Thread(target=wait) for _ in range(MOST_WAITING)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert [type(one) for one in said] == [Unavailable] * MOST_WAITING
    assert "Coba lagi" in said[0].allowed
    with pytest.raises(Malformed):
        iku_apart.read(b"", "iku.csv", None, None)  # and now there is place again
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
