"""Who may read what: every route has one policy in :data:`POLICIES`, and none without one is served.

* *public*: what anybody needs to check a receipt, and what says what this service is; acts, which their own signature
  vouches for; signing in itself.
* *one's own*: the register, also for somebody whose mandates have ended: they must be able to revoke their key.
* *official*: whoever holds a mandate reads the register and the SOPs, and brings documents; founders bring them too,
  for a recovery needs minutes when no mandate is left.
* *of a unit*: a case, its entries and its documents are read by the officials of its unit, by whoever signed the very
  entry, and by the Inspektorat.
* *inspector*: who read what.

What is read is noted before it is answered; what cannot be noted is not answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_openapi3.openapi import OpenAPI

from api.parts import Parts, parts
from api.reader import NOW, Reader, cookie_name, reader, sign_in_of
from keys.authority import mandates_in_force, mandates_of, require_key
from keys.envelope import Envelope
from keys.errors import Malformed, NotAllowed, NotFound, Refused, Unavailable
from keys.register import INSPECTOR
from ledger import log
from ledger.acts import act_of
from ledger.case import Case
from ledger.recorded import Recorded
from ledger.streams import REGISTER
from projections import iku_state, mentions

#: Characters of the longest name of a thing that is read.
MOST_NAMED = 1000
#: Families of rules about what the sender of an act is, or says of the log, and not of what is recorded here.
_OF_SENDERS = frozenset({"authority", "access", "seen", "founding", "ledger"})


@dataclass(frozen=True, slots=True)
class Read:
    """What is read, for the record: of which sort, and which one."""

    what: str
    name: str


Policy = Callable[[Reader, Parts], Read | None]


def unit_read(named: str | None) -> str | None:
    """Return the unit that a list is of: the one named, else the reader's own; None, all units, for inspectors.

    Raises Malformed (``access.which``) where the reader has several units and names none.
    """
    units = reader().units
    if named is not None or units is None:
        return named
    if len(units) > 1:
        raise Malformed(
            "access.which",
            "Anda memegang mandat di beberapa unit.",
            allowed=f"Sebut unit=: {', '.join(sorted(units))}.",
        )
    return next(iter(units))


def guard() -> None:
    """Let the request pass, or raise NotAllowed: ``session.*`` (sign in first), ``access.*`` (not yours to read)."""
    if request.endpoint is None or request.method == "OPTIONS":
        return  # there is no such address; or only what it takes is asked
    policy = POLICIES[request.endpoint]
    if policy is None:
        return
    here = parts()
    who = sign_in_of(here)
    _note(here, who, policy(who, here))


def _note(here: Parts, who: Reader, read: Read | None) -> None:
    if read is not None and _nameable(read.name):
        here.sessions.note_read(who.session, who.role, read.what, read.name, here.clock())


# The policies. Each is told what the address names as it was sent; what is no such thing is for the view to refuse.


def _own(who: Reader, here: Parts) -> None:
    """Let in whoever is signed in."""


def _official(who: Reader, here: Parts) -> None:
    """Let in whoever holds a mandate."""
    if not who.mandates:
        raise NotAllowed(
            "access.mandate",
            "Bagian ini hanya untuk pejabat yang memegang mandat yang berlaku.",
            allowed="Yang dapat dibaca tanpa mandat: register, untuk mengurus kunci sendiri.",
        )


def _bringing(who: Reader, here: Parts) -> None:
    """Let in whoever may bring a document: who holds a mandate, or founded the ledger."""
    if not who.founder:
        _official(who, here)


def _inspector(who: Reader, here: Parts) -> None:
    """Let in the Inspektorat."""
    if not who.inspector:
        raise NotAllowed(
            "access.inspector",
            "Catatan siapa membaca apa hanya untuk Inspektorat.",
            allowed=f"Masuk dengan mandat jabatan {INSPECTOR}.",
        )


def _asked_unit(who: Reader, here: Parts) -> None:
    """Let in officials of the unit that the query names; without one, the view answers for their own."""
    _official(who, here)
    unit = request.args.get("unit")
    if unit is not None and _nameable(unit) and not who.reads(unit):
        raise _other(f"Unit {unit[:80]} bukan unit Anda.", who)


def _iku(who: Reader, here: Parts) -> Read:
    """Let in officials of the unit whose IKU is asked for."""
    _asked_unit(who, here)
    return _asked("iku")


def _search(who: Reader, here: Parts) -> Read | None:
    """Let a search pass; what it finds is within what the reader may read."""
    _official(who, here)
    stream = request.args.get("stream")
    if stream is None:
        return _asked("jejak")
    return _stream_of(who, here, stream)


def _asked(what: str) -> Read:
    return Read("pencarian", f"{what}?{urlencode(sorted(request.args.items()))}"[:MOST_NAMED])


def _case(who: Reader, here: Parts) -> Read | None:
    """Let in who may read the case that is named by its number."""
    return _stream_of(who, here, f"case:{_sent('case_id')}")


def _stream(who: Reader, here: Parts) -> Read | None:
    """Let in who may read the stream that is named."""
    return _stream_of(who, here, _sent("stream"))


def _entry(who: Reader, here: Parts) -> Read | None:
    """Let in who may read the entry's stream, and whoever signed the entry themselves."""
    done = _recorded(here, _sent("index"))
    if done is None:
        return None
    if done.act.official != who.session.official:
        _stream_of(who, here, done.act.stream)
    if not done.act.stream.startswith("case:"):
        return Read("alur", done.act.stream)  # whoever signs reads all of it each time: one read, and counted
    return Read("daun", _sent("index"))


