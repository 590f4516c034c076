"""The figures that targets are judged by: cumulative over a target's span, of the span before, and of the period."""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Row, text

from shared.domain.period import Period, PeriodType
from shared.domain.target import Figure, Target, TargetRule, progress

if TYPE_CHECKING:
    from collections.abc import Sequence
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

    @property
    def accumulates(self) -> bool:
        """Whether more facts can only add to the figure."""
        return self.over_time != "last" and not self.is_share


# The cumulative value of a subject: by the type of the span that it is summed over, and the month that it reaches.
# A month without a row is not there; a row whose figure is missing is None.
Cumulative = dict[tuple[PeriodType, date], Fraction | None]
# A subject's own figures, by the type of their period and its first day.
Own = dict[tuple[PeriodType, date], Fraction | None]


def figure_to_judge(set_target: SetTarget, judged: Period, cumulative: Cumulative, own: Own, as_of: date) -> Figure:
    """Return what the judged period shows of the target, at its end or as of now."""
    target = set_target.target
    span = target.span(judged)
    if span is None or as_of < judged.start:
        return Figure(judged.type, None, set_target.accumulates, span_ended=False, elapsed=Fraction(0))
    ended, elapsed = progress(span, judged, as_of)
    reached = min(judged.end, as_of)
    before = span.previous()
    value = _latest(target.per, span, reached, cumulative)
    is_known = all((target.per, month) in cumulative for month in before.months())
    whole_before = cumulative[target.per, before.months()[-1]] if is_known else None
    if set_target.over_time == "last":
        value, whole_before = own.get((judged.type, judged.start)), own.get((before.type, before.start))
    elif set_target.is_observed:
        # A figure of the very period stands before the sum of its months.
        value = own.get((judged.type, judged.start)) if judged.type is target.per else value
        whole_before = own.get((before.type, before.start))
    return Figure(
        judged.type,
        value,
        set_target.accumulates,
        span_ended=ended,
        elapsed=elapsed,
        before=whole_before,
        before_by_then=_by_then(target.per, before, reached, span, cumulative) if is_known else None,
    )


def _latest(per: PeriodType, span: Period, reached: date, cumulative: Cumulative) -> Fraction | None:
    """Return the span's value so far; a month without a row, where no empty ones are kept, has added nothing."""
    months = [month for month in span.months() if month <= reached and (per, month) in cumulative]
    return cumulative[per, months[-1]] if months else None


def _by_then(per: PeriodType, before: Period, reached: date, span: Period, cumulative: Cumulative) -> Fraction | None:
    """Return the span before's value up to the same point; within a month, as if it had come evenly."""
    index = span.months().index(reached.replace(day=1))
    month = before.months()[index]
    until = cumulative[per, before.months()[index - 1]] if index else Fraction(0)
    with_month = cumulative[per, month]
    if until is None or with_month is None:
        return None
    is_whole = (reached + timedelta(days=1)).day == 1
    share = Fraction(1) if is_whole else Fraction(reached.day, calendar.monthrange(month.year, month.month)[1])
    return until + (with_month - until) * min(share, Fraction(1))


async def targets_of(connection: AsyncConnection, subjects: Sequence[Subject]) -> dict[Subject, list[SetTarget]]:
    """Return the targets that are set of the subjects."""
    targets: dict[Subject, list[SetTarget]] = defaultdict(list)
    for row in await connection.execute(_TARGETS, arrays(subjects)):
        target = Target(TargetRule(row.rule), PeriodType(row.per), row.value, row.upper_value)
        targets[Subject(row.series_id, row.area_id)].append(
            SetTarget(target, row.first, row.next, row.over_time, is_share=row.is_share, is_observed=row.is_observed)
        )
    return targets


async def cumulative_figures(
    connection: AsyncConnection, subjects: Sequence[Subject], year: int
) -> dict[Subject, Cumulative]:
    """Return every subject's cumulative values in the year and the one before, for each type of span."""
    cumulative: dict[Subject, Cumulative] = defaultdict(dict)
    parameters = arrays(subjects) | {"first": date(year - 1, 1, 1), "next": date(year + 1, 1, 1)}
    for row in await connection.execute(_CUMULATIVE, parameters) if subjects else ():
        cumulative[Subject(row.series_id, row.area_id)][PeriodType(row.per), row.month] = _value(row)
    return cumulative


