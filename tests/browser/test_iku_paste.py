"""A clipboard that was made to stop the page: its table is read, or none, in time that grows with its size only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.judge import open_page

TABLE = "<table><tr><td>a</td><td>b</td></tr></table>"
#: What one piece of a hostile clipboard is, what stands before all of them, and the rows that are read of it.
ATTACKS: dict[str, tuple[str, str, int | None]] = {
    "styles never closed": (TABLE, "<style ", 1),
    "comments never closed": (TABLE, "<!--", 1),
    "signs": (TABLE, "<", 1),
    "formatting that crosses": (TABLE, "<b><p>", 1),
    "lists in lists": (TABLE, "<ul><li>", 1),
    "blocks in a cell": ("<table><tr><td>x", "<div>a", 1),
    "tables in tables": ("<table><tr><td>x", "<table><tr><td>", 1),
    "cells": ("<table><tr>", "<td>a", 1),
    "spans": ("<table>", "<tr><td rowspan=999 colspan=999>a<td rowspan=999>b", 2000),
}
# Each size is tried three times and the best taken, so that a busy machine does not decide.
TIMED = """async ([before, piece, counts]) => {
  const { fromHtml } = await import("/statis/uji/iku_paste.js");
  let rows = null;
  const best = counts.map((count) => {
    const html = before + piece.repeat(count);
    return Math.min(...[1, 2, 3].map(() => {
      const began = performance.now();
      rows = fromHtml(html)?.length ?? null;
      return performance.now() - began;
    }));
  });
  return [rows, ...best];
}"""
WATCH = """window.seen = [];
addEventListener("securitypolicyviolation", ({ violatedDirective }) => seen.push(violatedDirective));"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    found = browser.new_page()
    found.add_init_script(WATCH)
    open_page(found)
    yield found
    found.close()


def cells(page: Page, html: str) -> Any:
    return page.evaluate('async (h) => (await import("/statis/uji/iku_paste.js")).fromHtml(h)', html)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_clipboard_takes_time_by_its_size_only(name: str, page: Page) -> None:
    before, piece, expected = ATTACKS[name]
    rows, small, large = page.evaluate(TIMED, [before, piece, [4000, 32_000]])
    assert rows == expected
    assert large < 8 * 4 * max(small, 4)  # eight times the size: what is quadratic takes 64 times as long


def test_a_clipboard_too_large_for_any_table_is_not_read(page: Page) -> None:
    assert page.evaluate(TIMED, [TABLE, "x" * 1000, [3900, 4000]])[0] is None


def test_nothing_that_a_clipboard_brings_is_tried_against_the_policy_loaded_or_run(page: Page) -> None:
    asked = list[str]()
    page.on("request", lambda one: asked.append(one.url))
    html = """<html><head><style>td{color:red}</style><link rel=stylesheet href=http://127.0.0.1/c.css></head>
      <table style="color:red" onclick="ran=1"><tr><td style="a:b">a<img src=http://127.0.0.1/x.png onerror="ran=1">
      <script>ran=1</script></td><td><iframe src=http://127.0.0.1/f></iframe>&lt;b&gt; &amp;amp; &nbsp;x&#10;y</td></tr>
      </table></html>"""
    assert cells(page, html) == [["a", "<b> &amp;  x y"]]
    assert page.evaluate("[seen, window.ran ?? null]") == [[], None]
    assert [one for one in asked if not one.endswith("iku_paste.js")] == []


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<table><tr><td>a<br>b<td><p>c</p><p>d</p><tr><th>e</table>", [["a\nb", "c\nd"], ["e", ""]]),
        ("<table><tr><td rowspan=2>a<td>b<tr><td>c</table>", [["a", "b"], ["a", "c"]]),
        ("<table><tr><td colspan='2'>a<td>b<tr><td>c<td>d<td>e</table>", [["a", "", "b"], ["c", "d", "e"]]),
        ("<TABLE><!-- <td>x --><TR><TD>1 < 2 &le; 3</TD></TR></TABLE>", [["1 < 2 ≤ 3"]]),
        ("<table><tr><td>x</table><table><tr><td>a<td>b</table>", [["a", "b"]]),
        ("<p>tulisan saja</p>", None),
    ],
)
def test_a_table_is_read_as_it_is_laid_out(html: str, expected: Any, page: Page) -> None:
    assert cells(page, html) == expected
