"""Periods told from today's date: the address that names one stays the same from month to month."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shared.domain.period import Period, PeriodType

if TYPE_CHECKING:
    from datetime import date

# By code: the type of the periods, how many before today's the first and the last of them are, and what that means.
RELATIVE_PERIODS: dict[str, tuple[PeriodType, int, int, str]] = {
    "current-month": (PeriodType.MONTH, 0, 0, "the month of today"),
    "previous-month": (PeriodType.MONTH, 1, 1, "the month before it"),
    "last-12-months": (PeriodType.MONTH, 12, 1, "the twelve months that have ended last"),
    "current-tertial": (PeriodType.TERTIAL, 0, 0, "the tertial of today"),
    "previous-tertial": (PeriodType.TERTIAL, 1, 1, "the tertial before it"),
    "current-year": (PeriodType.YEAR, 0, 0, "the year of today"),
    "previous-year": (PeriodType.YEAR, 1, 1, "the year before it"),
}
YEAR_TO_DATE = "year-to-date"
MEANINGS = {code: meaning for code, (_, _, _, meaning) in RELATIVE_PERIODS.items()} | {
    YEAR_TO_DATE: "the months from January to the month of today"
}


def span_of(code: str, today: date) -> tuple[Period, Period]:
    """Return the first and the last period, both of one type, that a code means: a relative one or a period's own.

    Raises:
        InvalidPeriod: it is neither.
    """
    if code == YEAR_TO_DATE:
        month = Period.containing(PeriodType.MONTH, today)
        return replace(month, start=month.start.replace(month=1)), month
    if code in RELATIVE_PERIODS:
        period_type, first, last, _ = RELATIVE_PERIODS[code]
        current = Period.containing(period_type, today)
        return _before(current, first), _before(current, last)
    period = Period.parse(code)
    return period, period


def _before(period: Period, count: int) -> Period:
    for _ in range(count):
        period = period.previous()
    return period
