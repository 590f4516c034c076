"""A key is replaced by another while clients go on asking, and its use is noted without their noticing."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http import auth, key_uses
from tests.api.clients.managing import READABLE, add, patch, rotate, show, works

SpeaksWith = Callable[[str], httpx.AsyncClient]


@pytest.fixture(autouse=True)
def _forget_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "SECONDS_CACHED", 0.05)


async def end_former_keys(engine: AsyncEngine, client: dict[str, Any]) -> None:
    """Let time pass until the overlap is over."""
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE api_key_hash SET valid_until = now() WHERE key_id = :id AND valid_until IS NOT NULL"),
            {"id": client["id"]},
        )
    await asyncio.sleep(2 * auth.SECONDS_CACHED)


async def test_under_load_both_keys_work_in_the_overlap_and_the_old_one_stops_after(
    client: httpx.AsyncClient, speaking: SpeaksWith, engine: AsyncEngine
) -> None:
    added = await add(client)
    answers: dict[str, Counter[int]] = {"old": Counter(), "new": Counter()}
    stop = asyncio.Event()

    async def ask(which: str, key: str) -> None:
        holder = speaking(key)
        while not stop.is_set():
            answers[which][(await holder.get(READABLE)).status_code] += 1

    async def answered(*whose: str) -> None:
        for _ in range(2000):
            if min(answers[which].total() for which in whose) >= 20:
                return
            await asyncio.sleep(0.01)
        pytest.fail("hardly any answers")

    asking = [asyncio.create_task(ask("old", added["key"])) for _ in range(4)]
    await answered("old")
    rotated = await rotate(client, added)
    assert rotated.status_code == 201
    assert rotated.headers["cache-control"] == "no-store"
    asking += [asyncio.create_task(ask("new", rotated.json()["key"])) for _ in range(4)]
    answers["old"].clear()
    await answered("old", "new")
    assert {*answers["old"]} == {*answers["new"]} == {200}
    await end_former_keys(engine, added)
    for counter in answers.values():
        counter.clear()
    await answered("old", "new")
    stop.set()
    await asyncio.gather(*asking)
    assert ({*answers["old"]}, {*answers["new"]}) == ({401}, {200})


@pytest.mark.parametrize(("body", "overlap"), [({}, 24), ({"overlapHours": 1}, 1), ({"overlapHours": 2160}, 2160)])
async def test_the_former_key_holds_on_for_as_long_as_is_said(
    client: httpx.AsyncClient, body: dict[str, Any], overlap: int
) -> None:
    added = await add(client)
    rotated = (await rotate(client, added, **body)).json()
    until = datetime.fromisoformat(rotated["formerKeyUntil"])
    assert abs(until - datetime.now(UTC) - timedelta(hours=overlap)) < timedelta(minutes=1)
    assert rotated["revision"] == 2
    assert {name: rotated[name] for name in ("name", "owner", "grants")} == {
        name: added[name] for name in ("name", "owner", "grants")
    }


async def test_without_a_body_it_is_a_day(client: httpx.AsyncClient) -> None:
    added = await add(client)
    answer = await client.post(f"/samverkan/v1/api-clients/{added['id']}/keys")
    assert answer.status_code == 201
    assert answer.json()["formerKeyUntil"] is not None


@pytest.mark.parametrize(
    "body",
    [{"overlapHours": -1}, {"overlapHours": 2161}, {"overlapHours": 1.5}, {"overlapHours": "24"}, {"overlapDays": 1}],
)
async def test_a_bad_overlap_is_refused(client: httpx.AsyncClient, speaking: SpeaksWith, body: dict[str, Any]) -> None:
    added = await add(client)
    assert (await rotate(client, added, **body)).status_code == 422
    assert (await show(client, added))["revision"] == 1
    assert await works(speaking(added["key"]))


async def test_no_overlap_ends_every_former_key_at_once(client: httpx.AsyncClient, speaking: SpeaksWith) -> None:
    added = await add(client)
    second = (await rotate(client, added)).json()
    third = (await rotate(client, added, overlapHours=0)).json()
    assert third["formerKeyUntil"] is None
    assert [await works(speaking(one["key"])) for one in (added, second, third)] == [False, False, True]


async def test_a_second_replacement_leaves_the_first_its_time(
    client: httpx.AsyncClient, speaking: SpeaksWith, engine: AsyncEngine
) -> None:
    """Whoever has lost the answer with the new key asks for another: what runs on the old key goes on."""
    added = await add(client)
    second = (await rotate(client, added, overlapHours=48)).json()
    third = (await rotate(client, added, overlapHours=72)).json()
    assert [await works(speaking(one["key"])) for one in (added, second, third)] == [True, True, True]
    async with engine.connect() as connection:
        ends = await connection.execute(
            text("""SELECT round(extract(epoch FROM valid_until - now()) / 3600) FROM api_key_hash
                    WHERE key_id = :id AND valid_until IS NOT NULL ORDER BY 1"""),
            {"id": added["id"]},
        )
        assert [*ends.scalars()] == [48, 72]
    shorter = (await rotate(client, added, overlapHours=1)).json()
    assert datetime.fromisoformat(shorter["formerKeyUntil"]) < datetime.now(UTC) + timedelta(hours=2)


async def test_two_replacements_at_once_leave_one_present_key(
    client: httpx.AsyncClient, speaking: SpeaksWith, engine: AsyncEngine
) -> None:
    added = await add(client)
    made = [answer.json()["key"] for answer in await asyncio.gather(*(rotate(client, added) for _ in range(5)))]
    assert [await works(speaking(key)) for key in [added["key"], *made]] == [True] * 6
    await end_former_keys(engine, added)
    assert sorted([await works(speaking(key)) for key in [added["key"], *made]]) == [False] * 5 + [True]


async def noted(client: httpx.AsyncClient, current: dict[str, Any]) -> datetime | None:
    """Return when a client was last used, once what is being noted has been."""
    await asyncio.sleep(0.3)
    at = (await show(client, current))["lastUsedAt"]
    return at and datetime.fromisoformat(at)


async def test_use_is_noted_once_an_hour(client: httpx.AsyncClient, speaking: SpeaksWith, engine: AsyncEngine) -> None:
    added = await add(client)
    holder = speaking(added["key"])
    assert await noted(client, added) is None
    assert await works(holder)
    first = await noted(client, added)
    assert first is not None
    assert datetime.now(UTC) - first < timedelta(minutes=1)
    assert await works(holder)
    assert await noted(client, added) == first
    for minutes, is_again in ((59, False), (61, True)):
        async with engine.begin() as connection:
            moved = await connection.execute(
                text("UPDATE api_key SET last_used_at = now() - :ago WHERE key_id = :id RETURNING last_used_at"),
                {"ago": timedelta(minutes=minutes), "id": added["id"]},
            )
            before: datetime = moved.scalar_one()
        assert await works(holder)
        assert (await noted(client, added) != before) is is_again
    assert (await show(client, added))["revision"] == 1


async def test_a_request_neither_fails_nor_waits_where_use_cannot_be_noted(
    client: httpx.AsyncClient, speaking: SpeaksWith, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_uses, "SECONDS_AFTER_FAILURE", 0.0)
    added = await add(client)
    holder = speaking(added["key"])
    async with engine.begin() as changing:
        await changing.execute(text("SELECT FROM api_key WHERE key_id = :id FOR UPDATE"), {"id": added["id"]})
        begun = time.monotonic()
        assert [await works(holder) for _ in range(5)] == [True] * 5
        assert time.monotonic() - begun < 1
    async with engine.begin() as connection:
        await connection.execute(text("REVOKE EXECUTE ON FUNCTION note_key_use FROM samverkan_api"))
    try:
        assert [await works(holder) for _ in range(5)] == [True] * 5
        assert await noted(client, added) is None
    finally:
        async with engine.begin() as connection:
            await connection.execute(text("GRANT EXECUTE ON FUNCTION note_key_use TO samverkan_api"))
    assert await works(holder)
    assert await noted(client, added) is not None


async def test_a_change_and_the_note_of_a_use_do_not_undo_each_other(
    client: httpx.AsyncClient, speaking: SpeaksWith
) -> None:
    added = await add(client)
    holder = speaking(added["key"])
    renamed, _ = await asyncio.gather(patch(client, added, name="Renamed"), works(holder))
    assert renamed.status_code == 200
    await asyncio.sleep(2 * auth.SECONDS_CACHED)
    assert await works(holder)
    assert await noted(client, added) is not None
    assert (await show(client, added))["name"] == "Renamed"
