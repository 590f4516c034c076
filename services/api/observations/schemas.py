"""Observations as the API shows them; `shared.intake.observations` has them as they are sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, WithJsonSchema

from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from shared.domain.fields import Day, Document, Instant
from shared.intake.observations import EXAMPLE, Finality, Status

ServedFigure = Annotated[Decimal | None, WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "null"}]})]

ENTRY_EXAMPLE: dict[str, Any] = {
    "id": "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a10",
    **EXAMPLE,
    "revision": 1,
    "recordedAt": "2016-04-15T08:00:01Z",
    "revisedAt": "2016-04-15T08:00:01Z",
}
REVISION_EXAMPLE: dict[str, Any] = {
    "revision": 1,
    "numerator": 31,
    "denominator": None,
    "status": "observed",
    "finality": "preliminary",
    "publishedOn": "2016-04-15",
    "revisedAt": "2016-04-15T08:00:01Z",
}


class ObservationEntry(Document):
    """An observation as it is kept."""

    id: UUID
    source: str
    measure: str
    code: str | None
    area: str
    period: Annotated[str, Field(description="A month, tertial or year.", examples=["2016-03"])]
    numerator: ServedFigure
    denominator: ServedFigure
    status: Status
    finality: Finality
    published_on: Day | None
    revision: Annotated[int, Field(description="Rises with every change here; the ETag.")]
    recorded_at: Instant
    revised_at: Instant


class Observation(ObservationEntry, Resource):
    """One observation."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource(f"observations/{ENTRY_EXAMPLE['id']}", ENTRY_EXAMPLE)]}
    )


class ObservationPage(PageOf):
    """A page of observations, in the order in which they were first recorded."""

    observations: list[ObservationEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("observations", "observations", ENTRY_EXAMPLE)]}
    )


class ObservationRevision(Document):
    """What an observation said from one change to the next."""

    revision: int
    numerator: ServedFigure
    denominator: ServedFigure
    status: Status
    finality: Finality
    published_on: Day | None
    revised_at: Annotated[Instant, Field(description="When it came to say so.")]


class ObservationRevisionPage(PageOf):
    """A page of what an observation has said, from the first to what it says now."""

    revisions: list[ObservationRevision]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [example_page(f"observations/{ENTRY_EXAMPLE['id']}/revisions", "revisions", REVISION_EXAMPLE)]
        }
    )
