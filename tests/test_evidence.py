"""Judging a bundle: what each forgery is found by, and what nobody can find without a memory of their own.

The case stands at its signature. Before that a registrar revoked the secretary's key, which since before his paraf may
have been somebody else's; a second case is open. Whoever forges has either nothing but an honest bundle, or the log's
own key; nobody has an official's.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from keys.envelope import Envelope
from keys.errors import Forged, Malformed
from ledger.bundle import SUMS, Bundle, format_bundle, parse_bundle
from ledger.checkpoint import sign_checkpoint
from ledger.entry import Entry
from ledger.evidence_marks import marks_on
from ledger.evidence_report import BEYOND, Report
from ledger.heads import Head, Heads, open_heads, sign_heads
from ledger.merkle import leaf_hash
from ledger.note import NoteSigner
from ledger.policy import Policy, WitnessKey
from ledger.stored_zip import unpack
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED
from tests import test_golden
from tests.bundles import (
    act,
    exchanged,
    honest,
    judged,
    leaves_of,
    recorded,
    refiled,
    resummed,
    rule,
    sealed,
    without,
)
from tests.kit import CASE, ORIGIN, Kecamatan, key, the_sop
from tests.test_golden import SECOND, THIRD, Golden

OTHER = "case:22222222-2222-4222-8222-222222222222"
OPENING, REVIEW, PARAF, OPENED_BESIDE, REVOCATION, SIGNATURE = 33, 37, 38, 39, 40, 41
APPROVAL, ENACTMENT = 31, 32
SOP = f"sop:{the_sop().slug}"


@dataclass(frozen=True)
class Office:
    """A ledger of 42 leaves, its bundle, and the bundle that it gave three leaves before."""

    kecamatan: Kecamatan
    leaves: tuple[bytes, ...]
    bundle: Bundle
    older: Bundle

    def judged(self, bundle: Bundle, **more: Any) -> Report:
        return judged(bundle, self.leaves[0], **more)

    def sealed(self, leaves: list[bytes], **more: Any) -> Bundle:
        """Return what the log's own key makes of other leaves."""
        return sealed(leaves, self.bundle, self.kecamatan.log, **more)

    def with_act(self, official: str, kind: str, body: dict[str, Any], **changes: Any) -> Bundle:
        """Return the bundle of a log that records the case's next act without judging it."""
        return self.with_entry(self.kecamatan.sign(official, CASE, kind, body, **changes))

    def with_entry(self, envelope: bytes, after: dt.timedelta = dt.timedelta(minutes=1)) -> Bundle:
        newest = Entry.parse(self.leaves[-1]).recorded_at
        return self.sealed([*self.leaves, recorded(envelope, newest + after)])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    kecamatan = Kecamatan(tmp_path_factory.mktemp("buku")).open()
    with closing(kecamatan.ledger):
        kecamatan.run(upto=6)
        older = honest(kecamatan)
        kecamatan.run(OTHER, upto=1)
        leaked = {"keyid": key("budi-santoso").public.id, "reason": "compromised"}
        leaked |= {"compromised_since": "2026-03-02T08:00:00+07:00"}
        kecamatan.do("dewi-lestari", "register", "key.revoked", leaked)
        kecamatan.run_from(6, 7)
        yield Office(kecamatan, tuple(leaves_of(kecamatan)), honest(kecamatan), older)


def words(report: Report, index: int) -> dict[str, str]:
    """Return the four verdict words on an act."""
    return {name: verdict.verdict for name, verdict in act(report, index).verdicts().items()}


def all_proved(report: Report, *but: int) -> bool:
    return all(
        set(words(report, one.filed.index).values()) == {PROVED} for one in report.acts if one.filed.index not in but
    )


# --- an honest bundle ------------------------------------------------------------------------------------


def test_an_honest_bundle_is_proved_and_says_up_to_where(office: Office) -> None:
    report = office.judged(office.bundle)
    assert report.verdict == PROVED
    assert all_proved(report)
    assert len(report.acts) == 33 + 1 + 7
    assert list(report.streams) == [CASE, "register", SOP]
    assert report.streams[CASE].why == (
        "Lengkap sampai versi 7, daun 41, dicatat 2 Maret 2026 08.00 WIB, menurut pernyataan log pada 42 daun;"
        " sesudahnya tidak dapat dinilai."
    )
    assert [one.verdict.verdict for one in report.papers] == [PROVED, PROVED]
    assert report.state is not None
    assert report.state.step == "8"
    assert report.synthetic
    assert json.loads(json.dumps(report.as_dict()))["verdict"] == PROVED


