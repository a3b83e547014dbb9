"""The page on which a person reads what was found in an evidence bundle: verdicts first, then what is not covered.

What is in question is never told without that word: not in an act's verdicts, not in what is said of register and SOP,
not in a conclusion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from api.cli_base import item, paragraph
from ledger.bodies import CaseBody
from ledger.checkpoint import format_hash
from ledger.evidence_marks import KINDS, Marked
from ledger.evidence_report import BEYOND, Judged, Report
from ledger.kind_names import name_of
from ledger.notices import DISCLAIMER, INFERRED, SYNTHETIC
from ledger.replay import Step
from ledger.rule_words import place_in_words
from ledger.sentences import digests_of
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED, Verdict
from ledger.wording import CAPACITIES, day, flat, listed, when

#: What each verdict on an act is about.
NAMES = {
    "signature": "tanda tangan",
    "authority": "wewenang",
    "inclusion": "tempat dalam log",
    "conformance": "kesesuaian",
}
_WORDS = {PROVED: "TERBUKTI", UNJUDGED: "TIDAK DAPAT DINILAI SELURUHNYA", CONTRADICTED: "TIDAK COCOK"}
#: Columns of the words before what hangs under them.
_HANG = 9


def page(report: Report) -> str:
    """Return the whole page about a bundle."""
    parts = [*head(report), ""]
    parts += [_stream(name, verdict) for name, verdict in report.streams.items()]
    parts.append(paragraph(f"Keadaan  {_state(report)}", 0, _HANG))
    parts += notices(report)
    for one in report.of(report.bundle.case):
        parts += ["", *_act(one)]
    parts += ["", *_others(report), "", "Dokumen"]
    parts += [_paper(paper.reference.name, paper.leaves, paper.verdict) for paper in report.papers] or ["  tidak ada"]
    return "\n".join([*parts, *_outside(report), "", *end(report, "Kesimpulan")])


def marks_page(report: Report, digest: str, marks: Sequence[Marked]) -> str:
    """Return what one bundle says of the marks on a document."""
    parts = [*head(report), *notices(report), "", paragraph(f"Dokumen {digest}")]
    if not marks:
        parts.append(paragraph("Dalam perkara ini tidak ada pemeriksaan, paraf, atau tanda tangan atas isi ini.", 2))
    for mark in marks:
        parts += ["", *_act(mark.act), paragraph(mark.why, 2, 2)]
    return "\n".join([*parts, *_outside(report), "", *end(report, "Bundel itu sendiri, lepas dari berkas Anda")])


def marks_in_words(marks: Iterable[Marked]) -> str:
    """Return of each kind of mark whether one stands, and is proved and out of question."""
    found = list(marks)
    return ", ".join(
        f"{name} {_of_kind([mark for mark in found if mark.kind == kind])}" for kind, name in KINDS.items()
    )


def head(report: Report) -> list[str]:
    """Return the lines that say which bundle it is."""
    stated, subject = report.sealed.checkpoint, report.state.opening.subject if report.state else None
    lines = [paragraph(flat(f"Bundel bukti {place_in_words(report.bundle.case)}: {subject or '-'}"))]
    lines.append(paragraph(f"Buku besar {stated.origin}, segel {stated.size} daun, akar {format_hash(stated.root)}"))
    return lines + ([paragraph(SYNTHETIC)] if report.synthetic else [])


def notices(report: Report) -> list[str]:
    """Return what touches the case, and what is odd, a line each."""
    return [item(flat(said), "!") for said in (*(one.sentence for one in report.touches), *report.remarks)]


def end(report: Report, title: str) -> list[str]:
    """Return what is not covered, the conclusion under ``title``, and what the signatures are not."""
    lines = ["Tidak tercakup", *map(item, report.not_covered()), ""]
    return [*lines, paragraph(f"{title}: {conclusion(report)}", 0, 2), paragraph(DISCLAIMER)]


def conclusion(report: Report) -> str:
    """Return the verdict on a bundle, with all that it must not be told without."""
    less = ", selain yang tidak tercakup" if report.verdict == PROVED else ""
    return "; ".join((_WORDS[report.verdict] + less, *report.reservations())) + "."


def _stream(name: str, verdict: Verdict) -> str:
    what = place_in_words(name)
    return paragraph(f"{what[0].upper()}{what[1:]}: {_said(verdict)}", 0, 2)


def _state(report: Report) -> str:
    case = report.state
    if case is None:
        return "tidak diketahui: pembuka perkara ini tidak terbukti."
    due = case.due()
    if due is None:
        return "selesai." if case.finished else "DISPOSISINYA DITARIK."
    return f"belum selesai: langkah {due[0].no}, giliran {case.sop.office_of(due[0]).name}."


def _act(one: Judged) -> list[str]:
    act, at = one.filed.act, one.filed.entry.recorded_at
    step = f"langkah {act.body.step}, " if isinstance(act.body, CaseBody) else ""
    lines = [f"Daun {one.filed.index}, versi {act.version}: {step}{name_of(act.kind)}"]
    said = one.sentence or f"Menurut isinya oleh {act.official} dengan mandat {act.mandate}; tidak seluruhnya terbukti."
    lines.append(paragraph(flat(said), 2, 2))
    if one.step is not None:
        lines += [_row(title, said) for title, said in _by(one.step)]
    if one.inferred:
        lines.append(f"  {INFERRED}")
    lines.append(_row("Waktu", f"dinyatakan {when(act.occurred_at)}, dicatat {when(at)}"))
    lines.append(_row("Kunci", f"{one.filed.entry.envelope.keyid[:16]}…   sidik daun {one.filed.leaf[:16]}…"))
    if one.step is not None:
        minutes = one.step.authority.key.berita_acara
        lines.append(paragraph(f"Berita acara kunci: {minutes or 'belum ada'}", 2, _HANG))
    lines += verdict_lines(one)
    lines += [_row("Dokumen", digest) for digest in digests_of(act)]
    lines += [item(flat(f"{flag.sentence} [{flag.name}]"), "!") for flag in one.flags]
    return lines + ([item(said, "!")] if (said := _resting(one)) else [])


def _row(title: str, said: str) -> str:
    """Return what people wrote under one of our headings; only the words are put on one line, not the columns."""
    return paragraph(f"{title:<{_HANG}}{flat(said)}", 2, _HANG)


def _by(step: Step) -> Iterator[tuple[str, str]]:
    """Yield who acted, and by which decree and for how long, as the register had it."""
    person, mandate = step.authority.official.record, step.authority.mandate.record
    nip = f"NIP {person.nip}" if person.nip else "tanpa NIP"
    office = f"{mandate.office_name} ({CAPACITIES[mandate.capacity]})"
    yield "Oleh", ", ".join(part for part in (person.name, nip, person.rank, office) if part)
    until = day(mandate.end) if mandate.end else "dicabut"
    decree = f"{mandate.decree.number}, {day(mandate.decree.date)}, {mandate.decree.issuer}"
    yield "SK", f"{decree} (berlaku {day(mandate.start)} sampai {until})"


def _resting(one: Judged) -> str:
    """Return the sentence that says on which questioned acts the power for an act rests; nothing if on none."""
    leaves = listed([f"daun {index}" for index in one.rests_on])
    return leaves and f"Kunci, mandat, atau SOP-nya berasal dari tindakan yang DIPERTANYAKAN: {leaves}."


def verdict_lines(one: Judged) -> list[str]:
    """Return what is proved of an act on one line, and each thing that is not, or is in question, on its own."""
    doubted = one.questioned and one.signature.verdict == PROVED
    apart = {"signature"} if doubted else set()
    proved = [
        NAMES[name] for name, verdict in one.verdicts().items() if verdict.verdict == PROVED and name not in apart
    ]
    lines = [_row("Terbukti", ", ".join(proved) or "tidak ada")]
    if doubted:
        lines.append(paragraph("Tanda tangan terbukti, tetapi DIPERTANYAKAN", 2, _HANG))
    for name, verdict in one.verdicts().items():
        if verdict.rule == BEYOND:
            lines.append(paragraph(f"{NAMES[name].capitalize()} {UNJUDGED} dari bundel: {flat(verdict.why)}", 2, _HANG))
        elif verdict.verdict != PROVED:
            lines.append(paragraph(f"{NAMES[name].capitalize()} {_said(verdict)}", 2, _HANG))
    return lines


def _others(report: Report) -> Iterable[str]:
    """Yield the acts of register and SOP that are not wholly proved or stand out; that all are proved, if all are."""
    others = [one for one in report.acts if one.filed.act.stream != report.bundle.case]
    open_ = [one for one in others if any(verdict.verdict != PROVED for verdict in one.verdicts().values())]
    doubted = sum(one.questioned for one in others)
    marked = sum(bool(one.flags or one.rests_on) for one in others)
    said = f"{len(open_)} tidak seluruhnya terbukti" if open_ else "semuanya terbukti"
    also = [f"{doubted} DIPERTANYAKAN"] if doubted else []
    also += [f"{marked} bertanda, di bawah ini"] if marked else []
    yield f"Register dan SOP: {len(others)} tindakan, {'; '.join((said, *also))}."
    for one in open_:
        yield f"Daun {one.filed.index}: {name_of(one.filed.act.kind)}"
        yield from verdict_lines(one)
    yield from _flagged(others)


def _flagged(others: Sequence[Judged]) -> Iterator[str]:
    """Yield what stands out in register and SOP, each sentence once with all the acts of which it is true."""
    found: dict[str, list[str]] = {}
    for one in others:
        where = f"daun {one.filed.index} ({name_of(one.filed.act.kind)})"
        for said in filter(None, (*(f"{flag.sentence} [{flag.name}]" for flag in one.flags), _resting(one))):
            found.setdefault(flat(said), []).append(where)
    for said, places in found.items():
        yield item(f"{said} Tindakannya: {', '.join(places)}.", "!")


def _paper(name: str, leaves: Sequence[int], verdict: Verdict) -> str:
    return item(flat(f"{name} (daun {', '.join(map(str, leaves))}): {_said(verdict)}"))


def _outside(report: Report) -> list[str]:
    if not report.outside:
        return []
    return ["", "Dari luar bundel", *(item(_said(verdict)) for verdict in report.outside)]


def _of_kind(marks: Sequence[Marked]) -> str:
    good = [mark for mark in marks if mark.good]
    if not good:
        void = all(mark.stands is False for mark in marks)
        return "tidak ada" if not marks else "ada tetapi tidak berlaku" if void else "ada tetapi tidak terbukti"
    return "ada tetapi DIPERTANYAKAN" if all(mark.questioned for mark in good) else "ada"


def _said(verdict: Verdict) -> str:
    if verdict.verdict == PROVED:
        return f"{verdict.verdict}. {flat(verdict.why)}"
    return f"{verdict.verdict.upper()}. {flat(verdict.why)} [{verdict.rule}]"
