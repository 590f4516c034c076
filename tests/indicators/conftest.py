"""The small world of these tests, in one database a module; every test begins with nothing happened in it.

The tests of a module share sessions of PostgreSQL, which have read what tables there are and planned what is asked.
"""

from collections.abc import AsyncIterator, Callable
from zlib import crc32

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.engine import build_engine
from tests.extent import IS_LONG
from tests.indicators.stored_values import StoredValues
from tests.indicators.world import World


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture(scope="module")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = build_engine(database_url, application="test")
    yield engine
    await engine.dispose()


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    return await World(engine).begin()


@pytest.fixture
async def no_difference_from_a_rebuild(request: pytest.FixtureRequest, world: World) -> AsyncIterator[None]:
    """Check, after a test, that a rebuild would change nothing; in a sample, after one in three."""
    yield
    if IS_LONG or crc32(request.node.name.encode()) % 3 == 0:
        await world.settle()
        assert (await world.verify()).total == 0


@pytest.fixture
async def stored_values(world: World) -> StoredValues:
    async with world.engine.begin() as connection:
        rows = await connection.execute(
            text("SELECT indicator_code, series_id FROM indicator_series WHERE slice = 'all'")
        )
        return StoredValues(world, {row.indicator_code: row.series_id for row in rows})
