"""What a coordinator can give: roles where they coordinate, and the parties and annexes of the agreements there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import text

from services.api.pages.area_choice import picked_area
from services.api.pages.reporting.asked import AskedAnnex, annexes_of, day_to_report
from services.api.pages.reporting.places import ReportingPlace, ReportingPlaces, places_of
from shared.db.access import may_administer
from shared.db.area_nesting import AREAS_AROUND_OR_INSIDE
from shared.domain.errors import Violation
from shared.domain.person import GivenRole, PersonRole
from shared.people.roles import coordinated_areas

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.forms import Form
    from services.api.pages.texts import Translate
    from shared.catalogue.loader import Catalogue
    from shared.domain.wording import Language
    from shared.people.sessions import Person

_PARTIES = text(
    f"""SELECT DISTINCT unnest(parties) AS party FROM agreement
        WHERE agreement_id IN (SELECT agreement_id FROM agreement_area WHERE area_id IN ({AREAS_AROUND_OR_INSIDE}))
        ORDER BY party"""
)


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from."""

    roles: Sequence[PersonRole]
    places: ReportingPlaces
    parties: Sequence[str]
    annexes: Sequence[AskedAnnex]
    # The name of the area that is chosen unless another one is.
    usual_area: str


@dataclass(slots=True)
class ChosenRole:
    """A role as it was chosen; None with what is wrong, and with places of a name like the one typed."""

    given: GivenRole | None = None
    faults: list[Violation] = field(default_factory=list)
    near: Sequence[ReportingPlace] = ()


async def choices_of(
    connection: AsyncConnection, person: Person, catalogue: Catalogue, today: date, language: Language, t: Translate
) -> Choices:
    """Return what a person who coordinates can give."""
    areas = coordinated_areas(person.roles)
    places = await places_of(connection, areas, (), today, t, every_kind=True)
    annexes = [one for one in await annexes_of(connection, catalogue, areas, today, language) if one.number is not None]
    day = day_to_report(annexes, today)
    annexes = [one for one in annexes if one.is_in_force(day)]
    parties = (await connection.execute(_PARTIES, {"areas": [*areas], "day": today})).scalars().all()
    administers = any(may_administer(area_id) for area_id in areas)
    roles = [
        role
        for role in PersonRole
        if (role is not PersonRole.ADMINISTRATOR or administers) and (role is not PersonRole.ANNEX_OWNER or annexes)
    ]
    usual = next((place.label for place in places.all if place.area_id in areas), "")
    return Choices(roles, places, parties, annexes, usual)


def chosen_role(choices: Choices, sent: Form) -> ChosenRole:
    """Return the role that a form names."""
    chosen = ChosenRole()
    if sent["role"] not in choices.roles:
        chosen.faults.append(Violation("role", "no role is chosen", "Choose what the person is to do."))
        return chosen
    role = PersonRole(sent["role"])
    place, faults, chosen.near = picked_area(choices.places, sent)
    chosen.faults += faults
    annex = _annex(choices, sent, chosen) if role is PersonRole.ANNEX_OWNER else None
    if place is not None and role is PersonRole.ADMINISTRATOR and not may_administer(place.area_id):
        chosen.faults.append(Violation("area", "you do not administer this area", "Choose another role or area."))
    if place is None or chosen.faults:
        return chosen
    party = sent["party"] if role is PersonRole.REPORTER and sent["party"] in choices.parties else None
    chosen.given = GivenRole(
        role, place.code, party, None if annex is None else annex.agreement, None if annex is None else annex.number
    )
    return chosen


def _annex(choices: Choices, sent: Form, chosen: ChosenRole) -> AskedAnnex | None:
    annex = next((one for one in choices.annexes if one.code == sent["annex"]), None)
    if annex is None:
        chosen.faults.append(Violation("annex", "no annex is chosen", "Choose the annex that the person owns."))
    return annex
