"""What is closed of places that move, and of areas that are renamed, divided or merged away: it stays, and is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from psycopg.types.range import DateRange
from sqlalchemy import text

from shared.closing.periods import find_period, periods_of_agreement
from shared.closing.reading import EntryQuery, closed_values
from shared.domain.period import Period
from shared.facts.areas import Parent, find_areas
from tests.closing.closings import AGREEMENT, close, later, reopen, revision, served
from tests.indicators.world import (
    ALFA,
    BETA,
    CLEANUPS,
    GAMMA,
    HELSINGBORG,
    LANDSKRONA,
    NORTH,
    SKANE,
    SOUTH,
    YEAR_2016,
    World,
    spot,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Sequence

T1 = "2016-T1"
MARCH = date(2016, 3, 10)
AUTUMN, NEW_YEAR = date(2016, 9, 1), date(2017, 1, 1)


async def _close(world: World) -> None:
    await world.agree(AGREEMENT, YEAR_2016, [LANDSKRONA])
    await world.settle(date(2016, 5, 10))
    await close(world, T1)
    await world.settle()


async def _frozen_periods(world: World, code: str) -> set[str]:
    async with world.engine.connect() as connection:
        frozen = text(
            """SELECT period_code(period_type, period_start) FROM closed_area_period JOIN area USING (area_id)
               WHERE code = :code"""
        )
        return {*(await connection.execute(frozen, {"code": code})).scalars()}


async def _record(world: World, area: str, *months: int, day: int = 4) -> None:
    for month in months:
        await world.record(f"{area}-{month}-{day}", "graffiti-cleanup", area, start=date(2016, month, day))


async def test_a_place_that_moves_is_closed_while_it_lies_in_the_agreements_area(world: World) -> None:
    """What happened there before counts in the municipality's closed figures, and what happens after does not."""
    await world.put(
        spot(ALFA, (LANDSKRONA, None, MARCH), (HELSINGBORG, MARCH, None)),
        spot(GAMMA, (HELSINGBORG, None, MARCH), (LANDSKRONA, MARCH, None)),
    )
    for place in (ALFA, GAMMA):
        await _record(world, place, 1, 2, 4)
    await _close(world)
    assert await _frozen_periods(world, ALFA) == {"2016-01", "2016-02", "2016-03", "2016-Q1", T1}
    assert await _frozen_periods(world, GAMMA) == {"2016-03", "2016-04", "2016-Q1", T1}
    assert await world.figure(CLEANUPS, LANDSKRONA, T1) == (3, None, 0)

    for place in (ALFA, GAMMA):
        await _record(world, place, 2, 4, day=20)
    await world.settle()
    before, after = "2016-02", "2016-04"
    changed = await later(world)
    assert changed[CLEANUPS, LANDSKRONA, T1] == (5, "observed")
    assert {key[1:] for key in changed if key[0] == CLEANUPS and key[2] in {before, after}} == {
        (LANDSKRONA, before), (LANDSKRONA, after), (ALFA, before), (GAMMA, after),
    }  # fmt: skip
    assert await world.figure(CLEANUPS, ALFA, after) == (2, None, 0)
    assert await world.figure(CLEANUPS, GAMMA, before) == (2, None, 0)
    assert await world.figure(CLEANUPS, HELSINGBORG, T1) == (5, None, 0)
    assert (await world.verify()).total == 0


async def _rename(world: World, *codes: str) -> None:
    async with world.engine.connect() as connection:
        stored = await find_areas(connection, [*codes])
    await world.put(*(replace(one, name=f"Nya {code}") for code, one in stored.items()))


async def _end(world: World, code: str, following: date, parents: Sequence[str]) -> None:
    async with world.engine.connect() as connection:
        stored = (await find_areas(connection, [code]))[code]
    edges = tuple(Parent(one, DateRange(None, following)) for one in parents)
    await world.put(replace(stored, valid=DateRange(None, following), parents=edges))


async def test_areas_that_are_renamed_and_merged_away_keep_their_closed_figures(world: World) -> None:
    """A district goes in the autumn, and the municipality itself with the year: its places are its neighbour's then."""
    for area in (LANDSKRONA, ALFA, BETA):
        await _record(world, area, 1, 3)
    await _close(world)
    frozen = await revision(world, T1, 1)
    assert {f"{CLEANUPS}~all~{area}~2016-t1" for area in (LANDSKRONA, NORTH, ALFA, BETA)} <= frozen.keys()

    await _rename(world, LANDSKRONA, ALFA)
    await world.put(spot(BETA, (NORTH, None, AUTUMN), SOUTH))
    await _end(world, NORTH, AUTUMN, [LANDSKRONA])
    await world.settle(date(2016, 9, 12))
    await world.put(
        spot(ALFA, (LANDSKRONA, None, NEW_YEAR), (HELSINGBORG, NEW_YEAR, None)),
        spot(BETA, (NORTH, None, AUTUMN), (SOUTH, None, NEW_YEAR), (HELSINGBORG, NEW_YEAR, None)),
    )
    await _end(world, SOUTH, NEW_YEAR, [LANDSKRONA])
    await _end(world, LANDSKRONA, NEW_YEAR, [SKANE])
    await world.settle(date(2017, 1, 10))
    await _record(world, ALFA, 2)  # late
    await world.settle()

    now = await served(world)
    assert {id_: now[id_] for id_ in frozen} == frozen
    assert await revision(world, T1, 1) == frozen
    assert (await later(world))[CLEANUPS, LANDSKRONA, T1] == (7, "observed")
    assert (await world.verify()).total == 0
    async with world.engine.connect() as connection:
        found = await find_period(connection, AGREEMENT, Period.parse(T1))
        read = await closed_values(connection, found, 1, EntryQuery(limit=10_000))
        codes = [one.period.code for one in await periods_of_agreement(connection, AGREEMENT, world.as_of)]
    assert {*read} == {*frozen.values()}
    assert T1 in codes
    await reopen(world, T1)
    await world.settle()
    assert await world.figure(CLEANUPS, LANDSKRONA, T1) == (7, None, 0)
    assert (await world.verify()).total == 0
