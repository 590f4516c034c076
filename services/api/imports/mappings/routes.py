"""`/import-mappings`: from a source's columns to ours."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request, Response

from services.api.http.auth import READ, REPORT
from services.api.http.dependencies import Connection, Reading
from services.api.http.problems import problems_of
from services.api.http.responses import Answer, Paging, page_answer, resource
from services.api.http.routing import refuse_other_code, router
from services.api.imports.mappings import queries
from services.api.imports.mappings.contradictions import contradictions
from services.api.imports.mappings.schemas import Mapping, MappingBody, MappingPage
from shared.domain.errors import InvalidMapping, UnknownMapping
from shared.domain.fields import Code
from shared.facts.imports import delete_mapping, put_mapping

import_mappings = router("import-mappings")

MappingCode = Annotated[Code, Path(alias="mappingCode", description="The mapping's code.", examples=["street-works"])]


@import_mappings.get("", response_model=MappingPage, dependencies=[READ], summary="List import mappings")
async def list_mappings(request: Request, reading: Reading, page: Paging) -> Answer:
    """Visa alla kolumnkopplingar, i kodordning. / List every mapping, by code."""
    total = await queries.count(reading)
    page.check(total)
    return page_answer(request, page, total, "importMappings", await queries.entries(reading, page))


@import_mappings.get(
    "/{mappingCode}",
    response_model=Mapping,
    responses=problems_of(UnknownMapping),
    dependencies=[READ],
    summary="Show an import mapping",
)
async def show_mapping(request: Request, reading: Reading, mapping_code: MappingCode) -> Answer:
    """Visa hur en källas kolumner läses. / Show how a source's columns are read."""
    entry = await queries.find(reading, mapping_code)
    if entry is None:
        raise UnknownMapping
    return resource(request, f"import-mappings/{mapping_code}", entry)


@import_mappings.put(
    "/{mappingCode}",
    response_model=Mapping,
    responses={201: {"model": Mapping, "description": "Created."}, **problems_of(InvalidMapping)},
    dependencies=[REPORT],
    summary="Create or replace an import mapping",
)
async def replace_mapping(
    request: Request, connection: Connection, mapping_code: MappingCode, body: MappingBody
) -> Answer:
    """Skapa eller ersätt en kolumnkoppling. / Create or replace a mapping.

    Alla fel i den redovisas. / Every fault in it is listed.
    """
    refuse_other_code(mapping_code, body.code)
    faults = list(contradictions(body))
    if faults:
        raise InvalidMapping("The mapping contradicts itself.", faults)
    content = body.model_dump(mode="json", by_alias=True, exclude={"code"})
    created = await put_mapping(connection, mapping_code, content)
    entry = await queries.find(connection, mapping_code) or {}
    return resource(request, f"import-mappings/{mapping_code}", entry, created=created)


@import_mappings.delete(
    "/{mappingCode}",
    status_code=204,
    responses=problems_of(UnknownMapping),
    dependencies=[REPORT],
    summary="Remove an import mapping",
)
async def remove_mapping(connection: Connection, mapping_code: MappingCode) -> Response:
    """Ta bort en kolumnkoppling; det inlästa finns kvar. / Remove a mapping; imported records stay."""
    if not await delete_mapping(connection, mapping_code):
        raise UnknownMapping
    return Response(status_code=204)
