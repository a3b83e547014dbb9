"""The English desk: every text of its templates, views and modules is translated, place by place, and nothing stray."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Message

from tests.catalogue import FILE, formatted, gathered, kept

_PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")
MESSAGES = [one for one in kept() if one.id]


def test_the_catalogue_holds_every_text_of_the_desk_and_no_other() -> None:
    assert {str(one.id) for one in gathered(kept()) if one.id} == {str(one.id) for one in MESSAGES}


def test_the_catalogue_is_kept_as_it_is_gathered() -> None:
    assert formatted(gathered(kept())) == FILE.read_bytes(), "python -m tests.catalogue gathers it anew"


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: repr(str(one.id)[:40]))
def test_a_text_is_translated_with_all_its_places(message: Message) -> None:
    assert message.string
    assert sorted(_PLACES.findall(str(message.string))) == sorted(_PLACES.findall(str(message.id)))
