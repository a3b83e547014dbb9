r"""A witness policy: which logs a verifier knows, and whose cosignatures a checkpoint needs (C2SP tlog-policy).

The file is lines, each ending in a newline; items are parted by spaces and tabs, empty lines and lines that begin with
``#`` say nothing::

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]                 the key has type 0x04 (C2SP tlog-cosignature, Ed25519)
    group <name> <any, all or a number> <name>... so many of these, each named on a line before, and in one group only
    quorum <name or none>                         exactly one such line; none asks for no cosignature

A cosignature is a signature line of the checkpoint's note, 8 bytes of time (POSIX seconds, big-endian) and the Ed25519
signature over ``cosignature/v1``, the line ``time <seconds>`` and the checkpoint's three lines.

Narrower than the specification: the time of a cosignature is not 0, no later than the year 9999, and no later than a
day after the verifier's clock where that is given; UTF-8, at most :data:`MAX_BYTES` bytes, and our log must be listed.
A policy is met or it raises; an empty one is no policy. It is always the verifier's own: one that comes with the
evidence is never read.

A worked example, executed by a test::

    >>> from keys.signing import PrivateKey
    >>> from ledger.checkpoint import open_checkpoint, sign_checkpoint
    >>> from ledger.merkle import EMPTY_ROOT
    >>> from ledger.note import NoteSigner
    >>> signer = NoteSigner("kalipare.malangkab.example/jejak", PrivateKey.load(bytes(32)))
    >>> sealed = open_checkpoint(sign_checkpoint(signer, signer.name, 0, EMPTY_ROOT), signer.vkey)
    >>> Policy.parse(f"log {signer.vkey}\nquorum none\n".encode()).require(sealed)
    0
    >>> witness = WitnessKey("saksi.example/1", PrivateKey.load(bytes(31) + b"\x01").public)
    >>> Policy.parse(f"log {signer.vkey}\nwitness s {witness}\nquorum s\n".encode()).require(sealed)
    Traceback (most recent call last):
    keys.errors.Forged: Segel ini tidak ditandatangani saksi yang diminta kebijakan Anda (0 saksi).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from keys.errors import Forged, Malformed
from ledger.checkpoint import SignedCheckpoint
from ledger.note import Note, SignatureLine, VerifierKey, open_note

#: A policy is at most this many bytes.
MAX_BYTES = 64 * 1024
#: The predefined name of a quorum that asks for nothing.
NONE = "none"

_SPACE = re.compile("[ \t]+")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_COUNT = re.compile("[1-9][0-9]{0,3}", re.ASCII)
_TIME_BYTES = 8
#: The end of the year 9999: a time after it is none that a calendar has.
_LATEST = 253_402_300_799
#: Seconds by which a witness's clock may be ahead of the verifier's.
SKEW = 24 * 60 * 60


class WitnessKey(VerifierKey):
    """A witness's key: it signs what it saw with the time (type 0x04), and no text of anybody's."""

    KIND: ClassVar[int] = 0x04

    def verify(self, signature: bytes, text: bytes) -> None:
        """Return if ``signature`` is this witness's cosignature of a checkpoint's text, else raise :class:`Forged`."""
        seconds = time_of(signature)
        if not 0 < seconds <= _LATEST:
            raise Forged("policy.time", "Waktu tanda tangan saksi di luar batas.")
        self.key.verify(signature[_TIME_BYTES:], b"cosignature/v1\ntime %d\n%b" % (seconds, text))


def time_of(signature: bytes) -> int:
    """Return the time that a cosignature states (POSIX seconds), whether or not it is true."""
    return int.from_bytes(signature[:_TIME_BYTES], "big")


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these witnesses and groups, which are named before it."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """What a verifier asks of a checkpoint; :meth:`parse` is its door. ``quorum`` is a name or :data:`NONE`."""

    logs: tuple[VerifierKey, ...]
    witnesses: dict[str, WitnessKey]
    groups: dict[str, Group]
    quorum: str

    @classmethod
    def parse(cls, data: bytes) -> Policy:
        """Return the policy these bytes spell, or raise :class:`Malformed`."""
        read = _Reading()
        for number, line in enumerate(_lines(data), 1):
            items = _SPACE.split(line.strip(" \t"))
            if items[0] and not items[0].startswith("#") and not read.took(*items):
                raise _bad_line(number)
        if read.quorum is None or not read.logs:
            raise Malformed(
                "policy.empty",
                "Kebijakan saksi ini tidak menyebut log, atau tidak menyebut saksi mana yang diminta.",
                allowed="Sedikitnya satu baris log dan tepat satu baris quorum.",
            )
        return cls(tuple(read.logs), read.witnesses, read.groups, read.quorum)

    def require(self, sealed: SignedCheckpoint, now: dt.datetime | None = None) -> int:
        """Return how many of our witnesses cosigned the checkpoint if it meets the policy, else raise Forged.

        1. The log that signed it is one of the policy's.
        2. Whoever of our witnesses has a line on it signed it in truth, and at no time after ``now``, the verifier's
           own clock, less what clocks may differ.
        3. They are as many as the quorum asks for.
        """
        if sealed.vkey not in self.logs:
            raise Forged("policy.log", "Kebijakan saksi Anda tidak menyebut log ini.")
        witnesses = tuple(self.witnesses.values())
        note = open_note(sealed.data, (sealed.vkey, *witnesses))
        lines = {(line.name, line.key_id) for line in note.signatures}
        there = {name for name, key in self.witnesses.items() if (key.name, key.key_id) in lines}
        if now is not None and any(time_of(one.signature) > now.timestamp() + SKEW for one in self._cosigned(note)):
            raise Forged("policy.time", "Waktu tanda tangan saksi lebih lambat dari jam komputer ini.")
        if self.quorum not in {NONE} | self._standing(there):
            raise Forged(
                "policy.quorum",
                f"Segel ini tidak ditandatangani saksi yang diminta kebijakan Anda ({len(there)} saksi).",
                witnesses=sorted(there),
            )
        return len(there)

    def _cosigned(self, note: Note) -> Iterator[SignatureLine]:
        ours = {(key.name, key.key_id) for key in self.witnesses.values()}
        return (line for line in note.signatures if (line.name, line.key_id) in ours)

    def _standing(self, there: set[str]) -> set[str]:
        """Return which witnesses and groups stand behind the checkpoint; a group's members are named before it."""
        standing = set(there)
        for name, group in self.groups.items():
            if sum(one in standing for one in group.members) >= group.least:
                standing.add(name)
        return standing


