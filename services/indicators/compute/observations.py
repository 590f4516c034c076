"""Writes the figures that come from observations, which have no cells: all areas of a series and year at a time."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from services.indicators.compute.closed_figures import NOTHING_CLOSED, ClosedFigures, closed_figures
from services.indicators.compute.comparisons import drop_comparisons
from services.indicators.compute.measure_suppression import Served, without_few
from services.indicators.compute.owned_areas import OwnedAreas, areas_of_owners
from services.indicators.compute.values import SeriesYear
from shared.catalogue.annexes import followed_by
from shared.catalogue.observed import (
    EDGES,
    IN_YEAR,
    SAME,
    SPAN,
    WHICH_COUNTS,
    Edge,
    Observed,
    ObservedFigure,
    Spot,
    Tree,
    figures_of,
)
from shared.db.arrays import as_arrays, word_array
from shared.db.sql import statement
from shared.domain.activity import Span
from shared.domain.period import EVERYWHERE, Period, PeriodType, periods_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from decimal import Decimal
    from typing import Any

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.catalogue.loader import Catalogue


class _Series(NamedTuple):
    """A series whose figures are observed; those of an own definition are for what lies in its owner's areas."""

    series_id: int
    definition: IndicatorDefinition
    owned: OwnedAreas | None

    def has(self, spot: Spot) -> bool:
        """Tell whether a figure of an area and period is the series' business, or that of its owners' sum."""
        if spot.area_id < 0:
            return spot.area_id in self.sums
        return self.owned is None or self.owned.hold(spot)

    @property
    def sums(self) -> Mapping[int, int]:
        """The areas where several owners have their sum, by its id; what was measured is never summed."""
        return {} if self.owned is None or self.definition.kind == "measured" else self.owned.sums

    def where(self, spot: Spot) -> Spot:
        """Return the area and period that a figure is shown in; sums, which most are not, have ids below 0."""
        return spot if spot.area_id >= 0 else spot._replace(area_id=self.sums[spot.area_id])


class _Value(NamedTuple):
    """A row of the read model, as far as observations make it."""

    series_id: int
    area_id: int
    period_type: str
    period_start: date
    numerator: Decimal | None
    denominator: Decimal | None
    status: str
    finality: str
    months_arrived: int | None


# Those of its columns that are words of ours.
_WORDS = ("period_type", "status", "finality")


class _Year(NamedTuple):
    """What the figures of one year are made of."""

    observations: Mapping[str, Sequence[Observed]]
    tree: Tree
    # Where and when reporting is on, by what is followed.
    reporting: Mapping[str, set[Spot]]
    # All periods of the year that any area has figures for, and where those are that not every area has.
    periods: Sequence[Period]
    rhythms: Collection[Spot]

    def has_figures(self, spot: Spot) -> bool:
        """Tell whether an area has figures for periods of this type then."""
        return spot.period.type in EVERYWHERE or spot in self.rhythms


async def replace_observed(
    connection: AsyncConnection, catalogue: Catalogue, wanted: Collection[tuple[int, int]], as_of: date
) -> list[SeriesYear]:
    """Make all rows of the wanted series and years equal what the observations say; return the years that changed.

    A series that is not made of observations is left alone.
    """
    changed: set[SeriesYear] = set()
    for year in sorted({year for _, year in wanted}):
        series = [series_id for series_id, wanted_year in wanted if wanted_year == year]
        rows = await _replace_year(connection, catalogue, series, year, as_of)
        changed |= {SeriesYear(series_id, area_id, year) for series_id, area_id in rows}
    return sorted(changed)


async def replace_all_observed(connection: AsyncConnection, catalogue: Catalogue, as_of: date) -> int:
    """Make every row of every series that is made of observations equal them; return how many rows changed."""
    years = (await connection.execute(_YEARS, {"as_of": as_of})).scalars().all()
    series = (await connection.execute(OBSERVED_SERIES)).scalars().all()
    return sum([len(await _replace_year(connection, catalogue, series, year, as_of)) for year in years])


