"""Invites those of a template, one by one, and makes links for who is new."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shared.domain.errors import DomainError, Violation
from shared.people import people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from shared.domain.person import Invitation


class NewPerson(NamedTuple):
    """Somebody who has just been invited, with the token of the link, which is known now and never again."""

    email: str
    name: str | None
    token: str


def invite(connection: Connection, invitation: Invitation) -> UUID | Sequence[Violation]:
    """Invite somebody, and return who that is, or why it cannot be."""
    savepoint = connection.begin_nested()
    try:
        person_id = people.invite(connection, invitation)
    except DomainError as error:
        savepoint.rollback()
        return error.violations
    savepoint.commit()
    return person_id
