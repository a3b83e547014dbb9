"""The page that a person reads before signing: what the act is, on exactly which bytes, and what it means.

Every document on it was hashed here, and everything else on it comes from acts that the client verified.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator
from typing import Any

from api import field_words, fields_of
from api.cli_base import item, paragraph, table
from api.cli_calendar import calendar_in_words
from api.cli_read import document_in_words
from api.client import Client, Head
from api.drafting import ADVISED, Place
from api.known_register import Known, now
from api.proposals import content, taken
from keys import strict_json
from keys.authority import Authority, keys_of, registrars_able
from keys.envelope import Envelope
from keys.fields import DocumentRef
from keys.member_words import value_in_words, words_of
from keys.register import Loss
from ledger import sop_readings as readings
from ledger.acts import PAYLOAD_TYPE, Act
from ledger.bodies import (
    Approved,
    Body,
    CalendarEnacted,
    Given,
    KeyRevoked,
    MandateWithdrawn,
    NumberingEnacted,
    ReadingConfirmed,
    SopEnacted,
)
from ledger.correction import CORRECTABLE
from ledger.documents import digest_of
from ledger.enactment import Enactments
from ledger.entry import Entry
from ledger.flags import Flag, flags
from ledger.iku import MEDIA_TYPE as IKU
from ledger.recorded import Recorded
from ledger.replay import Step
from ledger.sentences import about_to_sign, sentence
from ledger.sop import Duration, Sop
from ledger.sop_findings import findings
from ledger.streams import REGISTER, State, Stream, advance
from ledger.wording import flat

#: Of an object that is shown as one line, the member that tells it, the first that it has.
_TOLD_BY = ("digest", "leaf", "title", "name")
#: The time of an SOP's stream in a case's world: nobody asks for it.
_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


def page(
    client: Client,
    place: Place,
    authority: Authority,
    ready: Act,
    said: dict[str, Any],
    filled: dict[str, str],
    data: bytes | None,
    attached: DocumentRef | None,
    flagged: tuple[Flag, ...],
) -> str:
    """Return the page that a person reads before signing; every document on it was hashed here."""
    parts = []
    if attached is not None and data is not None:
        parts += [f"Dokumen yang dilampirkan: {attached.name}, {attached.size} bita, {attached.digest}"]
        if attached.media_type == IKU:
            parts += ["", document_in_words(data), ""]
    held = place.document
    if held is not None and said.get("document") == held.digest:
        parts += [f"Dokumen perkara: {held.name}", "", document_in_words(client.document(held.digest)), ""]
    if place.proposal is not None:
        parts += _proposal(place)
    parts += _register_in_words(place, ready, authority)
    parts += _enactment_in_words(place, ready.body)
    if ADVISED in filled.values():
        parts += [paragraph(f"Nomor yang diusulkan layanan: {place.why}", 0, 2), ""]
    register, mandate = place.known.register, authority.mandate.record
    parts += [line for notice in place.notices for line in (item(notice, "!"), "")]
    parts += ["Isi tindakan:", *_lines(said, filled, 2)]
    about = about_to_sign(
        ready,
        name=authority.official.record.name,
        office_name=mandate.office_name,
        capacity=mandate.capacity,
        sop=place.sop,
        round=place.case.round if place.case else None,
        register=register,
    )
    parts += ["", paragraph(about)]
    if flagged:
        parts += ["", "Tanda yang akan menyertai tindakan ini:"]
        parts += [item(f"{one.sentence} [{one.name}]", "!") for one in flagged]
    return "\n".join(parts)


def would_be_flagged(place: Place, authority: Authority, act: Act, payload: bytes) -> tuple[Flag, ...]:
    """Return the flags that the act would carry if it were recorded now, next: what an inspector would look at.

    Judged as the ledger's readers judge it; the envelope in which it stands here has no signature.
    """
    unsigned = Envelope.parse(
        b'{"payloadType":"%b","payload":"%b","signatures":[{"keyid":"%b","sig":"%b"}]}'
        % (
            PAYLOAD_TYPE.encode(),
            base64.b64encode(payload),
            authority.key.public.id.encode(),
            base64.b64encode(bytes(64)),
        )
    )
    entry = Entry.record(unsigned, now())
    done = Recorded(place.known.index, entry, act, entry.leaf_hash.hex())
    world = _Here(place)
    before = world.stream(act.stream)
    register = place.known.register
    return flags(Step(done, before, advance(world, done), register, authority, place.enacted))


class _Here:
    """The world of one act that is about to be signed: its own stream, the register, and the SOP's."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def stream(self, name: str) -> Stream | None:
        """Return the stream as the verified acts make it."""
        place = self._place
        if name == place.head.stream:
            return _folded(place.head, place.case or place.enacted or place.known.register)
        if name == REGISTER:
            return _folded(place.known.head, place.known.register)
        made = place.enacted
        return Stream(name, 1, made.newest, 0, _LONG_AGO, made) if made is not None else None