async def _replace_year(
    connection: AsyncConnection, catalogue: Catalogue, series: Sequence[int], year: int, as_of: date
) -> list[tuple[int, int]]:
    """Replace the rows of some series in one year; return the series and area of each row that changed."""
    wanted = await _wanted(connection, catalogue, series)
    loaded = await _load(connection, wanted, year, as_of)
    of_few = [one.series_id for one in wanted if one.definition.suppress_below is not None]
    closed = await closed_figures(connection, of_few, year) if of_few else NOTHING_CLOSED
    figures = _without_few(wanted, [_figures(one, loaded) for one in wanted], loaded, closed)
    values = [
        _value(one.series_id, one.where(spot), figure)
        for one, of_series in zip(wanted, figures, strict=True)
        for spot, figure in of_series.items()
    ]
    words = {name: word_array(getattr(one, name) for one in values) for name in _WORDS}
    keys = {"series": [one.series_id for one in wanted], "year": year}
    replace = statement("observation_values.sql", __package__)
    changed = (await connection.execute(replace, {**as_arrays(_Value._fields, values), **words, **keys})).all()
    hidden = {SeriesYear(row.series_id, row.area_id, year) for row in changed if row.is_hidden}
    if hidden:
        await drop_comparisons(connection, hidden)
    return [(row.series_id, row.area_id) for row in changed]


async def _wanted(connection: AsyncConnection, catalogue: Catalogue, series: Sequence[int]) -> list[_Series]:
    """Return the wanted series, and all others of measures of few persons: what they hide follows from one another."""
    codes = [code for code, one in catalogue.indicators.items() if one.suppress_below is not None]
    rows = (await connection.execute(_SERIES, {"series": list(series), "codes_of_few": codes})).all()
    owners = {tuple(row.defining_area_ids) for row in rows if row.defining_area_ids is not None}
    owned = await areas_of_owners(connection, owners) if owners else {}
    return [
        _Series(
            row.series_id,
            catalogue.indicators[row.indicator_code].sliced(row.slice),
            None if row.defining_area_ids is None else owned[tuple(row.defining_area_ids)],
        )
        for row in rows
        if row.indicator_code in catalogue.indicators
    ]


def _figures(series: _Series, loaded: _Year) -> dict[Spot, ObservedFigure]:
    """Return the figures of a series where it has any, also those that must not be shown."""
    definition = series.definition
    observations = loaded.observations.get(definition.observes.measure, ()) if definition.observes else ()
    reporting: set[Spot] = set().union(*(loaded.reporting.get(one, ()) for one in followed_by(definition)))
    if series.owned is not None and series.sums:
        reporting = reporting.union(*map(series.owned.sums_of, reporting))
    periods = [period for period in loaded.periods if _lies_in_validity(period, definition)]
    figures = figures_of(definition, observations, loaded.tree, periods, reporting)
    return {
        spot: figure for spot, figure in figures.items() if series.has(spot) and loaded.has_figures(series.where(spot))
    }


def _without_few(
    wanted: Sequence[_Series],
    figures: Sequence[dict[Spot, ObservedFigure]],
    loaded: _Year,
    closed: ClosedFigures,
) -> list[dict[Spot, ObservedFigure]]:
    """Return the figures of each series as they may be shown, those of a measure of few persons hidden together."""
    result = list(figures)
    places: dict[tuple[str, int], list[int]] = {}
    for place, one in enumerate(wanted):
        threshold, observes = one.definition.suppress_below, one.definition.observes
        if threshold is not None and observes is not None:
            places.setdefault((observes.measure, threshold), []).append(place)
    for (measure, threshold), of_measure in places.items():
        to_serve = [_served(wanted[place], figures[place], closed) for place in of_measure]
        hidden = without_few(to_serve, loaded.observations.get(measure, ()), loaded.tree, loaded.periods, threshold)
        for place, one_hidden in zip(of_measure, hidden, strict=True):
            result[place] = one_hidden
    return result


def _served(series: _Series, figures: Mapping[Spot, ObservedFigure], closed: ClosedFigures) -> Served:
    places = {spot: (series.series_id, series.where(spot)) for spot in figures}
    frozen = {spot: closed.serve(place, figures[spot]) for spot, place in places.items()}
    disclosed = {spot for spot, place in places.items() if closed.disclose(place, series.definition, figures[spot])}
    return Served(series.definition, figures, frozen, disclosed, closed.changed(places, figures))


