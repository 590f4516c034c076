"""(i) All signals of a municipality with the full catalogue and ten years, judged as the worker judges them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.indicators.compute.signals import judge_signals
from shared.catalogue.loader import shipped_catalogue
from shared.facts.marks import signal_marks
from shared.facts.series import put_series
from tests.benchmarks.bench import Bench
from tests.benchmarks.database import Database
from tests.benchmarks.own_indicators import add_own_indicators
from tests.benchmarks.results import Result, thousands

AREA = "1282"
AS_OF = date(2017, 1, 1)
SECONDS = 30.0
# Months of all series, each at a level of its own, and the tertials and years that they make.
_MONTHS = text(
    """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, denominator, left_out,
                                    status)
       SELECT series_id, area_id, 'month', month::date,
              CASE WHEN is_share THEN floor(10 + 10 * random()) WHEN unit = 'SEK' THEN floor(1e5 * (1 + random()))
                   ELSE floor(2 * level * random()) END,
              CASE WHEN is_share THEN 25 END, 0, 'observed'
       FROM (SELECT series_id, is_share, unit, 1 + 12 * random() AS level FROM indicator_series) AS series
       CROSS JOIN area CROSS JOIN generate_series(date '2007-01-01', '2016-12-01', interval '1 month') AS month
       WHERE area.code = :area"""
)
_LONGER = text(
    """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, denominator, left_out,
                                    status)
       SELECT series_id, area_id, longer, start_of_period(longer, period_start), sum(numerator), sum(denominator), 0,
              'observed'
       FROM indicator_value CROSS JOIN (VALUES ('tertial'), ('year')) AS type(longer)
       WHERE period_type = 'month' GROUP BY 1, 2, 3, 4"""
)
_MARK = text(
    signal_marks(
        """SELECT * FROM (SELECT DISTINCT series_id, area_id, extract(year FROM period_start)::smallint
                          FROM indicator_value ORDER BY 1, 2, 3) AS year"""
    )
)
_ARE_MARKS_LEFT = text("SELECT EXISTS (SELECT FROM signal_mark)")


def measure(bench: Bench) -> Iterator[Result]:
    """Judge them once, pass after pass: by the clock, and by what this process took of its core."""
    with ten_years(bench) as database:
        seconds, processor = judge(database)
        judged = int(str(database.run("SELECT count(*) FROM signal")))
    what = f"{thousands(judged)} signals: full catalogue, one municipality, ten years"
    yield Result.below(f"{what}, seconds", [seconds], SECONDS)
    yield Result.below(f"{what}, seconds of the worker's processor", [processor], SECONDS)


@contextmanager
def ten_years(bench: Bench, own: int = 0) -> Iterator[Database]:
    """Yield a database of one municipality's ten years, with values of all series and no signals yet.

    The municipality has so many indicators of its `own` besides those that ship.
    """
    with bench.cache.copy(bench.databases.world()) as database:
        _fill(database, own)
        yield database


def _fill(database: Database, own: int) -> None:
    async def fill(engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            catalogue = await add_own_indicators(connection, AREA, own) if own else shipped_catalogue()
            await put_series(connection, catalogue, AS_OF)
            await connection.execute(text("TRUNCATE indicator_value, signal, signal_mark"))
            await connection.execute(_MONTHS, {"area": AREA})
            await connection.execute(_LONGER)
            await connection.execute(_MARK)

    database.with_engine(fill)
    database.run("VACUUM (ANALYZE)")


def judge(database: Database) -> tuple[float, float]:
    """Judge all that there is, and return how many seconds it took, and how many of this process's core."""

    async def run(engine: AsyncEngine) -> tuple[float, float]:
        started, processor = time.perf_counter(), time.process_time()
        is_left = True
        while is_left:
            await judge_signals(engine.begin, lambda: AS_OF)
            async with engine.begin() as connection:
                is_left = (await connection.execute(_ARE_MARKS_LEFT)).scalar_one()
        return time.perf_counter() - started, time.process_time() - processor

    return database.with_engine(run)
