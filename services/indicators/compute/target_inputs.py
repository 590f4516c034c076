"""The figures that targets are judged by: cumulative over a target's span, of the span before, and of the period."""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Row, text

from shared.domain.period import Period, PeriodType
from shared.domain.target import Target, TargetInput, TargetRule, progress

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from decimal import Decimal
    from typing import Any

    from sqlalchemy.ext.asyncio import AsyncConnection


class Subject(NamedTuple):
    """What a target is about: an indicator's series in an area."""

    series_id: int
    area_id: int


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


# A span's cumulative value in each month. A month without a row is not there; a missing value is None.
Course = dict[date, Fraction | None]
# How many places were first visited in a month, of a span of a type: each counts once in the span.
NewPlaces = dict[tuple[str, date], int]


class Known:
    """What is known of a subject in a year and the one before: its rows, and what its months add up to."""

    def __init__(self, series: SetTarget, rows: Iterable[Row[Any]], new_places: NewPlaces) -> None:
        """Any target of the subject tells how its series behaves."""
        self._series = series
        self._rows = {(row.period_type, row.period_start): row for row in rows}
        self._new_places = new_places
        self._courses: dict[Period, Course] = {}

    def own(self, period: Period) -> Fraction | None:
        """Return the figure of the very period."""
        row = self._rows.get((period.type, period.start))
        return None if row is None or row.numerator is None else self._figure(row.numerator, row.denominator)

    def course(self, span: Period) -> Course:
        """Return the span's cumulative values."""
        if span not in self._courses:
            rows = [row for month in span.months() if (row := self._rows.get((PeriodType.MONTH, month)))]
            self._courses[span] = {
                row.period_start: self._sum(span, rows[: index + 1]) for index, row in enumerate(rows)
            }
        return self._courses[span]

    def _sum(self, span: Period, months: Sequence[Row[Any]]) -> Fraction | None:
        if self._series.over_time == "distinct":
            reached = [month for month in span.months() if month <= months[-1].period_start]
            return Fraction(sum(self._new_places.get((span.type, month), 0) for month in reached))
        numerators = [row.numerator for row in months if row.numerator is not None]
        denominators = [row.denominator for row in months if row.denominator is not None]
        if self._series.is_observed and len(numerators) < len(months):
            return None
        if not numerators:
            return None if any(row.left_out for row in months) else Fraction(0)
        return self._figure(sum(numerators), sum(denominators) if denominators else None)

    def _figure(self, numerator: Decimal | int, denominator: Decimal | int | None) -> Fraction | None:
        if denominator is None:
            return Fraction(numerator)
        return Fraction(numerator) * self._series.factor / Fraction(denominator) if denominator else None


def target_input(set_target: SetTarget, judged: Period, known: Known, as_of: date) -> TargetInput:
    """Return what the judged period shows of the target, at its end or as of now."""
    span = set_target.target.span(judged)
    if span is None or as_of < judged.start:
        return TargetInput(judged.type, None, set_target.accumulates, span_ended=False, elapsed=Fraction(0))
    ended, elapsed = progress(span, judged, as_of)
    reached = min(judged.end, as_of)
    is_last, is_observed = set_target.over_time == "last", set_target.is_observed
    # A figure of the very period stands before the sum of its months.
    is_own = is_last or (is_observed and judged.type is span.type)
    value = known.own(judged) if is_own else _latest(known.course(span), reached)
    figure = TargetInput(judged.type, value, set_target.accumulates, span_ended=ended, elapsed=elapsed)
    if not set_target.accumulates and not set_target.target.is_compared:
        return figure
    before = span.previous()
    course = known.course(before)
    is_known = len(course) == before.type.month_count
    whole = course[before.months()[-1]] if is_known else None
    return replace(
        figure,
        before=known.own(before) if is_last or is_observed else whole,
        before_by_then=_by_then(course, span, reached) if is_known else None,
    )


def _latest(course: Course, reached: date) -> Fraction | None:
    """Return the value so far; a month without a row, where no empty ones are kept, has added nothing."""
    months = [month for month in course if month <= reached]
    return course[months[-1]] if months else None


def _by_then(before: Course, span: Period, reached: date) -> Fraction | None:
    """Return the span before's value up to the same point; within a month, as if it had come evenly."""
    index = reached.month - span.start.month
    course = list(before.items())
    month, with_month = course[index]
    until = course[index - 1][1] if index else Fraction(0)
    if until is None or with_month is None:
        return None
    is_whole = (reached + timedelta(days=1)).day == 1
    share = Fraction(1) if is_whole else Fraction(reached.day, calendar.monthrange(month.year, month.month)[1])
    return until + (with_month - until) * min(share, Fraction(1))


