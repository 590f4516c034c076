"""What observations say of areas and periods, without any database."""

from collections.abc import Sequence
from datetime import date
from random import Random
from typing import Any

import pytest

from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.observed import Edge, Observed, Tree, figures_of
from shared.domain.activity import Span
from shared.domain.period import periods_of
from tests.indicators.observing import (
    ALWAYS,
    COUNTRY,
    COUNTRY_IN_SMALL,
    COUNTY,
    LOCAL,
    NORTH,
    OTHER_COUNTY,
    POLICE_DISTRICT,
    REGION,
    SOUTH,
    TEXT,
    computed,
    definition,
    months,
    seen,
)

SURVEY = definition(code="safe", kind="measured", unit="percent", observes={"measure": "safe"}, denominator=TEXT)


def test_a_tertial_is_missing_until_its_months_have_arrived_and_tells_how_many_have() -> None:
    figures = computed(months(NORTH, [3, 4, 5]))
    assert figures[NORTH, "2016-03"] == (5, "observed", "final", 1)
    assert figures[NORTH, "2016-T1"] == (None, "missing", "preliminary", 3)
    assert figures[NORTH, "2016"] == (None, "missing", "preliminary", 3)
    assert computed(months(NORTH, [3, 4, 5, 0]))[NORTH, "2016-T1"] == (12, "observed", "final", 4)


def test_one_preliminary_month_makes_the_sum_preliminary() -> None:
    figures = computed([*months(NORTH, [3, 4, 5]), seen(NORTH, "2016-04", 1)])
    assert figures[NORTH, "2016-T1"] == (13, "observed", "preliminary", 4)


def test_nothing_observed_is_zero() -> None:
    assert computed(months(NORTH, [0, 0, 0, 0]))[NORTH, "2016-T1"] == (0, "zero", "final", 4)


def test_a_final_year_replaces_the_sum_at_year_level_only() -> None:
    figures = computed([*months(NORTH, [1] * 12), seen(NORTH, "2016", 15, finality="final")])
    assert figures[NORTH, "2016"][0] == 15
    assert [figures[NORTH, f"2016-T{number}"][0] for number in (1, 2, 3)] == [4, 4, 4]


def test_a_county_has_a_figure_only_when_all_its_municipalities_have_delivered() -> None:
    alone = computed([seen(NORTH, "2016-03", 3)])
    assert not [spot for spot in alone if spot[0] == COUNTY]
    both = computed([seen(NORTH, "2016-03", 3), seen(SOUTH, "2016-03", 4, finality="final")])
    assert both[COUNTY, "2016-03"] == both[COUNTRY, "2016-03"] == (7, "observed", "preliminary", 1)
    assert both[COUNTRY, "2016"] == (None, "missing", "preliminary", 1)


def test_a_level_s_own_figure_stands_before_the_sum_and_never_goes_downwards() -> None:
    figures = computed([seen(NORTH, "2016-03", 3), seen(SOUTH, "2016-03", 4), seen(COUNTY, "2016-03", 9)])
    assert figures[COUNTY, "2016-03"][0] == figures[COUNTRY, "2016-03"][0] == 9
    assert not [spot for spot in computed([seen(COUNTY, "2016-03", 9)]) if spot[0] in {NORTH, SOUTH}]


def test_a_county_s_own_months_stand_before_the_final_years_of_its_municipalities() -> None:
    years = [seen(area, "2016", 100, finality="final") for area in (NORTH, SOUTH)]
    assert computed(years)[COUNTY, "2016"] == (200, "observed", "final", 0)
    assert computed([*years, *months(COUNTY, [10] * 12)])[COUNTY, "2016"][0] == 120


def test_months_told_by_the_area_and_by_its_children_add_up_together() -> None:
    figures = computed(
        [*months(COUNTY, [1, 2, 3]), *(seen(area, "2016-04", 2, finality="final") for area in (NORTH, SOUTH))]
    )
    assert figures[COUNTY, "2016-T1"] == (10, "observed", "final", 4)


def test_the_children_are_those_of_the_last_day_of_the_period() -> None:
    moved = (
        *COUNTRY_IN_SMALL[:2],
        Edge(COUNTRY, "country", OTHER_COUNTY, "county", ALWAYS),
        Edge(COUNTY, "county", SOUTH, "municipality", Span(date.min, date(2016, 3, 30))),
        Edge(OTHER_COUNTY, "county", SOUTH, "municipality", Span(date(2016, 3, 31), date.max)),
    )
    rows = [seen(area, f"2016-{month}", 1) for area in (NORTH, SOUTH) for month in ("02", "03")]
    figures = computed(rows, edges=moved)
    assert [figures[COUNTY, f"2016-{month}"][0] for month in ("02", "03")] == [2, 1]
    assert (OTHER_COUNTY, "2016-02") not in figures
    assert figures[OTHER_COUNTY, "2016-03"][0] == 1