def _all_entries(who: Reader, here: Parts) -> Read:
    """Let in who may read every case that there is: entries that stand together belong to any unit."""
    _official(who, here)
    with here.reading() as connection:
        units = iku_state.units(connection)
    if not all(map(who.reads, units)):
        raise _other("Entri yang berurutan memuat perkara unit lain.", who)
    return Read("daun", _sent("place"))


def _document(who: Reader, here: Parts) -> Read | None:
    """Let in who may read the document that the address names."""
    return _document_of(who, here, _sent("digest"))


def _document_of(who: Reader, here: Parts, digest: str) -> Read | None:
    """Let in who brought the document, and who may read a case, an SOP or the register (minutes) that refers to it.

    To name a document takes only its digest. Until somebody names it that stands nowhere in the log, so the first who
    does had it from the bytes; whoever names it later gives nobody what their unit never brought.
    """
    _official(who, here)
    with here.reading() as connection:
        found = mentions.mentions_of(connection, digest)
    brought = here.sessions.brought(digest)
    if not found and not brought and not here.ledger.documents.holds(digest):
        return None
    units = _units_of(here, brought)
    if not (
        who.inspector
        or who.session.official in brought
        or any(_may_have(who, here, one.stream, None if at == 0 else units) for at, one in enumerate(found))
    ):
        raise _other("Dokumen ini milik perkara unit lain, berita acara register, atau dibawa orang lain.", who)
    return Read("dokumen", digest)


def read_document(digest: str) -> None:
    """Let the reader have a document and note it, as its own address does; raises NotAllowed (``access.*``)."""
    here, who = parts(), reader()
    _note(here, who, _document_of(who, here, digest))


def without_withheld(state: dict[str, Any]) -> dict[str, Any]:
    """Return what is shown of a case (:func:`projections.iku_state.shown`) without a table that is not theirs to read.

    That a case names a document gives its unit nothing of what another unit brought.
    """
    held = state["document"]
    if held is None or state["rows"] is None:
        return state
    try:
        _document_of(reader(), parts(), held["digest"])
    except NotAllowed as fault:
        return iku_state.without_table(state, fault.detail)
    return state


def _marks(who: Reader, here: Parts) -> Read | None:
    """Let in who holds a file and asks which marks stand on it; they are told those in cases that they may read."""
    _official(who, here)
    return Read("dokumen", _sent("digest")) if here.ledger.documents.holds(_sent("digest")) else None


def _may_have(who: Reader, here: Parts, stream: str, brought: set[str] | None) -> bool:
    """Tell whether a document that ``stream`` refers to is theirs to read by that.

    ``brought`` are the units whose officials brought it, None where it does not matter.
    """
    if stream == REGISTER:
        return who.inspector or who.registrar
    unit = _unit_of(here, stream)
    return unit is None or (who.reads(unit) and (brought is None or unit in brought))


def _units_of(here: Parts, officials: Iterable[str]) -> set[str]:
    register = here.register()
    return {one.record.unit for official in officials for one in mandates_of(register, official)}


def _stream_of(who: Reader, here: Parts, name: str) -> Read | None:
    """Let in who may read a stream, and return what is read, None where there is none; the register is everybody's."""
    if name == REGISTER:
        return Read("alur", name)
    _official(who, here)
    unit = _unit_of(here, name)
    if unit is not None and not who.reads(unit):
        raise _other("Perkara ini bukan perkara unit Anda.", who)
    return Read("alur", name) if here.ledger.stream(name) is not None else None


def told(fault: Refused, data: bytes) -> Refused:
    """Return what the sender of an act is told of its refusal.

    What stands in a case, and which documents are here, is told to those only who may read the case with a key that is
    good; to others what is wrong with their key or their power, which is all that concerns them.
    """
    here = parts()
    stream = here.ledger.stream(REGISTER)
    if isinstance(fault, Malformed | Unavailable) or fault.rule.partition(".")[0] in _OF_SENDERS or stream is None:
        return fault
    register, envelope = here.register(), Envelope.parse(data)
    act = act_of(envelope)
    try:
        require_key(register, act.official, envelope.keyid, NOW)
    except NotAllowed as closer:
        return closer
    unit = _unit_of(here, act.stream)
    held = mandates_in_force(register, act.official, envelope.keyid, NOW, here.clock())
    if unit is None or any(one.unit == unit or one.office == INSPECTOR for one in held):
        return fault
    return NotAllowed(
        "access.unit", "Perkara ini bukan perkara unit Anda.", allowed="Tandatangani di perkara unit sendiri."
    )


