"""Loads Landskrona's year 2016 as the demo does: through the API, and swept until nothing waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.client import connect, put_agreement, put_areas
from services.cli.demo import DATA, send_year
from services.indicators.compute.comparisons import compare
from services.indicators.compute.rollup import roll_up
from services.indicators.compute.signals import judge_signals
from services.indicators.compute.sweep import sweep
from shared.catalogue.loader import Catalogue, shipped_catalogue
from shared.db.engine import build_engine
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.facts.series import put_series

AS_OF = date(2026, 11, 22)
WAITING = text(
    """SELECT EXISTS (SELECT FROM dirty_mark WHERE ripens_on <= :as_of)
           OR EXISTS (SELECT FROM rollup_mark) OR EXISTS (SELECT FROM comparison_mark)
           OR EXISTS (SELECT FROM signal_mark)"""
)


def load_year(url: str, address: str, key: str) -> None:
    """Bring the year into an empty database, through a service that runs on it."""
    asyncio.run(_with_engine(url, prepare))
    with connect(address, key) as client:
        reports, _ = send_year(client)
    assert [report["refused"] for report in reports] == [0] * len(reports), reports
    asyncio.run(_with_engine(url, settle))


def load_places_and_agreement(address: str, key: str) -> None:
    """Bring Landskrona's places and its agreement into an empty database, through a service that runs on it."""
    with connect(address, key) as client:
        put_areas(client, DATA / "places.csv")
        put_agreement(client, DATA / "agreement-2015-2016.yaml")


async def _with_engine(url: str, work: Callable[[AsyncEngine], Awaitable[None]]) -> None:
    engine = build_engine(url)
    await work(engine)
    await engine.dispose()


async def prepare(engine: AsyncEngine, catalogue: Catalogue | None = None) -> None:
    """Let there be a series for each indicator that ships, or of a catalogue, as a worker does when it starts."""
    async with engine.begin() as connection:
        await put_series(connection, catalogue or shipped_catalogue(), AS_OF)


async def settle(engine: AsyncEngine, as_of: date = AS_OF, catalogue: Catalogue | None = None) -> None:
    """Let the worker's code run until nothing waits on that day."""
    definitions = CatalogueInForce(catalogue or shipped_catalogue())
    is_waiting = True
    while is_waiting:
        await sweep(engine, definitions, lambda: as_of)
        async with engine.begin() as connection:
            await roll_up(connection, definitions, lambda: as_of)
        async with engine.begin() as connection:
            await compare(connection, lambda: as_of)
        await judge_signals(engine.begin, lambda: as_of)
        async with engine.begin() as connection:
            is_waiting = (await connection.execute(WAITING, {"as_of": as_of})).scalar_one()
