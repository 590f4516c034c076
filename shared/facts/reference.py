"""The data that every database has from the start: Sweden's areas, and the working-day calendar that SQL counts by."""

from __future__ import annotations

import csv
from importlib import resources
from typing import TYPE_CHECKING

from psycopg.types.range import DateRange
from sqlalchemy import text

from shared.db.copy import copy_rows
from shared.domain.working_days import calendar
from shared.facts.areas import Area, Parent, put_areas
from shared.facts.dirty import mark_everything

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.ext.asyncio import AsyncConnection

_ALWAYS: DateRange = DateRange(None, None)

_KNOWN_CODES = text("SELECT code FROM area")
# Two statements: were days renumbered in place, two would have the same ordinal for a moment.
_DROP_WRONG_DAYS = text(
    """DELETE FROM calendar_day AS kept USING calendar_day AS wrong LEFT JOIN fresh USING (day, ordinal, is_working)
       WHERE kept.day = wrong.day AND fresh.day IS NULL"""
)
_ADD_MISSING_DAYS = text(
    """INSERT INTO calendar_day (day, ordinal, is_working)
       SELECT day, ordinal, is_working FROM fresh ON CONFLICT (day) DO NOTHING"""
)


async def load_reference(connection: AsyncConnection) -> None:
    """Add the shipped areas that are missing, and make the calendar equal to the one in code.

    An area that is there is left as it is: what was changed through the API stands.
    """
    known = set((await connection.execute(_KNOWN_CODES)).scalars())
    missing = [area for area in _shipped_areas() if area.code not in known]
    if missing:
        await put_areas(connection, missing)
    await _load_calendar(connection)


def _shipped_areas() -> Iterator[Area]:
    """Yield the areas of the file, in which parents stand before their children."""
    with (resources.files("shared.data") / "areas.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            parents = (Parent(row["parent"], _ALWAYS),) if row["parent"] else ()
            yield Area(row["code"], row["kind"], None, row["name"], row["nameEn"] or None, _ALWAYS, parents)


async def _load_calendar(connection: AsyncConnection) -> None:
    await connection.exec_driver_sql("CREATE TEMPORARY TABLE fresh (LIKE calendar_day) ON COMMIT DROP")
    await copy_rows(connection, "fresh", ("day", "ordinal", "is_working"), calendar())
    await connection.execute(_DROP_WRONG_DAYS)
    added = (await connection.execute(_ADD_MISSING_DAYS)).rowcount
    if added:  # a day has become another: time limits end elsewhere
        await mark_everything(connection)
