"""The next act of a stream, drafted from bytes that the client verified: what a person need not type.

Judged in the order in which a person would want to know: whether key and mandate are the signer's (:func:`signer_of`),
whether it is the turn of such an act (:func:`turn`), whether the signer's office may (:func:`office`), and last, when
all of it is there, whether the ledger would take it whole (:func:`check`).

A case is folded here from its own acts, whose hashes chain up to a proved head, under the SOP that its opening names;
an SOP's stream likewise, because its newest act may be a version, a reading, a calendar or a numbering. So step, round,
document, the version in force and the words of its cells come from the log and not from anybody's advice, and what
would be refused is refused before anything is signed. Which leaf indices a stream has is asked of the service; a wrong
answer can only make the chain not fit. The next letter number alone is the service's advice, and is shown as that: only
the ledger knows all cases.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, get_args

from api.client import Client, Head
from api.field_words import WORDS
from api.fields_of import Member, Schema, document_path, duration, has, missing, put, spelled, value_at
from api.known_register import Known, Signer, now
from api.known_sop import case_of, enactments_of
from api.proposals import PROPOSALS, chosen
from keys.authority import REGISTRAR_NEEDED, Authority, Need
from keys.errors import Malformed, NotAllowed, NotFound
from keys.fields import DocumentRef
from ledger import bodies as b
from ledger import case_rules, enactment, officials
from ledger.acts import Act
from ledger.agenda_book import AgendaBook, decide_number
from ledger.bodies import CATALOGUE
from ledger.case import OUTSIDE, Case
from ledger.correction import CORRECTABLE, corrected
from ledger.enactment import Enactments
from ledger.kind_names import name_of
from ledger.rule_words import naming_step
from ledger.sop import OPENING, Cell, Sop

#: Where a member that nobody typed came from, in words.
FROM_LOG, ATTACHED = "dari catatan yang sudah diperiksa", "lampiran"
ADVISED = "usul layanan; buku besar yang memutuskan"
#: Kinds that stand on the document that the case holds, and name it.
_STANDING = frozenset(
    kind for kind, (_, body) in CATALOGUE.items() if issubclass(body, (*get_args(b.Bound), b.ActivityDecided))
)
#: How people name an act of a case: the first digits of its leaf hash, or its leaf index.
_LEAF, _INDEX = re.compile(r"[0-9a-f]{8,64}"), re.compile(r"0|[1-9][0-9]{0,14}", re.ASCII)
_CASE_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Cells of an SOP that name things.
_LISTS = ("kelengkapan", "output")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next act goes: the stream's head, and what its acts make it.

    ``sop`` is the version that counts here, a case's own or else the one in force; ``enacted`` is all that the office
    enacted about it. ``advised`` are members that the service proposes, ``why`` its words about them. ``superseded`` is
    the case that an opening names, ``notices`` are sentences that a person should read before signing.
    """

    known: Known
    head: Head
    case: Case | None = None
    sop: Sop | None = None
    enacted: Enactments | None = None
    advised: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    proposal: Act | None = None
    proposal_leaf: str | None = None
    superseded: Case | None = None
    notices: tuple[str, ...] = ()

    @property
    def document(self) -> DocumentRef | None:
        """Return the document that the case holds now."""
        return self.case.document if self.case else None


def place_of(client: Client, known: Known, kind: str, stream: str, sop_slug: str | None, said: dict[str, Any]) -> Place:
    """Return where an act of ``kind`` goes, everything in it proved; raises Forged, NotJudged or NotAllowed."""
    if CATALOGUE[kind][0] == "register":
        if kind not in PROPOSALS:
            return Place(known, known.head)
        leaf = chosen(known, kind, said.get("proposal"), recovery="recovery" in said)
        return Place(known, known.head, proposal=known.acts[leaf], proposal_leaf=leaf)
    head = client.head(stream)
    if CATALOGUE[kind][0] == "sop":
        enacted = enactments_of(client, head)
        if enacted is None and kind != "sop.enacted":
            raise _unknown(stream.removeprefix("sop:"))
        return Place(known, head, sop=enacted.in_force if enacted else None, enacted=enacted)
    if head.newest is None:
        return _opening(client, known, head, kind, sop_slug, said)
    case, enacted = case_of(client, head)
    place = Place(known, head, case, case.sop, enacted)
    return _numbered(client, place, said) if kind == "agenda.recorded" else place


