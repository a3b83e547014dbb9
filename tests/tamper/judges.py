"""Who looks at what was attacked, and what each of them says.

Those who have nothing but what is there: the *audit*; the *start-up* check of a service, which is no audit and sees
only how the log ends; a *client* at first contact; the *verifier* of a bundle; the *service* that an act is sent to.
Those who remember: the same with checkpoints that somebody kept, with what a client remembered, with a bundle of
before; whoever holds a *receipt*; and beside those who had pinned nothing, whoever did pin the log's key and leaf 0.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from api.app import App
from keys.errors import Forged, JejakError, NotFound
from ledger import log
from ledger.application import Ledger
from ledger.audit import BROKEN, Finding, audit
from ledger.bundle import README, SUMS, Bundle, format_bundle, parse_bundle
from ledger.checkpoint import SignedCheckpoint, open_checkpoint
from ledger.evidence import judge
from ledger.evidence_report import BEYOND, Report
from ledger.export import bundle_of
from ledger.note import NoteSigner
from ledger.receipt import verify_receipt
from ledger.store import documents_in, open_store
from ledger.verdicts import CONTRADICTED, PROVED, Verdict
from projections.compare import FILE as VIEWS
from projections.compare import compare, stored_views
from tests.kit import CASE, ORIGIN, Clock, key
from tests.tamper.attack import Attack, OnBundle, OnService, OnStore, Sight, Target
from tests.tamper.office import LOG, Memory, Office, copy_store, look, served

#: Where a judge says that something is wrong: the first and the last leaf that may be it, or what is no leaf.
Named = tuple[int, int] | str | None

#: Members of a bundle that belong to a leaf.
_OF_A_LEAF = re.compile(r"(?:entries|receipts)/([0-9]+)[.].*")
#: Rules about what belongs to no leaf, and what they name.
_NAMES = {
    "tree.frontier": "frontier",
    "tree.tile": "tile_hashes",
    "entry.stray": "beside the leaves",
    "log.empty": "the whole log",
    "store.form": "the file",
    "store.missing": "the file",
    "store.unreadable": "the file",
}


@dataclass(frozen=True)
class Ruling:
    """What a judge says: the rule that does not hold, None where it sees nothing; ``remembers`` if it needs memory.

    ``by`` is the leaf whose signer saw another log: what is named was changed, or else it is that signer who lies.
    """

    judge: str
    rule: str | None
    named: Named = None
    remembers: bool = False
    by: int | None = None

    def located(self, target: Target) -> bool:
        """Tell whether what is named is what was attacked."""
        if isinstance(target, str) or isinstance(self.named, str) or self.named is None:
            return self.named == target
        first, last = self.named
        return any(first <= leaf <= last or leaf == self.by for leaf in target)


def rulings(office: Office, attack: Attack, folder: Path) -> list[Ruling]:
    """Return what everybody says whom the attack concerns; ``folder`` is empty, and is theirs to work in."""
    match attack:
        case OnStore():
            copy_store(attack.moment.store, folder / "store")
            attack.change(folder / "store")
            return list(_on_store(office, attack, folder))
        case OnBundle():
            return list(_on_bundle(office, attack))
        case OnService():
            copy_store(office.later.store, folder / "store")
            return list(_on_service(office, attack, folder))
    raise AssertionError(attack)


# --- a store ------------------------------------------------------------------------------------------------


def _on_store(office: Office, attack: OnStore, folder: Path) -> Iterator[Ruling]:
    store, memory = folder / "store", attack.moment.memory
    if attack.unpinned is not None:
        yield _audited("audit, nothing pinned", store, NoteSigner(ORIGIN, key(attack.unpinned)))
        yield _audited("audit, log key and leaf 0 pinned", store, LOG, office.founding, remembers=True)
        return
    yield _audited("audit", store, LOG, office.founding)
    if attack.sight is Sight.MEMORY:
        notes = tuple(open_checkpoint(one, LOG.vkey) for one in memory.checkpoints.values())
        yield _audited("audit, kept checkpoints", store, LOG, office.founding, notes)
        yield _holding_receipt(attack, store)
    yield _started(store, folder / "started", ())
    if attack.sight is Sight.MEMORY:
        (folder / "kept").write_bytes(memory.checkpoints[attack.moment.size])
        yield _started(store, folder / "started again", (folder / "kept",))
        yield from _served(office, store, memory, folder)


def _audited(
    name: str,
    store: Path,
    signer: NoteSigner,
    founding: str | None = None,
    notes: tuple[SignedCheckpoint, ...] = (),
    *,
    remembers: bool = False,
) -> Ruling:
    remembers = remembers or bool(notes)
    try:
        report = audit(store, vkey=signer.vkey, founding=founding, remembered=notes)
        if report.sound and os.path.lexists(store / VIEWS):
            return Ruling(f"{name}, views", *_views(store), remembers)
    except JejakError as fault:
        return Ruling(name, fault.rule, _NAMES[fault.rule], remembers)
    if report.sound:
        return Ruling(name, None, None, remembers)
    lead = _lead(report.findings)
    if lead.leaf is None:
        return Ruling(name, lead.rule, _NAMES[lead.rule], remembers)
    by = lead.leaf if lead.rule == "seen.root" else None
    return Ruling(name, lead.rule, lead.among or (lead.leaf, lead.leaf), remembers, by)


def _views(store: Path) -> tuple[str | None, Named]:
    """Return what differs in the views beside a sound journal."""
    with stored_views(store) as stored, open_store(store) as rows:
        differences = compare(stored, rows, documents_in(store)).differences if stored else ()
    return ("views.differ", f"views: {differences[0].table}") if differences else (None, None)


def _lead(findings: list[Finding]) -> Finding:
    """Return the finding that a reader goes to first: the lowest leaf that does not hold."""
    order = sorted(findings, key=lambda one: (one.verdict != BROKEN, one.leaf is None, one.leaf or 0))
    return order[0]


def _holding_receipt(attack: OnStore, store: Path) -> Ruling:
    """Return what somebody says who holds the receipt of the first attacked leaf, having asked the log for a proof."""
    receipts = attack.moment.memory.receipts
    at = max(receipts) if isinstance(attack.target, str) else min(min(attack.target), max(receipts))
    entry, receipt = receipts[at]
    before = verify_receipt(receipt, entry, LOG.vkey).checkpoint
    with open_store(store) as rows:
        now = open_checkpoint(log.checkpoint(rows), LOG.vkey).checkpoint
        try:
            log.require_continued(rows, now, before)
        except Forged as fault:
            return Ruling("receipt", fault.rule, (at, at), remembers=True)
    return Ruling("receipt", None, remembers=True)


def _started(store: Path, copy: Path, remembered: tuple[Path, ...]) -> Ruling:
    shutil.copytree(store, copy, ignore=shutil.ignore_patterns(VIEWS))  # it looks at none, and copies no pipe
    name = "start-up, file outside" if remembered else "start-up"
    try:
        Ledger(copy, LOG, Clock(), remembered).close()
    except JejakError as fault:
        leaf, named = fault.facts.get("leaf"), None
        if leaf is not None:
            named = (leaf, fault.facts["remembered_size"] - 1 if fault.rule == "outside.fork" else leaf)
        return Ruling(name, fault.rule, named, bool(remembered))
    return Ruling(name, None, None, bool(remembered))


def _served(office: Office, store: Path, memory: Memory, folder: Path) -> Iterator[Ruling]:
    """Yield what clients say of a store that is served, and verifiers of the bundle that it gives."""
    shutil.copytree(memory.client, folder / "who remembers")
    with served(store) as app:
        yield _looked("client", app, folder / "who does not", office.founding)
        yield _looked("client, own memory", app, folder / "who remembers", office.founding)
    made = _exported(store)
    if made is not None:
        yield _verified("verifier", made, office, ())
        yield _verified("verifier, kept bundle", made, office, (parse_bundle(memory.bundle),))


def _looked(name: str, app: App, memory: Path, founding: str) -> Ruling:
    remembers = memory.exists()
    try:
        look(app, memory, founding)
    except JejakError as fault:
        return Ruling(name, fault.rule, None, remembers)
    return Ruling(name, None, None, remembers)


def _exported(store: Path) -> bytes | None:
    """Return the case's bundle as the attacked store gives it, None where the case is no longer there."""
    read = documents_in(store).read
    with open_store(store) as rows:
        try:
            return format_bundle(bundle_of(rows, CASE, LOG, lambda paper: read(paper.digest)))
        except NotFound:
            return None


