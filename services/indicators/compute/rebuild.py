"""Computes everything afresh from the activities and writes what differs: for backfill, after doubt, and to verify.

It sums by other statements than a recomputation does where everything is wanted, so it also checks that one.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import text

from services.indicators.compute.commitment_progress import recount_all_progress
from services.indicators.compute.comparisons import compare_all, mark_all_comparisons
from services.indicators.compute.observations import replace_all_observed
from services.indicators.compute.read_model import (
    replace_all_ancestor_set_totals,
    replace_all_cells,
    replace_all_values,
)
from services.indicators.compute.target_evaluation import evaluate_all_targets
from shared.db.locks import rebuild_figures
from shared.facts.series import put_series, series_by_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue

_CLAIM_ALL = (
    text("DELETE FROM dirty_mark WHERE ripens_on <= :as_of"),
    text("DELETE FROM rollup_mark WHERE :as_of IS NOT NULL"),
    text("DELETE FROM postponed_scope WHERE :as_of IS NOT NULL"),
)


@dataclass(frozen=True, slots=True)
class Differences:
    """How many rows of each kind were not what they should be."""

    cells: int
    ancestor_set_totals: int
    values: int
    judgements: int
    commitments: int
    comparisons: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(astuple(self))


async def rebuild(
    connection: AsyncConnection, catalogue: Catalogue, as_of: date, report: Callable[[str], None] = lambda _: None
) -> Differences:
    """Make all figures equal a computation from scratch; tell `report` each step. The caller commits, or rolls back.

    What stands beside the figures is marked, and follows in the passes that compare.

    Facts may be written meanwhile: their marks stay, and are swept afterwards.
    """
    await rebuild_figures(connection)
    await connection.exec_driver_sql("SET LOCAL work_mem = '256MB'")
    await put_series(connection, catalogue, as_of)
    for statement in _CLAIM_ALL:
        await connection.execute(statement, {"as_of": as_of})
    commitments = await recount_all_progress(connection)  # before the cells, which read it
    series = await series_by_key(connection)
    summed = {key: one for key, one in catalogue.series.items() if one.basis != "observation"}
    cells = ancestor_set_totals = values = 0
    for key, definition in summed.items():
        report(" ".join(key))
        cells += await replace_all_cells(connection, series[key], definition, as_of)
    await connection.exec_driver_sql("ANALYZE cell")
    # A series is read whole, and the planner, who knows nothing of what was just written, would loop over it.
    await connection.exec_driver_sql("SET LOCAL enable_nestloop = off")
    for key in summed:
        report(f"values of {' '.join(key)}")
        ancestor_set_totals += await replace_all_ancestor_set_totals(connection, series[key])
        values += await replace_all_values(connection, series[key], as_of)
    report("observed")
    values += await replace_all_observed(connection, catalogue, as_of)
    await connection.exec_driver_sql("ANALYZE ancestor_set_total, indicator_value")
    await connection.exec_driver_sql("SET LOCAL enable_nestloop = on")
    report("targets")
    judgements = await evaluate_all_targets(connection, as_of)
    await mark_all_comparisons(connection)
    return Differences(cells, ancestor_set_totals, values, judgements, commitments)


async def verify(
    connection: AsyncConnection, catalogue: Catalogue, as_of: date, report: Callable[[str], None] = lambda _: None
) -> Differences:
    """Return what a rebuild would change, and change nothing."""
    async with connection.begin_nested() as savepoint:
        differences = await rebuild(connection, catalogue, as_of, report)
        report("comparisons")
        comparisons = await compare_all(connection, as_of)
        await savepoint.rollback()
    return replace(differences, comparisons=comparisons)
