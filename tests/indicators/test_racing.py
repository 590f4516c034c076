"""A race ends with everybody at rest, also where it fails: else the next example meets who was left at work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from shared.db.locks import change_area_hierarchy, share_area_hierarchy
from tests.indicators.racing import race

if TYPE_CHECKING:
    from tests.indicators.world import World


class Fail:
    """What goes wrong."""

    async def happen(self, _world: World) -> None:
        raise ArithmeticError


class WaitInVain:
    """What waits too long for a lock, the first time."""

    tries = 0

    async def happen(self, world: World) -> None:
        self.tries += 1
        async with world.engine.connect() as holding, world.engine.begin() as waiting:
            if self.tries == 1:
                await change_area_hierarchy(holding)
                await waiting.execute(text("SET LOCAL lock_timeout = '10ms'"))
            await share_area_hierarchy(waiting)


async def test_who_waits_too_long_for_a_lock_tries_again(world: World) -> None:
    waiting: Any = WaitInVain()
    await race(world, [waiting], [])
    assert waiting.tries == 2


async def test_nobody_is_left_at_work_when_a_writer_fails(world: World) -> None:
    before = asyncio.all_tasks()
    failing: Any = Fail()
    with pytest.raises(ArithmeticError):
        await race(world, [failing], [])
    assert asyncio.all_tasks() == before
