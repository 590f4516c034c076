"""The statement that makes the values served equal the cells: for wanted months of some areas, or for all of a series.

A month is the sum of its cells. A longer period is the sum of its months, or the month it ends with, or each place
counted once; and where reporting is on, nothing is a row too.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import TextClause, text

# The periods of a year: how many months lie before it, how many it has, and the bits of these.
_PERIOD = "(VALUES {}) AS period(period_type, ahead, length, bits)".format(
    ", ".join(
        f"('{period_type}', {ahead}, {length}, {(1 << length) - 1 << ahead + 1})"
        for period_type, length in (("month", 1), ("tertial", 4), ("year", 12))
        for ahead in range(0, 12, length)
    )
)
_FIRST = "make_date(year, ahead + 1, 1)"
_NEXT = "make_date(year + (ahead + length) / 12, (ahead + length) % 12 + 1, 1)"
# From when on reporting tells of a period: a state is told of its last month, or of today's while it runs.
_TOLD_FROM = f"""CASE WHEN over_time <> 'last' THEN {_FIRST}
                ELSE least({_NEXT} - interval '1 month', date_trunc('month', :as_of))::date END"""
# A wanted year with its series, and a bit for each month that changed: it, its tertial and the year are made equal.
_WANTED = f"""wanted AS (
    SELECT series.*, area.area_id, area.kind = 'place' AS is_place, year, months,
           make_date(year, 1, 1) AS year_first, make_date(year + 1, 1, 1) AS year_next,
           defining_municipality_id IS NULL OR defining_municipality_id = municipality_id AS is_owned
    FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:year AS integer[]),
                CAST(:months AS integer[])) AS wanted(series_id, area_id, year, months)
    JOIN indicator_series AS series USING (series_id) JOIN area USING (area_id)
    WHERE measure IS NULL),
    asked AS MATERIALIZED (
    SELECT series_id, area_id, period_type, {_FIRST} AS period_start, kind, is_share, definition_version
    FROM wanted JOIN {_PERIOD} ON months & bits <> 0),"""
_TERTIAL = "make_date(extract(year FROM {0})::integer, (extract(month FROM {0})::integer - 1) / 4 * 4 + 1, 1)"
_KEY = "series_id, area_id, period_type, period_start"
_SHOWN = ("numerator", "denominator", "left_out", "not_placed", "status", "definition_version")
# A municipality's own indicator is computed for its areas alone.
_OF_OWNER = """(indicator_series.defining_municipality_id IS NULL OR EXISTS (
    SELECT FROM area AS holder WHERE holder.area_id = {}
      AND holder.municipality_id = indicator_series.defining_municipality_id))"""


@cache
def value_statement(*, everywhere: bool = False) -> TextClause:
    """Return the MERGE; it reads `:as_of` and the arrays `:series_id`, `:area_id`, `:year` and `:months`.

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
            JOIN {"indicator_series USING (series_id)" if everywhere else f"asked USING ({_KEY})"}),
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


def _of_places(over_time: str, *, everywhere: bool) -> str:
    source, is_place = ("cell JOIN area USING (area_id)", "area.kind = 'place'") if everywhere else ("cell", "is_place")
    return _members(source, "cell.area_id", f"{over_time} AND {is_place}", everywhere=everywhere)


def _of_areas_above(source: str, over_time: str, *, everywhere: bool) -> str:
    return _members(
        f"{source} JOIN ancestor_set_member USING (ancestor_set_id)", "ancestor_id", over_time, everywhere=everywhere
    )


def _members(source: str, area: str, over_time: str, *, everywhere: bool) -> str:
    """Return FROM and WHERE of the figures that areas have a part in, of the wanted years."""
    joined = f"FROM {source} JOIN ancestor_set USING (ancestor_set_id)"
    if everywhere:
        return f"""{joined} JOIN indicator_series USING (series_id)
               WHERE over_time {over_time} AND {_OF_OWNER.format(area)} AND series_id = :series_id"""
    return f"""{joined} JOIN wanted USING (series_id)
               WHERE over_time {over_time} AND is_owned AND wanted.area_id = {area}
                 AND month >= year_first AND month < year_next"""


