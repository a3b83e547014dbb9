"""docs/sop.md does what it says: its commands, in its order, from an empty skeleton to the withdrawal of an SOP."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keys.fields import Fact
from keys.keyfile import write_keyfile
from ledger.case import Case
from ledger.enactment import Enactments
from ledger.sop import DateCell, DurationCell, LegalBasis, Office, OfficeCell, Sop, Step, Thing, Way
from tests import kit
from tests.test_cli import Desk, desk, ended, fault, opened, run, sealed
from tests.test_second_sop import NEWCOMERS

__all__ = ["desk", "opened"]  # the served kecamatan of the command line's tests

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "sop.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.strip().splitlines()]
EXAMPLES = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
STREAM = "sop:surat-keterangan"

READ: dict[str, type[Fact]] = {
    "waktu": DurationCell,
    "created": DateCell,
    "legal_basis": LegalBasis,
    "offices": Office,
    "things": Thing,
    "pelaksana": OfficeCell,
    "next": Way,
}


@pytest.fixture
def office(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Let the page's people sit at the desk: their key files have the page's names."""
    monkeypatch.chdir(desk.folder)
    monkeypatch.setenv("JEJAK_REMEMBERED", str(desk.folder / "ingatan"))
    monkeypatch.setenv("JEJAK_URL", desk.url)
    for official, known in NEWCOMERS.items():
        monkeypatch.setitem(kit.EVERYBODY, official, known)
        desk.kecamatan.register(official)
    for name, official in (("sri.json", "sri-wahyuni"), ("nur.json", "nur-aini")):
        write_keyfile(desk.folder / name, sealed(official))
    return desk


def typed(command: str, code: int = 0, answer: str = "y") -> str:
    """Run a command as a person would who answers, with a passphrase file in place of the prompt."""
    words = shlex.split(command)[1:]
    if words[0] == "act":
        words += ["--passphrase-file", "sandi.txt"]
    return ended(run(*words, answer=f"{answer}\n"), code).stdout


def test_the_page_leads_from_a_skeleton_to_an_sop_that_is_withdrawn(office: Desk) -> None:
    left = iter(COMMANDS)

    def types(start: str, code: int = 0, answer: str = "y") -> str:
        command = next(left)
        assert command.startswith(start)
        return typed(command, code, answer)

    assert "7 langkah" in types("jejak sop new")
    assert "Belum diisi" in types("jejak sop check", 1)
    unfilled = ("--document", "sop.json", "--yes", "--json")
    fault(run("act", "sop.enacted", *office.options("sri-wahyuni"), *unfilled), 1, "sop.placeholder")
    shutil.copy(ROOT / "ledger" / "sops" / "surat-keterangan.json", "sop.json")
    assert "dapat dijalankan dari awal sampai akhir" in types("jejak sop check")

    size = office.size()
    assert "Sidik isi" in types("jejak act sop.enacted", 1, "t")
    assert office.size() == size, "only looked at"
    assert "TERCATAT" in types("jejak act sop.enacted")
    assert "menetapkan SOP" in types("jejak trail")
    assert "TERCATAT" in types("jejak act activity.performed")
    assert re.search(r"Domisili usaha +langkah 2", types("jejak inbox"))

    assert "TERCATAT" in types("jejak act reading.confirmed")
    revise("sop.json", "sop-2.json", lambda sop: sop["steps"][3]["waktu"].update(raw="30 menit", reading=HALF_AN_HOUR))
    assert "30 menit" in types("jejak sop check")
    assert "TERCATAT" in types("jejak act sop.enacted")
    first, second = versions(office)
    assert pinned(office) == [first]
    typed(COMMANDS[opening()].replace("Toko Maju", "Toko Baru"))
    assert pinned(office) == [first, second], "the open case stays with its version, the next one gets the new"

    assert "TERCATAT" in types("jejak act sop.superseded")
    assert "dipindahkan ke mal pelayanan publik" in " ".join(types("jejak trail").split())
    assert list(left) == []
    refused = run(*shlex.split(COMMANDS[opening()])[1:], "--passphrase-file", "sandi.txt", "--yes", "--json")
    fault(refused, 1, "sop.superseded")


HALF_AN_HOUR = {"amount": 30, "unit": "menit"}


def opening() -> int:
    return next(at for at, command in enumerate(COMMANDS) if command.startswith("jejak act activity.performed"))


def revise(old: str, new: str, change: Callable[[dict[str, Any]], None]) -> None:
    sop = json.loads(Path(old).read_text(encoding="utf-8"))
    change(sop)
    Path(new).write_text(json.dumps(sop, ensure_ascii=False), encoding="utf-8")


def versions(office: Desk) -> list[str]:
    """Return the leaves of the SOP's versions, oldest first; step 3 is confirmed in the first."""
    stream = office.kecamatan.ledger.stream(STREAM)
    assert stream is not None
    assert isinstance(stream.state, Enactments)
    (confirmed,) = stream.state.readings
    first = confirmed.value.sop
    return [first, *(leaf for leaf in stream.state.versions if leaf != first)]


def pinned(office: Desk) -> list[str]:
    """Return the version of the SOP of every case, in the order of their opening."""
    with office.kecamatan.ledger.reading() as rows:
        streams = [office.kecamatan.ledger.stream(name) for name in rows.streams("case")]
    states = sorted((one.index, one.state.sop_ref.leaf) for one in streams if one and isinstance(one.state, Case))
    return [leaf for _, leaf in states]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_in_the_form_that_is_accepted(example: str) -> None:
    ((name, value),) = json.loads(example).items()
    for one in value if isinstance(value, list) else [value]:
        assert READ[name].read(one, "sop.form", name).plain() == one


def test_the_page_explains_every_member_and_every_basis() -> None:
    words = set(re.findall(r"[a-z-]+", PAGE))
    members = {*Office.model_fields, *Thing.model_fields, *Step.model_fields, *Way.model_fields} - {
        "no",
        "again",
        "name",
    }
    assert members - words - {"office", "thing"} == set()
    for basis in ("sumber", "tanda", "disimpulkan", "dikonfirmasi", "tidak-terbaca"):
        assert f"| `{basis}` |" in PAGE
    for kind in {kind for step in finished().steps for kind in step.activities}:
        assert f"| `{kind}` |" in PAGE


def finished() -> Sop:
    return Sop.parse((ROOT / "ledger" / "sops" / "surat-keterangan.json").read_bytes())


def test_every_link_on_the_page_leads_somewhere() -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", PAGE)
    assert targets
    for target in targets:
        assert (ROOT / "docs" / target).exists(), target
