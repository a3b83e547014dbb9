"""The register as an inspector reads it: who held what from when until when, by which decree, given and taken by whom.

A :class:`History` is the register after each of its acts (:meth:`ledger.past.Past.history`) with the acts themselves
at hand; it finds who proposed and who approved what a person holds, and says each holding as one sentence in
Indonesian. Nothing in it judges an act; that is :mod:`keys.authority`. Pure.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from operator import attrgetter

from keys.authority import day_of, keys_of, mandates_of
from keys.errors import NotAllowed
from keys.register import Key, Loss, Mandate, Official, Proposal, Register
from ledger import bodies as b
from ledger.recorded import Recorded
from ledger.register_powers import require_standing
from ledger.streams import Stream
from ledger.wording import CAPACITIES, LOSSES, day, said, short, when


@dataclass(frozen=True, slots=True)
class Giving:
    """Who proposed and who approved a holding, each with the leaf index of their act."""

    proposed_by: str
    proposed: int
    approved_by: str
    approved: int


def standing(mandate: Mandate, index: int, today: str) -> str:
    """Return how a mandate stands for an act at leaf ``index`` on a day (``YYYY-MM-DD``, WIB), in a word or two.

    It is the mandate's own period alone: whether somebody else has the seat by now is judged for each act.
    """
    if mandate.until is not None and mandate.until < index:
        return "dicabut"
    if today < mandate.record.start:
        return "belum mulai"
    return "berakhir" if mandate.record.end is not None and mandate.record.end < today else "berlaku"


def why_stale(register: Register, proposal: Proposal, index: int, at: dt.datetime) -> NotAllowed | None:
    """Return why a proposal can no longer be approved by anybody, at leaf ``index`` and that time; None if it can."""
    approval = b.Approved(proposal=proposal.leaf, recovery="pemulihan" if proposal.recovery else None)
    try:
        require_standing(register, proposal, approval, index, at)
    except NotAllowed as fault:
        return fault
    return None


class History:
    """The register after each of its acts, in leaf order; ``recorded`` returns the act at a leaf index."""

    def __init__(self, versions: Sequence[Stream], recorded: Callable[[int], Recorded]) -> None:
        self._versions = versions
        self._recorded = cache(recorded)

    @cached_property
    def leaves(self) -> dict[str, int]:
        """Return the leaf index of every act of the register, by leaf hash (hex)."""
        return {one.leaf: one.index for one in self._versions}

    def at(self, index: int) -> dt.datetime:
        """Return when the act at a leaf index was recorded (UTC)."""
        return self._recorded(index).entry.recorded_at

    def giving(self, since: int) -> Giving | None:
        """Return who gave what holds since leaf ``since``; None for what the founding brought."""
        done = self._recorded(since)
        if not isinstance(done.act.body, b.Approved):
            return None
        before = self._versions[bisect_right(self._versions, since - 1, key=attrgetter("index")) - 1].state
        assert isinstance(before, Register)
        proposal = before.proposals[done.act.body.proposal]
        return Giving(proposal.by, self.leaves[proposal.leaf], done.act.official, since)

    def note(self, loss: Loss) -> str | None:
        """Return what the act that took a key or a mandate noted beside its reason, if it did."""
        body = self._recorded(loss.index).act.body
        return body.note if isinstance(body, b.KeyRevoked) else None

    def records(self, official: str, upto: int) -> Iterator[Official]:
        """Yield what was written of a person, each time it changed, up to leaf ``upto``."""
        last: Official | None = None
        for version in self._versions:
            if version.index > upto:
                return
            assert isinstance(version.state, Register)
            now = version.state.officials.get(official)
            if now is not None and (last is None or now.since != last.since):
                last = now
                yield now

    def sentences(self, register: Register, official: str, upto: int) -> list[str]:
        """Return what a person was and held, a sentence each, in the order in which the ledger learnt of it.

        ``register`` is as of leaf ``upto``. A NIP is not in it, nor why somebody was absent.
        """
        told = [(one.since, 0, self._person(register, one)) for one in self.records(official, upto)]
        told += [(one.since, 1, self._mandate(register, one)) for one in mandates_of(register, official)]
        told += [(one.since, 2, self._key(register, one)) for one in keys_of(register, official)]
        return [sentence for _, _, sentence in sorted(told)]

    def _person(self, register: Register, known: Official) -> str:
        rank = f", {known.record.rank}" if known.record.rank else ""
        given = self._by(register, known.since)
        return f"Tercatat sebagai {known.record.name}{rank}, sejak {self._place(known.since)}{given}."

    def _mandate(self, register: Register, held: Mandate) -> str:
        record, decree = held.record, held.record.decree
        behalf = register.mandates.get(record.behalf_of) if record.behalf_of else None
        over = f" atas nama {_name(register, behalf.record.official)}, {behalf.record.office_name}" if behalf else ""
        return (
            f"{record.office_name} ({CAPACITIES[record.capacity]}){over}, sejak {day(record.start)}"
            f" {self._until(register, held)}, menurut SK {decree.issuer} nomor {decree.number}"
            f" tanggal {day(decree.date)}; dicatat {self._place(held.since)}"
            f"{self._by(register, held.since)}{_recovered(held.recovered)}."
        )

    def _until(self, register: Register, held: Mandate) -> str:
        end, loss = held.record.end, held.withdrawn
        if loss is None:
            return f"sampai {day(end)}" if end else "sampai dicabut"
        taken = day_of(self.at(loss.index))
        over = f"sampai {day(end)}, lalu dicabut" if end is not None and end < taken else "sampai dicabut"
        return (
            f"{over} {day(taken)} (daun {loss.index}) oleh {_name(register, loss.by)}, alasannya “{said(loss.reason)}”"
        )

    def _key(self, register: Register, held: Key) -> str:
        minutes = (
            f"dengan berita acara (sidik {short(held.berita_acara)})"
            if held.berita_acara
            else "tanpa berita acara, jadi identitas kunci belum dibuktikan"
        )
        until = self._revoked(register, held.revoked) if held.revoked else "sampai dicabut"
        return (
            f"Kunci tanda tangan (sidik {short(held.public.id)}), sejak {self._place(held.since)} {until}; {minutes}"
            f"{self._by(register, held.since)}{_recovered(held.recovered)}."
        )

    def _revoked(self, register: Register, loss: Loss) -> str:
        done = f"sampai dicabut {self._place(loss.index)} oleh {_name(register, loss.by)} {LOSSES[loss.reason]}"
        since = loss.compromised_since
        done += f", menurut pernyataannya sejak {when(since)}" if since else ""
        note = self.note(loss)
        return f"{done}, dengan catatan “{said(note)}”" if note is not None else done

    def _by(self, register: Register, since: int) -> str:
        given = self.giving(since)
        if given is None:
            return ", pada pendirian buku besar"
        return f", diusulkan {_name(register, given.proposed_by)}, disetujui {_name(register, given.approved_by)}"

    def _place(self, index: int) -> str:
        return f"{when(self.at(index))} (daun {index})"


def _recovered(recovered: bool) -> str:
    return ", dalam pemulihan register oleh kedua pendiri" if recovered else ""


def _name(register: Register, official: str) -> str:
    known = register.officials.get(official)
    return known.record.name if known else official
