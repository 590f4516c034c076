"""Swedish working days, and the day by which something within so many working days is due.

A working day is Monday to Friday, save the public holidays (law 1989:253) and the eves that law 1930:173 equates to
Sundays: Midsummer Eve, Christmas Eve and New Year's Eve.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Final

import holidays
from holidays.constants import DE_FACTO, PUBLIC

from shared.domain.errors import DateOutsideCalendar

CALENDAR_FIRST: Final = date(1990, 1, 1)
CALENDAR_LAST: Final = date(2079, 12, 31)

_SATURDAY: Final = 5


def is_working_day(day: date) -> bool:
    """Tell whether `day` is a working day. Raises DateOutsideCalendar."""
    _require_in_calendar(day)
    return day.weekday() < _SATURDAY and day not in _days_off(day.year)


def due_on(day: date, working_days: int) -> date:
    """Return the last day that is within so many working days of `day`: the N-th working day after it.

    Within none is by the end of `day` itself, even a Sunday. Raises DateOutsideCalendar when the answer, or `day`,
    lies outside the calendar, and ValueError for a negative number.
    """
    if working_days < 0:
        raise ValueError("nothing is due within a negative number of working days")
    _require_in_calendar(day)
    due, left = day, working_days
    while left:
        due += timedelta(days=1)
        left -= is_working_day(due)
    return due


def calendar() -> Iterator[tuple[date, int, bool]]:
    """Yield every day of the calendar, its ordinal, and whether it is a working day.

    The ordinal is the number of working days from CALENDAR_FIRST up to and including the day. So a non-working day has
    the ordinal of the working day before it, and `due_on(day, n)` for n > 0 is the working day with ordinal
    `ordinal(day) + n`.
    """
    ordinal = 0
    day = CALENDAR_FIRST
    while day <= CALENDAR_LAST:
        is_working = is_working_day(day)
        ordinal += is_working
        yield day, ordinal, is_working
        day += timedelta(days=1)


@cache
def _days_off(year: int) -> frozenset[date]:
    # A HolidayBase adds years to itself when asked about them; a plain set cannot change under a reader.
    return frozenset(holidays.country_holidays("SE", years=year, categories=(PUBLIC, DE_FACTO)))


def _require_in_calendar(day: date) -> None:
    if not CALENDAR_FIRST <= day <= CALENDAR_LAST:
        raise DateOutsideCalendar(
            f"The date lies outside the calendar of working days, {CALENDAR_FIRST} to {CALENDAR_LAST}."
        )
