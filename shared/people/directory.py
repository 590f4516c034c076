"""Everybody who can sign in, with their roles: for what is asked of people, and of whom it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.domain.wording import Language
from shared.people.sessions import Person, role_in_area

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_EVERYONE = text(
    """SELECT person_id, person.number, contact.name, contact.email, language, wants_reminders, person.owner_area_id,
              jsonb_agg(jsonb_build_object(
                  'role', role, 'areaId', area_id, 'area', area.code, 'areaName', area.name, 'party', party,
                  'agreementId', agreement_id, 'annex', annex_number)) AS roles
       FROM person JOIN person_contact AS contact USING (person_id)
       JOIN person_role USING (person_id) JOIN area USING (area_id)
       GROUP BY person_id, contact.person_id
       ORDER BY name_sort_key(coalesce(contact.name, contact.email)), person.number"""
)


async def everyone(connection: AsyncConnection) -> list[Person]:
    """Return the people with roles whom the caller may see, by name; the service itself sees all."""
    return [
        Person(
            row.person_id,
            row.number,
            row.name,
            row.email,
            Language(row.language),
            row.wants_reminders,
            row.owner_area_id,
            tuple(map(role_in_area, row.roles)),
        )
        for row in await connection.execute(_EVERYONE)
    ]
