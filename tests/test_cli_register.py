"""``jejak register``, ``key rotate`` and ``mine``: power given by two and taken by one, over the real service."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from api.key_request import KeyRequest
from api.own_acts import own_acts
from api.remembered import Pins, Remembered
from keys.envelope import Envelope
from keys.errors import Forged, JejakError
from keys.possession import prove
from keys.signing import PrivateKey
from ledger.acts import PAYLOAD_TYPE, compose
from ledger.backup import write_journal
from ledger.checkpoint import Checkpoint
from ledger.entry import Entry
from ledger.log import recorded as entry_at
from ledger.recorded import Recorded
from ledger.wording import when
from tests import postgres
from tests.kit import CASE as CASE_STREAM
from tests.kit import FOUNDERS, ORIGIN, Kecamatan, key, mandate, mandate_of, person
from tests.signed_in import keep
from tests.test_cli import CASE, WORDS, Desk, desk, ended, fault, opened, run

__all__ = ["desk", "opened"]  # fixtures

DEWI, EKO = FOUNDERS
SRI, BUDI, AGUS = "sri-wahyuni", "budi-santoso", "agus-salim"


def flat(text: str) -> str:
    return " ".join(text.split())


def register(desk: Desk, official: str, *words: object, answer: str | None = None) -> Result:
    return run("register", *words, *desk.options(official), answer=answer)


def done(desk: Desk, official: str, *words: object) -> dict[str, Any]:
    """Sign without being asked and return what was recorded."""
    return dict(json.loads(ended(register(desk, official, *words, "--yes", "--json"), 0).stdout))


def refused(desk: Desk, rule: str, official: str, *words: object) -> dict[str, Any]:
    """Return the fault with which an act was refused before the key was opened: nothing was signed."""
    size = desk.size()
    desk.passphrase.write_text("bukan kata sandinya\n")
    found = fault(register(desk, official, *words, "--yes", "--json"), 1, rule)
    desk.passphrase.write_text(f"{WORDS}\n")
    assert desk.size() == size
    return found


def proposed(office: Kecamatan, official: str, name: str, **changes: Any) -> int:
    """Propose a person directly in the ledger and return the leaf index."""
    body = {"person": {"official": name, "name": f"{name} (sintetis)", "without_nip": "Tenaga honorer"}}
    return office.do(official, "register", "official.proposed", body, **changes).recorded.index


def third_registrar(office: Kecamatan) -> str:
    """Make Agus the third registrar and return the mandate."""
    record = mandate(AGUS, mandate="registrar-agus", office="registrar", office_name="Pendaftar Umum")
    office.approve("mandate", {"mandate": record})
    return "registrar-agus"


# --- given by two ----------------------------------------------------------------------------------------


def recorded(desk: Desk, leaf: int) -> str:
    """Return when a leaf was recorded, as people read it."""
    with desk.kecamatan.ledger.reading() as rows:
        return when(entry_at(rows, leaf).entry.recorded_at)


def test_a_mandate_is_proposed_in_few_words_and_approved_by_its_leaf(desk: Desk) -> None:
    words = {
        "mandate": "plt-umum-agus",
        "official": AGUS,
        "unit": "kalipare",
        "office": "kasubag-umum",
        "office_name": "Kasubag Umum",
        "capacity": "plt",
        "decree.number": "821/7/2026",
        "decree.date": "2026-03-01",
        "decree.issuer": "Bupati Malang (sintetis)",
        "start": "2026-03-02",
        "absence": "Jabatan kosong",
    }
    sets = [part for name, value in words.items() for part in ("--set", f"{name}={value}")]
    page = flat(ended(register(desk, DEWI, "propose", "mandate", *sets, answer="y\n"), 0).stdout)
    assert "Yang akan Anda usulkan:" in page
    assert "Keputusan Bupati Malang (sintetis) nomor 821/7/2026 tanggal 1 Maret 2026" in page
    leaf = desk.size() - 1
    waiting = flat(ended(run("register", "show", "--url", desk.url), 0).stdout)
    assert f"jejak register approve {leaf}" in waiting
    page = flat(ended(register(desk, EKO, "approve", leaf, answer="y\n"), 0).stdout)
    assert "Usulan yang akan Anda setujui:" in page
    assert "Pengusul Dewi Lestari (sintetis), Pendaftar Kepegawaian" in page
    shown = flat(ended(run("register", "show", AGUS, "--url", desk.url), 0).stdout)
    assert "Memegang Staf (definitif), Kasubag Umum (Pelaksana Tugas)" in shown
    assert f"dicatat {recorded(desk, leaf + 1)} (daun {leaf + 1}), diusulkan Dewi Lestari" in shown


def test_the_next_proposal_is_the_oldest_that_the_signer_may_approve(desk: Desk) -> None:
    proposed(desk.kecamatan, DEWI, "tini-baru")
    first = proposed(desk.kecamatan, EKO, "tono-baru")
    proposed(desk.kecamatan, EKO, "tuti-baru")
    page = flat(ended(register(desk, DEWI, "approve", "--next", answer="y\n"), 0).stdout)
    assert "Nama tono-baru (sintetis)" in page
    done(desk, DEWI, "approve", "--next")
    said = refused(desk, "register.proposal", DEWI, "approve", "--next")
    assert "Usulan sendiri" in said["allowed"]
    assert desk.size() == first + 4


def test_ones_own_proposal_and_one_that_gives_to_oneself_are_refused_before_anything_is_shown(desk: Desk) -> None:
    own = proposed(desk.kecamatan, DEWI, "tini-baru")
    refused(desk, "register.four_eyes", DEWI, "approve", own)
    record = mandate(EKO, mandate="staf-eko", office="staf")
    gained = desk.kecamatan.do(DEWI, "register", "mandate.proposed", {"mandate": record}).recorded.index
    refused(desk, "register.four_eyes", EKO, "approve", gained)
    refused(desk, "register.proposal", EKO, "approve", gained - 2)


def test_a_proposal_whose_proposer_lost_the_key_is_not_offered_and_refused_if_named(desk: Desk) -> None:
    held = third_registrar(desk.kecamatan)
    leaf = proposed(desk.kecamatan, AGUS, "tini-baru", mandate=held)
    desk.kecamatan.do(EKO, "register", "key.revoked", {"keyid": key(AGUS).public.id, "reason": "lost"})
    refused(desk, "register.proposal", DEWI, "approve", "--next")
    refused(desk, "register.stale", DEWI, "approve", leaf)
    waiting = flat(ended(run("register", "show", "--url", desk.url), 0).stdout)
    assert (
        f"Daun {leaf}: usulan pejabat, tini-baru (sintetis) (tini-baru); diusulkan Agus Salim (sintetis). GUGUR"
        in waiting
    )


def test_a_recovery_is_refused_while_registrars_are_left_and_to_whoever_did_not_found(desk: Desk) -> None:
    why = ("--recovery", "Pendaftar cuti.")
    sets = ("--set", "official=tini-baru", "--set", "name=Tini", "--set", "without_nip=Tenaga honorer")
    refused(desk, "recovery.needless", DEWI, "propose", "official", *sets, *why)
    refused(desk, "recovery.founder", SRI, "propose", "official", *sets, *why)


# --- taken by one ----------------------------------------------------------------------------------------


def test_a_key_is_revoked_by_its_holder_who_is_told_what_follows_and_signs_nothing_more(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    printed = " ".join(key(BUDI).public.id[at : at + 4] for at in range(0, 16, 4)).upper()
    words = ("revoke", printed, "--reason", "compromised", "--since", "2026-03-02T07:30:00+07:00")
    page = flat(ended(register(desk, BUDI, *words, answer="y\n"), 0).stdout)
    for told in (
        "Kunci yang akan dicabut: Pejabat Budi Santoso (sintetis) (budi-santoso)",
        "ini kunci yang sedang Anda pakai",
        "Budi Santoso (sintetis) tidak punya kunci yang berlaku",
        "menurut pernyataannya sejak 2 Maret 2026 07.30 WIB",
    ):
        assert told in page, told
    size = desk.size()
    fault(desk.act(BUDI, "paraf.given", "--case", CASE, "--yes", "--json"), 1, "signin.refused")
    assert desk.size() == size
    keep(desk.app, desk.url)
    shown = flat(ended(run("register", "show", BUDI, "--url", desk.url), 0).stdout)
    assert f"sampai dicabut {recorded(desk, size - 1)} (daun {size - 1}) oleh Budi Santoso (sintetis)" in shown


@pytest.mark.parametrize(
    ("since", "meant"),
    [
        ("2026-03-02 07.30", "2026-03-02T07:30:00+07:00"),
        ("2026-03-02", "2026-03-02T00:00:00+07:00"),
        ("2026-03-02T00:30:00Z", "2026-03-02T00:30:00Z"),
    ],
)
def test_since_when_is_said_as_people_here_write_a_time(desk: Desk, since: str, meant: str) -> None:
    words = ("revoke", key(AGUS).public.id, "--reason", "compromised", "--since", since)
    assert done(desk, AGUS, *words)["kind"] == "key.revoked"
    held = desk.app.parts.register().keys[key(AGUS).public.id].revoked
    assert held is not None
    assert held.compromised_since == dt.datetime.fromisoformat(meant)


def test_a_trail_says_why_a_key_was_revoked_in_words(desk: Desk) -> None:
    done(desk, DEWI, "revoke", key(AGUS).public.id, "--reason", "left", "--note", "Pensiun.")
    page = flat(ended(run("trail", "register", "--url", desk.url), 0).stdout)
    assert "Alasan pemiliknya tidak lagi menjabat" in page
    assert "dengan catatan “Pensiun.”" in page
    assert "Alasan left" not in page


def test_a_key_is_revoked_by_one_registrar_and_by_no_other_official(desk: Desk) -> None:
    keyid = key(BUDI).public.id
    refused(desk, "authority.office", SRI, "revoke", keyid, "--reason", "lost")
    assert done(desk, DEWI, "revoke", keyid, "--reason", "left", "--note", "Pensiun.")["kind"] == "key.revoked"
    refused(desk, "register.revoked", EKO, "revoke", keyid, "--reason", "lost")
    assert (
        "tidak ada kunci"
        in refused(desk, "register.revoked", EKO, "revoke", "0" * 64, "--reason", "lost")["detail"].lower()
    )


def test_a_holder_lays_down_a_key_also_after_the_mandate_has_ended(desk: Desk) -> None:
    assert done(desk, AGUS, "withdraw", mandate_of(AGUS), "--reason", "Pindah tugas.")["kind"] == "mandate.withdrawn"
    fault(desk.act(AGUS, "direction.given", "--case", CASE, "--yes", "--json"), 1, "authority.mandate")
    assert done(desk, AGUS, "revoke", key(AGUS).public.id, "--reason", "left")["kind"] == "key.revoked"


def test_a_mandate_is_withdrawn_with_its_decree_and_a_registrars_with_a_warning(desk: Desk) -> None:
    decree = {"number": "821/9/2026", "date": "2026-03-01", "issuer": "Bupati Malang (sintetis)"}
    sets = [part for name, value in decree.items() for part in ("--set", f"decree.{name}={value}")]
    page = flat(
        ended(register(desk, DEWI, "withdraw", mandate_of(SRI), "--reason", "Pensiun.", *sets, answer="y\n"), 0).stdout
    )
    assert "Mandat yang akan dicabut: Pejabat Sri Wahyuni" in page
    assert "nomor 821/9/2026 tanggal 1 Maret 2026" in page
    assert "PERHATIAN" not in page
    page = flat(ended(register(desk, DEWI, "withdraw", mandate_of(EKO), "--reason", "Pindah.", answer="t\n"), 1).stdout)
    assert "PERHATIAN: sesudah ini tinggal 1 pendaftar yang dapat bertindak" in page


# --- a new key -------------------------------------------------------------------------------------------


def rotated(desk: Desk, official: str, ledger: str = ORIGIN) -> tuple[Path, Path, Result]:
    """Make the successor of an official's key; return its file, the request, and what was said."""
    new, request = desk.folder / "kunci-baru.json", desk.folder / "permintaan.json"
    words = ("-o", new, "--request", request, "--ledger", ledger, "--passphrase-file", desk.passphrase)
    return new, request, ended(run("key", "rotate", desk.key(official), *words), 0)


