"""Two verdicts on a recorded act, kept apart: its signature, and the power of whoever signed it.

*Signature* asks whether these bytes were signed with this key; it says whose key the register has it as, and whether
minutes (*berita acara*) tie it to that person. *Authority* asks whether the signer held, at that leaf index and on the
day of recording, the office that the act needs; it says under which mandate and decree. Each is *terbukti*, *tidak
cocok* or *tidak dapat dinilai* (DOMAIN, rule 15), with one sentence why; one may hold where the other does not.

Both are found anew from the entry's bytes and from what all lower leaves make (:class:`Ground`), by the code that
accepts acts; no column is believed. Leaf 0 founds the ledger and stands on itself. Whether a case or an SOP took the
act at that step is neither question: :func:`ledger.streams.judge` asks that too.

A verdict never changes. What may change later is whether an act is *in question*: a key that was revoked because
somebody else may have used it puts in question what was recorded with it until the revocation, from the moment that is
claimed on; where nobody says since when, all of it. It is for people to decide what follows. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from keys.authority import Authority, Need, day_of, require
from keys.errors import JejakError, NotAllowed, NotJudged
from keys.register import Key, Loss, Mandate, Register
from keys.signing import PublicKey
from ledger import bodies as b
from ledger import enactment
from ledger.acts import Act
from ledger.case_rules import needed
from ledger.enactment import Enactments
from ledger.founding import founding_key
from ledger.officials import decide
from ledger.past import Past
from ledger.recorded import Recorded
from ledger.rows import Rows
from ledger.sop import Sop
from ledger.streams import REGISTER, opens_under
from ledger.wording import CAPACITIES, day, short

PROVED, CONTRADICTED, UNJUDGED = "terbukti", "tidak cocok", "tidak dapat dinilai"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict word, why in one sentence, the rule where it does not hold, and facts that are JSON values."""

    verdict: str
    why: str
    rule: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return ``{"verdict", "why"}``, with ``rule`` or the facts."""
        said = {"verdict": self.verdict, "why": self.why} | self.facts
        return said if self.rule is None else said | {"rule": self.rule}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The two verdicts on an act."""

    signature: Verdict
    authority: Verdict

    def as_dict(self) -> dict[str, Any]:
        """Return both as JSON values."""
        return {"signature": self.signature.as_dict(), "authority": self.authority.as_dict()}


@dataclass(frozen=True, slots=True)
class Ground:
    """What an act stands on: the register, and the SOP that says whose step it is.

    ``sop`` is a case's own version; of an act in an SOP's stream the version that was in force, None before the first.
    """

    register: Register | None
    sop: Sop | None = None


class Grounds:
    """Finds what acts stand on, each just below its own leaf; nothing is folded for a single act."""

    def __init__(self, past: Past, rows: Rows) -> None:
        self._past = past
        self._rows = rows
        self._pinned: dict[str, Sop | None] = {}

    def of(self, done: Recorded) -> Ground:
        """Return the ground of an act; raises Forged where what it stands on cannot be read."""
        register = self._past.stream(self._rows, REGISTER, done.index - 1)
        state = register.state if register else None
        return Ground(state if isinstance(state, Register) else None, self._sop(done))

    def _sop(self, done: Recorded) -> Sop | None:
        stream = done.act.stream
        if stream.startswith("sop:"):
            before = self._enactments(stream, done.index - 1)
            return before.in_force if before else None
        if stream.startswith("case:") and stream not in self._pinned:
            self._pinned[stream] = self._pinned_to(done)
        return self._pinned.get(stream)

    def _pinned_to(self, done: Recorded) -> Sop | None:
        """Return the SOP of a case, which the act that opened it names once for all."""
        first = self._rows.at(done.act.stream, 1)
        opening = Recorded.read(first) if first else done
        named = opens_under(opening.act)
        known = self._enactments(f"sop:{named.slug}", opening.index - 1) if named else None
        return known.versions.get(named.leaf) if known and named else None

    def _enactments(self, stream: str, index: int) -> Enactments | None:
        found = self._past.stream(self._rows, stream, index)
        return found.state if found and isinstance(found.state, Enactments) else None


def verdicts(done: Recorded, ground: Ground) -> Verdicts:
    """Return both verdicts on an act; never raises a fault of the act or of what it stands on."""
    signature = judged(lambda: _signature(done, ground.register))
    if signature.verdict == CONTRADICTED:
        why = "Tanda tangannya tidak cocok, jadi tidak diketahui siapa yang bertindak."
        return Verdicts(signature, Verdict(UNJUDGED, why, "verdict.signature"))
    return Verdicts(signature, judged(lambda: _authority(done, ground)))


def judged(verify: Callable[[], Verdict]) -> Verdict:
    """Return the verdict, or the one that a fault means.

    Stored bytes that cannot be read contradict what was sealed; only what is missing cannot be judged.
    """
    try:
        return verify()
    except NotJudged as fault:
        return Verdict(UNJUDGED, fault.detail, fault.rule)
    except JejakError as fault:
        return Verdict(CONTRADICTED, fault.detail, fault.rule)


# --- signature ----------------------------------------------------------------------------------------------


def _signature(done: Recorded, register: Register | None) -> Verdict:
    envelope = done.entry.envelope
    if done.index == 0:
        public, owner, proven, since = _founder(done)
    else:
        key = _key(register, envelope.keyid)
        assert register is not None
        public, proven, since = key.public, key.berita_acara is not None, key.since
        owner = register.officials[key.official].record.name
    envelope.opened_with(public)
    tied = "berita acara mengikat kunci itu kepada orangnya"
    if not proven:
        tied = "belum ada berita acara yang mengikat kunci itu kepada orangnya"
    why = f"Isinya ditandatangani dengan kunci bersidik {short(public.id)} milik {owner}; {tied}."
    return Verdict(PROVED, why, facts={"keyid": public.id, "since": since, "proven": proven})


