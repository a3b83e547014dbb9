"""Whoever carries a bundle edits it; whoever has the log's key makes one that lies.

A carrier can make everything anew that nobody signed: the zip, the sums, BACA-SAYA, which entries are there. A maker
can besides leave entries out and state that there are none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from ledger.bundle import CHECKPOINT, HEADS, README, SUMS, Bundle, Filed, format_bundle, parse_bundle
from ledger.heads import Head, open_heads, sign_heads
from ledger.note import NoteSigner, SignatureLine
from ledger.stored_zip import pack, unpack
from tests.bundles import honest, refiled, sealed, without
from tests.kit import CASE, ORIGIN, key
from tests.tamper.attack import OnBundle, Sight, Target, Who
from tests.tamper.hands import at_time, time_of
from tests.tamper.office import BESIDE, LOG, SOP, Moment, Office
from tests.tamper.operators import A_MICROSECOND, UNSEEN, revocation
from tests.tamper.spans import changes

Make = Callable[[], bytes]
Edit = Callable[[bytes], bytes]

OLDER = (
    "An older bundle is a whole bundle, and says itself at which checkpoint it ends. Whoever kept a newer checkpoint or"
    " bundle sees it."
)
ON_ITS_WORD = (
    "That nothing newer stands below a checkpoint is the log's word alone, and the report says so. Whoever kept a"
    " bundle with what is denied proves the lie."
)
ANYBODYS = (
    "In a C2SP note anybody may add lines of their own keys, so that witnesses can. They prove nothing, and are neither"
    " read nor shown."
)
STRANGER = NoteSigner(ORIGIN, key("kunci-log-lain"))
THE_BUNDLE = "the bundle"


def attacks(office: Office) -> Iterator[OnBundle]:
    """Yield the attacks."""
    moment = office.later
    good = parse_bundle(moment.memory.bundle)
    yield from _bytes(moment)
    yield from _members(moment)
    yield from _entry(moment)
    yield from _left_out(moment, good)
    yield from _exchanged(office, good)
    yield from _made(office, good)


def _carried(title: str, target: Target, bundle: Make, why: str = "", part: str = "") -> OnBundle:
    sight = Sight.MEMORY if why else Sight.ALONE
    return OnBundle(title=title, who=Who.CARRIER, target=target, part=part, bundle=bundle, sight=sight, why=why)


def _leaf(leaf: int) -> frozenset[int]:
    return frozenset([leaf])


# --- bytes and members ----------------------------------------------------------------------------------------


def kinds(moment: Moment) -> dict[str, str]:
    """Return a member of each kind in the case's bundle, by what people call it."""
    names = list(unpack(moment.memory.bundle))
    paraf = f"{moment.leaf(CASE, 6):010}"
    return {
        "BACA-SAYA": README,
        "the sums": SUMS,
        "the checkpoint": CHECKPOINT,
        "the heads": HEADS,
        "a consistency proof": next(one for one in names if one.startswith("consistency/")),
        "a document": next(one for one in names if one.startswith("documents/")),
        "an entry": f"entries/{paraf}.json",
        "a receipt": f"receipts/{paraf}.tlog-proof",
    }


def _bytes(moment: Moment) -> Iterator[OnBundle]:
    data = moment.memory.bundle
    for words, name in kinds(moment).items():
        at = data.index(unpack(data)[name])
        flip = partial(_flipped, data, at + 10)
        yield _carried("a byte of a member is changed in the zip", THE_BUNDLE, flip, part=words)
    for title, change in (
        ("the zip is cut by a byte", lambda: data[:-1]),
        ("the zip is a byte longer", lambda: data + b"\0"),
        ("a byte of the zip's directory is changed", partial(_flipped, data, len(data) - 30)),
    ):
        yield _carried(title, THE_BUNDLE, change)


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _members(moment: Moment) -> Iterator[OnBundle]:
    """Yield that a member is dropped, changed or added, and zip and sums made anew to fit."""
    data, named, paraf = moment.memory.bundle, kinds(moment), _leaf(moment.leaf(CASE, 6))
    proof, receipt, document = (named[one] for one in ("a consistency proof", "a receipt", "a document"))
    dropped: dict[str, Target] = {name: name for name in (README, CHECKPOINT, HEADS)}
    dropped |= {proof: THE_BUNDLE, receipt: paraf, named["an entry"]: paraf, document: README}
    for words, name in named.items():
        if name in dropped:
            drop = partial(_edited, data, {name: None})
            yield _carried("a member is dropped, and the sums made to fit", dropped[name], drop, part=words)
    changed: tuple[tuple[str, str, Target, Edit], ...] = (
        ("a line of BACA-SAYA", README, README, lambda was: was + b"Semua terbukti.\n"),
        ("a line of the sums", SUMS, SUMS, lambda was: was + b"0" * 64 + b"  lain\n"),
        ("the checkpoint's size", CHECKPOINT, THE_BUNDLE, lambda was: was.replace(b"\n278\n", b"\n277\n")),
        ("a hash of a receipt's proof", receipt, paraf, lambda was: _letter(was, 60)),
        ("a hash of the first consistency proof", proof, _leaf(1), lambda was: _letter(was, 20)),
        ("a document's bytes", document, "iku.json", lambda was: was + b"\n"),
    )
    for words, name, target, change in changed:
        put = partial(_edited, data, {name: change})
        yield _carried("a member is changed, and the sums made to fit", target, put, part=words)
    for words, name in (("a key", "vkey"), ("a policy", "policy"), ("a file", "catatan.txt")):
        plant = partial(_edited, data, {name: b"x\n"})
        yield _carried("a member is planted, and the sums made to fit", name, plant, part=words)
    signed = partial(_signed_below, data, bytes(SignatureLine("sebelah.example/stempel", b"\0\0\0\0", b"x")))
    title = "lines of a stranger's key are added below the checkpoint and the heads"
    yield replace(_carried(title, THE_BUNDLE, signed, ANYBODYS), sight=Sight.NOTHING)


