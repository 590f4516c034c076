"""Links by which people of a test sign in."""

from __future__ import annotations

from shared.domain.person import GivenRole, PersonRole
from tests.pages.people import AREA, invite


def link_for(
    database_url: str,
    base_url: str,
    role: PersonRole = PersonRole.REPORTER,
    area: str = AREA,
    email: str | None = None,
) -> str:
    """Invite a person, or one of before by the same address anew, and return a link of theirs."""
    email = email or f"{role}@landskrona.example"
    return f"{base_url}{invite(database_url, email, [GivenRole(role, area)], owner=area[:4]).address}"
