"""Landskrona's year 2016 as the demo loads it, once for all tests here: through the API, and swept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from services.cli.client import connect
from services.cli.demo import send_year
from services.indicators.comparing import compare
from services.indicators.levels_above import roll_up
from services.indicators.sweep import sweep
from shared.catalogue.loader import shipped_catalogue
from shared.db.engine import build_engine
from shared.db.keys import Scope
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.facts.series import put_series
from shared.settings import Settings
from tests.conftest import served

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncEngine

AS_OF = date(2026, 11, 22)
WAITING = text(
    """SELECT EXISTS (SELECT FROM dirty_mark WHERE ripens_on <= :as_of)
           OR EXISTS (SELECT FROM rollup_mark) OR EXISTS (SELECT FROM comparison_mark)"""
)


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str], api_keys: Mapping[Scope, str], redis_url: str) -> str:
    """Return the URL of a database with the year in it; no test here changes it."""
    url = fresh_database()
    asyncio.run(_with_engine(url, _put_series))
    settings = Settings(database_url=url, redis_url=redis_url, log_level="warning")
    with served(settings) as address, connect(address, api_keys[Scope.ADMINISTER]) as client:
        reports, _ = send_year(client)
    assert [report["refused"] for report in reports] == [0] * len(reports), reports
    asyncio.run(_with_engine(url, _settle))
    return url


async def _with_engine(url: str, work: Callable[[AsyncEngine], object]) -> None:
    engine = build_engine(url)
    await work(engine)
    await engine.dispose()


async def _put_series(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), AS_OF)


async def _settle(engine: AsyncEngine) -> None:
    """Let the worker's code run until nothing waits."""
    definitions = CatalogueInForce(shipped_catalogue())
    is_waiting = True
    while is_waiting:
        await sweep(engine, definitions, lambda: AS_OF)
        async with engine.begin() as connection:
            await roll_up(connection, definitions, lambda: AS_OF)
        async with engine.begin() as connection:
            await compare(connection, lambda: AS_OF)
        async with engine.begin() as connection:
            is_waiting = (await connection.execute(WAITING, {"as_of": AS_OF})).scalar_one()
