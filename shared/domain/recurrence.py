"""What is to be done anew in each week, month, tertial or other span, and the days by which it is to be done."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shared.domain.activity import Span
from shared.domain.errors import Violation

# Of all areas of a commitment together: a week's visits in a dozen districts for four years are half of it.
MOST_DUE_DATES = 5000
_ONE_DAY = timedelta(days=1)


class Every(StrEnum):
    """How long each of the spans is in which something is to be done."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    TERTIAL = "tertial"
    HALF_YEAR = "halfYear"
    YEAR = "year"

    @property
    def months(self) -> int:
        """The number of months in such a span; none in a week."""
        return {"week": 0, "month": 1, "quarter": 3, "tertial": 4, "halfYear": 6, "year": 12}[self.value]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Something due anew at the end of each span from `first` on; without days of its own, those of the agreement."""

    every: Every
    first: date | None = None
    last: date | None = None

    def within(self, agreement: Span) -> Span:
        """Return the days of the recurrence. Weeks begin on a Monday unless a first day says otherwise."""
        first = self.first
        if first is None:
            to_monday = -agreement.first.weekday() % 7 if self.every is Every.WEEK else 0
            first = agreement.first + timedelta(days=to_monday)
        return Span(first, self.last or agreement.last)

    def spans(self, agreement: Span) -> Iterator[Span]:
        """Yield the whole spans within an agreement: one cut short by the last day is not due."""
        days = self.within(agreement)
        number = 0
        while True:
            first, following = (self._start(days.first, index) for index in (number, number + 1))
            if following - _ONE_DAY > days.last:
                return
            yield Span(first, following - _ONE_DAY)
            number += 1

    def _start(self, first: date, number: int) -> date:
        """Return the first day of the span with a number; from a 31st, it is the last of shorter months."""
        if self.every is Every.WEEK:
            return first + timedelta(weeks=number)
        year, month = divmod(first.year * 12 + first.month - 1 + number * self.every.months, 12)
        return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


def faults_of_recurrence(recurrence: Recurrence, agreement: Span, areas: int) -> Iterator[Violation]:
    """Yield every reason to refuse a recurrence in so many areas, by the days of the agreement."""
    given = (("from", recurrence.first), ("until", recurrence.last))
    outside = [name for name, day in given if day is not None and day not in agreement]
    for name in outside:
        remedy = f"Give a day from {agreement.first} to {agreement.last}."
        yield Violation(f"recurrence.{name}", "is outside the days of the agreement", remedy)
    if outside:
        return
    if recurrence.first is not None and recurrence.last is not None and recurrence.last < recurrence.first:
        yield Violation("recurrence.until", "is before 'from'", "Give a 'until' that is not before 'from'.")
        return
    spans = sum(1 for _ in recurrence.spans(agreement))
    if not spans:
        reason = f"no whole {recurrence.every} lies between its days"
        yield Violation("recurrence", reason, "Give days further apart, or a shorter span.")
    elif spans * areas > MOST_DUE_DATES:
        remedy = f"Let it fall due {MOST_DUE_DATES} times at most: in fewer areas, for a shorter time or less often."
        yield Violation("recurrence", f"falls due {spans * areas} times in its areas", remedy)
