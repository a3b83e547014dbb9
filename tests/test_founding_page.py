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
#: Commands that open a key file or seal one.
SIGNING = (
    [["login", "--key"]]
    + [["key", one] for one in ("new", "prove", "rotate")]
    + [["register", one] for one in ("propose", "approve", "revoke", "withdraw")]
)


def typed(command: str) -> str:
    """Run a command as a person would who answers yes, with a passphrase file in place of the prompt."""
    words = shlex.split(command)[1:]
    if words[0] == "found":
        words += ["--passphrase-file1", "sandi", "--passphrase-file2", "sandi"]
    elif words[0] == "act" or words[:2] in SIGNING:
        words += ["--passphrase-file", "sandi"]
    done = CliRunner().invoke(main, words, input="y\n", terminal_width=100)
    assert done.exit_code == 0, f"{command}\n{done.stdout}\n{done.stderr}\n{done.exception!r}"
    return done.stdout


def filled(command: str) -> str:
    """Return a command with the fingerprints and public keys that a person would copy into it."""
    for name, file in (("KUNCI-PUBLIK", "sri"), ("KUNCI-TONO", "tono"), ("KUNCI-FITRI", "fitri")):
        if name in command:
            command = command.replace(name, json.loads(typed(f"jejak key show {file}.json --json"))["public_key"])
    if "KUNCI-LAMA" in command:
        command = command.replace("KUNCI-LAMA", json.loads(typed("jejak key show sri.json --json"))["key_id"][:16])
    return command


def test_the_page_leads_from_founding_to_the_first_case_a_new_key_and_a_recovery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JEJAK_REMEMBERED", str(tmp_path / "ingatan"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "keadaan"))
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
        shown = {command: typed(filled(command)) for command in COMMANDS[at + 1 :]}
    app.close()

    def said(beginning: str) -> str:
        """Return what the last command that begins so has shown, on one line."""
        return " ".join(
            next(page for command, page in reversed(shown.items()) if command.startswith(beginning)).split()
        )

    assert "Pengusul Dewi Lestari, Pendaftar Kepegawaian" in said("jejak act mandate.approved")
    assert "temuan" in said("jejak act sop.enacted")
    assert "Penyusunan IKU 2026 langkah 2" in said("jejak cases")
    assert "Masuk sebagai Tono Hidayat" in said("jejak login")
    assert "mendirikan buku besar" in said("jejak trail register")
    assert "tono-hidayat sudah keluar." in said("jejak logout")
    assert "Ditandatangani dengan kunci Anda: 3 tindakan." in said("jejak mine")
    assert "karena diganti" in said("jejak register show sri-wahyuni")
    assert "sesudah ini tinggal 1 pendaftar" in said("jejak register withdraw registrar-eko")
    register = " ".join(shown["jejak register show"].split())
    assert "Pendaftar yang dapat bertindak: Dewi Lestari, Fitri Handayani" in register
    assert "mandat registrar-fitri diberikan dalam pemulihan oleh kedua pendiri" in register
