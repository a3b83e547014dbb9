"""``jejak verify`` and ``jejak verify-document``: an evidence bundle judged offline, by whoever holds it.

Nothing here speaks to a service, opens a database or believes the bundle: the log's key and the founding come from the
person who asks, and so do the policy and what they kept. Only where a document is asked about at an address the service
is reached, and then its answer is verified by the same code. So this room imports no web and no database library.
"""

from __future__ import annotations

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
    read_file,
)
from api.evidence_words import marks_page, page
from keys.errors import Forged, NotFound
from ledger.bundle import Bundle, parse_bundle
from ledger.evidence import judge
from ledger.evidence_marks import Marked, marks_on
from ledger.evidence_outside import Kept
from ledger.evidence_report import Report
from ledger.note import VerifierKey
from ledger.notices import DISCLAIMER, SYNTHETIC
from ledger.policy import Policy
from ledger.stored_zip import MAX_BYTES
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED

if TYPE_CHECKING:
    from api.client import Client

#: The exit code of each verdict word.
CODES = {PROVED: DONE, CONTRADICTED: REFUSED, UNJUDGED: NOT_JUDGED}
_ZIP = b"PK"
_ADDRESSES = ("http://", "https://")
_SILENT = (
    "Layanan tidak menyebut satu tanda pun pada isi ini. Bila ia menyembunyikannya, itu tidak terlihat di sini:"
    " mintalah bundel perkaranya."
)
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


@click.command("verify", cls=JejakCommand)
@click.argument("bundle", metavar="BERKAS.zip", type=existing_file())
@pins_options
@click.option("--policy", type=existing_file(), metavar="BERKAS", help="Kebijakan saksi Anda (C2SP tlog-policy).")
@click.option("--remembered", "kept", multiple=True, type=click.Path(exists=True, path_type=Path), metavar="BERKAS",
              help="Segel, bundel lama, atau folder ingatan yang Anda simpan; boleh diulang.")  # fmt: skip
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
    asked = Policy.parse(read_file(policy)) if policy is not None else None
    found = parse_bundle(read_file(bundle, MAX_BYTES))
    report = judge(found, vkey=key, founding=leaf, policy=asked, kept=[_kept(path) for path in kept])
    if as_json:
        print_json(as_json_of(report))
    else:
        click.echo(page(report))
    return CODES[report.verdict]


@click.command("verify-document", cls=JejakCommand)
@click.argument("file", metavar="BERKAS", type=existing_file())
@click.argument("where", metavar="BUNDEL|ALAMAT")
@pins_options
@click.option("--remembered", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Folder ingatan, bila yang ditanya sebuah alamat.")  # fmt: skip
@json_option
def verify_document(
    file: Path,
    where: str,
    vkey: str | None,
    founding: str | None,
    pin: Path | None,
    remembered: Path | None,
    as_json: bool,
) -> int:
    """Periksa pemeriksaan, paraf, dan tanda tangan mana yang ada pada persis isi berkas ini."""
    digest = f"sha256:{hashlib.sha256(read_file(file)).hexdigest()}"
    if where.startswith(_ADDRESSES):
        with _client(where, vkey, founding, pin, remembered) as client:
            reports = _asked(client, digest)
    elif remembered is not None:
        raise Misuse("--remembered hanya untuk alamat layanan.")
    elif not Path(where).is_file():
        raise Misuse(f"{where!r} bukan bundel yang ada, dan bukan alamat (http://... atau https://...).")
    else:
        key, leaf = _pinned(vkey, founding, pin)
        reports = [judge(parse_bundle(read_file(Path(where), MAX_BYTES)), vkey=key, founding=leaf)]
    found = [(report, marks_on(report, digest)) for report in reports]
    verdict = _verdict(found)
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
    click.echo(_answer(verdict, found))
    return CODES[verdict]


def as_json_of(report: Report) -> dict[str, Any]:
    """Return a report as the commands print it."""
    return report.as_dict() | {"notice": SYNTHETIC if report.synthetic else "", "disclaimer": DISCLAIMER}


Found = Sequence[tuple[Report, Sequence[Marked]]]


def _verdict(found: Found) -> str:
    """Return the verdict on the question: at least one mark stands on this document, and all of it is proved.

    Where nothing stands the file is not what was signed, as far as these bundles go: it does not hold.
    """
    words = {report.verdict for report, _ in found} | {mark.verdict for _, marks in found for mark in marks}
    standing = {mark.stands for _, marks in found for mark in marks}
    if CONTRADICTED in words or not standing - {False}:
        return CONTRADICTED
    return PROVED if words == {PROVED} and True in standing else UNJUDGED


def _answer(verdict: str, found: Found) -> str:
    count = sum(mark.stands is True and mark.verdict == PROVED for _, marks in found for mark in marks)
    words = {PROVED: "TERBUKTI.", UNJUDGED: "TIDAK DAPAT DINILAI SELURUHNYA."}.get(verdict, "TIDAK COCOK.")
    return f"Pada persis isi berkas ini berlaku {count} tanda yang terbukti. Jawaban: {words}"


def _pinned(vkey: str | None, founding: str | None, pin: Path | None) -> tuple[VerifierKey, str]:
    """Return the log's key and the leaf hash of leaf 0 as a person brought them."""
    if pin is not None:
        if vkey is not None or founding is not None:
            raise Misuse("sebut --pin, atau --vkey dengan --founding, bukan keduanya.")
        from api.remembered import Pins  # which needs a Unix; a bundle is judged anywhere

        pins = Pins.parse(read_file(pin))
        vkey, founding = pins.vkey, pins.founding
    if vkey is None or founding is None:
        raise Misuse(
            "sebut --vkey KUNCI dan --founding SIDIK, atau --pin BERKAS: tanpa patokan tidak ada yang terbukti."
        )
    if len(founding) != 64 or set(founding) - set("0123456789abcdef"):
        raise Misuse("--founding ditulis sebagai 64 angka heksadesimal huruf kecil.")
    return VerifierKey.parse(vkey), founding


def _kept(path: Path) -> Kept:
    """Return what was kept at ``path``: a bundle, or a checkpoint; in a client's memory that file has its name."""
    data = read_file(path / "checkpoint" if path.is_dir() else path, MAX_BYTES)
    return parse_bundle(data) if data.startswith(_ZIP) else data


@contextmanager
def _client(
    url: str, vkey: str | None, founding: str | None, pin: Path | None, remembered: Path | None
) -> Iterator[Client]:
    from api.cli_connect import Connection, connected

    connection = Connection(url=url, remembered=remembered, pin=pin, vkey=vkey, founding=founding, trust_first=False)
    with connected(connection) as client:
        yield client


def _asked(client: Client, digest: str) -> list[Report]:
    """Return the judged bundle of each case in which the service reports a mark on the document.

    What the service reports is only where to look: a mark that its own bundle does not hold is Forged.
    """
    try:
        said = client.advice(f"/v1/documents/{digest}/signatures")
    except NotFound:
        return []
    leaves = _reported(said)
    reports = [_bundle(client, stream) for stream in dict.fromkeys(leaves.values())]
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


def _bundle(client: Client, stream: str) -> Report:
    bundle: Bundle = client.bundle(stream.partition(":")[2])
    return judge(bundle, vkey=client.remembered.vkey, founding=client.remembered.founding.hex())
