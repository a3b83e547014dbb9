"""Everything that was ever signed with one's keys, found by reading the whole log and not by asking anybody.

What must hold, in this order; whoever reads stops at the first that does not:

1. every leaf from 0 on is there, and each reads as an entry of this ledger;
2. leaf 0 is the pinned one, and the tree that the entries make has the root of the verified checkpoint at its size, and
   that of the newest one verified before, if it is that large;
3. the acts make a history (register, SOPs, cases), so that each can be told in the words of its time.

Only then is anything said. An act counts as one's own if its envelope names one of the keys; its signature is verified
here with that key, and whether a later revocation puts it in question is said from the register as the whole log makes
it. Beside them stand acts in one's own name with any other key, because a key that somebody else had
registered would sign just so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from keys.errors import Forged, JejakError
from keys.register import Register
from keys.signing import PublicKey
from ledger.bodies import KeyRevoked
from ledger.case import Case
from ledger.checkpoint import Checkpoint
from ledger.enactment import Enactments
from ledger.flags import Flag, questioned
from ledger.merkle import Frontier
from ledger.recorded import Recorded
from ledger.replay import Replay, Step
from ledger.sentences import sentence
from ledger.verdicts import in_question

#: Leaves after which progress is told.
_STEP = 100


@dataclass(frozen=True, slots=True)
class OwnAct:
    """An act with its sentence; ``fault`` says why its signature is not that of the key it names, None if it is.

    ``questioned`` is the flag of a later revocation that puts it in question, None if none does; ``refused``: the
    service said once that it does not record this very envelope.
    """

    done: Recorded
    sentence: str
    fault: JejakError | None
    questioned: Flag | None = None
    refused: bool = False


@dataclass(slots=True)
class OwnActs:
    """What was found: acts with one's own keys, and acts in one's own name (``names``) with other keys."""

    names: frozenset[str]
    own: list[OwnAct] = field(default_factory=list)
    others: list[OwnAct] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Tell whether every signature found holds."""
        return all(one.fault is None for one in (*self.own, *self.others))


def own_acts(
    entries: Iterable[Recorded],
    checkpoint: Checkpoint,
    *,
    founding: bytes,
    before: Checkpoint | None = None,
    keys: Mapping[str, PublicKey],
    names: frozenset[str],
    refused: frozenset[bytes] = frozenset(),
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> OwnActs:
    """Return the acts signed with ``keys`` (by key id) or in ``names`` among ``entries``, which ``checkpoint`` seals.

    ``refused`` are envelopes of which the service said that it refused them. ``founding`` is the leaf hash of leaf 0,
    ``before`` the newest checkpoint that was verified earlier. Raises Forged (``client.tree``, ``client.forked``,
    ``client.founding``, ``client.history``).
    """
    found, frontier, replay = OwnActs(names), Frontier(), Replay(lambda name: ())
    revoked: dict[int, dt.datetime] = {}
    for done in entries:
        if done.index != frontier.size:
            raise _unfit(f"Daun {frontier.size} tidak ada; yang diberikan daun {done.index}.")
        if done.index == 0 and done.entry.leaf_hash != founding:
            raise Forged("client.founding", "Daun 0 bukan pendirian yang dipatok.")
        frontier = frontier.append(done.entry.leaf_hash)
        if before is not None and frontier.size == before.size and frontier.root != before.root:
            raise Forged("client.forked", "Ini bukan riwayat yang pernah dibuktikan di komputer ini.")
        step = _applied(replay, done)
        if isinstance(done.act.body, KeyRevoked):
            revoked[done.index] = done.entry.recorded_at
        keyid = done.entry.envelope.keyid
        if keyid in keys:
            found.own.append(replace(_told(step, keys[keyid]), refused=done.entry.envelope.data in refused))
        elif done.act.official in names:
            found.others.append(_told(step, step.authority.key.public))
        if frontier.size % _STEP == 0:
            progress(frontier.size, checkpoint.size)
    progress(frontier.size, checkpoint.size)
    if (frontier.size, frontier.root) != (checkpoint.size, checkpoint.root):
        raise _unfit(f"Pohon dari {frontier.size} daun yang dibaca tidak sama dengan segel {checkpoint.size} daun.")
    register = replay.register()
    if register is not None:
        found.own = [_doubted(one, register, revoked) for one in found.own]
        found.others = [_doubted(one, register, revoked) for one in found.others]
    return found


def _doubted(one: OwnAct, register: Register, revoked: Mapping[int, dt.datetime]) -> OwnAct:
    """Return the act with what puts it in question; ``revoked`` is when the revocation at each leaf was recorded."""
    loss = in_question(one.done, register)
    if loss is None:
        return one
    return replace(one, questioned=questioned(loss, register.officials[loss.by].record.name, revoked[loss.index]))


def _applied(replay: Replay, done: Recorded) -> Step:
    try:
        return replay.apply(done)
    except (AssertionError, KeyError, JejakError) as error:
        raise Forged("client.history", f"Riwayat mustahil pada daun {done.index}.", cause=str(error)) from None


def _told(step: Step, key: PublicKey) -> OwnAct:
    fault: JejakError | None = None
    try:
        step.done.entry.envelope.opened_with(key)
    except JejakError as error:
        fault = error
    before, after, authority = step.before.state if step.before else None, step.after.state, step.authority
    sop = after.sop if isinstance(after, Case) else after.in_force if isinstance(after, Enactments) else None
    words = sentence(
        step.done.act,
        name=authority.official.record.name,
        office_name=authority.mandate.record.office_name,
        capacity=authority.mandate.record.capacity,
        sop=sop,
        round=before.round if isinstance(before, Case) else None,
        register=step.register,
    )
    return OwnAct(step.done, words, fault)


def _unfit(detail: str) -> Forged:
    return Forged(
        "client.tree",
        f"Isi buku besar tidak cocok dengan segelnya. {detail}",
        allowed="Daftar ini tidak dapat dipercaya, ke arah mana pun. Serahkan kepada pemeriksa.",
    )
