"""Channels: what one connection may hold of the server, so that no peer holds up the others.

1. A channel owes one answer at a time: what was sent behind a first request is dropped, and the connection closes
   (RFC 9112 §9.3.2 lets a client send it again).
2. Documents are the only large bodies. So many may be coming in, and so many going out, as :class:`Places` has; the
   next one is 503 with Retry-After. A download has its place until the connection, closed after it, is gone.
3. Any other body above :data:`SMALL` bytes takes such a place too; a smaller one stays in memory.
4. A request that comes in, or an answer that goes out, keeps up :data:`RATE` after :data:`GRACE` seconds.
5. A connection beyond :data:`CONNECTIONS` gets its first request refused, and closes.

What waitress itself refuses (no HTTP, or far too large) is answered with a problem document here too.
"""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self, cast

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import Error

from api.line import Crowded, Line, crowded_body
from api.parsing import Parser
from api.problems import MEDIA_TYPE, RETRY_AFTER, http_body

#: Seconds in which any request arrives and any answer leaves.
GRACE = 30.0
#: Bytes per second that a longer one keeps up.
RATE = 32 * 1024
#: Connections that are served.
CONNECTIONS = 512
#: Bytes of the largest body that is taken without a place for documents, and is kept in memory.
SMALL = 64 * 1024

_DOCUMENT = re.compile(r"/+v1/documents/[^/]+", re.ASCII)
_UPLOAD = re.compile(r"/+v1/documents", re.ASCII)


