"""The log that `make bench` measures is a whole one: what is fast there is what everybody relies on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from keys.errors import Forged
from ledger import log
from ledger.checkpoint import parse_body
from ledger.merkle import prove_consistency, prove_inclusion, root_at
from ledger.note import parse_unverified
from ledger.rows import Rows
from tests.bench import large_log
from tests.bench.office import Bench
from tests.kit import Kecamatan


def test_a_log_that_is_made_to_be_measured_is_sealed_whole_and_grows_by_real_acts(tmp_path: Path) -> None:
    leaves = 3000
    bench = Bench(tmp_path / "buku", 1)
    large_log.fill(bench, leaves)
    ledger = bench.kecamatan.ledger
    with ledger.reading() as rows:
        sealed = log.check_sealed(rows, ledger.signer.vkey)
        assert sealed is not None
        assert (sealed.size, rows.count(), root_at(rows, leaves)) == (leaves, leaves, sealed.root)
        assert len(rows.tiles()) == leaves // 256
    assert ledger.record(bench.round(0)[0]).recorded.index == leaves
    ledger.close()


def test_every_figure_of_a_small_one_is_measured_and_every_proof_in_it_holds(tmp_path: Path) -> None:
    found = large_log.measure(tmp_path, leaves=2000, cases=1)
    assert 0 < found.proof < 1
    assert 0 < found.check_of_a_note < 1
    assert 0 < found.act / found.act_when_empty < 100
    shutil.rmtree(tmp_path / "large")


def test_receipts_and_consistency_are_those_of_a_prover_who_knows_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "buku", 1)
    large_log.fill(bench, 3000)
    with bench.kecamatan.ledger.reading() as rows:
        for index in (0, 255, 256, 2047, 2815, 2816, 2999):
            receipt = log.receipt(rows, index)
            size = parse_body(parse_unverified(receipt.checkpoint_note)[0]).size
            assert list(receipt.proof) == prove_inclusion(rows, index, size)
            assert log.inclusion(rows, index, 3000) == prove_inclusion(rows, index, 3000)
            assert log.consistency(rows, index + 1, 3000) == prove_consistency(rows, index + 1, 3000)
    bench.kecamatan.ledger.close()


def test_no_more_tiles_are_kept_than_there_is_room_for_and_those_used_last_stay() -> None:
    tiles = log.TileNodes(most=2)
    tiles.keep(b"one", b"1")
    tiles.keep(b"two", b"2")
    assert tiles.find(b"one") == b"1"
    tiles.keep(b"three", b"3")
    assert [tiles.find(root) for root in (b"one", b"two", b"three")] == [b"1", None, b"3"]


@pytest.mark.sqlite("it is about an index of the file")
def test_leaf_hashes_are_read_from_an_index_that_is_made_where_it_is_missing(tmp_path: Path) -> None:
    Kecamatan(tmp_path).open().ledger.close()

    def read_from() -> str:
        plan: list[str] = []
        with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as connection:

            def explained(statement: str, parameters: Sequence[Any]) -> list[Any]:
                plan.extend(one[3] for one in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
                return []

            with pytest.raises(Forged):  # a plan has no hashes
                Rows(explained).hashes(0, 0, 5)
        return plan[0]

    assert "COVERING INDEX leaf_hashes" in read_from()
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as connection:
        connection.execute("DROP INDEX leaf_hashes")
    assert "INTEGER PRIMARY KEY" in read_from()
    Kecamatan(tmp_path).ledger.close()
    assert "COVERING INDEX leaf_hashes" in read_from()
