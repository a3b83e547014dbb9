"""Patience: how long a service may take over one answer, all told.

A timeout for each piece holds nobody to anything: a byte a second is always in time. So every exchange has
:data:`GRACE` seconds, and more only as bytes really move, a second for each :data:`RATE` of them, up to what the
largest answer would need. The clock is asked wherever the line is waited for, so headers, chunk framing and interim
answers (1xx), which never reach a reader of the body, count too.

A connection goes straight to the address that was given; no proxy from the environment stands between.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

#: Seconds that any answer may take.
GRACE = 30.0
#: Bytes per second that a longer answer keeps up.
RATE = 32 * 1024
#: Bytes handed to the line at a time: little enough that it takes them at once or not at all.
_PIECE = 16 * 1024


class Patience(threading.local):
    """The clock of the exchange that this thread is in."""

    def __init__(self) -> None:
        self.begin(0)

    def begin(self, most: int) -> None:
        """Start an exchange in which at most ``most`` bytes are sent and read."""
        self._began = time.monotonic()
        self._moved = 0
        self._most = most

    def moved(self, size: int) -> None:
        """Count ``size`` bytes that were sent or read."""
        self._moved += size

    def left(self) -> float:
        """Return the seconds that are left, 0 or less when there are none."""
        return self._began + GRACE + min(self._moved, self._most) / RATE - time.monotonic()


class PatientTransport(httpx.HTTPTransport):
    """The network, with every wait bounded by ``patience``; raises what httpx raises of a timeout."""

    def __init__(self, patience: Patience) -> None:
        super().__init__()
        # httpx has no argument for the network backend; httpcore, which it stands on, has.
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(), keepalive_expiry=5.0, network_backend=_Backend(patience)
        )


class _Backend(httpcore.NetworkBackend):
    def __init__(self, patience: Patience) -> None:
        self._real = httpcore.SyncBackend()
        self._patience = patience

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        wait = _wait(self._patience, timeout, httpcore.ConnectTimeout)
        return _Stream(self._real.connect_tcp(host, port, wait, local_address, socket_options), self._patience)


class _Stream(httpcore.NetworkStream):
    def __init__(self, real: httpcore.NetworkStream, patience: Patience) -> None:
        self._real = real
        self._patience = patience

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._real.read(max_bytes, _wait(self._patience, timeout, httpcore.ReadTimeout))
        self._patience.moved(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._real.write(piece, _wait(self._patience, timeout, httpcore.WriteTimeout))
            self._patience.moved(len(piece))

    def close(self) -> None:
        self._real.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        wait = _wait(self._patience, timeout, httpcore.ConnectTimeout)
        return _Stream(self._real.start_tls(ssl_context, server_hostname, wait), self._patience)

    def get_extra_info(self, info: str) -> Any:
        return self._real.get_extra_info(info)


def _wait(patience: Patience, timeout: float | None, late: type[Exception]) -> float:
    """Return the seconds that the line may be waited for now, or raise ``late``."""
    left = patience.left()
    if left <= 0:
        raise late("no patience left")
    return left if timeout is None else min(timeout, left)
