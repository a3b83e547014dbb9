"""A small second SOP, made up: other offices in the lead, two decisions, no paraf, a letter instead of a table."""

from __future__ import annotations

import copy
from typing import Any

from ledger.sop import Sop, check
from tests.kit import the_sop

SLUG = "surat-keterangan"
PDF = "application/pdf"


def _cell(text: str) -> dict[str, Any]:
    return {"raw": text, "reading": text, "basis": "sumber"}


def _inferred(reading: Any) -> dict[str, Any]:
    return {"raw": "", "reading": reading, "basis": "disimpulkan", "note": "Dibuat-buat untuk pengujian."}


def _step(no: str, office: str, activities: list[str], kegiatan: str, ways: dict[str | None, str]) -> dict[str, Any]:
    blank = {"raw": "", "basis": "tidak-terbaca"}
    return {
        "no": no,
        "activities": activities,
        "kegiatan": _cell(kegiatan),
        "pelaksana": _inferred(office),
        "kelengkapan": _inferred([]),
        "waktu": blank,
        "output": _inferred([]),
        "keterangan": blank,
        "next": [{"to": to, "when": when} if when else {"to": to} for when, to in ways.items()],
    }


def activity_sop(change: Any = None) -> Sop:
    """Return the SOP, after ``change`` was done to its JSON; it is checked."""
    value = copy.deepcopy(the_sop().plain())
    value |= {
        "slug": SLUG,
        "title": "Penerbitan Surat Keterangan (sintetis)",
        "document": {"media_type": PDF, "name": "Surat Keterangan"},
        "things": [],
        "steps": [
            _step("1", "staf", ["activity.performed"], "Menerima permohonan", {None: "2"}),
            _step("2", "kasubag-umum", ["activity.decided"], "Memeriksa berkas", {"lengkap": "3", "kurang": "1"}),
            _step("3", "staf", ["activity.performed"], "Mengetik surat", {None: "4"}),
            _step("4", "sekcam", ["activity.decided"], "Memeriksa surat", {"setuju": "5", "ulang": "3"}),
            _step("5", "camat", ["signature.given", "activity.performed"], "Menandatangani dan mencap", {None: "6"}),
            _step("6", "staf", ["activity.performed"], "Menyerahkan surat", {}),
        ],
    }
    if change is not None:
        change(value)
    sop = Sop.read(value, "sop.form", "SOP")
    check(sop)
    return sop
