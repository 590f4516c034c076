"""Who calls, and what they may do: an API key in the Authorization header, checked against its hash."""

from __future__ import annotations

import base64
import binascii
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from psycopg_pool import AsyncConnectionPool

from services.api.http.problems import MissingCredentials, MissingScope
from shared.db.access import Access, act_with
from shared.db.keys import KeyScope, hash_of, is_key
from shared.db.territories import Grants, Territories

SECONDS_CACHED = 5.0
MOST_CACHED = 10_000
_IN_FORCE = b"""
    SELECT key_id, name, owner_area_id, array_agg(scope) AS scopes, array_agg(area_id) AS areas
    FROM api_key JOIN api_key_grant USING (key_id)
    WHERE key_hash = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
    GROUP BY key_id
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a key that is in force; `key_id` says which key, not who.

    Of each scope that the key has somewhere there is the access with which it is used.
    """

    key_id: str
    name: str
    grants: Grants
    accesses: Mapping[KeyScope, Access]

    def granted_areas(self, scope: KeyScope) -> list[int]:
        """Return the ids of the areas in which the caller was granted a scope."""
        return sorted({area_id for one, area_id in self.grants if scope in one.included})


class KeyRing:
    """Finds the holder of a key, and remembers the answer for a few seconds; so long can a revoked key still work.

    Its connections are its own: however busy all others are, who calls is known.
    """

    def __init__(self, pool: AsyncConnectionPool, territories: Territories) -> None:
        self._pool = pool
        self._territories = territories
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._unknown: OrderedDict[bytes, float] = OrderedDict()

    async def find(self, key: str) -> Caller | None:
        """Return the holder of a key, or None if no key in force is this one."""
        if not is_key(key):
            return None
        key_hash, now = hash_of(key), time.monotonic()
        forgotten_at, caller = self._known.get(key_hash, (0.0, None))
        if caller is not None and now < forgotten_at:
            return caller
        if now < self._unknown.get(key_hash, 0.0):
            return None
        caller = await self._look_up(key_hash)
        if caller is not None:
            _remember(self._known, key_hash, (now + SECONDS_CACHED, caller))
        else:
            self._known.pop(key_hash, None)
            _remember(self._unknown, key_hash, now + SECONDS_CACHED)
        return caller

    def counted_as(self, key: str) -> str | None:
        """Return what a key is counted by, or None if it has not been found in force; nothing is asked for it."""
        _, caller = self._known.get(hash_of(key), (0.0, None))
        return None if caller is None else caller.key_id

    async def open(self) -> None:
        """Let keys be looked up."""
        await self._pool.open()

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def _look_up(self, key_hash: bytes) -> Caller | None:
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_IN_FORCE, (key_hash,))).fetchone()
            if row is None:
                return None
            key_id, name, owner_area_id, scopes, areas = row
            grants = frozenset(zip(map(KeyScope, scopes), areas, strict=True))

            async def fetch(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
                return await (await connection.execute(statement.encode(), parameters)).fetchall()

            accesses = await self._territories.accesses(fetch, grants, owner_area_id)
            return Caller(str(key_id), name, grants, accesses)


def _remember(cache: OrderedDict[bytes, T], key_hash: bytes, found: T) -> None:
    """Remember an answer; the oldest one is forgotten where there are many."""
    cache[key_hash] = found
    cache.move_to_end(key_hash)
    if len(cache) > MOST_CACHED:
        cache.popitem(last=False)


def key_in(header: str, *, takes_passwords: bool) -> str | None:
    """Return the key in an Authorization header, or None; it may be the password in it, where that is taken."""
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic" and takes_passwords:
        return _password(credentials.strip())
    return None


def _password(credentials: str) -> str | None:
    try:
        user_and_password = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user_and_password.partition(":")[2]


class Holder(HTTPBearer):
    """The security scheme and the check in one, since each dependency of a route costs every request its time."""

    def __init__(self, scope: KeyScope) -> None:
        super().__init__(
            scheme_name="bearer",
            bearerFormat="API key",
            description=(
                "En API-nyckel, som driften ger ut. / An API key, issued by the operator (`samverkan keys create`)."
            ),
            auto_error=False,
        )
        self._scope = scope

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]  # it answers who, not with what
        """Return who calls. It is asked before a body is read, and by the framework: the first answer serves both.

        From then on the request sees and changes what the scope lets it, and nothing else.
        """
        admitted: Caller | None = getattr(request.state, "caller", None)
        if admitted is None or self._scope not in admitted.accesses:
            admitted = request.state.caller = await self._admit(request)
        act_with(admitted.accesses[self._scope])
        return admitted

    async def _admit(self, request: Request) -> Caller:
        key = key_in(request.headers.get("authorization", ""), takes_passwords=False)
        found = await request.app.state.resources.keys.find(key) if key else None
        if found is None:
            raise MissingCredentials(
                "Send an API key that is in force, in the header Authorization: Bearer <key>.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if self._scope not in found.accesses:
            raise MissingScope(
                f"The API key lacks the scope '{self._scope}'.",
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{self._scope}"'},
            )
        return cast("Caller", found)


async def caller_of(request: Request) -> Caller:
    """Return who calls, where a scope is among the route's dependencies, which are asked first."""
    caller: Caller = request.state.caller
    return caller


READ = Depends(Holder(KeyScope.READ))
REPORT = Depends(Holder(KeyScope.REPORT))
COORDINATE = Depends(Holder(KeyScope.COORDINATE))
ADMINISTER = Depends(Holder(KeyScope.ADMINISTER))
