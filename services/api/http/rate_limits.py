"""How often a client may ask, and how much at once: by its key or session, or by its address where it has none.

How often is counted in Redis per minute, for all processes together. Each process takes a part of the minute's
allowance at a time, so that few requests ask Redis. While Redis is away nobody is limited, and nobody waits for it.
What is in progress is counted here, in each process by itself.
"""

from __future__ import annotations

import logging
import time
from asyncio import Lock, timeout
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg
from starlette.datastructures import Headers

from services.api.http.auth import key_in
from services.api.http.connections import counted_address
from services.api.http.languages import language_of_refusals
from services.api.http.problems import RequestError, TooManyRequests, answer
from services.api.http.sessions import session_token_in
from shared import redis

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from services.api.http.auth import KeyRing
    from services.api.http.sessions import Sessions

WINDOW = 60
# Redis is asked for so large a part of what a client may ask in a minute.
PARTS = 100
SECONDS_TO_ANSWER = 0.05
SECONDS_BEFORE_NEXT_TRY = 1.0
SECONDS_UNTIL_ONE_IS_ANSWERED = 1
MOST_CLIENTS = 10_000
# Whether the process answers may be asked at any time: nothing is done for it.
NOT_COUNTED = "/health/live"

_TAKE = """
local used = redis.call('INCRBY', KEYS[1], ARGV[1])
if used == tonumber(ARGV[1]) then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return used
"""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Allowance:
    """What is left to a client of a minute: `left` of what this process has taken, `elsewhere` of all the rest."""

    window: int
    left: int = 0
    elsewhere: int = 0
    is_used_up: bool = False
    next_chance: float = 0.0
    lock: Lock = field(default_factory=Lock)


