"""The sentence that a person reads about an act: in the trail, and before signing it.

Pure text in plain Indonesian: who, in which office and capacity, did what, on exactly which document. Dates are
written as Indonesians write them, in WIB (UTC+7). Whatever left the SOP's path, or was recorded late from paper, says
so in its sentence. A kind that has no sentence is our own bug: a test holds the table below, and that of
:mod:`ledger.meanings`, against the catalogue.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from keys.authority import WIB
from keys.records import MandateRecord, OfficialRecord
from keys.register import Proposal, Register
from ledger import bodies as b
from ledger.acts import Act
from ledger.case import draft_of, reason_outside
from ledger.correction import CORRECTABLE
from ledger.meanings import BY_HAND, DEVIATING, MEANINGS, ON_PAPER
from ledger.mentions import documents_of
from ledger.sop import Sop

#: What every print and every page that shows a verdict says (DOMAIN, rule 14).
DISCLAIMER = (
    "Tanda tangan elektronik tidak tersertifikasi (PP 71/2019 ps 60); bukan BSrE/PSrE; bukan pengganti tanda tangan "
    "basah atau TTE tersertifikasi pada naskah dinas."
)

#: What a ledger with made-up officials says besides.
SYNTHETIC = "Buku besar percobaan: pejabat, NIP, dan dokumen di dalamnya sintetis (dibuat-buat)."
#: What an audit of a copy cannot see by itself.
CUT_TAIL = (
    "Bila daun terakhir dipotong bersama segelnya, salinan ini sendiri tidak memperlihatkannya: bandingkan dengan tanda"
    " terima atau segel yang disimpan di luar salinan."
)
#: Said of a step whose office the SOP's source does not state (basis ``disimpulkan``).
INFERRED = "Pelaksana langkah ini disimpulkan, tidak tertulis dalam naskah SOP."

_MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
_CAPACITIES = {
    "definitif": "definitif",
    "plt": "Pelaksana Tugas",
    "plh": "Pelaksana Harian",
    "an": "atas nama",
    "ub": "untuk beliau",
}
#: Longer words of a person are cut here in a sentence; the trail holds them whole beside it.
_MOST_SAID = 300
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Place:
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

    @property
    def paper(self) -> str:
        """Return what the procedure calls its document."""
        return self.sop.document.name if self.sop else "dokumen"


def when(moment: dt.datetime) -> str:
    """Return an aware time as people write it: "2 Maret 2026 08.00 WIB"."""
    local = moment.astimezone(WIB)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year} {local.hour:02}.{local.minute:02} WIB"


def day(date: str) -> str:
    """Return a date (``YYYY-MM-DD``) as people write it: "2 Maret 2026"."""
    year, month, number = date.split("-")
    return f"{int(number)} {_MONTHS[int(month) - 1]} {int(year)}"


def short(digest: str) -> str:
    """Return the fingerprint's ends, enough for people to compare: "3f2a…9c1b"."""
    digits = digest.removeprefix("sha256:")
    return f"{digits[:4]}…{digits[-4:]}"


def sentence(
    act: Act,
    *,
    name: str,
    office_name: str,
    capacity: str,
    sop: Sop | None = None,
    round: int | None = None,  # noqa: A002  the domain's word
    register: Register | None = None,
) -> str:
    """Return what happened, as an inspector reads it in the trail.

    ``name``, ``office_name`` and ``capacity`` are the actor's as then; ``sop`` and ``round`` are the case's, and
    ``register`` the register just before the act, from which other people and proposals are named.
    """
    return f"{name}, {office_name} ({_CAPACITIES[capacity]}), {_did(act, sop, round, register)}."


def about_to_sign(
    act: Act,
    *,
    name: str,
    office_name: str,
    capacity: str,
    sop: Sop | None = None,
    round: int | None = None,  # noqa: A002  the domain's word
    register: Register | None = None,
) -> str:
    """Return what a signer is told before signing: what, on exactly which bytes, and what it means.

    Several lines; the arguments are those of :func:`sentence`.
    """
    lines = [
        f"Anda, {name}, {office_name} ({_CAPACITIES[capacity]}), akan {_did(act, sop, round, register)}.",
        f"Artinya: {MEANINGS[act.kind]}",
    ]
    if reason_outside(act) is not None:
        lines.append(DEVIATING)
    if isinstance(act.body, b.CaseBody) and act.body.paper is not None:
        hand = act.body.paper.by
        lines.append(ON_PAPER if hand is None else f"{ON_PAPER} {BY_HAND.format(hand)}")
    lines += [f"Sidik dokumen: {digest}" for digest in digests_of(act)]
    lines.append("Tindakan yang sudah dicatat tidak dapat dihapus; perbaikan dicatat sebagai tindakan baru.")
    if isinstance(act.body, b.ParafGiven | b.SignatureGiven):
        lines.append(DISCLAIMER)
    return "\n".join(lines)


