"""A kecamatan on paper: acts are signed, judged and folded as in the ledger, but nothing is stored.

For given / when / then tests of the domain. A scene is cheap to copy, because all state is frozen values.
"""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from keys.envelope import Envelope
from keys.errors import JejakError
from keys.register import Register
from keys.signing import PrivateKey
from ledger.acts import PAYLOAD_TYPE, Seen, SignedAct, compose
from ledger.agenda_book import AgendaBook
from ledger.case import Case
from ledger.documents import digest_of
from ledger.founding import founding_key
from ledger.note import NoteSigner
from ledger.recorded import Recorded
from ledger.sop import Sop
from ledger.streams import REGISTER, Stream, advance, judge
from tests.kit import CASE, IKU, MORNING, OFFICERS, ORIGIN, Kecamatan, key, the_sop

#: A root that no scene checks: what is seen is the journal's matter.
SOME_ROOT = "A" * 43 + "="


@dataclass
class Taken:
    """What was accepted, under the name that the kit uses."""

    recorded: Recorded


@dataclass
class Paper:
    """A world of streams and the path of an act through it, without seal and store."""

    now: dt.datetime = MORNING
    streams: dict[str, Stream] = field(default_factory=dict)
    leaves: int = 0
    book: AgendaBook = field(default_factory=AgendaBook)

    def agenda_book(self) -> AgendaBook:
        return self.book

    def stream(self, name: str) -> Stream | None:
        return self.streams.get(name)

    def record(self, data: bytes) -> Taken:
        signed = SignedAct(opened(self, data))
        judge(self, signed, self.leaves, self.now)
        done = Recorded.new(self.leaves, signed, self.now)
        self.streams[done.act.stream] = advance(self, done)
        self.book = self.book.after(done.act)
        self.leaves += 1
        return Taken(done)


def opened(paper: Paper, data: bytes) -> Any:
    """Verify with the key in the register; one that nobody registered yet verifies with the kit's."""
    envelope = Envelope.parse(data)
    register = paper.stream(REGISTER)
    if register is None:
        return envelope.opened_with(founding_key(envelope))
    assert isinstance(register.state, Register)
    held = register.state.keys.get(envelope.keyid)
    return envelope.opened_with(held.public if held else STRANGERS[envelope.keyid].public)


#: Keys that no register knows, by key id.
STRANGERS = {one.public.id: one for one in (key("orang-asing"), key("kunci-kedua"), *map(key, OFFICERS))}


class Scene(Kecamatan):
    """The kit's kecamatan over :class:`Paper`."""

    def __init__(self) -> None:
        self.paper = Paper()
        self.numbers = {}
        self.ledger = self.paper  # type: ignore[assignment]
        self.log = NoteSigner(ORIGIN, key("log"))
        self.iku = reference(b"IKU (sintetis)", "iku.json", IKU)
        self.iku_mended = reference(b"IKU perbaikan (sintetis)", "iku-2.json", IKU)
        self.letter = reference(b"surat masuk (sintetis)", "surat.pdf", "application/pdf")
        self.proof = reference(b"bukti kirim (sintetis)", "bukti.jpg", "image/jpeg")

    @property
    def clock(self) -> Any:  # type: ignore[override]
        """Return what the kit asks for the claimed time."""
        return self.paper

    def seen(self) -> Seen | None:
        return Seen(size=self.paper.leaves, root=SOME_ROOT) if self.paper.leaves else None

    def copy(self) -> Scene:
        other = copy.copy(self)
        other.numbers = dict(self.numbers)
        other.paper = Paper(self.paper.now, dict(self.paper.streams), self.paper.leaves, self.paper.book)
        other.ledger = other.paper  # type: ignore[assignment]
        return other

    def enacted(self, sop: Sop) -> Scene:
        """Return a scene in which this version replaces the SOP in force."""
        other = self.copy()
        body = {"sop": sop.plain(), "replaces": self.sop_leaf}
        other.sop_leaf = other.do("sri-wahyuni", f"sop:{sop.slug}", "sop.enacted", body).recorded.leaf
        return other

    def signed(
        self, official: str, stream: str, kind: str, body: dict[str, Any], by: PrivateKey | None = None, **changes: Any
    ) -> bytes:
        """Return the next act as ``by``, another key than the official's, signs it."""
        payload = compose(**self.payload(official, stream, kind, body, **changes))
        return Envelope.seal(PAYLOAD_TYPE, payload, by or key(official)).data

    def case(self, name: str = CASE) -> Case:
        stream = self.paper.stream(name)
        assert stream is not None
        assert isinstance(stream.state, Case)
        return stream.state

    def register_state(self) -> Register:
        stream = self.paper.stream(REGISTER)
        assert stream is not None
        assert isinstance(stream.state, Register)
        return stream.state

    def refused(self, data: bytes) -> JejakError:
        """Return why the act is refused; nothing changed, and the words say what would be allowed."""
        before, leaves = dict(self.paper.streams), self.paper.leaves
        with pytest.raises(JejakError) as caught:
            self.paper.record(data)
        fault = caught.value
        assert (self.paper.streams, self.paper.leaves) == (before, leaves)
        assert fault.detail.endswith(".")
        assert fault.allowed, f"{fault.rule} does not say what would be allowed"
        return fault


def reference(data: bytes, name: str, media_type: str) -> dict[str, Any]:
    """Return the reference to a document that is nowhere stored."""
    return {"digest": digest_of(data), "media_type": media_type, "size": len(data), "name": name}


@cache
def _opened() -> Scene:
    scene = Scene()
    scene.open()
    return scene


def opened_scene() -> Scene:
    """Return a scene with everybody registered and the real SOP in force."""
    return _opened().copy()


def founded_scene() -> Scene:
    """Return a scene that is founded and accepted, with nobody but the founders."""
    scene = Scene()
    scene.found()
    return scene


def variant(change: Any) -> Sop:
    """Return the real SOP after ``change`` was done to its JSON."""
    value = copy.deepcopy(the_sop().plain())
    change(value)
    return Sop.read(value, "sop.form", "SOP")
