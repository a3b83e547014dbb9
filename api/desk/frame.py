"""The frame of every page: the blueprint, who looks at it, navigation, language, and a fault as a page.

A page is rendered with :func:`page`. Text that people or documents brought is data: Jinja escapes it, no page has a
script, a style or a handler inside it, and the policy that goes with each answer forbids them (CSP ``'self'``).
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from markupsafe import Markup, escape
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as AnyResponse

from api.desk import language
from api.desk.language import gettext as _
from api.packing import packed
from api.parts import parts
from api.reader import Reader, sign_in_of
from keys.errors import JejakError
from ledger import log
from ledger.checkpoint import format_hash, parse_body
from ledger.note import parse_unverified
from ledger.notices import DISCLAIMER, SYNTHETIC
from projections.alone import BUILDING

__all__ = ["HTML", "_", "page", "reader_or_none", "routes", "seal"]

HTML = "text/html; charset=utf-8"
routes = Blueprint("desk", __name__, template_folder="templates")

_CASE_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
#: The rooms of the desk in the order of the navigation: endpoint, name; the last is for the Inspektorat.
ROOMS = (
    ("desk.desk", "Meja"),
    ("desk.cases", "Perkara"),
    ("desk.check", "Periksa"),
    ("desk.search", "Jejak"),
    ("desk.agenda", "Agenda"),
    ("desk.officials", "Pejabat"),
)


def reader_or_none() -> Reader | None:
    """Return who is signed in, None on a page that anybody may see."""
    found: Reader | None = g.get("reader")
    return found


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Return a page made from ``template``; it knows whose ledger this is and who looks at it.

    ``scripts``, if given, are the modules that it runs.
    """
    return packed(Response(render_template(template, **_common(), **values), status, content_type=HTML))


def with_links(sentence: str) -> Markup:
    """Return a sentence of ours, its case ids led to the pages of those cases."""
    return Markup(_CASE_ID.sub(r'<a href="/perkara/\g<0>">\g<0></a>', str(escape(sentence))))  # noqa: S704  escaped


def seal() -> dict[str, Any]:
    """Return the newest checkpoint: ``{"size", "root", "origin"}``, the root in standard base64."""
    with parts().ledger.reading() as rows:
        found = parse_body(parse_unverified(log.checkpoint(rows))[0])
    return {"size": found.size, "root": format_hash(found.root), "origin": found.origin}


def _common() -> dict[str, Any]:
    from api.desk import static_files  # its address is a page of this blueprint

    try:
        register = parts().register()
    except JejakError:  # nothing is founded, or the store is damaged: the page itself says which
        register = None
    who = reader_or_none()
    me = register.officials.get(who.session.official) if register and who else None
    return {
        "ledger_name": register.name if register else "Jejak",
        "origin": register.origin if register else "",
        "synthetic": SYNTHETIC if register and register.synthetic else "",
        "disclaimer": DISCLAIMER,
        "language": language.language(),
        "who": who,
        "me": me.record if me else None,
        "rooms": _rooms(who),
        "page_address": iri_to_uri(request.url),
        "made_at": language.now().isoformat(),
        "newest_seal": seal if register else None,
        "here": request.endpoint,
        "build": static_files.version(),
        "modules": static_files.needed_by,
        "catalogue": static_files.ENGLISH,
        "_": _,
    }


def _rooms(who: Reader | None) -> list[tuple[str, str]]:
    if who is None or not who.mandates:
        return []
    found = [(url_for(endpoint), _(name)) for endpoint, name in ROOMS]
    return [*found, (url_for("desk.reads"), _("Pembacaan"))] if who.inspector else found


def as_page(problem: dict[str, Any]) -> AnyResponse | None:
    """Return a problem as a page where a page was asked for, else None; who must sign in first is sent there."""
    asks_for_page = "text/html" in request.headers.get("Accept", "")  # a program that names nothing gets no page
    if request.blueprint != "desk" and not (request.endpoint is None and asks_for_page):
        return None
    if request.accept_mimetypes.best == "application/json":
        return None
    if problem["status"] == 401:
        after = quote(request.full_path.rstrip("?"), safe="")
        return redirect(f"{url_for('desk.sign_in')}?lanjut={after}", 303)
    if request.endpoint is None:
        with suppress(JejakError):  # nobody is asked for at an address that there is not; who is signed in stays so
            sign_in_of(parts())
        where = _("Periksa alamatnya, atau pilih halaman di bawah ini.")
        problem = problem | {"detail": _("Halaman ini tidak ada."), "allowed": where}
    if problem["rule"] == BUILDING:
        return _building(problem)
    return page("problem.html", problem["status"], problem=problem)


def _building(problem: dict[str, Any]) -> Response:
    """Return the page that says how far the read models are, and comes again by itself where a page was asked for."""
    built = page("building.html", problem["status"], problem=problem)
    if request.method in ("GET", "HEAD"):
        built.headers["Refresh"] = str(problem["retry_after"])
    return built


routes.add_app_template_filter(language.day, "hari")
routes.add_app_template_filter(language.moment, "waktu")
routes.add_app_template_filter(language.ago, "lalu")
routes.add_app_template_filter(language.count, "ribuan")
routes.add_app_template_filter(with_links, "bertaut")
