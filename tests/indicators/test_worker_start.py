"""What ships changes with an update: the worker that starts then brings the database up to it, whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from services.indicators.worker import ComputingWorker
from shared.db.locks import share_area_hierarchy
from tests.indicators.world import ATTRACTIVE, LANDSKRONA, YEAR_2016, World

if TYPE_CHECKING:
    from shared.settings import Settings

_IS_REPORTING = text("SELECT EXISTS (SELECT FROM reporting)")


async def test_where_reporting_is_on_is_found_by_the_next_start_if_the_first_waits_in_vain(
    world: World, settings: Settings
) -> None:
    await world.agree("a", YEAR_2016, [LANDSKRONA], ATTRACTIVE)
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE indicator_series SET fingerprint = ''"))
        await connection.execute(text("DELETE FROM reporting"))
    worker = ComputingWorker(settings)
    try:
        async with world.engine.begin() as connection:
            await share_area_hierarchy(connection)
            with pytest.raises(OperationalError):
                await worker.start()
        await worker.start()
        async with world.engine.connect() as connection:
            assert (await connection.execute(_IS_REPORTING)).scalar_one()
    finally:
        await worker.stop()
