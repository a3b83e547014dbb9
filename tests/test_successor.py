"""A successor: leaf 0 names the ledger whose history ended, and whoever reads it verifies what it carries."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.settings import Settings
from keys.envelope import Envelope
from keys.errors import Malformed, NotAllowed
from ledger import logkey
from ledger.acts import PAYLOAD_TYPE, act_of, compose
from ledger.application import Ledger
from ledger.bodies import LedgerFounded
from ledger.bundle import format_bundle
from ledger.checkpoint import format_hash, open_checkpoint, sign_checkpoint
from ledger.database import Database
from ledger.entry import Entry
from ledger.note import NoteSigner
from ledger.sentences import about_to_sign, sentence
from ledger.store import open_store
from ledger.successor import Predecessor, last_checkpoint, predecessor_in_words, require_successor
from ledger.whereabouts import Whereabouts
from tests.behind import in_files
from tests.bundles import honest
from tests.kit import FOUNDERS, MORNING, ORIGIN, Kecamatan, founding, key, mandate_of
from tests.served import Served, asked, served
from tests.test_cli import _founding, ended, fault, run

Json = dict[str, Any]
OLD, NEW = NoteSigner(ORIGIN, key("log")), NoteSigner("kalipare.malangkab.example/jejak-2", key("log-2"))
DEWI, EKO = FOUNDERS
WHY = "Cakram rusak; cadangan kurang dua daun (sintetis)."


def before(size: int = 7, root: bytes = bytes(32), signer: NoteSigner = OLD, **changes: str) -> Json:
    """Return what leaf 0 says of the ledger before."""
    note = sign_checkpoint(signer, signer.name, size, root).decode()
    return {"log_key": str(signer.vkey), "founding": "0" * 64, "checkpoint": note, "reason": WHY} | changes


def leaf_zero(predecessor: Json | None, signer: NoteSigner = NEW) -> bytes:
    """Return the envelope that founds a ledger, signed by the first founder."""
    body = founding(signer) | ({"successor_of": predecessor} if predecessor is not None else {})
    payload = compose(
        ledger=signer.name,
        seen=None,
        stream="register",
        version=1,
        previous=None,
        kind="ledger.founded",
        official=DEWI,
        mandate=mandate_of(DEWI),
        occurred_at=MORNING.isoformat(),
        body=body,
    )
    return Envelope.seal(PAYLOAD_TYPE, payload, key(DEWI)).data


def recorded(folder: Path, predecessor: Json | None, signer: NoteSigner = NEW) -> LedgerFounded:
    with closing(Ledger(folder, signer, lambda: MORNING)) as ledger:
        body = ledger.record(leaf_zero(predecessor, signer)).recorded.act.body
    assert isinstance(body, LedgerFounded)
    return body


# --- leaf 0 ----------------------------------------------------------------------------------------------


def test_a_successor_names_the_old_ledger_and_carries_its_last_checkpoint_verbatim(tmp_path: Path) -> None:
    said = before()
    body = recorded(tmp_path, said)
    assert body.successor_of is not None
    assert body.successor_of.plain() == said
    signed = last_checkpoint(body.successor_of)
    assert signed.data == said["checkpoint"].encode()
    assert (signed.checkpoint.origin, signed.checkpoint.size) == (ORIGIN, 7)


def test_a_founding_without_a_ledger_before_it_says_nothing_of_one(tmp_path: Path) -> None:
    body = recorded(tmp_path, None)
    assert body.successor_of is None
    assert "successor_of" not in body.plain()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (before(checkpoint="Bukan segel.\n"), "tidak dapat diperiksa"),
        (before() | {"log_key": str(NoteSigner(ORIGIN, key("orang-asing")).vkey)}, "tidak dapat diperiksa"),
        (before(log_key="bukan kunci"), "tidak dapat diperiksa"),
        (before(signer=NoteSigner(NEW.name, key("log"))), "bernama sama"),
        (before(signer=NoteSigner(ORIGIN, key("log-2"))), "memakai kunci log pendahulunya"),
        (before(1, bytes(32), founding="1" * 64), "bukan atas pendirian"),
    ],
    ids=["no note", "another key", "no key", "its own origin", "its own key", "another founding"],
)
def test_what_leaf_0_cannot_stand_on_is_refused_and_nothing_is_founded(tmp_path: Path, wrong: Json, said: str) -> None:
    with closing(Ledger(tmp_path, NEW, lambda: MORNING)) as ledger:
        with pytest.raises(NotAllowed, match=said) as caught:
            ledger.record(leaf_zero(wrong))
        assert caught.value.rule == "founding.successor"
        with ledger.reading() as rows:
            assert rows.size() == 0


def test_a_checkpoint_that_was_changed_after_it_was_signed_is_refused() -> None:
    note = before()["checkpoint"].replace("\n7\n", "\n8\n")
    with pytest.raises(NotAllowed, match="tidak cocok"):
        require_successor(Predecessor(**before(checkpoint=note)), NEW.vkey)


def test_a_checkpoint_over_nothing_is_no_last_one() -> None:
    empty = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    with pytest.raises(NotAllowed, match="tidak mencakup satu daun pun"):
        last_checkpoint(Predecessor(**before(0, empty)))


def test_a_checkpoint_over_the_founding_alone_is_held_to_it() -> None:
    root = bytes(range(32))
    assert last_checkpoint(Predecessor(**before(1, root, founding=root.hex()))).checkpoint.root == root


def test_what_is_unknown_of_the_ledger_before_is_no_part_of_leaf_0() -> None:
    with pytest.raises(Malformed) as caught:
        act_of(Envelope.parse(leaf_zero(before() | {"size": 7})))
    assert caught.value.rule == "act.body"


def test_an_earlier_checkpoint_than_the_last_is_taken_and_whoever_kept_a_later_one_sees_it(
    tmp_path: Path, old: Kecamatan
) -> None:
    with open_store(in_files(old.folder)) as rows:
        early, kept = rows.checkpoints(12, 1)[0][1], rows.checkpoint()
        first = rows.entry(0)
    assert kept is not None
    assert first is not None
    body = recorded(tmp_path / "baru", before(checkpoint=early.decode(), founding=first.leaf_hash.hex()))
    assert body.successor_of is not None
    named, later = last_checkpoint(body.successor_of).checkpoint, open_checkpoint(kept, OLD.vkey).checkpoint
    assert (named.origin, named.size) == (later.origin, 12)
    assert named.size < later.size, "both signed by the old log: what lies between was left out"


# --- in words --------------------------------------------------------------------------------------------


def test_the_sentence_says_whose_successor_it_is_up_to_where_and_why(tmp_path: Path) -> None:
    act = act_of(Envelope.parse(leaf_zero(before())))
    told = sentence(act, name="Dewi", office_name="Pendaftar", capacity="definitif")
    signing = about_to_sign(act, name="Dewi", office_name="Pendaftar", capacity="definitif")
    for text in (told, signing):
        assert f"sebagai penerus {ORIGIN} (pendirian sidik 0000…0000)" in text
        assert f"mencakup 7 daun dengan akar {format_hash(bytes(32))}, karena “{WHY}”" in text
    plain = sentence(act_of(Envelope.parse(leaf_zero(None))), name="Dewi", office_name="P", capacity="definitif")
    assert "penerus" not in plain


def test_a_checkpoint_that_does_not_hold_is_not_told_as_if_it_did() -> None:
    assert "tidak dapat diperiksa" in predecessor_in_words(Predecessor(**before(checkpoint="Bukan segel.\n")))


# --- where it is shown -----------------------------------------------------------------------------------


@pytest.fixture
def plan(tmp_path: Path) -> list[object]:
    """Return how two founders found a ledger of another name."""
    return _founding(tmp_path)


@pytest.fixture
def old(tmp_path: Path) -> Kecamatan:
    """Return an office whose ledger ended, with its pin file."""
    made = Kecamatan(tmp_path / "lama").open()
    with made.ledger.reading() as rows:
        first = rows.entry(0)
    assert first is not None
    pins = {"vkey": str(made.log.vkey), "founding": first.leaf_hash.hex()}
    (tmp_path / "lama.pin").write_text(json.dumps(pins))
    made.ledger.close()
    return made


def after(old: Kecamatan, place: Path | None = None) -> list[object]:
    pin = old.folder.with_name("lama.pin")
    return ["--successor-of", place or in_files(old.folder), "--old-pin", pin, "--reason", WHY]


def test_two_founders_found_a_successor_of_what_is_left_of_a_store(
    tmp_path: Path, old: Kecamatan, plan: list[object]
) -> None:
    asking = run("found", tmp_path / "baru", *plan, *after(old), answer="t\n")
    page = " ".join(ended(asking, 1).stdout.split())
    assert f"Penerus {ORIGIN}, yang riwayatnya tidak dapat diteruskan" in page
    assert "segel terakhir yang sah: 33 daun (daun 0 sampai 32)" in page
    assert not (tmp_path / "baru").exists()
    ended(run("found", tmp_path / "baru", *plan, *after(old), "--yes"), 0)
    audit = ("audit", "--store", in_files(tmp_path / "baru"), "--pin", tmp_path / "baru" / "pin.json")
    report = json.loads(ended(run(*audit, "--json"), 0).stdout)
    assert report["predecessor"].startswith(f"penerus {ORIGIN} (pendirian sidik ")
    assert f"Buku besar ini penerus {ORIGIN}" in " ".join(ended(run(*audit), 0).stdout.split())


def test_where_nothing_is_left_but_a_checkpoint_it_is_named_by_that(
    tmp_path: Path, old: Kecamatan, plan: list[object]
) -> None:
    note = sign_checkpoint(old.log, ORIGIN, 90, bytes(32))
    (tmp_path / "segel").write_bytes(note)
    ended(run("found", tmp_path / "baru", *plan, *after(old, tmp_path / "segel"), "--yes"), 0)
    with open_store(in_files(tmp_path / "baru")) as rows:
        row = rows.entry(0)
    assert row is not None
    body = act_of(Entry.parse(row.data).envelope).body
    assert isinstance(body, LedgerFounded)
    assert body.successor_of is not None
    assert body.successor_of.checkpoint.encode() == note


def test_a_successor_under_the_old_name_is_refused_before_anything_is_written(
    tmp_path: Path, old: Kecamatan, plan: list[object]
) -> None:
    said = json.loads((tmp_path / "uraian.json").read_text())
    (tmp_path / "uraian.json").write_text(json.dumps(said | {"origin": ORIGIN}))
    fault(run("found", tmp_path / "baru", *plan, *after(old), "--yes", "--json"), 1, "founding.successor")
    assert not (tmp_path / "baru").exists()


def test_another_ledger_than_the_pinned_one_is_not_the_one_before(
    tmp_path: Path, old: Kecamatan, plan: list[object]
) -> None:
    (tmp_path / "lama.pin").write_text(json.dumps({"vkey": str(old.log.vkey), "founding": "1" * 64}))
    fault(run("found", tmp_path / "baru", *plan, *after(old), "--yes", "--json"), 1, "found.successor")


@pytest.mark.sqlite("it is about a file that was left behind")
def test_a_ledger_that_was_moved_is_not_ended_by_what_it_left_behind(
    tmp_path: Path, old: Kecamatan, plan: list[object]
) -> None:
    Whereabouts(old.folder, Database.parse("postgresql://jejak@basis/jejak", old.folder)).note()
    asked = ("found", tmp_path / "baru", *plan, *after(old), "--yes")
    said = fault(run(*asked, "--json"), 1, "found.successor")
    assert "dipindahkan ke postgresql://basis:5432/jejak" in said["detail"]
    assert not (tmp_path / "baru").exists()


def test_a_founding_that_was_interrupted_is_not_finished_as_another(
    tmp_path: Path, old: Kecamatan, plan: list[object]
) -> None:
    ended(run("found", tmp_path / "contoh", *plan, "--yes"), 0)
    signer = logkey.read(tmp_path / "contoh" / "log.key")
    (tmp_path / "baru").mkdir()
    logkey.write(tmp_path / "baru" / "log.key", signer)
    recorded(tmp_path / "baru", None, signer)
    fault(run("found", tmp_path / "baru", *plan, *after(old), "--yes", "--json"), 1, "found.successor")


@pytest.mark.parametrize("given", [("--successor-of", "."), ("--reason", "Rusak."), ("--old-pin", __file__)])
def test_half_of_what_names_the_ledger_before_is_misuse(
    tmp_path: Path, plan: list[object], given: tuple[str, str]
) -> None:
    fault(run("found", tmp_path / "baru", *plan, *given, "--yes", "--json"), 3, "cli.usage")


class Successor(Served):
    """A kecamatan that was founded as a successor, and is served."""

    def found(self) -> None:
        body = founding(self.log) | {"successor_of": before(signer=NoteSigner("lama.example/jejak", key("lama")))}
        leaf = self.do(DEWI, "register", "ledger.founded", body).recorded.leaf
        self.do(EKO, "register", "founding.accepted", {"founding": leaf})


def test_card_and_officials_page_show_the_ledger_before(tmp_path: Path) -> None:
    with served(tmp_path, Successor) as office:
        office.open()
        card = asked(office.http.get("/v1/ledger"), 200)
        old = card["successor_of"]
        assert (old["origin"], old["size"], old["reason"]) == ("lama.example/jejak", 7, WHY)
        signed = open_checkpoint(old["checkpoint"].encode(), NoteSigner("lama.example/jejak", key("lama")).vkey)
        assert format_hash(signed.checkpoint.root) == old["root"]
        page = office.browser(DEWI).get("/pejabat").get_data(as_text=True)
        assert "Buku besar ini penerus lama.example/jejak" in page
        trail = asked(office.http.get("/v1/streams/register/trail", headers=office.signed_in(DEWI)), 200)
        assert "sebagai penerus lama.example/jejak" in json.dumps(trail, ensure_ascii=False)


def test_a_card_without_a_ledger_before_it_has_no_such_member(tmp_path: Path) -> None:
    made = Kecamatan(tmp_path).open()
    logkey.write(tmp_path / "log.key", made.log)
    made.ledger.close()
    app = create_app(Settings(tmp_path, threads=2), lambda: MORNING + dt.timedelta(days=1))
    try:
        assert "successor_of" not in asked(app.test_client().get("/v1/ledger"), 200)
    finally:
        app.close()


def test_a_bundle_says_that_its_ledger_is_a_successor(tmp_path: Path) -> None:
    with served(tmp_path, Successor) as office:
        office.open()
        office.run(upto=2)
        (tmp_path / "bundel.zip").write_bytes(format_bundle(honest(office)))
        with office.ledger.reading() as rows:
            first = rows.entry(0)
        assert first is not None
        report = run(
            *("verify", tmp_path / "bundel.zip", "--vkey", office.log.vkey, "--founding", first.leaf_hash.hex())
        )
        page = " ".join(report.stdout.split())
        assert "Buku besar ini penerus lama.example/jejak" in page
        assert "Tindakan dalam buku besar pendahulunya tidak ada dalam bundel ini." in page
