"""Makes the leaf figures equal what the facts say: cells, and their sums by ancestor set.

Each step writes only rows that differ and removes those that are gone. It is there for named keys, which a
recomputation has, and for everything, as in a rebuild.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import TextClause, text

from shared.catalogue.cells import SeriesGroup, all_cells, cells_of_leaves
from shared.catalogue.contributions import DefinedSeries
from shared.db.arrays import as_arrays
from shared.db.pipeline import execute_pipeline
from shared.db.sql import statement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.cells import SeriesKey
    from shared.catalogue.loader import Catalogue
    from shared.facts.series import NumberedSeries, Owned


class Leaf(NamedTuple):
    """An area and month, and the area under whose lock its figures are written."""

    writing_area_id: int
    area_id: int
    month: date


class CellKey(NamedTuple):
    """A cell: its series, area, month and ancestor set."""

    series_id: int
    area_id: int
    month: date
    ancestor_set_id: int


class AncestorSets(NamedTuple):
    """The figures of an ancestor set in the months of a series."""

    series_id: int
    ancestor_set_id: int
    first_month: date
    last_month: date


class StoredGroup(NamedTuple):
    """A group of series, their ids, and whose own they are, if they are anyone's."""

    group: SeriesGroup
    series_ids: tuple[int, ...]
    owned: Owned | None

    @property
    def parameters(self) -> dict[str, object]:
        """What every statement about their cells asks for."""
        series: dict[str, object] = {"series": list(self.series_ids)}
        return series | {"owned": list(self.owned.area_ids)} if self.owned else series

    def has(self, leaf: Leaf) -> bool:
        """Tell whether what is written with a leaf's figures may lie in the owner's areas."""
        return self.owned is None or leaf.writing_area_id in self.owned.writing_area_ids

    @property
    def codes(self) -> str:
        """The indicators' codes, for people to read."""
        return ", ".join(sorted({code for code, _ in self.group.definitions}))


def stored_groups(catalogue: Catalogue, series: Mapping[SeriesKey, NumberedSeries]) -> list[StoredGroup]:
    """Return the groups of series that have cells, with what the series are kept as."""
    found = []
    for group in catalogue.series_groups:
        members = [series[key] for key in group.definitions]
        ids = tuple(one.series_id for one in members)
        found.append(StoredGroup(group, ids, members[0].owned))
    return found


async def replace_cells(
    connection: AsyncConnection, wanted: Iterable[tuple[StoredGroup, Sequence[Leaf]]], as_of: date
) -> list[CellKey]:
    """Aggregate leaves afresh, each for the series it is given with, and return the cells that changed."""
    statements = [
        (
            _replace_leaves(stored.group, stored.series_ids, are_owned=stored.owned is not None),
            as_arrays(Leaf._fields, leaves) | stored.parameters | {"as_of": as_of},
        )
        for stored, leaves in wanted
    ]
    return [CellKey(*row) for rows in await execute_pipeline(connection, statements) for row in rows]


async def replace_all_cells(connection: AsyncConnection, stored: StoredGroup, as_of: date) -> int:
    """Aggregate everything afresh for some series; return how many cells changed."""
    replace = _replace_all(stored.group, stored.series_ids, are_owned=stored.owned is not None)
    changed: int = (await connection.execute(replace, stored.parameters | {"as_of": as_of})).scalar_one()
    return changed


async def replace_ancestor_set_totals(connection: AsyncConnection, changed: Iterable[CellKey]) -> int:
    """Sum the ancestor sets of the changed cells afresh; return how many figures changed."""
    wanted = {AncestorSets(cell.series_id, cell.ancestor_set_id, cell.month, cell.month) for cell in changed}
    return await _replace_ancestor_set_totals(connection, wanted) if wanted else 0


async def replace_all_ancestor_set_totals(connection: AsyncConnection, elsewhere: Sequence[int] = ()) -> int:
    """Sum every ancestor set afresh for all series but those computed elsewhere; return how many figures changed."""
    rows = await connection.execute(_ALL_ANCESTOR_SETS, {"elsewhere": list(elsewhere)})
    wanted = [AncestorSets(row.series_id, row.ancestor_set_id, date.min, date.max) for row in rows]
    return await _replace_ancestor_set_totals(connection, wanted)


async def _replace_ancestor_set_totals(connection: AsyncConnection, wanted: Collection[AncestorSets]) -> int:
    merge = statement("ancestor_set_totals.sql", __package__)
    return (await connection.execute(merge, as_arrays(AncestorSets._fields, wanted))).rowcount