def _unknown(slug: str) -> NotAllowed:
    return NotAllowed("sop.unknown", f"SOP {slug} belum ditetapkan.", allowed="SOP yang ada: jejak sop list.")


def _opening(client: Client, known: Known, head: Head, kind: str, slug: str | None, said: dict[str, Any]) -> Place:
    if kind not in OPENING:
        raise NotAllowed(
            "case.open", "Perkara ini belum dibuka.", allowed="Perkara dibuka dengan langkah pertama SOP-nya."
        )
    enacted = _to_open(client, known, kind, slug)
    if enacted.superseded is not None:
        instead = enacted.superseded.value.by
        raise NotAllowed(
            "sop.superseded",
            f"SOP {enacted.in_force.title} sudah dicabut; perkara baru tidak dapat dibuka menurut SOP itu.",
            allowed=f"Pakai SOP penggantinya: --sop {instead}." if instead else "Perkara baru menunggu penetapan SOP.",
        )
    place = Place(known, head, None, enacted.in_force, enacted)
    if kind != "disposition.issued":
        return place
    if "supersedes" in said:
        return replace(place, superseded=_superseded(client, said["supersedes"]))
    return replace(place, notices=_unnamed(client, enacted.in_force, said.get("period")))


def _superseded(client: Client, named: Any) -> Case | None:
    """Return the signed case that an opening names, None where the name has no form that could be looked for."""
    case_id = str(named.get("case", "")).removeprefix("case:") if isinstance(named, dict) else ""
    if not _CASE_ID.fullmatch(case_id):
        return None
    named["case"] = case_id
    old = client.head(f"case:{case_id}")
    case = case_of(client, old)[0] if old.newest is not None else None
    if case is None or case.signature is None:
        raise NotAllowed(
            "case.supersedes",
            f"Perkara {case_id} {'tidak ada' if case is None else 'belum ditandatangani'}; tidak dapat digantikan.",
            allowed="Sebut perkara yang sudah ditandatangani; daftarnya: jejak cases.",
        )
    return case


def _unnamed(client: Client, sop: Sop, period: Any) -> tuple[str, ...]:
    """Return the warning that an IKU of these years is in force and the opening does not name its case (advice)."""
    try:
        years = b.Period.read(period, "act.field", "Periode")
        text = str(years.first_year) if years.first_year == years.last_year else f"{years.first_year}-{years.last_year}"
        case_id = str(client.advice("/v1/iku", unit=sop.unit, period=text)["case"]).removeprefix("case:")
    except (NotFound, Malformed, KeyError, TypeError):
        return ()
    if not _CASE_ID.fullmatch(case_id):
        return ()
    return (
        f"Menurut layanan, IKU {sop.unit} {text} yang berlaku ditandatangani dalam perkara {case_id}, dan disposisi ini"
        " tidak menyebut bahwa perkara itu digantikan. Bila memang menggantikannya, jawab tidak, lalu tambahkan"
        f" --set supersedes.case={case_id}",
    )


def _to_open(client: Client, known: Known, kind: str, slug: str | None) -> Enactments:
    """Return what is enacted about the SOP that is named, or about the only one under which ``kind`` opens a case."""
    if slug is not None:
        named = enactments_of(client, client.head(f"sop:{slug}"))
        if named is None:
            raise _unknown(slug)
        return named
    answer = client.advice("/v1/sops")
    names = [str(one.get("slug")) for one in answer.get("sops", ()) if isinstance(one, dict)]
    found = [one for name in names if (one := enactments_of(client, client.head(f"sop:{name}"))) is not None]
    if not found:
        raise NotAllowed(
            "sop.unknown",
            "Belum ada SOP yang ditetapkan dalam buku besar ini, jadi belum ada perkara yang dapat dibuka.",
            allowed=f"Yang menetapkan: pemegang jabatan {known.register.enacting_office}, dengan"
            " jejak act sop.enacted --document BERKAS-SOP.json.",
        )
    current = [one for one in found if one.superseded is None] or found
    fitting = [one for one in current if one.in_force.first.activities[0] == kind] or current
    if len(fitting) > 1:
        slugs = ", ".join(one.in_force.slug for one in fitting)
        raise NotAllowed("sop.unknown", "Ada lebih dari satu SOP.", allowed=f"Sebut --sop: {slugs}.")
    return fitting[0]


