"""How clients share what there is little of: slots, few in all and fewer for each, and locks, one for each client."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary


class NoSlot(Exception):
    """All slots are taken, or all that the client may have."""


class Slots:
    """Each holds what there is little of: a connection, memory, room on the disk."""

    def __init__(self, total: int, per_client: int) -> None:
        self._total = total
        self._per_client = per_client
        self._by_client: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many are taken."""
        return self._by_client.total()

    @contextmanager
    def taken_by(self, client: str) -> Iterator[None]:
        """Hold a slot for a client meanwhile.

        Raises:
            NoSlot: there is none for it now.
        """
        if self.taken >= self._total or self._by_client[client] >= self._per_client:
            raise NoSlot
        self._by_client[client] += 1
        try:
            yield
        finally:
            self._by_client[client] -= 1
            if not self._by_client[client]:
                del self._by_client[client]


class ClientLocks:
    """Lets each client in once at a time to what works on one thing after the other.

    So nobody waits for all that another has asked for, but for as many as others ask.
    """

    def __init__(self) -> None:
        self._of: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, client: str) -> asyncio.Lock:
        """Return the lock of a client."""
        return self._of.setdefault(client, asyncio.Lock())
