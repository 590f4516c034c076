"""Spans of days: people name the last day, and the database the day after it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from psycopg.types.range import DateRange

from shared.domain.target_span import MonthSpan

if TYPE_CHECKING:
    from psycopg.types.range import Range
    from sqlalchemy.dialects.postgresql import Range as ColumnRange

_ONE_DAY = timedelta(days=1)


def days_from(first: date | None, last: date | None) -> DateRange:
    """Return a span as the database has it, without the day after its last; None is without beginning or end."""
    return DateRange(first, last and last + _ONE_DAY)


def last_day(days: Range[date] | ColumnRange[date]) -> date | None:
    """Return the last day of a span of the database, None where it has no end."""
    return days.upper and days.upper - _ONE_DAY


def months_of(days: DateRange | None) -> MonthSpan | None:
    """Return the months that the days of a span lie in; None of none, and of a span without beginning or end."""
    if days is None or days.lower is None or days.upper is None:
        return None
    return MonthSpan.around(days.lower, days.upper - _ONE_DAY)
