"""Judges targets where figures changed, and keeps the judgements beside the values.

The rules are the domain's (`target`, and `target_inputs` for the cumulative figures); this module brings them the rows
of the read model and stores what they say.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import text

from services.indicators.compute.target_reading import Targets, TargetSubject, figures_of, members, targets_of
from services.indicators.compute.values import SeriesYear
from shared.db.arrays import as_arrays
from shared.domain.period import Period, PeriodType
from shared.domain.target import judge
from shared.domain.target_inputs import target_input
from shared.facts.marks import TARGETS, scope_marks
from shared.signals.prospect import prospect_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date
    from typing import Any

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.target import Prospect, TargetInput
    from shared.domain.target_inputs import StoredTarget
    from shared.domain.target_span import MonthSpan


async def evaluate_targets(
    connection: AsyncConnection, wanted: Iterable[SeriesYear], as_of: date, changed: Iterable[SeriesYear] = ()
) -> int:
    """Judge every target of the wanted years afresh; return how many values' judgements changed.

    What else is judged by the figures of `changed` years is marked: later years of the same span, those that compare
    with it, and the other areas that a target is for together.
    """
    wanted = set(wanted)
    if not wanted:
        return 0
    targets = await targets_of(connection, {TargetSubject(one.series_id, one.area_id) for one in wanted})
    await _mark(connection, _judged_by(changed, targets, as_of) - wanted)
    return await _judge(connection, wanted, targets, as_of)


async def evaluate_targets_above(
    connection: AsyncConnection, wanted: Iterable[SeriesYear], as_of: date, changed: Iterable[SeriesYear]
) -> int:
    """Do the same in the pass for the levels above, which judges at once what else it is itself to write."""
    wanted = set(wanted)
    targets = await targets_of(connection, {TargetSubject(one.series_id, one.area_id) for one in wanted})
    following = _judged_by(wanted, targets, as_of) - wanted
    if following:
        rows = await connection.execute(_WRITTEN_ABOVE, as_arrays(SeriesYear._fields, following))
        above = {SeriesYear(*row) for row in rows}
        await _mark(connection, (_judged_by(changed, targets, as_of) & following) - above)
        targets |= await targets_of(connection, {TargetSubject(one.series_id, one.area_id) for one in above})
        wanted |= above
    return await _judge(connection, wanted, targets, as_of)


async def evaluate_all_targets(connection: AsyncConnection, as_of: date, elsewhere: Sequence[int] = ()) -> int:
    """Judge every target there is, and drop judgements whose target is gone; return how many values changed.

    Those of series computed elsewhere are judged there.
    """
    rows = await connection.execute(_ALL_JUDGED, {"elsewhere": list(elsewhere)})
    wanted = [SeriesYear(*row) for row in rows]
    return await evaluate_targets(connection, wanted, as_of)


def _judged_by(changed: Iterable[SeriesYear], targets: Targets, as_of: date) -> set[SeriesYear]:
    """Return the years that are judged by the figures of the changed ones, these among them."""
    return {
        SeriesYear(*member, year)
        for one in changed
        for target in targets.get(TargetSubject(one.series_id, one.area_id), ())
        for year in target.years_judged_by(one.year, as_of.year)
        for member in members(TargetSubject(one.series_id, one.area_id), target)
    }


async def _mark(connection: AsyncConnection, years: Collection[SeriesYear]) -> None:
    if years:
        areas = sorted({(one.area_id, one.year) for one in years})
        await connection.execute(_MARK_JUDGED, as_arrays(("area_id", "year"), areas))


async def _judge(connection: AsyncConnection, wanted: Iterable[SeriesYear], targets: Targets, as_of: date) -> int:
    years: dict[int, set[TargetSubject]] = defaultdict(set)
    for one in wanted:
        years[one.year].add(TargetSubject(one.series_id, one.area_id))
    return sum(
        [
            await _judge_year(connection, year, sorted(subjects), targets, as_of)
            for year, subjects in sorted(years.items())
        ]
    )


async def _judge_year(
    connection: AsyncConnection, year: int, subjects: Sequence[TargetSubject], targets: Targets, as_of: date
) -> int:
    figures = await figures_of(connection, subjects, targets, year)
    changes = []
    running = set()
    for subject, row in [(one, row) for one in subjects for row in figures.rows.get(one, ())]:
        period = Period(PeriodType(row.period_type), row.period_start)
        if period.start.year != year or not row.is_computed:  # without facts, or closed: it stays as it is
            continue
        said = [
            _judgement(target, span, target_input(target, period, span, known, as_of))
            for target in targets.get(subject, ())
            for known in (figures.known[members(subject, target)],)
            for span in target.judged_spans(period)
        ]
        if said and as_of <= period.end:
            running.add(subject.area_id)
        if (said or None) != row.targets:
            changes.append((*subject, row.period_type, row.period_start, orjson.dumps(said).decode() if said else None))
    if changes:
        await connection.execute(_STORE, as_arrays(_JUDGED, changes))
    if running:
        await connection.execute(_JUDGE_TOMORROW, {"areas": list(running), "year": year, "as_of": as_of})
    return len(changes)


def _judgement(set_target: StoredTarget, span: MonthSpan | None, figure: TargetInput) -> dict[str, Any]:
    """Return the target and what became of it, without the names that have no value.

    The days of the span are given where it is not the month, tertial or year of the calendar that the target is per.
    """
    target = set_target.target
    said: dict[str, Any] = {"rule": target.rule, "per": target.per}
    if span is not None and (span.period is None or span.period.type.value != target.per.value):
        said |= _days(span)
    numbers = {
        "value": target.value,
        "upperValue": target.upper_value,
        "percent": target.percent,
        "tolerance": target.tolerance,
    }
    said |= {name: float(bound) for name, bound in numbers.items() if bound is not None}
    if target.per_inhabitants is not None:
        said["perInhabitants"] = target.per_inhabitants
    if target.baseline is not None:
        said["baseline"] = target.baseline.code or _days(target.baseline)
    if set_target.areas:
        said["areas"] = list(set_target.area_codes)
    answer = judge(target, figure, prospect_of)
    said["judgement"] = answer.judgement
    if answer.reason is not None:
        said["reason"] = answer.reason
    if answer.forecast is not None:
        said["forecast"] = round(float(answer.forecast), 2)
        said["forecastRule"] = answer.rule
    if answer.prospect is not None:
        said |= _prospect(answer.prospect)
    return said


def _prospect(prospect: Prospect) -> dict[str, Any]:
    naive = {} if prospect.seasonal_naive is None else {"seasonalNaive": round(prospect.seasonal_naive, 2)}
    return {
        "forecastLower": round(prospect.lower, 2),
        "forecastUpper": round(prospect.upper, 2),
        "probability": round(prospect.probability, 4),
        "forecastMonths": prospect.months,
        **naive,
    }


def _days(span: MonthSpan) -> dict[str, str]:
    return {"from": span.start.isoformat(), "to": span.end.isoformat()}


_JUDGED = ("series_id", "area_id", "period_type", "period_start", "targets")
_STORE = text(
    """UPDATE indicator_value AS value
       SET targets = CAST(changed.targets AS jsonb),
           revision = revision + (computed_at < now())::integer, computed_at = now(),
           changed_in = DEFAULT, change_number = DEFAULT
       FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:period_type AS text[]),
                   CAST(:period_start AS date[]), CAST(:targets AS text[]))
            AS changed(series_id, area_id, period_type, period_start, targets)
       WHERE value.series_id = changed.series_id AND value.area_id = changed.area_id
         AND value.period_type = changed.period_type AND value.period_start = changed.period_start"""
)
# A forecast moves with the day: what is judged in a running period is judged again tomorrow.
_JUDGE_TOMORROW = text(
    scope_marks(
        f"""SELECT DISTINCT coalesce(municipality_id, area_id), CAST(:year AS smallint), '{TARGETS}', CAST(:as_of
          AS date) + 1
            FROM area WHERE area_id = ANY(:areas)
              AND NOT EXISTS (SELECT FROM dirty_mark AS mark
                              WHERE mark.ripens_on = CAST(:as_of AS date) + 1 AND mark.year = :year
                                AND mark.writing_area_id = coalesce(area.municipality_id, area.area_id)
                                  AND mark.fact = '{TARGETS}')"""
    )
)
_MARK_JUDGED = text(
    scope_marks(
        f"""SELECT DISTINCT coalesce(municipality_id, area_id), judged.year, '{TARGETS}', date '-infinity'
            FROM unnest(CAST(:area_id AS integer[]), CAST(:year AS integer[])) AS judged(area_id, year)
            JOIN area USING (area_id)"""
    )
)
_WRITTEN_ABOVE = text(
    """SELECT series_id, area_id, year
       FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:year AS integer[]))
            AS judged(series_id, area_id, year)
       JOIN area USING (area_id) JOIN indicator_series USING (series_id)
       WHERE municipality_id IS NULL OR measure IS NOT NULL"""
)
# Apart, since targets are set of few: neither part reads every value. Not every judged month has a year beside it.
_ALL_JUDGED = text(
    """SELECT series_id, area_id, extract(year FROM period_start)::integer
       FROM indicator_value
       WHERE targets IS NOT NULL AND series_id <> ALL (CAST(:elsewhere AS smallint[]))
       UNION
       SELECT series_id, area_id, extract(year FROM period_start)::integer
       FROM target JOIN indicator_series USING (indicator_code, slice)
       JOIN indicator_value USING (series_id, area_id)
       WHERE series_id <> ALL (CAST(:elsewhere AS smallint[]))"""
)
