"""An act as the journal has it: entry, act and leaf index, the columns compared with the signed bytes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from keys.errors import Forged, Malformed
from ledger.acts import Act, SignedAct, act_of
from ledger.entry import Entry
from ledger.rows import Row


@dataclass(frozen=True, slots=True)
class Recorded:
    """An accepted act. Its signature was verified when it was accepted, and the audit verifies it again."""

    index: int
    entry: Entry
    act: Act
    leaf: str

    @classmethod
    def new(cls, index: int, signed: SignedAct, at: dt.datetime) -> Recorded:
        """Return ``signed`` as leaf ``index``, recorded at ``at``."""
        entry = Entry.record(signed.envelope, at)
        return cls(index, entry, signed.act, entry.leaf_hash.hex())

    @classmethod
    def read(cls, row: Row) -> Recorded:
        """Return what a row records, or raise :class:`Forged` where a column contradicts the bytes."""
        try:
            entry = Entry.parse(row.data)
            act = act_of(entry.envelope)
        except Malformed as error:
            raise Forged(error.rule, f"Daun {row.index} tidak dapat dibaca: {error.detail}", leaf=row.index) from None
        leaf = entry.leaf_hash
        if (act.stream, act.version, act.kind, leaf) != (row.stream, row.version, row.kind, row.leaf_hash):
            raise Forged(
                "entry.columns",
                f"Daun {row.index}: kolom penyimpanan tidak sama dengan isi yang ditandatangani.",
                leaf=row.index,
            )
        return cls(row.index, entry, act, leaf.hex())
