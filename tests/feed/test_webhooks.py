"""Webhooks from subscription to delivery, with receivers that behave well and badly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from standardwebhooks import Webhook

from services.api.requests import BASE
from services.indicators import delivering
from services.indicators.delivering import Deliverer
from services.indicators.telling import BACK_OFF, compose, forget_old_messages
from shared.connectors.outgoing import Sender
from shared.feed.changes import Cursor
from shared.settings import Settings
from tests.feed.follower import (
    CLEANUPS,
    LANDSKRONA,
    SKANE,
    VISITS,
    Reader,
    older_ones_end,
    shown,
    value_id,
    write,
)
from tests.feed.receiver import Behaviour, Receiver, answering, cut, receiving, waiting, well

WEBHOOKS = f"{BASE}/webhooks"
HERE = (ip_network("127.0.0.1"),)

pytestmark = pytest.mark.usefixtures("series")


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return Settings(database_url=database_url, redis_url=redis_url, log_level="warning", trusted_networks=HERE)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def deliverer(engine: AsyncEngine) -> AsyncIterator[Deliverer]:
    deliverer = Deliverer(engine, Sender(HERE, seconds=10))
    yield deliverer
    await deliverer.stop()


async def subscribe(client: httpx.AsyncClient, receiver: Receiver, **body: object) -> dict[str, Any]:
    answer = await client.post(WEBHOOKS, json={"url": receiver.url, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def proven(client: httpx.AsyncClient, receiver: Receiver, deliverer: Deliverer, **body: object) -> dict[str, Any]:
    """Subscribe, and let the receiver prove itself."""
    subscribed = await subscribe(client, receiver, **body)
    await settle(deliverer)
    assert (await show(client, subscribed))["status"] == "active"
    return subscribed


async def settle(deliverer: Deliverer) -> None:
    """Look often enough that all that is due is sent."""
    await older_ones_end(deliverer._engine)
    for _ in range(3):
        await deliverer.look()
        await deliverer.finish()


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
    return {told: value["value"] for told, value in receiver.kept().items()}


async def test_what_changes_is_told_signed_to_who_has_proved_to_want_it(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    subscribed = await subscribe(client, receiver, description="intranet")
    assert subscribed["status"] == "challenged"
    await put(engine, m1=1)
    await deliverer.look()
    assert receiver.calls == []
    await settle(deliverer)
    assert [call.message["type"] for call in receiver.calls] == ["webhook.challenge", "indicator-values.changed"]
    await put(engine, m1=2, m2=5)
    await put(engine, m3=7)
    await put(engine, m2=None)
    await settle(deliverer)
    assert values(receiver) == {value_id(CLEANUPS, LANDSKRONA, 1): 2, value_id(CLEANUPS, LANDSKRONA, 3): 7}
    receiver.verify(subscribed["secret"])
    assert len({call.message_id for call in receiver.calls}) == len(receiver.calls)
    assert receiver.calls[0].message["data"].keys() == {"webhookId", "token"}
    assert (await show(client, subscribed))["reason"] is None


async def test_messages_say_where_they_reach_to(
    client: httpx.AsyncClient, follower: Reader, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    await proven(client, receiver, deliverer)
    await put(engine, m1=1)
    await settle(deliverer)
    follower.since = Cursor.parse(receiver.changes[-1].message["data"]["nextCursor"])
    await put(engine, m2=2)
    await follower.catch_up()
    assert list(follower.kept) == [value_id(CLEANUPS, LANDSKRONA, 2)]


async def test_many_changes_come_in_messages_of_a_hundred(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer, database_url: str
) -> None:
    subscribed = await proven(client, receiver, deliverer)
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
    await settle(deliverer)
    assert [len(call.message["data"]["changes"]) for call in receiver.changes] == [100, 100, 50]
    assert receiver.kept() == await shown(database_url)
    receiver.verify(subscribed["secret"])


async def test_a_filter_lets_through_what_was_asked_for(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    wanted = {"indicators": [CLEANUPS], "areas": [LANDSKRONA, SKANE], "periodTypes": ["month"]}
    await proven(client, receiver, deliverer, **wanted)
    async with engine.begin() as connection:
        await write(connection, {(VISITS, LANDSKRONA, 1): 1, (CLEANUPS, SKANE, 2): 2, (CLEANUPS, "1283", 2): 3})
    await settle(deliverer)
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
    deliverer: Deliverer,
    behaviour: Behaviour,
    reason: str,
) -> None:
    receiver.behaviours = [behaviour]
    subscribed = await subscribe(client, receiver)
    await put(engine, m1=1)
    await settle(deliverer)
    kept = await show(client, subscribed)
    assert (kept["status"], kept["reason"], kept["provenAt"]) == ("challenged", reason, None)
    assert len(receiver.calls) == 1
    again = await client.post(f"{WEBHOOKS}/{subscribed['id']}/challenges")
    assert (again.status_code, again.json()["status"], again.json()["reason"]) == (202, "challenged", None)
    await settle(deliverer)
    assert (await show(client, subscribed))["status"] == "active"
    assert values(receiver) == {value_id(CLEANUPS, LANDSKRONA, 1): 1}


async def test_what_fails_is_sent_again_the_same_and_in_order(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    subscribed = await proven(client, receiver, deliverer)
    receiver.behaviours = [answering(500), cut]
    for figure in (1, 2, 3):
        await put(engine, m1=figure)
        await settle(deliverer)
        await pass_time(engine)
    await settle(deliverer)
    sent = [(call.message_id, call.body) for call in receiver.changes]
    assert len(sent) == 4
    assert sent[0] == sent[1] == sent[2] != sent[3]
    assert [call.message["data"]["changes"][0]["indicatorValue"]["value"] for call in receiver.changes] == [1, 1, 1, 3]
    receiver.verify(subscribed["secret"])
    attempts = await deliveries(client, subscribed)
    told = [(one["attempt"], one["outcome"], one["statusCode"], one["error"]) for one in attempts]
    assert told == [
        (1, "delivered", 200, None),
        (1, "failed", 500, "refused"),
        (2, "failed", None, "cutOff"),
        (3, "delivered", 200, None),
        (1, "delivered", 200, None),
    ]


async def test_waits_grow_and_at_last_it_is_paused_until_someone_resumes_it(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    subscribed = await proven(client, receiver, deliverer)
    receiver.behaviours = [answering(500)] * (len(BACK_OFF) + 1)
    await put(engine, m1=1)
    for _ in range(len(BACK_OFF) + 3):
        await settle(deliverer)
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
    await settle(deliverer)
    assert values(receiver) == {value_id(CLEANUPS, LANDSKRONA, 1): 1}
    assert len({call.message_id for call in receiver.changes}) == 1


def moment(told: str) -> datetime:
    return datetime.fromisoformat(told)


async def test_who_asks_to_be_left_alone_for_a_while_is(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    subscribed = await proven(client, receiver, deliverer)
    receiver.behaviours = [answering(429, retry_after="3600")]
    await put(engine, m1=1)
    await settle(deliverer)
    (failed,) = (await deliveries(client, subscribed))[1:]
    wait = moment(failed["nextAttemptAt"]) - moment(failed["attemptedAt"])
    assert timedelta(minutes=59) < wait < timedelta(minutes=62)
    assert (failed["statusCode"], failed["error"], failed["message"]) == (429, "refused", "pending")


async def test_who_is_gone_is_left_at_once(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    subscribed = await proven(client, receiver, deliverer)
    receiver.behaviours = [answering(410)]
    await put(engine, m1=1)
    await settle(deliverer)
    await pass_time(engine)
    await settle(deliverer)
    assert len(receiver.changes) == 1
    paused = await show(client, subscribed)
    assert (paused["status"], paused["reason"]) == ("paused", "gone")


async def test_a_slow_receiver_holds_up_no_other(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    patience = asyncio.Event()
    async with receiving() as quick:
        await proven(client, receiver, deliverer)
        await proven(client, quick, deliverer)
        receiver.behaviours = [waiting(patience)]
        await put(engine, m1=1)
        while len(quick.changes) < 1 or len(receiver.changes) < 1:
            await deliverer.look()
            await asyncio.sleep(0.01)
        await put(engine, m2=2)
        while len(quick.changes) < 2:
            await deliverer.look()
            await asyncio.sleep(0.01)
        assert len(receiver.changes) == 1
        patience.set()
        await settle(deliverer)
        assert receiver.kept() == quick.kept()
        assert len(receiver.kept()) == 2


async def test_two_who_deliver_send_each_message_once(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    await proven(client, receiver, deliverer)
    other = Deliverer(engine, Sender(HERE))
    for month in range(1, 8):
        await put(engine, **{f"m{month}": month})
        await older_ones_end(engine)
        await asyncio.gather(deliverer.look(), other.look())
        await asyncio.gather(deliverer.finish(), other.finish())
    await settle(other)
    ids = [call.message_id for call in receiver.changes]
    assert len(ids) == len(set(ids))
    assert sorted(values(receiver).values()) == [1, 2, 3, 4, 5, 6, 7]


async def test_a_message_whose_sender_died_is_sent_again(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver
) -> None:
    subscribed = await subscribe(client, receiver)
    never = asyncio.Event()
    receiver.behaviours = [well, waiting(never)]
    dying = Deliverer(engine, Sender(HERE))
    await settle(dying)
    await put(engine, m1=1)
    while not receiver.changes:
        await dying.look()
        await asyncio.sleep(0.01)
    await dying.stop()
    never.set()
    living = Deliverer(engine, Sender(HERE))
    await settle(living)
    assert len(receiver.changes) == 1
    await pass_time(engine)
    await settle(living)
    first, second = receiver.changes
    assert (first.message_id, first.body) == (second.message_id, second.body)
    outcomes = [one["outcome"] for one in await deliveries(client, subscribed)]
    assert outcomes == ["delivered", "interrupted", "delivered"]


async def test_what_was_told_can_be_told_again_from_a_point(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    subscribed = await proven(client, receiver, deliverer)
    for month in (1, 2, 3):
        await put(engine, **{f"m{month}": month})
        await settle(deliverer)
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
        await settle(deliverer)
        assert sorted(values(receiver).values()) == months


async def test_a_replay_takes_the_place_of_what_waits(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    subscribed = await proven(client, receiver, deliverer)
    receiver.behaviours = [answering(500)]
    await put(engine, m1=1)
    await settle(deliverer)
    assert (await client.post(f"{WEBHOOKS}/{subscribed['id']}/replays", json={})).status_code == 202
    await settle(deliverer)
    first, second = receiver.changes
    assert first.message_id != second.message_id
    assert [one["message"] for one in await deliveries(client, subscribed)] == ["delivered", "withdrawn", "delivered"]


async def test_a_new_secret_signs_beside_the_former_for_a_day(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    subscribed = await proven(client, receiver, deliverer)
    renewed = (await client.post(f"{WEBHOOKS}/{subscribed['id']}/secrets")).json()["secret"]
    assert renewed.startswith("whsec_")
    receiver.calls.clear()
    await put(engine, m1=1)
    await settle(deliverer)
    receiver.verify(subscribed["secret"])
    receiver.verify(renewed)
    receiver.calls.clear()
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE webhook SET former_secret_until = now()"))
    await put(engine, m1=2)
    await settle(deliverer)
    receiver.verify(renewed)
    (call,) = receiver.calls
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(subscribed["secret"]).verify(call.body, call.headers)


async def test_another_address_must_prove_itself(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    subscribed = await proven(client, receiver, deliverer)
    async with receiving() as elsewhere:
        elsewhere.behaviours = [answering(200)]
        moved = await patch(client, subscribed, url=elsewhere.url)
        assert (moved.json()["status"], moved.json()["provenAt"]) == ("challenged", None)
        await put(engine, m1=1)
        await settle(deliverer)
        assert [call.message["type"] for call in elsewhere.calls] == ["webhook.challenge"]
        assert receiver.changes == []
        # A pause is no way around.
        await patch(client, subscribed, status="paused")
        assert (await patch(client, subscribed, status="active")).json()["status"] == "challenged"
        await settle(deliverer)
        assert len(elsewhere.changes) == 1


async def test_an_answer_to_a_challenge_proves_only_the_address_it_came_from(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    patience = asyncio.Event()
    receiver.behaviours = [waiting(patience)]
    subscribed = await subscribe(client, receiver)
    await deliverer.look()
    while not receiver.calls:
        await deliverer.look()
        await asyncio.sleep(0.01)
    async with receiving() as elsewhere:
        elsewhere.behaviours = [answering(500)]
        await patch(client, subscribed, url=elsewhere.url)
        patience.set()
        await settle(deliverer)
        assert (await show(client, subscribed))["status"] == "challenged"


async def test_what_is_paused_waits_and_goes_on_where_it_stopped(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    subscribed = await proven(client, receiver, deliverer)
    paused = (await patch(client, subscribed, status="paused")).json()
    assert (paused["status"], paused["reason"]) == ("paused", "byOperator")
    await put(engine, m1=1)
    await settle(deliverer)
    assert receiver.changes == []
    await patch(client, subscribed, status="active")
    await settle(deliverer)
    assert len(receiver.changes) == 1


async def test_a_restored_database_is_told_before_all_comes_anew(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer, database_url: str
) -> None:
    await proven(client, receiver, deliverer)
    await put(engine, m1=1, m2=2)
    await settle(deliverer)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE webhook SET position = :position"), {"position": str(Cursor(1, 2, 3))})
        await connection.execute(text("TRUNCATE removed_value"))
        await write(connection, {(CLEANUPS, LANDSKRONA, 2): None})
        await connection.execute(text("TRUNCATE removed_value"))
    await settle(deliverer)
    assert [call.message["type"] for call in receiver.calls[2:]] == [
        "indicator-values.restarted",
        "indicator-values.changed",
    ]
    assert receiver.kept() == await shown(database_url)


async def test_a_subscription_that_ends_while_it_is_served(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    patience = asyncio.Event()
    subscribed = await proven(client, receiver, deliverer)
    receiver.behaviours = [waiting(patience)]
    await put(engine, m1=1)
    while not receiver.changes:
        await deliverer.look()
        await asyncio.sleep(0.01)
    gone = await client.delete(f"{WEBHOOKS}/{subscribed['id']}", headers={"If-Match": "*"})
    assert gone.status_code == 204
    patience.set()
    await put(engine, m2=1)
    await settle(deliverer)
    assert len(receiver.changes) == 1
    assert (await client.get(WEBHOOKS)).json()["webhooks"] == []


async def test_old_messages_are_forgotten_and_pending_ones_are_not(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    subscribed = await proven(client, receiver, deliverer)
    receiver.behaviours = [answering(500)]
    await put(engine, m1=1)
    await settle(deliverer)
    async with engine.begin() as connection:
        assert await forget_old_messages(connection) == 0
        await connection.execute(text("UPDATE webhook_message SET created_at = now() - interval '31 days'"))
        assert await forget_old_messages(connection) == 1
    (left,) = await deliveries(client, subscribed)
    assert left["message"] == "pending"


async def test_a_copy_of_the_database_elsewhere_tells_no_one(
    client: httpx.AsyncClient, engine: AsyncEngine, receiver: Receiver, deliverer: Deliverer
) -> None:
    await proven(client, receiver, deliverer)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE feed_origin SET system_identifier = 1"))
    await put(engine, m1=1)
    await settle(deliverer)
    assert receiver.changes == []


async def test_what_cannot_be_kept_is_refused(client: httpx.AsyncClient, receiver: Receiver) -> None:
    for body, fields in (
        ({"url": "https://10.0.0.1/"}, ("url",)),
        ({"url": "https://user:word@example.org/"}, ("url",)),
        ({"url": "https://169.254.169.254/latest/meta-data"}, ("url",)),
        ({"url": "javascript:alert(1)"}, ("url",)),
        ({"indicators": ["no-such"], "areas": ["9999"]}, ("indicators", "areas")),
        ({"periodTypes": ["week"]}, ("periodTypes[0]",)),
        ({"secret": "mine"}, ("secret",)),
        ({"url": 7}, ("url",)),
    ):
        answer = await client.post(WEBHOOKS, json={"url": receiver.url, **body})
        assert answer.status_code == 422, answer.text
        assert [violation["field"] for violation in answer.json()["violations"]] == list(fields)


async def test_only_who_administers_sees_and_changes_webhooks(
    client: httpx.AsyncClient, reporter: httpx.AsyncClient, stranger: httpx.AsyncClient, receiver: Receiver
) -> None:
    subscribed = await subscribe(client, receiver)
    address = f"{WEBHOOKS}/{subscribed['id']}"
    for caller, status in ((reporter, 403), (stranger, 401)):
        assert (await caller.post(WEBHOOKS, json={"url": receiver.url})).status_code == status
        for read in (WEBHOOKS, address, f"{address}/deliveries"):
            assert (await caller.get(read)).status_code == status
        for made in ("challenges", "secrets", "replays"):
            assert (await caller.post(f"{address}/{made}", json={})).status_code == status
        assert (await caller.patch(address, json={})).status_code == status
        assert (await caller.delete(address)).status_code == status


async def test_the_secret_is_shown_once(client: httpx.AsyncClient, receiver: Receiver) -> None:
    subscribed = await subscribe(client, receiver)
    assert "secret" not in await show(client, subscribed)
    assert subscribed["secret"] not in (await client.get(WEBHOOKS)).text


async def test_changes_build_on_what_was_read(client: httpx.AsyncClient, receiver: Receiver) -> None:
    subscribed = await subscribe(client, receiver)
    address = f"{WEBHOOKS}/{subscribed['id']}"
    assert (await client.patch(address, json={"description": "x"})).status_code == 428
    stale = {"If-Match": '"99"'}
    assert (await client.patch(address, json={"description": "x"}, headers=stale)).status_code == 412
    assert (await client.delete(address, headers=stale)).status_code == 412
    changed = await patch(client, subscribed, description="x", areas=["1282"], indicators=[])
    assert (changed.json()["description"], changed.json()["areas"], changed.json()["url"]) == (
        "x",
        ["1282"],
        receiver.url,
    )
    assert (await patch(client, subscribed, url="https://10.0.0.1/")).status_code == 422


async def test_an_unknown_webhook(client: httpx.AsyncClient) -> None:
    address = f"{WEBHOOKS}/0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a11"
    for answer in (
        await client.get(address),
        await client.get(f"{address}/deliveries"),
        await client.patch(address, json={}, headers={"If-Match": "*"}),
        await client.delete(address, headers={"If-Match": "*"}),
        await client.post(f"{address}/challenges"),
        await client.post(f"{address}/secrets"),
        await client.post(f"{address}/replays", json={}),
    ):
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("/unknown-webhook")


async def test_a_replay_from_nowhere(client: httpx.AsyncClient, receiver: Receiver) -> None:
    subscribed = await subscribe(client, receiver)
    for body, status, kind in (
        ({"since": "nothing"}, 400, "invalid-cursor"),
        ({"since": str(Cursor(1, 2, 3))}, 410, "outdated-cursor"),
        ({"since": str(Cursor(1)), "from": "2026-01-01T00:00:00Z"}, 422, "invalid-body"),
        ({"from": "2026-01-01T00:00:00"}, 422, "invalid-body"),
        ({"from": "yesterday"}, 422, "invalid-body"),
        ({"from": 5}, 422, "invalid-body"),
    ):
        answer = await client.post(f"{WEBHOOKS}/{subscribed['id']}/replays", json=body)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, kind), answer.text


async def test_one_that_cannot_be_served_holds_up_no_other(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    receiver: Receiver,
    deliverer: Deliverer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoilt = await proven(client, receiver, deliverer)
    async with receiving() as other:
        await proven(client, other, deliverer)

        async def fail_for_one(connection: AsyncConnection, webhook_id: UUID) -> bool:
            if str(webhook_id) == spoilt["id"]:
                raise RuntimeError
            return await compose(connection, webhook_id)

        monkeypatch.setattr(delivering, "compose", fail_for_one)
        await put(engine, m1=1)
        await settle(deliverer)
        assert (len(receiver.changes), len(other.changes)) == (0, 1)
