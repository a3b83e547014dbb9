"""A log as a service shows it, for the audit that a client makes: entry bundles, and the newest checkpoint.

What a service does not show (columns, frontier, tiles, views, older checkpoints) cannot be held against the leaves; but
every leaf can, and the tree that they make against the checkpoint that the client's own memory fits on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from api.client import Client
from keys.errors import Unavailable
from ledger.acts import HEAD_BYTES, head_of
from ledger.entry import payload_of
from ledger.merkle import leaf_hash
from ledger.rows import Row
from ledger.tiles import FULL, Place


@contextmanager
def leaves_of(client: Client) -> Iterator[ServiceLeaves]:
    """Yield the leaves of the service that ``client`` asks; raises what the client raises, and Unavailable."""
    with tempfile.TemporaryFile(prefix="jejak-audit-") as kept:
        yield ServiceLeaves(client, kept)


class ServiceLeaves:
    """The leaves under the service's newest checkpoint, each asked for once and kept in a file until they are audited.

    Raises what the client raises where a service withholds, is not reached, or contradicts what is remembered of it.
    """

    def __init__(self, client: Client, kept: IO[bytes]) -> None:
        self._client = client
        self._checkpoint = client.checkpoint()
        self._kept = kept
        self._places: list[tuple[int, int]] = []

    def count(self) -> int:
        """Return the number of leaves."""
        return self._checkpoint.checkpoint.size

    def entries(self, start: int, limit: int) -> list[Row]:
        """Return the rows of at most ``limit`` leaves from ``start``; their columns are what their bytes say."""
        return [self._row(index) for index in range(start, min(start + limit, self.count()))]

    def checkpoints(self, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Return the one checkpoint that there is, if its size is ``start`` or more."""
        return [(self.count(), self._checkpoint.data)] if start <= self.count() and limit > 0 else []

    def _row(self, index: int) -> Row:
        while len(self._places) <= index:
            self._keep(self._client.entry_bundle(self._next()))
        at, length = self._places[index]
        self._kept.seek(at)
        data = self._kept.read(length)
        head = head_of(payload_of(data, HEAD_BYTES))
        stream, version, kind = head or ("", 0, "")
        return Row(index, stream, version, kind, data, leaf_hash(data))

    def _next(self) -> Place:
        """Return the bundle after those that are kept, as wide as the checkpoint lets it be."""
        first = len(self._places)
        return Place(first // FULL, min(FULL, self.count() - first))

    def _keep(self, entries: list[bytes]) -> None:
        try:
            at = self._kept.seek(0, 2)
            self._kept.writelines(entries)
            for data in entries:
                self._places.append((at, len(data)))
                at += len(data)
        except OSError as error:
            raise Unavailable(
                "file.write", "Berkas sementara untuk pemeriksaan tidak dapat ditulis.", cause=str(error)
            ) from None
