"""The threat model names its tests, and they are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
MATRIX = (ROOT / "docs" / "tamper.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[a-z_/]+\.py::[A-Za-z_0-9]+)`", PAGE)))
QUOTED = sorted(set(re.findall(r"“([^”]+)”", PAGE)) - {"Words in these marks"})
#: The parts of the page whose tables make claims, by their first words.
CLAIMS = ("Outside memory", "Who can do what")


@cache
def names_in(path: str) -> set[str]:
    """Return the tests that a file has, as pytest collects them: functions of the module by their name."""
    module = ast.parse((ROOT / path).read_text("utf-8"))
    return {one.name for one in module.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")}


def rows(text: str) -> list[str]:
    """Return the rows of the tables, less their heads."""
    lines = text.splitlines()
    return [line for at, line in enumerate(lines) if line.startswith("| ") and not lines[at + 1].startswith("|---")]


def parts() -> dict[str, str]:
    """Return the page's parts by their titles."""
    found = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def test_the_page_names_its_tests() -> None:
    assert len(NAMED) > 70
    assert PAGE.count("tests/test_") == sum(PAGE.count(f"`{one}`") for one in NAMED), "a test in another form"


@pytest.mark.parametrize("named", NAMED)
def test_a_test_that_is_named_is_collected(named: str) -> None:
    path, _, name = named.partition("::")
    assert (ROOT / path).exists()
    assert name in names_in(path)


@pytest.mark.parametrize("title", QUOTED)
def test_an_attack_that_is_named_is_in_the_matrix(title: str) -> None:
    assert f"| {title} |" in MATRIX


def test_every_claim_names_a_test() -> None:
    claims = [line for title, text in parts().items() if title.startswith(CLAIMS) for line in rows(text)]
    assert len(claims) > 60
    assert [line for line in claims if "`tests/" not in line] == []


def test_every_actor_has_claims_of_their_own() -> None:
    actors = re.split(r"^### (.+)$", parts()["Who can do what"], flags=re.MULTILINE)
    told = dict(zip(actors[1::2], actors[2::2], strict=True))
    assert len(told) == 11
    assert [title for title, text in told.items() if len(rows(text)) < 3] == []


def test_what_nothing_detects_is_told_with_what_helps() -> None:
    said = rows(parts()["What nothing detects"])
    assert len(said) > 7
    assert all(line.count(" | ") == 2 for line in said)


def test_a_test_that_is_not_there_would_be_missed() -> None:
    assert "test_that_nobody_wrote" not in names_in("tests/test_tamper.py")
    assert "test_what_nobody_can_see_is_seen_by_nobody_whatever_they_remember" in names_in("tests/test_tamper.py")
