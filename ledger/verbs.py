"""What each kind of act did, in the words of a sentence after its actor: "memberi paraf pada ...".

One function a kind; :mod:`ledger.sentences` puts actor, step and deviation around it. What a :class:`Place` does not
know is not named. A kind without a function is our own bug: a test holds :data:`VERBS` against the catalogue.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import cast

from keys.records import MandateRecord, OfficialRecord
from keys.register import Proposal, Register
from ledger import bodies as b
from ledger.correction import CORRECTABLE
from ledger.sop import Duration, Sop
from ledger.successor import predecessor_in_words
from ledger.wording import CAPACITIES, LOSSES, day, listed, said, short, when


@dataclass(frozen=True, slots=True)
class Place:
    """What a sentence may look up: all of it is optional, and what is missing is not named."""

    sop: Sop | None
    register: Register | None

    def name(self, official: str) -> str:
        """Return the official's name as the register has it."""
        known = self.register.officials.get(official) if self.register else None
        return known.record.name if known else official

    def proposal(self, leaf: str) -> Proposal | None:
        """Return the proposal that waited under this leaf."""
        return self.register.proposals.get(leaf) if self.register else None

    def office(self, slug: str) -> str:
        """Return what the procedure calls an office."""
        known = {one.office: one.name for one in self.sop.offices} if self.sop else {}
        return known.get(slug, slug)

    def thing(self, slug: str) -> str:
        """Return what the procedure calls what a step needs or gives."""
        known = {one.thing: one.name for one in self.sop.things} if self.sop else {}
        return known.get(slug, slug)

    @property
    def procedure(self) -> str:
        """Return what the SOP is called."""
        return f"SOP {self.sop.title}" if self.sop else "SOP ini"

    @property
    def paper(self) -> str:
        """Return what the procedure calls its document."""
        return self.sop.document.name if self.sop else "dokumen"


# --- register -------------------------------------------------------------------------------------------


def _founded(body: b.Body, place: Place) -> str:
    body = cast(b.LedgerFounded, body)
    second = body.founders[1].person.name
    done = f"mendirikan buku besar “{body.name}” bersama {second} sebagai pendiri kedua"
    return f"{done}, sebagai {predecessor_in_words(body.successor_of)}" if body.successor_of else done


def _accepted(body: b.Body, place: Place) -> str:
    return "menerima pendirian buku besar ini sebagai pendiri kedua"


def _official_proposed(body: b.Body, place: Place) -> str:
    body = cast(b.OfficialProposed, body)
    return f"mengusulkan {_person(body.person, place)}{_recovering(body)}"


def _key_proposed(body: b.Body, place: Place) -> str:
    body = cast(b.KeyProposed, body)
    key = hashlib.sha256(bytes.fromhex(body.public_key)).hexdigest()
    return f"mengusulkan kunci tanda tangan (sidik {short(key)}) milik {place.name(body.official)}{_recovering(body)}"


def _mandate_proposed(body: b.Body, place: Place) -> str:
    body = cast(b.MandateProposed, body)
    record = body.mandate
    until = f"sampai {day(record.end)}" if record.end else "sampai dicabut"
    decree = record.decree
    return (
        f"mengusulkan {_mandate(record, place)}, berlaku {day(record.start)} {until}, berdasarkan keputusan"
        f" {decree.issuer} nomor {decree.number} tanggal {day(decree.date)}{_recovering(body)}"
    )


def _mandate(record: MandateRecord, place: Place) -> str:
    return f"{place.name(record.official)} sebagai {record.office_name} ({CAPACITIES[record.capacity]})"


def _person(record: OfficialRecord, place: Place) -> str:
    known = place.register is not None and record.official in place.register.officials
    return f"data baru {place.name(record.official)}" if known else f"pendaftaran {record.name} sebagai pejabat"


def _recovering(body: b.Given) -> str:
    return f", dalam pemulihan register oleh para pendiri karena “{said(body.recovery)}”" if body.recovery else ""


def _approved(body: b.Body, place: Place) -> str:
    body = cast(b.Approved, body)
    proposal = place.proposal(body.proposal)
    if proposal is None:
        return f"menyetujui usulan dengan sidik {short(body.proposal)}"
    match proposal.what:
        case OfficialRecord() as person:
            what = _person(person, place)
        case MandateRecord() as record:
            what = _mandate(record, place)
        case key:
            what = f"kunci tanda tangan (sidik {short(key.id)}) milik {place.name(proposal.gains)}"
    done = f"menyetujui usulan {place.name(proposal.by)}: {what}"
    if isinstance(body, b.KeyApproved):
        minutes = body.berita_acara
        done += f", dengan berita acara (sidik {short(minutes.digest)})" if minutes else ", tanpa berita acara"
    return done + _recovering(body)