def _numbered(client: Client, place: Place, said: dict[str, Any]) -> Place:
    """Return the place with the next letter number that the service proposes, where the person gave none."""
    if {"number", "agenda_no"} <= said.keys() or place.sop is None:
        return place
    try:
        answer = client.advice("/v1/agenda/next", unit=place.sop.unit, sop=place.sop.slug)
        proposed: dict[str, Any] = {}
        if answer.get("number") is not None:
            proposed["number"] = b.LetterNumber.read(answer["number"], "act.field", "Nomor surat").plain()
        if type(answer.get("agenda_no")) is int:
            proposed["agenda_no"] = answer["agenda_no"]
    except (NotFound, Malformed, AttributeError):  # advice that is not there, or that nobody can read, is none
        return place
    return replace(place, advised=proposed, why=str(answer.get("why") or ""))


def signer_of(known: Known, signer: Signer, kind: str, said: dict[str, Any]) -> Authority:
    """Return as whom the signer acts: key and mandate are theirs, and in force unless it is their own affair."""
    return known.own(signer) if _own_affair(known, signer, kind, said) else known.standing(signer)


def _own_affair(known: Known, signer: Signer, kind: str, said: dict[str, Any]) -> bool:
    """Tell whether an act needs no office: laying down what is one's own, and what founders do in a recovery.

    Whether it may be is judged by :func:`check`, as soon as all of it is said.
    """
    match kind:
        case "key.revoked":
            key = known.register.keys.get(str(said.get("keyid")))
            return key is None or key.official == signer.official
        case "mandate.withdrawn":
            held = known.register.mandates.get(str(said.get("mandate")))
            return held is None or held.record.official == signer.official
    return issubclass(CATALOGUE[kind][1], b.Given) and "recovery" in said


def turn(place: Place, kind: str, said: dict[str, Any]) -> None:
    """Return if the case is waiting for an act of ``kind``, else raise NotAllowed saying whose turn it is.

    What a person says of a step or a deviation, and acts outside the path, are left to :func:`check`.
    """
    case = place.case
    if case is None:
        _first_turn(place, kind)
    if case is None or kind == "correction.recorded":
        return
    if case.step is None:
        raise NotAllowed(
            "case.finished" if case.finished else "case.withdrawn",
            case_rules.what_is_due(case),
            allowed="Perubahan dibuat dengan perkara baru.",
        )
    due = case.due()
    assert due is not None
    if kind not in due[1] and kind not in OUTSIDE and not {"step", "deviation"} & said.keys():
        raise NotAllowed(
            "sop.activity", f"Sekarang bukan giliran {name_of(kind)}.", allowed=case_rules.what_is_due(case)
        )


def _first_turn(place: Place, kind: str) -> None:
    """Hold what opens a case to the activity with which its SOP begins."""
    if CATALOGUE[kind][0] != "case" or place.sop is None:
        return
    first, slug = place.sop.first, place.sop.slug
    opens = first.activities[0]
    if kind != opens:
        raise NotAllowed(
            "case.open",
            f"Perkara menurut SOP {place.sop.title} tidak dibuka dengan {name_of(kind)}.",
            allowed=f"Yang membuka: {name_of(opens)} oleh {place.sop.office_of(first).name}, dengan jejak act {opens}"
            f" --sop {slug}.",
        )


def settle(client: Client, place: Place, kind: str, said: dict[str, Any]) -> None:
    """Put what a person named in their own way as the log names it; raises NotAllowed for what the case does not have.

    A corrected act may be named by its leaf index or the first digits of its leaf hash, its part by its usual name.
    """
    case = place.case
    if case is None:
        return
    if kind == "correction.recorded" and isinstance(said.get("leaf"), str):
        said["leaf"] = _corrected_leaf(client, place, case, said["leaf"])
        if isinstance(said.get("field"), str):
            said["field"] = _corrected_field(case, said["leaf"], said["field"])
    if kind == "dispatch.recorded" and isinstance(said.get("recipient"), str):
        names = [one.name for one in case.addressees]
        if names and said["recipient"] not in names:
            raise NotAllowed(
                "case.addressee",
                f"{said['recipient']} bukan penerima yang diperintahkan.",
                allowed=f"Penerima, ditulis persis begini: {'; '.join(names)}.",
            )


