"""Pulled sources as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from shared.domain.fields import DefinedCode, Document, Instant
from shared.domain.pulled_source import PulledSource

EXAMPLE: dict[str, Any] = {
    "code": "city-311",
    "url": "https://felanmalan.example.se/open311/v2",
    "jurisdiction": None,
    "agreement": "landskrona-2015-2016",
    "services": {"klotter": {"type": "graffiti-cleanup", "annex": 4, "attributes": {"contentKind": "ordinary"}}},
    "areas": {"byAddressId": {}, "byZipcode": {"26131": "1282-karlslund"}, "otherwise": "1282"},
    "statuses": {"open": "planned", "closed": "performed"},
    "cancelledNotes": ["dubblett"],
    "caseNumbers": None,
    "since": "2016-01-01",
    "lookBackDays": 90,
    "intervalMinutes": 15,
    "timeZone": "Europe/Stockholm",
    "isPaused": False,
}
_TALLY: dict[str, Any] = {
    "created": 12,
    "updated": 3,
    "unchanged": 140,
    "outdated": 0,
    "refused": 1,
    "placedOtherwise": 4,
    "remarks": [
        {
            "field": "status",
            "reason": "has a word that is not known",
            "remedy": "Add it to `statuses`.",
            "outcome": "refused",
            "count": 1,
        }
    ],
}
ENTRY_EXAMPLE: dict[str, Any] = {
    **EXAMPLE,
    "state": {
        "position": "2016-03-30T08:00:00Z",
        "isRunning": False,
        "startedAt": "2016-03-30T08:00:00Z",
        "endedAt": "2016-03-30T08:00:04Z",
        "succeededAt": "2016-03-30T08:00:04Z",
        "dueAt": "2016-03-30T08:15:04Z",
        "failure": None,
        "failuresInARow": 0,
        "tally": _TALLY,
    },
    "revision": 1,
    "changedAt": "2016-03-24T08:00:00Z",
}


class PulledSourceBody(PulledSource, Document):
    """A GeoReport v2 service (Open311), and how its service requests become activities."""

    code: Annotated[DefinedCode | None, Field(description="The address's own; may be left out.")] = None

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    def as_source(self) -> PulledSource:
        """Return the source as it is to be stored."""
        return PulledSource.model_validate(self.model_dump(mode="json", by_alias=True, exclude={"code"}))


class PullRemark(Document):
    """Why requests of the last run were refused, or what was settled for those that were taken."""

    field: Annotated[str, Field(description="The field, of the request or of the activity that it would become.")]
    reason: str
    remedy: str
    outcome: Annotated[Literal["refused", "taken"], Field(description="What became of the requests.")]
    count: Annotated[int, Field(description="How many requests; of `page`, how many spans of time.")]


class PullTally(Document):
    """What a run has brought, in requests."""

    created: int
    updated: int
    unchanged: int
    outdated: Annotated[int, Field(description="Older than what is kept.")]
    refused: int
    placed_otherwise: Annotated[
        int, Field(description="Placed by `otherwise`, since no list of `areas` has their address or postcode.")
    ]
    remarks: list[PullRemark]


class PullState(Document):
    """How far a source has been read, and how the last run went."""

    position: Annotated[Instant | None, Field(description="All requested before has been read at least once.")]
    is_running: bool
    started_at: Instant | None
    ended_at: Instant | None
    succeeded_at: Annotated[Instant | None, Field(description="When a run last came to its end.")]
    due_at: Annotated[Instant | None, Field(description="When the next run begins; null while it is paused.")]
    failure: Annotated[
        str | None,
        Field(
            description="Why the last run got no further: addressNotAllowed, unknownHost, notConnected, "
            "certificateIssuerUnknown (see SAMVERKAN_TRUSTED_CAS), certificateExpired, certificateNotYetValid, "
            "certificateOtherName, certificateInvalid, tlsFailed, timedOut, cutOff, tooManyRedirects, tooLarge, busy "
            "(429 or 503), broken (5xx), refused (4xx), invalidAnswer, internalError. Or incomplete: it came to its "
            "end, but more was requested within a minute than the server sends at once."
        ),
    ]
    failures_in_a_row: Annotated[int, Field(alias="failuresInARow")]
    tally: Annotated[PullTally | None, Field(description="Of the last run.")]


class PulledSourceEntry(PulledSource, Document):
    """A pulled source and its state."""

    code: Annotated[DefinedCode, Field(description="What its activities have as their source.")]
    state: PullState
    revision: Annotated[int, Field(description="Grows by one each time the source is changed.")]
    changed_at: Instant


class ShownPulledSource(PulledSourceEntry, Resource):
    """One pulled source."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource("pulled-sources/city-311", ENTRY_EXAMPLE)]}
    )


class PulledSourcePage(PageOf):
    """A page of pulled sources."""

    pulled_sources: list[PulledSourceEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("pulled-sources", "pulledSources", ENTRY_EXAMPLE)]}
    )
