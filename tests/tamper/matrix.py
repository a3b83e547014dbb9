"""All attacks, each run and held to what is expected of those who look."""

from __future__ import annotations

import logging
import multiprocessing
import os
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.tamper import bundles, database, entries, files, officials, operators
from tests.tamper.attack import Attack, Sight
from tests.tamper.judges import Ruling, rulings
from tests.tamper.office import Office, build

ROOMS = (database, entries, files, operators, officials, bundles)


@dataclass(frozen=True)
class Result:
    """An attack, and what everybody said whom it concerns."""

    attack: Attack
    rulings: tuple[Ruling, ...]

    @property
    def alone(self) -> list[Ruling]:
        """Return what those said who remember nothing; the first of them is who must see what can be seen."""
        return [one for one in self.rulings if not one.remembers]

    @property
    def seen_alone(self) -> bool:
        """Tell whether the first of those who remember nothing sees something."""
        return self.alone[0].rule is not None

    @property
    def located(self) -> bool:
        """Tell whether they also name what was attacked, to the leaf."""
        lead = self.alone[0]
        to_the_leaf = not isinstance(lead.named, tuple) or lead.named[0] == lead.named[1]
        return self.seen_alone and to_the_leaf and lead.located(self.attack.target)

    @property
    def seen_with_memory(self) -> bool:
        """Tell whether somebody who remembers sees something."""
        return any(one.rule is not None for one in self.rulings if one.remembers)

    def fault(self) -> str | None:
        """Return what is not as it is expected to be, None if all is."""
        silent = all(one.rule is None for one in self.alone)
        match self.attack.sight:
            case Sight.ALONE if not self.seen_alone:
                return "is not seen"
            case Sight.ALONE if not self.located:
                return "is seen, but what is named is something else"
            case Sight.MEMORY if not silent:
                return "is seen without memory, which nobody expected"
            case Sight.MEMORY if not self.seen_with_memory:
                return "is not seen with memory either"
            case Sight.NOBODY | Sight.NOTHING if not silent or self.seen_with_memory:
                return "is seen, which nobody expected"
        return None


def attacks(office: Office) -> list[Attack]:
    """Return every attack there is, in the same order each time."""
    return [attack for room in ROOMS for attack in room.attacks(office)]


def run(office: Office, which: Iterable[Attack]) -> list[Result]:
    """Return what becomes of these attacks, one at a time, each on a copy of its own."""
    found = []
    for attack in which:
        with tempfile.TemporaryDirectory(prefix="jejak-tamper-") as folder:
            found.append(Result(attack, tuple(rulings(office, attack, Path(folder)))))
    return found


def run_all(office: Office) -> list[Result]:
    """Return what becomes of every attack, with all cores: every process makes the same office for itself."""
    every, cores = attacks(office), os.cpu_count() or 1
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, mp_context=spawn, initializer=_prepare) as pool:
        said = pool.map(_rulings, range(len(every)), chunksize=10)
        return [Result(attack, tuple(one)) for attack, one in zip(every, said, strict=True)]


@dataclass
class _Own:
    """What a process works with."""

    folder: tempfile.TemporaryDirectory[str]
    office: Office
    attacks: Sequence[Attack]


_own: list[_Own] = []


def _prepare() -> None:
    logging.disable(logging.CRITICAL)  # a service that was tampered with has much to say
    folder = tempfile.TemporaryDirectory(prefix="jejak-tamper-")
    office = build(Path(folder.name))
    _own.append(_Own(folder, office, attacks(office)))


def _rulings(number: int) -> list[Ruling]:
    own = _own[0]
    (result,) = run(own.office, [own.attacks[number]])
    return list(result.rulings)
