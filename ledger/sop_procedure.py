"""Whether an SOP can be carried out to its end: what its activities need of their place in the flow.

An SOP that is signed into the log binds every case opened under it; one that could lead a case into a step where
nobody can act is refused before it is enacted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keys.errors import NotAllowed
from ledger.kind_names import name_of

if TYPE_CHECKING:  # the SOP's room calls this one
    from ledger.sop import Sop, Step

_DRAFTING = frozenset({"concept.drafted", "concept.typed", "concept.revised", "activity.performed"})
_OPENING = frozenset({"disposition.issued", "activity.performed"})
#: Kinds that surely bring a draft, kinds that may, and kinds that stand on the one that the case holds.
_CONCEPTS = frozenset({"concept.drafted", "concept.typed"})
_MAKING = _CONCEPTS | {"activity.performed"}
_STANDING = frozenset(
    {"typing.reviewed", "paraf.given", "signature.given", "distribution.ordered", "agenda.ordered", "agenda.recorded"}
    | {"dispatch.recorded"}
)
_SIGNING = "signature.given"


def check_procedure(sop: Sop) -> None:
    """Return if every step can be done and left, else raise NotAllowed naming rule and step."""
    first = sop.first
    if first.activities[0] not in _OPENING:
        raise _cannot(
            "sop.first",
            f"Langkah pertama ({first.no}) tidak dapat membuka perkara.",
            f"Kegiatan pertamanya salah satu dari: {', '.join(sorted(map(name_of, _OPENING)))}.",
        )
    for step in sop.steps:
        _check_activities(step)
        _check_ways(sop, step)
        _check_signing(sop, step)
    _check_dispatch(sop)
    _check_document(sop)
    _check_kelengkapan(sop)


def _check_kelengkapan(sop: Sop) -> None:
    """Refuse a step that can be come to without what it needs: nobody could do it, nor leave it.

    What the first step needs comes from outside. Ways back are passed over: who goes back has been there before.
    """
    order = [step.no for step in sop.steps]
    there: dict[str, set[str]] = {sop.first.no: set(sop.first.needs)}
    for step in sop.steps:
        if step.no not in there:  # only ways back lead here, from steps below
            continue
        missing = [sop.thing(thing).name for thing in step.needs if thing not in there[step.no]]
        if missing:
            raise _cannot(
                "sop.source",
                f"Langkah {step.no} memerlukan {', '.join(missing)}, yang belum tentu ada ketika perkara sampai di"
                " situ.",
                "Setiap kelengkapan dihasilkan langkah sebelumnya pada semua jalan ke situ, atau dibawa masuk di"
                " langkah pertama.",
            )
        after = there[step.no] | set(step.gives)
        for way in step.next:
            if order.index(way.to) > order.index(step.no):
                there[way.to] = there[way.to] & after if way.to in there else set(after)


def _check_activities(step: Step) -> None:
    for kinds in (step.activities, step.again or ()):
        if len(set(kinds)) != len(kinds):
            raise _cannot("sop.activity", f"Langkah {step.no} menyebut satu kegiatan dua kali.", "Sebut sekali saja.")
    if "concept.revised" in step.activities:
        raise _cannot(
            "sop.activity",
            f"Langkah {step.no} mulai dengan perbaikan, padahal belum ada yang dikembalikan.",
            "Perbaikan hanya untuk kali berikutnya, sesudah pengembalian.",
        )
    again = step.again or ()
    if "concept.revised" in again and not _CONCEPTS & set(step.activities):
        raise _cannot(
            "sop.activity",
            f"Langkah {step.no} memperbaiki konsep yang tidak dibuat di langkah itu.",
            f"Kegiatan pada kali pertama salah satu dari: {', '.join(sorted(map(name_of, _CONCEPTS)))}.",
        )
    if step.is_decision and len(again) > 1:
        raise _cannot(
            "sop.activity",
            f"Langkah {step.no} memutus lebih dari sekali pada kali berikutnya.",
            "Satu keputusan pada setiap kali.",
        )


def _check_ways(sop: Sop, step: Step) -> None:
    for way in step.next:
        if "typing.reviewed" in _kinds(step) and way.when == "returned":
            target, order = sop.step(way.to), [one.no for one in sop.steps]
            mends = bool(_DRAFTING & _kinds(target))
            if not mends or order.index(way.to) >= order.index(step.no) or step.no not in steps_after(sop, way.to):
                raise _cannot(
                    "sop.return",
                    f"Langkah {step.no} mengembalikan ke langkah {way.to}, yang tidak memperbaiki dokumen"
                    " lalu kembali diperiksa.",
                    "Kembalikan ke langkah sebelumnya yang membuat atau mengetik konsep.",
                )


def _check_signing(sop: Sop, step: Step) -> None:
    """Hold what follows a signature to the signed document, which never changes."""
    if _SIGNING not in _kinds(step):
        return
    after = steps_after(sop, step.no)
    mixed = (_CONCEPTS | {"concept.revised"}) & _kinds(step)
    later = step.activities[step.activities.index(_SIGNING) + 1 :] if _SIGNING in step.activities else ()
    drafting = _CONCEPTS | {"concept.revised"}
    if mixed or step.no in after or drafting & set(later) or any(drafting & _kinds(sop.step(no)) for no in after):
        raise _cannot(
            "sop.signed",
            f"Sesudah tanda tangan pada langkah {step.no} SOP ini masih kembali mengubah dokumen.",
            "Perubahan sesudah tanda tangan dibuat dengan perkara baru.",
        )


def _check_document(sop: Sop) -> None:
    step = _unprepared(sop, {sop.first.no}, _MAKING, _STANDING)
    if step is not None:
        raise _cannot(
            "sop.document",
            f"Langkah {step.no} bekerja atas dokumen yang belum dibuat.",
            f"Dahului dengan salah satu kegiatan: {', '.join(sorted(map(name_of, _MAKING)))}.",
        )


def _check_dispatch(sop: Sop) -> None:
    """Hold deliveries to an order before them, and to a new order before they begin again."""
    sending = frozenset({"dispatch.recorded"})
    again = {way.to for step in sop.steps if sending & _kinds(step) for way in step.next}
    step = _unprepared(sop, {sop.first.no} | again, frozenset({"distribution.ordered"}), sending)
    if step is not None:
        raise _cannot(
            "sop.dispatch",
            f"Langkah {step.no} mencatat pengiriman, tetapi tidak ada langkah yang memerintahkannya sebelum itu.",
            "Tambahkan langkah dengan perintah distribusi sebelum itu.",
        )


def _unprepared(sop: Sop, starts: set[str], makes: frozenset[str], takes: frozenset[str]) -> Step | None:
    """Return a step that some way from ``starts`` comes to with one of ``takes`` before one of ``makes``."""
    met, todo = set(starts), list(starts)
    while todo:
        step = sop.step(todo.pop())
        turning = next((kind for kind in (*step.activities, *(step.again or ())) if kind in makes | takes), None)
        if turning in takes:
            return step
        if turning is None:
            ahead = {way.to for way in step.next} - met
            met |= ahead
            todo += ahead
    return None


def _kinds(step: Step) -> set[str]:
    return {*step.activities, *(step.again or ())}


def steps_after(sop: Sop, start: str) -> set[str]:
    """Return the steps that can be reached from ``start``, itself left out unless a way leads back to it."""
    reached: set[str] = set()
    todo: list[str] = [start]
    while todo:
        for way in sop.step(todo.pop()).next:
            if way.to not in reached:
                reached.add(way.to)
                todo.append(way.to)
    return reached


def _cannot(rule: str, detail: str, allowed: str) -> NotAllowed:
    return NotAllowed(rule, detail, allowed=allowed)
