"""By which web origins this service is known: whoever signs in says which one they mean (RFC 6454 §6.2).

Where a proxy stands in front, that is the one address in ``JEJAK_WEB_ORIGIN`` and no other. Without it, it is the
address and port that the server listens on: the socket's, not what a caller names, and no other name of this machine.
So another program here, on another port or on the other loopback address that ``localhost`` may mean, cannot pass on
statements that were made for it.
"""

from __future__ import annotations

from typing import cast

from flask import current_app, request

from api.settings import WEB_ORIGIN, Settings

#: Names by which a browser may call a service that listens on this machine only (no DNS rebinding).
LOCAL = ("127.0.0.1", "localhost", "[::1]")


def hosts(settings: Settings) -> list[str]:
    """Return the host names under which requests are answered."""
    named = WEB_ORIGIN.fullmatch(settings.web_origin or "")
    return [*LOCAL, *([named["host"]] if named else [])]


def audiences() -> frozenset[str]:
    """Return the web origins of the service that answers this request."""
    named = _settings().web_origin
    if named:
        return frozenset({named})
    host, port = str(request.environ["SERVER_NAME"]), str(request.environ["SERVER_PORT"])
    name = f"[{host}]" if ":" in host else host
    return frozenset({f"http://{name}" + ("" if port == "80" else f":{port}")})


def secure() -> bool:
    """Tell whether browsers reach the service by https."""
    return (_settings().web_origin or "").startswith("https:")


def _settings() -> Settings:
    # Flask types its current application as the base class, which has no settings.
    return cast("Settings", current_app.settings)  # type: ignore[attr-defined]
