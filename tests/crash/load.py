"""Clients that load a service: they bring documents and acts, keep every receipt, and send lost requests again.

A client opens a case on a document that it brought a moment before, goes on with it on what the receipt says, and now
and then reads it, or sends once more what was acknowledged long ago. Whatever is not answered is sent again, the same
bytes, to whoever serves by then. No more than :data:`MOST_CASES` cases are begun by one client.
"""

from __future__ import annotations

import base64
import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from ledger.acts import Seen
from ledger.checkpoint import open_checkpoint
from ledger.documents import digest_of
from ledger.receipt import parse_receipt
from tests.crash.office import Office, reference
from tests.crash.often import chance
from tests.crash.service import PATIENCE

CLIENTS = 4
MOST_CASES = 10_000
#: Seconds until a request that was refused for now is sent again.
AGAIN = 0.05
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """What was acknowledged of an act."""

    index: int
    leaf: str
    receipt: str

    @classmethod
    def of(cls, answer: httpx.Response) -> Answer:
        """Return what an answer acknowledges; it must do so."""
        assert answer.status_code in (200, 201), answer.text
        said = answer.json()
        return cls(said["leaf_index"], said["leaf_hash"], said["receipt"])


class Load:
    """The clients together, what was acknowledged to them, and what they were told instead.

    ``letters`` is the size of a document in bytes. ``patient`` are rules of refusals after which a client waits, as it
    does after a 503; any other refusal is a surprise, and ends the client.
    """

    def __init__(
        self,
        office: Office,
        seed: int = 1,
        *,
        clients: int = CLIENTS,
        letters: int = 1500,
        patient: frozenset[str] = frozenset(),
    ) -> None:
        self.office = office
        self.letters = letters
        self.patient = patient
        self.acts: dict[bytes, list[Answer]] = {}
        self.documents: dict[str, int] = {}
        self.refused: Counter[str] = Counter()
        self.told: set[str] = set()
        self.lost_answers = 0
        self.reads = 0
        self.surprises: list[str] = []
        self.over = threading.Event()
        self._urls: list[str] = []
        self._changed = threading.Condition()
        self._clients = [_Client(self, number, chance(seed * 1000 + number)) for number in range(clients)]

    @contextmanager
    def running(self) -> Iterator[Load]:
        """Let the clients work inside the block; nothing but acknowledgements and refusals for now may come of it."""
        for one in self._clients:
            one.start()
        try:
            yield self
        finally:
            self.over.set()
            with self._changed:
                self._changed.notify_all()
            for one in self._clients:
                one.join(PATIENCE)
        assert not any(one.is_alive() for one in self._clients)
        assert self.surprises == []

    def served_at(self, *urls: str | None) -> None:
        """Say who serves now; clients wait where that is nobody."""
        with self._changed:
            self._urls = [url for url in urls if url]
            self._changed.notify_all()

    def url(self, turn: int) -> str | None:
        """Return one of those who serve, by turns; None when the load is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._urls or self.over.is_set(), PATIENCE)
            return self._urls[turn % len(self._urls)] if self._urls and not self.over.is_set() else None

    def acknowledged(self, envelope: bytes, answer: Answer) -> None:
        """Keep a receipt."""
        with self._changed:
            self.acts.setdefault(envelope, []).append(answer)
            self._changed.notify_all()

    def kept(self, digest: str, size: int) -> None:
        """Keep that a document was acknowledged."""
        with self._changed:
            self.documents[digest] = size

    def met(self, rule: str, detail: str) -> None:
        """Count a refusal for now, and keep its words."""
        with self._changed:
            self.refused[rule] += 1
            self.told.add(detail)
            self._changed.notify_all()

    def wait_for_acts(self, more: int) -> None:
        """Return when so many more acts are acknowledged than now."""
        self._wait(len(self.acts) + more, lambda: len(self.acts))

    def wait_for_refusals(self, more: int, *rules: str) -> None:
        """Return when so many more refusals by these rules, together, were met than now."""

        def met() -> int:
            return sum(self.refused[rule] for rule in rules)

        self._wait(met() + more, met)

    def wait_for_reads(self, more: int) -> None:
        """Return when so many more reads were answered than now."""
        self._wait(self.reads + more, lambda: self.reads)

    def _wait(self, upto: int, count: Callable[[], int]) -> None:
        with self._changed:
            done = self._changed.wait_for(lambda: count() >= upto or self.surprises, PATIENCE)
        assert done, (count(), upto, self.refused)
        assert self.surprises == []

    def was_read(self) -> None:
        """Count a read that was answered."""
        with self._changed:
            self.reads += 1
            self._changed.notify_all()

    def surprised(self, what: str) -> None:
        """Keep what no client may meet."""
        with self._changed:
            self.surprises.append(what)
            self._changed.notify_all()

    def so_far(self) -> tuple[dict[bytes, list[Answer]], dict[str, int]]:
        """Return a copy of what is acknowledged by now: acts and documents."""
        with self._changed:
            return {envelope: list(answers) for envelope, answers in self.acts.items()}, dict(self.documents)


def send(http: httpx.Client, envelope: bytes) -> httpx.Response:
    """Send an act once, and return what is answered."""
    return http.post("/v1/acts", content=envelope, headers=JSON)


class _Over(Exception):
    """The load is over."""


class _Client(threading.Thread):
    def __init__(self, load: Load, number: int, luck: random.Random) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self._load, self._number, self._luck = load, number, luck
        self._turn = number

    def run(self) -> None:
        try:
            with httpx.Client(timeout=PATIENCE / 4) as http:
                for _ in range(MOST_CASES):
                    self._case(http)
        except _Over:
            return
        except BaseException as fault:
            self._load.surprised(repr(fault))
            raise

    def _case(self, http: httpx.Client) -> None:
        case = uuid.UUID(int=self._luck.getrandbits(128), version=4)
        letter = (f"surat {case} " * (1 + self._load.letters // 42)).encode()[: self._load.letters]
        reference = self._bring(http, letter)
        opening = self._record(http, self._load.office.opening(case, reference))
        seal = open_checkpoint(parse_receipt(opening.receipt.encode()).checkpoint_note, self._load.office.log.vkey)
        seen = Seen(size=seal.checkpoint.size, root=base64.b64encode(seal.checkpoint.root).decode())
        self._record(http, self._load.office.direction(case, opening.leaf, seen))
        if self._luck.random() < 0.2:
            self._read(http, f"/v1/cases/{case}")
        if self._luck.random() < 0.1:
            self._record(http, self._luck.choice(list(self._load.so_far()[0])))

    def _bring(self, http: httpx.Client, letter: bytes) -> dict[str, Any]:
        said = self._ask(http, "/v1/documents", letter, {"Content-Type": "text/plain"}).json()
        digest = digest_of(letter)
        if said["digest"] != digest:
            self._load.surprised(f"another digest: {said}")
        self._load.kept(digest, len(letter))
        return reference(letter)

    def _record(self, http: httpx.Client, envelope: bytes) -> Answer:
        answer = Answer.of(self._ask(http, "/v1/acts", envelope, JSON))
        self._load.acknowledged(envelope, answer)
        return answer

    def _read(self, http: httpx.Client, path: str) -> None:
        """Read once; a read that is not answered is not asked again."""
        url = self._load.url(self._turn)
        if url is None:
            raise _Over
        try:
            answer = http.get(url + path, headers=self._signed_in())
        except httpx.TransportError:
            return
        if answer.status_code == 200:
            self._load.was_read()
        elif not self._for_now(answer):
            self._load.surprised(answer.text)
            raise _Over

    def _ask(self, http: httpx.Client, path: str, data: bytes, headers: dict[str, str]) -> httpx.Response:
        """Send until it is answered; the same bytes each time."""
        while True:
            url = self._load.url(self._turn)
            if url is None:
                raise _Over
            try:
                answer = http.post(url + path, content=data, headers=headers | self._signed_in())
            except httpx.TransportError:
                self._load.lost_answers += 1
                self._turn += 1
                self._load.over.wait(AGAIN / 5)
                continue
            if answer.status_code in (200, 201):
                return answer
            if not self._for_now(answer):
                self._load.surprised(answer.text)
                raise _Over
            self._load.over.wait(AGAIN)

    def _for_now(self, answer: httpx.Response) -> bool:
        """Tell whether a refusal says clearly that it holds only for now, and count it."""
        said = answer.json()
        if answer.status_code != 503 and said["rule"] not in self._load.patient:
            return False
        if not (said["detail"] and said["allowed"]) or (answer.status_code == 503) != ("Retry-After" in answer.headers):
            return False
        self._load.met(said["rule"], said["detail"])
        return True

    def _signed_in(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._load.office.token}"}
