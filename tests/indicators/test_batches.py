"""How much is recomputed in a transaction: who changes areas or definitions waits for it, and others behind them."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.indicators.compute import rollup
from services.indicators.compute import sweep as module
from services.indicators.compute.recompute import recompute
from services.indicators.compute.sweep import BATCH, SECONDS_OF_A_BATCH, BatchSize, sweep
from tests.indicators.world import ALFA, SKANE, World

if TYPE_CHECKING:
    import pytest

YEARS = range(2010, 2017)


def test_batches_take_some_second_however_long_a_scope_takes() -> None:
    size = BatchSize()
    for seconds_a_scope in (2.0, 0.3, 0.001):
        for _ in range(10):
            size.learn(size.most, size.most * seconds_a_scope)
        took = size.most * seconds_a_scope
        assert size.most == 1 or took <= SECONDS_OF_A_BATCH
        assert size.most == BATCH or took >= SECONDS_OF_A_BATCH / 2
    assert size.most == BATCH
    size.learn(12, 5.0)
    assert size.most == 2, "it learns at once from what took too long"
    size.learn(1, 0.01)
    assert size.most == 2, "a batch that was not full tells nothing of more"


async def test_what_takes_long_together_is_recomputed_in_transactions_of_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for year in YEARS:
        await world.record(f"of {year}", "school-visit", ALFA, start=date(year, 2, 8))
    batches: list[int] = []

    async def noted(connection: Any, definitions: Any, scopes: Any, clock: Any) -> Any:
        batches.append(len(scopes))
        return await recompute(connection, definitions, scopes, clock)

    monkeypatch.setattr(module, "recompute", noted)
    monkeypatch.setattr(module, "SECONDS_OF_A_BATCH", 0.0)
    size = BatchSize()
    size.most = 3
    assert not await sweep(world.engine, world.definitions, world.clock, seconds=30, size=size)
    assert batches == [3, 1, 1, 1, 1]
    monkeypatch.undo()
    assert (await world.figure("school-visits", ALFA, "2010")) == (1, None, 0)
    await world.settle()
    assert (await world.verify()).total == 0


async def test_what_takes_too_long_together_is_recomputed_alone_and_alone_waits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep was given up, and the next began with the same batch, so that nobody's figures came any more."""
    for year in YEARS:
        await world.record(f"of {year}", "school-visit", ALFA, start=date(year, 2, 8))

    async def slowly(connection: Any, definitions: Any, scopes: Any, clock: Any) -> Any:
        await asyncio.sleep(sum(30 if year == YEARS[2] else 0.3 for _, year in scopes))
        return await recompute(connection, definitions, scopes, clock)

    monkeypatch.setattr(module, "recompute", slowly)
    monkeypatch.setattr(module, "SECONDS_OF_A_TRANSACTION", 1.0)
    size = BatchSize()
    for _ in range(2):
        await sweep(world.engine, world.definitions, world.clock, seconds=10, size=size)
    figures = {year: await world.figure("school-visits", ALFA, str(year)) for year in YEARS}
    assert [year for year, figure in figures.items() if figure != (1, None, 0)] == [YEARS[2]]
    async with world.engine.connect() as connection:
        postponed = await connection.execute(text("SELECT year, error FROM postponed_scope"))
        assert [tuple(row) for row in postponed] == [(YEARS[2], "TimeoutError: ")]


async def test_very_many_years_above_are_summed_by_several_passes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All were claimed by one, which was given up where that took too long; the next had them all again, and more."""
    monkeypatch.setattr(rollup, "MOST_MARKS", 1)
    for year in YEARS:
        await world.record(f"of {year}", "school-visit", ALFA, start=date(year, 2, 8))
    await world.sweep()
    for passes in range(len(YEARS)):
        assert await done_above(world) == list(YEARS[:passes])
        await world.roll_up()
    assert await done_above(world) == list(YEARS)
    await world.settle()
    assert (await world.verify()).total == 0


async def done_above(world: World) -> list[int]:
    figures = {year: await world.figure("school-visits", SKANE, str(year)) for year in YEARS}
    return [year for year, figure in figures.items() if figure == (1, None, 0)]
