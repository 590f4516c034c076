"""How many connections a pool has, how many are in use, and how many tasks wait for one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool


@dataclass(frozen=True, slots=True)
class PoolState:
    """What a pool has now; what cannot be known is NaN."""

    open: float
    in_use: float
    most: float
    waiting: float


Pool = Callable[[], PoolState]


def pool_of(source: AsyncEngine | AsyncConnectionPool) -> Pool:
    """Return what tells of the pool of an engine, or of a pool of the driver's own."""
    return partial(_of_engine, source) if isinstance(source, AsyncEngine) else partial(_of_driver, source)


def _of_driver(pool: AsyncConnectionPool) -> PoolState:
    stats = pool.get_stats()
    size, available = stats.get("pool_size", 0), stats.get("pool_available", 0)
    return PoolState(size, size - available, stats.get("pool_max", math.nan), stats.get("requests_waiting", 0))


def _of_engine(engine: AsyncEngine) -> PoolState:
    pool = engine.pool
    assert isinstance(pool, QueuePool)  # noqa: S101  (as build_engine makes them)
    in_use = pool.checkedout()
    return PoolState(in_use + pool.checkedin(), in_use, pool.size(), _waiting(pool))


def _waiting(pool: QueuePool) -> float:
    """Return how many tasks wait: neither the library nor asyncio has a public name for it."""
    queue = getattr(pool._pool, "_queue", None)  # noqa: SLF001
    getters = getattr(queue, "_getters", None)
    return math.nan if getters is None else sum(not getter.done() for getter in tuple(getters))
