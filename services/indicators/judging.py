"""Judges targets where figures changed, and keeps the judgements beside the values.

The rules are `shared.domain.target`'s; this module brings them the cumulative figures and stores what they say.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import orjson
from sqlalchemy import Row, text

from services.indicators.read_model import Wanted
from shared.domain.period import Period, PeriodType
from shared.domain.target import Figure, Target, TargetRule, judge, progress
from shared.facts.dirty import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
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


async def judge_targets(connection: AsyncConnection, wanted: Iterable[Wanted], as_of: date) -> int:
    """Judge every target of the wanted years afresh; return how many values' judgements changed."""
    years: dict[int, set[Subject]] = defaultdict(set)
    for one in wanted:
        years[one.year].add(Subject(one.series_id, one.area_id))
    if not years:
        return 0
    targets = await _targets(connection, sorted(set.union(*years.values())))
    return sum(
        [
            await _judge_year(connection, year, sorted(subjects), targets, as_of)
            for year, subjects in sorted(years.items())
        ]
    )


async def judge_all_targets(connection: AsyncConnection, as_of: date) -> int:
    """Judge every target there is, and drop judgements whose target is gone; return how many values changed."""
    wanted = [Wanted(*row) for row in await connection.execute(_ALL_JUDGED)]
    return await judge_targets(connection, wanted, as_of)


async def mark_years_compared(connection: AsyncConnection, wanted: Sequence[Wanted], as_of: date) -> None:
    """Mark the years after the wanted ones where targets are set: their judgement compares with these."""
    if wanted:
        series, areas, years = (list(column) for column in zip(*wanted, strict=True))
        parameters = {"series_id": series, "area_id": areas, "year": years, "as_of": as_of}
        await connection.execute(_MARK_YEARS_COMPARED, parameters)


async def _judge_year(
    connection: AsyncConnection,
    year: int,
    subjects: Sequence[Subject],
    targets: dict[Subject, list[SetTarget]],
    as_of: date,
) -> int:
    parameters = _arrays(subjects) | {"first": date(year, 1, 1), "next": date(year + 1, 1, 1)}
    rows = (await connection.execute(_VALUES, parameters | {"judged": _arrays(sorted(targets))["series_id"]})).all()
    rows = [row for row in rows if row.targets is not None or Subject(row.series_id, row.area_id) in targets]
    if not rows:
        return 0
    judged = sorted({Subject(row.series_id, row.area_id) for row in rows} & set(targets))
    cumulative = await _cumulative(connection, judged, year)
    own = await _own(connection, judged, year)
    changes = []
    is_running = False
    for row in rows:
        subject = Subject(row.series_id, row.area_id)
        period = Period(PeriodType(row.period_type), row.period_start)
        said = [
            _judgement(one, _figure(one, period, cumulative[subject], own[subject], as_of))
            for one in targets.get(subject, ())
            if one.first <= period.end and period.start < one.next
        ]
        is_running |= bool(said) and as_of <= period.end
        if (said or None) != row.targets:
            changes.append((*subject, row.period_type, row.period_start, orjson.dumps(said).decode() if said else None))
    if changes:
        await connection.execute(_STORE, _columns(changes))
    if is_running:
        areas = [area for _, area in judged]
        await connection.execute(_JUDGE_TOMORROW, {"areas": areas, "year": year, "as_of": as_of})
    return len(changes)


def _judgement(set_target: SetTarget, figure: Figure) -> dict[str, Any]:
    target = set_target.target
    said: dict[str, Any] = {"rule": target.rule, "per": target.per}
    for name, bound in (("value", target.value), ("upperValue", target.upper_value)):
        if bound is not None:
            said[name] = float(bound)
    answer = judge(target, figure)
    said["judgement"] = answer.judgement
    if answer.forecast is not None:
        said["forecast"] = round(float(answer.forecast), 2)
    return said


def _figure(set_target: SetTarget, judged: Period, cumulative: Cumulative, own: Own, as_of: date) -> Figure:
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


async def _targets(connection: AsyncConnection, subjects: Sequence[Subject]) -> dict[Subject, list[SetTarget]]:
    targets: dict[Subject, list[SetTarget]] = defaultdict(list)
    for row in await connection.execute(_TARGETS, _arrays(subjects)):
        target = Target(TargetRule(row.rule), PeriodType(row.per), row.value, row.upper_value)
        targets[Subject(row.series_id, row.area_id)].append(
            SetTarget(target, row.first, row.next, row.over_time, is_share=row.is_share, is_observed=row.is_observed)
        )
    return targets


