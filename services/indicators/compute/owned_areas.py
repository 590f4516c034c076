"""Where the figures of an own observed indicator are: in its owner's areas, and where several owners have their sum."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from shared.catalogue.observed import SPAN
from shared.catalogue.owner_sums import OWNER_SUMS, edge_of_sum
from shared.domain.activity import Span

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.observed import Edge, Spot
    from shared.domain.period import Period


class OwnedAreas(NamedTuple):
    """The areas of an owner."""

    # When each area lies in the owner's.
    inside: Mapping[int, Sequence[Span]]
    # Of several owners: the areas where they have sums, by the ids of these, and what they are made of.
    sums: Mapping[int, int]
    edges: Sequence[Edge]

    def hold(self, spot: Spot) -> bool:
        """Tell whether an area lies in the owner's in a period."""
        spans = self.inside.get(spot.area_id, ())
        return any(_overlaps(span, spot.period) for span in spans)

    def sums_of(self, spot: Spot) -> set[Spot]:
        """Return the sums that an owner is a part of on any day of a period."""
        return {
            spot._replace(area_id=edge.parent_id)
            for edge in self.edges
            if edge.child_id == spot.area_id and _overlaps(edge.valid, spot.period)
        }


def _overlaps(span: Span, period: Period) -> bool:
    return span.first <= period.end and period.start <= span.last


async def areas_of_owners(
    connection: AsyncConnection, owners: Collection[tuple[int, ...]]
) -> dict[tuple[int, ...], OwnedAreas]:
    """Return the areas of each owner, told by the ids of its areas; no two sums have one id."""
    ids = count(-1, -1)
    found = {}
    for owner in sorted(owners):
        inside: dict[int, list[Span]] = {}
        for row in await connection.execute(_INSIDE, {"owner": list(owner)}):
            inside.setdefault(row.descendant_id, []).append(Span(row.first, row.last))
        rows = (await connection.execute(_SUMS, {"owner": list(owner)})).all()
        sum_ids = dict(zip(dict.fromkeys(row.area_id for row in rows), ids, strict=False))
        edges = [edge_of_sum(sum_ids[row.area_id], row.part_id, Span(row.first, row.last)) for row in rows]
        found[owner] = OwnedAreas(inside, {sum_id: area_id for area_id, sum_id in sum_ids.items()}, edges)
    return found


_INSIDE = text(
    f"""SELECT descendant_id, {SPAN} FROM area_closure CROSS JOIN LATERAL (SELECT valid AS days) AS days
        WHERE ancestor_id = ANY(:owner)"""
)
_SUMS = text(OWNER_SUMS)