def test_a_key_is_rotated_from_request_to_revocation_and_the_case_goes_on(desk: Desk) -> None:
    desk.kecamatan.run(upto=5)
    new, request, said = rotated(desk, BUDI)
    asked = KeyRequest.parse(request.read_bytes())
    assert asked.fingerprint in flat(said.stdout)
    page = flat(ended(register(desk, DEWI, "propose", "key", "--request", request, answer="y\n"), 0).stdout)
    assert asked.fingerprint in page
    minutes = desk.file("berita-acara.pdf", b"berita acara (sintetis)")
    done(desk, EKO, "approve", "--next", "--document", minutes)
    with_new = [*desk.options(BUDI), "--key", new]
    ended(run("register", "revoke", key(BUDI).public.id[:12], "--reason", "rotated", *with_new, "--yes"), 0)
    fault(desk.act(BUDI, "paraf.given", "--case", CASE, "--yes", "--json"), 1, "signin.refused")
    ended(run("act", "paraf.given", "--case", CASE, *with_new, "--yes"), 0)
    memory = ["--url", desk.url, "--remembered", desk.folder / f"ingatan-{BUDI}"]
    page = flat(ended(run("mine", "--key", desk.key(BUDI), "--key", new, *memory), 0).stdout)
    assert "Ditandatangani dengan kunci Anda: 3 tindakan." in page
    assert "ATAS NAMA ANDA DENGAN KUNCI LAIN" not in page


