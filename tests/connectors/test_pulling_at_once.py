"""Sources of slow servers beside those of others."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from services.indicators.sources import polling
from shared.facts import pulled_sources
from tests.connectors.runs import put, state

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

    from services.indicators.sources.polling import Poller
    from tests.connectors.conftest import GeoReport

pytestmark = pytest.mark.usefixtures("short_history")


async def test_a_slow_server_s_source_is_read_once_at_a_time(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease ran out while it had nothing to tell: it was read beside itself, until there was no room for others."""
    monkeypatch.setattr(pulled_sources, "LEASE", timedelta(seconds=1))

    def slowly(_asked: dict[str, str]) -> list[dict[str, Any]]:
        time.sleep(0.8)
        return []

    server.answers = slowly
    await put(client, server)
    for _ in range(8):
        await poller.look()
        await asyncio.sleep(0.3)
    await poller.finish()
    first_pages = [asked["start_date"] for asked in server.asked if asked["page"] == "1"]
    assert len(first_pages) == len(set(first_pages)) == 3
    assert (await state(client))["failure"] is None


@pytest.mark.usefixtures("hasty")
async def test_the_sources_of_one_owner_leave_room_for_those_of_others(
    client: httpx.AsyncClient, server: GeoReport, poller: Poller, engine: AsyncEngine
) -> None:
    await put(client, server, isPaused=True)
    waits = threading.Event()

    def hang(_asked: dict[str, str]) -> list[dict[str, Any]]:
        waits.wait(20)
        return []

    server.answers = hang
    async with engine.begin() as connection:
        for number in range(polling.MOST_AT_ONCE):
            await connection.execute(_COPY, {"code": f"copy-{number}", "owner": "1282", "url": server.address})
        other = {"code": "other", "owner": "1283", "url": "http://127.0.0.1:1"}
        await connection.execute(_COPY, other)
    try:
        for _ in range(50):
            await poller.look()
            async with engine.connect() as connection:
                failure = (await connection.execute(_FAILURE_OF_OTHER)).scalar_one()
            if failure is not None:
                break
            await asyncio.sleep(0.1)
    finally:
        waits.set()
        await poller.finish()
    assert failure == "notConnected"


_COPY = text(
    """INSERT INTO pulled_source (owner_area_id, code, content, due_at)
       SELECT area_id, :code, content || jsonb_build_object('url', CAST(:url AS text)),
              CASE WHEN :owner = '1282' THEN '2016-01-01' ELSE now() END
       FROM pulled_source CROSS JOIN area WHERE pulled_source.code = 'city-311' AND area.code = :owner"""
)
_FAILURE_OF_OTHER = text("SELECT failure FROM pulled_source WHERE code = 'other'")
