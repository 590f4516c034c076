"""The figures that targets are judged by: cumulative over a target's span, and of the same span of the year before."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from shared.domain.period import Period, PeriodType
from shared.domain.target import Reason, Target, TargetInput, progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal
    from typing import Any


@dataclass(frozen=True, slots=True)
class SetTarget:
    """A target as it was set: with its days in force (half-open), and how its series behaves."""

    target: Target
    first: date
    next: date
    over_time: str
    is_share: bool
    is_observed: bool
    factor: int

    @property
    def accumulates(self) -> bool:
        """Whether more facts can only add to the figure."""
        return self.over_time != "last" and not self.is_share

    def covers(self, first: date, last: date) -> bool:
        """Tell whether it is in force on any of these days."""
        return self.first <= last and first < self.next


FigureOrReason: TypeAlias = Fraction | Reason
"""A figure as it is served, unrounded, or why there is none."""
# A span's cumulative figure in each month that has a row.
Course = dict[date, FigureOrReason]
# How many places were first visited in a month, of a span of a type: each counts once in the span.
NewPlaces = dict[tuple[str, date], int]


class Known:
    """What is known of a subject in a year and the one before: its rows, and what its months add up to."""

    def __init__(self, series: SetTarget, rows: Iterable[Any], new_places: NewPlaces) -> None:
        """Any target of the subject tells how its series behaves; the rows are those of the read model."""
        self._series = series
        self._rows = {(row.period_type, row.period_start): row for row in rows}
        self._new_places = new_places
        self._courses: dict[Period, Course] = {}

    def own(self, period: Period) -> FigureOrReason:
        """Return the figure of the very period."""
        row = self._rows.get((period.type, period.start))
        return Reason.MISSING if row is None else self._figure_of(row)

    def has_figure(self, month: date) -> bool:
        """Tell whether a month has a figure, be it 0."""
        row = self._rows.get((PeriodType.MONTH, month))
        return row is not None and row.status in _SERVED

    def course(self, span: Period) -> Course:
        """Return the span's cumulative figures. What a month without a row is, is for the caller to say."""
        if span not in self._courses:
            rows = [row for month in span.months() if (row := self._rows.get((PeriodType.MONTH, month)))]
            self._courses[span] = {
                row.period_start: self._sum(span, rows[: index + 1]) for index, row in enumerate(rows)
            }
        return self._courses[span]

    def _sum(self, span: Period, months: Sequence[Any]) -> FigureOrReason:
        if any(row.status == "suppressed" for row in months):
            return Reason.SUPPRESSED
        if self._series.over_time == "distinct":
            reached = [month for month in span.months() if month <= months[-1].period_start]
            return Fraction(sum(self._new_places.get((span.type, month), 0) for month in reached))
        if self._series.is_observed and not all(row.status in _SERVED for row in months):
            return Reason.MONTHS_MISSING
        counted = [row for row in months if row.status in _SERVED]
        if self._series.is_share:
            return self._share(sum(row.numerator for row in counted), sum(row.denominator or 0 for row in counted))
        total = Fraction(sum(row.numerator for row in counted))
        # As in a longer period's figure: what is left out is unknown, and where all else is nothing, so is the sum.
        return Reason.MISSING if not total and len(counted) < len(months) else total

    def _figure_of(self, row: Any) -> FigureOrReason:  # noqa: ANN401  a row of the read model
        if row.status not in _SERVED:
            return _WHY_NONE[row.status]
        return self._share(row.numerator, row.denominator) if self._series.is_share else Fraction(row.numerator)

    def _share(self, numerator: Decimal | int, denominator: Decimal | int | None) -> FigureOrReason:
        return Fraction(numerator) * self._series.factor / Fraction(denominator) if denominator else Reason.MISSING


_SERVED = frozenset({"observed", "zero"})
_WHY_NONE = {
    "missing": Reason.MISSING,
    "suppressed": Reason.SUPPRESSED,
    "notApplicable": Reason.NOT_APPLICABLE,
}
_WHY_NONE_BEFORE = {
    Reason.SUPPRESSED: Reason.BEFORE_SUPPRESSED,
    Reason.NOT_APPLICABLE: Reason.BEFORE_NOT_APPLICABLE,
}


