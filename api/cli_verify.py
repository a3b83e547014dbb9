"""``jejak verify`` and ``jejak verify-document``: an evidence bundle judged offline, by whoever holds it.

Nothing here speaks to a service, opens a database or believes the bundle: the log's key and the founding come from the
person who asks, and so do the policy and what they kept (:mod:`api.kept_files`). Only where a document is asked about
at an address the service is reached, and then its answer is verified by the same code. So this room imports no web and
no database library.

What a person wrote wrongly is misuse (exit 3): a key, a founding or a policy that is none. A file that is there and
cannot be read as what it should be is not judged (exit 2).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli_base import (
    DONE,
    NOT_JUDGED,
    REFUSED,
    Command,
    JejakCommand,
    Misuse,
    existing_file,
    json_option,
    paragraph,
    print_json,
)
from api.evidence_words import marks_in_words, marks_page, page
from api.kept_files import ZIP, kept_at, read_plain, unread, unreadable_as
from keys.errors import Forged, JejakError, Malformed
from ledger.bundle import Bundle, parse_bundle
from ledger.evidence import judge
from ledger.evidence_kept import Kept
from ledger.evidence_marks import Marked, answer, marks_on
from ledger.evidence_report import SUPERSEDED, WITHDRAWN, Report
from ledger.note import VerifierKey
from ledger.notices import DISCLAIMER, SYNTHETIC
from ledger.policy import Policy
from ledger.stored_zip import MAX_BYTES
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED

if TYPE_CHECKING:
    from api.client import Client

#: The exit code of each verdict word.
CODES = {PROVED: DONE, CONTRADICTED: REFUSED, UNJUDGED: NOT_JUDGED}
_ADDRESSES = ("http://", "https://")
_SILENT = (
    "Layanan tidak menyebut satu tanda pun pada isi ini. Bila ia menyembunyikannya, itu tidak terlihat di sini:"
    " mintalah bundel perkaranya."
)
_EXAMPLE = """\b
Contoh:
  jejak verify perkara.zip --pin pin.json
  jejak verify perkara.zip --pin pin.json --remembered lama.zip --policy saksi.txt

\b
Kode keluar: 0 semua terbukti; 1 ada yang tidak cocok; 2 ada yang tidak dapat dinilai; 3 perintahnya
salah tulis."""
_DOCUMENT_EXAMPLE = """\b
Contoh:
  jejak verify-document iku.pdf perkara.zip --pin pin.json
  jejak verify-document iku.pdf https://jejak.example --pin pin.json

\b
Kode keluar: 0 ada tanda yang berlaku pada persis isi berkas ini dan semua terbukti; 1 tidak ada tanda
yang berlaku, atau ada yang tidak cocok; 2 tidak dapat dinilai; 3 perintahnya salah tulis."""
_CASE = re.compile("case:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def pins_options(command: Command) -> Command:
    """Add the options by which a person says which ledger it must be."""
    for option in reversed(
        (
            click.option("--vkey", metavar="KUNCI", help="Kunci pemeriksa log, dari luar bundel."),
            click.option("--founding", metavar="SIDIK", help="Sidik daun 0, dari luar bundel."),
            click.option(
                "--pin",
                type=existing_file(),
                metavar="BERKAS",
                help="Berkas patokan dari pendiri; ganti kedua di atas.",
            ),
        )
    ):
        command = option(command)
    return command


def kept_option(command: Command) -> Command:
    """Add ``--remembered``, which may stand several times: whatever somebody kept of the log."""
    return click.option(
        "--remembered",
        "kept",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="BERKAS",
        help="Yang Anda simpan: segel, bundel lama, tanda terima, atau folder ingatan; boleh diulang.",
    )(command)


@click.command("verify", cls=JejakCommand, epilog=_EXAMPLE)
@click.argument("bundle", metavar="BERKAS.zip", type=existing_file())
@pins_options
@click.option("--policy", type=existing_file(), metavar="BERKAS", help="Kebijakan saksi Anda (C2SP tlog-policy).")
@kept_option
@json_option
def verify(
    bundle: Path,
    vkey: str | None,
    founding: str | None,
    pin: Path | None,
    policy: Path | None,
    kept: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Periksa sebuah bundel bukti, tanpa jaringan."""
    key, leaf = _pinned(vkey, founding, pin)
    asked = _policy(policy) if policy is not None else None
    brought = _brought(kept, key)
    report = judge(_bundle_at(bundle), vkey=key, founding=leaf, policy=asked, kept=brought, now=_now())
    if as_json:
        print_json(as_json_of(report))
    else:
        click.echo(page(report))
    return CODES[report.verdict]


