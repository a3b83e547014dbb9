"""``jejak replay``, and ``--at`` on ``state`` and ``trail``: a case act by act, as it then was."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api import cli_replay
from api.app import create_app
from api.change_words import changes
from api.cli import main
from api.server import background_server
from api.settings import Settings
from keys.authority import WIB
from ledger import logkey
from tests.kit import CASE, Kecamatan
from tests.signed_in import keep

CASE_ID = CASE.removeprefix("case:")
WITHDRAWN = "22222222-2222-4222-8222-222222222222"


@dataclass(frozen=True)
class Served:
    """A served kecamatan: its address, the first leaf of its first case, and when each of that case's acts was."""

    url: str
    first: int
    times: list[str]

    def run(self, *args: object, answer: str | None = None) -> Result:
        words = [str(one) for one in args]
        return CliRunner().invoke(main, [*words, "--url", self.url], input=answer, terminal_width=100)

    def page(self, *args: object, answer: str | None = None) -> str:
        result = self.run(*args, answer=answer)
        assert result.exit_code == 0, result.stderr
        return result.stdout


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield a case that was returned by the Sekcam, left the path and was finished, and one that was withdrawn."""
    office = Kecamatan(tmp_path_factory.mktemp("buku")).open()
    logkey.write(office.folder / "log.key", office.log)
    done = office.run(upto=4)
    first = {"document": office.iku["digest"]}
    done += office.run_from(4, 5)
    back = first | {"step": "6", "to": "4", "reason": "Renstra berubah."}
    done.append(office.do("budi-santoso", CASE, "document.returned", back))
    revision = {"step": "4", "round": 2, "replaces": office.iku["digest"], "answers": done[-1].recorded.leaf}
    done.append(office.do("agus-salim", CASE, "concept.revised", revision | {"document": office.iku_mended}))
    rest = office.steps(office.iku_mended)[4:]
    rest[1] = (*rest[1][:2], rest[1][2] | {"paper": {"scan": office.proof, "by": "Nur Aini (sintetis)"}})
    done += [office.do(official, CASE, kind, body) for official, kind, body in rest]
    office.run(f"case:{WITHDRAWN}", upto=2)
    office.do("sri-wahyuni", f"case:{WITHDRAWN}", "disposition.withdrawn", {"step": "1", "reason": "Surat dibatalkan."})
    office.clock.now += dt.timedelta(minutes=10)  # so that the minute after the last act has passed, whoever asks first
    app = create_app(Settings(office.folder), office.clock)
    with background_server(app) as url:
        keep(app, url)
        times = [one.recorded.entry.recorded_at.isoformat() for one in done]
        yield Served(url, done[0].recorded.index, times)
    app.close()
    office.ledger.close()


def flat(text: str) -> str:
    return " ".join(text.split())


def test_all_acts_are_printed_with_what_each_changed(served: Served) -> None:
    page = flat(served.page("replay", CASE))
    for said in (
        "Tindakan 1 dari 15",
        "Giliran: langkah 2, Sekcam: pengarahan.",
        "Dokumen: belum ada → iku.json (",
        "diajukan lagi, isinya sama.",
        "Persetujuan: Ratna Sari (sintetis)",
        "Putaran: 1 → 2.",
        "Di luar SOP (pengembalian dokumen), alasannya: Renstra berubah.",
        "iku.json (",
        "→ iku-2.json (",
        "Persetujuan Ratna Sari (sintetis) gugur.",
        "Paraf: Budi Santoso (sintetis)",
        "dicatat menyusul dari kertas: tanda tangan basah Nur Aini (sintetis), bukan tanda tangan elektroniknya.",
        "Tanda tangan: Sri Wahyuni (sintetis)",
        "Nomor surat: 070/1/35.07.11/2026.",
        "Penerima: Bagian Organisasi Setda (1 salinan), Inspektorat (2 salinan).",
        "Terkirim: Inspektorat.",
        "→ selesai.",
        "Tindakan 15 dari 15",
        "tampilan layanan",
        "bukan BSrE/PSrE",
        "BUKU BESAR PERCOBAAN",
    ):
        assert said in page, said
    assert "Tidak ada." not in page
    assert max(map(len, served.page("replay", CASE_ID).splitlines())) <= 100


def test_a_mark_that_is_given_for_the_holder_of_an_office_says_in_which_capacity(served: Served) -> None:
    acts = json.loads(served.page("replay", CASE_ID, "--json"))["acts"]
    at = next(at for at, one in enumerate(acts) if any(said.startswith("Tanda tangan:") for said in one["changes"]))
    before, after = acts[at - 1]["state"], acts[at]["state"]
    assert "Pelaksana" not in " ".join(changes(before, after))
    stood_in = after | {"signature": after["signature"] | {"capacity": "plh"}}
    (said,) = (one for one in changes(before, stood_in) if one.startswith("Tanda tangan:"))
    assert said.endswith(f"{after['signature']['office_name']} (Pelaksana Harian).")


def test_at_a_leaf_or_a_moment_only_the_act_of_then_is_printed(served: Served) -> None:
    for at in (served.first + 5, served.times[5]):
        page = served.page("replay", CASE_ID, "--at", at)
        assert page.count("\nTindakan ") == 1
        assert f"Tindakan 6 dari 15, daun {served.first + 5}: langkah 6, putaran 1, pengembalian dokumen" in page


def test_the_acts_as_json_have_the_changes_and_the_state_after_each(served: Served) -> None:
    said = json.loads(served.page("replay", CASE_ID, "--json"))
    assert [one["act"]["leaf_index"] for one in said["acts"]] == [one["state"]["leaf_index"] for one in said["acts"]]
    assert [one["state"]["version"] for one in said["acts"]] == list(range(1, 16))
    assert all(one["changes"] for one in said["acts"])
    assert said["synthetic"] is True


def test_on_a_terminal_a_person_steps_through_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_replay, "on_terminal", lambda: True)
    asked = f"\nn\nd\nb\nb\nb\ng {served.first + 14}\n\ng 3\napa\nq\n"
    page = served.page("replay", CASE_ID, answer=asked)
    shown = [int(line.split()[1]) for line in page.splitlines() if line.startswith("Tindakan ")]
    assert shown == [1, 2, 3, 2, 1, 15]
    for said in ("Ini tindakan pertama.", "Ini tindakan terakhir", f"baru ada sejak daun {served.first}.", "Indikator"):
        assert said in page, said
    assert page.count("Enter atau n: maju") == 2
    assert "tampilan layanan" in page


def test_the_end_of_what_is_typed_ends_the_replay(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_replay, "on_terminal", lambda: True)
    page = served.page("replay", CASE_ID, "--at", served.first + 2, answer="n\n")
    assert [line.split()[1] for line in page.splitlines() if line.startswith("Tindakan ")] == ["3", "4"]
    assert "tampilan layanan" in page


def test_a_withdrawn_case_is_shown_as_withdrawn(served: Served) -> None:
    page = flat(served.page("replay", WITHDRAWN))
    assert "→ disposisi ditarik." in page
    assert "Di luar SOP (penarikan disposisi), alasannya: Surat dibatalkan." in page
    assert "DISPOSISI DITARIK oleh Sri Wahyuni" in flat(served.page("state", WITHDRAWN))


def test_state_and_trail_are_shown_as_they_were_and_say_so(served: Served) -> None:
    leaf = served.first + 5
    page = served.page("state", CASE_ID, "--at", leaf)
    assert f"SEPERTI PADA DAUN {leaf}, dicatat 2 Maret 2026" in page
    assert "langkah 4, putaran 2" in page
    trail = served.page("trail", CASE_ID, "--at", served.times[5])
    assert trail.count("\nDaun ") == 6
    assert "SEPERTI PADA" not in served.page("state", CASE_ID)


@pytest.mark.parametrize("command", ["state", "trail", "replay"])
def test_a_place_that_is_not_there_is_refused_with_those_that_are(served: Served, command: str) -> None:
    for at, rule, said in (
        ("100000", "past.leaf", "Daun 0 sampai "),
        ("2001-01-01T00:00:00Z", "past.moment", "dicatat dari 2026-03-02"),
        (str(served.first - 1), "past.not_yet", f"Ada sejak daun {served.first}"),
    ):
        result = served.run(command, CASE_ID, "--at", at)
        assert result.exit_code == 1
        assert result.stderr.endswith(f"[{rule}]\n")
        assert said in flat(result.stderr)


@pytest.mark.parametrize("command", ["state", "trail", "replay", "time"])
def test_a_time_is_taken_as_people_here_write_it(served: Served, command: str) -> None:
    clock = dt.datetime.fromisoformat(served.times[5]).astimezone(WIB) + dt.timedelta(minutes=1)
    exact = served.page(command, CASE_ID, "--at", clock.strftime("%Y-%m-%dT%H:%M:00+07:00"))
    for text in (f"{clock:%Y-%m-%d %H.%M}", f"{clock:%Y-%m-%d %H:%M} WIB"):
        assert served.page(command, CASE_ID, "--at", text) == exact
    today = served.run(command, CASE_ID, "--at", f"{clock:%Y-%m-%d}").stderr
    assert today.endswith("[past.future]\n"), "a day is its end"


@pytest.mark.parametrize("at", ["kemarin", "2026-13-01", "2026-03-02 25.00", "-1", "041"])
def test_what_is_no_place_and_no_time_is_a_slip_of_the_pen_told_in_words(served: Served, at: str) -> None:
    result = served.run("state", CASE_ID, f"--at={at}")
    assert result.exit_code == 3
    assert "bukan nomor daun dan bukan waktu" in flat(result.stderr)
    for code in ("Alamat", "%2B", "T09:15"):
        assert code not in result.stderr


FALSE = "Salah.\n\nDaun 99, versi 9: pendirian buku besar\n  Kunci    0000000000000000…   sidik daun 0000000000000000…"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield a case in which people's reasons are drawn like lines of ours."""
    office = Kecamatan(tmp_path_factory.mktemp("buku")).open()
    logkey.write(office.folder / "log.key", office.log)
    done = office.run(upto=4)
    review = {"step": "5", "decision": "returned", "reason": FALSE, "document": office.iku["digest"]}
    done.append(office.do("ratna-sari", CASE, "typing.reviewed", review))
    skipped = {"step": "3", "document": office.iku, "deviation": FALSE}
    done.append(office.do("ratna-sari", CASE, "concept.drafted", skipped))
    slip = {"field": "reason", "old": FALSE, "new": FALSE.replace("99", "98"), "leaf": done[4].recorded.leaf}
    slip |= {"step": "5", "reason": "kata " * 150 + FALSE}
    done.append(office.do("ratna-sari", CASE, "correction.recorded", slip))
    app = create_app(Settings(office.folder), office.clock)
    with background_server(app) as url:
        keep(app, url)
        yield Served(url, done[0].recorded.index, [])
    app.close()
    office.ledger.close()


