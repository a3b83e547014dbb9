"""The log that `make bench` measures is a whole one: what is fast there is what everybody relies on."""

from __future__ import annotations

import shutil
from pathlib import Path

from ledger import log
from ledger.merkle import root_at
from tests.bench import large_log
from tests.bench.office import Bench


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
