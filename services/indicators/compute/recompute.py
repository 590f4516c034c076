"""Recomputes scopes: lock, claim their marks, aggregate, replace what differs. The caller commits.

Lock, claim and aggregation are separate statements at READ COMMITTED, in that order: each sees what was committed
before it began, so a fact whose mark was claimed is always counted. A crash rolls back, and the marks are there again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from services.indicators.compute.cells import (
    CellKey,
    Leaf,
    replace_ancestor_set_totals,
    replace_cells,
    stored_groups,
)
from services.indicators.compute.commitment_progress import recount_progress
from services.indicators.compute.comparisons import MARK_COMPARISONS
from services.indicators.compute.target_evaluation import evaluate_targets
from services.indicators.compute.values import EVERY_MONTH, SeriesYear, replace_values
from shared.catalogue.indicator import BASES
from shared.db.arrays import as_arrays
from shared.db.locks import SCOPE, Scope, try_scopes
from shared.domain.commitment import COMMITMENTS
from shared.domain.role import ROLE_CHANGES
from shared.facts.marks import DAYS, TARGETS, Mark, claim, reached_days, rollup_marks, scope_marks
from shared.facts.series import NumberedSeries, series_by_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy import TextClause
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.cells import SeriesGroup, SeriesKey
    from shared.catalogue.loader import Catalogue
    from shared.domain.period import Clock
    from shared.facts.catalogue_in_force import CatalogueInForce


@dataclass(frozen=True, slots=True)
class ClaimedWork:
    """What a claim asks for."""

    # Leaf cells by the fact that changed there; None: any.
    leaves: dict[str | None, list[Leaf]]
    # All leaf cells of whole scopes, by what they can be made of.
    leaves_by_basis: dict[str, list[Leaf]]
    whole: list[Scope]
    # Scopes whose targets are judged again, though nothing changed but the day.
    judged: list[Scope]
    # Scopes in which a day is over, of what is to recur.
    passed: list[Scope]


async def recompute(
    connection: AsyncConnection, definitions: CatalogueInForce, scopes: Sequence[Scope], clock: Clock
) -> list[Scope]:
    """Bring the scopes' figures up to date; return those that no one else was busy with.

    The day and the definitions in force are read under the lock, and after the claim: else a worker that was held up
    could undo what another has shown, or answer the marks of a new day with the figures of the day before.
    """
    locked = await try_scopes(connection, scopes)
    if not locked:
        return []
    work = await _work(connection, await claim(connection, locked, clock()))
    as_of = clock()
    catalogue = await definitions.current(connection)
    await _replace_done(connection, work)  # before the cells, which read it
    changed = await _replace_cells(connection, catalogue, await series_by_key(connection), work, as_of)
    await replace_ancestor_set_totals(connection, changed)
    whole = await _years_of(connection, work.whole, _ALL_AT_HOME, _MARK_ALL_LEVELS_ABOVE)
    whole |= await _years_of(connection, work.passed, _RECURRING_AT_HOME, _MARK_RECURRING_ABOVE)
    wanted = await _touched(connection, changed)
    wanted |= dict.fromkeys(await _expected(connection, work) | whole, EVERY_MONTH)
    replaced = await replace_values(connection, wanted, as_of)
    judged = {*wanted, *await _years_judged(connection, work.judged)}
    await evaluate_targets(connection, judged, as_of, changed={*replaced, *whole})
    if compared := {*replaced, *whole}:
        await connection.execute(MARK_COMPARISONS, as_arrays(SeriesYear._fields, compared))
    return locked


async def _work(connection: AsyncConnection, marks: Iterable[Mark]) -> ClaimedWork:
    work = ClaimedWork({}, {}, [], [], [])
    for mark in marks:
        if mark.area_id is not None and mark.month is not None:
            work.leaves.setdefault(mark.fact, []).append(Leaf(mark.writing_area_id, mark.area_id, mark.month))
        elif mark.fact in {TARGETS, DAYS}:
            scopes = work.judged if mark.fact == TARGETS else work.passed
            scopes.append((mark.writing_area_id, mark.year))
        else:
            work.whole.append((mark.writing_area_id, mark.year))
    if work.whole:
        for basis, *leaf in await connection.execute(_ALL_LEAVES, as_arrays(SCOPE, work.whole)):
            work.leaves_by_basis.setdefault(basis, []).append(Leaf(*leaf))
    return work


async def _replace_cells(
    connection: AsyncConnection,
    catalogue: Catalogue,
    series: dict[SeriesKey, NumberedSeries],
    work: ClaimedWork,
    as_of: date,
) -> list[CellKey]:
    wanted = []
    for stored in stored_groups(catalogue, series):
        marked = _leaves(stored.group, work)
        leaves = sorted(leaf for leaf in marked if stored.has(leaf))
        if leaves:
            wanted.append((stored, leaves))
    return await replace_cells(connection, wanted, as_of)


def _leaves(group: SeriesGroup, work: ClaimedWork) -> set[Leaf]:
    """Return the leaf cells in which what changed can show in these series."""
    leaves = set(work.leaves_by_basis.get(group.basis, ()))
    for fact, marked in work.leaves.items():
        if fact is None or fact in group.facts:
            leaves.update(marked)
    if group.holds_until_year_end:
        leaves |= {leaf._replace(month=leaf.month.replace(month=later)) for leaf in leaves for later in _from(leaf)}
    return leaves


def _from(leaf: Leaf) -> range:
    return range(leaf.month.month, 13)


async def _replace_done(connection: AsyncConnection, work: ClaimedWork) -> None:
    marked = [leaf for fact in (COMMITMENTS, None) for leaf in work.leaves.get(fact, ())]
    marked += work.leaves_by_basis.get("commitment", ())
    if marked:
        await recount_progress(connection, {leaf.area_id for leaf in marked})


async def _years_judged(connection: AsyncConnection, scopes: Sequence[Scope]) -> set[SeriesYear]:
    if not scopes:
        return set()
    await connection.execute(_MARK_TARGETS_ABOVE, as_arrays(SCOPE, scopes))
    return {SeriesYear(*row) for row in await connection.execute(_TARGETS_AT_HOME, as_arrays(SCOPE, scopes))}


async def _touched(connection: AsyncConnection, changed: Sequence[CellKey]) -> dict[SeriesYear, int]:
    """Return the months to sum afresh here, and leave marks for the levels above and for areas that moved away."""
    if not changed:
        return {}
    parameters = as_arrays(("series", "areas", "months", "ancestor_sets"), changed)
    return {SeriesYear(*year): months for *year, months in await connection.execute(_TOUCHED, parameters)}


async def _expected(connection: AsyncConnection, work: ClaimedWork) -> set[SeriesYear]:
    """Return the years of places in which a role that has changed brings rows of nothing, or takes them away."""
    leaves = {(leaf.area_id, leaf.month.year) for fact in (ROLE_CHANGES, None) for leaf in work.leaves.get(fact, ())}
    if not leaves:
        return set()
    parameters = as_arrays(("areas", "years"), leaves)
    await connection.execute(_MARK_EXPECTED_ABOVE, parameters)
    return {SeriesYear(*row) for row in await connection.execute(_EXPECTED_AT_HOME, parameters)}


async def _years_of(
    connection: AsyncConnection, scopes: Sequence[Scope], at_home: TextClause, mark_above: TextClause
) -> set[SeriesYear]:
    """Return the years of whole scopes, and leave marks for the levels above."""
    if not scopes:
        return set()
    await connection.execute(mark_above, as_arrays(SCOPE, scopes))
    rows = await connection.execute(at_home, as_arrays(SCOPE, scopes))
    return {SeriesYear(*row) for row in rows}


_CASE_ON = "coalesce(reported_on, period_on)"
_SCOPE = "unnest(CAST(:owners AS integer[]), CAST(:years AS integer[])) AS scope(writing_area_id, year)"
_IN_YEAR = "{0} >= make_date(year, 1, 1) AND {0} < make_date(year + 1, 1, 1)"
_BASIS = "CASE {} END".format(" ".join(f"WHEN kind = '{kind}' THEN '{basis}'" for kind, basis in BASES.items()))
_ALL_LEAVES = text(
    f"""WITH scope_area AS (SELECT writing_area_id, year, area_id, valid
                      FROM {_SCOPE} JOIN ancestor_set USING (writing_area_id)
                        JOIN area_ancestor_set USING (ancestor_set_id))
        SELECT 'activity' AS basis, writing_area_id, area_id, date_trunc('month', period_on)::date AS month
        FROM scope_area JOIN activity USING (area_id) WHERE valid @> period_on AND {_IN_YEAR.format("period_on")}
        UNION
        SELECT 'activity', writing_area_id, area_id, date_trunc('month', {_CASE_ON})::date
        FROM scope_area JOIN activity USING (area_id) WHERE valid @> {_CASE_ON} AND {_IN_YEAR.format(_CASE_ON)}
        UNION
        SELECT 'commitment', writing_area_id, area_id, date_trunc('month', due_on)::date
        FROM scope_area JOIN commitment_area USING (area_id) JOIN commitment USING (commitment_id)
        WHERE valid @> due_on AND {_IN_YEAR.format("due_on")}
        UNION
        SELECT 'place', writing_area_id, area_id, month
        FROM scope_area CROSS JOIN generate_series(1, 12) AS number
        CROSS JOIN LATERAL (SELECT make_date(year, number, 1) AS month) AS months
        WHERE valid && daterange(month, (month + interval '1 month')::date)
        UNION
        SELECT 'activity', writing_area_id, area_id, date_trunc('month', day)::date
        FROM scope_area JOIN activity USING (area_id) CROSS JOIN {reached_days("activity_type", "period_on")} AS day
        WHERE valid @> day AND {_IN_YEAR.format("day")}
        UNION
        SELECT coalesce({_BASIS}, 'activity'), ancestor_set.writing_area_id, area_id, date_trunc('month', month)::date
        FROM {_SCOPE} JOIN ancestor_set USING (writing_area_id) JOIN cell USING (ancestor_set_id)
          JOIN indicator_series USING (series_id)
        WHERE {_IN_YEAR.format("month")}"""
)
_WITH_TARGETS = f"""SELECT DISTINCT series_id, area_id, year
        FROM {_SCOPE} JOIN area ON coalesce(municipality_id, area_id) = scope.writing_area_id
        JOIN target USING (area_id) JOIN indicator_series USING (indicator_code, slice)"""
# What is observed is judged where it is written: by the pass for the levels above.
_TARGETS_AT_HOME = text(f"{_WITH_TARGETS} WHERE municipality_id IS NOT NULL AND measure IS NULL")
_MARK_TARGETS_ABOVE = text(rollup_marks(f"{_WITH_TARGETS} WHERE municipality_id IS NULL OR measure IS NOT NULL"))
_MARK_TOUCHED_ABOVE = rollup_marks(
    "SELECT DISTINCT series_id, area_id, year FROM touched WHERE municipality_id IS NULL"
)
_MARK_TOUCHED_ELSEWHERE = scope_marks(
    """SELECT DISTINCT municipality_id, year, NULL, date '-infinity' FROM touched
       WHERE municipality_id <> writing_area_id"""
)
# Two scopes that write the same value would each miss what the other is about to commit.
_TOUCHED = text(
    f"""WITH touched AS (
           SELECT series_id, area_id, extract(year FROM month)::integer AS year,
                  bit_or(1 << extract(month FROM month)::integer) AS months, municipality_id, writing_area_id
           FROM unnest(CAST(:series AS smallint[]), CAST(:areas AS integer[]), CAST(:months AS date[]),
                       CAST(:ancestor_sets AS integer[])) AS changed(series_id, leaf_id, month, ancestor_set_id)
           JOIN ancestor_set USING (ancestor_set_id)
           CROSS JOIN LATERAL (SELECT leaf_id AS area_id UNION
                               SELECT ancestor_id FROM ancestor_set_member AS member
                               WHERE member.ancestor_set_id = changed.ancestor_set_id) AS holder
           JOIN area USING (area_id)
           GROUP BY series_id, area_id, extract(year FROM month), municipality_id, writing_area_id),
       above AS ({_MARK_TOUCHED_ABOVE}),
       away AS ({_MARK_TOUCHED_ELSEWHERE})
       SELECT series_id, area_id, year, months FROM touched WHERE municipality_id = writing_area_id"""
)
_EXPECTED = """SELECT series_id, area_id, year
        FROM unnest(CAST(:areas AS integer[]), CAST(:years AS integer[])) AS leaf(area_id, year)
        JOIN area USING (area_id) JOIN indicator_series ON expected_role IS NOT NULL"""
_EXPECTED_AT_HOME = text(f"{_EXPECTED} WHERE municipality_id IS NOT NULL")
_MARK_EXPECTED_ABOVE = text(rollup_marks(f"{_EXPECTED} WHERE municipality_id IS NULL"))
# Where a series has figures, or will have: more places have none of it.
_HAS_FIGURES = """(EXISTS (SELECT FROM cell
                      WHERE cell.series_id = indicator_series.series_id AND cell.area_id = area.area_id)
           OR EXISTS (SELECT FROM indicator_value AS value
                      WHERE value.series_id = indicator_series.series_id AND value.area_id = area.area_id)
           OR EXISTS (SELECT FROM area_role
                      WHERE area_role.area_id = area.area_id AND area_role.role = indicator_series.expected_role))"""
_AT_HOME = f"""SELECT series_id, area_id, year
        FROM {_SCOPE} JOIN area ON municipality_id = scope.writing_area_id CROSS JOIN {{series}} AS indicator_series
        WHERE measure IS NULL AND (
           area.kind <> 'place'
           OR EXISTS (SELECT FROM ancestor_set_member WHERE ancestor_id = area.area_id)
           OR EXISTS (SELECT FROM reporting WHERE reporting.area_id = area.area_id)
           OR {_HAS_FIGURES})"""
_ABOVE = rollup_marks(
    f"""SELECT DISTINCT series_id, ancestor_id, year
            FROM {_SCOPE} JOIN ancestor_set USING (writing_area_id) JOIN ancestor_set_member USING (ancestor_set_id)
            JOIN area ON area_id = ancestor_id AND municipality_id IS NULL CROSS JOIN {{series}} AS indicator_series
            UNION
            SELECT series_id, area_id, year
            FROM {_SCOPE} JOIN area ON area_id = scope.writing_area_id AND municipality_id IS NULL
              CROSS JOIN {{series}} AS indicator_series
            UNION
            SELECT series_id, area_id, year
            FROM {_SCOPE} JOIN ancestor_set USING (writing_area_id) JOIN area_ancestor_set USING (ancestor_set_id)
              JOIN area USING (area_id) CROSS JOIN {{series}} AS indicator_series
            WHERE municipality_id IS NULL AND measure IS NULL AND {_HAS_FIGURES}
            UNION
            SELECT series_id, scope.writing_area_id, year
            FROM {_SCOPE} CROSS JOIN {{series}} AS indicator_series
            WHERE measure IS NOT NULL"""
)
_EVERY_SERIES = "indicator_series"
# Of what is to recur, days and weeks count when they are over.
_RECURRING = "(SELECT * FROM indicator_series WHERE recurs_each IS NOT NULL AND is_share)"
_ALL_AT_HOME = text(_AT_HOME.format(series=_EVERY_SERIES))
_MARK_ALL_LEVELS_ABOVE = text(_ABOVE.format(series=_EVERY_SERIES))
_RECURRING_AT_HOME = text(_AT_HOME.format(series=_RECURRING))
_MARK_RECURRING_ABOVE = text(_ABOVE.format(series=_RECURRING))
