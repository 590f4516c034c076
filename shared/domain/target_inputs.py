"""The figures that targets are judged by: cumulative over a target's span, and of the span that it is compared with."""

# Over 300 lines: all that one judgement rests on, for each kind of figure.

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from shared.domain.period import Period, PeriodType
from shared.domain.target import Cases, MonthlyFigures, MonthlyShares, Reason, Target, TargetInput, progress
from shared.domain.target_span import MonthSpan, TargetSpans
from shared.domain.working_days import CALENDAR_FIRST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal
    from typing import Any


MONTHS = 12
# So many years before a span say what is to be expected of it.
YEARS_OF_HISTORY = 3


@dataclass(frozen=True, slots=True)
class StoredTarget:
    """A target as it was set: with its spans, and how its series behaves; `areas` are those it is for together.

    `is_of_cases` tells a share of cases that chance decides, and whose months stay as they are, from other shares.
    """

    target: Target
    spans: TargetSpans
    over_time: str
    is_share: bool
    is_observed: bool
    factor: int
    areas: tuple[int, ...] = ()
    area_codes: tuple[str, ...] = ()
    is_count: bool = False
    is_of_cases: bool = False

    @property
    def accumulates(self) -> bool:
        """Whether more facts can only add to the figure."""
        return self.over_time != "last" and not self.is_share

    @property
    def counts_what_is_reported(self) -> bool:
        """Whether an empty row means that nothing was reported."""
        return self.accumulates and not self.is_observed

    def judged_spans(self, judged: Period) -> Iterator[MonthSpan | None]:
        """Yield the spans that a period shows; None where it is longer than a span."""
        is_longer = judged.type.month_count > self.spans.month_count
        spans = self.spans.overlapping(judged.start, judged.end)
        yield from (None for _ in list(spans)[:1]) if is_longer else spans

    @property
    def is_forecast(self) -> bool:
        """Whether its months add up, as a forecast by them needs."""
        return self.over_time == "sum" and (self.is_of_cases or not self.is_share)

    def history(self, span: MonthSpan) -> MonthSpan | None:
        """Return the months by which a year's count, sum or share is forecast; None of anything else."""
        if not self.is_forecast or span.month_count != MONTHS:
            return None
        years = min(YEARS_OF_HISTORY, span.start.year - CALENDAR_FIRST.year)
        start = span.start.replace(year=span.start.year - years)
        return MonthSpan(start, MONTHS * years) if years else None

    def before(self, span: MonthSpan) -> MonthSpan | None:
        """Return the span that one is compared with."""
        return self.target.baseline or span.before()

    def read_for(self, span: MonthSpan) -> Iterator[MonthSpan]:
        """Yield the spans whose figures one is judged by: its own, and that before, which forecasts follow too."""
        yield span
        before = self.before(span)
        if before is not None and (self.accumulates or self.target.is_compared):
            yield before
            if self.compares_measurements:
                yield MonthSpan.around(CALENDAR_FIRST, span.start - timedelta(days=1))
        history = self.history(span)
        if history is not None:
            yield history

    @property
    def compares_measurements(self) -> bool:
        """Whether it is compared with what was measured last, be it longer ago than the span before."""
        is_measured = self.is_observed and self.over_time == "last"
        return is_measured and self.target.is_compared and self.target.baseline is None

    @property
    def looks_at_reporting(self) -> bool:
        """Whether it matters if an empty month was reported."""
        is_forecast = self.is_forecast and self.spans.month_count == MONTHS
        return self.counts_what_is_reported and (self.target.is_compared or is_forecast)

    def looks_back_at_all(self) -> bool:
        """Whether it matters if anything was ever reported before a span."""
        return self.target.is_ceiling_by_before and self.counts_what_is_reported

    def years_judged_by(self, year: int, last: int) -> Iterator[int]:
        """Yield the years, up to the last, with a row that is judged by the figures of a year, be it the same."""
        whole = MonthSpan(date(year, 1, 1), 12)
        for span in self.spans.overlapping(date(year, 1, 1), max(date(year, 1, 1), date(last, 12, 31))):
            is_read = [one.overlaps(whole) for one in self.read_for(span)]
            first = max(year, span.start.year) if is_read[0] else span.start.year
            if any(is_read) or self.looks_back_at_all():
                yield from range(first, min(span.end.year, last) + 1)