def test_what_is_proved_of_an_act_is_told_with_who_and_on_what_it_stands(office: Office) -> None:
    said = act(office.judged(office.bundle), SIGNATURE).as_dict()
    assert said["sentence"].startswith("Sri Wahyuni (sintetis), Camat Kalipare (definitif), menandatangani")
    assert said["person"]["rank"] == "Penata (sintetis)"
    assert said["verdicts"]["authority"]["decree"]["number"] == "821/1/2026"
    assert said["verdicts"]["inclusion"]["why"].startswith("Daun 41 dari 42; segel 41 daun yang dilihat")


def test_a_key_that_was_revoked_later_puts_earlier_acts_in_question_and_changes_no_verdict(office: Office) -> None:
    report = office.judged(office.bundle)
    assert [flag.name for flag in act(report, PARAF).flags][-1] == "key.questioned"
    assert "key.questioned" not in {flag.name for flag in act(report, REVIEW).flags}
    assert all_proved(report)


def test_every_kind_of_act_in_an_honest_ledger_is_proved_or_beyond_a_bundle(tmp_path: Path) -> None:
    made = Golden(tmp_path)
    with closing(made.ledger):
        rows = made.play(
            test_golden.kept_sop("sop.enacted", the_sop()),
            test_golden.kept_sop(test_golden.ACTIVITIES, test_golden.activity_sop()),
        )
        bundles, founding = [honest(made, case) for case in (CASE, SECOND, THIRD)], leaves_of(made)[0]
    open_, kinds = set(), set()
    for bundle in bundles:
        report = judged(bundle, founding)
        assert report.verdict == PROVED
        kinds |= {one.filed.act.kind for one in report.acts}
        open_ |= {
            (one.filed.act.kind, name, verdict.rule)
            for one in report.acts
            for name, verdict in one.verdicts().items()
            if verdict.verdict != PROVED
        }
    assert open_ == {("agenda.recorded", "conformance", BEYOND), ("disposition.issued", "conformance", BEYOND)}
    assert kinds == {done.act.kind for done in rows.values()}


# --- what is beyond any bundle ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kecamatan]:
    """Return a ledger in which one case is finished and another replaces it."""
    kecamatan = Kecamatan(tmp_path_factory.mktemp("selesai")).open()
    with closing(kecamatan.ledger):
        accepted = kecamatan.run()
        names = {"case": CASE.removeprefix("case:"), "signature": accepted[6].recorded.leaf}
        official, kind, body = kecamatan.steps()[0]
        kecamatan.do(official, OTHER, kind, body | {"supersedes": names})
        yield kecamatan


def test_that_no_other_case_has_the_letter_number_is_never_green_and_does_not_spoil_the_bundle(
    finished: Kecamatan,
) -> None:
    report = judged(honest(finished), leaves_of(finished)[0])
    (agenda,) = [one for one in report.of(CASE) if one.filed.act.kind == "agenda.recorded"]
    assert rule(agenda.conformance) == (UNJUDGED, BEYOND)
    assert "070/1/35.07.11/2026" in agenda.conformance.why
    assert agenda.conformance.why in report.not_covered()
    assert all_proved(report, agenda.filed.index)
    assert report.verdict == PROVED
    assert report.state is not None
    assert report.state.finished


def test_a_case_that_is_superseded_is_not_in_the_bundle_and_the_opening_is_never_green(finished: Kecamatan) -> None:
    report = judged(honest(finished, OTHER), leaves_of(finished)[0])
    (opening,) = report.of(OTHER)
    assert rule(opening.conformance) == (UNJUDGED, BEYOND)
    assert opening.authority.verdict == PROVED
    assert "Perkara 11111111-1111-4111-8111-111111111111" in report.not_covered()[-1]
    assert report.verdict == PROVED


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kecamatan]:
    """Yield an office whose first letter has number 2, its first having been given on paper."""
    kecamatan = Kecamatan(tmp_path_factory.mktemp("kedua")).open()
    with closing(kecamatan.ledger):
        kecamatan.numbers[CASE] = 2
        kecamatan.run()
        yield kecamatan