# --- a bundle -----------------------------------------------------------------------------------------------


def _on_bundle(office: Office, attack: OnBundle) -> Iterator[Ruling]:
    data = attack.bundle()
    yield _verified("verifier", data, office, ())
    if attack.sight is not Sight.ALONE:
        memory = office.later.memory
        newest = memory.checkpoints[office.later.size]
        yield _verified("verifier, kept bundle", data, office, (parse_bundle(memory.bundle),))
        yield _verified("verifier, kept checkpoint", data, office, (newest,))


def _verified(name: str, data: bytes, office: Office, kept: tuple[Bundle | bytes, ...]) -> Ruling:
    try:
        report = judge(parse_bundle(data), vkey=LOG.vkey, founding=office.founding, kept=kept)
    except JejakError as fault:
        return Ruling(name, fault.rule, _refused_for(fault), bool(kept))
    if report.verdict == PROVED:
        return Ruling(name, None, None, bool(kept))
    found = [(verdict, named) for verdict, named in _said(report) if verdict.verdict != PROVED]
    found.sort(key=lambda one: one[0].verdict != CONTRADICTED)
    return Ruling(name, found[0][0].rule, found[0][1], bool(kept))


def _refused_for(fault: JejakError) -> Named:
    """Return what a bundle is refused for: a leaf, a member, or the whole of it."""
    members = [fault.facts["member"]] if "member" in fault.facts else list(fault.facts.get("members", ()))
    members.sort(key=lambda name: name in (README, SUMS))  # what the others make
    of_a_leaf = _OF_A_LEAF.fullmatch(members[0]) if members else None
    leaf = int(of_a_leaf[1]) if of_a_leaf else fault.facts.get("leaf")
    return (leaf, leaf) if leaf is not None else members[0] if members else "the bundle"


def _said(report: Report) -> Iterator[tuple[Verdict, Named]]:
    """Yield every verdict with what it is about, acts before streams, less what is beyond a bundle."""
    for act in report.acts:
        for verdict in (act.inclusion, act.signature, act.authority, act.conformance):
            if verdict.rule != BEYOND:
                yield verdict, (act.filed.index, act.filed.index)
    for stream, verdict in report.streams.items():
        yield verdict, stream
    for paper in report.papers:
        yield paper.verdict, paper.reference.name
    for verdict in report.outside:
        yield verdict, None


# --- a service ----------------------------------------------------------------------------------------------


def _on_service(office: Office, attack: OnService, folder: Path) -> Iterator[Ruling]:
    """Yield what an honest service says to an envelope, and where it takes it, what an auditor says afterwards."""
    store, size = folder / "store", office.later.size
    with closing(Ledger(store, LOG, Clock(office.kecamatan.clock.now))) as ledger:
        try:
            ledger.record(attack.envelope())
        except JejakError as fault:
            with ledger.reading() as rows:
                assert rows.size() == size, "what is refused changes nothing"
            yield Ruling("service", fault.rule, "the act")
            return
    yield Ruling("service", None)
    yield _audited("audit", store, LOG, office.founding)
