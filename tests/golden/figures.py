"""Lets the worker's own code compute the figures of a case, and reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.indicators.compute.cells import (
    replace_all_ancestor_set_totals,
    replace_all_cells,
    stored_groups,
)
from services.indicators.compute.comparisons import compare
from services.indicators.compute.day_rollover import roll_over_day
from services.indicators.compute.observations import replace_all_observed
from services.indicators.compute.rebuild import verify
from services.indicators.compute.recompute import recompute
from services.indicators.compute.rollup import roll_up
from services.indicators.compute.signals import judge_signals
from services.indicators.compute.values import replace_all_values
from shared.catalogue.loader import Catalogue
from shared.domain.period import Period, PeriodType
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.facts.definition_owners import find_owner
from shared.facts.marks import count_comparison_marks, count_signal_marks, ripe_scopes
from shared.facts.series import put_series, series_by_key
from tests.golden.case import Figure, Key
from tests.golden.mutants import Mutant

_READ = text(
    """SELECT indicator_code, slice, area.code, period_type, period_start, status, numerator, denominator, left_out,
              months_arrived, finality
       FROM indicator_value JOIN indicator_series USING (series_id) JOIN area USING (area_id)"""
)
# The figure of every area and period that has a row, by the query of the case.
_SECOND_OPINION = """
    SELECT wanted.code, wanted.period, opinion.numerator, opinion.denominator
    FROM unnest(CAST(:codes AS text[]), CAST(:periods AS text[]), CAST(:types AS text[]), CAST(:firsts AS date[]),
                CAST(:lasts AS date[])) AS wanted(code, period, type, first, last)
    LEFT JOIN LATERAL (
        WITH RECURSIVE inside (area_id) AS (
            SELECT area_id FROM area WHERE code = wanted.code
            UNION
            SELECT child_id FROM inside JOIN area_edge ON parent_id = inside.area_id)
        {check}) AS opinion(numerator, denominator) ON true"""
_PARAMETERS = {
    ":area": "wanted.code",
    ":period": "wanted.type",
    ":first": "wanted.first",
    ":last": "wanted.last",
    ":as_of": "CAST(:as_of AS date)",
}


@dataclass(frozen=True)
class Worker:
    """The worker's passes, one after the other, inside one transaction."""

    connection: AsyncConnection
    catalogue: Catalogue

    async def begin(self, as_of: date) -> None:
        """Put the definitions, and note the day."""
        await put_series(self.connection, self.catalogue, as_of)
        await roll_over_day(self.connection, CatalogueInForce(self.catalogue), lambda: as_of)

    async def follow_marks(self, as_of: date) -> None:
        """Compute what is marked until nothing is."""
        await self.compute(as_of)
        while await count_comparison_marks(self.connection):
            await compare(self.connection, lambda: as_of)
        while await count_signal_marks(self.connection):
            await judge_signals(lambda: nullcontext(self.connection), lambda: as_of)

    async def compute(self, as_of: date) -> None:
        """Compute the figures that are marked, and judge them, without the comparisons that follow from them."""
        definitions = CatalogueInForce(self.catalogue)
        await roll_over_day(self.connection, definitions, lambda: as_of)
        while scopes := await ripe_scopes(self.connection, as_of, 64):
            await recompute(self.connection, definitions, scopes, lambda: as_of)
        await roll_up(self.connection, definitions, lambda: as_of)

    async def would_rebuild(self, as_of: date) -> int:
        """Return in how many rows a computation from scratch differs."""
        catalogue = await CatalogueInForce(self.catalogue).current(self.connection)
        return (await verify(self.connection, catalogue, as_of)).total

    async def figures(self, indicator: str, part: str = "all") -> dict[Key, Figure]:
        """Return what the read model says of one slice."""
        return (await self._read()).get((indicator, part), {})

    async def figures_of_mutants(self, mutants: Iterable[Mutant], as_of: date) -> Mapping[str, dict[Key, Figure]]:
        """Return what a computation from scratch says of each mutant, by its code.

        All are in one catalogue, under codes of their own, so that hundreds are computed in a second.
        """
        alive = list(mutants)
        found = {areas: await find_owner(self.connection, areas) for areas in {one.owners for one in alive}}
        owners = {one.code: found[one.owners].owner for one in alive if one.owners}
        together = Catalogue(self.catalogue.activity_types, {one.code: one.definition for one in alive}, owners)
        async with self.connection.begin_nested() as savepoint:
            await self._compute(together, as_of)
            figures = await self._read()
            await savepoint.rollback()
        return {code: read for (code, _), read in figures.items()}

    async def _compute(self, catalogue: Catalogue, as_of: date) -> None:
        """Compute all figures afresh, as a rebuild does, without the targets and comparisons that follow from them."""
        await put_series(self.connection, catalogue, as_of)
        for group in stored_groups(catalogue, await series_by_key(self.connection)):
            await replace_all_cells(self.connection, group, as_of)
        await replace_all_ancestor_set_totals(self.connection)
        await replace_all_values(self.connection, as_of)
        await replace_all_observed(self.connection, catalogue, as_of)

    async def second_opinion(self, check: str, keys: Iterable[Key], as_of: date) -> dict[Key, Figure]:
        """Return what the case's own query says of some areas and periods."""
        wanted = list(keys)
        periods = [Period.parse(period) for _, period in wanted]
        for name, column in _PARAMETERS.items():
            check = check.replace(name, column)
        given = {
            "codes": [area for area, _ in wanted],
            "periods": [period for _, period in wanted],
            "types": [period.type.value for period in periods],
            "firsts": [period.start for period in periods],
            "lasts": [period.end for period in periods],
        }
        statement = text(_SECOND_OPINION.format(check=check))
        if "as_of" in statement.compile().params:
            given["as_of"] = as_of
        rows = await self.connection.execute(statement, given)
        return {(row.code, row.period): Figure("said", row.numerator, row.denominator) for row in rows}

    async def _read(self) -> dict[tuple[str, str], dict[Key, Figure]]:
        figures: dict[tuple[str, str], dict[Key, Figure]] = {}
        for row in await self.connection.execute(_READ):
            figure = Figure(row.status, row.numerator, row.denominator, row.left_out, row.months_arrived, row.finality)
            period = Period(PeriodType(row.period_type), row.period_start).code
            figures.setdefault((row.indicator_code, row.slice), {})[row.code, period] = figure
        return figures


def differences(expected: Mapping[Key, Figure], actual: Mapping[Key, Figure]) -> list[str]:
    """Return every expectation that is not met, in words."""
    return [
        f"{area} {period}: expected {figure}, computed {actual.get((area, period), 'no row')}"
        for (area, period), figure in expected.items()
        if not figure.allows(actual.get((area, period)))
    ]
