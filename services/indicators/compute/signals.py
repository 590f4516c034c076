"""Signals: which figures differ from what was to be expected, in a pass of its own that follows the comparisons.

What is marked for comparison is marked for this pass as it is compared: so figures have settled by then. A signal is
a part of what is served of a value, as the judgement of a target is: where it changes, the value's revision grows, and
the change feed tells.

No one waits for this pass, and it for no one: nothing is held while figures are judged, and what another transaction
holds as they are stored is left to the next pass.
"""

# Over 300 lines: the pass, and all that it reads and writes as SQL.

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import orjson
from sqlalchemy import text

from services.indicators.compute.signal_failures import SignalFailures, Years
from services.indicators.compute.signal_series import (
    YEARS_BACK,
    Judged,
    Known,
    Subject,
    is_current,
    judged,
    wanted_years,
)
from services.indicators.compute.values import SeriesYear
from shared.db.arrays import as_arrays
from shared.db.locks import try_comparing, try_figures
from shared.domain.period import PeriodType
from shared.facts.breaks import BREAKS_IN_AREAS
from shared.facts.marks import signal_marks
from shared.line_process import ProcessEnded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence
    from contextlib import AbstractAsyncContextManager

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.period import Clock

    Begin = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
    Judge = Callable[[Sequence[Subject], date, date], Awaitable[list[Judged]]]

# Years of series that are judged at a time: the more, the less each takes, and the longer what comes meanwhile waits.
MOST_YEARS = 20
# Of all figures there are, where nothing else waits.
MOST_AT_ONCE = 400
SECONDS = 1.0
"""How long a pass goes on claiming where nobody else writes."""


async def _in_thread(subjects: Sequence[Subject], first: date, until: date, *, afresh: bool = False) -> list[Judged]:
    return await asyncio.to_thread(judged, subjects, first, until, afresh=afresh)


class _Lot(NamedTuple):
    """Figures that are judged together: the marks that ask for it, and what was read of them."""

    marks: list[int]
    years: Years
    span: tuple[int, int]
    """The first and the last year that is judged."""
    as_of: date
    subjects: list[Subject]


async def judge_signals(
    begin: Begin,
    clock: Clock,
    seconds: float = SECONDS,
    judge: Judge = _in_thread,
    failures: SignalFailures | None = None,
) -> int:
    """Judge afresh what is marked, for so long; return how many signals changed.

    `begin` begins a transaction, and commits it when it is left: what is judged is read in one and stored in another,
    so that nothing is held while it is judged, however long that takes. Until it is stored, it is marked. What cannot
    be judged is marked behind all else. Who judges again and again keeps the `failures`.
    """
    failures = failures or SignalFailures()
    changed = 0
    until = time.monotonic() + seconds
    while True:
        async with begin() as connection:
            lot = await _next_lot(connection, clock, failures)
        if lot is None:
            return changed
        try:
            found = await judge(lot.subjects, *_days(lot.span))
        except ProcessEnded as error:
            failures.note(lot.years, error)
            async with begin() as connection:
                await _mark_behind(connection, lot.marks, lot.years)
            return changed
        async with begin() as connection:
            changed += await _store_lot(connection, lot, found)
        failures.forget(lot.years)
        if time.monotonic() > until:
            return changed


async def _next_lot(connection: AsyncConnection, clock: Clock, failures: SignalFailures) -> _Lot | None:
    """Read what is judged next; what has failed and waits is marked behind all else."""
    if not await _may_judge(connection):
        return None
    marks = [(row.mark_id, SeriesYear(*row[1:])) for row in await connection.execute(_EARLIEST, {"most": MOST_YEARS})]
    years = _years([mark for _, mark in marks])
    part = failures.judged_now(years)
    waiting = {key: of for key, of in years.items() if key not in part}
    if waiting:
        await _mark_behind(connection, [mark_id for mark_id, one in marks if one[:2] in waiting], waiting)
    if not part:
        return None
    # Read after the marks: what marked a day's turn is then never judged as of the day before.
    span, as_of = wanted_years([year for of in part.values() for year in of]), clock()
    subjects = await _read(connection, list(part), span, as_of)
    return _Lot([mark_id for mark_id, one in marks if one[:2] in part], part, span, as_of, subjects)