FigureOrReason: TypeAlias = Fraction | Reason
"""A figure as it is served, unrounded, or why there is none."""
# A span's cumulative figure in each month that has a row.
Course = dict[date, FigureOrReason]
# How many places were first visited in a month of a span: each counts once in the span.
NewPlaces = dict[MonthSpan, dict[date, int]]


@dataclass(slots=True)
class Around:
    """What is known of a subject beside its rows.

    `inhabitants` are those that the figures of a year are reckoned by. `unreported` are months with an empty row though
    reporting was not on in all of them, and in `first_report` something was reported for the first time.
    """

    new_places: NewPlaces = field(default_factory=lambda: defaultdict(dict))
    inhabitants: dict[int, Decimal] = field(default_factory=dict)
    unreported: set[date] = field(default_factory=set)
    first_report: date | None = None


class KnownFigures:
    """What is known of a subject, or of several areas together: its rows, and what its months add up to."""

    def __init__(self, series: StoredTarget, rows: Iterable[Any], around: Around) -> None:
        """Any target of the subject tells how its series behaves; the rows are those of the read model."""
        self._series = series
        self._rows = {(row.period_type, row.period_start): row for row in rows}
        self._courses: dict[MonthSpan, Course] = {}
        self.around = around

    def own(self, period: Period) -> FigureOrReason:
        """Return the figure of the very period."""
        row = self._rows.get((period.type, period.start))
        return Reason.MISSING if row is None else self._figure_of(row)

    def whole(self, span: MonthSpan) -> FigureOrReason:
        """Return the figure of a span: as it is served for a period of the calendar, else from its months."""
        if self._series.over_time == "last":
            return self.last_in(span.start, span.end) if span.period is None else self.own(span.period)
        if span.period is not None:
            return self.own(span.period)
        course = self.course(span)
        if self._series.is_observed and len(course) < span.month_count:
            return Reason.MONTHS_MISSING
        return next(reversed(course.values())) if course else Reason.MISSING

    def last_in(self, first: date, last: date) -> FigureOrReason:
        """Return the state of the last day; or, of what was measured, the last figure for a period within the days."""
        if not self._series.is_observed:
            return self.own(Period.containing(PeriodType.MONTH, last))
        periods = [
            Period(PeriodType(kind), start) for (kind, start), row in self._rows.items() if row.status in _SERVED
        ]
        inside = [period for period in periods if first <= period.start and period.end <= last]
        return (
            self.own(max(inside, key=lambda period: (period.end, -period.type.month_count)))
            if inside
            else Reason.MISSING
        )

    def measured_before(self, span: MonthSpan) -> FigureOrReason:
        """Return the last figure for a period as long as the span that ended before it.

        A survey may come every second year. Where no period is as long, it is the last figure for any.
        """
        day_before = span.start - timedelta(days=1)
        if span.period is None:
            return self.last_in(CALENDAR_FIRST, day_before)
        starts = [
            start
            for (kind, start), row in self._rows.items()
            if kind == span.period.type and start < span.start and row.status in _SERVED
        ]
        return self.own(Period(span.period.type, max(starts))) if starts else Reason.MISSING

    def has_figure(self, month: date) -> bool:
        """Tell whether a month has a figure, be it 0."""
        row = self._rows.get((PeriodType.MONTH, month))
        return row is not None and row.status in _SERVED

    def figure_of(self, month: date) -> float | None:
        """Return what came in a month; None where that is unknown, or nobody reported."""
        row = self._rows.get((PeriodType.MONTH, month))
        first = self.around.first_report
        is_silent = self._series.counts_what_is_reported and (first is None or month < first)
        if row is None or row.status not in _SERVED or is_silent or month in self.around.unreported:
            return None
        return float(row.numerator)

    def cases_of(self, month: date) -> Cases | None:
        """Return both parts of a month's share, be they 0 of 0; None where they are unknown."""
        row = self._rows.get((PeriodType.MONTH, month))
        if row is None or row.denominator is None or row.status == "suppressed":
            return None
        if row.denominator and row.status not in _SERVED:
            return None
        return float(row.numerator or 0), float(row.denominator)

    def is_empty(self, span: MonthSpan) -> bool:
        """Tell whether every month that has a row says that nothing happened."""
        rows = (self._rows.get((PeriodType.MONTH, month)) for month in span.months())
        return all(row is None or row.status == "zero" for row in rows)

    def course(self, span: MonthSpan) -> Course:
        """Return the span's cumulative figures. What a month without a row is, is for the caller to say."""
        if span not in self._courses:
            rows = [row for month in span.months() if (row := self._rows.get((PeriodType.MONTH, month)))]
            self._courses[span] = {
                row.period_start: self._sum(span, rows[: index + 1]) for index, row in enumerate(rows)
            }
        return self._courses[span]

    def _sum(self, span: MonthSpan, months: Sequence[Any]) -> FigureOrReason:
        if any(row.status == "suppressed" for row in months):
            return Reason.SUPPRESSED
        if self._series.over_time == "distinct":
            places = self.around.new_places.get(span, {})
            return Fraction(sum(count for month, count in places.items() if month <= months[-1].period_start))
        # A month of nothing, 0 of 0, is missing, and adds nothing to a share.
        has_come = [row.status in _SERVED or row.denominator is not None for row in months]
        if self._series.is_observed and not all(has_come):
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
    Reason.MONTHS_MISSING: Reason.BEFORE_PARTIAL,
}


