"""Landskrona's year 2016 as the demo loads it, once for all tests here: through the API, and swept."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from services.api.app import create_app
from services.indicators.levels_above import roll_up
from services.indicators.series import put_series
from services.indicators.sweep import sweep
from shared.catalogue.loader import shipped_catalogue
from shared.db.engine import build_engine
from shared.db.keys import Scope
from shared.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).parents[2] / "shared" / "data" / "landskrona"
BASE = "/samverkan/v1"
AS_OF = date(2026, 11, 22)


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str], api_keys: Mapping[Scope, str], redis_url: str) -> str:
    """Return the URL of a database with the year in it; no test here changes it."""
    url = fresh_database()
    asyncio.run(_load(Settings(database_url=url, redis_url=redis_url), api_keys[Scope.ADMINISTER]))
    return url


async def _load(settings: Settings, key: str) -> None:
    engine = build_engine(settings.database_url)
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), AS_OF)
    app = create_app(settings)
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test.example", headers=headers
        ) as client,
    ):
        for place in _rows("places.csv"):
            body = {name: place[name] or None for name in ("kind", "placeKind", "name", "validFrom", "validTo")}
            body["parents"] = [{"code": place["parent"], "validFrom": None, "validTo": None}]
            (await client.put(f"{BASE}/areas/{place['code']}", json=body)).raise_for_status()
        agreement = yaml.safe_load((DATA / "agreement-2015-2016.yaml").read_text(encoding="utf-8"))
        (await client.put(f"{BASE}/agreements/{agreement['code']}", json=agreement)).raise_for_status()
        for name in ("activities-2016.csv", "corrections-2016.csv"):
            body_of = (DATA / name).read_bytes()
            answer = await client.post(
                f"{BASE}/activity-imports", content=body_of, headers={"Content-Type": "text/csv"}
            )
            report: dict[str, Any] = answer.raise_for_status().json()
            assert report["refused"] == 0, report
    while await sweep(engine, shipped_catalogue(), lambda: AS_OF):
        pass
    async with engine.begin() as connection:
        await roll_up(connection, lambda: AS_OF)
    await engine.dispose()


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
