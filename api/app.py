"""The composition root: the one place where the service is put together from its parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from flask import Response, jsonify, request
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from api import (
    access,
    acts,
    agenda,
    bundles,
    cases,
    documents,
    iku_tools,
    log,
    origins,
    place,
    problems,
    reads,
    register,
    session,
    tiles,
    time_spent,
    trail_search,
)
from api.desk import rooms as desk
from api.door import Door
from api.follower import Follower
from api.opening import now, open_ledger
from api.parameters import check_address, check_query, wait_for_leaf
from api.parts import NAME, Parts, parts
from api.safe_headers import OF_A_PAGE, OF_ANYTHING_ELSE, UNKEPT
from api.session_store import SessionStore
from api.settings import Settings
from projections.catchup import Views


class App(OpenAPI):
    """The WSGI application of one ledger; :meth:`close` it when it is no longer served."""

    parts: Parts
    settings: Settings

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is: none here is asynchronous, and Flask would look into each at every request."""
        return func

    def close(self) -> None:
        """Stop the follower and close the stores; a rebuild is left off, and the next start goes on with it."""
        self.parts.views.leave_off()
        self.parts.follower.close()
        self.parts.views.close()
        self.parts.sessions.close()
        self.parts.ledger.close()


#: Endpoints that are served wherever the ledger is by now.
_SAY_IT = frozenset({"service.health", "desk.static"})


def create_app(settings: Settings, clock: Callable[[], dt.datetime] = now) -> App:
    """Return the application that serves the ledger in ``settings.home``.

    Its read models are caught up if that is soon done; else it goes on meanwhile (:mod:`api.follower`).
    ``clock`` returns aware times. Raises NotFound where there is no log key, Forged where the ledger's end is not
    sealed or is not what is remembered outside, Unavailable where it cannot be opened.
    """
    ledger = open_ledger(settings, clock)
    try:
        sessions = SessionStore(settings.database)
        views = Views(settings.database.views_url, ledger.reading, ledger.documents, settings.database.views_file)
    except BaseException:
        ledger.close()
        raise

    def size() -> int:
        with ledger.reading() as rows:
            return rows.size()

    app = App(
        "api",
        info=Info(title="Jejak", version=version("jejak"), description="A ledger of signed acts of an SOP."),
        doc_ui=False,
        static_folder=None,
        validation_error_status=400,
        validation_error_model=problems.Problem,
        validation_error_callback=problems.refuse_parameters,
    )
    app.settings = settings
    follower = Follower(views.catch_up, size, listen=ledger.wait if ledger.database.tells else None)
    app.parts = Parts(ledger, views, sessions, follower, clock)
    app.extensions[NAME] = app.parts
    app.config["TRUSTED_HOSTS"] = origins.hosts(settings)
    app.url_map.merge_slashes = False  # an address has one spelling; another is not found, nor redirected
    # Flask types its JSON provider as the base class, which has neither attribute.
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    problems.install(app, desk.as_page)
    app.before_request(check_address)  # before the guard, which looks names up
    app.before_request(_require_here)
    app.before_request(access.guard)
    app.before_request(check_query)
    app.before_request(wait_for_leaf)  # after the guard: who is not let in holds no thread
    app.after_request(_guarded)
    for room in (
        acts,
        agenda,
        bundles,
        cases,
        documents,
        iku_tools,
        log,
        place,
        reads,
        register,
        session,
        time_spent,
        trail_search,
    ):
        app.register_api(room.routes)
    app.register_api(log.outside)
    app.register_api(tiles.outside)
    app.register_blueprint(desk.routes)
    app.add_url_rule("/openapi.json", "openapi", lambda: jsonify(app.api_doc))
    access.complete(app)
    # Flask's own way to put something in front; it is typed as a method, which nobody assigns.
    app.wsgi_app = Door(app.wsgi_app, ledger.record, origins.hosts(settings))  # type: ignore[method-assign]
    app.parts.follower.start()
    return app


def _require_here() -> None:
    """Return if the ledger was not moved away from this service, else raise Unavailable: what it has is no longer new.

    What says so is answered: ``/healthz``, and what a page is drawn with.
    """
    if request.endpoint not in _SAY_IT:
        parts().ledger.require_here()


def _guarded(response: Response) -> Response:
    """Return the response with the headers that every answer carries."""
    headers = response.headers
    headers.extend(OF_A_PAGE if response.mimetype == "text/html" else OF_ANYTHING_ELSE)
    headers.setdefault(*UNKEPT)
    if request.endpoint is not None and access.POLICIES[request.endpoint] is not None:
        response.vary.update(("Authorization", "Cookie"))  # what is public is the same for whoever asks
    return response