def _revoked(body: b.Body, place: Place) -> str:
    body = cast(b.KeyRevoked, body)
    done = f"mencabut kunci tanda tangan (sidik {short(body.keyid)}){_of_whom(body.keyid, place)} {LOSSES[body.reason]}"
    if body.compromised_since is not None:
        done += f", menurut pernyataannya sejak {when(dt.datetime.fromisoformat(body.compromised_since))}"
    return f"{done}, dengan catatan “{said(body.note)}”" if body.note is not None else done


def _of_whom(keyid: str, place: Place) -> str:
    held = place.register.keys.get(keyid) if place.register else None
    return f" milik {place.name(held.official)}" if held else ""


def _mandate_withdrawn(body: b.Body, place: Place) -> str:
    body = cast(b.MandateWithdrawn, body)
    held = place.register.mandates.get(body.mandate) if place.register else None
    what = _mandate(held.record, place) if held else body.mandate
    decree = body.decree
    done = f"mencabut mandat {what}, dengan alasan “{said(body.reason)}”"
    if decree is None:
        return done
    return f"{done}, berdasarkan keputusan {decree.issuer} nomor {decree.number} tanggal {day(decree.date)}"


# --- SOP ------------------------------------------------------------------------------------------------


def _enacted(body: b.Body, place: Place) -> str:
    body = cast(b.SopEnacted, body)
    done = f"menetapkan SOP {body.sop.title}"
    return f"{done}, menggantikan versi sebelumnya" if body.replaces else done


def _superseded(body: b.Body, place: Place) -> str:
    body = cast(b.SopSuperseded, body)
    instead = f" dan menggantinya dengan SOP {body.by}" if body.by else ""
    return f"mencabut {place.procedure}{instead}, dengan alasan “{said(body.reason)}”"


def _confirmed(body: b.Body, place: Place) -> str:
    body = cast(b.ReadingConfirmed, body)
    raw = f"“{said(body.raw)}”" if body.raw else "yang kosong"
    match body.reading:
        case Duration() as duration:
            read = duration.words
        case str() as office:
            read = place.office(office)
        case things:
            read = listed([place.thing(one) for one in things]) or "tidak ada"
    return (
        f"menegaskan bahwa sel {body.cell} {raw} pada langkah {body.step} {place.procedure} dibaca {read}, dengan dasar"
        f" “{said(body.ground)}”"
    )


def _calendar(body: b.Body, place: Place) -> str:
    calendar = cast(b.CalendarEnacted, body).calendar
    return (
        f"menetapkan kalender kerja “{calendar.name}” bagi {place.procedure}, {day(calendar.first_day)} sampai"
        f" {day(calendar.last_day)}, menurut {listed(calendar.basis)}"
    )


def _numbering(body: b.Body, place: Place) -> str:
    body = cast(b.NumberingEnacted, body)
    done = (
        f"menetapkan nomor surat {place.procedure}: klasifikasi {listed(body.classifications)}, kode jabatan"
        f" {body.office_code}"
    )
    if body.used is None:
        return done
    used = body.used
    return (
        f"{done}; pada tahun {used.year} nomor urut sampai {used.running} dan nomor agenda sampai {used.agenda_no}"
        " sudah dipakai di atas kertas"
    )


# --- case -----------------------------------------------------------------------------------------------


def _disposition(body: b.Body, place: Place) -> str:
    body = cast(b.DispositionIssued, body)
    letter, offices = body.letter, {one.office: one.name for one in place.sop.offices} if place.sop else {}
    to = listed([offices.get(one, one) for one in body.forwarded_to])
    old = f", menggantikan perkara {body.supersedes.case}" if body.supersedes else ""
    return (
        f"membuka perkara “{body.subject}” dengan disposisi bersifat {body.urgency} kepada {to} atas surat masuk"
        f" nomor {letter.number} tanggal {day(letter.date)} dari {letter.sender}: “{said(body.instruction)}”{old}"
    )


def _direction(body: b.Body, place: Place) -> str:
    return f"memberi pengarahan: “{said(cast(b.DirectionGiven, body).instruction)}”"


def _drafted(body: b.Body, place: Place) -> str:
    return f"menyusun konsep {place.paper} (sidik {short(cast(b.ConceptDrafted, body).document.digest)})"


def _typed(body: b.Body, place: Place) -> str:
    return f"mengetik konsep {place.paper} (sidik {short(cast(b.ConceptTyped, body).document.digest)})"


def _revised(body: b.Body, place: Place) -> str:
    body = cast(b.ConceptRevised, body)
    return (
        f"memperbaiki konsep {place.paper} (sidik {short(body.document.digest)}, menggantikan sidik"
        f" {short(body.replaces)})"
    )


def _reviewed(body: b.Body, place: Place) -> str:
    body = cast(b.TypingReviewed, body)
    which = f"ketikan konsep {place.paper} (sidik {short(body.document)})"
    if body.reason is None:
        return f"menyetujui {which}"
    return f"mengembalikan {which} untuk diperbaiki, dengan alasan “{said(body.reason)}”"


