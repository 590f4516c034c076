"""Health, and the wakeup to the worker."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.dependencies import Wakeup
from shared.heartbeat import KEY, Pulse
from shared.settings import Settings
from shared.wakeup import CHANNEL
from tests.ports import free_port

AREA = "/samverkan/v1/areas/1282-park"
PARK = {"kind": "place", "placeKind": "park", "name": "Park", "parents": [{"code": "1282"}]}


@asynccontextmanager
async def listening(redis_url: str) -> AsyncIterator[PubSub]:
    async with Redis.from_url(redis_url) as redis, redis.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe(CHANNEL)
        await channel.get_message(timeout=1)  # the answer to the subscription
        yield channel


@asynccontextmanager
async def a_worker(redis_url: str) -> AsyncIterator[None]:
    """Say meanwhile that a worker lives."""
    async with Redis.from_url(redis_url) as connection:
        await Pulse(connection).beat()
        yield
        await connection.delete(KEY)


async def heard(channel: PubSub, seconds: float) -> int:
    """Return how many wakeups come until none has come for so long."""
    count = 0
    while await channel.get_message(timeout=seconds):
        count += 1
    return count


async def test_a_fresh_service_is_ready(stranger: httpx.AsyncClient, redis_url: str) -> None:
    assert (await stranger.get("/health/live")).json() == {"status": "live"}
    async with a_worker(redis_url):
        answer = await stranger.get("/health/ready")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "status": "ready",
        "database": "writable",
        "migrations": "current",
        "redis": "reachable",
        "worker": "alive",
        "oldestMarkSeconds": None,
        "oldestComparisonMarkSeconds": None,
        "postponedScopes": 0,
        "failingSources": 0,
        "problems": [],
    }


async def test_without_a_worker_it_is_ready_to_take_reports_and_says_what_is_wrong(
    stranger: httpx.AsyncClient, redis_url: str
) -> None:
    """Trials G8."""
    async with Redis.from_url(redis_url) as connection:
        await connection.delete(KEY)
    answer = await stranger.get("/health/ready")
    body = answer.json()
    assert (answer.status_code, body["status"], body["worker"]) == (200, "degraded", "silent")
    [problem] = body["problems"]
    assert problem["part"] == "worker"
    assert "samverkan up" in problem["remedy"]
    swedish = await stranger.get("/health/ready", headers={"Accept-Language": "sv"})
    assert "beräkningsprocess" in swedish.json()["problems"][0]["reason"]


async def test_it_tells_how_long_marks_wait_and_what_is_postponed(
    stranger: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                """INSERT INTO dirty_mark (writing_area_id, year, ripens_on, marked_at)
                   VALUES (1, 2016, '-infinity', now() - interval '1 minute'), (1, 2016, '2999-01-01', now())"""
            )
        )
        await connection.execute(text("INSERT INTO postponed_scope VALUES (1, 2016, 1, now(), '')"))
    body = (await stranger.get("/health/ready")).json()
    assert 60 <= body["oldestMarkSeconds"] < 120
    assert body["postponedScopes"] == 1


async def test_it_tells_how_many_sources_cannot_be_read(stranger: httpx.AsyncClient, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        insert = "INSERT INTO pulled_source (code, content, failure) VALUES ('a', '{}', 'broken'), ('b', '{}', NULL)"
        await connection.execute(text(insert))
    assert (await stranger.get("/health/ready")).json()["failingSources"] == 1


async def test_a_roll_up_that_hangs_is_seen(stranger: httpx.AsyncClient, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                """INSERT INTO rollup_mark (series_id, area_id, year, marked_at)
                   VALUES (1, 1, 2016, now()), (1, 1, 2015, now() - interval '1 minute')"""
            )
        )
    assert 60 <= (await stranger.get("/health/ready")).json()["oldestMarkSeconds"] < 120


async def test_comparisons_that_follow_are_seen_apart(stranger: httpx.AsyncClient, engine: AsyncEngine) -> None:
    """Trials A11: the figures are there, and nothing else waits."""
    async with engine.begin() as connection:
        await connection.execute(
            text(
                """INSERT INTO comparison_mark (series_id, area_id, year, marked_at)
                   VALUES (1, 1, 2015, now() - interval '1 minute'), (1, 1, 2016, now())"""
            )
        )
    body = (await stranger.get("/health/ready")).json()
    assert body["oldestMarkSeconds"] is None
    assert 60 <= body["oldestComparisonMarkSeconds"] < 120


@pytest.mark.parametrize(
    "statement",
    ["UPDATE alembic_version SET version_num = 'old'", "DROP TABLE alembic_version", "DELETE FROM alembic_version"],
)
async def test_a_database_that_is_not_migrated_is_not_ready(
    stranger: httpx.AsyncClient, engine: AsyncEngine, statement: str
) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    answer = await stranger.get("/health/ready")
    assert answer.status_code == 503
    assert "samverkan migrate" in answer.json()["detail"]


async def test_a_change_tells_the_worker(client: httpx.AsyncClient, redis_url: str) -> None:
    async with listening(redis_url) as channel:
        assert (await client.put(AREA, json=PARK)).status_code == 201
        assert await heard(channel, 0.5) == 1


async def test_a_refused_change_tells_nothing(client: httpx.AsyncClient, redis_url: str) -> None:
    async with listening(redis_url) as channel:
        assert (await client.put(AREA, json={**PARK, "parents": [{"code": "9999"}]})).status_code == 422
        assert await heard(channel, 0.1) == 0


async def test_a_burst_of_changes_is_few_nudges(redis_url: str) -> None:
    wakeup = Wakeup(redis_url)
    async with wakeup.running(), listening(redis_url) as channel:
        for _ in range(100):
            wakeup.wakeup()
            await asyncio.sleep(0)
        assert 1 <= await heard(channel, 0.1) <= 5


async def test_nudging_stops_at_any_moment(redis_url: str) -> None:
    for steps in range(40):
        wakeup = Wakeup(redis_url)
        async with asyncio.timeout(2), wakeup.running():
            wakeup.wakeup()
            for _ in range(steps):
                await asyncio.sleep(0)


async def test_a_nudge_waits_for_redis_to_come_back(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("services.api.http.dependencies.SECONDS_BEFORE_NEXT_TRY", 0.02)
    path = tmp_path / "redis.sock"
    access, _, there = redis_url.rpartition("@")
    wakeup = Wakeup(f"{access}@{path}")
    async with wakeup.running(), listening(redis_url) as channel:
        with caplog.at_level(logging.WARNING):
            wakeup.wakeup()
            await asyncio.sleep(0.2)
        assert caplog.text.count("Redis cannot be used: it cannot be reached") == 1
        path.symlink_to(there)
        assert await heard(channel, 0.5) == 1


class TestWithoutRedis:
    @pytest.fixture
    def settings(self, database_url: str) -> Settings:
        return Settings(
            database_url=database_url,
            redis_url=f"redis://127.0.0.1:{free_port()}",
            public_url="http://testserver.example",
        )

    async def test_changes_are_kept_and_the_service_stays_ready(self, client: httpx.AsyncClient) -> None:
        assert (await client.put(AREA, json=PARK)).status_code == 201
        answer = await client.get("/health/ready")
        body = answer.json()
        assert (answer.status_code, body["status"], body["redis"]) == (200, "degraded", "unreachable")
        assert body["worker"] == "unknown"
        assert [problem["part"] for problem in body["problems"]] == ["redis"]


async def test_a_failed_commit_is_no_success(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                """CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                   $$ BEGIN RAISE EXCEPTION 'refused at commit'; END $$"""
            )
        )
        await connection.execute(
            text(
                """CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON area DEFERRABLE INITIALLY DEFERRED
                   FOR EACH ROW EXECUTE FUNCTION fail()"""
            )
        )
    answer = await client.put(AREA, json=PARK)
    assert answer.status_code == 500
    assert "refused at commit" not in answer.text
    assert (await client.get(AREA)).status_code == 404
