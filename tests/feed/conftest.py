"""One database a module, with the series that ship; every test begins without values and webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.indicators.webhooks.dispatcher import Dispatcher
from shared.catalogue.loader import shipped_catalogue
from shared.connectors.outgoing import Sender
from shared.db.engine import build_engine
from shared.domain.period import today
from shared.facts.series import put_series
from shared.feed.changes import settle_feed
from shared.settings import Settings
from tests.feed.follower import Reader
from tests.feed.receiver import Receiver, receiving
from tests.feed.subscribing import HERE


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture
async def series(engine: AsyncEngine) -> None:
    """Put the series that ship, and nothing else."""
    async with engine.begin() as connection:
        series_count = (await connection.execute(text("SELECT count(*) FROM indicator_series"))).scalar_one()
        if series_count < len(shipped_catalogue().series):
            await put_series(connection, shipped_catalogue(), today())
        for statement in _EMPTY:
            await connection.execute(text(statement))
        await settle_feed(connection)


_EMPTY = ("DELETE FROM indicator_value", "DELETE FROM removed_value", "DELETE FROM webhook", "DELETE FROM feed_epoch")


@pytest.fixture
async def follower(engine: AsyncEngine, series: None) -> Reader:
    return Reader(engine)


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return Settings(database_url=database_url, redis_url=redis_url, log_level="warning", trusted_networks=HERE)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def dispatcher(engine: AsyncEngine) -> AsyncIterator[Dispatcher]:
    dispatcher = Dispatcher(engine, Sender(HERE, seconds=10), today)
    yield dispatcher
    await dispatcher.stop()


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Return an engine for those who write meanwhile."""
    engine = build_engine(database_url, application="writer")
    yield engine
    await engine.dispose()
