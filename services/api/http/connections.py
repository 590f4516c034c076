"""All connections of a process: how many there may be, and how long each may wait for what its client is to send."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Protocol

from shared.connectors.outgoing import Network
from shared.limits import Limits

SECONDS_BETWEEN_LOOKS = 0.25
# Whoever has one address of IPv6 has all of its network.
_IPV6_NETWORK_BITS = 64


class Connection(Protocol):
    """What is asked of a connection here."""

    peer: str

    @property
    def is_waiting(self) -> bool:
        """Tell whether no request of it is being answered: it can be closed without harm to an honest client."""

    def look(self, now: float, seconds: float) -> None:
        """End what has waited too long; `seconds` have passed since the last look."""

    def unsent_bytes(self) -> int:
        """Return how much has been answered that its client has not read."""

    def make_room(self) -> None:
        """Close at once."""


class Connections:
    """The open connections, the oldest first.

    Where there is no room for one more, one that only waits is closed, which has sent nothing, or a part of a request:
    the oldest of the address that has most connections. Addresses of proxies may have as many as there is room for,
    since their clients are many.
    """

    def __init__(self, limits: Limits, proxies: Iterable[Network] = ()) -> None:
        self.limits = limits
        self._proxies = tuple(proxies)
        self._open: dict[Connection, None] = {}
        self._by_peer: Counter[str] = Counter()
        self._looked_at = 0.0
        self._next_look: asyncio.TimerHandle | None = None

    def admit(self, connection: Connection) -> bool:
        """Take in a new connection if there is room for it, or room can be made; tell whether there was."""
        peer = connection.peer
        is_full = len(self._open) >= self.limits.connections
        has_too_many = self._by_peer[peer] >= self.limits.connections_per_address and not self._is_proxy(peer)
        if (is_full or has_too_many) and not self._make_room(peer if has_too_many else None):
            return False
        if not self._open:
            self._looked_at = time.monotonic()
        self._open[connection] = None
        self._by_peer[peer] += 1
        self._look_soon()
        return True

    def remove(self, connection: Connection) -> None:
        """Forget a connection that is closed, or was never admitted."""
        if connection in self._open:
            del self._open[connection]
            self._by_peer[connection.peer] -= 1
            if not self._by_peer[connection.peer]:
                del self._by_peer[connection.peer]

    def _make_room(self, peer: str | None) -> bool:
        """Close the oldest connection that waits: of one address, or for None of the one that has most of them."""
        waiting = [one for one in self._open if one.is_waiting and peer in {None, one.peer}]
        if not waiting:
            return False
        greediest = max(waiting, key=lambda one: self._by_peer[one.peer])  # the first, the oldest, of those alike
        self.remove(greediest)
        greediest.make_room()
        return True

    def _is_proxy(self, peer: str) -> bool:
        try:
            address = ip_address(peer.partition("/")[0])
        except ValueError:
            return False
        return any(address in network for network in self._proxies)

    def _bound_unsent(self) -> None:
        """Cut off those with most to read, while all together have more than memory is to be spent on."""
        unsent = sorted(((one.unsent_bytes(), place) for place, one in enumerate(self._open)), reverse=True)
        connections, total = [*self._open], sum(size for size, _ in unsent)
        for size, place in unsent:
            if total <= self.limits.unsent_bytes:
                return
            total -= size
            connections[place].make_room()

    def _look_soon(self) -> None:
        if self._next_look is None:
            self._next_look = asyncio.get_running_loop().call_later(SECONDS_BETWEEN_LOOKS, self._look)

    def _look(self) -> None:
        self._next_look = None
        now = time.monotonic()
        for connection in [*self._open]:
            connection.look(now, now - self._looked_at)
        self._bound_unsent()
        self._looked_at = now
        if self._open:
            self._look_soon()


def counted_address(host: str) -> str:
    """Return the address that a client is counted by: of IPv6 its network; what is no address is counted as one."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, _IPV6_NETWORK_BITS), strict=False))
    return str(address)
