"""What runs on PostgreSQL: `make test-pg` leaves out the browser alone, and `make test` has every area on both."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.test_readme import recipe

TESTS = Path(__file__).parent
#: The areas of a ledger, and a test file that runs each on both databases in every `make test`.
AREAS = {
    "the straight path, conflicts, receipts, the turn": "test_journal.py",
    "several processes": "test_many_processes.py",
    "acts, refusals, views and documents over HTTP": "test_http.py",
    "addresses": "test_no_nul.py",
    "the register": "test_register_view.py",
    "audit by URL": "test_audit_service.py",
    "export and verify": "test_bundle_page.py",
    "moves and migrations": "test_move.py",
    "what operators type": "test_deploy_postgres.py",
    "crashes": "crash/conftest.py",
}


def marks(path: Path, name: str) -> list[ast.expr]:
    """Return each ``pytest.mark.<name>`` in a file, with what it is given where it is given something."""
    tree = ast.parse(path.read_text("utf-8"))
    called = {id(one.func): one for one in ast.walk(tree) if isinstance(one, ast.Call)}
    found = [one for one in ast.walk(tree) if isinstance(one, ast.Attribute) and one.attr == name]
    return [called.get(id(one), one) for one in found if ast.unparse(one) == f"pytest.mark.{name}"]


def test_everything_but_the_browser_runs_with_its_ledgers_in_postgresql() -> None:
    command = recipe("test-pg").split()
    assert command[0] == "JEJAK_TEST_DATABASE=postgresql"
    assert command[2:] == ["-n", "auto", "--dist", "worksteal", "--ignore", "tests/browser"]
    assert "sync_playwright" in (TESTS / "test_deploy_page.py").read_text("utf-8"), "the browser test that is left in"


def test_whoever_keeps_to_files_says_why() -> None:
    found = [mark for path in TESTS.rglob("test_*.py") for mark in marks(path, "sqlite")]
    assert len(found) > 10
    for mark in found:
        assert isinstance(mark, ast.Call), ast.unparse(mark)
        (why,) = mark.args
        assert isinstance(why, ast.Constant)
        assert len(str(why.value).split()) > 3, why.value


def test_nothing_else_leaves_a_test_out_where_the_ledgers_are_in_postgresql() -> None:
    asks = re.compile(r"postgres\.EVERYWHERE|JEJAK_TEST_DATABASE")
    found = {one.relative_to(TESTS).as_posix() for one in TESTS.rglob("*.py") if asks.search(one.read_text("utf-8"))}
    assert found == {"conftest.py", "postgres.py", "test_on_both.py"}


@pytest.mark.parametrize("area", AREAS)
def test_every_area_runs_on_both_in_every_run(area: str) -> None:
    text = (TESTS / AREAS[area]).read_text("utf-8")
    once_more = recipe("test").split()
    assert once_more[0] == "JEJAK_TEST_DATABASE=postgresql"
    assert f"tests/{AREAS[area]}" in once_more or "postgres.database(" in text or "params=KINDS" in text
