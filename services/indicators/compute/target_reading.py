"""Reads what targets are judged by: the targets themselves, the rows of their spans, and what lies around these."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text

from shared.db.arrays import as_arrays
from shared.db.days import months_of
from shared.domain.observation import POPULATION
from shared.domain.target import Target, TargetRule
from shared.domain.target_areas import around_together, rows_together
from shared.domain.target_inputs import Around, KnownFigures, StoredTarget
from shared.domain.target_span import MonthSpan, Per, TargetSpans

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from psycopg.types.range import DateRange
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection


class TargetSubject(NamedTuple):
    """What a target is about: an indicator's series in an area."""

    series_id: int
    area_id: int


_SUBJECT = TargetSubject._fields
# The subjects with their targets.
Targets = dict[TargetSubject, list[StoredTarget]]


async def targets_of(connection: AsyncConnection, subjects: Collection[TargetSubject]) -> Targets:
    """Return the targets that are set of the subjects."""
    targets: Targets = defaultdict(list)
    for row in await connection.execute(_TARGETS, as_arrays(_SUBJECT, subjects)):
        targets[TargetSubject(row.series_id, row.area_id)].append(_set_target(row))
    return targets


def _set_target(row: Row[Any]) -> StoredTarget:
    return StoredTarget(
        Target(
            TargetRule(row.rule),
            Per(row.per),
            row.value,
            row.upper_value,
            row.percent,
            row.tolerance,
            row.per_inhabitants,
            months_of(row.baseline),
        ),
        TargetSpans(Per(row.per), row.first, row.last),
        row.over_time,
        row.is_share,
        row.is_observed,
        row.factor,
        tuple(row.area_ids),
        tuple(row.area_codes or ()),
        row.is_count,
        row.is_of_cases,
    )


def members(subject: TargetSubject, target: StoredTarget) -> tuple[TargetSubject, ...]:
    """Return the subjects whose figures together are judged by the target."""
    return tuple(TargetSubject(subject.series_id, area_id) for area_id in target.areas) or (subject,)


@dataclass(frozen=True, slots=True)
class Figures:
    """The rows of a year's subjects, and what their targets are judged by."""

    rows: Mapping[TargetSubject, Sequence[Row[Any]]]
    known: Mapping[tuple[TargetSubject, ...], KnownFigures]


async def figures_of(
    connection: AsyncConnection, subjects: Sequence[TargetSubject], targets: Targets, year: int
) -> Figures:
    """Return the rows of subjects with targets and of those that were judged, and what the targets are judged by."""
    read = _spans_read(subjects, targets, year)
    rows = await _values(connection, subjects, {subject: spans for subject, (spans, _) in read.items()}, year)
    around = await _around(connection, rows, {subject: target for subject, (_, target) in read.items()}, read)
    known = {}
    for subject in subjects:
        for target in targets.get(subject, ()):
            together = members(subject, target)
            if together not in known:
                of_areas = rows_together([rows.get(member, ()) for member in together])
                known[together] = KnownFigures(
                    target, of_areas, around_together([around[member] for member in together])
                )
    return Figures(rows, known)


# The spans whose figures are read of a subject, and a target that tells how its series behaves.
_Read = dict[TargetSubject, tuple[set[MonthSpan], list[StoredTarget]]]


def _spans_read(subjects: Iterable[TargetSubject], targets: Targets, year: int) -> _Read:
    read: _Read = {}
    for subject in subjects:
        for target in targets.get(subject, ()):
            spans = {
                one
                for span in target.spans.overlapping(date(year, 1, 1), date(year, 12, 31))
                for one in target.read_for(span)
            }
            for member in members(subject, target):
                known_spans, known_targets = read.setdefault(member, (set(), []))
                known_spans |= spans
                known_targets.append(target)
    return read


