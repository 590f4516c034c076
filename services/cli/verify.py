"""`samverkan rebuild` and `samverkan verify`: all figures afresh from the activities, and whether that changes any."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import OperationalError

from services.cli.database import migrated_database
from services.cli.errors import Disturbed
from services.indicators.compute.comparisons import compare
from services.indicators.compute.rebuild import RebuildDifferences, Report, rebuild, verify
from services.indicators.compute.signals import judge_signals
from shared.catalogue.loader import shipped_catalogue
from shared.db.clock import DatabaseClock
from shared.db.engine import build_engine
from shared.db.locks import figures_in_snapshot, second_in_snapshot
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.facts.marks import oldest_comparison_mark_seconds, oldest_signal_mark_seconds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from shared.catalogue.loader import Catalogue
    from shared.domain.period import Clock

    Work = Callable[[AsyncEngine, DatabaseClock, Report], Awaitable[RebuildDifferences]]
    Pass = Callable[[AsyncEngine, Clock, float], Awaitable[int]]
    Age = Callable[[AsyncConnection], Awaitable[float | None]]

MOST_ATTEMPTS = 3
SECONDS_COMPARED = 0.3
# One waits for the figures; with the first and the second it is three.
_CONNECTIONS = 3
_OVERTAKEN = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


def rebuild_figures() -> None:
    """Compute all figures afresh and write those that differ. Activities may come in meanwhile."""
    differences = asyncio.run(_with_progress(_rebuild, are_followed=True))
    Console().print(f"{differences.total} rows were not what they should be, and are now.")


def verify_figures() -> None:
    """Compare all figures with a computation from scratch; change nothing. Exit code 1 if any differs."""
    differences = asyncio.run(_with_progress(_verify))
    if differences.following:
        Console().print(f"Comparisons or signals of {differences.following} figures' years are still to follow.")
    Console().print(
        f"{differences.total} rows differ: {differences.cells} cells, {differences.ancestor_set_totals} sums, "
        f"{differences.values} values, {differences.judgements} judgements, {differences.comparisons} comparisons, "
        f"{differences.signals} signals, {differences.commitments} commitments, {differences.later} of what "
        "has come to closed periods."
    )
    if differences.moved:
        Console().print(f"{differences.moved} figures of closed periods are not as they were when these were closed.")
    if differences.total:
        Console().print("Changes not yet swept count too; `samverkan rebuild` mends the rest.")
        raise typer.Exit(1)


async def _with_progress(work: Work, *, are_followed: bool = False) -> RebuildDifferences:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with migrated_database() as url, Progress(*columns, transient=True) as progress:
        task = progress.add_task("", total=None)

        def report(step: str, steps: int | None) -> None:
            progress.update(task, description=step, advance=1, total=steps)

        engine, clock = build_engine(url, connections=_CONNECTIONS), DatabaseClock()
        try:
            differences = await _undisturbed(engine, clock, work, report)
            if are_followed:
                progress.update(task, description="comparisons", advance=1)
                await _follow(engine, clock, _compare, oldest_comparison_mark_seconds)
                progress.update(task, description="signals", advance=1)
                await _follow(engine, clock, _judge_signals, oldest_signal_mark_seconds)
            return differences
        finally:
            await engine.dispose()


async def _undisturbed(engine: AsyncEngine, clock: DatabaseClock, work: Work, report: Report) -> RebuildDifferences:
    """Do work on all figures in one snapshot; again from the beginning where others wrote what it was to write.

    Raises:
        Disturbed: they did so each time.
    """
    for _ in range(MOST_ATTEMPTS):
        try:
            return await work(engine, clock, report)
        except OperationalError as error:
            if not isinstance(error.orig, _OVERTAKEN):
                raise
    raise Disturbed("Others changed the same figures or definitions each time that it was tried. Try again later.")


async def _rebuild(engine: AsyncEngine, clock: DatabaseClock, report: Report) -> RebuildDifferences:
    async with figures_in_snapshot(engine) as connection, second_in_snapshot(engine, connection) as second:
        return await rebuild(connection, await _catalogue(connection, clock), clock(), report, second)


async def _verify(engine: AsyncEngine, clock: DatabaseClock, report: Report) -> RebuildDifferences:
    async with figures_in_snapshot(engine) as connection:
        return await verify(connection, await _catalogue(connection, clock), clock(), report)


async def _catalogue(connection: AsyncConnection, clock: DatabaseClock) -> Catalogue:
    """Return the definitions in force, and set the clock."""
    await clock.set(connection)
    return await CatalogueInForce(shipped_catalogue()).current(connection)


async def _follow(engine: AsyncEngine, clock: DatabaseClock, work: Pass, oldest: Age) -> None:
    """Do what is marked until now, for a moment at a time: in between areas may be changed."""
    began = time.monotonic()
    is_marked = True
    while is_marked:
        if not await work(engine, clock, SECONDS_COMPARED):
            await asyncio.sleep(SECONDS_COMPARED)  # the worker is at it, or nothing differs
        async with engine.connect() as connection:
            age = await oldest(connection)
        is_marked = age is not None and age > time.monotonic() - began


async def _compare(engine: AsyncEngine, clock: Clock, seconds: float) -> int:
    async with engine.begin() as connection:
        return await compare(connection, clock, seconds)


async def _judge_signals(engine: AsyncEngine, clock: Clock, seconds: float) -> int:
    return await judge_signals(engine.begin, clock, seconds)
