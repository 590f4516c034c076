"""What may go on while all figures are verified or rebuilt: `trials G4`."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from services.indicators.compute.rebuild import rebuild, verify
from services.indicators.compute.recompute import recompute
from shared.db.locks import figures_in_snapshot
from tests.indicators.world import ALFA, HELSINGBORG, LANDSKRONA, World, spot

pytestmark = pytest.mark.fault

VISITS = "school-visits"
SECONDS_FOR_A_CHANGE = 1.0


@pytest.mark.parametrize("work", [verify, rebuild])
async def test_areas_change_and_facts_come_in_while_all_is_computed_afresh(world: World, work: object) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 2, 8))
    await world.settle()
    async with figures_in_snapshot(world.engine) as connection:
        for home in (HELSINGBORG, LANDSKRONA, HELSINGBORG):
            await asyncio.wait_for(world.put(spot(ALFA, home)), SECONDS_FOR_A_CHANGE)
        await asyncio.wait_for(world.record("b", "school-visit", ALFA, start=date(2016, 3, 8)), SECONDS_FOR_A_CHANGE)
        await asyncio.wait_for(world.sweep(), SECONDS_FOR_A_CHANGE)
        await asyncio.wait_for(world.roll_up(), SECONDS_FOR_A_CHANGE)
        catalogue = await world.definitions.current(connection)
        differences = await (verify if work is verify else rebuild)(connection, catalogue, world.as_of)
        assert differences.total == 0
        # Neither the change nor the fact is in the snapshot; their marks are what brings them.
        assert await world.figure(VISITS, LANDSKRONA, "2016") == (1, None, 0)
    await world.settle()
    assert await world.figure(VISITS, HELSINGBORG, "2016") == (2, None, 0)
    assert await world.figure(VISITS, LANDSKRONA, "2016") is None
    assert (await world.verify()).total == 0


async def test_the_snapshot_is_taken_when_no_figure_is_half_written(world: World) -> None:
    await world.record("a", "school-visit", ALFA, start=date(2016, 2, 8))
    async with world.engine.connect() as busy:
        assert await recompute(busy, world.definitions, [(world.ids[LANDSKRONA], 2016)], world.clock)
        verifying = asyncio.create_task(world.verify())
        await asyncio.wait([verifying], timeout=0.3)
        assert not verifying.done()
        # Who waits for the figures keeps nobody from anything else.
        other = asyncio.create_task(world.record("b", "school-visit", ALFA, start=date(2016, 3, 8)))
        await asyncio.wait_for(other, SECONDS_FOR_A_CHANGE)
        await busy.commit()
    before = await verifying
    await world.settle()
    assert before.cells > 0  # of "b", which was recorded before the snapshot
    assert (await world.verify()).total == 0