async def own_figures(connection: AsyncConnection, subjects: Sequence[Subject], year: int) -> dict[Subject, Own]:
    """Return the subjects' figures in the year and the one before, of those that are judged by them."""
    own: dict[Subject, Own] = defaultdict(dict)
    parameters = arrays(subjects) | {"first": date(year - 1, 1, 1), "next": date(year + 1, 1, 1)}
    for row in await connection.execute(_OWN, parameters) if subjects else ():
        own[Subject(row.series_id, row.area_id)][PeriodType(row.period_type), row.period_start] = _value(row)
    return own


def _value(row: Row[Any]) -> Fraction | None:
    if row.is_partial:
        return None
    if row.visited is not None:
        return Fraction(row.visited)
    if row.numerator is None:
        return None if row.left_out else Fraction(0)
    if row.denominator is not None:
        return Fraction(row.numerator) * row.factor / Fraction(row.denominator) if row.denominator else None
    return Fraction(row.numerator)


def arrays(subjects: Sequence[Subject]) -> dict[str, list[int]]:
    """Return the subjects as the parameters of SUBJECTS."""
    return {"series_id": [one.series_id for one in subjects], "area_id": [one.area_id for one in subjects]}


SUBJECTS = "unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[])) AS subject(series_id, area_id)"
_TARGETS = text(
    f"""SELECT series_id, area_id, over_time, is_share, measure IS NOT NULL AS is_observed, rule, per, value,
               upper_value, lower(target.valid) AS first, upper(target.valid) AS next
        FROM {SUBJECTS} JOIN indicator_series USING (series_id)
        JOIN target USING (area_id, indicator_code, slice)
        ORDER BY target_id"""
)
_CUMULATIVE = text(
    f"""SELECT value.series_id, value.area_id, factor, span.per, value.period_start AS month,
               sum(held.numerator) AS numerator, sum(held.denominator) AS denominator, sum(held.left_out) AS left_out,
               measure IS NOT NULL AND bool_or(held.numerator IS NULL) AS is_partial,
               CASE WHEN over_time = 'distinct' THEN (
                   SELECT count(DISTINCT leaf.area_id) FROM (
                       SELECT cell.area_id FROM cell
                       WHERE cell.series_id = value.series_id AND cell.area_id = value.area_id
                         AND cell.month BETWEEN span.first AND value.period_start
                       UNION ALL
                       SELECT cell.area_id FROM atom_ancestor JOIN cell USING (atom_id)
                       WHERE ancestor_id = value.area_id AND cell.series_id = value.series_id
                         AND cell.month BETWEEN span.first AND value.period_start) AS leaf) END AS visited
        FROM {SUBJECTS} JOIN indicator_value AS value USING (series_id, area_id)
        JOIN indicator_series USING (series_id)
        CROSS JOIN LATERAL (
            VALUES ('month', value.period_start),
                   ('tertial', make_date(extract(year FROM value.period_start)::integer,
                                         (extract(month FROM value.period_start)::integer - 1) / 4 * 4 + 1, 1)),
                   ('year', date_trunc('year', value.period_start)::date)) AS span(per, first)
        JOIN indicator_value AS held
          ON held.series_id = value.series_id AND held.area_id = value.area_id AND held.period_type = 'month'
         AND held.period_start BETWEEN span.first AND value.period_start
        WHERE value.period_type = 'month' AND value.period_start >= :first AND value.period_start < :next
          AND over_time <> 'last'
        GROUP BY value.series_id, value.area_id, over_time, measure, factor, span.per, span.first, value.period_start"""
)
_OWN = text(
    f"""SELECT value.*, factor, numerator IS NULL AS is_partial, NULL AS visited
        FROM {SUBJECTS} JOIN indicator_value AS value USING (series_id, area_id)
        JOIN indicator_series USING (series_id)
        WHERE (over_time = 'last' OR measure IS NOT NULL) AND period_start >= :first AND period_start < :next"""
)
