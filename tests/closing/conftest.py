"""The small world of the worker's tests, in one database a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.indicators.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncEngine


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    return await World(engine).begin()
