"""`samverkan facts`: remove facts of past years, and keep their figures."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.cli.audit import account
from services.cli.database import migrated_database
from services.cli.errors import CommandError
from shared.catalogue.loader import shipped_catalogue
from shared.db.actor import Actor
from shared.db.clock import DatabaseClock
from shared.db.engine import build_engine
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.facts.removed_periods import facts_removed_before
from shared.retention.candidates import FactCounts, FactKind, StaysFor, find_removable
from shared.retention.removal import FiguresPending, close_years, latest_boundary, remove_facts

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_WHY_ONE_STAYS = {
    StaysFor.OPEN_CASE: "are reported, and not performed yet",
    StaysFor.OPEN_ITEMS: "have a list with something left to do",
    StaysFor.COMMITMENT: "count for a commitment that is due later",
    StaysFor.REFERENCE: "are named by an activity that stays",
    StaysFor.DUPLICATE: "have a duplicate that stays",
}

app = typer.Typer(help="Remove facts of past years, and keep their figures.", no_args_is_help=True)


class TooSoon(CommandError):
    """Figures of the years whose facts are to go are still to be computed."""


@app.callback()
def _main() -> None:
    """Remove facts of past years, and keep their figures."""


@app.command()
def remove(
    before: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], help="The first day of a year: facts of earlier years are removed."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many of what would be removed.")] = False,
) -> None:
    """Remove the activities, observations, notes and import reports of past years. Their figures stay as they are.

    No fact of these years can be sent any more. What later periods or unfinished work need stays.
    """
    asyncio.run(_remove(before.date(), dry_run=dry_run))


async def _remove(before: date, *, dry_run: bool) -> None:
    with migrated_database() as url:
        engine = build_engine(url, connections=1)
        try:
            counts, before = await (_examined if dry_run else _removed)(engine, before)
        finally:
            await engine.dispose()
    _tell(counts, before, "would be removed" if dry_run else "are removed")


async def _examined(engine: AsyncEngine, before: date) -> tuple[FactCounts, date]:
    """Return what would be removed, and from before which day; leave all as it is."""
    async with engine.connect() as connection:
        await _refuse_other_days(connection, before)
        catalogue = await CatalogueInForce(shipped_catalogue()).current(connection)
        boundary = max(before, await facts_removed_before(connection) or before)
        counts = await find_removable(connection, catalogue, boundary)
        await connection.rollback()
        return counts, boundary


async def _removed(engine: AsyncEngine, before: date) -> tuple[FactCounts, date]:
    """Remove facts; return what was removed, and from before which day."""
    actor = Actor("commands/facts", "samverkan facts", account())
    async with engine.begin() as connection:
        today = await _refuse_other_days(connection, before)
        try:
            boundary = await close_years(connection, before, today)
        except FiguresPending:
            raise TooSoon(
                f"Figures of years before {before.year} are still to be computed: let the service run until "
                "`samverkan doctor` shows that nothing waits, then try again. Nothing was removed."
            ) from None
    async with engine.begin() as connection:
        catalogue = await CatalogueInForce(shipped_catalogue()).current(connection)
        return await remove_facts(connection, catalogue, actor), boundary


async def _refuse_other_days(connection: AsyncConnection, before: date) -> date:
    """Refuse a day before which nothing can be removed; return the day that is today."""
    clock = DatabaseClock()
    await clock.set(connection)
    today = clock()
    if (before.month, before.day) != (1, 1):
        raise typer.BadParameter("Write the first day of a year, such as 2024-01-01.", param_hint="--before")
    if before > latest_boundary(today):
        raise typer.BadParameter(
            f"Facts stay for a whole year after their own: write {latest_boundary(today)} or an earlier year.",
            param_hint="--before",
        )
    return today


def _tell(counts: FactCounts, before: date, what: str) -> None:
    console = Console(highlight=False, soft_wrap=True)
    table = Table("area", *FactKind)
    for code, of_area in counts.by_area.items():
        table.add_row(code, *(str(of_area.get(kind, 0)) for kind in FactKind))
    if counts.by_area:
        console.print(table)
    console.print(f"{counts.summary} from before {before} {what}. Their figures stay as they are.")
    for why, number in counts.staying.items():
        console.print(f"{number} activities of that time stay: they {_WHY_ONE_STAYS[why]}.")
    console.print("What the audit trail says of them goes with its own entries: `samverkan audit remove`.")
