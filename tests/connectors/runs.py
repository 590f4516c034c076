"""What the tests of pulled sources do: put a source, let a run read it, and look at what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.http.routing import BASE
from tests.connectors.conftest import GeoReport, source

if TYPE_CHECKING:
    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

    from services.indicators.sources.polling import Poller

SOURCES = f"{BASE}/pulled-sources"
SOURCE = f"{SOURCES}/city-311"


async def put(client: httpx.AsyncClient, server: GeoReport, **fields: Any) -> httpx.Response:
    answer = await client.put(SOURCE, json=source(server, **fields))
    assert answer.is_success, answer.text
    return answer


async def run(poller: Poller) -> None:
    await poller.look()
    await poller.finish()


async def run_again(poller: Poller, engine: AsyncEngine) -> None:
    """Run when the next run is due."""
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE pulled_source SET due_at = now() - interval '1 second'"))
    await run(poller)


async def state(client: httpx.AsyncClient) -> dict[str, Any]:
    body: dict[str, Any] = (await client.get(SOURCE)).json()["state"]
    return body


async def stored_activities(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    answer = (await client.get(f"{BASE}/activities?source=city-311&limit=1000")).json()
    return {entry["externalId"]: entry for entry in answer["activities"]}
