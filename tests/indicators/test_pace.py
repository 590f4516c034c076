"""How the passes that follow the sweep leave it time."""

import asyncio
import itertools
import time

import pytest

from services.indicators.worker import Throttle


async def test_a_pass_rests_in_proportion_to_what_it_took() -> None:
    throttle, begun = Throttle(0.25, lambda: True), []

    async def run() -> None:
        begun.append(time.monotonic())
        await asyncio.sleep(0.05)

    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        await throttle.keep(run)
        await asyncio.sleep(0.001)
    assert len(begun) >= 2
    assert all(later - earlier >= 0.2 for earlier, later in itertools.pairwise(begun))


async def test_a_pass_that_fails_rests_too() -> None:
    throttle, tries = Throttle(0.01, lambda: True), []

    async def fail() -> None:
        tries.append(1)
        await asyncio.sleep(0.01)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await throttle.keep(fail)
    await throttle.keep(fail)
    assert len(tries) == 1


async def test_a_pass_does_not_rest_when_nobody_needs_the_machine() -> None:
    throttle, begun = Throttle(0.001, lambda: False), []

    async def run() -> None:
        begun.append(1)
        await asyncio.sleep(0.01)

    for _ in range(3):
        await throttle.keep(run)
    assert len(begun) == 3