def _signed_below(data: bytes, line: bytes) -> bytes:
    """Return the zip with a signature line more below its checkpoint, wherever that stands, and its heads."""
    members = unpack(data)
    note = members[CHECKPOINT]
    edits: dict[str, Edit | bytes | None] = {
        name: was.replace(note, note + line) for name, was in members.items() if note in was
    }
    return _edited(data, edits | {HEADS: members[HEADS] + line})


def _letter(data: bytes, at: int) -> bytes:
    """Return the bytes with another letter of base64 at a place."""
    return data[:at] + (b"B" if data[at : at + 1] == b"A" else b"A") + data[at + 1 :]


def _edited(data: bytes, edits: Mapping[str, Edit | bytes | None]) -> bytes:
    """Return the zip with other members (None: without), its sums made anew unless they are what is edited."""
    members = unpack(data)
    for name, edit in edits.items():
        was = members.pop(name, b"")
        if edit is not None:
            members[name] = edit if isinstance(edit, bytes) else edit(was)
    if SUMS not in edits:
        lines = [f"{hashlib.sha256(members[name]).hexdigest()}  {name}\n" for name in sorted(members) if name != SUMS]
        members[SUMS] = "".join(lines).encode("ascii")
    return pack(members)


def _entry(moment: Moment) -> Iterator[OnBundle]:
    """Yield each class of bytes of an entry, changed, and everything made to fit that is not signed."""
    leaf = moment.leaf(CASE, 6)
    name = f"entries/{leaf:010}.json"
    for one in changes(moment.entries[leaf]):
        put = partial(_edited, moment.memory.bundle, {name: one.data})
        yield _carried("a byte of an entry is changed, and the sums made to fit", _leaf(leaf), put, part=one.name)


# --- entries left out, exchanged, brought in -------------------------------------------------------------------


def _left_out(moment: Moment, good: Bundle) -> Iterator[OnBundle]:
    case, register, sop = (moment.streams[name] for name in (CASE, "register", SOP))
    lost = revocation(moment)
    for title, target, leaves in (
        ("the case's tail is left out", CASE, case[-3:]),
        ("the case's last act is left out", CASE, case[-1:]),
        ("an act in the middle of the case is left out", CASE, case[5:6]),
        ("a revocation is left out with all after it", "register", [one for one in register if one >= lost]),
        ("a revocation is left out of the middle of the register", "register", [lost]),
        ("a mandate is left out of the register", "register", register[7:8]),
        ("what the SOP was read to mean is left out", SOP, sop[1:2]),
        ("the newest of the SOP is left out", SOP, sop[-1:]),
    ):
        yield _carried(f"{title}, and all made to fit", target, partial(_formatted, partial(without, good, *leaves)))
    opening = partial(_formatted_as_is, good, moment.streams[CASE][0])
    yield _carried("the case's opening is left out", THE_BUNDLE, opening)


def _formatted(make: Callable[[], Bundle]) -> bytes:
    return format_bundle(make())


def _formatted_as_is(good: Bundle, leaf: int) -> bytes:
    """Return the zip without an entry and its receipt; it cannot be made to fit."""
    data = format_bundle(good)
    return _edited(data, {f"entries/{leaf:010}.json": None, f"receipts/{leaf:010}.tlog-proof": None})


