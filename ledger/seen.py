"""``seen``: every act names the newest checkpoint its signer had verified, so every official is a witness.

The root must be this log's at that size, and the size must cover the entry before the act in its stream: who
signs ``previous`` has seen it in the log. A root that is not ours, under a signature that holds, means that
somebody was shown another history; the act is refused and its envelope kept, within bounds
for each key and for all, and the refusal says whether it was.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from keys.errors import Forged, NotAllowed
from ledger.acts import SignedAct
from ledger.merkle import root_at
from ledger.rows import Rows
from ledger.streams import World
from ledger.turn import Turn

#: At most this many contradicting envelopes are kept.
MOST_KEPT = 1000
#: Of these, at most this many signed with one key.
MOST_OF_ONE_KEY = 20


class SeenCheck:
    """Checks ``seen`` and keeps what contradicts, one file an envelope, in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._roots: dict[int, str] = {}

    def require(self, signed: SignedAct, turn: Turn, world: World) -> None:
        """Return if what the signer has seen is this log, else raise NotAllowed or Forged."""
        seen, size, own = signed.act.seen, turn.frontier.size, world.stream(signed.act.stream)
        if seen is None:
            if size:
                raise NotAllowed(
                    "seen.missing",
                    "Tindakan ini tidak menyebut segel yang dilihat penandatangan.",
                    allowed="Hanya daun 0 yang boleh tanpa segel; baca segel yang terbaru, lalu tandatangani lagi.",
                )
            return
        if seen.size > size:
            raise NotAllowed(
                "seen.ahead",
                f"Segel yang disebut mencakup {seen.size} daun; buku besar ini baru {size}.",
                allowed=f"Sebut segel dengan paling banyak {size} daun.",
            )
        if own is not None and seen.size <= own.index:
            raise NotAllowed(
                "seen.behind",
                "Segel yang disebut lebih lama dari tindakan sebelumnya.",
                allowed=f"Sebut segel yang mencakup daun {own.index}.",
            )
        if seen.root != self._root(turn.rows, seen.size):
            kept = "dan disimpan sebagai bukti" if self._keep(signed) else "(simpanlah amplopnya sendiri sebagai bukti)"
            raise Forged(
                "seen.root",
                f"Segel yang disebut bukan segel buku besar ini pada {seen.size} daun. Tindakan ditolak {kept}:"
                " penandatangan mungkin diperlihatkan riwayat lain.",
                allowed="Periksa kunci log dan alamat peladen, lalu laporkan kepada pengelola dan Inspektorat.",
            )

    def _root(self, rows: Rows, size: int) -> str:
        if size not in self._roots:
            if len(self._roots) >= 4096:
                self._roots.clear()
            self._roots[size] = base64.b64encode(root_at(rows, size)).decode("ascii")
        return self._roots[size]

    def _keep(self, signed: SignedAct) -> bool:
        """Keep the envelope and tell whether it is kept; one key cannot take the room of the others."""
        path = self._folder / f"{signed.envelope.keyid[:16]}-{hashlib.sha256(signed.envelope.data).hexdigest()}.json"
        try:  # a full disk must not stop the others in the turn
            self._folder.mkdir(parents=True, exist_ok=True)
            kept = [one.name for one in self._folder.iterdir()]
            own = sum(1 for name in kept if name.startswith(signed.envelope.keyid[:16]))
            if path.name not in kept and (len(kept) >= MOST_KEPT or own >= MOST_OF_ONE_KEY):
                return False
            path.write_bytes(signed.envelope.data)
        except OSError:
            return False
        return True
