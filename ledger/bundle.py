r"""The evidence bundle: one case, with all that is needed to judge it offline, as a zip of one form.

The members (:mod:`ledger.stored_zip` is the form of the zip, which orders them by name)::

    BACA-SAYA.txt                      for people, in Indonesian (ledger.bundle_words)
    SHA256SUMS                         "<hex>  <name>\n" of every other member, in order: sha256sum -c reads it
    checkpoint                         the log's, verbatim (C2SP tlog-checkpoint)
    consistency/<size>                 from a smaller tree to the checkpoint (ledger.consistency)
    documents/<hex>                    a document, named by the SHA-256 that acts of the case name it by
    entries/<leaf index>.json          an entry, verbatim (ledger.entry)
    heads                              the log's word on what is newest, verbatim (ledger.heads)
    receipts/<leaf index>.tlog-proof   the inclusion proof of that entry (C2SP tlog-proof, ledger.receipt)

Indices and sizes are decimal, filled with zeros to ten digits. Entries are all that the maker has below the checkpoint
of exactly three streams: one case, whose opening is there, the register, whose founding is there, and the SOP that the
opening names. Every receipt and every consistency proof carries the bundle's checkpoint; there is one receipt for each
entry and one consistency proof for each tree size that an act has ``seen``, and, from form 2 on, for each of at most
:data:`MAX_ASKED` other sizes that whoever asked for the bundle named: those of what they had kept. Documents are those
that acts of the case name, less those that the maker did not have or that did not fit. Everything else follows from
these: ``format_bundle(parse_bundle(x)) == x``, or it is refused. So there is no member for a key or a policy, and the
same ledger at the same checkpoint gives the same bytes to everybody who names the same sizes.

Form 1 has another BACA-SAYA (:mod:`ledger.bundle_words`) and no proof that was asked for. What a form cannot keep out
are signature lines of other keys below the checkpoint and the heads: in a C2SP signed note anybody may add such lines,
so that witnesses can. They prove nothing, are shown to nobody, and only a policy of the verifier's own reads any.

Nothing in a :class:`Bundle` is verified: who signed, what the log holds and what the acts were worth is
:mod:`ledger.evidence`. Its parts are within their own rooms' limits; all together are at most
:data:`ledger.stored_zip.MAX_BYTES` bytes and :data:`MAX_ENTRIES` entries. Pure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from keys.errors import Malformed
from keys.fields import DocumentRef
from ledger.acts import Act, act_of
from ledger.bodies import ActivityPerformed, DispositionIssued, LedgerFounded
from ledger.bundle_words import NEWEST, Contents, Paper, form_of, readme
from ledger.checkpoint import Checkpoint, format_hash, parse_body
from ledger.consistency import Consistency, format_consistency, parse_consistency
from ledger.entry import Entry
from ledger.mentions import documents_of
from ledger.note import parse_unverified
from ledger.receipt import Receipt, format_receipt, parse_receipt
from ledger.stored_zip import pack, unpack
from ledger.streams import REGISTER, opens_under

#: A bundle has at most this many entries; a zip of one form ends at 65,000 members.
MAX_ENTRIES = 20_000
#: A document is at most this many bytes, as everywhere.
MAX_DOCUMENT = 20 * 1024 * 1024
#: A bundle has at most this many consistency proofs that were asked for.
MAX_ASKED = 100

README, SUMS, CHECKPOINT, HEADS = "BACA-SAYA.txt", "SHA256SUMS", "checkpoint", "heads"
_ENTRY = re.compile(r"entries/([0-9]{10,19})\.json", re.ASCII)
_CONSISTENCY = "consistency/"
_DOCUMENT = re.compile(r"documents/([0-9a-f]{64})", re.ASCII)
_SHA256 = "sha256:"


@dataclass(frozen=True, slots=True)
class Filed:
    """An entry as it is filed: a well-formed act, and a receipt that still has to prove its place.

    Raises :class:`Malformed` where the entry is not an act.
    """

    receipt: Receipt
    entry: Entry
    act: Act = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "act", act_of(self.entry.envelope))

    @property
    def index(self) -> int:
        """Return the leaf index that the receipt claims."""
        return self.receipt.index

    @property
    def leaf(self) -> str:
        """Return the entry's leaf hash, hex."""
        return self.entry.leaf_hash.hex()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose form is right; everything that it says is still a claim. Raises :class:`Malformed`.

    ``entries`` are in leaf order, ``consistency`` in order of size; ``documents`` maps digests to the bytes that stand
    under them. ``case`` and ``sop`` are the streams, ``stated`` is what the checkpoint says, ``form`` the number of the
    form.
    """

    checkpoint: bytes
    heads: bytes
    entries: tuple[Filed, ...]
    consistency: tuple[Consistency, ...]
    documents: Mapping[str, bytes]
    form: int = NEWEST
    case: str = field(init=False)
    sop: str = field(init=False)
    stated: Checkpoint = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stated", parse_body(parse_unverified(self.checkpoint)[0]))
        indices = [one.index for one in self.entries]
        if sorted(set(indices)) != indices or len(indices) > MAX_ENTRIES:
            raise Malformed(
                "bundle.entries",
                "Entri dalam bundel tidak urut, ganda, atau terlalu banyak.",
                allowed=f"Satu entri setiap daun, paling banyak {MAX_ENTRIES}.",
            )
        notes = {one.receipt.checkpoint_note for one in self.entries}
        if notes | {one.checkpoint_note for one in self.consistency} != {self.checkpoint}:
            raise Malformed(
                "bundle.checkpoint",
                "Ada bukti dalam bundel yang memuat segel lain dari segel bundel.",
                allowed="Satu segel untuk semuanya; bundel tidak dirangkai dari beberapa bundel.",
            )
        case, sop = self._streams()
        object.__setattr__(self, "case", case)
        object.__setattr__(self, "sop", sop)
        sizes, seen = [one.old for one in self.consistency], seen_sizes(self.acts(), self.stated.size)
        asked = len(sizes) - len(seen)
        if sorted({*sizes, *seen}) != sizes or asked > (MAX_ASKED if self.form > 1 else 0):
            raise Malformed(
                "bundle.consistency",
                "Bukti kesinambungan dalam bundel bukan yang diperlukan tindakan-tindakannya.",
                allowed="Satu untuk setiap ukuran pohon yang dilihat penandatangan, dan yang disebut peminta bundel.",
            )
        strange = self.documents.keys() - {paper.digest for paper in papers_of(self.acts(case))}
        if strange or any(len(data) > MAX_DOCUMENT for data in self.documents.values()):
            raise Malformed(
                "bundle.document",
                "Bundel memuat dokumen yang tidak disebut perkaranya, atau yang terlalu besar.",
                allowed="Hanya dokumen yang disebut dalam tindakan perkara itu.",
                digests=sorted(strange)[:3],
            )

    @property
    def streams(self) -> tuple[str, str, str]:
        """Return the three streams that the bundle is about, the case first."""
        return self.case, REGISTER, self.sop

    def acts(self, stream: str | None = None) -> list[Filed]:
        """Return the entries of a stream, all if None, in leaf order."""
        return [one for one in self.entries if stream is None or one.act.stream == stream]

    def _streams(self) -> tuple[str, str]:
        """Return the names of the case and of its SOP; raises :class:`Malformed` for entries of other streams."""
        openings = [one for one in self.entries if one.act.version == 1 and one.act.stream.startswith("case:")]
        named = opens_under(openings[0].act) if openings else None
        founded = any(isinstance(one.act.body, LedgerFounded) for one in self.entries)
        if named is None or not founded:
            raise Malformed(
                "bundle.opening",
                "Bundel tidak memuat pembuka perkara atau pendirian buku besar.",
                allowed="Perkara dari tindakan pertamanya, dan register dari daun 0.",
            )
        case, sop = openings[0].act.stream, f"sop:{named.slug}"
        for one in self.entries:
            if one.act.stream not in (case, sop, REGISTER):
                raise Malformed(
                    "bundle.stream",
                    f"Bundel memuat daun {one.index}, yang bukan dari perkara, register, atau SOP ini.",
                    allowed="Hanya tindakan perkara itu, register, dan SOP-nya.",
                    leaf=one.index,
                )
        return case, sop


def format_bundle(bundle: Bundle) -> bytes:
    """Return the zip, or raise :class:`Malformed` where the parts are too many or too large for one."""
    return pack(_members(bundle))


def parse_bundle(data: bytes) -> Bundle:
    """Return the bundle in these bytes, of which nothing is verified, or raise :class:`Malformed`.

    1. It is a zip of our one form.
    2. Its SHA256SUMS names every other member with its hash.
    3. The parts have their own forms, and fit together as the module's docstring says.
    4. From these parts every byte follows again.
    """
    members = unpack(data)
    _check_sums(members)
    bundle = _of(members)
    ours = _members(bundle)
    if ours != members:
        names = sorted(name for name in {*ours, *members} if ours.get(name) != members.get(name))
        raise Malformed(
            "bundle.form",
            f"Isi bundel bukan dalam bentuk bakunya: {names[0]}.",
            allowed="Bundel persis seperti yang dibuat, tanpa berkas tambahan.",
            members=names[:10],
        )
    return bundle


def seen_sizes(entries: list[Filed], size: int) -> list[int]:
    """Return the tree sizes below ``size`` that acts state they have seen, each once, in order."""
    stated = {one.act.seen.size for one in entries if one.act.seen is not None}
    return sorted(one for one in stated if one < size)


def papers_of(entries: list[Filed]) -> list[DocumentRef]:
    """Return the documents that acts name, each digest once as it is first named, in order of first mention."""
    found: dict[str, DocumentRef] = {}
    for one in entries:
        for reference in documents_of(one.act):
            found.setdefault(reference.digest, reference)
    return list(found.values())


def _members(bundle: Bundle) -> dict[str, bytes]:
    members = {CHECKPOINT: bundle.checkpoint, HEADS: bundle.heads, README: readme(_contents(bundle), bundle.form)}
    for proof in bundle.consistency:
        members[f"{_CONSISTENCY}{proof.old:010}"] = format_consistency(proof)
    for digest, data in bundle.documents.items():
        members[f"documents/{digest.removeprefix(_SHA256)}"] = data
    for one in bundle.entries:
        members[f"entries/{one.index:010}.json"] = one.entry.data
        members[_receipt_name(one.index)] = format_receipt(one.receipt)
    return members | {SUMS: _sums(members)}


def _receipt_name(index: int) -> str:
    return f"receipts/{index:010}.tlog-proof"


def _sums(members: Mapping[str, bytes]) -> bytes:
    lines = [f"{hashlib.sha256(members[name]).hexdigest()}  {name}\n" for name in sorted(members) if name != SUMS]
    return "".join(lines).encode("ascii")


def _check_sums(members: Mapping[str, bytes]) -> None:
    listed = set(_member(members, SUMS).splitlines(keepends=True))
    for line in _sums(members).splitlines(keepends=True):
        if line not in listed:
            name = line.decode("ascii").split()[1]
            raise Malformed(
                "bundle.sums",
                f"Berkas {name} dalam bundel berubah atau tidak terdaftar di {SUMS}.",
                allowed="Minta bundelnya lagi dari sumbernya.",
                member=name,
            )


def _of(members: Mapping[str, bytes]) -> Bundle:
    """Return the bundle of these members; those that are no part of it are found by whoever compares."""
    entries, proofs, documents = list[Filed](), list[Consistency](), dict[str, bytes]()
    for name, data in members.items():
        with _naming(name):
            if form := _ENTRY.fullmatch(name):
                receipt = parse_receipt(_member(members, _receipt_name(int(form[1]))))
                entries.append(Filed(receipt, Entry.parse(data)))
            elif name.startswith(_CONSISTENCY):
                proofs.append(parse_consistency(data))
            elif form := _DOCUMENT.fullmatch(name):
                documents[f"{_SHA256}{form[1]}"] = data
    return Bundle(
        checkpoint=_member(members, CHECKPOINT),
        heads=_member(members, HEADS),
        entries=tuple(entries),
        consistency=tuple(proofs),
        documents=documents,
        form=form_of(_member(members, README)),
    )


@contextmanager
def _naming(name: str) -> Iterator[None]:
    try:
        yield
    except Malformed as fault:
        allowed = fault.allowed or "Bundel persis seperti yang dibuat."
        raise Malformed(fault.rule, f"Berkas {name}: {fault.detail}", allowed=allowed, member=name) from None


def _member(members: Mapping[str, bytes], name: str) -> bytes:
    if name not in members:
        raise Malformed(
            "bundle.missing",
            f"Berkas {name} tidak ada; ini bukan bundel bukti Jejak, atau tidak utuh.",
            allowed="Bundel persis seperti yang dibuat.",
            member=name,
        )
    return members[name]


def _subject(case: list[Filed]) -> str:
    opening = next((one.act.body for one in case if one.act.version == 1), None)
    assert isinstance(opening, DispositionIssued | ActivityPerformed)
    return opening.subject or "-"


def _contents(bundle: Bundle) -> Contents:
    stated, case = bundle.stated, bundle.acts(bundle.case)
    named = {paper.digest: list[int]() for paper in papers_of(case)}
    for one in case:
        for digest in dict.fromkeys(reference.digest for reference in documents_of(one.act)):
            named[digest].append(one.index)
    newest = bundle.entries[-1]
    return Contents(
        newest=newest.index,
        newest_at=f"{newest.entry.recorded_at:%Y-%m-%d %H:%M:%S} UTC",
        case=bundle.case.partition(":")[2],
        subject=_subject(case),
        origin=stated.origin,
        size=stated.size,
        root=format_hash(stated.root),
        acts=len(case),
        register=len(bundle.acts(REGISTER)),
        sop=bundle.sop.partition(":")[2],
        enactments=len(bundle.acts(bundle.sop)),
        synthetic=any(isinstance(one.act.body, LedgerFounded) and one.act.body.synthetic for one in bundle.entries),
        papers=[
            Paper(
                hex=paper.digest.removeprefix(_SHA256),
                name=paper.name,
                media_type=paper.media_type,
                size=paper.size,
                leaves=named[paper.digest],
                enclosed=paper.digest in bundle.documents,
            )
            for paper in papers_of(case)
        ],
    )
