"""Reads from addresses that someone has written into a form: only where the operator lets anyone reach.

A redirect is followed within the same origin, and else to public https addresses alone. Time and bytes are bounded.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from shared.connectors.certificates import TlsFailure, tls_context, tls_failure_of
from shared.connectors.outgoing import AddressNotAllowed, UnknownHost, answered, fault_of, retry_after

if TYPE_CHECKING:
    from shared.connectors.outgoing import Network

SECONDS = 60.0
MOST_BYTES = 32 * 1024 * 1024
MOST_REDIRECTS = 3


class Failure(StrEnum):
    """Why nothing could be read, as it is reported to those who run the source."""

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
    TOO_MANY_REDIRECTS = "tooManyRedirects"
    TOO_LARGE = "tooLarge"
    BUSY = "busy"
    BROKEN = "broken"
    REFUSED = "refused"
    INVALID_ANSWER = "invalidAnswer"
    INCOMPLETE = "incomplete"


# What may be otherwise in a moment.
_PASSING = frozenset(
    (Failure.NOT_CONNECTED, Failure.TIMED_OUT, Failure.CUT_OFF, Failure.BUSY, Failure.BROKEN, Failure.INVALID_ANSWER)
)


class NotFetched(Exception):
    """Nothing could be read; `status` is the HTTP status if one came, `retry_after` how long we are asked to wait."""

    def __init__(self, failure: Failure, retry_after: timedelta | None = None, status: int | None = None) -> None:
        super().__init__(failure.value)
        self.failure = failure
        self.retry_after = retry_after
        self.status = status

    @property
    def may_pass(self) -> bool:
        """Whether it is worth trying again soon."""
        return self.failure in _PASSING


class Fetcher:
    """Reads; `networks` are those that are not public and may be reached all the same, also without TLS."""

    def __init__(
        self,
        networks: tuple[Network, ...] = (),
        *,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._networks = networks
        self._tls = tls or tls_context()
        self._seconds = seconds
        self._most_bytes = most_bytes

    async def get(self, url: httpx.URL, *, named_at: httpx.URL | None = None) -> bytes:
        """Return what is found at an address; one that another address named is judged as a redirect from there is.

        Raises:
            NotFetched: nothing can be had from it now.
        """
        async with self._failing():
            return await self._follow(url, named_at or url)

    async def ask(self, request: httpx.Request, *, named_at: httpx.URL) -> bytes:
        """Return the answer to a request that is sent once, and where `named_at` says: what it carries is secret.

        Raises:
            NotFetched: nothing can be had from it now; a redirect is not followed.
        """
        async with self._failing():
            networks = self._networks_of(request.url, named_at)
            async with answered(request, networks, self._tls, self._seconds) as response:
                _refuse_failure(response)
                return await _body_of(response, self._most_bytes)

    @asynccontextmanager
    async def _failing(self) -> AsyncIterator[None]:
        """Bound the time inside, and name what fails."""
        try:
            # In all, and not for each read: an answer may come a byte at a time.
            async with asyncio.timeout(self._seconds):
                yield
        except AddressNotAllowed as error:
            raise NotFetched(Failure.ADDRESS_NOT_ALLOWED) from error
        except (UnknownHost, httpx.InvalidURL) as error:
            raise NotFetched(Failure.UNKNOWN_HOST) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise NotFetched(Failure.TIMED_OUT) from error
        except httpx.ConnectError as error:
            raise NotFetched(Failure(tls_failure_of(error) or Failure.NOT_CONNECTED)) from error
        except httpx.HTTPError as error:
            raise NotFetched(Failure.CUT_OFF) from error

    def _networks_of(self, url: httpx.URL, named_at: httpx.URL) -> tuple[Network, ...]:
        """Return the networks that an address may be in. What may be reached is not for those to hand on who are.

        Raises:
            AddressNotAllowed: the address as such may not be asked.
        """
        networks = self._networks if _origin(url) == _origin(named_at) else ()
        if fault_of(str(url), networks):
            raise AddressNotAllowed
        return networks

    async def _follow(self, url: httpx.URL, first: httpx.URL) -> bytes:
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._get(url, self._networks_of(url, first))
            if isinstance(answer, bytes):
                return answer
            url = url.join(answer)
        raise NotFetched(Failure.TOO_MANY_REDIRECTS)

    async def _get(self, url: httpx.URL, networks: tuple[Network, ...]) -> bytes | str:
        """Return what is found at this very address, or where it redirects to."""
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Samverkan"}
        request = httpx.Request("GET", url, headers=headers)
        async with answered(request, networks, self._tls, self._seconds) as response:
            if response.has_redirect_location:
                return response.headers["location"]
            _refuse_failure(response)
            return await _body_of(response, self._most_bytes)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _refuse_failure(response: httpx.Response) -> None:
    if response.is_success:
        return
    if response.status_code in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        raise NotFetched(Failure.BUSY, retry_after(response), response.status_code)
    failure = Failure.BROKEN if response.is_server_error else Failure.REFUSED
    raise NotFetched(failure, status=response.status_code)


async def _body_of(response: httpx.Response, most: int) -> bytes:
    """Read the body as it comes: what is compressed all the same is not unpacked."""
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > most:
            raise NotFetched(Failure.TOO_LARGE)
    return bytes(body)
