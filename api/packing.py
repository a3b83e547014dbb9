"""What goes over a weak line: answers by gzip (RFC 1952), for whoever takes that (RFC 9110 §12.5.3).

A page says nothing that its reader may not see, and no other site can have the browser ask for one as them
(SameSite=Strict), so nobody learns from its length (BREACH needs both).
"""

from __future__ import annotations

import gzip

from flask import Response, request

#: Bytes from which an answer is worth it.
LEAST = 1024
#: gzip's level: the largest answer (a bundle of 16 MB) must not hold a thread for seconds.
EFFORT = 5


def packed(response: Response) -> Response:
    """Return the answer by gzip where it is large and whoever asks takes that; caches keep both apart."""
    response.vary.add("Accept-Encoding")
    data = response.get_data()
    if len(data) >= LEAST and request.accept_encodings.quality("gzip") > 0:
        response.set_data(gzip.compress(data, EFFORT, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
