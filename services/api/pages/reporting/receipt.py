"""What a report has changed: the values that count it, once the worker has computed them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.activities.changes import unknown_activity
from shared.domain.wording import WITHOUT_VALUE, in_language, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from shared.catalogue.loader import Catalogue
    from shared.domain.wording import Language

SECONDS_TO_WAIT, SECONDS_BETWEEN_LOOKS = 2.0, 0.1
MOST_VALUES = 8

_IS_COMPUTED = text(
    """SELECT NOT EXISTS (
           SELECT FROM dirty_mark JOIN area ON area.area_id = :area_id
           WHERE writing_area_id = coalesce(area.municipality_id, area.area_id) AND ripens_on <= :today)"""
)
# Of the place and its municipality, for the month that it counts in.
_VALUES = text(
    """SELECT indicator_code, area.name AS area_name, value, numerator, denominator, status, unit
       FROM served_value JOIN area USING (area_id)
       WHERE slice = 'all' AND period_type = 'month' AND period_start = date_trunc('month', CAST(:day AS date))::date
         AND indicator_code = ANY(:indicators)
         AND served_value.area_id IN (SELECT unnest(ARRAY[area_id, municipality_id]) FROM area WHERE area_id = :area_id)
       ORDER BY served_value.area_id <> :area_id, indicator_code LIMIT :most"""
)


@dataclass(frozen=True, slots=True)
class CountedIn:
    """A value that counts a report: what it is called, of which area, and the value in words."""

    name: str
    area: str
    value: str


async def wait_until_computed(engine: AsyncEngine, area_id: int, today: date) -> bool:
    """Wait a moment until the worker has computed an area's figures; tell whether it has. No connection waits."""
    for _ in range(round(SECONDS_TO_WAIT / SECONDS_BETWEEN_LOOKS)):
        async with engine.connect() as connection:
            if await is_computed(connection, area_id, today):
                return True
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
    return False


async def is_computed(connection: AsyncConnection, area_id: int, today: date) -> bool:
    """Tell whether the worker has computed an area's figures."""
    return bool((await connection.execute(_IS_COMPUTED, {"area_id": area_id, "today": today})).scalar_one())


async def values_of(
    connection: AsyncConnection, catalogue: Catalogue, entry: Mapping[str, Any], area_id: int, language: Language
) -> list[CountedIn]:
    """Return the month's values that count an activity, of its place and of that one's municipality; if any does."""
    if entry["periodDate"] is None or entry["status"] != "performed" or entry["duplicateOf"] is not None:
        return []
    codes = [
        code
        for code, definition in catalogue.indicators.items()
        if entry["type"] in definition.activity_types and catalogue.written[code].activity_types != "all"
    ]
    asked = {"day": entry["periodDate"], "indicators": codes, "area_id": area_id, "most": MOST_VALUES}
    rows: Sequence[Row[Any]] = (await connection.execute(_VALUES, asked)).all()
    return [
        CountedIn(
            in_language(catalogue.indicators[row.indicator_code].name, language),
            row.area_name,
            value_in_words(row.value, row.numerator, row.denominator, row.status, row.unit, language),
        )
        for row in rows
    ]


def value_in_words(
    value: Decimal | None,
    numerator: Decimal | None,
    denominator: Decimal | None,
    status: str,
    unit: str,
    language: Language,
) -> str:
    """Return a value as people read it; a share with what it is made of."""
    if value is None:
        return WITHOUT_VALUE[language].get(status, WITHOUT_VALUE[language]["missing"])
    if unit != "percent":
        return number(Decimal(value), language)
    share = percent(Decimal(value), language)
    if numerator is None or denominator is None:
        return share
    of = "av" if language == "sv" else "of"
    return f"{share} ({number(Decimal(numerator), language)} {of} {number(Decimal(denominator), language)})"


async def name_of_area(connection: AsyncConnection, area_id: int) -> str:
    """Return what an area is called."""
    name: str = (
        await connection.execute(text("SELECT name FROM area WHERE area_id = :area_id"), {"area_id": area_id})
    ).scalar_one()
    return name


async def area_of(connection: AsyncConnection, activity_id: UUID) -> int:
    """Return the id of the area of an activity.

    Raises:
        UnknownActivity: there is none that the visitor sees.
    """
    statement = text("SELECT area_id FROM activity WHERE activity_id = :activity_id")
    area_id: int | None = (await connection.execute(statement, {"activity_id": activity_id})).scalar_one_or_none()
    if area_id is None:
        raise unknown_activity()
    return area_id