def numbered(finished: Kecamatan, *used: int) -> Report:
    """Return the verdicts on a log in which the case's SOP states, before the letter number 2, how far paper went.

    A dishonest order, so that the statements come before the number: only the conformance of the two is asked about.
    """
    bundle = honest(finished)
    agenda = next(one for one in bundle.entries if one.act.kind == "agenda.recorded").index
    leaves = list(leaves_of(finished)[:agenda])
    at = Entry.parse(leaves[-1]).recorded_at
    version, previous = 2, finished.sop_leaf
    for upto in used:
        stated = {"used": {"year": 2026, "running": upto, "agenda_no": upto}}
        body = {"classifications": ["070"], "office_code": "35.07.11"} | stated
        envelope = finished.sign("sri-wahyuni", SOP, "numbering.enacted", body, version=version, previous=previous)
        leaves.append(recorded(envelope, at))
        version, previous = version + 1, leaf_hash(leaves[-1]).hex()
    return judged(sealed([*leaves, *leaves_of(finished)[agenda:]], bundle, finished.log), leaves[0])


def agenda_of(report: Report) -> Any:
    (found,) = [one for one in report.of(CASE) if one.filed.act.kind == "agenda.recorded"]
    return found.conformance


def test_a_number_that_the_cases_own_sop_states_as_used_is_not_called_whole(second: Kecamatan) -> None:
    """Only a later statement for another SOP could have freed it, and that is not here."""
    report = numbered(second, 41)
    assert rule(agenda_of(report)) == (UNJUDGED, "agenda.used")
    assert "Pernyataan itu ada dalam SOP perkara ini sendiri" in agenda_of(report).why
    assert report.verdict != PROVED


def test_a_number_that_a_later_statement_here_frees_again_is_beyond_a_bundle_as_any_other(second: Kecamatan) -> None:
    assert rule(agenda_of(numbered(second, 41, 1))) == (UNJUDGED, BEYOND)


# --- whoever has nothing but an honest bundle ------------------------------------------------------------


def test_a_case_whose_tail_is_cut_contradicts_the_heads(office: Office) -> None:
    report = office.judged(without(office.bundle, PARAF, SIGNATURE))
    assert rule(report.streams[CASE]) == (CONTRADICTED, "bundle.cut")
    assert "ada 7 versi" in report.streams[CASE].why
    assert all_proved(report)
    assert report.verdict == CONTRADICTED


def test_a_cut_tail_is_not_hidden_by_the_heads_of_an_older_bundle(office: Office) -> None:
    report = office.judged(replace(without(office.bundle, SIGNATURE), heads=office.older.heads))
    assert {rule(verdict) for verdict in report.streams.values()} == {(CONTRADICTED, "heads.tree")}
    assert words(report, ENACTMENT)["authority"] == PROVED
    assert words(report, OPENING)["conformance"] == UNJUDGED, "that the SOP was in force then, nobody says any more"


def test_an_older_bundle_is_proved_up_to_its_own_end_and_says_so(office: Office) -> None:
    report = office.judged(office.older)
    assert report.verdict == PROVED
    assert "Lengkap sampai versi 6, daun 38" in report.streams[CASE].why
    assert "menurut pernyataan log pada 39 daun" in report.streams[CASE].why
    assert report.not_covered()[0].startswith("Apa yang terjadi sesudah segel 39 daun ini: juga penarikan perkara")


@pytest.mark.parametrize("memory", ["checkpoint", "bundle"])
def test_an_older_bundle_is_seen_to_be_older_by_who_kept_something_newer(office: Office, memory: str) -> None:
    kept = office.bundle if memory == "bundle" else office.bundle.checkpoint
    report = office.judged(office.older, kept=[kept])
    assert rule(report.outside[0]) == (UNJUDGED, "kept.newer")
    assert report.verdict == UNJUDGED


def test_a_revocation_left_out_at_the_end_of_the_register_contradicts_the_heads(office: Office) -> None:
    report = office.judged(without(office.bundle, REVOCATION))
    assert rule(report.streams["register"]) == (CONTRADICTED, "bundle.cut")
    assert rule(act(report, SIGNATURE).authority) == (UNJUDGED, "bundle.incomplete")
    assert words(report, SIGNATURE)["signature"] == PROVED
    assert words(report, APPROVAL)["authority"] == PROVED, "below it the register is known"


def test_an_entry_left_out_of_the_middle_leaves_a_gap_and_what_comes_after_is_not_judged(office: Office) -> None:
    report = office.judged(without(office.bundle, REVIEW))
    assert rule(report.streams[CASE]) == (CONTRADICTED, "bundle.gap")
    assert rule(act(report, PARAF).conformance) == (UNJUDGED, "bundle.incomplete")
    assert words(report, PARAF) == dict.fromkeys(("signature", "authority", "inclusion"), PROVED) | {
        "conformance": UNJUDGED
    }
    assert report.verdict == CONTRADICTED


