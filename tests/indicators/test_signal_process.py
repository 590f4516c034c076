"""Signals judged by the worker's other process: the same ones, behind whoever else wants the processor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import text

from services.indicators.compute.signal_process import MODULE, NICENESS, SignalProcess
from services.indicators.compute.signals import MARK_SIGNALS, judge_all_signals, judge_signals
from services.indicators.compute.values import SeriesYear
from shared.db.arrays import as_arrays
from shared.line_process import ProcessEnded
from tests.indicators.stored_values import StoredValues, count, share
from tests.indicators.world import CLEANUPS, IN_TIME, LANDSKRONA

AS_OF = date(2017, 2, 1)
FIRST, UNTIL = date(2016, 1, 1), date(2017, 1, 1)


@pytest.fixture
def process() -> Iterator[SignalProcess]:
    process = SignalProcess()
    yield process
    process.close()


async def test_the_process_judges_as_a_thread_does(stored_values: StoredValues, process: SignalProcess) -> None:
    years = range(2013, 2017)
    months = [f"{year}-{month:02}" for year in years for month in range(1, 13)]
    await stored_values.put(CLEANUPS, LANDSKRONA, {month: count(9 + number % 5) for number, month in enumerate(months)})
    await stored_values.put(
        IN_TIME, LANDSKRONA, {month: share(15 + number % 5, 25) for number, month in enumerate(months)}
    )
    marks = [
        SeriesYear(stored_values.series[indicator], stored_values.world.ids[LANDSKRONA], year)
        for indicator in (CLEANUPS, IN_TIME)
        for year in years
    ]
    async with stored_values.world.engine.begin() as connection:
        await connection.execute(MARK_SIGNALS, as_arrays(SeriesYear._fields, marks))
        judged = await judge_signals(connection, lambda: AS_OF, judge=process.judged)
        assert judged == (await connection.execute(text("SELECT count(*) FROM signal"))).scalar_one() > 0
        assert await judge_all_signals(connection, AS_OF) == 0


async def test_it_leaves_the_processor_to_others(process: SignalProcess) -> None:
    assert await process.judged([], FIRST, UNTIL) == []
    assert process._process.process is not None
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, process._process.process.pid) == min(19, own + NICENESS)


async def test_one_that_died_is_told_and_replaced(process: SignalProcess) -> None:
    process.start()
    assert process._process.process is not None
    process._process.process.kill()
    process._process.process.wait()
    assert await process.judged([], FIRST, UNTIL) == []
    with pytest.raises(ProcessEnded, match="ended with 1"):
        await process.judged([], None, UNTIL)  # type: ignore[arg-type]  # no day to begin with
    assert await process.judged([], FIRST, UNTIL) == []


async def test_one_that_hangs_is_ended_and_replaced(process: SignalProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await process.judged([], FIRST, UNTIL) == []
    assert process._process.process is not None
    process._process.process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr("services.indicators.compute.signal_process.SECONDS_TO_JUDGE", 0.1)
    with pytest.raises(ProcessEnded, match=f"ended with -{signal.SIGKILL}"):
        await process.judged([], FIRST, UNTIL)
    monkeypatch.undo()
    assert await process.judged([], FIRST, UNTIL) == []


def test_it_ends_with_its_input_as_when_the_worker_is_killed() -> None:
    assert subprocess.run([sys.executable, "-m", MODULE], input=b"", timeout=60, check=False).returncode == 0
