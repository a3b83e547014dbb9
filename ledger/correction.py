"""Corrections: a slip of the pen in an earlier act of a case, put right by an act that shows both versions.

Only what a person typed can be corrected: text and dates. Never what binds: a digest, a leaf, a step, a round, a
decision, a period, a number in the agenda book, who gets copies or how many; those change by acts of their own. The
corrected value must be one that the act's own schema takes. Nothing is overwritten. Pure.
"""

from __future__ import annotations

from typing import Any

from keys.errors import Malformed, NotAllowed
from keys.member_words import words_of
from ledger import bodies as b
from ledger.bodies import CATALOGUE, CaseBody
from ledger.case import Case

#: What can be a slip of the pen, and what people call it; whatever is not listed binds. A test holds it against the
#: schemas of all acts of a case.
CORRECTABLE = {
    "letter.sender": "pengirim surat masuk",
    "letter.number": "nomor surat masuk",
    "letter.date": "tanggal surat masuk",
    "letter.received": "tanggal terima surat masuk",
    "agenda_no": "nomor agenda",
    "subject": "perihal",
    "instruction": "perintah",
    "note": "catatan",
    "reason": "alasan",
    "letter_date": "tanggal surat",
    "sent_date": "tanggal kirim",
    "addressee": "alamat tujuan",
    "summary": "isi ringkas",
    "remark": "keterangan",
    "method": "cara pengiriman",
    "received_by": "nama yang menerima",
    "received_at": "waktu terima",
}


def decide_correction(case: Case, body: b.CorrectionRecorded) -> None:
    """Return if the correction names a value that stands in an act of this case, else raise NotAllowed."""
    act = case.acts.get(body.leaf)
    if act is None or not isinstance(act.body, CaseBody) or isinstance(act.body, b.CorrectionRecorded):
        raise NotAllowed(
            "correction.leaf",
            "Tindakan yang dibetulkan tidak ada dalam perkara ini, atau sendiri sebuah pembetulan.",
            allowed="Sebut sidik daun tindakan dalam perkara ini.",
        )
    if body.step != act.body.step:
        raise NotAllowed(
            "correction.step",
            f"Pembetulan menyebut langkah ini, sedangkan tindakannya di langkah {act.body.step}.",
            allowed=f"Yang membetulkan pelaksana langkah {act.body.step}, dengan menyebut langkah itu.",
        )
    part = CORRECTABLE.get(body.field) or words_of(body.field.split("."))
    if body.field not in CORRECTABLE or (isinstance(act.body, b.AgendaRecorded) and body.field == "agenda_no"):
        raise NotAllowed(
            "correction.binding",
            f"Bagian “{part}” mengikat dan tidak dapat dibetulkan.",
            allowed=f"Yang dapat dibetulkan: {', '.join(one for one in CORRECTABLE.values() if one != part)}.",
            member=body.field,
        )
    values = corrected(case, body.leaf).plain()
    holder, name = _holder(values, body.field)
    present = _text(holder.get(name)) if holder is not None else None
    if holder is None or present is None or present != body.old:
        raise NotAllowed(
            "correction.old",
            f"Bagian “{part}” tidak berisi “{body.old[:80]}”.",
            allowed=f"Isinya sekarang: “{present}”." if present else "Sebut bagian yang ada isinya.",
            member=body.field,
        )
    if body.new == present:
        raise NotAllowed(
            "correction.new",
            f"Isi baru bagian “{part}” sama dengan yang sekarang.",
            allowed="Tulis isi yang benar.",
            member=body.field,
        )
    holder[name] = body.new
    try:
        _read(act.kind, values)
    except Malformed as fault:
        raise NotAllowed(
            "correction.new", fault.detail, allowed="Tulis isi yang sah untuk bagian itu.", member=body.field
        ) from None


def corrected(case: Case, leaf: str) -> CaseBody:
    """Return what the act ``leaf`` (hex) of this case says with all its corrections, the newest of each part."""
    act = case.acts[leaf]
    values = act.body.plain()
    for one in case.corrections:
        if one.of == leaf:
            holder, name = _holder(values, one.field)
            assert holder is not None
            holder[name] = one.new
    return _read(act.kind, values)


def _read(kind: str, values: dict[str, Any]) -> CaseBody:
    body = CATALOGUE[kind][1].read(values, "correction.new", "Isi baru")
    assert isinstance(body, CaseBody)
    return body


def _holder(values: Any, field: str) -> tuple[dict[str, Any] | None, str]:
    """Return the object that holds the last name of the path ``field``, or None where the path leads nowhere."""
    path = field.split(".")
    for name in path[:-1]:
        values = values.get(name) if isinstance(values, dict) else None
    return (values if isinstance(values, dict) else None), path[-1]


def _text(value: Any) -> str | None:
    """Return a value as a correction spells it; only text can be corrected."""
    return value if isinstance(value, str) else None
