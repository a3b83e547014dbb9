"""What a careful reader would raise about an IKU document: warnings, never a refusal.

An indicator must meet five criteria; each rule speaks to at least one of them:

- specific: ``objective.missing``, ``objective.spelling``, ``indicator.duplicate``, ``measure.in-name``
- attainable: ``baseline.missing``, ``target.missing`` (reach cannot be judged without both)
- relevant: ``owner.missing`` (nobody answers for it), ``objective.missing``
- shows success: ``formula.target``, ``target.missing``, ``target.before-baseline``,
  ``target.outside-period``, ``target.twice``
- measurable: ``measure.missing``, ``source.person``, ``figure.comma``, ``figure.none``, ``figure.mixed``

Whether an indicator is relevant and attainable in truth is for people; a rule sees only what is missing.
The rules are those of real tables' real defects; the sentences are for the clerk who mends them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ledger.iku import UNSTATED, IkuDocument, Period, Row, Target


@dataclass(frozen=True, slots=True)
class CheckWarning:
    """A rule's doubt about one field of one row (``row`` counts from 1), with a sentence for a clerk."""

    rule: str
    row: int
    field: str
    text: str


def warnings(document: IkuDocument) -> list[CheckWarning]:
    """Return every doubt about ``document``, by row, then in the order of the columns; empty if none."""
    found: list[CheckWarning] = []
    objectives: dict[str, tuple[int, str]] = {}
    indicators: dict[str, int] = {}
    for number, row in enumerate(document.rows, 1):
        first, spelled = objectives.setdefault(_folded(row.objective), (number, row.objective))
        same = indicators.setdefault(_folded(row.indicator), number)
        doubts = [
            *_objective(row, first, spelled),
            *_indicator(row, same, number),
            *_formula(row),
            *_sources(row),
            *_missing(row),
            *_baseline(row),
            *_targets(row, document.period),
            *_mixed(row),
        ]
        found += [CheckWarning(rule, number, field, text) for rule, field, text in doubts]
    return found


#: Names of what :func:`against_case` finds: each says something that only the document's own words say.
AGAINST_CASE = frozenset({"period.differs", "document.sample"})


def against_case(said: tuple[int, int], asked: tuple[int, int] | None, label: str | None) -> Iterator[tuple[str, str]]:
    """Yield a name and a sentence for what a document does not share with its case.

    ``said`` are the first and last year of the document's period, ``asked`` those of the disposition, if it names
    any. A unit is free text in the document: whether it is the case's is for people, who are shown both.
    """
    if asked is not None and said != asked:
        yield "period.differs", f"Periode dalam dokumen {_span(said)}, periode perkara {_span(asked)}."
    if label is not None and _SAMPLE.search(label):
        yield "document.sample", f"Dokumen ini berlabel contoh: “{_shown(label)}”."


_SAMPLE = re.compile(r"\bcontoh\b", re.IGNORECASE)


def _span(period: tuple[int, int]) -> str:
    first, last = period
    return str(first) if first == last else f"{first}-{last}"


# A rule's name, the field, and the sentence.
_Doubts = Iterator[tuple[str, str, str]]


def _objective(row: Row, first: int, spelled: str) -> _Doubts:
    if row.objective == UNSTATED:
        yield "objective.missing", "objective", "Sasaran belum disebut. Tulis sasaran yang hendak dicapai."
    elif row.objective != spelled:
        yield (
            "objective.spelling",
            "objective",
            f"Sasaran ini ditulis berbeda dari baris {first}. Samakan tulisannya bila sasarannya sama.",
        )


# A share in words ("Persentase desa ...") is part of what is measured; a sign or a unit in brackets is not.
_UNIT_IN_NAME = re.compile(
    r"^\s*%|\(\s*(?:%|persen|orang|desa|hari|menit|jam|rupiah|rp|unit|kali|dokumen|laporan|nilai)\.?\s*\)\s*$",
    re.IGNORECASE,
)


def _indicator(row: Row, same: int, number: int) -> _Doubts:
    if _UNIT_IN_NAME.search(row.indicator):
        yield (
            "measure.in-name",
            "indicator",
            "Satuan tercampur dalam nama indikator. Pindahkan satuannya ke kolom satuan, "
            "misalnya “Persentase desa ...” dengan satuan “persen”.",
        )
    if same != number:
        yield (
            "indicator.duplicate",
            "indicator",
            f"Indikator ini sama dengan baris {same}. Hapus salah satu atau bedakan namanya.",
        )


# "= 100" with nothing after it but a percent sign; "= 100 x A / B" is still a formula.
_TARGET_IN_FORMULA = re.compile(
    r"[=≥≤<>]\s*+[0-9]++(?:[.,][0-9]++)*+\s*+(?:%|persen\b)?+\s*+(?=$|[;)]|[.,](?:\s|$))", re.IGNORECASE
)


def _formula(row: Row) -> _Doubts:
    if row.formula and (target := _TARGET_IN_FORMULA.search(row.formula)):
        yield (
            "formula.target",
            "formula",
            f"Rumus memuat angka target (“{target.group().strip()}”). "
            "Tulis cara menghitungnya saja; taruh targetnya di kolom target.",
        )


_OFFICE = re.compile(
    r"(?:(?:plt|plh|pjs?)\b\.?\s*)?(?:"
    r"(?:camat|sekcam|sekretaris|kasie?|kepala|kasub\w*|kabag|kabid|kadis|kadin|kaur|lurah|kades|perbekel|"
    r"bupati|wali\s?kota|gubernur|inspektur|asisten|staf|pejabat|petugas|operator|bendahara|pendamping)\b"
    r"|ka\.)",
    re.IGNORECASE,
)
_RECORD = re.compile(
    r"\b(?:laporan|buku|register|daftar|data|database|profil|berita acara|sk|surat|keputusan|dokumen|"
    r"statistik|rekap\w*|notul\w*|arsip|absensi|survei|survey|kuesioner|agenda|lhp|lkjip|apbdes|sistem|sim|"
    r"aplikasi|dalam angka)\b",
    re.IGNORECASE,
)