def _monthly(*, everywhere: bool) -> str:
    figures = """series_id, {} AS area_id, month, over_time, numerator, denominator, left_out,
                 CASE WHEN in_local_police_area THEN 0 ELSE coalesce(denominator, numerator) END AS not_placed"""
    places = _of_places("<> 'distinct'", everywhere=everywhere)
    above = _of_areas_above("ancestor_set_total", "<> 'distinct'", everywhere=everywhere)
    return f"""
            SELECT series_id, area_id, month, over_time, sum(numerator) AS numerator, sum(denominator) AS denominator,
                   sum(left_out) AS left_out, sum(not_placed) AS not_placed
            FROM (SELECT {figures.format("cell.area_id")} {places}
                  UNION ALL
                  SELECT {figures.format("ancestor_id")} {above}) AS added
            GROUP BY 1, 2, 3, 4"""


def _visited(*, everywhere: bool) -> str:
    places = _of_places("= 'distinct'", everywhere=everywhere)
    above = _of_areas_above("cell", "= 'distinct'", everywhere=everywhere)
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
    series, at, wanted = "wanted", "AND series.area_id = {}.area_id", ", year, months"
    source, is_wanted = "expected", "months & bits <> 0"
    if everywhere:
        series, at, wanted = "indicator_series", "", ""
        # Of an indicator of several annexes, the same days are found once for each.
        source = """(SELECT series_id, area_id, unnest(range_agg(valid)) AS valid, is_share, over_time
                  FROM expected GROUP BY 1, 2, 4, 5) AS united
            CROSS JOIN generate_series(extract(year FROM lower(valid))::integer,
                                       extract(year FROM upper(valid) - 1)::integer) AS year"""
        is_wanted = "series_id = :series_id"
    served = "(theme = ANY(themes) OR themes = '{}' AND over_time = 'last')"
    return f"""
            WITH expected AS (
                  SELECT series_id, reporting.area_id, reporting.valid * series.valid AS valid,
                         is_share, over_time{wanted}
                  FROM reporting JOIN {series} AS series ON {served} {at.format("reporting")}
                  WHERE measure IS NULL AND (defining_municipality_id IS NULL
                    OR defining_municipality_id = reporting.area_id)
                    AND reporting.valid && series.valid
                  UNION ALL
                  SELECT series_id, role.area_id, reporting.valid * series.valid * role.valid * up.valid,
                         is_share, over_time{wanted}
                  FROM {series} AS series
                  JOIN area_role AS role ON role.role = expected_role AND role.valid && series.valid {at.format("role")}
                  JOIN area_closure AS up ON up.descendant_id = role.area_id AND up.valid && role.valid
                  JOIN area AS municipality ON municipality.area_id = ancestor_id AND municipality.kind = 'municipality'
                  JOIN reporting ON reporting.area_id = ancestor_id AND theme = ANY(themes)
                  WHERE (defining_municipality_id IS NULL OR defining_municipality_id = ancestor_id)
                    AND NOT isempty(reporting.valid * series.valid * role.valid * up.valid))
            SELECT DISTINCT series_id, area_id, period_type, {_FIRST} AS period_start,
                   CASE WHEN is_share THEN 0 END AS denominator
            FROM {source} JOIN {_PERIOD} ON {is_wanted}
            WHERE {_FIRST} <= :as_of AND valid && daterange({_TOLD_FROM}, {_NEXT})"""


# Where visits are expected in term time only, a period without any term month has nothing that could be counted.
_NO_TERM = """kind = 'coverage' AND (
    SELECT bool_and(working_days < 10) FROM term_month
    WHERE area_id = ANY(ARRAY(SELECT ancestor_id FROM area_closure WHERE descendant_id = known.area_id
                              UNION ALL
                              SELECT descendant_id FROM area_closure WHERE ancestor_id = known.area_id))
      AND month >= period_start
      AND month < next_period_start(period_type, period_start))"""
_STATUS = f"""CASE WHEN is_share AND denominator > 0 THEN 'observed'
                 WHEN is_share AND {_NO_TERM} THEN 'notApplicable'
                 WHEN is_share OR numerator IS NULL THEN 'missing'
                 WHEN numerator = 0 THEN 'zero' ELSE 'observed' END"""


def _kept(*, everywhere: bool) -> str:
    if everywhere:
        return """SELECT indicator_value.* FROM indicator_value JOIN indicator_series USING (series_id)
                   WHERE measure IS NULL AND series_id = :series_id"""
    return f"SELECT indicator_value.* FROM asked JOIN indicator_value USING ({_KEY})"
