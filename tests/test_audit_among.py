"""An audit says between which leaves a log was changed, where only a root tells: one that was seen, or was kept."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.audit import Report, audit
from ledger.checkpoint import open_checkpoint, sign_checkpoint
from ledger.merkle import Frontier, grow, leaf_hash
from tests.kit import Kecamatan, key
from tests.tamper.hands import at_time, change, entries_in, payload_of, seal, signed, time_of
from tests.tamper.office import LOG

pytestmark = pytest.mark.sqlite("an audit of a store reads its files")

#: The last act of a case that is finished, and the leaves after it.
LAST, LEAVES = 44, 47
OTHER = "case:22222222-2222-4222-8222-222222222222"
A_MICROSECOND = dt.timedelta(microseconds=1)

Entries = list[bytes]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the store of an office in which two acts of another case follow a finished one, closed."""
    kecamatan = Kecamatan(tmp_path_factory.mktemp("kantor") / "buku").open()
    kecamatan.run()
    kecamatan.run(OTHER, upto=2)
    kecamatan.ledger.close()
    return kecamatan.folder


@pytest.fixture
def store(sound: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sound, tmp_path / "salinan")


def audited(store: Path, rewrite: Callable[[Entries], Entries], size: int | None = None) -> Report:
    """Seal the log anew after a change, and audit it; with a checkpoint of ``size`` leaves that was kept before."""
    before = entries_in(store)
    kept = []
    if size is not None:
        root = grow(Frontier(), map(leaf_hash, before[:size]))[0].root
        kept = [open_checkpoint(sign_checkpoint(LOG, LOG.name, size, root), LOG.vkey)]
    seal(store, rewrite(before))
    return audit(store, vkey=LOG.vkey, remembered=tuple(kept))


def later(leaf: int) -> Callable[[Entries], Entries]:
    """Return what records a leaf a microsecond later."""
    return lambda entries: [
        at_time(data, time_of(data) + A_MICROSECOND) if at == leaf else data for at, data in enumerate(entries)
    ]


def test_an_act_that_was_recorded_otherwise_is_named_by_what_the_next_signer_saw(store: Path) -> None:
    found = audited(store, later(LAST)).findings
    assert [(one.leaf, one.rule, one.among) for one in found] == [
        (LAST + 1, "seen.root", (LAST, LAST)),
        (LAST + 2, "seen.root", (LAST, LAST + 1)),
    ]
    assert "di antara daun 44 dan 44" in found[0].sentence


def test_the_last_act_of_all_is_named_by_a_kept_checkpoint_as_near_as_another_one_agrees(store: Path) -> None:
    report = audited(store, later(LEAVES - 1), LEAVES)
    assert [(one.leaf, one.rule, one.among) for one in report.findings] == [(0, "remembered.root", (0, LEAVES - 1))]


def test_a_signer_who_saw_another_log_although_others_saw_more_of_this_one_stands_alone(store: Path) -> None:
    """Nothing of this log was changed: somebody showed that signer another, or they say so."""

    def misled(entries: Entries) -> Entries:
        seen = {"size": LEAVES - 3, "root": "A" * 43 + "="}
        act = payload_of(entries[-1]) | {"version": 3, "previous": leaf_hash(entries[-1]).hex(), "seen": seen}
        return [*entries, signed(act, key("budi-santoso"), time_of(entries[-1]))]

    found = [one for one in audited(store, misled).findings if one.rule == "seen.root"]
    assert [(one.leaf, one.among) for one in found] == [(LEAVES, None)]
    assert "di antara" not in found[0].sentence


def test_a_changed_leaf_hash_is_named_by_the_checkpoint_of_its_own_commit(store: Path) -> None:
    change(store, ("UPDATE stored_events SET leaf_hash = ? WHERE leaf_index = ?", (bytes(32), LAST)))
    (found,) = [one for one in audit(store, vkey=LOG.vkey).findings if one.rule == "checkpoint.root"]
    assert (found.leaf, found.among) == (LAST, (LAST, LAST))


def test_what_is_named_is_in_the_report_as_json(store: Path) -> None:
    found = audited(store, later(LAST)).as_dict()["findings"]
    assert [tuple(one["among"]) for one in found] == [(LAST, LAST), (LAST, LAST + 1)]


def test_a_finding_about_one_leaf_names_no_others(store: Path) -> None:
    change(store, ("UPDATE stored_events SET topic = 'x' WHERE leaf_index = ?", (LAST,)))
    assert {one.among for one in audit(store, vkey=LOG.vkey).findings} == {None}