@click.command("verify-document", cls=JejakCommand, epilog=_DOCUMENT_EXAMPLE)
@click.argument("file", metavar="BERKAS", type=existing_file())
@click.argument("where", metavar="BUNDEL|ALAMAT")
@pins_options
@kept_option
@json_option
def verify_document(
    file: Path,
    where: str,
    vkey: str | None,
    founding: str | None,
    pin: Path | None,
    kept: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Periksa pemeriksaan, paraf, dan tanda tangan mana yang ada dan berlaku pada persis isi berkas ini."""
    digest = f"sha256:{hashlib.sha256(read_plain(file)).hexdigest()}"
    if where.startswith(_ADDRESSES):
        memory = _memory_among(kept)
        with _client(where, vkey, founding, pin, memory) as client:
            brought = _brought([path for path in kept if path != memory], client.remembered.vkey)
            reports = _asked(client, digest, brought)
    elif not Path(where).exists():
        raise Misuse(f"{where!r} bukan bundel yang ada, dan bukan alamat (http://... atau https://...).")
    else:
        key, leaf = _pinned(vkey, founding, pin)
        reports = [judge(_bundle_at(Path(where)), vkey=key, founding=leaf, kept=_brought(kept, key), now=_now())]
    found = [(report, marks_on(report, digest)) for report in reports]
    verdict = answer(found) if found else UNJUDGED
    if as_json:
        print_json(
            {
                "document": digest,
                "verdict": verdict,
                "cases": [
                    {
                        "case": report.bundle.case.partition(":")[2],
                        "verdict": report.verdict,
                        "size": report.sealed.checkpoint.size,
                        "marks": [mark.as_dict() for mark in marks],
                        "touches": [one.as_dict() for one in report.touches],
                        "outside": [one.as_dict() for one in report.outside],
                        "remarks": list(report.remarks),
                        "not_covered": report.not_covered(),
                    }
                    for report, marks in found
                ],
                "notice": SYNTHETIC if any(report.synthetic for report in reports) else "",
                "disclaimer": DISCLAIMER,
            }
        )
        return CODES[verdict]
    for report, marks in found:
        click.echo(f"{marks_page(report, digest, marks)}\n")
    if not found:
        click.echo(f"{paragraph(_SILENT)}\n{paragraph(DISCLAIMER)}\n")
    click.echo(paragraph(_answer(verdict, found), 0, 2))
    return CODES[verdict]


def as_json_of(report: Report) -> dict[str, Any]:
    """Return a report as the commands print it."""
    return report.as_dict() | {"notice": SYNTHETIC if report.synthetic else "", "disclaimer": DISCLAIMER}


Found = Sequence[tuple[Report, Sequence[Marked]]]


def _answer(verdict: str, found: Found) -> str:
    """Return the answer in words: what stands on these bytes, of each kind, and why it is not more."""
    marks = [mark for _, some in found for mark in some]
    good = [mark for mark in marks if mark.good]
    doubted = sum(mark.questioned for mark in good)
    also = f", {doubted} di antaranya DIPERTANYAKAN" if doubted else ""
    said = (
        f"Pada persis isi berkas ini berlaku {len(good)} tanda yang terbukti{also}: {marks_in_words(marks)}. Jawaban: "
    )
    if verdict == PROVED:
        size = min(report.sealed.checkpoint.size for report, _ in found)
        return (
            f"{said}TERBUKTI. Penarikan, penggantian, atau pencabutan kunci sesudah segel {size} daun tidak terlihat."
        )
    if not found:
        return f"{said}TIDAK DAPAT DINILAI: layanan tidak menyebut satu tanda pun."
    if verdict == UNJUDGED:
        return f"{said}{'DIPERTANYAKAN; ' if doubted else ''}TIDAK DAPAT DINILAI SELURUHNYA."
    if CONTRADICTED in {report.verdict for report, _ in found} or any(mark.verdict == CONTRADICTED for mark in marks):
        return f"{said}TIDAK COCOK."
    why = [
        name
        for kind, name in ((WITHDRAWN, "perkaranya ditarik"), (SUPERSEDED, "IKU ini digantikan perkara lain"))
        if any(report.touched(kind) for report, _ in found)
    ]
    return f"{said}TIDAK COCOK; tidak ada tanda yang berlaku pada isi ini{''.join(f', {one}' for one in why)}."


def _pinned(vkey: str | None, founding: str | None, pin: Path | None) -> tuple[VerifierKey, str]:
    """Return the log's key and the leaf hash of leaf 0 as a person brought them."""
    if pin is not None:
        if vkey is not None or founding is not None:
            raise Misuse("sebut --pin, atau --vkey dengan --founding, bukan keduanya.")
        from api.remembered import Pins  # which needs a Unix; a bundle is judged anywhere

        with unread(pin, "berkas patokan"):
            pins = Pins.parse(read_plain(pin))
        vkey, founding = pins.vkey, pins.founding
    if vkey is None or founding is None:
        raise Misuse(
            "sebut --vkey KUNCI dan --founding SIDIK, atau --pin BERKAS: tanpa patokan tidak ada yang terbukti."
        )
    if len(founding) != 64 or set(founding) - set("0123456789abcdef"):
        raise Misuse("--founding ditulis sebagai 64 angka heksadesimal huruf kecil.")
    try:
        return VerifierKey.parse(vkey), founding
    except Malformed as fault:
        raise Misuse(f"--vkey salah tulis: {fault.detail} {fault.allowed}") from None


def _policy(path: Path) -> Policy:
    data = read_plain(path)
    try:
        return Policy.parse(data)
    except JejakError as fault:
        raise Misuse(f"--policy salah tulis: {fault.detail} {fault.allowed or ''}".rstrip()) from None


def _bundle_at(path: Path) -> Bundle:
    """Return the bundle in a file; raises NotJudged for what is no zip at all, Malformed for a zip of another form."""
    data = read_plain(path, MAX_BYTES)
    if not data.startswith(ZIP):
        raise unreadable_as(path, "bundel bukti (zip)")
    return parse_bundle(data)


def _brought(paths: Sequence[Path], vkey: VerifierKey) -> list[Kept]:
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise Misuse(f"--remembered: {missing} tidak ada.")
    return [one for path in paths for one in kept_at(path, vkey)]


def _memory_among(kept: Sequence[Path]) -> Path | None:
    """Return the client's own memory among what was kept: a folder, also one that is still to be made."""
    folders = [path for path in kept if path.is_dir() or not path.exists()]
    if len(folders) > 1:
        raise Misuse("untuk sebuah alamat hanya satu folder ingatan yang disebut dengan --remembered.")
    return folders[0] if folders else None


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@contextmanager
def _client(
    url: str, vkey: str | None, founding: str | None, pin: Path | None, remembered: Path | None
) -> Iterator[Client]:
    from api.cli_connect import Connection, connected

    connection = Connection(url=url, remembered=remembered, pin=pin, vkey=vkey, founding=founding, trust_first=False)
    with connected(connection) as client:
        yield client


def _asked(client: Client, digest: str, kept: Sequence[Kept] = ()) -> list[Report]:
    """Return the judged bundle of each case in which the service reports a mark on the document.

    What the service reports is only where to look: a mark that its own bundle does not hold is Forged. So is what it
    says of cases that took the place of these: their bundles say it, or it is not said.
    """
    said = client.advice(f"/v1/documents/{digest}/signatures")
    leaves = _reported(said)
    reports = [_judged(client, stream, kept) for stream in dict.fromkeys(leaves.values())]
    held = {mark.act.filed.leaf for report in reports for mark in marks_on(report, digest)}
    if leaves.keys() - held:
        raise Forged(
            "client.mark",
            "Layanan menyebut tanda pada dokumen ini yang tidak ada dalam bundel perkaranya.",
            allowed="Jangan mengandalkan layanan ini; laporkan kepada Inspektorat.",
        )
    return reports


def _reported(said: Any) -> dict[str, str]:
    """Return leaf hash and stream of each mark that a service reports, or raise NotJudged for any other answer."""
    from api.answers import unreadable

    try:
        found = {str(mark["leaf"]): str(mark["stream"]) for mark in said["marks"]}
    except (KeyError, TypeError):
        raise unreadable("daftar tanda pada dokumen.") from None
    if not all(_CASE.fullmatch(stream) for stream in found.values()):
        raise unreadable("tanda pada dokumen di luar perkara.")
    return found


def _judged(client: Client, stream: str, kept: Sequence[Kept]) -> Report:
    """Return the judged bundle of a case, beside it those of the cases that took its place, as the service says."""
    case = stream.partition(":")[2]
    bundle = client.bundle(case)
    beside = [client.bundle(other) for other in _successors(client, case)]
    memory = client.remembered
    return judge(bundle, vkey=memory.vkey, founding=memory.founding.hex(), kept=kept, beside=beside, now=_now())


def _successors(client: Client, case: str) -> list[str]:
    """Return the cases that a service says were opened to replace one, or signed for the same unit and years."""
    from api.answers import unreadable

    said = client.advice(f"/v1/cases/{case}")
    try:
        found = [str(one["case"]) for one in (*said["superseded_by"], *said["others_signed"])]
    except (KeyError, TypeError):
        raise unreadable("keadaan perkara.") from None
    if not all(_CASE.fullmatch(f"case:{one}") for one in found):
        raise unreadable("nama perkara pengganti.")
    return list(dict.fromkeys(found))
