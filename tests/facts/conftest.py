"""The small world of the figures' tests serves the facts' tests too."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.indicators.world import World


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    return await World(engine).begin()
