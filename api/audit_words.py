"""The page on which a person reads what an audit found: findings first, then what was looked at, then the verdict."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from api.cli_base import item, paragraph, table
from ledger.audit_remembered import SoundAudit
from ledger.audit_report import ALL, BROKEN, NOT_JUDGED, NOTHING_NEW, SINCE, STEPS, Finding, Report
from ledger.checkpoint import open_checkpoint
from ledger.kind_names import name_of
from ledger.note import VerifierKey
from ledger.notices import CUT_TAIL, DISCLAIMER, SYNTHETIC
from ledger.whereabouts import NOTE
from ledger.wording import when
from projections.compare import Comparison

#: What an audit of a service cannot see by itself.
_CUT_BY_SERVICE = (
    "Bila layanan menyembunyikan daun terakhir bersama segelnya, jawabannya sendiri tidak memperlihatkannya: bandingkan"
    " dengan tanda terima atau segel yang disimpan di luar layanan itu."
)


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit found of the log of ``vkey``; ``memory`` says of a memory that was empty that it was.

    ``moved`` is where the folder says that its ledger went, if it does.
    """

    report: Report
    views: Comparison | None
    vkey: VerifierKey
    memory: str
    of_service: bool = False
    moved: str = ""

    def kept(self) -> bytes:
        """Return what is kept of it, if it is sound."""
        return SoundAudit(open_checkpoint(self.report.checkpoint.encode(), self.vkey), self.report.founding).format()


def page_of(done: Audited) -> str:
    """Return the report as a person reads it."""
    report, views = done.report, done.views
    lines = []
    if report.findings:
        lines += [table(("Daun", "Putusan", "Yang ditemukan"), _found(report.findings)), ""]
    lines += [table(("No.", "Yang diperiksa", "Hasil"), [_step(step, report) for step in STEPS]), ""]
    lines += [paragraph(f"Langkah {step} tidak diperiksa. {why}") for step, why in report.inapplicable.items()]
    lines += _memory(done)
    if report.questioned:
        rows = [(str(one.leaf), name_of(one.kind), one.official, one.sentence) for one in report.questioned]
        lines += ["", table(("Daun", "Tindakan", "Pejabat", "Dipertanyakan"), rows), ""]
    if report.verified_from:
        lines.append(paragraph(_since(report)))
    if report.verified_from < report.leaves or not report.leaves:
        lines += [
            f"{report.verified} dari {report.leaves - report.verified_from} daun terbukti.",
            f"Tanda tangan: {_counted(report.signature)}.",
            f"Wewenang: {_counted(report.authority)}.",
        ]
    if report.predecessor:
        lines.append(paragraph(f"Buku besar ini {report.predecessor}. Yang diperiksa di sini hanya penerusnya."))
    if views is not None:
        lines.append(paragraph(f"Tampilan: {_of_views(views)}"))
    lines.append(paragraph(f"Kesimpulan: {_concluded(report)}"))
    if done.moved:
        lines.append(
            paragraph(
                f"PERHATIAN: menurut berkas {NOTE} di folder ini buku besarnya berlanjut di {done.moved}."
                " Yang dicatat di sana sesudahnya tidak ada di sini, jadi tidak diperiksa."
            )
        )
    if not report.founding_pinned:
        said = f"Daun 0 bersidik {report.founding}. " if report.founding else ""
        lines.append(
            paragraph(
                f"Pendirian tidak dipatok. {said}Bandingkan dengan berita acara pendirian, lalu sebut --founding."
            )
        )
    return "\n".join([*lines, _vouched_for(done)])