def _folded(head: Head, state: State) -> Stream | None:
    newest = head.newest
    return (
        Stream(head.stream, head.version, newest.leaf, newest.index, newest.act.occurred_at, state) if newest else None
    )


def _proposal(place: Place) -> list[str]:
    """Return the proposal that is approved, whole: what two people vouch for is read by both."""
    act, register = place.proposal, place.known.register
    assert act is not None
    by, held = register.officials[act.official].record, register.mandates[act.mandate].record
    said = sentence(act, name=by.name, office_name=held.office_name, capacity=held.capacity, register=register)
    rows = [paragraph(f"{heading:<15} {value}", 2, 16) for heading, value in content(place.known, act)]
    return ["Usulan yang akan Anda setujui:", paragraph(said, 2), "", *rows, ""]


def _register_in_words(place: Place, act: Act, authority: Authority) -> list[str]:
    """Return what an act of the register gives or takes, with what a person should know before it is done."""
    known, body = place.known, act.body
    match body:
        case Approved():
            return []
        case Given():
            heading, rows = "Yang akan Anda usulkan:", content(known, act)
        case KeyRevoked():
            heading, rows = "Kunci yang akan dicabut:", taken(known, body)
        case MandateWithdrawn():
            heading, rows = "Mandat yang akan dicabut:", taken(known, body)
        case _:
            return []
    warned = [paragraph(f"PERHATIAN: {one}", 0, 2) for one in _warnings(known, act, authority)]
    return [
        heading,
        *(paragraph(f"{name:<15} {value}", 2, 18) for name, value in rows),
        "",
        *warned,
        *([""] if warned else []),
    ]


def _warnings(known: Known, act: Act, authority: Authority) -> Iterator[str]:
    """Yield what follows from taking away a key or a mandate."""
    body, register = act.body, known.register
    if isinstance(body, KeyRevoked):
        after = register.without_key(body.keyid, Loss(known.index, "", act.official, body.reason))
        owner = register.keys[body.keyid].official
        if body.keyid == authority.key.public.id:
            yield "ini kunci yang sedang Anda pakai; sesudah ini Anda tidak dapat menandatangani apa pun dengannya."
        if all(one.until is not None for one in keys_of(after, owner)):
            yield f"sesudah ini {register.officials[owner].record.name} tidak punya kunci yang berlaku."
    elif isinstance(body, MandateWithdrawn):
        after = register.without_mandate(body.mandate, Loss(known.index, "", act.official, body.reason))
    else:
        return
    able, left = (registrars_able(one, known.index + 1, now(), dt.timedelta(0)) for one in (register, after))
    if left != able and len(left) < 3:
        yield (
            f"sesudah ini tinggal {len(left)} pendaftar yang dapat bertindak; memberi kuasa memerlukan dua, dan dua"
            " pendaftar lain untuk pendaftar itu sendiri."
        )


def _enactment_in_words(place: Place, body: Body) -> list[str]:
    """Return what an act of an SOP's stream puts in force, beside what holds until then."""
    made = place.enacted
    match body:
        case SopEnacted(sop=sop):
            return _sop_in_words(sop)
        case CalendarEnacted(calendar=calendar):
            now = _until_now(made.calendars[-1].value.name if made and made.calendars else None)
            return ["Kalender kerja yang akan ditetapkan:", "", calendar_in_words(calendar), "", *now]
        case NumberingEnacted() if made is not None:
            old = made.numbering
            return _until_now(f"{', '.join(old.classifications)}/…/{old.office_code}/…" if old else None)
        case ReadingConfirmed() if made is not None:
            return _reading_in_words(made, body, place.known.index)
    return []


