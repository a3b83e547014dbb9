"""An office whose ledger is about to be crashed: opened, its log key beside it, and somebody signed in who may read."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.session_store import SessionStore
from keys.envelope import Envelope
from ledger import logkey
from ledger.acts import PAYLOAD_TYPE, Seen, compose
from ledger.documents import digest_of
from ledger.note import NoteSigner
from tests.crash.database import Crashed
from tests.kit import ORIGIN, Kecamatan, disposition, key, mandate_of, the_sop

#: Whoever opens cases, and whoever directs them on.
CAMAT, SEKCAM = "sri-wahyuni", "budi-santoso"
#: A document that is there from the start, for acts that need none of their own.
LETTER = b"surat masuk (sintetis)"


@dataclass(frozen=True)
class Office:
    """The home of a ledger, its database, its log key, what was sealed when it was opened, and a session's token."""

    home: Path
    database: Crashed
    log: NoteSigner
    sop: dict[str, str]
    seen: Seen
    token: str

    def opening(self, case: uuid.UUID, letter: dict[str, Any] | None = None) -> bytes:
        """Return the signed act that opens a case; ``letter`` refers to a document, else to :data:`LETTER`."""
        letter = letter or reference(LETTER)
        return signed(CAMAT, f"case:{case}", 1, None, self.seen, "disposition.issued", disposition(self.sop, letter))

    def direction(self, case: uuid.UUID, opening: str, seen: Seen) -> bytes:
        """Return the signed act that follows the opening, whose leaf hash is given."""
        body = {"step": "2", "instruction": "Susun sesuai Renstra."}
        return signed(SEKCAM, f"case:{case}", 2, opening, seen, "direction.given", body)


def reference(letter: bytes) -> dict[str, Any]:
    """Return how an act refers to a document."""
    return {"digest": digest_of(letter), "media_type": "text/plain", "size": len(letter), "name": "surat.txt"}


def signed(
    official: str, stream: str, version: int, previous: str | None, seen: Seen, kind: str, body: dict[str, Any]
) -> bytes:
    """Return an envelope, signed by the official."""
    payload = compose(
        ledger=ORIGIN,
        seen=seen,
        stream=stream,
        version=version,
        previous=previous,
        kind=kind,
        official=official,
        mandate=mandate_of(official),
        occurred_at="2026-11-22T09:00:00+07:00",
        body=body,
    )
    return Envelope.seal(PAYLOAD_TYPE, payload, key(official)).data


def found(home: Path, database: Crashed) -> Office:
    """Found a ledger, register its officials, enact the SOP, sign the camat in, and leave it closed."""
    kecamatan = Kecamatan(home, database.of(home)).open()
    kecamatan.store(LETTER, "surat.txt", "text/plain")
    seen = kecamatan.seen()
    assert seen is not None
    kecamatan.ledger.close()
    logkey.write(home / "log.key", kecamatan.log)
    sessions = SessionStore(database.of(home))
    token, _ = sessions.begin(CAMAT, key(CAMAT).public.id, dt.datetime.now(dt.UTC), [mandate_of(CAMAT)])
    sessions.close()
    sop = {"slug": the_sop().slug, "leaf": kecamatan.sop_leaf}
    return Office(home, database, kecamatan.log, sop, seen, token)