def target_input(
    set_target: StoredTarget, judged: Period, span: MonthSpan | None, known: KnownFigures, as_of: date
) -> TargetInput:
    """Return what the judged period shows of a span of the target, at the end of either or as of now.

    What a state is, or what was measured, is the figure of the judged period itself. Anything else is judged by all
    that has come in the target's span so far: so the rows of a span that end on one day are judged alike. At the
    span's end that is the figure of the span itself, before then the sum of the months; of observations, each of them
    must have come, and a running month counts once it has a figure.
    """
    if span is None or as_of < max(judged.start, span.start):
        reason = Reason.LONGER_THAN_SPAN if span is None else Reason.NOT_BEGUN
        return TargetInput(reason, set_target.accumulates, span_ended=False, elapsed=Fraction(0))
    moment = min(judged.end, span.end, as_of)
    if set_target.over_time == "last":
        value = known.own(judged) if judged.end <= span.end else known.last_in(max(judged.start, span.start), moment)
    else:
        value, moment = _so_far(set_target, span, moment, known, as_of)
    ended, elapsed = progress(span, moment, as_of)
    inhabitants = known.around.inhabitants.get(span.start.year)
    months = None if ended or isinstance(value, Reason) else _months(set_target, span, moment, known, as_of)
    figure = TargetInput(
        value, set_target.accumulates, span_ended=ended, elapsed=elapsed, inhabitants=inhabitants, months=months
    )
    if not set_target.accumulates and not set_target.target.is_compared:
        return figure
    return _with_before(figure, set_target, span, known, moment)