async def _store_lot(connection: AsyncConnection, lot: _Lot, found: Sequence[Judged]) -> int:
    """Store what was found, where it rests on what there is now; the rest is judged again.

    A figure may have been hidden meanwhile, or its period closed.
    """
    if not await _may_judge(connection):
        return 0
    await connection.execute(_CLAIM, {"marks": lot.marks})
    gone = (await connection.execute(_DROP_GONE, as_arrays(_SUBJECT, list(lot.years)))).rowcount
    if not found:
        return gone
    keys = sorted({(one.series_id, one.area_id) for one in found})
    subjects = await _read(connection, keys, lot.span, lot.as_of)
    of = {(subject.about.series_id, subject.about.area_id): subject for subject in subjects}
    current = [one for one in found if is_current(one, of.get((one.series_id, one.area_id)))]
    return gone + await _store(connection, current, found)


async def _may_judge(connection: AsyncConnection) -> bool:
    return await try_figures(connection) and await try_comparing(connection)


async def _mark_behind(connection: AsyncConnection, marks: Collection[int], years: Years) -> None:
    """Mark years of figures behind all else, in place of the marks that they have."""
    await connection.execute(_CLAIM, {"marks": list(marks)})
    behind = [SeriesYear(*key, year) for key, of in years.items() for year in of]
    await connection.execute(MARK_SIGNALS, as_arrays(SeriesYear._fields, behind))


async def judge_all_signals(connection: AsyncConnection, as_of: date) -> int:
    """Judge everything afresh; return how many signals changed. Nothing else may write figures meanwhile."""
    await connection.execute(_FORGET_MARKS)
    years = _years([SeriesYear(*row) for row in await connection.execute(_EVERYTHING)])
    subjects = sorted(years)
    changed = 0
    for start in range(0, len(subjects), MOST_AT_ONCE):
        some = {one: years[one] for one in subjects[start : start + MOST_AT_ONCE]}
        span = wanted_years([year for of in some.values() for year in of])
        changed += (await connection.execute(_DROP_GONE, as_arrays(_SUBJECT, list(some)))).rowcount
        found = await _in_thread(await _read(connection, list(some), span, as_of), *_days(span), afresh=True)
        changed += await _store(connection, found, found)
    return changed


async def drop_signals(connection: AsyncConnection, hidden: Collection[SeriesYear]) -> None:
    """Drop what rests on figures of these years that are suppressed from now on; no pass of signals runs meanwhile.

    What is marked is judged afresh without them.
    """
    dropped = [tuple(row) for row in await connection.execute(_DROP, as_arrays(SeriesYear._fields, hidden))]
    if dropped:
        await connection.execute(_SHOW_CHANGE, as_arrays(_KEY, dropped))


def _years(marks: Collection[SeriesYear]) -> dict[tuple[int, int], list[int]]:
    years: dict[tuple[int, int], list[int]] = defaultdict(list)
    for mark in marks:
        years[mark.series_id, mark.area_id].append(mark.year)
    return years


def _days(span: tuple[int, int]) -> tuple[date, date]:
    """Return the first day of some years, and the first after them."""
    return date(span[0], 1, 1), date(span[1] + 1, 1, 1)


async def _read(
    connection: AsyncConnection, keys: Sequence[tuple[int, int]], years: tuple[int, int], as_of: date
) -> list[Subject]:
    """Read the subjects with their figures of the years, and of those before that these rest on."""
    origin, last = years[0] - YEARS_BACK, years[1]
    asked = as_arrays(_SUBJECT, keys)
    subjects = {
        (row.series_id, row.area_id): Subject(row, origin, last, as_of)
        for row in await connection.execute(_ABOUT, asked)
    }
    span = {"first": date(origin, 1, 1), "last": date(last, 12, 31), "judged_from": date(years[0], 1, 1)}
    for row in await connection.execute(_FIGURES, asked | span):
        subject = subjects[row.series_id, row.area_id]
        key = (PeriodType(row.period_type), row.period_start)
        subject.rows[key] = row
        if row.inputs is not None:
            subject.stored[key] = Known(row.judged_numerator, row.judged_denominator, row.inputs)
    return list(subjects.values())


