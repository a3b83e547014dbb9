"""The desk: what waits for whoever looks, since when and against which standard; beside it where their cases stand.

For registrars the proposals that wait, for the Inspektorat what was done last and what is flagged in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote

from flask import Response

from api import register as registers
from api.advice import advise
from api.change_words import turn_of
from api.desk.act_forms import newest_return
from api.desk.frame import _, page, routes
from api.parameters import AtQuery
from api.parts import parts
from api.reader import Reader, reader
from api.time_spent import running
from api.trails import shown
from keys.records import MandateRecord
from ledger.case import Case
from ledger.correction import CORRECTABLE
from ledger.enactment import Enactments
from ledger.flag_names import words_of
from ledger.kind_names import name_of
from ledger.sop import Sop
from ledger.wording import CAPACITIES
from projections import iku_state, inbox
from projections.trail_search import Sought, newest
from projections.trail_search import page as acts

#: What templates of cases call things by.
WORDS: dict[str, Any] = {
    "capacities": CAPACITIES,
    "kind_name": name_of,
    "flag_name": words_of,
    "correctable": CORRECTABLE,
}
#: Cases, acts and proposals of one list of this page; what is more is on a page of its own.
MOST_WAITING, MOST_RECENT = 30, 10
#: The newest acts are sought backwards, so many leaves at a time and so many times at most.
_PIECE, _PIECES = 500, 8


@dataclass(slots=True)
class _Recent:
    """The newest cases in which something was done, and the newest acts with flags."""

    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    flagged: list[dict[str, Any]] = field(default_factory=list)


@routes.get("/meja")
def desk() -> Response:
    """Return the page of what waits for whoever looks."""
    who = reader()
    own = _recent(Sought(official=who.session.official, units=who.units))
    return page(
        "desk.html",
        scripts=["tertunda.js"],
        waiting=_waiting(who),
        openings=_openings(who),
        own=_states(own),
        proposals=_proposals(who) if who.registrar else None,
        others=_of_all(who) if who.inspector else None,
        **WORDS,
    )


def button(kind: str) -> str:
    """Return what a button says that leads to an act of this kind."""
    return {
        "direction.given": _("Beri pengarahan"),
        "concept.drafted": _("Susun konsep"),
        "concept.typed": _("Ketik konsep"),
        "concept.revised": _("Perbaiki konsep"),
        "typing.reviewed": _("Periksa ketikan"),
        "paraf.given": _("Periksa dan paraf"),
        "signature.given": _("Periksa dan tanda tangani"),
        "distribution.ordered": _("Perintahkan distribusi"),
        "agenda.ordered": _("Perintahkan agenda"),
        "agenda.recorded": _("Catat agenda"),
        "dispatch.recorded": _("Catat pengiriman"),
        "activity.performed": _("Catat pelaksanaan"),
        "activity.decided": _("Putuskan"),
        "document.returned": _("Kembalikan dokumen"),
        "disposition.withdrawn": _("Tarik disposisi"),
        "correction.recorded": _("Betulkan salah tulis"),
    }.get(kind, kind)


def way(case_id: str, kind: str, mandate: str) -> dict[str, str]:
    """Return a link to an act: where it leads and what it says."""
    address = f"/perkara/{quote(case_id)}/tindakan/{quote(kind)}?mandat={quote(mandate)}"
    return {"address": address, "says": button(kind), "kind": kind}


def advice_to(case_id: str, mandates: tuple[MandateRecord, ...]) -> list[tuple[MandateRecord, dict[str, Any]]]:
    """Return what a case that is there takes now from each mandate, as ``GET /v1/cases/<id>/next`` advises."""
    here = parts()
    stream = here.ledger.stream(f"case:{case_id}")
    assert stream is not None
    register, now = here.register(), here.clock()
    with here.ledger.reading() as rows:  # after the stream was read, so it covers its newest entry
        frontier = rows.frontier()
    return [(one, advise(stream, register, one.mandate, frontier, now)) for one in mandates]


def _waiting(who: Reader) -> list[dict[str, Any]]:
    """Return what waits for each office that the reader holds, the longest waiting first."""
    offices: dict[tuple[str, str], list[MandateRecord]] = {}
    for one in who.mandates:
        offices.setdefault((one.unit, one.office), []).append(one)
    with parts().reading() as connection:
        found = {key: inbox.inbox(connection, office=key[1], unit=key[0]) for key in offices}
    return [
        {
            "mandate": offices[key][0],
            "cases": [_told(one, tuple(offices[key])) for one in cases[:MOST_WAITING]],
            "more": max(0, len(cases) - MOST_WAITING),
        }
        for key, cases in found.items()
        if cases or not (who.registrar or who.inspector)
    ]


def _told(one: dict[str, Any], mandates: tuple[MandateRecord, ...]) -> dict[str, Any]:
    """Return a case that waits, with its time and the acts that it takes from the first mandate that may."""
    advised = advice_to(one["case"], mandates)
    able = next(((held, said) for held, said in advised if said["kinds"]), None)
    ways = [way(one["case"], kind, able[0].mandate) for kind in able[1]["kinds"]] if able else []
    why_not = None if able else advised[0][1]["why_not"]
    return one | {"time": running(one), "returned": _returned(one["case"]), "ways": ways, "why_not": why_not}


def _returned(case_id: str) -> dict[str, str] | None:
    """Return why a case came back last, and who sent it back; None in its first round, and once that was mended."""
    here = parts()
    stream = here.ledger.stream(f"case:{case_id}")
    case = cast("Case", stream.state) if stream else None
    back = newest_return(case) if case else None
    if case is None or back is None or case.approved is not None:  # it was answered, and the answer approved
        return None
    return {"name": here.register().officials[back.official].record.name, "step": back.step, "reason": back.reason}


def _openings(who: Reader) -> list[Sop]:
    """Return the SOPs in force whose first step is one of the reader's offices."""
    here = parts()
    with here.ledger.reading() as rows:
        names = rows.streams("sop")
    held = {(one.unit, one.office) for one in who.mandates}
    enacted = [cast("Enactments", stream.state) for stream in map(here.ledger.stream, names) if stream]
    in_force = [one.in_force for one in enacted if one.superseded is None]
    return [sop for sop in in_force if (sop.unit, sop.office_of(sop.first).office) in held]


