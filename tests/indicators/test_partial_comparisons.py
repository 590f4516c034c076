"""What was there for a part of a period is not compared with a whole one (trials A20)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.indicators.stored_values import AS_OF, NOTHING, POPULATION, StoredValues, changed, count
from tests.indicators.world import ALFA, HELSINGBORG, LANDSKRONA, VANDALISM_COST, VISITS, World, spot

OPENED = {
    "began": spot(ALFA, LANDSKRONA, first=date(2015, 10, 1)),
    "lay nowhere before": spot(ALFA, (LANDSKRONA, date(2015, 10, 1), None)),
    "ended": spot(ALFA, LANDSKRONA, following=date(2016, 4, 1)),
    "lay nowhere for a week": spot(ALFA, (LANDSKRONA, None, date(2016, 4, 1)), (LANDSKRONA, date(2016, 4, 8), None)),
}


@pytest.mark.parametrize("case", OPENED)
async def test_a_place_is_not_compared_with_a_part_of_a_period(
    world: World, stored_values: StoredValues, case: str
) -> None:
    """Trials A20: one that opened in October was compared with the whole year before, +300 %."""
    for number, (year, month) in enumerate(((2015, 11), (2016, 1), (2016, 2), (2016, 3), (2016, 12))):
        await world.record(str(number), "school-visit", ALFA, start=date(year, month, 9))
    await world.settle(AS_OF)
    plain = await stored_values.comparisons(VISITS, ALFA)
    assert plain["2016"]["previousPeriod"]["value"] == 1
    await world.put(OPENED[case])
    await world.settle(AS_OF)
    assert await stored_values.compare_all() == 0
    comparisons = await stored_values.comparisons(VISITS, ALFA)
    assert (comparisons.get("2016") or NOTHING)["previousPeriod"] is None
    assert (comparisons.get("2016-T1") or NOTHING)["samePeriodLastYear"] is None
    assert comparisons["2016-03"]["previousPeriod"] == plain["2016-03"]["previousPeriod"]
    await world.put(spot(ALFA, LANDSKRONA))


async def test_a_place_that_moved_is_compared_all_the_same(world: World, stored_values: StoredValues) -> None:
    """Trials A20: it was whole."""
    for year in (2015, 2016):
        await world.record(str(year), "school-visit", ALFA, start=date(year, 3, 9))
    await world.put(spot(ALFA, (LANDSKRONA, None, date(2015, 10, 1)), (HELSINGBORG, date(2015, 10, 1), None)))
    await world.settle(AS_OF)
    assert (await stored_values.comparisons(VISITS, ALFA))["2016"]["previousPeriod"] == changed(1, 0, 0)


async def test_a_part_of_a_period_is_not_divided_by_inhabitants(stored_values: StoredValues) -> None:
    """Trials A20: who moved away in the period is not among them, and is in the figure."""
    await stored_values.put(VANDALISM_COST, LANDSKRONA, {"2016-03": count(11), "2016-04": count(11), "2016": count(90)})
    area = stored_values.world.ids[LANDSKRONA]
    await stored_values.run(POPULATION, area=area, year=date(2015, 1, 1), number=44000, finality="final")
    await stored_values.run("INSERT INTO boundary_change (area_id, day) VALUES (:area, '2016-03-10')", area=area)
    comparisons = await stored_values.comparisons(VANDALISM_COST, LANDSKRONA)
    await stored_values.run("DELETE FROM boundary_change WHERE day = '2016-03-10'")
    assert comparisons == {"2016-04": NOTHING | {"per100000": 25}}