def test_a_request_for_another_ledger_or_with_another_fingerprint_is_refused(desk: Desk) -> None:
    _, request, _ = rotated(desk, BUDI, "pagak.malangkab.example/jejak")
    refused(desk, "key.request", DEWI, "propose", "key", "--request", request)
    other = KeyRequest.make(ORIGIN, BUDI, PrivateKey.generate(), None)
    changed = other.model_copy(update={"fingerprint": KeyRequest.parse(request.read_bytes()).fingerprint})
    forged = desk.file("palsu.json", changed.format())
    size = desk.size()
    fault(register(desk, DEWI, "propose", "key", "--request", forged, "--yes", "--json"), 1, "key.request")
    assert desk.size() == size


def test_rotating_writes_over_nothing(desk: Desk) -> None:
    desk.file("permintaan.json", b"lama")
    new = desk.folder / "baru.json"
    words = ("-o", new, "--request", desk.file("permintaan.json"), "--ledger", ORIGIN)
    fault(
        run("key", "rotate", desk.key(BUDI), *words, "--passphrase-file", desk.passphrase, "--json"), 1, "file.exists"
    )
    assert not new.exists()


# --- everything ever signed with my key ------------------------------------------------------------------


def mine(desk: Desk, official: str, *more: object) -> Result:
    memory = ["--url", desk.url, "--remembered", desk.folder / f"ingatan-{official}", "--pin", desk.pin]
    return run("mine", "--key", desk.key(official), *memory, *more)


