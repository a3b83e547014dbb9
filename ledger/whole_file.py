"""A file that is made or replaced whole or not at all: written beside, fsynced, named, its folder fsynced."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from pathlib import Path

#: How the names begin of what is not whole yet.
INCOMING = ".incoming-"
#: What a file system says that gives a file no second name (FAT, some network shares).
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


def create(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Make a new file of ``data``, with these permission bits less the umask, durable when this returns.

    Nothing is written over: raises FileExistsError where anything has that name, and any other OSError where it cannot
    be written. Whoever looks meanwhile, or after a kill, finds no such file or the whole one.
    """
    incoming = path.parent / f"{INCOMING}{secrets.token_hex(8)}"
    handle = os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _name(incoming, path)
    finally:
        incoming.unlink(missing_ok=True)
    _sync_folder(path)


def _name(incoming: Path, path: Path) -> None:
    try:
        os.link(incoming, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # The name is taken first, so that nothing is replaced; only a kill just here leaves it empty.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.replace(incoming, path)


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
    _sync_folder(path)


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
