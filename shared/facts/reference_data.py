"""The data that every database has from the start: Sweden's areas, and the working-day calendar that SQL counts by."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.copy import copy_rows
from shared.domain.working_days import calendar
from shared.facts.area_file import read_areas
from shared.facts.areas import find_areas, put_areas
from shared.facts.marks import mark_everything
from shared.facts.terms import derive_term_months

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.facts.areas import Area

# Two statements: were days renumbered in place, two would have the same ordinal for a moment.
_DROP_WRONG_DAYS = text(
    """DELETE FROM calendar_day AS stored USING calendar_day AS wrong LEFT JOIN fresh USING (day, ordinal, is_working)
       WHERE stored.day = wrong.day AND fresh.day IS NULL"""
)
_ADD_MISSING_DAYS = text(
    """INSERT INTO calendar_day (day, ordinal, is_working)
       SELECT day, ordinal, is_working FROM fresh ON CONFLICT (day) DO NOTHING"""
)


async def load_reference(connection: AsyncConnection) -> None:
    """Add the shipped areas that are missing, and make the calendar equal to the one in code.

    An area that is there is left as it is: what was changed through the API stays. It only gets those parents that
    are themselves added here, of which no one can have decided otherwise yet.
    """
    shipped = _shipped_areas()
    stored = await find_areas(connection, [area.code for area in shipped])
    fresh = list(_added(shipped, stored))
    if fresh:
        await put_areas(connection, fresh)
    await _load_calendar(connection)


def _shipped_areas() -> list[Area]:
    with (resources.files("shared.data") / "areas.csv").open("rb") as file:
        return [entry.area for entry in read_areas(file)]


def _added(shipped: list[Area], stored: Mapping[str, Area]) -> Iterator[Area]:
    for area in shipped:
        if area.code not in stored:
            yield area
        elif new_parents := [parent for parent in area.parents if parent.code not in stored]:
            yield replace(stored[area.code], parents=(*stored[area.code].parents, *new_parents))


async def _load_calendar(connection: AsyncConnection) -> None:
    await connection.exec_driver_sql("CREATE TEMPORARY TABLE fresh (LIKE calendar_day) ON COMMIT DROP")
    await copy_rows(connection, "fresh", ("day", "ordinal", "is_working"), calendar())
    await connection.execute(_DROP_WRONG_DAYS)
    added = (await connection.execute(_ADD_MISSING_DAYS)).rowcount
    if added:  # a day has become another: time limits end elsewhere
        await derive_term_months(connection)
        await mark_everything(connection)
