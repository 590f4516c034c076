"""Definitions of several series compiled to one SELECT of their cells. No I/O.

A cell is the figure of one area and month, apart for each ancestor set that the area had in it. Columns: series_id,
area_id, month (its first day), ancestor_set_id, numerator, denominator, left_out. The series of a SELECT read the same
facts, and these are read once. `:as_of` (date) is a parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.catalogue.contributions import COUNTED_APART, parts_of_series
from shared.catalogue.place_months import all_place_months
from shared.catalogue.sql import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.catalogue.contributions import DefinedSeries


def are_days(series: DefinedSeries) -> bool:
    """Tell whether the series counts days, which stands in no SELECT together with series that add up."""
    return series.definition.kind == "days"


def cells_of_leaves(series: Sequence[DefinedSeries]) -> str:
    """Return the SELECT of the cells of the relation `leaf` (writing_area_id, area_id, month, next_month)."""
    parts = parts_of_series(series, lambda _: "(SELECT leaf.area_id, leaf.month)")
    # OFFSET 0: else the planner may join first and look at the month afterwards, reading all the years of a place.
    source = f"""leaf
        CROSS JOIN LATERAL (
            SELECT * FROM ({parts}) AS part
            WHERE part.area_id = leaf.area_id
              AND part.counted_on >= leaf.month AND part.counted_on < leaf.next_month OFFSET 0) AS part"""
    owned = """JOIN ancestor_set ON ancestor_set.ancestor_set_id = area_ancestor_set.ancestor_set_id
                         AND ancestor_set.writing_area_id = leaf.writing_area_id"""
    return _cells(series, source, owned)


def all_cells(series: Sequence[DefinedSeries]) -> str:
    """Return the SELECT of all cells that lie in the municipality `:municipality_id`, or anywhere when that is null."""
    source = f"({parts_of_series(series, all_place_months)}) AS part"
    owned = """AND (CAST(:municipality_id AS integer) IS NULL OR area_ancestor_set.ancestor_set_id IN (
                         SELECT ancestor_set_id FROM ancestor_set WHERE writing_area_id = :municipality_id))"""
    return _cells(series, source, owned)


def _cells(series: Sequence[DefinedSeries], source: str, owned: str) -> str:
    return f"""
        SELECT series_id, part.area_id, date_trunc('month', part.counted_on)::date AS month,
               area_ancestor_set.ancestor_set_id,
               {_numerator(series)} AS numerator,
               {_denominator(series)} AS denominator,
               count(*) FILTER (WHERE reason IS NOT NULL) AS left_out
        FROM {source}
        JOIN area_ancestor_set
          ON area_ancestor_set.area_id = part.area_id AND area_ancestor_set.valid @> part.counted_on
        {owned}
        WHERE reason IS NULL
           OR reason IN ({listed(COUNTED_APART)})
        GROUP BY 1, 2, 3, 4"""


def _numerator(series: Sequence[DefinedSeries]) -> str:
    """Return how the parts of a cell become its figure; a sum of nothing but unknowns stays unknown."""
    if all(map(are_days, series)):
        return "count(DISTINCT counted_on) FILTER (WHERE reason IS NULL)"
    added = _zero_of_zero(series, "numerator")
    once = [one for one in series if one.definition.kind == "distinct"]
    return f"CASE WHEN series_id IN ({_ids(once)}) THEN 1 ELSE {added} END" if once else added


def _denominator(series: Sequence[DefinedSeries]) -> str:
    return _zero_of_zero(series, "denominator")


def _zero_of_zero(series: Sequence[DefinedSeries], column: str) -> str:
    """Return the sum of a column; of a share, of which nothing is known, it is 0 of 0."""
    shares = [one for one in series if one.definition.is_share]
    if len(shares) == len(series):
        return f"coalesce(sum({column}), 0)"
    if not shares:
        return f"sum({column})"
    return f"CASE WHEN series_id IN ({_ids(shares)}) THEN coalesce(sum({column}), 0) ELSE sum({column}) END"


def _ids(series: Sequence[DefinedSeries]) -> str:
    return ", ".join(str(one.series_id) for one in series)
