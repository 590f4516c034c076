"""The figures of one indicator in one area, period after period, as a chart shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.api.problems import InvalidQuery
from shared.domain.errors import Violation
from shared.domain.period import Period, PeriodType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from psycopg import AsyncConnection

    from services.api.indicator_values.queries import Filter

MOST_PERIODS = 120
# What is shown when no beginning is asked for.
LATEST = {PeriodType.MONTH: 24, PeriodType.TERTIAL: 12, PeriodType.YEAR: 10}

_FIGURES = """
    SELECT period_start, status, finality, numerator, denominator, value, targets
    FROM served_value
    WHERE series_id = %(series)s AND area_id = %(area)s AND period_type = %(period_type)s
      AND period_start BETWEEN %(first)s AND %(last)s
    ORDER BY period_start DESC LIMIT %(most)s"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One period's figure; `status` is None where there is no row, since nothing is reported there."""

    period: Period
    status: str | None = None
    finality: str | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    value: Decimal | None = None
    targets: Sequence[Mapping[str, Any]] = ()

    @property
    def gap(self) -> str:
        """Why there is no value."""
        return self.status if self.status in {"suppressed", "notApplicable"} else "missing"


async def figures_of(connection: AsyncConnection, asked: Filter, today: date) -> list[Figure]:
    """Return the figures of one series and one area in order of time, one for every period between the bounds.

    Without a beginning they are the latest that there are; without an end, or with one to come, until the last.

    Raises:
        InvalidQuery: there are more periods than a chart can show.
    """
    period_type, first = PeriodType(str(asked.period_type)), asked.first
    last = asked.last or today
    if first and _months(last) - _months(first) >= MOST_PERIODS * period_type.month_count:
        wrong = Violation("from", f"begins more than {MOST_PERIODS} periods before the end", "Ask for fewer.")
        raise InvalidQuery("The chart would be too crowded to be read.", [wrong])
    parameters: dict[str, object] = {"series": asked.series[0], "area": asked.areas[0], "period_type": period_type}
    parameters |= {"first": first or "-infinity", "last": last, "most": MOST_PERIODS if first else LATEST[period_type]}
    rows = await (await connection.execute(_FIGURES, parameters)).fetchall()
    figures = [Figure(Period(period_type, start), *told) for start, *told in reversed(rows)]
    return [*_without_gaps(figures, first, asked.last and min(asked.last, today))]


def _months(day: date) -> int:
    return 12 * day.year + day.month


def _without_gaps(figures: Sequence[Figure], first: date | None, last: date | None) -> Iterator[Figure]:
    """Yield also what has no row, from the first to the last that is asked for, or else that there is."""
    if not figures:
        return
    known = {figure.period: figure for figure in figures}
    period = figures[0].period
    while first and first < period.start:
        period = period.previous()
    while period.start <= max(figures[-1].period.start, last or date.min):
        yield known.get(period, Figure(period))
        period = period.next()
