"""The pace of a long piece of work, in words: how much is done, how fast it goes, and how long the rest will take."""

from __future__ import annotations

from collections.abc import Callable


class Pace:
    """Tells of work on things called ``what``; ``now`` returns seconds.

    The rate is of what was done since it was first told of, for some of it may have been done before: by a rebuild
    that was killed, say.
    """

    def __init__(self, what: str, now: Callable[[], float]) -> None:
        self._what = what
        self._now = now
        self._first: tuple[int, float] | None = None

    def told(self, done: int, of: int) -> str:
        """Return what is to be said when ``done`` of all ``of`` are done; the first time without a rate."""
        said = f"{self._what}: {done} dari {of}"
        if self._first is None:
            self._first = done, self._now()
            return said
        before, then = self._first
        spent = self._now() - then
        if done <= before or spent <= 0:
            return said
        rate = (done - before) / spent
        return f"{said}, {thousands(rate)} per detik, sisa sekitar {duration((of - done) / rate)}"


def thousands(number: float) -> str:
    """Return a number as Indonesians write it: whole, with points between thousands."""
    return f"{number:,.0f}".replace(",", ".")


def duration(seconds: float) -> str:
    """Return a span of time in words, no finer than anybody needs who waits for it."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} detik"
    minutes = -(-whole // 60)
    if minutes < 60:
        return f"{minutes} menit"
    return f"{minutes // 60} jam {minutes % 60} menit"
