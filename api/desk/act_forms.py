"""The form of an act: what the case already says of it, what a person fills in, and what each button ends in.

Made from the body's own schema (:mod:`api.fields_of`), so a kind has no field that its schema does not have. What the
case says is shown as known and put into the body as it is; the browser holds it against acts that it verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from api.desk.act_words import HELP, LAYOUT, MOST_SEEN, Button, buttons_of, choice_of, label_of
from api.fields_of import Member, members, schema_of
from ledger import bodies as b
from ledger.bodies import CATALOGUE
from ledger.case import Case, leads_back
from ledger.iku import MEDIA_TYPE as IKU
from ledger.sop import Sop, Step

#: Kinds that stand on the document that the case holds, and name it.
STANDING = frozenset(
    kind for kind, (_, body) in CATALOGUE.items() if issubclass(body, (*get_args(b.Bound), b.ActivityDecided))
)
#: Kinds that bring a draft, and cannot do without one.
DRAFTING = frozenset({"concept.drafted", "concept.typed", "concept.revised"})

_PAPER = ("paper.scan", "occurred_at", "paper.by")
#: Of a case that is open already, what its opening alone says.
_OPENING_ONLY = frozenset({"sop", "subject", "supersedes.case", "supersedes.signature"})
#: By the longest text that a member takes, how it is typed (keys.fields: Date, Time, Line, Text).
_BY_LENGTH = {10: "date", 32: "moment", 300: "line", 4000: "text"}
_BY_TITLE = {"DocumentRef": "file", "LetterNumber": "number", "Period": "period"}


@dataclass(frozen=True, slots=True)
class Return:
    """Why the document came back, in the words of who sent it back: who (their name in the register), at which step."""

    official: str
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field: the path in the body, what people call it, how it is given, and what it begins with.

    ``form`` is one of line, text, date, moment, integer, number, period, choice, choices, file, files, table, rows.
    ``choices`` are (value, words); ``most`` is the longest text.
    """

    path: str
    label: str
    form: str
    required: bool = False
    value: str = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    most: int = 4000


@dataclass(frozen=True, slots=True)
class Part:
    """Fields that are seen together, under a heading ("" for none)."""

    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The form of an act. ``known`` goes into the body as it is; ``paper`` and ``deviation`` are used by few."""

    kind: str
    known: dict[str, Any]
    parts: tuple[Part, ...]
    more: tuple[Field, ...]
    paper: tuple[Field, ...]
    deviation: Field | None
    buttons: tuple[Button, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return every field, in the order in which they are seen."""
        own = (*(one for part in self.parts for one in part.fields), *self.more, *self.paper)
        return (*own, self.deviation) if self.deviation else own


def known_of(kind: str, case: Case, step: Step) -> dict[str, Any]:
    """Return what the case says of its next act of ``kind`` at ``step``."""
    known: dict[str, Any] = {"step": step.no}
    held = case.document.digest if case.document else None
    if kind in STANDING and held is not None:
        known["document"] = held
    if kind == "concept.revised":
        known |= {"round": case.round, "replaces": held, "answers": case.returned}
    if kind == "disposition.issued":
        known["sop"] = case.sop_ref.plain()
        if case.sheet is not None and case.sheet.period is not None:
            known["period"] = case.sheet.period.plain()
    return known


def newest_return(case: Case) -> Return | None:
    """Return why a case came back last, None in its first round."""
    backs = [
        (act.version, Return(act.official, act.body.step, act.body.reason))
        for act in case.acts.values()
        if isinstance(act.body, b.DocumentReturned | b.TypingReviewed | b.ActivityDecided) and act.body.reason
    ]
    return max(backs, key=lambda one: one[0])[1] if backs and case.round > 1 else None


