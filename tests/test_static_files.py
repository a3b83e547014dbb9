"""What pages fetch: each module without its comments, and otherwise line for line as it stands in the sources."""

from __future__ import annotations

from importlib.resources import files

import pytest

from api.desk import static_files

SOURCES = {one.name: one.read_text() for one in (files("api.desk") / "static").iterdir() if one.name.endswith(".js")}


def test_what_is_left_out_of_a_module_is_comments_and_nothing_else() -> None:
    module = (
        '/** Says so. */\nconst a = 1; // stays\n  // goes\n/**\n * Goes, too.\n */\nexport const b = "// stays";\n'
    )
    assert static_files.without_comments(module) == ('\nconst a = 1; // stays\n\n\n\n\nexport const b = "// stays";\n')


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_line_of_a_module_is_sent_as_it_is_or_not_at_all(name: str) -> None:
    source, sent = SOURCES[name].split("\n"), static_files.contents()[name].decode().split("\n")
    assert len(source) == len(sent)
    left_out = [line.strip() for line, other in zip(source, sent, strict=True) if line != other]
    assert all(line.startswith(("/**", "*", "//")) for line in left_out)
    assert [other for line, other in zip(source, sent, strict=True) if line != other and other] == []


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_no_text_over_several_lines_has_one_that_looks_like_a_comment(name: str) -> None:
    source = SOURCES[name]
    for found in static_files._COMMENT.finditer(source):
        assert source[: found.start()].count("`") % 2 == 0, found[0]