class Policy:
    """How many requests a kind of client has in a minute, and what is left to each."""

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.limit = limit
        self.part = max(limit // PARTS, 1)
        self.field = f'"{name}";q={limit};w={WINDOW}'.encode()
        self._allowances: OrderedDict[str, Allowance] = OrderedDict()

    def of(self, client: str, window: int) -> Allowance:
        """Return what is left to a client of the window; who has not asked for longest is forgotten."""
        found = self._allowances.get(client)
        if found is None or found.window != window:
            found = self._allowances[client] = Allowance(window, elsewhere=self.limit)
            self._allowances.move_to_end(client)
            if len(self._allowances) > MOST_CLIENTS:
                self._allowances.popitem(last=False)
        return found


class RateLimits:
    """The allowances of all clients."""

    def __init__(self, redis_url: str, *, by_key: int, by_address: int, sign_ins: int) -> None:
        self.by_key = Policy("key", by_key)
        self.by_address = Policy("address", by_address)
        # By address, besides.
        self.sign_ins = Policy("sign-in", sign_ins)
        self._redis = redis.client(redis_url, SECONDS_TO_ANSWER)
        self._take = self._redis.register_script(_TAKE)
        self._is_away_until = 0.0
        self._is_away = False

    async def take(self, policy: Policy, client: str) -> Allowance:
        """Count a request, and return what is left after it; it is used up where the request was one too many."""
        allowance = policy.of(client, int(time.time()) // WINDOW)
        if allowance.left == 0 and not allowance.is_used_up:
            async with allowance.lock:
                if allowance.left == 0 and not allowance.is_used_up:
                    await self._refill(policy, client, allowance)
        allowance.left = max(allowance.left - 1, 0)
        return allowance

    async def count_sign_in(self, scope: Scope) -> None:
        """Count an attempt to sign in by its address.

        Raises:
            TooManyRequests: it is one too many for this minute.
        """
        policy = self.sign_ins
        if (await self.take(policy, address_of(scope))).is_used_up:
            again = f"From one address there may be {policy.limit} attempts to sign in a minute."
            raise TooManyRequests(again, (), {"Retry-After": str(_seconds_left())})

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _refill(self, policy: Policy, client: str, allowance: Allowance) -> None:
        """Take a part of what is left in Redis; while it is away, take it unasked."""
        used = None
        if time.monotonic() > self._is_away_until:
            used = await self._used(f"samverkan:requests:{policy.name}:{client}:{allowance.window}", policy.part)
        if used is None:
            allowance.left = policy.part
            return
        allowance.left = min(max(policy.limit - (used - policy.part), 0), policy.part)
        allowance.elsewhere = max(policy.limit - used, 0)
        allowance.is_used_up = allowance.left == 0

    async def _used(self, counter: str, part: int) -> int | None:
        """Return how many have been taken with this part, or None when Redis does not say so at once."""
        try:
            async with timeout(SECONDS_TO_ANSWER):
                used = int(await self._take(keys=[counter], args=[part, 2 * WINDOW]))
        except redis.UNAVAILABLE as error:
            self._is_away_until = time.monotonic() + SECONDS_BEFORE_NEXT_TRY
            if not self._is_away:
                logger.warning("Redis is away (%s): requests are not limited meanwhile", redis.reason(error))
            self._is_away = True
            return None
        self._is_away = False
        return used


class RateLimited:
    """ASGI middleware that counts each request, and refuses those that are too many, in a minute or at once.

    Whose key or session has been found in force before is counted by it, without a query; all others by their address,
    until the request has been answered and its key is known.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: RateLimits,
        keys: KeyRing,
        sessions: Sessions,
        *,
        takes_passwords: bool,
        most_at_once: int,
    ) -> None:
        self._app = app
        self._limits = limits
        self._keys = keys
        self._sessions = sessions
        self._takes_passwords = takes_passwords
        self._most_at_once = most_at_once
        self._in_progress: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and tell in its answer how many more there may be."""
        if scope["type"] != "http" or scope["path"] == NOT_COUNTED:
            await self._app(scope, receive, send)
            return
        key = self._key_of(scope)
        holder = self._keys.counted_as(key) if key else self._visitor_in(scope)
        policy = self._limits.by_key if holder else self._limits.by_address
        client = holder or address_of(scope)
        allowance = await self._limits.take(policy, client)
        refusal = self._refusal(policy, client, allowance)
        if refusal and key and not holder and (holder := await self._last_chance(allowance, key)):
            policy, client = self._limits.by_key, holder
            allowance = await self._limits.take(policy, client)
            refusal = self._refusal(policy, client, allowance)
        send = _with_standing(policy, allowance, send)
        if refusal:
            await answer(refusal, language_of_refusals(Headers(scope=scope)))(scope, receive, send)
            return
        self._in_progress[client] = self._in_progress.get(client, 0) + 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._ended(client)
        if key and not holder and (found := self._keys.counted_as(key)):
            # It was no stranger's: its key had not been asked for yet.
            allowance.left += 1
            await self._limits.take(self._limits.by_key, found)

    def _refusal(self, policy: Policy, client: str, allowance: Allowance) -> TooManyRequests | None:
        """Return why the client may not ask now, or None where it may."""
        if allowance.is_used_up:
            return _too_often(policy)
        if self._in_progress.get(client, 0) >= self._most_at_once:
            return _too_many_at_once(self._most_at_once)
        return None

    def _ended(self, client: str) -> None:
        left = self._in_progress.pop(client) - 1
        if left:
            self._in_progress[client] = left

    async def _last_chance(self, allowance: Allowance, key: str) -> str | None:
        """Return what a key is counted by whose address others have used up; so one key a second is looked up."""
        if (now := time.monotonic()) < allowance.next_chance:
            return None
        allowance.next_chance = now + 1
        with suppress(psycopg.Error, RequestError):  # where it is away, or a token not accepted, others say so
            await self._keys.find(key)
        return self._keys.counted_as(key)

    def _visitor_in(self, scope: Scope) -> str | None:
        token = session_token_in(scope)
        return None if token is None else self._sessions.counted_as(token)

    def _key_of(self, scope: Scope) -> str | None:
        for name, value in scope["headers"]:
            if name == b"authorization":
                return key_in(value.decode("latin-1"), takes_passwords=self._takes_passwords)
        return None


def address_of(scope: Scope) -> str:
    """Return the address that a request is counted by."""
    client = scope.get("client")
    return counted_address(client[0]) if client else "unknown"


def _too_many_at_once(most: int) -> TooManyRequests:
    wait = {"Retry-After": str(SECONDS_UNTIL_ONE_IS_ANSWERED)}
    return TooManyRequests(f"{most} requests of this client are in progress. Wait for the answer to one.", (), wait)


def _too_often(policy: Policy) -> TooManyRequests:
    limit, wait = policy.limit, {"Retry-After": str(_seconds_left())}
    if policy.name == "key":
        again = f"This key may ask {limit} times a minute. Ask again when the time in Retry-After has passed."
        return TooManyRequests(again, (), wait)
    return TooManyRequests(f"Without a valid key, {limit} requests a minute are answered from one address.", (), wait)


def _with_standing(policy: Policy, allowance: Allowance, send: Send) -> Send:
    """Return what sends an answer with what is left (draft-ietf-httpapi-ratelimit-headers)."""

    async def with_standing(message: Message) -> None:
        if message["type"] == "http.response.start":
            left = allowance.left + allowance.elsewhere
            standing = f'"{policy.name}";r={left};t={_seconds_left()}'.encode()
            message["headers"] += ((b"ratelimit-policy", policy.field), (b"ratelimit", standing))
        await send(message)

    return with_standing


def _seconds_left() -> int:
    return WINDOW - int(time.time()) % WINDOW
