"""What every answer says to a browser; no view says any of it itself."""

from __future__ import annotations


def _headers(sources: str) -> tuple[tuple[str, str], ...]:
    policy = f"default-src {sources}; frame-ancestors 'none'; base-uri 'none'; form-action {sources}"
    return (
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Content-Security-Policy", policy),
    )


OF_A_PAGE, OF_ANYTHING_ELSE = _headers("'self'"), _headers("'none'")
#: What an answer says that says nothing else of how long it may be kept.
UNKEPT = ("Cache-Control", "no-store")
