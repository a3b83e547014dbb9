"""One byte of an entry is changed: each class of bytes, in entries of every kind of stream.

Whoever writes the file leaves the hash beside the entry as it was, or makes it fit. Whoever has the log's key seals
everything anew besides; then an official's signature still stands against every byte that it covers, and of the log's
own words around it only others can tell: those who signed later, and whoever remembers.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from keys.errors import Malformed
from ledger.entry import Entry
from ledger.merkle import leaf_hash
from tests.kit import CASE
from tests.tamper.attack import OnStore, Sight, Who
from tests.tamper.hands import change, seal
from tests.tamper.office import SOP, Moment, Office
from tests.tamper.spans import Changed, changes

LOGS_WORD = (
    "The time of recording is the log's own word, and nobody signed after it. Whoever holds the receipt, or a"
    " checkpoint of this size, sees it."
)


def attacks(office: Office) -> Iterator[OnStore]:
    """Yield the attacks."""
    moment = office.later
    for leaf in attacked(moment):
        for one in changes(moment.entries[leaf]):
            yield _attack(moment, one, leaf, Who.FILE, "", partial(_put, leaf, one.data, None))
            fitting = partial(_put, leaf, one.data, leaf_hash(one.data))
            yield _attack(moment, one, leaf, Who.FILE, ", and its hash made to fit", fitting)
            sealed = partial(_seal, moment, leaf, one.data)
            yield _attack(moment, one, leaf, Who.LOG, ", and everything is sealed anew", sealed)


def attacked(moment: Moment) -> tuple[int, ...]:
    """Return the leaves in which bytes are changed: founding, register, SOP, an opening, a paraf, the newest."""
    mandate, sop, opening, paraf = (moment.leaf(*at) for at in (("register", 7), (SOP, 1), (CASE, 1), (CASE, 6)))
    return 0, mandate, sop, opening, paraf, moment.size - 1


def _attack(moment: Moment, one: Changed, leaf: int, who: Who, how: str, put: partial[None]) -> OnStore:
    unseen = who is Who.LOG and leaf == moment.size - 1 and not one.signed and _reads(one)
    return OnStore(
        title=f"a byte of an entry is changed{how}",
        part=one.name,
        who=who,
        target=frozenset([leaf]),
        moment=moment,
        change=put,
        sight=Sight.MEMORY if unseen else Sight.ALONE,
        why=LOGS_WORD if unseen else "",
    )


def _reads(one: Changed) -> bool:
    """Tell whether a change of the log's own words leaves an entry that nobody signed otherwise."""
    try:
        Entry.parse(one.data)
    except Malformed:
        return False
    return one.name.startswith("recorded_at")


def _put(leaf: int, data: bytes, fitting: bytes | None, store: Path) -> None:
    change(store, ("UPDATE stored_events SET state = ? WHERE leaf_index = ?", (data, leaf)))
    if fitting is not None:
        change(store, ("UPDATE stored_events SET leaf_hash = ? WHERE leaf_index = ?", (fitting, leaf)))


def _seal(moment: Moment, leaf: int, data: bytes, store: Path) -> None:
    seal(store, [*moment.entries[:leaf], data, *moment.entries[leaf + 1 :]])
