"""The days by which what was done is to be reported: the tenth of the month after each tertial."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from shared.domain.period import Period, PeriodType

REPORTING_DAY: Final = 10
"""Of the month after a tertial: tertial 1 closes on 10 May."""

DAYS_ASKED_FOR_LATE: Final = 30
"""So long after its reporting day what a tertial lacks is still asked for."""


def reporting_day_of(day: date) -> date:
    """Return by which day is reported what is of a day: the reporting day of its tertial."""
    return (_tertial(day).end + timedelta(days=1)).replace(day=REPORTING_DAY)


def first_day_asked_for(today: date) -> date:
    """Return the first day of which anything is still asked for: that of the oldest tertial that is not long closed."""
    tertial = _tertial(today)
    while today <= reporting_day_of(tertial.previous().start) + timedelta(days=DAYS_ASKED_FOR_LATE):
        tertial = tertial.previous()
    return tertial.start


def next_reporting_day(today: date) -> date:
    """Return the reporting day that comes next; it may be today."""
    day = reporting_day_of(_tertial(today).previous().start)
    return day if today <= day else reporting_day_of(today)


def last_reporting_day(today: date) -> date:
    """Return the reporting day that has passed last."""
    before = _tertial(today).previous()
    day = reporting_day_of(before.start)
    return day if day < today else reporting_day_of(before.previous().start)


def _tertial(day: date) -> Period:
    return Period.containing(PeriodType.TERTIAL, day)
