"""The proof cases in tests/data: each is a file of its own, judged by name, and is what it was when it was made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.make_proof_cases import DATA, files
from tests.test_merkle import cases

MEMBERS = {
    "inclusion": ["desc", "wantErr", "index", "size", "leafHash", "proof", "root"],
    "consistency": ["desc", "wantErr", "oldSize", "newSize", "proof", "oldRoot", "newRoot"],
}


@pytest.mark.parametrize("kind", MEMBERS)
def test_every_file_of_the_folder_is_a_case_that_is_judged(kind: str) -> None:
    found = sorted(str(path.relative_to(DATA / kind)) for path in (DATA / kind).rglob("*") if not path.is_dir())
    assert found == [f"{case.id}.json" for case in cases(kind)]
    assert len(found) > 70


@pytest.mark.parametrize("kind", MEMBERS)
def test_every_case_says_what_it_is_and_no_two_say_the_same(kind: str) -> None:
    read = [json.loads(path.read_text("utf-8")) for path in (DATA / kind).iterdir()]
    assert all(sorted(one) == sorted(MEMBERS[kind]) for one in read)
    assert len({one["desc"] for one in read}) == len(read)
    assert len({json.dumps({**one, "desc": ""}) for one in read}) == len(read)


@pytest.mark.parametrize(
    ("path", "text"), [pytest.param(*one, id=f"{one[0].parent.name}-{one[0].stem}") for one in files()]
)
def test_a_case_is_what_it_was_when_it_was_made(path: Path, text: str) -> None:
    assert path.read_text("utf-8") == text