def copied(desk: Desk) -> Path:
    """Return a copy of the ledger's folder, as an auditor would take it."""
    store = desk.folder / "salinan"
    store.mkdir()
    with desk.kecamatan.ledger.reading() as rows:
        write_journal(rows, store / "journal.sqlite")
    return store


def test_mine_lists_every_act_of_ones_key_with_leaf_time_and_sentence(desk: Desk) -> None:
    taken = desk.kecamatan.run(upto=6)
    leaves = [one.recorded.index for one in taken if one.recorded.act.official == BUDI]
    said = json.loads(ended(mine(desk, BUDI, "--json"), 0).stdout)
    assert [one["leaf_index"] for one in said["acts"]] == leaves
    assert {one["signature"] for one in said["acts"]} == {"terbukti"}
    assert (said["size"], said["other_keys"]) == (desk.size(), [])
    page = flat(ended(mine(desk, BUDI), 0).stdout)
    assert f"Daun {leaves[-1]}, dicatat 2 Maret 2026 08.00 WIB: Budi Santoso (sintetis), Sekretaris" in page
    assert "memberi paraf" in page
    assert f"Lengkap: semua {desk.size()} daun" in page
    assert f"Tidak tercakup: tindakan sesudah daun {desk.size() - 1}" in page


def test_mine_says_which_of_ones_acts_a_later_revocation_puts_in_question(desk: Desk) -> None:
    taken = desk.kecamatan.run(upto=6)
    leaves = [one.recorded.index for one in taken if one.recorded.act.official == BUDI]
    leaked = {"keyid": key(BUDI).public.id, "reason": "compromised"}
    desk.kecamatan.do("dewi-lestari", "register", "key.revoked", leaked)
    store = copied(desk)
    words = ("mine", "--key", desk.key(BUDI), "--store", store, "--pin", desk.pin)
    said = json.loads(ended(run(*words, "--json"), 0).stdout)
    assert [one["leaf_index"] for one in said["acts"] if one["questioned"]] == leaves
    page = flat(ended(run(*words), 0).stdout)
    assert "Ditandatangani dengan kunci Anda: 2 tindakan, 2 di antaranya dipertanyakan." in page
    assert page.count("Tanda tangan terbukti, tetapi DIPERTANYAKAN;") == 2
    assert "sejak kapan tidak dinyatakan" in page


