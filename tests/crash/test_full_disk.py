"""The disk is full, under one thing at a time: clear answers, nothing half written, and it goes on with room again."""

from __future__ import annotations

import resource
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from ledger.checkpoint import SignedCheckpoint, open_checkpoint
from tests.crash import room
from tests.crash.load import Answer, Load, send
from tests.crash.office import Office
from tests.crash.often import TIMES
from tests.crash.service import Service
from tests.crash.tally import misnamed, settle, views_are_sound


@contextmanager
def on_a_disk_of_its_own(office: Office, name: str, disk: Path) -> Iterator[room.Room]:
    """Keep a file of the home, and what SQLite puts beside it, on a small disk; in the end it is at home again."""
    with room.small(disk) as small:
        for path in office.home.glob(f"{name}*"):
            shutil.move(path, disk / path.name)
        (office.home / name).symlink_to(disk / name)
        yield small
        (office.home / name).unlink()
        for path in disk.glob(f"{name}*"):
            shutil.copy(path, office.home / path.name)


def fault_told(http: httpx.Client) -> str | None:
    """Return what the service says of itself."""
    told: str | None = http.get("/healthz").json().get("fault")
    return told


def test_acts_wait_while_the_disk_of_the_ledger_is_full(
    office_of_files: Office, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if room.done_elsewhere(request, tmp_path):
        return
    office = office_of_files
    load = Load(office)
    with on_a_disk_of_its_own(office, "journal.sqlite", tmp_path / "disk") as disk:
        with load.running():
            service = Service(office).started()
            for _ in range(TIMES):
                load.served_at(service.url)
                load.wait_for_acts(8)
                disk.fill()
                load.wait_for_refusals(8, "journal.busy")
                with service.client() as http:
                    assert http.get("/log/checkpoint").status_code == 200  # what there is, is still read
                load.served_at()
                service.kill()
                service = Service(office).started()  # what is sealed needs no room to be served
                load.served_at(service.url)
                load.wait_for_refusals(4, "journal.busy")
                disk.free()
                load.wait_for_acts(8)
        service.stop()
    settle(f"{TIMES} x the disk of the ledger full", office, *load.so_far())


def test_documents_wait_while_their_disk_is_full(
    office: Office, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if room.done_elsewhere(request, tmp_path):
        return
    folder = office.home / "documents"
    shutil.move(folder, tmp_path / "moved")
    load = Load(office, letters=40_000)
    with room.small(folder) as disk:
        shutil.copytree(tmp_path / "moved", folder, dirs_exist_ok=True)
        with load.running():
            service = Service(office).started()
            load.served_at(service.url)
            for _ in range(TIMES):
                load.wait_for_acts(8)
                disk.fill()
                load.wait_for_refusals(8, "document.storage")
                assert misnamed(folder) == []
                disk.free()
                load.wait_for_acts(8)
        service.stop()
        assert list(folder.glob("incoming-*")) == []
        settle(f"{TIMES} x the disk of the documents full", office, *load.so_far())


def test_acts_do_not_wait_while_the_disk_of_the_views_is_full(
    office_of_files: Office, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if room.done_elsewhere(request, tmp_path):
        return
    office = office_of_files
    Service(office).started().stop()  # there are views
    load = Load(office)
    with on_a_disk_of_its_own(office, "views.sqlite", tmp_path / "disk") as disk:
        with load.running():
            service = Service(office).started()
            load.served_at(service.url)
            for _ in range(TIMES):
                load.wait_for_reads(1)
                disk.fill()
                load.wait_for_refusals(2, "views.storage")
                load.wait_for_acts(20)
                disk.free()
                load.wait_for_reads(2)
        service.stop()
    settle(f"{TIMES} x the disk of the views full", office, *load.so_far())
    views_are_sound(office)


def test_acts_do_not_wait_while_the_disk_of_the_outside_memory_is_full(
    office: Office, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if room.done_elsewhere(request, tmp_path):
        return
    load, place = Load(office), tmp_path / "outside" / "seal"

    def kept() -> SignedCheckpoint:
        return open_checkpoint(place.read_bytes(), office.log.vkey)

    with room.small(place.parent) as disk:
        place.touch()
        with load.running():
            service = Service(office, remembered=(place,)).started()
            load.served_at(service.url)
            with service.client() as http:
                for _ in range(TIMES):
                    load.wait_for_acts(8)
                    disk.fill()
                    until(load, lambda: fault_told(http) is not None)
                    before = kept().checkpoint.size
                    load.wait_for_acts(20)
                    assert kept().checkpoint.size == before  # whole, and as old as it was
                    disk.free()
                    until(load, lambda: fault_told(http) is None)
                    assert kept().checkpoint.size > before
        service.stop()
        with office.database.rows(office.home) as rows:
            assert kept().checkpoint.size == rows.size()
        assert [path.name for path in place.parent.iterdir()] == [place.name]
    settle(f"{TIMES} x the disk of the outside memory full", office, *load.so_far())


def test_acts_and_documents_wait_while_nothing_at_all_can_be_written(office: Office) -> None:
    """This one needs no disk of its own: whoever may run a process may forbid it to write files."""
    if not hasattr(resource, "prlimit"):
        pytest.skip("this system cannot limit a process that runs")
    load = Load(office)
    with load.running():
        service = Service(office).started()
        load.served_at(service.url)
        for _ in range(TIMES):
            load.wait_for_acts(8)
            service.may_write(False)
            load.wait_for_refusals(4, "document.storage", "journal.busy")
            envelope = office.opening(uuid.uuid4())  # on a document that is there
            with service.client() as http:
                answer = send(http, envelope)
            if office.database.of(office.home).journal:
                assert answer.status_code == 503
            else:  # it is not the service that writes the journal
                load.acknowledged(envelope, Answer.of(answer))
            service.may_write(True)
            load.wait_for_acts(8)
            load.wait_for_reads(1)
    service.stop()
    settle(f"{TIMES} x nothing can be written", office, *load.so_far())
    views_are_sound(office)


def until(load: Load, holds: Callable[[], bool]) -> None:
    """Let the load go on until this holds."""
    for _ in range(1000):
        if holds():
            return
        load.wait_for_acts(1)
    raise AssertionError("it never came to hold")
