"""An administrator cannot take its own rights by mistake, where nobody could give them back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http import auth
from tests.api.clients.managing import add, grant, own, patch, revoke, show, works

SpeaksWith = Callable[[str], httpx.AsyncClient]


@pytest.fixture
async def alone(
    engine: AsyncEngine, landskrona: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> httpx.AsyncClient:
    """Return the only client in force that administers Landskrona; what is revoked ends at once."""
    monkeypatch.setattr(auth, "SECONDS_CACHED", 0.0)
    here = await own(landskrona)
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE api_key SET revoked_at = now() WHERE key_id <> :here AND revoked_at IS NULL"),
            {"here": here["id"]},
        )
    return landskrona


async def test_the_last_administrator_cannot_take_its_own_rights(alone: httpx.AsyncClient) -> None:
    mine = await own(alone)
    for refused in (
        await revoke(alone, mine),
        await patch(alone, mine, grants=[grant("report", "1282")]),
    ):
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "last-administrator")
        assert "1282" in refused.json()["detail"]
    assert (await show(alone, mine))["revision"] == mine["revision"]
    # More for itself, in its own areas, is no loss; nor is what others lose.
    assert (await patch(alone, mine, grants=[*mine["grants"], grant("report", "1282")])).status_code == 200
    other = await add(alone, grants=[grant("administer", "1282")])
    assert (await revoke(alone, other)).status_code == 204
    mine = await show(alone, mine)
    assert (await revoke(alone, mine)).status_code == 409


@pytest.mark.parametrize("area", ["1282", "12", "SE"])
async def test_with_another_administrator_it_can(
    alone: httpx.AsyncClient, issued: Callable[..., str], area: str
) -> None:
    mine = await own(alone)
    issued(area)
    assert (await revoke(alone, mine)).status_code == 204
    assert not await works(alone)


async def test_an_administrator_of_elsewhere_does_not_count(
    alone: httpx.AsyncClient, issued: Callable[..., str]
) -> None:
    issued("1284")
    assert (await revoke(alone, await own(alone))).status_code == 409


async def test_two_who_revoke_themselves_at_once_leave_one(alone: httpx.AsyncClient, speaking: SpeaksWith) -> None:
    for _ in range(5):
        mine = await own(alone)
        added = await add(alone, grants=[grant("administer", "1282")])
        other = speaking(added["key"])
        ended = await asyncio.gather(revoke(alone, mine), revoke(other, added))
        assert sorted(answer.status_code for answer in ended) == [204, 409]
        if ended[0].status_code == 204:
            alone = other
