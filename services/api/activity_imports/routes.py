"""`/activity-imports`: whole files of activities, and what became of each row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.activities.schemas import Code
from services.api.activity_imports import queries
from services.api.activity_imports.importing import run_import
from services.api.activity_imports.rows import Row, csv_rows, ndjson_rows
from services.api.activity_imports.schemas import (
    CSV_EXAMPLE,
    NDJSON_EXAMPLE,
    ImportPage,
    ImportReport,
    RemarkPage,
)
from services.api.answers import Answer, link, resource, root_url
from services.api.auth import READ, REPORT
from services.api.dependencies import Reading, Today, equipment
from services.api.import_mappings.queries import find as find_mapping
from services.api.import_mappings.schemas import MappingContent
from services.api.paging import Paging, page_answer
from services.api.problems import InvalidImport, InvalidQuery, UnsupportedMediaType
from services.api.requests import BASE, router
from services.api.specification import problems_of
from shared.domain.errors import UnknownImport, Violation

activity_imports = router("activity-imports")

CSV = "text/csv"
NDJSON = "application/x-ndjson"
FIRST_REMARKS = 100

ImportId = Annotated[UUID, Path(alias="importId", description="The import's id.")]


@activity_imports.post(
    "",
    response_model=ImportReport,
    status_code=201,
    responses=problems_of(InvalidImport, UnsupportedMediaType),
    dependencies=[REPORT],
    summary="Import a file of activities",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                CSV: {"schema": {"type": "string"}, "example": CSV_EXAMPLE},
                NDJSON: {"schema": {"type": "object"}, "example": NDJSON_EXAMPLE},
            },
        }
    },
)
async def import_activities(
    request: Request,
    today: Today,
    mapping: Annotated[Code | None, Query(description="Of /import-mappings, for a CSV of other columns.")] = None,
    dry_run: Annotated[bool, Query(alias="dryRun", description="Check and count all, keep nothing.")] = False,  # noqa: FBT002  a query parameter
) -> Answer:
    """Läs in många aktiviteter: CSV eller en aktivitet som JSON per rad. / Import many activities: CSV or NDJSON.

    Kolumner i en CSV utan mappning heter som fälten, `participants.police` och `attributes.contentKind` till exempel.
    Rader som inte går att läsa in sägs en för en, med radnummer, fält och bot; de andra blir kvar. Samma `source` och
    `externalId` två gånger i en fil: sista raden gäller. /
    Columns of a CSV without a mapping are named like the fields, `participants.police` and `attributes.contentKind` for
    instance. Rows that cannot be kept are told one by one, with row number, field and remedy; the others are kept. The
    same `source` and `externalId` twice in a file: the last row counts. `externalId` is required here.
    """
    held = equipment(request)
    rows = await _rows(request, mapping)
    import_id = await run_import(held, rows, mapping, today, dry_run=dry_run)
    async with held.reading.connect() as reading:
        return await _show(request, reading, import_id, created=True)


@activity_imports.get("", response_model=ImportPage, dependencies=[READ], summary="List imports")
async def list_imports(request: Request, reading: Reading, page: Paging) -> Answer:
    """Visa inläsningarna, den senaste först. / List the imports, the latest first."""
    total = await queries.count(reading)
    page.check(total)
    return page_answer(request, page, total, "activityImports", await queries.entries(reading, page))


@activity_imports.get(
    "/{importId}",
    response_model=ImportReport,
    responses=problems_of(UnknownImport),
    dependencies=[READ],
    summary="Show how an import went",
)
async def show_import(request: Request, reading: Reading, import_id: ImportId) -> Answer:
    """Visa hur en inläsning gick. / Show how an import went."""
    return await _show(request, reading, import_id)


@activity_imports.get(
    "/{importId}/remarks",
    response_model=RemarkPage,
    responses=problems_of(UnknownImport),
    dependencies=[READ],
    summary="List an import's remarks",
)
async def list_remarks(request: Request, reading: Reading, import_id: ImportId, page: Paging) -> Answer:
    """Visa varje rad som inte blev kvar, och varför. / List every row that is not kept, and why."""
    if await queries.find(reading, import_id) is None:
        raise _unknown_import()
    total = await queries.count_remarks(reading, import_id)
    page.check(total)
    remarks = await queries.remarks(reading, import_id, page.limit, page.offset)
    return page_answer(request, page, total, "remarks", remarks)


async def _rows(request: Request, mapping_code: str | None) -> AsyncIterator[list[Row]]:
    """Return the rows of the body, which is read as they are asked for."""
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    is_plain = request.headers.get("content-encoding", "identity").lower() == "identity"
    wanted = media_type.strip().lower()
    if wanted not in {CSV, NDJSON} or not is_plain:
        raise UnsupportedMediaType(f"Send {CSV} or {NDJSON}, uncompressed.")
    charset = parameters.strip().lower().replace('"', "")
    if charset not in {"", "charset=utf-8"} and not (wanted == CSV and charset.startswith("header=")):
        raise UnsupportedMediaType("Send UTF-8; a mapping names another encoding.")
    mapping = await _mapping(request, mapping_code)
    if wanted == CSV:
        return csv_rows(request.stream(), mapping, await _item_lists(request))
    if mapping is not None:
        fault = Violation("mapping", "is for CSV only", "Leave it out: NDJSON has the fields of an activity.")
        raise InvalidQuery("NDJSON takes no mapping.", [fault])
    return ndjson_rows(request.stream())


async def _item_lists(request: Request) -> Collection[str]:
    held = equipment(request)
    async with held.reading.connect() as reading:
        return (await held.catalogue.current(reading)).item_lists


async def _mapping(request: Request, code: str | None) -> MappingContent | None:
    if code is None:
        return None
    async with equipment(request).reading.connect() as reading:
        kept = await find_mapping(reading, code)
    if kept is None:
        fault = Violation("mapping", "no mapping has this code", "Take a code from /import-mappings.")
        raise InvalidQuery("The mapping is unknown.", [fault])
    names = {field.alias or name for name, field in MappingContent.model_fields.items()}
    return MappingContent.model_validate({name: value for name, value in kept.items() if name in names})


async def _show(request: Request, connection: AsyncConnection, import_id: UUID, *, created: bool = False) -> Answer:
    entry = await queries.find(connection, import_id)
    if entry is None:
        raise _unknown_import()
    path = f"activity-imports/{import_id}"
    url = f"{root_url(request)}{BASE}/{path}"
    remarks = await queries.remarks(connection, import_id, FIRST_REMARKS)
    links = {"self": link(url, "self"), "remarks": link(f"{url}/remarks", "remarks")}
    return resource(request, path, {**entry, "_links": links, "remarks": remarks}, created=created)


def _unknown_import() -> UnknownImport:
    return UnknownImport("No import has this id.")
