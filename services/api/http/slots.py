"""Slots for work that takes as long as its client does: few in all, and fewer for each client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


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
