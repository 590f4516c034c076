"""A message that was not taken is sent again: the same, in order, and less and less often."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.indicators.webhooks.dispatcher import Dispatcher
from services.indicators.webhooks.outbox import BACK_OFF
from shared.connectors.outgoing import Sender
from shared.domain.period import today
from tests.feed.follower import (
    CLEANUPS,
    LANDSKRONA,
    value_id,
)
from tests.feed.receiver import Receiver, answering, cut, waiting, well
from tests.feed.subscribing import (
    HERE,
    deliveries,
    pass_time,
    patch,
    proven,
    put,
    settle,
    show,
    subscribe,
    values,
)

pytestmark = pytest.mark.usefixtures("series")


async def test_what_fails_is_sent_again_the_same_and_in_order(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    subscribed = await proven(client, receiver, dispatcher)
    receiver.behaviours = [answering(500), cut]
    for figure in (1, 2, 3):
        await put(engine, m1=figure)
        await settle(dispatcher)
        await pass_time(engine)
    await settle(dispatcher)
    sent = [(call.message_id, call.body) for call in receiver.changes]
    assert len(sent) == 4
    assert sent[0] == sent[1] == sent[2] != sent[3]
    assert [call.message["data"]["changes"][0]["indicatorValue"]["value"] for call in receiver.changes] == [1, 1, 1, 3]
    receiver.verify(subscribed["secret"])
    attempts = await deliveries(client, subscribed)
    outcomes = [(one["attempt"], one["outcome"], one["statusCode"], one["error"]) for one in attempts]
    assert outcomes == [
        (1, "delivered", 200, None),
        (1, "failed", 500, "refused"),
        (2, "failed", None, "cutOff"),
        (3, "delivered", 200, None),
        (1, "delivered", 200, None),
    ]


async def test_waits_grow_and_at_last_it_is_paused_until_someone_resumes_it(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    subscribed = await proven(client, receiver, dispatcher)
    receiver.behaviours = [answering(500)] * (len(BACK_OFF) + 1)
    await put(engine, m1=1)
    for _ in range(len(BACK_OFF) + 3):
        await settle(dispatcher)
        await pass_time(engine)
    attempts = (await deliveries(client, subscribed))[1:]
    waits = [moment(one["nextAttemptAt"]) - moment(one["attemptedAt"]) for one in attempts[:-1]]
    assert len(attempts) == len(BACK_OFF) + 1
    for wait, expected in zip(waits, BACK_OFF, strict=True):
        assert expected <= wait < expected + timedelta(minutes=2)
    assert attempts[-1]["nextAttemptAt"] is None
    paused = await show(client, subscribed)
    assert (paused["status"], paused["reason"]) == ("paused", "failing")
    assert (await patch(client, subscribed, status="active")).json()["status"] == "active"
    await settle(dispatcher)
    assert values(receiver) == {value_id(CLEANUPS, LANDSKRONA, 1): 1}
    assert len({call.message_id for call in receiver.changes}) == 1


def moment(written: str) -> datetime:
    return datetime.fromisoformat(written)


async def test_who_asks_to_be_left_alone_for_a_while_is(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    subscribed = await proven(client, receiver, dispatcher)
    receiver.behaviours = [answering(429, retry_after="3600")]
    await put(engine, m1=1)
    await settle(dispatcher)
    (failed,) = (await deliveries(client, subscribed))[1:]
    wait = moment(failed["nextAttemptAt"]) - moment(failed["attemptedAt"])
    assert timedelta(minutes=59) < wait < timedelta(minutes=62)
    assert (failed["statusCode"], failed["error"], failed["message"]) == (429, "refused", "pending")


async def test_who_is_gone_is_left_at_once(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    subscribed = await proven(client, receiver, dispatcher)
    receiver.behaviours = [answering(410)]
    await put(engine, m1=1)
    await settle(dispatcher)
    await pass_time(engine)
    await settle(dispatcher)
    assert len(receiver.changes) == 1
    paused = await show(client, subscribed)
    assert (paused["status"], paused["reason"]) == ("paused", "gone")


async def test_a_message_whose_sender_died_is_sent_again(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver
) -> None:
    subscribed = await subscribe(client, receiver)
    never = asyncio.Event()
    receiver.behaviours = [well, waiting(never)]
    dying = Dispatcher(engine, Sender(HERE), today)
    await settle(dying)
    await put(engine, m1=1)
    while not receiver.changes:
        await dying.look()
        await asyncio.sleep(0.01)
    await dying.stop()
    never.set()
    living = Dispatcher(engine, Sender(HERE), today)
    await settle(living)
    assert len(receiver.changes) == 1
    await pass_time(engine)
    await settle(living)
    first, second = receiver.changes
    assert (first.message_id, first.body) == (second.message_id, second.body)
    outcomes = [one["outcome"] for one in await deliveries(client, subscribed)]
    assert outcomes == ["delivered", "interrupted", "delivered"]
