"""Which streams name a document, and by whose act: from that follows who may read it.

Naming takes no more than the digest. Until the first act names it, a digest stands nowhere in the log; whoever names
it later may have it from there, so that gives nothing unless their unit brought the bytes too (:mod:`api.access`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from ledger.case import Case
from ledger.mentions import documents_of
from ledger.replay import Step
from projections.schema import MENTIONS


@dataclass(frozen=True, slots=True)
class Mention:
    """A stream that refers to a document, the first of its unit's cases to do so, and who signed that act."""

    stream: str
    official: str


def rows_of(step: Step) -> list[dict[str, Any]]:
    """Return one row for each document that an act refers to."""
    done, act = step.done, step.done.act
    state = step.after.state
    place = f"unit:{state.sop.unit}" if isinstance(state, Case) else act.stream
    where = {"place": place, "stream": act.stream, "leaf_index": done.index, "official": act.official}
    return [{"digest": digest} | where for digest in {one.digest for one in documents_of(act)}]


def mentions_of(connection: Connection, digest: str) -> list[Mention]:
    """Return where a document is referred to, the first reference first; nothing where it is not.

    Of the cases of a unit only the first is told: a document that all cases share is told of no slower.
    """
    asked = select(MENTIONS.c.stream, MENTIONS.c.official).where(MENTIONS.c.digest == digest)
    return [Mention(*row) for row in connection.execute(asked.order_by(MENTIONS.c.leaf_index))]
