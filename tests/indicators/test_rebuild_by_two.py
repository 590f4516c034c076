"""A rebuild by two connections: half of the series each, in one snapshot, and nothing of either where one fails."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.exc import OperationalError

from services.indicators.compute.rebuild import rebuild
from shared.db.locks import figures_in_snapshot, second_in_snapshot
from tests.indicators.world import ALFA, ATTRACTIVE, LANDSKRONA, VISITS, YEAR_2016, World

# Every leaf figure, sum and value there is.
_FORGET_FIGURES = text("TRUNCATE cell, ancestor_set_total, indicator_value")
_SPOIL = text("UPDATE indicator_value SET numerator = 77 WHERE status = 'observed'")
_SPOILT = text("SELECT count(*) FROM indicator_value WHERE numerator = 77")
_WRITERS = text("SELECT count(DISTINCT changed_in) FROM indicator_value")
_FORGET_DEFINITION = text("DELETE FROM indicator_series WHERE indicator_code = 'school-visits'")
_MARKS = text("SELECT count(*) FROM dirty_mark")
# Of the series that each connection has written, one row.
_ONE_OF_EACH = text("SELECT min(series_id) FROM indicator_value GROUP BY changed_in ORDER BY changed_in")
_HOLD = text("SELECT FROM indicator_value WHERE series_id = :series_id AND numerator = 77 FOR UPDATE")


async def _happened(world: World) -> None:
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    await world.record("a", "school-visit", ALFA, start=date(2016, 2, 8))
    await world.record("b", "graffiti-cleanup", LANDSKRONA, start=date(2016, 1, 5))
    await world.record("c", "safety-walk", LANDSKRONA, start=date(2016, 1, 5))
    await world.record("d", "training", LANDSKRONA, start=date(2016, 1, 5))
    await world.settle()


async def _run(world: World, *statements: TextClause) -> None:
    async with world.engine.begin() as connection:
        for statement in statements:
            await connection.execute(statement)


async def _scalar(world: World, statement: TextClause) -> int:
    async with world.engine.begin() as connection:
        return int((await connection.execute(statement)).scalar_one())


async def test_both_write_what_one_would(world: World) -> None:
    await _happened(world)
    figures = await world.figures()
    await _run(world, _FORGET_FIGURES)
    found = await world.verify()
    rebuilt = await world.rebuild()
    assert (rebuilt.cells, rebuilt.ancestor_set_totals, rebuilt.values) == (
        found.cells,
        found.ancestor_set_totals,
        found.values,
    )
    assert await _scalar(world, _WRITERS) == 2
    assert await world.figures() == figures
    await world.settle()
    assert (await world.verify()).total == 0


@pytest.mark.parametrize("which", [0, 1])
async def test_where_one_fails_nothing_is_written(world: World, which: int) -> None:
    await _happened(world)
    await _run(world, _FORGET_FIGURES)
    await world.rebuild()
    async with world.engine.begin() as connection:
        series_id = (await connection.execute(_ONE_OF_EACH)).scalars().all()[which]
    await world.settle()
    await _run(world, _SPOIL)
    await world.record("e", "school-visit", ALFA, start=date(2016, 3, 8))
    spoilt, marks = await _scalar(world, _SPOILT), await _scalar(world, _MARKS)
    async with world.engine.begin() as other:
        assert (await other.execute(_HOLD, {"series_id": series_id})).rowcount > 0
        with pytest.raises(OperationalError, match="lock timeout"):
            await world.rebuild()
    assert (await _scalar(world, _SPOILT), await _scalar(world, _MARKS)) == (spoilt, marks)
    await world.rebuild()
    assert await _scalar(world, _SPOILT) == 0


async def test_what_is_defined_by_the_first_is_not_left_to_the_second(world: World) -> None:
    await _happened(world)
    figures = await world.figures()
    await _run(world, _FORGET_FIGURES, _FORGET_DEFINITION)
    await world.rebuild()
    assert await _scalar(world, _WRITERS) == 1
    assert await world.figures() == figures
    assert await world.figure(VISITS, LANDSKRONA, "2016") == (1, None, 0)


async def test_the_second_sees_what_the_first_saw(world: World) -> None:
    async with figures_in_snapshot(world.engine) as first:
        await world.record("a", "school-visit", ALFA, start=date(2016, 2, 8))
        async with second_in_snapshot(world.engine, first) as second:
            await rebuild(first, await world.definitions.current(first), world.as_of, second=second)
    assert await world.figure(VISITS, LANDSKRONA, "2016") is None
    await world.settle()
    assert await world.figure(VISITS, LANDSKRONA, "2016") == (1, None, 0)
    assert (await world.verify()).total == 0