def _recent(sought: Sought) -> _Recent:
    """Return the newest of what is sought, looked for backwards from the end of the log."""
    found = _Recent()
    with parts().reading() as connection:
        last = newest(connection)
        for _piece in range(_PIECES):
            if last < 0 or len(found.cases) >= MOST_RECENT:
                break
            for row in reversed(acts(connection, sought, _PIECE, after=last - _PIECE, last=last)):
                if row["flags"]:
                    found.flagged.append(row)
                if row["stream"].startswith("case:") and len(found.cases) < MOST_RECENT:
                    found.cases.setdefault(row["stream"], row)
            last -= _PIECE
    return found


def _states(recent: _Recent) -> list[dict[str, Any]]:
    """Return where each of these cases stands now, and the newest act in it that was sought."""
    found = []
    with parts().reading() as connection:
        for stream, row in recent.cases.items():
            state = iku_state.case(connection, stream.removeprefix("case:"))
            assert state is not None
            found.append({"state": state, "turn": turn_of(state), "act": row})
    return found


def _of_all(who: Reader) -> dict[str, Any]:
    """Return the newest cases of all units, and the newest acts with flags, each judged again; it is a noted read."""
    here = parts()
    here.sessions.note_read(who.session, who.role, "pencarian", "meja", here.clock())
    recent = _recent(Sought())
    return {"cases": _states(recent), "flagged": shown(recent.flagged[:MOST_RECENT]) if recent.flagged else []}


def _proposals(who: Reader) -> dict[str, Any]:
    """Return the proposals that wait, as ``GET /v1/register`` tells them, and people's names."""
    said = registers.register(AtQuery()).get_json()
    names = {one["official"]: one["name"] for one in said["officials"]}
    waiting = [one | {"own": who.session.official in (one["by"], one["gains"])} for one in said["proposals"]]
    return {"waiting": waiting, "names": names, "able": len(said["registrars_able"])}