async def _store(connection: AsyncConnection, current: Sequence[Judged], found: Sequence[Judged]) -> int:
    """Store the signals that differ from those that are there, and show the change in the values' revisions.

    Of what was found, what is not current, or another transaction holds or has changed since, is marked instead.
    """
    keys = as_arrays(_KEY, [one[: len(_KEY)] for one in current])
    free = {tuple(row) for row in await connection.execute(_LOCK, keys)}
    stored = [one for one in current if one[: len(_KEY) + 2] in free]
    if len(stored) < len(found):
        places = {one[: len(_KEY)] for one in stored}
        left = {(one.series_id, one.area_id, one.period_start.year) for one in found if one[: len(_KEY)] not in places}
        await connection.execute(MARK_SIGNALS, as_arrays(SeriesYear._fields, left))
    rows = [(*one[:-1], orjson.dumps(one.signal).decode() if one.signal else None) for one in stored]
    differing = [tuple(row) for row in await connection.execute(_STORE, as_arrays(Judged._fields, rows))]
    if differing:
        await connection.execute(_SHOW_CHANGE, as_arrays(_KEY, differing))
    return len(differing)


_SUBJECT = ("series_id", "area_id")
_KEY = ("series_id", "area_id", "period_type", "period_start")
_SUBJECTS = "unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[])) AS subject(series_id, area_id)"
_KEYS = """unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:period_type AS text[]),
                  CAST(:period_start AS date[])) AS key(series_id, area_id, period_type, period_start)"""
# Whose signals stay as they are: those of closed periods, and those of figures without facts. What a source says
# finally is judged as ever: the figures before it may be corrected.
_IS_FIXED = """(is_frozen(value.area_id, value.period_type, value.period_start)
                OR value.period_start < (SELECT facts_removed_before()))"""
