"""`/activity-imports`: whole files of activities, and what became of each row."""

from __future__ import annotations

from fastapi import Request

from services.api.activity_imports.kind import ActivityKind
from services.api.activity_imports.schemas import (
    CSV_EXAMPLE,
    NDJSON_EXAMPLE,
    ActivityImportPage,
    ActivityImportReport,
)
from services.api.answers import Answer
from services.api.auth import READ, REPORT
from services.api.dependencies import Reading
from services.api.file_imports import reports
from services.api.file_imports.arrival import import_file
from services.api.file_imports.parameters import AskedImport, ImportId, answers, bodies
from services.api.file_imports.schemas import RemarkPage
from services.api.paging import Paging
from services.api.requests import router
from services.api.specification import problems_of
from shared.domain.errors import UnknownImport

activity_imports = router("activity-imports")

KIND = ActivityKind()


@activity_imports.post(
    "",
    response_model=ActivityImportReport,
    status_code=201,
    responses=answers(ActivityImportReport),
    dependencies=[REPORT],
    summary="Import a file of activities",
    openapi_extra=bodies(CSV_EXAMPLE, NDJSON_EXAMPLE),
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
    return await import_file(request, KIND, asked)


@activity_imports.get("", response_model=ActivityImportPage, dependencies=[READ], summary="List imports of activities")
async def list_activity_imports(request: Request, reading: Reading, page: Paging) -> Answer:
    """Visa inläsningarna, den senaste först. / List the imports, the latest first."""
    return await reports.list_all(request, reading, KIND, page)


@activity_imports.get(
    "/{importId}",
    response_model=ActivityImportReport,
    responses=problems_of(UnknownImport),
    dependencies=[READ],
    summary="Show how an import of activities goes",
)
async def show_activity_import(request: Request, reading: Reading, import_id: ImportId) -> Answer:
    """Visa hur en inläsning går, också medan den pågår. / Show how an import goes, also while it runs."""
    return await reports.show(request, reading, KIND, import_id)


@activity_imports.get(
    "/{importId}/remarks",
    response_model=RemarkPage,
    responses=problems_of(UnknownImport),
    dependencies=[READ],
    summary="List the remarks on an import of activities",
)
async def list_activity_import_remarks(request: Request, reading: Reading, import_id: ImportId, page: Paging) -> Answer:
    """Visa varje rad som inte blev kvar, och varför. / List every row that is not kept, and why."""
    return await reports.list_remarks(request, reading, KIND, import_id, page)