@pytest.mark.parametrize(
    "command", [["trail", CASE_ID], ["replay", CASE_ID], ["state", CASE_ID], ["search", "--stream", CASE]]
)
def test_no_line_that_a_person_wrote_passes_for_a_line_of_the_page(drawn: Served, command: list[str]) -> None:
    page = drawn.page(*command)
    assert "sidik daun 0000" in flat(page)
    assert not [line for line in page.splitlines() if line.startswith(("Daun 9", "  Kunci    0"))]


def test_the_trail_tells_in_a_line_which_visits_an_act_ended_and_both_its_reasons(drawn: Served) -> None:
    page = flat(drawn.page("trail", CASE_ID))
    assert re.search(r"Waktu langkah 2: (tepat|tidak dapat dinilai) \(", page)
    assert page.count("Waktu langkah ") == 7, "one act out of order ended two"
    assert "Di luar SOP karena: Salah. Daun 99" in page


def test_time_is_shown_as_it_was_and_for_which_moment(served: Served) -> None:
    page = served.page("time", CASE_ID, "--at", served.times[-1])
    assert "(diminta: 2 Maret 2026 08.00 WIB)" in page
    then = served.page("time", CASE_ID, "--at", served.first + 2)
    assert f"SEPERTI PADA DAUN {served.first + 2}, dicatat 2 Maret 2026" in then
    assert then.count("masih berjalan") == 1
    assert "masih berjalan" not in served.page("time", CASE_ID)


