"""`/observation-imports`: whole files of figures from elsewhere, and what became of each row."""

from __future__ import annotations

from fastapi import Request

from services.api.answers import Answer
from services.api.auth import READ, REPORT
from services.api.dependencies import Reading
from services.api.file_imports import reports
from services.api.file_imports.arrival import import_file
from services.api.file_imports.parameters import AskedImport, ImportId, answers, bodies
from services.api.file_imports.schemas import RemarkPage
from services.api.observation_imports.kind import ObservationKind
from services.api.observation_imports.schemas import (
    CSV_EXAMPLE,
    NDJSON_EXAMPLE,
    ObservationImportPage,
    ObservationImportReport,
)
from services.api.paging import Paging
from services.api.requests import router
from services.api.specification import problems_of
from shared.domain.errors import UnknownImport

observation_imports = router("observation-imports")

KIND = ObservationKind()


@observation_imports.post(
    "",
    response_model=ObservationImportReport,
    status_code=201,
    responses=answers(ObservationImportReport),
    dependencies=[REPORT],
    summary="Import a file of observations",
    openapi_extra=bodies(CSV_EXAMPLE, NDJSON_EXAMPLE),
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
    return await import_file(request, KIND, asked)


@observation_imports.get(
    "", response_model=ObservationImportPage, dependencies=[READ], summary="List imports of observations"
)
async def list_observation_imports(request: Request, reading: Reading, page: Paging) -> Answer:
    """Visa inläsningarna, den senaste först. / List the imports, the latest first."""
    return await reports.list_all(request, reading, KIND, page)


@observation_imports.get(
    "/{importId}",
    response_model=ObservationImportReport,
    responses=problems_of(UnknownImport),
    dependencies=[READ],
    summary="Show how an import of observations goes",
)
async def show_observation_import(request: Request, reading: Reading, import_id: ImportId) -> Answer:
    """Visa hur en inläsning går, också medan den pågår. / Show how an import goes, also while it runs."""
    return await reports.show(request, reading, KIND, import_id)


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
    return await reports.list_remarks(request, reading, KIND, import_id, page)
