"""docs/founding.md does what it says: its commands, in the order in which two founders and a Camat type them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.app import create_app
from api.cli import main
from api.server import background_server
from api.settings import Settings

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "founding.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.strip().splitlines()]
SERVE = "jejak serve --home buku"


def typed(command: str) -> str:
    """Run a command as a person would who answers yes, with a passphrase file in place of the prompt."""
    words = shlex.split(command)[1:]
    if words[0] == "found":
        words += ["--passphrase-file1", "sandi", "--passphrase-file2", "sandi"]
    elif words[0] == "act" or words[:2] in (["key", "new"], ["key", "prove"]):
        words += ["--passphrase-file", "sandi"]
    done = CliRunner().invoke(main, words, input="y\n", terminal_width=100)
    assert done.exit_code == 0, f"{command}\n{done.stdout}\n{done.stderr}\n{done.exception!r}"
    return done.stdout


def test_the_page_leads_from_founding_to_the_first_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JEJAK_REMEMBERED", str(tmp_path / "ingatan"))
    described = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert described
    Path("uraian.json").write_text(described[1], encoding="utf-8")
    Path("sandi").write_text("kuda besi minum kopi\n", encoding="utf-8")
    Path("surat.pdf").write_bytes(b"surat masuk (sintetis)")
    Path("berita-acara.pdf").write_bytes(b"berita acara (sintetis)")
    shutil.copy(ROOT / "ledger" / "sops" / "penyusunan-iku.json", "sop.json")

    at = COMMANDS.index(SERVE)
    for command in COMMANDS[:at]:
        typed(command)
    app = create_app(Settings(tmp_path / "buku"))
    with background_server(app) as url:
        monkeypatch.setenv("JEJAK_URL", url)
        raw = json.loads(typed("jejak key show sri.json --json"))["public_key"]
        shown = [typed(command.replace("KUNCI-PUBLIK", raw)) for command in COMMANDS[at + 1 :]]
    app.close()
    assert "Pengusul        Dewi Lestari, Pendaftar Kepegawaian" in "\n".join(shown)
    assert "temuan" in shown[-3]
    assert re.search(r"Penyusunan IKU 2026 +langkah 2", shown[-1])
