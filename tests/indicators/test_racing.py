"""A race ends with everybody at rest, also where it fails: else the next example meets who was left at work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.indicators.racing import race

if TYPE_CHECKING:
    from tests.indicators.world import World


class Fail:
    """What goes wrong."""

    async def happen(self, _world: World) -> None:
        raise ArithmeticError


async def test_nobody_is_left_at_work_when_a_writer_fails(world: World) -> None:
    before = asyncio.all_tasks()
    failing: Any = Fail()
    with pytest.raises(ArithmeticError):
        await race(world, [failing], [])
    assert asyncio.all_tasks() == before
