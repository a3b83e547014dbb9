"""A file that is replaced whole or not at all: written beside, fsynced, renamed, its folder fsynced."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

#: How the names begin of what is not whole yet.
INCOMING = ".incoming-"


def replace(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Make ``data`` the contents of the file, with these permission bits, durable when this returns.

    Whoever reads meanwhile finds the old contents or the new. Raises OSError where it cannot be written.
    """
    handle, name = tempfile.mkstemp(prefix=INCOMING, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
