"""Which addresses may be reached on behalf of someone else: public ones, and those that the operator allows.

A name is resolved once, every address it has is judged, and the connection goes to an address that was judged: what a
name resolves to a moment later does not matter.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# What the library's own judgement lets pass in one version or another: relays, tunnels and what is only assigned.
_NOT_PUBLIC = tuple(
    ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_TRANSLATED = IPv6Network("64:ff9b::/96")


class AddressNotAllowed(Exception):
    """A host has an address that is not public, and that the operator has not allowed."""


class UnknownHost(Exception):
    """A host has no address."""


def is_public(address: Address) -> bool:
    """Tell whether an address is of the open Internet: not private, local, reserved, multicast or a tunnel to such."""
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not _is_in(address, _NOT_PUBLIC)


def is_allowed(address: Address, networks: tuple[Network, ...]) -> bool:
    """Tell whether an address is in one of the networks, as IPv4 also where it is written as IPv6."""
    inner = _inner(address) if isinstance(address, IPv6Address) else None
    return _is_in(address, networks) or (inner is not None and _is_in(inner, networks))


def _inner(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that packets would in the end go to."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _TRANSLATED else None


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


async def judged_addresses(
    host: str, port: int, networks: tuple[Network, ...], *, only_networks: bool = False
) -> list[Address]:
    """Return the addresses of a host, each of which may be reached; with `only_networks` public ones may not.

    Raises:
        AddressNotAllowed: one of them may not; a name that has both kinds is up to no good.
        UnknownHost: it has none.
    """
    addresses = await resolve(host, port)
    for address in addresses:
        if not is_allowed(address, networks) and (only_networks or not is_public(address)):
            raise AddressNotAllowed
    return addresses


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a host, in the order in which to try them; of a literal, the address that it is.

    Raises:
        UnknownHost: it has none.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHost from error
    return [ip_address(place[0]) for *_, place in found]
