"""Links by which people of a test sign in."""

from __future__ import annotations

from sqlalchemy import NullPool, create_engine, text

from shared.domain.person import GivenRole, Invitation, PersonRole
from shared.people import people

_ACT_FOR = text("SELECT set_config('samverkan.owner', area_id::text, true) FROM area WHERE code = :owner")


def link_for(
    database_url: str,
    base_url: str,
    role: PersonRole = PersonRole.REPORTER,
    area: str = "1282",
    email: str | None = None,
) -> str:
    """Invite a person, or one of before by the same address anew, and return a link of theirs."""
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(_ACT_FOR, {"owner": area[:4]})
        invitation = Invitation(email or f"{role}@landskrona.example", (GivenRole(role, area),))
        token = people.create_link(connection, people.invite(connection, invitation))
    return f"{base_url}/logga-in/{token}"
