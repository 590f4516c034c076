"""While figures are judged nothing is held, and what has changed by the time that they are stored is judged again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.indicators.compute import signal_process
from services.indicators.compute.comparisons import drop_comparisons
from services.indicators.compute.signal_series import Judged, Subject, judged
from services.indicators.compute.signals import MARK_SIGNALS, judge_signals
from services.indicators.compute.values import SeriesYear
from services.indicators.worker import ComputingWorker
from shared.db.arrays import as_arrays
from shared.db.locks import change_area_hierarchy, hold_comparing
from shared.facts.marks import count_signal_marks
from shared.settings import Settings
from tests.indicators.stored_values import StoredValues, count
from tests.indicators.test_signals_judged import CLOSE_JANUARY
from tests.indicators.world import ATTRACTIVE, CLEANUPS, LANDSKRONA, YEAR_2016

AS_OF = date(2017, 2, 1)
USUAL = (9, 11, 8, 12, 10, 9, 13, 7, 10, 11, 8, 12)

Meanwhile = Callable[[AsyncConnection], Awaitable[object]]


class Marked:
    """Four years of a figure, the last of which is marked."""

    def __init__(self, values: StoredValues) -> None:
        self.values, self.engine = values, values.world.engine
        self.year = SeriesYear(values.series[CLEANUPS], values.world.ids[LANDSKRONA], 2016)

    async def begin(self) -> None:
        years = range(2013, 2017)
        figures = {f"{year}-{month:02}": count(value) for year in years for month, value in enumerate(USUAL, 1)}
        await self.values.put(CLEANUPS, LANDSKRONA, figures)
        async with self.engine.begin() as connection:
            await connection.execute(MARK_SIGNALS, as_arrays(SeriesYear._fields, [self.year]))

    async def judge(self, meanwhile: Meanwhile) -> set[str]:
        """Judge a lot, let something be done while that goes on, and return the periods with a signal."""

        async def judge(subjects: Sequence[Subject], first: date, until: date) -> list[Judged]:
            found = judged(subjects, first, until)
            async with self.engine.begin() as connection:
                await connection.execute(text("SET LOCAL lock_timeout = '1s'"))
                await meanwhile(connection)
            return found

        await judge_signals(self.engine.begin, lambda: AS_OF, 0, judge)
        return await self.stored()

    async def stored(self) -> set[str]:
        async with self.engine.connect() as connection:
            rows = await connection.execute(text("SELECT period_start FROM signal WHERE period_type = 'month'"))
            return {f"{day:%Y-%m}" for day in rows.scalars()}

    async def is_marked(self) -> bool:
        async with self.engine.connect() as connection:
            return bool(await count_signal_marks(connection))


@pytest.fixture
async def marked(stored_values: StoredValues) -> Marked:
    marked = Marked(stored_values)
    await marked.begin()
    return marked


MONTHS = {f"2016-{month:02}" for month in range(1, 13)}


async def test_areas_and_what_is_compared_may_be_changed_while_figures_are_judged(marked: Marked) -> None:
    """Who changed an area waited until the process had loaded its libraries, or was ended since it hung."""

    async def change(connection: AsyncConnection) -> None:
        await change_area_hierarchy(connection)
        await hold_comparing(connection)

    assert await marked.judge(change) == MONTHS
    assert not await marked.is_marked()


async def test_what_rests_on_a_figure_that_was_hidden_meanwhile_is_not_stored(marked: Marked) -> None:
    async def hide(connection: AsyncConnection) -> None:
        await connection.execute(
            text("UPDATE indicator_value SET status = 'suppressed' WHERE period_start = :day"), DAY
        )
        await drop_comparisons(connection, {marked.year._replace(year=2015)})

    assert await marked.judge(hide) == set()
    assert await marked.is_marked()
    assert await marked.judge(nothing) == MONTHS


async def test_a_figure_whose_period_was_closed_meanwhile_keeps_its_signal(marked: Marked) -> None:
    world = marked.values.world
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)

    async def close(connection: AsyncConnection) -> None:
        for statement in CLOSE_JANUARY:
            await connection.execute(text(statement), {"area": marked.year.area_id} if ":area" in statement else {})

    assert await marked.judge(close) == MONTHS - {"2016-01"}


async def test_a_worker_that_dies_while_it_judges_leaves_the_marks(marked: Marked) -> None:
    async def die(_connection: AsyncConnection) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        await marked.judge(die)
    assert await marked.is_marked()
    assert await marked.judge(nothing) == MONTHS


async def test_two_workers_that_judge_the_same_store_it_once(marked: Marked) -> None:
    async def judge_too(_connection: AsyncConnection) -> None:
        await judge_signals(marked.engine.begin, lambda: AS_OF, 0)

    assert await marked.judge(judge_too) == MONTHS
    async with marked.engine.connect() as connection:
        revisions = await connection.execute(
            text("SELECT revision FROM indicator_value WHERE period_start > :day"), DAY
        )
        assert max(revisions.scalars()) == 2


async def test_the_other_passes_go_on_while_the_process_that_judges_hangs(
    marked: Marked, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A figure that cannot be judged kept the levels above from being summed, half of the time and for all."""
    hangs, ends = asyncio.Event(), asyncio.Event()

    async def hang(*_arguments: Any) -> list[Judged]:
        hangs.set()
        await ends.wait()
        return []

    monkeypatch.setattr(signal_process.SignalProcess, "judged", hang)
    worker = ComputingWorker(settings)
    try:
        judging = asyncio.create_task(worker.judge_signals())
        await asyncio.wait_for(hangs.wait(), 20)
        async with asyncio.timeout(10):
            await worker.roll_up()
            await worker.compare()
            await worker.seal()
        ends.set()
        await judging
    finally:
        await worker.stop()


DAY = {"day": date(2015, 12, 1)}


async def nothing(_connection: AsyncConnection) -> None:
    pass