async def _values(
    connection: AsyncConnection,
    subjects: Sequence[TargetSubject],
    spans: Mapping[TargetSubject, Collection[MonthSpan]],
    year: int,
) -> dict[TargetSubject, list[Row[Any]]]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    asked = [(*subject, False, first, last) for subject in subjects if subject not in spans]
    for subject, read in spans.items():
        earliest, latest = min((one.start for one in read), default=first), max((one.end for one in read), default=last)
        asked.append((*subject, True, min(first, earliest), max(last, latest)))
    rows: dict[TargetSubject, list[Row[Any]]] = defaultdict(list)
    parameters = as_arrays((*_SUBJECT, "is_set", "first", "last"), asked)
    for row in await connection.execute(_VALUES, parameters | {"year": date(year, 1, 1)}):
        rows[TargetSubject(row.series_id, row.area_id)].append(row)
    return rows


async def _around(
    connection: AsyncConnection,
    rows: Mapping[TargetSubject, Sequence[Row[Any]]],
    targets: Mapping[TargetSubject, Sequence[StoredTarget]],
    read: _Read,
) -> dict[TargetSubject, Around]:
    around = {subject: Around() for subject in read}
    visited = [
        (*subject, span.start, span.end)
        for subject, (spans, of_subject) in read.items()
        if of_subject[0].over_time == "distinct"
        for span in spans
    ]
    if visited:
        for row in await connection.execute(_NEW_PLACES, as_arrays((*_SUBJECT, "first", "last"), visited)):
            span = MonthSpan.around(row.first, row.last)
            around[TargetSubject(row.series_id, row.area_id)].new_places[span][row.month] = row.places
    per_inhabitants = [subject for subject, some in targets.items() if any(one.target.per_inhabitants for one in some)]
    if per_inhabitants:
        for row in await connection.execute(_INHABITANTS, as_arrays(_SUBJECT, per_inhabitants)):
            around[TargetSubject(row.series_id, row.area_id)].inhabitants[row.year] = row.inhabitants
    compared = [subject for subject, some in targets.items() if any(one.looks_at_reporting for one in some)]
    if compared:
        for row in await connection.execute(_FIRST_REPORTS, as_arrays(_SUBJECT, compared)):
            around[TargetSubject(row.series_id, row.area_id)].first_report = row.month
        for subject, days in (await _reporting(connection, compared)).items():
            around[subject].unreported.update(_unreported(rows.get(subject, ()), days))
    return around


async def _reporting(
    connection: AsyncConnection, subjects: Collection[TargetSubject]
) -> dict[TargetSubject, list[DateRange]]:
    """Return when reporting is on, of the subjects for which it ever is."""
    reporting: dict[TargetSubject, list[DateRange]] = defaultdict(list)
    for row in await connection.execute(_REPORTING, as_arrays(_SUBJECT, subjects)):
        reporting[TargetSubject(row.series_id, row.area_id)].append(row.valid)
    return reporting


def _unreported(rows: Iterable[Row[Any]], reporting: Collection[DateRange]) -> Iterable[date]:
    """Yield the months with an empty row in which reporting was not on from the first day to the last."""
    for row in rows:
        if row.period_type == "month" and row.status == "zero":
            month = MonthSpan(row.period_start, 1)
            if not any(month.start in days and month.end in days for days in reporting):
                yield month.start


