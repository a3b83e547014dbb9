"""Settings: read once, each documented, none insecure by default; and what a proxy is believed once there is one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.parts import NAME
from api.rate import Rate
from api.server import background_server
from api.settings import VARIABLES, Settings
from keys.errors import Malformed
from ledger import logkey
from tests.kit import Kecamatan

DOCS = Path(__file__).parent.parent / "docs" / "settings.md"
SOURCE = Path(__file__).parent.parent / "api" / "settings.py"
WEB_ORIGIN = "https://jejak.malangkab.example"


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    documented = re.findall(r"^\| `(JEJAK_[A-Z_]+)` \|", DOCS.read_text(), re.MULTILINE)
    assert documented == list(VARIABLES)


def test_every_variable_that_is_read_is_listed() -> None:
    body = re.sub(r"^VARIABLES = .*$", "", SOURCE.read_text(), flags=re.MULTILINE)
    assert set(re.findall(r'"(JEJAK_[A-Z_]+)"', body)) == set(VARIABLES)


def test_what_is_not_set_has_its_documented_default() -> None:
    settings = Settings.read({"JEJAK_HOME": "/ruang/buku"})
    assert settings == Settings(Path("/ruang/buku"), port=8000, threads=16, web_origin=None, remembered=())


def test_what_is_set_is_taken() -> None:
    given = {"JEJAK_PORT": "0", "JEJAK_THREADS": "3", "JEJAK_WEB_ORIGIN": WEB_ORIGIN}
    given |= {"JEJAK_MEMORY": "/luar/segel:inspektur"}
    settings = Settings.read({"JEJAK_HOME": "buku"} | given)
    remembered = (Path("/luar/segel"), Path("inspektur"))
    assert settings == Settings(Path("buku"), port=0, threads=3, web_origin=WEB_ORIGIN, remembered=remembered)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JEJAK_HOME", ""),
        ("JEJAK_PORT", "65536"),
        ("JEJAK_PORT", "-1"),
        ("JEJAK_PORT", "08000"),
        ("JEJAK_PORT", "٨٠"),
        ("JEJAK_THREADS", "0"),
        ("JEJAK_THREADS", "banyak"),
        ("JEJAK_WEB_ORIGIN", "jejak.malangkab.example"),
        ("JEJAK_WEB_ORIGIN", "https://jejak.malangkab.example/"),
        ("JEJAK_WEB_ORIGIN", "https://Jejak.malangkab.example"),
        ("JEJAK_WEB_ORIGIN", "https://jejak.malangkab.example:443"),
        ("JEJAK_WEB_ORIGIN", "https://petugas@jejak.malangkab.example"),
        ("JEJAK_WEB_ORIGIN", "https://jejak.malangkab.example https://lain.example"),
        ("JEJAK_MEMORY", ":/luar/segel"),
        ("JEJAK_MEMORY", "/luar/segel::/inspektur"),
    ],
)
def test_a_setting_out_of_its_range_stops_the_start_with_a_sentence(name: str, value: str) -> None:
    with pytest.raises(Malformed) as caught:
        Settings.read({"JEJAK_HOME": "buku"} | {name: value})
    assert caught.value.rule == "settings." + name.removeprefix("JEJAK_").lower()
    assert caught.value.allowed


# --- behind a proxy --------------------------------------------------------------------------------------

#: Asks to sign in as a proxy passes it on that was asked from this address; returns the status.
Asking = Callable[..., int]


@contextmanager
def served(folder: Path, web_origin: str | None) -> Iterator[Asking]:
    """Serve a ledger that lets each address ask twice, and yield how it is asked."""
    office = Kecamatan(folder).open()
    logkey.write(folder / "log.key", office.log)
    app = create_app(Settings(folder, web_origin=web_origin), office.clock)
    app.parts = app.extensions[NAME] = replace(app.parts, rate=Rate(2, 0.001))
    with background_server(app) as url:

        def asks(address: str, **more: str) -> int:
            sent = {"X-Forwarded-For": address} | {name.replace("_", "-"): one for name, one in more.items()}
            if web_origin:
                sent["Host"] = web_origin.removeprefix("https://")
            return httpx.post(f"{url}/v1/challenges", headers=sent, timeout=10).status_code

        yield asks
    app.close()
    office.ledger.close()


def test_behind_a_proxy_people_are_counted_by_their_own_address(tmp_path: Path) -> None:
    with served(tmp_path, WEB_ORIGIN) as asks:
        assert [asks("192.0.2.1") for _ in range(3)] == [201, 201, 429]
        assert [asks("192.0.2.2"), asks("2001:db8::7")] == [201, 201], "one who asks too often holds up nobody else"


def test_behind_a_proxy_an_address_that_the_caller_wrote_before_the_proxys_is_not_believed(tmp_path: Path) -> None:
    with served(tmp_path, WEB_ORIGIN) as asks:
        assert [asks(f"198.51.100.{number}, 192.0.2.1") for number in (1, 2, 3)] == [201, 201, 429]


def test_behind_a_proxy_no_other_header_says_where_a_request_comes_from(tmp_path: Path) -> None:
    with served(tmp_path, WEB_ORIGIN) as asks:
        assert [asks("192.0.2.1", Forwarded=f"for=198.51.100.{number}") for number in (1, 2, 3)] == [201, 201, 429]
        # believed, these would make the service answer for a port or a name that is another's
        assert asks("192.0.2.2", X_Forwarded_Host="lain.example", X_Forwarded_Port="9", X_Forwarded_Proto="http") == 201


def test_without_a_proxy_nobody_passes_for_several_by_naming_addresses(tmp_path: Path) -> None:
    with served(tmp_path, None) as asks:
        assert [asks(f"192.0.2.{number}") for number in (1, 2, 3)] == [201, 201, 429]
