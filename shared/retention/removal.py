"""Removes the facts of past years, in two transactions.

The first says from when on there are facts, and so which figures stay as they are: from its commit on, no fact of a
year before is taken in, and no statement writes such a figure. It has areas and figures for itself, and takes a moment.
The second removes the facts while others write, for as long as that takes. When it fails, the next time goes on there.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared.audit.events import REMOVED, record_event
from shared.db.locks import change_area_hierarchy, keep_figures, share_area_hierarchy
from shared.facts.removed_periods import facts_removed_before
from shared.retention.candidates import FactCounts, FactKind, find_removable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.db.actor import Actor

ADDRESS = "facts"


class FiguresPending(Exception):
    """Figures of the years before are still to be computed or compared: they would stay without that."""


_ARE_PENDING = text(
    """SELECT EXISTS (SELECT FROM dirty_mark WHERE year < :year) OR EXISTS (SELECT FROM rollup_mark WHERE year < :year)
           OR EXISTS (SELECT FROM comparison_mark WHERE year < :year)
           OR EXISTS (SELECT FROM signal_mark WHERE year < :year)
           OR (SELECT max(day) FROM day_rollover) IS DISTINCT FROM :today"""
)
_CLOSE = text("INSERT INTO fact_removal (before) VALUES (:before) ON CONFLICT DO NOTHING")
# The one entry says what is removed in all; without it, triggers would keep the content of each fact.
_WITHOUT_ENTRIES = text("SELECT set_config('samverkan.is_removing_facts', 'true', true)")
_DELETE = {
    FactKind.ACTIVITIES: ("activity", "activity_id"),
    FactKind.OBSERVATIONS: ("observation", "observation_id"),
    FactKind.NOTES: ("indicator_note", "note_id"),
    FactKind.CLOSED_NOTES: ("closed_note", "closed_note_id"),
    FactKind.IMPORTS: ("file_import", "import_id"),
}


def latest_boundary(today: date) -> date:
    """Return the last day before which facts may be removed: a year has passed since the end of their last year.

    Until then they are corrected, completed and compared with.
    """
    return boundary_of(today, 1)


def boundary_of(today: date, years: int) -> date:
    """Return the day before which facts are removed that stay for so many whole years, 1 or more, after their own."""
    return date(today.year - years, 1, 1)


async def close_years(connection: AsyncConnection, before: date, today: date) -> date:
    """Have all figures of the years before a day stay as they are, and take in no fact of these years any more.

    Return the day before which that is so: a later one, where more years were closed earlier.

    Raises:
        FiguresPending: some of these figures are not as they are to stay; to try again soon helps.

    """
    # Without a lock first: on most days the years are closed, and nobody need wait.
    if (known := await facts_removed_before(connection)) and before <= known:
        return known
    await keep_figures(connection)
    await change_area_hierarchy(connection)
    if (known := await facts_removed_before(connection)) and before <= known:
        return known
    if (await connection.execute(_ARE_PENDING, {"year": before.year, "today": today})).scalar_one():
        raise FiguresPending
    await connection.execute(_CLOSE, {"before": before})
    return before


async def remove_facts(connection: AsyncConnection, catalogue: Catalogue, actor: Actor) -> FactCounts:
    """Remove what can be of the years that are closed, say so in one entry, and return how much that was."""
    await share_area_hierarchy(connection)
    before = await facts_removed_before(connection)
    if before is None:
        return FactCounts()
    counts = await find_removable(connection, catalogue, before)
    await connection.execute(_WITHOUT_ENTRIES)
    for kind, (table, key) in _DELETE.items():
        await connection.execute(
            text(f"DELETE FROM {table} USING removable WHERE kind = :kind AND {key} = id"), {"kind": kind}
        )
    if counts.by_area:
        await record_event(connection, actor, REMOVED, ADDRESS, _as_content(before, counts))
    return counts


def _as_content(before: date, counts: FactCounts) -> dict[str, Any]:
    areas = {code: {kind.value: number for kind, number in of_area.items()} for code, of_area in counts.by_area.items()}
    return {"before": before.isoformat(), "areas": areas}
