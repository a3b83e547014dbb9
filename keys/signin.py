"""Sign-in: a key signs a challenge, for one ledger and one web origin, and so says who is there (no password).

The statement is a DSSE envelope (:mod:`keys.envelope`) of payload type :data:`PAYLOAD_TYPE`. Its payload is strict
JSON with exactly these members, in this order and without white space::

    {"ledger":"<origin line>","audience":"<web origin>","official":"<name in the register>","challenge":"<base64url>"}

The type keeps it from passing for an act, and an act from passing for it. ``audience`` is the web origin (RFC 6454
§6.2) that the signer's own client is connected to, so a site that passes on another's challenge gets a statement that
is good for nobody but itself. ``challenge`` is what the service gave, 32 random bytes (base64url without padding,
RFC 4648 §5), taken once and for two minutes. A worked example, executed by a test::

    >>> from keys.signing import PrivateKey
    >>> key = PrivateKey.load(bytes(32))
    >>> asked = Asked("contoh.example/jejak", frozenset({"https://jejak.example"}))
    >>> said = sign("contoh.example/jejak", "https://jejak.example", "budi", "A" * 43, key)
    >>> statement = check(Envelope.parse(said), key.public, official="budi", asked=asked)
    >>> statement.challenge == "A" * 43
    True
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from keys import strict_json
from keys.envelope import Envelope
from keys.errors import Malformed, NotAllowed
from keys.signing import PrivateKey, PublicKey

PAYLOAD_TYPE = "application/vnd.jejak.signin.v1+json"
#: A statement is at most this many bytes.
MAX_BYTES = 4096

_MEMBERS = ("ledger", "audience", "official", "challenge")
_CHALLENGE = re.compile("[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """For what a statement must be made: the ledger's origin line, and the web origins that are this service's."""

    ledger: str
    audiences: frozenset[str]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a key was found to say; only :func:`check` makes one."""

    official: str
    challenge: str


def sign(ledger: str, audience: str, official: str, challenge: str, key: PrivateKey) -> bytes:
    """Return the envelope in which ``key`` signs in as ``official``.

    Raises Malformed for what strict JSON refuses, and (``signin.form``) for what is no challenge: nobody gets other
    words signed by calling them one.
    """
    if _CHALLENGE.fullmatch(challenge) is None:
        raise _form()
    return Envelope.seal(PAYLOAD_TYPE, _spelt(ledger, audience, official, challenge), key).data


def check(envelope: Envelope, key: PublicKey, *, official: str, asked: Asked) -> Statement:
    """Return the statement in ``envelope`` if ``key``, the ``official``'s, made it for what is asked.

    Whether the challenge is one that was given, and still good, is for who gave it. Raises Forged where the signature
    does not hold, Malformed (``signin.form``) where the words are in another form, NotAllowed (``signin.ledger``,
    ``signin.audience``, ``signin.official``) where they are for something else.
    """
    require_type(envelope)
    payload = envelope.opened_with(key).payload
    said = strict_json.loads(payload)
    if not isinstance(said, dict) or tuple(said) != _MEMBERS or not all(type(one) is str for one in said.values()):
        raise _form()
    ledger, audience, name, challenge = said.values()
    if payload != _spelt(ledger, audience, name, challenge) or _CHALLENGE.fullmatch(challenge) is None:
        raise _form()
    if ledger != asked.ledger:
        raise NotAllowed(
            "signin.ledger",
            f"Pernyataan masuk ini untuk buku besar lain ({ledger[:80]}).",
            allowed=f"Di sini: {asked.ledger}.",
        )
    if audience not in asked.audiences:
        raise NotAllowed(
            "signin.audience",
            f"Pernyataan masuk ini dibuat untuk alamat lain ({audience[:80]}).",
            allowed=f"Masuk lewat {' atau '.join(sorted(asked.audiences))}; jangan pakai alamat dari orang lain.",
        )
    if name != official:
        raise NotAllowed(
            "signin.official",
            f"Kunci ini bukan kunci {name[:80]}.",
            allowed="Masuk sebagai diri sendiri, dengan kunci sendiri.",
        )
    return Statement(name, challenge)


def require_type(envelope: Envelope) -> None:
    """Return if ``envelope`` claims to be a sign-in and is no larger than one, else raise Malformed."""
    if envelope.payload_type != PAYLOAD_TYPE or len(envelope.data) > MAX_BYTES:
        raise _form()


def _spelt(ledger: str, audience: str, official: str, challenge: str) -> bytes:
    return strict_json.dumps(dict(zip(_MEMBERS, (ledger, audience, official, challenge), strict=True)))


def _form() -> Malformed:
    return Malformed(
        "signin.form",
        "Ini bukan pernyataan masuk dalam bentuk bakunya.",
        allowed=f'Jenis {PAYLOAD_TYPE}, isi {{"ledger":"...","audience":"...","official":"...","challenge":"..."}}.',
    )