def _key(register: Register | None, keyid: str) -> Key:
    held = register.keys.get(keyid) if register else None
    if held is None:
        raise NotJudged("signature.key", "Kunci penandatangan tidak ada dalam register saat itu.")
    return held


def _founder(done: Recorded) -> tuple[PublicKey, str, bool, int]:
    """Return the key of leaf 0, whose it is, whether minutes tie it to them, and the leaf that says so: its own."""
    public, body = founding_key(done.entry.envelope), done.act.body
    assert isinstance(body, b.LedgerFounded)
    one = next(one for one in body.founders if bytes.fromhex(one.public_key) == public.raw)
    return public, one.person.name, one.berita_acara is not None, 0


# --- authority ----------------------------------------------------------------------------------------------


def _authority(done: Recorded, ground: Ground) -> Verdict:
    act, at = done.act, done.entry.recorded_at
    if done.index == 0:
        decide(None, act, done.entry.envelope.keyid, 0, at)
        return Verdict(
            PROVED,
            "Daun 0 mendirikan buku besar dan berdiri sendiri; cocokkan sidik daunnya dengan berita acara pendirian.",
        )
    if ground.register is None:
        raise NotJudged("verdict.register", "Register saat itu tidak dapat dibaca.")
    authority = _held(done, ground, ground.register)
    return Verdict(PROVED, _in_words(done, authority, ground.register), facts=_facts(done, authority.mandate))


def _held(done: Recorded, ground: Ground, register: Register) -> Authority:
    """Return what the act stands on, by the code that accepted it, or raise NotAllowed with the rule that says no."""
    act, keyid, index, at = done.act, done.entry.envelope.keyid, done.index, done.entry.recorded_at
    if act.stream == REGISTER:
        authority = decide(register, act, keyid, index, at)
        assert authority is not None
        return authority
    need = _need(act, ground.sop, register)
    return require(register, official=act.official, mandate=act.mandate, keyid=keyid, need=need, index=index, at=at)


def _need(act: Act, sop: Sop | None, register: Register) -> Need:
    """Return the power that an act of a case or an SOP asks for."""
    if isinstance(act.body, b.CaseBody):
        if sop is None:
            raise NotJudged("verdict.sop", "SOP tempat tindakan ini berdiri tidak dapat dibaca.")
        return needed(act, sop)
    body = act.body
    unit = sop.unit if sop else body.sop.unit if isinstance(body, b.SopEnacted) else None
    if unit is None:
        raise NotAllowed("sop.unknown", "SOP ini belum ditetapkan.")
    return enactment.needed(register, unit)


def _in_words(done: Recorded, authority: Authority, register: Register) -> str:
    mandate, name = authority.mandate.record, authority.official.record.name
    decree = mandate.decree
    office = f"{mandate.office_name} ({CAPACITIES[mandate.capacity]})"
    given = f"mandat {mandate.mandate}, terdaftar di daun {authority.mandate.since}"
    source = f"menurut SK {decree.issuer} nomor {decree.number} tanggal {day(decree.date)}"
    if mandate.behalf_of is not None:
        source += f", mewakili pemegang mandat {mandate.behalf_of}"
    # In these two a mandate names the person; it need not be in force (ledger.register_powers).
    if _lays_down(done.act, register):
        return f"{name} melepas kunci atau mandatnya sendiri dan menyebut {given}, sebagai {office}, {source}."
    if isinstance(done.act.body, b.Given) and done.act.body.recovery is not None:
        return f"{name} bertindak sebagai pendiri dalam pemulihan register dan menyebut {given}, {source}."
    today = day(day_of(done.entry.recorded_at))
    return f"{name} memegang {office} dengan {given} dan berlaku pada {today} (daun {done.index}), {source}."


def _lays_down(act: Act, register: Register) -> bool:
    """Tell whether somebody gives up their own key or mandate."""
    match act.body:
        case b.KeyRevoked(keyid=named):
            return register.keys[named].official == act.official
        case b.MandateWithdrawn(mandate=named):
            return register.mandates[named].record.official == act.official
    return False


def _facts(done: Recorded, mandate: Mandate) -> dict[str, Any]:
    record = mandate.record
    return {
        "mandate": record.mandate,
        "office": record.office,
        "office_name": record.office_name,
        "capacity": record.capacity,
        "unit": record.unit,
        "behalf_of": record.behalf_of,
        "since": mandate.since,
        "leaf_index": done.index,
        "day": day_of(done.entry.recorded_at),
        "decree": {"number": record.decree.number, "date": record.decree.date, "issuer": record.decree.issuer},
    }


# --- in question --------------------------------------------------------------------------------------------


def in_question(done: Recorded, register: Register) -> Loss | None:
    """Return the revocation that puts an act in question as ``register`` has it (now, or at a later leaf), or None."""
    key = register.keys.get(done.entry.envelope.keyid)
    loss = key.revoked if key else None
    if loss is None or not _leaked(loss) or done.index >= loss.index:
        return None
    since = loss.compromised_since
    return loss if since is None or since <= done.entry.recorded_at else None


def keys_in_question(register: Register) -> Iterator[tuple[Key, Loss]]:
    """Yield the keys that put acts in question, with their revocations."""
    for key in register.keys.values():
        if key.revoked is not None and _leaked(key.revoked):
            yield key, key.revoked


def _leaked(loss: Loss) -> bool:
    return loss.reason == "compromised"
