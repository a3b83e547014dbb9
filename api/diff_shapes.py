"""What changed between two documents, as JSON values: for ``--json`` and for the pages of the desk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from ledger.iku_diff import IkuChange, State, TextChange
from ledger.word_diff import LineChange


def iku_json(found: IkuChange) -> dict[str, Any]:
    """Return what changed in an IKU document as a JSON value; words are pairs of "same", "out" or "in" and a text."""
    rows = [
        {
            "state": row.state,
            "before": row.before,
            "after": row.after,
            "moved": row.moved,
            "objective": row.row.objective,
            "indicator": row.row.indicator,
            "changes": [_change_json(one) for one in row.changes],
        }
        for row in found.rows
    ]
    return {
        "header": [_change_json(one) for one in found.header],
        "counts": {state: found.count(state) for state in get_args(State)},
        "rows": rows,
    }


def lines_json(found: Iterable[LineChange]) -> list[dict[str, Any]]:
    """Return which lines of a plain text changed as a JSON value."""
    return [{"before": one.before, "after": one.after, "change": _change_json(line_change(one))} for one in found]


def line_change(found: LineChange) -> TextChange:
    """Return a line that changed as a text that did."""
    return TextChange("line", found.old, found.new, found.words, found.coarse)


def _change_json(change: TextChange) -> dict[str, Any]:
    return {
        "member": change.name,
        "before": change.before,
        "after": change.after,
        "words": [list(piece) for piece in change.words],
        "coarse": change.coarse,
    }
