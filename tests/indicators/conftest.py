"""The small world of these tests, in one database a module; every test begins with nothing happened in it."""

from collections.abc import Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.indicators.world import World


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    return await World(engine).begin()
