"""What a figure that is observed or measured is made of: its own observations, or those that were added up for it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.values.lineage.queries import entry
from shared.catalogue.observed import (
    EDGES,
    IN_YEAR,
    SAME,
    WHICH_COUNTS,
    CodesInUse,
    Edge,
    Observed,
    Spot,
    Sums,
    Tree,
    own_figures,
)
from shared.catalogue.owner_sums import OWNER_SUMS, edge_of_sum
from shared.db.access import may_see
from shared.domain.activity import Span
from shared.domain.period import Period, PeriodType
from shared.facts.definition_owners import find_owner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.domain.owner import Owner
    from shared.read_model.value_id import ValueKey

_OBSERVATIONS = text(
    f"""SELECT observation.*, row_number() OVER (PARTITION BY {SAME} ORDER BY {WHICH_COUNTS}) = 1 AS counts
        FROM observation
        WHERE measure = :measure AND {IN_YEAR} @> period_start
        ORDER BY code, counts DESC, source"""
)
_EDGES = text(EDGES)
_SUMS = text(OWNER_SUMS)
# The one sum of owners that a value can be.
_SUM = -1
_CODES = text("SELECT area_id, code FROM area WHERE area_id = ANY(:areas)")
_AREA = text("SELECT area_id FROM area WHERE code = :code")


async def observations_behind(
    connection: AsyncConnection, definition: IndicatorDefinition, key: ValueKey, owner: Owner | None
) -> list[dict[str, Any]]:
    """Return the observations that a value follows from by area and period, and what it still waits for."""
    year = key.period.start.year
    by_spot = await _observations(connection, definition, year)
    area_id = (await connection.execute(_AREA, {"code": key.area})).scalar_one()
    spots = [Spot(area_id, key.period)]
    if definition.kind == "observed":
        edges = [
            Edge(row.parent_id, row.parent_kind, row.child_id, row.child_kind, Span(row.first, row.last))
            for row in await connection.execute(_EDGES, {"year": year})
        ]
        own = own_figures(definition, _counting(by_spot))
        if of_sum := await _of_sum(connection, owner, area_id):
            spots = [Spot(_SUM, key.period)]
        spots = Sums(own, Tree([*edges, *of_sum])).rests_on(spots[0])
    # Of others' nothing is known: neither what has arrived there nor what has not.
    spots = [spot for spot in spots if may_see(area_id if spot.area_id == _SUM else spot.area_id)]
    rows = await connection.execute(_CODES, {"areas": [area_id, *(spot.area_id for spot in spots)]})
    codes: dict[int, str] = {row.area_id: row.code for row in rows}
    codes[_SUM] = codes[area_id]
    ordered = sorted(spots, key=lambda spot: (codes[spot.area_id], spot.period))
    return [
        entry(part)
        for spot in ordered
        for part in _parts(codes[spot.area_id], spot.period, by_spot.get(spot, ()), is_share=definition.is_share)
    ]


async def _of_sum(connection: AsyncConnection, owner: Owner | None, area_id: int) -> list[Edge]:
    """Return what the sum of several owners in an area is made of; nothing if there is none."""
    if owner is None:
        return []
    found = await find_owner(connection, owner.areas)
    rows = await connection.execute(_SUMS, {"owner": list(found.area_ids)})
    return [edge_of_sum(_SUM, row.part_id, Span(row.first, row.last)) for row in rows if row.area_id == area_id]


async def _observations(
    connection: AsyncConnection, definition: IndicatorDefinition, year: int
) -> Mapping[Spot, Sequence[Row[Any]]]:
    """Return the year's observations of what the definition observes, by area and period."""
    assert definition.observes is not None  # noqa: S101  the catalogue's rules see to it
    in_use = CodesInUse(definition.observes.codes)
    by_spot: dict[Spot, list[Row[Any]]] = defaultdict(list)
    for row in await connection.execute(_OBSERVATIONS, {"measure": definition.observes.measure, "year": year}):
        spot = Spot(row.area_id, Period(PeriodType(row.period_type), row.period_start))
        if in_use.hold(row.code, spot.period):
            by_spot[spot].append(row)
    return by_spot


def _counting(by_spot: Mapping[Spot, Iterable[Row[Any]]]) -> Iterator[Observed]:
    return (
        Observed(row.code, spot, row.numerator, row.denominator, row.status, row.finality)
        for spot, rows in by_spot.items()
        for row in rows
        if row.counts
    )


def _parts(area: str, period: Period, rows: Sequence[Row[Any]], *, is_share: bool) -> Iterator[dict[str, Any]]:
    """Yield the parts of an area and period; what has not arrived is a part without an observation."""
    for row in rows:
        status = "missing" if is_share and row.status == "observed" and row.denominator is None else row.status
        counts = row.counts and status == "observed"
        yield {
            "observationId": row.observation_id,
            "source": row.source,
            "code": row.code or None,
            "area": area,
            "period": period.code,
            "finality": row.finality,
            "numerator": row.numerator if counts else None,
            "denominator": row.denominator if counts and is_share else None,
            "leftOut": None if counts else status if row.counts else "otherSourceCounts",
        }
    if not rows:
        nothing = dict.fromkeys(("observationId", "source", "code", "finality", "numerator", "denominator"))
        yield nothing | {"area": area, "period": period.code, "leftOut": "notArrived"}
