"""One indicator definition becomes one SELECT of leaf figures: by area, month, and the ancestors of the day. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.catalogue.contributions import COUNTED_APART, parts
from shared.catalogue.place_months import all_place_months

if TYPE_CHECKING:
    from shared.catalogue.indicator import IndicatorDefinition

# How the parts of one cell become its figure, where they are not added up.
_COUNTED = {"distinct": "1", "days": "count(DISTINCT counted_on) FILTER (WHERE reason IS NULL)"}


def aggregate(definition: IndicatorDefinition, *, everywhere: bool = False) -> str:
    """Return the SELECT of cells (area_id, month, ancestor_set_id, numerator, denominator, left_out) of one indicator.

    It reads the relation `leaf` (writing_area_id, area_id, month, next_month) of the cells asked for; `everywhere`
    reads all that lie in `:writing_area_id`, or all there are when that is null. Parameter: `:as_of`.
    """
    apart = ", ".join(f"'{reason}'" for reason in COUNTED_APART)
    source = f"({parts(definition, all_place_months(definition))}) AS part"
    owned = """AND (CAST(:writing_area_id AS integer) IS NULL
                      OR area_ancestor_set.ancestor_set_id IN (SELECT ancestor_set_id FROM ancestor_set
                        WHERE writing_area_id = :writing_area_id))"""
    if not everywhere:
        # OFFSET 0: else the planner may join first and look at the month afterwards, reading all the years of a place.
        source = f"""leaf CROSS JOIN LATERAL (
            SELECT * FROM ({parts(definition, "(SELECT leaf.area_id, leaf.month)")}) AS part
            WHERE part.area_id = leaf.area_id
              AND part.counted_on >= leaf.month AND part.counted_on < leaf.next_month OFFSET 0) AS part"""
        owned = """JOIN ancestor_set ON ancestor_set.ancestor_set_id = area_ancestor_set.ancestor_set_id
         AND ancestor_set.writing_area_id = leaf.writing_area_id"""
    numerator, denominator = _figures(definition)
    return f"""
        SELECT part.area_id, date_trunc('month', part.counted_on)::date AS month, area_ancestor_set.ancestor_set_id,
               {numerator} AS numerator, {denominator} AS denominator,
               count(*) FILTER (WHERE reason IS NOT NULL) AS left_out
        FROM {source}
        JOIN area_ancestor_set ON area_ancestor_set.area_id = part.area_id
          AND area_ancestor_set.valid @> part.counted_on
        {owned}
        WHERE reason IS NULL OR reason IN ({apart})
        GROUP BY 1, 2, 3"""


def _figures(definition: IndicatorDefinition) -> tuple[str, str]:
    """Return numerator and denominator of a cell. A sum of nothing but unknowns stays unknown."""
    if definition.is_share:
        return "coalesce(sum(numerator), 0)", "coalesce(sum(denominator), 0)"
    return _COUNTED.get(definition.kind, "sum(numerator)"), "NULL::bigint"
