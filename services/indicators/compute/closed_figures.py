"""What closed periods keep of figures of few persons, and what they tell of others: hiding must reckon with both."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from shared.catalogue.observed import IN_YEAR, ObservedFigure, Spot
from shared.domain.period import Period, PeriodType
from shared.read_model.rounding import rounded_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.indicator import IndicatorDefinition

# A series, and the area and period of a figure of it.
Place = tuple[int, Spot]

_FROZEN = text(
    f"""SELECT series_id, area_id, period_type, period_start, status
        FROM indicator_value
        WHERE series_id = ANY(:series) AND {IN_YEAR} @> period_start AND finality = 'final'
          AND is_frozen(area_id, period_type, period_start)"""
)
# What frozen figures were compared with stays beside them, though the period before is reopened. Sums over the year so
# far or over 12 months are not taken apart.
_DISCLOSED = text(
    f"""SELECT series_id, area_id, period_type, compared.period_start, (said ->> 'value')::numeric AS value
        FROM comparison
        CROSS JOIN LATERAL (VALUES
            ((comparison.period_start - make_interval(months => month_count(period_type)))::date,
             comparisons -> 'previousPeriod'),
            ((comparison.period_start - interval '1 year')::date, comparisons -> 'samePeriodLastYear')
        ) AS compared(period_start, said)
        WHERE series_id = ANY(:series)
          AND comparison.period_start >= make_date(:year, 1, 1) AND comparison.period_start < make_date(:year + 2, 1, 1)
          AND {IN_YEAR} @> compared.period_start AND said ->> 'value' IS NOT NULL
          AND is_frozen(area_id, period_type, comparison.period_start)"""
)


class ClosedFigures(NamedTuple):
    """What is known of a year from closed periods, by the place of a figure."""

    frozen: Mapping[Place, bool]
    """Whether a figure of a closed period is served; one of an open period is not among them."""
    disclosed: Mapping[Place, Decimal]
    """The values that such figures were compared with."""

    def disclose(self, place: Place, definition: IndicatorDefinition, figure: ObservedFigure) -> bool:
        """Tell whether a figure, as it is now, is known from what a figure of a closed period was compared with."""
        value = self.disclosed.get(place)
        factor = definition.factor if definition.is_share else None
        return value is not None and value == rounded_value(factor, figure.numerator, figure.denominator)


NOTHING_CLOSED = ClosedFigures(MappingProxyType({}), MappingProxyType({}))


async def closed_figures(connection: AsyncConnection, series: Sequence[int], year: int) -> ClosedFigures:
    """Return what closed periods keep of some series in a year, and tell of it."""
    asked = {"series": series, "year": year}
    frozen = {
        (row.series_id, _spot(row.area_id, row.period_type, row.period_start)): row.status != "suppressed"
        for row in await connection.execute(_FROZEN, asked)
    }
    disclosed = {
        (row.series_id, _spot(row.area_id, row.period_type, row.period_start)): row.value
        for row in await connection.execute(_DISCLOSED, asked)
    }
    return ClosedFigures(frozen, disclosed)


def _spot(area_id: int, period_type: str, start: date) -> Spot:
    return Spot(area_id, Period(PeriodType(period_type), start))
