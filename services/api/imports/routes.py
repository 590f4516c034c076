"""`/activity-imports` and `/observation-imports`: whole files, and what became of each row."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Request
from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.auth import READ, REPORT
from services.api.http.dependencies import Reading, Today, resources_of
from services.api.http.problems import BodyTooLarge, InvalidImport, UnsupportedMediaType, problems_of
from services.api.http.responses import Answer, Page, Paging, link, page_answer, resource, root_url
from services.api.http.routing import BASE, router
from services.api.imports import queries
from services.api.imports.activities import ActivityRecords
from services.api.imports.observations import ObservationRecords
from services.api.imports.record_type import D, F, K, RecordType
from services.api.imports.rows import CSV, NDJSON, XLSX
from services.api.imports.schemas import (
    ACTIVITY_CSV,
    OBSERVATION_CSV,
    OBSERVATION_JSON,
    ActivityImportPage,
    ActivityImportReport,
    ObservationImportPage,
    ObservationImportReport,
    RemarkPage,
)
from services.api.imports.upload import Asked, import_file
from shared.domain.errors import UnknownImport
from shared.intake.activity_form import EXAMPLE as ACTIVITY_JSON
from shared.intake.fields import Code, Document

activity_imports = router("activity-imports")
observation_imports = router("observation-imports")

ACTIVITIES = ActivityRecords()
OBSERVATIONS = ObservationRecords()
FIRST_REMARKS = 100
ImportId = Annotated[UUID, Path(alias="importId", description="The import's id.")]


async def import_request(
    today: Today,
    mapping: Annotated[Code | None, Query(description="Of /import-mappings, for a table of other columns.")] = None,
    dry_run: Annotated[bool, Query(alias="dryRun", description="Check and count all, keep nothing.")] = False,  # noqa: FBT002  a query parameter
    prefer: Annotated[
        str | None,
        Header(description="`respond-async`: answer 202 once the file is kept, and import it in the background."),
    ] = None,
) -> Asked:
    """Return what a client asks for beside its file."""
    return Asked(today, mapping, dry_run, prefer)


AskedImport = Annotated[Asked, Depends(import_request)]


def _bodies(csv_example: str, ndjson_example: dict[str, Any]) -> dict[str, Any]:
    """Return the `openapi_extra` of a route that takes a file."""
    return {
        "requestBody": {
            "required": True,
            "content": {
                CSV: {"schema": {"type": "string"}, "example": csv_example},
                NDJSON: {
                    "schema": {"type": "string"},
                    "example": json.dumps(ndjson_example, ensure_ascii=False) + "\n",
                },
                XLSX: {
                    "schema": {"type": "string", "format": "binary"},
                    "example": "The bytes of an Excel workbook, a sheet of which has the columns of the CSV.",
                },
            },
        }
    }


def _answers(report: type[Document]) -> dict[int | str, dict[str, Any]]:
    """Return the answers of a route that takes a file, beside the one to an import that has ended."""
    return {
        202: {"model": report, "description": "Kept, and imported in the background; Location tells how it goes."},
        **problems_of(InvalidImport, UnsupportedMediaType, BodyTooLarge),
    }


@activity_imports.post(
    "",
    response_model=ActivityImportReport,
    status_code=201,
    responses=_answers(ActivityImportReport),
    dependencies=[REPORT],
    summary="Import a file of activities",
    openapi_extra=_bodies(ACTIVITY_CSV, ACTIVITY_JSON),
)
async def import_activities(request: Request, asked: AskedImport) -> Answer:
    """Läs in många aktiviteter: CSV, Excel eller en som JSON per rad. / Import many activities: CSV, XLSX or NDJSON.

    Kolumner utan mappning heter som fälten, `participants.police` och `attributes.contentKind` till exempel.
    Rader som inte går att läsa in sägs en för en, med radnummer, fält och bot; de andra blir kvar. Samma `source` och
    `externalId` två gånger i en fil: sista raden gäller. /
    Columns without a mapping are named like the fields, `participants.police` and `attributes.contentKind` for
    instance. Rows that cannot be kept are told one by one, with row number, field and remedy; the others are kept. The
    same `source` and `externalId` twice in a file: the last row counts. `externalId` is required here.
    """
    return await _import(request, ACTIVITIES, asked)


@activity_imports.get("", response_model=ActivityImportPage, dependencies=[READ], summary="List imports of activities")
async def list_activity_imports(request: Request, reading: Reading, page: Paging) -> Answer:
    """Visa inläsningarna, den senaste först. / List the imports, the latest first."""
    return await _list_all(request, reading, ACTIVITIES, page)


@activity_imports.get(
    "/{importId}",
    response_model=ActivityImportReport,
    responses=problems_of(UnknownImport),
    dependencies=[READ],
    summary="Show how an import of activities goes",
)
async def show_activity_import(request: Request, reading: Reading, import_id: ImportId) -> Answer:
    """Visa hur en inläsning går, också medan den pågår. / Show how an import goes, also while it runs."""
    return await _show(request, reading, ACTIVITIES, import_id)


@activity_imports.get(
    "/{importId}/remarks",
    response_model=RemarkPage,
    responses=problems_of(UnknownImport),
    dependencies=[READ],
    summary="List the remarks on an import of activities",
)
async def list_activity_import_remarks(request: Request, reading: Reading, import_id: ImportId, page: Paging) -> Answer:
    """Visa varje rad som inte blev kvar, och varför. / List every row that is not kept, and why."""
    return await _list_remarks(request, reading, ACTIVITIES, import_id, page)


@observation_imports.post(
    "",
    response_model=ObservationImportReport,
    status_code=201,
    responses=_answers(ObservationImportReport),
    dependencies=[REPORT],
    summary="Import a file of observations",
    openapi_extra=_bodies(OBSERVATION_CSV, OBSERVATION_JSON),
)
async def import_observations(request: Request, asked: AskedImport) -> Answer:
    """Läs in många mätvärden: CSV, Excel eller ett som JSON per rad. / Import many observations: CSV, XLSX or NDJSON.

    Kolumner utan mappning heter som fälten. En senare fil rättar en tidigare, en slutlig siffra ersätter en
    preliminär, och det som inte står i den senare filen blir kvar. Koder som ingen indikator läser sparas och räknas
    upp under `unusedCodes`. /
    Columns without a mapping are named like the fields. A later file corrects an earlier one, a final figure replaces
    a preliminary one, and what does not stand in the later file stays. Codes that no indicator reads are kept, and
    listed under `unusedCodes`.
    """
    return await _import(request, OBSERVATIONS, asked)


@observation_imports.get(
    "", response_model=ObservationImportPage, dependencies=[READ], summary="List imports of observations"
)
async def list_observation_imports(request: Request, reading: Reading, page: Paging) -> Answer:
    """Visa inläsningarna, den senaste först. / List the imports, the latest first."""
    return await _list_all(request, reading, OBSERVATIONS, page)


@observation_imports.get(
    "/{importId}",
    response_model=ObservationImportReport,
    responses=problems_of(UnknownImport),
    dependencies=[READ],
    summary="Show how an import of observations goes",
)
async def show_observation_import(request: Request, reading: Reading, import_id: ImportId) -> Answer:
    """Visa hur en inläsning går, också medan den pågår. / Show how an import goes, also while it runs."""
    return await _show(request, reading, OBSERVATIONS, import_id)


@observation_imports.get(
    "/{importId}/remarks",
    response_model=RemarkPage,
    responses=problems_of(UnknownImport),
    dependencies=[READ],
    summary="List the remarks on an import of observations",
)
async def list_observation_import_remarks(
    request: Request, reading: Reading, import_id: ImportId, page: Paging
) -> Answer:
    """Visa varje rad som inte blev kvar, och varför. / List every row that is not kept, and why."""
    return await _list_remarks(request, reading, OBSERVATIONS, import_id, page)


async def _import(request: Request, kind: RecordType[D, F, K], asked: Asked) -> Answer:
    import_id = await import_file(request, kind, asked)
    async with resources_of(request).reading.connect() as reading:
        return await _show(request, reading, kind, import_id, arrived=True, in_background=asked.in_background)


async def _show(
    request: Request,
    connection: AsyncConnection,
    kind: RecordType[D, F, K],
    import_id: UUID,
    *,
    arrived: bool = False,
    in_background: bool = False,
) -> Answer:
    """Answer with the report of an import: one that has just `arrived` is created, or accepted if `in_background`."""
    entry = await queries.find(connection, kind.makes, import_id)
    if entry is None:
        raise _unknown_import()
    path = f"{kind.noun}/{import_id}"
    url = f"{root_url(request)}{BASE}/{path}"
    remarks = await queries.remarks(connection, import_id, FIRST_REMARKS)
    links = {"self": link(url, "self"), "remarks": link(f"{url}/remarks", "remarks")}
    answer = resource(request, path, {**entry, "_links": links, "remarks": remarks}, created=arrived)
    if in_background:
        answer.status_code = HTTPStatus.ACCEPTED
        answer.headers["Preference-Applied"] = "respond-async"
    return answer


async def _list_all(request: Request, connection: AsyncConnection, kind: RecordType[D, F, K], page: Page) -> Answer:
    """Answer with a page of the imports, the latest first."""
    total = await queries.count(connection, kind.makes)
    page.check(total)
    entries = await queries.entries(connection, kind.makes, page)
    return page_answer(request, page, total, to_camel(kind.noun.replace("-", "_")), entries)


async def _list_remarks(
    request: Request, connection: AsyncConnection, kind: RecordType[D, F, K], import_id: UUID, page: Page
) -> Answer:
    """Answer with a page of the remarks of an import, by row."""
    if await queries.find(connection, kind.makes, import_id) is None:
        raise _unknown_import()
    total = await queries.count_remarks(connection, import_id)
    page.check(total)
    remarks = await queries.remarks(connection, import_id, page.limit, page.offset)
    return page_answer(request, page, total, "remarks", remarks)


def _unknown_import() -> UnknownImport:
    return UnknownImport("No import has this id.")
