"""The audit of what a service shows, over HTTP or through an adversary: the same steps, as far as they can be seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner

from api.app import App, create_app
from api.audit_source import leaves_of
from api.cli import main
from api.client import Client
from api.remembered import Pins, Remembered
from api.server import background_server
from api.settings import Settings
from keys.errors import Forged, NotJudged, Unavailable
from ledger import logkey
from ledger.audit import Audit, Brief, Report
from ledger.audit_remembered import SoundAudit
from ledger.checkpoint import SignedCheckpoint, open_checkpoint, sign_checkpoint
from ledger.database import Database
from ledger.documents import digest_of
from ledger.entry import Entry
from ledger.merkle import leaf_hash
from ledger.tiles import Place, format_bundle, format_place, parse_bundle
from tests.behind import behind, in_files
from tests.forged_store import LOG, busy_office, entries_of
from tests.kit import Clock
from tests.signed_in import keep, signed_in
from tests.test_client import Adversary


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a ledger in which four cases went on at once."""
    folder = busy_office(tmp_path_factory.mktemp("busy") / "buku")
    logkey.write(folder / "log.key", LOG)
    return folder


@pytest.fixture(scope="module")
def app(folder: Path) -> Iterator[App]:
    """Yield the service of it."""
    app = create_app(Settings(folder, threads=4), Clock())
    yield app
    app.close()


@pytest.fixture(scope="module")
def url(app: App) -> Iterator[str]:
    """Yield where it is served."""
    with background_server(app) as url:
        keep(app, url)
        yield url


@pytest.fixture
def pins(folder: Path) -> Pins:
    return Pins(vkey=str(LOG.vkey), founding=leaf_hash(entries_of(folder)[0]).hex())


@pytest.fixture
def adversary(app: App) -> Adversary:
    return Adversary(app)


def audited(adversary: Adversary, pins: Pins, folder: Path, **brief: Any) -> Report:
    """Return the report of a client behind the adversary."""
    client = Client(
        "http://127.0.0.1", Remembered.pin(folder, pins), sessions=signed_in(adversary.app), transport=adversary
    )
    with closing(client), leaves_of(client) as leaves:
        return Audit(leaves, client.document, Brief(client.remembered.vkey, pins.founding, **brief)).run()


def bundle(folder: Path) -> str:
    """Return where the entries are shown, which are fewer than 256."""
    return f"/log/tile/entries/{format_place(Place(0, len(entries_of(folder))))}"


def lie(adversary: Adversary, folder: Path, index: int, change: Callable[[bytes], bytes]) -> None:
    """Show one entry otherwise than it is."""

    def changed(data: bytes) -> bytes:
        entries = parse_bundle(data)
        entries[index] = change(entries[index])
        return format_bundle(entries)

    adversary.lie(bundle(folder), changed)


def found(report: Report) -> set[tuple[int | None, str]]:
    return {(one.leaf, one.rule) for one in report.findings}


def told(*args: object, code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["audit", *map(str, args), "--json"])
    assert result.exit_code == code, result.output
    said = json.loads(result.stdout)
    assert isinstance(said, dict)
    return said


# --- over HTTP --------------------------------------------------------------------------------------------


def test_what_an_honest_service_shows_is_sound_and_says_what_was_not_to_be_seen(
    url: str, pins: Pins, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "pin.json").write_bytes(pins.format())
    arguments = ("--url", url, "--pin", tmp_path / "pin.json", "--remembered", _empty(tmp_path / "ingatan"))
    said = told(*arguments)
    assert said["sound"] is True
    assert said["verified"] == said["leaves"] == len(entries_of(folder))
    assert said["inapplicable"] == ["pohon sidik", "kolom penyimpanan", "tampilan"]
    assert said["views"] is None
    page = " ".join(CliRunner().invoke(main, ["audit", *map(str, arguments)]).stdout.split())
    assert "3 pohon sidik tidak diperiksa" in page
    assert "Langkah 5 tidak diperiksa. Layanan tidak menunjukkan kolom penyimpanannya." in page
    assert [one["step"] for one in said["not_run"]] == [3, 5, 12]
    assert "salinan ini" not in page
    held = f"segel {said['leaves']} daun di {tmp_path / 'ingatan' / 'checkpoint'}: sesuai"
    assert held in page, "the second run finds what the first remembered"
    assert "6 tanda tangan tidak ada temuan" in page


def test_the_same_leaves_are_told_of_as_in_a_copy(url: str, pins: Pins, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "pin.json").write_bytes(pins.format())
    shown = told("--url", url, "--pin", tmp_path / "pin.json", "--remembered", _empty(tmp_path / "ingatan"))
    copied = told("--store", in_files(folder), "--pin", tmp_path / "pin.json")
    beside = {"views", "took", "inapplicable", "not_run", "workers"}
    assert {name: shown[name] for name in shown.keys() - beside} == {
        name: copied[name] for name in copied.keys() - beside
    }


