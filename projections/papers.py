"""What the IKU documents say, read once from their bytes and kept by digest.

A document that is not here, was altered or cannot be read stops nothing: it is kept as unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, select

from keys.errors import Forged, JejakError, NotFound
from ledger import iku
from ledger.iku_checks import warnings
from projections.schema import PAPERS
from projections.storage import insert_rows

#: Returns a document's bytes by digest; raises NotFound or Forged.
Read = Callable[[str], bytes]

NONE_YET = "Perkara ini belum mempunyai dokumen."
NO_TABLE = "Dokumen ini bukan tabel IKU."


def keep(connection: Connection, digests: Iterable[str], read: Read) -> None:
    """Read and keep the documents that are not kept yet."""
    wanted = sorted(set(digests))
    known = find(connection, wanted)
    insert_rows(connection, PAPERS, [paper(digest, read) for digest in wanted if digest not in known])


def find(connection: Connection, digests: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the rows of those of ``digests`` that are kept, by digest."""
    wanted = sorted(set(digests))
    if not wanted:
        return {}
    found = connection.execute(select(PAPERS).where(PAPERS.c.digest.in_(wanted)))
    return {one.digest: dict(one._mapping) for one in found}


def paper(digest: str, read: Read) -> dict[str, Any]:
    """Return the row of a document: what it says, or why that cannot be shown."""
    content, why = None, None
    try:
        document = iku.IkuDocument.parse(read(digest))
    except NotFound:
        why = "Isi dokumen tidak ada di penyimpanan, jadi tidak dapat ditampilkan."
    except Forged:
        why = "Isi dokumen di penyimpanan tidak cocok dengan sidiknya, jadi tidak ditampilkan."
    except JejakError as error:
        why = f"Isi dokumen tidak dapat dibaca sebagai tabel IKU: {error.detail}"
    except OSError:
        why = "Isi dokumen tidak dapat dibaca dari penyimpanan, jadi tidak dapat ditampilkan."
    else:
        plain = document.plain()
        content = {
            "rows": plain["rows"],
            "unit": document.unit,
            "period": plain["period"],
            "label": document.label,
            "warnings": [asdict(warning) for warning in warnings(document)],
        }
    return {"digest": digest, "content": content, "why": why}
