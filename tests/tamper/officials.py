"""Whoever holds an official's key: what an honest service refuses, what an auditor finds where the log took it all the
same, and what nobody can tell from that official's own act.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import partial
from typing import Any

from keys.envelope import Envelope
from keys.signing import PrivateKey
from ledger.acts import compose
from ledger.documents import digest_of
from ledger.merkle import Frontier, grow, leaf_hash
from tests.kit import CASE, key, mandate, mandate_of
from tests.tamper.attack import OnService, OnStore, Sight, Who
from tests.tamper.hands import payload_of, sealed, signed, time_of
from tests.tamper.office import AGUS, BESIDE, BUDI, DEWI, EKO, HADI, RATNA, SRI, STAND_IN, Moment, Office
from tests.tamper.operators import A_MICROSECOND, FORKED, UNSEEN, Entries, changed, rewritten, signed_anew

Json = dict[str, Any]

OWN = (
    "It is that official's act to all the world. They see it among their own (jejak mine); once the key is revoked with"
    " a claim since when, every view calls it in question."
)
BOTH_REGISTRARS = (
    "Two registrars are who may do this. What ties a key to a person is the berita acara that the approval names, on"
    " paper; without one every act with the key is flagged."
)
NOT_TAKEN = "Nobody signed after it. Whoever holds the withdrawal's receipt, or a checkpoint of this size, sees it."


def attacks(office: Office) -> Iterator[OnService | OnStore]:
    """Yield the attacks."""
    yield from _sent(office)
    for title, payload, by in wrong(office):
        append = partial(_appended, payload, by)
        yield rewritten(office.later, f"{title}, and the log takes it", office.later.size, append, who=Who.BOTH)
    yield from _rewritten_by_their_signers(office)
    yield from _after_their_end(office)


# --- against an honest service --------------------------------------------------------------------------------


def _sent(office: Office) -> Iterator[OnService]:
    for title, payload, by in wrong(office):
        yield _attack(title, partial(_sent_as, payload, by))
    other = Envelope.seal("application/vnd.jejak.other+json", compose(**_signature(office)), key(SRI)).data
    yield _attack("a signature on something else is sent as an act", lambda: other)
    lawful = partial(_sent_as, _signature(office), key(SRI))
    yield _attack("an act is signed with a stolen key, within its owner's power", lawful, OWN)
    approval = office.kecamatan.payload(EKO, "register", "key.approved", {"proposal": _proposal(office.later)})
    given = partial(_sent_as, approval, key(EKO))
    yield _attack("both registrars give a key to whom they please", given, BOTH_REGISTRARS)


def _attack(title: str, envelope: Any, why: str = "") -> OnService:
    sight = Sight.NOBODY if why else Sight.ALONE
    return OnService(title=title, who=Who.OFFICIAL, target="the act", envelope=envelope, sight=sight, why=why)


def _sent_as(payload: Json, by: PrivateKey) -> bytes:
    return sealed(payload, by).data


def _signature(office: Office) -> Json:
    """Return what the Camat may sign next, and what every wrong act is made of."""
    return office.kecamatan.payload(SRI, BESIDE, "signature.given", _mark(office, "7"))


def _mark(office: Office, step: str) -> Json:
    return {"step": step, "document": office.kecamatan.iku["digest"]}


def _proposal(moment: Moment) -> str:
    """Return the leaf (hex) of the proposal that waits for its approval."""
    return leaf_hash(moment.entries[moment.streams["register"][-2]]).hex()


def wrong(office: Office) -> Iterator[tuple[str, Json, PrivateKey]]:
    """Yield what no key can do: a title, the act, the key that signs it. But for what is wrong, each is lawful."""
    now, size = _signature(office), office.later.size
    yield from _by_the_wrong_one(office, now)
    paraf = office.later.leaf(BESIDE, 6)
    again = payload_of(office.later.entries[paraf]) | {"occurred_at": now["occurred_at"]}
    addressees = {"addressees": [{"name": "Inspektorat", "copies": 1}]}
    early = office.kecamatan.payload(BUDI, BESIDE, "distribution.ordered", _mark(office, "8") | addressees)
    yield "a step is signed out of turn", early, key(BUDI)
    finished = now | {"stream": CASE} | _after(office, CASE)
    yield "an act is signed in a case that is finished", finished, key(SRI)
    yield "an act of another ledger is brought here", now | {"ledger": "sebelah.malangkab.example/jejak"}, key(SRI)
    yield "an act of before is changed and signed again in its place", again, key(BUDI)
    yield "an act is signed in advance, for a version to come", now | {"version": 9}, key(SRI)
    yield "an act names another act as the one before it", now | {"previous": "ab" * 32}, key(SRI)
    no_root = {"root": "A" * 43 + "="}
    yield "an act says that its signer saw another log", now | {"seen": {"size": size} | no_root}, key(SRI)
    more = now | {"seen": {"size": 10_000} | no_root}
    yield "an act says that its signer saw more leaves than there are", more, key(SRI)
    yield "an act says that its signer saw nothing of what it continues", now | {"seen": _root(office, 100)}, key(SRI)
    stored = {"body": _mark(office, "7") | {"document": digest_of(b"lain (sintetis)")}}
    yield "an act names another document than was reviewed", now | stored, key(SRI)
    yield from _in_the_register(office)


def _by_the_wrong_one(office: Office, now: Json) -> Iterator[tuple[str, Json, PrivateKey]]:
    made = office.kecamatan.payload
    review = _mark(office, "5") | {"decision": "approved"}
    yield "a stolen key signs in another official's name", now, key(AGUS)
    own = {"official": AGUS, "mandate": mandate_of(AGUS)}
    yield "a stolen key signs a step of another office", now | own, key(AGUS)
    yield "a stolen key signs under another official's mandate", now | {"official": AGUS}, key(AGUS)
    yield "a key that was revoked signs again", made(HADI, BESIDE, "agenda.ordered", _mark(office, "9")), key(HADI)
    yield "a key that was rotated away signs again", made(RATNA, BESIDE, "typing.reviewed", review), key(RATNA)
    _, kind, body = office.kecamatan.steps(case=FORKED)[0]
    yield "a mandate that was withdrawn is used again", made(BUDI, FORKED, kind, body, mandate=STAND_IN), key(BUDI)


def _in_the_register(office: Office) -> Iterator[tuple[str, Json, PrivateKey]]:
    made, register = office.kecamatan.payload, "register"
    approval = {"proposal": _proposal(office.later)}
    yield "a registrar approves their own proposal", made(DEWI, register, "key.approved", approval), key(DEWI)
    yield "somebody who is no registrar approves a key", made(SRI, register, "key.approved", approval), key(SRI)
    revoking = {"keyid": key(BUDI).public.id, "reason": "lost"}
    yield "somebody who is no registrar revokes a key", made(AGUS, register, "key.revoked", revoking), key(AGUS)
    gain = {"mandate": mandate(DEWI) | {"mandate": "camat-dewi", "office": "camat", "office_name": "Camat Kalipare"}}
    yield "a registrar proposes a mandate for themselves", made(DEWI, register, "mandate.proposed", gain), key(DEWI)


def _after(office: Office, stream: str) -> Json:
    leaves = office.later.streams[stream]
    return {"version": len(leaves) + 1, "previous": leaf_hash(office.later.entries[leaves[-1]]).hex()}


def _root(office: Office, size: int) -> Json:
    root = grow(Frontier(), map(leaf_hash, office.later.entries[:size]))[0].root
    return {"size": size, "root": base64.b64encode(root).decode("ascii")}


# --- with the log ---------------------------------------------------------------------------------------------


def _appended(payload: Json, by: PrivateKey, entries: Entries) -> Entries:
    return [*entries, signed(payload, by, time_of(entries[-1]) + A_MICROSECOND)]


def _rewritten_by_their_signers(office: Office) -> Iterator[OnStore]:
    """Yield that an official takes back what they signed last, and signs something else."""
    for moment, how, why in (
        (office.evening, "nobody having signed after it", UNSEEN),
        (office.later, "others having signed elsewhere after it", ""),
    ):
        last = moment.streams[CASE][-1]
        payload = payload_of(moment.entries[last])
        other = payload | {"body": payload["body"] | {"received_by": "Orang lain (sintetis)"}}
        title = f"a case's last act is exchanged for another by its own signer, {how}"
        change = changed(last, partial(signed_anew, other, key(AGUS)))
        yield rewritten(moment, title, last, change, why=why, who=Who.BOTH)


def _after_their_end(office: Office) -> Iterator[OnStore]:
    """Yield that what was taken from somebody is used all the same, as if it had been before, or never."""
    moment, made = office.later, office.kecamatan.payload
    newest = moment.size - 1
    _, kind, body = office.kecamatan.steps(case=FORKED)[0]
    opening = made(BUDI, FORKED, kind, body, mandate=STAND_IN) | {"seen": _root(office, newest)}
    slipped = signed(opening, key(BUDI), time_of(moment.entries[newest - 1]))
    title = "an act under a mandate is slipped in before its withdrawal"
    yield rewritten(moment, title, newest, lambda e: [*e[:-1], slipped, e[-1]], why=NOT_TAKEN, who=Who.BOTH)
    title = "the newest act, which withdrew a mandate, is dropped, and the mandate is used again"
    used = partial(_appended, opening, key(BUDI))
    yield rewritten(moment, title, newest, lambda e: used(e[:-1]), why=NOT_TAKEN, who=Who.BOTH)