def test_a_mandate_left_out_of_the_register_leaves_no_authority_to_judge_above_it(office: Office) -> None:
    report = office.judged(without(office.bundle, 7))
    assert rule(report.streams["register"]) == (CONTRADICTED, "bundle.gap")
    assert words(report, 6) == dict.fromkeys(("signature", "authority", "inclusion", "conformance"), PROVED)
    assert {words(report, one.filed.index)["authority"] for one in report.of(CASE)} == {UNJUDGED}


def test_an_sop_that_is_left_out_leaves_no_procedure_to_judge(office: Office) -> None:
    report = office.judged(without(office.bundle, ENACTMENT))
    assert report.streams[SOP].verdict == CONTRADICTED
    assert {words(report, one.filed.index)["conformance"] for one in report.of(CASE)} == {UNJUDGED}


def test_an_entry_of_another_case_is_refused(office: Office) -> None:
    beside = honest(office.kecamatan, OTHER)
    (opening,) = beside.acts(OTHER)
    with pytest.raises(Malformed) as caught:
        refiled(office.bundle, sorted((*office.bundle.entries, opening), key=lambda one: one.index))
    assert (caught.value.rule, caught.value.facts["leaf"]) == ("bundle.stream", OPENED_BESIDE)


def later(data: bytes) -> bytes:
    return data.replace(b"2026-03-02T01:00:", b"2026-03-02T01:01:", 1)


def test_a_recording_time_that_was_changed_is_not_in_the_log(office: Office) -> None:
    report = office.judged(exchanged(office.bundle, PARAF, later))
    assert rule(act(report, PARAF).inclusion) == (CONTRADICTED, "merkle.inclusion")
    assert words(report, PARAF)["signature"] == PROVED, "the act is his; that it stood there then is not proved"
    assert rule(act(report, PARAF).authority) == (UNJUDGED, "bundle.place")
    assert rule(report.streams[CASE]) == (CONTRADICTED, "bundle.gap")
    assert rule(act(report, SIGNATURE).conformance) == (UNJUDGED, "bundle.incomplete")


def test_words_that_were_changed_are_signed_by_nobody(office: Office) -> None:
    def other(data: bytes) -> bytes:
        envelope = Entry.parse(data).envelope
        payload = envelope.unverified_payload.replace(b"Renstra", b"perintah")
        return data.replace(base64.b64encode(envelope.unverified_payload), base64.b64encode(payload))

    report = office.judged(exchanged(office.bundle, OPENING + 1, other))
    assert rule(act(report, OPENING + 1).signature) == (CONTRADICTED, "signature.invalid")
    assert rule(act(report, OPENING + 1).inclusion) == (CONTRADICTED, "merkle.inclusion")


def test_receipts_for_other_leaves_prove_nothing(office: Office) -> None:
    filed = {one.index: one for one in office.bundle.entries}
    swapped = {PARAF: filed[REVIEW].entry, REVIEW: filed[PARAF].entry}
    bundle = refiled(
        office.bundle, (replace(one, entry=swapped.get(one.index, one.entry)) for one in office.bundle.entries)
    )
    report = office.judged(bundle)
    for index in (PARAF, REVIEW):
        assert rule(act(report, index).inclusion) == (CONTRADICTED, "merkle.inclusion")
        assert words(report, index)["conformance"] == UNJUDGED


def test_an_act_that_the_log_never_took_is_not_in_it(office: Office) -> None:
    """Everything about it is right, its signature too, but for its place."""
    official, kind, body = office.kecamatan.steps()[2]
    envelope = office.kecamatan.sign(official, CASE, kind, body, version=6, previous="ab" * 32)
    newest = Entry.parse(office.leaves[-1]).recorded_at
    report = office.judged(exchanged(office.bundle, PARAF, lambda data: recorded(envelope, newest)))
    assert rule(act(report, PARAF).inclusion) == (CONTRADICTED, "merkle.inclusion")
    assert report.verdict == CONTRADICTED


def test_proofs_under_another_checkpoint_are_refused(office: Office) -> None:
    older = {one.index: one for one in office.older.entries}
    with pytest.raises(Malformed) as caught:
        refiled(office.bundle, (older.get(one.index, one) for one in office.bundle.entries))
    assert caught.value.rule == "bundle.checkpoint"


def test_documents_that_were_exchanged_do_not_have_the_digests_that_were_signed(office: Office) -> None:
    (one, first), (other, second) = office.bundle.documents.items()
    report = office.judged(replace(office.bundle, documents={one: second, other: first}))
    assert [rule(paper.verdict) for paper in report.papers] == [(CONTRADICTED, "document.altered")] * 2
    assert all_proved(report)
    assert report.verdict == CONTRADICTED


