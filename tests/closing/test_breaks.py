"""A break that comes after a closing moves nothing that is closed: neither its signals nor what is drawn of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from services.indicators.compute.signals import judge_all_signals
from shared.closing.verification import count_moved
from shared.domain.activity import Span
from shared.domain.errors import InvalidBreak
from shared.facts.breaks import Break, add_break, remove_break
from tests.closing.closings import AGREEMENT, close, reopen, served
from tests.extent import sample_of
from tests.indicators.world import ALFA, CLEANUPS, LANDSKRONA, SKANE, World

if TYPE_CHECKING:
    from uuid import UUID

ABOVE, T1, T2 = SKANE, "2016-T1", "2016-T2"
USUAL = (9, 11, 8, 12, 10, 9, 13, 7, 10, 11, 8, 12)


@pytest.fixture
async def closed(world: World) -> World:
    """A world whose second tertial is closed and whose first is open, with signals that rest on two years before."""
    span = Span(date(2014, 1, 1), date(2016, 12, 31))
    await world.agree(AGREEMENT, span, [LANDSKRONA])
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE agreement SET closing_needs_ready_annexes = false"))
    for year in (2014, 2015, 2016):
        for month, number in enumerate(USUAL, 1):
            if (year, month) < (2016, 9):
                count = 40 if (year, month) == (2016, 6) else number
                for area in (LANDSKRONA, ALFA):
                    await world.record(
                        f"{area}-{year}-{month}", "graffiti-cleanup", area, count=count, start=date(year, month, 4)
                    )
    await world.settle(date(2016, 9, 15))
    await close(world, T2)
    return world


async def put(world: World, area: str, month: str) -> UUID:
    async with world.engine.begin() as connection:
        given = Break(CLEANUPS, area, month, "New contractor.", "x")
        return (await add_break(connection, given, {CLEANUPS})).id


def of_periods(rows: dict[str, str], periods: tuple[str, ...]) -> dict[str, str]:
    return {id_: row for id_, row in rows.items() if id_.rpartition("~")[2] in periods and CLEANUPS in id_}


@pytest.mark.parametrize("area", sample_of([ABOVE, LANDSKRONA, ALFA], 2))
async def test_a_break_before_closed_periods_moves_open_signals_alone(closed: World, area: str) -> None:
    before = await served(closed)
    await put(closed, area, "2016-03")
    await closed.settle()
    after = await served(closed)
    frozen = ("2016-t2", "2016-05", "2016-06", "2016-07", "2016-08")
    inside = {id_ for id_ in of_periods(before, frozen) if f"~{ABOVE.lower()}~" not in id_}
    assert inside
    assert {id_: after[id_] for id_ in inside} == {id_: before[id_] for id_ in inside}
    assert of_periods(before, ("2016-04",)) != of_periods(after, ("2016-04",))
    async with closed.engine.begin() as connection:
        assert await count_moved(connection) == 0
        assert await judge_all_signals(connection, closed.as_of) == 0
    await reopen(closed, T2)
    await closed.settle()
    assert of_periods(await served(closed), frozen) != of_periods(before, frozen)


@pytest.mark.parametrize(
    ("area", "reason"),
    [
        (LANDSKRONA, "lies in a closed period"),
        (ALFA, "lies in a closed period"),
        (ABOVE, "lies in a closed period of an area that lies in this one"),
    ],
)
async def test_a_break_lies_in_no_closed_period_of_an_area_that_it_holds_in(
    closed: World, area: str, reason: str
) -> None:
    with pytest.raises(InvalidBreak) as refused:
        await put(closed, area, "2016-06")
    assert [one.reason for one in refused.value.violations] == [reason]
    await reopen(closed, T2)
    await closed.settle()
    break_id = await put(closed, area, "2016-06")
    await closed.settle()
    await close(closed, T2)
    async with closed.engine.begin() as connection:
        with pytest.raises(InvalidBreak) as refused:
            await remove_break(connection, break_id)
    assert [one.reason for one in refused.value.violations] == [reason]
