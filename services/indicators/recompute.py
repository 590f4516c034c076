"""Recomputes scopes: lock, claim their marks, aggregate, replace what differs. The caller commits.

Lock, claim and aggregation are separate statements at READ COMMITTED, in that order: each sees what was committed
before it began, so a fact whose mark was claimed is always counted. A crash rolls back, and the marks are there again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from services.indicators.judging import judge_targets, mark_years_compared
from services.indicators.read_model import (
    ChangedCell,
    Leaf,
    Wanted,
    replace_atom_figures,
    replace_cells,
    replace_values,
)
from services.indicators.series import series_ids
from shared.db.locks import Scope, share_figures, try_scopes
from shared.facts.dirty import Mark, claim, forget_postponement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.domain.period import Clock


@dataclass(frozen=True, slots=True)
class Work:
    """What a claim asks for: leaf cells by activity type (None: all), and scopes to be done as a whole."""

    leaves: dict[str | None, list[Leaf]]
    whole: list[Scope]


async def recompute(
    connection: AsyncConnection, catalogue: Catalogue, scopes: Sequence[Scope], clock: Clock
) -> list[Scope]:
    """Bring the scopes' figures up to date; return those that no one else was busy with.

    The day is read under the lock: else a worker that was held up over midnight could undo what another has shown.
    """
    await share_figures(connection)
    locked = await try_scopes(connection, scopes)
    if not locked:
        return []
    as_of = clock()
    work = await _work(connection, await claim(connection, locked, as_of))
    series = await series_ids(connection)
    changed = await _replace_cells(connection, catalogue, series, work, as_of)
    if changed:
        await replace_atom_figures(connection, changed)
    touched = await _touched(connection, changed)
    wanted = sorted(touched | await _whole_years(connection, work.whole))
    replaced = await replace_values(connection, wanted, as_of)
    await judge_targets(connection, wanted, as_of)
    if replaced:
        await mark_years_compared(connection, wanted, as_of)
    await forget_postponement(connection, locked)
    return locked


async def _work(connection: AsyncConnection, marks: Iterable[Mark]) -> Work:
    leaves: dict[str | None, list[Leaf]] = {}
    whole = []
    for mark in marks:
        if mark.area_id is None or mark.month is None:
            whole.append((mark.owner_id, mark.year))
        else:
            leaves.setdefault(mark.activity_type, []).append(Leaf(mark.owner_id, mark.area_id, mark.month))
    if whole:
        rows = await connection.execute(_ALL_LEAVES, _arrays(whole))
        leaves.setdefault(None, []).extend(Leaf(*row) for row in rows)
    return Work(leaves, whole)


async def _replace_cells(
    connection: AsyncConnection, catalogue: Catalogue, series: dict[str, int], work: Work, as_of: date
) -> list[ChangedCell]:
    changed = []
    for definition in (one for code, one in catalogue.indicators.items() if code in series):
        leaves = {
            leaf
            for activity_type, marked in work.leaves.items()
            if activity_type is None or definition.reads(activity_type)
            for leaf in marked
        }
        if leaves:
            changed += await replace_cells(connection, series[definition.code], definition, sorted(leaves), as_of)
    return changed


async def _touched(connection: AsyncConnection, changed: Sequence[ChangedCell]) -> set[Wanted]:
    """Return the years to sum afresh here, and leave marks for the levels above and for areas that moved away."""
    if not changed:
        return set()
    series, areas, months, atoms = (list(column) for column in zip(*changed, strict=True))
    parameters = {"series": series, "areas": areas, "months": months, "atoms": atoms}
    await connection.execute(_MARK_LEVELS_ABOVE, parameters)
    await connection.execute(_MARK_AWAY, parameters)
    rows = await connection.execute(_TOUCHED_AT_HOME, parameters)
    return {Wanted(*row) for row in rows}


async def _whole_years(connection: AsyncConnection, scopes: Sequence[Scope]) -> set[Wanted]:
    if not scopes:
        return set()
    await connection.execute(_MARK_ALL_LEVELS_ABOVE, _arrays(scopes))
    rows = await connection.execute(_ALL_AT_HOME, _arrays(scopes))
    return {Wanted(*row) for row in rows}


def _arrays(scopes: Sequence[Scope]) -> dict[str, list[int]]:
    return {"owners": [owner for owner, _ in scopes], "years": [year for _, year in scopes]}


_SCOPE = "unnest(CAST(:owners AS integer[]), CAST(:years AS integer[])) AS scope(owner_id, year)"
_ALL_LEAVES = text(
    f"""SELECT owner_id, area_id, month::date
        FROM {_SCOPE}
        JOIN atom USING (owner_id)
        JOIN area_atom USING (atom_id)
        CROSS JOIN generate_series(0, 11) AS ahead
        CROSS JOIN LATERAL (SELECT make_date(year, ahead + 1, 1) AS month) AS month
        WHERE valid && daterange(month, (month + interval '1 month')::date)
        UNION
        SELECT owner_id, area_id, month
        FROM {_SCOPE} JOIN atom USING (owner_id) JOIN cell USING (atom_id)
        WHERE month >= make_date(year, 1, 1) AND month < make_date(year + 1, 1, 1)"""
)
_CHANGED = """unnest(CAST(:series AS smallint[]), CAST(:areas AS integer[]), CAST(:months AS date[]),
                      CAST(:atoms AS integer[])) AS changed(series_id, leaf_id, month, atom_id)"""
_HOLDERS = """LATERAL (SELECT leaf_id AS area_id UNION
                      SELECT ancestor_id FROM atom_ancestor AS held WHERE held.atom_id = changed.atom_id) AS holder"""
_AT_HOME = f"""{_CHANGED} JOIN atom USING (atom_id), {_HOLDERS} JOIN area USING (area_id)"""
_TOUCHED_AT_HOME = text(
    f"""SELECT DISTINCT series_id, area_id, extract(year FROM month)::integer
        FROM {_AT_HOME} WHERE home_id = owner_id"""
)
# Two scopes that write the same value would each miss what the other is about to commit.
_MARK_AWAY = text(
    f"""INSERT INTO dirty_mark (owner_id, year, ripens_on)
        SELECT DISTINCT home_id, extract(year FROM month), date '-infinity' FROM {_AT_HOME} WHERE home_id <> owner_id"""
)
_MARK_LEVELS_ABOVE = text(
    f"""INSERT INTO rollup_mark (series_id, area_id, year)
        SELECT DISTINCT series_id, area_id, extract(year FROM month)
        FROM {_CHANGED}, {_HOLDERS} JOIN area USING (area_id) WHERE home_id IS NULL"""
)
_ALL_AT_HOME = text(
    f"""SELECT series_id, area_id, year
        FROM {_SCOPE} JOIN area ON home_id = owner_id CROSS JOIN indicator_series
        WHERE area.kind <> 'place'
           OR EXISTS (SELECT FROM atom_ancestor WHERE ancestor_id = area.area_id)
           OR EXISTS (SELECT FROM cell
                      WHERE cell.series_id = indicator_series.series_id AND cell.area_id = area.area_id)
           OR EXISTS (SELECT FROM indicator_value AS value
                      WHERE value.series_id = indicator_series.series_id AND value.area_id = area.area_id)"""
)
_MARK_ALL_LEVELS_ABOVE = text(
    f"""INSERT INTO rollup_mark (series_id, area_id, year)
        SELECT DISTINCT series_id, ancestor_id, year
        FROM {_SCOPE} JOIN atom USING (owner_id) JOIN atom_ancestor USING (atom_id)
        JOIN area ON area_id = ancestor_id AND home_id IS NULL CROSS JOIN indicator_series
        UNION
        SELECT series_id, area_id, year
        FROM {_SCOPE} JOIN area ON area_id = owner_id AND home_id IS NULL CROSS JOIN indicator_series"""
)
