"""Where an observed indicator of several owners has their sum, and what that is made of.

It is the sum of the owners alone, so it is no figure of an area: what the area says of itself, and what others in it
say, is about more. It has an id of its own, below 0, among those of areas.
"""

from __future__ import annotations

from shared.catalogue.observed import SPAN, Edge
from shared.domain.activity import Span

# The areas where all of several owners lie, if not at the same time, and when each of them does.
OWNER_SUMS = f"""SELECT above.area_id, own.area_id AS part_id, {SPAN}
                 FROM area AS above
                 JOIN area_closure ON ancestor_id = above.area_id
                 JOIN area AS own ON own.area_id = descendant_id
                 CROSS JOIN LATERAL (SELECT area_closure.valid AS days) AS days
                 WHERE own.area_id = ANY(:owner) AND cardinality(CAST(:owner AS integer[])) > 1
                   AND (SELECT count(DISTINCT descendant_id) FROM area_closure
                        WHERE ancestor_id = above.area_id AND descendant_id = ANY(:owner))
                       = cardinality(CAST(:owner AS integer[]))
                 ORDER BY above.area_id, own.area_id, first"""


def edge_of_sum(sum_id: int, part_id: int, valid: Span) -> Edge:
    """Return that an owner is a part of the sum of several, as a municipality is of its county."""
    return Edge(sum_id, "county", part_id, "municipality", valid)
