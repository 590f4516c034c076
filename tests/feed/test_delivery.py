"""Messages of changes: signed, in order, each until it is taken, whatever receivers and senders do."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.indicators.webhooks.dispatcher import Dispatcher
from shared.connectors.outgoing import Sender
from shared.db.cursors import Cursor
from shared.db.signing import read_signer
from shared.domain.period import today
from tests.feed.follower import (
    CLEANUPS,
    LANDSKRONA,
    SKANE,
    VISITS,
    Reader,
    older_ones_end,
    served_values,
    value_id,
    write,
)
from tests.feed.receiver import Behaviour, Receiver, answering, cut, receiving, waiting
from tests.feed.subscribing import (
    HERE,
    WEBHOOKS,
    proven,
    put,
    settle,
    show,
    subscribe,
    values,
)

pytestmark = pytest.mark.usefixtures("series")


async def test_what_changes_is_told_signed_to_who_has_proved_to_want_it(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    subscribed = await subscribe(client, receiver, description="intranet")
    assert subscribed["status"] == "challenged"
    await put(engine, m1=1)
    await dispatcher.look()
    assert receiver.calls == []
    await settle(dispatcher)
    assert [call.message["type"] for call in receiver.calls] == ["webhook.challenge", "indicator-values.changed"]
    await put(engine, m1=2, m2=5)
    await put(engine, m3=7)
    await put(engine, m2=None)
    await settle(dispatcher)
    assert values(receiver) == {value_id(CLEANUPS, LANDSKRONA, 1): 2, value_id(CLEANUPS, LANDSKRONA, 3): 7}
    receiver.verify(subscribed["secret"])
    assert len({call.message_id for call in receiver.calls}) == len(receiver.calls)
    assert receiver.calls[0].message["data"].keys() == {"webhookId", "token"}
    assert (await show(client, subscribed))["reason"] is None


async def test_messages_say_where_they_reach_to(
    client: httpx.AsyncClient, follower: Reader, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    await proven(client, receiver, dispatcher)
    await put(engine, m1=1)
    await settle(dispatcher)
    async with engine.connect() as connection:
        signer = await read_signer(connection)
    follower.since = Cursor.parse(receiver.changes[-1].message["data"]["nextCursor"], signer)
    await put(engine, m2=2)
    await follower.catch_up()
    assert list(follower.values) == [value_id(CLEANUPS, LANDSKRONA, 2)]


async def test_many_changes_come_in_messages_of_a_hundred(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher, database_url: str
) -> None:
    subscribed = await proven(client, receiver, dispatcher)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, left_out,
                                                status)
                   SELECT series_id, area_id, 'month', make_date(2016, 1, 1), 4, 0, 'observed'
                   FROM indicator_series CROSS JOIN (SELECT area_id FROM area ORDER BY area_id LIMIT 5) AS area
                   ORDER BY series_id LIMIT 250"""
            )
        )
    await settle(dispatcher)
    assert [len(call.message["data"]["changes"]) for call in receiver.changes] == [100, 100, 50]
    assert receiver.values() == await served_values(database_url)
    receiver.verify(subscribed["secret"])


async def test_a_filter_lets_through_what_was_asked_for(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    wanted = {"indicators": [CLEANUPS], "areas": [LANDSKRONA, SKANE], "periodTypes": ["month"]}
    await proven(client, receiver, dispatcher, **wanted)
    async with engine.begin() as connection:
        await write(connection, {(VISITS, LANDSKRONA, 1): 1, (CLEANUPS, SKANE, 2): 2, (CLEANUPS, "1283", 2): 3})
    await settle(dispatcher)
    assert values(receiver) == {value_id(CLEANUPS, SKANE, 2): 2}


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (answering(200, '{"token": "guessed"}'), "wrongAnswer"),
        (answering(200, '{"token": 7}'), "wrongAnswer"),
        (answering(200, "[" * 10_000), "wrongAnswer"),
        (answering(200, '"token"'), "wrongAnswer"),
        (answering(200), "wrongAnswer"),
        (answering(500), "refused"),
        (answering(410), "refused"),
        (answering(301, location="http://127.0.0.1/"), "redirected"),
        (cut, "cutOff"),
    ],
)
async def test_who_does_not_prove_itself_is_told_nothing(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    receiver: Receiver,
    dispatcher: Dispatcher,
    behaviour: Behaviour,
    reason: str,
) -> None:
    receiver.behaviours = [behaviour]
    subscribed = await subscribe(client, receiver)
    await put(engine, m1=1)
    await settle(dispatcher)
    subscription = await show(client, subscribed)
    assert (subscription["status"], subscription["reason"], subscription["provenAt"]) == ("challenged", reason, None)
    assert len(receiver.calls) == 1
    again = await client.post(f"{WEBHOOKS}/{subscribed['id']}/challenges")
    assert (again.status_code, again.json()["status"], again.json()["reason"]) == (202, "challenged", None)
    await settle(dispatcher)
    assert (await show(client, subscribed))["status"] == "active"
    assert values(receiver) == {value_id(CLEANUPS, LANDSKRONA, 1): 1}


async def test_a_slow_receiver_holds_up_no_other(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    patience = asyncio.Event()
    async with receiving() as quick:
        await proven(client, receiver, dispatcher)
        await proven(client, quick, dispatcher)
        receiver.behaviours = [waiting(patience)]
        await put(engine, m1=1)
        while len(quick.changes) < 1 or len(receiver.changes) < 1:
            await dispatcher.look()
            await asyncio.sleep(0.01)
        await put(engine, m2=2)
        while len(quick.changes) < 2:
            await dispatcher.look()
            await asyncio.sleep(0.01)
        assert len(receiver.changes) == 1
        patience.set()
        await settle(dispatcher)
        assert receiver.values() == quick.values()
        assert len(receiver.values()) == 2


async def test_two_who_deliver_send_each_message_once(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, dispatcher: Dispatcher
) -> None:
    await proven(client, receiver, dispatcher)
    other = Dispatcher(engine, Sender(HERE), today)
    for month in range(1, 8):
        await put(engine, **{f"m{month}": month})
        await older_ones_end(engine)
        await asyncio.gather(dispatcher.look(), other.look())
        await asyncio.gather(dispatcher.finish(), other.finish())
    await settle(other)
    ids = [call.message_id for call in receiver.changes]
    assert len(ids) == len(set(ids))
    assert sorted(values(receiver).values()) == [1, 2, 3, 4, 5, 6, 7]
