"""Keeps which figures above the municipalities are shown where they are closed, whenever any of their kind change.

Nothing is decided when somebody asks: a row of the read model says whether it is shown (`served_above`), which the
policies read. What is turned on is told by the change feed; what is turned off, as a removal, which those who see it
anyway do not read. Slices are not shown: with their whole they would tell one another.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import text

from services.indicators.compute.above_protection import TERTIALS, YEAR, Hierarchy, is_served, served_above
from shared.db.arrays import as_arrays
from shared.db.territories import IS_ABOVE
from shared.domain.commitment import COMMITMENTS
from shared.domain.period import PeriodType
from shared.domain.role import ROLE_CHANGES
from shared.facts.series import series_by_key
from shared.read_model.columns import KEY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from decimal import Decimal

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.indicators.compute.above_protection import Months, Served
    from shared.catalogue.cells import SeriesKey
    from shared.catalogue.indicator import IndicatorDefinition
    from shared.catalogue.loader import Catalogue
    from shared.facts.series import NumberedSeries

# A kind of facts and a year take up to a second where there are hundreds of municipalities.
MOST_AT_ONCE = 5
_LENGTHS = {
    PeriodType.MONTH: 1,
    PeriodType.QUARTER: 3,
    PeriodType.TERTIAL: len(TERTIALS[0]),
    PeriodType.HALF_YEAR: 6,
    PeriodType.YEAR: len(YEAR),
}
_SPANS = {
    (period_type, first): YEAR[first - 1 : first - 1 + length]
    for period_type, length in _LENGTHS.items()
    for first in range(1, 13, length)
}


class FiguresAboveKeeper:
    """What is shown of the figures above, where they are closed.

    What tertials are over decides, so that all is looked through in each, and after the start.
    """

    def __init__(self) -> None:
        self._looked_through: tuple[int, int] | None = None
        self._waiting: list[tuple[frozenset[int], int]] = []

    def is_due(self, today: date) -> bool:
        """Tell whether there is something to decide though nothing has changed."""
        return bool(self._waiting) or self._looked_through != _tertial(today)

    async def keep(
        self, connection: AsyncConnection, catalogue: Catalogue, changed: Iterable[tuple[int, int]], as_of: date
    ) -> None:
        """Decide what is shown of the kinds of facts of the series that changed in a year, and of what waits."""
        kinds = _kinds(catalogue, await series_by_key(connection))
        if self._looked_through != _tertial(as_of):
            years = sorted((await connection.execute(_YEARS)).scalars(), reverse=True)
            self._waiting = [(kind, year) for year in years for kind in {*kinds.values()}]
            self._looked_through = _tertial(as_of)
        wanted = {(kinds[series_id], year) for series_id, year in changed if series_id in kinds}
        waiting = [one for one in self._waiting if one not in wanted]
        for kind, year in (*wanted, *waiting[:MOST_AT_ONCE]):
            await _decide(connection, kind, year, as_of)
        self._waiting = waiting[MOST_AT_ONCE:]


async def serve_none(connection: AsyncConnection) -> None:
    """Forget what was shown while figures above were closed: nothing of it is kept up to date any more."""
    await connection.execute(text("UPDATE indicator_value SET served_above = false WHERE served_above"))


def _tertial(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // len(TERTIALS[0])


def _kinds(catalogue: Catalogue, series: Mapping[SeriesKey, NumberedSeries]) -> dict[int, frozenset[int]]:
    """Return with which others each series is decided: those that the same facts count in, and so on."""
    counting: dict[str, set[int]] = {}
    kinds: dict[int, set[int]] = {}
    for (code, part), one in series.items():
        definition = catalogue.indicators.get(code)
        if part != "all" or definition is None:
            continue
        together = {one.series_id}.union(*(counting.get(fact, ()) for fact in _facts(definition)))
        together = together.union(*(kinds.get(series_id, ()) for series_id in together))
        kinds |= dict.fromkeys(together, together)
        counting |= {fact: together for other in together for fact in counting if other in counting[fact]}
        counting |= dict.fromkeys(_facts(definition), together)
    return {series_id: frozenset(kind) for series_id, kind in kinds.items()}


def _facts(definition: IndicatorDefinition) -> Collection[str]:
    """Return what an indicator counts: activity types, a measure, or what else there is."""
    if definition.observes is not None:
        return [f"measure {definition.observes.measure}"]
    others = {"state": ROLE_CHANGES, "commitments": COMMITMENTS}
    return definition.activity_types or [others.get(definition.kind, definition.kind)]


async def _decide(connection: AsyncConnection, series: frozenset[int], year: int, as_of: date) -> None:
    parameters = {"series": sorted(series), "year": year, "as_of": as_of}
    amounts: dict[int, dict[Months, dict[int, tuple[Decimal, ...]]]] = {one: {} for one in series}
    for row in await connection.execute(_AMOUNTS, parameters):
        months = _SPANS[PeriodType(row.period_type), row.first]
        amounts[row.series_id].setdefault(months, {})[row.area_id] = _sides(row.numerator, row.denominator, row.unit)
    found = served_above(amounts, await _hierarchy(connection, year))
    names = ("series_id", "area_id", "period_type", "period_start")
    served = as_arrays(names, [key for one, areas in found.items() for key in _keys(one, areas, year)])
    await connection.execute(_SERVE, {**served, "series": sorted(series), "year": year})


def _sides(numerator: Decimal, denominator: Decimal, unit: str) -> tuple[Decimal, ...]:
    """Return who is counted, and of a share also who is not; of a mean, the sum and the answers."""
    if unit == "percent":
        return numerator, denominator - numerator
    return (numerator, denominator) if unit == "mean" else (numerator,)


def _keys(series_id: int, served: Served, year: int) -> Iterable[tuple[int, int, str, date]]:
    areas = frozenset[int]().union(*served.values())
    for (period_type, first), months in _SPANS.items():
        for area_id in areas:
            if is_served(served, area_id, months):
                yield series_id, area_id, period_type.value, date(year, first, 1)


async def _hierarchy(connection: AsyncConnection, year: int) -> Hierarchy:
    """Return the municipalities of each area above in a year.

    An area that has one for a part of the year, or has a part of one, is no sum of municipalities: it is not shown.
    """
    inside: dict[int, set[int]] = {}
    in_part: set[int] = set()
    for area_id, municipality_id, is_whole in await connection.execute(_HOLDING, {"year": year}):
        inside.setdefault(area_id, set()).add(municipality_id)
        if not is_whole:
            in_part.add(area_id)
    readers = [frozenset(municipalities) for municipalities in inside.values()]
    return Hierarchy({area: frozenset(inside[area]) for area in inside if area not in in_part}, readers)


_YEARS = text("SELECT DISTINCT extract(year FROM period_start)::integer FROM indicator_value")
_IN_YEAR = "period_start >= make_date(:year, 1, 1) AND period_start < make_date(:year + 1, 1, 1)"
# Of what is hidden it is known that there is something, and here not what.
_AMOUNTS = text(
    f"""SELECT series_id, area_id, period_type, extract(month FROM period_start)::integer AS first, unit,
               coalesce(numerator, 0) AS numerator, coalesce(denominator, 0) AS denominator
        FROM indicator_value JOIN indicator_series USING (series_id) JOIN area USING (area_id)
        WHERE area.kind = 'municipality' AND series_id = ANY(:series) AND {_IN_YEAR}
          AND period_type IN ('month', 'tertial', 'year') AND status IN ('observed', 'zero', 'suppressed')
          AND next_period_start(period_type, period_start) <= :as_of
        ORDER BY 1, 2, 3, 4"""
)
_HOLDING = text(
    f"""WITH inside AS (
            SELECT ancestor_id, coalesce(inner_area.municipality_id, descendant_id) AS municipality_id,
                   bool_or(inner_area.kind = 'municipality'
                           AND closure.valid @> daterange(make_date(:year, 1, 1), make_date(:year + 1, 1, 1))
                   ) AS is_whole
            FROM area JOIN area_closure AS closure ON ancestor_id = area.area_id
            JOIN area AS inner_area ON inner_area.area_id = descendant_id
            WHERE {IS_ABOVE}
              AND (inner_area.kind = 'municipality' OR inner_area.municipality_id IS NOT NULL)
              AND closure.valid && daterange(make_date(:year, 1, 1), make_date(:year + 1, 1, 1))
            GROUP BY 1, 2)
        SELECT ancestor_id, municipality_id, is_whole FROM inside ORDER BY 1, 2"""
)
_SERVE = text(
    f"""WITH served AS MATERIALIZED (
            SELECT {KEY}, true AS is_served
            FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:period_type AS text[]),
                        CAST(:period_start AS date[])) AS served({KEY})),
        turned AS (
            UPDATE indicator_value AS value
            SET served_above = NOT value.served_above, changed_in = DEFAULT, change_number = DEFAULT
            FROM (SELECT {KEY} FROM indicator_value AS stored LEFT JOIN served USING ({KEY})
                  WHERE stored.series_id = ANY(:series) AND {_IN_YEAR}
                    AND served_above <> (is_served IS TRUE AND status IN ('observed', 'zero'))) AS wrong
            WHERE (value.series_id, value.area_id, value.period_type, value.period_start)
                  = (wrong.series_id, wrong.area_id, wrong.period_type, wrong.period_start)
            RETURNING value.*)
        INSERT INTO removed_value AS kept ({KEY}, indicator_code, slice, revision, served_above, change_number)
        SELECT {KEY}, indicator_code, slice, revision, true, nextval('indicator_value_change_number_seq')
        FROM turned JOIN indicator_series USING (series_id) WHERE NOT served_above
        ON CONFLICT ({KEY}) DO UPDATE
        SET indicator_code = excluded.indicator_code, slice = excluded.slice, revision = excluded.revision,
            served_above = true, removed_at = excluded.removed_at, changed_in = excluded.changed_in,
            change_number = excluded.change_number"""
)
