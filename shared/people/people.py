"""The only writer of people: invites, changes and removes them, and makes the links by which they sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared.db.access import may_administer, may_coordinate
from shared.db.keys import hash_of
from shared.db.locks import change_people
from shared.domain.errors import InvalidPerson, LastCoordinator, Violation, WiderRoles
from shared.domain.person import COORDINATING, GivenRole, Invitation, PersonRole, faults_of
from shared.people.sessions import LINK_LASTS, new_token

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, slots=True)
class InvitedPerson:
    """A person as who coordinates sees them; `roles` with names of areas, and `signed_in_at` the last time."""

    person_id: UUID
    number: int
    email: str
    name: str | None
    wants_reminders: bool
    roles: tuple[GivenRole, ...]
    area_names: tuple[str, ...]
    signed_in_at: datetime | None


_AREAS = text("SELECT code, area_id FROM area WHERE code = ANY(:codes)")
_ANNEXES = text(
    """SELECT agreement.code, annex.number, agreement_id FROM annex JOIN agreement USING (agreement_id)
       WHERE agreement.code = ANY(:codes)"""
)
_FIND = text(
    """SELECT person_id FROM person_contact
       WHERE owner_area_id = acting_owner() AND lower(email) = lower(:email) FOR UPDATE"""
)
_ADD = text("INSERT INTO person (language) VALUES (:language) RETURNING person_id")
_ADD_CONTACT = text(
    """INSERT INTO person_contact (person_id, owner_area_id, email, name)
       VALUES (:person_id, acting_owner(), :email, :name)"""
)
_ADD_ROLE = text(
    """INSERT INTO person_role (person_id, role, area_id, party, agreement_id, annex_number)
       VALUES (:person_id, :role, :area_id, :party, :agreement_id, :annex) ON CONFLICT DO NOTHING"""
)
_REMOVE_ROLES = text("DELETE FROM person_role WHERE person_id = :person_id")
_ADD_LINK = text(
    """INSERT INTO sign_in_link (token_hash, person_id, valid_until)
       VALUES (:token_hash, :person_id, now() + :lasting)"""
)
_REMOVALS = tuple(
    text(f"DELETE FROM {table} WHERE person_id = :person_id")
    for table in ("web_session", "sign_in_link", "person_role", "person_contact")
)
_NOTE_REMOVAL = text("UPDATE person SET removed_at = now() WHERE person_id = :person_id AND removed_at IS NULL")
_SELECT = """
    SELECT person_id, person.number, email, contact.name, wants_reminders,
           coalesce((SELECT jsonb_agg(jsonb_build_array(role, area.code, party, agreement.code, annex_number, area.name)
                                      ORDER BY area.name_sort_key, role, annex_number)
                     FROM person_role JOIN area USING (area_id) LEFT JOIN agreement USING (agreement_id)
                     WHERE person_role.person_id = person.person_id), '[]') AS roles,
           signed_in_at
    FROM person JOIN person_contact AS contact USING (person_id)"""
_ROLES = text(
    """SELECT role, area_id, area.name AS area_name FROM person_role JOIN area USING (area_id)
       WHERE person_id = :person_id"""
)
# Of what a person had, what nobody is left to have: in the area itself, or who has just changed it, from above it.
_LEFT_WITHOUT = text(
    """SELECT string_agg(DISTINCT area.name, ', ')
       FROM unnest(CAST(:roles AS text[]), CAST(:areas AS text[])) AS former(role, code) JOIN area USING (code)
       WHERE NOT EXISTS (SELECT FROM person_role AS given WHERE given.area_id = area.area_id
                            AND given.role IN (former.role, 'administrator'))
         AND NOT EXISTS (SELECT FROM person_role AS given WHERE given.person_id = :by AND :by <> :person_id
                            AND given.role IN ('coordinator', 'administrator'))"""
)
_BY_NAME = "ORDER BY name_sort_key(coalesce(contact.name, email)), person.number"
_LIST = text(f"{_SELECT} {_BY_NAME}")
# By a part of their name or address, or of an area or party of theirs.
_IS_WANTED = """(strpos(lower(concat_ws(' ', contact.name, email)), lower(:wanted)) > 0
    OR EXISTS (SELECT FROM person_role JOIN area USING (area_id)
               WHERE person_role.person_id = person.person_id
                 AND strpos(lower(concat_ws(' ', area.name, party)), lower(:wanted)) > 0))
    AND (signed_in_at IS NULL OR NOT :is_waiting)"""
_FOUND = text(f"{_SELECT} WHERE {_IS_WANTED} {_BY_NAME} LIMIT :most OFFSET :before")
_COUNT = text(f"SELECT count(*) FROM person JOIN person_contact AS contact USING (person_id) WHERE {_IS_WANTED}")
_ONE = text(f"{_SELECT} WHERE person.number = :number")


def listed(connection: Connection) -> list[InvitedPerson]:
    """Return the people whom the caller may invite and remove, by name."""
    return [_invited(row) for row in connection.execute(_LIST)]


def found(
    connection: Connection, wanted: str, *, is_waiting: bool, before: int, most: int
) -> tuple[list[InvitedPerson], int]:
    """Return some of them by a part of their name, address, area or party, after so many before; and how many all are.

    With `is_waiting` only those who have never signed in.
    """
    asked = {"wanted": wanted, "is_waiting": is_waiting, "before": before, "most": most}
    people = [_invited(row) for row in connection.execute(_FOUND, asked)]
    return people, connection.execute(_COUNT, asked).scalar_one()


def find(connection: Connection, number: int) -> InvitedPerson | None:
    """Return one of them by their number."""
    row = connection.execute(_ONE, {"number": number}).one_or_none()
    return None if row is None else _invited(row)


def _invited(row: Row[Any]) -> InvitedPerson:
    roles = tuple(
        GivenRole(PersonRole(role), area, party, agreement, annex)
        for role, area, party, agreement, annex, _ in row.roles
    )
    names = tuple(role[-1] for role in row.roles)
    return InvitedPerson(
        row.person_id, row.number, row.email, row.name, row.wants_reminders, roles, names, row.signed_in_at
    )


def invite(connection: Connection, invitation: Invitation, language: str = "sv") -> UUID:
    """Store a person with their roles; one who has been invited before gets the roles beside those that they have.

    Raises:
        InvalidPerson: with everything that is wrong.
    """
    rows = _rows_of_roles(connection, invitation)
    person_id: UUID | None = connection.execute(_FIND, {"email": invitation.email}).scalar_one_or_none()
    if person_id is None:
        person_id = connection.execute(_ADD, {"language": language}).scalar_one()
        contact = {"person_id": person_id, "email": invitation.email, "name": invitation.name or None}
        connection.execute(_ADD_CONTACT, contact)
    connection.execute(_ADD_ROLE, [{**row, "person_id": person_id} for row in rows])
    return person_id


def change_roles(
    connection: Connection, person: InvitedPerson, roles: Sequence[GivenRole], by: UUID | None = None
) -> None:
    """Let a person have these roles and no others; `by` is the person who changes them, where a person does.

    Raises:
        InvalidPerson: with everything that is wrong.
        WiderRoles: they have roles that the caller could not give.
        LastCoordinator: nobody would be left who coordinates, or administers, an area where they did.
    """
    change_people(connection)
    _refuse_wider(connection, person.person_id)
    rows = _rows_of_roles(connection, Invitation(person.email, tuple(roles)))
    connection.execute(_REMOVE_ROLES, {"person_id": person.person_id})
    connection.execute(_ADD_ROLE, [{**row, "person_id": person.person_id} for row in rows])
    _refuse_lockout(connection, person, by)


def remove(connection: Connection, person: InvitedPerson, by: UUID | None = None) -> None:
    """Let a person in no more, and forget their name and address; what they have reported stays.

    Raises:
        WiderRoles: they have roles that the caller could not give.
        LastCoordinator: nobody would be left who coordinates, or administers, an area where they did.
    """
    change_people(connection)
    _refuse_wider(connection, person.person_id)
    for statement in (*_REMOVALS, _NOTE_REMOVAL):
        connection.execute(statement, {"person_id": person.person_id})
    _refuse_lockout(connection, person, by)


def create_link(connection: Connection, person_id: UUID, lasting: timedelta = LINK_LASTS) -> str:
    """Return the token of a new link by which a person signs in once, and which cannot be had again.

    Raises:
        WiderRoles: they have roles that the caller could not give, and could sign in to have.
    """
    _refuse_wider(connection, person_id)
    token = new_token()
    parameters = {"token_hash": hash_of(token), "person_id": person_id, "lasting": lasting}
    connection.execute(_ADD_LINK, parameters)
    return token


def _refuse_wider(connection: Connection, person_id: UUID) -> None:
    rows = connection.execute(_ROLES, {"person_id": person_id})
    areas = ", ".join(sorted({row.area_name for row in rows if not _may_give(PersonRole(row.role), row.area_id)}))
    if areas:
        raise WiderRoles(f"The person has a role in {areas} that you could not give. Ask whoever administers the area.")


def _refuse_lockout(connection: Connection, former: InvitedPerson, by: UUID | None) -> None:
    """Refuse what a person has just done, where nobody of those left could give back what has been lost by it."""
    if by is None:
        return
    leading = [given for given in former.roles if given.role in COORDINATING]
    asked = {"roles": [given.role for given in leading], "areas": [given.area for given in leading]}
    areas = connection.execute(_LEFT_WITHOUT, {**asked, "by": by, "person_id": former.person_id}).scalar_one()
    if areas:
        raise LastCoordinator(f"Nobody would be left who coordinates {areas}. Invite somebody who does first.")


def _rows_of_roles(connection: Connection, invitation: Invitation) -> list[dict[str, Any]]:
    """Return the rows of a person's roles.

    Raises:
        InvalidPerson: with everything that is wrong.
    """
    roles = invitation.roles
    codes = sorted({role.area for role in roles})
    areas = {row.code: row.area_id for row in connection.execute(_AREAS, {"codes": codes})}
    agreements = sorted({role.agreement for role in roles if role.agreement})
    annexes = {(row.code, row.number): row.agreement_id for row in connection.execute(_ANNEXES, {"codes": agreements})}
    faults = [*faults_of(invitation)]
    for place, given in enumerate(roles):
        if given.area not in areas:
            faults.append(_unknown(place, "area", "no area has this code"))
        elif not _may_give(given.role, areas[given.area]):
            faults.append(_unknown(place, "area", "names an area in which you may not give the role"))
        if given.annex is not None and (given.agreement, given.annex) not in annexes:
            faults.append(_unknown(place, "annex", "the agreement has no annex with this number"))
    if faults:
        raise InvalidPerson("The person cannot be invited so.", faults)
    return [
        {
            "role": given.role,
            "area_id": areas[given.area],
            "party": given.party or None,
            "agreement_id": None if given.annex is None else annexes[str(given.agreement), given.annex],
            "annex": given.annex,
        }
        for given in roles
    ]


def _unknown(place: int, field: str, reason: str) -> Violation:
    return Violation(f"roles[{place}].{field}", reason, "Choose one that you coordinate.")


def _may_give(role: PersonRole, area_id: int) -> bool:
    return may_administer(area_id) if role is PersonRole.ADMINISTRATOR else may_coordinate(area_id)
