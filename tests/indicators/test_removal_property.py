"""Whatever has happened, and whatever happens then: the figures of removed facts stay, byte for byte."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date
from typing import Any, TypeAlias

import orjson
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.api.http.responses import Page
from services.api.values import queries
from services.indicators.compute.comparisons import compare_all, mark_all_comparisons
from services.indicators.compute.rebuild import rebuild
from services.indicators.compute.signals import judge_all_signals
from shared.db.access import FULL_ACCESS, acting
from shared.db.engine import PoolKind, build_pool
from shared.facts.marks import rollup_marks
from shared.facts.series import mark_all_series
from shared.retention.candidates import FactCounts, FactKind
from shared.retention.removal import close_years, remove_facts
from tests.extent import ONLY_LONG, amount
from tests.indicators.histories import Event, Report
from tests.indicators.other_events import Promise
from tests.indicators.racing import bring_about
from tests.indicators.random_histories import BEGINNINGS, histories
from tests.indicators.removing import COMMAND
from tests.indicators.test_property import EVERY_TIME, NOTHING_TO_MEND, Runner
from tests.indicators.world import ALFA, LANDSKRONA, World

BOUNDARY, REMOVED_ON = date(2016, 1, 1), date(2017, 3, 1)
# Most of what happens is of the year that is removed, or just after it.
DAYS = (date(2015, 9, 7), date(2015, 12, 14), date(2016, 1, 4), date(2016, 2, 15))
# What stays for one reason or another, unless something happens to it.
STAYING: Sequence[Event] = (
    Promise("walks", (LANDSKRONA,), 1, 400, withdrawn=False, decided=0),
    Report("promised", "school-visit", ALFA, "performed", {"start": -50}, commitments=("walks",)),
    Report("open", "graffiti-cleanup", LANDSKRONA, "planned", {"reported": -50}),
    Report("spring", "safety-walk", LANDSKRONA, "performed", {"start": -50}, {"residents": 21}),
    Report("autumn", "safety-walk", LANDSKRONA, "planned", {"start": 200}, {}, {"followsUp": "spring"}),
    Report("done", "graffiti-cleanup", LANDSKRONA, "performed", {"reported": -51, "start": -50}),
)


@ONLY_LONG  # what is removed, and what stays, is told by itself in test_removal.py and test_removed_years.py
@settings(max_examples=amount(1, 60), **EVERY_TIME)
@given(st.sampled_from(DAYS), st.sampled_from(BEGINNINGS), histories(30), histories(15))
def test_figures_without_facts_stay_and_others_need_none_of_what_was_removed(
    runner: Runner, today: date, beginning: Sequence[Event], events: list[Event], later: list[Event]
) -> None:
    runner.run(_story(runner, today, [*beginning, *events], later))


async def _story(runner: Runner, today: date, events: Sequence[Event], later: Sequence[Event]) -> None:
    world = runner.world
    await world.forget()
    world.as_of = today
    for one in (*STAYING, *events):
        await bring_about(one, world)
    await world.settle(max(world.as_of, REMOVED_ON))
    before = await _everything(runner.url, world)
    await _save_facts(world)
    counts = await _remove(world)
    event(f"removed activities: {min(3, counts.totals[FactKind.ACTIVITIES])}")
    for reason in counts.staying:
        event(f"staying: {reason}")
    assert await _everything(runner.url, world) == before
    assert await world.verify() == NOTHING_TO_MEND
    await _examine_facts(world)
    final = _of_removed_years(before)
    for change in (_mark_all, _report_old_facts, *map(_happening, later), _rebuild):
        await change(world)
        await world.settle()
        assert _of_removed_years(await _everything(runner.url, world)) == final, change
    assert await world.verify() == NOTHING_TO_MEND
    await _compare_with_all_facts(world)


async def _remove(world: World) -> FactCounts:
    async with world.engine.begin() as connection:
        await close_years(connection, BOUNDARY, world.as_of)
    async with world.engine.begin() as connection:
        return await remove_facts(connection, await world.definitions.current(connection), COMMAND)


# As they are served, by their ids; and the rows that they are added up from.
Everything: TypeAlias = dict[tuple[Any, ...], Any]
Change: TypeAlias = Callable[[World], Awaitable[object]]


async def _everything(url: str, world: World) -> Everything:
    with acting(FULL_ACCESS):
        async with build_pool(url, PoolKind.FEED, connections=1) as pool, pool.connection() as connection:
            rows = await queries.json_rows(connection, queries.ValueFilter(), Page(1, 100_000))
            served: Everything = {("served", _year_of(row), row): row for row in rows}
    async with world.engine.connect() as connection:
        for table in ("cell", "ancestor_set_total"):
            stored = await connection.execute(text(f"SELECT month, to_jsonb(stored)::text FROM {table} AS stored"))
            served |= {(table, row[0].year, row[1]): row[1] for row in stored}
        owed = await connection.execute(text("SELECT due_on, to_jsonb(owed)::text FROM commitment_area AS owed"))
        return served | {("owed", row[0].year, row[1]): row[1] for row in owed}


def _of_removed_years(everything: Everything) -> Everything:
    return {key: row for key, row in everything.items() if key[1] < BOUNDARY.year}


def _year_of(row: str) -> int:
    return int(orjson.loads(row)["periodStart"][:4])


def _happening(one: Event) -> Change:
    return lambda world: bring_about(one, world)


async def _mark_all(world: World) -> None:
    """Mark whatever there is to mark."""
    async with world.engine.begin() as connection:
        await mark_all_series(connection, await world.definitions.current(connection), world.as_of)
        await connection.execute(_MARK_ROLLUPS)
        await mark_all_comparisons(connection)


async def _report_old_facts(world: World) -> None:
    """Write facts of removed years, as no intake would."""
    await world.record("late-visit", "school-visit", ALFA, start=date(2015, 12, 14))
    await world.record("late-check", "traffic-check", LANDSKRONA, start=date(2015, 12, 28))


async def _rebuild(world: World) -> None:
    await world.rebuild()


async def _save_facts(world: World) -> None:
    async with world.engine.begin() as connection:
        for table in ("activity", "observation"):
            await connection.execute(text(f"DROP TABLE IF EXISTS saved_{table}"))
            await connection.execute(text(f"CREATE TABLE saved_{table} AS TABLE {table}"))


async def _examine_facts(world: World) -> None:
    """See that what is left of old facts is of the kinds that stay; and keep of the saved ones those that are gone."""
    async with world.engine.begin() as connection:
        assert (await connection.execute(_OLD_OBSERVATIONS, {"before": BOUNDARY})).scalar_one() == 0
        for row in await connection.execute(_OLD_ACTIVITIES, {"before": BOUNDARY}):
            assert row.is_open or row.is_needed or row.is_of_next_year, row
        for table in ("activity", "observation"):
            gone = f"DELETE FROM saved_{table} USING {table} WHERE saved_{table}.{table}_id = {table}.{table}_id"
            await connection.execute(text(gone))


async def _compare_with_all_facts(world: World) -> None:
    """Compute the later years with the removed facts put back: they are what they are without."""
    async with world.engine.connect() as connection:
        stored = [*(await connection.execute(_LATER, {"before": BOUNDARY})).all()]
        await connection.execute(text("DELETE FROM fact_removal"))
        for table in ("activity", "observation"):
            await connection.execute(text(f"INSERT INTO {table} TABLE saved_{table} ON CONFLICT DO NOTHING"))
        await rebuild(connection, await world.definitions.current(connection), world.as_of)
        await compare_all(connection, world.as_of)
        await judge_all_signals(connection, world.as_of)
        assert [*(await connection.execute(_LATER, {"before": BOUNDARY})).all()] == stored
        await connection.rollback()


_MARK_ROLLUPS = text(
    rollup_marks("SELECT DISTINCT series_id, area_id, extract(year FROM period_start) FROM indicator_value")
)
_OLD_OBSERVATIONS = text("SELECT count(*) FROM observation WHERE period_start < :before AND measure <> 'population'")
_OLD_ACTIVITIES = text(
    """SELECT *, (status = 'planned' AND reported_on IS NOT NULL) AS is_open,
              commitment_ids IS NOT NULL OR EXISTS (SELECT FROM commitment WHERE selection IS NOT NULL)
                  OR EXISTS (SELECT FROM activity AS later
                             WHERE later.attributes ->> 'followsUp' = activity.external_id) AS is_needed,
              greatest(start_on, reported_on, completed_on) >= date '2015-12-28' AS is_of_next_year
       FROM activity
       WHERE greatest(start_on, reported_on, completed_on) < :before"""
)
_LATER = text(
    """SELECT series_id, area_id, period_type, period_start, numerator, denominator, left_out, not_placed, status
       FROM indicator_value WHERE period_start >= :before ORDER BY 1, 2, 3, 4"""
)


@pytest.fixture(scope="module")
def runner(database_url: str) -> Iterator[Runner]:
    runner = Runner(database_url)
    yield runner
    runner.close()
