"""Imports of observations as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.api.file_imports.schemas import SUMMARY_EXAMPLE, Count, ImportDetails, ImportEntry, example_report
from services.api.schemas import PageOf, example_page
from shared.intake.fields import Document
from shared.intake.observations import EXAMPLE as OBSERVATION_EXAMPLE

CSV_EXAMPLE = (
    "source,measure,code,area,period,numerator,finality\npolisen,crimes-by-code,0864,1282,2016-03,2,preliminary\n"
)
NDJSON_EXAMPLE = {name: value for name, value in OBSERVATION_EXAMPLE.items() if value is not None}
OBSERVED_EXAMPLE: dict[str, Any] = {
    **SUMMARY_EXAMPLE,
    "mapping": "bra-months",
    "unusedCodes": [{"measure": "crimes-by-category", "code": "13264", "rows": 12}],
}


class UnusedCode(Document):
    """A crime code or category that is kept, and that no indicator reads."""

    measure: str
    code: str
    rows: Count


class ObservationImportEntry(ImportEntry):
    """How an import of observations goes."""

    unused_codes: Annotated[
        list[UnusedCode],
        Field(description="What is kept for indicators to come: no definition reads these codes in these periods."),
    ]


class ObservationImportReport(ObservationImportEntry, ImportDetails):
    """One import of observations."""

    model_config = ConfigDict(json_schema_extra={"examples": [example_report("observation-imports", OBSERVED_EXAMPLE)]})


class ObservationImportPage(PageOf):
    """A page of imports of observations, the latest first."""

    observation_imports: list[ObservationImportEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("observation-imports", "observationImports", OBSERVED_EXAMPLE)]}
    )
