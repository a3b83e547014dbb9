"""A file is made whole or not at all, and nothing is written over: not by anybody, nor where there are no links."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from ledger.whole_file import create

DATA = b"isi yang utuh\n"


def raising(number: int) -> Any:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.fixture(params=["with links", "without links"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a name that nothing has, in a folder that is empty."""
    if request.param == "without links":
        monkeypatch.setattr(os, "link", raising(errno.EPERM))
    return tmp_path / "berkas"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_a_new_file_is_whole_and_has_the_mode_that_the_umask_leaves(path: Path, mode: int) -> None:
    before = os.umask(0o022)
    try:
        create(path, DATA, mode)
    finally:
        os.umask(before)
    assert path.read_bytes() == DATA
    assert stat.S_IMODE(path.stat().st_mode) == mode & ~0o022
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("there", ["a file", "a folder", "a link to nothing"])
def test_nothing_is_written_over(path: Path, there: str) -> None:
    if there == "a file":
        path.write_bytes(b"lama")
    elif there == "a folder":
        path.mkdir()
    else:
        path.symlink_to(path.parent / "tidak-ada")
    with pytest.raises(FileExistsError):
        create(path, DATA)
    assert list(path.parent.iterdir()) == [path]
    if there == "a file":
        assert path.read_bytes() == b"lama"


def test_what_finds_no_room_is_not_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", raising(errno.ENOSPC))
    with pytest.raises(OSError, match="No space left"):
        create(path, DATA)
    assert list(path.parent.iterdir()) == []


def test_it_is_durable_before_it_has_its_name_and_its_name_before_this_returns(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, fsync = [], os.fsync

    def noted(handle: int) -> None:
        folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        synced.append(("folder" if folder else "file", path.exists()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    create(path, DATA)
    assert synced == [("file", False), ("folder", True)]