class _Reading:
    """A policy as far as its lines were read."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, WitnessKey] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._grouped: set[str] = set()

    def took(self, what: str, *rest: str) -> bool:
        """Take a line, and tell whether it was one."""
        match what, rest:
            case "log", (vkey,) | (vkey, _):
                return self._log(VerifierKey.parse(vkey))
            case "witness", (name, vkey) | (name, vkey, _):
                return self._witness(name, WitnessKey.parse(vkey))
            case "group", (name, least, *members):
                return self._group(name, least, members)
            case "quorum", (name,) if self.quorum is None and (name == NONE or self._known(name)):
                self.quorum = name
                return True
        return False

    def _log(self, key: VerifierKey) -> bool:
        if key.key.raw in {one.key.raw for one in self.logs}:
            return False
        self.logs.append(key)
        return True

    def _witness(self, name: str, key: WitnessKey) -> bool:
        if not self._free(name) or key.key.raw in {one.key.raw for one in self.witnesses.values()}:
            return False
        self.witnesses[name] = key
        return True

    def _group(self, name: str, least: str, members: Sequence[str]) -> bool:
        wanted = {"any": "1", "all": str(len(members))}.get(least, least)
        new = set(members)
        if (
            not self._free(name)
            or not _COUNT.fullmatch(wanted)
            or int(wanted) > len(members)
            or len(new) != len(members)
            or new & self._grouped
            or not all(map(self._known, new))
        ):
            return False
        self.groups[name] = Group(int(wanted), tuple(members))
        self._grouped |= new
        return True

    def _known(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _free(self, name: str) -> bool:
        return name != NONE and not self._known(name)


def _lines(data: bytes) -> list[str]:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\x00"
    if len(data) > MAX_BYTES or _CONTROL.search(text) or (text and not text.endswith("\n")):
        raise Malformed(
            "policy.form",
            "Kebijakan saksi tidak berbentuk baku.",
            allowed=f"Teks UTF-8 paling besar {MAX_BYTES} bita, setiap baris diakhiri ganti baris.",
        )
    return text.split("\n")[:-1]


def _bad_line(number: int) -> Malformed:
    return Malformed(
        "policy.line",
        f"Baris {number} kebijakan saksi tidak berbentuk baku, ganda, atau menyebut nama yang belum ada.",
        allowed="Baris log, witness, group, atau quorum menurut C2SP tlog-policy.",
        line=number,
    )
