"""The register as a signer knows it: folded here from its own acts, which chain up to a proved head.

So who holds which mandate, and which proposals wait, comes from the log and not from anybody's advice; what the ledger
would refuse for want of power is refused before anything is shown, asked or signed. Every act of the register is read
once a command: about two milliseconds each on one machine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from api.answers import unreadable
from api.client import Client, Head
from keys.authority import Authority, Need, mandates_of, require, require_key
from keys.errors import Forged, JejakError, NotAllowed
from keys.register import Register
from ledger import officials
from ledger.acts import Act


@dataclass(frozen=True, slots=True)
class Signer:
    """Who is about to sign: the official and key id of a key file, and the mandate that they name."""

    official: str
    mandate: str
    keyid: str


@dataclass(frozen=True, slots=True)
class Known:
    """The register at its proved head; ``acts`` are its acts by leaf hash, oldest first, ``index`` the next leaf's.

    ``leaves`` are the leaf indices of its acts, by leaf hash; their order is proved, the numbers are the service's.
    """

    head: Head
    register: Register
    acts: Mapping[str, Act]
    index: int
    leaves: Mapping[str, int]

    def require(self, signer: Signer, need: Need) -> Authority:
        """Return the signer's authority if the register gives it now, else raise NotAllowed with the rule."""
        return require(
            self.register,
            official=signer.official,
            mandate=signer.mandate,
            keyid=signer.keyid,
            need=need,
            index=self.index,
            at=now(),
        )

    def standing(self, signer: Signer) -> Authority:
        """Return as whom the signer acts, whatever the office: key and mandate are theirs and in force."""
        held = self.register.mandates.get(signer.mandate)
        return self.require(signer, Need(held.record.office) if held else Need(""))

    def own(self, signer: Signer) -> Authority:
        """Return as whom the signer acts in their own affairs, or as a founder: a mandate that ended will do."""
        person, key = require_key(self.register, signer.official, signer.keyid, self.index)
        held = self.register.mandates.get(signer.mandate)
        if held is None or held.record.official != signer.official:
            own = ", ".join(one.record.mandate for one in mandates_of(self.register, signer.official))
            raise NotAllowed(
                "authority.mandate",
                f"Mandat {signer.mandate} bukan mandat {signer.official}.",
                allowed=f"Mandat {signer.official}, juga yang sudah berakhir: {own or 'belum ada'}.",
            )
        return Authority(person, key, held)


def now() -> dt.datetime:
    """Return the time of this machine's clock, UTC: what the ledger's own clock says when it judges is near it."""
    return dt.datetime.now(dt.UTC)


def known_register(client: Client, size: int) -> Known:
    """Return the register, verified; ``size`` is that of the newest verified checkpoint.

    Raises Forged where its acts do not chain or make no register, NotAllowed where nothing is founded.
    """
    head = client.head("register")
    if head.newest is None:
        raise NotAllowed("ledger.founded", "Buku besar ini belum didirikan.")
    indices = indices_in(client.advice("/v1/streams/register/trail"))
    register: Register | None = None
    acts: dict[str, Act] = {}
    history = client.history(head, indices)
    try:
        for one, index in zip(history, indices, strict=True):
            register = officials.fold(register, one.act, one.leaf, index, one.keyid)
            acts[one.leaf] = one.act
    except (AssertionError, KeyError, JejakError) as error:
        raise Forged("client.history", "Riwayat register mustahil.", cause=str(error)) from None
    assert register is not None
    leaves = {one.leaf: index for one, index in zip(history, indices, strict=True)}
    return Known(head, register, acts, max(size, head.newest.index + 1), leaves)


def indices_in(said: object) -> list[int]:
    """Return the leaf indices in the answer of a stream's trail, oldest first, or raise NotJudged."""
    rows = said.get("trail") if isinstance(said, dict) else None
    try:
        indices = [row["leaf_index"] for row in rows or ()]
    except (TypeError, KeyError):
        raise unreadable("jejaknya tanpa nomor daun.") from None
    if not all(type(index) is int and index >= 0 for index in indices):
        raise unreadable("jejaknya tanpa nomor daun.")
    return indices
