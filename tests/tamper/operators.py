"""Whoever writes the store and holds the log's key: they change what they please, and seal everything anew.

The strongest operator. What officials signed stands against them; what nobody has signed or seen since does not. So
attacks on the end of a case are made twice: in the evening, when it is the end of the log, and later, when others have
signed elsewhere and named the root that they had ``seen``.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from keys.signing import PrivateKey
from ledger.documents import digest_of
from ledger.merkle import leaf_hash
from ledger.note import NoteSigner
from tests.kit import CASE, ORIGIN, founding, key
from tests.tamper.attack import OnStore, Sight, Who
from tests.tamper.hands import JOURNAL, at_time, entries_in, payload_of, seal, signed, time_of
from tests.tamper.office import BESIDE, DEWI, EKO, LOG, SOP, WITHDRAWN, Busy, Moment, Office

Entries = list[bytes]
Rewrite = Callable[[Entries], Entries]

UNSEEN = (
    "Nobody signed after it. Whoever holds its receipt, a checkpoint of this size, or a bundle of the case sees it, and"
    " so does everybody once somebody who had seen it signs again."
)
FORK = (
    "Each of two histories is whole by itself, and so are those who were shown only one. Whoever remembers anything of"
    " the other sees it."
)
UNPINNED = "Whoever pinned nothing believes any ledger. The two pins are the least that anybody must remember."
A_MICROSECOND = dt.timedelta(microseconds=1)
FORKED = "case:77777777-7777-4777-8777-777777777777"


def attacks(office: Office) -> Iterator[OnStore]:
    """Yield the attacks."""
    yield from _at_the_end(office)
    yield from _dropped(office.later)
    yield from _moved(office.later)
    yield from _forged(office.later)
    yield from _forked(office)
    yield from _other_keys(office)


def rewritten(moment: Moment, title: str, at: int, rewrite: Rewrite, *, why: str = "", who: Who = Who.LOG) -> OnStore:
    """Return the attack in which the entries become others; ``why`` is said of what memory alone shows."""
    return OnStore(
        title=title,
        who=who,
        target=frozenset([at]),
        moment=moment,
        change=partial(_sealed, moment, rewrite),
        sight=Sight.MEMORY if why else Sight.ALONE,
        why=why,
    )


def _sealed(moment: Moment, rewrite: Rewrite, store: Path) -> None:
    seal(store, rewrite(list(moment.entries)))


# --- the end of a case, seen by nobody or by others ------------------------------------------------------------


def _at_the_end(office: Office) -> Iterator[OnStore]:
    for moment, how, why in (
        (office.evening, "nobody having signed after it", UNSEEN),
        (office.later, "others having signed elsewhere after it", ""),
    ):
        last = moment.streams[CASE][-1]
        yield rewritten(moment, f"a case's last act is dropped, {how}", last, without(last), why=why)
        three = range(last - 2, last + 1)
        yield rewritten(moment, f"a case's last three acts are dropped, {how}", last - 2, without(*three), why=why)
        title = f"a case's last act is recorded a microsecond later, {how}"
        yield rewritten(moment, title, last, changed(last, _a_little_later), why=why)


def without(*leaves: int) -> Rewrite:
    """Return what drops these leaves."""
    return lambda entries: [data for at, data in enumerate(entries) if at not in leaves]


def changed(leaf: int, change: Callable[[bytes], bytes]) -> Rewrite:
    """Return what changes this leaf."""
    return lambda entries: [change(data) if at == leaf else data for at, data in enumerate(entries)]


def _a_little_later(data: bytes) -> bytes:
    return at_time(data, time_of(data) + A_MICROSECOND)


# --- dropped, moved, forged ------------------------------------------------------------------------------------


def _dropped(moment: Moment) -> Iterator[OnStore]:
    for title, leaves in (
        ("leaf 0 is dropped", [0]),
        ("an act in the middle of a case is dropped", [moment.leaf(CASE, 6)]),
        ("the approval of a key is dropped", [moment.leaf("register", 6)]),
        ("a revocation is dropped", [revocation(moment)]),
        ("what an SOP was read to mean is dropped", [moment.leaf(SOP, 2)]),
        ("a whole case is dropped", moment.streams[WITHDRAWN]),
        ("a withdrawal is dropped, and the case is open again", moment.streams[WITHDRAWN][-1:]),
    ):
        yield rewritten(moment, title, leaves[0], without(*leaves))


def revocation(moment: Moment) -> int:
    """Return the leaf that revokes a key because somebody else may have it."""
    return next(
        at for at in moment.streams["register"] if "compromised_since" in payload_of(moment.entries[at])["body"]
    )


def _moved(moment: Moment) -> Iterator[OnStore]:
    paraf, lost = moment.leaf(CASE, 6), revocation(moment)

    def exchanged(one: int) -> Rewrite:
        return lambda entries: [*entries[:one], entries[one + 1], entries[one], *entries[one + 2 :]]

    yield rewritten(moment, "two acts of one case change places", paraf - 1, exchanged(paraf - 1))
    yield rewritten(moment, "two acts of different streams change places", lost, exchanged(lost))
    timed = changed(lost, lambda data: at_time(data, time_of(moment.entries[lost - 1])))
    yield rewritten(moment, "a revocation is recorded earlier than it was", lost, timed)
    again = moment.entries[paraf]
    now = at_time(again, time_of(moment.entries[-1]) + A_MICROSECOND)
    title = "an act of before is recorded again at the end"
    yield rewritten(moment, title, moment.size, lambda entries: [*entries, now])
    title = "an act of before is recorded again in the middle"
    yield rewritten(moment, title, paraf + 1, lambda entries: [*entries[: paraf + 1], again, *entries[paraf + 1 :]])


def _forged(moment: Moment) -> Iterator[OnStore]:
    paraf = moment.leaf(CASE, 6)
    before = payload_of(moment.entries[paraf])
    other_document = before | {"body": before["body"] | {"document": digest_of(b"dokumen lain (sintetis)")}}
    stranger = key("orang-asing")
    next_beside = {"stream": BESIDE, "version": 7, "previous": _leaf_hash(moment, BESIDE)}
    for title, members, by in (
        ("an act is signed anew with a stranger's key", before, stranger),
        ("an act is signed anew with the log's own key", before, LOG.key),
        ("an act is signed anew with another official's key", before, key("agus-salim")),
        ("an act is made to name another document, signed with a stranger's key", other_document, stranger),
        ("an act is made to stand in another case, signed with a stranger's key", before | next_beside, stranger),
    ):
        forged = changed(paraf, partial(signed_anew, members, by))
        yield rewritten(moment, title, paraf, forged)
    added = partial(_added, before | next_beside, stranger)
    yield rewritten(moment, "an act is added at the end, signed with a stranger's key", moment.size, added)


def signed_anew(members: dict[str, Any], by: PrivateKey, data: bytes) -> bytes:
    """Return the entry with another act in it."""
    return signed(members, by, time_of(data))


def _leaf_hash(moment: Moment, stream: str) -> str:
    return leaf_hash(moment.entries[moment.streams[stream][-1]]).hex()


def _added(members: dict[str, Any], by: PrivateKey, entries: Entries) -> Entries:
    return [*entries, signed(members, by, time_of(entries[-1]) + A_MICROSECOND)]


# --- two histories ---------------------------------------------------------------------------------------------


def _forked(office: Office) -> Iterator[OnStore]:
    size = office.evening.size
    for words, acts in (("shorter than", 3), ("longer than", 8)):
        yield OnStore(
            title=f"the log is put back, and goes on with honest officials who see only this: {words} what was",
            who=Who.LOG,
            target=frozenset([size]),
            moment=office.later,
            change=partial(_fork, office, acts),
            sight=Sight.MEMORY,
            why=FORK,
        )
    yield OnStore(
        title="the log is put back and goes on, and takes acts of officials who had seen what was",
        who=Who.LOG,
        target=frozenset([size]),
        moment=office.later,
        change=partial(_joined, office),
    )


def _fork(office: Office, acts: int, store: Path) -> None:
    """Let the office of the evening go on otherwise."""
    shutil.copyfile(office.evening.store / JOURNAL, store / JOURNAL)
    other = Busy(store)
    with closing(other.ledger):
        other.sop_leaf, other.keys = office.kecamatan.sop_leaf, office.kecamatan.keys
        other.clock.now = office.evening_at
        other.run(FORKED, upto=acts)


def _joined(office: Office, store: Path) -> None:
    """Put an act of the fork before what was done later: all that follows was signed on another history."""
    evening, later = office.evening, office.later
    _fork(office, 1, store)
    (act,) = entries_in(store)[evening.size :]
    seal(store, [*evening.entries, at_time(act, time_of(evening.entries[-1])), *later.entries[evening.size :]])


# --- other keys ------------------------------------------------------------------------------------------------


def _other_keys(office: Office) -> Iterator[OnStore]:
    later, stranger = office.later, NoteSigner(ORIGIN, key("kunci-log-lain"))
    every = partial(_sealed_by, later, stranger)
    for title, unpinned in (
        ("everything is sealed with another key", None),
        ("everything is sealed with another key, which somebody takes for the log's", "kunci-log-lain"),
    ):
        yield OnStore(title=title, who=Who.LOG, target=frozenset([0]), moment=later, change=every, unpinned=unpinned)
    for title, signer in (
        ("another ledger is founded by other people under the same log key", "log"),
        ("another ledger is founded by other people under another log key", "kunci-log-lain"),
    ):
        yield OnStore(
            title=title,
            who=Who.LOG,
            target=frozenset([0]),
            moment=later,
            change=partial(_another, signer),
            sight=Sight.MEMORY,
            why=UNPINNED,
            unpinned=signer,
        )


def _sealed_by(moment: Moment, signer: NoteSigner, store: Path) -> None:
    seal(store, moment.entries, signer)


class Impostors(Busy):
    """A ledger that made-up founders found in the real ones' names."""

    def __init__(self, folder: Path, signer: str) -> None:
        super().__init__(folder)
        self.keys = {DEWI: "penipu-1", EKO: "penipu-2"}
        self.log = self.ledger.signer = NoteSigner(ORIGIN, key(signer))

    def found(self) -> None:
        """Found the ledger."""
        body = founding(self.log)
        for founder, own in zip(body["founders"], self.keys.values(), strict=True):
            founder["public_key"] = key(own).public.raw.hex()
        leaf = self.do(DEWI, "register", "ledger.founded", body).recorded.leaf
        self.do(EKO, "register", "founding.accepted", {"founding": leaf})


def _another(signer: str, store: Path) -> None:
    (store / JOURNAL).unlink()
    other = Impostors(store, signer)
    with closing(other.ledger):
        other.found()
