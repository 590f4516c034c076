"""A target for several areas together tells what they have done together: it is for who sees the figures of each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from sqlalchemy import text

from shared.closing.periods import find_period
from shared.closing.reading import EntryQuery, closed_values
from shared.db.access import EVERY_AREA, NO_AREA, SET_LOCAL_ACCESS, Access, Areas, settings_of
from shared.db.engine import API_ROLE
from shared.domain.period import Period
from shared.domain.target import TargetRule
from tests.closing.closings import AGREEMENT, close
from tests.indicators.world import CLEANUPS, HELSINGBORG, NORTH, YEAR_2016, Annex, Goal, World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.ext.asyncio import AsyncEngine

TOGETHER = Goal(CLEANUPS, "", TargetRule.AT_LEAST, Decimal(100), areas=(NORTH, HELSINGBORG))
ALONE = Goal(CLEANUPS, HELSINGBORG, TargetRule.AT_LEAST, Decimal(50))
_SET_ROLE = f"SELECT set_config('role', '{API_ROLE}', true)"
_TARGETS = text("SELECT targets FROM served_value WHERE id = :id")


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    """Return a world in which a district and another municipality are to clean up together, and are half through."""
    world = await World(engine).begin()
    annex = Annex("attractive-city", YEAR_2016, (TOGETHER, ALONE))
    await world.agree(AGREEMENT, YEAR_2016, [NORTH, HELSINGBORG], annex)
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE agreement SET closing_needs_ready_annexes = false"))
    for area, count in ((NORTH, 7), (HELSINGBORG, 20)):
        await world.record(f"in {area}", "graffiti-cleanup", area, start=date(2016, 2, 15), count=count)
    await world.settle(date(2016, 6, 1))
    await close(world, "2016-T1")
    return world


async def test_a_joint_target_is_shown_to_who_sees_each_of_its_areas(world: World) -> None:
    both = (HELSINGBORG, NORTH)
    for figures in (_areas(world, both), EVERY_AREA):
        for targets in await _read(world, figures, HELSINGBORG):
            assert [one.get("areas") for one in targets] == [sorted(both), None]
            assert all("forecast" in one for one in targets)
    # The rest follows from one's own figure.
    for targets in await _read(world, _areas(world, [HELSINGBORG]), HELSINGBORG):
        assert [one.get("areas") for one in targets] == [None]
    assert await _read(world, _areas(world, [NORTH]), NORTH) == [[], []]
    assert await _read(world, NO_AREA, NORTH) == []


def _areas(world: World, codes: Sequence[str]) -> Areas:
    return Areas.of(world.ids[code] for code in codes)


async def _read(world: World, figures: Areas, area: str) -> list[list[dict[str, Any]]]:
    """Return what is told of targets beside an area's first tertial, and beside it in the revision of its closing."""
    async with world.engine.begin() as connection:
        found = await find_period(connection, AGREEMENT, Period.parse("2016-T1"))
        await connection.exec_driver_sql(SET_LOCAL_ACCESS, settings_of(Access(figures=figures)))
        await connection.exec_driver_sql(_SET_ROLE)
        served = (await connection.execute(_TARGETS, {"id": f"{CLEANUPS}~all~{area}~2016-t1"})).scalars()
        rows = await closed_values(connection, found, 1, EntryQuery(100, indicator=CLEANUPS, area=area))
        closed = [one["targets"] for one in map(orjson.loads, rows) if one["period"] == "2016-T1"]
        return [*served, *closed]
