"""Months, tertials and years, and the local date that decides which of them something belongs to."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Self, TypeAlias
from zoneinfo import ZoneInfo

from shared.domain.errors import DateOutsideCalendar, InvalidPeriod, Violation
from shared.domain.working_days import CALENDAR_FIRST, CALENDAR_LAST

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")

_CODE: Final = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>0[1-9]|1[0-2])|-T(?P<tertial>[1-3]))?")


def local_date(moment: datetime) -> date:
    """Return the date in Stockholm at `moment`, which must carry a zone.

    Raises ValueError for a moment without a zone, DateOutsideCalendar for one that no local date can express.
    """
    if moment.utcoffset() is None:
        raise ValueError("a moment without a zone has no local date")
    try:
        return moment.astimezone(STOCKHOLM).date()
    except OverflowError as error:
        raise DateOutsideCalendar(
            f"The time lies outside the calendar, {CALENDAR_FIRST} to {CALENDAR_LAST}."
        ) from error


Clock: TypeAlias = Callable[[], date]
"""Returns the day when it is called: `today`, but in tests."""


def today() -> date:
    """Return today's date in Stockholm."""
    return datetime.now(STOCKHOLM).date()


class PeriodType(StrEnum):
    """How long a period is. Compare lengths by `month_count`."""

    MONTH = "month"
    TERTIAL = "tertial"
    YEAR = "year"

    @property
    def month_count(self) -> int:
        """The number of months in such a period. All three divide the year evenly."""
        return {"month": 1, "tertial": 4, "year": 12}[self.value]


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One month, tertial or year of the calendar, from `start`, its first day.

    Periods sort by type (months, tertials, years), then by time. Raises InvalidPeriod when no period of the type
    starts on `start`, or when it lies outside the calendar.
    """

    type: PeriodType
    start: date

    def __post_init__(self) -> None:
        if self.start.day != 1 or (self.start.month - 1) % self.type.month_count:
            raise _invalid(f"No {self.type} starts on {self.start}.")
        if not CALENDAR_FIRST <= self.start <= CALENDAR_LAST:
            raise _invalid(f"The {self.type} lies outside the calendar.")

    @classmethod
    def parse(cls, code: str) -> Self:
        """Read a code such as `2016-03`, `2016-T1` or `2016`. Raises InvalidPeriod for anything else."""
        parts = _CODE.fullmatch(code)
        if parts is None or not CALENDAR_FIRST.year <= int(parts["year"]) <= CALENDAR_LAST.year:
            raise _invalid("The code names no period.")
        year = int(parts["year"])
        if parts["month"]:
            return cls(PeriodType.MONTH, date(year, int(parts["month"]), 1))
        if parts["tertial"]:
            return cls(PeriodType.TERTIAL, date(year, 4 * int(parts["tertial"]) - 3, 1))
        return cls(PeriodType.YEAR, date(year, 1, 1))

    @classmethod
    def containing(cls, period_type: PeriodType, day: date) -> Self:
        """Return the period of the type that `day` falls in. Raises InvalidPeriod outside the calendar."""
        month = day.month - (day.month - 1) % period_type.month_count
        return cls(period_type, date(day.year, month, 1))

    @property
    def end(self) -> date:
        """The last day, which belongs to the period."""
        return _months_after(self.start, self.type.month_count) - timedelta(days=1)

    @property
    def code(self) -> str:
        """The code that `parse` reads."""
        match self.type:
            case PeriodType.MONTH:
                return f"{self.start.year}-{self.start.month:02}"
            case PeriodType.TERTIAL:
                return f"{self.start.year}-T{self.start.month // 4 + 1}"
            case PeriodType.YEAR:
                return f"{self.start.year}"

    def next(self) -> Self:
        """Return the period of the same type that follows. Raises InvalidPeriod after the calendar's last."""
        return type(self)(self.type, _months_after(self.start, self.type.month_count))

    def previous(self) -> Self:
        """Return the period of the same type before this one. Raises InvalidPeriod before the calendar's first."""
        return type(self)(self.type, _months_after(self.start, -self.type.month_count))

    def year_before(self) -> Self | None:
        """Return the same period of the year before; None before the calendar's first."""
        first = date(self.start.year - 1, self.start.month, 1)
        return type(self)(self.type, first) if first >= CALENDAR_FIRST else None

    def months(self) -> tuple[date, ...]:
        """Return the first day of each month in the period, in order."""
        return tuple(_months_after(self.start, ahead) for ahead in range(self.type.month_count))


def periods_of(year: int) -> list[Period]:
    """Return the months, the tertials and the year of a year. Raises InvalidPeriod outside the calendar."""
    return [
        Period(period_type, date(year, month, 1))
        for period_type in PeriodType
        for month in range(1, 13, period_type.month_count)
    ]


def _months_after(first_of_month: date, months: int) -> date:
    years, month_index = divmod(first_of_month.month - 1 + months, 12)
    return date(first_of_month.year + years, month_index + 1, 1)


def _invalid(reason: str) -> InvalidPeriod:
    span = f"{CALENDAR_FIRST.year} to {CALENDAR_LAST.year}"
    remedy = f"Write a month as 2016-03, a tertial as 2016-T1 to 2016-T3, or a year as 2016, within {span}."
    return InvalidPeriod(reason, (Violation("period", reason, remedy),))
