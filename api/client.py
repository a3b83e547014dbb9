"""The client of a ledger: it asks the service for everything and believes nothing that it cannot verify.

What a person pinned (the log's vkey, the leaf hash of leaf 0) and the newest checkpoint that was ever verified are
:class:`~api.remembered.Remembered`. Whatever the service shows must fit on:

1. A checkpoint is signed by the pinned key, and every checkpoint, also one inside a receipt, is proved consistent
   with the newest one remembered (RFC 6962 §2.1.2). At first contact it is proved to begin with the pinned leaf 0.
2. An entry is in the log when its bytes, hashed here, are included under such a checkpoint.
3. The head of a stream is such an entry, read strictly, of that stream, and never older than one seen before.
4. The acts before it are known by their hashes alone: each names the leaf hash of the one before (``previous``).
5. A document is what hashes to its digest.
6. An act is recorded when the entry, rebuilt here from the envelope that was sent, is included.

Where one of these does not hold the client raises Forged, keeps what it was shown as evidence, and nothing is signed.
Answers in no known form are NotJudged; see :mod:`api.answers`.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx

from api.answers import MAX_JSON, Answer, Service, unreadable
from api.remembered import Remembered, RememberedHead
from api.sign_in import Holder, SessionFile, use_session
from keys.envelope import Envelope, decode_base64
from keys.errors import Forged, JejakError, Malformed, NotFound, NotJudged, Refused, Unavailable
from ledger import documents, tiles
from ledger.acts import Act, Seen, act_of
from ledger.bundle import Bundle, parse_bundle
from ledger.checkpoint import SignedCheckpoint, format_hash, open_checkpoint
from ledger.entry import MAX_BYTES as MAX_ENTRY
from ledger.entry import Entry
from ledger.merkle import leaf_hash, verify_consistency
from ledger.note import MAX_BYTES as MAX_NOTE
from ledger.receipt import MAX_BYTES as MAX_RECEIPT
from ledger.receipt import VerifiedReceipt, format_receipt, verify_receipt
from ledger.recorded import Recorded
from ledger.stored_zip import MAX_BYTES as MAX_BUNDLE

#: Seconds to wait before sending the same envelope again, after each lost connection; the most that a service may ask.
WAITS, LONGEST = (0.2, 1.0, 3.0), 30.0
#: An entry named by its leaf hash is sought among at most this many.
MOST_SOUGHT = 2000


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry that is in the log: its bytes' own hash, its act, the receipt that was verified."""

    entry: Entry
    act: Act
    receipt: VerifiedReceipt

    @property
    def leaf(self) -> str:
        """Return the entry's leaf hash, hex."""
        return self.receipt.leaf_hash.hex()

    @property
    def index(self) -> int:
        """Return the entry's leaf index."""
        return self.receipt.index

    @property
    def proof(self) -> bytes:
        """Return the receipt's bytes (C2SP tlog-proof)."""
        return format_receipt(self.receipt.receipt)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream stands: version 0 and no entry if nothing is recorded in it."""

    stream: str
    version: int
    newest: Proved | None

    @property
    def leaf(self) -> str | None:
        """Return the leaf hash that the next act names as its ``previous``."""
        return self.newest.leaf if self.newest else None


class Chained(NamedTuple):
    """An act of a stream, known by the hash that its successor names: the act, its leaf hash (hex), its key's id."""

    act: Act
    leaf: str
    keyid: str


