"""What an attack is: who makes it, what it changes, and what it takes to see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.tamper.office import Moment


class Who(Enum):
    """Who makes an attack, by what they have."""

    FILE = "whoever writes the store's files, without any key"
    LOG = "whoever writes the store's files and holds the log's key"
    OFFICIAL = "whoever holds an official's key, against an honest service"
    BOTH = "whoever holds an official's key and the log's key"
    CARRIER = "whoever edits a bundle on its way, without any key"
    MAKER = "whoever makes a bundle with the log's key"


class Sight(Enum):
    """What it takes to see an attack."""

    ALONE = "seen by what is there"
    MEMORY = "seen by memory only"
    NOBODY = "seen by nobody"
    NOTHING = "nothing to see"


#: What was attacked: leaf indices, or the name of something that is no leaf.
Target = frozenset[int] | str


@dataclass(frozen=True, kw_only=True)
class Attack:
    """An attack: ``title`` is one line, ``target`` what it changes, ``sight`` what is expected of those who look.

    ``part`` is which of many parts is changed, where the same is done to each of them in its turn. ``why`` says, of
    what nobody sees by what is there, what would show it, or why there is nothing to see.
    """

    title: str
    who: Who
    target: Target
    part: str = ""
    sight: Sight = Sight.ALONE
    why: str = ""

    def __post_init__(self) -> None:
        assert self.why or self.sight is Sight.ALONE, f"{self.title}: nobody says why it is not seen"

    @property
    def name(self) -> str:
        """Return what tells this attack from all others."""
        where = self.target if isinstance(self.target, str) else ", ".join(map(str, sorted(self.target)))
        return " | ".join((self.who.name, self.title, self.part, where))


@dataclass(frozen=True, kw_only=True)
class OnStore(Attack):
    """An attack on a copy of the store as it was at ``moment``: ``change`` gets its folder.

    ``unpinned`` is the name of the log key that somebody takes for the right one who pinned nothing, None where those
    who look have pinned the log's key and leaf 0.
    """

    moment: Moment
    change: Callable[[Path], None]
    unpinned: str | None = None


@dataclass(frozen=True, kw_only=True)
class OnService(Attack):
    """An envelope that is sent to an honest service, which stands at the later moment."""

    envelope: Callable[[], bytes]


@dataclass(frozen=True, kw_only=True)
class OnBundle(Attack):
    """A bundle that somebody brings as evidence, made or edited when the log stood at the later moment."""

    bundle: Callable[[], bytes]