def _lies_in_validity(period: Period, definition: IndicatorDefinition) -> bool:
    begun = definition.valid_from is None or definition.valid_from <= period.start
    return begun and (definition.valid_to is None or period.end <= definition.valid_to)


def _value(series_id: int, spot: Spot, figure: ObservedFigure) -> _Value:
    return _Value(
        series_id,
        spot.area_id,
        spot.period.type,
        spot.period.start,
        figure.numerator,
        figure.denominator,
        figure.status,
        "final" if figure.is_final else "preliminary",
        figure.months_arrived,
    )


async def _load(connection: AsyncConnection, wanted: Collection[_Series], year: int, as_of: date) -> _Year:
    measures = {one.definition.observes.measure for one in wanted if one.definition.observes}
    observations: dict[str, list[Observed]] = {}
    for row in await connection.execute(_OBSERVATIONS, {"measures": list(measures), "year": year}):
        observed = Observed(row.code, _spot(row), row.numerator, row.denominator, row.status, row.finality)
        observations.setdefault(row.measure, []).append(observed)
    edges = [
        Edge(row.parent_id, row.parent_kind, row.child_id, row.child_kind, Span(row.first, row.last))
        for row in await connection.execute(_EDGES, {"year": year})
    ]
    of_sums = {edge for one in wanted if one.sums and one.owned is not None for edge in one.owned.edges}
    edges += sorted(of_sums, key=lambda edge: (edge.parent_id, edge.child_id, edge.valid.first))
    rhythms = (await connection.execute(_RHYTHMS, {"year": year})).all()
    types = {*EVERYWHERE, *(PeriodType(row.period_type) for row in rhythms)}
    periods = periods_of(year, [one for one in PeriodType if one in types])
    begun = [(period, period.start, period.end) for period in periods if period.start <= as_of]
    reporting: dict[str, set[Spot]] = {}
    for row in await connection.execute(_REPORTING, {"year": year}):
        spots = (Spot(row.area_id, period) for period, start, end in begun if row.first <= end and start <= row.last)
        reporting.setdefault(row.follows, set()).update(spots)
    in_rhythm = {
        Spot(row.area_id, period)
        for row in rhythms
        for period in periods
        if period.type == row.period_type and row.first <= period.end and period.start <= row.last
    }
    return _Year(observations, Tree(edges), reporting, periods, in_rhythm)


def _spot(row: Row[Any]) -> Spot:
    return Spot(row.area_id, _period(row.period_type, row.period_start))


@cache
def _period(period_type: str, start: date) -> Period:
    return Period(PeriodType(period_type), start)


_SERIES = text(
    """SELECT series_id, indicator_code, slice, defining_area_ids
       FROM indicator_series
       WHERE measure IS NOT NULL
         AND (series_id = ANY(:series)
              OR indicator_code = ANY(:codes_of_few)
                 AND measure IN (SELECT measure FROM indicator_series WHERE series_id = ANY(:series)))
       ORDER BY series_id"""
)
OBSERVED_SERIES = text("SELECT series_id FROM indicator_series WHERE measure IS NOT NULL")
_YEARS = text(
    """SELECT extract(year FROM period_start)::integer FROM observation
       UNION
       SELECT extract(year FROM period_start)::integer FROM indicator_value JOIN indicator_series USING (series_id)
       WHERE measure IS NOT NULL
       UNION
       SELECT generate_series(extract(year FROM lower(valid))::integer,
                              extract(year FROM least(upper(valid) - 1, :as_of))::integer)
       FROM reporting"""
)
_OBSERVATIONS = text(
    f"""SELECT DISTINCT ON ({SAME}) {SAME}, numerator, denominator, status, finality
        FROM observation
        WHERE measure = ANY(:measures) AND {IN_YEAR} @> period_start
        ORDER BY {SAME}, {WHICH_COUNTS}"""
)
_EDGES = text(EDGES)
_RHYTHMS = text(
    f"""SELECT area_id, period_type, {SPAN} FROM area_rhythm CROSS JOIN LATERAL (SELECT valid AS days) AS days
        WHERE valid && {IN_YEAR}"""
)
_REPORTING = text(
    f"""SELECT area_id, follows, {SPAN} FROM reporting CROSS JOIN LATERAL (SELECT valid AS days) AS days
        WHERE valid && {IN_YEAR}"""
)
