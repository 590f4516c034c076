"""Breaks as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from shared.domain.codes import AreaCode
from shared.domain.fields import NOT_BLANK, DefinedCode, Document, Instant
from shared.facts import breaks

LONGEST_REASON = 500
LONGEST_MONTH = 7

EXAMPLE: dict[str, Any] = {
    "indicator": "graffiti-cleanups",
    "area": "1282",
    "month": "2016-05",
    "reason": "Ny entreprenör, som också sanerar elskåp.",
}
ENTRY_EXAMPLE = {
    "id": "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a12",
    **EXAMPLE,
    "writtenBy": "landskrona-coordinator",
    "recordedAt": "2016-05-10T08:00:01Z",
}

Month = Annotated[
    str, Field(max_length=LONGEST_MONTH, description="From this month on nothing earlier is compared with: 2016-05.")
]


class BreakBody(Document):
    """A break as a client sends it."""

    indicator: Annotated[DefinedCode, Field(description="From /indicators; all of its slices have the break.")]
    area: Annotated[AreaCode, Field(description="From /areas; all that lies in it has the break, too.")]
    month: Month
    reason: Annotated[
        str,
        Field(min_length=1, max_length=LONGEST_REASON, description="What changed on purpose; never personal data."),
        NOT_BLANK,
    ]

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    def as_break(self, written_by: str) -> breaks.Break:
        """Return the break as it is to be stored; `written_by` names the credential that sent it."""
        return breaks.Break(self.indicator, self.area, self.month, self.reason, written_by)


class BreakEntry(Document):
    """A break as it is stored."""

    id: UUID
    indicator: str
    area: AreaCode
    month: Month
    reason: str
    written_by: Annotated[str, Field(description="The name of the API key that set it; no person.")]
    recorded_at: Instant


class Break(BreakEntry, Resource):
    """One break."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource(f"breaks/{ENTRY_EXAMPLE['id']}", ENTRY_EXAMPLE)]}
    )


class BreakPage(PageOf):
    """A page of breaks, by their months."""

    breaks: list[BreakEntry]

    model_config = ConfigDict(json_schema_extra={"examples": [example_page("breaks", "breaks", ENTRY_EXAMPLE)]})
