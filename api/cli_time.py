"""``jejak time``: how long each step of a case took, against the standard of its SOP."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click

from api.answers import unreadable
from api.cli_base import JejakCommand, item, json_option, paragraph, print_json, table
from api.cli_connect import asking, url_option
from api.cli_read import NOT_VERIFIED, SYNTHETIC, CaseId, at_option, place
from keys.authority import WIB
from ledger.notices import DISCLAIMER
from ledger.wording import flat, span

_HEADINGS = ("Langkah", "Putaran", "Selesai (WIB)", "Lama", "Kerja", "Standar", "Hasil")


@click.command("time", cls=JejakCommand)
@click.argument("case", metavar="PERKARA", type=CaseId())
@at_option
@url_option
@json_option
def time(case: str, at: str | None, url: str, as_json: bool) -> None:
    """Tampilkan lama tiap langkah sebuah perkara dibandingkan dengan mutu bakunya, sekarang atau dahulu."""
    with asking(url) as service:
        said = service.get(f"/v1/cases/{case}/time", params={"at": at} if at is not None else {}).json()
    if as_json:
        print_json(said)
        return
    try:
        page = time_in_words(said)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        raise unreadable("bagian yang diperlukan tidak ada.") from None
    click.echo("\n".join([page, "", paragraph(DISCLAIMER), paragraph(NOT_VERIFIED)]))


def time_in_words(said: dict[str, Any]) -> str:
    """Return the page: a row a visit, then what each verdict rests on."""
    visits = [*said["visits"], *([said["open"]] if said["open"] else ())]
    lines = [f"Waktu perkara {said['case']} terhadap mutu baku {said['sop']['title']}: {said['rounds']} putaran"]
    lines += place(said)
    if said.get("synthetic"):
        lines.append(SYNTHETIC)
    lines += ["", table(_HEADINGS, [_row(visit) for visit in visits]), ""]
    rests: dict[tuple[str, str], list[str]] = {}
    for visit in visits:
        rests.setdefault((visit["step"], visit["rule"]), []).append(str(visit["round"]))
    for (no, rule), turns in rests.items():
        lines.append(item(flat(f"langkah {no}, putaran {', '.join(turns)}: {rule}."), "-"))
    return "\n".join(lines)


def _row(visit: dict[str, Any]) -> tuple[str, ...]:
    ended, standard = visit["ended"], visit["standard"]
    minutes = visit["working_minutes"]
    return (
        visit["step"],
        str(visit["round"]),
        _at(ended["recorded_at"]) if ended else "masih berjalan",
        span(visit["elapsed_seconds"]),
        f"{minutes} menit" if minutes is not None else "-",
        standard["words"] if standard["reading"] else standard["raw"] or "tidak disebut",
        visit["verdict"] + (f" ({visit['ending']})" if visit["ending"] not in (None, "selesai") else ""),
    )


def _at(recorded_at: str) -> str:
    return dt.datetime.fromisoformat(recorded_at).astimezone(WIB).strftime("%d/%m/%Y %H.%M")
