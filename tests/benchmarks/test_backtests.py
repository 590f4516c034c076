"""What backtests are made of: Chicago's shares, and of which of its years the product forecasts them."""

from __future__ import annotations

import pytest

from tests.benchmarks.backtests import (
    CHICAGO,
    CHICAGO_YEARS_OF_SHARES,
    KNOWN,
    YEAR,
    Tried,
    results,
    share_years,
    shares_of_chicago,
)
from tests.chicago.independent import COUNT, IN_TIME, MUNICIPALITY, expected

NEEDS_THE_LIST = pytest.mark.skipif(not CHICAGO.exists(), reason="the list of graffiti requests is not at hand")
WITHOUT_CASES = "9901-district-8"
"""A police district whose first requests are of August 2017."""


@NEEDS_THE_LIST
def test_chicagos_shares_are_of_the_cases_that_its_figures_count() -> None:
    shares, figures = shares_of_chicago(), expected(CHICAGO)
    years = [str(year) for year in CHICAGO_YEARS_OF_SHARES]
    assert sum(of for _, of in shares[MUNICIPALITY]) == sum(figures[COUNT, MUNICIPALITY, year][0] for year in years)
    for number, year in enumerate(years):
        done = sum(done for done, _ in shares[MUNICIPALITY][number * YEAR : (number + 1) * YEAR])
        assert done == figures[IN_TIME, MUNICIPALITY, year][0]
    for part in (0, 1):
        places = [months for area, months in shares.items() if area != MUNICIPALITY]
        assert sum(month[part] for months in places for month in months) <= sum(
            month[part] for month in shares[MUNICIPALITY]
        )


@NEEDS_THE_LIST
@pytest.mark.parametrize("known", KNOWN)
def test_a_district_without_cases_in_two_years_before_has_no_forecast_of_its_share(known: int) -> None:
    months = shares_of_chicago()[WITHOUT_CASES]
    of_2018 = (2018 - CHICAGO_YEARS_OF_SHARES[0]) * YEAR
    assert not any(of for _, of in months[: of_2018 - YEAR])
    assert all(any(of for _, of in months[start : start + YEAR]) for start in (of_2018 - YEAR, of_2018))
    assert [*share_years([months], known)] == []
    with_one_case = (*months[: of_2018 - 2 * YEAR], (1.0, 1.0), *months[of_2018 - 2 * YEAR + 1 :])
    (of_last_year,) = share_years([with_one_case], known)
    assert of_last_year.came == pytest.approx(100 * 164 / 167)


def test_what_came_at_the_end_of_an_interval_is_within_it() -> None:
    tried = [Tried(10, 20, 15, 14, 20), Tried(10, 20, 15, 19, 21)]
    covered, error = results("x", 4, tried, ", points")
    assert (covered.what, covered.ours) == ("forecast, x, 4 months in, 1 of 2 covered, %", [50])
    assert (error.ours, error.theirs, error.verdict) == ([5.5], [4], "missed")
