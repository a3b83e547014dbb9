"""The classes of bytes that an entry is made of, and one byte of each changed.

An entry is a frame around an envelope, whose payload is base64 of an act in JSON (:mod:`ledger.entry`,
:mod:`keys.envelope`, :mod:`ledger.acts`). A byte of a member of the act is changed in the payload and the base64 made
anew, so that the change is what it would be in an editor: a digit becomes another digit, a letter another letter, and
whatever can still be read is still read.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from ledger.entry import Entry

#: The parts of the time of recording, as they stand in it.
_TIME = {"year": 3, "month": 6, "day": 9, "hour": 12, "minute": 15, "second": 18, "microseconds": 25, "its Z": 26}
_PREFIX = len('{"recorded_at":"')
_FORM = re.compile(
    rb'(?P<prefix>\{"recorded_at":")(?P<at>.{27})(?P<middle>","envelope":)(?P<open>\{"payloadType":")(?P<type>[^"]+)'
    rb'(?P<to_payload>","payload":")(?P<payload>[^"]+)(?P<to_keyid>","signatures":\[\{"keyid":")(?P<keyid>[^"]+)'
    rb'(?P<to_sig>","sig":")(?P<sig>[^"]+)(?P<close>"\}\]\})(?P<suffix>\})',
    re.DOTALL,
)
#: The framing between the parts, which is the same in every entry, and what people call it.
_FRAMING = {
    "prefix": "the entry's prefix",
    "middle": "the framing before the envelope",
    "open": "the envelope's opening",
    "to_payload": "the framing before the payload",
    "to_keyid": "the framing before the key id",
    "to_sig": "the framing before the signature",
    "close": "the envelope's end",
    "suffix": "the entry's suffix",
}
_VALUES = {"type": "payloadType", "keyid": "keyid", "sig": "the signature"}


class Changed(NamedTuple):
    """A class of bytes, whether an official's signature covers it, and the entry with one byte of it changed."""

    name: str
    signed: bool
    data: bytes


def changes(data: bytes) -> Iterator[Changed]:
    """Yield each class of bytes in this entry with a change of it; then the entry one byte shorter, and longer."""
    form = _FORM.fullmatch(data)
    assert form is not None
    for group, name in _FRAMING.items():
        yield Changed(name, False, _at(data, form.start(group)))
    for name, at in _TIME.items():
        yield Changed(f"recorded_at: {name}", False, _at(data, _PREFIX + at))
    for group, name in _VALUES.items():
        yield Changed(name, group == "type", _at(data, form.start(group)))
    payload = Entry.parse(data).envelope.unverified_payload
    for name, at in _members(payload):
        changed = base64.b64encode(_at(payload, at))
        yield Changed(name, True, data[: form.start("payload")] + changed + data[form.end("payload") :])
    yield Changed("the payload's base64", True, _at(data, form.start("payload"), b"!"))
    yield Changed("the signature's padding", False, _spare_bit(data, form.end("sig")))
    yield Changed("truncated by a byte", False, data[:-1])
    yield Changed("extended by a byte", False, data + b" ")


def _at(data: bytes, at: int, now: bytes | None = None) -> bytes:
    """Return the bytes with one of them changed to another of its kind."""
    return data[:at] + (now or _other(data[at : at + 1])) + data[at + 1 :]


def _other(one: bytes) -> bytes:
    if one.isalnum():
        return bytes([one[0] - 1 if one in b"9zZ" else one[0] + 1])
    return b"?"


def _spare_bit(data: bytes, end: int) -> bytes:
    """Return the entry with a bit set in the signature's base64 that decodes to nothing: the same 64 bytes."""
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    at = end - 3
    return data[:at] + letters[letters.index(data[at]) + 1 :][:1] + data[at + 1 :]


def _members(payload: bytes) -> Iterator[tuple[str, int]]:
    """Yield the members of an act and of its body, each with the place of a byte of its value that can be changed."""
    for name, start, end in _values(payload, 0):
        yield f"{name} (its name)", payload.rindex(b'"', 0, start - 1) - 1
        if name != "body":
            yield name, _place(payload, start, end)
            continue
        for inner, first, last in _values(payload, start):
            yield f"body.{inner}", _place(payload, first, last)


def _values(payload: bytes, at: int) -> Iterator[tuple[str, int, int]]:
    """Yield (name, start, end) of each member's value in the object that begins at a byte."""
    text = payload.decode("utf-8")
    assert len(text) == len(payload), "the office writes ASCII"
    scan, at = json.JSONDecoder().raw_decode, at + 1
    while True:
        name, at = scan(text, at)
        start = at + 1
        _, at = scan(text, start)
        yield name, start, at
        if text[at] == "}":
            return
        at += 1


def _place(payload: bytes, start: int, end: int) -> int:
    """Return the middle one of the letters and digits of a value."""
    found = [at for at in range(start, end) if payload[at : at + 1].isalnum()]
    return found[len(found) // 2]
