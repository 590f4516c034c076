"""Imports as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.activities.schemas import EXAMPLE as ACTIVITY_EXAMPLE
from services.api.schemas import Document, Instant, Link, Links, PageOf, example_page, example_resource

ImportStatus = Literal["running", "completed", "interrupted"]
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
    "rows": 120,
    "created": 118,
    "updated": 1,
    "unchanged": 0,
    "superseded": 0,
    "outdated": 0,
    "refused": 1,
    "startedAt": "2016-05-02T08:00:00Z",
    "endedAt": "2016-05-02T08:00:01Z",
}
CSV_EXAMPLE = (
    "source,externalId,type,agreement,annex,area,status,start,participants.residents\n"
    "landskrona-demo,demo-walk-001,safety-walk,landskrona-2015-2016,3,1282-karlslund,performed,2016-04-12,21\n"
)
NDJSON_EXAMPLE = ACTIVITY_EXAMPLE


class RemarkEntry(Document):
    """Why a row is not kept as it was sent."""

    row: Annotated[int, Field(description="The row's number. The first row of data is 1; a header is not counted.")]
    outcome: Annotated[
        Literal["refused", "superseded", "outdated"],
        Field(description="superseded: a later row of the file stands; outdated: a newer version was kept already."),
    ]
    field: Annotated[str, Field(description="The field's path; empty when the row as a whole cannot be read.")]
    reason: str
    remedy: str


class ImportEntry(Document):
    """How an import went. Every row is counted once: `rows` is the sum of the six counts after it."""

    id: UUID
    mapping: str | None
    dry_run: Annotated[bool, Field(description="Whether nothing but this report was kept.")]
    status: Annotated[
        ImportStatus, Field(description="interrupted: the client went away; the rows until then are kept.")
    ]
    rows: Count
    created: Count
    updated: Count
    unchanged: Count
    superseded: Count
    outdated: Count
    refused: Count
    started_at: Instant
    ended_at: Instant | None


class ImportLinks(Links):
    """The report itself, and all its remarks."""

    remarks: Link


class ImportReport(ImportEntry):
    """One import, with its first remarks; the link `remarks` leads to all of them."""

    links: Annotated[ImportLinks, Field(alias="_links")]
    remarks: list[RemarkEntry]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **example_resource(
                        f"activity-imports/{SUMMARY_EXAMPLE['id']}", {**SUMMARY_EXAMPLE, "remarks": [REMARK_EXAMPLE]}
                    ),
                    "_links": {
                        relation: {
                            "href": f"https://samverkan.example/samverkan/v1/activity-imports/{SUMMARY_EXAMPLE['id']}{path}",
                            "rel": relation,
                            "method": "GET",
                        }
                        for relation, path in (("self", ""), ("remarks", "/remarks"))
                    },
                }
            ]
        }
    )


class ImportPage(PageOf):
    """A page of imports, the latest first."""

    activity_imports: list[ImportEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("activity-imports", "activityImports", SUMMARY_EXAMPLE)]}
    )


class RemarkPage(PageOf):
    """A page of remarks, by row."""

    remarks: list[RemarkEntry]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [example_page(f"activity-imports/{SUMMARY_EXAMPLE['id']}/remarks", "remarks", REMARK_EXAMPLE)]
        }
    )
