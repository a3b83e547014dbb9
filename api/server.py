"""Serving: waitress on this machine only, stopped without cutting off an answer.

:class:`Server` runs until :meth:`Server.stop`; it then takes no new connection, finishes the requests it has, and
returns. :func:`serve` is for the command line, :func:`background_server` for tests and the demo. What one connection
may hold, and for how long, is :mod:`api.channels`.

All of it is bounded, and who finds no place is told so at once, with Retry-After, before any application sees it:

1. :data:`MOST_WAITING` requests wait for each thread (:class:`Line`).
2. :data:`CONNECTIONS` connections are served; on :data:`TOLD` more the first request is refused, and they close.
3. A body above :data:`SMALL` bytes takes one of the places for documents; a smaller one stays in memory.
"""

from __future__ import annotations

import errno
import gc
import json
import logging
import math
import select
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, cast

from waitress import wasyncore
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import Error

from api.app import App
from api.channels import Channel, Places, _Task
from api.problems import MEDIA_TYPE, problem_of
from keys.errors import NotAllowed, Unavailable
from ledger.documents import MAX_BYTES

#: Seconds that a stopping server gives the requests it has.
PATIENCE = 10.0
#: Seconds until a connection on which nothing moves is closed.
IDLE = 30
#: Requests that may wait for each thread.
MOST_WAITING = 8
#: Connections that are served, and those beyond whose first request is refused; more wait to be taken.
CONNECTIONS, TOLD = 512, 128
#: Bytes of the largest body that is taken without a place for documents, and is kept in memory.
SMALL = 64 * 1024
#: Answers from whose times the pace is known; the longest that anybody is told to stay away, in seconds.
PACE, LONGEST = 256, 30
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
#: Where a proxy stands in front (on this machine, as everything that reaches us), it is believed in one thing: from
#: which address a request came to it. Where none does, a caller could only lie about that.
BEHIND_PROXY: dict[str, Any] = {
    "trusted_proxy": "127.0.0.1",
    "trusted_proxy_count": 1,
    "trusted_proxy_headers": {"x-forwarded-for"},
}


class Sockets(dict[int, Any]):
    """All sockets by descriptor, as wasyncore keeps them, waited for together by poll(2).

    wasyncore's own loop asks every one each time what it waits for; with hundreds of connections that takes longer than
    all else. Here it is asked again only after something befell it: an event, or a thread that is done with it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._poll = select.poll()
        self._flags: dict[int, int] = {}
        self._changed: set[int] = set()
        self._held: set[int] = set()

    def __setitem__(self, descriptor: int, one: Any) -> None:
        """Wait for one more."""
        super().__setitem__(descriptor, one)
        self._changed.add(descriptor)

    def __delitem__(self, descriptor: int) -> None:
        """Wait for it no longer."""
        super().__delitem__(descriptor)
        self._held.discard(descriptor)
        if self._flags.pop(descriptor, 0):
            self._poll.unregister(descriptor)

    def wait(self, seconds: float) -> None:
        """Return when something befell one of them, and was seen to, or after so many seconds."""
        self._changed |= {one for one in self._held if not _held_by_a_thread(self[one])}
        for descriptor in self._changed & self.keys():
            self._wait_for(descriptor, self[descriptor])
        self._changed.clear()
        for descriptor, flags in self._poll.poll(seconds * 1000):
            if descriptor in self:
                self._changed.add(descriptor)
                wasyncore.readwrite(self[descriptor], flags)

    def ask_all(self) -> None:
        """Ask every one again what it waits for: one that was idle for long is to be closed, and does not say so."""
        self._changed.update(self)

    def _wait_for(self, descriptor: int, one: Any) -> None:
        flags = select.POLLIN | select.POLLPRI if one.readable() else 0
        if one.writable() and not one.accepting:
            flags |= select.POLLOUT
        if flags != self._flags.get(descriptor, 0):
            if flags:
                self._poll.register(descriptor, flags)
            else:
                self._poll.unregister(descriptor)
            self._flags[descriptor] = flags
        (self._held.discard if flags else self._held.add)(descriptor)


def _held_by_a_thread(one: Any) -> bool:
    """Tell whether a thread is at work for a channel, or will be, and nothing is to be sent."""
    return isinstance(one, Channel) and bool(one.requests) and not one.writable()


class _Crowded(Error):
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
            request.error = _Crowded(self.pace.seconds_until_room(len(self.queue), now))
        if request.error:
            self._refused.append(task)  # the channel is still taking it in
        else:
            super().add_task(task)

    def refuse(self) -> None:
        """Answer all that is refused; called by the server's own thread, which no such answer holds up."""
        refused, self._refused = self._refused, []
        for one in refused:
            one.service()


