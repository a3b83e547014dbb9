"""``jejak audit``: a copy of a store, or what a service shows, verified again leaf by leaf by whoever asks.

The ledger's own steps are :mod:`ledger.audit`; the last one, views against a fresh fold, stands above the ledger and is
put to it here (:mod:`projections.compare`).
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from api.cli_base import (
    DONE,
    NOT_JUDGED,
    REFUSED,
    JejakCommand,
    Misuse,
    existing_file,
    json_option,
    paragraph,
    print_json,
    read_file,
    table,
    write_new_file,
)
from api.cli_store import progress
from api.remembered import Pins
from ledger.audit import Audit, Brief
from ledger.audit_remembered import MAX_BYTES, checkpoints_in
from ledger.audit_report import BROKEN, COLUMNS, STEPS, TREE, VIEWS, Finding, Report, broken
from ledger.audit_report import NOT_JUDGED as CANNOT_BE_JUDGED
from ledger.checkpoint import SignedCheckpoint
from ledger.documents import Documents
from ledger.note import VerifierKey
from ledger.notices import CUT_TAIL, DISCLAIMER, SYNTHETIC
from ledger.rows import Rows
from ledger.store import documents_in, open_store
from ledger.wording import when
from projections.compare import Comparison, Stored, compare, stored_views

_ALL_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
#: What is not compared, and why.
_IN_DOUBT = "Buku besarnya sendiri belum terbukti seluruhnya, jadi tampilan tidak dibandingkan."


@dataclass(frozen=True, slots=True)
class _Pinned:
    """What a person says of the ledger from elsewhere."""

    vkey: str | None
    founding: str | None
    pin: Path | None

    def pins(self) -> tuple[VerifierKey, str | None]:
        """Return the log's key, and the leaf hash of leaf 0 if that is known."""
        if self.pin is not None:
            if self.vkey is not None or self.founding is not None:
                raise Misuse("sebut --pin, atau --vkey dengan --founding, bukan keduanya.")
            pins = Pins.parse(read_file(self.pin))
            return VerifierKey.parse(pins.vkey), pins.founding
        if self.vkey is None:
            raise Misuse("sebut --vkey KUNCI atau --pin BERKAS: tanpa patokan tidak ada yang terbukti.")
        return VerifierKey.parse(self.vkey), self.founding


@click.command("audit", cls=JejakCommand)
@click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Salinan folder buku besar.",
)
@click.option("--url", metavar="ALAMAT", help="Alamat layanan, sebagai ganti salinan.")
@click.option("--vkey", metavar="KUNCI", help="Kunci pemeriksa log, dari luar yang diperiksa.")
@click.option("--founding", metavar="SIDIK", help="Sidik daun 0, dari luar yang diperiksa.")
@click.option("--pin", type=existing_file(), metavar="BERKAS", help="Berkas patokan dari pendiri; ganti kedua di atas.")
@click.option(
    "--remembered",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="BERKAS",
    help="Segel yang disimpan, satu atau beberapa berurutan, atau folder ingatan; boleh diulang.",
)
@click.option(
    "--since-remembered",
    is_flag=True,
    help="Daun di bawah segel itu dahulu TERBUKTI: jangan periksa tanda tangannya lagi.",
)
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="BERKAS",
    help="Bila semua terbukti, simpan segel terakhir di berkas baru, untuk --remembered kelak.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    metavar="BANYAK",
    help="Paling banyak sekian proses; bawaan: sebanyak inti.",
)
@json_option
def audit(
    store: Path | None,
    url: str | None,
    vkey: str | None,
    founding: str | None,
    pin: Path | None,
    remembered: tuple[Path, ...],
    since_remembered: bool,
    keep: Path | None,
    workers: int | None,
    as_json: bool,
) -> int:
    """Periksa ulang setiap daun sebuah buku besar dari bitanya."""
    if (store is None) == (url is None):
        raise Misuse("sebut --store FOLDER atau --url ALAMAT, salah satu.")
    if since_remembered and not remembered:
        raise Misuse("--since-remembered memerlukan --remembered BERKAS.")
    if url is not None and workers is not None:
        raise Misuse("--workers hanya untuk --store: layanan ditunggu lebih lama daripada tanda tangan mana pun.")
    pinned = _Pinned(vkey, founding, pin)
    if store is not None:
        report, views, unpinned = _of_store(store, pinned, remembered, since_remembered, workers or _ALL_CORES)
    else:
        assert url is not None
        report, views, unpinned = _of_service(url, pinned, remembered, since_remembered)
    if keep is not None and report.sound:
        write_new_file(keep, report.checkpoint.encode())
    if as_json:
        said = {"views": views.as_dict() if views else None, "took": report.took, "workers": report.workers}
        print_json(report.as_dict() | said | {"disclaimer": DISCLAIMER})
    else:
        click.echo(_page(report, views, unpinned))
    if report.sound:
        return DONE
    judged = report.broken or not all(one.verdict == CANNOT_BE_JUDGED for one in report.findings)
    return REFUSED if judged else NOT_JUDGED


def _of_store(
    store: Path, pinned: _Pinned, remembered: Sequence[Path], since_remembered: bool, workers: int
) -> tuple[Report, Comparison | None, bool]:
    vkey, founding = pinned.pins()
    kept = tuple(one for path in remembered for one in _kept(path, vkey))
    brief = Brief(vkey, founding, kept, since_remembered, workers, progress("Memeriksa daun"))
    with stored_views(store) as stored, open_store(store) as rows:
        report = Audit(rows, documents_in(store).read, brief, rows).run()
        views = _compared(stored, rows, documents_in(store), report)
    return report, views, founding is None