def test_a_document_that_is_lacking_is_not_judged_and_not_green(office: Office) -> None:
    report = office.judged(replace(office.bundle, documents={}))
    assert {rule(paper.verdict) for paper in report.papers} == {(UNJUDGED, "bundle.lacking")}
    assert report.verdict == UNJUDGED


def test_no_changed_byte_of_any_member_leaves_a_bundle_proved(office: Office) -> None:
    """Whoever forges makes the sums anew; what comes of it is refused, or a verdict that is not green."""
    members, chance = unpack(format_bundle(office.bundle)), random.Random(5)  # noqa: S311  reproducible, no secret
    for _ in range(120):
        name = chance.choice([one for one in members if one != SUMS])
        changed = bytearray(members[name])
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        try:
            bundle = parse_bundle(resummed(members | {name: bytes(changed)}))
            assert office.judged(bundle).verdict != PROVED, name
        except (Malformed, Forged):
            continue


# --- another key, another ledger, other heads ------------------------------------------------------------


def test_a_bundle_of_another_logs_key_is_no_evidence(office: Office) -> None:
    with pytest.raises(Forged) as caught:
        office.judged(office.bundle, by="kunci-lain")
    assert caught.value.rule == "bundle.key"


def test_a_bundle_that_another_key_sealed_under_the_same_name_is_no_evidence(office: Office) -> None:
    forger = NoteSigner(ORIGIN, key("kunci-lain"))
    with pytest.raises(Forged) as caught:
        office.judged(sealed(office.leaves, office.bundle, forger))
    assert caught.value.rule == "bundle.key"


def test_a_bundle_of_another_ledger_with_the_same_log_key_is_no_evidence(office: Office) -> None:
    with pytest.raises(Forged) as caught:
        judged(office.bundle, b"another founding")
    assert caught.value.rule == "bundle.founding"


def test_a_log_that_is_sealed_with_another_key_than_its_founding_names_is_no_evidence(office: Office) -> None:
    forger = NoteSigner(ORIGIN, key("kunci-lain"))
    with pytest.raises(Forged) as caught:
        office.judged(sealed(office.leaves, office.bundle, forger), by="kunci-lain")
    assert caught.value.rule == "founding.log_key"


def restated(bundle: Bundle, signer: NoteSigner, change: Callable[[Heads], Heads]) -> Bundle:
    heads = open_heads(bundle.heads, NoteSigner(ORIGIN, key("log")).vkey).heads
    return replace(bundle, heads=sign_heads(signer, change(heads)))


@pytest.mark.parametrize("member", [{"size": 41}, {"root": bytes(32)}], ids=["size", "root"])
def test_heads_of_another_tree_say_nothing_about_this_one(office: Office, member: dict[str, Any]) -> None:
    report = office.judged(restated(office.bundle, office.kecamatan.log, lambda heads: replace(heads, **member)))
    assert {rule(verdict) for verdict in report.streams.values()} == {(CONTRADICTED, "heads.tree")}


def test_heads_that_another_key_signed_are_not_the_logs_word(office: Office) -> None:
    report = office.judged(restated(office.bundle, NoteSigner(ORIGIN, key("kunci-lain")), lambda heads: heads))
    assert {rule(verdict) for verdict in report.streams.values()} == {(CONTRADICTED, "note.unsigned")}
    assert words(report, PARAF)["authority"] == UNJUDGED


def test_heads_of_another_bundle_do_not_name_this_case(office: Office) -> None:
    report = office.judged(replace(office.bundle, heads=honest(office.kecamatan, OTHER).heads))
    assert {rule(verdict) for verdict in report.streams.values()} == {(CONTRADICTED, "heads.stream")}


def test_heads_that_also_name_a_stream_of_nobody_here_are_refused(office: Office) -> None:
    beside = Head("sop:surat-lain", 1, "ab" * 32)
    more = restated(office.bundle, office.kecamatan.log, lambda heads: replace(heads, heads=(*heads.heads, beside)))
    report = office.judged(more)
    assert {rule(verdict) for verdict in report.streams.values()} == {(CONTRADICTED, "heads.stream")}
    assert "SOP surat-lain, yang bukan dari bundel ini" in report.streams[CASE].why


def test_a_checkpoint_in_the_place_of_the_heads_is_not_taken_for_them(office: Office) -> None:
    report = office.judged(replace(office.bundle, heads=office.bundle.checkpoint))
    assert {rule(verdict) for verdict in report.streams.values()} == {(CONTRADICTED, "heads.form")}