class _CrowdedTask(ErrorTask):
    """Answers what finds no place; a connection that is served otherwise stays open."""

    response_headers: list[tuple[str, str]]

    def execute(self) -> None:
        seconds = cast("_Crowded", cast("Any", self.request).error).seconds
        body = _crowded_body(seconds)
        self.status = f"{_Crowded.code} {_Crowded.reason}"
        self.response_headers += [
            ("Retry-After", str(seconds)),
            ("Content-Type", MEDIA_TYPE),
            ("Cache-Control", "no-store"),
        ]
        if cast("_BoundedChannel", self.channel).beyond:
            self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


@cache
def _crowded_body(seconds: int) -> bytes:
    fault = Unavailable("server.crowded", "Terlalu banyak permintaan menunggu.", retry_after=seconds)
    return json.dumps(problem_of(fault), ensure_ascii=False).encode()


class _WholeTask(_Task):
    """Answers by the application; head and body of a short answer leave together, for a peer is woken by each."""

    def write(self, data: bytes) -> None:
        if self.wrote_header or not data or self.content_length != len(data) or len(data) > SMALL or not self.has_body:
            super().write(data)
            return
        head = self.build_response_header()
        self.wrote_header = True
        self.content_bytes_written = len(data)
        self.channel.write_soon(head + data)


def _error_task(channel: Any, request: Any) -> ErrorTask:
    kind = _CrowdedTask if isinstance(request.error, _Crowded) else Channel.error_task_class
    return kind(channel, request)


class _BoundedChannel(Channel):
    """A connection with its place among all others; ``beyond`` says that it has none."""

    task_class = _WholeTask
    error_task_class: Any = staticmethod(_error_task)

    def __init__(self, server: Any, *args: Any, line: Line, **kwargs: Any) -> None:
        self.beyond = len(server.active_channels) >= CONNECTIONS
        self._line = line
        super().__init__(server, *args, **kwargs)

    def service(self) -> None:
        """Answer the first request, and count it."""
        refused = self.requests[0].error
        super().service()
        if not refused:
            self._line.pace.served(time.monotonic())

    def del_channel(self, map: Any = None) -> None:  # noqa: A002  waitress names it so
        """Be gone, with the file that holds what came of a large request."""
        super().del_channel(map)
        if self.request is not None:
            self.request.close()

    def _admitted(self, request: Any) -> bool:
        if max(request.content_length, request.body_bytes_received) > SMALL and not request.error:
            return self._places.uploads.take(self)
        return super()._admitted(request)


