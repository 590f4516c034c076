"""`verify` finds what is wrong, and what is settled stays still."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from tests.indicators.world import (
    ALFA,
    ATTRACTIVE,
    CLEANUPS,
    LANDSKRONA,
    SWEDEN,
    YEAR_2016,
    World,
)

pytestmark = pytest.mark.usefixtures("no_difference_from_a_rebuild")


@pytest.mark.parametrize(
    "planted",
    [
        "UPDATE indicator_value SET numerator = 2 WHERE period_type = 'tertial' AND numerator = 1",
        "DELETE FROM indicator_value WHERE period_type = 'year'",
        """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, left_out, status)
           SELECT series_id, area_id, 'month', '2016-09-01', 1, 0, 'observed' FROM indicator_value LIMIT 1""",
        "UPDATE cell SET numerator = 7 WHERE numerator = 1",
        "DELETE FROM ancestor_set_total",
        "UPDATE indicator_value SET targets = '[]' WHERE targets IS NULL",
    ],
)
async def test_verify_finds_a_planted_fault_and_mends_nothing(world: World, planted: str) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 3, 4))
    await world.settle()
    async with world.engine.begin() as connection:
        await connection.execute(text(planted))
    found = (await world.verify()).total
    assert found > 0
    assert (await world.verify()).total == found
    await world.rebuild()


async def test_settled_figures_are_written_no_more(world: World) -> None:
    """Days that bring nothing write nothing."""
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await world.record("a", "graffiti-cleanup", LANDSKRONA, start=date(2016, 1, 5))
    await world.settle(date(2017, 1, 1))
    before = await world.column("computed_at", CLEANUPS, SWEDEN, "2016")
    await world.settle(date(2017, 1, 1) + timedelta(40))
    assert await world.column("computed_at", CLEANUPS, SWEDEN, "2016") == before