@pytest.mark.parametrize("change", ["an older version", "another leaf"])
def test_heads_that_deny_an_entry_in_the_same_bundle_prove_that_the_log_lied(office: Office, change: str) -> None:
    def denied(heads: Heads) -> Heads:
        (case, *rest) = heads.heads
        lie = Head(case.stream, 6, "ab" * 32) if change == "an older version" else Head(case.stream, 7, "ab" * 32)
        return replace(heads, heads=(lie, *rest))

    report = office.judged(restated(office.bundle, office.kecamatan.log, denied))
    assert rule(report.streams[CASE]) == (CONTRADICTED, "heads.lie")
    assert "bohong" in report.streams[CASE].why


# --- a log that lies -------------------------------------------------------------------------------------


def hiding(office: Office, *hidden: int) -> Bundle:
    """Return the bundle of a log that leaves entries out and states that there are none."""
    return office.sealed(
        list(office.leaves), filed=lambda one: one.index not in hidden, stated=lambda one: one.index not in hidden
    )


def test_a_revocation_that_the_log_denies_is_not_seen_and_the_report_says_on_whose_word(office: Office) -> None:
    report = office.judged(hiding(office, REVOCATION))
    assert report.verdict == PROVED
    assert "menurut pernyataan log" in report.streams["register"].why
    assert any("tidak ada pencabutan" in one for one in report.not_covered())
    assert "key.questioned" not in {flag.name for flag in act(report, PARAF).flags}


def test_a_revocation_that_the_log_denies_is_proved_by_who_kept_it(office: Office) -> None:
    report = office.judged(hiding(office, REVOCATION), kept=[office.bundle])
    assert rule(report.outside[0]) == (CONTRADICTED, "heads.lie")
    assert report.verdict == CONTRADICTED


def test_a_tail_that_the_log_denies_is_proved_by_who_kept_it(office: Office) -> None:
    lying = hiding(office, SIGNATURE)
    assert office.judged(lying).verdict == PROVED
    assert rule(office.judged(lying, kept=[office.bundle]).outside[0]) == (CONTRADICTED, "heads.lie")


def test_a_lie_that_was_kept_is_proved_by_the_truth(office: Office) -> None:
    assert rule(office.judged(office.bundle, kept=[hiding(office, SIGNATURE)]).outside[0]) == (
        CONTRADICTED,
        "heads.lie",
    )


def rewritten(office: Office) -> list[bytes]:
    """Return the leaves of a log that puts an act of its own choice where the revocation was."""
    official, kind, body = office.kecamatan.steps(case=OTHER)[1]
    envelope = office.kecamatan.sign(official, OTHER, kind, body)
    leaves = list(office.leaves)
    leaves[REVOCATION] = recorded(envelope, Entry.parse(leaves[REVOCATION]).recorded_at)
    return leaves


def test_a_history_that_was_rewritten_is_found_by_what_later_signers_had_seen(office: Office) -> None:
    report = office.judged(office.sealed(rewritten(office)))
    assert rule(act(report, SIGNATURE).inclusion) == (CONTRADICTED, "seen.root")
    assert words(report, PARAF)["inclusion"] == PROVED
    assert report.verdict == CONTRADICTED


def test_a_history_rewritten_after_everybodys_last_look_is_found_by_a_kept_checkpoint(office: Office) -> None:
    forked = office.sealed(rewritten(office)[:SIGNATURE])
    assert office.judged(forked).verdict == PROVED
    note = office.sealed(list(office.leaves[:SIGNATURE])).checkpoint
    report = office.judged(forked, kept=[note])
    assert rule(report.outside[0]) == (CONTRADICTED, "kept.forked")


def test_a_history_rewritten_is_found_by_a_kept_bundle_whatever_its_size(office: Office) -> None:
    forked = office.sealed(rewritten(office)[:SIGNATURE])
    kept = office.judged(forked, kept=[office.bundle]).outside[0]
    assert rule(kept) == (CONTRADICTED, "heads.lie"), "it states that the register ends before the revocation"


def test_a_kept_bundle_with_another_entry_at_the_same_leaf_proves_a_fork(office: Office) -> None:
    leaves = list(office.leaves)
    leaves[SIGNATURE] = later(leaves[SIGNATURE])
    report = office.judged(office.sealed(leaves), kept=[office.bundle])
    assert rule(report.outside[0]) in {(CONTRADICTED, "kept.forked"), (CONTRADICTED, "heads.lie")}


