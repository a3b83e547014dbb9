"""What the IKU documents say, read once from their bytes and kept by digest.

A document that is not here, was altered or cannot be read stops nothing: it is kept as unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, insert, select

from keys.errors import Forged, JejakError, NotFound
from ledger import iku
from ledger.iku_checks import warnings
from projections.schema import PAPERS

#: Returns a document's bytes by digest; raises NotFound or Forged.
Read = Callable[[str], bytes]

NONE_YET = "Perkara ini belum mempunyai dokumen."
NO_TABLE = "Dokumen ini bukan tabel IKU."


def keep(connection: Connection, digests: Iterable[str], read: Read) -> dict[str, dict[str, Any]]:
    """Read and keep the documents that are not kept yet; return the rows of all of ``digests`` by digest."""
    wanted = sorted(set(digests))
    if not wanted:
        return {}
    found = {one.digest: dict(one._mapping) for one in connection.execute(select(PAPERS).where(_in(wanted)))}
    fresh = [_paper(digest, read) for digest in wanted if digest not in found]
    if fresh:
        connection.execute(insert(PAPERS), fresh)
    return found | {paper["digest"]: paper for paper in fresh}


def _in(digests: list[str]) -> Any:
    return PAPERS.c.digest.in_(digests)


def _paper(digest: str, read: Read) -> dict[str, Any]:
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
            "period": plain["period"],
            "label": document.label,
            "warnings": [asdict(warning) for warning in warnings(document)],
        }
    return {"digest": digest, "content": content, "why": why}
