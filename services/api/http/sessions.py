"""Who visits pages: the holder of a session, by a cookie that no script reads and no other site's form sends."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import cookie_parser

from shared.db.keys import hash_of
from shared.people import reminders, sessions
from shared.people.roles import grants_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from uuid import UUID

    from psycopg_pool import AsyncConnectionPool
    from starlette.responses import Response
    from starlette.types import Scope

    from services.api.http.auth import KeyRing
    from shared.db.access import Access
    from shared.db.keys import KeyScope
    from shared.domain.wording import Language
    from shared.people.sessions import LinkState, Person

# A browser takes a cookie of this name from our own host alone, for all of it, and over TLS (RFC 6265bis, 4.1.3.2).
COOKIE = "__Host-samverkan"
# How long a visitor is counted by themselves after a request, and not with all who share the address.
SECONDS_COUNTED = 60.0
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who is signed in, with the access that each scope of theirs is used with, and their session's token."""

    person: Person
    accesses: Mapping[KeyScope, Access]
    token: str


def session_token_in(scope: Scope) -> str | None:
    """Return the token of the session that a request names in its cookie."""
    for name, value in scope["headers"]:
        if name == b"cookie" and COOKIE.encode() in value:
            return cookie_parser(value.decode("latin-1")).get(COOKIE)
    return None


class Sessions:
    """Opens, finds and closes sessions. Each request asks anew: who is removed is out at once."""

    def __init__(self, pool: AsyncConnectionPool, keys: KeyRing) -> None:
        self._pool = pool
        self._keys = keys
        self._counted: OrderedDict[bytes, tuple[float, str]] = OrderedDict()

    async def find(self, token: str) -> Visitor | None:
        """Return who has the session with a token, if anybody has."""
        async with self._pool.connection() as connection:
            person = await sessions.holder_of(connection, token)
            if person is None:
                self._counted.pop(hash_of(token), None)
                return None
            accesses = await self._keys.accesses_on(connection, grants_of(person.roles), person.owner_area_id)
        self._count(token, person)
        return Visitor(person, accesses, token)

    def counted_as(self, token: str) -> str | None:
        """Return what a session's requests are counted by, where it has just been found; nothing is asked for it."""
        until, actor = self._counted.get(hash_of(token), (0.0, None))
        return actor if time.monotonic() < until else None

    async def state_of_link(self, link: str) -> LinkState:
        """Return what has become of a link to sign in by."""
        async with self._pool.connection() as connection:
            return await sessions.state_of_link(connection, link)

    async def open(self, link: str) -> str | None:
        """Use a link up, and return the token of the session that it opens; None if it is not valid any more."""
        async with self._pool.connection() as connection:
            return await sessions.open_session(connection, link)

    async def open_for(self, address: str, owner: str) -> str | None:
        """Return the token of a new session of who was invited to an area by an address of theirs, if anybody was."""
        async with self._pool.connection() as connection:
            return await sessions.open_session_of(connection, address, owner)

    async def close(self, token: str) -> None:
        """End a session."""
        self._counted.pop(hash_of(token), None)
        async with self._pool.connection() as connection:
            await sessions.close_session(connection, token)

    async def change(
        self,
        token: str,
        *,
        language: Language | None = None,
        name: str | None = None,
        wants_reminders: bool | None = None,
    ) -> None:
        """Change what people say of themselves; None stays as it is."""
        async with self._pool.connection() as connection:
            await sessions.change_own_settings(
                connection, token, language=language, name=name, wants_reminders=wants_reminders
            )

    async def switch_reminders_off(self, person_id: UUID) -> None:
        """Write no more reminders to a person; who asks for it has a link of theirs."""
        async with self._pool.connection() as connection:
            await reminders.switch_off(connection, person_id)

    def _count(self, token: str, person: Person) -> None:
        key = hash_of(token)
        self._counted[key] = (time.monotonic() + SECONDS_COUNTED, person.actor_id)
        self._counted.move_to_end(key)
        if len(self._counted) > MOST_COUNTED:
            self._counted.popitem(last=False)


def set_cookie(response: Response, name: str, value: str, lasting: timedelta) -> None:
    """Let a browser keep a cookie of ours."""
    response.set_cookie(
        name, value, max_age=int(lasting.total_seconds()), path="/", secure=True, httponly=True, samesite="lax"
    )


def remove_cookie(response: Response, name: str) -> None:
    """Let a browser forget a cookie of ours."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
