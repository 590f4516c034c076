"""Requests to addresses that someone has written into a form, such as messages to the endpoints of subscribers.

They are sent only where the operator lets anyone reach: to public addresses, and to networks that are allowed. A name
is resolved once, every address it has is judged, and the connection goes to an address that was judged: what a name
resolves to a moment later does not matter. Time and bytes are bounded.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx
from standardwebhooks import Webhook

from shared.connectors.certificates import TlsFailure, tls_context, tls_failure_of
from shared.logs import quiet_libraries

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SECONDS_TO_SEND = 15.0
MOST_READ = 16 * 1024
LONGEST_URL = 2000
LONGEST_WAIT = timedelta(days=1)
# A name whose servers do not answer has a thread for half a minute: it is none of those that all else shares.
_RESOLVING = ThreadPoolExecutor(64, thread_name_prefix="resolving")
_PORTS = range(1, 65536)
_NAME = re.compile(rb"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")
# What the library's own judgement lets pass in one version or another: relays, tunnels and what is only assigned.
_NOT_PUBLIC = tuple(
    ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_TRANSLATED = IPv6Network("64:ff9b::/96")


# The client logs every address, some of which are secrets: never, in whatever process.
quiet_libraries()


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
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(_RESOLVING, ask)
    except (OSError, UnicodeError) as error:
        raise UnknownHost from error
    return [ip_address(place[0]) for *_, place in found]


def fault_of(url: str, networks: tuple[Network, ...]) -> str | None:
    """Return what is wrong with an endpoint's address as such, or None; names are resolved only when it is used."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "is not a URL"
    if parsed.scheme != "https" and not (parsed.scheme == "http" and networks):
        return "is not an https address"
    if parsed.userinfo or parsed.fragment or (parsed.port is not None and parsed.port not in _PORTS):
        return "has a user name, a password, a fragment or a port that there is not"
    try:
        host = parsed.host
    except UnicodeError:  # a part that begins as what is not ASCII is written there, and is none
        return "names no host"
    try:
        address = ip_address(host)
    except ValueError:
        return None if _NAME.fullmatch(parsed.raw_host) else "names no host"
    return None if is_public(address) or is_allowed(address, networks) else "is not a public address"


@asynccontextmanager
async def answered(
    request: httpx.Request, networks: tuple[Network, ...], tls: ssl.SSLContext, seconds: float
) -> AsyncIterator[httpx.Response]:
    """Send a request to one of the addresses that its host has, and yield the answer, whose body is not read yet.

    It goes to the address itself, while certificate and Host are the name's. The connection is its own: one that is
    reused would serve whatever name has the same address.

    Raises:
        AddressNotAllowed: one of the addresses may not be reached.
        UnknownHost: there is none.
        httpx.HTTPError: no answer came.
    """
    url, host = request.url, request.url.raw_host.decode("ascii")
    port = url.port or (443 if url.scheme == "https" else 80)
    addresses = await judged_addresses(host, port, networks, only_networks=url.scheme == "http")
    request.extensions["sni_hostname"] = host
    transport = httpx.AsyncHTTPTransport(verify=tls, trust_env=False)
    async with httpx.AsyncClient(transport=transport, timeout=seconds, trust_env=False) as client:
        response = await _first_answer(client, request, [url.copy_with(host=str(address)) for address in addresses])
        try:
            yield response
        finally:
            await response.aclose()


async def _first_answer(client: httpx.AsyncClient, request: httpx.Request, urls: Sequence[httpx.URL]) -> httpx.Response:
    for url in urls[:-1]:
        request.url = url
        try:
            return await client.send(request, stream=True)
        except httpx.ConnectError:
            continue
    request.url = urls[-1]
    return await client.send(request, stream=True)


def retry_after(response: httpx.Response) -> timedelta | None:
    """Return how long an answer asks us to wait, in either of the header's forms; at most a day."""
    header = response.headers.get("retry-after", "").strip()
    if response.status_code not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE} or not header:
        return None
    if header.isascii() and header.isdigit():
        return timedelta(seconds=min(int(header[:9]), LONGEST_WAIT.total_seconds()))
    try:
        wait = parsedate_to_datetime(header).astimezone(UTC) - datetime.now(UTC)
    except (ValueError, OverflowError):
        return None
    return min(max(wait, timedelta()), LONGEST_WAIT)