def _defined(group: SeriesGroup, series_ids: tuple[int, ...]) -> list[DefinedSeries]:
    return [DefinedSeries(*one) for one in zip(series_ids, group.definitions.values(), strict=True)]


# Groups are the same objects for as long as the catalogue is.
@cache
def _replace_leaves(group: SeriesGroup, series_ids: tuple[int, ...], *, are_owned: bool) -> TextClause:
    """Return the statement for all `:series` and the leaves in `:writing_area_id`, `:area_id` and `:month`, arrays."""
    # Of days or weeks, a month has several.
    month, in_month = ", month", ""
    if group.is_finer_than_months:
        month, in_month = "", "\n            WHERE cell.month >= leaf.month AND cell.month < leaf.next_month"
    return text(
        f"""WITH
        -- the areas and months asked for, each under the lock of one area
        leaf AS (
            SELECT writing_area_id, area_id, month, (month + interval '1 month')::date AS next_month
            FROM unnest(CAST(:writing_area_id AS integer[]), CAST(:area_id AS integer[]), CAST(:month AS date[]))
                 AS leaf (writing_area_id, area_id, month)),
        -- the cells by the facts
        fresh AS ({cells_of_leaves(_defined(group, series_ids), are_owned=are_owned)}),
        -- the cells as they are stored
        stored AS (
            SELECT cell.* FROM leaf CROSS JOIN unnest(CAST(:series AS smallint[])) AS counted (series_id)
            JOIN cell USING (series_id, area_id{month})
            JOIN ancestor_set ON ancestor_set.ancestor_set_id = cell.ancestor_set_id
                             AND ancestor_set.writing_area_id = leaf.writing_area_id{in_month}),
        {_store_cells(group)}
        SELECT series_id, area_id, month, ancestor_set_id FROM changed"""
    )


def _replace_all(group: SeriesGroup, series_ids: tuple[int, ...], *, are_owned: bool) -> TextClause:
    """Return the statement for all cells of `:series`."""
    return text(
        f"""WITH
        -- the cells by the facts
        fresh AS ({all_cells(_defined(group, series_ids), are_owned=are_owned)}),
        -- the cells as they are stored
        stored AS (SELECT * FROM cell WHERE series_id = ANY (CAST(:series AS smallint[]))),
        {_store_cells(group)}
        SELECT count(*) FROM changed"""
    )


# Of commitments, how each of them is, too.
_FIGURES = ("numerator", "denominator", "left_out")
_FIGURES_OF_COMMITMENTS = (*_FIGURES, "dues")


def _store_cells(group: SeriesGroup) -> str:
    """Return the CTEs that make the cells in `stored` equal those in `fresh`; `changed` has what differed.

    Not a MERGE: that would look each cell up once more, and most of a rebuild's are new.
    """
    figures = _FIGURES_OF_COMMITMENTS if group.basis == "commitment" else _FIGURES
    names = ", ".join(figures)
    fresh, stored = (", ".join(f"{side}.{name}" for name in figures) for side in ("fresh", "stored"))
    return f"""-- what differs
        changed AS MATERIALIZED (
            SELECT series_id, area_id, month, ancestor_set_id, {fresh},
                   stored.left_out IS NULL AS is_new, fresh.left_out IS NULL AS is_gone
            FROM fresh FULL JOIN stored USING (series_id, area_id, month, ancestor_set_id)
            WHERE ({fresh})
                  IS DISTINCT FROM ({stored})
              -- without their facts, figures stay as they are
              AND month >= (SELECT facts_removed_before())),
        inserted AS (
            INSERT INTO cell (series_id, area_id, month, ancestor_set_id, {names})
            SELECT series_id, area_id, month, ancestor_set_id, {names}
            FROM changed WHERE is_new),
        updated AS (
            UPDATE cell SET {", ".join(f"{name} = changed.{name}" for name in figures)}
            FROM changed
            WHERE NOT is_new AND NOT is_gone AND cell.series_id = changed.series_id
              AND cell.area_id = changed.area_id AND cell.month = changed.month
              AND cell.ancestor_set_id = changed.ancestor_set_id),
        deleted AS (
            DELETE FROM cell USING changed
            WHERE is_gone AND cell.series_id = changed.series_id AND cell.area_id = changed.area_id
              AND cell.month = changed.month AND cell.ancestor_set_id = changed.ancestor_set_id)"""


_ALL_ANCESTOR_SETS = text(
    """SELECT DISTINCT series_id, ancestor_set_id
       FROM (SELECT series_id, ancestor_set_id FROM cell
             UNION ALL SELECT series_id, ancestor_set_id FROM ancestor_set_total) AS stored
       WHERE series_id <> ALL (CAST(:elsewhere AS smallint[]))"""
)
