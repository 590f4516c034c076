"""Figures of a closed period stay as they are, with what comes later beside them, until the period is reopened."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.catalogue.loader import Catalogue
from shared.domain.errors import DefinitionInUse, StepNotPossible
from shared.domain.target import TargetRule
from tests.closing.closings import AGREEMENT, close, later, reopen, revision, served
from tests.indicators.other_events import DefineShared
from tests.indicators.world import ALFA, CLEANUPS, LANDSKRONA, SKANE, YEAR_2016, Annex, Goal, World

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

T1 = "2016-T1"
FIGURE = "graffiti-cleanups~all~1282~2016-t1"
GOAL = Goal(CLEANUPS, LANDSKRONA, TargetRule.AT_MOST, Decimal(1))


@pytest.fixture
async def closed(world: World) -> World:
    """A world in which the first tertial of 2016 is closed, with one cleanup."""
    annex = Annex("attractive-city", YEAR_2016, (GOAL,))
    await world.agree(AGREEMENT, YEAR_2016, [LANDSKRONA], annex)
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE agreement SET closing_needs_ready_annexes = false"))
    await world.record("first", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 4))
    await world.settle(date(2016, 5, 10))
    await close(world, T1)
    await world.settle()
    return world


async def test_what_comes_later_stands_beside_what_was_frozen(closed: World) -> None:
    frozen = {id_: row for id_, row in (await served(closed)).items() if '"finality":"final"' in row}
    assert frozen == await revision(closed, T1, 1)
    assert {FIGURE, "graffiti-cleanups~all~1282~2016-03"} < frozen.keys()
    assert "graffiti-cleanups~all~1282~2016" not in frozen
    await closed.record("late", "graffiti-cleanup", ALFA, start=date(2016, 3, 7))
    await closed.settle()
    now = await served(closed)
    assert {id_: now[id_] for id_ in frozen} == frozen
    assert (await later(closed))[CLEANUPS, LANDSKRONA, T1] == (2, "observed")
    assert await closed.figure(CLEANUPS, SKANE, T1) == (2, None, 0)
    assert await closed.figure(CLEANUPS, LANDSKRONA, "2016") == (2, None, 0)
    # A place that had no row has none.
    assert await closed.figure(CLEANUPS, ALFA, T1) is None
    assert (await later(closed))[CLEANUPS, ALFA, T1] == (1, "observed")
    assert (await closed.verify()).total == 0


async def test_what_is_as_it_was_again_stands_nowhere(closed: World) -> None:
    await closed.record("late", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 7))
    await closed.settle()
    assert await later(closed)
    await closed.erase("late")
    await closed.settle()
    assert await later(closed) == {}


async def test_reopening_brings_in_what_has_come_and_closing_makes_another_revision(closed: World) -> None:
    first = await revision(closed, T1, 1)
    await closed.record("late", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 7))
    await closed.settle()
    await reopen(closed, T1)
    await closed.settle()
    assert await later(closed) == {}
    assert await closed.column("finality", CLEANUPS, LANDSKRONA, T1) == "preliminary"
    assert await closed.figure(CLEANUPS, LANDSKRONA, T1) == (2, None, 0)
    assert (await closed.verify()).total == 0
    await close(closed, T1)
    assert (await revision(closed, T1, 2))[FIGURE] == (await served(closed))[FIGURE]
    assert await revision(closed, T1, 1) == first
    assert (await closed.verify()).total == 0


async def test_an_own_definition_keeps_the_meaning_of_frozen_figures(world: World) -> None:
    await DefineShared((LANDSKRONA,), 1).happen(world)
    await world.agree(AGREEMENT, YEAR_2016, [LANDSKRONA])
    await world.record("check", "traffic-check", LANDSKRONA, start=date(2016, 3, 4))
    await world.settle(date(2016, 5, 10))
    await close(world, T1)
    frozen = await revision(world, T1, 1)
    assert any(id_.startswith("own-weeks~") for id_ in frozen)
    # Another threshold is another version; another unit is another indicator.
    await DefineShared((LANDSKRONA,), 2).happen(world)
    await world.settle()
    now = await served(world)
    assert {id_: now[id_] for id_ in frozen} == frozen
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE indicator_series SET unit = 'SEK' WHERE indicator_code = 'own-weeks'"))
    with pytest.raises(DefinitionInUse) as refused:
        await DefineShared((LANDSKRONA,), 1).happen(world)
    assert [one.field for one in refused.value.violations] == ["slices.all"]


async def test_a_period_whose_facts_are_gone_is_not_reopened(closed: World) -> None:
    """It would lose what had come later: figures of such a year are not computed again."""
    await closed.record("late", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 7))
    await closed.settle()
    known = await later(closed)
    async with closed.engine.begin() as connection:
        await connection.execute(text("INSERT INTO fact_removal (before) VALUES ('2017-01-01')"))
    with pytest.raises(StepNotPossible, match="removed"):
        await reopen(closed, T1)
    assert await later(closed) == known


FORGETFUL = (
    "UPDATE indicator_value SET numerator = 7 WHERE finality = 'final'",
    "UPDATE indicator_value SET targets = '[]' WHERE finality = 'final'",
    "DELETE FROM indicator_value",
    """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, left_out, status)
       SELECT series_id, area_id, period_type, period_start, 0, 'zero' FROM later_value ON CONFLICT DO NOTHING""",
    """INSERT INTO comparison SELECT series_id, area_id, period_type, period_start, 1, 1, '{}' FROM later_value
       ON CONFLICT DO NOTHING""",
    "UPDATE comparison SET numerator = 7",
    "DELETE FROM comparison",
    "DELETE FROM closed_value",
    "UPDATE closed_value SET numerator = 7",
    "UPDATE closed_definition SET definition = '{}'",
    "DELETE FROM closed_note",
)


async def test_a_statement_that_forgets_what_is_closed_fails(closed: World) -> None:
    await closed.record("late", "graffiti-cleanup", ALFA, start=date(2016, 3, 7))
    await closed.settle()
    for forgetful in FORGETFUL:
        with pytest.raises(DBAPIError, match="closed period"):
            async with closed.engine.begin() as connection:
                await connection.execute(text(forgetful))


async def test_verify_tells_a_frozen_figure_that_has_moved_and_what_is_missing_beside_it(closed: World) -> None:
    await closed.record("late", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 7))
    await closed.settle()
    async with closed.engine.begin() as connection:
        await connection.execute(text("DELETE FROM later_value"))
        await connection.execute(text("ALTER TABLE indicator_value DISABLE TRIGGER USER"))
        await connection.execute(text("UPDATE indicator_value SET revision = 9 WHERE finality = 'final'"))
        await connection.execute(text("ALTER TABLE indicator_value ENABLE TRIGGER USER"))
    differences = await closed.verify()
    assert differences.moved == len(await revision(closed, T1, 1))
    assert differences.later > 0


async def test_an_indicator_that_ships_no_more_leaves_its_frozen_figures(closed: World, engine: AsyncEngine) -> None:
    frozen = await revision(closed, T1, 1)
    written = {code: one for code, one in closed.catalogue.written.items() if code != CLEANUPS}
    poorer = World(engine, Catalogue(closed.catalogue.activity_types, written, roles=closed.catalogue.roles))
    poorer.as_of = closed.as_of
    try:
        await poorer.rebuild()
        await poorer.settle()
        now = await served(poorer)
        assert {id_: now[id_] for id_ in frozen} == frozen
        assert "graffiti-cleanups~all~1282~2016" not in now
        assert (await later(poorer))[CLEANUPS, LANDSKRONA, T1] == (None, None)
        assert (await poorer.verify()).total == 0
    finally:
        await closed.rebuild()
    assert await later(closed) == {}