def digests_of(act: Act) -> tuple[str, ...]:
    """Return every document digest that the act names, the one it stands on or brings first, each once."""
    body, found = act.body, [reference.digest for reference in documents_of(act)]
    if isinstance(body, b.Bound | b.ActivityDecided):
        found[:0] = [body.document] if body.document else []
    elif isinstance(body, b.CaseBody):
        draft = draft_of(body)
        found[:0] = [draft.digest] if draft else []
        if isinstance(body, b.ConceptRevised):
            found.insert(1, body.replaces)
    return tuple(dict.fromkeys(found))


def _did(act: Act, sop: Sop | None, turn: int | None, register: Register | None) -> str:
    done = _VERBS[act.kind](act.body, _Place(sop, register))
    if isinstance(act.body, b.CaseBody):
        done += f", langkah {act.body.step}"
        if turn is not None:
            done += f", putaran {turn}"
        done += _outside(act) + _late(act.body.paper)
    return done


def _outside(act: Act) -> str:
    reason = reason_outside(act)
    return "" if reason is None else f", sebagai penyimpangan dari SOP, dengan alasan “{_said(reason)}”"


def _late(paper: b.Paper | None) -> str:
    if paper is None:
        return ""
    said = f", dicatat menyusul dari kertas (pindaian sidik {short(paper.scan.digest)})"
    return said if paper.by is None else f"{said}: tanda tangan basah {paper.by}, bukan tanda tangan elektroniknya"


# --- register -------------------------------------------------------------------------------------------


def _founded(body: b.Body, place: _Place) -> str:
    body = cast(b.LedgerFounded, body)
    second = body.founders[1].person.name
    return f"mendirikan buku besar “{body.name}” bersama {second} sebagai pendiri kedua"


def _accepted(body: b.Body, place: _Place) -> str:
    return "menerima pendirian buku besar ini sebagai pendiri kedua"


def _official_proposed(body: b.Body, place: _Place) -> str:
    return f"mengusulkan pendaftaran {cast(b.OfficialProposed, body).person.name} sebagai pejabat"


def _key_proposed(body: b.Body, place: _Place) -> str:
    body = cast(b.KeyProposed, body)
    key = hashlib.sha256(bytes.fromhex(body.public_key)).hexdigest()
    return f"mengusulkan kunci tanda tangan (sidik {short(key)}) milik {place.name(body.official)}"


def _mandate_proposed(body: b.Body, place: _Place) -> str:
    record = cast(b.MandateProposed, body).mandate
    until = f"sampai {day(record.end)}" if record.end else "sampai dicabut"
    decree = record.decree
    return (
        f"mengusulkan {_mandate(record, place)}, berlaku {day(record.start)} {until}, berdasarkan keputusan"
        f" {decree.issuer} nomor {decree.number} tanggal {day(decree.date)}"
    )


def _mandate(record: MandateRecord, place: _Place) -> str:
    return f"{place.name(record.official)} sebagai {record.office_name} ({_CAPACITIES[record.capacity]})"


def _approved(body: b.Body, place: _Place) -> str:
    body = cast(b.Approved, body)
    proposal = place.proposal(body.proposal)
    if proposal is None:
        return f"menyetujui usulan dengan sidik {short(body.proposal)}"
    match proposal.what:
        case OfficialRecord() as person:
            what = f"pendaftaran {person.name} sebagai pejabat"
        case MandateRecord() as record:
            what = _mandate(record, place)
        case key:
            what = f"kunci tanda tangan (sidik {short(key.id)}) milik {place.name(proposal.gains)}"
    done = f"menyetujui usulan {place.name(proposal.by)}: {what}"
    if isinstance(body, b.KeyApproved):
        minutes = body.berita_acara
        done += f", dengan berita acara (sidik {short(minutes.digest)})" if minutes else ", tanpa berita acara"
    return done


# --- SOP ------------------------------------------------------------------------------------------------


def _enacted(body: b.Body, place: _Place) -> str:
    body = cast(b.SopEnacted, body)
    done = f"menetapkan SOP {body.sop.title}"
    return f"{done}, menggantikan versi sebelumnya" if body.replaces else done


# --- case -----------------------------------------------------------------------------------------------


def _disposition(body: b.Body, place: _Place) -> str:
    body = cast(b.DispositionIssued, body)
    letter, offices = body.letter, {one.office: one.name for one in place.sop.offices} if place.sop else {}
    to = _listed([offices.get(one, one) for one in body.forwarded_to])
    old = f", menggantikan perkara {body.supersedes.case}" if body.supersedes else ""
    return (
        f"membuka perkara “{body.subject}” dengan disposisi bersifat {body.urgency} kepada {to} atas surat masuk"
        f" nomor {letter.number} tanggal {day(letter.date)} dari {letter.sender}: “{_said(body.instruction)}”{old}"
    )


def _direction(body: b.Body, place: _Place) -> str:
    return f"memberi pengarahan: “{_said(cast(b.DirectionGiven, body).instruction)}”"


def _drafted(body: b.Body, place: _Place) -> str:
    return f"menyusun konsep {place.paper} (sidik {short(cast(b.ConceptDrafted, body).document.digest)})"


