"""`/areas`: where things happen, and what lies in what."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request

from services.api.areas import queries
from services.api.areas.schemas import Area, AreaBody, AreaPage, Kind
from services.api.http.auth import ADMINISTER, READ
from services.api.http.authority import require_authority_over_area
from services.api.http.dependencies import Reading, StructureConnection
from services.api.http.problems import InvalidQuery, problems_of
from services.api.http.responses import Answer, Paging, page_answer, resource
from services.api.http.routing import refuse_other_code, router
from shared.db.codes import find_area_id
from shared.domain.codes import AreaCode
from shared.domain.errors import InvalidArea, UnknownArea, Violation
from shared.domain.fields import Day
from shared.facts.areas import find_areas, put_areas

areas = router("areas")

_CODE = Path(alias="areaCode", description="SCB's code, or the area's own.", examples=["1282"])


@areas.get("", response_model=AreaPage, dependencies=[READ], summary="List areas")
async def list_areas(
    request: Request,
    reading: Reading,
    page: Paging,
    kind: Annotated[Kind | None, Query(description="Only areas of this kind.")] = None,
    place_kind: Annotated[str | None, Query(alias="placeKind", description="Only places of this kind.")] = None,
    parent: Annotated[str | None, Query(description="Only areas directly in the area with this code.")] = None,
    within: Annotated[str | None, Query(description="Only areas anywhere inside the area with this code.")] = None,
    valid_on: Annotated[Day | None, Query(alias="validOn", description="Only areas that exist on this day.")] = None,
) -> Answer:
    """Visa områden, i kodordning. / List areas, by code."""
    parent_id = await _id_of(reading, "parent", parent)
    within_id = await _id_of(reading, "within", within)
    wanted = queries.AreaFilter(kind, place_kind, parent_id, within_id, valid_on)
    total = await queries.count(reading, wanted)
    page.check(total)
    return page_answer(request, page, total, "areas", await queries.entries(reading, wanted, page))


@areas.get(
    "/{areaCode}",
    response_model=Area,
    responses=problems_of(UnknownArea),
    dependencies=[READ],
    summary="Show an area",
)
async def show_area(request: Request, reading: Reading, area_code: Annotated[str, _CODE]) -> Answer:
    """Visa ett område och dess överordnade områden. / Show an area and the areas above it."""
    entry = await queries.find(reading, area_code)
    if entry is None:
        raise UnknownArea
    return resource(request, f"areas/{area_code}", entry)


@areas.put(
    "/{areaCode}",
    response_model=Area,
    responses={201: {"model": Area, "description": "Created."}, **problems_of(InvalidArea)},
    dependencies=[ADMINISTER],
    summary="Create or replace an area",
)
async def put_area(
    request: Request, connection: StructureConnection, area_code: Annotated[AreaCode, _CODE], body: AreaBody
) -> Answer:
    """Skapa eller ersätt ett område och dess överordnade områden. / Create or replace an area and its parents."""
    refuse_other_code(area_code, body.code)
    area = body.as_area(area_code)
    stored = (await find_areas(connection, [area_code])).get(area_code)
    before = None if stored is None else {parent.code for parent in stored.parents}
    await require_authority_over_area(connection, area_code, before, {parent.code for parent in area.parents})
    await put_areas(connection, [area])
    entry = await queries.find(connection, area_code) or {}
    return resource(request, f"areas/{area_code}", entry, created=stored is None)


async def _id_of(reading: Reading, parameter: str, code: str | None) -> int | None:
    if code is None:
        return None
    area_id = await find_area_id(reading, code)
    if area_id is None:
        violation = Violation(parameter, "no area has this code", "Take a code from /areas.")
        raise InvalidQuery("An area is unknown.", [violation])
    return area_id