def reads_stream(stream: str) -> bool:
    """Tell whether whoever asks may read a stream."""
    unit = _unit_of(parts(), stream)
    return unit is None or reader().reads(unit)


def _unit_of(here: Parts, stream: str) -> str | None:
    """Return the unit of a case, None for what is no case."""
    found = here.ledger.stream(stream) if stream.startswith("case:") else None
    return found.state.sop.unit if found and isinstance(found.state, Case) else None


def _recorded(here: Parts, index: str) -> Recorded | None:
    if not (index.isascii() and index.isdigit() and len(index) <= 16):
        return None
    try:
        with here.ledger.reading() as rows:
            return log.recorded(rows, int(index))
    except NotFound:
        return None


def _nameable(name: str) -> bool:
    """Tell whether something could have this name; what nothing can have is no read, and its view refuses it."""
    return len(name) <= MOST_NAMED and name.isascii() and name.isprintable()


def _sent(name: str) -> str:
    return str((request.view_args or {}).get(name, ""))


def _other(detail: str, who: Reader) -> NotAllowed:
    own = ", ".join(sorted(who.units or ())) or "tidak ada"
    return NotAllowed("access.unit", detail, allowed=f"Unit Anda: {own}. Semua unit hanya dibaca Inspektorat.")


#: The policy of each route, by endpoint; None for what is public.
POLICIES: dict[str, Policy | None] = {
    "desk.home": None,
    "desk.static": None,
    "desk.sign_in": None,
    "desk.keys": None,
    "desk.choose_language": None,
    "desk.public": None,
    "desk.officials": _own,
    "desk.official": _own,
    "desk.desk": _official,
    "desk.new_case": _official,
    "desk.check": _official,
    "desk.cases": _asked_unit,
    "desk.agenda": _asked_unit,
    "desk.case": _case,
    "desk.document": _case,
    "desk.compare": _case,
    "desk.act": _case,
    "desk.trail": _case,
    "desk.replay": _case,
    "desk.sop_of_case": _case,
    "desk.time_of_case": _case,
    "desk.search": _search,
    "desk.reads": _inspector,
    "openapi": None,
    "service.health": None,
    "service.checkpoint": None,
    "tiles.hash_tile": None,
    "tiles.entry_bundle": _all_entries,
    "log.ledger": None,
    "log.consistency": None,
    "log.entry_receipt": None,
    "acts.record_act": None,
    "session.challenge": None,
    "session.sign_in": None,
    "session.sign_in_browser": None,
    "session.who": _own,
    "session.sign_out": _own,
    "session.sign_out_everywhere": _own,
    "reads.reads": _inspector,
    "register.officials": _own,
    "register.official": _own,
    "register.register": _own,
    "register.sops": _official,
    "register.sop": _official,
    "iku.check_iku": _official,
    "iku.import_iku": _official,
    "documents.store_document": _bringing,
    "documents.document": _document,
    "documents.signatures": _marks,
    "log.entry": _entry,
    "log.stream": _stream,
    "log.stream_trail": _stream,
    "place.stream_place": _stream,
    "cases.cases": _asked_unit,
    "cases.case": _case,
    "cases.trail": _case,
    "cases.next_act": _case,
    "bundles.bundle": _case,
    "cases.iku": _iku,
    "cases.inbox_of": _asked_unit,
    "time.time_of_case": _case,
    "agenda.agenda_book": _asked_unit,
    "agenda.next_number": _asked_unit,
    "trail.trail_search": _search,
    "trail.trail_table": _search,
    "trail.case_trail_table": _case,
}


def complete(app: OpenAPI) -> None:
    """Say in the OpenAPI document which operations ask for a session.

    Raises AssertionError unless every route of the application has its policy, and every policy a route.
    """
    rules = list(app.url_map.iter_rules())
    routes = {rule.endpoint for rule in rules}
    assert routes == POLICIES.keys(), f"routes and policies differ: {sorted(routes ^ POLICIES.keys())}"
    with app.app_context():
        cookie = {"type": "apiKey", "in": "cookie", "name": cookie_name()}
    app.security_schemes = {"bearer": {"type": "http", "scheme": "bearer"}, "cookie": cookie}
    for rule in rules:
        item = app.paths.get(re.sub("<(?:path:)?([^>]+)>", r"{\1}", rule.rule))
        for method in rule.methods or ():
            operation = getattr(item, method.lower(), None)
            if operation is not None and POLICIES[rule.endpoint] is not None:
                operation.security = [{name: []} for name in app.security_schemes]
