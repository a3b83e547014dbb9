"""Judging an evidence bundle offline, with nothing but the log's key and the founding that the verifier brings.

:func:`judge` does this, in this order; the numbers stand again in the code:

1. The checkpoint is signed by the pinned key, and is of that key's log.
2. The first entry is the pinned founding, and names the pinned key as its log's.
3. Inclusion: each entry is in the tree of that checkpoint, and its leaf index is what the proof says. Recording times
   do not go back. The checkpoint that each signer had seen is continued by this one, and covers what the act continues.
4. Completeness: each stream is chained by ``previous`` from version 1 up to what the log, in a note signed for this
   very checkpoint, states as its newest entry.
5. Signature and authority: in leaf order, against the register as the proved entries below make it.
6. Conformance: the code that accepted the act is asked again, in the world that the proved entries below make.
7. Documents: the bytes hash to the digest that the acts name, and have the size that they state.
8. What the verifier brings from outside: the witness policy, and what was kept (:mod:`ledger.evidence_kept`).
9. What changes no verdict and must be told with them: acts in question by the newest register that is here or was kept,
   what rests on them, what touches the case (:mod:`ledger.evidence_standing`), times after the verifier's own clock.

Without 1 or 2 nothing is evidence: Forged is raised. Everything else is a verdict (:mod:`ledger.evidence_report`), and
what rests on something missing or broken is *tidak dapat dinilai*, never proved: authority above the leaf up to which
the register is known, conformance after an act that does not hold. So is what depends on other cases (whether a letter
number was free, the case that is superseded): no bundle can show it. Where the case's own SOP states a number as used
on paper, only a later statement for another SOP could have freed it; that is not here, so it cannot be judged, and is
not called whole. Pure.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from keys.errors import Forged, JejakError
from keys.fields import DocumentRef
from ledger.acts import Act, SignedAct
from ledger.bodies import AgendaRecorded, DispositionIssued, LedgerFounded
from ledger.bundle import Bundle, Filed
from ledger.case import Case
from ledger.checkpoint import SignedCheckpoint, open_checkpoint
from ledger.enactment import Enactments
from ledger.evidence_doubts import doubted
from ledger.evidence_kept import Kept
from ledger.evidence_outside import Here, hold_against
from ledger.evidence_places import Placed, Places, known, stated_heads
from ledger.evidence_report import BEYOND, NOWHERE, Enclosed, Judged, Report, beyond, sentence_of
from ledger.evidence_standing import touches
from ledger.flags import flags
from ledger.founding import founding_key
from ledger.mentions import documents_of
from ledger.note import VerifierKey
from ledger.policy import NONE, Policy
from ledger.recorded import Recorded
from ledger.replay import Replay, Step
from ledger.rule_words import place_in_words
from ledger.sop import Sop
from ledger.streams import REGISTER, opens_under
from ledger.streams import judge as judge_act
from ledger.successor import predecessor_in_words
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED, Ground, Verdict, verdicts
from ledger.wording import when

_USED = "agenda.used"
_FREED_ELSEWHERE = (
    "Pernyataan itu ada dalam SOP perkara ini sendiri dan belum dicabut di sini; hanya pernyataan yang lebih baru untuk"
    " SOP lain, yang tidak ada dalam bundel ini, dapat membolehkan nomor itu. Periksalah buku agendanya, atau salinan"
    " buku besarnya dengan jejak audit."
)


def judge(
    bundle: Bundle,
    *,
    vkey: VerifierKey,
    founding: str,
    policy: Policy | None = None,
    kept: Sequence[Kept] = (),
    beside: Sequence[Bundle] = (),
    now: dt.datetime | None = None,
) -> Report:
    """Return the verdicts on a bundle.

    ``founding`` is the leaf hash of leaf 0 (hex), ``kept`` is what was kept of the log before, ``now`` the time by the
    verifier's clock. All of these are the verifier's own. ``beside`` are bundles of other cases that somebody already
    proved to be of the same history: they are asked what touches this case, and not held against it. Raises Forged
    where the bundle is not of the log of ``vkey``, or not of the ledger that begins with ``founding``.
    """
    report = _Judge(bundle, vkey, founding).report(policy, kept, now)
    others = []
    for one in (*kept, *beside):
        if isinstance(one, Bundle):
            with suppress(JejakError):  # what it is not is said where it is held against the bundle
                others.append(_Judge(one, vkey, founding).report(None, (), None))
    report = doubted(report, others)
    return replace(report, touches=touches(report, others))


class _World(Replay):
    """The streams as the acts make them that were let happen; it leaps over the leaves of everybody else."""

    def __init__(self) -> None:
        super().__init__(lambda name: (), kept=sys.maxsize)

    def leap(self, done: Recorded) -> Step:
        """Let an act happen at its own leaf index."""
        self.position = done.index
        return self.apply(done)


class _Judge:
    """One walk through a bundle; :meth:`report` is the numbered list of the module's docstring."""

    def __init__(self, bundle: Bundle, vkey: VerifierKey, founding: str) -> None:
        self._bundle = bundle
        self._sealed = _opened(bundle, vkey)  # 1
        _require_founding(bundle, vkey, founding)  # 2
        self._places = Places(bundle, self._sealed)  # 3
        self._heads = stated_heads(bundle, self._sealed)
        self._known = known(self._places, (bundle.case, REGISTER, bundle.sop), self._heads)  # 4
        self._until = {name: one.until for name, one in self._known.items()}
        self._world = _World()

    def report(self, policy: Policy | None, kept: Sequence[Kept], now: dt.datetime | None) -> Report:
        """Return the report of the first eight checks."""
        acts = tuple(self._judged(filed) for filed in self._bundle.entries)  # 5, 6
        register = self._world.register()
        return Report(
            bundle=self._bundle,
            sealed=self._sealed,
            synthetic=register is not None and register.synthetic,
            acts=acts,
            streams={name: one.verdict for name, one in self._known.items()},
            papers=tuple(self._papers()),  # 7
            outside=tuple(self._outside(policy, kept, now)),  # 8
            state=self._case(),
            register=register,
            remarks=tuple(_remarks(self._bundle, acts, now)),
        )

    # 5. signature and authority

    def _judged(self, filed: Filed) -> Judged:
        inclusion, placed = self._places.verdicts[filed.index], self._places.placed.get(filed.index)
        if placed is None:
            return self._unplaced(filed, inclusion)
        done, register = placed.recorded, self._world.register()
        both = verdicts(done, Ground(register, self._sop(done.act)))
        signature, authority = both.signature, both.authority
        if signature.verdict != CONTRADICTED and not self._is_known(REGISTER, done.index):
            authority = self._incomplete(REGISTER)
        conformance = self._conformance(placed, signature, authority)
        step = None
        if conformance.verdict == PROVED or conformance.rule in (BEYOND, _USED):
            step = self._world.leap(done)
        else:
            self._until[done.act.stream] = min(self._until[done.act.stream], done.index)
        said = sentence_of(step) if step else None
        return Judged(filed, signature, authority, inclusion, conformance, step, said, flags(step) if step else ())

    def _unplaced(self, filed: Filed, inclusion: Verdict) -> Judged:
        """Judge an entry that is not proved to be in the log: at most its signature can be."""
        done = Recorded(filed.index, filed.entry, filed.act, filed.leaf)
        signature = verdicts(done, Ground(self._world.register())).signature
        nowhere = Verdict(UNJUDGED, "Tempatnya dalam log tidak terbukti.", NOWHERE)
        return Judged(filed, signature, nowhere, inclusion, nowhere)

    def _sop(self, act: Act) -> Sop | None:
        """Return the SOP version that an act stands on, as far as it is known."""
        own, named = self._world.stream(act.stream), opens_under(act)
        if own is not None and isinstance(own.state, Case):
            return own.state.sop
        if own is not None and isinstance(own.state, Enactments):
            return own.state.in_force
        sop = self._world.stream(f"sop:{named.slug}") if named else None
        return sop.state.versions.get(named.leaf) if named and sop and isinstance(sop.state, Enactments) else None

    # 6. conformance

    def _conformance(self, placed: Placed, signature: Verdict, authority: Verdict) -> Verdict:
        """Return whether the register, the SOP or the case took the act, by the code that accepted it."""
        done = placed.recorded
        if signature.verdict != PROVED:
            return Verdict(
                UNJUDGED, "Tanda tangannya tidak terbukti, jadi tindakannya tidak dinilai.", "bundle.signature"
            )
        needs = (REGISTER, done.act.stream, *((self._bundle.sop,) if done.act.stream == self._bundle.case else ()))
        for name in needs:
            if not self._is_known(name, done.index):
                return self._incomplete(name)
        try:
            judge_act(self._world, self._signed(done), done.index, done.entry.recorded_at)
        except JejakError as fault:
            if authority.rule is not None and fault.rule == authority.rule:
                return Verdict(UNJUDGED, "Wewenangnya tidak ada, jadi langkahnya tidak dinilai.", "bundle.authority")
            still_open = self._open(done.act)
            if still_open is not None and fault.rule == "case.supersedes":
                return still_open
            if still_open is not None and fault.rule == _USED:
                return Verdict(UNJUDGED, f"{fault.detail} {_FREED_ELSEWHERE}", _USED)
            return Verdict(CONTRADICTED, fault.detail, fault.rule)
        return self._open(done.act) or Verdict(PROVED, _conforms(done.act))

    def _open(self, act: Act) -> Verdict | None:
        """Return the verdict on what depends on other cases, None where nothing does.

        Numbers that were used on paper may have been stated, lower or higher, for another SOP since.
        """
        match act.body:
            case AgendaRecorded(number=number):
                return beyond(
                    f"Nomor surat {number.text()} (versi {act.version}): langkah dan kodenya sesuai, tetapi bahwa nomor"
                    " itu tidak dipakai perkara lain tidak dapat dinilai dari satu bundel."
                )
            case DispositionIssued(supersedes=named) if named and f"case:{named.case}" != act.stream:
                return beyond(
                    f"Perkara {named.case}, yang menurut pembukanya digantikan perkara ini, tidak ada dalam bundel:"
                    " bahwa perkara itu ditandatangani seperti yang disebut tidak dapat dinilai dari sini."
                )
        return None

    def _signed(self, done: Recorded) -> SignedAct:
        register, envelope = self._world.register(), done.entry.envelope
        public = register.keys[envelope.keyid].public if register else founding_key(envelope)
        return SignedAct(envelope.opened_with(public))

    def _is_known(self, stream: str, index: int) -> bool:
        return index <= self._until[stream]

    def _incomplete(self, stream: str) -> Verdict:
        why = (
            f"Tindakan sebelumnya dalam {place_in_words(stream)} tidak utuh dalam bundel ini, atau tidak semuanya sah."
        )
        return Verdict(UNJUDGED, why, "bundle.incomplete")

    def _case(self) -> Case | None:
        stream = self._world.stream(self._bundle.case)
        return stream.state if stream and isinstance(stream.state, Case) else None

    # 7. documents

    def _papers(self) -> list[Enclosed]:
        named: dict[str, list[tuple[int, DocumentRef]]] = {}
        for filed in self._bundle.acts(self._bundle.case):
            for reference in documents_of(filed.act):
                named.setdefault(reference.digest, []).append((filed.index, reference))
        return [
            Enclosed(
                found[0][1],
                tuple(dict.fromkeys(index for index, _ in found)),
                _paper(self._bundle.documents.get(digest), [reference for _, reference in found]),
            )
            for digest, found in named.items()
        ]

    # 8. from outside

    def _outside(self, policy: Policy | None, kept: Sequence[Kept], now: dt.datetime | None) -> list[Verdict]:
        found = [] if policy is None else [_met(policy, self._sealed, now)]
        here = Here(self._bundle, self._sealed, self._heads, self._places)
        return found + [said for one in kept if (said := hold_against(here, one)) is not None]


