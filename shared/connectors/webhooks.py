"""Sends messages to the endpoints of subscribers, signed by the Standard Webhooks scheme.

An endpoint is whatever someone has written into a form: it is reached only where the operator lets anyone reach, is
never followed elsewhere, and is given so many seconds and bytes, not more.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

import httpx
from standardwebhooks import Webhook

from shared.connectors.public_addresses import (
    AddressNotAllowed,
    UnknownHost,
    is_allowed,
    is_public,
    judged_addresses,
)
from shared.connectors.retry_after import retry_after

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from shared.connectors.public_addresses import Address, Network

SECONDS = 15.0
MOST_READ = 16 * 1024
LONGEST_URL = 2000
_PORTS = range(1, 65536)
_NAME = re.compile(rb"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")


class Failure(StrEnum):
    """Why a message was not delivered, as it is told to the subscriber."""

    ADDRESS_NOT_ALLOWED = "addressNotAllowed"
    UNKNOWN_HOST = "unknownHost"
    NOT_CONNECTED = "notConnected"
    TIMED_OUT = "timedOut"
    CUT_OFF = "cutOff"
    REDIRECTED = "redirected"
    REFUSED = "refused"
    WRONG_ANSWER = "wrongAnswer"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one attempt: an HTTP status if any came, and a failure unless the message was taken."""

    failure: Failure | None
    status: int | None = None
    # How long the endpoint asks to be left alone.
    retry_after: timedelta | None = None
    # The first bytes, when they were asked for.
    body: bytes = b""
    milliseconds: int = 0


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
        address = ip_address(parsed.host)
    except ValueError:
        return None if _NAME.fullmatch(parsed.raw_host) else "names no host"
    return None if is_public(address) or is_allowed(address, networks) else "is not a public address"


def signatures(secrets: Sequence[str], message_id: str, sent_at: datetime, body: str) -> str:
    """Return the header's value: one signature by each secret that is in force."""
    return " ".join(Webhook(secret).sign(message_id, sent_at, body) for secret in secrets)


class Sender:
    """Sends messages; `networks` are those that are not public and may be reached all the same, also without TLS."""

    def __init__(
        self, networks: tuple[Network, ...] = (), *, tls: ssl.SSLContext | None = None, seconds: float = SECONDS
    ) -> None:
        self._networks = networks
        self._tls = tls or _tls()
        self._seconds = seconds

    async def send(
        self, url: str, message_id: str, body: str, secrets: Sequence[str], *, reads_answer: bool = False
    ) -> Answer:
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
        return Answer(answer.failure, answer.status, answer.retry_after, answer.body, milliseconds)

    async def _try(self, url: str, body: str, headers: dict[str, str], *, reads_answer: bool) -> Answer:
        try:
            # In all, and not for each read: an answer may come a byte at a time.
            async with asyncio.timeout(self._seconds):
                return await self._post(httpx.URL(url), body, headers, reads_answer=reads_answer)
        except AddressNotAllowed:
            return Answer(Failure.ADDRESS_NOT_ALLOWED)
        except (UnknownHost, httpx.InvalidURL):
            return Answer(Failure.UNKNOWN_HOST)
        except (TimeoutError, httpx.TimeoutException):
            return Answer(Failure.TIMED_OUT)
        except httpx.ConnectError:
            return Answer(Failure.NOT_CONNECTED)
        except httpx.HTTPError:
            return Answer(Failure.CUT_OFF)

    async def _post(self, url: httpx.URL, body: str, headers: dict[str, str], *, reads_answer: bool) -> Answer:
        host = url.raw_host.decode("ascii")
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = await judged_addresses(host, port, self._networks, only_networks=url.scheme == "http")
        for address in addresses[:-1]:
            try:
                return await self._post_to(address, url, body, headers, reads_answer=reads_answer)
            except httpx.ConnectError:
                continue
        return await self._post_to(addresses[-1], url, body, headers, reads_answer=reads_answer)

    async def _post_to(
        self, address: Address, url: httpx.URL, body: str, headers: dict[str, str], *, reads_answer: bool
    ) -> Answer:
        """Send to this very address, while certificate and Host are the name's."""
        # A connection of its own: one that is kept would serve whatever name has the same address.
        transport = httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False)
        async with httpx.AsyncClient(transport=transport, timeout=self._seconds, trust_env=False) as client:
            request = client.build_request("POST", url, content=body.encode(), headers=headers)
            request.url = url.copy_with(host=str(address))
            request.extensions["sni_hostname"] = url.raw_host.decode("ascii")
            response = await client.send(request, stream=True)
            try:
                read = await _beginning_of(response) if reads_answer and response.is_success else b""
            finally:
                await response.aclose()
        return Answer(_failure_of(response), response.status_code, retry_after(response), read)


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


async def _beginning_of(response: httpx.Response) -> bytes:
    """Read no more than is wanted, as it comes: what is compressed is not unpacked."""
    read = bytearray()
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) >= MOST_READ:
            break
    return bytes(read[:MOST_READ])


def _failure_of(response: httpx.Response) -> Failure | None:
    if response.is_success:
        return None
    return Failure.REDIRECTED if response.has_redirect_location else Failure.REFUSED
