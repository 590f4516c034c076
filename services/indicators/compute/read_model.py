"""Makes the stored figures equal what the facts say: cells, then the sums of ancestor sets, then the values served.

Each step writes only rows that differ and removes those that are gone, so `revision` and `computed_at` move only with a
figure. Each exists for named keys (a recomputation) and for everything (a rebuild); both read the same SELECTs.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import TextClause, text

from services.indicators.compute.cells import aggregate
from services.indicators.compute.values import value_statement
from shared.db.arrays import as_arrays
from shared.db.pipeline import execute_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.facts.series import Series


class Leaf(NamedTuple):
    """A cell's place and month, in the scope of its owner."""

    writing_area_id: int
    area_id: int
    month: date


class Counted(NamedTuple):
    """A series whose figures have cells, and what it counts."""

    series_id: int
    definition: IndicatorDefinition


class ChangedCell(NamedTuple):
    """A cell that was written or removed."""

    series_id: int
    area_id: int
    month: date
    ancestor_set_id: int


EVERY_MONTH = sum(1 << month for month in range(1, 13))


class Wanted(NamedTuple):
    """One year of one series and area, in which figures are to be made equal to the cells."""

    series_id: int
    area_id: int
    year: int


async def replace_cells(
    connection: AsyncConnection, counted: Iterable[tuple[tuple[Counted, ...], Sequence[Leaf]]], as_of: date
) -> list[ChangedCell]:
    """Aggregate leaves afresh, each for the series it is given with, and return the cells that changed."""
    statements = [
        (_cell_statement(series), {"as_of": as_of} | as_arrays(Leaf._fields, leaves)) for series, leaves in counted
    ]
    return [ChangedCell(*row) for rows in await execute_pipeline(connection, statements) for row in rows]


async def replace_all_cells(
    connection: AsyncConnection, series: Series, definition: IndicatorDefinition, as_of: date
) -> int:
    """Aggregate everything afresh for one indicator; return how many cells changed."""
    statement = _cell_statement((Counted(series.series_id, definition),), everywhere=True)
    return (
        await connection.execute(statement, {"writing_area_id": series.defining_municipality_id, "as_of": as_of})
    ).rowcount


async def replace_ancestor_set_totals(connection: AsyncConnection, changed: Iterable[ChangedCell]) -> None:
    """Sum the ancestor sets of the changed cells afresh."""
    keys = {(cell.series_id, cell.ancestor_set_id, cell.month) for cell in changed}
    await connection.execute(_ancestor_set_statement(), as_arrays(("series", "ancestor_sets", "months"), keys))


async def replace_all_ancestor_set_totals(connection: AsyncConnection, series: Series) -> int:
    """Sum every ancestor set afresh for one indicator; return how many figures changed."""
    return (
        await connection.execute(_ancestor_set_statement(everywhere=True), {"series_id": series.series_id})
    ).rowcount


async def replace_values(connection: AsyncConnection, wanted: Mapping[Wanted, int], as_of: date) -> list[Wanted]:
    """Make the values of the wanted years equal the cells; return the years in which rows changed.

    Of each year, the months that changed are given by their bits (1 << month), or all by EVERY_MONTH.
    """
    if not wanted:
        return []
    years = sorted(wanted)
    parameters = as_arrays(Wanted._fields, years) | {"months": [wanted[year] for year in years], "as_of": as_of}
    rows = await connection.execute(value_statement(), parameters)
    return sorted({Wanted(*row) for row in rows})


async def replace_all_values(connection: AsyncConnection, series: Series, as_of: date) -> int:
    """Make every value of one indicator equal the cells; return how many rows changed."""
    parameters = {"series_id": series.series_id, "as_of": as_of}
    return (await connection.execute(value_statement(everywhere=True), parameters)).rowcount


