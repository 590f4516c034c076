"""A source that is asked rather than reporting by itself: where it is, and how its requests become activities."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from shared.domain.activity_type import ATTRIBUTE_PATTERN, CODE_PATTERN, Definition
from shared.domain.codes import AreaCode
from shared.domain.moment import UnreadableMoment, read_moment

Code = Annotated[str, Field(pattern=CODE_PATTERN, max_length=80)]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Status = Literal["planned", "performed", "cancelled"]


def _day(value: object) -> date:
    try:
        moment = read_moment(value) if isinstance(value, str) else None
    except UnreadableMoment as error:
        raise ValueError(error.reason) from None
    if moment is None or moment.at is not None:
        message = "is not a date such as 2016-03-24"
        raise ValueError(message)
    return moment.on


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        message = "is not a time zone such as Europe/Stockholm"
        raise ValueError(message) from None
    return name


def _standard_statuses() -> dict[str, Status]:
    return {"open": "planned", "closed": "performed"}


Day = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date", "example": "2016-03-24"})
]


class Part(Definition):
    """A part of what is kept of a source; nothing is converted to fit."""

    model_config = ConfigDict(strict=True)


class PulledService(Part):
    """What the requests of one service code become."""

    type: Annotated[Code, Field(description="An activity type, such as graffiti-cleanup.")]
    annex: Annotated[int | None, Field(ge=1, le=99, description="The annex of the agreement.")] = None
    attributes: Annotated[
        dict[Annotated[str, Field(pattern=ATTRIBUTE_PATTERN)], Text], Field(description="The same for all of them.")
    ] = Field(default_factory=dict)


class Placing(Part):
    """Where a request is placed: by its `address_id`, else its `zipcode`, else the area that all lie in.

    Addresses and coordinates are not kept.
    """

    by_address_id: dict[Text, AreaCode] = Field(default_factory=dict)
    by_zipcode: dict[Text, AreaCode] = Field(default_factory=dict)
    otherwise: Annotated[
        AreaCode | None, Field(description="Without it, a request that is in neither list is refused.")
    ] = None

    @property
    def areas(self) -> frozenset[str]:
        """Every area that a request can be placed in."""
        every = {*self.by_address_id.values(), *self.by_zipcode.values(), self.otherwise}
        return frozenset(area for area in every if area)


class PulledSource(Part):
    """A GeoReport v2 service (Open311), and how its service requests become activities."""

    url: Annotated[
        str,
        Field(min_length=1, max_length=2000, description="Where `/requests.json` is found below, without a query."),
    ]
    jurisdiction: Annotated[Text | None, Field(description="The `jurisdiction_id`, where there are several.")] = None
    agreement: Annotated[Code, Field(description="The agreement that the activities are reported under.")]
    services: Annotated[
        dict[Text, PulledService],
        Field(min_length=1, max_length=100, description="By `service_code`; others are not asked for."),
    ]
    areas: Annotated[Placing, Field(description="Where requests are placed.")]
    statuses: Annotated[
        dict[Text, Status],
        Field(description="What a request's `status` means. An open one is planned, without a start."),
    ] = Field(default_factory=_standard_statuses)
    cancelled_notes: Annotated[
        tuple[Text, ...],
        Field(
            strict=False,
            max_length=100,
            description="Words in `status_notes` that tell a request to be a duplicate or withdrawn: cancelled.",
        ),
    ] = ()
    since: Annotated[Day, Field(description="Requests made on this day or later.")]
    look_back_days: Annotated[
        int,
        Field(
            ge=0,
            le=730,
            description="Each time, requests made so many days before are read again: they may have changed. What "
            "changes later still is not seen.",
        ),
    ] = 90
    interval_minutes: Annotated[int, Field(ge=1, le=10_080, description="How long to wait after a run.")] = 15
    time_zone: Annotated[Text, AfterValidator(_zone), Field(description="The zone of date-times that carry none.")] = (
        "Europe/Stockholm"
    )
    is_paused: Annotated[bool, Field(description="Nothing is read while it is true.")] = False