async def _cumulative(connection: AsyncConnection, subjects: Sequence[Subject], year: int) -> dict[Subject, Cumulative]:
    """Return every subject's cumulative values in the year and the one before, for each type of span."""
    cumulative: dict[Subject, Cumulative] = defaultdict(dict)
    parameters = _arrays(subjects) | {"first": date(year - 1, 1, 1), "next": date(year + 1, 1, 1)}
    for row in await connection.execute(_CUMULATIVE, parameters) if subjects else ():
        cumulative[Subject(row.series_id, row.area_id)][PeriodType(row.per), row.month] = _value(row)
    return cumulative


async def _own(connection: AsyncConnection, subjects: Sequence[Subject], year: int) -> dict[Subject, Own]:
    """Return the subjects' figures in the year and the one before, of those that are judged by them."""
    own: dict[Subject, Own] = defaultdict(dict)
    parameters = _arrays(subjects) | {"first": date(year - 1, 1, 1), "next": date(year + 1, 1, 1)}
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


def _arrays(subjects: Sequence[Subject]) -> dict[str, list[int]]:
    return {"series_id": [one.series_id for one in subjects], "area_id": [one.area_id for one in subjects]}


def _columns(changes: Sequence[tuple[object, ...]]) -> dict[str, list[object]]:
    names = ("series_id", "area_id", "period_type", "period_start", "targets")
    return {name: list(column) for name, column in zip(names, zip(*changes, strict=True), strict=True)}


_SUBJECT = "unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[])) AS subject(series_id, area_id)"
_TARGETS = text(
    f"""SELECT series_id, area_id, over_time, is_share, measure IS NOT NULL AS is_observed, rule, per, value,
               upper_value, lower(target.valid) AS first, upper(target.valid) AS next
        FROM {_SUBJECT} JOIN indicator_series USING (series_id)
        JOIN target USING (area_id, indicator_code, slice)
        ORDER BY target_id"""
)
_VALUES = text(
    f"""SELECT series_id, area_id, period_type, period_start, targets
        FROM {_SUBJECT} JOIN indicator_value USING (series_id, area_id)
        WHERE period_start >= :first AND period_start < :next
          AND (targets IS NOT NULL OR series_id = ANY(CAST(:judged AS smallint[])))"""
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
        FROM {_SUBJECT} JOIN indicator_value AS value USING (series_id, area_id)
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
        FROM {_SUBJECT} JOIN indicator_value AS value USING (series_id, area_id)
        JOIN indicator_series USING (series_id)
        WHERE (over_time = 'last' OR measure IS NOT NULL) AND period_start >= :first AND period_start < :next"""
)
_STORE = text(
    """UPDATE indicator_value AS value
       SET targets = CAST(changed.targets AS jsonb),
           revision = revision + (computed_at < now())::integer, computed_at = now()
       FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:period_type AS text[]),
                   CAST(:period_start AS date[]), CAST(:targets AS text[]))
            AS changed(series_id, area_id, period_type, period_start, targets)
       WHERE value.series_id = changed.series_id AND value.area_id = changed.area_id
         AND value.period_type = changed.period_type AND value.period_start = changed.period_start"""
)
# A forecast moves with the day: what is judged in a running period is judged again tomorrow.
_JUDGE_TOMORROW = text(
    f"""INSERT INTO dirty_mark (owner_id, year, fact, ripens_on)
       SELECT DISTINCT coalesce(home_id, area_id), CAST(:year AS smallint), '{TARGETS}', CAST(:as_of AS date) + 1
       FROM area WHERE area_id = ANY(:areas)
         AND NOT EXISTS (SELECT FROM dirty_mark AS mark
                         WHERE mark.ripens_on = CAST(:as_of AS date) + 1 AND mark.year = :year
                           AND mark.owner_id = coalesce(area.home_id, area.area_id) AND mark.fact = '{TARGETS}')"""
)
# Where a rule compares with the span before, a change in one year is judged in the next.
_MARK_YEARS_COMPARED = text(
    f"""INSERT INTO dirty_mark (owner_id, year, fact, ripens_on)
       SELECT DISTINCT area.home_id, wanted.year + 1, '{TARGETS}', date '-infinity'
       FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:year AS integer[]))
            AS wanted(series_id, area_id, year)
       JOIN indicator_series USING (series_id) JOIN area USING (area_id)
       JOIN target USING (area_id, indicator_code, slice)
       WHERE area.home_id IS NOT NULL AND make_date(wanted.year + 1, 1, 1) <= :as_of
         AND target.valid && daterange(make_date(wanted.year + 1, 1, 1), make_date(wanted.year + 2, 1, 1))"""
)
_ALL_JUDGED = text(
    """SELECT DISTINCT series_id, area_id, extract(year FROM period_start)::integer
       FROM indicator_value JOIN indicator_series USING (series_id)
       WHERE period_type = 'year' AND (targets IS NOT NULL OR EXISTS (
           SELECT FROM target WHERE target.area_id = indicator_value.area_id
                                AND target.indicator_code = indicator_series.indicator_code
                                AND target.slice = indicator_series.slice))"""
)
