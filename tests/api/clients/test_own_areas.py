"""Who administers some areas manages the clients of these, and gives nothing beyond them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.api.clients.managing import (
    BODY,
    CLIENTS,
    add,
    faults,
    grant,
    own,
    patch,
    revoke,
    rotate,
    show,
)

SOON, LATER = "2078-01-01T00:00:00Z", "2079-01-01T00:00:00Z"
SpeaksWith = Callable[[str], httpx.AsyncClient]


async def test_others_clients_are_not_there(client: httpx.AsyncClient, landskrona: httpx.AsyncClient) -> None:
    theirs = await add(client, owner="1284", grants=[grant("read", "1282")])
    ours = await add(client, owner="1282", grants=[grant("read", "1284")])
    listed = (await landskrona.get(CLIENTS, params={"limit": 1000})).json()
    ids = {one["id"] for one in listed["apiClients"]}
    assert ours["id"] in ids
    assert theirs["id"] not in ids
    assert {one["owner"] for one in listed["apiClients"]} == {"1282"}
    assert listed["_meta"]["totalRecords"] == len(ids)
    assert (await landskrona.get(f"{CLIENTS}/{theirs['id']}")).status_code == 404
    assert (await patch(landskrona, theirs, name="x")).status_code == 404
    assert (await revoke(landskrona, theirs)).status_code == 404
    assert (await rotate(landskrona, theirs)).status_code == 404
    assert await show(client, theirs) == {key: value for key, value in theirs.items() if key != "key"}


@pytest.mark.parametrize("scope", ["read", "report", "coordinate", "administer"])
@pytest.mark.parametrize("area", ["SE", "12", "1284"])
async def test_nothing_is_given_beyond_ones_own_areas(landskrona: httpx.AsyncClient, scope: str, area: str) -> None:
    beyond = [grant("read", "1282"), grant(scope, area)]
    refused = {"grants[1].area": "names an area that you do not administer"}
    assert faults(await landskrona.post(CLIENTS, json=BODY | {"grants": beyond})) == refused
    added = await add(landskrona)
    assert faults(await patch(landskrona, added, grants=beyond)) == refused
    assert (await show(landskrona, added))["grants"] == BODY["grants"]
    assert [*faults(await landskrona.post(CLIENTS, json=BODY | {"owner": area}))] == ["owner"]


async def test_nobody_raises_what_their_own_key_may_do(
    landskrona: httpx.AsyncClient, speaking: SpeaksWith, issued: Callable[..., str]
) -> None:
    mine = await own(landskrona)
    assert [*faults(await patch(landskrona, mine, grants=[*mine["grants"], grant("read", "SE")]))] == ["grants[1].area"]
    made = speaking((await add(landskrona, grants=[grant("administer", "1282")]))["key"])
    assert [*faults(await made.post(CLIENTS, json=BODY | {"grants": [grant("read", "12")]}))] == ["grants[0].area"]


async def test_who_administers_one_area_may_not_give_away_where_they_only_report(
    speaking: SpeaksWith, client: httpx.AsyncClient
) -> None:
    granted = [grant("report", "1284"), grant("administer", "1282")]
    holder = speaking((await add(client, grants=granted))["key"])
    assert (await holder.get(CLIENTS)).json()["_meta"]["totalRecords"] > 0
    assert [*faults(await holder.post(CLIENTS, json=BODY | {"grants": [grant("read", "1284")]}))] == ["grants[0].area"]
    assert [*faults(await holder.post(CLIENTS, json=BODY | {"owner": "1284"}))] == ["owner"]


async def test_a_client_that_may_do_more_is_not_renewed(
    client: httpx.AsyncClient, landskrona: httpx.AsyncClient
) -> None:
    wide = [grant("read", "SE"), grant("report", "1282")]
    added = await add(client, grants=wide, expiresAt=SOON)
    for refused in (
        await rotate(landskrona, added),
        await patch(landskrona, added, expiresAt=LATER),
        await patch(landskrona, added, expiresAt=None),
    ):
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (403, "wider-grants")
        assert "SE" in refused.json()["detail"]
    assert await show(client, added) == {key: value for key, value in added.items() if key != "key"}
    # What it has may stay, and be taken from it.
    changed = (await patch(landskrona, added, grants=[wide[0], grant("read", "1282")], name="Renamed")).json()
    assert changed["grants"] == [grant("read", "1282"), wide[0]]
    narrowed = (await patch(landskrona, changed, grants=[grant("read", "1282")])).json()
    assert [*faults(await patch(landskrona, narrowed, grants=wide))] == ["grants[0].area"]
    assert (await patch(landskrona, narrowed, expiresAt=LATER)).status_code == 200
    assert (await rotate(landskrona, added)).status_code == 201


async def test_a_policy_keeps_what_no_route_would_let_through(
    client: httpx.AsyncClient, engine: AsyncEngine, landskrona: httpx.AsyncClient
) -> None:
    """As the API's role, with the access of who administers Landskrona alone, and with that of a reader."""
    added = await add(client, owner="1284", grants=[grant("read", "1284")])
    mine = await own(landskrona)
    async with engine.connect() as connection:
        (area,) = (await connection.execute(text("SELECT area_id FROM area WHERE code = '1282'"))).scalars()
    ours = f"\\x{bytearray((1 << area).to_bytes(area // 8 + 1, 'little')).hex()}"

    async def run(statement: str, *, administers: str = ours, **values: Any) -> list[Any]:
        async with engine.begin() as connection:
            await connection.execute(
                text("""SELECT set_config('role', 'samverkan_api', true), set_config('samverkan.details', 'all', true),
                               set_config('samverkan.writes', 'all', true), set_config('samverkan.owner', '1', true),
                               set_config('samverkan.administers', :administers, true)"""),
                {"administers": administers},
            )
            result = await connection.execute(text(statement), values)
            return [*result.scalars()] if result.returns_rows else [result.rowcount]

    for table in ("api_key", "api_key_grant", "api_key_hash"):
        assert mine["id"] in map(str, await run(f"SELECT key_id FROM {table}"))
        assert added["id"] not in map(str, await run(f"SELECT key_id FROM {table}"))
        assert await run(f"SELECT key_id FROM {table}", administers="") == []
    assert await run("UPDATE api_key SET revoked_at = now() WHERE key_id = :id", id=added["id"]) == [0]
    assert await run("DELETE FROM api_key_grant WHERE key_id = :id", id=added["id"]) == [0]
    give = "INSERT INTO api_key_grant (key_id, scope, area_id) SELECT :id, 'read', area_id FROM area WHERE code = :code"
    for refused, values in (
        (give, {"id": mine["id"], "code": "SE"}),
        (give, {"id": added["id"], "code": "1282"}),
        ("UPDATE api_key SET owner_area_id = 1 WHERE key_id = :id", {"id": mine["id"]}),
        ("DELETE FROM api_key", {}),
        ("SELECT key_hash FROM api_key_hash", {}),
        ("SELECT key_id FROM api_key_hash WHERE key_hash = ''", {}),
        ("UPDATE api_key_hash SET key_hash = ''", {}),
        ("UPDATE api_key_grant SET scope = 'administer'", {}),
    ):
        with pytest.raises(Exception, match=r"row-level security|permission denied"):
            await run(refused, **values)