# Empty months before the first report say nothing: where that may have moved, all later years rest on where it is now.
MARK_SIGNALS = text(
    signal_marks(
        """WITH changed AS (
               SELECT * FROM unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]),
                                    CAST(:year AS smallint[])) AS changed(series_id, area_id, year))
           SELECT series_id, area_id, year FROM changed
           UNION
           SELECT series_id, area_id, extract(year FROM period_start)::smallint
           FROM changed JOIN indicator_value AS value USING (series_id, area_id)
           WHERE period_type = 'year' AND period_start > make_date(year, 1, 1)
             AND NOT EXISTS (
                 SELECT FROM indicator_value AS earlier
                 WHERE earlier.series_id = changed.series_id AND earlier.area_id = changed.area_id
                   AND earlier.period_type = 'month' AND earlier.period_start < make_date(year, 1, 1)
                   AND (earlier.status <> 'zero' OR earlier.left_out > 0))"""
    )
)
# All years of a figure at once. Those of places last: most readers ask for a municipality's, or those above it.
_EARLIEST = text(
    """SELECT mark_id, mark.series_id, mark.area_id, mark.year
       FROM signal_mark AS mark
       JOIN (SELECT series_id, area_id
             FROM (SELECT series_id, area_id, count(DISTINCT year) AS years,
                          sum(count(DISTINCT year)) OVER (ORDER BY kind = 'place', min(mark_id)) AS years_with_it
                   FROM (SELECT * FROM signal_mark ORDER BY mark_id LIMIT 20 * :most) AS earliest
                   JOIN area USING (area_id) GROUP BY series_id, area_id, kind) AS first
             WHERE years_with_it - years < :most) AS wanted USING (series_id, area_id)"""
)
_CLAIM = text("DELETE FROM signal_mark WHERE mark_id = ANY(CAST(:marks AS bigint[]))")
_FORGET_MARKS = text("DELETE FROM signal_mark")
_EVERYTHING = text(
    """SELECT DISTINCT series_id, area_id, extract(year FROM period_start)::integer
       FROM (SELECT series_id, area_id, period_start FROM indicator_value
             UNION ALL SELECT series_id, area_id, period_start FROM signal) AS stored"""
)
# A boundary that moved, and a definition that began, are new beginnings as the breaks that a coordinator sets.
_ABOUT = text(
    f"""SELECT series_id, subject.area_id, kind, unit, is_share, over_time, measure,
               ARRAY(SELECT day FROM boundary_change WHERE boundary_change.area_id = subject.area_id
                     UNION SELECT lower(series.valid) WHERE lower(series.valid) IS NOT NULL
                     UNION SELECT starts_on
                     FROM {BREAKS_IN_AREAS}
                     WHERE descendant_id = subject.area_id AND series_break.indicator_code = series.indicator_code
                     ORDER BY 1) AS break_days,
               (SELECT min(period_start) FROM indicator_value AS value
                WHERE value.series_id = subject.series_id AND value.area_id = subject.area_id
                  AND period_type = 'month' AND (status <> 'zero' OR left_out > 0)) AS first_report,
               (SELECT jsonb_object_agg(period_type, first_start)
                FROM (SELECT period_type, min(period_start) AS first_start FROM indicator_value AS value
                      WHERE value.series_id = subject.series_id AND value.area_id = subject.area_id
                        AND status IN ('observed', 'zero')
                      GROUP BY period_type) AS of_type) AS first_figures
        FROM {_SUBJECTS} JOIN indicator_series AS series USING (series_id)"""
)
_FIGURES = text(
    f"""SELECT value.series_id, value.area_id, value.period_type, value.period_start,
               value.numerator, value.denominator,
               exact_value(CASE WHEN series.is_share THEN series.factor END, value.numerator, value.denominator)
                   AS value,
               CASE WHEN is_in_unit(value.frozen_unit, value.frozen_factor, series.unit,
                                    CASE WHEN series.is_share THEN series.factor END)
                    THEN value.status ELSE 'missing' END AS status,
               {_IS_FIXED} OR value.period_start < :judged_from AS is_fixed,
               signal.numerator AS judged_numerator, signal.denominator AS judged_denominator, signal.inputs
        FROM {_SUBJECTS}
        JOIN indicator_series AS series USING (series_id)
        JOIN indicator_value AS value USING (series_id, area_id)
        LEFT JOIN signal USING (series_id, area_id, period_type, period_start)
        WHERE value.period_start BETWEEN :first AND :last"""
)
_DROP_GONE = text(
    f"""DELETE FROM signal USING {_SUBJECTS}
        WHERE signal.series_id = subject.series_id AND signal.area_id = subject.area_id
          AND NOT EXISTS (SELECT FROM indicator_value AS value
                          WHERE value.series_id = signal.series_id AND value.area_id = signal.area_id
                            AND value.period_type = signal.period_type AND value.period_start = signal.period_start)"""
)
_DROP = text(
    f"""DELETE FROM signal
        USING unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:year AS integer[]))
              AS hidden(series_id, area_id, year)
        WHERE signal.series_id = hidden.series_id AND signal.area_id = hidden.area_id
          AND period_start >= make_date(hidden.year, 1, 1)
          AND period_start < make_date(hidden.year + {YEARS_BACK} + 1, 1, 1)
          AND NOT is_frozen(signal.area_id, period_type, period_start)
        RETURNING signal.series_id, signal.area_id, signal.period_type, signal.period_start"""
)
_LOCK = text(
    f"""SELECT value.series_id, value.area_id, value.period_type, value.period_start, numerator, denominator
        FROM {_KEYS} JOIN indicator_value AS value USING (series_id, area_id, period_type, period_start)
        FOR NO KEY UPDATE OF value SKIP LOCKED"""
)
_STORE = text(
    """MERGE INTO signal
       USING unnest(CAST(:series_id AS smallint[]), CAST(:area_id AS integer[]), CAST(:period_type AS text[]),
                    CAST(:period_start AS date[]), CAST(:numerator AS numeric[]), CAST(:denominator AS numeric[]),
                    CAST(:inputs AS bigint[]), CAST(:signal AS text[]))
             AS judged(series_id, area_id, period_type, period_start, numerator, denominator, inputs, signal)
       ON signal.series_id = judged.series_id AND signal.area_id = judged.area_id
          AND signal.period_type = judged.period_type AND signal.period_start = judged.period_start
       WHEN MATCHED AND judged.signal IS NULL THEN DELETE
       WHEN MATCHED AND (signal.numerator, signal.denominator, signal.inputs, signal.signal)
                        IS DISTINCT FROM (judged.numerator, judged.denominator, judged.inputs, judged.signal::jsonb)
           THEN UPDATE SET
           numerator = judged.numerator, denominator = judged.denominator, inputs = judged.inputs,
           signal = judged.signal::jsonb
       WHEN NOT MATCHED AND judged.signal IS NOT NULL THEN
           INSERT VALUES (judged.series_id, judged.area_id, judged.period_type, judged.period_start, judged.numerator,
                          judged.denominator, judged.inputs, judged.signal::jsonb)
       RETURNING signal.series_id, signal.area_id, signal.period_type, signal.period_start"""
)
_SHOW_CHANGE = text(
    f"""UPDATE indicator_value AS value
        SET revision = revision + (computed_at < now())::integer, computed_at = now(),
            changed_in = DEFAULT, change_number = DEFAULT
        FROM {_KEYS}
        WHERE value.series_id = key.series_id AND value.area_id = key.area_id
          AND value.period_type = key.period_type AND value.period_start = key.period_start"""
)
