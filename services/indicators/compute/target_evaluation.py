"""Judges targets where figures changed, and keeps the judgements beside the values.

The rules are the domain's (`target`, and `target_inputs` for the cumulative figures); this module brings them the rows
of the read model and stores what they say.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import orjson
from sqlalchemy import text

from services.indicators.compute.values import SeriesYear
from shared.db.arrays import as_arrays
from shared.domain.period import Period, PeriodType
from shared.domain.target import Target, TargetInput, TargetRule, judge
from shared.domain.target_inputs import Known, SetTarget, target_input
from shared.facts.marks import TARGETS, scope_marks

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from typing import Any

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.target_inputs import NewPlaces


class Subject(NamedTuple):
    """What a target is about: an indicator's series in an area."""

    series_id: int
    area_id: int


async def evaluate_targets(
    connection: AsyncConnection, wanted: Iterable[SeriesYear], as_of: date, changed: Iterable[SeriesYear] = ()
) -> int:
    """Judge every target of the wanted years afresh; return how many values' judgements changed.

    Where targets are set, the years after `changed` ones, which are among the wanted, are marked to be judged: a rule
    may compare with the year before.
    """
    years: dict[int, set[Subject]] = defaultdict(set)
    for one in wanted:
        years[one.year].add(Subject(one.series_id, one.area_id))
    if not years:
        return 0
    targets = await _targets_of(connection, sorted(set.union(*years.values())))
    compared = [one for one in changed if one.year < as_of.year and Subject(one.series_id, one.area_id) in targets]
    if compared:
        await _mark_years_after(connection, compared)
    return sum(
        [
            await _judge_year(connection, year, sorted(subjects), targets, as_of)
            for year, subjects in sorted(years.items())
        ]
    )


async def evaluate_all_targets(connection: AsyncConnection, as_of: date) -> int:
    """Judge every target there is, and drop judgements whose target is gone; return how many values changed."""
    wanted = [SeriesYear(*row) for row in await connection.execute(_ALL_JUDGED)]
    return await evaluate_targets(connection, wanted, as_of)


async def _mark_years_after(connection: AsyncConnection, changed: Sequence[SeriesYear]) -> None:
    await connection.execute(_MARK_YEARS_AFTER, as_arrays(SeriesYear._fields, changed))


async def _judge_year(
    connection: AsyncConnection,
    year: int,
    subjects: Sequence[Subject],
    targets: dict[Subject, list[SetTarget]],
    as_of: date,
) -> int:
    values = await _values_of(connection, subjects, targets, year)
    known = await _known_figures(connection, values, targets, year)
    changes = []
    running = set()
    for subject, row in [(subject, row) for subject, rows in values.items() for row in rows]:
        period = Period(PeriodType(row.period_type), row.period_start)
        if period.start.year != year:
            continue
        said = [
            _judgement(one, target_input(one, period, known[subject], as_of))
            for one in targets.get(subject, ())
            if one.covers(period.start, period.end)
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


async def _targets_of(connection: AsyncConnection, subjects: Sequence[Subject]) -> dict[Subject, list[SetTarget]]:
    """Return the targets that are set of the subjects."""
    targets: dict[Subject, list[SetTarget]] = defaultdict(list)
    for series_id, area_id, rule, per, value, upper_value, *rest in await connection.execute(
        _TARGETS, as_arrays(Subject._fields, subjects)
    ):
        target = Target(TargetRule(rule), PeriodType(per), value, upper_value)
        targets[Subject(series_id, area_id)].append(SetTarget(target, *rest))
    return targets


async def _values_of(
    connection: AsyncConnection, subjects: Sequence[Subject], targets: Container[Subject], year: int
) -> dict[Subject, list[Row[Any]]]:
    """Return the rows of the year and the one before, of subjects with targets and of those that were judged."""
    rows: dict[Subject, list[Row[Any]]] = defaultdict(list)
    is_set = [subject in targets for subject in subjects]
    parameters = as_arrays(Subject._fields, subjects) | _years(year) | {"year": date(year, 1, 1), "is_set": is_set}
    for row in await connection.execute(_VALUES, parameters):
        rows[Subject(row.series_id, row.area_id)].append(row)
    return rows


async def _known_figures(
    connection: AsyncConnection,
    values: Mapping[Subject, Sequence[Row[Any]]],
    targets: Mapping[Subject, Sequence[SetTarget]],
    year: int,
) -> dict[Subject, Known]:
    """Return what the values say of each subject with targets."""
    series = {subject: targets[subject][0] for subject in values if subject in targets}
    visited = [subject for subject, one in series.items() if one.over_time == "distinct"]
    new_places: dict[Subject, NewPlaces] = defaultdict(dict)
    parameters = as_arrays(Subject._fields, visited) | _years(year)
    for row in await connection.execute(_NEW_PLACES, parameters) if visited else ():
        new_places[Subject(row.series_id, row.area_id)][row.per, row.month] = row.places
    return {subject: Known(one, values[subject], new_places[subject]) for subject, one in series.items()}


def _years(year: int) -> dict[str, object]:
    return {"first": date(year - 1, 1, 1), "next": date(year + 1, 1, 1)}


def _judgement(set_target: SetTarget, figure: TargetInput) -> dict[str, Any]:
    target = set_target.target
    said: dict[str, Any] = {"rule": target.rule, "per": target.per}
    for name, bound in (("value", target.value), ("upperValue", target.upper_value)):
        if bound is not None:
            said[name] = float(bound)
    answer = judge(target, figure)
    said["judgement"] = answer.judgement
    if answer.reason is not None:
        said["reason"] = answer.reason
    if answer.forecast is not None:
        said["forecast"] = round(float(answer.forecast), 2)
    return said


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
       SELECT series_id, area_id, period_type, period_start, numerator, denominator, status, targets
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
_MARK_YEARS_AFTER = text(
    scope_marks(
        f"""SELECT DISTINCT area.municipality_id, changed.year + 1, '{TARGETS}', date '-infinity'
            FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:year AS integer[]))
                 AS changed(series_id, area_id, year)
            JOIN indicator_series USING (series_id) JOIN area USING (area_id)
            JOIN target USING (area_id, indicator_code, slice)
            WHERE area.municipality_id IS NOT NULL
              AND target.valid && daterange(make_date(changed.year + 1, 1, 1), make_date(changed.year + 2, 1, 1))"""
    )
)
# Apart, since targets are set of few: neither part reads every value. Not every judged month has a year beside it.
_ALL_JUDGED = text(
    """SELECT series_id, area_id, extract(year FROM period_start)::integer
       FROM indicator_value
       WHERE targets IS NOT NULL
       UNION
       SELECT series_id, area_id, extract(year FROM period_start)::integer
       FROM target JOIN indicator_series USING (indicator_code, slice)
       JOIN indicator_value USING (series_id, area_id)"""
)