def test_mine_says_which_of_ones_acts_the_service_once_said_that_it_refused(desk: Desk, tmp_path: Path) -> None:
    """A service that refuses aloud and records in silence is found by the envelope that was kept."""
    taken = desk.kecamatan.run(upto=6)[-1].recorded
    memory = Remembered.pin(tmp_path / "ingatan", Pins.parse(desk.pin.read_bytes()))
    memory.keep_refused(taken.entry.envelope.data)
    said = json.loads(ended(mine(desk, BUDI, "--remembered", memory.folder, "--json"), 0).stdout)
    assert [one["leaf_index"] for one in said["acts"] if one["refused_before"]] == [taken.index]
    page = flat(ended(mine(desk, BUDI, "--remembered", memory.folder), 0).stdout)
    assert page.count("Layanan menyatakan menolak tindakan ini, tetapi mencatatnya.") == 1


def test_an_act_in_ones_name_with_a_key_that_one_never_made_is_shown_as_an_alarm(desk: Desk) -> None:
    office, stolen = desk.kecamatan, key("kunci-kedua")
    body = {"official": BUDI, "public_key": stolen.public.raw.hex(), "possession": prove(ORIGIN, BUDI, stolen).decode()}
    office.approve("key", body)
    office.run(upto=1)
    wrong = office.payload(BUDI, CASE_STREAM, "direction.given", {"step": "2", "instruction": "Bukan saya."})
    index = office.ledger.record(Envelope.seal(PAYLOAD_TYPE, compose(**wrong), stolen).data).recorded.index
    said = json.loads(ended(mine(desk, BUDI, "--json"), 0).stdout)
    assert (said["acts"], [one["leaf_index"] for one in said["other_keys"]]) == ([], [index])
    assert "ATAS NAMA ANDA DENGAN KUNCI LAIN: 1 tindakan" in flat(ended(mine(desk, BUDI), 0).stdout)


def test_mine_reads_a_copy_and_says_what_the_copy_lacks(desk: Desk) -> None:
    desk.kecamatan.run(upto=2)
    store = copied(desk)
    size = desk.size()
    said = json.loads(ended(mine(desk, BUDI, "--store", store, "--json"), 0).stdout)
    assert (len(said["acts"]), said["size"]) == (1, size)
    desk.kecamatan.run_from(2, 6)
    ended(mine(desk, BUDI), 0)  # verifies, and remembers, the longer log
    page = flat(ended(mine(desk, BUDI, "--store", store), 0).stdout)
    assert "TIDAK LENGKAP: di komputer ini pernah dibuktikan 4 daun lagi" in page


def test_a_copy_whose_tree_does_not_fit_its_seal_proves_nothing(desk: Desk) -> None:
    desk.kecamatan.run(upto=2)
    store = copied(desk)
    with sqlite3.connect(store / "journal.sqlite") as journal:
        journal.execute("DELETE FROM stored_events WHERE leaf_index = (SELECT MAX(leaf_index) FROM stored_events)")
    fault(mine(desk, BUDI, "--store", store, "--json"), 1, "client.tree")


