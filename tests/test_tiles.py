"""C2SP tlog-tiles: the log as resources that never change, in exactly the paths and bytes that others' clients read."""

from __future__ import annotations

import doctest
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from api.app import App, create_app
from api.server import Server, background_server
from api.settings import Settings
from keys.envelope import MAX_BYTES as MAX_ENVELOPE
from keys.envelope import Envelope
from keys.errors import Malformed, NotFound
from ledger import logkey, tiles
from ledger.acts import PAYLOAD_TYPE
from ledger.checkpoint import open_checkpoint
from ledger.entry import MAX_BYTES as MAX_ENTRY
from ledger.entry import Entry
from ledger.merkle import EMPTY_ROOT, MAX_SIZE, leaf_hash, node_hash, root_at
from ledger.tiles import Place, format_bundle, format_place, hash_tile, parse_bundle, parse_level, parse_place
from tests.behind import behind
from tests.kit import MORNING, Kecamatan, key
from tests.signed_in import desk
from tests.test_merkle import Store, mth
from tests.test_merkle import k_of as split

#: Paths that only look like one of the specification's.
NO_PATHS = [
    "tile/0/1",
    "tile/0/0001",
    "tile/0/x000/001",
    "tile/0/000/001",
    "tile/0/x01/001",
    "tile/0/X001/001",
    "tile/0/x001x234/067",
    "tile/0/-01",
    "tile/0/000.p/0",
    "tile/0/000.p/05",
    "tile/0/000.p/256",
    "tile/0/000.p/1000",
    "tile/0/000.p",
    "tile/0/000.p/",
    "tile/0/000.p5",
    "tile/0/000/",
    "tile/0//000.p/5",
    "tile//0/000.p/5",
    "/tile/0/000.p/5",
    "tile/0/ 00.p/5",
    "tile/0/٠٠٠.p/5",
    "tile/00/000.p/5",
    "tile/64/000.p/5",
    "tile/+0/000.p/5",
    "tile/0x0/000.p/5",
    "tile/entries",
    "tile/entries/",
    "tile/Entries/000.p/5",
    "tile/entries/000.p/05",
    "tile/data/000.p/5",
    "tile/0/" + "x999/" * 7 + "999",
    "tile/0/" + "x001/" * 2000 + "001",
]


# --- the format -----------------------------------------------------------------------------------------------


def test_the_worked_example_of_the_specification_holds() -> None:
    results = doctest.testmod(tiles)
    assert results.attempted > 4
    assert results.failed == 0


@given(st.integers(0, MAX_SIZE - 1), st.integers(1, 256))
def test_every_place_is_read_back_from_its_path(index: int, width: int) -> None:
    assert parse_place(format_place(Place(index, width))) == Place(index, width)


@given(st.from_regex(r"(x\d{3}/){0,7}\d{3}(\.p/\d{1,4})?", fullmatch=True) | st.text(max_size=20))
def test_a_place_has_one_path(text: str) -> None:
    try:
        place = parse_place(text)
    except NotFound:
        return
    assert format_place(place) == text


@given(st.integers().map(str) | st.text(max_size=4))
def test_a_level_has_one_spelling_and_is_at_most_63(text: str) -> None:
    try:
        level = parse_level(text)
    except NotFound:
        assert text not in map(str, range(64))
        return
    assert str(level) == text


