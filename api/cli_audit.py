"""``jejak audit``: a copy of a store, or what a service shows, verified again leaf by leaf by whoever asks.

The ledger's own steps are :mod:`ledger.audit`; the last one, views against a fresh fold, stands above the ledger and is
put to it here (:mod:`projections.compare`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import click

from api.audit_words import Audited, page_of
from api.cli_base import (
    DONE,
    NOT_JUDGED,
    REFUSED,
    JejakCommand,
    Misuse,
    check_pins,
    existing_file,
    json_option,
    print_json,
    tell,
    write_new_file,
)
from api.cli_store import progress
from api.kept_files import read_plain, unread
from api.remembered import Pins
from keys.errors import Forged, JejakError, Malformed, NotJudged, Unavailable
from ledger.audit import Audit, Brief
from ledger.audit_remembered import MAX_AUDIT_BYTES, MAX_BYTES, SoundAudit, checkpoints_in
from ledger.audit_report import (
    COLUMNS,
    TREE,
    VIEWS,
    Report,
    broken,
)
from ledger.audit_report import NOT_JUDGED as CANNOT_BE_JUDGED
from ledger.checkpoint import SignedCheckpoint, open_checkpoint
from ledger.database import Database
from ledger.documents import Documents
from ledger.evidence_kept import is_receipt
from ledger.note import VerifierKey
from ledger.notices import DISCLAIMER
from ledger.receipt import parse_receipt
from ledger.rows import Rows
from ledger.store import documents_in, open_store
from ledger.whereabouts import Whereabouts
from projections.compare import Comparison, Stored, compare, stored_views

_ALL_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
#: A file of pins is at most this many bytes.
_MOST_PINS = 64 * 1024
#: The file in a client's memory that holds its newest checkpoint.
_NEWEST = "checkpoint"
#: A checkpoint, and where it was kept.
_Placed: TypeAlias = tuple[SignedCheckpoint, str]
#: What is not compared, and why.
_IN_DOUBT = "Buku besarnya sendiri belum terbukti seluruhnya, jadi tampilan tidak dibandingkan."
#: What a service does not show to a client, by step.
_NOT_SHOWN = {
    TREE: "Layanan tidak menunjukkan pohon sidik yang disimpannya; pohon dari daun-daunnya dicocokkan dengan segel.",
    COLUMNS: "Layanan tidak menunjukkan kolom penyimpanannya.",
    VIEWS: "Layanan tidak menunjukkan berkas tampilannya.",
}
_EXAMPLE = """\b
Contoh:
  jejak audit --store salinan --pin pin.json --remembered segel.txt
  jejak audit --url https://jejak.example --pin pin.json --keep audit.txt

\b
Kode keluar: 0 semua terbukti; 1 ada yang tidak cocok, atau tidak ada buku besar; 2 tidak dapat
dinilai, atau hasilnya tidak tersimpan; 3 perintahnya salah tulis."""


@dataclass(frozen=True, slots=True)
class _Pinned:
    """What a person says of the ledger from elsewhere."""

    vkey: str | None
    founding: str | None
    pin: Path | None

    def check(self) -> None:
        """Raise Misuse where it is written wrongly, NotJudged where the file says nothing."""
        if self.pin is not None and (self.vkey is not None or self.founding is not None):
            raise Misuse("sebut --pin, atau --vkey dengan --founding, bukan keduanya.")
        check_pins(self.vkey, self.founding)
        if self.pin is not None:
            _pins_at(self.pin)

    def pins(self) -> tuple[VerifierKey, str | None]:
        """Return the log's key, and the leaf hash of leaf 0 if that is known."""
        if self.pin is not None:
            return _pins_at(self.pin)
        if self.vkey is None:
            raise Misuse("sebut --vkey KUNCI atau --pin BERKAS: tanpa patokan tidak ada yang terbukti.")
        return VerifierKey.parse(self.vkey), self.founding