def _corrected_leaf(client: Client, place: Place, case: Case, text: str) -> str:
    named = text.strip().lower()
    found = [leaf for leaf in case.acts if leaf.startswith(named)] if _LEAF.fullmatch(named) else []
    if not found and _INDEX.fullmatch(named) and int(named) < place.known.index:
        proved = client.entry(int(named)).leaf
        found = [leaf for leaf in case.acts if leaf == proved]
    if len(found) == 1 and case.acts[found[0]].kind != "correction.recorded":
        return found[0]
    if len(found) == 1:
        said = f"Tindakan {text} sendiri sebuah pembetulan."
    else:
        said = (
            f"Ada {len(found)} tindakan yang berawal {text}." if found else f"Tindakan {text} tidak ada di perkara ini."
        )
    raise NotAllowed(
        "correction.leaf",
        said,
        allowed=f"Sebut nomor daun tindakan yang salah, seperti dalam jejak trail {place.head.stream}, atau sidik"
        " daunnya (seluruhnya, atau sedikitnya 8 angka pertamanya).",
    )


def _corrected_field(case: Case, leaf: str, text: str) -> str:
    """Return the member of the act ``leaf`` that is meant: text that stands in it and may be a slip of the pen."""
    act, held = case.acts[leaf], corrected(case, leaf).plain()
    able = {path: words for path, words in CORRECTABLE.items() if isinstance(value_at(held, path), str)}
    named = " ".join(text.lower().split())
    for path, words in able.items():
        if named in (path, words, WORDS[path][0]):
            return path
    told = ", ".join(f"{words} ({path})" for path, words in able.items())
    raise NotAllowed(
        "correction.binding",
        f"Pada {name_of(act.kind)} itu, bagian “{text}” tidak ada isinya atau tidak dapat dibetulkan.",
        allowed=f"Yang dapat dibetulkan: {told}." if told else "Pada tindakan itu tidak ada yang dapat dibetulkan.",
        member=text,
    )


def office(place: Place, signer: Signer, kind: str, said: dict[str, Any]) -> None:
    """Return if the signer holds the office that an act of ``kind`` needs here, else raise NotAllowed.

    Whose a correction is cannot be said while nobody said what it corrects.
    """
    if kind == "correction.recorded" and "leaf" not in said:
        return
    if not _own_affair(place.known, signer, kind, said):
        place.known.require(signer, _need(place, kind, said))


def _need(place: Place, kind: str, said: dict[str, Any]) -> Need:
    family = CATALOGUE[kind][0]
    if family == "register":
        return REGISTRAR_NEEDED
    if family == "sop":
        unit = place.sop.unit if place.sop is not None else None
        if kind == "sop.enacted" and isinstance(said.get("sop"), dict):
            unit = said["sop"].get("unit")
        return enactment.needed(place.known.register, unit if isinstance(unit, str) else None)
    assert place.sop is not None
    step = said.get("step", _known(place, kind, said).get("step"))
    holder = place.sop.office_of(place.sop.step(str(step)))
    return Need(holder.office, place.sop.unit, holder.name, holder.seats)


def fill(place: Place, kind: str, schema: Schema, body: dict[str, Any], attached: DocumentRef | None) -> dict[str, str]:
    """Put what the place knows into ``body`` where a person said nothing; return the paths and whence each came."""
    filled = {}
    if kind == "reading.confirmed" and body.get("cell") == "waktu" and isinstance(body.get("reading"), str | list):
        body["reading"] = duration("reading", spelled(body["reading"]) or str(body["reading"]))
    if kind == "reading.confirmed" and body.get("cell") in _LISTS and isinstance(body.get("reading"), str):
        body["reading"] = [body["reading"]]  # one name was typed where the cell names things
    for path, value in _known(place, kind, body).items():
        if value is not None and path.split(".")[0] in schema["properties"] and not has(body, path):
            put(body, path, value)
            filled[path] = FROM_LOG
    for path, value in place.advised.items():
        if not has(body, path):
            put(body, path, value)
            filled[path] = ADVISED
    place_for = document_path(schema)
    if attached is not None and place_for is not None:
        put(body, place_for, attached.plain())
        filled[place_for] = ATTACHED
    return filled


