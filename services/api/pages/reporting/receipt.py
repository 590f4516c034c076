"""What a report has changed: the values that count it, once the worker has computed them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.values.following import Following, following
from services.api.values.queries import ValueFilter, on_figures
from shared.catalogue.counting import indicators_counting
from shared.domain.errors import UnknownActivity
from shared.domain.wording import in_language
from shared.read_model.counted_in import value_in_words, values_of_month

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from psycopg_pool import AsyncConnectionPool
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.domain.wording import Language

SECONDS_TO_WAIT, SECONDS_BETWEEN_LOOKS = 2.0, 0.1


@dataclass(frozen=True, slots=True)
class CountedIn:
    """A value that counts a report: what it is called, of which area, the value in words, and whether it is closed."""

    name: str
    area: str
    value: str
    is_closed: bool


async def wait_until_computed(figures: AsyncConnectionPool, area_id: int, today: date) -> bool:
    """Wait a moment until the worker has computed an area's figures; tell whether it has. No connection waits."""
    for _ in range(round(SECONDS_TO_WAIT / SECONDS_BETWEEN_LOOKS)):
        if await is_computed(figures, area_id, today):
            return True
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
    return False


async def is_computed(figures: AsyncConnectionPool, area_id: int, today: date) -> bool:
    """Tell whether the worker has computed an area's figures; their comparisons may follow."""
    follows = await on_figures(figures, lambda connection: following(connection, ValueFilter(areas=(area_id,)), today))
    return follows is not Following.FIGURES


async def values_of(
    connection: AsyncConnection, catalogue: Catalogue, entry: Mapping[str, Any], area_id: int, language: Language
) -> list[CountedIn]:
    """Return the month's values that count an activity, of its place and of that one's municipality; if any does.

    What is missing, such as a share whose first time limit has not passed, counts nothing yet.
    """
    day = entry["periodDate"]
    if day is None or entry["status"] != "performed" or entry["duplicateOf"] is not None:
        return []
    codes = indicators_counting(catalogue, entry["type"])
    rows = await values_of_month(connection, codes, area_id, day, language)
    return [
        CountedIn(
            in_language(catalogue.indicators[row.indicator_code].name, language),
            row.area_name,
            value_in_words(row.value, row.numerator, row.denominator, row.status, row.unit, language),
            row.is_closed,
        )
        for row in rows
        if row.status != "missing"
    ]


async def area_of(connection: AsyncConnection, activity_id: UUID) -> int:
    """Return the id of the area of an activity.

    Raises:
        UnknownActivity: there is none that the visitor sees.
    """
    statement = text("SELECT area_id FROM activity WHERE activity_id = :activity_id")
    area_id: int | None = (await connection.execute(statement, {"activity_id": activity_id})).scalar_one_or_none()
    if area_id is None:
        raise UnknownActivity
    return area_id
