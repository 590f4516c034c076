"""What the API tells of a period's completeness: the page's figures, and facts to those alone who see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import NullPool, create_engine

from services.api.http.routing import BASE
from shared.db import keys
from shared.db.keys import KeyScope
from tests.api.today import let_today_be
from tests.completeness.conftest import AGREEMENT, AS_OF, CLOSING, SILENT

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from fastapi import FastAPI

    from shared.annex_tables.reading import YearTables

pytestmark = [pytest.mark.long]
ADDRESS = f"{BASE}/agreements/{AGREEMENT}/periods"


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    let_today_be(app, AS_OF)
    return app


async def annexes(client: httpx.AsyncClient, period: str, **query: Any) -> dict[int, dict[str, Any]]:
    answer = await client.get(f"{ADDRESS}/{period}/completeness", params={"limit": 100, **query})
    assert answer.status_code == 200, answer.text
    return {one["annex"]: one for one in answer.json()["annexes"]}


async def test_a_period_s_gaps_are_told_by_annex(reader: httpx.AsyncClient) -> None:
    found = await annexes(reader, "2016-t1")
    schools, streets = found[7], found[4]
    assert schools["expectedReports"] == [{"kind": "visits", "expected": 10, "missing": 3}]
    assert [(one["area"], one["period"], one["dueOn"]) for one in schools["missingReports"]] == [
        (SILENT, "2016-02", "2016-02-29"), (CLOSING, "2016-02", "2016-02-29"), (SILENT, "2016-04", "2016-04-30"),
    ]  # fmt: skip
    assert schools["lateActivities"] == [{"reportingDay": "2016-05-10", "activities": 1, "mostDays": 1}]
    assert schools["sentences"][0] == {
        "sv": "2 av 3 skolor har inte rapporterat skolbesök för februari, 1 av 2 för april.",
        "en": "2 of 3 schools have reported no school visit for February, 1 of 2 for April.",
    }
    assert streets["uncertainValues"] == [{"indicator": "graffiti-started-in-time", "slice": "all"}]
    assert {one["kind"] for one in streets["missingReports"]} == {"observation", "commitment"}
    assert (await annexes(reader, "2016-t3"))[3]["missingReports"][0]["kind"] == "planned"


async def test_the_year_is_the_sum_of_its_tertials(reader: httpx.AsyncClient) -> None:
    year = await annexes(reader, "2016")
    parts = [await annexes(reader, f"2016-t{number}") for number in (1, 2, 3)]
    for number, annex in year.items():
        for kind in ("visits", "planned", "commitment", "observation"):
            totals = [_share(one[number], kind) for one in parts]
            assert _share(annex, kind) == tuple(map(sum, zip(*totals, strict=True))), (number, kind)
        late = [one["activities"] for part in parts for one in part[number]["lateActivities"]]
        assert sum(one["activities"] for one in annex["lateActivities"]) == sum(late)


def _share(annex: dict[str, Any], kind: str) -> tuple[int, int]:
    return next(((one["expected"], one["missing"]) for one in annex["expectedReports"] if one["kind"] == kind), (0, 0))


async def test_it_says_what_the_tables_say(reader: httpx.AsyncClient, tables_as_of: Callable[..., YearTables]) -> None:
    tables = tables_as_of()
    for number, annex in (await annexes(reader, "2016", area="1282")).items():
        completeness = next(one.completeness for one in tables.tables if one.number == number)
        assert len(annex["missingReports"]) == len(completeness.missing)
        assert len(annex["uncertainValues"]) == sum(one.period.code == "2016" for one in completeness.little)


async def test_others_are_told_nothing_of_facts(app: FastAPI, database_url: str, client: httpx.AsyncClient) -> None:
    """Neighbours see the municipality's values, and so which rest on little and which observations are missing."""
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        key = keys.create(connection, "a neighbour", [KeyScope.READ], ["1284"])
    client.headers["Authorization"] = f"Bearer {key}"
    found = await annexes(client, "2016", area="1282")
    assert found[4]["uncertainValues"]
    assert {kind["kind"] for annex in found.values() for kind in annex["expectedReports"]} == {"observation"}
    assert not [annex for annex in found.values() if annex["lateActivities"]]
    assert SILENT not in str(found)


async def test_what_does_not_exist_is_refused(reader: httpx.AsyncClient) -> None:
    for address, status in (("2014-t1", 404), ("x", 404), ("2016-t1", 400)):
        answer = await reader.get(f"{ADDRESS}/{address}/completeness", params={"area": "nowhere"})
        assert answer.status_code == status, address
