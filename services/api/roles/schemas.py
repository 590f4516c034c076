"""Roles as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, Resource, Text, example_page, example_resource
from services.api.municipal_definitions import Area, Areas, ServedOwner, ServedOwners
from shared.domain.fields import Document
from shared.domain.role import RoleCode

BODY_EXAMPLE: dict[str, Any] = {
    "area": "1282",
    "name": {"sv": "Har en trygghetsvärd", "en": "Has a safety host"},
}
EXAMPLE: dict[str, Any] = {
    "code": "contact-officer",
    "version": 1,
    "owner": None,
    "name": {"sv": "Har en utsedd kontaktpolis", "en": "Has an appointed contact officer"},
    "takesNeed": True,
}


class RoleContent(Document):
    """What a role says."""

    name: Text
    takes_need: Annotated[bool, Field(description="Whether it says how many visits a month the place needs.")] = False


class RoleBody(RoleContent):
    """A role of one's own, as a client sends it: whole. Its version is counted here."""

    code: Annotated[RoleCode | None, Field(description="May be left out; else as in the address.")] = None
    area: Area = None
    areas: Areas

    model_config = ConfigDict(json_schema_extra={"examples": [BODY_EXAMPLE]})


class RoleEntry(RoleContent):
    """A role as it is in force."""

    code: RoleCode
    version: Annotated[int, Field(description="Of the definition.")]
    owner: ServedOwner
    owners: ServedOwners


class Role(RoleEntry, Resource):
    """One role."""

    model_config = ConfigDict(json_schema_extra={"examples": [example_resource("roles/contact-officer", EXAMPLE)]})


class RolePage(PageOf):
    """A page of roles, by code."""

    roles: list[RoleEntry]

    model_config = ConfigDict(json_schema_extra={"examples": [example_page("roles", "roles", EXAMPLE)]})
