"""Months, quarters, tertials, half-years and years, and the local date that decides what something belongs to."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Self, TypeAlias
from zoneinfo import ZoneInfo

from shared.domain.errors import DateOutsideCalendar, InvalidPeriod, Violation
from shared.domain.working_days import CALENDAR_FIRST, CALENDAR_LAST

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")

_CODE: Final = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<part>0[1-9]|1[0-2]|Q[1-4]|T[1-3]|H[12]))?")


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
"""Returns the day when it is called: `shared.db.clock.DatabaseClock`, but in tests."""


def today() -> date:
    """Return today's date in Stockholm by this machine's clock: for what a person is shown, never for figures."""
    return datetime.now(STOCKHOLM).date()


class PeriodType(StrEnum):
    """How long a period is. Compare lengths by `month_count`."""

    MONTH = "month"
    QUARTER = "quarter"
    TERTIAL = "tertial"
    HALF_YEAR = "halfYear"
    YEAR = "year"

    @property
    def month_count(self) -> int:
        """The number of months in such a period. All divide the year evenly."""
        return {"month": 1, "quarter": 3, "tertial": 4, "halfYear": 6, "year": 12}[self.value]


EVERYWHERE: Final = (PeriodType.MONTH, PeriodType.TERTIAL, PeriodType.YEAR)
"""The types of periods that every area has figures for."""
RHYTHMS: Final = (PeriodType.QUARTER, PeriodType.HALF_YEAR)
"""Those that an area has figures for where an agreement names them as its rhythm."""
_LETTERS: Final = {"Q": PeriodType.QUARTER, "T": PeriodType.TERTIAL, "H": PeriodType.HALF_YEAR}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One month, quarter, tertial, half-year or year of the calendar, from `start`, its first day.

    Periods of a type sort by time. Raises InvalidPeriod when no period of the type
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
        """Read a code: `2016-03`, `2016-Q1`, `2016-T1`, `2016-H1` or `2016`. Raises InvalidPeriod for anything else."""
        parts = _CODE.fullmatch(code)
        if parts is None or not CALENDAR_FIRST.year <= int(parts["year"]) <= CALENDAR_LAST.year:
            raise _invalid("The code names no period.")
        year = int(parts["year"])
        part = parts["part"]
        if part is None:
            return cls(PeriodType.YEAR, date(year, 1, 1))
        if part.isdigit():
            return cls(PeriodType.MONTH, date(year, int(part), 1))
        period_type = _LETTERS[part[0]]
        return cls(period_type, date(year, period_type.month_count * (int(part[1]) - 1) + 1, 1))

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
            case PeriodType.YEAR:
                return f"{self.start.year}"
            case _:
                letter = next(letter for letter, period_type in _LETTERS.items() if period_type is self.type)
                return f"{self.start.year}-{letter}{self.number}"

    @property
    def number(self) -> int:
        """Which of its type it is in its year, from 1."""
        return (self.start.month - 1) // self.type.month_count + 1

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


def periods_of(year: int, types: Iterable[PeriodType] = EVERYWHERE) -> list[Period]:
    """Return the periods of these types in a year, type by type. Raises InvalidPeriod outside the calendar."""
    return [
        Period(period_type, date(year, month, 1))
        for period_type in types
        for month in range(1, 13, period_type.month_count)
    ]


def _months_after(first_of_month: date, months: int) -> date:
    years, month_index = divmod(first_of_month.month - 1 + months, 12)
    return date(first_of_month.year + years, month_index + 1, 1)


def _invalid(reason: str) -> InvalidPeriod:
    span = f"{CALENDAR_FIRST.year} to {CALENDAR_LAST.year}"
    remedy = (
        "Write a month as 2016-03, a quarter as 2016-Q1, a tertial as 2016-T1, a half-year as 2016-H1, or a year as "
        f"2016, within {span}."
    )
    return InvalidPeriod(reason, (Violation("period", reason, remedy),))
