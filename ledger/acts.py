"""An act: what an official says and signs, strictly parsed, and the closed catalogue of kinds.

The payload of an act's envelope is strict JSON (:mod:`keys.strict_json`) in one spelling: no white space, nothing
escaped that need not be, exactly these members in this order::

    ledger       the log's origin line: 3 to 128 of a-z 0-9 . / _ -
    seen         {"size", "root"}: a checkpoint of this log that the signer names as the newest they verified; its root
                 (base64) is the log's at that size, and it covers the entry before in this stream. null in leaf 0 only
    stream       "register", "sop:<slug>" or "case:<uuid>"
    version      the version of the stream that this act becomes, from 1
    previous     hex leaf hash of the entry that is version-1 of the stream; null at 1
    kind         one of the catalogue (:data:`ledger.bodies.CATALOGUE`), which says in which streams it may stand
    official     who: a slug of the register
    mandate      under which mandate: a slug of the register
    occurred_at  RFC 3339 with an offset (:data:`keys.fields.Time`): what the signer states, never proof of time
    body         the act's own data, by the one schema of its kind; what is absent is left out, never null

Kinds, member names and payload type are storage formats: never renamed, only added. ``Act.read`` says what bytes
mean; who said it is only known of a :class:`SignedAct`, which is made from an envelope whose signature was verified
and from nothing else. Worked example, executed by a test::

    >>> payload = (
    ...     b'{"ledger":"kalipare.malangkab.example/jejak","seen":{"size":9,"root":"' + b"A" * 43 + b'="},'
    ...     b'"stream":"case:11111111-1111-4111-8111-111111111111","version":2,"previous":"' + b"ab" * 32 + b'",'
    ...     b'"kind":"direction.given","official":"budi-santoso","mandate":"sekcam-budi",'
    ...     b'"occurred_at":"2026-03-02T08:00:00+07:00","body":{"step":"2","instruction":"Susun."}}'
    ... )
    >>> act = Act.read(payload)
    >>> act.kind, act.version, act.body.plain()
    ('direction.given', 2, {'step': '2', 'instruction': 'Susun.'})
    >>> Act.read(payload.replace(b',"version"', b', "version"'))
    Traceback (most recent call last):
    keys.errors.Malformed: Tindakan tidak ditulis dalam ejaan bakunya. Tanpa spasi, ...
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import Field, StringConstraints
from pydantic_core import from_json, to_json

from keys import strict_json
from keys.envelope import Envelope, Opened
from keys.errors import Malformed
from keys.fields import Fact, LeafHash, Positive, Slug, Time
from keys.member_words import words_of
from ledger.bodies import CATALOGUE, Body
from ledger.kind_names import name_of
from ledger.rule_words import place_in_words

#: The DSSE payload type of every act.
PAYLOAD_TYPE = "application/vnd.jejak.act.v1+json"

Family = Literal["register", "sop", "case"]

_STREAM = (
    r"^(?:register|sop:[a-z0-9][a-z0-9-]{0,62}[a-z0-9]"
    r"|case:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$"
)
#: ``register``, ``sop:<slug>`` or ``case:<uuid>``.
StreamName = Annotated[str, StringConstraints(pattern=_STREAM)]
#: The origin line of a log: no spaces, no '+' (C2SP signed-note).
Origin = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9./_-]{2,127}$")]


#: A root of the log: 32 bytes in standard base64.
Root = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$")]


class Seen(Fact):
    """The newest checkpoint that the signer had verified: tree size and root (standard base64)."""

    size: Annotated[int, Field(ge=1, le=2**53 - 1)]
    root: Root


class _Frame(Fact):
    """The members of the payload; ``body`` is read by its kind's own schema."""

    ledger: Origin
    seen: Seen | None = Field(...)
    stream: StreamName
    version: Positive
    previous: LeafHash | None = Field(...)
    kind: Annotated[str, StringConstraints(max_length=64)]
    official: Slug
    mandate: Slug
    occurred_at: Time
    body: dict[str, Any]


_MEMBERS = list(_Frame.model_fields)


def _group(kind: Any) -> str:
    """Return a text type's pattern, which has anchors, as a group."""
    (constraints,) = get_args(kind)[1:]
    return f"({constraints.pattern[1:-1]})"


