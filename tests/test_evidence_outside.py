"""What a verifier kept, held against a bundle: heads, receipts, two entries in one place, proofs that were asked for.

The office is that of :mod:`tests.test_evidence`; whoever forges has the log's own key.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from ledger.bundle import Bundle
from ledger.entry import Entry
from ledger.evidence_kept import Kept, KeptHead, KeptReceipt
from ledger.export import bundle_of
from ledger.merkle import prove_inclusion
from ledger.receipt import Receipt, format_receipt
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED, Verdict
from tests.bundles import Leaves, recorded, rule
from tests.kit import CASE
from tests.test_evidence import OTHER, PARAF, REVIEW, REVOCATION, SIGNATURE, Office, hiding, office

__all__ = ["office"]  # the fixture


def held(office: Office, bundle: Bundle, *kept: Kept) -> Verdict:
    (verdict,) = office.judged(bundle, kept=kept).outside
    return verdict


def head(office: Office, index: int, **changes: object) -> KeptHead:
    """Return what a client remembers that had verified the act at a leaf of the honest log."""
    (one,) = [one for one in office.bundle.entries if one.index == index]
    return replace(KeptHead(one.act.stream, one.act.version, one.leaf, one.index), **changes)


def receipt(office: Office, index: int, beside: str | None = "entry") -> KeptReceipt:
    (one,) = [one for one in office.bundle.entries if one.index == index]
    data = {"entry": one.entry.data, "envelope": one.entry.envelope.data, None: None}[beside]
    return KeptReceipt.parse(format_receipt(one.receipt), data)


def moved(office: Office) -> Bundle:
    """Return the bundle of a log that recorded the newest act, the signature, three days later and a leaf further."""
    *below, newest = office.leaves
    official, kind, body = office.kecamatan.steps(case=OTHER)[1]
    signature = Entry.parse(newest)
    foreign = recorded(office.kecamatan.sign(official, OTHER, kind, body), signature.recorded_at)
    later = recorded(signature.envelope.data, signature.recorded_at + dt.timedelta(days=3))
    return office.sealed([*below, foreign, later])


# --- heads that a client remembered ----------------------------------------------------------------------------


@pytest.mark.parametrize("index", [REVOCATION, SIGNATURE])
def test_a_remembered_act_that_the_log_left_out_and_denied_proves_the_lie(office: Office, index: int) -> None:
    verdict = held(office, hiding(office, index), head(office, index))
    assert rule(verdict) == (CONTRADICTED, "heads.lie")
    assert verdict.facts["kept"]["leaf_index"] == index
    assert "serahkan keduanya kepada Inspektorat" in verdict.why


def test_a_remembered_act_of_which_the_log_now_shows_another_is_a_fork(office: Office) -> None:
    verdict = held(office, moved(office), head(office, SIGNATURE))
    assert rule(verdict) == (CONTRADICTED, "kept.forked")
    assert (verdict.facts["here"]["leaf_index"], verdict.facts["kept"]["leaf_index"]) == (SIGNATURE + 1, SIGNATURE)


def test_a_remembered_leaf_of_another_stream_in_the_place_of_one_of_these_is_a_fork(office: Office) -> None:
    foreign = head(office, PARAF, stream=OTHER, leaf="ab" * 32)
    assert rule(held(office, office.bundle, foreign)) == (CONTRADICTED, "kept.forked")


def test_a_remembered_act_above_the_bundles_end_is_not_judged_and_says_what_it_may_be(office: Office) -> None:
    verdict = held(office, office.older, head(office, REVOCATION))
    assert rule(verdict) == (UNJUDGED, "kept.newer")
    assert "mungkin pencabutan kunci atau penarikan perkara" in verdict.why


def test_a_remembered_act_that_is_here_is_proved_and_one_of_another_stream_says_nothing(office: Office) -> None:
    assert held(office, office.bundle, head(office, SIGNATURE)).verdict == PROVED
    elsewhere = KeptHead(OTHER, 1, "ab" * 32, 39)
    assert office.judged(office.bundle, kept=[elsewhere]).outside == ()


# --- receipts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("beside", ["entry", "envelope", None])
def test_a_receipt_of_an_act_that_is_here_proves_exactly_that_act(office: Office, beside: str | None) -> None:
    verdict = held(office, office.bundle, receipt(office, PARAF, beside))
    assert verdict.verdict == PROVED
    assert f"membuktikan persis tindakan di daun {PARAF} ini" in verdict.why


def test_a_receipt_with_the_entry_that_the_log_left_out_and_denied_proves_the_lie(office: Office) -> None:
    lying = hiding(office, SIGNATURE)
    assert rule(held(office, lying, receipt(office, SIGNATURE))) == (CONTRADICTED, "heads.lie")


@pytest.mark.parametrize("beside", ["envelope", None])
def test_without_its_entry_a_receipt_of_a_leaf_that_is_not_here_is_never_green(
    office: Office, beside: str | None
) -> None:
    verdict = held(office, hiding(office, SIGNATURE), receipt(office, SIGNATURE, beside))
    assert rule(verdict) == (UNJUDGED, "kept.lacking")
    assert "taruh di sebelah tanda terima itu" in verdict.why


def test_a_receipt_that_is_not_of_what_stands_beside_it_is_told_so(office: Office) -> None:
    (other,) = [one for one in office.bundle.entries if one.index == REVIEW]
    strange = KeptReceipt.parse(format_receipt(receipt(office, PARAF).receipt), other.entry.data)
    assert rule(held(office, office.bundle, strange)) == (UNJUDGED, "kept.receipt")


def test_a_receipt_of_an_act_of_another_case_says_what_its_checkpoint_says(office: Office) -> None:
    tree, note = Leaves(office.leaves), office.bundle.checkpoint
    index = 39
    kept = Receipt(index, tuple(prove_inclusion(tree, index, len(office.leaves))), note)
    verdict = held(office, office.bundle, KeptReceipt(kept, Entry.parse(office.leaves[index])))
    assert verdict == Verdict(PROVED, "Segel bundel ini melanjutkan segel 42 daun yang Anda simpan.")


# --- one place, two entries ------------------------------------------------------------------------------------


def test_one_version_of_a_stream_at_two_leaves_is_a_fork_and_both_are_shown(office: Office) -> None:
    forged = moved(office)
    assert office.judged(forged).verdict == PROVED
    verdict = held(office, forged, office.bundle)
    assert rule(verdict) == (CONTRADICTED, "kept.forked")
    assert f"versi 7 di daun {SIGNATURE + 1}" in verdict.why
    assert f"versi 7 di daun {SIGNATURE} (" in verdict.why
    assert "Simpan bundel ini dan yang Anda simpan apa adanya" in verdict.why
    assert verdict.as_dict()["here"]["recorded_at"] != verdict.as_dict()["kept"]["recorded_at"]


def test_a_kept_receipt_with_its_entry_shows_the_same_fork(office: Office) -> None:
    assert rule(held(office, moved(office), receipt(office, SIGNATURE))) == (CONTRADICTED, "kept.forked")


# --- proofs that were asked for --------------------------------------------------------------------------------


def asked(office: Office, *sizes: int) -> Bundle:
    kecamatan = office.kecamatan
    with kecamatan.ledger.reading() as rows:
        return bundle_of(rows, CASE, kecamatan.log, lambda paper: kecamatan.ledger.documents.read(paper.digest), sizes)


def test_a_bundle_that_was_asked_to_proves_that_it_continues_an_older_one(office: Office) -> None:
    verdict = held(office, office.bundle, office.older)
    assert rule(verdict) == (UNJUDGED, "kept.unproved")
    assert "jejak export 11111111-1111-4111-8111-111111111111 -o BUNDEL-BARU.zip --continues" in verdict.why
    report = office.judged(asked(office, office.older.stated.size), kept=[office.older, office.older.checkpoint])
    assert [rule(one)[0] for one in report.outside] == [PROVED, PROVED]
    assert report.verdict == PROVED


def test_a_proof_that_was_asked_for_shows_that_another_history_was_kept(office: Office) -> None:
    kept = office.sealed([*office.leaves[:38], office.leaves[41]]).checkpoint
    assert rule(held(office, asked(office, 39), kept)) == (CONTRADICTED, "kept.forked")


def test_a_proof_that_somebody_spoilt_on_its_way_accuses_nobody(office: Office) -> None:
    bundle = asked(office, 39)
    (good,) = [one for one in bundle.consistency if one.old == 39]
    spoilt = replace(good, proof=(*good.proof[:-1], bytes(32)))
    proofs = tuple(spoilt if one.old == 39 else one for one in bundle.consistency)
    verdict = held(office, replace(bundle, consistency=proofs), office.older.checkpoint)
    assert rule(verdict) == (UNJUDGED, "kept.unproved")