def _typed(body: b.Body, place: _Place) -> str:
    return f"mengetik konsep {place.paper} (sidik {short(cast(b.ConceptTyped, body).document.digest)})"


def _revised(body: b.Body, place: _Place) -> str:
    body = cast(b.ConceptRevised, body)
    return (
        f"memperbaiki konsep {place.paper} (sidik {short(body.document.digest)}, menggantikan sidik"
        f" {short(body.replaces)})"
    )


def _reviewed(body: b.Body, place: _Place) -> str:
    body = cast(b.TypingReviewed, body)
    which = f"ketikan konsep {place.paper} (sidik {short(body.document)})"
    if body.reason is None:
        return f"menyetujui {which}"
    return f"mengembalikan {which} untuk diperbaiki, dengan alasan “{_said(body.reason)}”"


def _paraf(body: b.Body, place: _Place) -> str:
    return f"memberi paraf pada {_bound(body, place)}"


def _signature(body: b.Body, place: _Place) -> str:
    return f"menandatangani {_bound(body, place)}"


def _distribution(body: b.Body, place: _Place) -> str:
    to = _listed([f"{one.name} ({one.copies} salinan)" for one in cast(b.DistributionOrdered, body).addressees])
    return f"memerintahkan penggandaan dan pendistribusian {_bound(body, place)} kepada {to}"


def _agenda_ordered(body: b.Body, place: _Place) -> str:
    return f"memerintahkan pengagendaan, penggandaan, dan pendistribusian {_bound(body, place)}"


def _agenda(body: b.Body, place: _Place) -> str:
    body = cast(b.AgendaRecorded, body)
    return (
        f"mencatat {_bound(body, place)} dalam agenda surat keluar nomor {body.agenda_no}, dengan nomor surat"
        f" {body.number.text()} tanggal {day(body.letter_date)}, dikirim {day(body.sent_date)}"
    )


def _dispatch(body: b.Body, place: _Place) -> str:
    body = cast(b.DispatchRecorded, body)
    received, evidence = when(dt.datetime.fromisoformat(body.received_at)), short(body.evidence.digest)
    return (
        f"mencatat pengiriman {body.copies} salinan {_bound(body, place)} kepada {body.recipient} melalui"
        f" {body.method}, diterima {body.received_by} pada {received}, dengan bukti (sidik {evidence})"
    )


def _sent_back(body: b.Body, place: _Place) -> str:
    return f"mengembalikan {_bound(body, place)} ke langkah {cast(b.DocumentReturned, body).to}"


def _withdrawn(body: b.Body, place: _Place) -> str:
    return "menarik disposisi dan mengakhiri perkara ini sebelum ada yang ditandatangani"


def _corrected(body: b.Body, place: _Place) -> str:
    body = cast(b.CorrectionRecorded, body)
    return (
        f"membetulkan {CORRECTABLE.get(body.field, 'satu bagian')} pada tindakan dengan sidik {short(body.leaf)}:"
        f" semula “{_said(body.old)}”, menjadi “{_said(body.new)}”"
    )


def _performed(body: b.Body, place: _Place) -> str:
    body = cast(b.ActivityPerformed, body)
    done = f"melaksanakan {_activity(body, place)}"
    if body.sop is not None:
        done = f"membuka perkara “{body.subject}” dengan {done}"
    if body.document is not None:
        done += f", dengan naskah {place.paper} (sidik {short(body.document.digest)})"
    return f"{done}, dengan {len(body.attachments)} lampiran" if body.attachments else done


def _decided(body: b.Body, place: _Place) -> str:
    body = cast(b.ActivityDecided, body)
    done = f"memutuskan “{body.decision}” pada {_activity(body, place)}"
    if body.document is not None:
        done += f" atas {place.paper} (sidik {short(body.document)})"
    return done if body.reason is None else f"{done}, dengan alasan “{_said(body.reason)}”"


def _activity(body: b.CaseBody, place: _Place) -> str:
    """Return the activity in the SOP's own words, where they are at hand."""
    told = place.sop.step(body.step).kegiatan if place.sop else None
    words = (told.reading or told.raw) if told else ""
    return f"kegiatan “{_said(words)}”" if words else "kegiatan"


def _bound(body: b.Body, place: _Place) -> str:
    return f"{place.paper} (sidik {short(cast(b.ParafGiven, body).document)})"


def _said(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_SAID else line[: _MOST_SAID - 1] + "…"


def _listed(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMED:
        return f"{', '.join(names[:_MOST_NAMED])}, dan {len(names) - _MOST_NAMED} lainnya"
    if len(names) > 2:
        return f"{', '.join(names[:-1])}, dan {names[-1]}"
    return " dan ".join(names)


_VERBS = {
    "ledger.founded": _founded,
    "founding.accepted": _accepted,
    "official.proposed": _official_proposed,
    "official.approved": _approved,
    "key.proposed": _key_proposed,
    "key.approved": _approved,
    "mandate.proposed": _mandate_proposed,
    "mandate.approved": _approved,
    "sop.enacted": _enacted,
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
