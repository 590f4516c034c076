"""Suspected duplicates as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, example_page
from shared.domain.fields import Day, Document

EXAMPLE: dict[str, Any] = {
    "type": "safety-walk",
    "area": "1282-karlslund",
    "date": "2016-05-01",
    "activities": [
        {
            "id": "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a10",
            "source": "landskrona-municipality",
            "externalId": "walk-001",
            "status": "performed",
        },
        {
            "id": "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a12",
            "source": "landskrona-police",
            "externalId": "tv-17",
            "status": "performed",
        },
    ],
}


class SuspectedActivity(Document):
    """One activity of a pair."""

    id: UUID
    source: str
    external_id: str | None
    status: str


class DuplicateSuspect(Document):
    """Two activities of one type, in one area and on one day, reported by two sources or twice by one."""

    type: str
    area: str
    date: Annotated[Day, Field(description="The day that both count on, or were reported on while they are planned.")]
    activities: Annotated[
        list[SuspectedActivity], Field(min_length=2, max_length=2, description="The one recorded first stands first.")
    ]


class DuplicateSuspectPage(PageOf):
    """A page of suspected duplicates, by date."""

    duplicate_suspects: list[DuplicateSuspect]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("duplicate-suspects", "duplicateSuspects", EXAMPLE)]}
    )
