"""Indicator values as the API shows them, from rows put into the read model as they are."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from sqlalchemy import text

from services.api.http.routing import BASE
from tests.api.read_model import put_shipped_series, put_value

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from sqlalchemy import Connection

VALUES = f"{BASE}/indicator-values"
COMPARISONS = {
    "previousPeriod": {"value": 4, "change": 1, "changePercent": 25},
    "samePeriodLastYear": None,
    "yearToDate": {"value": 9.5, "change": None, "changePercent": None},
    "last12Months": None,
    "per100000": 11.5,
    "latestMeasurement": {"period": "2015", "value": 70},
    "reportingMunicipalities": {"reporting": 2, "of": 33},
}
NOTHING = dict.fromkeys(COMPARISONS)

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    url = fresh_database()
    put_shipped_series(url)
    return url


def put_comparisons(rows: Connection) -> None:
    """Put a comparison for each value's figure."""
    rows.execute(
        text(
            """INSERT INTO comparison
               SELECT series_id, area_id, period_type, period_start, numerator, denominator, CAST(:comparisons AS jsonb)
               FROM indicator_value"""
        ),
        {"comparisons": orjson.dumps(COMPARISONS).decode()},
    )


async def listed(reader: httpx.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    answer = await reader.get(f"{VALUES}?{query}")
    assert answer.status_code == 200, answer.text
    entries: list[dict[str, Any]] = answer.json()["indicatorValues"]
    return entries


async def test_a_value_shows_what_the_read_model_says_of_it(reader: httpx.AsyncClient, rows: Connection) -> None:
    put_value(rows, "vandalism-cost", finality="final", months_arrived=1, left_out=2, not_placed=3, numerator="1200.50")
    (value,) = await listed(reader)
    assert {name: value[name] for name in ("value", "unit", "status", "finality")} == {
        "value": 1200.5,
        "unit": "SEK",
        "status": "observed",
        "finality": "final",
    }
    assert (value["leftOut"], value["notPlaced"], value["monthsArrived"]) == (2, 3, 1)


@pytest.mark.parametrize(("denominator", "value"), [(3, 66.666667), (0, None), (None, None)])
async def test_a_share_of_nothing_has_no_value(
    reader: httpx.AsyncClient, rows: Connection, denominator: int | None, value: float | None
) -> None:
    put_value(rows, "graffiti-started-in-time", numerator=2, denominator=denominator, status="missing")
    (served,) = await listed(reader)
    assert (served["numerator"], served["denominator"], served["value"]) == (2, denominator, value)


async def test_a_suppressed_figure_is_nowhere_shown(reader: httpx.AsyncClient, rows: Connection) -> None:
    put_value(rows, "care-referrals", numerator=3, not_placed=3, status="suppressed")
    (value,) = await listed(reader)
    assert {value[name] for name in ("numerator", "denominator", "value", "notPlaced")} == {None}
    assert value["status"] == "suppressed"
    sheet = await reader.get(VALUES, headers={"Accept": "text/csv"})
    (row,) = csv.DictReader(sheet.text.splitlines())
    assert (row["numerator"], row["value"], row["notPlaced"]) == ("", "", "")


async def test_slices_are_shown_to_who_asks_for_them(reader: httpx.AsyncClient, rows: Connection) -> None:
    for part in ("all", "youth", "public"):
        put_value(rows, "trainings", part=part)
    put_value(rows, "workshops")

    async def series_served(query: str) -> set[tuple[str, str]]:
        return {(value["indicatorCode"], value["slice"]) for value in await listed(reader, query)}

    assert await series_served("") == {("trainings", "all"), ("workshops", "all")}
    assert await series_served("indicator=trainings") == {("trainings", "all")}
    assert await series_served("slice=youth") == {("trainings", "youth")}
    assert await series_served("indicator=trainings&indicator=workshops&slice=youth&slice=all") == {
        ("trainings", "youth"),
        ("trainings", "all"),
        ("workshops", "all"),
    }
    assert await series_served("slice=youth&slice=public&area=1282") == {
        ("trainings", "youth"),
        ("trainings", "public"),
    }
    one = await reader.get(f"{VALUES}/trainings~youth~1282~2016-03")
    assert (one.status_code, one.json()["slice"]) == (200, "youth")
    assert (await reader.get(f"{VALUES}/workshops~youth~1282~2016-03")).status_code == 404


@pytest.mark.parametrize("query", ["slice=nothing", "indicator=workshops&slice=youth"])
async def test_a_slice_that_nothing_asked_for_has_is_refused(
    reader: httpx.AsyncClient, rows: Connection, query: str
) -> None:
    answer = await reader.get(f"{VALUES}?{query}")
    assert answer.status_code == 400
    assert [violation["field"] for violation in answer.json()["violations"]] == ["slice"]


async def test_every_comparison_is_named_and_what_is_undefined_is_null(
    reader: httpx.AsyncClient, rows: Connection
) -> None:
    put_value(rows, "workshops")
    assert [value["comparisons"] for value in await listed(reader)] == [NOTHING]
    put_comparisons(rows)
    assert [value["comparisons"] for value in await listed(reader)] == [COMPARISONS]


async def test_a_fresh_figure_never_stands_beside_a_stale_comparison(
    reader: httpx.AsyncClient, rows: Connection
) -> None:
    put_value(rows, "workshops")
    put_comparisons(rows)
    rows.execute(text("UPDATE indicator_value SET numerator = 6"))
    assert [value["comparisons"] for value in await listed(reader)] == [NOTHING]
    rows.execute(text("UPDATE indicator_value SET numerator = NULL"))
    assert [value["comparisons"] for value in await listed(reader)] == [NOTHING]


async def test_csv_has_a_column_for_each_part_of_the_comparisons(reader: httpx.AsyncClient, rows: Connection) -> None:
    put_value(rows, "workshops")
    put_comparisons(rows)
    sheet = await reader.get(VALUES, headers={"Accept": "text/csv"})
    (row,) = csv.DictReader(sheet.text.splitlines())
    compared = {name: row[name] for name in row if "." in name or name == "per100000"}
    assert {name: cell for name, cell in compared.items() if not name.startswith("signal.")} == {
        "previousPeriod.value": "4",
        "previousPeriod.change": "1",
        "previousPeriod.changePercent": "25",
        **{f"samePeriodLastYear.{name}": "" for name in ("value", "change", "changePercent")},
        "yearToDate.value": "9.5",
        "yearToDate.change": "",
        "yearToDate.changePercent": "",
        **{f"last12Months.{name}": "" for name in ("value", "change", "changePercent")},
        "per100000": "11.5",
        "latestMeasurement.period": "2015",
        "latestMeasurement.value": "70",
        "reportingMunicipalities.reporting": "2",
        "reportingMunicipalities.of": "33",
    }
    assert (row["unit"], row["definitionVersion"]) == ("count", "1")


async def test_a_value_leads_to_the_notes_beside_it(reader: httpx.AsyncClient, rows: Connection) -> None:
    put_value(rows, "workshops")
    one = await reader.get(f"{VALUES}/workshops~all~1282~2016-03")
    link = one.json()["_links"]["notes"]["href"]
    assert link.endswith(f"{BASE}/notes?indicator=workshops&area=1282&period=2016-03")
    assert (await reader.get(link)).status_code == 200
