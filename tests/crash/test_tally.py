"""The count itself: it says so where something is lost or contradicted."""

from __future__ import annotations

import dataclasses
import uuid

import pytest

from ledger.documents import Documents
from tests.crash.load import Answer, send
from tests.crash.office import LETTER, Office, reference
from tests.crash.service import Service
from tests.crash.tally import Tally, count, misnamed

Acts = dict[bytes, list[Answer]]


@pytest.fixture
def acts(office: Office) -> Acts:
    """Return three acts with their receipts, as an office recorded them."""
    service = Service(office).started()
    envelopes = [office.opening(uuid.UUID(int=number, version=4)) for number in range(3)]
    with service.client() as http:
        answers = {envelope: [Answer.of(send(http, envelope))] for envelope in envelopes}
    service.stop()
    return answers


def counted(office: Office, acts: Acts, *documents: bytes) -> Tally:
    with office.database.rows(office.home) as rows:
        return count(rows, office, acts, {reference(one)["digest"]: len(one) for one in documents})


def test_what_is_there_is_found(office: Office, acts: Acts) -> None:
    assert counted(office, acts, LETTER) == Tally(3, 1, found=(3, 1), contradicted=0)


def test_an_act_that_is_not_there_is_lost(office: Office, acts: Acts) -> None:
    (answer,) = acts.pop(envelope := next(iter(acts)))
    beyond = dataclasses.replace(answer, index=answer.index + 1000)
    assert counted(office, acts | {envelope: [beyond]}).lost == (1, 0)
    other = acts | {office.opening(uuid.uuid4()): [answer]}
    assert counted(office, other).lost == (1, 0)


def test_a_document_that_is_not_there_or_not_whole_is_lost(office: Office, acts: Acts) -> None:
    assert counted(office, acts, LETTER, b"tidak pernah ada").lost == (0, 1)
    digest, _ = Documents(office.home / "documents").store([b"setengah tertulis"])
    path = office.home / "documents" / digest[7:9] / digest[7:]
    path.write_bytes(b"setengah")
    assert counted(office, acts, b"setengah tertulis").lost == (0, 1)
    assert misnamed(office.home / "documents") == [path]


def test_two_receipts_that_do_not_go_together_are_contradicted(office: Office, acts: Acts) -> None:
    first, second, third = acts
    same_act = acts | {first: acts[first] + acts[second]}
    assert counted(office, same_act).contradicted == 2  # and the second's leaf was given to the first as well
    same_leaf = acts | {third: acts[first]}
    assert counted(office, same_leaf).contradicted == 2
    (answer,) = acts[first]
    unproved = dataclasses.replace(answer, receipt=acts[second][0].receipt)
    assert counted(office, acts | {first: [unproved]}).contradicted == 1
    misstated = dataclasses.replace(answer, leaf=acts[second][0].leaf)
    assert counted(office, acts | {first: [misstated]}).contradicted == 1
