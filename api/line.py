"""The line: the requests that wait for a thread, bounded, and what those are told who find no place in it.

Each is told in how many seconds there is room, at the pace at which the line moves now (:class:`Pace`).
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from functools import cache
from typing import Any

from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error

from api.problems import problem_of
from keys.errors import Unavailable

#: Requests that may wait for each thread.
MOST_WAITING = 8
#: Answers from whose times the pace is known; the longest that anybody is told to stay away, in seconds.
PACE, LONGEST = 256, 30


class Crowded(Error):
    """There is no place; ``seconds`` says when there will be one."""

    code = 503
    reason = "Service Unavailable"

    def __init__(self, seconds: int) -> None:
        super().__init__("")
        self.seconds = seconds


class Pace:
    """How fast the line moves, and when there is room for one more; times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._promised = 0.0
        self.begin(now)

    def begin(self, now: float) -> None:
        """Forget what was before somebody waited: it says nothing of the pace."""
        self._ends = deque([now], maxlen=PACE)

    def served(self, now: float) -> None:
        """Count a request that was answered; from any thread."""
        self._ends.append(now)

    def seconds_until_room(self, waiting: int, now: float) -> int:
        """Return in how many seconds all who wait, and all who were told before, are served, and promise that place."""
        ends = self._ends
        each = (now - ends[0]) / max(1, len(ends) - 1)
        self._promised = min(max(self._promised, now + waiting * each) + each, now + LONGEST)
        return max(1, math.ceil(self._promised - now))


class Line(ThreadedTaskDispatcher):
    """The requests that wait for a thread; so many and no more, whatever comes.

    Who finds no place is refused by the server's own thread, and waits for none. Each is told in how many seconds there
    is room, at the pace of now, for all who wait and all who were told before.
    """

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._most = MOST_WAITING * threads
        self.pace = Pace(time.monotonic())
        self._refused: list[Any] = []
        self.set_thread_count(threads)

    def add_task(self, task: Any) -> None:
        """Let a channel's request wait, or refuse it soon; called by the server's own thread only."""
        request, now = task.requests[0], time.monotonic()
        if not self.queue:
            self.pace.begin(now)
        if not request.error and (task.beyond or len(self.queue) >= self._most):
            request.error = Crowded(self.pace.seconds_until_room(len(self.queue), now))
        if request.error:
            self._refused.append(task)  # the channel is still taking it in
        else:
            super().add_task(task)

    def refuse(self) -> None:
        """Answer all that is refused; called by the server's own thread, which no such answer holds up."""
        refused, self._refused = self._refused, []
        for one in refused:
            one.service()


@cache
def crowded_body(seconds: int) -> bytes:
    """Return the problem document of who is to come back in so many seconds."""
    fault = Unavailable("server.crowded", "Terlalu banyak permintaan menunggu.", retry_after=seconds)
    return json.dumps(problem_of(fault), ensure_ascii=False).encode()
