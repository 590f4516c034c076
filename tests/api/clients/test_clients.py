"""Clients of the API: made, shown, changed and revoked, and what is refused of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.api.http import auth
from tests.api.clients.managing import BODY, CLIENTS, add, faults, grant, patch, revoke, rotate, show, works

SOON = "2079-01-01T00:00:00Z"
SpeaksWith = Callable[[str], httpx.AsyncClient]


async def test_a_key_is_published_once_and_works_at_once(client: httpx.AsyncClient, speaking: SpeaksWith) -> None:
    answer = await client.post(CLIENTS, json=BODY | {"expiresAt": SOON})
    added = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["location"].endswith(f"{CLIENTS}/{added['id']}")
    assert await works(speaking(added["key"]))
    current = await client.get(f"{CLIENTS}/{added['id']}")
    assert current.headers["etag"] == '"1"'
    assert added == current.json() | {"key": added["key"], "lastUsedAt": None}
    listed = await client.get(CLIENTS, params={"limit": 1000})
    for answered in (current, listed):
        assert added["key"] not in answered.text
        assert "hash" not in answered.text
    (entry,) = (one for one in listed.json()["apiClients"] if one["id"] == added["id"])
    assert entry == {name: value for name, value in current.json().items() if name != "_links"}
    assert (entry["owner"], entry["grants"], entry["expiresAt"]) == ("1282", BODY["grants"], SOON)


async def test_clients_are_listed_by_pages_the_oldest_first(client: httpx.AsyncClient) -> None:
    added = [(await add(client, name=f"System {number}"))["id"] for number in range(3)]
    total = (await client.get(CLIENTS)).json()["_meta"]["totalRecords"]
    pages = [(await client.get(CLIENTS, params={"page": total - 2 + at, "limit": 1})).json() for at in range(3)]
    assert [page["apiClients"][0]["id"] for page in pages] == added
    assert (await client.get(CLIENTS, params={"page": total + 1, "limit": 1})).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "Anna 850709-9805"}, "name"),
        ({"name": "anna.andersson@example.se"}, "name"),
        ({"name": None}, "name"),
        ({"owner": "1299"}, "owner"),
        ({"owner": "Landskrona stad"}, "owner"),
        ({"grants": []}, "grants"),
        ({"grants": [{"scope": "report"}]}, "grants[0].area"),
        ({"grants": [{"area": "1282"}]}, "grants[0].scope"),
        ({"grants": [grant("own", "1282")]}, "grants[0].scope"),
        ({"grants": [grant("read", "1282"), grant("read", "1299")]}, "grants[1].area"),
        ({"grants": [grant("read", "")]}, "grants[0].area"),
        ({"grants": [grant("read", "ended")]}, "grants[0].area"),
        ({"owner": "ended"}, "owner"),
        ({"grants": ["read"]}, "grants[0]"),
        ({"grants": [grant("read", "1282")] * 1001}, "grants"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"expiresAt": "2079-01-01"}, "expiresAt"),
        ({"expiresAt": "2079-13-01T00:00:00Z"}, "expiresAt"),
        ({"scopes": ["read"]}, "scopes"),
        ({"key": "smv_mine"}, "key"),
    ],
)
async def test_a_bad_client_is_refused_by_its_field(
    client: httpx.AsyncClient, changes: dict[str, Any], field: str
) -> None:
    ended = {"kind": "municipality", "name": "Ended", "validFrom": "1971-01-01", "validTo": "2001-01-01"}
    parents = (await client.get(f"{CLIENTS.removesuffix('api-clients')}areas/1282")).json()["parents"]
    await client.put(f"{CLIENTS.removesuffix('api-clients')}areas/ended", json=ended | {"parents": parents[:1]})
    total = (await client.get(CLIENTS)).json()["_meta"]["totalRecords"]
    answer = await client.post(CLIENTS, json=BODY | changes)
    assert [*faults(answer)] == [field]
    added = await add(client)
    before = await show(client, added)
    changed = await patch(client, added, **changes)
    if changes != {"name": None} and "owner" not in changes:
        assert [*faults(changed)] == [field]
        assert await show(client, added) == before
    assert (await client.get(CLIENTS)).json()["_meta"]["totalRecords"] == total + 1


async def test_everything_wrong_is_told_at_once(client: httpx.AsyncClient) -> None:
    wrong = {"name": " ", "owner": "1299", "grants": [grant("read", "1298")], "expiresAt": "2020-01-01T00:00:00Z"}
    assert {*faults(await client.post(CLIENTS, json=wrong))} == {"name", "owner", "grants[0].area", "expiresAt"}


async def test_only_who_administers_comes_here(reader: httpx.AsyncClient, reporter: httpx.AsyncClient) -> None:
    one = f"{CLIENTS}/0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a12"
    for holder in (reader, reporter):
        for method, address in (
            ("GET", CLIENTS),
            ("POST", CLIENTS),
            ("GET", one),
            ("PATCH", one),
            ("DELETE", one),
            ("POST", f"{one}/keys"),
        ):
            assert (await holder.request(method, address)).status_code == 403


async def test_an_id_of_nothing_is_not_found(client: httpx.AsyncClient) -> None:
    nothing = {"id": "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a12", "revision": 1}
    assert (await patch(client, nothing, name="x")).status_code == 404
    assert (await revoke(client, nothing)).status_code == 404
    assert (await rotate(client, nothing)).status_code == 404
    assert (await client.get(f"{CLIENTS}/none")).status_code == 404


async def test_what_is_left_out_of_a_change_stays(client: httpx.AsyncClient) -> None:
    added = await add(client, expiresAt=SOON)
    renamed = (await patch(client, added, name="Parkenheten")).json()
    assert renamed == await show(client, added)
    assert (renamed["name"], renamed["expiresAt"], renamed["grants"]) == ("Parkenheten", SOON, BODY["grants"])
    granted = [grant("read", "SE"), grant("report", "1282")]
    widened = (await patch(client, renamed, grants=[*reversed(granted), granted[0]])).json()
    assert (widened["name"], widened["grants"], widened["revision"]) == ("Parkenheten", granted, 3)
    assert (await patch(client, widened, expiresAt=None)).json()["expiresAt"] is None


async def test_a_change_of_grants_holds_within_seconds(
    client: httpx.AsyncClient, speaking: SpeaksWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "SECONDS_CACHED", 0.0)
    added = await add(client, grants=[grant("administer", "1282")])
    holder = speaking(added["key"])
    assert (await holder.get(CLIENTS)).status_code == 200
    await patch(client, added, grants=[grant("read", "1282")])
    assert (await holder.get(CLIENTS)).status_code == 403
    assert await works(holder)


async def test_two_administrators_cannot_overwrite_each_other(
    client: httpx.AsyncClient, landskrona: httpx.AsyncClient
) -> None:
    added = await add(client)
    for number in range(5):
        current = await show(client, added)
        changes = await asyncio.gather(
            patch(client, current, name=f"First {number}"), patch(landskrona, current, grants=[grant("read", "1282")])
        )
        assert sorted(change.status_code for change in changes) == [200, 412]
        now = await show(client, added)
        assert now["revision"] == current["revision"] + 1
        changed = next(change for change in changes if change.status_code == 200)
        assert changed.json() == now
    without = await client.patch(f"{CLIENTS}/{added['id']}", json={"name": "x"})
    assert without.status_code == 428
    assert (await client.delete(f"{CLIENTS}/{added['id']}")).status_code == 428


async def test_a_revoked_client_stays_listed_and_ends_for_good(
    client: httpx.AsyncClient, speaking: SpeaksWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "SECONDS_CACHED", 0.0)
    added = await add(client)
    later = (await rotate(client, added)).json()
    holders = [speaking(one["key"]) for one in (added, later)]
    assert [await works(holder) for holder in holders] == [True, True]
    assert (await revoke(client, added)).status_code == 412
    assert (await revoke(client, later)).status_code == 204
    assert [await works(holder) for holder in holders] == [False, False]
    current = await show(client, added)
    assert current["revokedAt"] is not None
    assert (await revoke(client, current)).status_code == 204
    assert await show(client, added) == current
    assert (await patch(client, current, expiresAt=SOON)).status_code == 409
    assert (await rotate(client, current)).status_code == 409


async def test_an_expired_client_gets_no_new_key_before_its_end_is_moved(
    client: httpx.AsyncClient, speaking: SpeaksWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "SECONDS_CACHED", 0.0)
    soon = datetime.now(UTC) + timedelta(seconds=3)
    added = await add(client, expiresAt=soon.isoformat())
    holder = speaking(added["key"])
    assert await works(holder)
    await asyncio.sleep(3)
    assert not await works(holder)
    assert (await rotate(client, added)).status_code == 409
    assert (await patch(client, added, expiresAt=SOON)).status_code == 200
    assert await works(holder)
    assert (await rotate(client, added)).status_code == 201
