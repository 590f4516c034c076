"""Finds scopes with work and recomputes them, many in a transaction; one that fails is postponed alone."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from services.indicators.compute.day_rollover import roll_over_day
from services.indicators.compute.recompute import recompute
from shared.db.engine import is_unavailable, took_too_long
from shared.facts.marks import postpone, ripe_scopes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from shared.db.locks import Scope
    from shared.domain.period import Clock
    from shared.facts.catalogue_in_force import CatalogueInForce

# Batches were the prototype's biggest gain under load; more in one made the single change wait longer.
BATCH = 64
# Who changes areas or definitions waits for the batch that runs, and who reports waits behind them.
SECONDS_OF_A_BATCH = 1.0
# A transaction that takes longer is given up: a batch for its scopes one by one, a scope for a while.
SECONDS_OF_A_TRANSACTION = 60.0
# A sweep that never ends would starve what else the worker does.
SECONDS = 5.0
# A batch is followed by a rest as long as it took, but at most so long: what others write meanwhile is then recomputed
# together, at less cost than one by one. A rest that grew with the batch would bring a larger batch, and so on.
LONGEST_REST = 0.02

log = logging.getLogger(__name__)


class BatchSize:
    """How many scopes are recomputed in a transaction: as many as take some second.

    Of single changes that is `BATCH` of them; where whole scopes are marked, as by a changed definition, a few years.
    """

    def __init__(self) -> None:
        self.most = BATCH

    def learn(self, scopes: int, seconds: float) -> None:
        """Learn from how long a batch of so many scopes took."""
        if seconds > SECONDS_OF_A_BATCH:
            self.most = max(1, min(self.most, int(scopes * SECONDS_OF_A_BATCH / seconds)))
        elif scopes >= self.most and seconds < SECONDS_OF_A_BATCH / 2:
            self.most = min(BATCH, 2 * self.most)


async def sweep(
    engine: AsyncEngine,
    definitions: CatalogueInForce,
    clock: Clock,
    seconds: float = SECONDS,
    size: BatchSize | None = None,
) -> bool:
    """Recompute until no scope is left or the time is up; return whether there may be more to do.

    Who sweeps again and again keeps the `size` of batches.
    """
    size = size or BatchSize()
    until = time.monotonic() + seconds
    async with _transaction(engine) as connection:
        await roll_over_day(connection, definitions, clock)
    while (started := time.monotonic()) < until:
        if not await _recompute_batch(engine, definitions, clock, size, until):
            return False
        await asyncio.sleep(min(time.monotonic() - started, LONGEST_REST))
    return True


async def _recompute_batch(
    engine: AsyncEngine, definitions: CatalogueInForce, clock: Clock, size: BatchSize, until: float
) -> bool:
    """Recompute the next scopes in one transaction; return whether any was done.

    If that fails, one is recomputed in a transaction of its own, and others as long as there is time.
    """
    scopes: list[Scope] = []
    started = time.monotonic()
    try:
        async with _transaction(engine) as connection:
            scopes = await ripe_scopes(connection, clock(), size.most)
            is_done = bool(scopes and await recompute(connection, definitions, scopes, clock))
    except Exception as error:
        if not scopes or not _is_of_scope(error):
            raise
        log.warning("a batch of %d scopes failed; trying each alone", len(scopes), exc_info=len(scopes) == 1)
        size.learn(len(scopes), time.monotonic() - started)
    else:
        size.learn(len(scopes), time.monotonic() - started)
        return is_done
    for scope in scopes:
        await _recompute_alone(engine, definitions, scope, clock)
        if time.monotonic() > until:
            break
    return True


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Begin a transaction, and commit it; raises TimeoutError where that takes too long."""
    async with asyncio.timeout(SECONDS_OF_A_TRANSACTION), engine.begin() as connection:
        yield connection


async def _recompute_alone(engine: AsyncEngine, definitions: CatalogueInForce, scope: Scope, clock: Clock) -> None:
    try:
        async with _transaction(engine) as connection:
            await recompute(connection, definitions, [scope], clock)
    except Exception as error:
        if not _is_of_scope(error):
            raise
        log.exception("recomputing area %d, year %d failed; it is postponed", *scope)
        async with _transaction(engine) as connection:
            await postpone(connection, scope, f"{type(error).__name__}: {error}"[:2000])


def _is_of_scope(error: Exception) -> bool:
    """Tell what a scope's own figures fail of, or take too long for, from a database that can do no work at all."""
    return not is_unavailable(error) or took_too_long(error)
