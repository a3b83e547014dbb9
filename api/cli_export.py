"""``jejak export``: the evidence bundle of a case, verified here before it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.cli_base import JejakCommand, json_option, print_json, write_new_file
from api.cli_connect import connected, connection_of, connection_options
from api.cli_read import CaseId
from api.cli_verify import CODES, as_json_of
from api.client import Client
from api.evidence_words import page
from api.remembered import RememberedHead
from keys.errors import Forged, NotAllowed
from ledger.bundle import format_bundle
from ledger.evidence import judge
from ledger.evidence_report import Report
from ledger.verdicts import CONTRADICTED


@click.command("export", cls=JejakCommand)
@click.argument("case", metavar="PERKARA", type=CaseId())
@click.option("-o", "--output", required=True, metavar="BERKAS.zip", type=click.Path(dir_okay=False, path_type=Path),
              help="Berkas baru untuk bundelnya.")  # fmt: skip
@connection_options
@json_option
def export(case: str, output: Path, as_json: bool, **options: Any) -> int:
    """Ambil bundel bukti sebuah perkara; diperiksa di sini sebelum disimpan."""
    if output.exists():
        raise NotAllowed("file.exists", f"Sudah ada berkas {output}; tidak ditimpa.", allowed="Pilih nama lain.")
    with connected(connection_of(options)) as client:
        report = exported(client, case)
    write_new_file(output, format_bundle(report.bundle))
    if as_json:
        print_json(as_json_of(report) | {"file": str(output)})
    else:
        click.echo(page(report))
        click.echo(f"Tersimpan di {output}.")
    return CODES[report.verdict]


def exported(client: Client, case: str) -> Report:
    """Return the bundle of a case as it was judged; raises Forged where it contradicts itself, and keeps it.

    What could not be judged (a document that the service lacks) is in the report. What is newest in each stream is
    remembered, so that the next bundle cannot be older.
    """
    bundle = client.bundle(case)
    report = judge(bundle, vkey=client.remembered.vkey, founding=client.remembered.founding.hex())
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
