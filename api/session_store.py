"""What the service keeps of sign-ins: who brought and read what. Not evidence, and not in the log.

A file of its own beside the views (``sessions.sqlite``), or tables beside the journal in PostgreSQL, shared by all
processes of a ledger; their form is that of :mod:`api.migrations`. Losing them signs everybody
out and loses the record of reads; no act depends on it. Of a token only the SHA-256 is kept, so who copies the file
cannot use it. A read is one row for each session and thing read, with its first and last time and how often.

Times are aware; in the tables they are microseconds since the epoch, UTC.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    and_,
    delete,
    false,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from api import migrating
from keys.errors import NotAllowed, Unavailable
from ledger.database import Database
from projections import storage

#: How long a challenge may wait for its answer, and how long a session lasts.
CHALLENGE_LASTS, SESSION_LASTS = dt.timedelta(minutes=2), dt.timedelta(hours=12)
#: By how much the clock may have been set back since it dated something, or another request have looked at it earlier;
#: what is dated later than that is good for nothing, so that a clock that was ahead makes nothing last longer.
SET_BACK = dt.timedelta(minutes=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
#: The tables, as :mod:`api.migrations` makes them.
TABLES = MetaData()
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
#: One row: what challenges are sealed with, so that whatever process gave one, any may take it.
_SECRET = Table(
    "secret",
    TABLES,
    Column("id", _NUMBER, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
)
#: Challenges that were answered; those that never are take no room.
_ANSWERED = Table(
    "answered",
    TABLES,
    Column("challenge", Text, primary_key=True),
    Column("until", _NUMBER, nullable=False),
)
Index("answered_by_time", _ANSWERED.c.until)
_SESSIONS = Table(
    "sessions",
    TABLES,
    Column("id", _NUMBER, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("official", Text, nullable=False),
    Column("keyid", Text, nullable=False),
    Column("mandates", JSON, nullable=False),
    Column("since", _NUMBER, nullable=False),
    Column("until", _NUMBER, nullable=False),
    Column("ended", _NUMBER),
)
Index("sessions_by_time", _SESSIONS.c.until)
#: One row a document and whoever brought its bytes.
_BROUGHT = Table(
    "brought",
    TABLES,
    Column("digest", Text, primary_key=True),
    Column("official", Text, primary_key=True),
    sqlite_with_rowid=False,
)
_READS = Table(
    "reads",
    TABLES,
    Column("id", _NUMBER, primary_key=True),
    Column("session", _NUMBER, nullable=False),
    Column("official", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("first", _NUMBER, nullable=False),
    Column("last", _NUMBER, nullable=False),
    Column("times", _NUMBER, nullable=False),
)
Index("reads_once", _READS.c.session, _READS.c.what, _READS.c.name, unique=True)
Index("reads_by_official", _READS.c.official)
Index("reads_by_name", _READS.c.what, _READS.c.name)


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that lasts: by whom, with which key, from when to when.

    ``mandates`` are those that were in force when it began: none that comes later widens it. Without any it is for the
    affairs of one's own keys.
    """

    id: int
    official: str
    keyid: str
    mandates: frozenset[str]
    since: dt.datetime
    until: dt.datetime


