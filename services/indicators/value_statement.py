"""The statement that makes the values served equal the cells: for wanted years of some areas, or for all of a series.

A month is the sum of its cells. A longer period is the sum of its months, or the month it ends with, or each place
counted once; and where reporting is on, nothing is a row too.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import TextClause, text

_WANTED = """wanted AS (
    SELECT series_id, area_id, make_date(year, 1, 1) AS first, make_date(year + 1, 1, 1) AS next
    FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:year AS integer[]))
         AS wanted(series_id, area_id, year)),"""
_TERTIAL = "make_date(extract(year FROM {0})::integer, (extract(month FROM {0})::integer - 1) / 4 * 4 + 1, 1)"
_KEY = "series_id, area_id, period_type, period_start"
_SHOWN = ("numerator", "denominator", "left_out", "not_placed", "status", "definition_version")
# A municipality's own indicator is computed for its areas alone.
_OF_OWNER = """(indicator_series.owner_id IS NULL OR EXISTS (
    SELECT FROM area AS holder WHERE holder.area_id = {} AND holder.home_id = indicator_series.owner_id))"""


@cache
def value_statement(*, everywhere: bool = False) -> TextClause:
    """Return the MERGE; it reads `:as_of` and the arrays `:series_id`, `:area_id` and `:year`.

    Restricted, it returns series_id, area_id and year of the rows that it wrote or removed. Everywhere, it reads one
    `:series_id` instead of the arrays: what it sorts and hashes then stays in memory.
    """
    # Told as a constant, it spares reading the values of all other series.
    series_id = ":series_id" if everywhere else "changed.series_id"
    answer = "RETURNING value.series_id, value.area_id, extract(year FROM value.period_start)::integer"
    return text(
        f"""WITH {"" if everywhere else _WANTED}
        monthly AS ({_monthly(everywhere=everywhere)}),
        visited AS ({_visited(everywhere=everywhere)}),
        figure AS ({_FIGURE}),
        empty AS ({_empty(everywhere=everywhere)}),
        fresh AS (
            SELECT {_KEY}, numerator, denominator, left_out, not_placed, {_STATUS} AS status, definition_version
            FROM (SELECT {_KEY}, numerator, denominator, left_out, not_placed FROM figure
                  UNION ALL
                  SELECT {_KEY}, 0, denominator, 0, 0 FROM empty
                  WHERE NOT EXISTS (SELECT FROM figure WHERE figure.series_id = empty.series_id
                                      AND figure.area_id = empty.area_id AND figure.period_type = empty.period_type
                                      AND figure.period_start = empty.period_start)) AS known
            JOIN indicator_series USING (series_id)),
        kept AS ({_kept(everywhere=everywhere)})
        MERGE INTO indicator_value AS value USING (
            SELECT {_KEY}, {_shown("fresh")}
            FROM fresh FULL JOIN kept USING ({_KEY})
            WHERE ({_shown("fresh")}) IS DISTINCT FROM ({_shown("kept")})) AS changed
        ON value.series_id = {series_id} AND value.area_id = changed.area_id
           AND value.period_type = changed.period_type AND value.period_start = changed.period_start
        WHEN MATCHED AND changed.left_out IS NULL THEN DELETE
        WHEN MATCHED THEN UPDATE SET {", ".join(f"{name} = changed.{name}" for name in _SHOWN)},
            revision = value.revision + 1, computed_at = now(), changed_in = DEFAULT, change_number = DEFAULT
        WHEN NOT MATCHED THEN INSERT ({_KEY}, {", ".join(_SHOWN)})
            VALUES (changed.series_id, changed.area_id, changed.period_type, changed.period_start, {_shown("changed")})
        {"" if everywhere else answer}"""
    )


def _shown(relation: str) -> str:
    return ", ".join(f"{relation}.{name}" for name in _SHOWN)


def _member(source: str, area: str, joins: str, over_time: str, *, everywhere: bool) -> str:
    """Return FROM and WHERE of the figures that areas have a part in, of the wanted years."""
    restricted = "" if everywhere else "JOIN wanted USING (series_id)"
    where = f"wanted.area_id = {area} AND month >= wanted.first AND month < wanted.next"
    if everywhere:
        where = "series_id = :series_id"
    return f"""FROM {source} {joins} JOIN atom USING (atom_id) JOIN indicator_series USING (series_id) {restricted}
               WHERE over_time {over_time} AND {_OF_OWNER.format(area)} AND {where}"""


_PLACE = "JOIN area ON area.area_id = cell.area_id AND area.kind = 'place'"
_ABOVE = "JOIN atom_ancestor USING (atom_id)"


def _monthly(*, everywhere: bool) -> str:
    figures = """series_id, {} AS area_id, month, over_time, numerator, denominator, left_out,
                 CASE WHEN in_local_police_area THEN 0 ELSE coalesce(denominator, numerator) END AS not_placed"""
    places = _member("cell", "cell.area_id", _PLACE, "<> 'distinct'", everywhere=everywhere)
    above = _member("atom_figure", "ancestor_id", _ABOVE, "<> 'distinct'", everywhere=everywhere)
    return f"""
            SELECT series_id, area_id, month, over_time, sum(numerator) AS numerator, sum(denominator) AS denominator,
                   sum(left_out) AS left_out, sum(not_placed) AS not_placed
            FROM (SELECT {figures.format("cell.area_id")} {places}
                  UNION ALL
                  SELECT {figures.format("ancestor_id")} {above}) AS added
            GROUP BY 1, 2, 3, 4"""


def _visited(*, everywhere: bool) -> str:
    places = _member("cell", "cell.area_id", _PLACE, "= 'distinct'", everywhere=everywhere)
    above = _member("cell", "ancestor_id", _ABOVE, "= 'distinct'", everywhere=everywhere)
    return f"""
            SELECT series_id, cell.area_id AS area_id, month, cell.area_id AS leaf_id, left_out, in_local_police_area
            {places}
            UNION ALL
            SELECT series_id, ancestor_id, month, cell.area_id, left_out, in_local_police_area {above}"""


_FIGURE = f"""
            SELECT series_id, area_id, 'month' AS period_type, month AS period_start, numerator, denominator, left_out,
                   not_placed
            FROM monthly
            UNION ALL
            SELECT series_id, area_id, 'tertial', {_TERTIAL.format("month")}, sum(numerator), sum(denominator),
                   sum(left_out), sum(not_placed)
            FROM monthly WHERE over_time = 'sum' GROUP BY 1, 2, 4
            UNION ALL
            SELECT series_id, area_id, 'year', date_trunc('year', month)::date, sum(numerator), sum(denominator),
                   sum(left_out), sum(not_placed)
            FROM monthly WHERE over_time = 'sum' GROUP BY 1, 2, 4
            UNION ALL
            SELECT series_id, area_id, period.type, period.first, numerator, denominator, left_out, not_placed
            FROM monthly CROSS JOIN LATERAL (
                VALUES ('tertial', {_TERTIAL.format("month")}, interval '3 months'),
                       ('year', date_trunc('year', month)::date, interval '11 months')) AS period(type, first, months)
            WHERE over_time = 'last' AND month = least(period.first + period.months, date_trunc('month', :as_of))
            UNION ALL
            SELECT series_id, area_id, period.type, period.first, count(DISTINCT leaf_id), NULL, sum(left_out),
                   count(DISTINCT leaf_id) FILTER (WHERE NOT in_local_police_area)
            FROM visited CROSS JOIN LATERAL (
                VALUES ('month', month), ('tertial', {_TERTIAL.format("month")}),
                       ('year', date_trunc('year', month)::date)) AS period(type, first)
            GROUP BY 1, 2, 3, 4"""


def _empty(*, everywhere: bool) -> str:
    """Return the rows of nothing: where reporting is on, nothing is 0, and nothing of nothing is missing.

    Areas that report have them for what an annex in force asks for (states: for what any agreement in force does), and
    places have them while they are in the role in which something is expected of them.
    """
    wanted = days = ""
    first, last, within = "date_trunc('year', lower(valid))", "upper(valid) - 1", "AND series_id = :series_id"
    if not everywhere:
        # Joined below the union: else what is expected of everybody would be found out first.
        wanted = "JOIN wanted USING (series_id, area_id)"
        days = ", wanted.first AS year_first, wanted.next AS year_next"
        first, last = f"greatest({first}, year_first)", f"least({last}, year_next - 1)"
        within = "AND period.first >= year_first AND period.first < year_next"
    served = "(theme = ANY(themes) OR themes = '{}' AND over_time = 'last')"
    # Of an indicator of several annexes, the same days are found once for each.
    united = "SELECT series_id, area_id, unnest(range_agg(valid)) AS valid, is_share FROM expected GROUP BY 1, 2, 4"
    source = f"({united}) AS united" if everywhere else "expected"
    return f"""
            WITH expected AS (
                  SELECT series_id, area_id, reporting.valid * series.valid AS valid, is_share{days}
                  FROM reporting JOIN indicator_series AS series ON {served} {wanted}
                  WHERE measure IS NULL AND (owner_id IS NULL OR owner_id = area_id)
                    AND reporting.valid && series.valid
                  UNION ALL
                  SELECT series_id, role.area_id, reporting.valid * series.valid * role.valid * up.valid, is_share{days}
                  FROM indicator_series AS series
                  JOIN area_role AS role ON role.role = expected_role AND role.valid && series.valid {wanted}
                  JOIN area_closure AS up ON up.descendant_id = role.area_id AND up.valid && role.valid
                  JOIN area AS municipality ON municipality.area_id = ancestor_id AND municipality.kind = 'municipality'
                  JOIN reporting ON reporting.area_id = ancestor_id AND theme = ANY(themes)
                  WHERE (owner_id IS NULL OR owner_id = ancestor_id)
                    AND NOT isempty(reporting.valid * series.valid * role.valid * up.valid))
            SELECT DISTINCT series_id, area_id, period_type, period.first::date AS period_start,
                   CASE WHEN is_share THEN 0 END AS denominator
            FROM {source}
            CROSS JOIN generate_series({first}, {last}, interval '1 month') AS start
            CROSS JOIN LATERAL (
                VALUES ('month', start, start + interval '1 month', true),
                       ('tertial', start, start + interval '4 months', extract(month FROM start) IN (1, 5, 9)),
                       ('year', start, start + interval '1 year', extract(month FROM start) = 1)
            ) AS period(period_type, first, next, starts)
            WHERE starts AND period.first <= :as_of AND valid && daterange(period.first::date, period.next::date)
                  {within}"""


# Where visits are expected in term time only, a period without any term month has nothing that could be counted.
_NO_TERM = """kind = 'coverage' AND (
    SELECT bool_and(working_days < 10) FROM term_month
    WHERE area_id = ANY(ARRAY(SELECT ancestor_id FROM area_closure WHERE descendant_id = known.area_id
                              UNION ALL
                              SELECT descendant_id FROM area_closure WHERE ancestor_id = known.area_id))
      AND month >= period_start
      AND month < period_start + CASE period_type WHEN 'month' THEN interval '1 month'
                                                  WHEN 'tertial' THEN interval '4 months' ELSE interval '1 year' END)"""
_STATUS = f"""CASE WHEN is_share AND denominator > 0 THEN 'observed'
                 WHEN is_share AND {_NO_TERM} THEN 'notApplicable'
                 WHEN is_share OR numerator IS NULL THEN 'missing'
                 WHEN numerator = 0 THEN 'zero' ELSE 'observed' END"""


def _kept(*, everywhere: bool) -> str:
    if everywhere:
        return """SELECT indicator_value.* FROM indicator_value JOIN indicator_series USING (series_id)
                   WHERE measure IS NULL AND series_id = :series_id"""
    return """SELECT indicator_value.* FROM wanted JOIN indicator_value USING (series_id, area_id)
                   JOIN indicator_series USING (series_id)
                   WHERE measure IS NULL AND period_start >= wanted.first AND period_start < wanted.next"""