def _so_far(
    set_target: StoredTarget, span: MonthSpan, moment: date, known: KnownFigures, as_of: date
) -> tuple[FigureOrReason, date]:
    """Return the cumulative figure at the judged moment, and the last day that it includes."""
    whole = known.whole(span)
    if moment == span.end and (as_of > span.end or not isinstance(whole, Reason)):
        waits_for_months = whole is Reason.MISSING and set_target.is_observed and span.month_count > 1
        return Reason.MONTHS_MISSING if waits_for_months else whole, moment
    course = known.course(span)
    months = [month for month in span.months() if month <= moment]
    if not set_target.is_observed:
        # A month without a row, where no empty ones are made, has added nothing.
        with_rows = [month for month in months if month in course]
        return course[with_rows[-1]] if with_rows else Reason.MISSING, moment
    if as_of <= _end_of(months[-1]) and not known.has_figure(months[-1]):
        months.pop()
    if not months or any(month not in course for month in months):
        return Reason.MISSING if span.month_count == 1 else Reason.MONTHS_MISSING, moment
    return course[months[-1]], min(_end_of(months[-1]), moment)


def _months(
    set_target: StoredTarget, span: MonthSpan, moment: date, known: KnownFigures, as_of: date
) -> MonthlyFigures | MonthlyShares | None:
    """Return the months that the span is forecast by at a moment: a month counts once it has ended."""
    history = set_target.history(span)
    if history is None:
        return None
    begun = [month for month in span.months() if month <= moment]
    ended = [month for month in begun if _end_of(month) <= moment and _end_of(month) < as_of]
    if set_target.is_share:
        running = known.cases_of(begun[-1]) if len(ended) < len(begun) else None
        of_before, of_year = ([known.cases_of(month) for month in some] for some in (history.months(), ended))
        return MonthlyShares(tuple(of_before), tuple(of_year), running, set_target.factor)
    before = tuple(known.figure_of(month) for month in history.months())
    so_far = tuple(known.figure_of(month) for month in ended)
    return MonthlyFigures(before, so_far, span.start.month, is_count=set_target.is_count)


def _end_of(month: date) -> date:
    return Period(PeriodType.MONTH, month).end


def _with_before(
    figure: TargetInput, set_target: StoredTarget, span: MonthSpan, known: KnownFigures, reached: date
) -> TargetInput:
    """Return the figure with that of the span before; what is partly known is not compared with."""
    before = set_target.before(span)
    if before is None:
        return figure
    whole = known.whole(before)
    if whole is Reason.MISSING and set_target.compares_measurements:
        whole = known.measured_before(span)
    if isinstance(whole, Reason):
        return replace(figure, before=_WHY_NONE_BEFORE.get(whole, Reason.BEFORE_MISSING))
    if set_target.over_time == "last":
        return replace(figure, before=whole)
    unreported = _why_unreported(set_target, before, known)
    if unreported is not None:
        return replace(figure, before=unreported)
    course = known.course(before)
    if len(course) < before.month_count:
        return replace(figure, before=whole if set_target.is_observed else Reason.BEFORE_PARTIAL)
    is_alike = before.month_count == span.month_count
    return replace(figure, before=whole, before_by_then=_by_then(course, span, reached) if is_alike else None)


def _why_unreported(set_target: StoredTarget, before: MonthSpan, known: KnownFigures) -> Reason | None:
    """Tell why the empty rows of a span before say nothing: nobody reported then, or not all the time.

    A ceiling of 0 from before anything was ever reported would be missed at once.
    """
    if not set_target.counts_what_is_reported:
        return None
    first = known.around.first_report
    if set_target.looks_back_at_all() and known.is_empty(before) and (first is None or first > before.end):
        return Reason.BEFORE_MISSING
    return Reason.BEFORE_PARTIAL if known.around.unreported.intersection(before.months()) else None


def _by_then(before: Course, span: MonthSpan, reached: date) -> Fraction | None:
    """Return the value before up to the same point of the span; within a month, as if it had come evenly."""
    index = 12 * (reached.year - span.start.year) + reached.month - span.start.month
    course = list(before.items())
    month, with_month = course[index]
    until = course[index - 1][1] if index else Fraction(0)
    if isinstance(until, Reason) or isinstance(with_month, Reason):
        return None
    is_whole = (reached + timedelta(days=1)).day == 1
    share = Fraction(1) if is_whole else Fraction(reached.day, calendar.monthrange(month.year, month.month)[1])
    return until + (with_month - until) * min(share, Fraction(1))
