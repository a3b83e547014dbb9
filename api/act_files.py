"""Files that an act brings or names: read, hashed, and held against the case's document before anything is signed."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

from api import fields_of
from api.cli_base import (
    read_file,
)
from api.drafting import Place
from keys.errors import Malformed, NotAllowed
from keys.fields import DocumentRef
from ledger.bodies import CATALOGUE
from ledger.documents import digest_of
from ledger.iku import MEDIA_TYPE as IKU
from ledger.iku import IkuDocument
from ledger.kind_names import name_of


def attached(
    place: Place, kind: str, schema: fields_of.Schema, path: Path | None, media_type: str | None
) -> tuple[DocumentRef | None, bytes | None]:
    """Return the reference to the attached file and its bytes; held against the case's document where it is that."""
    if path is None:
        return None, None
    data = read_file(path, 20 * 1024 * 1024)
    digest = digest_of(data)
    if fields_of.document_path(schema) is None and CATALOGUE[kind][0] != "case":
        raise NotAllowed(
            "act.document",
            f"{name_of(kind).capitalize()} tidak membawa dokumen.",
            allowed=f"Isinya diberikan dengan --set atau --body; lihat: jejak kinds {kind}.",
        )
    if fields_of.document_path(schema) is None:
        held = place.document
        if held is None or held.digest != digest:
            raise NotAllowed(
                "act.document",
                f"Berkas {path.name} bukan dokumen perkara ini: sidiknya {digest}.",
                allowed=f"Dokumen perkara sekarang: {held.digest if held else 'belum ada'}.",
            )
        return None, None
    if media_type is None:
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        expected = place.sop.document.media_type if place.sop is not None else media_type
        drafts = kind.startswith("concept.") or kind == "activity.performed"
        # A name tells types that have endings of their own; of others the SOP knows better.
        if drafts and mimetypes.guess_extension(expected) is None:
            media_type = expected
    if media_type == IKU:
        _require_iku(path, data)
    return _reference(path, data, media_type), data


def papers(
    paper: Path | None, attachments: tuple[Path, ...], schema: fields_of.Schema, said: dict[str, Any]
) -> list[tuple[DocumentRef, bytes]]:
    """Return the scan of an act on paper and the attachments, each named in the body, with their bytes."""
    named = [("paper.scan", paper)] if paper is not None else []
    first = len(said.get("attachments", ()))
    named += [(f"attachments.{at}", path) for at, path in enumerate(attachments, first)]
    found = []
    for member, path in named:
        fields_of.at(schema, member)
        data = read_file(path, 20 * 1024 * 1024)
        reference = _reference(path, data, mimetypes.guess_type(path.name)[0] or "application/octet-stream")
        fields_of.put(said, member, reference.plain())
        found.append((reference, data))
    return found


def _reference(path: Path, data: bytes, media_type: str) -> DocumentRef:
    named = {"digest": digest_of(data), "media_type": media_type, "size": len(data), "name": path.name}
    return DocumentRef.read(named, "act.document", "Dokumen")


def _require_iku(path: Path, data: bytes) -> None:
    """Return if the file is the IKU document that the procedure asks for, else raise Malformed naming the file."""
    try:
        IkuDocument.parse(data)
    except Malformed as fault:
        raise Malformed(
            fault.rule,
            f"Berkas {path.name} bukan dokumen IKU. {fault.detail}",
            allowed=f"Langkah ini meminta dokumen IKU ({IKU}): buat dari tabel dengan jejak iku import, periksa dengan"
            " jejak iku check.",
        ) from None
