"""Acts of an audited log that are in question: a key was revoked because somebody else may have used it.

No verdict hangs on it (:mod:`ledger.verdicts`), but the trail shows it of every such act, so an auditor is told.
Which acts those are, only the register at the end of the log says; so the leaves are gone over a second time, and only
where there is such a revocation. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from keys.errors import Forged
from keys.register import Loss, Register
from ledger.audit_report import Questioned
from ledger.flags import questioned
from ledger.recorded import Recorded
from ledger.rows import Row
from ledger.verdicts import in_question, keys_in_question

#: Rows that are read at once.
_READ = 500


def questioned_acts(
    register: Register | None, entries: Callable[[int, int], list[Row]], size: int
) -> Iterator[Questioned]:
    """Yield the acts among the first ``size`` leaves that ``register`` puts in question, in leaf order.

    Leaves that cannot be read are passed over: they are findings.
    """
    keys = [] if register is None else [(key.public.id.encode(), loss) for key, loss in keys_in_question(register)]
    if register is None or not keys:
        return
    revoked = {loss.index: _read(entries(loss.index, 1)[0]) for _, loss in keys}
    for start in range(0, max(loss.index for _, loss in keys), _READ):
        for row in entries(start, min(_READ, size - start)):
            if not any(keyid in row.data for keyid, _ in keys) or (done := _read(row)) is None:
                continue
            loss = in_question(done, register)
            if loss is not None and (revocation := revoked[loss.index]) is not None:
                yield _said(done, register, loss, revocation)


def _read(row: Row) -> Recorded | None:
    try:
        return Recorded.read(row)
    except Forged:
        return None


def _said(done: Recorded, register: Register, loss: Loss, revocation: Recorded) -> Questioned:
    act, by = done.act, register.officials[loss.by].record.name
    sentence = questioned(loss, by, revocation.entry.recorded_at).sentence
    keyid = done.entry.envelope.keyid
    return Questioned(done.index, act.stream, act.kind, act.official, keyid, loss.index, sentence)