class Server:
    """A listening server; ``port`` 0 takes a free one. Raises NotAllowed (host) or Unavailable (port taken)."""

    def __init__(self, app: App, host: str = "127.0.0.1", port: int | None = None) -> None:
        if host not in LOOPBACK:
            raise NotAllowed(
                "server.host",
                f"Jejak tidak melayani di {host}: layanan ini hanya untuk komputer ini sendiri.",
                allowed="Pakai 127.0.0.1; untuk komputer lain, pasang perantara (proxy) yang aman di depannya.",
            )
        address = "127.0.0.1" if host == "localhost" else host
        self._stopping = threading.Event()
        self._closing = threading.RLock()  # a signal handler may stop what its own thread is closing
        self._closed = False
        self._map = Sockets()
        self._look = 0.0
        self._woken = False
        wanted = app.settings.port if port is None else port
        proxy = BEHIND_PROXY if app.settings.web_origin else {}
        self._line = line = Line(app.settings.threads)
        try:
            server = create_server(
                cast("Any", app),
                map=self._map,
                host=address,
                server_name=address,  # what this listens on is what a statement to sign in is for
                port=wanted,
                _dispatcher=line,
                ident="",
                recv_bytes=65536,
                inbuf_overflow=SMALL,
                connection_limit=CONNECTIONS + TOLD,
                max_request_header_size=16 * 1024,
                # The store refuses what is too large by its own rule; this only bounds what is read until then.
                max_request_body_size=MAX_BYTES + 1024 * 1024,
                # Above the largest answer, so that no thread waits for a peer that does not read (and a channel owes
                # one answer at a time).
                outbuf_high_watermark=MAX_BYTES + 1024 * 1024,
                channel_request_lookahead=0,
                channel_timeout=IDLE,
                cleanup_interval=5,
                clear_untrusted_proxy_headers=True,
                **proxy,
            )
        except OSError as error:
            wasyncore.close_all(self._map, ignore_all=True)
            line.shutdown()
            raise _not_listening(wanted, error) from error
        assert isinstance(server, BaseWSGIServer)
        places = Places.for_threads(app.settings.threads)
        cast("Any", server).pull_trigger = self._wake
        server.channel_class = cast("Any", partial(_BoundedChannel, places=places, line=line))
        self._server = server
        self.port = int(cast("Any", server).effective_port)
        self.url = f"http://{'[::1]' if host == '::1' else '127.0.0.1'}:{self.port}"

    def run(self) -> None:
        """Serve until stopped; returns when every request that was begun is answered."""
        self._loop(lambda: not self._stopping.is_set())
        self._server.accepting = False
        end = time.monotonic() + PATIENCE
        self._loop(lambda: self._busy() and time.monotonic() < end)
        self._server.task_dispatcher.shutdown()
        with self._closing:
            self._closed = True
            wasyncore.close_all(self._map, ignore_all=True)

    def stop(self) -> None:
        """Ask the server to stop; from any thread or signal handler, also when it has stopped already."""
        with self._closing:  # the trigger is a descriptor, and a closed one may be another file by now
            self._stopping.set()
            if not self._closed:
                self._wake()

    def _loop(self, going: Callable[[], bool]) -> None:
        while going():
            self._woken = False  # before it is looked at who is done: who is done later wakes it again
            self._map.wait(1)
            self._line.refuse()
            if (now := time.monotonic()) >= self._look:
                self._look = now + 1
                self._map.ask_all()
                for channel in self._channels():
                    channel.hurry(now)

    def _wake(self) -> None:
        """Wake the server's thread, once until it has looked; from any thread."""
        if not self._woken:
            self._woken = True
            cast("Any", self._server.trigger).pull_trigger()

    def _busy(self) -> bool:
        return any(one.requests or one.total_outbufs_len for one in self._channels())

    def _channels(self) -> list[Channel]:
        return [one for one in self._map.values() if isinstance(one, Channel)]


def serve(
    app: App, host: str = "127.0.0.1", port: int | None = None, ready: Callable[[str], None] = lambda url: None
) -> None:
    """Serve ``app`` until SIGTERM or SIGINT (main thread only), then close it; ``ready`` is told the URL."""
    try:
        server = Server(app, host, port)
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        for number in before:
            signal.signal(number, lambda *_: server.stop())
        try:
            _spare_the_collector()
            ready(server.url)
            server.run()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    finally:
        app.close()


def _spare_the_collector() -> None:
    """Let the garbage collector pass over what is here for good, and look less often: almost nothing has cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@contextmanager
def background_server(app: App, port: int = 0) -> Iterator[str]:
    """Serve ``app`` in a thread and yield its URL; stopped at the end, the app is left open."""
    server = Server(app, port=port)
    thread = threading.Thread(target=server.run, name="jejak-server", daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join()


def _not_listening(port: int, error: OSError) -> Unavailable:
    taken = error.errno == errno.EADDRINUSE
    return Unavailable(
        "server.port",
        f"Porta {port} sudah dipakai program lain." if taken else f"Porta {port} tidak dapat dipakai.",
        allowed="Hentikan program itu, atau pilih porta lain dengan JEJAK_PORT.",
        cause=str(error),
    )


# Waiting for a thread is what a queue is for; waitress warns of every request that does.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)
