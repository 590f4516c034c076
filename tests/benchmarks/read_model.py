"""Fills the read model of a database, as the worker would with time."""

from __future__ import annotations

import time
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.indicators.compute.comparisons import compare, mark_all_comparisons
from services.indicators.compute.rebuild import rebuild
from shared.audit.sealing import seal
from shared.catalogue.loader import Catalogue
from tests.benchmarks.database import Database
from tests.benchmarks.freshness_client import PROBED
from tests.benchmarks.value_queries import INDICATORS

# Comparisons of every indicator take longer than all else together, so they are made of those that the parts ask for.
COMPARED = sorted({*INDICATORS, *PROBED.values()})


def fill(database: Database, catalogue: Catalogue, today: date) -> None:
    """Compute every value, and the comparisons of a few indicators; nothing is left for a worker to do."""
    database.with_connection(lambda connection: rebuild(connection, catalogue, today))
    compare_marked(database, today)
    # Signals are measured by themselves: a worker that judged all of these would compete with what is measured, and so
    # would one that sealed the entries of all activities.
    database.run("TRUNCATE signal_mark")
    _seal(database)
    database.run("VACUUM (ANALYZE)")


def _seal(database: Database) -> None:
    async def run(engine: AsyncEngine) -> None:
        sealed = 1
        while sealed:
            async with engine.begin() as connection:
                sealed = await seal(connection)

    database.with_engine(run)


def mark_comparisons(database: Database) -> None:
    """Drop all comparisons and mark them, as a rebuild does."""
    database.run("TRUNCATE comparison, comparison_mark")
    database.with_connection(mark_all_comparisons)


def compare_marked(database: Database, today: date) -> float:
    """Make the marked comparisons of COMPARED, pass after pass, and return the seconds that took."""

    async def run(engine: AsyncEngine) -> float:
        async with engine.begin() as connection:
            await connection.execute(_FORGET_OTHER_MARKS, {"compared": COMPARED})
        started = time.perf_counter()
        is_left = True
        while is_left:
            async with engine.begin() as connection:
                await compare(connection, lambda: today)
                is_left = (await connection.execute(_ARE_MARKS_LEFT)).scalar_one()
        return time.perf_counter() - started

    return database.with_engine(run)


_FORGET_OTHER_MARKS = text(
    """DELETE FROM comparison_mark USING indicator_series
       WHERE indicator_series.series_id = comparison_mark.series_id AND indicator_code <> ALL(:compared)"""
)
_ARE_MARKS_LEFT = text("SELECT EXISTS (SELECT FROM comparison_mark)")
