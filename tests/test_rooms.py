"""One idea a file: every module says what it is, and none grows beyond what a reader can hold."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(path for layer in ("keys", "ledger", "projections", "api") for path in (ROOT / layer).rglob("*.py"))
MOST_LINES = 500


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) > 40


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_every_module_says_in_one_sentence_what_it_is(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert said, "no docstring"
    first = said.partition("\n\n")[0]
    assert re.search(r"[.:;]$", first) or "\n" in first or first.endswith(")"), first
    assert len(first) > 15


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_no_module_is_longer_than_a_reader_can_hold(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_no_module_leaves_work_for_later_or_prints_for_debugging(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\b(TODO|FIXME|XXX|breakpoint\(\))", text)