def target_input(set_target: SetTarget, judged: Period, known: Known, as_of: date) -> TargetInput:
    """Return what the judged period shows of the target, at its end or as of now.

    What a state is, or what was measured, is the figure of the judged period itself. Anything else is judged by all
    that has come in the target's span so far: so the rows of a span that end on one day are judged alike. At the
    span's end that is the figure of the span itself, before then the sum of the months; of observations, each of them
    must have come, and a running month counts once it has a figure.
    """
    span = set_target.target.span(judged)
    if span is None or as_of < judged.start:
        return TargetInput(judged.type, Reason.NOT_BEGUN, set_target.accumulates, span_ended=False, elapsed=Fraction(0))
    if set_target.over_time == "last":
        value, reached = known.own(judged), judged
    else:
        value, reached = _so_far(set_target, span, judged, known, as_of)
    ended, elapsed = progress(span, reached, as_of)
    figure = TargetInput(judged.type, value, set_target.accumulates, span_ended=ended, elapsed=elapsed)
    if not set_target.accumulates and not set_target.target.is_compared:
        return figure
    return _with_before(figure, set_target, span, known, min(reached.end, as_of))


def _so_far(
    set_target: SetTarget, span: Period, judged: Period, known: Known, as_of: date
) -> tuple[FigureOrReason, Period]:
    """Return the cumulative figure at the judged moment, and a period that ends there."""
    moment = min(judged.end, as_of)
    whole = known.own(span)
    if moment == span.end and (as_of > span.end or not isinstance(whole, Reason)):
        waits_for_months = whole is Reason.MISSING and set_target.is_observed and span.type is not PeriodType.MONTH
        return Reason.MONTHS_MISSING if waits_for_months else whole, judged
    course = known.course(span)
    months = [month for month in span.months() if month <= moment]
    if not set_target.is_observed:
        # A month without a row, where no empty ones are made, has added nothing.
        with_rows = [month for month in months if month in course]
        return course[with_rows[-1]] if with_rows else Reason.MISSING, judged
    if as_of <= Period(PeriodType.MONTH, months[-1]).end and not known.has_figure(months[-1]):
        months.pop()
    if not months or any(month not in course for month in months):
        return Reason.MISSING if span.type is PeriodType.MONTH else Reason.MONTHS_MISSING, judged
    return course[months[-1]], Period(PeriodType.MONTH, months[-1])


def _with_before(figure: TargetInput, set_target: SetTarget, span: Period, known: Known, reached: date) -> TargetInput:
    """Return the figure with that of the same span of the year before; what is partly known is not compared with."""
    before = span.year_before()
    if before is None:
        return figure
    whole = known.own(before)
    if isinstance(whole, Reason):
        return replace(figure, before=_WHY_NONE_BEFORE.get(whole, Reason.BEFORE_MISSING))
    if set_target.over_time == "last":
        return replace(figure, before=whole)
    course = known.course(before)
    if len(course) == before.type.month_count:
        return replace(figure, before=whole, before_by_then=_by_then(course, span, reached))
    return replace(figure, before=whole if set_target.is_observed else Reason.BEFORE_PARTIAL)


def _by_then(before: Course, span: Period, reached: date) -> Fraction | None:
    """Return the value before up to the same point of the span; within a month, as if it had come evenly."""
    index = reached.month - span.start.month
    course = list(before.items())
    month, with_month = course[index]
    until = course[index - 1][1] if index else Fraction(0)
    if isinstance(until, Reason) or isinstance(with_month, Reason):
        return None
    is_whole = (reached + timedelta(days=1)).day == 1
    share = Fraction(1) if is_whole else Fraction(reached.day, calendar.monthrange(month.year, month.month)[1])
    return until + (with_month - until) * min(share, Fraction(1))
