"""Who calls, and what they may do: an API key in the Authorization header, checked against its hash."""

from __future__ import annotations

import base64
import binascii
import logging
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from services.api.http.key_uses import KeyUses
from services.api.http.problems import MissingCredentials, MissingScope
from services.api.http.token_claims import TokenHolder
from services.api.http.tokens import TokenVerifier
from shared.db.access import Access, act_with
from shared.db.keys import PREFIX, KeyScope, hash_of, is_key
from shared.db.territories import Fetch, Grants, Territories

SECONDS_CACHED = 5.0
MOST_CACHED = 10_000
# At least: one that is encrypted has more.
DOTS_OF_TOKEN = 2
_IN_FORCE = b"SELECT key_id, name, owner_area_id, scopes, areas, is_use_due FROM key_holder(%s)"

K = TypeVar("K")
T = TypeVar("T")
NamedGrants = frozenset[tuple[KeyScope, str]]
Rights = tuple[Grants, Mapping[KeyScope, Access]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a key or token that is in force; `key_id` says which key, not who, and of a token, whose it is.

    Of each scope that the caller has somewhere there is the access with which it is used.
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

    Its connections are its own: however busy all others are, who calls is known. It also has noted that keys are used.
    """

    def __init__(
        self, pool: AsyncConnectionPool, territories: Territories, tokens: TokenVerifier | None = None
    ) -> None:
        self._pool = pool
        self._territories = territories
        self._tokens = tokens
        self._uses = KeyUses(pool)
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._unknown: OrderedDict[bytes, float] = OrderedDict()
        self._rights: OrderedDict[tuple[NamedGrants, str | None], tuple[float, Rights]] = OrderedDict()
        self._missing: set[str] = set()
        self._changed_at = 0.0

    async def find(self, key: str) -> Caller | None:
        """Return the holder of a key, or of an access token; None if no key in force is this one.

        Raises:
            RequestError: it is an access token, and not accepted.
        """
        if self._tokens is not None and _is_token(key):
            return await self._caller_of(await self._tokens.find(key))
        if not is_key(key):
            return None
        key_hash, now = hash_of(key), time.monotonic()
        forgotten_at, caller = self._known.get(key_hash, (0.0, None))
        if caller is not None and self._is_current(forgotten_at, now):
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

    async def accesses_on(
        self, connection: AsyncConnection[Any], grants: Grants, owner_area_id: int
    ) -> dict[KeyScope, Access]:
        """Return the access with which each scope that was granted is used."""
        return await self._territories.accesses(_fetch_on(connection), grants, owner_area_id)

    def areas_changed(self) -> None:
        """Have every key looked up anew: what has just been put into an area is its holder's at once."""
        self._changed_at = time.monotonic()

    def _is_current(self, forgotten_at: float, now: float) -> bool:
        """Tell whether what was remembered still holds: a while, and until areas change."""
        return now < forgotten_at and forgotten_at - SECONDS_CACHED > self._changed_at

    def counted_as(self, key: str) -> str | None:
        """Return what a key is counted by, or None if it has not been found in force; nothing is asked for it."""
        if self._tokens is not None and _is_token(key):
            return self._tokens.counted_as(key)
        _, caller = self._known.get(hash_of(key), (0.0, None))
        return None if caller is None else caller.key_id

    async def open(self) -> None:
        """Let keys be looked up."""
        if self._tokens is not None:
            self._tokens.start()
        await self._pool.open()

    async def close(self) -> None:
        """Close the connections."""
        if self._tokens is not None:
            await self._tokens.stop()
        await self._uses.stop()
        await self._pool.close()

    async def _look_up(self, key_hash: bytes) -> Caller | None:
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_IN_FORCE, (key_hash,))).fetchone()
            if row is None:
                return None
            key_id, name, owner_area_id, scopes, areas, is_use_due = row
            if is_use_due:
                self._uses.note(key_id)
            grants = frozenset(zip(map(KeyScope, scopes), areas, strict=True))
            accesses = await self._territories.accesses(_fetch_on(connection), grants, owner_area_id)
            return Caller(str(key_id), name, grants, accesses)

    async def _caller_of(self, holder: TokenHolder) -> Caller:
        """Return who holds a token, whose rights are remembered as those of keys are."""
        named, now = (holder.grants, holder.owner), time.monotonic()
        forgotten_at, rights = self._rights.get(named, (0.0, None))
        if rights is None or not self._is_current(forgotten_at, now):
            rights = await self._rights_of(*named)
            _remember(self._rights, named, (now + SECONDS_CACHED, rights))
        return Caller(holder.caller_id, holder.name, *rights)

    async def _rights_of(self, grants: NamedGrants, owner: str | None) -> Rights:
        """Return what rights in areas by their codes amount to; what is of no area that exists is left out.

        Without an owner, what the holder stores belongs to the first area of their strongest scope.
        """
        codes = {code for _, code in grants} | ({owner} if owner else set())
        async with self._pool.connection() as connection:
            fetch = _fetch_on(connection)
            ids = await self._territories.existing(fetch, codes)
            self._tell_missing(codes - ids.keys())
            found = [(scope, code) for scope, code in grants if code in ids]
            if not found or (owner and owner not in ids):
                raise MissingScope(
                    "The areas for which the access token grants rights do not exist here.",
                    headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'},
                )
            strongest = max((scope for scope, _ in found), key=[*KeyScope].index)
            owner = owner or min(code for scope, code in found if scope is strongest)
            placed = frozenset((scope, ids[code]) for scope, code in found)
            return placed, await self._territories.accesses(fetch, placed, ids[owner])

    def _tell_missing(self, codes: set[str]) -> None:
        """Log once which areas the operator's file names though there are none."""
        if new := codes - self._missing:
            self._missing |= new
            logger.warning("the file of issuers names areas that do not exist: %s", ", ".join(sorted(new)))


def _is_token(text: str) -> bool:
    return text.count(".") >= DOTS_OF_TOKEN and not text.startswith(PREFIX)


def _fetch_on(connection: AsyncConnection[Any]) -> Fetch:
    async def fetch(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return await (await connection.execute(statement.encode(), parameters)).fetchall()

    return fetch


def _remember(cache: OrderedDict[K, T], asked: K, found: T) -> None:
    """Remember an answer; the oldest one is forgotten where there are many."""
    cache[asked] = found
    cache.move_to_end(asked)
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
                "En API-nyckel, från den som administrerar området (`/api-clients`) eller från driften. / An API key, "
                "from whoever administers the area (`/api-clients`) or from the operator (`samverkan keys create`)."
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
                f"The API key or access token lacks the scope '{self._scope}'.",
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
