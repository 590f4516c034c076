"""Every connection to Redis, or Valkey, is made here: none waits for an answer that will not come.

A server may be there and say nothing: hung, cut off by a firewall that forgets, stopped in the middle. So an answer
has a deadline, what is idle is looked at by the kernel, and a command whose connection has broken is tried once more on
a new one. What Redis holds is of no worth: whoever asks goes on without an answer.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from typing import Any
from urllib.parse import urlsplit

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, InvalidResponse, RedisError, ResponseError
from redis.retry import Retry

SECONDS_TO_CONNECT = 1.0
SECONDS_TO_ANSWER = 2.0

UNAVAILABLE = (RedisError, OSError, asyncio.TimeoutError)
"""What a client raises when Redis does not do what it is asked."""

NOT_THERE = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    InvalidResponse,
    OSError,
    asyncio.TimeoutError,
)
"""What it raises when Redis cannot be reached, does not answer, or knows no such password."""

_SECONDS_IDLE = 20
_SECONDS_BETWEEN_PROBES = 5
_PROBES = 3
_RETRIES = 1


def client(url: str, seconds: float = SECONDS_TO_ANSWER) -> redis.asyncio.Redis:
    """Return a client for an event loop; a command fails after about twice the seconds at most."""
    return redis.asyncio.Redis.from_pool(pool(url, seconds))


def pool(url: str, seconds: float = SECONDS_TO_ANSWER) -> redis.asyncio.ConnectionPool:
    """Return the pool of such a client, for a library that makes the client itself."""
    retry: Any = AsyncRetry(NoBackoff(), _RETRIES)
    return redis.asyncio.ConnectionPool.from_url(url, retry=retry, **_options(url, seconds))


def blocking_client(url: str, seconds: float = SECONDS_TO_ANSWER) -> redis.Redis:
    """Return a client for a program without an event loop."""
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), _RETRIES), **_options(url, seconds))


def refuse_unknown_options(url: str) -> None:
    """Raise TypeError or ValueError if a URL has an option that no connection takes. Nothing is connected to."""
    connection: Any = pool(url)
    connection.make_connection()


def place(url: str) -> str:
    """Return where a URL's server is, without user and password."""
    parts = urlsplit(url)
    return parts.path if parts.scheme == "unix" else f"{parts.hostname or 'localhost'}:{parts.port or 6379}"


def reason(error: BaseException) -> str:
    """Say in a few words why Redis cannot be used, without what was sent to it, an address or a password."""
    cause = error.__cause__ or error.__context__
    reasons: tuple[tuple[bool, str], ...] = (
        (isinstance(error, AuthenticationError), "it wants another user or password"),
        (isinstance(error, InvalidResponse), "what answers is no Redis"),
        (isinstance(error, ResponseError), "it refuses the command"),
        (isinstance(error, redis.exceptions.TimeoutError | TimeoutError), "it does not answer in time"),
        (isinstance(error, ssl.SSLError) or isinstance(cause, ssl.SSLError), "TLS does not work with it"),
        (isinstance(cause, socket.gaierror), "its host has no address"),
    )
    return next((text for is_so, text in reasons if is_so), "it cannot be reached")


def _options(url: str, seconds: float) -> dict[str, Any]:
    options: dict[str, Any] = {
        "socket_connect_timeout": min(SECONDS_TO_CONNECT, seconds),
        "socket_timeout": seconds,
        "retry_on_error": [redis.exceptions.ConnectionError],
    }
    scheme = urlsplit(url).scheme
    if scheme != "unix":
        options |= {"socket_keepalive": True, "socket_keepalive_options": _keepalive()}
    if scheme == "rediss":
        options["ssl_check_hostname"] = True  # the library would take any host's certificate
    return options


def _keepalive() -> dict[int, int]:
    """Return when the kernel asks an idle connection for a sign of life, and how often, where it can be told."""
    idle = "TCP_KEEPIDLE" if sys.platform == "linux" else "TCP_KEEPALIVE"
    values = {idle: _SECONDS_IDLE, "TCP_KEEPINTVL": _SECONDS_BETWEEN_PROBES, "TCP_KEEPCNT": _PROBES}
    return {getattr(socket, name): value for name, value in values.items() if hasattr(socket, name)}
