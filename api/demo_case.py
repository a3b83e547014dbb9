"""The demonstration's cases as a script: who does what with which papers, from disposition to both dispatches.

The first leaves the straight line as real offices do: directed on paper while the power was out and recorded later,
returned at step 5, returned once more by the Camat instead of signed. Then a key is changed, the Camat is called away,
and the Sekcam signs as Plh Camat what he gave his paraf; it is dispatched in the end. The second is opened by mistake
and withdrawn.

The IKU table is Sidemen's real one with its real defects, labelled as an example and not Kalipare's; what is mended in
round 2 is made up and labelled so. Letter, proof of delivery and people are synthetic.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from keys import strict_json
from keys.authority import WIB
from ledger.calendar_presets import draft
from ledger.iku import MEDIA_TYPE, IkuDocument, sample

FIRST, SECOND = "dewi-lestari", "eko-prasetyo"  # the registrars
CAMAT, SEKCAM, EVAPOR, STAF, UMUM = "sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim", "hadi-wijaya"

#: Yields each turn and is sent the leaf hash (hex) of its act.
Script = Generator["Turn", str, None]
#: Stores bytes (data, name, media type) and returns the reference to them.
Store = Callable[[bytes, str, str], dict[str, Any]]

_REASON = (
    "Rumus baris 1 dan 3 memuat target (= 100) dan sumber data menyebut pejabat, bukan catatan. "
    "Keluarkan target dari rumus dan sebut dokumen sumbernya."
)


_CAMATS_REASON = (
    "Kondisi awal baris 1 belum sesuai dengan laporan evaluasi tahun 2016; samakan dahulu sebelum saya tandatangani."
)


@dataclass(frozen=True, slots=True)
class Turn:
    """An act of the script: who, what, how many minutes ago they say that it happened, under which other mandate."""

    official: str
    kind: str
    body: dict[str, Any]
    minutes_ago: int = 0
    mandate: str | None = None


def told(turn: Turn) -> str | None:
    """Return what is done where the SOP's own words do not say it."""
    if turn.kind in _TOLD:
        return _TOLD[turn.kind]
    if "paper" in turn.body:
        return "Memberi arahan di atas kertas; dicatat menyusul, dengan pindaiannya"
    return {"returned": "Mengembalikan ketikan dengan alasan", "approved": "Menyetujui ketikan"}.get(
        str(turn.body.get("decision"))
    )


_TOLD = {
    "concept.revised": "Memperbaiki konsep yang dikembalikan",
    "document.returned": "Mengembalikan dokumen, di luar urutan SOP, dengan alasan",
    "disposition.withdrawn": "Menarik disposisi, di luar urutan SOP, dengan alasan",
    "key.proposed": "Mengusulkan kunci yang baru",
    "key.approved": "Menyetujui kunci itu, dengan berita acaranya",
    "key.revoked": "Mencabut kunci lamanya",
    "mandate.proposed": "Mengusulkan mandat Pelaksana Harian (Plh)",
    "mandate.approved": "Menyetujui mandat itu",
    "mandate.withdrawn": "Mencabut mandat itu",
}


@dataclass(frozen=True, slots=True)
class Papers:
    """References to the stored documents of the case."""

    letter: dict[str, Any]
    first: dict[str, Any]
    second: dict[str, Any]
    third: dict[str, Any]
    direction: dict[str, Any]
    proof: dict[str, Any]


def papers(store: Store) -> Papers:
    """Store the case's documents and return the references to them."""
    return Papers(
        letter=store(b"Surat masuk (contoh, data sintetis)\n", "surat-masuk.txt", "text/plain"),
        first=store(sample("kecamatan-sidemen"), "iku-konsep-1.json", MEDIA_TYPE),
        second=store(sample("kecamatan-sidemen-perbaikan"), "iku-konsep-2.json", MEDIA_TYPE),
        third=store(_third(), "iku-konsep-3.json", MEDIA_TYPE),
        direction=store(b"Pindaian lembar arahan (contoh, data sintetis)\n", "arahan.txt", "text/plain"),
        proof=store(b"Bukti pengiriman (contoh, data sintetis)\n", "bukti.txt", "text/plain"),
    )


def script(of: Papers, sop: dict[str, Any]) -> Script:
    """Yield the acts of the case up to the third concept; ``sop`` is the slug and leaf that it is pinned to."""
    yield Turn(CAMAT, "disposition.issued", _disposition(of.letter, sop), minutes_ago=45)
    said = {"step": "2", "instruction": "Susun sesuai Renstra; pakai form IKU.", "paper": {"scan": of.direction}}
    yield Turn(SEKCAM, "direction.given", said, minutes_ago=30)
    yield Turn(EVAPOR, "concept.drafted", {"step": "3", "document": of.first})
    yield Turn(STAF, "concept.typed", {"step": "4", "document": of.first})
    returned = yield Turn(EVAPOR, "typing.reviewed", _reviewed(of.first, "returned", reason=_REASON))
    yield Turn(STAF, "concept.revised", _revised(2, of.first, of.second, returned))
    yield Turn(EVAPOR, "typing.reviewed", _reviewed(of.second, "approved"))
    yield Turn(SEKCAM, "paraf.given", {"step": "6", "document": of.second["digest"]})
    back = {"step": "7", "to": "4", "document": of.second["digest"], "reason": _CAMATS_REASON}
    returned = yield Turn(CAMAT, "document.returned", back)
    yield Turn(STAF, "concept.revised", _revised(3, of.second, of.third, returned))


