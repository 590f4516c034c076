"""Webhooks from subscription to delivery, with receivers that behave well and badly."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from standardwebhooks import Webhook

from services.indicators.webhooks.dispatcher import Dispatcher
from services.indicators.webhooks.outbox import compose, forget_old_messages
from shared.db.cursors import Cursor
from tests.feed.follower import (
    CLEANUPS,
    LANDSKRONA,
    served_values,
    write,
)
from tests.feed.receiver import Receiver, answering, receiving, waiting
from tests.feed.subscribing import (
    WEBHOOKS,
    deliveries,
    patch,
    proven,
    put,
    settle,
    show,
    subscribe,
    values,
)

pytestmark = pytest.mark.usefixtures("series")


async def test_what_was_told_can_be_told_again_from_a_point(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    subscribed = await proven(client, receiver, dispatcher)
    for month in (1, 2, 3):
        await put(engine, **{f"m{month}": month})
        await settle(dispatcher)
    cursors = [call.message["data"]["nextCursor"] for call in receiver.changes]
    third = receiver.changes[2].message["data"]["changes"][0]["changedAt"]
    for body, months in (
        ({"since": cursors[0]}, [2, 3]),
        ({"from": third}, [3]),
        ({"from": datetime.now(UTC).isoformat()}, []),
        ({}, [1, 2, 3]),
    ):
        receiver.calls.clear()
        answer = await client.post(f"{WEBHOOKS}/{subscribed['id']}/replays", json=body)
        assert answer.status_code == 202, answer.text
        await settle(dispatcher)
        assert sorted(values(receiver).values()) == months


async def test_a_replay_takes_the_place_of_what_waits(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    subscribed = await proven(client, receiver, dispatcher)
    receiver.behaviours = [answering(500)]
    await put(engine, m1=1)
    await settle(dispatcher)
    assert (await client.post(f"{WEBHOOKS}/{subscribed['id']}/replays", json={})).status_code == 202
    await settle(dispatcher)
    first, second = receiver.changes
    assert first.message_id != second.message_id
    assert [one["message"] for one in await deliveries(client, subscribed)] == ["delivered", "withdrawn", "delivered"]


async def test_a_new_secret_signs_beside_the_former_for_a_day(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    subscribed = await proven(client, receiver, dispatcher)
    renewed = (await client.post(f"{WEBHOOKS}/{subscribed['id']}/secrets")).json()["secret"]
    assert renewed.startswith("whsec_")
    receiver.calls.clear()
    await put(engine, m1=1)
    await settle(dispatcher)
    receiver.verify(subscribed["secret"])
    receiver.verify(renewed)
    receiver.calls.clear()
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE webhook SET former_secret_until = now()"))
    await put(engine, m1=2)
    await settle(dispatcher)
    receiver.verify(renewed)
    (call,) = receiver.calls
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(subscribed["secret"]).verify(call.body, call.headers)


async def test_the_first_challenge_can_be_verified_by_a_secret_that_the_subscriber_brought(
    client: httpx.AsyncClient, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    """trials B21"""
    own = "whsec_bWFkZSB1cCBieSB0aGUgc3Vic2NyaWJlciwgYW5kIG5vIHNlY3JldA=="
    await proven(client, receiver, dispatcher, secret=own)
    assert [call.message["type"] for call in receiver.calls] == ["webhook.challenge"]
    receiver.verify(own)


async def test_another_address_must_prove_itself(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    subscribed = await proven(client, receiver, dispatcher)
    async with receiving() as elsewhere:
        elsewhere.behaviours = [answering(200)]
        moved = await patch(client, subscribed, url=elsewhere.url)
        assert (moved.json()["status"], moved.json()["provenAt"]) == ("challenged", None)
        await put(engine, m1=1)
        await settle(dispatcher)
        assert [call.message["type"] for call in elsewhere.calls] == ["webhook.challenge"]
        assert receiver.changes == []
        # A pause is no way around.
        await patch(client, subscribed, status="paused")
        assert (await patch(client, subscribed, status="active")).json()["status"] == "challenged"
        await settle(dispatcher)
        assert len(elsewhere.changes) == 1


async def test_an_answer_to_a_challenge_proves_only_the_address_it_came_from(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    patience = asyncio.Event()
    receiver.behaviours = [waiting(patience)]
    subscribed = await subscribe(client, receiver)
    await dispatcher.look()
    while not receiver.calls:
        await dispatcher.look()
        await asyncio.sleep(0.01)
    async with receiving() as elsewhere:
        elsewhere.behaviours = [answering(500)]
        await patch(client, subscribed, url=elsewhere.url)
        patience.set()
        await settle(dispatcher)
        assert (await show(client, subscribed))["status"] == "challenged"


async def test_what_is_paused_waits_and_goes_on_where_it_stopped(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    subscribed = await proven(client, receiver, dispatcher)
    paused = (await patch(client, subscribed, status="paused")).json()
    assert (paused["status"], paused["reason"]) == ("paused", "byOperator")
    await put(engine, m1=1)
    await settle(dispatcher)
    assert receiver.changes == []
    await patch(client, subscribed, status="active")
    await settle(dispatcher)
    assert len(receiver.changes) == 1


async def test_a_restored_database_is_told_before_all_comes_anew(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher, database_url: str
) -> None:
    await proven(client, receiver, dispatcher)
    await put(engine, m1=1, m2=2)
    await settle(dispatcher)
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE webhook SET position = :position"), {"position": Cursor(1, 2, 3).stored()}
        )
        await connection.execute(text("TRUNCATE removed_value"))
        await write(connection, {(CLEANUPS, LANDSKRONA, 2): None})
        await connection.execute(text("TRUNCATE removed_value"))
    await settle(dispatcher)
    assert [call.message["type"] for call in receiver.calls[2:]] == [
        "indicator-values.restarted",
        "indicator-values.changed",
    ]
    assert receiver.values() == await served_values(database_url)


async def test_a_subscription_that_ends_while_it_is_served(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    patience = asyncio.Event()
    subscribed = await proven(client, receiver, dispatcher)
    receiver.behaviours = [waiting(patience)]
    await put(engine, m1=1)
    while not receiver.changes:
        await dispatcher.look()
        await asyncio.sleep(0.01)
    gone = await client.delete(f"{WEBHOOKS}/{subscribed['id']}", headers={"If-Match": "*"})
    assert gone.status_code == 204
    patience.set()
    await put(engine, m2=1)
    await settle(dispatcher)
    assert len(receiver.changes) == 1
    assert (await client.get(WEBHOOKS)).json()["webhooks"] == []


async def test_old_messages_are_forgotten_and_pending_ones_are_not(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    subscribed = await proven(client, receiver, dispatcher)
    receiver.behaviours = [answering(500)]
    await put(engine, m1=1)
    await settle(dispatcher)
    async with engine.begin() as connection:
        assert await forget_old_messages(connection) == 0
        await connection.execute(text("UPDATE webhook_message SET created_at = now() - interval '31 days'"))
        assert await forget_old_messages(connection) == 1
    (left,) = await deliveries(client, subscribed)
    assert left["message"] == "pending"


async def test_a_copy_of_the_database_elsewhere_tells_no_one(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    await proven(client, receiver, dispatcher)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE feed_epoch SET system_identifier = 1"))
    await put(engine, m1=1)
    await settle(dispatcher)
    assert receiver.changes == []


async def test_one_that_cannot_be_served_holds_up_no_other(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    receiver: Receiver,
    dispatcher: Dispatcher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoilt = await proven(client, receiver, dispatcher)
    async with receiving() as other:
        await proven(client, other, dispatcher)

        async def fail_for_one(connection: AsyncConnection, webhook_id: UUID, *others: Any) -> bool:
            if str(webhook_id) == spoilt["id"]:
                raise RuntimeError
            return await compose(connection, webhook_id, *others)

        monkeypatch.setattr("services.indicators.webhooks.dispatcher.compose", fail_for_one)
        await put(engine, m1=1)
        await settle(dispatcher)
        assert (len(receiver.changes), len(other.changes)) == (0, 1)
