"""What it costs to show one new activity does not grow with the history that is stored."""

from datetime import date

import pytest
from sqlalchemy import text

from services.indicators.compute.recompute import recompute
from services.indicators.compute.rollup import roll_up
from shared.facts.marks import ripe_scopes
from tests.extent import amount
from tests.indicators.world import ALFA, BETA, GAMMA, World

# So many visits and cleanups in the years 2010 to 2015, spread evenly; what is new comes in 2016.
_HISTORY = text(
    """INSERT INTO activity (source, external_id, activity_type, agreement_id, area_id, status, start_on, reported_on,
                              period_on)
       SELECT 'history', number, (ARRAY['school-visit', 'graffiti-cleanup'])[number % 2 + 1], :agreement_id,
              (CAST(:areas AS integer[]))[number % 3 + 1], 'performed', day, CASE number % 2 WHEN 1 THEN day END, day
       FROM generate_series(1, CAST(:stored AS integer)) AS number,
            LATERAL (SELECT date '2010-01-01' + (number::bigint * 2190 / :stored)::integer AS day) AS spread"""
)
# Tables as small as these are read whole one time and by their index another, depending on when they were analysed.
_USE_INDEXES = text(
    """DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_seqscan = off', current_database()); END $$"""
)
# Rows read and blocks touched by this session in tables and indexes of ours, since some time before.
_TOUCHED = text(
    """SELECT (SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables) AS read,
              (SELECT sum(pg_stat_get_xact_blocks_fetched(oid)) FROM pg_class
               WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace) AS blocks"""
)


async def cost_of_one(world: World, stored: int) -> tuple[int, int]:
    """Return rows read and blocks touched to show one activity, with so many others stored."""
    await world.forget()
    areas = [world.ids[code] for code in (ALFA, BETA, GAMMA)]
    async with world.engine.begin() as connection:
        await connection.execute(_HISTORY, {"stored": stored, "areas": areas, "agreement_id": world.agreement_id})
    await world.rebuild()
    await world.settle()
    async with world.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM ANALYZE"))
    for day in range(1, 6):
        await world.record(f"{stored} {day}", "school-visit", ALFA, start=date(2016, 3, day))
    await world.settle()
    await world.record(f"{stored} new", "school-visit", ALFA, start=date(2016, 3, 30))
    async with world.engine.begin() as connection:
        before = (await connection.execute(_TOUCHED)).one()
        assert await recompute(
            connection, world.definitions, await ripe_scopes(connection, world.as_of, 64), world.clock
        )
        assert await roll_up(connection, world.definitions, world.clock)
        touched = (await connection.execute(_TOUCHED)).one()
        return int(touched.read - before.read), int(touched.blocks - before.blocks)


@pytest.mark.timeout(60)
async def test_one_more_costs_the_same_however_long_the_history(world: World) -> None:
    async with world.engine.begin() as connection:
        await connection.execute(_USE_INDEXES)
    await world.engine.dispose()
    await cost_of_one(world, 100)
    few = await cost_of_one(world, 1_000)
    many = await cost_of_one(world, amount(5_000, 100_000))
    for one, other in zip(few, many, strict=True):
        assert other < 1.5 * one, (few, many)
