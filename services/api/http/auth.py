"""Who calls, and what they may do: an API key in the Authorization header, checked against its hash."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import cast

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.problems import MissingCredentials, MissingScope
from shared.db.keys import KeyScope, hash_of
from shared.db.tables import api_key

SECONDS_CACHED = 5.0
MOST_CACHED = 1000

# Each scope includes the ones below it.
_INCLUDED = {
    KeyScope.READ: frozenset({KeyScope.READ}),
    KeyScope.REPORT: frozenset({KeyScope.READ, KeyScope.REPORT}),
    KeyScope.ADMINISTER: frozenset({KeyScope.READ, KeyScope.REPORT, KeyScope.ADMINISTER}),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a key that is in force."""

    name: str
    scopes: frozenset[KeyScope]


class KeyRing:
    """Finds the holder of a key, and remembers the answer for a few seconds; so long can a revoked key still work.

    The engine is its own: however busy all others are, who calls is known.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: dict[bytes, tuple[float, Caller]] = {}

    async def find(self, key: str) -> Caller | None:
        """Return the holder of a key, or None if no key in force is this one."""
        key_hash = hash_of(key)
        forgotten_at, caller = self._known.get(key_hash, (0.0, None))
        if caller is not None and time.monotonic() < forgotten_at:
            return caller
        caller = await self._look_up(key_hash)
        if len(self._known) >= MOST_CACHED:
            self._known.clear()
        if caller is not None:
            self._known[key_hash] = (time.monotonic() + SECONDS_CACHED, caller)
        return caller

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()

    async def _look_up(self, key_hash: bytes) -> Caller | None:
        statement = select(api_key.c.name, api_key.c.scopes).where(
            api_key.c.key_hash == key_hash,
            api_key.c.revoked_at.is_(None),
            or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > func.now()),
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(statement)).one_or_none()
        if row is None:
            return None
        return Caller(row.name, frozenset().union(*(_INCLUDED[KeyScope(scope)] for scope in row.scopes)))


class _Holder(HTTPBearer):
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
        credentials = await super().__call__(request)
        found = await request.app.state.resources.keys.find(credentials.credentials) if credentials else None
        if found is None:
            raise MissingCredentials(
                "Send an API key that is in force, in the header Authorization: Bearer <key>.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if self._scope not in found.scopes:
            raise MissingScope(
                f"The API key lacks the scope '{self._scope}'.",
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{self._scope}"'},
            )
        return cast("Caller", found)


READ = Depends(_Holder(KeyScope.READ))
REPORT = Depends(_Holder(KeyScope.REPORT))
ADMINISTER = Depends(_Holder(KeyScope.ADMINISTER))
