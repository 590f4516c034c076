"""`make bench`: measures the parts that are asked for, all of them when none is, and prints each side beside the aim.

Nothing is asserted: a machine that is busy with something else shows it in the figures, not in a red test.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.indicators.rebuild import rebuild as rebuild_figures
from shared.catalogue.loader import Catalogue, shipped_catalogue
from shared.db.engine import build_engine
from shared.domain.period import today as current_day
from shared.facts.series import put_series
from tests.benchmarks import charts, data, freshness, imports, odata, reading, rebuild
from tests.benchmarks.results import Result, table
from tests.benchmarks.servers import BASE, Servers, running_servers
from tests.benchmarks.surroundings import MUNICIPALITIES, PLACES, Place, find_places, make_surroundings

PARTS = ("imports", "rebuild", "reading", "charts", "odata", "freshness")
SMALL, LARGE = 10_000, 1_000_000
GIB = 2**30
KEPT_FOR_FIGURES = ("cell", "atom_figure", "indicator_value", "comparison")

T = TypeVar("T")


class Bench:
    """The servers with their databases, and what is measured on them."""

    def __init__(self, lab: Servers, console: Console, rounds: int) -> None:
        self._lab = lab
        self._console = console
        self._rounds = rounds
        self._today: date = current_day()
        self._catalogue: Catalogue = shipped_catalogue()
        self._places: list[Place] = []
        self._started = time.monotonic()

    def run(self, parts: list[str]) -> Iterator[Result]:
        """Measure the parts, in the order of PARTS."""
        self._tell(f"making {PLACES:,} places and {MUNICIPALITIES} agreements")
        self._places = _with_connection(self._lab.url(BASE), self._make_surroundings)
        if "imports" in parts:
            self._tell("importing")
            yield imports.compare(self._lab, self._places, self._today, self._rounds)
        if {"rebuild", "reading", "charts", "odata", "freshness"} & {*parts}:
            yield from self._measure_figures(parts)

    def _measure_figures(self, parts: list[str]) -> Iterator[Result]:
        large = self._make_database(LARGE)
        if "rebuild" in parts:
            self._tell("rebuilding, which takes minutes")
            yield _with_engine(large, lambda engine: rebuild.compare(engine, self._catalogue, self._today))
            yield self._compare(large)
        else:
            self._rebuild(large)
        self._vacuum(large)
        if "reading" in parts:
            self._tell("reading")
            yield from reading.compare(self._lab, large, self._rounds)
        if "charts" in parts:
            self._tell("drawing")
            yield from charts.measure(self._lab, large, self._rounds)
        if "odata" in parts:
            self._tell("exporting")
            yield from odata.compare(self._lab, large, self._rounds)
        if "freshness" in parts:
            small = self._make_database(SMALL)
            self._rebuild(small)
            self._vacuum(small)
            for database_url in (small, large):
                self._warm(database_url)
            self._tell("probing")
            databases = {SMALL: (small, self._places), LARGE: (large, self._places)}
            yield from freshness.measure(self._lab, databases, self._today)

    async def _make_surroundings(self, connection: AsyncConnection) -> list[Place]:
        await make_surroundings(connection, self._today)
        await put_series(connection, self._catalogue, self._today)
        return await find_places(connection)

    def _make_database(self, number: int) -> str:
        self._tell(f"making {number:,} activities")
        database_url = self._lab.create(f"made_{number}", BASE)
        _with_connection(database_url, lambda connection: data.copy_activities(connection, number, self._today))
        self._vacuum(database_url)
        return database_url

    def _rebuild(self, database_url: str) -> None:
        """Fill the read model, with all that stands beside the figures: a worker would still be at it otherwise."""
        self._tell("filling the read model")
        _with_connection(database_url, lambda connection: rebuild_figures(connection, self._catalogue, self._today))
        self._compare(database_url)

    def _compare(self, database_url: str) -> Result:
        self._tell("comparing")
        return _with_engine(database_url, lambda engine: rebuild.measure_comparing(engine, self._today))

    def _vacuum(self, database_url: str) -> None:
        self._lab.run("VACUUM (ANALYZE)", database_url)

    def _warm(self, database_url: str) -> None:
        """Have what is kept for figures in memory, whatever was measured before: a service that runs has.

        It is read by its keys, since PostgreSQL lets a scan of a large table pass its memory by.
        """
        self._tell("reading all of it once")

        async def read(connection: AsyncConnection) -> None:
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            await connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
            for name in KEPT_FOR_FIGURES:
                # A system column is in no index, so that the rows themselves are read.
                await connection.exec_driver_sql(f"SELECT count(xmin) FROM {name} WHERE series_id >= 0")

        _with_connection(database_url, read)

    def _tell(self, doing: str) -> None:
        self._console.print(f"{time.monotonic() - self._started:4.0f} s  {doing} …", style="dim")


def _with_connection(database_url: str, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async def begin(engine: AsyncEngine) -> T:
        async with engine.begin() as connection:
            return await work(connection)

    return _with_engine(database_url, begin)


def _with_engine(database_url: str, work: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    async def run() -> T:
        engine = build_engine(database_url, application="benchmarks")
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def _measured_on(lab: Servers) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    version = str(lab.run("SHOW server_version")).split()[0]
    python = platform.python_version()
    return (
        f"{os.cpu_count()} cores shared by all, {memory:.0f} GiB, PostgreSQL {version}, Python {python}\n"
        f"{MUNICIPALITIES} of 290 municipalities with all ten annexes for ten years, {PLACES:,} places"
    )


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="measure this part; may be given several times")
    parser.add_argument("--rounds", type=int, default=3, help="how often both sides of imports and reading take turns")
    asked = parser.parse_args()
    # A file is as wide as the table needs.
    console = Console(width=None if sys.stdout.isatty() else 180)
    with TemporaryDirectory(prefix="samverkan-bench-") as folder, running_servers(Path(folder)) as lab:
        results = []
        for result in Bench(lab, console, asked.rounds).run(asked.only or [*PARTS]):
            console.print(result.line, style="bold")
            results.append(result)
        measured_on = _measured_on(lab)
    console.print(table(results, measured_on))


if __name__ == "__main__":
    main()
