"""What the tests of removals do: close years, remove facts, and make some that may stay."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.db.actor import Actor
from shared.domain.commitment import Commitment
from shared.domain.observation import Observation
from shared.domain.period import Period
from shared.facts.commitments import put_commitment
from shared.facts.observations import ObservationFact, record_observation
from shared.retention.candidates import FactCounts
from shared.retention.removal import close_years, remove_facts
from tests.indicators.world import ALFA, LANDSKRONA, NORTH, World

# The first of January 2015 is a Thursday: the last days of December are of a week of 2015.
BEFORE = date(2015, 1, 1)
JUNE, DECEMBER_30 = date(2014, 6, 3), date(2014, 12, 30)
COMMAND = Actor("commands/facts", "samverkan facts")
CROWD = {"residents": 21}


async def close(world: World, before: date = BEFORE) -> date:
    async with world.engine.begin() as connection:
        return await close_years(connection, before, world.as_of)


async def remove(world: World) -> FactCounts:
    async with world.engine.begin() as connection:
        return await remove_facts(connection, await world.definitions.current(connection), COMMAND)


async def close_and_remove(world: World) -> FactCounts:
    await world.settle()
    await close(world)
    return await remove(world)


async def left(world: World) -> set[str]:
    async with world.engine.connect() as connection:
        return {*(await connection.execute(text("SELECT external_id FROM activity"))).scalars()}


async def walk(world: World, external_id: str, items: Any = None, **fields: Any) -> UUID:
    attributes = {"actionItems": items} if items else {}
    fields = {"start": JUNE, "participants": CROWD, "attributes": attributes, **fields}
    return (await world.record(external_id, "safety-walk", NORTH, **fields)).activity_id


async def visit(world: World, external_id: str, **fields: Any) -> UUID:
    return (await world.record(external_id, "school-visit", ALFA, **{"start": JUNE, **fields})).activity_id


async def promise(world: World, code: str, **fields: Any) -> None:
    said = {"due_on": date(2014, 11, 1), "wording_en": None, "withdrawn_on": None, "decisions": (), **fields}
    commitment = Commitment(
        agreement="facts",
        code=code,
        annex=None,
        is_promise=False,
        party="Staden",
        wording="Vi gör det.",
        times=1,
        areas=(LANDSKRONA,),
        **said,
    )
    async with world.engine.begin() as connection:
        await put_commitment(connection, commitment, world.as_of, world.catalogue.activity_types)


async def observe(world: World, measure: str, period: str, numerator: int) -> None:
    observation = Observation(
        source="story",
        measure=measure,
        code="",
        area=LANDSKRONA,
        period=Period.parse(period),
        numerator=Decimal(numerator),
        denominator=None,
        status="observed",
        finality="preliminary",
    )
    async with world.engine.begin() as connection:
        await record_observation(connection, ObservationFact(observation, world.ids[LANDSKRONA]))