def test_a_state_says_which_case_replaces_it_and_what_is_to_be_looked_at(tmp_path: Path) -> None:
    office = Kecamatan(tmp_path).open()
    logkey.write(office.folder / "log.key", office.log)
    signature = office.run(upto=7)[-1].recorded.leaf
    official, kind, body = office.steps()[0]
    named = {"supersedes": {"case": CASE_ID, "signature": signature}}
    opened = office.do(official, f"case:{WITHDRAWN}", kind, body | named).recorded.index
    withdrawal = {"step": "1", "reason": "Surat dibatalkan."}
    office.do("sri-wahyuni", f"case:{WITHDRAWN}", "disposition.withdrawn", withdrawal)
    app = create_app(Settings(office.folder), office.clock)
    with background_server(app) as url:
        keep(app, url)
        old, new = (flat(Served(url, 0, []).page("state", case)) for case in (CASE_ID, WITHDRAWN))
    assert f"Diganti perkara {WITHDRAWN}, dibuka pada daun {opened}" in old
    assert "! Perkara 22222222" in old
    assert "belum digantikan." in old
    assert f"Pengganti perkara {CASE_ID}" in new
    app.close()
    office.ledger.close()


def test_at_and_all_are_not_said_together(served: Served) -> None:
    result = served.run("replay", CASE_ID, "--at", "3", "--all")
    assert result.exit_code == 3
    assert "bukan keduanya" in result.stderr
