"""How a client signs in: it signs a challenge for the ledger it pinned and the address it is connected to.

What the service says of itself is not believed: the statement names the pinned ledger and the origin of the client's
own address, so it serves nobody who passes a challenge on. What comes of it is kept in a :class:`SessionFile`, one
for each address, so that whoever signed in once reads with every command until it ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.answers import Service, unreadable
from api.remembered import read_kept, told, write_kept
from keys import signin, strict_json
from keys.errors import Malformed
from keys.fields import Fact, LeafHash, Slug
from keys.signing import PrivateKey

_PORTS = {"http": 80, "https": 443}


class KeptSession(Fact):
    """A session as it is kept on disk: whose, with which key, and until when (RFC 3339)."""

    official: Slug
    keyid: LeafHash
    token: str
    until: str

    def lasts(self, now: dt.datetime) -> bool:
        """Tell whether it may still be good at ``now`` (aware)."""
        try:
            return now < dt.datetime.fromisoformat(self.until)
        except (ValueError, TypeError):
            return False


class SessionFile:
    """The newest sign-in at one address, in a file that only its owner may read; ``path`` None keeps none.

    Raises Unavailable where the file cannot be read or written.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def load(self) -> KeptSession | None:
        """Return the sign-in that is kept, None where there is none that may still be good."""
        data = read_kept(self._path) if self._path else None
        if data is None:
            return None
        try:
            kept = KeptSession.read(strict_json.loads(data), "client.session", "Tanda masuk")
        except Malformed:  # it is worth nothing, and nothing is lost with it
            return None
        return kept if kept.lasts(dt.datetime.now(dt.UTC)) else None

    def keep(self, session: KeptSession) -> None:
        """Keep a sign-in in the place of the one before."""
        if self._path:
            write_kept(self._path, strict_json.dumps(session.plain()))

    def drop(self) -> None:
        """Forget the sign-in."""
        if self._path:
            with told(self._path):
                self._path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever can sign in: their name in the register, their key's id, and how the key is opened when it is needed."""

    official: str
    keyid: str
    open: Callable[[], PrivateKey]


def use_session(service: Service, ledger: str, sessions: SessionFile, holder: Holder | None) -> None:
    """Let ``service`` be asked in the session that is kept, if it is the holder's; else in one that they begin.

    It is begun when the service asks for one, not before, and kept.
    """
    kept = sessions.load()
    if kept is not None and (holder is None or kept.keyid == holder.keyid):
        service.token = kept.token

    def begun() -> str:
        assert holder is not None
        session = sign_in(service, ledger, holder)
        sessions.keep(session)
        return session.token

    if holder is not None:
        service.renew = begun


def sign_in(service: Service, ledger: str, holder: Holder) -> KeptSession:
    """Return a new session of ``holder``; raises what the service refuses with, NotJudged for an answer in no form."""
    key = holder.open()  # first: a challenge does not wait for whoever looks for a passphrase
    asked = service.post("/v1/challenges", b"", {}).json()
    challenge = asked.get("challenge") if isinstance(asked, dict) else None
    try:
        statement = signin.sign(ledger, web_origin(service.base_url), holder.official, str(challenge), key)
    except Malformed:
        raise unreadable("tantangan masuk.") from None
    said = service.post("/v1/sessions", statement, {"Content-Type": "application/json"}).json()
    try:
        lasts = dt.datetime.fromisoformat(said["until"]) - dt.datetime.fromisoformat(said["since"])
        until = dt.datetime.now(dt.UTC) + lasts  # by this machine's clock, which need not be the service's
        kept = {"official": holder.official, "keyid": holder.keyid, "token": said["token"], "until": until.isoformat()}
        return KeptSession.read(kept, "client.session", "Tanda masuk")
    except (KeyError, TypeError, ValueError, OverflowError, Malformed):
        raise unreadable("tanda masuk.") from None


def web_origin(url: str) -> str:
    """Return the web origin of an address, in ASCII and without its scheme's own port (RFC 6454 §6.2)."""
    parsed = httpx.URL(url)
    host = parsed.raw_host.decode("ascii")
    host = f"[{host}]" if ":" in host else host
    usual = parsed.port in (None, _PORTS.get(parsed.scheme))
    return f"{parsed.scheme}://{host}" + ("" if usual else f":{parsed.port}")
