"""Every connection to Redis, or Valkey, is made here: none waits for an answer that will not come.

A server may be there and say nothing: hung, cut off by a firewall that forgets, stopped in the middle. So an answer
has a deadline, what is idle is looked at by the kernel, and a command whose connection has broken is tried once more on
a new one. What Redis holds is of no worth: whoever asks goes on without an answer.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError, ResponseError
from redis.retry import Retry

SECONDS_TO_CONNECT = 1.0
SECONDS_TO_ANSWER = 2.0

UNAVAILABLE = (RedisError, OSError, asyncio.TimeoutError)
"""What a client raises when Redis does not do what it is asked."""

NOT_THERE = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, OSError, asyncio.TimeoutError)
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


def reason(error: BaseException) -> str:
    """Say in a few words why Redis cannot be used, without what was sent to it, an address or a password."""
    if isinstance(error, AuthenticationError):
        return "it wants another user or password"
    if isinstance(error, redis.exceptions.TimeoutError | TimeoutError):
        return "it does not answer in time"
    if isinstance(error, ResponseError):
        return "it refuses the command"
    cause = error.__cause__ or error.__context__
    if isinstance(cause, socket.gaierror):
        return "its host has no address"
    return "it cannot be reached"


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
