"""Imports of activities as the API shows them."""

from __future__ import annotations

from pydantic import ConfigDict

from services.api.file_imports.schemas import SUMMARY_EXAMPLE, ImportDetails, ImportEntry, example_report
from services.api.schemas import PageOf, example_page
from shared.intake.activity_form import EXAMPLE as ACTIVITY_EXAMPLE

CSV_EXAMPLE = (
    "source,externalId,type,agreement,annex,area,status,start,participants.residents\n"
    "landskrona-demo,demo-walk-001,safety-walk,landskrona-2015-2016,3,1282-karlslund,performed,2016-04-12,21\n"
)
NDJSON_EXAMPLE = ACTIVITY_EXAMPLE


class ActivityImportReport(ImportEntry, ImportDetails):
    """One import of activities."""

    model_config = ConfigDict(json_schema_extra={"examples": [example_report("activity-imports", SUMMARY_EXAMPLE)]})


class ActivityImportPage(PageOf):
    """A page of imports of activities, the latest first."""

    activity_imports: list[ImportEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("activity-imports", "activityImports", SUMMARY_EXAMPLE)]}
    )
