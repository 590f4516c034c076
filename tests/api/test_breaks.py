"""Breaks: who sets one gets limits that start afresh, and what cannot be is refused with the reason."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from services.api.http.routing import BASE
from services.indicators.compute.signals import judge_signals
from shared.db.engine import build_engine
from shared.facts.marks import signal_marks
from tests.api.read_model import Value, put_values

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

BREAKS = f"{BASE}/breaks"
CLEANUPS = "graffiti-cleanups"
GIVEN = {"indicator": CLEANUPS, "area": "1282", "month": "2015-01", "reason": "Ny entreprenör."}
ALL = "SELECT DISTINCT series_id, area_id, extract(year FROM period_start) FROM indicator_value"
CLOSED = (
    """INSERT INTO agreement (code, title, valid) SELECT 'closed', 'x', '[2013-01-01,2017-01-01)'
       WHERE NOT EXISTS (SELECT FROM agreement WHERE code = 'closed')""",
    """INSERT INTO agreement_period (agreement_id, period_type, period_start, state)
       SELECT agreement_id, 'tertial', '2014-01-01', 'closed' FROM agreement WHERE code = 'closed'""",
    """INSERT INTO closed_area_period (area_id, period_type, period_start, agreement_period_id)
       SELECT area_id, 'month', '2014-03-01', agreement_period_id
       FROM area, agreement_period WHERE area.code = '1282'""",
)

CLOSED_LATER = CLOSED[-1].replace("2014-03-01", "2015-02-01")

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all: ten a month, and forty from 2015 on."""
    url = fresh_database()
    months = [(year, month) for year in (2013, 2014, 2015) for month in range(1, 13)]
    values = [Value(CLEANUPS, f"{year}-{month:02}", 40 if year == 2015 else 10) for year, month in months]
    put_values(url, [*values, Value(CLEANUPS, "2015-T1", 160)])
    asyncio.run(run(url, *CLOSED, mark=True))
    return url


async def run(url: str, *statements: str, mark: bool = False) -> None:
    engine = build_engine(url)
    async with engine.begin() as connection:
        for statement in (*statements, *((signal_marks(ALL),) if mark else ())):
            await connection.execute(text(statement))
    await judge_signals(engine.begin, lambda: date(2016, 1, 2))
    await engine.dispose()


async def signals(client: httpx.AsyncClient) -> dict[str, Any]:
    listed = await client.get(f"{BASE}/indicator-values?area=1282&from=2015-01&to=2015-12&fields=period,signal")
    return {one["period"]: one["signal"] for one in listed.json()["indicatorValues"]}


async def test_limits_start_afresh_with_the_month_and_not_without_it(
    client: httpx.AsyncClient, database_url: str
) -> None:
    assert (await signals(client))["2015-03"]["verdict"] == "more"
    made = await client.post(BREAKS, json=GIVEN)
    assert made.status_code == 201, made.text
    assert made.json()["month"] == "2015-01"
    await run(database_url)
    afresh = await signals(client)
    assert afresh["2015-03"] is None
    assert (afresh["2015-09"]["verdict"], afresh["2015-09"]["periods"]) == ("none", 8)
    listed = (await client.get(f"{BREAKS}?indicator={CLEANUPS}&area=1282")).json()["breaks"]
    assert [one["reason"] for one in listed] == ["Ny entreprenör."]
    assert (await client.delete(f"{BREAKS}/{made.json()['id']}")).status_code == 204
    assert (await client.get(f"{BREAKS}/{made.json()['id']}")).status_code == 404
    await run(database_url)
    assert (await signals(client))["2015-03"]["verdict"] == "more"


async def test_the_same_break_is_there_once_and_another_reason_is_refused(client: httpx.AsyncClient) -> None:
    given = GIVEN | {"month": "2015-06"}
    answers = await asyncio.gather(*(client.post(BREAKS, json=given) for _ in range(3)))
    assert sorted(one.status_code for one in answers) == [200, 200, 201]
    [id_] = {one.json()["id"] for one in answers}
    other = await client.post(BREAKS, json=given | {"reason": "Ny definition."})
    assert other.status_code == 409
    assert [one["field"] for one in other.json()["violations"]] == ["month"]
    assert (await client.get(f"{BREAKS}/{id_}")).json()["reason"] == given["reason"]
    assert (await client.delete(f"{BREAKS}/{id_}")).status_code == 204


@pytest.mark.parametrize("period_type", ["month", "tertial"])
async def test_a_chart_has_a_line_where_limits_start_afresh(client: httpx.AsyncClient, period_type: str) -> None:
    made = await client.post(BREAKS, json=GIVEN | {"month": "2015-03"})
    asked = f"indicator={CLEANUPS}&area=1282&periodType={period_type}&from=2015-01&to=2015-12&language=sv"
    chart = (await client.get(f"{BASE}/indicator-value-charts?{asked}", headers={"Accept": "image/svg+xml"})).text
    assert "Ny startpunkt: mars 2015." in chart
    assert ">ny startpunkt<" in chart
    assert (await client.delete(f"{BREAKS}/{made.json()['id']}")).status_code == 204
    chart = (await client.get(f"{BASE}/indicator-value-charts?{asked}", headers={"Accept": "image/svg+xml"})).text
    assert "startpunkt" not in chart


async def test_a_break_in_a_period_that_has_been_closed_since_is_not_removed(
    client: httpx.AsyncClient, database_url: str
) -> None:
    made = await client.post(BREAKS, json=GIVEN | {"month": "2015-02"})
    await run(database_url, CLOSED_LATER)
    refused = await client.delete(f"{BREAKS}/{made.json()['id']}")
    assert refused.status_code == 422
    assert [one["reason"] for one in refused.json()["violations"]] == ["lies in a closed period"]
    # Sent again, it is as it is.
    assert (await client.post(BREAKS, json=GIVEN | {"month": "2015-02"})).status_code == 200
    await run(database_url, "DELETE FROM closed_area_period WHERE period_start = '2015-02-01'")
    assert (await client.delete(f"{BREAKS}/{made.json()['id']}")).status_code == 204


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"month": "2013-01"}, "month", "begins before there is any earlier figure"),
        ({"month": "2014-03"}, "month", "lies in a closed period"),
        ({"month": "2015-T1"}, "month", "names no month"),
        ({"indicator": "nothing"}, "indicator", "is not a known indicator"),
        ({"indicator": "school-visits"}, "month", "begins before there is any earlier figure"),
        ({"area": "9999"}, "area", "no area has this code"),
        ({"reason": "Anna 19121212-1212 har slutat."}, "reason", None),
    ],
)
async def test_what_cannot_be_is_refused(
    client: httpx.AsyncClient, changed: dict[str, str], field: str, reason: str | None
) -> None:
    answer = await client.post(BREAKS, json=GIVEN | changed)
    assert answer.status_code == 422, answer.text
    (violation,) = answer.json()["violations"]
    assert violation["field"] == field
    assert reason in {None, violation["reason"]}
    assert "19121212" not in answer.text
