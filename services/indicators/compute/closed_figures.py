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
    f"""SELECT series_id, area_id, period_type, period_start, status, numerator, denominator
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


class FrozenFigure(NamedTuple):
    """A figure of a closed period, as it is served."""

    status: str
    numerator: Decimal | None
    denominator: Decimal | None


class ClosedFigures(NamedTuple):
    """What is known of a year from closed periods, by the place of a figure."""

    frozen: Mapping[Place, FrozenFigure]
    disclosed: Mapping[Place, Decimal]
    """The values that such figures were compared with."""

    def serve(self, place: Place, figure: ObservedFigure) -> bool | None:
        """Tell whether a figure, as it is now, is served for good in a closed period, or hidden for good.

        None of what is in no closed period, and of what has changed.
        """
        frozen = self.frozen.get(place)
        return None if frozen is None or self._has_changed(place, figure) else frozen.status != "suppressed"

    def changed(self, places: Mapping[Spot, Place], figures: Mapping[Spot, ObservedFigure]) -> set[Spot]:
        """Return where closed periods serve other figures than there are now: those are told beside them."""
        return {spot for spot, place in places.items() if self._has_changed(place, figures[spot])}

    def _has_changed(self, place: Place, figure: ObservedFigure) -> bool:
        frozen = self.frozen.get(place)
        if frozen is None or frozen.status == "suppressed":
            return False
        return (frozen.numerator, frozen.denominator) != (figure.numerator, figure.denominator)

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
        (row.series_id, _spot(row.area_id, row.period_type, row.period_start)): FrozenFigure(
            row.status, row.numerator, row.denominator
        )
        for row in await connection.execute(_FROZEN, asked)
    }
    disclosed = {
        (row.series_id, _spot(row.area_id, row.period_type, row.period_start)): row.value
        for row in await connection.execute(_DISCLOSED, asked)
    }
    return ClosedFigures(frozen, disclosed)


def _spot(area_id: int, period_type: str, start: date) -> Spot:
    return Spot(area_id, Period(PeriodType(period_type), start))