def form_of(
    kind: str,
    sop: Sop,
    step: Step,
    known: dict[str, Any],
    *,
    case: Case | None = None,
    begins: Mapping[str, str] | None = None,
    choices: Mapping[str, tuple[tuple[str, str], ...]] | None = None,
    deviating: bool = False,
) -> Form:
    """Return the form of an act of ``kind`` at ``step``; ``case`` is None where it opens one.

    ``begins`` are values that fields begin with, ``choices`` those that this case gives, by path.
    """
    drafts = _drafts(kind, sop, step, case)
    fields = {
        one.path: one
        for one in _fields(kind, sop, case, begins or {}, choices or {}, drafts)
        if one.path.split(".")[0] not in known
    }
    parts = [
        Part(title, tuple(fields.pop(path) for path in paths if path in fields and (path != "document" or drafts)))
        for title, paths in LAYOUT.get(kind, ())
    ]
    urgent = tuple(one for one in fields.values() if one.required and not one.value and one.path not in _PAPER)
    if urgent:  # what has no value yet is never hidden
        parts = [Part("", urgent), *parts] if len(urgent) + _seen(parts) > MOST_SEEN else _joined(urgent, parts)
    hidden = {one.path for one in urgent} | {"deviation", *_PAPER}
    reason = Field("deviation", label_of("deviation"), "text", required=True, help=HELP["deviation"])
    return Form(
        kind=kind,
        known=known,
        parts=tuple(one for one in parts if one.fields),
        more=tuple(one for one in fields.values() if one.path not in hidden),
        paper=_paper(),
        deviation=reason if deviating else None,
        buttons=buttons_of(kind, _outcomes(kind, sop, step)),
    )


def _drafts(kind: str, sop: Sop, step: Step, case: Case | None) -> bool:
    """Tell whether the act cannot do without a draft: a concept, or the first of a step that gives one."""
    if kind in DRAFTING:
        return True
    held = case is not None and case.document is not None
    return kind == "activity.performed" and not held and any(sop.thing(one).bound for one in step.gives)


def _seen(parts: list[Part]) -> int:
    return max((len(one.fields) for one in parts), default=0)


def _joined(urgent: tuple[Field, ...], parts: list[Part]) -> list[Part]:
    if not parts:
        return [Part("", urgent)]
    first, *others = parts
    return [Part(first.title, (*urgent, *first.fields)), *others]


def _fields(
    kind: str,
    sop: Sop,
    case: Case | None,
    begins: Mapping[str, str],
    choices: Mapping[str, tuple[tuple[str, str], ...]],
    drafts: bool,
) -> list[Field]:
    found: list[Field] = []
    for member in members(schema_of(CATALOGUE[kind][1])):
        path = member.path
        if path.startswith(("paper.", "addressees.")) or path in ("deviation", "supersedes.signature"):
            continue
        if kind in ("typing.reviewed", "activity.decided") and path == "decision":
            continue  # each outcome has its button
        if kind == "dispatch.recorded" and path == "copies":
            continue  # it follows from who gets them
        if case is not None and path in _OPENING_ONLY:
            continue
        field = _field(kind, sop, member, begins.get(path, ""), choices.get(path, ()))
        opens = kind == "activity.performed" and case is None and path == "subject"
        found.append(replace(field, required=True) if opens or (drafts and path == "document") else field)
    if kind == "distribution.ordered":
        found.append(Field("addressees.0", label_of("addressees.0"), "rows", required=True))
    return found


def _field(
    kind: str,
    sop: Sop,
    member: Member,
    value: str,
    choices: tuple[tuple[str, str], ...],
) -> Field:
    path, part = member.path, member.part
    listed = choices or tuple((one, choice_of(one)) for one in member.choices)
    form = _BY_TITLE.get(str(part.get("title"))) or _BY_LENGTH.get(part.get("maxLength", 0), "line")
    if part.get("type") == "integer":
        form = "integer"
    if listed:
        form = "choices" if path.endswith(".0") else "choice"
    elif form == "file" and path.endswith(".0"):
        form = "files"
    elif kind in DRAFTING and path == "document" and sop.document.media_type == IKU:
        form = "table"
    return Field(
        path=path,
        label=label_of(path),
        form=form,
        required=member.required,
        value=value,
        help=HELP.get(path, ""),
        choices=listed,
        most=int(part.get("maxLength", 300)),
    )


def _paper() -> tuple[Field, ...]:
    forms = {"paper.scan": ("file", 0), "occurred_at": ("moment", 32), "paper.by": ("line", 300)}
    return tuple(
        Field(path, label_of(path), form, help=HELP.get(path, ""), most=most) for path, (form, most) in forms.items()
    )


def _outcomes(kind: str, sop: Sop, step: Step) -> dict[str, bool]:
    """Return the outcomes that the SOP gives a decision, each with whether it leads back and so needs a reason."""
    if kind != "activity.decided":
        return {}
    return {way.when: leads_back(sop, step, way) for way in step.next if way.when is not None}
