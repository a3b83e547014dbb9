"""``jejak export``: the evidence bundle of a case, verified here before it is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from api.cli_base import JejakCommand, Misuse, json_option, print_json, write_new_file
from api.cli_connect import connected, connection_of, connection_options
from api.cli_read import CaseId
from api.cli_verify import CODES, as_json_of
from api.client import Client
from api.evidence_words import page
from api.kept_files import kept_at
from api.remembered import RememberedHead
from keys.errors import Forged, JejakError, NotAllowed
from ledger.bundle import MAX_ASKED, format_bundle
from ledger.checkpoint import open_checkpoint
from ledger.evidence import judge
from ledger.evidence_kept import Kept, note_of
from ledger.evidence_report import Report
from ledger.note import VerifierKey
from ledger.verdicts import CONTRADICTED


@click.command("export", cls=JejakCommand)
@click.argument("case", metavar="PERKARA", type=CaseId())
@click.option("-o", "--output", required=True, metavar="BERKAS.zip", type=click.Path(dir_okay=False, path_type=Path),
              help="Berkas baru untuk bundelnya.")  # fmt: skip
@click.option("--continues", "kept", multiple=True, type=click.Path(exists=True, path_type=Path), metavar="BERKAS",
              help="Bundel, segel, atau tanda terima lama yang harus terbukti dilanjutkan; boleh diulang.")  # fmt: skip
@connection_options
@json_option
def export(case: str, output: Path, kept: tuple[Path, ...], as_json: bool, **options: Any) -> int:
    """Ambil bundel bukti sebuah perkara; diperiksa di sini sebelum disimpan."""
    if output.exists():
        raise NotAllowed("file.exists", f"Sudah ada berkas {output}; tidak ditimpa.", allowed="Pilih nama lain.")
    with connected(connection_of(options)) as client:
        report = exported(client, case, [one for path in kept for one in kept_at(path, client.remembered.vkey)])
    write_new_file(output, format_bundle(report.bundle))
    if as_json:
        print_json(as_json_of(report) | {"file": str(output)})
    else:
        click.echo(page(report))
        click.echo(f"Tersimpan di {output}.")
    return CODES[report.verdict]


def exported(client: Client, case: str, kept: Sequence[Kept] = ()) -> Report:
    """Return the bundle of a case as it was judged; raises Forged where it contradicts itself, and keeps it.

    It proves that it continues what was ``kept``, and is held against that; where it contradicts it, it is evidence as
    well. What could not be judged (a document that the service lacks) is in the report. What is newest in each stream
    is remembered, so that the next bundle cannot be older.
    """
    memory = client.remembered
    bundle = client.bundle(case, _sizes(kept, memory.vkey))
    now = dt.datetime.now(dt.UTC)
    report = judge(bundle, vkey=memory.vkey, founding=memory.founding.hex(), kept=kept, now=now)
    if report.verdict == CONTRADICTED:
        where = client.remembered.evidence(bundle=format_bundle(bundle))
        raise Forged(
            "client.bundle",
            "Bundel yang diberikan layanan tidak cocok; tidak disimpan sebagai bukti perkaranya.",
            allowed=f"Periksa apa yang tidak cocok dengan: jejak verify {where / 'bundle'}",
            evidence=str(where),
        )
    for stream in report.streams:
        newest = bundle.acts(stream)[-1]
        head = RememberedHead(newest.act.version, newest.leaf, newest.index)
        client.remembered.remember_head(stream, head)
    return report


def _sizes(kept: Sequence[Kept], vkey: VerifierKey) -> list[int]:
    """Return the tree sizes of the checkpoints of this log among what was kept, each once, in order."""
    sizes = set()
    for one in kept:
        note = note_of(one)
        with suppress(JejakError):  # a checkpoint of another log is told of with the verdicts
            sizes.add(open_checkpoint(note, vkey).checkpoint.size if note is not None else 0)
    if len(sizes := sizes - {0}) > MAX_ASKED:
        raise Misuse(f"--continues menyebut lebih dari {MAX_ASKED} segel; sebut yang terbaru saja.")
    return sorted(sizes)
