"""Metrics on a port of their own: trials G10."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.http.json_bodies import LARGEST_BODY
from services.api.http.routing import BASE
from shared.db.engine import build_engine
from shared.heartbeat import KEY, Pulse
from shared.operation.metrics import exposed
from shared.operation.pools import pool_of
from shared.settings import Settings
from shared.version import SOFTWARE_VERSION
from tests.api.exposition import metrics_of
from tests.ports import free_port

WAITING = [
    """INSERT INTO dirty_mark (writing_area_id, year, ripens_on, marked_at)
       VALUES (1, 2016, '-infinity', now() - interval '1 minute'), (1, 2016, '2999-01-01', now())""",
    """INSERT INTO rollup_mark (series_id, area_id, year) VALUES (1, 1, 2016), (1, 1, 2015)""",
    """INSERT INTO comparison_mark (series_id, area_id, year, marked_at)
       VALUES (1, 1, 2015, now() - interval '2 minutes'), (1, 1, 2016, now()), (1, 1, 2017, now())""",
    "INSERT INTO postponed_scope VALUES (1, 2016, 1, now(), '')",
    "INSERT INTO pulled_source (code, content, failure) VALUES ('a', '{}', 'broken'), ('b', '{}', NULL)",
    """INSERT INTO file_import (makes, dry_run, status)
       VALUES ('activities', false, 'completed'), ('activities', false, 'failed'), ('observations', false, 'failed')""",
    """WITH subscribed AS (INSERT INTO webhook (url, secret, status) VALUES ('https://x.example', 's', 'paused')
                           RETURNING webhook_id)
       INSERT INTO webhook_message (webhook_id, type, status, due_at)
       SELECT webhook_id, 'x', status, due_at
       FROM subscribed, (VALUES ('pending', now()), ('pending', now() + interval '1 day'), ('failed', now()))
                        AS message(status, due_at)""",
]


def samples(page: str) -> dict[str, float]:
    """Return every number by its name and labels, as Prometheus reads the text."""
    return {
        ",".join([sample.name, *(f"{name}={label}" for name, label in sorted(sample.labels.items()))]): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def test_they_tell_what_waits_and_what_failed(app: FastAPI, engine: AsyncEngine, redis_url: str) -> None:
    async with engine.begin() as connection:
        for statement in WAITING:
            await connection.execute(text(statement))
    async with Redis.from_url(redis_url) as redis:
        await redis.delete(KEY)
        pulse = Pulse(redis)
        pulse.sweeps, pulse.swept_at = 7, time.monotonic() - 3
        await pulse.beat()
        found = samples(await metrics_of(app))
        await redis.delete(KEY)
    assert 60 <= found["samverkan_oldest_mark_seconds"] < 100
    assert 120 <= found["samverkan_oldest_comparison_mark_seconds"] < 160
    assert 3 <= found["samverkan_worker_last_sweep_age_seconds"] < 40
    assert 0 <= found["samverkan_worker_heartbeat_age_seconds"] < 30
    assert 0 <= found["samverkan_event_loop_lag_seconds"] < 1
    assert found["process_resident_memory_bytes"] > 2**20
    expected = {
        "samverkan_marks,kind=figures": 1,
        "samverkan_marks,kind=levels": 2,
        "samverkan_marks,kind=comparisons": 3,
        "samverkan_marks,kind=signals": 0,
        "samverkan_postponed_scopes": 1,
        "samverkan_failing_sources": 1,
        "samverkan_imports,status=completed": 1,
        "samverkan_imports,status=failed": 2,
        "samverkan_imports,status=running": 0,
        "samverkan_webhooks,status=paused": 1,
        "samverkan_webhooks,status=active": 0,
        "samverkan_webhook_messages,state=due": 1,
        "samverkan_webhook_messages,state=failed": 1,
        "samverkan_database_writable": 1,
        "samverkan_redis_up": 1,
        "samverkan_workers,state=alive": 1,
        "samverkan_workers,state=silent": 0,
        "samverkan_pool_connections,pool=writing,state=most": app.state.resources.engine.pool.size(),
        "samverkan_pool_connections,pool=figures,state=in_use": 0,
        "samverkan_pool_waiting,pool=writing": 0,
        "samverkan_pool_waiting,pool=feed": 0,
    }
    assert {name: found[name] for name in expected} == expected
    [build] = [name for name in found if name.startswith("samverkan_build_info")]
    assert f"process=api,python=3.{build.split('python=3.')[1].split(',')[0]},version={SOFTWARE_VERSION}" in build


async def test_a_pool_that_is_used_up_shows(database_url: str) -> None:
    engine, most = build_engine(database_url, connections=2), 2
    pool, used, may_end = pool_of(engine), asyncio.Semaphore(0), asyncio.Event()

    async def use() -> None:
        async with engine.connect():
            used.release()
            await may_end.wait()

    tasks = [asyncio.create_task(use()) for _ in range(most + 2)]
    for _ in range(most):
        await used.acquire()
    await asyncio.sleep(0.05)
    state = pool()
    assert (state.open, state.in_use, state.most, state.waiting) == (most, most, most, 2)
    may_end.set()
    await asyncio.gather(*tasks)
    assert (pool().in_use, pool().waiting) == (0, 0)
    await engine.dispose()


async def test_requests_are_counted_by_route_and_not_by_address(app: FastAPI, reader: httpx.AsyncClient) -> None:
    for path in ("/samverkan/v1/areas/1282", "/samverkan/v1/areas/9999", "/nothing/1", "/nothing/2"):
        await reader.get(path)
    await reader.request("BREW", "/nothing/3")
    page = await metrics_of(app)
    found = samples(page)
    count = "samverkan_request_seconds_count,method=GET,route=/samverkan/v1/areas/{areaCode},status="
    assert (found[f"{count}200"], found[f"{count}404"]) == (1, 1)
    assert found["samverkan_request_seconds_count,method=unknown,route=unknown,status=404"] == 3
    assert "BREW" not in page


async def test_refusals_are_counted_by_what_was_answered(app: FastAPI, client: httpx.AsyncClient) -> None:
    name = "samverkan_refused_requests_total,limit=body-too-large"
    before = samples(await metrics_of(app)).get(name, 0.0)
    body = b" " * (LARGEST_BODY + 1)
    answer = await client.post(f"{BASE}/activities", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert samples(await metrics_of(app))[name] == before + 1


async def test_scraping_asks_the_database_once_in_a_while(app: FastAPI, engine: AsyncEngine) -> None:
    first = samples(await metrics_of(app))
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO postponed_scope VALUES (1, 2016, 1, now(), '')"))
        last = samples(await metrics_of(app, times=20))
        assert last["samverkan_postponed_scopes"] == first["samverkan_postponed_scopes"]
        assert await sessions_of_health(connection) <= 1


async def sessions_of_health(connection: AsyncConnection) -> int:
    statement = """SELECT count(*) FROM pg_stat_activity
                   WHERE application_name = 'samverkan health' AND datname = current_database()"""
    return int((await connection.execute(text(statement))).scalar_one())


async def test_they_are_answered_while_the_loop_is_busy(app: FastAPI) -> None:
    scraping = asyncio.create_task(metrics_of(app))
    await asyncio.sleep(0.05)
    time.sleep(1.3)  # noqa: ASYNC251  nothing else runs in the loop
    found = samples(await scraping)
    assert str(found["samverkan_event_loop_lag_seconds"]) == "nan" or found["samverkan_event_loop_lag_seconds"] < 0.1


async def test_the_public_address_has_none(stranger: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    for anyone in (stranger, client):
        assert (await anyone.get("/metrics")).status_code == 404


def test_a_process_serves_them_and_its_log_is_of_objects(settings: Settings, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "api.log"
    variables = {"SAMVERKAN_METRICS_PORT": str(port), "SAMVERKAN_LOG_FORMAT": "json", "SAMVERKAN_LOG_LEVEL": "info"}
    servers = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    command = [sys.executable, "-m", "services.api.server", "--port", str(free_port())]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env={**os.environ, **servers, **variables}, stdout=output, stderr=output)
    try:
        assert 'samverkan_build_info{process="api"' in answer_at(f"http://127.0.0.1:{port}/metrics")
    finally:
        process.terminate()
        process.wait(10)
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    assert "uvicorn.error" in {entry["logger"] for entry in entries}
    assert all({"time", "level", "logger", "message"} <= set(entry) for entry in entries)


def answer_at(url: str) -> str:
    """Return what is answered once something listens there."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return httpx.get(url).text
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_port_that_is_taken_is_named_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    registry, ended = CollectorRegistry(), Event()
    with exposed(registry, "127.0.0.1", 0) as port:
        assert port is not None
        with caplog.at_level(logging.WARNING), exposed(registry, "127.0.0.1", port) as other:
            assert other is None
            ended.set()
    assert ended.is_set()
    assert f"port {port}" in caplog.text
    assert "SAMVERKAN_METRICS_ADDRESS" in caplog.text