def test_a_kept_checkpoint_that_a_signer_had_seen_too_is_proved_to_be_continued(office: Office) -> None:
    note = office.sealed(list(office.leaves[:SIGNATURE])).checkpoint
    report = office.judged(office.bundle, kept=[note, office.bundle.checkpoint, office.bundle])
    assert [rule(one)[0] for one in report.outside] == [PROVED] * 3


def test_a_kept_checkpoint_of_a_size_that_nobody_had_seen_is_not_judged(office: Office) -> None:
    report = office.judged(office.bundle, kept=[office.older.checkpoint])
    assert rule(report.outside[0]) == (UNJUDGED, "kept.unproved")


def test_a_kept_checkpoint_of_another_key_says_nothing(office: Office) -> None:
    other = NoteSigner(ORIGIN, key("kunci-lain"))
    note = sign_checkpoint(other, ORIGIN, 42, leaf_hash(b"x"))
    assert rule(office.judged(office.bundle, kept=[note]).outside[0]) == (UNJUDGED, "kept.checkpoint")


# --- a log that takes what it must not -------------------------------------------------------------------


def test_an_act_without_authority_that_the_log_took_does_not_hold(office: Office) -> None:
    digest = {"document": office.kecamatan.iku["digest"]}
    body = {"step": "8", "addressees": [{"name": "Inspektorat", "copies": 1}]} | digest
    report = office.judged(office.with_act("agus-salim", "distribution.ordered", body))
    newest = report.acts[-1]
    assert rule(newest.authority) == (CONTRADICTED, "authority.office")
    assert rule(newest.conformance) == (UNJUDGED, "bundle.authority")
    assert newest.signature.verdict == newest.inclusion.verdict == PROVED


def test_an_act_with_a_revoked_key_that_the_log_took_does_not_hold(office: Office) -> None:
    digest = {"document": office.kecamatan.iku["digest"]}
    body = {"step": "8", "addressees": [{"name": "Inspektorat", "copies": 1}]} | digest
    report = office.judged(office.with_act("budi-santoso", "distribution.ordered", body))
    assert rule(report.acts[-1].authority) == (CONTRADICTED, "authority.key")
    assert report.acts[-1].signature.verdict == PROVED, "the signature is that key's all the same"


def test_an_act_out_of_order_that_the_log_took_does_not_hold(office: Office) -> None:
    digest = {"document": office.kecamatan.iku["digest"]}
    report = office.judged(office.with_act("hadi-wijaya", "agenda.ordered", {"step": "9"} | digest))
    newest = report.acts[-1]
    assert newest.conformance.verdict == CONTRADICTED
    assert newest.conformance.rule in ("sop.order", "sop.kelengkapan")
    assert newest.authority.verdict == PROVED


def test_an_act_meant_for_another_ledger_that_the_log_took_does_not_hold(office: Office) -> None:
    digest = {"document": office.kecamatan.iku["digest"]}
    bundle = office.with_act("sri-wahyuni", "paraf.given", {"step": "6"} | digest, ledger="sebelah.example/jejak")
    assert rule(office.judged(bundle).acts[-1].conformance) == (CONTRADICTED, "act.ledger")


def test_two_acts_in_one_place_that_the_log_took_do_not_hold(office: Office) -> None:
    (newest,) = [one for one in office.bundle.entries if one.index == SIGNATURE]
    official, kind, body = office.kecamatan.steps()[6]
    bundle = office.with_act(official, kind, body, version=7, previous=newest.act.previous)
    report = office.judged(bundle)
    assert rule(report.streams[CASE]) == (CONTRADICTED, "stream.previous")


def test_a_recording_time_that_goes_back_does_not_hold(office: Office) -> None:
    official, kind, body = office.kecamatan.steps()[7]
    envelope = office.kecamatan.sign(official, CASE, kind, body)
    report = office.judged(office.with_entry(envelope, after=-dt.timedelta(hours=1)))
    assert rule(report.acts[-1].inclusion) == (CONTRADICTED, "entry.time")


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (None, "seen.missing"),
        ({"size": 10, "root": "A" * 43 + "="}, "seen.behind"),
        ({"size": 900, "root": "A" * 43 + "="}, "seen.ahead"),
        ({"size": 42, "root": "A" * 43 + "="}, "seen.root"),
    ],
)
def test_what_a_signer_cannot_have_seen_does_not_hold(office: Office, seen: dict[str, Any] | None, said: str) -> None:
    official, kind, body = office.kecamatan.steps()[7]
    payload = office.kecamatan.payload(official, CASE, kind, body) | {"seen": seen}
    data = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    envelope = Envelope.seal("application/vnd.jejak.act.v1+json", data, key(official))
    report = office.judged(office.with_entry(envelope.data))
    assert rule(report.acts[-1].inclusion) == (CONTRADICTED, said)


