"""The audit trail as the API shows it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from services.api.http.schemas import Link, Links
from shared.domain.codes import AreaCode
from shared.domain.fields import Document, Instant
from shared.domain.sent_by import EXAMPLE as SENT_BY

_ADDRESS = "https://samverkan.example/samverkan/v1/audit-entries?resource=notes&batchSize=1"
_NOTE = "notes/0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a11"
_ROW = {"noteId": "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a11", "area": "1282", "indicatorCode": "school-visits"}
EXAMPLE: dict[str, Any] = {
    "number": 4711,
    "recordedAt": "2016-05-10T08:00:01Z",
    "actor": "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a12",
    "actorName": "landskrona-police",
    "sentBy": SENT_BY,
    "traceId": "0af7651916cd43dd8448eb211c80319c",
    "operation": "changed",
    "resource": "notes",
    "address": _NOTE,
    "area": "1282",
    "before": {**_ROW, "text": "Två skolor har bytt kontaktperson.", "revision": 1},
    "after": {**_ROW, "text": "Tre skolor har bytt kontaktperson.", "revision": 2},
}


class AuditEntry(Document):
    """What was done once, by whom, and what was there before and after."""

    number: Annotated[int, Field(description="Its place in the trail; there are no gaps.")]
    recorded_at: Instant
    actor: Annotated[
        str,
        Field(
            description="The id of the API key; or what wrote without one: pulled-sources/<code>, commands/<name>, "
            "worker, database/<role>."
        ),
    ]
    actor_name: Annotated[str, Field(description="The key's name; or the program's.")]
    sent_by: Annotated[str | None, Field(description="Who is behind it, as X-Sent-By said.")]
    trace_id: Annotated[str | None, Field(description="The trace that the request was part of (W3C Trace Context).")]
    operation: Annotated[
        Literal["created", "changed", "deleted", "read", "removed"],
        Field(description="read: a whole set, as a file or feed. removed: what older entries said."),
    ]
    resource: Annotated[str, Field(description="Its kind, such as notes; of a part: agreements/annexes.")]
    address: Annotated[str, Field(description="Where it is, or was, below the root of the API.")]
    area: Annotated[AreaCode | None, Field(description="The area that it concerns, where it is one.")]
    before: Annotated[dict[str, Any] | None, Field(description="What was stored before, but for empty fields.")]
    after: Annotated[
        dict[str, Any] | None,
        Field(description="What is stored since; of what was read, what was asked for. Secrets are in neither."),
    ]


class AuditMeta(Document):
    """How many entries an answer holds; the trail's length is the first one's number."""

    count: Annotated[int, Field(description="Entries in this answer.")]
    batch_size: Annotated[int, Field(description="The most entries that it could hold.")]


class AuditLinks(Links):
    """Where an answer came from, and where to go on."""

    next: Annotated[Link | None, Field(description="Older entries, when there are any.")] = None


class AuditList(Document):
    """Entries, the latest first."""

    meta: Annotated[AuditMeta, Field(alias="_meta")]
    links: Annotated[AuditLinks, Field(alias="_links")]
    next_cursor: Annotated[int | None, Field(description="Send it as `cursor` for older entries; null after the last.")]
    audit_entries: list[AuditEntry]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "_meta": {"count": 1, "batchSize": 1},
                    "_links": {
                        "self": {"href": _ADDRESS, "rel": "self", "method": "GET"},
                        "next": {"href": f"{_ADDRESS}&cursor=4711", "rel": "next", "method": "GET"},
                    },
                    "nextCursor": 4711,
                    "auditEntries": [EXAMPLE],
                }
            ]
        }
    )
