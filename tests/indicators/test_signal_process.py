"""Signals judged by the worker's other process: the same ones, behind whoever else wants the processor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date

import pytest
from sqlalchemy import text

from services.indicators.compute.signal_failures import SignalFailures
from services.indicators.compute.signal_process import MODULE, NICENESS, SignalProcess
from services.indicators.compute.signal_series import Judged, Subject, judged
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
    judged = await judge_signals(stored_values.world.engine.begin, lambda: AS_OF, judge=process.judged)
    async with stored_values.world.engine.begin() as connection:
        assert judged == (await connection.execute(text("SELECT count(*) FROM signal"))).scalar_one() > 0
        assert await judge_all_signals(connection, AS_OF) == 0


async def test_what_ends_the_process_delays_nothing_else(
    stored_values: StoredValues, caplog: pytest.LogCaptureFixture
) -> None:
    """One of three ends whatever judges it: the others are judged by the next pass, that one tried in a minute."""
    codes = (CLEANUPS, IN_TIME, "school-visits")
    months = [f"{year}-{month:02}" for year in range(2013, 2017) for month in range(1, 13)]
    for code in codes:
        figures = {month: share(15, 25) if code == IN_TIME else count(9) for month in months}
        figures["2016-12"] = share(2, 25) if code == IN_TIME else count(90)
        await stored_values.put(code, LANDSKRONA, figures)
    poisonous, *others = (stored_values.series[code] for code in codes)
    area = stored_values.world.ids[LANDSKRONA]
    asked: list[set[int]] = []

    async def judge(subjects: Sequence[Subject], first: date, until: date) -> list[Judged]:
        asked.append({one.about.series_id for one in subjects})
        if poisonous in asked[-1]:
            raise ProcessEnded("it ended")
        return judged(subjects, first, until)

    failures = SignalFailures()

    async def look() -> set[int]:
        await judge_signals(stored_values.world.engine.begin, lambda: AS_OF, 0, judge, failures)
        async with stored_values.world.engine.connect() as connection:
            return {*(await connection.execute(text("SELECT series_id FROM signal"))).scalars()}

    async with stored_values.world.engine.begin() as connection:
        marks = [SeriesYear(one, area, 2016) for one in (poisonous, *others)]
        await connection.execute(MARK_SIGNALS, as_arrays(SeriesYear._fields, marks))
    assert await look() == set()
    assert asked == [{poisonous, *others}]
    for _ in range(3):
        found = await look()
    assert found == {*others}
    assert [one for one in asked if poisonous in one] == [{poisonous, *others}, {poisonous}]
    for _ in range(3):
        await look()
    assert len(asked) == 4, "it waits"
    assert f"series {poisonous} in area {area}" in caplog.text
    failures._tried_again = dict.fromkeys(failures._tried_again, 0.0)
    mended, poisonous = poisonous, -1
    assert await look() == {mended, *others}


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
