"""Computes everything afresh from the facts and writes what differs: for backfill, after doubt, and to verify.

It goes the way of a recomputation, by the same statements where it can: it finds what a mark has missed, not what a
statement gets wrong. For that there are checks that share nothing with them: the queries of the golden cases
(`tests/golden`), and `tests/indicators/second_opinion.py`.

No series' figures follow from another's, but for observed ones of the same measure. So two connections in the same
snapshot can compute half of the series each, on a processor each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from services.indicators.compute.cells import (
    StoredGroup,
    replace_all_ancestor_set_totals,
    replace_all_cells,
    stored_groups,
)
from services.indicators.compute.commitment_progress import recount_all_progress
from services.indicators.compute.comparisons import compare_all, mark_all_comparisons
from services.indicators.compute.observations import replace_all_observed
from services.indicators.compute.signals import judge_all_signals
from services.indicators.compute.target_evaluation import evaluate_all_targets
from services.indicators.compute.values import replace_all_values
from shared import cancellation
from shared.closing.verification import count_moved
from shared.db.locks import keep_figures
from shared.facts.marks import count_comparison_marks, count_signal_marks, rollup_marks
from shared.facts.series import put_series, series_by_key

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from datetime import date
    from typing import Any

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue

# Called with the name of each step as it begins, and how many steps there are where that was not said before.
Report = Callable[[str, int | None], None]

_STEPS_AFTER_CELLS = ("sums of ancestor sets", "values", "observed values", "targets", "comparisons", "signals")
_CLAIM_ALL = (
    text("DELETE FROM dirty_mark WHERE ripens_on <= :as_of"),
    text("DELETE FROM rollup_mark WHERE :as_of IS NOT NULL"),
    text("DELETE FROM postponed_scope WHERE :as_of IS NOT NULL"),
    # A midnight may have passed since a rebuild was asked for: what the new day marked is marked again.
    text("UPDATE day_rollover SET day = :as_of WHERE day > :as_of"),
)

# What is served of figures above where these are not for all is decided by the pass for the levels above.
_MARK_SERVED_ABOVE = text(
    rollup_marks(
        """SELECT DISTINCT series_id, area_id, extract(year FROM period_start)::integer
           FROM indicator_value WHERE served_above"""
    )
)

# What figures of closed periods would be, as it was before.
_LATER = """SELECT series_id, area_id, period_type, period_start, numerator, denominator, left_out, not_placed, status,
                   months_arrived, definition_version FROM later_value"""
_KEEP_LATER = text(f"CREATE TEMPORARY TABLE later_before ON COMMIT DROP AS {_LATER}")
_CHANGED_LATER = text(
    f"""SELECT count(DISTINCT (series_id, area_id, period_type, period_start))
        FROM ((({_LATER}) EXCEPT TABLE later_before) UNION ALL (TABLE later_before EXCEPT ({_LATER}))) AS changed"""
)
_FORGET_LATER = text("DROP TABLE later_before")

# The arrays are long here, and a plan that knows how long is a better one. One connection waits for the other.
_PREPARE = text(
    """SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '256MB', true),
              set_config('idle_in_transaction_session_timeout', '0', true)"""
)
# Without it the planner would loop over what was just written. The lock of the other connection, which does the same,
# ends with its transaction: so one of them is not waited for.
_ANALYZE = "ANALYZE (SKIP_LOCKED) {}"


@dataclass(frozen=True, slots=True)
class RebuildDifferences:
    """How many rows of each kind were not what they should be.

    `later` are of what figures of closed periods would be now. `moved` are such figures that are not served as they
    were frozen: they are never mended. `following` are the figures' years whose comparisons or signals had
    not been made yet when all was begun: no fault.
    """

    cells: int = 0
    ancestor_set_totals: int = 0
    values: int = 0
    judgements: int = 0
    commitments: int = 0
    comparisons: int = 0
    signals: int = 0
    following: int = 0
    later: int = 0
    moved: int = 0

    @property
    def total(self) -> int:
        """All rows that differ."""
        total: int = sum(astuple(self)) - self.following
        return total

    def __add__(self, other: RebuildDifferences) -> RebuildDifferences:
        """Return how many there are in both."""
        return RebuildDifferences(*(one + another for one, another in zip(astuple(self), astuple(other), strict=True)))


class _Share(NamedTuple):
    """The series that one connection computes: those of its groups and, the first, all that are in no group."""

    connection: AsyncConnection
    groups: Sequence[StoredGroup]
    is_first: bool = True
    # The series of the other one.
    elsewhere: Sequence[int] = ()


async def rebuild(
    connection: AsyncConnection,
    catalogue: Catalogue,
    as_of: date,
    report: Report = lambda _step, _steps: None,
    second: AsyncConnection | None = None,
) -> RebuildDifferences:
    """Make all figures equal a computation from scratch; tell `report` each step. The caller commits, or rolls back.

    The comparisons are marked, and follow in the passes that compare, and the signals after these: the last steps are
    the caller's.

    Facts may be written meanwhile: their marks stay, and are swept afterwards. So may areas be changed where the
    connection is in one snapshot, see `figures_in_snapshot`.

    A `second` connection, see `second_in_snapshot`, computes half of the series, unless definitions have changed, which
    it does not see. It is committed first: whatever ends the process in between, the marks are still there.
    """
    await keep_figures(connection)
    await connection.execute(_PREPARE)
    before = await series_by_key(connection)
    are_changed = await put_series(connection, catalogue, as_of)
    for statement in _CLAIM_ALL:
        await connection.execute(statement, {"as_of": as_of})
    commitments = await recount_all_progress(connection)  # before the cells, which read it
    series = await series_by_key(connection)
    groups = stored_groups(catalogue, series)
    steps = len(groups) + len(_STEPS_AFTER_CELLS)

    def compute(share: _Share) -> Coroutine[Any, Any, RebuildDifferences]:
        return _compute(share, catalogue, as_of, lambda step: report(step, steps))

    if second is None or are_changed or series != before:
        figures = await compute(_Share(connection, groups))
    else:
        await second.execute(_PREPARE)
        shares = _shares(connection, second, groups, [one.series_id for one in series.values()])
        figures = sum(await _both(*map(compute, shares)), RebuildDifferences())
    await connection.execute(_MARK_SERVED_ABOVE)
    return replace(figures, commitments=commitments)


def _shares(
    first: AsyncConnection, second: AsyncConnection, groups: Sequence[StoredGroup], series_ids: Sequence[int]
) -> tuple[_Share, _Share]:
    """Return two shares of as many series. Commitments are the first's, which has counted what is done of them."""
    others: list[StoredGroup] = []
    taken: set[int] = set()
    for group in sorted(groups, key=lambda group: len(group.series_ids), reverse=True):
        has_room = len(taken) + len(group.series_ids) <= len(series_ids) / 2
        if has_room and group.group.basis != "commitment":
            others.append(group)
            taken.update(group.series_ids)
    rest = [group for group in groups if group not in others]
    return (
        _Share(first, rest, elsewhere=sorted(taken)),
        _Share(second, others, is_first=False, elsewhere=sorted({*series_ids} - taken)),
    )


