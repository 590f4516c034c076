"""An annex's own slice is called by its title in the area's own agreement, also where others call theirs the same."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from shared.catalogue.loader import shipped_catalogue
from shared.facts.series import put_series
from tests.landskrona.loading import settle

AS_OF = date(2017, 1, 2)
TITLES = {"1282": ("Kvällspatruller", "Evening patrols"), "1283": ("Nattpatruller", "Night patrols")}


@pytest.fixture
async def _two_agreements(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    """Let two municipalities have an annex of the same code and another title, and patrol under it."""
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), AS_OF)
    for area, (sv, en) in TITLES.items():
        span = {"validFrom": "2016-01-01", "validTo": "2016-12-31"}
        annex: dict[str, Any] = {"number": 1, "theme": "patrols", "code": "patrols", "title": sv, "titleEn": en, **span}
        annex["indicators"] = [{"indicator": "foot-patrols", "slice": "annex"}]
        body = {"title": "Samverkan", "areas": [area], "annexes": [annex], **span}
        assert (await client.put(f"{BASE}/agreements/a-{area}", json=body)).is_success
        patrol: dict[str, Any] = {
            "source": "test",
            "externalId": area,
            "type": "foot-patrol",
            "status": "performed",
            "area": area,
        }
        patrol |= {"agreement": f"a-{area}", "annex": 1, "start": "2016-03-04"}
        assert (await client.post(f"{BASE}/activities", json=patrol)).is_success
    await settle(engine, AS_OF)


@pytest.mark.usefixtures("_two_agreements")
async def test_a_slice_is_named_by_the_areas_own_agreement(client: httpx.AsyncClient) -> None:
    asked: dict[str, Any] = {"indicator": "foot-patrols", "slice": "patrols", "period": "2016", "expand": "names"}
    values = (await client.get(f"{BASE}/indicator-values", params=asked)).json()["indicatorValues"]
    names = {value["areaCode"]: (value["sliceName"]["sv"], value["sliceName"]["en"]) for value in values}
    # Above both, it is called as in the first agreement.
    assert names == TITLES | dict.fromkeys(names.keys() - TITLES, TITLES["1282"])
    sheet = (await client.get(f"{BASE}/indicator-values", params=asked, headers={"Accept": "text/csv"})).text
    file = (await client.get(f"{BASE}/indicator-value-files", params=asked | {"format": "csv"})).text
    for area, (sv, _) in TITLES.items():
        for table in (sheet, file):
            assert [sv in line for line in table.splitlines() if f",{area}," in line] == [True]
        asked_of_area = {"indicator": "foot-patrols", "slice": "patrols", "area": area, "periodType": "month"}
        chart = await client.get(f"{BASE}/indicator-value-charts", params=asked_of_area)
        assert sv in chart.text
        assert not any(other in chart.text for other, _ in TITLES.values() if other != sv)
