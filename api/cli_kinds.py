"""``jejak kinds``: which acts there are, and what a person gives for each."""

from __future__ import annotations

import click

from api.cli_base import JejakCommand, item, json_option, paragraph, print_json, table
from api.field_words import BY_FOUNDING, to_give, what
from ledger.bodies import CATALOGUE
from ledger.kind_names import name_of

_FAMILIES = {"register": "Register", "sop": "SOP", "case": "Perkara"}
KINDS = tuple(kind for kind in CATALOGUE if kind not in BY_FOUNDING)


@click.command("kinds", cls=JejakCommand)
@click.argument("kind", metavar="[JENIS]", required=False, type=click.Choice(KINDS))
@json_option
def kinds(kind: str | None, as_json: bool) -> None:
    """Daftar jenis tindakan; dengan JENIS: apa saja yang diisi, dan caranya."""
    if as_json:
        print_json([_plain(one) for one in (KINDS if kind is None else (kind,))])
    elif kind is None:
        click.echo(table(("Tempat", "Jenis", "Artinya"), [(_family(one), one, name_of(one)) for one in KINDS]))
        click.echo("\nIsi masing-masing: jejak kinds JENIS")
    else:
        click.echo(in_words(kind))


def in_words(kind: str) -> str:
    """Return what a person gives for an act of ``kind``, with examples."""
    parts = [f"{kind}: {name_of(kind)} ({_family(kind)})"]
    given = to_give(kind)
    for required, heading in ((True, "Wajib"), (False, "Bila perlu")):
        lines = [(one, how) for one, how in given if one.required == required]
        if not lines:
            continue
        parts += ["", f"{heading}:"]
        for one, how in lines:
            parts += [paragraph(how, 2, 4), paragraph(what(one), 6)]
    if CATALOGUE[kind][0] == "case":
        parts += ["", item("Langkah, dokumen perkara, dan putaran diisi sendiri dari catatan yang sudah diperiksa.")]
    return "\n".join(parts)


def _family(kind: str) -> str:
    return _FAMILIES[CATALOGUE[kind][0]]


def _plain(kind: str) -> dict[str, object]:
    fields = [
        {"path": one.path, "required": one.required, "what": what(one), "option": how, "choices": list(one.choices)}
        for one, how in to_give(kind)
    ]
    return {"kind": kind, "name": name_of(kind), "family": CATALOGUE[kind][0], "fields": fields}