def _exchanged(office: Office, good: Bundle) -> Iterator[OnBundle]:
    moment, paraf = office.later, office.later.leaf(CASE, 6)
    evening = office.evening.memory.bundle
    filed = {one.index: one for one in good.entries}
    swapped = {paraf: filed[paraf - 1].entry, paraf - 1: filed[paraf].entry}
    entries = (replace(one, entry=swapped.get(one.index, one.entry)) for one in good.entries)
    fit = partial(refiled, good, tuple(entries))
    yield _carried("two entries change places under their receipts", frozenset(swapped), partial(_formatted, fit))
    beside = parse_bundle(format_bundle(honest(office.kecamatan, BESIDE)))
    foreign = unpack(format_bundle(beside))
    at = moment.streams[BESIDE][-1]
    names = (f"entries/{at:010}.json", f"receipts/{at:010}.tlog-proof")
    added = {name: foreign[name] for name in names}
    yield _carried("an entry of another case is added", _leaf(at), partial(_edited, moment.memory.bundle, added))
    (one, first), (other, second) = list(good.documents.items())[:2]
    documents = partial(replace, good, documents=dict(good.documents) | {one: second, other: first})
    yield _carried("two documents change places", "surat.pdf", partial(_formatted, documents))
    none = partial(replace, good, documents={})
    yield _carried("the documents are left out", "surat.pdf", partial(_formatted, none))
    for title, heads in (
        ("the heads are those of another case's bundle", beside.heads),
        ("the heads are those of an older bundle", parse_bundle(evening).heads),
        ("the heads are signed by a stranger", sign_heads(STRANGER, open_heads(good.heads, LOG.vkey).heads)),
        ("the checkpoint stands in the place of the heads", good.checkpoint),
    ):
        yield _carried(title, CASE, partial(_formatted, partial(replace, good, heads=heads)))
    yield _carried("an older bundle is brought", _leaf(office.evening.size), lambda: evening, OLDER)
    strange = partial(_formatted, partial(sealed, moment.entries, good, STRANGER))
    yield _carried("a bundle is brought that a stranger sealed under the log's name", THE_BUNDLE, strange)


# --- made with the log's key ----------------------------------------------------------------------------------


def _made(office: Office, good: Bundle) -> Iterator[OnBundle]:
    moment, leaves = office.later, list(office.later.entries)
    lost, last = revocation(moment), moment.streams[CASE][-1]
    after = [one for one in moment.streams["register"] if one >= lost]
    for title, hidden in (
        ("a revocation and all after it is left out, and the heads deny it", after),
        ("the case's last act is left out, and the heads deny it", [last]),
    ):

        def there(one: Filed, hidden: list[int] = hidden) -> bool:
            return one.index not in hidden

        lying = partial(sealed, leaves, good, LOG, filed=there, stated=there)
        yield _by_the_log(title, _leaf(hidden[0]), lying, ON_ITS_WORD)
    for what, by in (("an older version", -1), ("another entry", 0), ("a newer version", 1)):
        yield _by_the_log(f"the heads state {what} than is there", CASE, partial(_restated, good, by))
    yield _by_the_log("the heads name a stream besides those of the bundle", CASE, partial(_more_stated, good))
    tree = partial(_other_tree, good)
    yield _by_the_log("the heads speak of another tree", CASE, tree)
    later = partial(sealed, [*leaves[:-1], at_time(leaves[-1], time_of(leaves[-1]) + A_MICROSECOND)], good, LOG)
    title = "the newest act is recorded a microsecond later, and everything is sealed anew"
    yield _by_the_log(title, _leaf(moment.size - 1), later, UNSEEN)
    earlier = at_time(leaves[lost], time_of(leaves[lost - 1]))
    rewritten = partial(sealed, [*leaves[:lost], earlier, *leaves[lost + 1 :]], good, LOG)
    title = "a revocation is recorded earlier than it was, and everything is sealed anew"
    yield _by_the_log(title, frozenset([lost, lost + 1]), rewritten)


def _by_the_log(title: str, target: Target, make: Callable[[], Bundle], why: str = "") -> OnBundle:
    sight = Sight.MEMORY if why else Sight.ALONE
    return OnBundle(title=title, who=Who.MAKER, target=target, bundle=partial(_formatted, make), sight=sight, why=why)


def _restated(good: Bundle, by: int) -> Bundle:
    """Return the bundle with heads that state another entry of the case, ``by`` versions from the newest."""
    said = open_heads(good.heads, LOG.vkey).heads
    heads = tuple(Head(CASE, one.version + by, "ab" * 32) if one.stream == CASE else one for one in said.heads)
    return replace(good, heads=sign_heads(LOG, replace(said, heads=heads)))


def _more_stated(good: Bundle) -> Bundle:
    said = open_heads(good.heads, LOG.vkey).heads
    heads = tuple(sorted((*said.heads, Head(BESIDE, 1, "ab" * 32)), key=lambda one: one.stream))
    return replace(good, heads=sign_heads(LOG, replace(said, heads=heads)))


def _other_tree(good: Bundle) -> Bundle:
    said = open_heads(good.heads, LOG.vkey).heads
    return replace(good, heads=sign_heads(LOG, replace(said, root=bytes(32))))
