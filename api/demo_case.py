"""The demonstration's case as a script: who does what with which papers, from disposition to both dispatches.

The IKU table is Sidemen's real one with its real defects, labelled as an example and not Kalipare's; what is mended in
round 2 is made up and labelled so. Letter, proof of delivery and people are synthetic.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from keys.authority import WIB
from ledger.iku import MEDIA_TYPE, sample

CAMAT, SEKCAM, EVAPOR, STAF, UMUM = "sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim", "hadi-wijaya"

#: Yields (official, kind, body) and is sent the leaf hash (hex) of that act.
Script = Generator[tuple[str, str, dict[str, Any]], str, None]
#: Stores bytes (data, name, media type) and returns the reference to them.
Store = Callable[[bytes, str, str], dict[str, Any]]

_REASON = (
    "Rumus baris 1 dan 3 memuat target (= 100) dan sumber data menyebut pejabat, bukan catatan. "
    "Keluarkan target dari rumus dan sebut dokumen sumbernya."
)


@dataclass(frozen=True, slots=True)
class Papers:
    """References to the stored documents of the case."""

    letter: dict[str, Any]
    first: dict[str, Any]
    second: dict[str, Any]
    proof: dict[str, Any]


def papers(store: Store) -> Papers:
    """Store the case's documents and return the references to them."""
    return Papers(
        letter=store(b"Surat masuk (contoh, data sintetis)\n", "surat-masuk.txt", "text/plain"),
        first=store(sample("kecamatan-sidemen"), "iku-konsep-1.json", MEDIA_TYPE),
        second=store(sample("kecamatan-sidemen-perbaikan"), "iku-konsep-2.json", MEDIA_TYPE),
        proof=store(b"Bukti pengiriman (contoh, data sintetis)\n", "bukti.txt", "text/plain"),
    )


def script(of: Papers, sop: dict[str, Any]) -> Script:
    """Yield the acts of the case in their order; ``sop`` is the slug and leaf that it is pinned to."""
    document = {"document": of.second["digest"]}
    yield CAMAT, "disposition.issued", _disposition(of.letter, sop)
    yield SEKCAM, "direction.given", {"step": "2", "instruction": "Susun sesuai Renstra; pakai form IKU."}
    yield EVAPOR, "concept.drafted", {"step": "3", "document": of.first}
    yield STAF, "concept.typed", {"step": "4", "document": of.first}
    first = of.first["digest"]
    review = {"step": "5", "document": first, "decision": "returned", "reason": _REASON}
    returned = yield EVAPOR, "typing.reviewed", review
    revised = {"step": "4", "round": 2, "replaces": first, "answers": returned, "document": of.second}
    yield STAF, "concept.revised", revised
    yield EVAPOR, "typing.reviewed", {"step": "5", "decision": "approved"} | document
    yield SEKCAM, "paraf.given", {"step": "6"} | document
    yield CAMAT, "signature.given", {"step": "7"} | document
    addressees = [{"name": "Bagian Organisasi Setda", "copies": 1}, {"name": "Inspektorat", "copies": 2}]
    yield SEKCAM, "distribution.ordered", {"step": "8", "addressees": addressees} | document
    yield UMUM, "agenda.ordered", {"step": "9"} | document
    yield STAF, "agenda.recorded", _agenda() | document
    for one in addressees:
        receipt = {"recipient": one["name"], "copies": one["copies"], "method": "kurir", "evidence": of.proof}
        yield STAF, "dispatch.recorded", {"step": "10"} | receipt | _received() | document


def now() -> str:
    """Return the time, in WIB, as an act states it."""
    return dt.datetime.now(WIB).isoformat(timespec="seconds")


def _disposition(letter: dict[str, Any], sop: dict[str, Any]) -> dict[str, Any]:
    today = dt.datetime.now(WIB).date()
    return {
        "step": "1",
        "sop": sop,
        "letter": {
            "sender": "Bagian Organisasi Setda Kab. Malang (sintetis)",
            "number": f"060/12/35.07.1/{today.year}",
            "date": str(today),
            "received": str(today),
            "scan": letter,
        },
        "urgency": "segera",
        "secrecy": "biasa",
        "subject": "Penyusunan Indikator Kinerja Utama 2017-2021 (contoh, bukan IKU Kalipare)",
        "forwarded_to": ["sekcam"],
        "instruction": "Susun Indikator Kinerja Utama.",
        "period": {"first_year": 2017, "last_year": 2021},  # the period of the example table
    }


def _agenda() -> dict[str, Any]:
    today = dt.datetime.now(WIB).date()
    return {
        "step": "10",
        "agenda_no": 1,
        "number": {"classification": "070", "running": 1, "office_code": "35.07.11", "year": today.year},
        "letter_date": str(today),
        "sent_date": str(today),
        "addressee": "Bagian Organisasi Setda; Inspektorat",
        "summary": "Indikator Kinerja Utama 2017-2021 (contoh)",
    }


def _received() -> dict[str, str]:
    return {"received_by": "Petugas penerima (sintetis)", "received_at": now()}