@cache
def _cell_statement(counted: tuple[Counted, ...], *, everywhere: bool = False) -> TextClause:
    """Return the MERGE of several series' cells of some leaves, or of all cells of one series."""
    leaf = """leaf AS (
        SELECT writing_area_id, area_id, month, (month + interval '1 month')::date AS next_month
        FROM unnest(CAST(:writing_area_id AS integer[]), CAST(:area_id AS integer[]), CAST(:month AS date[]))
             AS leaf(writing_area_id, area_id, month)),"""
    fresh = " UNION ALL ".join(
        f"SELECT {one.series_id}::smallint AS series_id, figure.*"
        f" FROM ({aggregate(one.definition, everywhere=everywhere)}) AS figure"
        for one in counted
    )
    ids = ", ".join(str(one.series_id) for one in counted)
    kept = f"""SELECT cell.* FROM leaf CROSS JOIN unnest(CAST(ARRAY[{ids}] AS smallint[])) AS counted(series_id)
               JOIN cell USING (series_id, area_id, month)
               JOIN ancestor_set ON ancestor_set.ancestor_set_id = cell.ancestor_set_id
                 AND ancestor_set.writing_area_id = leaf.writing_area_id"""
    # Told as a constant, it spares reading the cells of all other series.
    series_id = ids if everywhere else "changed.series_id"
    answer = "RETURNING cell.series_id, cell.area_id, cell.month, cell.ancestor_set_id"
    return text(
        f"""WITH {"" if everywhere else leaf}
            fresh AS ({fresh}),
            kept AS ({f"SELECT * FROM cell WHERE series_id = {ids}" if everywhere else kept})
        MERGE INTO cell USING (
            SELECT series_id, area_id, month, ancestor_set_id, fresh.numerator, fresh.denominator, fresh.left_out
            FROM fresh FULL JOIN kept USING (series_id, area_id, month, ancestor_set_id)
            WHERE (fresh.numerator, fresh.denominator, fresh.left_out)
                  IS DISTINCT FROM (kept.numerator, kept.denominator, kept.left_out)) AS changed
        ON cell.series_id = {series_id} AND cell.area_id = changed.area_id AND cell.month = changed.month
           AND cell.ancestor_set_id = changed.ancestor_set_id
        WHEN MATCHED AND changed.left_out IS NULL THEN DELETE
        WHEN MATCHED THEN UPDATE SET numerator = changed.numerator, denominator = changed.denominator,
                                     left_out = changed.left_out
        WHEN NOT MATCHED THEN INSERT (series_id, area_id, month, ancestor_set_id, numerator, denominator, left_out)
            VALUES (changed.series_id, changed.area_id, changed.month, changed.ancestor_set_id, changed.numerator,
                    changed.denominator, changed.left_out)
        {"" if everywhere else answer}"""
    )


@cache
def _ancestor_set_statement(*, everywhere: bool = False) -> TextClause:
    key = """key AS (SELECT series_id, ancestor_set_id, month
                     FROM unnest(CAST(:series AS smallint[]), CAST(:ancestor_sets AS integer[]), CAST(:months
                       AS date[]))
                          AS key(series_id, ancestor_set_id, month)),"""
    only = "" if everywhere else "JOIN key USING (series_id, ancestor_set_id, month)"
    these = "series_id = :series_id" if everywhere else "true"
    series_id = ":series_id" if everywhere else "changed.series_id"
    return text(
        f"""WITH {"" if everywhere else key}
            fresh AS (SELECT series_id, ancestor_set_id, month, sum(cell.numerator) AS numerator,
                             sum(cell.denominator) AS denominator, sum(cell.left_out) AS left_out
                      FROM cell {only} JOIN indicator_series USING (series_id)
                      WHERE over_time <> 'distinct' AND {these} GROUP BY 1, 2, 3),
            kept AS (SELECT ancestor_set_total.* FROM ancestor_set_total {only} WHERE {these})
        MERGE INTO ancestor_set_total AS figure USING (
            SELECT series_id, ancestor_set_id, month, fresh.numerator, fresh.denominator, fresh.left_out
            FROM fresh FULL JOIN kept USING (series_id, ancestor_set_id, month)
            WHERE (fresh.numerator, fresh.denominator, fresh.left_out)
                  IS DISTINCT FROM (kept.numerator, kept.denominator, kept.left_out)) AS changed
        ON figure.series_id = {series_id} AND figure.ancestor_set_id = changed.ancestor_set_id
          AND figure.month = changed.month
        WHEN MATCHED AND changed.left_out IS NULL THEN DELETE
        WHEN MATCHED THEN UPDATE SET numerator = changed.numerator, denominator = changed.denominator,
                                     left_out = changed.left_out
        WHEN NOT MATCHED THEN INSERT (series_id, ancestor_set_id, month, numerator, denominator, left_out)
            VALUES (changed.series_id, changed.ancestor_set_id, changed.month, changed.numerator, changed.denominator,
                    changed.left_out)"""
    )