def test_the_police_s_levels_add_up_by_themselves() -> None:
    police = (
        Edge(COUNTRY, "country", REGION, "police-region", ALWAYS),
        Edge(REGION, "police-region", POLICE_DISTRICT, "police-district", ALWAYS),
        Edge(POLICE_DISTRICT, "police-district", LOCAL, "local-police-area", ALWAYS),
        Edge(LOCAL, "local-police-area", NORTH, "municipality", ALWAYS),
        Edge(LOCAL, "local-police-area", SOUTH, "municipality", ALWAYS),
    )
    rows = [seen(NORTH, "2016-03", 3), seen(SOUTH, "2016-03", 4)]
    figures = computed(rows, edges=police)
    assert {area: figures[area, "2016-03"][0] for area in (LOCAL, POLICE_DISTRICT, REGION, COUNTRY)} == {
        LOCAL: 7,
        POLICE_DISTRICT: 7,
        REGION: 7,
        COUNTRY: 7,
    }
    counted_by_counties = computed(rows[:1], edges=(*police[:4], *COUNTRY_IN_SMALL))
    assert counted_by_counties[REGION, "2016-03"][0] == 3
    assert (COUNTRY, "2016-03") not in counted_by_counties


CODES = definition(
    observes={
        "measure": "crimes",
        "codes": {
            "source": "x",
            "entries": [
                {"code": "0864"},
                {"code": "9356", "validTo": "2017-12-31"},
                {"code": "9357", "validFrom": "2018-01-01"},
            ],
        },
    }
)


def test_a_code_list_that_changed_over_new_year_counts_each_code_in_its_own_time() -> None:
    rows = [
        seen(NORTH, period, number, code=code)
        for period in ("2017-12", "2018-01")
        for code, number in (("0864", 1), ("9356", 10), ("9357", 100), ("1208", 1000))
    ]
    assert computed(rows, CODES, year=2017)[NORTH, "2017-12"][0] == 11
    assert computed(rows, CODES, year=2018)[NORTH, "2018-01"][0] == 101


def test_a_code_without_a_row_adds_nothing_and_only_listed_codes_make_a_month_arrive() -> None:
    assert computed([seen(NORTH, "2016-01", 2, code="0864")], CODES)[NORTH, "2016-01"] == (
        2,
        "observed",
        "preliminary",
        1,
    )
    assert computed([seen(NORTH, "2016-01", 2, code="1208")], CODES) == {}


@pytest.mark.parametrize(
    ("status", "expected"), [("confidential", "suppressed"), ("missing", "missing"), ("notApplicable", "notApplicable")]
)
def test_what_the_source_does_not_tell_is_no_figure(status: str, expected: str) -> None:
    silent = seen(NORTH, "2016-01", None, status=status)
    figures = computed([silent, seen(SOUTH, "2016-01", 3)])
    assert figures[NORTH, "2016-01"] == (None, expected, "preliminary", 0)
    assert (COUNTY, "2016-01") not in figures


def test_one_confidential_code_keeps_the_sum_of_all_codes_back() -> None:
    rows = [seen(NORTH, "2016-01", 3, code="0864"), seen(NORTH, "2016-01", None, code="9356", status="confidential")]
    assert computed(rows, CODES)[NORTH, "2016-01"][:2] == (None, "suppressed")


def test_a_survey_is_told_only_of_its_own_area_and_period() -> None:
    rows = [seen(NORTH, "2016", 70, denominator=100, finality="final"), seen(SOUTH, "2016", 0, denominator=100)]
    assert computed(rows, SURVEY) == {
        (NORTH, "2016"): (70, "observed", "final", None),
        (SOUTH, "2016"): (0, "observed", "preliminary", None),
    }


def test_where_reporting_is_on_a_figure_that_is_not_there_is_missing() -> None:
    on = [(NORTH, "2016-01"), (NORTH, "2016-T1"), (SOUTH, "2016-01")]
    rows = [seen(NORTH, "2016-01", 3)]
    figures = computed(rows, reporting=on)
    assert figures[SOUTH, "2016-01"] == (None, "missing", "preliminary", 0)
    assert figures[NORTH, "2016-01"][:2] == (3, "observed")
    assert computed([], SURVEY, reporting=on) == dict.fromkeys(on, (None, "missing", "preliminary", None))


def test_figures_of_few_are_hidden_with_what_would_give_them_away() -> None:
    few = definition(suppress_below=5)
    rows = [*months(NORTH, [2, 9, 8, 7]), *months(SOUTH, [6, 20, 30, 0])]
    figures = computed(rows, few)
    hidden = {spot for spot, figure in figures.items() if figure[1] == "suppressed"}
    assert {(NORTH, "2016-01"), (SOUTH, "2016-01")} <= hidden
    assert all(figures[spot][0] is None for spot in hidden)
    assert figures[SOUTH, "2016-04"][:2] == (0, "zero")
    for area in (NORTH, SOUTH):
        assert len({spot for spot in hidden if spot[0] == area}) > 1
    assert not [spot for spot, figure in computed(rows).items() if figure[1] == "suppressed"]


