"""What an act changed in a case, in words: the case's state before it against the state after it.

Both are what the service shows of the case (``GET /v1/cases/{id}``). Raises what Python raises where a part is missing;
whoever reads a service's answer turns that into a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ledger.correction import CORRECTABLE
from ledger.kind_names import name_of
from ledger.wording import CAPACITIES, short

State = dict[str, Any]

_MARKS = (("approved", "Persetujuan"), ("paraf", "Paraf"), ("signature", "Tanda tangan"))


def changes(before: State | None, after: State) -> list[str]:
    """Return what is different after an act, a sentence a change; ``before`` is None for the act that opens a case."""
    return [
        *_turn(before, after),
        *_document(before, after),
        *_marks(before, after),
        *_letter(before, after),
        *_outside(before, after),
    ]


def turn_of(state: State) -> str:
    """Return whose turn it is in a case."""
    if state["finished"]:
        return "selesai"
    step = state["step"]
    if step is None:
        return "disposisi ditarik"
    return f"langkah {step['no']}, {step['office_name']}: {' atau '.join(map(name_of, step['activities']))}"


def _turn(before: State | None, after: State) -> Iterator[str]:
    done = after["steps_done"][len(before["steps_done"]) if before else 0 :]
    if done:
        yield f"Langkah selesai: {', '.join(done)}."
    old, new = turn_of(before) if before else None, turn_of(after)
    if old != new:
        yield f"Giliran: {old} → {new}." if old else f"Giliran: {new}."
    if before and before["round"] != after["round"]:
        yield f"Putaran: {before['round']} → {after['round']}."


def _document(before: State | None, after: State) -> Iterator[str]:
    old, new = before["document"] if before else None, after["document"]
    if new is None:
        return
    if old is None or old["digest"] != new["digest"]:
        yield f"Dokumen: {_paper(old)} → {_paper(new)}."
    elif before and len(before["drafts"]) != len(after["drafts"]):
        yield f"Dokumen: {_paper(new)} diajukan lagi, isinya sama."


def _paper(document: Any) -> str:
    return f"{document['name']} ({short(document['digest'])})" if document else "belum ada"


def _marks(before: State | None, after: State) -> Iterator[str]:
    for name, title in _MARKS:
        old, new = before[name] if before else None, after[name]
        if new is None and old is not None:
            yield f"{title} {old['name']} gugur."
        elif new is not None and (old is None or old["leaf"] != new["leaf"]):
            hand = f": tanda tangan basah {new['by']}, bukan tanda tangan elektroniknya" if new["by"] else ""
            paper = f", dicatat menyusul dari kertas{hand}" if new["paper"] else ""
            yield f"{title}: {new['name']} sebagai {new['office_name']}{_standing_in(new)}{paper}."


def _standing_in(mark: dict[str, Any]) -> str:
    """Return in which capacity a mark was given, where its giver does not hold the office themselves."""
    capacity = mark["capacity"]
    return "" if capacity == "definitif" else f" ({CAPACITIES[capacity]})"


def _letter(before: State | None, after: State) -> Iterator[str]:
    if after["number"] and (before is None or before["number"] != after["number"]):
        yield f"Nomor surat: {after['number']}."
    old = {one["name"]: one for one in before["addressees"]} if before else {}
    ordered = [
        one for one in after["addressees"] if one["name"] not in old or old[one["name"]]["copies"] != one["copies"]
    ]
    if ordered:
        said = [f"{one['name']} ({one['copies']} salinan)" for one in ordered]
        yield f"Penerima: {', '.join(said)}."
    for one in after["addressees"]:
        if one["dispatched"] is not None and old.get(one["name"], {"dispatched": None})["dispatched"] is None:
            yield f"Terkirim: {one['name']}."


def _outside(before: State | None, after: State) -> Iterator[str]:
    said = set()
    for one in _new("deviations", before, after):
        said.add(one["leaf"])
        yield f"Di luar SOP ({name_of(one['kind'])}), alasannya: {one['reason']}"
    for one in _new("returns", before, after):
        if one["leaf"] not in said:
            yield f"Dikembalikan oleh {one['by']}, alasannya: {one['reason']}"
    for one in _new("corrections", before, after):
        yield f"Dibetulkan, {CORRECTABLE.get(one['field'], 'sebuah bagian')}: {one['old']} → {one['new']}"


def _new(name: str, before: State | None, after: State) -> list[Any]:
    found: list[Any] = after[name][len(before[name]) if before else 0 :]
    return found
