"""A second opinion on where there are figures of quarters and half-years: where an agreement names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.indicators.place_opinion import Sent
from tests.indicators.second_opinion import Figure, Key

_RHYTHMS = {"Q": ("quarter", 3), "H": ("halfYear", 6)}


async def by_rhythm(connection: AsyncConnection, sent: Sent, figures: Mapping[Key, Figure]) -> dict[Key, Figure]:
    """Return those of the figures that there are, without quarters and half-years that nobody asks for.

    They are asked for in the areas of an agreement that names them, and in all that lies in these, if on any day of the
    period.
    """
    named = list(await connection.execute(_NAMED))
    is_asked_for = {(area, period): _is_asked_for(sent, named, area, period) for _, area, period in figures}
    return {key: figure for key, figure in figures.items() if is_asked_for[key[1:]]}


def _is_asked_for(sent: Sent, named: Sequence[Row[Any]], area: str, period: str) -> bool:
    if period[5:6] not in _RHYTHMS:
        return True
    rhythm, length = _RHYTHMS[period[5]]
    first = date(int(period[:4]), (int(period[6]) - 1) * length + 1, 1)
    days = [day for ahead in range(31 * length) if (day := first + timedelta(ahead)) < _following(first, length)]
    return any(
        row.first <= day < row.next and row.code in sent.above(area, day)
        for row in named
        if rhythm in row.rhythms
        for day in days
    )


def _following(first: date, length: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + length, 12)
    return date(year, month + 1, 1)


_NAMED = text(
    """SELECT area.code, rhythms, lower(agreement.valid) AS first, upper(agreement.valid) AS next
       FROM agreement JOIN agreement_area USING (agreement_id) JOIN area USING (area_id)"""
)
