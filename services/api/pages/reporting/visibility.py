"""Which activities a person sees as reports: their own, those of their annexes, and all where they coordinate."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.activities import queries
from shared.domain.errors import UnknownActivity
from shared.domain.person import COORDINATING, PersonRole

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.people.sessions import Person


class Whose(StrEnum):
    """Whose reports are shown, as an address has it."""

    OWN = "mina"
    ANNEX = "bilagans"
    ALL = "alla"


# Conditions on `activity`. Where the person's role reaches is a policy's matter: this is of what is there at all. The
# areas come first, as an array: by their index few rows are read, where a join would try every activity there is.
_INSIDE = "activity.area_id = ANY (ARRAY(SELECT descendant_id FROM area_closure WHERE ancestor_id = ANY({areas})))"
_CONDITIONS = {
    Whose.OWN: """EXISTS (SELECT FROM person_report
        WHERE person_report.activity_id = activity.activity_id AND person_report.person_id = :person_id)""",
    Whose.ANNEX: f"""{_INSIDE.format(areas=":annex_areas")} AND EXISTS (
        SELECT FROM unnest(CAST(:annex_agreements AS int[]), CAST(:annex_numbers AS smallint[]),
                           CAST(:annex_areas AS int[])) AS own (agreement_id, number, area_id)
        JOIN area_closure ON ancestor_id = own.area_id AND descendant_id = activity.area_id
        WHERE own.agreement_id = activity.agreement_id AND own.number = activity.annex_number)""",
    Whose.ALL: _INSIDE.format(areas=":coordinated"),
}
_CONCERNS = text(
    f"""SELECT activity_id FROM activity WHERE activity_id = ANY(:activity_ids)
        AND ({" OR ".join(f"({one})" for one in _CONDITIONS.values())})"""
)


def choices_of(person: Person) -> list[Whose]:
    """Return whose reports a person can choose to see."""
    choices = [Whose.OWN]
    if person.has(PersonRole.ANNEX_OWNER):
        choices.append(Whose.ANNEX)
    if person.has(*COORDINATING):
        choices.append(Whose.ALL)
    return choices


def condition_of(whose: Whose) -> str:
    """Return which activities are shown, in SQL with the parameters of `parameters_of`."""
    return _CONDITIONS[whose]


def parameters_of(person: Person) -> dict[str, Any]:
    """Return what the conditions ask of a person."""
    annexes = [role for role in person.roles if role.role is PersonRole.ANNEX_OWNER]
    return {
        "person_id": person.person_id,
        "annex_agreements": [role.agreement_id for role in annexes],
        "annex_numbers": [role.annex for role in annexes],
        "annex_areas": [role.area_id for role in annexes],
        "coordinated": [role.area_id for role in person.roles if role.role in COORDINATING],
    }


async def concerning(connection: AsyncConnection, person: Person, activity_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return those of some activities that the person sees as reports."""
    if not activity_ids:
        return frozenset()
    asked = parameters_of(person) | {"activity_ids": [*activity_ids]}
    return frozenset((await connection.execute(_CONCERNS, asked)).scalars())


async def find_report(connection: AsyncConnection, person: Person, activity_id: UUID) -> queries.Entry:
    """Return an activity as the API shows it.

    Raises:
        UnknownActivity: there is none, or none that the person sees.
    """
    concerns = await concerning(connection, person, [activity_id])
    entry = await queries.find(connection, activity_id) if concerns else None
    if entry is None:
        raise UnknownActivity
    return entry
