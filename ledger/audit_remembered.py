r"""What is brought to an audit from before: checkpoints that somebody kept, and what an auditor kept of a sound audit.

**Checkpoints** prove that the log signed them, and nothing of what they seal: the log must begin with it, that is all.
One note, or several one after another; a note ends with its signature lines, so ``cat`` makes one file of many. Each
must be signed by the log's key (:func:`checkpoints_in`).

**A sound audit** (:class:`SoundAudit`) is what ``--keep`` writes and ``--since-remembered`` takes: four lines that say
what was found and of which ledger, an empty line, the checkpoint up to which it was found. Nobody signs those lines, so
they are worth what the place is worth in which the auditor keeps them; what they are good for is that no checkpoint
which somebody merely saw is taken for one.

Worked example, executed by a test::

    >>> from keys.signing import PrivateKey
    >>> from ledger.checkpoint import sign_checkpoint
    >>> from ledger.merkle import leaf_hash
    >>> from ledger.note import NoteSigner
    >>> signer = NoteSigner("kalipare.malangkab.example/jejak", PrivateKey.load(bytes(32)))
    >>> kept = sign_checkpoint(signer, signer.name, 1, leaf_hash(b"a"))
    >>> later = sign_checkpoint(signer, signer.name, 2, leaf_hash(b"b"))
    >>> [one.checkpoint.size for one in checkpoints_in(kept + later, signer.vkey)]
    [1, 2]
    >>> checkpoints_in(kept + b"\n" + later, signer.vkey)
    Traceback (most recent call last):
    keys.errors.Malformed: Berkas ini bukan segel, atau beberapa segel berurutan tanpa apa pun di antaranya.
    >>> sound = SoundAudit(open_checkpoint(kept, signer.vkey), leaf_hash(b"a").hex())
    >>> print(sound.format().partition(kept)[0].decode(), end="")  # doctest: +ELLIPSIS
    Audit Jejak: semua daun terbukti, dari daun 0 sampai daun 0.
    Pendirian: 022a6979e6dab7aa5ae4c3e5e45f7e977112a7e63593820dbec1ec738a24f93c
    Kunci log: kalipare.malangkab.example/jejak+910a3762+ATtqJ7zO...
    Baris-baris ini tidak ditandatangani siapa pun; percayai hanya bila berkas ini Anda simpan sendiri.
    <BLANKLINE>
    >>> SoundAudit.parse(sound.format(), signer.vkey) == sound
    True
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from keys.errors import Forged, Malformed
from ledger.checkpoint import SignedCheckpoint, open_checkpoint
from ledger.note import MAX_BYTES as MAX_NOTE_BYTES
from ledger.note import VerifierKey

#: At most this many bytes of notes are read, and so many notes: each costs a signature.
MAX_BYTES = 8 * 1024 * 1024
MOST_NOTES = 10_000
#: A kept audit is at most this many bytes.
MAX_AUDIT_BYTES = MAX_NOTE_BYTES + 4096

_SIGNED_BY = "— ".encode()
_BEGINS = "Audit Jejak: "
_FOUNDING = re.compile("[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SoundAudit:
    """That an audit found every leaf below ``signed`` sound, leaf 0 having the leaf hash ``founding`` (64 hex digits).

    By the word of whoever kept it: making one proves only that the log signed the checkpoint. Raises Malformed.
    """

    signed: SignedCheckpoint
    founding: str

    def __post_init__(self) -> None:
        if self.signed.checkpoint.size < 1 or _FOUNDING.fullmatch(self.founding) is None:
            raise _no_audit()

    def format(self) -> bytes:
        """Return the bytes that are kept."""
        lines = (
            f"{_BEGINS}semua daun terbukti, dari daun 0 sampai daun {self.signed.checkpoint.size - 1}.",
            f"Pendirian: {self.founding}",
            f"Kunci log: {self.signed.vkey}",
            "Baris-baris ini tidak ditandatangani siapa pun; percayai hanya bila berkas ini Anda simpan sendiri.",
        )
        return "\n".join((*lines, "", "")).encode() + self.signed.data

    @classmethod
    def parse(cls, data: bytes, vkey: VerifierKey) -> SoundAudit:
        """Return the sound audit that these bytes say, of the log of ``vkey``.

        Raises Malformed: ``remembered.unaudited`` where they are a checkpoint and no audit, ``remembered.audit`` where
        they are neither; Forged (``remembered.log``) where they are of another log, and what
        :func:`ledger.checkpoint.open_checkpoint` raises of the checkpoint.
        """
        head, gap, note = data[:MAX_AUDIT_BYTES].partition(b"\n\n")
        if gap and not head.startswith(_BEGINS.encode()) and note.startswith(_SIGNED_BY):
            raise Malformed(
                "remembered.unaudited",
                "Berkas ini hanya segel, bukan hasil audit: segel membuktikan bahwa log menandatanganinya, bukan bahwa"
                " tanda tangan di bawahnya pernah diperiksa.",
                allowed="Untuk --since-remembered: berkas yang ditulis --keep sesudah audit yang utuh. Segel saja"
                " disebut dengan --remembered.",
            )
        lines = head.split(b"\n")
        if len(lines) != 4:
            raise _no_audit()
        founding, key = (line.partition(b": ")[2].decode("ascii", "replace") for line in lines[1:3])
        if key != str(vkey):
            raise Forged("remembered.log", "Audit yang disimpan itu atas buku besar lain, atau kunci log yang lain.")
        found = cls(open_checkpoint(note, vkey), founding)
        if found.format() != data:
            raise _no_audit()
        return found


def checkpoints_in(data: bytes, vkey: VerifierKey) -> tuple[SignedCheckpoint, ...]:
    """Return the checkpoints in these bytes, each verified with the log's key, in their order.

    Raises Malformed (``remembered.form``) where they are no notes, none or more than :data:`MOST_NOTES`, and what
    :func:`ledger.checkpoint.open_checkpoint` raises of each.
    """
    notes, at = list[bytes](), 0
    while at < len(data) <= MAX_BYTES and len(notes) < MOST_NOTES:
        end = _end_of_note(data, at)
        notes.append(data[at:end])
        at = end
    if not notes or at != len(data):
        raise _no_notes()
    return tuple(open_checkpoint(note, vkey) for note in notes)


def _end_of_note(data: bytes, at: int) -> int:
    """Return where the note that begins at ``at`` ends; looks no further than a note may be long."""
    most = at + MAX_NOTE_BYTES
    gap = data.find(b"\n\n", at, most)
    end = first = gap + 2
    while gap > at and end <= most and data.startswith(_SIGNED_BY, end):
        end = data.find(b"\n", end, most) + 1 or most + 1
    if end == first or end > most or data.startswith(b"\n", at):
        raise _no_notes()
    return end


def _no_notes() -> Malformed:
    return Malformed(
        "remembered.form", "Berkas ini bukan segel, atau beberapa segel berurutan tanpa apa pun di antaranya."
    )


def _no_audit() -> Malformed:
    return Malformed(
        "remembered.audit",
        "Berkas ini bukan hasil audit yang disimpan dengan --keep, atau sudah diubah.",
        allowed="Sebut berkas itu seperti ditulis --keep, tanpa mengubah satu huruf pun.",
    )