class Client:
    """One ledger, seen through the service at ``base_url`` and checked against ``remembered``."""

    def __init__(
        self,
        base_url: str,
        remembered: Remembered,
        *,
        holder: Holder | None = None,
        sessions: SessionFile | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.remembered = remembered
        self.origin = remembered.vkey.name
        self._service = Service(base_url, transport)
        self._sleep = sleep
        use_session(self._service, self.origin, sessions or SessionFile(None), holder)

    def close(self) -> None:
        """Close the connections."""
        self._service.close()

    def checkpoint(self) -> SignedCheckpoint:
        """Return the log's newest checkpoint, verified and proved to continue the one remembered; remember it.

        A newer one that another process verified meanwhile is returned instead.
        """
        newest = self.remembered.newest()
        signed = self._opened(self._service.get("/log/checkpoint", MAX_NOTE).body)
        if newest is not None and signed.checkpoint.size < newest.checkpoint.size:
            raise self._contradicts(
                "client.shrunk",
                f"Buku besar menyusut: dahulu {newest.checkpoint.size} daun, sekarang {signed.checkpoint.size}.",
                newest,
                signed,
            )
        return self._fitted(signed, newest)

    def seen(self, checkpoint: SignedCheckpoint) -> Seen:
        """Return how an act names ``checkpoint`` as the newest its signer had verified."""
        return Seen(size=checkpoint.checkpoint.size, root=format_hash(checkpoint.checkpoint.root))

    def entry(self, index: int) -> Proved:
        """Return the entry at a leaf index, proved to be in the log."""
        data = self._needed(f"/v1/entries/{index}", MAX_ENTRY).body
        receipt = self._needed(f"/v1/entries/{index}/receipt", MAX_RECEIPT).body
        proved = self._proved(data, receipt)
        if proved.index != index:
            raise Forged("client.index", f"Layanan memberi daun {proved.index} ketika ditanya daun {index}.")
        return proved

    def head(self, stream: str) -> Head:
        """Return where ``stream`` stands; its newest act is proved, and never older than one seen before."""
        known = self.remembered.head(stream)
        try:
            said = self._service.get(f"/v1/streams/{stream}").json()
        except NotFound as error:
            if error.rule != "stream.unknown":
                raise unreadable("alamat ini bukan layanan Jejak.") from None
            if known is not None:
                raise self._older(stream, known, 0) from None
            return Head(stream, 0, None)
        index = _member(said, "leaf_index", int)
        proved = self.entry(index)
        if proved.act.stream != stream or proved.leaf != said.get("leaf"):
            raise Forged(
                "client.head",
                f"Layanan menyebut daun {index} sebagai akhir {stream}, padahal isinya lain.",
                leaf=index,
            )
        act = proved.act
        if known is not None and (
            act.version < known.version or (act.version == known.version and proved.leaf != known.leaf)
        ):
            raise self._older(stream, known, act.version)
        self.remembered.remember_head(stream, RememberedHead(act.version, proved.leaf, index))
        return Head(stream, act.version, proved)

    def history(self, head: Head, indices: Sequence[int]) -> list[Chained]:
        """Return the acts of a stream, oldest first, chained up to the proved ``head``.

        ``indices``, the leaf indices of its acts, may come from anyone: an entry that does not hash to what its
        successor names is Forged, a wrong number of them NotJudged.
        """
        if head.newest is None:
            return []
        if len(indices) != head.version:
            raise unreadable(f"riwayat {head.stream} memuat {len(indices)} dari {head.version} tindakan.")
        found = [Chained(head.newest.act, head.newest.leaf, head.newest.entry.envelope.keyid)]
        for index in reversed(indices[:-1]):
            following = found[-1].act
            entry, act = _read_entry(self._needed(f"/v1/entries/{index}", MAX_ENTRY).body)
            leaf = entry.leaf_hash.hex()
            if leaf != following.previous:
                raise Forged(
                    "client.chain",
                    f"Daun {index} bukan pendahulu versi {following.version} dari {head.stream}.",
                    leaf=index,
                )
            if act.stream != head.stream or act.version != following.version - 1:
                raise Forged("client.chain", f"Daun {index} tidak menyambung dalam {head.stream}.", leaf=index)
            found.append(Chained(act, leaf, entry.envelope.keyid))
        return found[::-1]

    def entry_bundle(self, place: tiles.Place) -> list[bytes]:
        """Return the entries of a bundle as the service gives them, unread and unproved; for who may read all."""
        path = f"/log/tile/entries/{tiles.format_place(place)}"
        try:
            entries = tiles.parse_bundle(self._needed(path, tiles.MAX_BUNDLE_BYTES).body)
        except Malformed as error:
            raise unreadable(f"kumpulan entri: {error.detail}") from None
        if len(entries) != place.width:
            raise unreadable(f"kumpulan entri: {len(entries)} dari {place.width} entri.")
        return entries

    def entries(self, size: int) -> Iterator[Recorded]:
        """Yield the first ``size`` entries as the service gives them, unproved: whoever reads rebuilds the tree."""
        for index in range(size):
            entry, act = _read_entry(self._needed(f"/v1/entries/{index}", MAX_ENTRY).body)
            if act.ledger != self.origin:
                raise Forged("client.origin", f"Tindakan ini milik buku besar {act.ledger}.")
            yield Recorded(index, entry, act, entry.leaf_hash.hex())

    def find(self, leaf: str, below: int) -> Proved:
        """Return the entry with this leaf hash, proved, looking down from leaf index ``below``.

        The service has no index of leaf hashes, and none is trusted: at most :data:`MOST_SOUGHT` entries are read.
        """
        for index in range(below, max(-1, below - MOST_SOUGHT), -1):
            data = self._needed(f"/v1/entries/{index}", MAX_ENTRY).body
            if leaf_hash(data).hex() == leaf:
                return self.entry(index)
        raise NotJudged(
            "client.leaf", f"Daun bersidik {leaf} tidak ditemukan.", allowed="Periksa sidiknya, atau pakai jejak audit."
        )

    def document(self, digest: str) -> bytes:
        """Return the document's bytes, which hash to ``digest``; raises NotFound or Forged."""
        path = f"/v1/documents/{digest}"
        data = self._again(lambda: self._service.get(path, documents.MAX_BYTES)).body  # few are sent at a time
        if documents.digest_of(data) != digest:
            where = self.remembered.evidence(asked=digest.encode(), given=data)
            raise Forged(
                "client.document",
                f"Layanan memberi dokumen lain dari {digest}.",
                allowed=f"Jangan tandatangani apa pun. Bukti disimpan di {where}.",
            )
        return data

    def bundle(self, case: str, continues: Sequence[int] = ()) -> Bundle:
        """Return the evidence bundle of a case (its uuid), at a checkpoint that fits all we know.

        ``continues`` are tree sizes from which it shall prove that it continues them.
        It is no older than the newest checkpoint, and than the newest act of its streams seen before. What it proves
        beyond that is :mod:`ledger.evidence`.
        """
        newest = self.checkpoint()
        asked = f"?continues={','.join(map(str, continues))}" if continues else ""
        data = self._service.get(f"/v1/cases/{case}/bundle{asked}", MAX_BUNDLE).body
        try:
            bundle = parse_bundle(data)
        except Malformed as error:
            raise unreadable(f"bundel bukti: {error.detail}") from None
        signed = self._opened(bundle.checkpoint)
        if bundle.case != f"case:{case}" or signed.checkpoint.size < newest.checkpoint.size:
            where = self.remembered.evidence(bundle=data, checkpoint=newest.data)
            raise Forged(
                "client.bundle",
                "Layanan memberi bundel perkara lain, atau bundel yang lebih tua dari segelnya sendiri.",
                allowed=f"Jangan mengandalkan bundel itu. Bukti disimpan di {where}.",
            )
        self._fitted(signed, newest)
        for one in {one.act.stream: one for one in bundle.entries}.values():
            known, act = self.remembered.head(one.act.stream), one.act
            if known and (act.version < known.version or (act.version == known.version and one.leaf != known.leaf)):
                raise self._older(act.stream, known, act.version)
        return bundle

    def upload(self, data: bytes, media_type: str) -> str:
        """Store a document with the service and return its digest, which was computed here."""
        digest = documents.digest_of(data)
        if len(data) > documents.MAX_BYTES:
            raise Malformed(
                "document.too_large",
                "Dokumen terlalu besar.",
                allowed=f"Paling besar {documents.MAX_BYTES // (1024 * 1024)} MiB.",
            )
        hashed = base64.b64encode(hashlib.sha256(data).digest()).decode("ascii")
        headers = {"Content-Type": media_type, "Content-Digest": f"sha-256=:{hashed}:"}
        said = self._again(lambda: self._service.post("/v1/documents", data, headers)).json()
        if _member(said, "digest", str) != digest:
            raise Forged("client.document", "Layanan menyimpan dokumen dengan sidik lain dari yang dikirim.")
        return digest

    def submit(self, envelope: Envelope) -> Proved:
        """Send a signed act and return it, proved to be recorded; the same bytes go again if the line is lost.

        Until then the envelope stays among the pending ones, so that it can be sent again later. Raises what the
        service refuses with (it stays among the refused ones then: who refuses can still record it), Unavailable, or
        Forged where the receipt does not prove this very act.
        """
        kept = self.remembered.keep_pending(envelope.data)
        headers = {"Content-Type": "application/json"}
        try:
            answer = self._again(lambda: self._service.post("/v1/acts", envelope.data, headers))
        except Unavailable as error:
            raise Unavailable(
                error.rule,
                f"{error.detail} Belum pasti apakah tindakan ini sudah tercatat.",
                allowed=f"Kirim lagi amplop yang sama dengan: jejak send {kept}",
                **error.facts,
            ) from None
        except NotJudged:
            raise
        except JejakError:
            self.remembered.keep_refused(envelope.data)
            raise
        proved = self._receipt(envelope, answer)
        self.remembered.remember_head(proved.act.stream, RememberedHead(proved.act.version, proved.leaf, proved.index))
        self.remembered.drop_pending(envelope.data)
        self.remembered.drop_refused(envelope.data)
        return proved

    def refused(self, stream: str, version: int) -> list[Act]:
        """Return the acts for this place that were signed here and that the service said it refused."""
        acts = [act_of(Envelope.parse(one)) for one in self.remembered.refused()]
        return [one for one in acts if (one.stream, one.version) == (stream, version)]

    def advice(self, path: str, **params: str) -> Any:
        """Return what the service says at ``path``: advice that nothing here has verified."""
        return self._service.get(path, MAX_JSON, params or None).json()

    def _receipt(self, envelope: Envelope, answer: Answer) -> Proved:
        said = answer.json()
        try:
            at = dt.datetime.fromisoformat(_member(said, "recorded_at", str))
            entry = Entry.record(envelope, at)
        except (ValueError, JejakError):
            raise unreadable("tanda terima tanpa waktu catat.") from None
        try:
            proved = self._proved(entry.data, _member(said, "receipt", str).encode())
            if (proved.leaf, proved.index) != (said.get("leaf_hash"), said.get("leaf_index")):
                raise Forged("client.index", "Tanda terima menyebut daun lain dari yang dibuktikannya.")
        except Forged as error:
            where = self.remembered.evidence(envelope=envelope.data, answer=answer.body)
            raise Forged(
                "client.receipt",
                f"TANDA TERIMA PALSU: layanan tidak membuktikan bahwa tindakan ini tercatat ({error.detail})",
                allowed=f"Jangan anggap tercatat. Serahkan bukti di {where} kepada pemeriksa.",
                cause=error.rule,
            ) from None
        return proved

    def _proved(self, data: bytes, receipt: bytes) -> Proved:
        """Return the entry in ``data`` if ``receipt`` proves it under a checkpoint that fits all we know."""
        entry, act = _read_entry(data)
        try:
            verified = verify_receipt(receipt, data, self.remembered.vkey)
        except Malformed as error:
            raise unreadable(f"tanda terima: {error.detail}") from None
        newest = self.remembered.newest()
        if newest is None:
            newest = self.checkpoint()
        self._fitted(verified.signed_checkpoint, newest)
        if act.ledger != self.origin:
            raise Forged("client.origin", f"Tindakan ini milik buku besar {act.ledger}.")
        return Proved(entry, act, verified)

    def _opened(self, data: bytes) -> SignedCheckpoint:
        try:
            signed = open_checkpoint(data, self.remembered.vkey)
        except Malformed as error:
            raise unreadable(f"segel: {error.detail}") from None
        except Forged as error:
            where = self.remembered.evidence(checkpoint=data, vkey=str(self.remembered.vkey).encode())
            raise Forged(
                "client.checkpoint",
                f"Segel layanan ini tidak ditandatangani kunci yang dipatok. {error.detail}",
                allowed=f"Jangan tandatangani apa pun. Bukti disimpan di {where}.",
            ) from None
        if not signed.checkpoint.size:
            raise NotFound("ledger.founded", "Buku besar ini belum didirikan.")
        return signed

    def _fitted(self, signed: SignedCheckpoint, newest: SignedCheckpoint | None) -> SignedCheckpoint:
        """Return the newer of both, having proved that they are of one log, and remember it.

        The service is asked without the lock, however slow it is; if another process moved the memory meanwhile,
        ``signed`` must fit on what that one verified too.
        """
        while True:
            if newest is None:
                self._begins_with_founding(signed)
            else:
                self._continues(*sorted((newest, signed), key=lambda one: one.checkpoint.size))
            newer = signed if newest is None or signed.checkpoint.size > newest.checkpoint.size else newest
            if self.remembered.move(newest, newer):
                return newer
            newest = self.remembered.newest()

    def _begins_with_founding(self, signed: SignedCheckpoint) -> None:
        """Return if leaf 0 under ``signed`` is the pinned one: the log of one leaf has that leaf's hash as root."""
        founding = self.remembered.founding
        try:
            self._prove(1, founding, signed.checkpoint.size, signed.checkpoint.root)
        except Forged:
            where = self.remembered.evidence(founding=founding.hex().encode(), checkpoint=signed.data)
            raise Forged(
                "client.founding",
                "Buku besar di layanan ini tidak berawal dari pendirian yang dipatok.",
                allowed=f"Periksa alamat dan patokan kepada pendiri. Bukti disimpan di {where}.",
            ) from None

    def _continues(self, old: SignedCheckpoint, new: SignedCheckpoint) -> None:
        """Return if ``new`` continues ``old``, else raise Forged and keep both notes."""
        first, second = old.checkpoint, new.checkpoint
        try:
            self._prove(first.size, first.root, second.size, second.root)
        except Forged:
            said = f"Segel {second.size} daun tidak melanjutkan segel {first.size} daun: ada dua riwayat."
            if first.size == second.size:
                said = (
                    f"Log menandatangani dua riwayat: dua segel atas {first.size} daun, satu berakar"
                    f" {format_hash(first.root)}, satu berakar {format_hash(second.root)}. Kedua segel ini saja sudah"
                    " membuktikannya."
                )
            raise self._contradicts("client.forked", said, old, new) from None

    def _prove(self, old_size: int, old_root: bytes, new_size: int, new_root: bytes) -> None:
        proof: list[bytes] = []
        if old_size != new_size:
            said = self._needed("/v1/consistency", MAX_JSON, {"old": str(old_size), "new": str(new_size)}).json()
            try:
                proof = [decode_base64(one.encode()) for one in _member(said, "proof", list)]
            except (AttributeError, Malformed):
                raise unreadable("bukti kesinambungan.") from None
        try:
            verify_consistency(old_size=old_size, new_size=new_size, proof=proof, old_root=old_root, new_root=new_root)
        except Malformed as error:
            raise unreadable(f"bukti kesinambungan: {error.detail}") from None

    def _contradicts(self, rule: str, detail: str, old: SignedCheckpoint, new: SignedCheckpoint) -> Forged:
        where = self.remembered.evidence(old=old.data, new=new.data)
        return Forged(
            rule,
            detail,
            allowed=f"Jangan tandatangani apa pun. Kedua segel disimpan sebagai bukti di {where}.",
            evidence=str(where),
        )

    def _older(self, stream: str, known: RememberedHead, version: int) -> Forged:
        return Forged(
            "client.older_head",
            f"Layanan menunjukkan {stream} versi {version}; yang sudah terbukti di sini versi {known.version}.",
            allowed="Jangan tandatangani apa pun; layanan menyembunyikan tindakan yang sudah tercatat.",
            version=known.version,
        )

    def _needed(self, path: str, limit: int, params: dict[str, str] | None = None) -> Answer:
        """Return what a log must have, having signed that it does; withheld, nothing can be judged."""
        try:
            return self._service.get(path, limit, params)
        except Unavailable:
            raise
        except Refused as error:
            if error.rule.partition(".")[0] in ("session", "access"):
                raise  # it says who may read, not that there is nothing
            raise NotJudged(
                "client.withheld",
                f"Layanan tidak memberi bagian buku besar yang seharusnya ada padanya ({path}). {error.detail}",
                allowed="Tidak ada yang ditandatangani tanpa bukti ini. Tanyakan kepada pengelola.",
                cause=error.rule,
            ) from None

    def _again(self, send: Callable[[], Answer]) -> Answer:
        """Return the answer; the same bytes are sent again when the line is lost or the service is busy."""
        for wait in WAITS:
            try:
                return send()
            except Unavailable as busy:
                self._sleep(max(wait, min(busy.facts.get("retry_after", 0), LONGEST)))
        return send()


def _read_entry(data: bytes) -> tuple[Entry, Act]:
    try:
        entry = Entry.parse(data)
        return entry, act_of(entry.envelope)
    except Malformed as error:
        raise unreadable(f"entri: {error.detail}") from None


def _member(said: Any, name: str, kind: type) -> Any:
    value = said.get(name) if isinstance(said, dict) else None
    if type(value) is not kind:
        raise unreadable(f"bagian {name!r} tidak ada.")
    return value
