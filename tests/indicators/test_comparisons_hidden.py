"""What is suppressed is repeated by no comparison, at no moment (trials A19)."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest
from sqlalchemy import text

from services.indicators.compute.comparisons import compare
from services.indicators.compute.rollup import roll_up
from shared.domain.period import Period
from tests.indicators.other_events import Observe
from tests.indicators.world import LANDSKRONA, World

pytestmark = pytest.mark.usefixtures("no_difference_from_a_rebuild")

REFERRALS = "care-referrals"
# Spoken of by no other figure of these months: a comparison that has it repeats it.
SECRET = 9731


@pytest.fixture
async def observed(world: World) -> World:
    """Return a world with two years of figures, one of which will turn out to be confidential."""
    world.as_of = date(2016, 12, 30)
    for year in (2015, 2016):
        for month in range(1, 13):
            figure = SECRET if (year, month) == (2015, 3) else 10_000 * month
            await Observe(REFERRALS, LANDSKRONA, Period.parse(f"{year}-{month:02}"), figure, is_final=False).happen(
                world
            )
    await world.settle()
    return world


async def repeats(world: World) -> set[str]:
    """Return the periods beside which the figure is served, alone or in a sum."""
    async with world.engine.begin() as connection:
        rows = await connection.execute(_SERVED, {"area": LANDSKRONA})
        served = {row.period: row.comparisons for row in rows}
    return {
        period
        for period, comparisons in served.items()
        for comparison in comparisons.values()
        if comparison and int(comparison["value"]) % 10_000 == SECRET
    }


async def keep_confidential(world: World) -> None:
    async with world.engine.begin() as connection:
        await connection.execute(
            text(
                """UPDATE observation SET status = 'confidential', numerator = NULL
                   WHERE measure = 'care-referrals' AND period_start = '2015-03-01'"""
            )
        )
    await Observe(REFERRALS, LANDSKRONA, Period.parse("2015-01"), 20_000, is_final=False).happen(world)


async def roll_up_alone(world: World) -> None:
    async with world.engine.begin() as connection:
        await roll_up(connection, world.definitions, world.clock)


async def test_a_suppressed_figure_is_gone_from_all_comparisons_at_once(observed: World) -> None:
    """Trials A19: its neighbours repeated it until they were compared again."""
    assert {"2015-04", "2016-03", "2015-12", "2016-02"} <= await repeats(observed)
    await keep_confidential(observed)
    await roll_up_alone(observed)
    assert await repeats(observed) == set()
    await observed.settle()
    assert await repeats(observed) == set()


async def test_a_pass_that_has_read_the_figure_before_is_waited_for(observed: World) -> None:
    """Trials A19: else it would store afterwards what it read."""
    await Observe(REFERRALS, LANDSKRONA, Period.parse("2016-11"), 30_000, is_final=False).happen(observed)
    await roll_up_alone(observed)
    await keep_confidential(observed)
    async with observed.engine.begin() as connection:
        assert await compare(connection, observed.clock) > 0
        hiding = asyncio.create_task(roll_up_alone(observed))
        await asyncio.sleep(0.2)
        assert not hiding.done()
    await hiding
    assert await repeats(observed) == set()


async def test_a_figure_that_was_suppressed_before_costs_nothing(observed: World) -> None:
    """Trials A19: comparisons go once, and come back."""
    await keep_confidential(observed)
    await observed.settle()
    await Observe(REFERRALS, LANDSKRONA, Period.parse("2015-04"), 50_000, is_final=False).happen(observed)
    await roll_up_alone(observed)
    async with observed.engine.begin() as connection:
        left = (await connection.execute(text("SELECT count(*) FROM comparison"))).scalar_one()
    assert left > 0


_SERVED = text(
    """SELECT period, comparisons FROM served_value
       WHERE indicator_code = 'care-referrals' AND area_code = :area"""
)