def _of_service(
    url: str, pinned: _Pinned, remembered: Sequence[Path], since_remembered: bool
) -> tuple[Report, Comparison | None, bool]:
    """Audit what a service shows, in this process alone: it waits for the service longer than for any signature."""
    from api.audit_source import leaves_of
    from api.cli_connect import Connection, connected

    folders = [path for path in remembered if path.is_dir()]
    if len(folders) > 1:
        raise Misuse("sebut satu folder ingatan saja.")
    connection = Connection(url, folders[0] if folders else None, pinned.pin, pinned.vkey, pinned.founding, False)
    with connected(connection) as client:
        memory = client.remembered
        newest = memory.newest()
        kept = [one for path in remembered if not path.is_dir() for one in _kept(path, memory.vkey)]
        kept += [newest] if newest else []
        told = progress("Memeriksa daun")
        brief = Brief(memory.vkey, memory.pins.founding, tuple(kept), since_remembered, 1, told)
        with leaves_of(client) as leaves:
            report = Audit(leaves, client.document, brief).run()
    report.inapplicable = (TREE, COLUMNS, VIEWS)
    return report, None, False


def _kept(path: Path, vkey: VerifierKey) -> tuple[SignedCheckpoint, ...]:
    """Return the checkpoints that somebody kept in a file, or a client in its memory."""
    return checkpoints_in(read_file(path / "checkpoint" if path.is_dir() else path, MAX_BYTES), vkey)


def _compared(stored: Stored | None, rows: Rows, documents: Documents, report: Report) -> Comparison | None:
    """Hold the views beside a journal to a fresh fold (12), if the journal is sound; add what differs to the report."""
    if stored is None:
        report.inapplicable = (VIEWS,)
        return None
    if not report.sound:
        return Comparison(why=_IN_DOUBT)
    began = time.perf_counter()
    views = compare(stored, rows, documents, progress("Menyusun ulang tampilan, daun"))
    report.findings += [broken(one.leaf, VIEWS, "views.differ", one.sentence()) for one in views.differences]
    report.took["projections"] = time.perf_counter() - began
    return views


# --- the page -----------------------------------------------------------------------------------------------


def _page(report: Report, views: Comparison | None, unpinned: bool) -> str:
    """Return the report as a person reads it."""
    lines = []
    if report.findings:
        rows = [(_where(one), one.verdict, f"{one.sentence} [{one.rule}]") for one in report.findings]
        lines += [table(("Daun", "Putusan", "Yang ditemukan"), rows), ""]
    lines += [table(("No.", "Yang diperiksa", "Hasil"), [_step(step, report, views) for step in STEPS]), ""]
    if report.verified_from:
        lines.append(
            paragraph(
                f"Tanda tangan diperiksa mulai daun {report.verified_from}. Daun 0 sampai {report.verified_from - 1}"
                " sama bita demi bita dengan isi segel yang disimpan, jadi sekarang tidak diperiksa lagi."
            )
        )
    lines += [
        f"{report.verified} dari {report.leaves - report.verified_from} daun terbukti.",
        f"Tanda tangan: {_counted(report.signature)}.",
        f"Wewenang: {_counted(report.authority)}.",
    ]
    if views is not None:
        lines.append(paragraph(f"Tampilan: {_of_views(views)}"))
    lines.append("Kesimpulan: TERBUKTI." if report.sound else "Kesimpulan: TIDAK TERBUKTI SELURUHNYA.")
    if unpinned:
        lines.append(
            paragraph(
                f"Pendirian tidak dipatok: daun 0 salinan ini bersidik {report.founding}. "
                "Bandingkan dengan berita acara pendirian."
            )
        )
    return "\n".join([*lines, _vouched_for(report)])


def _where(finding: Finding) -> str:
    return "seluruhnya" if finding.leaf is None else str(finding.leaf)


def _step(step: int, report: Report, views: Comparison | None) -> tuple[str, str, str]:
    """Return what one step found: how much of which verdict, or that there was nothing to look at."""
    found = [one.verdict for one in report.findings if one.step == step]
    said = [f"{found.count(verdict)} {verdict}" for verdict in (BROKEN, CANNOT_BE_JUDGED) if verdict in found]
    if step in report.inapplicable or (step == VIEWS and views is not None and views.why):
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


def _vouched_for(report: Report) -> str:
    """Return what the verdict covers, what it cannot, and what the signatures are not."""
    lines = [CUT_TAIL, DISCLAIMER]
    if report.leaves:
        until = f"dicatat terakhir {_moment(report.newest_recorded_at)}, akar {report.root}"
        said = "Yang terbukti" if report.sound else "Yang diperiksa, tetapi tidak seluruhnya terbukti"
        lines.insert(0, f"{said}: sampai daun {report.leaves - 1}, {until}.")
    if report.synthetic:
        lines.insert(0, SYNTHETIC)
    return "\n".join(["", *map(paragraph, lines)])


def _moment(text: str) -> str:
    return f"{when(dt.datetime.fromisoformat(text))} ({text})" if text else "pada waktu yang tidak terbaca"