def lacking(place: Place, kind: str, schema: Schema, body: dict[str, Any]) -> list[Member]:
    """Return every value that a person has still to give, in the schema's order; choices are those of this place."""
    found = missing(schema, body)
    if kind == "activity.performed" and place.case is None and "subject" not in body:
        found += [Member("subject", True, schema["properties"]["subject"])]
    if kind == "reading.confirmed":
        found = [one for one in found if one.path != "raw"]  # it is the cell's, as soon as that is known
    if kind == "correction.recorded":
        found = [one for one in found if one.path not in ("step", "old")]  # they are the corrected act's
    choices = {"decision": _outcomes(place, kind, body), "reading": _reading(place, kind, body)}
    return [
        replace(one, part={**one.part, "enum": choices[one.path]}) if choices.get(one.path) else one for one in found
    ]


def _outcomes(place: Place, kind: str, body: dict[str, Any]) -> list[str]:
    """Return the outcomes that the SOP gives a decision."""
    if kind != "activity.decided" or place.sop is None:
        return []
    return [way.when for way in place.sop.step(str(body.get("step"))).next if way.when is not None]


def _reading(place: Place, kind: str, body: dict[str, Any]) -> list[str]:
    """Return the only reading that the office may confirm as it stands, or nothing where it says what it reads."""
    cell = _cell(place, body) if kind == "reading.confirmed" else None
    if cell is None or cell.reading is None or (body["cell"] == "waktu" and cell.raw):
        return []
    reading = cell.model_dump(mode="json")["reading"]
    return [spelled(reading) or str(reading)]


def _cell(place: Place, body: dict[str, Any]) -> Cell[Any] | None:
    """Return the cell of the SOP that a reading is about, or None where the body does not say which."""
    named = body.get("sop")
    version = place.enacted.versions.get(str(named)) if named and place.enacted else place.sop
    if version is None or "step" not in body or body.get("cell") not in ("waktu", "pelaksana", *_LISTS):
        return None
    found: Cell[Any] = getattr(version.step(str(body["step"])), body["cell"])
    return found


def _known(place: Place, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    if place.proposal_leaf is not None:
        return {"proposal": place.proposal_leaf}
    newest = place.enacted.newest if place.enacted else None
    match kind:
        case "sop.enacted":
            return {"replaces": newest}
        case "sop.superseded":
            return {"sop": newest}
        case "reading.confirmed":
            cell = _cell(place, body)
            return {"sop": newest, "raw": cell.raw if cell else None}
    if place.sop is None or CATALOGUE[kind][0] != "case":
        return {}
    case = place.case
    if kind == "disposition.withdrawn":
        return {"step": place.sop.first.no}
    if kind == "correction.recorded" and case is not None:
        slip = case.acts.get(str(body.get("leaf")))
        if slip is None or not isinstance(slip.body, b.CaseBody):
            return {}
        return {
            "step": slip.body.step,
            "old": value_at(corrected(case, str(body["leaf"])).plain(), str(body.get("field"))),
        }
    if case is None:
        opening: dict[str, Any] = {"step": place.sop.first.no, "sop": {"slug": place.sop.slug, "leaf": newest}}
        if place.superseded is not None and place.superseded.signature is not None:
            opening["supersedes.signature"] = place.superseded.signature.leaf
        return opening
    known: dict[str, Any] = {"step": case.step}
    if case.document is not None and kind in _STANDING:
        known["document"] = case.document.digest
    if kind == "concept.revised" and case.document is not None:
        known |= {"round": case.round, "replaces": case.document.digest, "answers": case.returned}
    if kind == "dispatch.recorded":
        ordered = {one.name: one.copies for one in case.addressees}
        known["copies"] = ordered.get(str(body.get("recipient")))
    return known


def check(place: Place, act: Act, signer: Signer) -> None:
    """Return if the ledger as it is known here would take ``act`` from the signer, else raise what it refuses with."""
    known, family = place.known, CATALOGUE[act.kind][0]
    if family == "register":
        officials.decide(known.register, act, signer.keyid, known.index, now())
    elif family == "sop":
        enactment.decide(place.enacted, known.register, act, signer.keyid, known.index, now())
    else:
        assert place.sop is not None
        assert isinstance(act.body, b.CaseBody)
        with naming_step(act.body.step):
            known.require(signer, case_rules.needed(act, place.sop))
            case_rules.decide(place.case, act, place.sop, place.superseded)
            if isinstance(act.body, b.AgendaRecorded) and place.enacted is not None:
                # Which numbers other cases took, and what other SOPs stated, is for the ledger to judge.
                book = reduce(AgendaBook.stated, (one.value for one in place.enacted.numberings), AgendaBook())
                decide_number(book, place.enacted.numbering, act.body)