async def targets_of(connection: AsyncConnection, subjects: Sequence[Subject]) -> dict[Subject, list[SetTarget]]:
    """Return the targets that are set of the subjects."""
    targets: dict[Subject, list[SetTarget]] = defaultdict(list)
    for series_id, area_id, rule, per, value, upper_value, *rest in await connection.execute(
        _TARGETS, arrays(subjects)
    ):
        target = Target(TargetRule(rule), PeriodType(per), value, upper_value)
        targets[Subject(series_id, area_id)].append(SetTarget(target, *rest))
    return targets


async def values_of(
    connection: AsyncConnection, subjects: Sequence[Subject], targets: Container[Subject], year: int
) -> dict[Subject, list[Row[Any]]]:
    """Return the rows of the year and the one before, of subjects with targets and of those that were judged."""
    rows: dict[Subject, list[Row[Any]]] = defaultdict(list)
    is_set = [subject in targets for subject in subjects]
    parameters = arrays(subjects) | _years(year) | {"year": date(year, 1, 1), "is_set": is_set}
    for row in await connection.execute(_VALUES, parameters):
        rows[Subject(row.series_id, row.area_id)].append(row)
    return rows


async def known_figures(
    connection: AsyncConnection,
    values: Mapping[Subject, Sequence[Row[Any]]],
    targets: Mapping[Subject, Sequence[SetTarget]],
    year: int,
) -> dict[Subject, Known]:
    """Return what the values say of each subject with targets."""
    series = {subject: targets[subject][0] for subject in values if subject in targets}
    visited = [subject for subject, one in series.items() if one.over_time == "distinct"]
    new_places: dict[Subject, NewPlaces] = defaultdict(dict)
    for row in await connection.execute(_NEW_PLACES, arrays(visited) | _years(year)) if visited else ():
        new_places[Subject(row.series_id, row.area_id)][row.per, row.month] = row.places
    return {subject: Known(one, values[subject], new_places[subject]) for subject, one in series.items()}


def arrays(subjects: Sequence[Subject]) -> dict[str, object]:
    """Return the subjects as parameters."""
    return {"series_id": [one.series_id for one in subjects], "area_id": [one.area_id for one in subjects]}


def _years(year: int) -> dict[str, object]:
    return {"first": date(year - 1, 1, 1), "next": date(year + 1, 1, 1)}


_SUBJECTS = "unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[])) AS subject(series_id, area_id)"
_TARGETS = text(
    f"""SELECT series_id, area_id, rule, per, value, upper_value, lower(target.valid), upper(target.valid), over_time,
               is_share, measure IS NOT NULL, factor
        FROM {_SUBJECTS} JOIN indicator_series USING (series_id)
        JOIN target USING (area_id, indicator_code, slice)
        ORDER BY target_id"""
)
# Most subjects have no target: of those, one row that was judged is looked for, and all are read only if there is one.
_VALUES = text(
    """WITH subject AS MATERIALIZED (
           SELECT subject.series_id, subject.area_id
           FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:is_set AS boolean[]))
                AS subject(series_id, area_id, is_set)
           WHERE is_set OR EXISTS (
               SELECT FROM indicator_value AS judged
               WHERE judged.series_id = subject.series_id AND judged.area_id = subject.area_id
                 AND period_start >= :year AND period_start < :next AND targets IS NOT NULL))
       SELECT series_id, area_id, period_type, period_start, numerator, denominator, left_out, targets
       FROM subject JOIN indicator_value USING (series_id, area_id)
       WHERE period_start >= :first AND period_start < :next"""
)
_TERTIAL = "make_date(extract(year FROM month)::integer, (extract(month FROM month)::integer - 1) / 4 * 4 + 1, 1)"
_NEW_PLACES = text(
    f"""SELECT series_id, area_id, per, month, count(*) AS places
        FROM (SELECT series_id, subject.area_id, per, min(month) AS month
              FROM {_SUBJECTS}
              CROSS JOIN LATERAL (
                  SELECT cell.area_id AS leaf_id, month FROM cell
                  WHERE cell.series_id = subject.series_id AND cell.area_id = subject.area_id
                  UNION ALL
                  SELECT cell.area_id, month FROM ancestor_set_member JOIN cell USING (ancestor_set_id)
                  WHERE ancestor_id = subject.area_id AND cell.series_id = subject.series_id) AS leaf
              CROSS JOIN LATERAL (
                  VALUES ('month', month), ('tertial', {_TERTIAL}),
                         ('year', date_trunc('year', month)::date)) AS span(per, first)
              WHERE month >= :first AND month < :next
              GROUP BY series_id, subject.area_id, per, span.first, leaf_id) AS visited
        GROUP BY series_id, area_id, per, month"""
)
