"""``jejak replay``: a case act by act: what was done, what it changed, and the document as it then was.

On a terminal a person steps through it; anywhere else it is printed. What is shown of each leaf is what the service
showed when that leaf was the newest; nothing here verifies it, and the page says so.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import click

from api.answers import Service, unreadable
from api.change_words import changes
from api.cli_base import JejakCommand, Misuse, item, json_option, paragraph, print_json
from api.cli_connect import asking, url_option
from api.cli_read import SYNTHETIC, CaseId, at_option, end, iku_rows, local, shaped, step_words
from ledger.kind_names import name_of
from ledger.wording import flat

Json = dict[str, Any]

_KEYS = "Enter atau n: maju; b: mundur; g NOMOR: ke daun itu; d: tabel dokumen; q: selesai"
_GO = re.compile("g ?([0-9]{1,15})")


class Acts:
    """The acts of a case, and its state after each, which is fetched when it is first asked for."""

    def __init__(self, service: Service, case: str) -> None:
        self._service = service
        self._path = f"/v1/cases/{case}"
        self._states: dict[int, Json] = {}
        self.trail = _object(service.get(f"{self._path}/trail").json())
        self.rows: list[Json] = self.trail.get("trail") or []
        if not self.rows or not all(
            isinstance(row, dict) and isinstance(row.get("leaf_index"), int) for row in self.rows
        ):
            raise unreadable("tindakan perkara tidak ada.")

    def number_at(self, at: str) -> int:
        """Return the number (from 0) of the act that was the case's newest at a leaf or a moment; raises NotFound."""
        leaf = _object(self._service.get(self._path, params={"at": at}).json()).get("leaf_index")
        if not isinstance(leaf, int):
            raise unreadable("nomor daun tidak ada.")
        return self.before(leaf) or 0

    def before(self, leaf: int) -> int | None:
        """Return the number of the newest act up to ``leaf``, or None."""
        return max((number for number, row in enumerate(self.rows) if row["leaf_index"] <= leaf), default=None)

    def state(self, number: int) -> Json:
        """Return the case's state after an act."""
        leaf = self.rows[number]["leaf_index"]
        if leaf not in self._states:
            self._states[leaf] = _object(self._service.get(self._path, params={"at": str(leaf)}).json())
        return self._states[leaf]

    def changed(self, number: int) -> list[str]:
        """Return what an act changed, in words."""
        return changes(self.state(number - 1) if number else None, self.state(number))

    def page(self, number: int) -> str:
        """Return an act and what it changed as a person reads it."""
        row = self.rows[number]
        parts = [
            f"Tindakan {number + 1} dari {len(self.rows)}, daun {row['leaf_index']}: "
            f"{step_words(row)}{name_of(row['kind'])}",
            paragraph(flat(row["sentence"]), 2, 2),
            f"  Waktu    dinyatakan {local(row['occurred_at'])}, dicatat {local(row['recorded_at'])}",
            "  Yang berubah:",
        ]
        parts += [paragraph(f"- {flat(one)}", 4, 2) for one in self.changed(number) or ["Tidak ada."]]
        parts += [item(flat(f"{flag['sentence']} [{flag['name']}]"), "!") for flag in row["flags"] or ()]
        return "\n".join(parts)

    def document(self, number: int) -> str:
        """Return the document as it was after an act."""
        state = self.state(number)
        document = state["document"]
        head = [f"Dokumen  {document['name']}\n         {document['digest']}"] if document else []
        return "\n".join([*head, *iku_rows(state)])

    def plain(self, number: int) -> Json:
        """Return an act with what it changed and the state after it as JSON."""
        return {"act": self.rows[number], "changes": self.changed(number), "state": self.state(number)}


@click.command("replay", cls=JejakCommand)
@click.argument("case", metavar="PERKARA", type=CaseId())
@at_option
@click.option("--all", "whole", is_flag=True, help="Tulis semua tindakan berurutan, tanpa bertanya.")
@url_option
@json_option
def replay(case: str, at: str | None, whole: bool, url: str, as_json: bool) -> None:
    """Putar ulang sebuah perkara, tindakan demi tindakan: apa yang dilakukan dan apa yang berubah.

    Di terminal: maju dan mundur dengan tombol; dengan --at mulai dari tindakan pada daun atau waktu itu. Selain di
    terminal semua tindakan ditulis, atau dengan --at hanya tindakan itu.
    """
    if whole and at is not None:
        raise Misuse("sebut --at atau --all, bukan keduanya.")
    with asking(url) as service:
        acts = Acts(service, case)
        start = acts.number_at(at) if at is not None else 0
        chosen = range(len(acts.rows)) if at is None else range(start, start + 1)
        if as_json:
            shown = [shaped(acts.plain, number) for number in chosen]
            said = {name: acts.trail.get(name) for name in ("synthetic", "disclaimer")}
            print_json({"case": case, "acts": shown} | said)
            return
        click.echo(shaped(_head, case, acts))
        if on_terminal() and not whole:
            _step_through(acts, start)
        else:
            for number in chosen:
                click.echo(f"\n{shaped(acts.page, number)}")
        click.echo("\n".join(end(acts.trail)))


def on_terminal() -> bool:
    """Tell whether a person sits at both ends."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _head(case: str, acts: Acts) -> str:
    lines = [paragraph(f"Perkara {case}: {acts.state(0)['subject']}")]
    return "\n".join(lines + ([SYNTHETIC] if acts.trail.get("synthetic") else []))


def _step_through(acts: Acts, number: int) -> None:
    """Show acts as a person asks for them, from number ``number``, until they have seen enough."""
    click.echo(f"\n{shaped(acts.page, number)}")
    click.echo(f"\n{_KEYS}")
    while True:
        try:
            asked = click.prompt(f"[{number + 1}/{len(acts.rows)}]", default="", show_default=False, prompt_suffix=" ")
        except click.Abort:
            click.echo("")
            return
        go = _GO.fullmatch(asked.strip().lower())
        match asked.strip().lower():
            case "q":
                return
            case "d":
                click.echo(shaped(acts.document, number))
                continue
            case "" | "n":
                wanted, none = number + 1, "Ini tindakan terakhir; q untuk selesai."
            case "b":
                wanted, none = number - 1, "Ini tindakan pertama."
            case _ if go:
                found = acts.before(int(go[1]))
                wanted = -1 if found is None else found
                none = f"Perkara ini baru ada sejak daun {acts.rows[0]['leaf_index']}."
            case _:
                click.echo(_KEYS)
                continue
        if 0 <= wanted < len(acts.rows):
            number = wanted
            click.echo(f"\n{shaped(acts.page, number)}")
        else:
            click.echo(none)


def _object(said: Any) -> Json:
    if not isinstance(said, dict):
        raise unreadable("bukan objek.")
    return said