def _paraf(body: b.Body, place: Place) -> str:
    return f"memberi paraf pada {_bound(body, place)}"


def _signature(body: b.Body, place: Place) -> str:
    return f"menandatangani {_bound(body, place)}"


def _distribution(body: b.Body, place: Place) -> str:
    to = listed([f"{one.name} ({one.copies} salinan)" for one in cast(b.DistributionOrdered, body).addressees])
    return f"memerintahkan penggandaan dan pendistribusian {_bound(body, place)} kepada {to}"


def _agenda_ordered(body: b.Body, place: Place) -> str:
    return f"memerintahkan pengagendaan, penggandaan, dan pendistribusian {_bound(body, place)}"


def _agenda(body: b.Body, place: Place) -> str:
    body = cast(b.AgendaRecorded, body)
    return (
        f"mencatat {_bound(body, place)} dalam agenda surat keluar nomor {body.agenda_no}, dengan nomor surat"
        f" {body.number.text()} tanggal {day(body.letter_date)}, dikirim {day(body.sent_date)}"
    )


def _dispatch(body: b.Body, place: Place) -> str:
    body = cast(b.DispatchRecorded, body)
    received, evidence = when(dt.datetime.fromisoformat(body.received_at)), short(body.evidence.digest)
    return (
        f"mencatat pengiriman {body.copies} salinan {_bound(body, place)} kepada {body.recipient} melalui"
        f" {body.method}, diterima {body.received_by} pada {received}, dengan bukti (sidik {evidence})"
    )


def _sent_back(body: b.Body, place: Place) -> str:
    return f"mengembalikan {_bound(body, place)} ke langkah {cast(b.DocumentReturned, body).to}"


def _withdrawn(body: b.Body, place: Place) -> str:
    return "menarik disposisi dan mengakhiri perkara ini sebelum ada yang ditandatangani"


def _corrected(body: b.Body, place: Place) -> str:
    body = cast(b.CorrectionRecorded, body)
    return (
        f"membetulkan {CORRECTABLE.get(body.field, 'satu bagian')} pada tindakan dengan sidik {short(body.leaf)}:"
        f" semula “{said(body.old)}”, menjadi “{said(body.new)}”"
    )


def _performed(body: b.Body, place: Place) -> str:
    body = cast(b.ActivityPerformed, body)
    done = f"melaksanakan {_activity(body, place)}"
    if body.sop is not None:
        done = f"membuka perkara “{body.subject}” dengan {done}"
    if body.document is not None:
        done += f", dengan naskah {place.paper} (sidik {short(body.document.digest)})"
    return f"{done}, dengan {len(body.attachments)} lampiran" if body.attachments else done


def _decided(body: b.Body, place: Place) -> str:
    body = cast(b.ActivityDecided, body)
    done = f"memutuskan “{body.decision}” pada {_activity(body, place)}"
    if body.document is not None:
        done += f" atas {place.paper} (sidik {short(body.document)})"
    return done if body.reason is None else f"{done}, dengan alasan “{said(body.reason)}”"


def _activity(body: b.CaseBody, place: Place) -> str:
    """Return the activity in the SOP's own words, where they are at hand."""
    told = place.sop.step(body.step).kegiatan if place.sop else None
    words = (told.reading or told.raw) if told else ""
    return f"kegiatan “{said(words)}”" if words else "kegiatan"


def _bound(body: b.Body, place: Place) -> str:
    return f"{place.paper} (sidik {short(cast(b.ParafGiven, body).document)})"


#: kind -> what it did
VERBS = {
    "ledger.founded": _founded,
    "founding.accepted": _accepted,
    "official.proposed": _official_proposed,
    "official.approved": _approved,
    "key.proposed": _key_proposed,
    "key.approved": _approved,
    "mandate.proposed": _mandate_proposed,
    "mandate.approved": _approved,
    "key.revoked": _revoked,
    "mandate.withdrawn": _mandate_withdrawn,
    "sop.enacted": _enacted,
    "sop.superseded": _superseded,
    "reading.confirmed": _confirmed,
    "calendar.enacted": _calendar,
    "numbering.enacted": _numbering,
    "disposition.issued": _disposition,
    "direction.given": _direction,
    "concept.drafted": _drafted,
    "concept.typed": _typed,
    "concept.revised": _revised,
    "typing.reviewed": _reviewed,
    "paraf.given": _paraf,
    "signature.given": _signature,
    "distribution.ordered": _distribution,
    "agenda.ordered": _agenda_ordered,
    "agenda.recorded": _agenda,
    "dispatch.recorded": _dispatch,
    "document.returned": _sent_back,
    "disposition.withdrawn": _withdrawn,
    "correction.recorded": _corrected,
    "activity.performed": _performed,
    "activity.decided": _decided,
}