def _found(findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    """Return the findings as rows; those that say the same of several documents are one row, which names them."""
    folded: dict[object, list[Finding]] = {}
    for number, one in enumerate(findings):
        same = (one.rule, one.verdict, one.sentence) if one.document else number
        folded.setdefault(same, []).append(one)
    rows = []
    for group in folded.values():
        names = ", ".join(dict.fromkeys(one.document for one in group if one.document))
        said = f"{group[0].sentence} {f'Dokumen: {names}. ' if names else ''}[{group[0].rule}]"
        rows.append((", ".join(dict.fromkeys(map(_where, group))), group[0].verdict, said))
    return rows


def _memory(done: Audited) -> list[str]:
    """Return which checkpoints were held against the log, and whether they fit."""
    held = done.report.remembered
    if not held:
        return [paragraph(done.memory or "Tidak ada segel yang disimpan yang dibandingkan dengan log ini.")]
    rows = [item(f"segel {one.size} daun di {one.source}: {'sesuai' if one.matched else BROKEN}") for one in held]
    more = [paragraph(done.memory)] if done.memory else []
    return ["Dibandingkan dengan yang disimpan:", *rows, *more]


def _since(report: Report) -> str:
    """Return what was not verified in this run, and on whose word."""
    first, last = report.verified_from, report.verified_from - 1
    now = "Tidak ada daun baru sejak audit yang Anda simpan, jadi sekarang tidak satu tanda tangan pun diperiksa."
    if first < report.leaves:
        now = f"Tanda tangan diperiksa mulai daun {first}."
    return (
        f"{now} Daun 0 sampai {last} sama bita demi bita dengan yang terbukti menurut audit itu, dan tanda tangannya"
        " tidak diperiksa lagi. Berkas audit itu tidak ditandatangani siapa pun: percayai hanya bila Anda sendiri yang"
        " menyimpannya."
    )


def _concluded(report: Report) -> str:
    last = report.verified_from - 1
    also = "" if report.founding_pinned else ", pendirian tidak dipatok"
    if report.questioned:
        also += f", tetapi {len(report.questioned)} tindakan DIPERTANYAKAN"
    return {
        ALL: f"TERBUKTI{also}.",
        SINCE: f"TERBUKTI mulai daun {last + 1}{also}. Daun 0 sampai {last} menurut audit dahulu.",
        NOTHING_NEW: f"tidak ada yang baru dan tidak ada yang berubah sejak audit dahulu{also}. Tanda tangan sampai"
        f" daun {last} diperiksa audit itu, bukan sekarang.",
    }.get(report.conclusion, f"TIDAK TERBUKTI SELURUHNYA{also}.")


def _where(finding: Finding) -> str:
    return "seluruhnya" if finding.leaf is None else str(finding.leaf)


def _step(step: int, report: Report) -> tuple[str, str, str]:
    """Return what one step found: how much of which verdict, or that there was nothing to look at."""
    found = [one.verdict for one in report.findings if one.step == step]
    said = [f"{found.count(verdict)} {verdict}" for verdict in (BROKEN, NOT_JUDGED) if verdict in found]
    if step in report.inapplicable:
        said = ["tidak diperiksa"]
    return str(step), STEPS[step], ", ".join(said) or "tidak ada temuan"


def _of_views(views: Comparison) -> str:
    if views.why:
        return views.why
    behind = f", {views.behind} daun tertinggal dari buku besar" if views.behind else ""
    what = f"{len(views.differences)} baris lain dari" if views.differences else "sama dengan"
    return f"sampai {views.position} daun{behind}; {what} hasil penyusunan ulang."


def _counted(found: dict[str, int]) -> str:
    """Return how many leaves have which verdict, none of those that no leaf has."""
    return ", ".join(f"{count} {verdict}" for verdict, count in found.items() if count) or "tidak ada daun"


def _vouched_for(done: Audited) -> str:
    """Return what the verdict covers, what it cannot, and what the signatures are not."""
    report = done.report
    lines = [_CUT_BY_SERVICE if done.of_service else CUT_TAIL, DISCLAIMER]
    if report.leaves:
        until = f"dicatat terakhir {_moment(report.newest_recorded_at)}, akar {report.root}"
        said = {
            ALL: "Yang terbukti:",
            SINCE: f"Yang terbukti sekarang: mulai daun {report.verified_from}",
            NOTHING_NEW: "Yang sekarang dicocokkan, tanpa memeriksa tanda tangannya:",
        }.get(report.conclusion, "Yang diperiksa, tetapi tidak seluruhnya terbukti:")
        lines.insert(0, f"{said} sampai daun {report.leaves - 1}, {until}.")
    if report.synthetic:
        lines.insert(0, SYNTHETIC)
    return "\n".join(["", *map(paragraph, lines)])


def _moment(text: str) -> str:
    return f"{when(dt.datetime.fromisoformat(text))} ({text})" if text else "pada waktu yang tidak terbaca"
