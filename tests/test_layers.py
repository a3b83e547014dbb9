"""The rooms keep their directions: api -> projections -> ledger -> keys, and each library has its own room."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("keys", "ledger", "projections", "api")  # each may import itself and those before it

#: Who may import a library: a package, or single modules.
LIBRARIES = {
    "flask": {"api"},
    "flask_openapi3": {"api"},
    "werkzeug": {"api"},
    "waitress": {"api"},
    "click": {"api"},
    "httpx": {"api"},
    "httpcore": {"api"},
    "sqlalchemy": {"projections", "api.session_store", "api.migrating", "api.migrations"},
    "eventsourcing": {
        "ledger.aggregates",
        "ledger.journal",
        "ledger.journal_postgres",
        "ledger.journal_sqlite",
        "ledger.memory",
        "ledger.application",
    },
    "psycopg": {"ledger.journal_postgres"},
    "alembic": {"api.migrating", "api.migrations"},
    "cryptography": {"keys"},
    "nacl": {"keys.signing"},
}

#: Rooms of ``ledger`` that touch the world: files, threads, the database, the environment. All others are pure.
EFFECTS = {
    "aggregates": "binds to eventsourcing",
    "application": "the straight path",
    "audit": "reads a copy of a store, and how long that takes",
    "audit_workers": "processes",
    "database": "names files",
    "whereabouts": "a note in the ledger's folder",
    "backup": "copies a store while it is written",
    "backup_form": "reads a copy of a store",
    "documents": "files",
    "hand": "signs into a ledger",
    "iku_import": "reads spreadsheets",
    "iku_workbook": "reads spreadsheets",
    "journal": "the database",
    "turnstile": "locks of the operating system",
    "journal_postgres": "the database",
    "journal_sqlite": "the database",
    "logkey": "a key file",
    "memory": "threads",
    "outside_keeper": "a thread that writes a file outside the store",
    "outside_memory": "reads files outside the store",
    "restore": "makes a home of a copy of a store",
    "seen": "keeps evidence as files",
    "sight": "threads",
    "store": "opens a copy of a store",
    "turn": "the write lock, held",
    "waiting": "threads",
    "whole_file": "files",
}
#: Pure rooms that a newcomer should find here by name; a room that is in neither list is held to be pure too.
PURE = {
    "acts",
    "audit_book",
    "audit_conformance",
    "audit_ground",
    "audit_leaves",
    "audit_remembered",
    "audit_report",
    "audit_routes",
    "audit_seals",
    "audit_shares",
    "bodies",
    "bundle",
    "case",
    "checkpoint",
    "enactment",
    "entry",
    "evidence",
    "export",
    "flags",
    "founding",
    "heads",
    "iku",
    "iku_checks",
    "log",
    "mentions",
    "merkle",
    "note",
    "officials",
    "policy",
    "receipt",
    "recorded",
    "replay",
    "rows",
    "sentences",
    "sop",
    "sop_findings",
    "streams",
    "tiles",
    "tree",
    "verdicts",
}
WORLDLY = {
    "io",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "uuid",
}
#: What an auditor imports to judge evidence; it must run where neither web server nor database library is.
EVIDENCE = [
    "keys.authority",
    "keys.envelope",
    "keys.possession",
    "keys.register",
    "keys.signing",
    "keys.strict_json",
    "ledger.acts",
    "ledger.bodies",
    "ledger.bundle",
    "ledger.case",
    "ledger.checkpoint",
    "ledger.enactment",
    "ledger.entry",
    "ledger.evidence",
    "ledger.evidence_marks",
    "ledger.flags",
    "ledger.founding",
    "ledger.heads",
    "ledger.mentions",
    "ledger.merkle",
    "ledger.note",
    "ledger.officials",
    "ledger.policy",
    "ledger.receipt",
    "ledger.recorded",
    "ledger.replay",
    "ledger.rows",
    "ledger.sentences",
    "ledger.sop",
    "ledger.sop_findings",
    "ledger.streams",
    "ledger.store",
    "ledger.audit",
    "ledger.audit_remembered",
    "ledger.audit_workers",
    "ledger.verdicts",
]


def modules() -> dict[str, ast.Module]:
    """Return every module of the four packages by its dotted name."""
    found = {}
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            found[name] = ast.parse(path.read_text("utf-8"), str(path))
    return found


MODULES = modules()


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield the dotted names that a module imports, wherever in it the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            yield node.module
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def top(name: str) -> str:
    return name.partition(".")[0]


def pure_rooms() -> list[str]:
    rooms = {name.partition(".")[2] for name in MODULES if name.startswith("ledger.")}
    return sorted(rooms - EFFECTS.keys())


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 40
    assert {top(name) for name in MODULES} == set(LAYERS)
    assert set(pure_rooms()) >= PURE
    assert {name.partition(".")[2] for name in MODULES if top(name) == "ledger"} >= EFFECTS.keys()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_layer_imports_no_layer_above_it(name: str) -> None:
    above = set(LAYERS[LAYERS.index(top(name)) + 1 :])
    assert {top(one) for one in imports(MODULES[name])} & above == set()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_imports_no_tests(name: str) -> None:
    assert "tests" not in {top(one) for one in imports(MODULES[name])}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_imported_only_in_its_own_rooms(library: str) -> None:
    users = {name for name, tree in MODULES.items() if library in {top(one) for one in imports(tree)}}
    strangers = {name for name in users if not any(f"{name}.".startswith(f"{one}.") for one in LIBRARIES[library])}
    assert strangers == set()


@pytest.mark.parametrize("room", pure_rooms())
def test_a_pure_room_of_the_ledger_touches_no_clock_no_chance_and_no_file(room: str) -> None:
    assert {top(one) for one in imports(MODULES[f"ledger.{room}"])} & WORLDLY == set()


@pytest.mark.parametrize("name", [f"ledger.{room}" for room in pure_rooms()] + [n for n in MODULES if top(n) == "keys"])
def test_the_time_is_never_asked_for_where_it_must_be_given(name: str) -> None:
    asked = {
        node.attr
        for node in ast.walk(MODULES[name])
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today", "monotonic", "perf_counter")
    }
    assert asked == set()


@pytest.mark.parametrize("room", pure_rooms())
def test_a_pure_room_imports_no_room_with_effects(room: str) -> None:
    own = {one.split(".")[1] for one in imports(MODULES[f"ledger.{room}"]) if one.startswith("ledger.")}
    assert own & EFFECTS.keys() == set()


def test_only_the_settings_read_the_environment() -> None:
    users = {
        name
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    }
    assert {name for name in users if top(name) != "api"} == set()


FRESH = """
import importlib, sys
importlib.import_module(sys.argv[1])
heavy = {name.partition(".")[0] for name in sys.modules}
print(*sorted(heavy & {"flask", "sqlalchemy", "eventsourcing", "waitress", "httpx", "click", "openpyxl"}))
"""


def test_what_verifies_evidence_needs_neither_web_server_nor_database_library() -> None:
    script = f"import sys\nfor name in {EVIDENCE!r}:\n    sys.argv = ['', name]\n    exec({FRESH!r})\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split("\n") == [""] * (len(EVIDENCE) + 1)


def test_the_journal_would_be_found_out() -> None:
    """The check above can fail: the journal does need eventsourcing."""
    done = subprocess.run(
        [sys.executable, "-c", FRESH, "ledger.journal"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["eventsourcing"]
