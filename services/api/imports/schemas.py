"""Imports as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.http.schemas import Link, Links, PageOf, example_page, example_resource
from shared.domain.fields import Document, Instant
from shared.intake.observations import EXAMPLE as OBSERVATION_EXAMPLE

ImportStatus = Literal["received", "running", "completed", "interrupted", "failed"]
Count = Annotated[int, Field(ge=0)]

REMARK_EXAMPLE: dict[str, Any] = {
    "row": 17,
    "outcome": "refused",
    "field": "area",
    "reason": "no area has this code",
    "remedy": "Take a code from /areas.",
}
SUMMARY_EXAMPLE: dict[str, Any] = {
    "id": "0199c3a0-8f00-7d10-8a55-0c9c52c0b001",
    "mapping": "street-works",
    "dryRun": False,
    "status": "completed",
    "failure": None,
    "bytes": None,
    "bytesRead": 14210,
    "rows": 121,
    "created": 118,
    "updated": 1,
    "unchanged": 0,
    "superseded": 0,
    "outdated": 0,
    "refused": 1,
    "skipped": 1,
    "remarksLeftOut": 0,
    "startedAt": "2016-05-02T08:00:00Z",
    "endedAt": "2016-05-02T08:00:01Z",
}
REPORTED_EXAMPLE: dict[str, Any] = {**SUMMARY_EXAMPLE, "removed": 0}
OBSERVATION_CSV = (
    "source,measure,code,area,period,numerator,finality\npolisen,crimes-by-code,0864,1282,2016-03,2,preliminary\n"
)
OBSERVATION_JSON = {name: value for name, value in OBSERVATION_EXAMPLE.items() if value is not None}
OBSERVED_EXAMPLE: dict[str, Any] = {
    **SUMMARY_EXAMPLE,
    "mapping": "bra-months",
    "unusedCodes": [{"measure": "crimes-by-category", "code": "13264", "rows": 12}],
}
ACTIVITY_CSV = (
    "source,externalId,type,agreement,annex,area,status,start,participants.residents\n"
    "landskrona-demo,demo-walk-001,safety-walk,landskrona-2015-2016,3,1282-karlslund,performed,2016-04-12,21\n"
)


class RemarkEntry(Document):
    """Why a row is not kept as it was sent."""

    row: Annotated[
        int,
        Field(
            description=(
                "The row's number as a spreadsheet program shows it, or the line of a text on which it begins; 0 is "
                "the file, or its header."
            )
        ),
    ]
    outcome: Annotated[
        Literal["refused", "superseded", "outdated"],
        Field(description="superseded: a later row of the file stands; outdated: a newer version was kept already."),
    ]
    field: Annotated[str, Field(description="The field's path; empty when the row as a whole cannot be read.")]
    reason: str
    remedy: str


class ImportEntry(Document):
    """How an import goes. Every row is counted once: `rows` is the sum of the seven counts after it."""

    id: UUID
    mapping: str | None
    dry_run: Annotated[bool, Field(description="Whether nothing but this report was kept.")]
    status: Annotated[
        ImportStatus,
        Field(
            description=(
                "received: it is kept, and will begin; interrupted: the client went away, and the rows until then are "
                "kept; failed: it could not go on."
            )
        ),
    ]
    failure: Annotated[str | None, Field(description="Why it failed.")]
    bytes: Annotated[int | None, Field(description="Size of a file that is imported in the background.")]
    bytes_read: Annotated[Count, Field(description="How much of the file has been read.")]
    rows: Annotated[Count, Field(description="Rows so far.")]
    created: Count
    updated: Count
    unchanged: Count
    superseded: Count
    outdated: Count
    refused: Count
    skipped: Annotated[Count, Field(description="Rows that the mapping passes over.")]
    remarks_left_out: Annotated[
        Count, Field(description="Remarks beyond those that are kept. All are removed some months after the import.")
    ]
    started_at: Instant
    ended_at: Instant | None


class ImportLinks(Links):
    """The report itself, and all its remarks."""

    remarks: Annotated[Link, Field(description="All remarks, in the order of their rows.")]


class ImportDetails(Document):
    """What the report of one import has beside its entry: its first remarks, and the link `remarks` to all of them."""

    links: Annotated[ImportLinks, Field(alias="_links")]
    remarks: list[RemarkEntry]


class RemarkPage(PageOf):
    """A page of remarks, by row."""

    remarks: list[RemarkEntry]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [example_page(f"activity-imports/{SUMMARY_EXAMPLE['id']}/remarks", "remarks", REMARK_EXAMPLE)]
        }
    )


def example_report(noun: str, summary: dict[str, Any]) -> dict[str, Any]:
    """Return the report of one import as an example for the specification."""
    path = f"{noun}/{summary['id']}"
    links = {
        relation: {"href": f"https://samverkan.example/samverkan/v1/{path}{below}", "rel": relation, "method": "GET"}
        for relation, below in (("self", ""), ("remarks", "/remarks"))
    }
    return {**example_resource(path, {**summary, "remarks": [REMARK_EXAMPLE]}), "_links": links}


class ActivityImportEntry(ImportEntry):
    """How an import of activities goes."""

    removed: Annotated[
        Count,
        Field(description="Activities that the file lacked, and that its sender had removed when it was imported."),
    ]


class ActivityImportReport(ActivityImportEntry, ImportDetails):
    """One import of activities."""

    model_config = ConfigDict(json_schema_extra={"examples": [example_report("activity-imports", REPORTED_EXAMPLE)]})


class ActivityImportPage(PageOf):
    """A page of imports of activities, the latest first."""

    activity_imports: list[ActivityImportEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("activity-imports", "activityImports", REPORTED_EXAMPLE)]}
    )


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
