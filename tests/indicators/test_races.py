"""Two at the same time, step by step: what one has not yet committed, the other must not miss for good."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.indicators.compute import recompute as module
from services.indicators.compute.recompute import recompute
from services.indicators.compute.rollup import roll_up
from shared.db.locks import Scope
from shared.domain.activity import Span
from shared.domain.role import RoleSpan
from shared.domain.target import TargetRule
from shared.domain.term import Term
from tests.indicators.other_events import Roles, Terms
from tests.indicators.world import (
    ALFA,
    HELSINGBORG,
    LANDSKRONA,
    SCHOOLS,
    SKANE,
    SWEDEN,
    VISITS_AS_NEEDED,
    YEAR_2016,
    Annex,
    Goal,
    World,
    spot,
)

VISITS = "school-visits"
MIDNIGHT = (date(2016, 12, 31), date(2017, 1, 1))


async def work_on(world: World, scope: Scope) -> None:
    async with world.engine.begin() as connection:
        await recompute(connection, world.definitions, [scope], world.clock)


async def race(world: World, first: Scope, then: Scope, between: tuple[str, date] | None = None) -> None:
    """Work on a scope, and before that is committed, begin to work on another; a fact may be recorded in between."""
    async with world.engine.connect() as connection:
        await recompute(connection, world.definitions, [first], world.clock)
        if between is not None:
            await world.record(between[0], "school-visit", ALFA, start=between[1])
        other = asyncio.create_task(work_on(world, then))
        await asyncio.wait([other], timeout=0.3)
        await connection.commit()
    with suppress(DBAPIError):
        await other
    await world.settle()
    assert (await world.verify()).total == 0


async def test_two_months_of_one_year_are_not_summed_without_each_other(world: World) -> None:
    scope = (world.ids[LANDSKRONA], 2016)
    await world.record("before", "school-visit", ALFA, start=date(2016, 1, 8))
    await world.settle()
    await world.record("first", "school-visit", ALFA, start=date(2016, 2, 8))
    await race(world, scope, scope, between=("second", date(2016, 3, 8)))
    for area in (ALFA, LANDSKRONA, SWEDEN):
        assert await world.figure(VISITS, area, "2016-T1") == (3, None, 0)


async def test_a_place_that_moves_is_written_by_its_new_municipality_alone(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 2, 8))
    await world.settle()
    for home, other in ((HELSINGBORG, LANDSKRONA), (LANDSKRONA, HELSINGBORG)):
        await world.put(spot(ALFA, home))
        await race(world, (world.ids[other], 2016), (world.ids[home], 2016))
        assert await world.figure(VISITS, ALFA, "2016") == (1, None, 0)
        assert await world.figure(VISITS, other, "2016") is None


@pytest.mark.parametrize("step", ["claim", "replace_cells", "evaluate_targets"])
async def test_a_fact_recorded_while_another_is_worked_on_is_counted_or_stays_marked(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    original = getattr(module, step)

    async def do_and_be_overtaken(*arguments: Any, **named: Any) -> Any:
        done = await original(*arguments, **named)
        await world.record("second", "school-visit", ALFA, start=date(2016, 2, 9))
        return done

    await world.record("first", "school-visit", ALFA, start=date(2016, 2, 8))
    with monkeypatch.context() as patched:
        patched.setattr(module, step, do_and_be_overtaken)
        await work_on(world, (world.ids[LANDSKRONA], 2016))
    await world.settle()
    assert await world.figure(VISITS, SWEDEN, "2016-02") == (2, None, 0)


async def test_a_place_that_gets_a_home_before_its_figures_were_rolled_up_gets_them_there(world: World) -> None:
    await world.put(spot(ALFA, (LANDSKRONA, None, date(2016, 2, 1)), (HELSINGBORG, date(2016, 2, 1), None)))
    await world.settle()
    await world.record("a", "school-visit", ALFA, start=date(2016, 1, 8))
    await world.sweep()
    await world.put(spot(ALFA, LANDSKRONA))
    await world.settle()
    assert await world.figure(VISITS, ALFA, "2016-01") == (1, None, 0)
    assert (await world.verify()).total == 0


async def test_the_pass_for_the_levels_above_misses_nothing_that_is_under_way(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 1, 8))
    async with world.engine.connect() as connection:
        await recompute(connection, world.definitions, [(world.ids[LANDSKRONA], 2016)], world.clock)
        await world.roll_up()
        await connection.commit()
    async with world.engine.begin() as connection:
        assert await roll_up(connection, world.definitions, world.clock)
    assert await world.figure(VISITS, SWEDEN, "2016") == (1, None, 0)


async def test_the_pass_for_the_levels_above_answers_the_marks_of_a_new_day_as_of_that_day(world: World) -> None:
    before, after = date(2016, 4, 30), date(2016, 5, 1)
    world.as_of = before
    await world.agree("one", YEAR_2016, [LANDSKRONA], SCHOOLS)
    await world.settle()
    async with world.engine.connect() as connection:
        world.as_of = after
        await world.sweep()
        world.as_of = before
        await connection.execute(text("SELECT FROM rollup_mark FOR UPDATE"))  # holds up the claim
        rolling_up = asyncio.create_task(world.roll_up())
        await asyncio.wait([rolling_up], timeout=0.3)
        world.as_of = after
    await rolling_up
    assert await world.figure(VISITS, SKANE, "2016-05") == (0, None, 0)


async def test_a_target_sent_before_new_year_and_stored_after_is_what_the_new_year_is_judged_by(world: World) -> None:
    before, after = MIDNIGHT
    valid, new_year = Span(date(2016, 1, 1), date(2017, 12, 31)), Span(after, date(2017, 12, 31))
    for sent_on, value in ((after, 5), (before, 0)):
        world.as_of = sent_on
        goal = Goal(VISITS, LANDSKRONA, TargetRule.AT_LEAST, Decimal(value), valid=new_year)
        await world.agree("one", valid, [LANDSKRONA], Annex("contact-officers", valid, (goal,)))
        await world.settle(after)
    (target,) = await world.column("targets", VISITS, LANDSKRONA, "2017")
    assert target["judgement"] == "met"
    assert (await world.verify()).total == 0


async def test_terms_sent_before_a_month_and_stored_after_its_beginning_count_in_it(world: World) -> None:
    before, after = MIDNIGHT
    world.as_of = before
    await Roles(ALFA, (RoleSpan("contact-officer", before, None, 1),)).happen(world)
    await world.settle(after)
    world.as_of = before
    await Terms(LANDSKRONA, (Term("x", Span(date(2017, 1, 1), date(2017, 5, 1))),)).happen(world)
    await world.settle(after)
    assert await world.figure(VISITS_AS_NEEDED, ALFA, "2017-01") == (0, 0, 1)
    assert (await world.verify()).total == 0