@pytest.mark.parametrize("seed", range(20))
def test_no_sum_of_areas_or_months_gives_a_hidden_figure_away(seed: int) -> None:
    random = Random(seed)
    towns = range(20, 20 + random.randint(2, 5))
    edges = [COUNTRY_IN_SMALL[0], Edge(COUNTRY, "country", OTHER_COUNTY, "county", ALWAYS)]
    edges += [Edge(random.choice((COUNTY, OTHER_COUNTY)), "county", town, "municipality", ALWAYS) for town in towns]
    rows = [row for town in towns for row in months(town, [random.choice((0, 1, 3, 8, 9, 30)) for _ in range(12)])]
    figures = computed(random.sample(rows, len(rows) - random.choice((0, 1, 6))), definition(suppress_below=5), edges)
    hidden = {spot for spot, figure in figures.items() if figure[1] == "suppressed"}
    assert not [figure for figure in figures.values() if figure[0] is not None and 0 < figure[0] < 5]
    sums = [
        [
            (area, period)
            for area in (edge.parent_id, *(one.child_id for one in edges if one.parent_id == edge.parent_id))
        ]
        for edge in edges
        for period in (period.code for period in periods_of(2016))
    ]
    for area in {area for area, _ in figures}:
        sums.append([(area, code) for code in ("2016", "2016-T1", "2016-T2", "2016-T3")])
        sums += [
            [(area, tertial.code), *((area, f"2016-{first.month:02}") for first in tertial.months())]
            for tertial in periods_of(2016)
            if tertial.code.startswith("2016-T")
        ]
    for spots in sums:
        no_figure = [spot for spot in spots if spot not in figures or figures[spot][0] is None]
        assert len(no_figure) != 1 or no_figure[0] not in hidden


def test_what_a_source_keeps_confidential_does_not_follow_from_the_county_s_figure() -> None:
    few = definition(suppress_below=5)
    edges = (*COUNTRY_IN_SMALL, Edge(COUNTY, "county", LOCAL, "municipality", ALWAYS))
    rows = [seen(COUNTY, "2016-01", 40), seen(NORTH, "2016-01", 30), seen(LOCAL, "2016-01", 8)]
    figures = computed([*rows, seen(SOUTH, "2016-01", None, status="confidential")], few, edges)
    statuses = {area: figures[area, "2016-01"][1] for area in (COUNTY, NORTH, SOUTH, LOCAL)}
    # Nor does it to the local police area, which knows its own figure: so another one is hidden, too.
    assert statuses == {COUNTY: "observed", NORTH: "suppressed", SOUTH: "suppressed", LOCAL: "suppressed"}


def test_few_in_a_survey_are_hidden_without_any_sum() -> None:
    few = SURVEY.model_copy(update={"suppress_below": 5})
    rows = [seen(NORTH, period, 3, denominator=30) for period in ("2016-T1",)] + [
        seen(SOUTH, "2016", 9, denominator=30)
    ]
    assert {spot: figure[:2] for spot, figure in computed(rows, few).items()} == {
        (NORTH, "2016-T1"): (None, "suppressed"),
        (SOUTH, "2016"): (9, "observed"),
    }


VISITORS = definition(code="first-time", unit="percent", denominator=TEXT, observes={"measure": "visitors"})


def parts(rows: Sequence[Observed], of: IndicatorDefinition = VISITORS) -> dict[tuple[int, str], Any]:
    figures = figures_of(of, rows, Tree(COUNTRY_IN_SMALL), periods_of(2016), [])
    return {
        (spot.area_id, spot.period.code): (figure.numerator, figure.denominator, figure.status)
        for spot, figure in figures.items()
    }


def test_generality_e8_a_share_adds_up_both_its_parts_and_a_month_of_nothing_adds_none() -> None:
    shares = ((5, 10), (1, 2), (0, 0), (0, 4))
    rows = [seen(NORTH, f"2016-{month:02}", part, denominator=of) for month, (part, of) in enumerate(shares, 1)]
    figures = parts([*rows, seen(SOUTH, "2016-01", 1, denominator=30)])
    assert figures[NORTH, "2016-03"] == (0, 0, "missing")
    assert figures[NORTH, "2016-04"] == (0, 4, "observed")
    assert figures[NORTH, "2016-T1"] == (6, 16, "observed")
    assert figures[COUNTY, "2016-01"] == (6, 40, "observed")
    assert figures[COUNTY, "2016-T1"] == (None, None, "missing")
    assert figures[NORTH, "2016"] == (None, None, "missing")


def test_generality_e8_what_says_nothing_of_its_whole_is_no_share() -> None:
    """Such as what came in when the measure was read as a count."""
    figures = parts([seen(NORTH, "2016-01", 5), seen(NORTH, "2016-02", 5, denominator=9)])
    assert figures[NORTH, "2016-01"] == (None, None, "missing")
    assert figures[NORTH, "2016-02"] == (5, 9, "observed")
    counted = parts([seen(NORTH, "2016-02", 5, denominator=9)], definition(observes={"measure": "visitors"}))
    assert counted[NORTH, "2016-02"] == (5, None, "observed")
