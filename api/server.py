"""Serving: waitress on this machine only, stopped without cutting off an answer.

:class:`Server` runs until :meth:`Server.stop`; it then takes no new connection, finishes the requests it has, and
returns. :func:`serve` is for the command line, :func:`background_server` for tests and the demo. What one connection
may hold, and for how long, is :mod:`api.channels`.

All of it is bounded, and who finds no place is told so at once, with Retry-After, before any application sees it:

1. So many requests wait for each thread (:mod:`api.line`).
2. So many connections are served; on :data:`TOLD` more the first request is refused, and they close.
3. A large body takes one of the places for documents; a small one stays in memory (:mod:`api.channels`).
"""

from __future__ import annotations

import errno
import gc
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

from waitress import wasyncore
from waitress.server import BaseWSGIServer, create_server

from api.app import App
from api.channels import CONNECTIONS, SMALL, Channel, Places
from api.line import Line
from api.sockets import Sockets
from keys.errors import NotAllowed, Unavailable
from ledger.documents import MAX_BYTES

#: Seconds that a stopping server gives the requests it has.
PATIENCE = 10.0
#: Seconds until a connection on which nothing moves is closed.
IDLE = 30
#: Connections beyond those that are served whose first request is refused; more wait to be taken.
TOLD = 128
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
#: Where a proxy stands in front (on this machine, as everything that reaches us), it is believed in one thing: from
#: which address a request came to it. Where none does, a caller could only lie about that.
BEHIND_PROXY: dict[str, Any] = {
    "trusted_proxy": "127.0.0.1",
    "trusted_proxy_count": 1,
    "trusted_proxy_headers": {"x-forwarded-for"},
}


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
        server.channel_class = cast("Any", partial(Channel, places=places, line=line))
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
            spare_the_collector()
            ready(server.url)
            server.run()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    finally:
        app.close()


def spare_the_collector() -> None:
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