def _pins_at(path: Path) -> tuple[VerifierKey, str]:
    with unread(path, "patokan"):
        pins = Pins.parse(read_plain(path, _MOST_PINS))
        return VerifierKey.parse(pins.vkey), pins.founding


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a person kept of the ledger: files and folders with checkpoints, and files with audits that were sound."""

    remembered: tuple[Path, ...]
    since: tuple[Path, ...]

    def folders(self) -> list[Path]:
        """Return the memory folders of clients."""
        return [path for path in self.remembered if path.is_dir()]

    def checkpoints(self, vkey: VerifierKey, *, in_folders: bool) -> list[_Placed]:
        """Return the checkpoints that were kept, each with its place; raises NotJudged."""
        found = list[_Placed]()
        for path in self.remembered:
            if not path.is_dir():
                with unread(path, "segel atau tanda terima"):
                    found += [(one, str(path)) for one in _checkpoints(read_plain(path, MAX_BYTES), vkey)]
            elif in_folders:
                found.append((_in_memory(path, vkey), str(path / _NEWEST)))
        return found

    def audits(self, vkey: VerifierKey, founding: str | None) -> list[tuple[SoundAudit, str]]:
        """Return the audits that were kept as sound, all of this ledger, each with its place; raises NotJudged."""
        found = list[tuple[SoundAudit, str]]()
        for path in self.since:
            with unread(path, "hasil audit"):
                one = SoundAudit.parse(read_plain(path, MAX_AUDIT_BYTES), vkey)
                if founding not in (None, one.founding):
                    raise Forged("remembered.log", "Audit itu atas buku besar yang pendiriannya lain.")
                found.append((one, str(path)))
        return found


def _in_memory(folder: Path, vkey: VerifierKey) -> SignedCheckpoint:
    """Return the newest checkpoint in a client's memory; raises NotJudged, saying what the folder is."""
    note, pins = folder / _NEWEST, folder / "pins.json"
    if not note.is_file():
        what = "folder ingatan yang belum memuat segel" if pins.is_file() else "bukan folder ingatan"
        raise NotJudged(
            "client.memory",
            f"{folder} {what}: di dalamnya tidak ada berkas {_NEWEST}.",
            allowed="Folder ingatan berisi pins.json dan checkpoint, seperti disimpan perintah jejak yang menghubungi"
            " layanan. Segel atau tanda terima yang disimpan sendiri disebut berkasnya.",
        )
    if pins.is_file():
        with unread(pins, "patokan dalam folder ingatan"):
            pinned = Pins.parse(read_plain(pins, _MOST_PINS)).vkey
        if pinned != str(vkey):
            raise NotJudged(
                "client.memory",
                f"{folder} ingatan tentang buku besar lain atau kunci log lain: {pinned}.",
                allowed="Sebut folder ingatan buku besar yang diperiksa.",
            )
    with unread(note, "segel dalam folder ingatan"):
        return open_checkpoint(read_plain(note, MAX_BYTES), vkey)


def _brief(
    vkey: VerifierKey,
    founding: str | None,
    brought: Sequence[_Placed],
    since: Sequence[tuple[SoundAudit, str]],
    workers: int = 1,
) -> Brief:
    """Return the brief, with the place of each checkpoint; one that was kept in several is held once and names all."""
    sources: dict[bytes, str] = {}
    for signed, place in (*brought, *((one.signed, place) for one, place in since)):
        before = sources.get(signed.data)
        sources[signed.data] = place if before in (None, place) else f"{before}, {place}"
    remembered, audits = tuple(one for one, _ in brought), tuple(one for one, _ in since)
    return Brief(vkey, founding, remembered, audits, workers, progress("Memeriksa daun"), sources)


def _checkpoints(data: bytes, vkey: VerifierKey) -> tuple[SignedCheckpoint, ...]:
    """Return the checkpoints in a file; a receipt has one, and so has what was kept of a sound audit."""
    if is_receipt(data):
        return (open_checkpoint(parse_receipt(data).checkpoint_note, vkey),)
    try:
        return checkpoints_in(data, vkey)
    except Malformed as no_notes:
        try:
            return (SoundAudit.parse(data, vkey).signed,)
        except Malformed:
            raise no_notes from None


@click.command("audit", cls=JejakCommand, epilog=_EXAMPLE)
@click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Salinan folder buku besar.",
)
@click.option("--url", metavar="ALAMAT", help="Alamat layanan, sebagai ganti salinan; bawaan: JEJAK_URL.")
@click.option("--vkey", metavar="KUNCI", help="Kunci pemeriksa log, dari luar yang diperiksa.")
@click.option("--founding", metavar="SIDIK", help="Sidik daun 0, dari luar yang diperiksa.")
@click.option("--pin", type=existing_file(), metavar="BERKAS", help="Berkas patokan dari pendiri; ganti kedua di atas.")
@click.option(
    "--remembered",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="BERKAS",
    help="Segel (satu atau beberapa berurutan), tanda terima, atau folder ingatan; boleh diulang. Untuk layanan,"
    " folder ingatannya bila tidak disebut: JEJAK_REMEMBERED.",
)
@click.option(
    "--since-remembered",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="BERKAS",
    help="Hasil audit utuh, ditulis --keep dan Anda simpan sendiri: tanda tangan sampai di sana tidak diperiksa lagi.",
)
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="BERKAS",
    help="Bila semua terbukti, simpan itu di berkas baru, untuk --since-remembered kelak.",
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
    since_remembered: tuple[Path, ...],
    keep: Path | None,
    workers: int | None,
    as_json: bool,
) -> int:
    """Periksa ulang setiap daun sebuah buku besar dari bitanya."""
    if store is None and url is None:
        from api.cli_connect import url_of_environment

        url = url_of_environment()
    if (store is None) == (url is None):
        raise Misuse("sebut --store FOLDER atau --url ALAMAT, salah satu.")
    if url is not None and workers is not None:
        raise Misuse("--workers hanya untuk --store: layanan ditunggu lebih lama daripada tanda tangan mana pun.")
    if any(path.is_dir() for path in since_remembered):
        raise Misuse("--since-remembered memerlukan berkas yang ditulis --keep; folder ingatan untuk --remembered.")
    if keep is not None:
        _require_writable(keep)
    pinned, kept = _Pinned(vkey, founding, pin), _Kept(remembered, since_remembered)
    pinned.check()
    if store is not None:
        done = _of_store(store.resolve() if store.name in ("", "..") else store, pinned, kept, workers or _ALL_CORES)
    else:
        assert url is not None
        done = _of_service(url, pinned, kept)
    report, views = done.report, done.views
    fault = _kept_at(keep, done) if keep is not None and report.sound else None
    if as_json:
        said = {"views": views.as_dict() if views else None, "took": report.took, "workers": report.workers}
        kept_at = str(keep) if keep is not None and report.sound and fault is None else None
        print_json(
            report.as_dict() | said | {"kept": kept_at, "moved_to": done.moved or None, "disclaimer": DISCLAIMER}
        )
    else:
        click.echo(page_of(done))
    if fault is not None:
        tell(fault, as_json=False)
        return NOT_JUDGED
    if report.sound:
        return DONE
    judged = report.broken or not all(one.verdict == CANNOT_BE_JUDGED for one in report.findings)
    return REFUSED if judged else NOT_JUDGED


