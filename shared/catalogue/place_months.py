"""What is true of places month by month, as SQL: states at the end of a month, and months with the visits expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.catalogue.annexes import followed_by
from shared.catalogue.sql import activities, known_conditions, listed, quoted

if TYPE_CHECKING:
    from shared.catalogue.indicator import IndicatorDefinition, Population, State

# A month counts as a term month, for a school with its role, when that many of its working days do.
TERM_DAYS = 10


def state_parts(definition: IndicatorDefinition, place_month: str) -> str:
    """Return a row for each area of the population on the last day of the month, or today in a running one.

    States have no beginning: they exist where reporting is on in the month. Where it, or the definition, ends before
    the month does, the last day is that of its end. Each municipality has its own such day, and counts what lies in it
    then.
    """
    assert definition.of is not None  # noqa: S101  the catalogue's rules see to it
    denominator = "1" if definition.is_share else "NULL::integer"
    ends = f", date '{definition.valid_to}'" if definition.valid_to else ""
    return f"""SELECT NULL::uuid AS activity_id, NULL::integer AS commitment_id, place.area_id,
                     point.day AS counted_on, ({_holds(definition)})::integer AS numerator,
                     {denominator} AS denominator, NULL::text AS reason
              FROM {place_month} AS place_month
              JOIN area AS place USING (area_id)
              CROSS JOIN LATERAL (
                  SELECT municipality.area_id, up.valid
                  FROM area_closure AS up JOIN area AS municipality ON municipality.area_id = up.ancestor_id
                  WHERE up.descendant_id = place.area_id AND municipality.kind = 'municipality'
                  -- else all municipalities of the country are looked at for each month
                  OFFSET 0) AS municipality
              CROSS JOIN LATERAL (
                  SELECT least((place_month.month + interval '1 month')::date - 1, CAST(:as_of AS date),
                               max(upper(reporting.valid)) - 1{ends}) AS day
                  FROM reporting
                  WHERE reporting.area_id = municipality.area_id AND {_served(definition)}
                    AND reporting.valid && daterange(place_month.month, (place_month.month + interval '1 month')::date)
                  HAVING count(*) > 0) AS point
              WHERE point.day >= place_month.month AND municipality.valid @> point.day AND {_belongs(definition.of)}"""


def last_reported_months(definition: IndicatorDefinition, first: str, until: str) -> str:
    """Return the SELECT (area_id, month) of the last month, of those between two days, in which each area reports.

    It is the month whose states are those of a longer period. The bounds are SQL; `until` is no part of the days.
    """
    ends = f", date '{definition.valid_to}' + 1" if definition.valid_to else ""
    return f"""(SELECT area_id, date_trunc('month', max(least(upper(valid), {until}{ends})) - 1)::date AS month
                FROM reporting
                WHERE valid && daterange({first}, greatest({first}, {until})) AND {_served(definition)}
                GROUP BY area_id)"""


def _served(definition: IndicatorDefinition) -> str:
    return f"reporting.follows IN ({listed(followed_by(definition))})"


def _belongs(population: Population) -> str:
    in_role = [_in_role(population.role, "")] if population.role else []
    return " AND ".join([*_of_kind(population), *in_role])


def _ever_belongs(population: Population) -> str:
    in_role = f"place.area_id IN (SELECT area_id FROM area_role WHERE role = {quoted(population.role or '')})"
    return " AND ".join([*_of_kind(population), *([in_role] if population.role else [])])


def _of_kind(population: Population) -> list[str]:
    conditions = []
    if population.place_kinds:
        conditions.append(f"place.place_kind IN ({listed(population.place_kinds)})")
    if population.area_kind:
        conditions.append(f"place.kind = {quoted(population.area_kind)}")
    return conditions


def _holds(definition: IndicatorDefinition) -> str:
    state: State | None = definition.holds
    if state is None or (state.role is None and state.met_since is None):
        return "true"
    conditions = []
    if state.role:
        recent = f"AND lower(r.valid) > point.day - interval '{state.within_months} months'"
        conditions.append(_in_role(state.role, recent if state.within_months else ""))
    if state.met_since:
        conditions.append(
            f"""EXISTS (SELECT FROM {activities([definition])}
                        WHERE a.area_id = place.area_id AND a.status = 'performed' AND a.duplicate_of IS NULL
                          AND a.period_on >= date_trunc('year', point.day) AND a.period_on <= point.day
                          AND {" AND ".join(known_conditions(definition))})"""
        )
    return " AND ".join(conditions)


def _in_role(role: str, further: str) -> str:
    return f"""EXISTS (SELECT FROM area_role AS r WHERE r.area_id = place.area_id AND r.role = {quoted(role)}
                         AND r.valid @> point.day {further})"""


def coverage_parts(definition: IndicatorDefinition, place_month: str) -> str:
    """Return a row for each place and month in which visits are expected.

    They are where a place of the kinds has the role and its municipality has term on enough working days of the month,
    once the month has begun. What it needs is read on the last such day; a need of 0 is none.
    """
    assert definition.expects is not None  # noqa: S101  the catalogue's rules see to it
    role = quoted(definition.expects.role)
    kinds = definition.expects.place_kinds
    of_kind = f"AND place.place_kind IN ({listed(kinds)})" if kinds else ""
    return f"""SELECT NULL::uuid AS activity_id, NULL::integer AS commitment_id, place_month.area_id,
                     expected.last_day AS counted_on, (done.activities >= needed.need)::integer AS numerator,
                     1 AS denominator,
                     CASE WHEN place_month.month + interval '1 month' > :as_of THEN 'notYetDue' END AS reason
              FROM {place_month} AS place_month
              JOIN area AS place ON place.area_id = place_month.area_id {of_kind}
              CROSS JOIN LATERAL {visiting_days(role, "place_month.area_id", "place_month.month")} AS expected
              JOIN area_role AS needed ON needed.area_id = place_month.area_id AND needed.role = {role}
               AND needed.valid @> expected.last_day AND needed.need > 0
              CROSS JOIN LATERAL (
                  SELECT coalesce(sum(a.count), 0) AS activities FROM {activities([definition])}
                  WHERE a.area_id = place_month.area_id AND a.status = 'performed' AND a.duplicate_of IS NULL
                    AND a.period_on >= place_month.month AND a.period_on < place_month.month + interval '1 month'
                    AND {" AND ".join(known_conditions(definition))}) AS done
              WHERE place_month.month <= :as_of AND expected.days >= {TERM_DAYS}"""


def visiting_days(role: str, area: str, month: str) -> str:
    """Return the SELECT (days, last_day) of the working days of a month on which a place has the role and term is on.

    On the last of them it is read what the place needs, and which annex expects it.
    """
    return f"""(
                  SELECT count(*) AS days, max(working.day) AS last_day
                  FROM (SELECT range_agg(r.valid * up.valid * term.valid) AS days
                        FROM area_role AS r
                        JOIN area_closure AS up ON up.descendant_id = r.area_id
                        JOIN term_span AS term ON term.area_id = up.ancestor_id
                        WHERE r.area_id = {area} AND r.role = {role}) AS term
                  JOIN calendar_day AS working ON working.is_working
                   AND working.day >= {month}
                   AND working.day < {month} + interval '1 month'
                   AND working.day <@ term.days)"""


def coverage_months(definition: IndicatorDefinition, areas: str = "") -> str:
    """Return the SELECT of every area and month in which visits may be expected; of some areas, by a SELECT of ids."""
    inside = f" AND r.area_id IN ({areas})" if areas else ""
    return f"""(SELECT DISTINCT r.area_id, term_month.month
                FROM area_role AS r JOIN area_closure AS up ON up.descendant_id = r.area_id
                JOIN term_month ON term_month.area_id = up.ancestor_id
                WHERE r.role = {quoted(definition.expects.role if definition.expects else "")}
                  AND term_month.working_days > 0{inside})"""


def all_place_months(definition: IndicatorDefinition) -> str:
    """Return the SELECT of every area and month that the kind can have a part in, as far as they can be known."""
    if definition.kind == "coverage":
        return coverage_months(definition)
    assert definition.of is not None  # noqa: S101  the catalogue's rules see to it
    # Where reporting is on, a state sees to itself.
    return f"""(SELECT area_id, month::date AS month
                FROM area AS place CROSS JOIN generate_series(
                    (SELECT date_trunc('month', min(lower(valid))) FROM reporting WHERE {_served(definition)}),
                    CAST(:as_of AS date), interval '1 month') AS month
                WHERE {_ever_belongs(definition.of)})"""
