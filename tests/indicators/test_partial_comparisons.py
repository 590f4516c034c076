"""What was there for a part of a period is not compared with a whole one (trials A20)."""

from __future__ import annotations

from datetime import date

import pytest

from shared.catalogue.indicator import THEMES
from shared.domain.activity import Span
from tests.indicators.stored_values import (
    AS_OF,
    GYMS,
    MONTHS_2015,
    MONTHS_2016,
    NOTHING,
    POPULATION,
    StoredValues,
    changed,
    count,
    share,
)
from tests.indicators.world import (
    ALFA,
    CLEANUPS,
    FEELS_SAFE,
    GROUPS_MET,
    HELSINGBORG,
    LANDSKRONA,
    SKANE,
    STOCKHOLM,
    SWEDEN,
    VANDALISM_COST,
    VISITED,
    VISITS,
    VISITS_AS_NEEDED,
    Annex,
    World,
    spot,
)

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


SEPTEMBER = date(2015, 9, 1)
LAST = date(2016, 12, 31)
# Agreements by their spans of days; then whether 2016 is compared with 2015, 2016-T1 with 2015-T1, the year to date of
# 2016-03 with that of 2015-03, and 2016-11 with 2016-10. What is whole, or has no agreement at all, is.
REPORTED = {
    "none": ([], (True, True, True, True)),
    "both years": ([(date(2015, 1, 1), LAST)], (True, True, True, True)),
    "only the latter": ([(date(2016, 1, 1), LAST)], (True, True, True, True)),
    "from September": ([(SEPTEMBER, LAST)], (False, True, True, True)),
    "from the middle of a month": ([(date(2015, 2, 15), LAST)], (False, False, False, True)),
    "until June": ([(date(2015, 1, 1), date(2016, 6, 30))], (False, True, True, True)),
    "until the middle of October": ([(date(2015, 1, 1), date(2016, 10, 15))], (False, True, True, False)),
    "succeeded": ([(date(2015, 1, 1), date(2015, 8, 31)), (SEPTEMBER, LAST)], (True, True, True, True)),
    "succeeded within its time": ([(date(2015, 1, 1), date(2015, 12, 31)), (SEPTEMBER, LAST)], (True,) * 4),
    "succeeded a day too late": (
        [(date(2015, 1, 1), date(2015, 8, 31)), (date(2015, 9, 2), LAST)],
        (False, *(True,) * 3),
    ),
}


@pytest.mark.parametrize("case", REPORTED)
async def test_what_was_reported_for_a_part_of_a_period_is_not_compared(
    world: World, stored_values: StoredValues, case: str
) -> None:
    """Trials A20: a municipality whose reporting began in September was compared with four months, +300 %."""
    spans, expected = REPORTED[case]
    for number, (first, last) in enumerate(spans):
        days = Span(first, last)
        await world.agree(str(number), days, [LANDSKRONA], Annex("contact-officers", days))
    periods = ("2015", "2016", "2015-T1", "2016-T1", *MONTHS_2015, *MONTHS_2016)
    for area in (ALFA, LANDSKRONA, SKANE, SWEDEN):
        await stored_values.put(VISITS, area, dict.fromkeys(periods, count(2)))
        assert await are_compared(stored_values, VISITS, area) == expected, area


async def test_an_agreement_that_is_prolonged_backwards_makes_a_year_whole(
    world: World, stored_values: StoredValues
) -> None:
    """Trials A20: no figure changes."""
    for year in (2015, 2016):
        await world.record(str(year), "school-visit", ALFA, start=date(year, 11, 9))
    for first, expected in ((SEPTEMBER, None), (date(2015, 1, 1), changed(1, 0, 0))):
        days = Span(first, LAST)
        await world.agree("one", days, [LANDSKRONA], Annex("contact-officers", days))
        await world.settle(AS_OF)
        for area in (ALFA, LANDSKRONA, SKANE):
            comparisons = await stored_values.comparisons(VISITS, area)
            assert comparisons.get("2016", NOTHING)["previousPeriod"] == expected, area
        assert await stored_values.compare_all() == 0


async def are_compared(stored_values: StoredValues, indicator: str, area: str) -> tuple[bool, ...]:
    comparisons = await stored_values.comparisons(indicator, area)
    found = (
        comparisons.get(period, NOTHING)[name]
        for period, name in (
            *(("2016", "previousPeriod"), ("2016-T1", "samePeriodLastYear"), ("2016-03", "yearToDate")),
            ("2016-11", "previousPeriod"),
        )
    )
    return tuple(comparison is not None and comparison["change"] is not None for comparison in found)


# Whether each is compared with its year that reporting covers in part: where all annexes, and only that of contact
# officers, began in September.
REPORTED_IN_PART = {
    CLEANUPS: (False, True),
    VISITS: (False, False),
    VISITED: (False, False),
    VISITS_AS_NEEDED: (False, False),
    "participants": (False, False),
    "commitments-fulfilled": (False, False),
    # met since 1 January, of which no one could say anything before September
    GROUPS_MET: (False, True),
    # the state of a day, and what others publish
    GYMS: (True, True),
    VANDALISM_COST: (True, True),
    FEELS_SAFE: (True, True),
}


async def test_only_what_is_reported_can_be_reported_in_part(world: World, stored_values: StoredValues) -> None:
    """Trials A20: annexes ask for themes; surveys and crimes are there without any, and a state is that of a day."""
    for indicator in REPORTED_IN_PART:
        is_share = world.catalogue.indicators[indicator].is_share
        figures = [share(number, 9) if is_share else count(number) for number in (5, 6)]
        await stored_values.put(indicator, LANDSKRONA, dict(zip(("2015", "2016"), figures, strict=True)))
    days = Span(SEPTEMBER, LAST)
    for number, themes in enumerate((THEMES, ["contact-officers"])):
        await world.agree("one", days, [LANDSKRONA], *(Annex(theme, days) for theme in themes))
        found = {}
        for indicator in REPORTED_IN_PART:
            comparisons = await stored_values.comparisons(indicator, LANDSKRONA)
            found[indicator] = comparisons.get("2016", NOTHING)["previousPeriod"] is not None
        assert found == {indicator: expected[number] for indicator, expected in REPORTED_IN_PART.items()}


async def test_a_place_is_reported_by_the_municipality_around_it(world: World, stored_values: StoredValues) -> None:
    """Trials A20: where it moves to tells whether it is whole, though its figures are the same."""
    for year in (2015, 2016):
        await world.record(str(year), "school-visit", ALFA, start=date(year, 3, 9))
    days = Span(date(2015, 1, 1), LAST)
    await world.agree("one", days, [LANDSKRONA, HELSINGBORG], Annex("contact-officers", days))
    for municipality, moved_on, expected in (
        (HELSINGBORG, date(2015, 10, 1), changed(1, 0, 0)),
        (STOCKHOLM, date(2015, 10, 1), None),
        (STOCKHOLM, date(2017, 1, 1), changed(1, 0, 0)),
        (STOCKHOLM, date(2016, 11, 1), None),
    ):
        await world.put(spot(ALFA, (LANDSKRONA, None, moved_on), (municipality, moved_on, None)))
        await world.settle(AS_OF)
        assert await stored_values.compare_all() == 0
        assert (await stored_values.comparisons(VISITS, ALFA)).get("2016", NOTHING)["previousPeriod"] == expected
    await world.put(spot(ALFA, LANDSKRONA))
