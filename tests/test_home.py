"""docs/settings.md names all that ever stands in a ledger's folder, and nothing that never does."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from api.app import create_app
from api.opening import open_ledger
from api.settings import Settings
from keys.errors import JejakError
from ledger import logkey
from ledger.acts import Seen
from ledger.checkpoint import sign_checkpoint
from projections.catchup import Views
from tests import postgres
from tests.kit import CASE, ORIGIN, Kecamatan
from tests.test_cli import _founding, ended, run

pytestmark = pytest.mark.sqlite("it is about which files there are")

PAGE = (Path(__file__).parent.parent / "docs" / "settings.md").read_text("utf-8")
DOCUMENTED = {
    one.rstrip("/") for one in re.findall(r"^\| `([a-z][^`]*)` \|", PAGE.split("## The folder")[1], re.MULTILINE)
}
#: What SQLite keeps beside each of its files while it is used; the page says so once for all.
BESIDE = re.compile(r"(.*\.sqlite(?:-fresh)?)-(?:wal|shm|journal)")


def in_use(home: Path, found: set[str]) -> Callable[[], None]:
    """Return what notes the names that there are now."""

    def look() -> None:
        found.update(one.name for one in home.iterdir())

    return look


def test_a_home_after_founding_acts_contradictions_rebuild_and_moves_holds_what_the_page_lists(tmp_path: Path) -> None:
    found: set[str] = set()
    ended(run("found", tmp_path / "lain", *_founding(tmp_path), "--yes"), 0)
    in_use(tmp_path / "lain", found)()

    home, place = tmp_path / "buku", tmp_path / "segel"
    look = in_use(home, found)
    place.touch()
    office = Kecamatan(home).open()
    logkey.write(home / "log.key", office.log)
    settings = Settings(home, remembered=(place,))
    with closing(create_app(settings, office.clock)):
        office.run(upto=2)
        official, kind, body = office.steps()[2]
        seen = office.seen()
        assert seen is not None
        lied = Seen(size=seen.size, root="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        with pytest.raises(JejakError):
            office.do(official, CASE, kind, body, seen=lied)
        look()
    views = Views(settings.database.views_url, office.ledger.reading, office.ledger.documents)
    with closing(views):
        views.rebuild(lambda done, total: look())
    look()
    office.ledger.close()
    with postgres.database(prepared=False) as url:
        ended(run("move", "--home", home, "--to", url), 0)
        look()
        with closing(create_app(Settings(home, database_url=url), office.clock)):
            look()
    place.write_bytes(sign_checkpoint(office.log, ORIGIN, 900, bytes(32)))
    (home / "moved-to").unlink()
    with pytest.raises(JejakError):
        open_ledger(settings, office.clock)
    look()

    assert {BESIDE.sub(r"\1", one) for one in found} == DOCUMENTED