_NUMBER = "([1-9][0-9]{0,14})"
#: How most times are written: each is a :data:`~keys.fields.Time`, if there is such a day.
_MOST_TIMES = r"(20\d\d-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?\+(?:0\d|1[0-3]):[0-5]\d)"
#: All members before the body, in the one spelling that a frame has; every byte is read as a character.
_HEAD = re.compile(
    rf'\{{"ledger":"{_group(Origin)}",'
    rf'"seen":(null|\{{(?:"size":{_NUMBER},"root":"{_group(Root)}"|[^{{}}]{{1,100}})\}}),'
    rf'"stream":"{_group(StreamName)}","version":{_NUMBER},"previous":(?:null|"{_group(LeafHash)}"),'
    rf'"kind":"([a-z.]{{1,64}})","official":"{_group(Slug)}","mandate":"{_group(Slug)}",'
    rf'"occurred_at":"(?:{_MOST_TIMES}|[0-9T:.Z+-]{{1,32}})","body":',
    re.ASCII,
)
#: A head is at most this many bytes (a multiple of 3).
HEAD_BYTES = 801
#: The family of streams in which a kind may stand, and what makes its body out of a JSON value.
_READ_AS = {kind: (family, body.__pydantic_validator__.validate_python) for kind, (family, body) in CATALOGUE.items()}


@lru_cache(maxsize=1024)
def _seen(size: str, root: str) -> Seen:
    """Return what a signer has seen; acts that are signed at one time name one checkpoint."""
    return Seen(size=int(size), root=root)


class Head(NamedTuple):
    """Where an act says that it stands, before its body was read."""

    stream: str
    version: int
    kind: str


def head_of(payload: bytes) -> Head | None:
    """Return where the act stands whose payload begins with these bytes, at most the first :data:`HEAD_BYTES`.

    None where they are not the head of an act; of a payload that :meth:`Act.read` takes it says what that says.
    """
    head = _HEAD.match(payload.decode("latin-1"))
    return Head(head[5], int(head[6]), head[8]) if head else None


class Act(NamedTuple):
    """What a payload says. ``occurred_at`` is the signer's claim, an aware time."""

    ledger: str
    seen: Seen | None
    stream: str
    version: int
    previous: str | None
    kind: str
    official: str
    mandate: str
    occurred_at: dt.datetime
    body: Body

    @classmethod
    def read(cls, payload: bytes) -> Act:
        """Return the act these payload bytes spell, or raise :class:`Malformed` naming rule and member."""
        return cls._by_the_short_way(payload) or cls._by_the_long_way(payload)

    @classmethod
    def _by_the_short_way(cls, payload: bytes) -> Act | None:
        """Return the act if its payload is written as most are, else None: the long way then says what it is.

        It takes nothing that the long way refuses: the head is matched sign by sign; the body has no sign that must be
        looked at, is the same bytes when it is written again (so no name is in it twice), and fits its schema, and no
        schema takes a null, a fraction or a number beyond the bounds of strict JSON.
        """
        if not payload.isascii() or b"\\" in payload or b"\x7f" in payload or payload[-1:] != b"}":
            return None
        head = _HEAD.match(payload.decode("ascii"))
        if head is None:
            return None
        ledger, seen, size, root, stream, version, previous, kind, official, mandate, at = head.groups()
        body, known = payload[head.end() : -1], _READ_AS.get(kind)
        if known is None or not stream.startswith(known[0]) or (version == "1") != (previous is None):
            return None
        if at is None or (size is None and seen != "null") or b"null" in body:
            return None
        if body.count(b"{") + body.count(b"[") >= strict_json.MAX_DEPTH:
            return None
        try:
            said = from_json(body)
            if to_json(said) != body:
                return None
            when, seen_before = dt.datetime.fromisoformat(at), None if size is None else _seen(size, root)
            where = (ledger, seen_before, stream, int(version), previous)
            return cls(*where, kind, official, mandate, when, known[1](said))
        except ValueError:  # also pydantic's
            return None

    @classmethod
    def _by_the_long_way(cls, payload: bytes) -> Act:
        members = strict_json.loads(payload)
        frame = _Frame.read(members, "act.schema", "Tindakan")
        if list(members) != _MEMBERS or strict_json.spell(members) != payload:
            raise Malformed(
                "act.spelling",
                "Tindakan tidak ditulis dalam ejaan bakunya.",
                allowed="Tanpa spasi di luar teks, tanpa huruf yang disandikan, dengan urutan bagian yang tetap.",
                members=_MEMBERS,
            )
        known = CATALOGUE.get(frame.kind)
        if known is None:
            raise Malformed(
                "act.kind",
                f"Jenis tindakan “{frame.kind}” tidak ada dalam katalog.",
                allowed=f"Yang dikenal: {', '.join(map(name_of, CATALOGUE))}.",
                known=sorted(CATALOGUE),
            )
        family, schema = known
        if frame.stream.partition(":")[0] != family:
            raise Malformed(
                "act.stream",
                f"{name_of(frame.kind).capitalize()} tidak dapat dicatat pada {place_in_words(frame.stream)}.",
                allowed=f"Tempatnya: {_PLACES[family]}.",
            )
        if (frame.version == 1) != (frame.previous is None):
            raise Malformed(
                "act.previous",
                "Tindakan pertama tidak mempunyai pendahulu; yang berikutnya wajib menyebut pendahulunya.",
                allowed="Sebut sidik daun tindakan sebelumnya, kecuali pada tindakan pertama.",
            )
        return cls(
            ledger=frame.ledger,
            seen=frame.seen,
            stream=frame.stream,
            version=frame.version,
            previous=frame.previous,
            kind=frame.kind,
            official=frame.official,
            mandate=frame.mandate,
            occurred_at=dt.datetime.fromisoformat(frame.occurred_at),
            body=schema.read(_without_null(frame.body, payload), "act.body", f"Isi {name_of(frame.kind)}"),
        )


