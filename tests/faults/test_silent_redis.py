"""Redis' connections go silent, as behind a firewall that forgets them: `trials G2`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import date
from urllib.parse import urlsplit

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli import serve
from services.cli.child_process import Child
from shared.catalogue.loader import shipped_catalogue
from shared.domain.period import today
from shared.redis import UNAVAILABLE, client
from shared.settings import Settings
from shared.wakeup import CHANNEL
from tests.indicators.world import ALFA, LANDSKRONA, World

pytestmark = [pytest.mark.server, pytest.mark.long, pytest.mark.timeout(90)]

SECONDS_TO_BE_WELL = 10.0


class Proxy:
    """A TCP port in front of Redis that can fall silent: it takes what comes, passes nothing on and closes nothing."""

    def __init__(self, redis_url: str) -> None:
        self._target = urlsplit(redis_url)
        self._server: asyncio.Server | None = None
        self._passing = asyncio.Event()
        self._passing.set()
        self._pipes: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Proxy]:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"redis://:{self._target.password}@127.0.0.1:{port}"
        try:
            yield self
        finally:
            self._server.close()
            for pipe in self._pipes:
                pipe.cancel()
            for writer in self._writers:
                writer.close()
            await asyncio.gather(*self._pipes, return_exceptions=True)

    def fall_silent(self) -> None:
        """Pass on nothing any more, for open connections for good."""
        self._passing = asyncio.Event()

    def speak(self) -> None:
        """Serve new connections."""
        self._passing = asyncio.Event()
        self._passing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passing = self._passing
        from_redis, to_redis = await asyncio.open_unix_connection(self._target.path)
        self._writers += [writer, to_redis]
        for pipe in (self._pipe(passing, reader, to_redis), self._pipe(passing, from_redis, writer)):
            self._pipes.add(asyncio.create_task(pipe))

    async def _pipe(self, passing: asyncio.Event, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while content := await source.read(65536):
                if passing is not self._passing or not passing.is_set():
                    await asyncio.Event().wait()  # until the end
                target.write(content)
                await target.drain()
            target.close()


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    return await World(engine, shipped_catalogue(), as_of=today()).begin()  # what the worker computes


@pytest.fixture
async def proxy(redis_url: str) -> AsyncIterator[Proxy]:
    async with Proxy(redis_url).running() as proxy:
        yield proxy


@pytest.fixture
def log() -> list[str]:
    """Return what the worker has written."""
    return []


@pytest.fixture
def worker(settings: Settings, proxy: Proxy, log: list[str]) -> Iterator[Child]:
    program = serve.worker(settings.model_copy(update={"redis_url": proxy.url}))
    child = Child(program, lambda _name, line: log.append(line))
    yield child
    child.stop()


async def until(condition: Callable[[], Awaitable[bool]], log: list[str], seconds: float = SECONDS_TO_BE_WELL) -> None:
    began = time.monotonic()
    while not await condition():
        assert time.monotonic() - began < seconds, "\n".join(log)
        await asyncio.sleep(0.1)


async def test_the_worker_computes_while_redis_is_silent_and_hears_it_again_afterwards(
    world: World, worker: Child, proxy: Proxy, redis_url: str, log: list[str]
) -> None:
    async def count() -> int:
        figure = await world.figure("school-visits", LANDSKRONA, "2016")
        return 0 if figure is None else int(figure[0] or 0)

    async def shows(visits: int) -> bool:
        return await count() == visits

    async def is_heard() -> bool:
        async with client(redis_url) as redis:
            return bool(dict(await redis.pubsub_numsub(CHANNEL))[CHANNEL.encode()])

    await world.record("first", "school-visit", ALFA, start=date(2016, 3, 4))
    await until(lambda: shows(1), log, 30)

    proxy.fall_silent()
    await asyncio.sleep(0.5)
    await world.record("second", "school-visit", ALFA, start=date(2016, 3, 5))
    await until(lambda: shows(2), log)
    await world.record("third", "school-visit", ALFA, start=date(2016, 3, 6))
    await until(lambda: shows(3), log)
    assert sum("it does not answer in time. The worker looks for work by itself until" in line for line in log) == 1

    async with client(redis_url) as redis:
        await redis.client_kill_filter(_type="pubsub")  # the server has not noticed either
    proxy.speak()
    await until(is_heard, log)
    await world.record("fourth", "school-visit", ALFA, start=date(2016, 3, 7))
    await until(lambda: shows(4), log)
    await until(lambda: says(log, "can be used again"), log)
    assert worker.is_alive()
    assert not any("Traceback" in line for line in log)


async def says(log: list[str], text: str) -> bool:
    return any(text in line for line in log)


async def test_a_command_to_a_silent_redis_fails_in_time(proxy: Proxy) -> None:
    async with client(proxy.url, 0.5) as redis:
        assert await redis.ping()
        proxy.fall_silent()
        began = time.monotonic()
        with pytest.raises(UNAVAILABLE):
            await redis.ping()
        assert time.monotonic() - began < 5
