"""The count in the end: what was acknowledged is held against what is there, by somebody who is not the service.

An acknowledged act is *found* where its leaf has its envelope; else it is *lost*. It is *contradicted* where a receipt
does not verify against the entry that is there, where the same envelope was given two receipts, or where one leaf index
was given to two envelopes. A document is found where its bytes hash to its digest.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from keys.errors import JejakError
from ledger.documents import Documents, digest_of
from ledger.entry import Entry
from ledger.receipt import verify_receipt
from ledger.rows import Rows
from tests.crash.load import Answer
from tests.crash.office import Office


@dataclass(frozen=True)
class Tally:
    """Acts and documents acknowledged, found, lost; acts contradicted."""

    acts: int
    documents: int
    found: tuple[int, int]
    contradicted: int

    @property
    def lost(self) -> tuple[int, int]:
        """Return how many acts and documents are not found."""
        return self.acts - self.found[0], self.documents - self.found[1]

    def line(self, name: str) -> str:
        """Return the one line that says it all."""
        return (
            f"{name}: acknowledged {self.acts} acts, {self.documents} documents; found {self.found[0]},"
            f" {self.found[1]}; lost {self.lost[0]}, {self.lost[1]}; contradicted {self.contradicted}"
        )


def settle(name: str, office: Office, acts: dict[bytes, list[Answer]], documents: dict[str, int]) -> Tally:
    """Count, print the line, and assert that nothing is lost, contradicted, half written or unsound."""
    with office.database.rows(office.home) as rows:
        tally = count(rows, office, acts, documents)
    print(f"\n{tally.line(f'{name} [{office.database.name}]')}")
    assert tally.lost == (0, 0)
    assert tally.contradicted == 0
    assert misnamed(office.home / "documents") == []
    report = office.database.audit(office.home, office.log.vkey)
    assert report.sound, report.findings[:3]
    return tally


def count(rows: Rows, office: Office, acts: dict[bytes, list[Answer]], documents: dict[str, int]) -> Tally:
    """Hold every acknowledgement against the rows and the documents."""
    given = Counter(index for answers in acts.values() for index in {one.index for one in answers})
    found = contradicted = 0
    for envelope, answers in acts.items():
        first = answers[0]
        row = rows.entry(first.index)
        there = row is not None and Entry.parse(row.data).envelope.data == envelope
        found += there
        same = all(one == first for one in answers) and given[first.index] == 1
        contradicted += not (same and row is not None and _proves(first, row.data, row.leaf_hash, office))
    return Tally(
        len(acts), len(documents), (found, sum(_whole(office.home, digest) for digest in documents)), contradicted
    )


def _proves(answer: Answer, data: bytes, leaf: bytes, office: Office) -> bool:
    try:
        proof = verify_receipt(answer.receipt.encode(), data, office.log.vkey)
    except JejakError:
        return False
    return (proof.index, answer.leaf) == (answer.index, leaf.hex()) and proof.leaf_hash == leaf


def _whole(home: Path, digest: str) -> bool:
    try:
        return digest_of(Documents(home / "documents").read(digest)) == digest
    except JejakError:
        return False


def misnamed(folder: Path, looked_at: set[Path] | None = None) -> list[Path]:
    """Return the documents whose bytes are not what their names say: half-written ones, if there were any.

    Those in ``looked_at`` are passed over; all others are there afterwards.
    """
    fresh = set(folder.glob("??/*")) - (looked_at or set())
    if looked_at is not None:
        looked_at |= fresh
    return [path for path in fresh if digest_of(path.read_bytes()).removeprefix("sha256:") != path.name]


def views_are_sound(office: Office) -> None:
    """Assert that the views beside the ledger are what a fresh fold makes of it."""
    compared = office.database.views(office.home)
    assert not compared.why
    assert compared.differences == ()