class SessionStore:
    """The tables in a database; safe to use from any thread. Raises Unavailable where it cannot be used."""

    def __init__(self, database: Database) -> None:
        path = database.sessions
        if path:
            with suppress(OSError):  # where there can be no file, opening it says so
                path.touch(mode=0o600)  # SQLite gives its files beside it the same mode
        with _faults():
            migrating.require_newest(database)
        self._engine = storage.open_engine(database.sessions_url)
        self._insert: Callable[[Table], sqlite.Insert | postgresql.Insert] = (sqlite if path else postgresql).insert
        with self._writing() as connection:
            made = self._insert(_SECRET).values(id=1, secret=secrets.token_bytes(32)).on_conflict_do_nothing()
            connection.execute(made)
            self._secret: bytes = connection.execute(select(_SECRET.c.secret)).scalar_one()
        if path:
            path.chmod(0o600)

    def take_over(self, other: SessionStore) -> None:
        """Take over all that another store keeps, in the place of what is here."""
        with other._reading() as there, self._writing() as here:
            for table in TABLES.sorted_tables:
                here.execute(delete(table))
                rows = [dict(row._mapping) for row in there.execute(select(table))]
                if rows:
                    here.execute(table.insert(), rows)
                storage.count_on(here, table)
        with self._reading() as connection:
            self._secret = connection.execute(select(_SECRET.c.secret)).scalar_one()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _faults(), storage.writing(self._engine, alone=False) as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _faults(), storage.reading(self._engine) as connection:
            yield connection

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    def challenge(self, now: dt.datetime) -> tuple[str, dt.datetime]:
        """Return a new challenge (43 characters of base64url) and until when it is good; nothing is written.

        Its 32 bytes are that time (microseconds, big-endian), 8 random ones, and the first 16 of an HMAC-SHA-256 over
        both (RFC 2104), so however many are asked for and never answered hold up nobody.
        """
        until = now + CHALLENGE_LASTS
        said = _micros(until).to_bytes(8, "big") + secrets.token_bytes(8)
        return base64.urlsafe_b64encode(said + self._seal(said)).rstrip(b"=").decode("ascii"), until

    def take(self, challenge: str, now: dt.datetime) -> None:
        """Use a challenge up: it is given once, answered once, in time; else NotAllowed (``signin.challenge``)."""
        try:
            given = base64.b64decode(challenge + "=", altchars=b"-_", validate=True)
        except ValueError:
            given = b""
        said, seal = given[:16], given[16:]
        until = int.from_bytes(said[:8], "big")
        first, last = _good(now, CHALLENGE_LASTS)
        if (
            not hmac.compare_digest(seal, self._seal(said))
            or not first <= until <= last
            or not self._first(given, until)
        ):
            raise NotAllowed(
                "signin.challenge",
                "Tantangan masuk ini sudah dipakai, sudah lewat dua menit, atau bukan dari layanan ini.",
                allowed="Minta tantangan baru, lalu masuk lagi.",
            )
        with self._writing() as connection:  # what is over cannot be answered again in any case
            connection.execute(delete(_ANSWERED).where(_ANSWERED.c.until < first))

    def _first(self, given: bytes, until: int) -> bool:
        """Tell whether this challenge was not answered before; from here on it was."""
        row = self._insert(_ANSWERED).values(challenge=given.hex(), until=until).on_conflict_do_nothing()
        with self._writing() as connection:
            return connection.execute(row.returning(_ANSWERED.c.until)).first() is not None

    def _seal(self, said: bytes) -> bytes:
        return hmac.digest(self._secret, said, "sha256")[:16]

    def begin(self, official: str, keyid: str, now: dt.datetime, mandates: Iterable[str]) -> tuple[str, Session]:
        """Return the token of a new session under these mandates, which is told this once, and the session."""
        token, until = secrets.token_urlsafe(32), now + SESSION_LASTS
        row = {
            "token": _hashed(token),
            "official": official,
            "keyid": keyid,
            "mandates": sorted(mandates),
            "since": _micros(now),
            "until": _micros(until),
        }
        with self._writing() as connection:
            connection.execute(delete(_SESSIONS).where(_SESSIONS.c.until < _micros(now - SESSION_LASTS)))
            made = connection.execute(_SESSIONS.insert().values(row)).inserted_primary_key
        assert made is not None
        return token, Session(made[0], official, keyid, frozenset(mandates), now, until)

    def find(self, token: str, now: dt.datetime) -> Session | None:
        """Return the session of a token, None where there is none, it has ended, or its time is over."""
        in_time = _SESSIONS.c.until.between(*_good(now, SESSION_LASTS))
        asked = select(_SESSIONS).where(_SESSIONS.c.token == _hashed(token), in_time, _SESSIONS.c.ended.is_(None))
        with self._reading() as connection:
            row = connection.execute(asked).first()
        if row is None:
            return None
        held = frozenset(row.mandates)
        return Session(row.id, row.official, row.keyid, held, _moment(row.since), _moment(row.until))

    def end(self, session: Session, now: dt.datetime) -> None:
        """End a session; once ended it stays so."""
        with self._writing() as connection:
            ended = update(_SESSIONS).where(_SESSIONS.c.id == session.id, _SESSIONS.c.ended.is_(None))
            connection.execute(ended.values(ended=_micros(now)))

    def end_all(self, official: str, now: dt.datetime) -> int:
        """End every session of an official, and return how many there were."""
        with self._writing() as connection:
            ended = update(_SESSIONS).where(*_open(official, now)).values(ended=_micros(now))
            return len(connection.execute(ended.returning(_SESSIONS.c.id)).all())

    def elsewhere(self, session: Session, now: dt.datetime) -> list[dt.datetime]:
        """Return since when the other open sessions of the same official last, oldest first."""
        asked = select(_SESSIONS.c.since).where(*_open(session.official, now), _SESSIONS.c.id != session.id)
        with self._reading() as connection:
            return [_moment(at) for at in connection.execute(asked.order_by(_SESSIONS.c.since)).scalars()]

    def note_brought(self, official: str, digest: str) -> None:
        """Note that an official brought a document's bytes."""
        row = self._insert(_BROUGHT).values(digest=digest, official=official).on_conflict_do_nothing()
        with self._writing() as connection:
            connection.execute(row)

    def brought(self, digest: str) -> frozenset[str]:
        """Return the officials who brought a document's bytes."""
        with self._reading() as connection:
            found = connection.execute(select(_BROUGHT.c.official).where(_BROUGHT.c.digest == digest))
            return frozenset(found.scalars())

    def note_read(self, session: Session, role: str, what: str, name: str, now: dt.datetime) -> None:
        """Note that ``name``, of the sort ``what``, is read in a session; ``role`` is as whom it may be."""
        at = _micros(now)
        row = self._insert(_READS).values(
            session=session.id, official=session.official, role=role, what=what, name=name, first=at, last=at, times=1
        )
        again = row.on_conflict_do_update(
            index_elements=["session", "what", "name"], set_={"last": at, "times": _READS.c.times + 1}
        )
        with self._writing() as connection:
            connection.execute(again)

    def reads(
        self,
        *,
        official: str | None,
        what: str | None,
        things: Sequence[tuple[str, str]] | None,
        before: int | None,
        limit: int,
    ) -> list[dict[str, Any]]:
        """Return who read what, newest first, a page below the row number ``before``.

        ``things`` are sorts and names, of which any will do; None for whatever was read.
        """
        asked = select(_READS).order_by(_READS.c.id.desc()).limit(limit)
        for column, value in ((_READS.c.official, official), (_READS.c.what, what)):
            if value is not None:
                asked = asked.where(column == value)
        if things is not None:
            asked = asked.where(
                or_(false(), *(self._any_of(sort, things) for sort in sorted({sort for sort, _ in things})))
            )
        if before is not None:
            asked = asked.where(_READS.c.id < before)
        with self._reading() as connection:
            return [_read(row) for row in connection.execute(asked)]

    def _any_of(self, sort: str, things: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
        """Return what picks the reads of things of this sort."""
        names = storage.values_of(self._engine, [name for one, name in things if one == sort])
        return and_(_READS.c.what == sort, _READS.c.name.in_(names))


@contextmanager
def _faults() -> Iterator[None]:
    """Say of what it is that the file cannot be used: the views' own words would mislead."""
    try:
        yield
    except Unavailable as fault:
        if fault.rule != "views.storage":
            raise
        raise Unavailable(
            "session.storage",
            "Catatan masuk sedang tidak dapat dibaca atau ditulis, jadi perkara tidak dapat dibaca.",
            allowed="Coba lagi sebentar lagi; tindakan yang ditandatangani tetap dapat dikirim.",
            **fault.facts,
        ) from None


def _read(row: Row[Any]) -> dict[str, Any]:
    return {
        "no": row.id,
        "official": row.official,
        "role": row.role,
        "what": row.what,
        "name": row.name,
        "first_at": _moment(row.first).isoformat(),
        "last_at": _moment(row.last).isoformat(),
        "times": row.times,
    }


def _good(now: dt.datetime, lasts: dt.timedelta) -> tuple[int, int]:
    """Return the first and last end that something may have which is good at ``now`` and was for ``lasts``."""
    return _micros(now) + 1, _micros(now + lasts + SET_BACK)


def _open(official: str, now: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what holds of the sessions of an official that are good at ``now``."""
    in_time = _SESSIONS.c.until.between(*_good(now, SESSION_LASTS))
    return _SESSIONS.c.official == official, in_time, _SESSIONS.c.ended.is_(None)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _micros(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def _moment(micros: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=micros)
