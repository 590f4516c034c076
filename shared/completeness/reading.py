"""Reads what was expected in an area's year and what arrived late there, with as many statements whatever there is.

Facts are read as the caller may see them, so that whoever does not see an area's facts must not ask: all would seem to
be missing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared.catalogue.contributions import parts
from shared.catalogue.place_months import visiting_days
from shared.catalogue.sql import quoted
from shared.completeness.reports import ExpectedReport, LateReports, Series, YearReports
from shared.db.tables.activity import ARRIVED_ON, MAY_BE_LATE, PERIOD_OR_REPORT, is_late, reporting_day
from shared.domain.period import Period, PeriodType
from shared.expectations.commitments import DUE_COMMITMENTS, commitment_of, due_commitment
from shared.expectations.expectation import Expectation, ExpectationKind
from shared.expectations.places import place_of, place_on
from shared.expectations.planned import PLANNED_ON, select_unreported, unreported_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sqlalchemy import Connection, Row

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.catalogue.loader import Catalogue

# A place that has ended since, or lies elsewhere by now, was there then.
_PLANNED_ON = str(PLANNED_ON)
_LIES_INSIDE = """EXISTS (SELECT FROM area_closure
    WHERE ancestor_id = :area_id AND descendant_id = area.area_id AND area_closure.valid @> {day})"""
# By the first condition they are found, by the second they lay there on the day.
_PLANNED_INSIDE = text(
    f"""activity.area_id IN (SELECT descendant_id FROM area_closure WHERE ancestor_id = :area_id)
        AND {_LIES_INSIDE.format(day=_PLANNED_ON)}"""
)
_VISITING_DAYS = visiting_days("expecting.rule ->> 'role'", "value.area_id", "value.period_start")
# The months of a year in which places were expected to have activities, by the figures of an indicator of coverage:
# such a figure has a denominator in each month that is over and in which visits were expected there. Of a year whose
# facts have been removed nobody knows any more what was missing.
_VISITS = text(
    f"""SELECT series.indicator_code, value.period_start AS month, area.place_kind,
               coalesce(expected.last_day, (value.period_start + interval '1 month')::date - 1) AS day,
               {place_on("there.last_day")},
               -- fewer than the place needs are some
               value.numerator = 0 AND NOT EXISTS (
                   SELECT FROM activity
                   WHERE activity.area_id = value.area_id AND status = 'performed' AND duplicate_of IS NULL
                     AND period_on >= value.period_start AND period_on < value.period_start + interval '1 month'
                     AND activity_type IN (SELECT jsonb_array_elements_text(expecting.rule -> 'types'))) AS is_missing
        FROM indicator_series AS series
        JOIN jsonb_each(CAST(:expecting AS jsonb)) AS expecting (code, rule) ON expecting.code = series.indicator_code
        JOIN indicator_value AS value USING (series_id)
        JOIN area USING (area_id)
        CROSS JOIN LATERAL (
            SELECT least((value.period_start + interval '1 month')::date, upper(area.valid)) - 1 AS last_day) AS there
        CROSS JOIN LATERAL {_VISITING_DAYS} AS expected
        WHERE series.kind = 'coverage' AND series.slice = 'all' AND area.kind = 'place' AND value.period_type = 'month'
          AND value.period_start >= :first AND value.period_start < :until AND value.denominator > 0
          AND value.period_start < date_trunc('month', CAST(:as_of AS date))
          AND value.period_start >= (SELECT facts_removed_before())
          AND value.area_id IN (SELECT descendant_id FROM area_closure WHERE ancestor_id = :area_id)
          AND {_LIES_INSIDE.format(day="there.last_day")}
        ORDER BY month, area.name_sort_key, area.code, series.indicator_code"""
)
_DONE = "status = 'performed' AND period_on >= coalesce(progress.first_on, '-infinity')"
# Somebody has told of it who has done anything for it, decided on it, or written how it goes, since it began to be due.
_COMMITMENTS = text(
    f"""SELECT {due_commitment(place_on("progress.due_on"))}, is_each_area,
               progress.done = 0 AND progress.decided_on IS NULL
               AND NOT EXISTS (SELECT FROM jsonb_array_elements(follow_ups) AS said
                               WHERE (said ->> 'notedOn')::date >= coalesce(progress.first_on, '-infinity'))
               AND NOT EXISTS (SELECT FROM activity
                               WHERE activity.commitment_id = progress.commitment_id AND {_DONE})
               AND NOT EXISTS (SELECT FROM activity
                               WHERE activity.commitment_ids @> ARRAY[progress.commitment_id]
                                 AND activity.commitment_ids IS NOT NULL AND {_DONE}) AS is_missing
        FROM {DUE_COMMITMENTS}
        WHERE progress.due_on >= :first AND progress.due_on < least(:until, CAST(:as_of AS date))
          AND (withdrawn_on > progress.due_on) IS NOT FALSE AND {_LIES_INSIDE.format(day="progress.due_on")}
        ORDER BY due_on, agreement.code, commitment.code, area.name_sort_key"""
)
# Cases that were reported in the year may be done up to a year later: what counts by the report is among these, too.
_LATE_ONES = f"""area_closure JOIN activity ON activity.area_id = descendant_id
    WHERE ancestor_id = :area_id AND area_closure.valid @> {PERIOD_OR_REPORT} AND {MAY_BE_LATE}
      AND {PERIOD_OR_REPORT} >= CAST(:first AS date) - 31 AND {PERIOD_OR_REPORT} < CAST(:until AS date) + 366"""
_OWN_DAY = (
    f"{PERIOD_OR_REPORT} >= :first AND {PERIOD_OR_REPORT} < :until AND {is_late(PERIOD_OR_REPORT, PERIOD_OR_REPORT)}"
)
_LATE = text(
    f"""WITH late AS (SELECT activity.* FROM {_LATE_ONES} AND status <> 'cancelled' AND duplicate_of IS NULL)
        SELECT agreement.code AS agreement, annex_number, activity_type,
               date_trunc('month', {PERIOD_OR_REPORT})::date AS month,
               coalesce(sum(count) FILTER (WHERE {_OWN_DAY}), 0) AS number,
               max({ARRIVED_ON} - {reporting_day(PERIOD_OR_REPORT)}) FILTER (WHERE {_OWN_DAY}) AS most_days
        FROM late JOIN agreement USING (agreement_id)
        GROUP BY agreement.code, annex_number, activity_type, month
        ORDER BY agreement.code, annex_number, activity_type, month"""
)


@dataclass(frozen=True, slots=True)
class AreaYear:
    """Whose year is asked about, by the area's id, as of which day."""

    area_id: int
    year: int
    today: date

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that the statements share."""
        first, until = date(self.year, 1, 1), date(self.year + 1, 1, 1)
        return {"area_id": self.area_id, "first": first, "until": until, "as_of": self.today}


def reports_of_year(
    connection: Connection, catalogue: Catalogue, asked: AreaYear, series: Collection[Series]
) -> YearReports:
    """Return what was expected and what arrived late, of these series how many of their activities.

    Observations are not among it: whether one is missing, its figure says.
    """
    late, types = _late(connection, asked)
    return YearReports(
        (*_visits(connection, catalogue, asked), *_planned(connection, catalogue, asked), *_due(connection, asked)),
        late,
        _late_in(connection, asked, _definitions_reading(catalogue, series, types)),
    )


def _visits(connection: Connection, catalogue: Catalogue, asked: AreaYear) -> Iterator[ExpectedReport]:
    """Yield the months in which visits were expected at places, by the rule and the figures of their indicator."""
    expecting = {
        code: {"role": one.expects.role, "types": one.activity_types}
        for code, one in catalogue.indicators.items()
        if one.expects is not None
    }
    for row in connection.execute(_VISITS, asked.parameters | {"expecting": json.dumps(expecting)}):
        types = catalogue.indicators[row.indicator_code].activity_types
        activity_type = catalogue.activity_types[types[0]]
        expectation = Expectation(
            ExpectationKind.VISITS,
            f"{row.indicator_code}/{row.area_code}/{row.month:%Y-%m}",
            activity_type.name,
            place_of(row),
            None,
            row.day,
            Period(PeriodType.MONTH, row.month).end,
            activity_type=activity_type.code,
        )
        yield ExpectedReport(expectation, row.is_missing, row.indicator_code, tuple(types), row.place_kind)


def _planned(connection: Connection, catalogue: Catalogue, asked: AreaYear) -> Iterator[ExpectedReport]:
    """Yield what was planned for a day that has passed, and of which nothing has been heard."""
    of_year = (text(":first") <= PLANNED_ON, text(":until") > PLANNED_ON)
    select = select_unreported(asked.today, place_on(_PLANNED_ON)).where(*of_year, _PLANNED_INSIDE)
    for row in connection.execute(select, asked.parameters):
        if row.activity_type in catalogue.activity_types:
            yield ExpectedReport(unreported_of(row, catalogue), is_missing=True, activity_types=(row.activity_type,))


def _due(connection: Connection, asked: AreaYear) -> Iterator[ExpectedReport]:
    """Yield the commitments that fell due, each once unless it is one of its own in each of its areas."""
    found: dict[tuple[object, ...], list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(_COMMITMENTS, asked.parameters):
        found[row.agreement, row.code, row.due_on, row.is_each_area and row.area_code].append(row)
    for rows in found.values():
        yield ExpectedReport(commitment_of(rows[0]), all(row.is_missing for row in rows))


def _late(connection: Connection, asked: AreaYear) -> tuple[tuple[LateReports, ...], set[str]]:
    """Return what arrived late, and the types of all that a figure of the year may count as late."""
    rows = connection.execute(_LATE, asked.parameters).all()
    late = (LateReports(*row) for row in rows if row.number)
    return tuple(late), {row.activity_type for row in rows}


def _definitions_reading(
    catalogue: Catalogue, series: Iterable[Series], types: Collection[str]
) -> dict[Series, IndicatorDefinition]:
    known = {one: catalogue.series[one] for one in series if one in catalogue.series}
    return {
        one: definition
        for one, definition in known.items()
        if definition.basis == "activity" and not {*definition.activity_types}.isdisjoint(types)
    }


def _late_in(
    connection: Connection, asked: AreaYear, definitions: Mapping[Series, IndicatorDefinition]
) -> dict[Series, dict[date, int]]:
    """Return how many late activities each series counts, by month: its own parts, of late activities alone."""
    if not definitions:
        return {}
    counted = " UNION ALL ".join(
        f"SELECT {quoted(code)} AS code, {quoted(part)} AS slice, activity_id, counted_on "
        f"FROM ({parts(definition)}) AS counted WHERE reason IS NULL"
        for (code, part), definition in definitions.items()
    )
    # What the parts read of activities, they read of these.
    select = f"""WITH activity AS MATERIALIZED (SELECT activity.* FROM {_LATE_ONES})
        SELECT code, slice, date_trunc('month', counted_on)::date AS month, sum(count) AS number
        FROM ({counted}) AS part JOIN activity USING (activity_id)
        WHERE counted_on >= :first AND counted_on < :until AND {is_late("counted_on", "counted_on")}
        GROUP BY code, slice, month"""
    found: dict[Series, dict[date, int]] = defaultdict(dict)
    for row in connection.execute(text(select), asked.parameters):
        found[row.code, row.slice][row.month] = row.number
    return found
