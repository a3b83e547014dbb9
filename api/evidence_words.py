"""The page on which a person reads what was found in an evidence bundle: verdicts first, then what is not covered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api.cli_base import item, paragraph
from ledger.bodies import CaseBody
from ledger.checkpoint import format_hash
from ledger.evidence_marks import Marked
from ledger.evidence_report import BEYOND, Judged, Report
from ledger.kind_names import name_of
from ledger.notices import DISCLAIMER, SYNTHETIC
from ledger.replay import Step
from ledger.rule_words import place_in_words
from ledger.verdicts import PROVED, UNJUDGED, Verdict
from ledger.wording import day, flat, when

#: What each verdict on an act is about.
NAMES = {
    "signature": "tanda tangan",
    "authority": "wewenang",
    "inclusion": "tempat dalam log",
    "conformance": "kesesuaian",
}
_CONCLUSIONS = {PROVED: "TERBUKTI, selain yang tidak tercakup.", UNJUDGED: "TIDAK DAPAT DINILAI SELURUHNYA."}
_BROKEN = "TIDAK COCOK."
_HANG = 9


def page(report: Report) -> str:
    """Return the whole page about a bundle."""
    parts = [*head(report), ""]
    parts += [_stream(name, verdict) for name, verdict in report.streams.items()]
    parts.append(paragraph(f"Keadaan  {_state(report)}", 0, _HANG))
    for one in report.of(report.bundle.case):
        parts += ["", *_act(one)]
    parts += ["", *_others(report), "", "Dokumen"]
    parts += [_paper(paper.reference.name, paper.leaves, paper.verdict) for paper in report.papers] or ["  tidak ada"]
    if report.outside:
        parts += ["", "Dari luar bundel", *(item(_said(verdict)) for verdict in report.outside)]
    return "\n".join([*parts, "", *end(report)])


def marks_page(report: Report, digest: str, marks: Sequence[Marked]) -> str:
    """Return what one bundle says of the marks on a document."""
    parts = [*head(report), "", paragraph(f"Dokumen {digest}")]
    if not marks:
        parts.append(paragraph("Dalam perkara ini tidak ada pemeriksaan, paraf, atau tanda tangan atas isi ini.", 2))
    for mark in marks:
        parts += ["", *_act(mark.act), paragraph(_standing(mark), 2, 2)]
    return "\n".join([*parts, "", *end(report)])


def head(report: Report) -> list[str]:
    """Return the lines that say which bundle it is."""
    stated, subject = report.sealed.checkpoint, report.state.opening.subject if report.state else None
    lines = [paragraph(flat(f"Bundel bukti {place_in_words(report.bundle.case)}: {subject or '-'}"))]
    lines.append(paragraph(f"Buku besar {stated.origin}, segel {stated.size} daun, akar {format_hash(stated.root)}"))
    return lines + ([paragraph(SYNTHETIC)] if report.synthetic else [])


def end(report: Report) -> list[str]:
    """Return what is not covered, the conclusion, and what the signatures are not."""
    lines = ["Tidak tercakup", *map(item, report.not_covered()), ""]
    return [*lines, f"Kesimpulan: {_CONCLUSIONS.get(report.verdict, _BROKEN)}", paragraph(DISCLAIMER)]


def _stream(name: str, verdict: Verdict) -> str:
    what = place_in_words(name)
    return paragraph(f"{what[0].upper()}{what[1:]}: {_said(verdict)}", 0, 2)


def _state(report: Report) -> str:
    case = report.state
    if case is None:
        return "tidak diketahui: pembuka perkara ini tidak terbukti."
    due = case.due()
    if due is None:
        return "selesai." if case.finished else "disposisinya ditarik."
    return f"belum selesai: langkah {due[0].no}, giliran {case.sop.office_of(due[0]).name}."


def _act(one: Judged) -> list[str]:
    act, at = one.filed.act, one.filed.entry.recorded_at
    step = f"langkah {act.body.step}, " if isinstance(act.body, CaseBody) else ""
    lines = [f"Daun {one.filed.index}, versi {act.version}: {step}{name_of(act.kind)}"]
    said = one.sentence or f"Menurut isinya oleh {act.official} dengan mandat {act.mandate}; tidak seluruhnya terbukti."
    lines.append(paragraph(flat(said), 2, 2))
    if one.step is not None:
        lines += [paragraph(flat(line), 2, _HANG) for line in _by(one.step)]
    lines.append(paragraph(f"Waktu    dinyatakan {when(act.occurred_at)}, dicatat {when(at)}", 2, _HANG))
    lines += verdict_lines(one)
    return lines + [item(flat(f"{flag.sentence} [{flag.name}]"), "!") for flag in one.flags]


def _by(step: Step) -> list[str]:
    """Return who acted and by which decree, as the register had it."""
    person, decree = step.authority.official.record, step.authority.mandate.record.decree
    nip = f"NIP {person.nip}" if person.nip else "tanpa NIP"
    named = ", ".join(part for part in (person.name, nip, person.rank) if part)
    return [f"Oleh     {named}", f"SK       {decree.number}, {day(decree.date)}, {decree.issuer}"]


def verdict_lines(one: Judged) -> list[str]:
    """Return what is proved of an act on one line, and each thing that is not on a line of its own."""
    proved = [NAMES[name] for name, verdict in one.verdicts().items() if verdict.verdict == PROVED]
    lines = [paragraph(f"Terbukti: {', '.join(proved) or 'tidak ada'}", 2, _HANG)]
    for name, verdict in one.verdicts().items():
        if verdict.rule == BEYOND:
            lines.append(paragraph(f"{NAMES[name].capitalize()} {UNJUDGED} dari bundel: {flat(verdict.why)}", 2, _HANG))
        elif verdict.verdict != PROVED:
            lines.append(paragraph(f"{NAMES[name].capitalize()} {_said(verdict)}", 2, _HANG))
    return lines


def _others(report: Report) -> Iterable[str]:
    """Yield the acts of register and SOP that are not wholly proved; that all are, if all are."""
    others = [one for one in report.acts if one.filed.act.stream != report.bundle.case]
    open_ = [one for one in others if any(verdict.verdict != PROVED for verdict in one.verdicts().values())]
    if not open_:
        yield f"Register dan SOP: {len(others)} tindakan, semuanya terbukti."
        return
    yield f"Register dan SOP: {len(others)} tindakan, {len(open_)} tidak seluruhnya terbukti."
    for one in open_:
        yield f"Daun {one.filed.index}: {name_of(one.filed.act.kind)}"
        yield from verdict_lines(one)


def _paper(name: str, leaves: Sequence[int], verdict: Verdict) -> str:
    return item(flat(f"{name} (daun {', '.join(map(str, leaves))}): {_said(verdict)}"))


def _standing(mark: Marked) -> str:
    return {
        True: "Berlaku pada segel bundel ini.",
        False: "TIDAK BERLAKU: dikembalikan, atau digantikan naskah atau tanda yang lebih baru.",
        None: "Berlaku atau tidaknya tidak dapat dinilai.",
    }[mark.stands]


def _said(verdict: Verdict) -> str:
    if verdict.verdict == PROVED:
        return f"{verdict.verdict}. {flat(verdict.why)}"
    return f"{verdict.verdict.upper()}. {flat(verdict.why)} [{verdict.rule}]"
