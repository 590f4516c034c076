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
from services.api.http.languages import failure_in, language_of_refusals, refusals_in
from services.api.http.problems import BodyTooLarge, InvalidImport, UnsupportedMediaType, problems_of
from services.api.http.responses import Answer, Page, Paging, link, page_answer, resource, root_url
from services.api.http.routing import BASE, router
from services.api.imports import queries
from services.api.imports.activities import ActivityRecords
from services.api.imports.observations import ObservationRecords
from services.api.imports.record_type import D, F, K, RecordType
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
from services.api.imports.upload import UploadRequest, import_file
from shared.domain.errors import UnknownImport
from shared.domain.fields import Code, Document
from shared.files.media_types import CSV, NDJSON, XLSX
from shared.intake.activity_form import EXAMPLE as ACTIVITY_JSON

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
) -> UploadRequest:
    """Return what a client asks for beside its file."""
    return UploadRequest(today, mapping, dry_run, prefer)


AskedImport = Annotated[UploadRequest, Depends(import_request)]


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
    """Läs in en fil med aktiviteter: CSV, Excel eller NDJSON. / Import a file of activities: CSV, XLSX or NDJSON.

    NDJSON har en aktivitet per rad. Utan kolumnkoppling heter kolumnerna som fälten, till exempel
    `participants.police` och `attributes.contentKind`. Rader som inte kan läsas in redovisas var för sig med radnummer,
    fält och hur felet rättas. Övriga rader läses in. Står samma `source` och `externalId` två gånger i en fil gäller
    den sista raden. /
    NDJSON has one activity a line. Without a mapping, columns are named like the fields, for example
    `participants.police` and `attributes.contentKind`. Rejected rows are listed with row number, field and how to fix
    them; all others are imported. If the same `source` and `externalId` occur twice in a file, the last row applies.
    `externalId` is required here.
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
    """Visa varje rad som inte lästes in, och varför. / List every row that was not imported, and why."""
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
    """Läs in en fil med mätvärden: CSV, Excel eller NDJSON. / Import a file of observations: CSV, XLSX or NDJSON.

    NDJSON har ett mätvärde per rad. Utan kolumnkoppling heter kolumnerna som fälten. En senare fil rättar en
    tidigare, ett slutligt värde ersätter ett preliminärt, och det som saknas i den senare filen behålls. Koder som
    ingen indikator läser sparas och redovisas under `unusedCodes`. /
    NDJSON has one observation a line. Without a mapping, columns are named like the fields. A later file corrects an
    earlier one, a final value replaces a preliminary one, and what is missing in the later file is kept. Codes that no
    indicator reads are stored, and listed under `unusedCodes`.
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
    """Visa varje rad som inte lästes in, och varför. / List every row that was not imported, and why."""
    return await _list_remarks(request, reading, OBSERVATIONS, import_id, page)


async def _import(request: Request, kind: RecordType[D, F, K], asked: UploadRequest) -> Answer:
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
        raise UnknownImport
    path = f"{kind.noun}/{import_id}"
    url = f"{root_url(request)}{BASE}/{path}"
    entry = failure_in(language_of_refusals(request.headers), entry)
    remarks = await _remarks(request, connection, import_id, FIRST_REMARKS)
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
    language = language_of_refusals(request.headers)
    entries = [failure_in(language, entry) for entry in await queries.entries(connection, kind.makes, page)]
    return page_answer(request, page, total, to_camel(kind.noun.replace("-", "_")), entries)


async def _list_remarks(
    request: Request, connection: AsyncConnection, kind: RecordType[D, F, K], import_id: UUID, page: Page
) -> Answer:
    """Answer with a page of the remarks of an import, by row."""
    if await queries.find(connection, kind.makes, import_id) is None:
        raise UnknownImport
    total = await queries.count_remarks(connection, import_id)
    page.check(total)
    remarks = await _remarks(request, connection, import_id, page.limit, page.offset)
    return page_answer(request, page, total, "remarks", remarks)


async def _remarks(
    request: Request, connection: AsyncConnection, import_id: UUID, limit: int, offset: int = 0
) -> list[dict[str, Any]]:
    """Return some of an import's remarks, in the language that the client likes best."""
    found = await queries.remarks(connection, import_id, limit, offset)
    return refusals_in(language_of_refusals(request.headers), found)