def _until_now(what: str | None) -> list[str]:
    return [paragraph(f"Yang berlaku sekarang: {what or 'belum ada'}.", 0, 2), ""]


def _reading_in_words(made: Enactments, body: ReadingConfirmed, index: int) -> list[str]:
    """Return the words of the cell beside their reading, with the names of offices and things."""
    sop = made.versions[body.sop]
    step = sop.step(body.step)
    now = readings.read(made.readings, body.sop, step, body.cell, index)
    rows = [
        ("SOP", sop.title),
        ("Langkah", f"{step.no}: {step.kegiatan.reading or step.kegiatan.raw}"),
        ("Sel", body.cell),
        ("Dalam naskah", f"“{now.raw}”" if now.raw else "kosong"),
        ("Dibaca selama ini", _spoken(sop, now.reading) if now.reading is not None else "tidak dapat dinilai"),
        ("Akan dibaca", _spoken(sop, body.reading)),
        ("Dasarnya", body.ground),
    ]
    return ["Sel yang akan ditegaskan:", table(("Bagian", "Isi"), rows), ""]


def _spoken(sop: Sop, reading: Duration | str | tuple[str, ...]) -> str:
    """Return a reading in words; what is not the SOP's own is refused before it is shown."""
    match reading:
        case Duration():
            return reading.words
        case str():
            return sop.office(reading).name
    return ", ".join(sop.thing(one).name for one in reading) or "tidak ada"


def _sop_in_words(sop: Sop) -> list[str]:
    """Return what an SOP to be enacted is; its digest is that of its JSON spelling."""
    found = findings(sop)
    serious = sum(one.weight == "temuan" for one in found)
    rows = [
        ("Judul", sop.title),
        ("Nama", f"{sop.slug}, unit {sop.unit}"),
        ("Langkah", len(sop.steps)),
        ("Sidik isi", digest_of(strict_json.dumps(sop.plain()))),
        ("Pemeriksaan", f"{serious} temuan, {len(found) - serious} catatan; rinciannya: jejak sop check BERKAS"),
    ]
    return ["SOP yang akan ditetapkan:", table(("Bagian", "Isi"), rows), ""]


def _lines(value: dict[str, Any], filled: dict[str, str], indent: int, prefix: str = "") -> list[str]:
    """Return the members of a body, one a line; those that were filled from the case say so."""
    lines = []
    for name, member in value.items():
        path = prefix + name
        if isinstance(member, list):
            member = {str(at): one for at, one in enumerate(member)}
        told = _told(member, path in filled or path in ("sop", "calendar")) if isinstance(member, dict) else None
        if isinstance(member, dict) and told is None:
            lines += _lines(member, filled, indent, f"{path}.")
            continue
        if isinstance(member, dict):
            member = told
        lines += _member(words_of(path.split(".")) or path, _called(name, str(member)), indent)
        if path in filled:
            lines.append(f"{' ' * (indent + 2)}({filled[path]})")
    return lines


def _member(path: str, text: str, indent: int) -> list[str]:
    """Return a member and what it says; each of several lines behind a bar, so that none passes for a member."""
    said = text.splitlines()
    if len(said) < 2:
        return [paragraph(f"{path}: {text}", indent, 2)]
    return [paragraph(f"{path}:", indent), *(paragraph(f"| {flat(line)}", indent + 2, 2) for line in said)]


def _called(name: str, value: str) -> str:
    """Return a value by what people call it, where it is stored in English."""
    match name:
        case "decision":
            return value_in_words(value)
        case "capacity" if value in field_words.CHOICES:
            return f"{value_in_words(value)} ({field_words.CHOICES[value].partition(',')[0]})"
        case "field":
            return CORRECTABLE.get(value, value)
    return value


def _told(member: dict[str, Any], whole: bool) -> str | None:
    """Return an object as one line, where people write it so or where it is not theirs to write; None elsewhere."""
    written = fields_of.spelled(member)
    return next((str(member[one]) for one in _TOLD_BY if one in member), None) if whole and written is None else written
