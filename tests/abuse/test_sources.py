"""Systems that are asked by the service, and answer with very much at once: trials C5."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import NullPool, create_engine, text

from services.indicators.sources.polling import CHUNK, Poller
from shared.catalogue.loader import shipped_catalogue
from shared.connectors.fetching import Fetcher
from shared.db.engine import PoolKind, build_engine
from shared.db.keys import KeyScope
from shared.domain.pulled_source import PulledSource
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.facts.pulled_sources import put_source
from tests.abuse.conftest import LIMITS, ServiceWith, WithNeighbours
from tests.connectors.conftest import (
    HERE,
    TODAY,
    GeoReport,
    request,
    server,  # noqa: F401  a fixture
    short_history,  # noqa: F401  a fixture
    source,
)

REQUESTS = 4 * CHUNK + 7  # a round number would be taken for a page of several
OF_AN_AREA = ("kind", "placeKind", "name", "nameEn", "validFrom", "validTo", "parents")


@pytest.mark.usefixtures("short_history")
def test_a_long_page_keeps_nobody_waiting(
    service_with: ServiceWith,
    neighbours: WithNeighbours,
    server: GeoReport,  # noqa: F811  the fixture
) -> None:
    """trials C5: a page was one transaction, for which a PUT of an area waited, and then every write."""
    server.requests = [request(number) for number in range(REQUESTS)]
    server.pages, server.most = False, REQUESTS
    with service_with(LIMITS) as service:
        with (
            neighbours(service) as report,
            service.client(KeyScope.ADMINISTER) as client,
            ThreadPoolExecutor(1) as threads,
        ):
            area = client.get("/areas/1282-karlslund").json()
            reading, tried = threads.submit(asyncio.run, _read(service.database_url, server)), 0
            while not reading.done():
                answer = client.put("/areas/1282-karlslund", json={name: area[name] for name in OF_AN_AREA})
                assert answer.status_code == 200, answer.text
                tried += 1
                time.sleep(0.05)
            reading.result()
        report.assert_unharmed()
        assert tried > 3, "it must be tried while the page is recorded"
        with create_engine(service.database_url, poolclass=NullPool).connect() as connection:
            stored = connection.execute(text("SELECT count(*) FROM activity WHERE source = 'city-311'")).scalar_one()
        assert stored == REQUESTS


async def _read(database_url: str, server: GeoReport) -> None:  # noqa: F811  what the fixture gives
    """Read the source to its end, as a worker does."""
    engine = build_engine(database_url, PoolKind.SOURCES, connections=2)
    try:
        async with engine.begin() as connection:
            await put_source(connection, "city-311", PulledSource.model_validate(source(server)), datetime.now(UTC))
        poller = Poller(engine, Fetcher(HERE), CatalogueInForce(shipped_catalogue()), lambda: TODAY)
        await poller.look()
        await poller.finish()
    finally:
        await engine.dispose()
