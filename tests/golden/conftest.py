"""One database a module, with the world of the cases in it; each case takes back what it wrote."""

from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tests.golden.world import begin


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture(scope="module")
def begun() -> set[str]:
    """Note the databases that have the world in them."""
    return set()


@pytest.fixture
async def connection(engine: AsyncEngine, database_url: str, begun: set[str]) -> AsyncIterator[AsyncConnection]:
    """Return a connection to the world, whose transaction is rolled back."""
    if database_url not in begun:
        async with engine.begin() as connection:
            await begin(connection)
        begun.add(database_url)
    async with engine.connect() as connection:
        yield connection
        await connection.rollback()
