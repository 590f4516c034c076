"""One database a module, with the world of the cases in it; each case takes back what it wrote.

The tests of a module share a session of PostgreSQL, which has read what tables there are.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.db.engine import build_engine
from tests.golden.world import begin


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture(scope="module")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Return an engine to a database that has the world in it."""
    engine = build_engine(database_url, application="test")
    async with engine.begin() as connection:
        await begin(connection)
    yield engine
    await engine.dispose()


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Return a connection to the world, whose transaction is rolled back."""
    async with engine.connect() as connection:
        yield connection
        await connection.rollback()
