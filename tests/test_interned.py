"""What many rows of the views say alike: kept once, told in each, and never told wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from keys.errors import Unavailable
from projections import audit_trail, iku_state, storage
from projections.interned import Interned, find
from projections.schema import INTERNED, TRAIL
from tests.kit import CASE
from tests.test_projections import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.kecamatan.run()
    made.views.catch_up()
    yield made
    made.close()


def test_who_signs_often_on_one_mandate_is_kept_once_and_told_in_each_act(desk: Desk) -> None:
    with desk.views.reading() as connection:
        rows = audit_trail.trail(connection, CASE)
        by_agus = [row for row in rows if row["official"] == "agus-salim"]
        kept = connection.execute(
            select(func.count(func.distinct(TRAIL.c.signer))).where(TRAIL.c.official == "agus-salim")
        ).scalar()
    assert len(by_agus) > 1
    assert kept == 1
    assert {(row["name"], row["mandate"], row["decree"]["number"]) for row in by_agus} == {
        ("Agus Salim (sintetis)", "staf-agus-salim", "821/1/2026")
    }


def test_the_id_follows_from_the_content_whoever_makes_it() -> None:
    one, other = Interned(), Interned()
    same = one.id_of("a", lambda: {"name": "Budi Santoso", "rank": None})
    assert other.id_of(("another", "key"), lambda: {"name": "Budi Santoso", "rank": None}) == same
    assert other.id_of("a", lambda: {"name": "Budi Santosa", "rank": None}) != same
    assert [row["id"] for row in one.rows()] == [same]


def test_a_row_that_names_what_is_not_there_is_said_and_nobody_is_told_in_its_place(desk: Desk) -> None:
    engine = storage.open_engine(f"sqlite:///{desk.file}")
    with storage.writing(engine) as connection:
        wanted = connection.execute(select(TRAIL.c.signer).where(TRAIL.c.official == "sri-wahyuni")).scalars().first()
        assert wanted in find(connection, [wanted])
        connection.execute(delete(INTERNED).where(INTERNED.c.id == wanted))
    engine.dispose()
    with desk.views.reading() as connection, pytest.raises(Unavailable) as fault:
        audit_trail.trail(connection, CASE)
    assert fault.value.rule == "views.storage"
    desk.views.rebuild()
    with desk.views.reading() as connection:
        assert "Sri Wahyuni (sintetis)" in {row["name"] for row in audit_trail.trail(connection, CASE)}


def test_a_case_shows_the_flags_of_its_acts_as_the_trail_has_them(desk: Desk) -> None:
    with desk.views.reading() as connection:
        state = iku_state.case(connection, CASE.removeprefix("case:"))
        rows = audit_trail.trail(connection, CASE)
    assert state is not None
    of_acts = [(row["leaf_index"], row["kind"], flag["name"]) for row in rows for flag in row["flags"]]
    assert of_acts
    assert [(one["leaf_index"], one["kind"], one["name"]) for one in state["flags"]][: len(of_acts)] == of_acts
