"""A source that is asked rather than reporting by itself: where it is, and how its requests become activities."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from shared.domain.activity import ActivityStatus
from shared.domain.activity_type import ATTRIBUTE_PATTERN, Definition
from shared.domain.case_numbers import LONGEST_PATTERN, UnfitPattern, check_pattern
from shared.domain.codes import AreaCode
from shared.domain.fields import DefinedCode
from shared.domain.matching import folded
from shared.domain.moment import UnreadableMoment, read_moment
from shared.domain.plain_digits import with_plain_digits

V = TypeVar("V")

_BETWEEN: Final = re.compile(r"[\W_]")
_SWEDISH_POSTCODE: Final = re.compile(r"(?:se?)?([0-9]{5})")

Text = Annotated[str, Field(min_length=1, max_length=200)]


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


def _case_numbers(pattern: str) -> str:
    try:
        return check_pattern(pattern)
    except UnfitPattern as error:
        raise ValueError(str(error)) from None


def _postcode(text: str) -> str:
    """Return the form in which postcodes are compared: `261 31`, `26131`, `SE-261 31` and `26131.0` are one."""
    plain = _BETWEEN.sub("", with_plain_digits(folded(text)).removesuffix(".0"))
    swedish = _SWEDISH_POSTCODE.fullmatch(plain)
    return swedish[1] if swedish else plain


def _by_form(listed: Mapping[str, V], form: Callable[[str], str]) -> dict[str, V]:
    """Return what is listed by the form in which its keys are compared; raise ValueError where two are one."""
    found: dict[str, V] = {}
    for key, value in listed.items():
        if found.setdefault(form(key), value) != value:
            message = "lists the same key twice, only written differently"
            raise ValueError(message)
    return found


def _distinct(listed: dict[str, V]) -> dict[str, V]:
    _by_form(listed, folded)
    return listed


def _distinct_postcodes(listed: dict[str, V]) -> dict[str, V]:
    _by_form(listed, _postcode)
    return listed


def _standard_statuses() -> dict[str, ActivityStatus]:
    return {"open": "planned", "closed": "performed"}


Day = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date", "example": "2016-03-24"})
]


class StrictDefinition(Definition):
    """A part of what is kept of a source; nothing is converted to fit."""

    model_config = ConfigDict(strict=True)


class PulledService(StrictDefinition):
    """What the requests of one service code become."""

    type: Annotated[DefinedCode, Field(description="An activity type, such as graffiti-cleanup.")]
    annex: Annotated[int | None, Field(ge=1, le=99, description="The annex of the agreement.")] = None
    attributes: Annotated[
        dict[Annotated[str, Field(pattern=ATTRIBUTE_PATTERN)], Text], Field(description="The same for all of them.")
    ] = Field(default_factory=dict)


class Placing(StrictDefinition):
    """Where a request is placed: by its `address_id`, else its `zipcode`, else the area that all lie in.

    Addresses and coordinates are not stored.
    """

    by_address_id: Annotated[dict[Text, AreaCode], AfterValidator(_distinct)] = Field(default_factory=dict)
    by_zipcode: Annotated[
        dict[Text, AreaCode],
        AfterValidator(_distinct_postcodes),
        Field(description="`261 31`, `26131` and `SE-26131` are the same."),
    ] = Field(default_factory=dict)
    otherwise: Annotated[
        AreaCode | None,
        Field(description="Without it, a request that is in neither list is refused. With it, they are counted."),
    ] = None

    @property
    def areas(self) -> frozenset[str]:
        """Every area that a request can be placed in."""
        every = {*self.by_address_id.values(), *self.by_zipcode.values(), self.otherwise}
        return frozenset(area for area in every if area)

    @property
    def has_lists(self) -> bool:
        """Whether requests are placed one by one at all."""
        return bool(self.by_address_id or self.by_zipcode)

    def listed(self, address_id: object, postcode: object) -> str | None:
        """Return the area that a request's address or postcode is listed in."""
        found = None if address_id is None else self._by_address_id.get(folded(str(address_id)))
        if found is None and postcode is not None:
            found = self._by_postcode.get(_postcode(str(postcode)))
        return found

    @cached_property
    def _by_address_id(self) -> dict[str, str]:
        return _by_form(self.by_address_id, folded)

    @cached_property
    def _by_postcode(self) -> dict[str, str]:
        return _by_form(self.by_zipcode, _postcode)


class PulledSource(StrictDefinition):
    """A GeoReport v2 service (Open311), and how its service requests become activities."""

    url: Annotated[
        str,
        Field(min_length=1, max_length=2000, description="Where `/requests.json` is found below, without a query."),
    ]
    jurisdiction: Annotated[Text | None, Field(description="The `jurisdiction_id`, where there are several.")] = None
    agreement: Annotated[DefinedCode, Field(description="The agreement that the activities are reported under.")]
    case_numbers: Annotated[
        Annotated[str, Field(max_length=LONGEST_PATTERN), AfterValidator(_case_numbers)] | None,
        Field(
            description="A regular expression that the ids of its requests follow as wholes, such as "
            "`[0-9]{6}-[0-9]{4}`: then they are case numbers, and not taken for personal identity numbers."
        ),
    ] = None
    services: Annotated[
        dict[Text, PulledService],
        AfterValidator(_distinct),
        Field(min_length=1, max_length=100, description="By `service_code`; others are not asked for."),
    ]
    areas: Annotated[Placing, Field(description="Where requests are placed.")]
    statuses: Annotated[
        dict[Text, ActivityStatus],
        AfterValidator(_distinct),
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

    def service_of(self, code: object) -> PulledService | None:
        """Return what the requests of a service code become, however it is written."""
        return self._services.get(folded(str(code)))

    def status_of(self, word: object) -> ActivityStatus | None:
        """Return what a request's status word means, however it is written."""
        return self._statuses.get(folded(str(word)))

    def cancels(self, notes: object) -> bool:
        """Tell whether a request's notes hold a word by which it is a duplicate or withdrawn."""
        written = folded(str(notes)) if notes else ""
        return bool(written) and any(word in written for word in self._cancelled_notes)

    @cached_property
    def _services(self) -> dict[str, PulledService]:
        return _by_form(self.services, folded)

    @cached_property
    def _statuses(self) -> dict[str, ActivityStatus]:
        return _by_form(self.statuses, folded)

    @cached_property
    def _cancelled_notes(self) -> tuple[str, ...]:
        return tuple(filter(None, map(folded, self.cancelled_notes)))
