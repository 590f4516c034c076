"""Which values of a month count something: those of a place and of its municipality, and values in words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared.domain.wording import WITHOUT_VALUE, Language, number, value_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

MOST_VALUES = 8

_VALUES = text(
    """SELECT indicator_code, CASE WHEN :in_english THEN coalesce(name_en, name) ELSE name END AS area_name,
              value, numerator, denominator, status, unit,
              is_frozen(served_value.area_id, period_type, period_start) AS is_closed
       FROM served_value JOIN area USING (area_id)
       WHERE slice = 'all' AND period_type = 'month' AND period_start = date_trunc('month', CAST(:day AS date))::date
         AND indicator_code = ANY(:indicators)
         AND served_value.area_id IN (SELECT unnest(ARRAY[area_id, municipality_id]) FROM area WHERE area_id = :area_id)
       ORDER BY served_value.area_id <> :area_id, indicator_code LIMIT :most"""
)


async def values_of_month(
    connection: AsyncConnection, indicators: Collection[str], area_id: int, day: date, language: Language
) -> Sequence[Row[Any]]:
    """Return the values of the indicators for the month of a day, those of the place first."""
    asked = {"day": day, "indicators": [*indicators], "area_id": area_id, "most": MOST_VALUES}
    return (await connection.execute(_VALUES, {**asked, "in_english": language is Language.EN})).all()


def value_in_words(  # noqa: PLR0913, PLR0917  the columns of a value
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
    text = value_text(value, unit, language)
    if unit != "percent" or numerator is None or denominator is None:
        return text
    of = "av" if language == "sv" else "of"
    return f"{text} ({number(numerator, language)} {of} {number(denominator, language)})"
