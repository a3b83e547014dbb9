"""A service's answers, read without belief: capped in size and time, strict in form, its refusals as our faults.

Whatever is not in the form we know proves nothing either way, so it is NotJudged (``client.answer``); a service that
cannot be reached is Unavailable (``client.unreachable``). A problem document (RFC 9457) becomes the fault that it
names, by its status. All text comes through :mod:`keys.strict_json`, which lets no control or bidirectional
character pass, so a lying service cannot draw on a terminal. No answer is decompressed, so none is larger here than
on the line; how long one may take is :mod:`api.patience`. Who is asked to come back later (``Retry-After``, in seconds)
finds it in the fault's ``retry_after``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from api.patience import Patience, PatientTransport
from keys import strict_json
from keys.errors import Conflict, Forged, JejakError, Malformed, NotAllowed, NotFound, NotJudged, Unavailable

#: Seconds until a connection, and until each piece of an answer.
TIMEOUT = httpx.Timeout(20.0, connect=5.0)
#: A JSON answer is at most this many bytes.
MAX_JSON = 16 * 1024 * 1024
#: Rules by which a service says that it wants to know who asks.
ASKS_FOR_SESSION = frozenset({"session.missing", "session.ended"})

#: Members of a problem document that are no facts: what it is made of, and what a fault cannot be given by name.
_NO_FACTS = frozenset({"type", "title", "status", "detail", "rule", "rule_words", "allowed", "self", "retry_after"})
#: Seconds that a service may ask to wait (RFC 9110 §10.2.3); a date is passed over.
_SECONDS = re.compile("[0-9]{1,5}", re.ASCII)
_FAULTS: dict[int, type[JejakError]] = {
    400: Malformed,
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: Malformed,
    415: Malformed,
    422: NotAllowed,
    429: Unavailable,
    503: Unavailable,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of a successful answer, and its status."""

    status: int
    body: bytes

    def json(self) -> Any:
        """Return the JSON value, or raise NotJudged."""
        try:
            return strict_json.loads(self.body)
        except Malformed as error:
            raise unreadable(error.detail) from None


class Service:
    """The HTTP side of a ledger at ``base_url``; ``transport`` replaces the network in tests."""

    def __init__(self, base_url: str, transport: httpx.BaseTransport | None = None) -> None:
        try:
            self._patience = Patience()
            self._http = httpx.Client(
                base_url=base_url,
                transport=transport or PatientTransport(self._patience),
                timeout=TIMEOUT,
                headers={"User-Agent": "jejak", "Accept-Encoding": "identity"},
            )
        except (httpx.InvalidURL, ValueError):
            raise _bad_url(base_url) from None
        self.base_url = base_url
        #: The session's token, and how to get another one where the service no longer takes it.
        self.token: str | None = None
        self.renew: Callable[[], str] | None = None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, limit: int = MAX_JSON, params: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a GET; at most ``limit`` bytes are read."""
        return self._send("GET", path, limit, params=params)

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Return the answer to a POST of ``body``."""
        return self._send("POST", path, MAX_JSON, content=body, headers=headers)

    def delete(self, path: str) -> Answer:
        """Return the answer to a DELETE."""
        return self._send("DELETE", path, MAX_JSON)

    def _send(self, method: str, path: str, limit: int, **sent: Any) -> Answer:
        """Return the answer; where it asks for a session and one can be had, the same request goes again with it."""
        try:
            return self._sent(method, path, limit, **sent)
        except NotAllowed as fault:
            if fault.rule not in ASKS_FOR_SESSION or self.renew is None:
                raise
        renew, self.renew = self.renew, None  # once: a service that refuses what it just gave is not asked again
        self.token = renew()
        answer = self._sent(method, path, limit, **sent)
        self.renew = renew
        return answer

    def _sent(self, method: str, path: str, limit: int, **sent: Any) -> Answer:
        headers = dict(sent.pop("headers", None) or {})
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        self._patience.begin(limit + len(sent.get("content", b"")))
        try:
            with self._http.stream(method, path, headers=headers, **sent) as response:
                if "content-encoding" in response.headers:
                    raise unreadable("isinya dimampatkan, padahal tidak diminta.")
                body = bytearray()
                for chunk in response.iter_raw():
                    body += chunk
                    if len(body) > limit:
                        raise unreadable(f"lebih dari {limit} bita")
                status, after = response.status_code, response.headers.get("retry-after", "")
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
            raise _bad_url(self.base_url) from None
        except httpx.TimeoutException as error:
            raise Unavailable(
                "client.unreachable",
                f"Layanan di {self.base_url} terlalu lama menjawab.",
                allowed="Periksa alamat dan sambungan, lalu coba lagi.",
                cause=type(error).__name__,
            ) from None
        except httpx.HTTPError as error:
            raise Unavailable(
                "client.unreachable",
                f"Layanan di {self.base_url} tidak dapat dihubungi.",
                allowed="Periksa alamat dan sambungan, lalu coba lagi.",
                cause=type(error).__name__,
            ) from None
        if status in (200, 201):
            return Answer(status, bytes(body))
        raise _fault(status, bytes(body), int(after) if _SECONDS.fullmatch(after) else None)


def unreadable(why: str) -> NotJudged:
    """Return the fault of an answer that is in no form we know."""
    return NotJudged(
        "client.answer",
        f"Jawaban layanan tidak berbentuk seperti seharusnya: {why}",
        allowed="Tidak ada yang ditandatangani atas dasar jawaban ini. Periksa alamat layanan.",
    )


def _fault(status: int, body: bytes, after: int | None = None) -> JejakError:
    """Return the fault that a problem document names; any other error answer cannot be judged.

    ``after`` are the seconds that the service asks to wait, by its header alone.
    """
    try:
        problem = strict_json.loads(body)
    except Malformed:
        problem = None
    kind = _FAULTS.get(status)
    if not isinstance(problem, dict) or not isinstance(problem.get("rule"), str):
        if kind is Unavailable:
            words, asked = "Layanan sedang tidak dapat melayani.", {} if after is None else {"retry_after": after}
            return Unavailable("client.unreachable", words, allowed="Coba lagi nanti.", **asked)
        return unreadable(f"status {status} tanpa penjelasan.")
    rule, detail, allowed = (str(problem.get(name, "")) for name in ("rule", "detail", "allowed"))
    if rule == "seen.root" or rule.partition(".")[0] in ("signature", "possession"):
        kind = Forged  # it says so of what we sent
    if kind is None:
        return NotJudged(rule, detail or f"Layanan menjawab dengan status {status}.", allowed=allowed)
    facts = {name: value for name, value in problem.items() if name not in _NO_FACTS and name.isidentifier()}
    if after is not None:
        facts["retry_after"] = after
    return kind(rule, detail, allowed=allowed, **facts)


def _bad_url(base_url: str) -> Malformed:
    return Malformed("client.url", f"Alamat layanan {base_url!r} tidak sah.", allowed="Misalnya: http://127.0.0.1:8000")
