"""The HTTP reference: a Flask endpoint that saves the posted payload, unsigned, with the plain library, on waitress."""

from __future__ import annotations

import sys
from pathlib import Path

from flask import Flask, request
from waitress.server import create_server

from tests.bench.databases import named
from tests.bench.plain import open_plain, save

THREADS = 16


def main(folder: Path, database: str) -> None:
    """Serve until killed; the first line printed is the port."""
    app, events = Flask("plain"), open_plain(folder, named(database))

    @app.post("/v1/acts")
    def record() -> tuple[dict[str, bool], int]:
        save(events, request.get_data())
        return {"saved": True}, 201

    server = create_server(app, host="127.0.0.1", port=0, threads=THREADS)
    print(server.effective_port, flush=True)
    server.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