class DeliveryFailure(StrEnum):
    """Why a message was not delivered, as it is reported to the subscriber."""

    ADDRESS_NOT_ALLOWED = "addressNotAllowed"
    UNKNOWN_HOST = "unknownHost"
    NOT_CONNECTED = "notConnected"
    CERTIFICATE_ISSUER_UNKNOWN = TlsFailure.ISSUER_UNKNOWN.value
    CERTIFICATE_EXPIRED = TlsFailure.EXPIRED.value
    CERTIFICATE_NOT_YET_VALID = TlsFailure.NOT_YET_VALID.value
    CERTIFICATE_OTHER_NAME = TlsFailure.OTHER_NAME.value
    CERTIFICATE_INVALID = TlsFailure.INVALID.value
    TLS_FAILED = TlsFailure.NO_TLS.value
    TIMED_OUT = "timedOut"
    CUT_OFF = "cutOff"
    REDIRECTED = "redirected"
    REFUSED = "refused"
    WRONG_ANSWER = "wrongAnswer"


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """What became of one attempt: an HTTP status if any came, and a failure unless the message was taken."""

    failure: DeliveryFailure | None
    status: int | None = None
    # How long the endpoint asks to be left alone.
    retry_after: timedelta | None = None
    # The first bytes, when they were asked for.
    body: bytes = b""
    milliseconds: int = 0


def signatures(secrets: Sequence[str], message_id: str, sent_at: datetime, body: str) -> str:
    """Return the header's value: one signature by each secret that is in force."""
    return " ".join(Webhook(secret).sign(message_id, sent_at, body) for secret in secrets)


class Sender:
    """Sends messages; `networks` are those that are not public and may be reached all the same, also without TLS."""

    def __init__(
        self, networks: tuple[Network, ...] = (), *, tls: ssl.SSLContext | None = None, seconds: float = SECONDS_TO_SEND
    ) -> None:
        self._networks = networks
        self._tls = tls or tls_context()
        self._seconds = seconds

    async def send(
        self, url: str, message_id: str, body: str, secrets: Sequence[str], *, reads_answer: bool = False
    ) -> DeliveryAttempt:
        """Try once to deliver a message, signed by each of the secrets; never raises for what the endpoint does."""
        now = datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "Samverkan",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signatures(secrets, message_id, now, body),
        }
        started = time.monotonic()
        answer = await self._try(url, body, headers, reads_answer=reads_answer)
        milliseconds = round((time.monotonic() - started) * 1000)
        return DeliveryAttempt(answer.failure, answer.status, answer.retry_after, answer.body, milliseconds)

    async def _try(self, url: str, body: str, headers: dict[str, str], *, reads_answer: bool) -> DeliveryAttempt:
        try:
            # In all, and not for each read: an answer may come a byte at a time.
            async with asyncio.timeout(self._seconds):
                return await self._post(httpx.URL(url), body, headers, reads_answer=reads_answer)
        except AddressNotAllowed:
            return DeliveryAttempt(DeliveryFailure.ADDRESS_NOT_ALLOWED)
        except (UnknownHost, httpx.InvalidURL):
            return DeliveryAttempt(DeliveryFailure.UNKNOWN_HOST)
        except (TimeoutError, httpx.TimeoutException):
            return DeliveryAttempt(DeliveryFailure.TIMED_OUT)
        except httpx.ConnectError as error:
            return DeliveryAttempt(DeliveryFailure(tls_failure_of(error) or DeliveryFailure.NOT_CONNECTED))
        except httpx.HTTPError:
            return DeliveryAttempt(DeliveryFailure.CUT_OFF)

    async def _post(
        self, url: httpx.URL, body: str, headers: Mapping[str, str], *, reads_answer: bool
    ) -> DeliveryAttempt:
        request = httpx.Request("POST", url, content=body.encode(), headers=headers)
        async with answered(request, self._networks, self._tls, self._seconds) as response:
            read = await _beginning_of(response) if reads_answer and response.is_success else b""
            return DeliveryAttempt(_failure_of(response), response.status_code, retry_after(response), read)


async def _beginning_of(response: httpx.Response) -> bytes:
    """Read no more than is wanted, as it comes: what is compressed is not unpacked."""
    read = bytearray()
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) >= MOST_READ:
            break
    return bytes(read[:MOST_READ])


def _failure_of(response: httpx.Response) -> DeliveryFailure | None:
    if response.is_success:
        return None
    return DeliveryFailure.REDIRECTED if response.has_redirect_location else DeliveryFailure.REFUSED
