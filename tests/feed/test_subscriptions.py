"""Subscriptions over HTTP: made, seen, changed, refused."""

from __future__ import annotations

from base64 import b64encode

import httpx
import pytest

from shared.db.cursors import Cursor
from tests.feed.receiver import Receiver
from tests.feed.subscribing import (
    WEBHOOKS,
    patch,
    show,
    subscribe,
)

pytestmark = pytest.mark.usefixtures("series")


async def test_what_cannot_be_kept_is_refused(client: httpx.AsyncClient, receiver: Receiver) -> None:
    for body, fields in (
        ({"url": "https://10.0.0.1/"}, ("url",)),
        ({"url": "https://user:word@example.org/"}, ("url",)),
        ({"url": "https://xn--/"}, ("url",)),
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


async def test_the_secret_is_published_once(client: httpx.AsyncClient, receiver: Receiver) -> None:
    subscribed = await subscribe(client, receiver)
    assert "secret" not in await show(client, subscribed)
    assert subscribed["secret"] not in (await client.get(WEBHOOKS)).text


@pytest.mark.parametrize("size", [24, 32, 64])
async def test_a_subscriber_may_bring_a_secret(client: httpx.AsyncClient, receiver: Receiver, size: int) -> None:
    """trials B21"""
    own = f"whsec_{b64encode(bytes(range(size))).decode()}"
    subscribed = await subscribe(client, receiver, secret=own)
    assert subscribed["secret"] == own
    assert own not in (await client.get(WEBHOOKS)).text
    renewed = own.replace("A", "B")
    answer = await client.post(f"{WEBHOOKS}/{subscribed['id']}/secrets", json={"secret": renewed})
    assert (answer.status_code, answer.json()["secret"]) == (201, renewed)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "mine",
        "whsec_",
        f"whsec_{'A' * 31}",
        f"whsec_{'A' * 28}",
        f"whsec_{'A' * 92}",
        "A" * 44,
        f"whsec_{'å' * 44}",
        7,
    ],
)
async def test_a_secret_that_is_none_is_refused(client: httpx.AsyncClient, receiver: Receiver, secret: object) -> None:
    subscribed = await subscribe(client, receiver)
    for address in (WEBHOOKS, f"{WEBHOOKS}/{subscribed['id']}/secrets"):
        body = {"secret": secret} | ({"url": receiver.url} if address == WEBHOOKS else {})
        answer = await client.post(address, json=body)
        assert answer.status_code == 422
        assert [violation["field"] for violation in answer.json()["violations"]] == ["secret"]


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
        ({"since": Cursor(1, 2, 3).stored()}, 410, "outdated-cursor"),
        ({"since": Cursor(1).stored(), "from": "2026-01-01T00:00:00Z"}, 422, "invalid-body"),
        ({"from": "2026-01-01T00:00:00"}, 422, "invalid-body"),
        ({"from": "yesterday"}, 422, "invalid-body"),
        ({"from": 5}, 422, "invalid-body"),
    ):
        answer = await client.post(f"{WEBHOOKS}/{subscribed['id']}/replays", json=body)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, kind), answer.text
