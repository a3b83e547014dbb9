"""``jejak mine``: everything ever signed with my key, from the whole log: the holder's own alarm.

The service is asked for every leaf up to its newest verified checkpoint, or a copy of the ledger's folder is read;
neither is believed (:mod:`api.own_acts`). Key files stay closed: the public half is all that is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from api.cli_base import DONE, REFUSED, JejakCommand, Misuse, existing_file, item, json_option, paragraph, print_json
from api.cli_connect import Connection, connected, connection_of, connection_options
from api.cli_store import progress
from api.own_acts import OwnAct, OwnActs, own_acts
from api.remembered import Remembered
from keys.errors import Forged, Malformed, NotFound
from keys.keyfile import KeyFile, read_keyfile
from ledger.checkpoint import SignedCheckpoint, format_hash, open_checkpoint
from ledger.notices import DISCLAIMER
from ledger.recorded import Recorded
from ledger.rows import Rows
from ledger.store import open_store
from ledger.wording import short, when

_BATCH = 500
_REFUSED = (
    "Layanan menyatakan menolak tindakan ini, tetapi mencatatnya. Simpan folder ingatan Anda dan tunjukkan kepada"
    " pemeriksa."
)


@click.command("mine", cls=JejakCommand)
@click.option("--key", "key_files", required=True, multiple=True, type=existing_file(), envvar="JEJAK_KEY",
              show_envvar=True, metavar="BERKAS",
              help="Berkas kunci Anda; diulang bila ada kunci lama. Tidak dibuka.")  # fmt: skip
@click.option("--store", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Baca salinan folder buku besar ini, bukan layanan.")  # fmt: skip
@connection_options
@json_option
def mine(key_files: tuple[Path, ...], store: Path | None, as_json: bool, **options: Any) -> int:
    """Daftar semua yang pernah ditandatangani dengan kunci Anda, dari seluruh buku besar."""
    closed = [KeyFile.parse(read_keyfile(one)) for one in key_files]
    connection = connection_of(options)
    if store is not None and connection.trust_first:
        raise Misuse("--trust-first menghubungi layanan; dengan --store pakai --pin, atau --vkey dengan --founding.")
    reading = _from_service(connection) if store is None else _from_store(connection, store)
    with reading as (entries, sealed, memory):
        known, size = memory.newest(), sealed.checkpoint.size
        found = own_acts(
            entries,
            sealed.checkpoint,
            founding=memory.founding,
            before=known.checkpoint if known else None,
            keys={one.public.id: one.public for one in closed},
            names=frozenset(one.official for one in closed),
            refused=frozenset(memory.refused()),
            progress=progress("Membaca daun"),
        )
    newest = format_hash(sealed.checkpoint.root)
    lacking = max(0, known.checkpoint.size - size) if known else 0
    complete, open_ = _covered(size, newest, store, lacking)
    if as_json:
        print_json(
            {
                "size": size,
                "root": newest,
                "keys": [{"keyid": one.public.id, "official": one.official} for one in closed],
                "acts": [_plain(one) for one in found.own],
                "other_keys": [_plain(one) for one in found.others],
                "complete": complete,
                "not_covered": open_,
                "disclaimer": DISCLAIMER,
            }
        )
    else:
        click.echo(_in_words(found, closed, complete, open_))
    return DONE if found.sound else REFUSED


#: The entries, the checkpoint that seals them, and what is remembered of the ledger.
Reading = tuple[Iterator[Recorded], SignedCheckpoint, Remembered]


@contextmanager
def _from_service(connection: Connection) -> Iterator[Reading]:
    """Yield the entries that the service gives, its newest checkpoint, verified, and what is remembered."""
    with connected(connection) as client:
        sealed = client.checkpoint()
        yield client.entries(sealed.checkpoint.size), sealed, client.remembered


@contextmanager
def _from_store(connection: Connection, store: Path) -> Iterator[Reading]:
    """Yield the entries of a copy, its newest checkpoint, and what is remembered of the ledger."""
    memory = connection.memory()
    with open_store(store) as rows:
        note = rows.checkpoint()
        if note is None:
            raise NotFound("ledger.founded", "Buku besar dalam salinan ini belum didirikan.")
        try:
            sealed = open_checkpoint(note, memory.vkey)
        except Malformed as fault:
            raise Forged("client.checkpoint", f"Segel salinan ini tidak terbaca. {fault.detail}") from None
        yield _entries(rows, sealed.checkpoint.size), sealed, memory


def _entries(rows: Rows, size: int) -> Iterator[Recorded]:
    at = 0
    while at < size and (batch := rows.entries(at, min(_BATCH, size - at))):
        for row in batch:
            yield Recorded.read(row)
        at = batch[-1].index + 1


def _covered(size: int, root: str, store: Path | None, lacking: int) -> tuple[str, list[str]]:
    """Return what is complete, and what is not, in sentences."""
    where = "layanan" if store is None else "salinan"
    complete = (
        f"Lengkap: semua {size} daun sampai segel {size} daun sudah dibaca dari {where}, pohonnya sama dengan segel itu"
        f" (akar {root}), dan setiap tanda tangan dengan kunci Anda diperiksa lagi di sini."
    )
    open_ = [f"Tidak tercakup: tindakan sesudah daun {size - 1}, dan apa pun di luar buku besar ini."]
    if lacking:
        open_.append(
            f"TIDAK LENGKAP: di komputer ini pernah dibuktikan {lacking} daun lagi sesudahnya; mintalah salinan yang"
            " lebih baru."
        )
    open_.append(
        "Bila kepada orang lain ditunjukkan buku besar yang lain, itu tidak terlihat di sini: bandingkan akar segel"
        " di atas dengan yang dipegang pemeriksa."
    )
    return complete, open_


def _plain(one: OwnAct) -> dict[str, Any]:
    act, entry = one.done.act, one.done.entry
    return {
        "leaf_index": one.done.index,
        "leaf": one.done.leaf,
        "recorded_at": entry.recorded_at.isoformat().replace("+00:00", "Z"),
        "occurred_at": act.occurred_at.isoformat(),
        "stream": act.stream,
        "kind": act.kind,
        "official": act.official,
        "mandate": act.mandate,
        "keyid": entry.envelope.keyid,
        "sentence": one.sentence,
        "refused_before": one.refused,
        "signature": "terbukti" if one.fault is None else "tidak cocok",
        "why": one.fault.detail if one.fault else "",
        "questioned": {"name": one.questioned.name, "sentence": one.questioned.sentence} if one.questioned else None,
    }


def _in_words(found: OwnActs, closed: list[KeyFile], complete: str, open_: list[str]) -> str:
    lines = [f"Kunci {short(one.public.id)} milik {one.official}" for one in closed]
    doubted = sum(one.questioned is not None for one in found.own)
    also = f", {doubted} di antaranya dipertanyakan" if doubted else ""
    lines += ["", f"Ditandatangani dengan kunci Anda: {len(found.own)} tindakan{also}."]
    lines += [line for one in found.own for line in _lines(one)]
    if found.others:
        lines += [
            "",
            paragraph(
                f"ATAS NAMA ANDA DENGAN KUNCI LAIN: {len(found.others)} tindakan. Bila itu kunci lama Anda, sebut juga"
                " berkasnya dengan --key. Bila bukan kunci Anda, minta pendaftar mencabutnya sekarang juga.",
                0,
                2,
            ),
        ]
        lines += [line for one in found.others for line in _lines(one)]
    lines += ["", "Ada yang tidak Anda kenali? Cabut kunci itu: jejak register revoke SIDIK --reason compromised."]
    return "\n".join([*lines, "", paragraph(complete), *map(paragraph, open_), paragraph(DISCLAIMER)])


def _lines(one: OwnAct) -> list[str]:
    done = one.done
    verdict = "terbukti" if one.fault is None else f"TIDAK COCOK: {one.fault.detail}"
    if one.fault is None and one.questioned is not None:
        verdict += ", tetapi DIPERTANYAKAN"
    lines = [
        item(f"Daun {done.index}, dicatat {when(done.entry.recorded_at)}: {one.sentence}"),
        paragraph(f"Tanda tangan {verdict}; kunci {short(done.entry.envelope.keyid)}; {done.act.stream}", 4, 2),
    ]
    if one.refused:
        lines.append(paragraph(f"! {_REFUSED}", 4, 2))
    if one.questioned is not None:
        lines.append(paragraph(f"! {one.questioned.sentence} [{one.questioned.name}]", 4, 2))
    return lines
