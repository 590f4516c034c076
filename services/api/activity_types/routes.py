"""`/activity-types`: definitions from the catalogue."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request

from services.api.activity_types.schemas import ActivityType, ActivityTypePage
from services.api.answers import Answer, resource
from services.api.auth import READ
from services.api.dependencies import Definitions
from services.api.paging import Paging, slice_answer
from services.api.requests import router
from services.api.specification import problems_of
from shared.domain.errors import UnknownActivityType

activity_types = router("activity-types")


@activity_types.get("", response_model=ActivityTypePage, dependencies=[READ], summary="List activity types")
async def list_activity_types(request: Request, definitions: Definitions, page: Paging) -> Answer:
    """Visa alla aktivitetstyper, i kodordning. / List every activity type, by code."""
    known = definitions.activity_types
    entries = [known[code].model_dump(mode="json", by_alias=True) for code in sorted(known)]
    return slice_answer(request, page, "activityTypes", entries)


@activity_types.get(
    "/{code}",
    response_model=ActivityType,
    responses=problems_of(UnknownActivityType),
    dependencies=[READ],
    summary="Show an activity type",
)
async def show_activity_type(
    request: Request,
    definitions: Definitions,
    code: Annotated[str, Path(description="The type's code.", examples=["graffiti-cleanup"])],
) -> Answer:
    """Visa vad en aktivitetstyp tar emot. / Show what an activity type takes."""
    definition = definitions.activity_types.get(code)
    if definition is None:
        raise UnknownActivityType("No activity type has this code. /activity-types lists them all.")
    return resource(request, f"activity-types/{code}", definition.model_dump(mode="json", by_alias=True))
