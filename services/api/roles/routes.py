"""`/roles`: what may be true of an area for some days; municipalities and others add their own here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, Path, Request
from pydantic import WrapValidator

from services.api.http.auth import COORDINATE, READ
from services.api.http.authority import require_authority
from services.api.http.dependencies import Definitions, Reading, StructureConnection, Today, resources_of
from services.api.http.problems import problems_of
from services.api.http.responses import Answer, Paging, resource, slice_answer
from services.api.http.routing import router
from services.api.http.threads import JSON_THREAD
from services.api.municipal_definitions import AddedBy, is_of, named_owner, read_upload, refuse_unknown_area
from services.api.roles.schemas import Role, RoleBody, RolePage
from shared.catalogue.loader import Catalogue
from shared.catalogue.municipal_definitions import DefinitionKind
from shared.domain.errors import DefinitionInUse, DefinitionTaken, InvalidDefinition, UnknownRole
from shared.domain.role import RoleCode
from shared.facts.municipal_definitions import put_municipal_definition

roles = router("roles")

# Left as it was sent: the form and the rules are checked together, so that all faults are reported at once.
Sent = Annotated[RoleBody, WrapValidator(lambda sent, _handler: sent), Body()]
_CODE = Path(alias="roleCode", description="The role's code.", examples=["contact-officer"])


@roles.get("", response_model=RolePage, dependencies=[READ], summary="List roles")
async def list_roles(
    request: Request, reading: Reading, definitions: Definitions, page: Paging, area: AddedBy = None
) -> Answer:
    """Visa alla roller, i kodordning. / List every role, by code."""
    await refuse_unknown_area(reading, area)
    entries = [
        _entry(code, definitions)
        for code in sorted(definitions.roles)
        if is_of(definitions.role_owners.get(code), area)
    ]
    return slice_answer(request, page, "roles", entries)


@roles.get(
    "/{roleCode}", response_model=Role, responses=problems_of(UnknownRole), dependencies=[READ], summary="Show a role"
)
async def show_role(request: Request, definitions: Definitions, role_code: Annotated[str, _CODE]) -> Answer:
    """Visa en roll. / Show a role."""
    if role_code not in definitions.roles:
        raise UnknownRole
    return resource(request, f"roles/{role_code}", _entry(role_code, definitions))


@roles.put(
    "/{roleCode}",
    response_model=Role,
    responses={
        201: {"model": Role, "description": "Created."},
        **problems_of(InvalidDefinition, DefinitionTaken, DefinitionInUse),
    },
    dependencies=[COORDINATE],
    summary="Create or revise an own role",
)
async def put_role(
    request: Request, connection: StructureConnection, today: Today, role_code: Annotated[RoleCode, _CODE], sent: Sent
) -> Answer:
    """Skapa eller ändra en egen roll. / Create or revise an own role.

    Den är en kommuns, en regions, ett polisområdes eller flera kommuners gemensamma. Deras områden får ha den, och egna
    indikatorer där får räkna efter den. /
    It is the own of a municipality, a county, a police area, or several municipalities together. Their areas may have
    it, and own indicators there may count by it.
    """
    upload = await JSON_THREAD.run(read_upload, DefinitionKind.ROLE, role_code, sent)
    await require_authority(connection, upload.areas.values())
    put = await put_municipal_definition(connection, resources_of(request).catalogue, upload, today)
    return resource(request, f"roles/{role_code}", _entry(role_code, put.catalogue), created=put.created)


def _entry(code: str, catalogue: Catalogue) -> dict[str, Any]:
    return {
        **catalogue.roles[code].model_dump(mode="json", by_alias=True),
        **named_owner(catalogue.role_owners.get(code)),
    }
