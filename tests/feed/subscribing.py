"""What the tests of webhooks do with a subscription, and what they look at."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from services.indicators.webhooks.dispatcher import Dispatcher
from tests.feed.follower import (
    CLEANUPS,
    LANDSKRONA,
    older_ones_end,
    write,
)
from tests.feed.receiver import Receiver

WEBHOOKS = f"{BASE}/webhooks"


HERE = (ip_network("127.0.0.1"),)


async def subscribe(client: httpx.AsyncClient, receiver: Receiver, **body: object) -> dict[str, Any]:
    answer = await client.post(WEBHOOKS, json={"url": receiver.url, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def proven(
    client: httpx.AsyncClient, receiver: Receiver, dispatcher: Dispatcher, **body: object
) -> dict[str, Any]:
    """Subscribe, and let the receiver prove itself."""
    subscribed = await subscribe(client, receiver, **body)
    await settle(dispatcher)
    assert (await show(client, subscribed))["status"] == "active"
    return subscribed


async def settle(dispatcher: Dispatcher) -> None:
    """Look often enough that all that is due is sent."""
    await older_ones_end(dispatcher._engine)
    for _ in range(3):
        await dispatcher.look()
        await dispatcher.finish()


async def show(client: httpx.AsyncClient, subscribed: dict[str, Any]) -> dict[str, Any]:
    answer = await client.get(f"{WEBHOOKS}/{subscribed['id']}")
    assert answer.status_code == 200
    return answer.json()


async def patch(client: httpx.AsyncClient, subscribed: dict[str, Any], **body: object) -> httpx.Response:
    tag = (await client.get(f"{WEBHOOKS}/{subscribed['id']}")).headers["ETag"]
    return await client.patch(f"{WEBHOOKS}/{subscribed['id']}", json=body, headers={"If-Match": tag})


async def deliveries(client: httpx.AsyncClient, subscribed: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the attempts, the first first."""
    answer = await client.get(f"{WEBHOOKS}/{subscribed['id']}/deliveries", params={"limit": 100})
    assert answer.status_code == 200
    return answer.json()["deliveries"][::-1]


async def put(engine: AsyncEngine, **months: int | None) -> None:
    """Write cleanups in Landskrona by month, such as m1=3."""
    async with engine.begin() as connection:
        figures = {(CLEANUPS, LANDSKRONA, int(month[1:])): figure for month, figure in months.items()}
        await write(connection, figures)


async def pass_time(engine: AsyncEngine) -> None:
    """Let all that waits be due."""
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE webhook_message SET due_at = now() WHERE status = 'pending'"))


def values(receiver: Receiver) -> dict[str, Any]:
    return {value_id: value["value"] for value_id, value in receiver.values().items()}