_SUBJECTS = "unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[])) AS subject(series_id, area_id)"
# What is due is known of commitments before, and items of lists go on being done: neither is forecast.
_TARGETS = text(
    f"""SELECT series_id, area_id, rule, per, value, upper_value, percent, tolerance, per_inhabitants, baseline,
               lower(target.valid) AS first, upper(target.valid) - 1 AS last, over_time, is_share,
               measure IS NOT NULL AS is_observed, factor, area_ids, unit IN ('count', 'days') AS is_count,
               unit = 'percent' AND kind IN ('share', 'regularity', 'coverage', 'observed') AND NOT counts_items
                   AS is_of_cases,
               (SELECT array_agg(code ORDER BY code) FROM area WHERE area.area_id = ANY(area_ids)) AS area_codes
        FROM {_SUBJECTS} JOIN indicator_series USING (series_id)
        JOIN target USING (area_id, indicator_code, slice)
        ORDER BY target_id"""
)
# Most subjects have no target: of those, one row that was judged is looked for, and all are read only if there is one.
_VALUES = text(
    """WITH subject AS MATERIALIZED (
           SELECT subject.series_id, subject.area_id, first, last
           FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:is_set AS boolean[]),
                       CAST(:first AS date[]), CAST(:last AS date[]))
                AS subject(series_id, area_id, is_set, first, last)
           WHERE is_set OR EXISTS (
               SELECT FROM indicator_value AS judged
               WHERE judged.series_id = subject.series_id AND judged.area_id = subject.area_id
                 AND period_start >= :year AND period_start < CAST(:year AS date) + interval '1 year'
                 AND targets IS NOT NULL))
       SELECT series_id, area_id, period_type, period_start, numerator, denominator,
              CASE WHEN is_in_unit(frozen_unit, frozen_factor, unit, CASE WHEN is_share THEN factor END)
                   THEN status ELSE 'missing' END AS status, targets,
              measure IS NOT NULL AS is_observed,
              period_start >= (SELECT facts_removed_before())
                  AND NOT is_frozen(area_id, period_type, period_start) AS is_computed
       FROM subject JOIN indicator_series USING (series_id) JOIN indicator_value USING (series_id, area_id)
       WHERE period_start >= first AND period_start <= last"""
)
_NEW_PLACES = text(
    """SELECT series_id, area_id, first, last, month, count(*) AS places
       FROM (SELECT series_id, subject.area_id, first, last, leaf_id, min(month) AS month
             FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:first AS date[]),
                         CAST(:last AS date[])) AS subject(series_id, area_id, first, last)
             CROSS JOIN LATERAL (
                 SELECT cell.area_id AS leaf_id, month FROM cell
                 WHERE cell.series_id = subject.series_id AND cell.area_id = subject.area_id
                 UNION ALL
                 SELECT cell.area_id, month FROM ancestor_set_member JOIN cell USING (ancestor_set_id)
                 WHERE ancestor_id = subject.area_id AND cell.series_id = subject.series_id) AS leaf
             WHERE month BETWEEN first AND last
             GROUP BY series_id, subject.area_id, first, last, leaf_id) AS visited
       GROUP BY series_id, area_id, first, last, month"""
)
# The first month in which anything was reported, be it something that is counted apart.
_FIRST_REPORTS = text(
    f"""SELECT series_id, subject.area_id, min(period_start) AS month
        FROM {_SUBJECTS} JOIN indicator_value USING (series_id, area_id)
        WHERE period_type = 'month' AND (status <> 'zero' OR left_out > 0)
        GROUP BY 1, 2"""
)
# When an area reports what a series counts.
_REPORTING = text(
    f"""SELECT series_id, subject.area_id, reporting.valid
        FROM {_SUBJECTS} JOIN indicator_series USING (series_id) JOIN reporting USING (area_id)
        WHERE follows = ANY (followed_by)"""
)
# Of each year those of 31 December before: the area's own number, else that of its municipalities if each is known.
_INHABITANTS = text(
    f"""WITH population AS (
            SELECT DISTINCT ON (area_id, period_start) area_id, extract(year FROM period_start)::integer + 1 AS year,
                   numerator AS inhabitants
            FROM observation
            WHERE measure = '{POPULATION}' AND code = '' AND period_type = 'year' AND status = 'observed'
            ORDER BY area_id, period_start, (finality = 'final') DESC, changed_at DESC, observation_id DESC),
        summed AS (
            SELECT subject.area_id, known.year, sum(inhabitants) AS inhabitants
            FROM (SELECT DISTINCT area_id FROM {_SUBJECTS}) AS subject
            CROSS JOIN (SELECT DISTINCT year FROM population) AS known
            JOIN area_closure ON ancestor_id = subject.area_id AND valid @> make_date(known.year, 1, 1)
            JOIN area ON area.area_id = descendant_id AND kind = 'municipality'
            LEFT JOIN population ON population.area_id = descendant_id AND population.year = known.year
            GROUP BY 1, 2
            HAVING bool_and(inhabitants IS NOT NULL))
        SELECT series_id, area_id, year, coalesce(population.inhabitants, summed.inhabitants) AS inhabitants
        FROM {_SUBJECTS}
        JOIN (population FULL JOIN summed USING (area_id, year)) USING (area_id)"""
)
