"""`samverkan rebuild` and `samverkan verify`: all figures afresh from the activities, and whether that changes any."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.cli.database import migrated_database
from services.indicators.compute.comparisons import compare
from services.indicators.compute.rebuild import Differences, rebuild, verify
from shared.catalogue.loader import shipped_catalogue
from shared.db.engine import build_engine
from shared.db.locks import share_area_hierarchy
from shared.domain.period import today
from shared.facts.catalogue_in_force import CatalogueInForce

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def rebuild_figures() -> None:
    """Compute all figures afresh and write those that differ. Activities may come in meanwhile."""
    differences = asyncio.run(_with_progress(rebuild))
    Console().print(f"{differences.total} rows were not what they should be, and are now.")


def verify_figures() -> None:
    """Compare all figures with a computation from scratch; change nothing. Exit code 1 if any differs."""
    differences = asyncio.run(_with_progress(verify))
    if differences.following:
        Console().print(
            f"Comparisons of {differences.following} figures' years are still to follow, and differ until they have."
        )
    Console().print(
        f"{differences.total} rows differ: {differences.cells} cells, {differences.ancestor_set_totals} sums, "
        f"{differences.values} values, {differences.judgements} judgements, {differences.comparisons} comparisons, "
        f"{differences.commitments} commitments."
    )
    if differences.total:
        Console().print("Changes not yet swept count too; `samverkan rebuild` mends the rest.")
        raise typer.Exit(1)


async def _with_progress(work: Callable[..., Awaitable[Differences]]) -> Differences:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with migrated_database() as url, Progress(*columns, transient=True) as progress:
        task = progress.add_task("", total=None)

        def report(step: str, steps: int | None) -> None:
            progress.update(task, description=step, advance=1, total=steps)

        engine = build_engine(url, connections=1)
        try:
            async with engine.begin() as connection:
                await share_area_hierarchy(connection)  # no definition is put while the figures are made by the others
                catalogue = await CatalogueInForce(shipped_catalogue()).current(connection)
                differences = await work(connection, catalogue, today(), report)
            if work is rebuild:
                # Apart from the figures: no one waits for the comparisons.
                async with engine.begin() as connection:
                    progress.update(task, description="comparisons", advance=1)
                    await compare(connection, today, math.inf)
            return differences
        finally:
            await engine.dispose()