def _sources(row: Row) -> _Doubts:
    people = [source for source in row.sources if _OFFICE.match(source) and not _RECORD.search(source)]
    if people:
        yield (
            "source.person",
            "sources",
            f"Sumber data “{_shown(people[0])}” menyebut orang atau pejabat. Sebut catatan yang dapat "
            "diperiksa, misalnya laporan, register, atau berita acara.",
        )


def _missing(row: Row) -> _Doubts:
    if row.owner is None:
        yield "owner.missing", "owner", "Penanggung jawab belum diisi. Tulis jabatan yang bertanggung jawab."
    if row.measure is None:
        yield "measure.missing", "measure", "Satuan belum diisi. Tulis satuannya, misalnya “persen”."
    if row.baseline is None:
        yield (
            "baseline.missing",
            "baseline",
            "Kondisi awal belum diisi. Tulis angka terakhir yang diketahui beserta tahunnya.",
        )
    if not row.targets:
        yield "target.missing", "targets", "Target belum diisi. Tulis target untuk setiap tahun."


_COMMA = re.compile(r"[0-9],[0-9]")
_NO_FIGURE = frozenset({"na", "tba", "belumada", "tidakada", "belumadadata", "tidakadadata", "belumditetapkan"})


def _baseline(row: Row) -> _Doubts:
    if row.baseline is None:
        return
    if _COMMA.search(row.baseline.value):
        yield "figure.comma", "baseline", _comma("Kondisi awal", row.baseline.value)
    if _is_no_figure(row.baseline.value):
        yield "figure.none", "baseline", _no_figure("Kondisi awal", row.baseline.value)


def _targets(row: Row, period: Period) -> _Doubts:
    commas = [target for target in row.targets if _COMMA.search(target.value)]
    if commas:
        yield "figure.comma", "targets", _comma(f"Target tahun {_years(commas)}", commas[0].value)
    blanks = [target for target in row.targets if _is_no_figure(target.value)]
    if blanks:
        yield "figure.none", "targets", _no_figure(f"Target tahun {_years(blanks)}", blanks[0].value)
    base = row.baseline.year if row.baseline else None
    early = [target for target in row.targets if base is not None and target.year <= base]
    if early:
        yield (
            "target.before-baseline",
            "targets",
            f"Target tahun {_years(early)} tidak sesudah tahun kondisi awal ({base}). Periksa kedua tahunnya.",
        )
    outside = [target for target in row.targets if not period.first_year <= target.year <= period.last_year]
    if outside:
        yield (
            "target.outside-period",
            "targets",
            f"Target tahun {_years(outside)} di luar periode {period.first_year}–{period.last_year}. "
            "Betulkan tahunnya atau periodenya.",
        )
    if row.targets and (gaps := _gaps({target.year for target in row.targets}, period)):
        yield "target.missing", "targets", f"Target tahun {', '.join(map(_span, gaps))} belum diisi."
    years = [target.year for target in row.targets]
    twice = [target for number, target in enumerate(row.targets) if target.year in years[:number]]
    if twice:
        yield (
            "target.twice",
            "targets",
            f"Target tahun {_years(twice)} ditulis lebih dari sekali. Sisakan satu untuk setiap tahun.",
        )


def _gaps(years: set[int], period: Period) -> list[tuple[int, int]]:
    """Return the stretches of the period (first and last year) in which no year is one of ``years``."""
    gaps = []
    start = period.first_year
    for year in [*sorted(year for year in years if start <= year <= period.last_year), period.last_year + 1]:
        if start < year:
            gaps.append((start, year - 1))
        start = year + 1
    return gaps


_FIGURE_FORM = re.compile(r"[<>=≥≤±]*+\s*+-?+[0-9][0-9.,]*+\s*+(%|persen)?+", re.IGNORECASE)


def _mixed(row: Row) -> _Doubts:
    figures = [("kondisi awal", row.baseline.value)] if row.baseline else []
    figures += [(f"target tahun {target.year}", target.value) for target in row.targets]
    forms: dict[str, str] = {}
    for what, value in figures:
        if form := _FIGURE_FORM.fullmatch(value):
            forms.setdefault((form[1] or "").casefold(), f"{what} “{_shown(value)}”")
    if len(forms) > 1:
        yield (
            "figure.mixed",
            "targets",
            f"Angkanya ditulis dalam bentuk yang berbeda: {', '.join(forms.values())}. "
            "Samakan bentuknya; satuan seperti persen cukup di kolom satuan.",
        )


def _comma(what: str, value: str) -> str:
    return (
        f"{what} memakai koma (“{_shown(value)}”). Pakai titik untuk pecahan, misalnya 77.5, "
        "dan jangan pisahkan ribuan."
    )


def _no_figure(what: str, value: str) -> str:
    return f"{what} berisi “{_shown(value)}”, bukan angka. Isi angkanya, atau kosongkan bila memang belum ada."


def _is_no_figure(value: str) -> bool:
    folded = _folded(value)
    return not folded or folded in _NO_FIGURE


def _folded(text: str) -> str:
    """Return the letters and digits of ``text`` without case: what stays the same in another spelling."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _years(targets: list[Target]) -> str:
    return ", ".join(str(year) for year in sorted({target.year for target in targets}))


def _shown(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
