"""The levels above the municipality: summed afresh in a pass of their own, at most once a second, one at a time.

Areas that no single municipality holds for good belong here too: a county, the country, a place that moved. So do
figures that are observed: one municipality's may complete its county's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from services.indicators.compute.comparisons import MARK_COMPARISONS
from services.indicators.compute.observations import OBSERVED_SERIES, replace_observed
from services.indicators.compute.target_evaluation import evaluate_targets_above
from services.indicators.compute.values import EVERY_MONTH, SeriesYear, replace_values
from shared.db.arrays import as_arrays
from shared.db.locks import try_figures, try_levels_above
from shared.facts.marks import scope_marks

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.indicators.compute.figures_above import FiguresAboveKeeper
    from shared.domain.period import Clock
    from shared.facts.catalogue_in_force import CatalogueInForce

MOST_MARKS = 20_000
"""The years that come after so many wait for the next pass: all together may take longer than a pass has."""

_WITH_TARGETS = text(
    """SELECT DISTINCT series_id, area_id, year
       FROM unnest(CAST(:series AS smallint[]), CAST(:years AS integer[])) AS observed_year(series_id, year)
       JOIN indicator_series USING (series_id) JOIN target USING (indicator_code, slice)"""
)
# Of a year all that is marked: what hides one figure may be shown by another of the same year.
_CLAIM = text(
    """DELETE FROM rollup_mark
       WHERE year IN (SELECT year
                      FROM (SELECT year, marks, sum(marks) OVER (ORDER BY first) AS marks_with_it
                            FROM (SELECT year, count(DISTINCT (series_id, area_id)) AS marks, min(mark_id) AS first
                                  FROM rollup_mark GROUP BY year) AS marked) AS earliest
                      WHERE marks_with_it - marks < :most)
       RETURNING series_id, area_id, year"""
)
_WRITTEN_HERE = text("SELECT area_id FROM area WHERE area_id = ANY(:areas) AND municipality_id IS NULL")
# An area that has got a home since it was marked is written there.
_MARK_HOMES = text(
    scope_marks(
        """SELECT DISTINCT municipality_id, year, NULL, date '-infinity'
           FROM unnest(CAST(:areas AS integer[]), CAST(:years AS integer[])) AS mark(area_id, year)
           JOIN area USING (area_id) WHERE municipality_id IS NOT NULL"""
    )
)


async def roll_up(
    connection: AsyncConnection,
    definitions: CatalogueInForce,
    clock: Clock,
    figures_above: FiguresAboveKeeper | None = None,
) -> int:
    """Bring the levels above, and figures that are observed, up to date; return how many areas' years changed.

    Of very many, those of some years wait for the next pass. Where `figures_above` is given, it decides what is shown
    of them. The caller commits.
    """
    if not await try_figures(connection) or not await try_levels_above(connection):
        return 0
    marks = {SeriesYear(*row) for row in await connection.execute(_CLAIM, {"most": MOST_MARKS})}
    if not marks and not (figures_above and figures_above.is_due(clock())):
        return 0
    as_of = clock()  # after the claim: the marks of a new day are not answered with the figures of the day before
    observed = set((await connection.execute(OBSERVED_SERIES)).scalars())
    summed = {mark for mark in marks if mark.series_id not in observed}
    wanted = await _written_here(connection, summed) if summed else set()
    changed = await replace_values(connection, dict.fromkeys(wanted, EVERY_MONTH), as_of) if wanted else []
    catalogue = await definitions.current(connection)
    observed_years = {(mark.series_id, mark.year) for mark in marks - summed}
    changed += await replace_observed(connection, catalogue, observed_years, as_of)
    await connection.execute(MARK_COMPARISONS, as_arrays(SeriesYear._fields, wanted | set(changed)))
    judged = wanted | set(changed) | await _with_targets(connection, observed_years)
    await evaluate_targets_above(connection, judged, as_of, changed)
    if figures_above:
        years = {(one.series_id, one.year) for one in marks | set(changed)}
        await figures_above.keep(connection, catalogue, years, as_of)
    return len(changed)


async def _written_here(connection: AsyncConnection, summed: Collection[SeriesYear]) -> set[SeriesYear]:
    """Return those of the areas that no municipality holds; the others are marked where they have their home."""
    areas = {mark.area_id for mark in summed}
    here = set((await connection.execute(_WRITTEN_HERE, {"areas": list(areas)})).scalars())
    wanted = {mark for mark in summed if mark.area_id in here}
    if len(wanted) < len(summed):
        years = as_arrays(("areas", "years"), [(mark.area_id, mark.year) for mark in summed])
        await connection.execute(_MARK_HOMES, years)
    return wanted


async def _with_targets(connection: AsyncConnection, observed_years: Collection[tuple[int, int]]) -> set[SeriesYear]:
    """Return the areas for which targets are set of observed figures: a target may be new."""
    rows = await connection.execute(_WITH_TARGETS, as_arrays(("series", "years"), observed_years))
    return {SeriesYear(*row) for row in rows}
