"""Changes as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from services.api.http.schemas import Link, Links
from services.api.values.schemas import EXAMPLE as VALUE_EXAMPLE
from services.api.values.schemas import Figure
from shared.domain.fields import Document, Instant

CURSOR = "AAAAAPSGVwAAAAAAAAxlOQAAAAAAAAAR8SSbAw"
_NEXT = "AAAAAPSGVwAAAAAAAAxlPwAAAAAAAAAEfMQ_Og"
_ADDRESS = "https://samverkan.example/samverkan/v1/changes"
EXAMPLE: dict[str, Any] = {
    "id": VALUE_EXAMPLE["id"],
    "change": "put",
    "revision": VALUE_EXAMPLE["revision"],
    "changedAt": VALUE_EXAMPLE["computedAt"],
    "indicatorValue": {name: value for name, value in VALUE_EXAMPLE.items() if name != "comparisons"},
}
_REMOVAL: dict[str, Any] = {
    "id": "graffiti-cleanups~all~1282~2016-t2",
    "change": "removed",
    "revision": 3,
    "changedAt": "2016-09-02T08:15:30.000000Z",
    "indicatorValue": None,
}


class Change(Document):
    """What has become of one value since it was last told."""

    id: Annotated[str, Field(description="The value's: indicator, slice, area and period, with `~` between them.")]
    change: Annotated[
        Literal["put", "removed"],
        Field(description="put: this is the value now, new or changed. removed: there is no such value any more."),
    ]
    revision: Annotated[
        int, Field(description="The value's; of one removed, its last. A value that comes back begins again from 1.")
    ]
    changed_at: Annotated[Instant, Field(description="When it was computed or removed; several may share one time.")]
    indicator_value: Annotated[
        Figure | None,
        Field(description="As /indicator-values shows it, without comparisons; null when it is removed."),
    ]


class ChangeMeta(Document):
    """How many changes an answer holds; a feed has no length."""

    count: Annotated[int, Field(description="Changes in this answer.")]
    batch_size: Annotated[int, Field(description="The most changes that it could hold.")]


class ChangeLinks(Links):
    """Where an answer came from, and where to go on."""

    next: Annotated[Link, Field(description="Changes after these; always there.")]


class ChangeList(Document):
    """Changes in the order in which they are to be applied, and where to go on."""

    meta: Annotated[ChangeMeta, Field(alias="_meta")]
    links: Annotated[ChangeLinks, Field(alias="_links")]
    next_cursor: Annotated[str, Field(description="Send it as `since` to go on. Keep it once these are applied.")]
    has_more: Annotated[
        bool,
        Field(description="Whether to go on at once; with a filter, an answer can be empty though there is more."),
    ]
    changes: list[Change]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "_meta": {"count": 2, "batchSize": 100},
                    "_links": {
                        "self": {"href": f"{_ADDRESS}?since={CURSOR}&batchSize=100", "rel": "self", "method": "GET"},
                        "next": {"href": f"{_ADDRESS}?since={_NEXT}&batchSize=100", "rel": "next", "method": "GET"},
                    },
                    "nextCursor": _NEXT,
                    "hasMore": False,
                    "changes": [EXAMPLE, _REMOVAL],
                }
            ]
        }
    )
