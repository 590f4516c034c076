"""`/areas/{areaCode}/roles`: what is true of an area for some days, such as a school with a contact officer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.auth import COORDINATE, READ
from services.api.http.authority import require_authority
from services.api.http.dependencies import LockedStructureDefinitions, Reading, StructureConnection, Today
from services.api.http.problems import problems_of
from services.api.http.responses import Answer, resource
from services.api.http.routing import router
from services.api.http.schemas import Resource, example_resource
from shared.db.codes import get_area_id
from shared.domain.errors import InvalidArea, UnknownArea
from shared.domain.fields import Day, Document
from shared.domain.role import MOST_VISITS, Role, RoleSpan
from shared.facts.roles import find_roles, put_roles

MOST_ROLES = 500
EXAMPLE: dict[str, Any] = {
    "roles": [{"role": "contact-officer", "validFrom": "2015-01-01", "validTo": None, "need": 1}]
}

area_roles = router("areas")

_CODE = Path(alias="areaCode", description="SCB's code, or the area's own.", examples=["1282-havsbrisskolan"])


class AreaRole(Document):
    """A role of an area, and when it has it."""

    role: Annotated[str, Field(description="What is true of the area: a code from /roles.")]
    valid_from: Annotated[Day, Field(description="The first day.")]
    valid_to: Annotated[Day | None, Field(description="The last day, included; null when no end is known.")] = None
    need: Annotated[
        int | None,
        Field(
            json_schema_extra={"minimum": 0, "maximum": MOST_VISITS},
            description="Visits a month that the place needs, of a role with `takesNeed`: 1 unless given.",
        ),
    ] = None

    def as_role_span(self, known: Mapping[str, Role]) -> RoleSpan:
        """Return the role as it is to be stored."""
        takes_need = self.role in known and known[self.role].takes_need
        need = 1 if self.need is None and takes_need else self.need
        return RoleSpan(self.role, self.valid_from, self.valid_to, need)


class AreaRolesBody(Document):
    """All roles of an area, over time, as a client sends them."""

    roles: Annotated[list[AreaRole], Field(max_length=MOST_ROLES)]

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})


class AreaRoles(Resource):
    """All roles of an area, by code and first day."""

    roles: list[AreaRole]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource("areas/1282-havsbrisskolan/roles", EXAMPLE)]}
    )


@area_roles.get(
    "/{areaCode}/roles",
    response_model=AreaRoles,
    responses=problems_of(UnknownArea),
    dependencies=[READ],
    summary="Show an area's roles",
)
async def show_roles(request: Request, reading: Reading, area_code: Annotated[str, _CODE]) -> Answer:
    """Visa ett områdes roller, över tid. / Show an area's roles, over time."""
    return await _answer(request, reading, area_code)


@area_roles.put(
    "/{areaCode}/roles",
    response_model=AreaRoles,
    responses=problems_of(UnknownArea, InvalidArea),
    dependencies=[COORDINATE],
    summary="Replace an area's roles",
)
async def replace_roles(
    request: Request,
    connection: StructureConnection,
    definitions: LockedStructureDefinitions,
    today: Today,
    area_code: Annotated[str, _CODE],
    body: AreaRolesBody,
) -> Answer:
    """Ersätt ett områdes alla roller. / Replace all roles of an area."""
    await require_authority(connection, [area_code])
    await put_roles(
        connection, area_code, [role.as_role_span(definitions.roles) for role in body.roles], definitions, today
    )
    return await _answer(request, connection, area_code)


async def _answer(request: Request, connection: AsyncConnection, area_code: str) -> Answer:
    area_id = await get_area_id(connection, area_code)
    roles = [
        {"role": span.role, "validFrom": span.first, "validTo": span.last, "need": span.need}
        for span in await find_roles(connection, area_id)
    ]
    return resource(request, f"areas/{area_code}/roles", {"roles": roles})
