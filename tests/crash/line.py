"""A line to PostgreSQL that is cut where a test says so: behind a COMMIT, before its answer is passed on."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from tests.crash.points import Count

#: What the server answers to a COMMIT that it has done: CommandComplete (PostgreSQL 18, 54.7).
DONE = b"C\x00\x00\x00\x0bCOMMIT\x00"


class Line:
    """A port of 127.0.0.1 whose connections go on to the server of ``url``; each ``every``-th COMMIT cuts its own.

    ``url`` is the database by this line; ``cut`` is how many connections were cut.
    """

    def __init__(self, url: str, every: int) -> None:
        self._to: dict[str, Any] = dict(conninfo_to_dict(url))
        self._every, self._commits, self._open = every, Count(), set[socket.socket]()
        self.cut = 0
        self._door = socket.create_server(("127.0.0.1", 0))
        user, password = (quote(self._to.get(name) or "", safe="") for name in ("user", "password"))
        who, port = f"{user}:{password}" if password else user, self._door.getsockname()[1]
        # In clear, so that it is seen what is passed on.
        self.url = f"postgresql://{who}@127.0.0.1:{port}/{self._to['dbname']}?sslmode=disable&gssencmode=disable"

    def __enter__(self) -> Line:
        """Begin to take connections."""
        threading.Thread(target=self._take, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take no more, and cut all that there are."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for one in list(self._open):
            _cut(one)

    def _take(self) -> None:
        with suppress(OSError):  # the door is closed
            while True:
                client = self._door.accept()[0]
                server = self._connected()
                self._open |= {client, server}
                for source, target, watched in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._pass_on, args=(source, target, watched), daemon=True).start()

    def _connected(self) -> socket.socket:
        host, port = self._to.get("host") or "127.0.0.1", self._to.get("port") or 5432
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _pass_on(self, source: socket.socket, target: socket.socket, watched: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                # An answer to COMMIT comes alone, for nothing is asked before it is there.
                if watched and DONE in data and self._commits.next() % self._every == 0:
                    self.cut += 1
                    break
                target.sendall(data)
        for one in (source, target):
            _cut(one)


def _cut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
