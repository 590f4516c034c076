"""A real PostgreSQL and a real Redis for the whole run, and a database of its own for every test that asks for one.

Every answer of the API that a test receives is also compared with the API's own specification.
"""

# Over 300 lines: what all folders of tests share.

from __future__ import annotations

import gc
import logging
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli import embedded
from services.cli.data_directory import DataDirectory
from shared import redis
from shared.db.engine import build_engine
from shared.db.keys import KeyScope
from shared.settings import Settings
from tests.chromium import NEEDS_CHROMIUM
from tests.data_in_memory import PREFIX, folder_in_memory
from tests.first_collection import after_the_first
from tests.log_guard import LOGS
from tests.templates import (
    LANDSKRONA,
    PROCESSES,
    TEMPLATE,
    YEAR,
    Keys,
    administering,
    begin_with_seed,
    make_landskrona,
    make_template,
    make_year,
    named,
    running_postgres,
)

if TYPE_CHECKING:
    from fastapi import FastAPI
    from redis import Redis

BASE_URL = "http://testserver.example"
# The fixtures that run a server. A module that starts one otherwise is marked in its own words.
SERVERS = {"data_directory", "running_service"}
COLLECTED = pytest.StashKey[list[pytest.Item]]()
"""All tests that were collected, also those that are then left out by their marks."""
# The folders of tests that attack, kill or package the whole service, or run its commands as people do.
OF_THE_WHOLE_SYSTEM = {
    Path(__file__).with_name(name) for name in ("abuse", "cli", "deploy", "equality", "faults", "packaging", "readme")
}


def create_app(settings: Settings) -> FastAPI:
    """Make the app. It is imported here, as other large modules below: many tests need less time than that takes."""
    from services.api import app  # noqa: PLC0415

    return app.create_app(settings)


def pytest_xdist_auto_num_workers() -> int:
    """Run three processes on two processors: a third of its time a test waits for what it has started."""
    return (os.cpu_count() or 1) * 3 // 2


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage among all that is imported, now or when the tests run: a tenth of their time."""
    gc.disable()
    with after_the_first():
        collected = yield
    gc.freeze()
    gc.enable()
    return collected


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs a server or is of the whole system. Where processes share files out, begin with the longest.

    Files whose tests need none, and are not slow, come last: each takes a moment, so that no process ends long before
    another.
    """
    for item in items:
        if not SERVERS.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("server")
        is_of_system = item.path.parent in OF_THE_WHOLE_SYSTEM and "server" in item.keywords
        if is_of_system or NEEDS_CHROMIUM.mark in item.iter_markers():
            item.add_marker("system")
    config.stash[COLLECTED] = [*items]
    if hasattr(config, "workerinput"):
        tests = Counter(item.path for item in items if not {"server", "slow"}.isdisjoint(item.keywords))
        long = {item.path for item in items if "long" in item.keywords}
        items.sort(key=lambda item: (item.path not in long, -tests[item.path], item.path))


@pytest.fixture(scope="session", autouse=True)
def _discreet_logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let no line of the whole run hold a secret, an address's query or a text that was sent: trials D4."""
    root = logging.getLogger()
    level = root.level
    root.addHandler(LOGS)
    root.setLevel(logging.INFO)  # as the services have it
    for client in ("httpx", "odata"):  # the tests' own, also where no app has quieted them
        logging.getLogger(client).setLevel(logging.WARNING)
    yield
    root.setLevel(level)
    root.removeHandler(LOGS)
    LOGS.take_files(tmp_path_factory.getbasetemp())
    assert [*LOGS.findings()] == []


@pytest.fixture(scope="session")
def data_directory() -> Iterator[DataDirectory]:
    with TemporaryDirectory(prefix=PREFIX, dir=folder_in_memory()) as path:
        directory = DataDirectory(Path(path))
        with directory.locked():
            yield directory


