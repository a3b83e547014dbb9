"""The kinds of thing that somebody keeps of a log, to hold a bundle against: what each is, and nothing verified yet.

- a checkpoint: bytes;
- a bundle (:class:`ledger.bundle.Bundle`);
- a receipt, with or without what it is of (:class:`KeptReceipt`);
- a head, which a client remembers of a stream (:class:`KeptHead`).

What follows from them is :mod:`ledger.evidence_outside`. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from keys.envelope import Envelope
from keys.errors import JejakError
from ledger.bundle import Bundle
from ledger.entry import Entry
from ledger.receipt import Receipt, parse_receipt

_RECEIPT = b"c2sp.org/tlog-proof@"


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """A receipt, and the entry or the envelope that was kept beside it.

    An official has the envelope that they signed; the time of recording, which makes an entry of it, is the log's.
    """

    receipt: Receipt
    entry: Entry | None = None
    envelope: Envelope | None = None

    @classmethod
    def parse(cls, data: bytes, beside: bytes | None = None) -> KeptReceipt:
        """Return the receipt in ``data``, with the entry or envelope in ``beside``; raises Malformed.

        What is ``beside`` and is neither says nothing: a file may have such a name by chance.
        """
        receipt = parse_receipt(data)
        if beside is not None:
            try:
                return cls(receipt, entry=Entry.parse(beside))
            except JejakError:
                pass
            try:
                return cls(receipt, envelope=Envelope.parse(beside))
            except JejakError:
                pass
        return cls(receipt)


@dataclass(frozen=True, slots=True)
class KeptHead:
    """The newest act of a stream that a client had verified: version, leaf hash (hex), leaf index."""

    stream: str
    version: int
    leaf: str
    index: int


#: What can be kept of a log: a checkpoint's bytes, a bundle, a receipt, a head.
Kept = bytes | Bundle | KeptReceipt | KeptHead


def note_of(kept: Kept) -> bytes | None:
    """Return the checkpoint's bytes in what was kept, None of a head."""
    match kept:
        case KeptHead():
            return None
        case KeptReceipt(receipt=receipt):
            return receipt.checkpoint_note
        case Bundle(checkpoint=note):
            return note
    return kept


def is_receipt(data: bytes) -> bool:
    """Tell whether bytes set out to be a receipt."""
    return data.startswith(_RECEIPT)
