"""Who read what over HTTP, for the Inspektorat: one row for each session and thing read, newest first.

Who asks by a case asks by its papers as well: its entries and its documents are read apart from it. A name that nothing
has is refused, because "nobody has read it" would be no answer to it.

It is the service's own record, not part of the log: whoever runs the service could change it, and the answer says so.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from flask import Response, jsonify
from pydantic import StringConstraints

from api.access import MOST_NAMED
from api.labels import labelled
from api.parameters import Limit, Number, blueprint, json_answer
from api.parts import parts
from keys.errors import NotFound
from keys.fields import Fact, Slug
from projections import audit_trail
from projections.digests import digests_from

NOTICE = (
    "Catatan pembacaan ini dibuat layanan, bukan bagian buku besar: tidak ditandatangani dan tidak disegel, jadi tidak"
    " dapat dibuktikan bahwa catatan ini lengkap."
)
_CASE = re.compile("(?:case:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII)
_LEAF = re.compile("0|[1-9][0-9]{0,15}", re.ASCII)
#: Entries that stand together, as a tile names them (C2SP tlog-tiles).
_TOGETHER = re.compile(r"(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?", re.ASCII)
#: A digest, or how it begins: enough of it to be written down by hand.
_DIGEST = re.compile("(?:sha256:)?([0-9a-f]{8,64})", re.ASCII)
_WHOLE = 64

routes = blueprint("reads")


class ReadsQuery(Fact):
    """Whose reads, or of what; a page below the row number `next` of the page before."""

    official: Slug | None = None
    what: Literal["alur", "daun", "dokumen", "pencarian"] | None = None
    name: Annotated[str, StringConstraints(min_length=1, max_length=MOST_NAMED)] | None = None
    before: Number | None = None
    limit: Limit = 50


@routes.get("/reads", responses={"200": json_answer("who read what, newest first")})
def reads(query: ReadsQuery) -> Response:
    """Return who read which case, entry, document or search, first and last when, and how often."""
    if query.official is not None and query.official not in parts().register().officials:
        raise NotFound(
            "reads.official",
            f"Pejabat {query.official} tidak ada dalam buku besar ini.",
            allowed="Daftar pejabat: jejak register show.",
        )
    things = _things(query.what, query.name) if query.name is not None else None
    found = parts().sessions.reads(
        official=query.official, what=query.what, things=things, before=query.before, limit=query.limit + 1
    )
    page, more = found[: query.limit], len(found) > query.limit
    return jsonify(labelled({"reads": page, "next": page[-1]["no"] if more else None, "notice": NOTICE}))


def _things(what: str | None, name: str) -> list[tuple[str, str]]:
    """Return what a name stands for in the record, each of which sort and under which name; raises NotFound."""
    if what == "pencarian" or (what is None and "=" in name):
        return [("pencarian", name)]
    case = _CASE.fullmatch(name)
    if case is not None or name == "register" or name.startswith("sop:"):
        return _of_stream(f"case:{case[1]}" if case else name)
    if what != "dokumen" and _LEAF.fullmatch(name) and (len(name) < 8 or int(name) < _size()):
        return _of_leaf(int(name))
    if what != "dokumen" and _TOGETHER.fullmatch(name):
        return [("daun", name)]
    digest = _DIGEST.fullmatch(name)
    if digest is None:
        raise _unknown(f"Tidak ada perkara, SOP, daun, atau dokumen yang bernama {name[:80]}.")
    return [("dokumen", _digest(digest[1]))]


def _of_stream(stream: str) -> list[tuple[str, str]]:
    """Return a stream with the entries and documents that are read apart from it."""
    if parts().ledger.stream(stream) is None:
        raise _unknown(f"Belum ada tindakan tercatat pada {_in_words(stream)}.")
    with parts().reading() as connection:
        rows = audit_trail.trail(connection, stream)
    things = [("alur", stream)]
    if stream.startswith("case:"):  # an entry of any other stream is noted as a read of the stream
        things += [("daun", str(row["leaf_index"])) for row in rows]
    return things + [("dokumen", digest) for digest in sorted({one for row in rows for one in row["documents"]})]


def _of_leaf(index: int) -> list[tuple[str, str]]:
    """Return an entry as it is noted: by itself in a case, else as its stream."""
    with parts().reading() as connection:
        row = audit_trail.row(connection, index)
    if row is None:
        raise NotFound(
            "reads.leaf",
            f"Tidak ada daun {index} dalam buku besar ini.",
            allowed=f"Daun 0 sampai {_size() - 1}.",
        )
    own = [("daun", str(index))]
    return own if row["stream"].startswith("case:") else [*own, ("alur", row["stream"])]


def _digest(begins: str) -> str:
    """Return the one digest that begins like this; a whole one is taken as well where only a read names it."""
    with parts().reading() as connection:
        found = digests_from(connection, f"sha256:{begins}", 2)
    whole = f"sha256:{begins}"
    if len(found) == 1:
        return found[0]
    if len(begins) == _WHOLE and _was_read(whole):
        return whole
    raise NotFound(
        "reads.document",
        f"Sidik yang dimulai {begins} dimiliki lebih dari satu dokumen."
        if found
        else f"Tidak ada tindakan yang menyebut dokumen bersidik {begins}, dan tidak ada yang membacanya.",
        allowed="Sebut sidiknya dengan lebih banyak huruf; paling sedikit 8, paling banyak 64.",
    )


def _was_read(digest: str) -> bool:
    asked = [("dokumen", digest)]
    return bool(parts().sessions.reads(official=None, what=None, things=asked, before=None, limit=1))


def _size() -> int:
    with parts().ledger.reading() as rows:
        return rows.size()


def _in_words(stream: str) -> str:
    family, _, name = stream.partition(":")
    return {"case": f"perkara {name}", "sop": f"SOP {name[:80]}"}.get(family, stream)


def _unknown(detail: str) -> NotFound:
    return NotFound(
        "reads.name",
        detail,
        allowed="Sebut nomor perkara, register, SOP dengan namanya, nomor daun, atau sidik dokumen.",
    )