def test_mine_does_not_trust_a_service_about_a_copy(desk: Desk) -> None:
    ended(mine(desk, BUDI, "--store", copied(desk), "--trust-first"), 3)


@pytest.fixture(scope="module")
def log(opened: Kecamatan, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Recorded], Checkpoint]:
    """Return every entry of a ledger with the tree that they make."""
    folder = tmp_path_factory.mktemp("log") / "buku"
    postgres.copied(opened.folder, folder)
    office = Kecamatan(folder)
    with office.ledger.reading() as rows:
        frontier = rows.frontier()
        entries = [Recorded.read(row) for row in rows.entries(0, frontier.size)]
    office.ledger.close()
    return entries, Checkpoint(ORIGIN, frontier.size, frontier.root)


def read(entries: list[Recorded], sealed: Checkpoint, before: Checkpoint | None = None) -> int:
    keys = {key(SRI).public.id: key(SRI).public}
    founding = entries[0].entry.leaf_hash
    return len(own_acts(entries, sealed, founding=founding, before=before, keys=keys, names=frozenset({SRI})).own)


def test_an_entry_that_was_withheld_changed_or_cut_off_is_never_passed_over(
    log: tuple[list[Recorded], Checkpoint],
) -> None:
    entries, sealed = log
    assert read(entries, sealed) == 1
    later = Entry.record(entries[-1].entry.envelope, entries[-1].entry.recorded_at.replace(microsecond=1))
    changed = dataclasses.replace(entries[-1], entry=later, leaf=later.leaf_hash.hex())
    attacks = {
        "client.tree": ([*entries[:5], *entries[6:]], entries[:-1], [*entries[:-1], changed]),
        "client.history": ([*entries[:3], dataclasses.replace(entries[5], index=3)],),
    }
    for rule, lists in attacks.items():
        for one in lists:
            with pytest.raises(JejakError) as caught:
                read(one, sealed)
            assert caught.value.rule == rule


def test_a_history_other_than_the_one_verified_before_is_refused(log: tuple[list[Recorded], Checkpoint]) -> None:
    entries, sealed = log
    with pytest.raises(Forged) as caught:
        read(entries, sealed, Checkpoint(ORIGIN, 7, bytes(32)))
    assert caught.value.rule == "client.forked"


def test_another_founding_is_refused(log: tuple[list[Recorded], Checkpoint]) -> None:
    entries, sealed = log
    with pytest.raises(Forged) as caught:
        own_acts(entries, sealed, founding=bytes(32), keys={}, names=frozenset())
    assert caught.value.rule == "client.founding"


# --- shown and written wrongly ---------------------------------------------------------------------------


def test_the_register_is_shown_as_it_was(desk: Desk) -> None:
    page = flat(ended(run("register", "show", "--at", "1", "--url", desk.url), 0).stdout)
    assert page.startswith("Register Seperti pada daun 1, 2 Maret 2026 08.00 WIB")
    assert "Sri Wahyuni" not in page
    assert "kurang dari tiga pendaftar" in page
    assert person(DEWI)["nip"] not in page
    assert "tampilan layanan" in page


def test_somebody_who_is_not_in_the_register_is_said_not_to_be(desk: Desk) -> None:
    fault(run("register", "show", "raden-mas", "--url", desk.url, "--json"), 1, "register.official")


@pytest.mark.parametrize(
    "words",
    [
        ("approve",),
        ("approve", "12", "--next"),
        ("revoke", "abc", "--reason", "lost"),
        ("revoke", "0" * 64, "--reason", "compromised", "--since", "kemarin"),
        ("propose", "official", "--request", "{pin}"),
    ],
)
def test_a_command_written_wrongly_signs_nothing(words: tuple[str, ...], desk: Desk) -> None:
    desk.file("permintaan", KeyRequest.make(ORIGIN, BUDI, PrivateKey.generate(), None).format())
    given = [one.format(pin=desk.file("permintaan")) for one in words]
    size = desk.size()
    ended(register(desk, DEWI, *given, "--yes"), 3)
    assert desk.size() == size
