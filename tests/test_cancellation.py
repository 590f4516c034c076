"""Tasks end when the process stops, whatever has become of their first cancellation."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from shared import cancellation


async def test_a_task_that_takes_its_cancellation_for_a_time_out_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cancellation, "SECONDS_BEFORE_AGAIN", 0.01)

    async def survive_one() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    async def fail() -> None:
        raise ValueError

    async def end() -> None:
        return

    tasks = [asyncio.create_task(work()) for work in (survive_one, fail, end)]
    await asyncio.sleep(0)
    await cancellation.cancel(tasks)
    assert [task.cancelled() for task in tasks] == [True, False, False]


async def test_a_task_may_clean_up() -> None:
    cleaned = []

    async def clean_up() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            cleaned.append(True)

    task = asyncio.create_task(clean_up())
    await asyncio.sleep(0)
    await cancellation.cancel([task])
    assert cleaned == [True]