def _opened(bundle: Bundle, vkey: VerifierKey) -> SignedCheckpoint:
    try:
        return open_checkpoint(bundle.checkpoint, vkey)
    except JejakError as fault:
        raise Forged(
            "bundle.key",
            f"Segel bundel ini bukan dari log dengan kunci yang Anda sebut. {fault.detail}",
            allowed="Periksa kunci log pada berita acara pendirian buku besarnya.",
            cause=fault.rule,
        ) from None


def _require_founding(bundle: Bundle, vkey: VerifierKey, founding: str) -> None:
    first = bundle.entries[0]
    if first.index != 0 or first.leaf != founding:
        raise Forged(
            "bundle.founding",
            "Bundel ini bukan dari buku besar yang berawal dari pendirian yang Anda sebut.",
            allowed="Periksa sidik pendirian pada berita acara pendirian buku besarnya.",
            founding=first.leaf,
        )
    if not isinstance(first.act.body, LedgerFounded) or first.act.body.log_key != str(vkey):
        raise Forged(
            "founding.log_key",
            "Pendirian buku besar ini menyebut kunci log lain dari yang Anda sebut.",
            allowed="Periksa kunci log pada berita acara pendirian buku besarnya.",
        )


def _paper(data: bytes | None, references: Sequence[DocumentRef]) -> Verdict:
    if data is None:
        return Verdict(UNJUDGED, "Isinya tidak disertakan dalam bundel ini.", "bundle.lacking")
    if f"sha256:{hashlib.sha256(data).hexdigest()}" != references[0].digest:
        return Verdict(CONTRADICTED, "Isinya bukan yang disebut dalam tindakan: sidiknya lain.", "document.altered")
    if any(len(data) != reference.size for reference in references):
        return Verdict(CONTRADICTED, f"Isinya {len(data)} bita, bukan seperti yang ditandatangani.", "document.size")
    return Verdict(PROVED, f"Isinya persis yang disebut dalam tindakan, {len(data)} bita.")


