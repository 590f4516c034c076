"""What workers say of themselves: trials G10, and what `samverkan up` goes by: trials G2."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import orjson
import pytest
from redis.asyncio import Redis

from shared import heartbeat
from shared.heartbeat import KEY, SECONDS_UNTIL_SILENT, SECONDS_UNTIL_STUCK, Beat, Pulse, alive, heard_beats
from shared.version import SOFTWARE_VERSION
from tests.ports import free_port


@pytest.fixture
async def connection(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as connection:
        await connection.delete(KEY)
        yield connection
        await connection.delete(KEY)


async def test_a_worker_says_that_it_lives_until_it_ends(connection: Redis, redis_url: str) -> None:
    pulse = Pulse(connection)
    beating = asyncio.create_task(pulse.run())
    await asyncio.to_thread(wait_until, lambda: bool(read_beats(redis_url)))
    [beat] = await heard_beats(connection)
    assert (beat.host, beat.process_id, beat.version) == (socket.gethostname(), os.getpid(), SOFTWARE_VERSION)
    assert beat.age < 5
    assert (beat.since_sweep, beat.sweeps) == (None, 0)
    assert alive([beat]) == [beat]
    beating.cancel()
    await asyncio.wait([beating])
    assert await heard_beats(connection) == []


async def test_sweeps_are_counted(connection: Redis) -> None:
    pulse = Pulse(connection)
    pulse.sweeps, pulse.swept_at = 2, time.monotonic()
    await pulse.beat()
    [beat] = await heard_beats(connection)
    assert beat.sweeps == 2
    assert beat.since_sweep is not None
    assert beat.since_sweep < 5


async def change(connection: Redis, **content: object) -> None:
    async with connection.pipeline() as pipeline:
        pipeline.hgetall(KEY)
        [[(worker, stored)]] = [heard.items() for heard in await pipeline.execute()]
        pipeline.hset(KEY, worker, orjson.dumps({**orjson.loads(stored), **content}).decode())
        await pipeline.execute()


async def test_one_that_is_silent_or_stuck_is_not_counted_on(connection: Redis) -> None:
    await Pulse(connection).beat()
    await change(connection, sinceWork=SECONDS_UNTIL_STUCK)
    assert alive(await heard_beats(connection)) == []
    seconds, microseconds = await connection.time()
    await change(connection, sinceWork=0, at=[seconds - SECONDS_UNTIL_SILENT, microseconds])
    [beat] = await heard_beats(connection)
    assert SECONDS_UNTIL_SILENT <= beat.age < SECONDS_UNTIL_SILENT + 5
    assert alive([beat]) == []
    await change(connection, at=[seconds - 3601, microseconds])
    await Pulse(connection).beat()
    assert len(await heard_beats(connection)) == 1  # the one of long ago is forgotten


async def test_a_pulse_outlives_the_absence_of_redis(tmp_path: Path, redis_url: str, connection: Redis) -> None:
    path = tmp_path / "redis.sock"
    async with Redis.from_url(f"unix://{path}") as away:
        beating = asyncio.create_task(Pulse(away).run())
        await asyncio.sleep(0.05)
        assert not beating.done()
        beating.cancel()
        await asyncio.wait([beating])


@pytest.fixture
def metrics_port() -> int:
    return free_port()


@pytest.fixture
def worker(
    database_url: str, redis_url: str, connection: Redis, metrics_port: int, tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
    environment["SAMVERKAN_WORKER_METRICS_PORT"] = str(metrics_port)
    command = [sys.executable, "-m", "services.indicators.worker"]
    with (tmp_path / "worker.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    yield process
    process.kill()
    process.wait()


def read_beats(redis_url: str) -> list[Beat]:
    """Return what is heard, without an event loop."""

    async def read() -> list[Beat]:
        async with Redis.from_url(redis_url) as connection:
            return await heard_beats(connection)

    return asyncio.run(read())


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_worker_has_metrics_and_falls_silent_when_it_hangs(
    worker: subprocess.Popen[bytes], redis_url: str, metrics_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "SECONDS_UNTIL_SILENT", 3.5)
    wait_until(lambda: any(beat.sweeps for beat in read_beats(redis_url)))
    [beat] = read_beats(redis_url)
    assert beat.process_id == worker.pid
    assert beat.is_alive
    page = httpx.get(f"http://127.0.0.1:{metrics_port}/metrics").text
    for part in (
        'samverkan_build_info{process="worker",',
        'samverkan_pass_seconds_count{work="sweep"}',
        "samverkan_failed_sweeps_total 0.0",
        'samverkan_pool_connections{pool="computing",state="most"}',
        "samverkan_oldest_mark_seconds",
        'samverkan_workers{state="alive"} 1.0',
    ):
        assert part in page
    worker.send_signal(signal.SIGSTOP)
    wait_until(lambda: not alive(read_beats(redis_url)))
    worker.send_signal(signal.SIGCONT)
    wait_until(lambda: bool(alive(read_beats(redis_url))))
    worker.terminate()
    worker.wait(20)
    assert read_beats(redis_url) == []
