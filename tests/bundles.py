"""Bundles for tests: an honest one, and the tools of whoever forges one, with the log's key and without.

Without it, everything that is not signed can be made anew: entries left out or exchanged, hashes and BACA-SAYA written
again to fit. With it, any leaves at all can be sealed, and any heads stated about them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from keys.envelope import Envelope
from ledger.bundle import SUMS, Bundle, Filed, format_bundle, papers_of, parse_bundle, seen_sizes
from ledger.checkpoint import sign_checkpoint
from ledger.consistency import Consistency
from ledger.entry import Entry
from ledger.evidence import judge
from ledger.evidence_report import Judged, Report
from ledger.export import bundle_of
from ledger.grown_tree import Tree
from ledger.heads import Head, Heads, sign_heads
from ledger.merkle import leaf_hash, prove_consistency, prove_inclusion
from ledger.note import NoteSigner
from ledger.receipt import Receipt
from ledger.stored_zip import pack
from ledger.streams import REGISTER
from ledger.verdicts import Verdict
from tests.kit import CASE, Kecamatan, key


class Leaves:
    """The tree of a log's entries."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self._tree = Tree()
        self._tree.extend(list(map(leaf_hash, entries)))
        self.root = self._tree.frontier.root

    def hashes(self, level: int, first: int, count: int) -> list[bytes]:
        return self._tree.hashes(level, first, count)


def leaves_of(kecamatan: Kecamatan) -> list[bytes]:
    """Return every entry of a ledger."""
    with kecamatan.ledger.reading() as rows:
        return [row.data for row in rows.entries(0, rows.size())]


def honest(kecamatan: Kecamatan, case: str = CASE) -> Bundle:
    """Return the bundle that the service makes."""
    with kecamatan.ledger.reading() as rows:
        return bundle_of(rows, case, kecamatan.log, lambda paper: kecamatan.ledger.documents.read(paper.digest))


def sealed(
    leaves: Sequence[bytes],
    like: Bundle,
    signer: NoteSigner,
    *,
    filed: Callable[[Filed], bool] = lambda one: True,
    stated: Callable[[Filed], bool] = lambda one: True,
) -> Bundle:
    """Return the bundle that whoever has the log's key makes of these leaves, about the case of ``like``.

    ``filed`` says which entries of its three streams go in, ``stated`` which ones the heads admit.
    """
    tree, size = Leaves(leaves), len(leaves)
    note = sign_checkpoint(signer, signer.name, size, tree.root)
    every = [
        Filed(Receipt(index, tuple(prove_inclusion(tree, index, size)), note), Entry.parse(data))
        for index, data in enumerate(leaves)
    ]
    own = [one for one in every if one.act.stream in (like.case, like.sop, REGISTER)]
    newest = {one.act.stream: one for one in own if stated(one)}
    heads = tuple(Head(name, one.act.version, one.leaf) for name, one in sorted(newest.items()))
    entries = tuple(one for one in own if filed(one))
    proofs = [
        Consistency(old, tuple(prove_consistency(tree, old, size)), note) for old in seen_sizes(list(entries), size)
    ]
    named = {paper.digest for paper in papers_of([one for one in entries if one.act.stream == like.case])}
    return Bundle(
        checkpoint=note,
        heads=sign_heads(signer, Heads(signer.name, size, tree.root, heads)),
        entries=entries,
        consistency=tuple(proofs),
        documents={digest: data for digest, data in like.documents.items() if digest in named},
    )


def refiled(bundle: Bundle, entries: Iterable[Filed]) -> Bundle:
    """Return the bundle with other entries, and of its proofs and documents those that belong to them."""
    now = tuple(entries)
    sizes = seen_sizes(list(now), bundle.stated.size)
    named = {paper.digest for paper in papers_of([one for one in now if one.act.stream == bundle.case])}
    return replace(
        bundle,
        entries=now,
        consistency=tuple(one for one in bundle.consistency if one.old in sizes),
        documents={digest: data for digest, data in bundle.documents.items() if digest in named},
    )


def without(bundle: Bundle, *indices: int) -> Bundle:
    """Return the bundle without the entries at these leaf indices."""
    return refiled(bundle, (one for one in bundle.entries if one.index not in indices))


def exchanged(bundle: Bundle, index: int, change: Callable[[bytes], bytes]) -> Bundle:
    """Return the bundle in which the entry at a leaf index has other bytes."""
    return refiled(
        bundle,
        (
            replace(one, entry=Entry.parse(change(one.entry.data))) if one.index == index else one
            for one in bundle.entries
        ),
    )


def recorded(envelope: bytes, at: dt.datetime) -> bytes:
    """Return the entry that a log makes of an envelope, whatever is in it."""
    return Entry.record(Envelope.parse(envelope), at).data


def judged(bundle: Bundle, founding: bytes, *, by: str = "log", **brought: Any) -> Report:
    """Return the verdicts of somebody who got the bundle as bytes and pins ``founding`` (leaf 0) and the log's key.

    What they ``brought`` is as :func:`ledger.evidence.judge` takes it: policy, what they kept, their clock.
    """
    there = parse_bundle(format_bundle(bundle))
    pinned = NoteSigner(bundle.stated.origin, key(by)).vkey
    return judge(there, vkey=pinned, founding=leaf_hash(founding).hex(), **brought)


def act(report: Report, index: int) -> Judged:
    """Return the act at a leaf index."""
    (found,) = [one for one in report.acts if one.filed.index == index]
    return found


def rule(verdict: Verdict) -> tuple[str, str | None]:
    """Return the word and the rule of a verdict."""
    return verdict.verdict, verdict.rule


def resummed(members: dict[str, bytes]) -> bytes:
    """Return the zip of these members with the SHA256SUMS that fit them, as whoever forges one makes it."""
    lines = [f"{hashlib.sha256(members[name]).hexdigest()}  {name}\n" for name in sorted(members) if name != SUMS]
    return pack(members | {SUMS: "".join(lines).encode()})