def _met(policy: Policy, sealed: SignedCheckpoint, now: dt.datetime | None) -> Verdict:
    try:
        count = policy.require(sealed, now)
    except JejakError as fault:
        return Verdict(CONTRADICTED, fault.detail, fault.rule)
    if policy.quorum == NONE:
        return Verdict(PROVED, "Kebijakan Anda tidak meminta saksi (quorum none): tidak ada saksi yang ditanya.")
    return Verdict(PROVED, f"Kebijakan saksi Anda terpenuhi: {count} saksi ikut menandatangani segel ini.")


def _remarks(bundle: Bundle, acts: Sequence[Judged], now: dt.datetime | None) -> Iterator[str]:
    founded = bundle.entries[0].act.body
    if isinstance(founded, LedgerFounded) and founded.successor_of is not None:
        after = predecessor_in_words(founded.successor_of)
        yield f"Buku besar ini {after}. Tindakan dalam buku besar pendahulunya tidak ada dalam bundel ini."
    ahead = [one for one in acts if now is not None and one.filed.entry.recorded_at > now]
    if now is not None and ahead:
        first = ahead[0].filed
        yield (
            f"{len(ahead)} tindakan mempunyai waktu catat lebih lambat dari jam komputer ini ({when(now)}); yang"
            f" pertama daun {first.index}, dicatat {when(first.entry.recorded_at)}. Jam salah satunya keliru."
        )


def _conforms(act: Act) -> str:
    family = act.stream.partition(":")[0]
    return {
        REGISTER: "Register menerima tindakan ini menurut aturannya.",
        "sop": "Penetapan ini diterima menurut aturannya.",
    }.get(family, "Menurut SOP perkara ini, tindakan ini memang dapat dilakukan pada saat itu.")