def _of_store(store: Path, pinned: _Pinned, kept: _Kept, workers: int) -> Audited:
    vkey, founding = pinned.pins()
    brief = _brief(vkey, founding, kept.checkpoints(vkey, in_folders=True), kept.audits(vkey, founding), workers)
    with stored_views(store) as stored, open_store(store) as rows:
        report = Audit(rows, documents_in(store).read, brief, rows).run()
        views = _compared(stored, rows, documents_in(store), report)
    return Audited(report, views, vkey, "", moved=Whereabouts(store, Database("sqlite", store)).elsewhere())


def _of_service(url: str, pinned: _Pinned, kept: _Kept) -> Audited:
    """Audit what a service shows, in this process alone: it waits for the service longer than for any signature."""
    from api.audit_source import leaves_of
    from api.cli_connect import Connection, connected, memory_of_environment

    folders = kept.folders()
    if len(folders) > 1:
        raise Misuse("sebut satu folder ingatan saja.")
    connection = Connection(
        url, folders[0] if folders else memory_of_environment(), pinned.pin, pinned.vkey, pinned.founding, False
    )
    with connected(connection) as client:
        vkey, founding = client.remembered.vkey, client.remembered.pins.founding
        newest, folder = client.remembered.newest(), connection.folder()
        own: list[_Placed] = [(newest, str(folder / _NEWEST))] if newest else []
        brief = _brief(vkey, founding, [*kept.checkpoints(vkey, in_folders=False), *own], kept.audits(vkey, founding))
        with leaves_of(client) as leaves:
            report = Audit(leaves, client.document, brief).run()
    report.inapplicable = _NOT_SHOWN
    memory = "" if newest else f"Ingatan {folder} belum memuat segel; mulai sekarang segel layanan ini diingat di sana."
    return Audited(report, None, vkey, memory, of_service=True)


def _require_writable(keep: Path) -> None:
    """Return if a new file can be made there, before an audit of hours is made for nothing."""
    if os.path.lexists(keep):
        raise Misuse(f"--keep menulis berkas baru, sedangkan {keep} sudah ada.")
    if not keep.parent.is_dir():
        raise Misuse(f"--keep: tidak ada folder {keep.parent} untuk menulis {keep.name}.")
    try:
        keep.lstat()
    except FileNotFoundError:
        pass
    except (OSError, ValueError):
        raise Misuse(f"--keep: nama {str(keep)[:80]!r} tidak dapat dipakai untuk berkas.") from None
    if not os.access(keep.parent, os.W_OK | os.X_OK):
        raise Unavailable(
            "file.write", f"Berkas {keep} tidak dapat ditulis.", allowed="Sebut folder yang boleh ditulis."
        )


def _kept_at(keep: Path, done: Audited) -> JejakError | None:
    """Keep what was found; return the fault of a file that cannot be written, for the report comes first."""
    try:
        write_new_file(keep, done.kept())
    except JejakError as fault:
        return NotJudged(
            fault.rule,
            f"Hasil audit di atas berlaku, tetapi tidak tersimpan. {fault.detail}",
            allowed="Ulangi dengan --keep di tempat lain.",
        )
    return None


def _compared(stored: Stored | None, rows: Rows, documents: Documents, report: Report) -> Comparison | None:
    """Hold the views beside a journal to a fresh fold (12), if the journal is sound; add what differs to the report."""
    if stored is None:
        report.inapplicable = {VIEWS: "Tidak ada tampilan (views.sqlite) di samping jurnal."}
        return None
    if not report.sound:
        report.inapplicable = {VIEWS: _IN_DOUBT}
        return Comparison(why=_IN_DOUBT)
    began = time.perf_counter()
    views = compare(stored, rows, documents, progress("Menyusun ulang tampilan, daun"))
    report.findings += [broken(one.leaf, VIEWS, "views.differ", one.sentence()) for one in views.differences]
    report.took["projections"] = time.perf_counter() - began
    return views