def paraf(of: Papers) -> Script:
    """Yield how the third concept is approved and gets its paraf."""
    yield reviewed(of)
    yield Turn(SEKCAM, "paraf.given", {"step": "6", "document": of.third["digest"]})


def reviewed(of: Papers) -> Turn:
    """Return the approval of the third concept."""
    return Turn(EVAPOR, "typing.reviewed", _reviewed(of.third, "approved"))


def signed(of: Papers, mandate: str) -> Script:
    """Yield the rest of the case, the signature given by the Sekcam under this mandate."""
    document = {"document": of.third["digest"]}
    yield Turn(SEKCAM, "signature.given", {"step": "7"} | document, mandate=mandate)
    addressees = [{"name": "Bagian Organisasi Setda", "copies": 1}, {"name": "Inspektorat", "copies": 2}]
    yield Turn(SEKCAM, "distribution.ordered", {"step": "8", "addressees": addressees} | document)
    yield Turn(UMUM, "agenda.ordered", {"step": "9"} | document)
    yield Turn(STAF, "agenda.recorded", _agenda() | document)
    for one in addressees:
        receipt = {"recipient": one["name"], "copies": one["copies"], "method": "kurir", "evidence": of.proof}
        yield Turn(STAF, "dispatch.recorded", {"step": "10"} | receipt | _received() | document)


def rotated(proposed: dict[str, Any], minutes: dict[str, Any], old: str) -> Script:
    """Yield how an official gets the key that is ``proposed`` and lays down the ``old`` one, named by its id."""
    leaf = yield Turn(FIRST, "key.proposed", proposed)
    yield Turn(SECOND, "key.approved", {"proposal": leaf, "berita_acara": minutes})
    yield Turn(proposed["official"], "key.revoked", {"keyid": old, "reason": "rotated"})


def given(mandate: dict[str, Any]) -> Script:
    """Yield how a mandate is given."""
    leaf = yield Turn(FIRST, "mandate.proposed", {"mandate": mandate})
    yield Turn(SECOND, "mandate.approved", {"proposal": leaf})


def taken(mandate: str) -> Script:
    """Yield how the mandate of that name is withdrawn."""
    yield Turn(SECOND, "mandate.withdrawn", {"mandate": mandate, "reason": "Camat sudah kembali (data sintetis)."})


def withdrawn(of: Papers, sop: dict[str, Any]) -> Script:
    """Yield the acts of the second case: a disposition, and its withdrawal."""
    yield Turn(CAMAT, "disposition.issued", _disposition(of.letter, sop))
    reason = "Surat ini sudah didisposisikan dalam perkara sebelumnya."
    yield Turn(CAMAT, "disposition.withdrawn", {"step": "1", "reason": reason})


def _reviewed(document: dict[str, Any], decision: str, **reason: str) -> dict[str, Any]:
    return {"step": "5", "document": document["digest"], "decision": decision} | reason


def _revised(turn: int, old: dict[str, Any], new: dict[str, Any], returned: str) -> dict[str, Any]:
    return {"step": "4", "round": turn, "replaces": old["digest"], "answers": returned, "document": new}


def _third() -> bytes:
    """Return the table after the Camat's return: one baseline changed, made up like the others."""
    table = json.loads(sample("kecamatan-sidemen-perbaikan"))
    table["rows"][0]["baseline"]["value"] = "72"
    return strict_json.dumps(IkuDocument.read(table, "demo.iku", "Tabel contoh").plain())


def settings(leaf: str, today: dt.date) -> list[tuple[str, dict[str, Any]]]:
    """Return what the office enacts beside its SOP, whose version has this leaf: kind and body of each act."""
    unclear = {"step": "4", "cell": "waktu", "raw": "II hari", "reading": {"amount": 2, "unit": "hari-kerja"}}
    ground = "Rapat staf (contoh, data sintetis): yang dimaksud dua hari kerja."
    return [
        ("calendar.enacted", {"calendar": draft("perpres-21-2023", today.year, today.year + 1).plain()}),
        ("numbering.enacted", {"classifications": ["070"], "office_code": "35.07.11"}),
        ("reading.confirmed", {"sop": leaf, "ground": ground} | unclear),
    ]


def claimed(minutes_ago: int = 0) -> str:
    """Return the time so many minutes ago, in WIB, as an act states it."""
    return (dt.datetime.now(WIB) - dt.timedelta(minutes=minutes_ago)).isoformat(timespec="seconds")


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
    return {"received_by": "Petugas penerima (sintetis)", "received_at": claimed()}
