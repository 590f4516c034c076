"""How many sessions a process may have in PostgreSQL, and how its pools share them.

PostgreSQL has room for `max_connections`, 100 unless it is set: the budgets of all processes must fit, which are
settings, `api_sessions` and `worker_sessions`, and a few for commands.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.db.engine import PoolKind

Shares = Mapping[PoolKind, int]
# A file holds its connection for as long as its client takes to read it: figures have more, for other requests too.
API_SHARES: Shares = MappingProxyType(
    {
        PoolKind.WRITING: 5,
        PoolKind.FIGURES: 5,
        PoolKind.READING: 3,
        PoolKind.FEED: 2,
        PoolKind.KEYS: 1,
        PoolKind.HEALTH: 1,
    }
)
WORKER_SHARES: Shares = MappingProxyType(
    {PoolKind.COMPUTING: 2, PoolKind.SOURCES: 2, PoolKind.WEBHOOKS: 1, PoolKind.HEALTH: 1}
)
_LEAST = {PoolKind.WRITING: 2}
"""What a pool has at least, where that is not 1: an import has a transaction beside that which guards it."""
_MOST = {PoolKind.HEALTH: 1}
"""What a pool has at most, where there is such a bound: one look at a time is enough."""


def share_out(sessions: int, shares: Shares) -> dict[PoolKind, int]:
    """Return how many sessions each pool may have, in proportion to its share; together they are the budget.

    Each has the least that it works with, also where the budget is smaller than that.
    """
    pools = {kind: _LEAST.get(kind, 1) for kind in shares}
    for _ in range(sessions - sum(pools.values())):
        growing = (kind for kind in shares if pools[kind] < _MOST.get(kind, sessions))
        neediest = max(growing, key=lambda kind: shares[kind] / (pools[kind] + 0.5))
        pools[neediest] += 1
    return pools
