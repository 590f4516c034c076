"""What tests of closing do: take steps, and read what is frozen and what has come since."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import text

from shared.closing.steps import Step, Taker, WantedStep, take_step
from shared.db.actor import Actor
from shared.db.locks import share_area_hierarchy
from shared.domain.period import Period
from shared.read_model.columns import COLUMNS, json_object
from tests.indicators.world import Key, World

COORDINATOR = Taker(Actor("keys/1", "coordinator"))
SECOND = Taker(Actor("keys/2", "second coordinator"))
ADMINISTRATOR = Taker(Actor("keys/3", "administrator"), administers=True)
AGREEMENT = "closing"

_SERVED = text(f"SELECT id, {json_object(COLUMNS)} AS served FROM served_value")
_LATER = text(
    """SELECT indicator_code, code, period_code(period_type, period_start) AS period, later_value.*
       FROM later_value JOIN indicator_series USING (series_id) JOIN area USING (area_id)"""
)
_REVISION = text(
    f"""SELECT id, {json_object(COLUMNS)} AS served
        FROM (SELECT value.* FROM closed_value AS value JOIN agreement_period AS period USING (agreement_period_id)
              JOIN agreement USING (agreement_id)
              WHERE period_code(period.period_type, period.period_start) = :period AND code = :agreement
                AND closing_revision = :revision) AS copied"""
)


async def take(
    world: World,
    step: Step,
    code: str,
    taker: Taker = COORDINATOR,
    reason: str | None = None,
    agreement: str = AGREEMENT,
    seconds: float = 0,
) -> None:
    """Take one step, in a transaction of its own, as the API does; an approval waits so long for a worker."""
    async with world.engine.begin() as connection:
        await share_area_hierarchy(connection)
        catalogue = await world.definitions.current(connection)
        wanted = WantedStep(agreement, Period.parse(code), step, reason)
        await take_step(connection, catalogue, wanted, taker, world.as_of, seconds=seconds)


async def close(world: World, code: str, agreement: str = AGREEMENT) -> None:
    """Take all steps to the closing of a period."""
    await take(world, Step.PREPARE, code, agreement=agreement)
    await take(world, Step.SUBMIT, code, agreement=agreement)
    await take(world, Step.APPROVE, code, SECOND, agreement=agreement)


async def reopen(world: World, code: str, agreement: str = AGREEMENT) -> None:
    await take(world, Step.REOPEN, code, reason="A school was forgotten.", agreement=agreement)


async def served(world: World) -> dict[str, str]:
    """Return every value as it is served, by its id."""
    async with world.engine.connect() as connection:
        return {row.id: row.served for row in await connection.execute(_SERVED)}


async def revision(world: World, code: str, number: int, agreement: str = AGREEMENT) -> dict[str, str]:
    """Return every value of a revision of a period, by its id."""
    async with world.engine.connect() as connection:
        rows = await connection.execute(_REVISION, {"period": code, "revision": number, "agreement": agreement})
        return {row.id: row.served for row in rows}


async def later(world: World) -> dict[Key, tuple[Any, str | None]]:
    """Return what frozen figures would be now: numerator and status."""
    async with world.engine.connect() as connection:
        return {
            (row.indicator_code, row.code, row.period): (row.numerator, row.status)
            for row in await connection.execute(_LATER)
        }


def values(rows: dict[str, str]) -> dict[str, Any]:
    """Return the numbers of values that are served, by their ids."""
    return {id_: orjson.loads(row)["value"] for id_, row in rows.items()}
