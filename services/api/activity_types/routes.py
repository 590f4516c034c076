"""`/activity-types`: what each kind of activity carries; municipalities and others add their own here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, Path, Request
from pydantic import WrapValidator

from services.api.activity_types.schemas import ActivityType, ActivityTypeBody, ActivityTypePage
from services.api.http.auth import COORDINATE, READ
from services.api.http.authority import require_authority
from services.api.http.dependencies import Definitions, Reading, StructureConnection, Today, resources_of
from services.api.http.problems import problems_of
from services.api.http.responses import Answer, Paging, resource, slice_answer
from services.api.http.routing import router
from services.api.http.threads import JSON_THREAD
from services.api.municipal_definitions import AddedBy, is_of, named_owner, read_upload, refuse_unknown_area
from shared.catalogue.loader import Catalogue
from shared.catalogue.municipal_definitions import DefinitionKind
from shared.domain.errors import DefinitionInUse, DefinitionTaken, InvalidDefinition, UnknownActivityType
from shared.domain.fields import DefinedCode
from shared.facts.municipal_definitions import put_municipal_definition

activity_types = router("activity-types")

# Left as it was sent: the form and the rules are checked together, so that all faults are reported at once.
Sent = Annotated[ActivityTypeBody, WrapValidator(lambda sent, _handler: sent), Body()]
_CODE = Path(description="The type's code.", examples=["graffiti-cleanup"])


@activity_types.get("", response_model=ActivityTypePage, dependencies=[READ], summary="List activity types")
async def list_activity_types(
    request: Request, reading: Reading, definitions: Definitions, page: Paging, area: AddedBy = None
) -> Answer:
    """Visa alla aktivitetstyper, i kodordning. / List every activity type, by code."""
    await refuse_unknown_area(reading, area)
    entries = [
        _entry(code, definitions)
        for code in sorted(definitions.activity_types)
        if is_of(definitions.type_owners.get(code), area)
    ]
    return slice_answer(request, page, "activityTypes", entries)


@activity_types.get(
    "/{code}",
    response_model=ActivityType,
    responses=problems_of(UnknownActivityType),
    dependencies=[READ],
    summary="Show an activity type",
)
async def show_activity_type(request: Request, definitions: Definitions, code: Annotated[str, _CODE]) -> Answer:
    """Visa vad en aktivitetstyp tar emot. / Show what an activity type takes."""
    if code not in definitions.activity_types:
        raise UnknownActivityType
    return resource(request, f"activity-types/{code}", _entry(code, definitions))


@activity_types.put(
    "/{code}",
    response_model=ActivityType,
    responses={
        201: {"model": ActivityType, "description": "Created."},
        **problems_of(InvalidDefinition, DefinitionTaken, DefinitionInUse),
    },
    dependencies=[COORDINATE],
    summary="Create or revise an own activity type",
)
async def put_activity_type(
    request: Request, connection: StructureConnection, today: Today, code: Annotated[DefinedCode, _CODE], sent: Sent
) -> Answer:
    """Skapa eller ändra en egen aktivitetstyp. / Create or revise an own activity type.

    Den är en kommuns, en regions, ett polisområdes eller flera kommuners gemensamma, och får användas i deras områden.
    Aktiviteter som redan är inlästa finns kvar, även om en ny version inte skulle ta emot dem. /
    It is the own of a municipality, a county, a police area, or several municipalities together, and may be used in
    their areas alone. Activities that have been recorded stay, even those that a new version would not take.
    """
    upload = await JSON_THREAD.run(read_upload, DefinitionKind.ACTIVITY_TYPE, code, sent)
    await require_authority(connection, upload.areas.values())
    put = await put_municipal_definition(connection, resources_of(request).catalogue, upload, today)
    return resource(request, f"activity-types/{code}", _entry(code, put.catalogue), created=put.created)


def _entry(code: str, catalogue: Catalogue) -> dict[str, Any]:
    return {
        **catalogue.activity_types[code].model_dump(mode="json", by_alias=True),
        **named_owner(catalogue.type_owners.get(code)),
    }