def resources(size: int) -> dict[int, tuple[int, int]]:
    """Return (full tiles, width of the partial one) of every level at a size, in the specification's own words."""
    return {level: divmod(size // 256**level, 256) for level in range(8) if size // 256**level}


def test_the_two_sizes_that_the_specification_works_out_have_the_tiles_it_says() -> None:
    assert resources(70_000) == {0: (273, 112), 1: (1, 17), 2: (0, 1)}
    assert resources(256) == {0: (1, 0), 1: (0, 1)}


@given(st.integers(0, MAX_SIZE - 1))
def test_at_any_size_exactly_what_the_specification_says_is_there(size: int) -> None:
    found = resources(size)
    for level in range(64):
        full, partial = found.get(level, (0, 0))
        if full:
            tiles.require_there(Place(full - 1), level, size)
        if partial:
            tiles.require_there(Place(full, partial), level, size)
        with pytest.raises(NotFound) as caught:
            tiles.require_there(Place(full, partial + 1), level, size)
        assert caught.value.rule == "tile.beyond"


@pytest.fixture(scope="module")
def large() -> Store:
    return Store([leaf_hash(b"%d" % number) for number in range(70_000)])


def test_every_hash_of_every_tile_is_the_one_that_the_specification_defines(large: Store) -> None:
    for level, (full, partial) in resources(70_000).items():
        for index, width in [(0, 256 if full else partial), (full - 1, 256), (full, partial)]:
            if index < 0 or not width:
                continue
            data = hash_tile(large, level, Place(index, width), 70_000)
            assert len(data) == 32 * width
            for at in (0, width - 1):
                begin, length = (index * 256 + at) * 256**level, 256**level
                assert data[32 * at :][:32] == mth(large.rows[0][begin : begin + length])


def test_the_root_follows_from_the_tiles_alone(large: Store) -> None:
    for size in (1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 70_000):
        assert root_of_tiles(large, size) == root_at(large, size)


def root_of_tiles(store: Store, size: int) -> bytes:
    """Return the root of the first ``size`` entries, out of the tiles of that size, as a reader builds it."""

    def hash_of(level: int, position: int) -> bytes:
        index, at = divmod(position, 256)
        full, partial = resources(size)[level]
        data = hash_tile(store, level, Place(index, 256 if index < full else partial), size)
        return data[32 * at :][:32]

    def root(first: int, end: int) -> bytes:
        for level in range(7, -1, -1):
            if end - first == 256**level and first % 256**level == 0:
                return hash_of(level, first // 256**level)
        middle = first + split(end - first)
        return node_hash(root(first, middle), root(middle, end))

    return root(0, size) if size else EMPTY_ROOT


def test_a_tile_is_one_short_read(large: Store) -> None:
    for place, level in ((Place(0), 0), (Place(273, 112), 0), (Place(0), 1), (Place(0, 1), 2)):
        large.reads.clear()
        hash_tile(large, level, place, 70_000)
        assert large.reads == [(8 * level, 256 * place.index, place.width)]


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_a_bundle_is_read_back_entry_by_entry(entries: list[bytes]) -> None:
    assert parse_bundle(format_bundle(entries)) == entries


@given(st.binary(max_size=60) | st.lists(st.sampled_from([b"\0\0", b"\0\1x", b"\xff\xff"]), max_size=300).map(b"".join))
def test_a_bundle_has_one_byte_form(data: bytes) -> None:
    try:
        entries = parse_bundle(data)
    except Malformed:
        return
    assert format_bundle(entries) == data


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\2x", b"\0\1x\0", b"\0\1x" * 257])
def test_a_bundle_that_is_empty_truncated_or_too_long_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_bundle(data)


def test_the_largest_entry_fits_behind_its_length() -> None:
    room = (MAX_ENVELOPE - len(sealed(b"").data)) // 4 * 3  # four bytes of base64 for three
    entry = Entry.record(sealed(b"x" * room), MORNING)
    assert MAX_ENTRY - 4 < len(entry.data) <= MAX_ENTRY <= tiles.MAX_ENTRY_BYTES
    assert Entry.parse(entry.data) == entry
    assert parse_bundle(format_bundle([entry.data])) == [entry.data]


def sealed(payload: bytes) -> Envelope:
    return Envelope.seal(PAYLOAD_TYPE, payload, key("sri-wahyuni"))


# --- over HTTP ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    office = Kecamatan(tmp_path_factory.mktemp("buku")).open()
    for number in range(20):
        office.run(f"case:{number:08d}-0000-4000-8000-000000000000")
    logkey.write(office.folder / "log.key", office.log)
    office.ledger.close()
    app = create_app(Settings(office.folder), office.clock)
    yield app
    app.close()


@pytest.fixture(scope="module")
def client(app: App) -> FlaskClient:
    return desk(app)


def size_of(app: App) -> int:
    with app.parts.ledger.reading() as rows:
        return rows.size()


def test_a_tile_is_octets_that_anybody_may_keep_for_ever(app: App, client: FlaskClient) -> None:
    partial = size_of(app) - 256
    for path, length in (("0/000", 8192), (f"0/001.p/{partial}", 32 * partial), ("1/000.p/1", 32)):
        answer = client.get(f"/log/tile/{path}")
        assert (answer.status_code, len(answer.data)) == (200, length)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Content-Encoding" not in answer.headers


def test_a_bundle_holds_the_entries_as_they_are_served_one_by_one(app: App, client: FlaskClient) -> None:
    size = size_of(app)
    for path, first, count in (("000", 0, 256), (f"001.p/{size - 256}", 256, size - 256), ("000.p/3", 0, 3)):
        answer = client.get(f"/log/tile/entries/{path}")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        entries = parse_bundle(answer.data)
        assert len(entries) == count
        for at in (0, count - 1):
            assert entries[at] == client.get(f"/v1/entries/{first + at}").data


def test_the_tiles_hash_to_the_signed_checkpoint_and_the_entries_to_the_tiles(app: App, client: FlaskClient) -> None:
    note = client.get("/log/checkpoint")
    assert note.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert note.headers["Cache-Control"] == "no-store"
    signed = open_checkpoint(note.data, app.parts.ledger.signer.vkey).checkpoint
    full, partial = divmod(signed.size, 256)
    paths = [format_place(Place(index)) for index in range(full)] + [format_place(Place(full, partial))]
    data = b"".join(client.get(f"/log/tile/0/{path}").data for path in paths)
    hashes = [data[at : at + 32] for at in range(0, len(data), 32)]
    assert mth(hashes) == signed.root
    entries = [one for path in paths for one in parse_bundle(client.get(f"/log/tile/entries/{path}").data)]
    assert [leaf_hash(one) for one in entries] == hashes


def test_a_bundle_is_compressed_for_who_takes_it_and_is_the_same(client: FlaskClient) -> None:
    plain = client.get("/log/tile/entries/000")
    squeezed = client.get("/log/tile/entries/000", headers={"Accept-Encoding": "gzip, identity"})
    refused = client.get("/log/tile/entries/000", headers={"Accept-Encoding": "gzip;q=0"})
    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(squeezed.data) == plain.data == refused.data
    assert len(squeezed.data) < len(plain.data)
    for answer in (plain, squeezed, refused):
        (line,) = answer.headers.getlist("Vary")
        assert line == "Accept-Encoding, Authorization, Cookie"


@pytest.mark.parametrize("path", ["/log/tile/0/000", "/log/checkpoint", "/", "/openapi.json", "/v1/entries/0/receipt"])
def test_what_is_the_same_for_whoever_asks_may_be_kept_once_for_all(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert not {"authorization", "cookie"} & set(answer.vary)


def test_a_partial_tile_is_still_there_when_the_tile_is_full(app: App, client: FlaskClient) -> None:
    full = client.get("/log/tile/0/000").data
    for width in (1, 45, 255):
        assert client.get(f"/log/tile/0/000.p/{width}").data == full[: 32 * width]


@pytest.mark.parametrize("path", NO_PATHS)
def test_what_is_not_exactly_a_path_of_the_specification_is_not_found(path: str, client: FlaskClient) -> None:
    answer = client.get(f"/log/{path}")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("what", ["0", "entries"])
def test_what_the_log_has_not_yet_is_not_found_and_nobody_may_keep_that(
    what: str, app: App, client: FlaskClient
) -> None:
    partial = size_of(app) - 256
    for path in (f"001.p/{partial + 1}", "001", "002.p/1", format_place(Place(MAX_SIZE - 1))):
        answer = client.get(f"/log/tile/{what}/{path}")
        assert (answer.status_code, answer.get_json()["rule"]) == (404, "tile.beyond")
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["1/000.p/2", "2/000.p/1", "8/000.p/1", "63/000"])
def test_a_level_that_nothing_has_filled_yet_is_not_found(path: str, client: FlaskClient) -> None:
    assert client.get(f"/log/tile/{path}").get_json()["rule"] == "tile.beyond"


def test_a_real_server_answers_head_and_get_alike(app: App) -> None:
    with background_server(app) as url:
        get, head = httpx.get(f"{url}/log/tile/0/000"), httpx.head(f"{url}/log/tile/0/000")
        assert httpx.get(f"{url}/log/tile/0//000").status_code == 404
    assert (head.status_code, head.content, len(get.content)) == (200, b"", 8192)
    assert head.headers["Content-Length"] == "8192"


def test_the_largest_bundle_leaves_the_server_in_one_answer(app: App) -> None:
    server: Any = Server(app, port=0)
    try:
        assert server._server.adj.outbuf_high_watermark > 256 * (2 + MAX_ENTRY)
    finally:
        server._server.close()
        server._server.task_dispatcher.shutdown()


def test_an_entry_that_was_altered_in_the_store_is_not_handed_out(tmp_path: Path) -> None:
    office = Kecamatan(tmp_path).open()
    logkey.write(tmp_path / "log.key", office.log)
    office.ledger.close()
    app = create_app(Settings(tmp_path), office.clock)
    with behind(office.ledger.database) as connection:
        connection.execute("UPDATE stored_events SET state = state || ' ' WHERE leaf_index = 5")
    answer = desk(app).get("/log/tile/entries/000.p/10")
    assert (answer.status_code, answer.get_json()["rule"], answer.get_json()["leaf"]) == (500, "entry.form", 5)
    app.close()


def test_a_row_that_is_gone_from_the_store_is_not_passed_over(tmp_path: Path) -> None:
    office = Kecamatan(tmp_path).open()
    logkey.write(tmp_path / "log.key", office.log)
    office.ledger.close()
    app = create_app(Settings(tmp_path), office.clock)
    with behind(office.ledger.database) as connection:
        connection.execute("DELETE FROM stored_events WHERE leaf_index = 5")
    client = desk(app)
    for path, rule in (("entries/000.p/10", "entry.columns"), ("0/000.p/10", "tree.missing")):
        assert client.get(f"/log/tile/{path}").get_json()["rule"] == rule
    app.close()