def test_address_and_memory_of_the_environment_stand_for_the_options(
    url: str, pins: Pins, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JEJAK_URL", url)
    monkeypatch.setenv("JEJAK_REMEMBERED", str(tmp_path / "ingatan"))
    (tmp_path / "pin.json").write_bytes(pins.format())
    first = told("--pin", tmp_path / "pin.json")
    assert (first["sound"], first["remembered"], first["founding_pinned"]) == (True, [], True)
    (held,) = told()["remembered"]
    assert (held["size"], held["source"], held["matched"]) == (
        len(entries_of(folder)),
        str(tmp_path / "ingatan" / "checkpoint"),
        True,
    )
    assert told("--store", in_files(folder), "--vkey", pins.vkey)["remembered"] == [], "a copy is held to what is named"


def _empty(path: Path) -> Path:
    path.mkdir()
    return path


MISUSE: list[tuple[str, ...]] = [
    (),
    ("--store", ".", "--url", "http://127.0.0.1:1"),
    ("--url", "http://127.0.0.1:1", "--workers", "2"),
]


@pytest.mark.parametrize("arguments", MISUSE)
def test_a_copy_and_a_service_are_told_apart(arguments: tuple[str, ...]) -> None:
    assert told(*arguments, code=3)["rule"] == "cli.usage"


def test_a_service_that_is_not_reached_judges_nothing(pins: Pins, tmp_path: Path) -> None:
    (tmp_path / "pin.json").write_bytes(pins.format())
    said = told(
        *("--url", "http://127.0.0.1:9", "--pin", tmp_path / "pin.json"),
        *("--remembered", _empty(tmp_path / "ingatan")),
        code=2,
    )
    assert said["rule"] == "client.unreachable"


# --- an adversary -------------------------------------------------------------------------------------------


def test_an_entry_that_is_shown_otherwise_than_it_was_sealed_is_found(
    adversary: Adversary, pins: Pins, folder: Path, tmp_path: Path
) -> None:
    """The tree of what is shown has another root than the log signed."""
    lie(adversary, folder, 40, lambda data: data.replace(b'"recorded_at":"2026', b'"recorded_at":"2025'))
    report = audited(adversary, pins, tmp_path / "ingatan")
    assert (0, "checkpoint.root") in found(report)
    assert (40, "entry.time") in found(report)
    assert report.verified == 0


def test_an_entry_that_is_no_entry_is_found(adversary: Adversary, pins: Pins, folder: Path, tmp_path: Path) -> None:
    lie(adversary, folder, 40, lambda data: b"{}")
    assert (40, "entry.form") in found(audited(adversary, pins, tmp_path / "ingatan"))


def test_an_act_that_is_shown_with_another_signature_is_found(
    adversary: Adversary, pins: Pins, folder: Path, tmp_path: Path
) -> None:
    other = Entry.parse(entries_of(folder)[41]).envelope.data.split(b'"sig":')[1]
    lie(adversary, folder, 40, lambda data: data.split(b'"sig":')[0] + b'"sig":' + other + b"}")
    report = audited(adversary, pins, tmp_path / "ingatan")
    assert (40, "signature.invalid") in found(report)


def test_an_entry_that_is_withheld_cannot_be_judged(
    adversary: Adversary, pins: Pins, folder: Path, tmp_path: Path
) -> None:
    adversary.withhold(bundle(folder))
    with pytest.raises(NotJudged) as caught:
        audited(adversary, pins, tmp_path / "ingatan")
    assert caught.value.rule == "client.withheld"


def test_a_service_that_has_forgotten_what_a_client_remembers_is_refused(
    adversary: Adversary, pins: Pins, folder: Path, tmp_path: Path
) -> None:
    audited(adversary, pins, tmp_path / "ingatan")
    adversary.lie("/log/checkpoint", lambda data: _note(folder, 50))
    with pytest.raises(Forged) as caught:
        audited(adversary, pins, tmp_path / "ingatan")
    assert caught.value.rule == "client.shrunk"


def test_another_root_of_the_same_size_is_refused(
    adversary: Adversary, pins: Pins, folder: Path, tmp_path: Path
) -> None:
    """The service has the log's key, and no leaves for what it signs."""
    size = len(entries_of(folder))
    adversary.lie("/log/checkpoint", lambda data: sign_checkpoint(LOG, LOG.name, size, bytes(32)))
    with pytest.raises(Forged):
        audited(adversary, pins, tmp_path / "ingatan")


def test_a_document_that_is_not_shown_cannot_be_judged_and_one_that_is_another_is_found(
    adversary: Adversary, pins: Pins, tmp_path: Path
) -> None:
    first, second = map(digest_of, (b"surat masuk (sintetis)", b"bukti kirim (sintetis)"))
    adversary.withhold(f"/v1/documents/{first}")
    adversary.lie(f"/v1/documents/{second}", lambda data: data + b"!")
    report = audited(adversary, pins, tmp_path / "ingatan")
    rules = {(one.rule, one.verdict) for one in report.findings}
    assert rules == {("log.leaf", "tidak dapat dinilai"), ("client.document", "tidak cocok")}


def test_a_line_that_is_lost_while_documents_are_read_ends_the_audit(
    adversary: Adversary, pins: Pins, tmp_path: Path
) -> None:
    client = Client(
        "http://127.0.0.1",
        Remembered.pin(tmp_path / "ingatan", pins),
        sessions=signed_in(adversary.app),
        transport=adversary,
    )

    def lost(digest: str) -> bytes:
        raise Unavailable("client.unreachable", "Layanan tidak dapat dihubungi.")

    with closing(client), leaves_of(client) as leaves, pytest.raises(Unavailable):
        Audit(leaves, lost, Brief(client.remembered.vkey, pins.founding)).run()


def test_since_a_sound_audit_only_what_is_new_is_verified_and_the_entries_are_asked_for_once(
    adversary: Adversary, pins: Pins, folder: Path, tmp_path: Path
) -> None:
    asked: list[str] = []
    honest = adversary.handle_request

    def noted(request: Any) -> Any:
        asked.append(request.url.path)
        return honest(request)

    adversary.handle_request = noted  # type: ignore[method-assign]
    since = (SoundAudit(open_checkpoint(_note(folder, 50), LOG.vkey), pins.founding),)
    report = audited(adversary, pins, tmp_path / "ingatan", since=since)
    assert report.sound
    assert report.verified_from == 50
    assert [path for path in asked if path.startswith("/log/tile/entries/")] == [bundle(folder)]


@pytest.mark.parametrize(
    "change", [lambda data: data[:-1], lambda data: format_bundle(parse_bundle(data)[:-1]), lambda data: b""]
)
def test_a_bundle_that_is_cut_is_no_answer(
    adversary: Adversary, pins: Pins, folder: Path, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    adversary.lie(bundle(folder), change)
    with pytest.raises(NotJudged) as caught:
        audited(adversary, pins, tmp_path / "ingatan")
    assert caught.value.rule == "client.answer"


def test_entries_are_asked_for_in_bundles_of_256_the_last_as_wide_as_the_checkpoint(tmp_path: Path) -> None:
    asked = list[Place]()

    class Shown:
        def checkpoint(self) -> SignedCheckpoint:
            return open_checkpoint(sign_checkpoint(LOG, LOG.name, 600, bytes(32)), LOG.vkey)

        def entry_bundle(self, place: Place) -> list[bytes]:
            asked.append(place)
            return [b"%d" % index for index in range(place.first, place.first + place.width)]

    with leaves_of(cast("Client", Shown())) as leaves:
        assert [row.data for row in leaves.entries(250, 10)] == [b"%d" % index for index in range(250, 260)]
        assert [row.data for row in leaves.entries(598, 10)] == [b"598", b"599"]
        assert leaves.entries(0, 1)[0].data == b"0"
    assert asked == [Place(0), Place(1), Place(2, 88)]


def test_what_a_client_remembers_by_itself_widens_no_audit(url: str, pins: Pins, folder: Path, tmp_path: Path) -> None:
    """Each run moves the client's memory to the newest checkpoint; nobody ever audited up to there."""
    (tmp_path / "pin.json").write_bytes(pins.format())
    audit = SoundAudit(open_checkpoint(_note(folder, 50), LOG.vkey), pins.founding)
    (tmp_path / "audit").write_bytes(audit.format())
    memory = _empty(tmp_path / "ingatan")
    arguments = ("--url", url, "--pin", tmp_path / "pin.json", "--remembered", memory)
    for _ in range(2):
        said = told(*arguments, "--since-remembered", tmp_path / "audit")
        assert (said["verified_from"], said["conclusion"]) == (50, "proved_since")
    assert open_checkpoint((memory / "checkpoint").read_bytes(), LOG.vkey).checkpoint.size == len(entries_of(folder))
    assert told(*arguments, "--keep", tmp_path / "baru")["verified_from"] == 0
    assert told(*arguments, "--since-remembered", tmp_path / "baru")["conclusion"] == "nothing_new"


def _note(folder: Path, size: int) -> bytes:
    with behind(Database.parse("", folder)) as connection:
        found = connection.execute("SELECT note FROM checkpoints WHERE size = ?", (size,)).fetchone()
    return bytes(found[0])