class _Places:
    """At most ``most`` holders at once; one that has a place already keeps it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: set[int] = set()
        self._lock = threading.Lock()

    def take(self, holder: object) -> bool:
        """Return whether ``holder`` has a place now."""
        with self._lock:
            if id(holder) not in self._held and len(self._held) >= self._most:
                return False
            self._held.add(id(holder))
            return True

    def leave(self, holder: object) -> None:
        """Give the place back, if ``holder`` has one."""
        with self._lock:
            self._held.discard(id(holder))


@dataclass(frozen=True, slots=True)
class Places:
    """The places for documents that come in and that go out."""

    uploads: _Places
    downloads: _Places

    @classmethod
    def for_threads(cls, threads: int) -> Self:
        """Return a third of the threads for each, so that a third is left for everything else."""
        most = max(1, threads // 3)
        return cls(_Places(most), _Places(most))


class _Busy(Error):
    code = 503
    reason = "Service Unavailable"


class _ProblemTask(ErrorTask):
    """Answers what is refused before any application sees it."""

    response_headers: list[tuple[str, str]]

    def execute(self) -> None:
        status = cast("Any", self.request).error.code
        problem = http_body(status)
        if status == _Busy.code:
            problem = _busy(problem)
            self.response_headers.append(("Retry-After", str(RETRY_AFTER)))
        body = json.dumps(problem, ensure_ascii=False).encode()
        self.status = f"{status} {HTTPStatus(status).phrase}"
        self.response_headers += [("Content-Type", MEDIA_TYPE), ("Cache-Control", "no-store")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _CrowdedTask(ErrorTask):
    """Answers what finds no place in the line; a connection that is served otherwise stays open."""

    response_headers: list[tuple[str, str]]

    def execute(self) -> None:
        seconds = cast("Crowded", cast("Any", self.request).error).seconds
        body = crowded_body(seconds)
        self.status = f"{Crowded.code} {Crowded.reason}"
        self.response_headers += [
            ("Retry-After", str(seconds)),
            ("Content-Type", MEDIA_TYPE),
            ("Cache-Control", "no-store"),
        ]
        if cast("Channel", self.channel).beyond:
            self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


def _error_task(channel: Any, request: Any) -> ErrorTask:
    return (_CrowdedTask if isinstance(request.error, Crowded) else _ProblemTask)(channel, request)


class _Task(WSGITask):
    """Answers by the application; the connection closes after it where the channel says so.

    Head and body of a short answer leave together, for a peer is woken by each.
    """

    def execute(self) -> None:
        if cast("Channel", self.channel).closes:
            self.set_close_on_finish()
        super().execute()

    def write(self, data: bytes) -> None:
        if self.wrote_header or not data or self.content_length != len(data) or len(data) > SMALL or not self.has_body:
            super().write(data)
            return
        head = self.build_response_header()
        self.wrote_header = True
        self.content_bytes_written = len(data)
        self.channel.write_soon(head + data)


class Channel(HTTPChannel):
    """One connection with its place among all others; ``beyond`` says that it has none."""

    task_class = _Task
    error_task_class: Any = staticmethod(_error_task)
    parser_class = Parser
    requests: list[Any]
    requests_lock: threading.Lock

    def __init__(self, server: Any, *args: Any, places: Places, line: Line, **kwargs: Any) -> None:
        self.beyond = len(server.active_channels) >= CONNECTIONS
        self._places = places
        self._line = line
        self._restart()
        self.closes = False
        super().__init__(server, *args, **kwargs)

    def received(self, data: bytes) -> bool:
        """Take in bytes of requests; a document that finds no place is refused before it is here."""
        if self.request is None:
            self._restart()
        self._moved += len(data)
        taken = bool(super().received(data))
        with self.requests_lock:
            coming = self.request
            if not taken or coming is None or self.requests or self._admitted(coming):
                return taken
            coming.error, coming.completed = _Busy(""), True
            self.requests.append(coming)
            self.request = None
            cast("Any", self.server).add_task(self)
        return taken

    def write_soon(self, data: bytes) -> int:
        """Owe the peer these bytes; from now on it is the peer that is waited for."""
        if not self.total_outbufs_len:
            self._restart()
        return int(super().write_soon(data))

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what the peer takes, and count it."""
        sent = int(super().send(data, do_close))
        self._moved += sent
        return sent

    def service(self) -> None:
        """Answer the first request, and count it; in a thread of its own."""
        refused = self.requests[0].error
        with self.requests_lock:  # whoever is still taking in what arrived together with it is done then
            first, *behind = self.requests
            self.requests = [first]
            for request in behind:
                request.close()
            self.closes = bool(behind) or _is_download(first)
            if not first.error and not self._admitted(first):
                first.error = _Busy("")
        try:
            super().service()
        finally:
            self._places.uploads.leave(self)
            if not self.connected:
                self._places.downloads.leave(self)
        if not refused:
            self._line.pace.served(time.monotonic())

    def hurry(self, now: float) -> None:
        """Close the connection if its peer is too slow; called by the server's own thread only."""
        waiting = self.total_outbufs_len or (self.request is not None and not self.requests)
        if waiting and now > self._began + GRACE + self._moved / RATE:
            self.handle_close()  # not will_close: waitress heeds that only when the peer takes more bytes

    def handle_close(self) -> None:
        """Be gone, and give back every place."""
        super().handle_close()
        self._places.uploads.leave(self)
        self._places.downloads.leave(self)

    def del_channel(self, map: Any = None) -> None:  # noqa: A002  waitress names it so
        """Be gone, with the file that holds what came of a large request."""
        super().del_channel(map)
        if self.request is not None:
            self.request.close()

    def _restart(self) -> None:
        self._began = time.monotonic()
        self._moved = 0

    def _admitted(self, request: Any) -> bool:
        """Return whether there is a place for what ``request`` brings or wants, and take it."""
        if max(request.content_length, request.body_bytes_received) > SMALL and not request.error:
            return self._places.uploads.take(self)
        if not request.headers_finished or request.error:
            return True
        if _is_download(request):
            return self._places.downloads.take(self)
        if request.command.upper() == "POST" and _UPLOAD.fullmatch(request.path):
            return self._places.uploads.take(self)
        return True


def _is_download(request: Any) -> bool:
    return not request.error and request.command.upper() == "GET" and _DOCUMENT.fullmatch(request.path) is not None


def _busy(problem: dict[str, Any]) -> dict[str, Any]:
    """Return the problem of a document that finds no place; ``problem`` is the one of any fault of the server."""
    rule = "server.busy"
    return problem | {
        "type": str(problem["type"]).replace(str(problem["rule"]), rule),
        "title": "Belum dapat dilayani",
        "rule": rule,
        "detail": "Terlalu banyak dokumen sedang dikirim atau diambil bersamaan.",
        "allowed": "Kirim lagi permintaan yang sama sebentar lagi.",
    }
