"""A NUL in an address is the asker's fault everywhere, before anything is looked up: PostgreSQL takes no such text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.served import Served, served

NAMES = ("text", "stream", "name", "official", "unit")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as office:
        office.open()
        yield office


def test_no_address_with_a_nul_in_it_reaches_the_database(office: Served) -> None:
    headers = office.signed_in()
    rules = [one.rule for one in office.app.url_map.iter_rules() if one.methods and "GET" in one.methods]
    asked = [re.sub("<[^>]*>", nul, one) for one in rules if "<" in one for nul in ("%00", "case:%00")]
    asked += [f"{re.sub('<[^>]*>', '1', one)}?{name}=a%00" for one in rules for name in NAMES]
    assert len(asked) > 300
    for path in asked:
        answer = office.http.get(path, headers=headers)
        assert answer.status_code == 400, (path, answer.status_code)
