"""Real input: every graffiti figure from Chicago's list equals one worked out independently."""

import csv
from datetime import date
from pathlib import Path

import pytest

from tests.chicago.conftest import RunningService
from tests.chicago.independent import (
    COUNT,
    IN_TIME,
    MUNICIPALITY,
    Figure,
    Key,
    easter,
    expected,
    two_working_days_after,
)
from tests.extent import ONLY_LONG

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
CHICAGO = HERE.parents[2] / "shared" / "data" / "chicago_311_graffiti_2017.csv"
YEARS = range(2011, 2019)

needs_the_list = pytest.mark.skipif(not CHICAGO.exists(), reason="the list of graffiti requests is not at hand")


def differences(actual: dict[Key, Figure], wanted: dict[Key, Figure]) -> list[str]:
    """Tell, value by value, where the two differ; a count where reporting is on may be, and must be, an empty row."""
    wanted = {(COUNT, MUNICIPALITY, period): (0, None, 0) for period in agreement_periods()} | wanted
    missing = [f"{key} should be {figure}, is missing" for key, figure in wanted.items() if key not in actual]
    wrong = [
        f"{key} should be {wanted[key]}, is {figure}"
        for key, figure in actual.items()
        if key in wanted and figure != wanted[key]
    ]
    extra = [
        f"{key} should not be there, is {figure}"
        for key, figure in actual.items()
        if key not in wanted and not is_empty_where_reporting_is_on(key, figure)
    ]
    return sorted(missing + wrong + extra)


def agreement_periods() -> list[str]:
    """Every month, tertial and year of the agreement, in which the municipality has a count even of nothing."""
    return [
        f"{year}{part}"
        for year in YEARS
        for part in ("", "-T1", "-T2", "-T3", *(f"-{month:02d}" for month in range(1, 13)))
    ]


def is_empty_where_reporting_is_on(key: Key, figure: Figure) -> bool:
    """Tell whether this is the municipality's row for another indicator of the annex, with nothing in it."""
    _, area, period = key
    is_empty = figure in {(0, None, 0), (0, 0, 0), (None, None, 0)}
    return area == MUNICIPALITY and period in agreement_periods() and is_empty


@pytest.mark.parametrize(
    ("reported", "due"),
    [
        (date(2016, 3, 24), date(2016, 3, 30)),  # Maundy Thursday
        (date(2017, 8, 4), date(2017, 8, 8)),  # over a weekend
        (date(2017, 12, 22), date(2017, 12, 28)),  # over Christmas
        (date(2018, 6, 21), date(2018, 6, 26)),  # before Midsummer Eve
    ],
)
def test_the_second_opinion_knows_swedish_working_days(reported: date, due: date) -> None:
    assert two_working_days_after(reported) == due


@pytest.mark.parametrize("sunday", [date(2011, 4, 24), date(2016, 3, 27), date(2018, 4, 1), date(2049, 4, 18)])
def test_the_second_opinion_knows_easter(sunday: date) -> None:
    assert easter(sunday.year) == sunday


@needs_the_list
def test_the_second_opinion_accounts_for_every_request_that_counts() -> None:
    figures = expected(CHICAGO)
    years = [str(year) for year in YEARS]
    cleanups = sum(figures[COUNT, MUNICIPALITY, year][0] for year in years)
    reported = [figures[IN_TIME, MUNICIPALITY, year] for year in years]
    assert cleanups == 12_083
    # One is done on no known day: it is counted apart where it was reported, in both.
    assert sum(figures[COUNT, MUNICIPALITY, year][2] for year in years) == 1
    assert sum((denominator or 0) + apart for _, denominator, apart in reported) == 12_084


def test_a_figure_that_is_missing_wrong_or_extra_is_told() -> None:
    wanted = {(COUNT, "9901-district-8", "2017-08"): (7, None, 0), (IN_TIME, MUNICIPALITY, "2017"): (3, 4, 1)}
    empty = {(COUNT, MUNICIPALITY, period): (0, None, 0) for period in agreement_periods()}
    actual = {**empty, (IN_TIME, MUNICIPALITY, "2017"): (3, 5, 1), (COUNT, "9901-district-9", "2017"): (0, None, 0)}
    assert differences(actual, wanted) == [
        f"{(COUNT, '9901-district-8', '2017-08')} should be (7, None, 0), is missing",
        f"{(COUNT, '9901-district-9', '2017')} should not be there, is (0, None, 0)",
        f"{(IN_TIME, MUNICIPALITY, '2017')} should be (3, 4, 1), is (3, 5, 1)",
    ]


@needs_the_list
@ONLY_LONG  # golden cases and Landskrona's year are computed in another way, too
def test_every_graffiti_figure_equals_the_second_opinion(running_service: RunningService) -> None:
    report = running_service.import_activities(
        CHICAGO,
        "--mapping",
        HERE / "mapping.yaml",
        "--areas",
        HERE / "areas.csv",
        "--agreement",
        HERE / "agreement.yaml",
    )
    assert (report["rows"], report["created"], report["superseded"], report["refused"]) == (12_621, 12_620, 1, 0)
    with (HERE / "areas.csv").open(encoding="utf-8", newline="") as lines:
        areas = [row["code"] for row in csv.DictReader(lines)]
    actual = {
        (value["indicatorCode"], value["areaCode"], value["period"]): (
            value["numerator"],
            value["denominator"],
            value["leftOut"],
        )
        for value in running_service.settled_values(areas)
    }
    assert differences(actual, expected(CHICAGO)) == []
