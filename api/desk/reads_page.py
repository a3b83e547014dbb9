"""Who read what, for the Inspektorat: the service's own record, newest first, sought by person, sort and name."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from api import reads as reading
from api.desk.frame import _, page, routes
from api.parts import parts


@routes.get("/pembacaan")
def reads() -> Response:
    """Return the page of who read what, newest first."""
    asked = {name: value for name, value in request.args.items() if value.strip()}
    query = reading.ReadsQuery.read(asked, "request.parameter", "Alamat")
    found = reading.reads(query).get_json()
    people = {name: one.record.name for name, one in parts().register().officials.items()}
    chosen = {name: value for name, value in asked.items() if name != "before"}
    following = chosen | {"before": found["next"]}
    return page(
        "reads.html",
        reads=[one | {"address": _address(one)} for one in found["reads"]],
        notice=found["notice"],
        next=f"/pembacaan?{urlencode(following)}" if found["next"] is not None else None,
        start=f"/pembacaan?{urlencode(chosen)}" if chosen else "/pembacaan",
        before=query.before,
        chosen=chosen,
        people=people,
        sorts={"alur": _("Alur"), "daun": _("Daun"), "dokumen": _("Dokumen"), "pencarian": _("Pencarian")},
    )


def _address(read: dict[str, Any]) -> str | None:
    """Return where the thing that was read is looked at, None where there is no page of it."""
    what, name = read["what"], read["name"]
    if what == "alur" and name.startswith("case:"):
        return f"/perkara/{name.removeprefix('case:')}"
    if what == "daun" and name.isdigit():
        return f"/v1/entries/{name}"
    return f"/periksa?sidik={name}" if what == "dokumen" else None