@pytest.fixture(scope="session")
def seeded_keys(data_directory: DataDirectory, tmp_path_factory: pytest.TempPathFactory) -> Keys | None:
    """Put the templates into the directory, and return their keys; None for one process, which may need none."""
    if PROCESSES not in os.environ:
        return None
    return begin_with_seed(data_directory, tmp_path_factory.getbasetemp().parent)


@pytest.fixture(scope="session")
def server_url(data_directory: DataDirectory, seeded_keys: Keys | None) -> Iterator[str]:
    """Run PostgreSQL; its URL names a database that is left empty. The services' role may also make databases here."""
    with running_postgres(data_directory) as url:
        yield url


@pytest.fixture(scope="session")
def administer(server_url: str) -> Iterator[Callable[[str], None]]:
    """Return what makes and drops databases, on one connection: to make a new one takes longer than the statement."""
    with administering(server_url) as administer:
        yield administer


@pytest.fixture(scope="session")
def redis_url(data_directory: DataDirectory, seeded_keys: Keys | None) -> Iterator[str]:
    with embedded.running(embedded.valkey(data_directory), LOGS.take) as url:
        yield url


@pytest.fixture(scope="session")
def api_keys(server_url: str, administer: Callable[[str], None], seeded_keys: Keys | None) -> Keys:
    """Let there be the template of all databases, and return its keys by scope."""
    return seeded_keys or make_template(server_url, administer)


@pytest.fixture(scope="session")
def copy_of(server_url: str, administer: Callable[[str], None]) -> Callable[[str], str]:
    """Return what copies a database that nobody uses, by its name, and returns the copy's URL."""
    numbers = count(1)

    def copy(template: str) -> str:
        name = f"test_{next(numbers)}"
        administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return named(server_url, name)

    return copy


@pytest.fixture(scope="session")
def fresh_database(copy_of: Callable[[str], str], api_keys: Mapping[KeyScope, str]) -> Callable[[], str]:
    """Return what makes a new database and returns its URL."""
    return partial(copy_of, TEMPLATE)


@pytest.fixture(scope="session")
def year_database(
    copy_of: Callable[[str], str],
    server_url: str,
    administer: Callable[[str], None],
    api_keys: Keys,
    seeded_keys: Keys | None,
    redis_url: str,
) -> Callable[[], str]:
    """Return what makes a new database that holds Landskrona's year, and returns its URL; it is loaded once."""
    if seeded_keys is None:
        make_year(server_url, administer, redis_url, api_keys)
    return partial(copy_of, YEAR)


@pytest.fixture(scope="session")
def landskrona_database(
    copy_of: Callable[[str], str],
    server_url: str,
    administer: Callable[[str], None],
    api_keys: Keys,
    seeded_keys: Keys | None,
    redis_url: str,
) -> Callable[[], str]:
    """Return what makes a database with Landskrona's places and agreement, and returns its URL."""
    if seeded_keys is None:
        make_landskrona(server_url, administer, redis_url, api_keys)
    return partial(copy_of, LANDSKRONA)


@pytest.fixture(scope="module")
def new_database(request: pytest.FixtureRequest, fresh_database: Callable[[], str]) -> Callable[[], str]:
    """Return what makes the tests' databases: with reference data, or what the module is marked to begin with."""
    marked = request.node.get_closest_marker("begins_with")
    if marked is None:
        return fresh_database
    made: Callable[[], str] = request.getfixturevalue(f"{marked.args[0]}_database")
    return made