async def _both(*work: Coroutine[Any, Any, RebuildDifferences]) -> list[RebuildDifferences]:
    """Do both at once; where one fails or is cancelled, nothing of the other goes on."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        await cancellation.cancel(tasks)


async def _compute(
    share: _Share, catalogue: Catalogue, as_of: date, report: Callable[[str], None]
) -> RebuildDifferences:
    """Make the cells of a share of the series equal the facts, and all that follows from them; mark what does later."""
    connection, groups, is_first, elsewhere = share
    ancestor_sets, values, observed, targets, *_ = _STEPS_AFTER_CELLS
    cells = 0
    for group in groups:
        report(group.codes)
        cells += await replace_all_cells(connection, group, as_of)
    await connection.execute(_KEEP_LATER)
    if is_first:
        report(ancestor_sets)
    await connection.exec_driver_sql(_ANALYZE.format("cell"))
    ancestor_set_totals = await replace_all_ancestor_set_totals(connection, elsewhere)
    if is_first:
        report(values)
    await connection.exec_driver_sql(_ANALYZE.format("ancestor_set_total"))
    changed = await replace_all_values(connection, as_of, elsewhere)
    if is_first:
        report(observed)
        changed += await replace_all_observed(connection, catalogue, as_of)
        report(targets)
    await connection.exec_driver_sql(_ANALYZE.format("indicator_value"))
    judgements = await evaluate_all_targets(connection, as_of, elsewhere)
    later = (await connection.execute(_CHANGED_LATER)).scalar_one()
    await connection.execute(_FORGET_LATER)
    await mark_all_comparisons(connection, elsewhere)
    return RebuildDifferences(
        cells=cells,
        ancestor_set_totals=ancestor_set_totals,
        values=changed,
        judgements=judgements,
        later=later,
    )


async def verify(
    connection: AsyncConnection, catalogue: Catalogue, as_of: date, report: Report = lambda _step, _steps: None
) -> RebuildDifferences:
    """Return what a rebuild would change, and change nothing."""
    following = await count_comparison_marks(connection) + await count_signal_marks(connection)
    moved = await count_moved(connection)
    async with connection.begin_nested() as savepoint:
        differences = await rebuild(connection, catalogue, as_of, report)
        *_, comparing, judging = _STEPS_AFTER_CELLS
        report(comparing, None)
        comparisons = await compare_all(connection, as_of)
        report(judging, None)
        signals = await judge_all_signals(connection, as_of)
        await savepoint.rollback()
    return replace(differences, comparisons=comparisons, signals=signals, following=following, moved=moved)