def _without_null(body: dict[str, Any], payload: bytes) -> dict[str, Any]:
    """Return the body if it spells no null: a member that is absent is left out, in one way only."""
    if b"null" in payload:
        _refuse_null(body, ("body",))
    return body


def _refuse_null(value: object, where: tuple[str, ...]) -> None:
    if value is None:
        raise Malformed(
            "act.null",
            f"Bagian “{words_of(where) or where[-1]}” ditulis kosong.",
            allowed="Hilangkan bagian yang tidak ada isinya.",
            member=".".join(where)[-200:],
        )
    if isinstance(value, dict):
        for name, member in value.items():
            _refuse_null(member, (*where, name))
    elif isinstance(value, list):
        for member in value:
            _refuse_null(member, where)


@dataclass(frozen=True, slots=True)
class SignedAct:
    """An act whose signature was verified before its meaning was read; made from :class:`Opened` only."""

    opened: Opened
    act: Act = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "act", act_of(self.opened.envelope))

    @property
    def envelope(self) -> Envelope:
        """Return the envelope, its bytes as they arrived."""
        return self.opened.envelope


def act_of(envelope: Envelope) -> Act:
    """Return what an envelope says, without having verified who says it (rule ``act.type`` otherwise)."""
    if envelope.payload_type != PAYLOAD_TYPE:
        raise Malformed(
            "act.type",
            "Amplop ini berisi sesuatu yang lain, bukan tindakan.",
            allowed="Tandatangani tindakan, lalu kirim amplopnya.",
            payload_type=envelope.payload_type,
            expected=PAYLOAD_TYPE,
        )
    return Act.read(envelope.unverified_payload)


def compose(
    *,
    ledger: str,
    seen: Seen | None,
    stream: str,
    version: int,
    previous: str | None,
    kind: str,
    official: str,
    mandate: str,
    occurred_at: str,
    body: dict[str, Any],
) -> bytes:
    """Return the payload bytes of an act, checked as a reader will check them."""
    payload = strict_json.dumps(
        {
            "ledger": ledger,
            "seen": seen.plain() if seen else None,
            "stream": stream,
            "version": version,
            "previous": previous,
            "kind": kind,
            "official": official,
            "mandate": mandate,
            "occurred_at": occurred_at,
            "body": body,
        }
    )
    Act.read(payload)
    return payload


_PLACES = {"register": "register", "sop": "SOP yang bersangkutan", "case": "perkara yang bersangkutan"}