@pytest.fixture(scope="module")
def database_of_module(new_database: Callable[[], str]) -> str:
    """Return the URL of the database of those tests of a module that share an app."""
    return new_database()


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, new_database: Callable[[], str], administer: Callable[[str], None]
) -> Iterator[str]:
    """Yield the URL of the test's own database, or the one that it shares with an app."""
    if _shares_app(request):
        yield request.getfixturevalue("database_of_module")
        return
    url = new_database()
    yield url
    # At once: else the disk would have to take in what nobody reads again.
    administer(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


@pytest.fixture(scope="session")
def request_counts(redis_url: str) -> Iterator[Redis]:
    """Return a client of Redis, where the API counts requests."""
    with redis.blocking_client(redis_url) as client:
        yield client


@pytest.fixture(autouse=True)
def _no_requests_counted(request: pytest.FixtureRequest) -> None:
    """Forget how often clients have asked: to the rate limits, all tests of a run are one address that never rests."""
    if "redis_url" in request.fixturenames:
        counts = request.getfixturevalue("request_counts")
        for key in counts.scan_iter("samverkan:requests:*", count=1000):
            counts.delete(key)


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return Settings(database_url=database_url, redis_url=redis_url, public_url=BASE_URL, log_level="warning")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Return an engine of the test's own, to look at what the app has written."""
    engine = build_engine(database_url, application="test")
    yield engine
    await engine.dispose()


@pytest.fixture(scope="module")
async def app_of_module() -> AsyncIterator[Callable[[Settings], Awaitable[FastAPI]]]:
    """Yield what returns the app that the tests of a module share; the first of them starts it."""
    started: list[tuple[Settings, FastAPI]] = []
    async with AsyncExitStack() as stack:

        async def shared(settings: Settings) -> FastAPI:
            if not started:
                started.append((settings, await stack.enter_async_context(running(settings))))
            ((known, app),) = started
            assert settings == known, "tests that share an app have its settings, and its database"
            return app

        yield shared


@pytest.fixture
async def app(
    request: pytest.FixtureRequest, settings: Settings, app_of_module: Callable[[Settings], Awaitable[FastAPI]]
) -> AsyncIterator[FastAPI]:
    """Yield an app of the test's own, or the one that it shares."""
    if _shares_app(request):
        yield await app_of_module(settings)
        return
    async with running(settings) as app:
        yield app


def _shares_app(request: pytest.FixtureRequest) -> bool:
    """Tell whether a test, or all of its module, is marked so."""
    marked = request.node.get_closest_marker
    return marked("one_app") is not None and marked("own_app") is None


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[FastAPI]:
    """Make an app and run it meanwhile."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app
    # A connection that was being made when the app stopped lies there half open until garbage is collected. Meanwhile
    # no database can be dropped: PostgreSQL first waits a minute for the client to say who it is.
    gc.collect(1)


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """Serve the API over HTTP meanwhile, as the commands reach it, and yield its address."""
    import uvicorn  # noqa: PLC0415

    from services.api.server import configuration  # noqa: PLC0415

    server = uvicorn.Server(configuration(create_app(settings), settings))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
async def client(app: FastAPI, api_keys: Mapping[KeyScope, str]) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that may do everything."""
    async with _client(app, api_keys[KeyScope.ADMINISTER]) as client:
        yield client


@pytest.fixture
async def reporter(app: FastAPI, api_keys: Mapping[KeyScope, str]) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that may read and report."""
    async with _client(app, api_keys[KeyScope.REPORT]) as client:
        yield client


@pytest.fixture
async def reader(app: FastAPI, api_keys: Mapping[KeyScope, str]) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that may only read."""
    async with _client(app, api_keys[KeyScope.READ]) as client:
        yield client


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client without a key."""
    async with _client(app, None) as client:
        yield client


def _client(app: FastAPI, key: str | None) -> httpx.AsyncClient:
    from tests.contract import keeps_contract_of  # noqa: PLC0415

    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url=BASE_URL,
        headers={"Authorization": f"Bearer {key}"} if key else {},
        event_hooks={"request": [_remember_texts], "response": [keeps_contract_of(app)]},
    )


async def _remember_texts(request: httpx.Request) -> None:
    """Have the texts of a request searched for in the logs; what is streamed is left alone."""
    with suppress(httpx.RequestNotRead):
        LOGS.sent(request.headers.get("content-type", ""), request.content)
