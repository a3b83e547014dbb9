"""The threat model names its tests, and pytest collects each of them and passes over none.

This file is a plugin as well: the process in which the named files are collected says through it what it found.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
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


#: Where the collecting process writes what it found.
FOUND_AT = "THREAT_MODEL_COLLECTED"
#: Marks under which a test may pass without having shown anything.
PASSED_OVER = ("skip", "skipif", "xfail")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Write ``{test: marks under which it is passed over}`` of every collected test, its parameters left out."""
    if FOUND_AT in os.environ:
        found: dict[str, list[str]] = {}
        for item in session.items:
            marks = [mark.name for mark in item.iter_markers() if mark.name in PASSED_OVER]
            found.setdefault(item.nodeid.partition("[")[0], []).extend(marks)
        Path(os.environ[FOUND_AT]).write_text(json.dumps(found), encoding="utf-8")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return the tests that pytest collects in the named files, each with the marks that pass over it."""
    there = tmp_path_factory.mktemp("collected") / "found.json"
    files = sorted({one.partition("::")[0] for one in NAMED})
    command = [sys.executable, "-m", "pytest", "-p", __name__, "-p", "no:cacheprovider", "--collect-only", "-qq"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [*command, *files],
        cwd=ROOT,
        env=environment | {FOUND_AT: str(there)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, list[str]] = json.loads(there.read_text("utf-8"))
    return found


@cache
def stops_by_itself(path: str) -> set[str]:
    """Return the tests of a file in whose own words it is said to skip, or to expect that they fail."""
    module = ast.parse((ROOT / path).read_text("utf-8"))
    ways = {"skip", "importorskip", "xfail"}
    return {
        one.name
        for one in module.body
        if isinstance(one, ast.FunctionDef)
        and any(isinstance(part, ast.Attribute) and part.attr in ways for part in ast.walk(one))
    }


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
    assert len(re.findall("tests/(?:browser/|crash/)?test_", PAGE)) == sum(PAGE.count(f"`{one}`") for one in NAMED), (
        "a test in another form"
    )


@pytest.mark.parametrize("named", NAMED)
def test_a_test_that_is_named_is_collected_and_not_passed_over(named: str, collected: dict[str, list[str]]) -> None:
    path, _, name = named.partition("::")
    assert named in collected
    assert collected[named] == []
    assert name not in stops_by_itself(path)


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
    assert len(told) == 12
    assert [title for title, text in told.items() if len(rows(text)) < 3] == []


def test_what_nothing_detects_is_told_with_what_helps() -> None:
    said = rows(parts()["What nothing detects"])
    assert len(said) > 7
    assert all(line.count(" | ") == 2 for line in said)


def test_a_test_that_is_not_there_or_is_passed_over_would_be_missed(collected: dict[str, list[str]]) -> None:
    assert "tests/test_tamper.py::test_that_nobody_wrote" not in collected
    openssl = "test_openssl_accepts_the_signature_over_type_and_payload_and_over_nothing_else"
    assert collected[f"tests/test_envelope.py::{openssl}"] == ["skipif"]
    assert len(stops_by_itself("tests/test_documents.py")) == 1
