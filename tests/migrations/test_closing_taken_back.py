"""Migration 0039: whoever goes back has no closed periods, and figures that follow what has come since."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING

import pytest
from alembic import command
from sqlalchemy import text

from services.cli import migrations
from shared.db.engine import build_engine
from tests.closing.closings import AGREEMENT, close
from tests.indicators.world import CLEANUPS, LANDSKRONA, YEAR_2016, Annex, World

if TYPE_CHECKING:
    from collections.abc import Callable

T1 = "2016-T1"
pytestmark = [pytest.mark.long]


async def test_frozen_figures_are_computed_again(fresh_database: Callable[[], str]) -> None:
    url = fresh_database()
    engine = build_engine(url)
    world = await World(engine).begin()
    await world.agree(AGREEMENT, YEAR_2016, [LANDSKRONA], Annex("attractive-city", YEAR_2016))
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE agreement SET closing_needs_ready_annexes = false"))
    await world.record("first", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 4))
    await world.settle(date(2016, 5, 10))
    await close(world, T1)
    await world.record("late", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 7))
    await world.settle()
    assert await world.figure(CLEANUPS, LANDSKRONA, T1) == (1, None, 0)
    await engine.dispose()

    config = migrations.configuration(url)
    await asyncio.to_thread(command.downgrade, config, "0037")
    await asyncio.to_thread(command.upgrade, config, "head")
    await world.settle()
    assert await world.figure(CLEANUPS, LANDSKRONA, T1) == (2, None, 0)
    assert await world.column("finality", CLEANUPS, LANDSKRONA, T1) == "preliminary"
    assert (await world.verify()).total == 0
    await engine.dispose()
