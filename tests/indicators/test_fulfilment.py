"""What is done of a commitment: performed, by then, and in the very place."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from services.indicators.compute.commitment_progress import recount_all_progress, recount_progress
from services.indicators.compute.day_rollover import roll_over_day
from shared.domain.commitment import Commitment, Decision
from shared.facts.commitments import put_commitment
from tests.indicators.world import ALFA, BETA, GAMMA, HELSINGBORG, LANDSKRONA, NORTH, World, spot

JUNE = date(2016, 6, 30)


async def promise(
    world: World,
    code: str,
    *areas: str,
    due_on: date = JUNE,
    withdrawn_on: date | None = None,
    decisions: tuple[Decision, ...] = (),
) -> None:
    """Let a party promise four visits in each of the areas."""
    commitment = Commitment("facts", code, None, True, "x", "x", None, 4, areas, due_on, withdrawn_on, decisions)
    async with world.engine.begin() as connection:
        await put_commitment(connection, commitment, world.as_of)


async def visit(world: World, external_id: str, area: str, commitment: str | None, **fields: Any) -> None:
    """Record a school visit that is for a commitment."""
    fact = world.fact(external_id, "school-visit", area, **{"start": date(2016, 3, 4), **fields})
    async with world.engine.begin() as connection:
        found = await connection.execute(
            text("SELECT commitment_id FROM commitment WHERE code = :code"), {"code": commitment}
        )
        setting = replace(fact.setting, commitment_id=found.scalar_one_or_none())
        await world.record_with(connection, replace(fact, setting=setting))


async def counted(world: World, *areas: str) -> None:
    async with world.engine.begin() as connection:
        await recount_progress(connection, [world.ids[area] for area in areas])


async def done(world: World, code: str) -> dict[str, int]:
    async with world.engine.begin() as connection:
        rows = await connection.execute(
            text(
                """SELECT area.code, done FROM commitment JOIN commitment_area USING (commitment_id)
                   JOIN area USING (area_id) WHERE commitment.code = :code"""
            ),
            {"code": code},
        )
        return {row.code: row.done for row in rows}


async def test_each_place_has_its_own_count(world: World) -> None:
    await promise(world, "visits", ALFA, BETA)
    for number in range(3):
        await visit(world, f"a{number}", ALFA, "visits")
    await visit(world, "b", BETA, "visits")
    await visit(world, "other", ALFA, None)
    await counted(world, ALFA, BETA)
    assert await done(world, "visits") == {ALFA: 3, BETA: 1}


async def test_what_happens_inside_the_area_counts_and_nothing_outside(world: World) -> None:
    await promise(world, "visits", LANDSKRONA, NORTH)
    await visit(world, "a", ALFA, "visits")
    await visit(world, "b", BETA, "visits")
    await visit(world, "c", GAMMA, "visits")
    await counted(world, LANDSKRONA, NORTH)
    assert await done(world, "visits") == {LANDSKRONA: 2, NORTH: 1}


@pytest.mark.parametrize("fields", [{"status": "planned"}, {"status": "cancelled"}, {"start": date(2016, 7, 1)}])
async def test_only_what_is_performed_by_the_due_date_counts(world: World, fields: dict[str, Any]) -> None:
    await promise(world, "visits", ALFA)
    await visit(world, "a", ALFA, "visits", start=JUNE)
    await visit(world, "b", ALFA, "visits", **fields)
    await counted(world, ALFA)
    assert await done(world, "visits") == {ALFA: 1}


async def test_an_activity_moved_after_the_due_date_counts_no_more(world: World) -> None:
    await promise(world, "visits", ALFA)
    await visit(world, "a", ALFA, "visits")
    await counted(world, ALFA)
    assert await done(world, "visits") == {ALFA: 1}
    await visit(world, "a", ALFA, "visits", start=date(2016, 7, 1))
    await counted(world, ALFA)
    assert await done(world, "visits") == {ALFA: 0}
    await promise(world, "visits", ALFA, due_on=date(2016, 7, 1))
    await counted(world, ALFA)
    assert await done(world, "visits") == {ALFA: 1}


async def test_an_activity_counts_where_its_place_lay_on_the_day(world: World) -> None:
    await promise(world, "here", LANDSKRONA)
    await promise(world, "there", HELSINGBORG)
    await world.put(spot(ALFA, (LANDSKRONA, None, date(2016, 3, 1)), (HELSINGBORG, date(2016, 3, 1), None)))
    await visit(world, "a", ALFA, "here", start=date(2016, 2, 29))
    await visit(world, "b", ALFA, "here", start=date(2016, 3, 1))
    await visit(world, "c", ALFA, "there", start=date(2016, 3, 1))
    await counted(world, LANDSKRONA, HELSINGBORG)
    assert (await done(world, "here"), await done(world, "there")) == ({LANDSKRONA: 1}, {HELSINGBORG: 1})


async def test_other_areas_are_left_as_they_are_until_all_are_counted(world: World) -> None:
    await promise(world, "visits", ALFA, BETA)
    await visit(world, "a", ALFA, "visits")
    await visit(world, "b", BETA, "visits")
    await counted(world, BETA)
    assert await done(world, "visits") == {ALFA: 0, BETA: 1}
    async with world.engine.begin() as connection:
        assert await recount_all_progress(connection) == 1
        assert await recount_all_progress(connection) == 0
    assert await done(world, "visits") == {ALFA: 1, BETA: 1}


async def test_a_count_that_waits_for_another_sees_what_came_meanwhile(world: World) -> None:
    """A worker at another year of the same area has counted before; its older count must not be what stays."""
    await promise(world, "visits", ALFA)
    async with world.engine.begin() as connection:
        await recount_progress(connection, [world.ids[ALFA]])
        await visit(world, "a", ALFA, "visits")
        second = asyncio.create_task(counted(world, ALFA))
        await asyncio.sleep(0.2)
        assert not second.done()
    await second
    assert await done(world, "visits") == {ALFA: 1}


async def fulfilled(world: World, area: str) -> Any:
    """Let the worker work, and return how many of the promises due in June are fulfilled, and how many are due."""
    await world.settle()
    figure = await world.figure("citizen-promises-kept", area, "2016-06")
    return figure and figure[:2]


async def test_three_of_four_is_told_and_is_not_kept(world: World) -> None:
    await promise(world, "visits", ALFA)
    for number in range(3):
        await visit(world, f"a{number}", ALFA, "visits")
    assert await fulfilled(world, ALFA) == (0, 1)
    assert await done(world, "visits") == {ALFA: 3}
    await visit(world, "a3", ALFA, "visits", start=date(2016, 7, 1))
    assert await fulfilled(world, ALFA) == (0, 1)
    await visit(world, "a3", ALFA, "visits", start=JUNE)
    assert await fulfilled(world, ALFA) == (1, 1)
    assert await done(world, "visits") == {ALFA: 4}


async def test_a_visit_corrected_to_another_promise_moves_in_both(world: World) -> None:
    await promise(world, "visits", ALFA)
    await promise(world, "others", BETA, LANDSKRONA)
    for number in range(4):
        await visit(world, f"a{number}", ALFA, "visits")
    assert (await fulfilled(world, ALFA), await fulfilled(world, LANDSKRONA)) == ((1, 1), (1, 2))
    for number in range(4):
        await visit(world, f"a{number}", ALFA, "others")
    assert (await fulfilled(world, ALFA), await fulfilled(world, LANDSKRONA)) == ((0, 1), (0, 2))
    assert await done(world, "others") == {BETA: 0, LANDSKRONA: 4}


async def test_a_decision_keeps_a_promise_by_its_day_and_not_after(world: World) -> None:
    await promise(world, "visits", ALFA, decisions=(Decision(ALFA, date(2016, 7, 1)),))
    assert await fulfilled(world, ALFA) == (0, 1)
    await promise(world, "visits", ALFA, decisions=(Decision(ALFA, JUNE),))
    assert await fulfilled(world, ALFA) == (1, 1)


async def test_a_withdrawn_promise_is_outside(world: World) -> None:
    await promise(world, "visits", ALFA)
    assert await fulfilled(world, LANDSKRONA) == (0, 1)
    await promise(world, "visits", ALFA, withdrawn_on=date(2016, 5, 1))
    assert await fulfilled(world, LANDSKRONA) is None


async def test_a_promise_has_no_row_before_the_month_that_it_is_due_in(world: World) -> None:
    """The rest follows from the clock alone: no one writes when a month begins, or when the day has passed."""
    world.as_of = date(2016, 5, 30)
    await promise(world, "visits", ALFA)
    rows = {}
    for day in (date(2016, 5, 30), date(2016, 5, 31), date(2016, 6, 1), JUNE, date(2016, 7, 1)):
        await world.settle(day)
        rows[day] = [await world.figure("citizen-promises-kept", ALFA, period) for period in ("2016-06", "2016")]
        assert (await world.verify()).total == 0
    nothing, apart, broken = [None, None], [(0, 0, 1)] * 2, [(0, 1, 0)] * 2
    assert list(rows.values()) == [nothing, nothing, apart, apart, broken]


async def test_a_rebuild_asked_for_before_midnight_leaves_the_new_day_to_be_computed(world: World) -> None:
    world.as_of, following = JUNE, date(2016, 7, 1)
    await promise(world, "visits", ALFA)
    await world.settle()
    async with world.engine.begin() as connection:
        await roll_over_day(connection, world.definitions, lambda: following)
    await world.rebuild()
    await world.settle(following)
    assert await world.figure("citizen-promises-kept", ALFA, "2016-06") == (0, 1, 0)


async def test_a_promise_for_a_place_and_for_one_inside_it_counts_once(world: World) -> None:
    await world.put(spot(BETA, ALFA))
    await promise(world, "visits", ALFA, BETA)
    for number in range(4):
        await visit(world, f"a{number}", ALFA, "visits")
    assert (await fulfilled(world, ALFA), await fulfilled(world, BETA)) == ((0, 1), (0, 1))
    for number in range(4):
        await visit(world, f"b{number}", BETA, "visits")
    assert (await fulfilled(world, ALFA), await fulfilled(world, BETA)) == ((1, 1), (1, 1))
