"""Questions that take too long are ended, and answered by how to ask for less; the next one is answered as ever."""

from __future__ import annotations

from datetime import date

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from shared.catalogue.loader import shipped_catalogue
from shared.facts.series import put_series
from shared.limits import Limits
from shared.settings import Settings
from tests.api.test_lineage import VALUE

pytestmark = pytest.mark.begins_with("landskrona")
VALUES = "indicator-values"
# What is asked, and the table whose lock lets it take long; a lock in the way is waited for as any work is.
SLOW = {
    "duplicate suspects": ("duplicate-suspects", "activity"),
    "activities behind": (f"{VALUES}/graffiti-cleanups~all~1282~2016/activities", "activity"),
    "places behind": (f"{VALUES}/schools-with-contact-officer~all~1282~2016/places", "area_role"),
    "commitments behind": (f"{VALUES}/commitments-fulfilled~visible-police~1282~2016/commitments", "commitment"),
    "observations behind": (f"{VALUES}/reported-assaults~all~1282~2016/observations", "observation"),
    "all values": (VALUES, "indicator_value"),
    "the country's values": (f"{VALUES}?area=SE&sort=-value", "indicator_value"),
    "a chart": ("indicator-value-charts?indicator=graffiti-cleanups&area=1282&periodType=month", "indicator_value"),
    "all activities": ("activities", "activity"),
    "all changes": ("changes", "indicator_value"),
}
OWN_WAY = {"duplicate suspects": "`area`", **{name: "smaller area" for name in SLOW if name.endswith("behind")}}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    # Long enough for a machine that is busy, and shorter than a lock is waited for.
    return settings.model_copy(update={"limits": Limits(query_seconds=0.7)})


@pytest.fixture
async def values(engine: AsyncEngine) -> None:
    """Put the values whose parts are asked for into the read model."""
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), date(2016, 5, 20))
        for path, _ in SLOW.values():
            if "~" in path:
                indicator, part, area, _ = path.split("/")[1].split("~")
                named = {"indicator": indicator, "slice": part, "area": area}
                period = {"period_type": "year", "period_start": date(2016, 1, 1)}
                await connection.execute(VALUE, named | period)


@pytest.mark.usefixtures("values")
async def test_a_question_that_takes_too_long_is_answered_by_how_to_narrow_it(
    reporter: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    for name, (path, table) in SLOW.items():
        assert (await reporter.get(f"{BASE}/{path}")).status_code == 200, name
        async with engine.begin() as holder:
            await holder.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            answer = await reporter.get(f"{BASE}/{path}")
        problem = answer.json()
        assert (answer.status_code, problem["title"]) == (503, "Takes too long"), (name, problem)
        assert OWN_WAY.get(name, "Ask for less") in problem["violations"][0]["remedy"], name
        # The connection that it was asked on is used next.
        again = [(await reporter.get(f"{BASE}/{path}")).status_code for _ in range(3)]
        assert again == [200, 200, 200], name


@pytest.mark.usefixtures("values")
async def test_it_is_answered_in_swedish_too(reporter: httpx.AsyncClient, engine: AsyncEngine) -> None:
    async with engine.begin() as holder:
        await holder.execute(text("LOCK TABLE activity IN ACCESS EXCLUSIVE MODE"))
        answer = await reporter.get(f"{BASE}/duplicate-suspects", headers={"Accept-Language": "sv"})
    assert answer.status_code == 503
    assert "aktivitetstyp" in answer.json()["violations"][0]["remedy"]
