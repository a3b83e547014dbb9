"""Settings: read once, each documented, none insecure by default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.settings import VARIABLES, Settings
from keys.errors import Malformed

DOCS = Path(__file__).parent.parent / "docs" / "settings.md"
SOURCE = Path(__file__).parent.parent / "api" / "settings.py"


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    documented = re.findall(r"^\| `(JEJAK_[A-Z]+)` \|", DOCS.read_text(), re.MULTILINE)
    assert documented == list(VARIABLES)


def test_every_variable_that_is_read_is_listed() -> None:
    body = SOURCE.read_text().split("#: Every variable")[0]
    assert set(re.findall(r'"(JEJAK_[A-Z]+)"', body)) == set(VARIABLES)


def test_what_is_not_set_has_its_documented_default() -> None:
    settings = Settings.read({"JEJAK_HOME": "/ruang/buku"})
    assert settings == Settings(Path("/ruang/buku"), port=8000, threads=16)


def test_what_is_set_is_taken() -> None:
    settings = Settings.read({"JEJAK_HOME": "buku", "JEJAK_PORT": "0", "JEJAK_THREADS": "3"})
    assert settings == Settings(Path("buku"), port=0, threads=3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JEJAK_HOME", ""),
        ("JEJAK_PORT", "65536"),
        ("JEJAK_PORT", "-1"),
        ("JEJAK_PORT", "08000"),
        ("JEJAK_PORT", "٨٠"),
        ("JEJAK_THREADS", "0"),
        ("JEJAK_THREADS", "banyak"),
    ],
)
def test_a_setting_out_of_its_range_stops_the_start_with_a_sentence(name: str, value: str) -> None:
    with pytest.raises(Malformed) as caught:
        Settings.read({"JEJAK_HOME": "buku"} | {name: value})
    assert caught.value.rule == "settings." + name.removeprefix("JEJAK_").lower()
    assert caught.value.allowed