def test_an_act_signed_by_a_stranger_that_the_log_took_is_nobodys(office: Office) -> None:
    official, kind, body = office.kecamatan.steps()[7]
    envelope = Envelope.parse(office.kecamatan.sign(official, CASE, kind, body))
    strange = Envelope.seal(envelope.payload_type, envelope.unverified_payload, key("orang-asing"))
    newest = office.judged(office.with_entry(strange.data)).acts[-1]
    assert rule(newest.signature) == (UNJUDGED, "signature.key")
    assert rule(newest.authority) == (CONTRADICTED, "authority.key")
    assert rule(newest.conformance) == (UNJUDGED, "bundle.signature")


def test_after_an_act_that_does_not_hold_its_stream_is_not_judged_any_more(office: Office) -> None:
    digest = {"document": office.kecamatan.iku["digest"]}
    bundle = office.with_act("hadi-wijaya", "agenda.ordered", {"step": "9"} | digest)
    wrong = bundle.entries[-1]
    more = office.kecamatan.sign(
        "sri-wahyuni", CASE, "paraf.given", {"step": "6"} | digest, version=9, previous=wrong.leaf
    )
    leaves = [*office.leaves, wrong.entry.data, recorded(more, wrong.entry.recorded_at)]
    report = office.judged(office.sealed(leaves))
    assert rule(report.acts[-1].conformance) == (UNJUDGED, "bundle.incomplete")


# --- the witness policy ----------------------------------------------------------------------------------


def policy(*lines: str) -> Policy:
    log = NoteSigner(ORIGIN, key("log")).vkey
    return Policy.parse("".join(f"{line}\n" for line in (f"log {log}", *lines)).encode())


def test_a_policy_that_asks_for_no_witness_is_met(office: Office) -> None:
    report = office.judged(office.bundle, policy=policy("quorum none"))
    assert rule(report.outside[0])[0] == PROVED


def test_a_policy_whose_witness_did_not_sign_is_not_met(office: Office) -> None:
    witness = WitnessKey("saksi.example/1", key("saksi").public)
    report = office.judged(office.bundle, policy=policy(f"witness s {witness}", "quorum s"))
    assert rule(report.outside[0]) == (CONTRADICTED, "policy.quorum")
    assert report.verdict == CONTRADICTED


# --- marks on a document ---------------------------------------------------------------------------------


def test_marks_stand_on_exactly_the_bytes_that_they_name(office: Office) -> None:
    report = office.judged(office.bundle)
    marks = marks_on(report, office.kecamatan.iku["digest"])
    assert [(mark.act.filed.index, mark.stands, mark.verdict) for mark in marks] == [
        (REVIEW, True, PROVED),
        (PARAF, True, PROVED),
        (SIGNATURE, True, PROVED),
    ]
    assert marks_on(report, office.kecamatan.iku_mended["digest"]) == ()


def test_whether_a_mark_stands_in_a_case_that_is_cut_is_not_judged(office: Office) -> None:
    report = office.judged(without(office.bundle, SIGNATURE))
    assert [mark.stands for mark in marks_on(report, office.kecamatan.iku["digest"])] == [None, None]


def test_marks_on_a_draft_that_was_replaced_no_longer_stand(tmp_path: Path) -> None:
    kecamatan = Kecamatan(tmp_path).open()
    with closing(kecamatan.ledger):
        kecamatan.run(upto=6)
        now = {"document": kecamatan.iku["digest"]}
        why = {"step": "7", "to": "4", "reason": "Kolom satuan belum diisi."}
        leaf = kecamatan.do("sri-wahyuni", CASE, "document.returned", why | now).recorded.leaf
        revised = {"step": "4", "round": 2, "replaces": kecamatan.iku["digest"], "answers": leaf}
        kecamatan.do("agus-salim", CASE, "concept.revised", revised | {"document": kecamatan.iku_mended})
        report = judged(honest(kecamatan), leaves_of(kecamatan)[0])
    marks = marks_on(report, kecamatan.iku["digest"])
    assert [(mark.act.filed.act.kind, mark.stands) for mark in marks] == [
        ("typing.reviewed", False),
        ("paraf.given", False),
    ]
    assert report.verdict == PROVED
