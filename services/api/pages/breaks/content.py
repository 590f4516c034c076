"""The breaks that somebody sees, in words, and what they can set one of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text

from services.api.breaks.queries import Entry, entries_about, entries_in
from services.api.pages.area_names import area_names
from shared.domain.period import Period
from shared.domain.wording import in_language
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.domain.wording import Language

# A break parts figures from earlier ones.
_WITH_FIGURES = text(
    """SELECT DISTINCT indicator_code FROM indicator_series
       WHERE EXISTS (SELECT FROM indicator_value AS value
                     WHERE value.series_id = indicator_series.series_id AND area_id = :area_id
                       AND status IN ('observed', 'zero'))"""
)


@dataclass(frozen=True, slots=True)
class BreakLine:
    """A break: of which indicator, from which month on, in which area and what lies in it, and why, all in words."""

    break_id: UUID
    indicator: str
    name: str
    area_code: str
    area: str
    month: str
    reason: str


async def breaks_about(
    connection: AsyncConnection, catalogue: Catalogue, area_id: int, language: Language
) -> list[BreakLine]:
    """Return the breaks of an area, of those that it lies in and of those that lie in it, the latest first."""
    return await _lines(connection, catalogue, await entries_about(connection, area_id), language)


async def breaks_in(
    connection: AsyncConnection, catalogue: Catalogue, indicator: str, area_id: int, language: Language
) -> list[BreakLine]:
    """Return the breaks of an indicator that hold in an area, the latest first."""
    return await _lines(connection, catalogue, await entries_in(connection, indicator, area_id), language)


async def line_of(connection: AsyncConnection, catalogue: Catalogue, entry: Entry, language: Language) -> BreakLine:
    """Return a break in words."""
    [line] = await _lines(connection, catalogue, [entry], language)
    return line


async def _lines(
    connection: AsyncConnection, catalogue: Catalogue, entries: Sequence[Entry], language: Language
) -> list[BreakLine]:
    areas = await area_names(connection, {one["area"] for one in entries}, language)
    return [
        BreakLine(
            one["id"],
            one["indicator"],
            _name(catalogue, one["indicator"], language),
            one["area"],
            areas[one["area"]],
            period_in_words(Period.parse(one["month"]), language),
            one["reason"],
        )
        for one in entries
    ]


def _name(catalogue: Catalogue, code: str, language: Language) -> str:
    definition = catalogue.indicators.get(code)
    return in_language(definition.name, language) if definition else code


async def indicators_with_figures(
    connection: AsyncConnection, catalogue: Catalogue, area_id: int, language: Language
) -> list[tuple[str, str]]:
    """Return the codes and names of the indicators that have figures in an area, by name."""
    codes = (await connection.execute(_WITH_FIGURES, {"area_id": area_id})).scalars()
    known = [(code, _name(catalogue, code, language)) for code in codes if code in catalogue.indicators]
    return sorted(known, key=lambda one: one[1].casefold())
