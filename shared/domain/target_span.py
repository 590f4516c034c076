"""The spans that a target is for, in whole months: those that figures are stored by.

| per                            | spans                                                                            |
| ------------------------------ | -------------------------------------------------------------------------------- |
| span                           | the target's own days, as one                                                    |
| schoolYear                     | 1 August to 31 July                                                              |
| month, quarter, tertial, half- | if the target's days are whole months that such spans fill evenly, one after     |
| Year, year                     | another from its first day; else those of the calendar                           |

A span of the calendar counts only the months in which the target is in force. "Before" is the same span of the year
before; of a span longer than a year, that of as many years before that the two do not overlap. Of a survey that was
not made then, it is the latest earlier figure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Self

from shared.domain.activity import Span
from shared.domain.errors import InvalidTarget, Violation
from shared.domain.period import EVERYWHERE, Period
from shared.domain.working_days import CALENDAR_FIRST, CALENDAR_LAST

BASELINE_PATTERN: Final = r"^\d{4}(-(0[1-9]|1[0-2]|Q[1-4]|T[1-3]|H[12]))?$"

_YEAR: Final = 12
_SCHOOL_YEAR_BEGINS: Final = 8
# How many months the parts of a year have that a baseline is named by.
_PARTS: Final = {"Q": 3, "T": 4, "H": 6}


class Per(StrEnum):
    """What kind of span a target is for."""

    MONTH = "month"
    QUARTER = "quarter"
    TERTIAL = "tertial"
    HALF_YEAR = "halfYear"
    YEAR = "year"
    SCHOOL_YEAR = "schoolYear"
    SPAN = "span"

    @property
    def month_count(self) -> int | None:
        """The number of months; None for a target's own span."""
        return _MONTHS_PER[self]


_MONTHS_PER: Final = {
    Per.MONTH: 1,
    Per.QUARTER: 3,
    Per.TERTIAL: 4,
    Per.HALF_YEAR: 6,
    Per.YEAR: 12,
    Per.SCHOOL_YEAR: 12,
    Per.SPAN: None,
}


@dataclass(frozen=True, slots=True, order=True)
class MonthSpan:
    """So many months from `start`, the first day of the first one."""

    start: date
    month_count: int

    @classmethod
    def around(cls, first: date, last: date) -> Self:
        """Return the months that the days lie in."""
        return cls(first.replace(day=1), _index(last) - _index(first) + 1)

    @property
    def end(self) -> date:
        """The last day, which belongs to the span."""
        return _first_of(_index(self.start) + self.month_count) - timedelta(days=1)

    def months(self) -> tuple[date, ...]:
        """Return the first day of each month, in order."""
        return tuple(_first_of(_index(self.start) + ahead) for ahead in range(self.month_count))

    def overlaps(self, other: Self) -> bool:
        """Tell whether the two have a month in common."""
        return self.start <= other.end and other.start <= self.end

    def before(self) -> Self | None:
        """Return the span that rules compare with; None before the calendar's first day."""
        years = -(-self.month_count // _YEAR)
        if self.start.year - years < CALENDAR_FIRST.year:
            return None
        return type(self)(_first_of(_index(self.start) - years * _YEAR), self.month_count)

    @property
    def period(self) -> Period | None:
        """The month, tertial or year of the calendar that the span is, if it is one."""
        for period_type in EVERYWHERE:
            if self.month_count == period_type.month_count and not (self.start.month - 1) % self.month_count:
                return Period(period_type, self.start)
        return None

    @property
    def code(self) -> str | None:
        """What the span is called as a baseline, if it is a part of the calendar."""
        if self.period is not None:
            return self.period.code
        for letter, months in _PARTS.items():
            if self.month_count == months and not (self.start.month - 1) % months:
                return f"{self.start.year}-{letter}{self.start.month // months + 1}"
        return None


@dataclass(frozen=True, slots=True)
class TargetSpans:
    """The spans of a target that is in force from `first` to `last`, both days included."""

    per: Per
    first: date
    last: date

    @property
    def in_force(self) -> MonthSpan:
        """The months in which the target is in force on any day."""
        return MonthSpan.around(self.first, self.last)

    @property
    def is_whole_months(self) -> bool:
        """Whether the target's days are whole months."""
        return self.first.day == 1 and (self.last + timedelta(days=1)).day == 1

    @property
    def month_count(self) -> int:
        """The number of months of a span that is not cut short."""
        return self.per.month_count or self.in_force.month_count

    def overlapping(self, first: date, last: date) -> Iterator[MonthSpan]:
        """Yield the spans that have months in common with the days, in order."""
        whole, count, origin = self.in_force, self.month_count, self._origin()
        least, most = _index(whole.start), _index(whole.end)
        earliest, latest = max(_index(first), least), min(_index(last), most)
        begins = origin + (earliest - origin) // count * count
        for start in range(begins, latest + 1, count) if earliest <= latest else ():
            cut = max(start, least)
            yield MonthSpan(_first_of(cut), min(start + count, most + 1) - cut)

    def all(self) -> Iterator[MonthSpan]:
        """Yield every span, in order."""
        return self.overlapping(self.first, self.last)

    def _origin(self) -> int:
        """Return a month that a span begins with, as a number."""
        if self.per is Per.SCHOOL_YEAR:
            return _SCHOOL_YEAR_BEGINS - 1
        is_filled = self.is_whole_months and self.in_force.month_count % self.month_count == 0
        return _index(self.in_force.start) if self.per is Per.SPAN or is_filled else 0


def baseline_span(given: str | Span) -> MonthSpan:
    """Return the months of a baseline: a named period such as 2015, 2014-T3, 2015-Q1, 2015-H2 or 2015-03, or days.

    Raises InvalidTarget when it names none, or the days are not whole months of the calendar.
    """
    if isinstance(given, Span):
        spans = TargetSpans(Per.SPAN, given.first, given.last)
        if given.last < given.first or not spans.is_whole_months:
            raise _invalid("the days are not whole months", "Give the first day of a month and the last of one.")
        span = spans.in_force
    else:
        span = _named(given)
    if not CALENDAR_FIRST <= span.start <= span.end <= CALENDAR_LAST:
        raise _invalid("lies outside the calendar", f"Take months of {CALENDAR_FIRST.year} to {CALENDAR_LAST.year}.")
    return span


def _named(code: str) -> MonthSpan:
    if not re.fullmatch(BASELINE_PATTERN, code, re.ASCII) or not 1 <= int(code[:4]) < date.max.year:
        raise _invalid("names no period", "Write 2015, 2014-T3, 2015-Q1, 2015-H2 or 2015-03, or give from and to.")
    year, _, part = code.partition("-")
    if not part:
        return MonthSpan(date(int(year), 1, 1), _YEAR)
    months = _PARTS.get(part[0])
    if months is None:
        return MonthSpan(date(int(year), int(part), 1), 1)
    return MonthSpan(date(int(year), months * (int(part[1]) - 1) + 1, 1), months)


def _index(day: date) -> int:
    return _YEAR * day.year + day.month - 1


def _first_of(index: int) -> date:
    return date(index // _YEAR, index % _YEAR + 1, 1)


def _invalid(reason: str, remedy: str) -> InvalidTarget:
    return InvalidTarget("The baseline is no span of months.", [Violation("baseline", reason, remedy)])
