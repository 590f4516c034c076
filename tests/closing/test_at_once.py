"""Whoever changes what figures are judged or kept by waits for an approval that runs, and it for them: none is lost."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from shared.catalogue.loader import shipped_catalogue
from shared.closing.periods import ClosingState, find_period
from shared.closing.steps import Step, WantedStep, take_step
from shared.domain.errors import InvalidBreak, StepNotPossible
from shared.domain.period import Period
from shared.facts.breaks import Break, add_break, remove_break
from shared.facts.dropped_series import StoredSeries, drop_series
from tests.closing.closings import AGREEMENT, COORDINATOR, SECOND, revision, served, take
from tests.indicators.world import CLEANUPS, LANDSKRONA, YEAR_2016, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

T1, YEAR = "2016-T1", "2016"
# Long enough for a statement that does not wait.
A_WHILE = 0.5


@pytest.fixture
async def submitted(world: World) -> World:
    """A world whose first tertial has figures and is submitted."""
    await world.agree(AGREEMENT, YEAR_2016, [LANDSKRONA])
    for month in (1, 2, 3, 4):
        await world.record(str(month), "graffiti-cleanup", LANDSKRONA, start=date(2016, month, 4))
    await world.settle(date(2016, 5, 10))
    await take(world, Step.PREPARE, T1)
    await take(world, Step.SUBMIT, T1)
    return world


@asynccontextmanager
async def _approving(world: World, code: str = T1) -> AsyncIterator[None]:
    """Have a period, the tertial, approved by a transaction that is committed at the end."""
    async with world.engine.begin() as connection:
        catalogue = await world.definitions.current(connection)
        wanted = WantedStep(AGREEMENT, Period.parse(code), Step.APPROVE)
        await take_step(connection, catalogue, wanted, SECOND, world.as_of, seconds=0)
        yield


async def _meanwhile(world: World, work: Callable[[AsyncConnection], Awaitable[object]]) -> asyncio.Task[None]:
    """Begin work in a transaction of its own, and see that it waits."""

    async def run() -> None:
        async with world.engine.begin() as connection:
            await work(connection)

    task = asyncio.create_task(run())
    await asyncio.sleep(A_WHILE)
    assert not task.done()
    return task


async def _add_break(connection: AsyncConnection) -> UUID:
    return (await add_break(connection, Break(CLEANUPS, LANDSKRONA, "2016-03", "New contractor.", "x"), {CLEANUPS})).id


async def _reopen_tertial(connection: AsyncConnection) -> None:
    wanted = WantedStep(AGREEMENT, Period.parse(T1), Step.REOPEN, "A school was forgotten.")
    await take_step(connection, shipped_catalogue(), wanted, COORDINATOR, date(2017, 1, 10))


async def _drop(connection: AsyncConnection) -> None:
    series = text("SELECT series_id FROM indicator_series WHERE indicator_code = :code")
    ids = (await connection.execute(series, {"code": CLEANUPS})).scalars()
    await drop_series(connection, [StoredSeries(one, None) for one in ids])


async def test_a_break_waits_for_an_approval_and_is_refused(submitted: World) -> None:
    async with _approving(submitted):
        adding = await _meanwhile(submitted, _add_break)
    with pytest.raises(InvalidBreak) as refused:
        await adding
    assert [one.reason for one in refused.value.violations] == ["lies in a closed period"]


async def test_a_break_that_was_set_waits_for_an_approval_and_stays(submitted: World) -> None:
    async with submitted.engine.begin() as connection:
        break_id = await _add_break(connection)
    await submitted.settle()
    async with _approving(submitted):
        removing = await _meanwhile(submitted, lambda connection: remove_break(connection, break_id))
    with pytest.raises(InvalidBreak):
        await removing


async def test_an_approval_waits_for_a_break_and_for_what_it_changes(submitted: World) -> None:
    async with submitted.engine.begin() as connection:
        await _add_break(connection)
        approving = asyncio.create_task(take(submitted, Step.APPROVE, T1, SECOND, seconds=20))
        await asyncio.sleep(A_WHILE)
        assert not approving.done()
    while not approving.done():
        await submitted.roll_up()
    await approving
    await submitted.settle()  # what the approval does not wait for
    assert (await submitted.verify()).total == 0


async def test_a_tertial_is_not_reopened_while_its_year_is_closed(submitted: World) -> None:
    await take(submitted, Step.APPROVE, T1, SECOND)
    await submitted.settle(date(2017, 1, 10))
    await take(submitted, Step.PREPARE, YEAR)
    await take(submitted, Step.SUBMIT, YEAR)
    async with _approving(submitted, YEAR):
        reopening = await _meanwhile(submitted, _reopen_tertial)
    with pytest.raises(StepNotPossible, match="longer period"):
        await reopening
    async with submitted.engine.connect() as connection:
        assert (await find_period(connection, AGREEMENT, Period.parse(T1))).state is ClosingState.CLOSED


async def test_a_definition_goes_after_an_approval_and_leaves_what_that_has_frozen(submitted: World) -> None:
    async with _approving(submitted):
        dropping = await _meanwhile(submitted, _drop)
    await dropping
    now, frozen = await served(submitted), await revision(submitted, T1, 1)
    assert {id_: now[id_] for id_ in frozen} == frozen
    assert f"{CLEANUPS}~all~1282~2016-t1" in frozen
    assert f"{CLEANUPS}~all~1282~2016" not in now


async def test_an_approval_waits_for_a_definition_that_goes(submitted: World) -> None:
    async with submitted.engine.begin() as connection:
        await _drop(connection)
        approving = asyncio.create_task(take(submitted, Step.APPROVE, T1, SECOND, seconds=20))
        await asyncio.sleep(A_WHILE)
        assert not approving.done()
    await approving
    assert not [id_ for id_ in await revision(submitted, T1, 1) if id_.startswith(f"{CLEANUPS}~")]
