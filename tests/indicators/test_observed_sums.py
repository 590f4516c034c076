"""How tertials and years are made of months: of areas that move, and of areas with figures of their own."""

from datetime import date, timedelta
from random import Random

import pytest

from shared.catalogue.observed import Edge
from shared.domain.activity import Span
from shared.domain.period import Period, PeriodType
from tests.indicators.observing import (
    ALWAYS,
    COUNTRY,
    COUNTRY_IN_SMALL,
    COUNTY,
    LOCAL,
    NORTH,
    OTHER_COUNTY,
    SOUTH,
    computed,
    months,
    seen,
)


def moved_in_june(day: date = date(2016, 6, 10)) -> list[Edge]:
    """Return two counties of a country; a municipality of the first is of the second from the day on."""
    return [
        COUNTRY_IN_SMALL[0],
        Edge(COUNTRY, "country", OTHER_COUNTY, "county", ALWAYS),
        Edge(COUNTY, "county", NORTH, "municipality", ALWAYS),
        Edge(COUNTY, "county", SOUTH, "municipality", Span(date.min, day - timedelta(1))),
        Edge(OTHER_COUNTY, "county", SOUTH, "municipality", Span(day, date.max)),
        Edge(OTHER_COUNTY, "county", LOCAL, "municipality", ALWAYS),
    ]


def test_longer_periods_are_made_of_the_months_as_they_were_placed() -> None:
    """Trials A16: a year was that of the areas in it on its last day, and no sum of its months."""
    rows = [*months(NORTH, [10] * 12), *months(SOUTH, [1000] * 12), *months(LOCAL, [1] * 12)]
    figures = computed(rows, edges=moved_in_june())
    assert [figures[COUNTY, period][0] for period in ("2016-05", "2016-06", "2016-T1", "2016-T2", "2016")] == [
        *(1010, 10, 4040, 1040, 5120),
    ]
    assert [figures[OTHER_COUNTY, period][0] for period in ("2016-05", "2016-06", "2016-T3", "2016")] == [
        *(1, 1001, 4004, 7012),
    ]
    assert figures[COUNTRY, "2016"][0] == 12 * 1011


def test_a_final_year_of_what_has_moved_is_no_part_of_where_it_lies_in_the_end() -> None:
    """Trials A16: whose it is, no one knows; in the country, where it was all the year, neither has it a place."""
    years = [seen(area, "2016", 100, finality="final") for area in (NORTH, SOUTH, LOCAL)]
    figures = computed(years, edges=moved_in_june())
    assert not [spot for spot in figures if spot[0] in {COUNTY, OTHER_COUNTY} and figures[spot][0] is not None]
    # From New Year's Day on it is: who moved on that day was in one county all the year.
    assert computed(years, edges=moved_in_june(date(2016, 1, 1)))[OTHER_COUNTY, "2016"][0] == 200


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"2016-01": 7}, {"2016-01": 7, "2016-T1": 307, "2016-T2": 400, "2016": 1107}),
        ({"2016-12": 7}, {"2016-T1": 400, "2016-T3": 307, "2016": 1107}),
        ({"2016-T1": 7}, {"2016-01": 100, "2016-T1": 7, "2016": 1200}),
        ({"2016": 7}, {"2016-12": 100, "2016-T1": 400, "2016": 7}),
        ({"2016-01": 7, "2016": 8}, {"2016-T1": 307, "2016": 8}),
    ],
)
def test_its_own_figure_comes_first_in_every_span(own: dict[str, int], expected: dict[str, int]) -> None:
    """Trials A17: in January alone it did, and the tertial was its children's."""
    rows = [row for area, each in ((NORTH, 60), (SOUTH, 40)) for row in months(area, [each] * 12)]
    figures = computed([*rows, *(seen(COUNTY, period, number) for period, number in own.items())])
    assert {period: figures[COUNTY, period][0] for period in expected} == expected
    assert figures[COUNTRY, "2016-T1"][0] == figures[COUNTY, "2016-T1"][0]


def test_a_district_inside_another_is_counted_once() -> None:
    """It lies in the municipality as well, and may be named as such: a part of it from June on, and not before."""
    first_of_june = date(2016, 6, 1)
    edges = [
        Edge(NORTH, "municipality", SOUTH, "district", ALWAYS),
        Edge(NORTH, "municipality", LOCAL, "district", ALWAYS),
        Edge(SOUTH, "district", OTHER_COUNTY, "district", ALWAYS),
        Edge(OTHER_COUNTY, "district", LOCAL, "district", Span(first_of_june, date.max)),
    ]
    figures = computed([*months(SOUTH, [9] * 12), *months(LOCAL, [5] * 12)], edges=edges)
    assert [figures[NORTH, period][0] for period in ("2016-05", "2016-06", "2016-T1", "2016-T2", "2016")] == [
        *(14, 9, 56, 41, 133),
    ]


def test_a_month_that_its_own_source_does_not_tell_leaves_the_longer_periods_missing() -> None:
    """Trials A17: the children's are not put in its place."""
    rows = [*months(NORTH, [1] * 4), *months(SOUTH, [1] * 4), seen(COUNTY, "2016-01", None, status="missing")]
    assert computed(rows)[COUNTY, "2016-T1"][:2] == (None, "missing")


@pytest.mark.parametrize("seed", range(10))
def test_what_is_added_up_of_months_is_the_sum_of_the_rows_that_are_shown(seed: int) -> None:
    """Trials A16, A17: whoever moves, and whoever delivers of its own."""
    random = Random(seed)
    edges = moved_in_june(date(2016, random.randint(1, 12), random.randint(1, 28)))
    rows = [row for area in (NORTH, SOUTH, LOCAL) for row in months(area, [random.randint(0, 9) for _ in range(12)])]
    rows += [
        seen(random.choice((COUNTY, OTHER_COUNTY, COUNTRY)), f"2016-{month:02}", random.randint(0, 9))
        for month in random.sample(range(1, 13), random.randint(0, 4))
    ]
    figures = computed(rows, edges=edges)
    for (area, code), figure in figures.items():
        period = Period.parse(code)
        parts = [figures[area, Period.containing(PeriodType.MONTH, first).code][0] for first in period.months()]
        assert figure[0] == sum(parts), (area, code)
