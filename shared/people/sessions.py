"""Signing in, by a link that is used once or by an account elsewhere, and the session that follows.

Tokens are stored as hashes, and read nowhere. Who asks has a token alone, or an address that is known to be theirs:
functions of PostgreSQL answer, and nothing of people can be read by them without one.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from shared.db.keys import hash_of
from shared.domain.person import PersonRole
from shared.domain.wording import Language

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import AsyncConnection

LINK_LASTS, SESSION_LASTS = timedelta(days=1), timedelta(days=30)
# Whoever loses the account elsewhere is let in no more after that; to sign in anew takes a click.
ACCOUNT_SESSION_LASTS = timedelta(hours=12)
TOKEN_BYTES = 32


class LinkState(StrEnum):
    """What has become of a link."""

    VALID = "valid"
    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RoleInArea:
    """A role that a person has in an area; `annex` is the number of one of the agreement's, of an annex owner."""

    role: PersonRole
    area_id: int
    area: str
    area_name: str
    party: str | None
    agreement_id: int | None
    annex: int | None


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in. `number` is all that the audit trail has of them."""

    person_id: UUID
    number: int
    name: str | None
    email: str
    language: Language
    wants_reminders: bool
    owner_area_id: int
    roles: tuple[RoleInArea, ...]

    @property
    def actor_id(self) -> str:
        """How the audit trail names them."""
        return f"person/{self.number}"

    def has(self, *roles: PersonRole) -> bool:
        """Tell whether the person has one of some roles somewhere."""
        return any(given.role in roles for given in self.roles)


def new_token() -> str:
    """Return a token for a link or a session."""
    return secrets.token_urlsafe(TOKEN_BYTES)


async def holder_of(connection: AsyncConnection[Any], token: str) -> Person | None:
    """Return who has the session with a token; None where there is none, or no more."""
    cursor = await connection.execute(b"SELECT * FROM session_holder(%s)", (hash_of(token),))
    row = await cursor.fetchone()
    if row is None:
        return None
    person_id, number, name, email, language, wants_reminders, owner_area_id, roles = row
    given = tuple(role_in_area(role) for role in roles)
    return Person(person_id, number, name, email, Language(language), wants_reminders, owner_area_id, given)


def role_in_area(role: dict[str, Any]) -> RoleInArea:
    """Return a role from its JSON in the database."""
    return RoleInArea(
        PersonRole(role["role"]),
        role["areaId"],
        role["area"],
        role["areaName"],
        role["party"],
        role["agreementId"],
        role["annex"],
    )


async def state_of_link(connection: AsyncConnection[Any], token: str) -> LinkState:
    """Return what has become of a link."""
    cursor = await connection.execute(b"SELECT state_of_link(%s)", (hash_of(token),))
    (state,) = await cursor.fetchone() or (LinkState.UNKNOWN,)
    return LinkState(state)


async def open_session(connection: AsyncConnection[Any], link: str) -> str | None:
    """Use a link up, and return the token of the session that it opens; None if it is not valid any more."""
    token = new_token()
    asked = (hash_of(link), hash_of(token), SESSION_LASTS)
    cursor = await connection.execute(b"SELECT open_session(%s, %s, %s)", asked)
    (is_open,) = await cursor.fetchone() or (False,)
    return token if is_open else None


async def open_session_of(connection: AsyncConnection[Any], address: str, owner: str) -> str | None:
    """Return the token of a new session of whoever was invited to an area by an address; None where nobody was.

    That the address is theirs has been made sure of.
    """
    token = new_token()
    asked = (address, owner, hash_of(token), ACCOUNT_SESSION_LASTS)
    cursor = await connection.execute(b"SELECT open_session_of(%s, %s, %s, %s)", asked)
    (is_open,) = await cursor.fetchone() or (False,)
    return token if is_open else None


async def close_session(connection: AsyncConnection[Any], token: str) -> None:
    """End a session."""
    await connection.execute(b"SELECT close_session(%s)", (hash_of(token),))


async def change_own_settings(
    connection: AsyncConnection[Any],
    token: str,
    *,
    language: Language | None = None,
    name: str | None = None,
    wants_reminders: bool | None = None,
) -> None:
    """Change what people say of themselves; None stays as it is, and an empty name is none."""
    changed = (hash_of(token), language, name, wants_reminders)
    await connection.execute(b"SELECT change_own_settings(%s, %s::text, %s::text, %s)", changed)
