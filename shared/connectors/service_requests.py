"""What a service request of GeoReport v2 says as an activity: its dates, its kind and its place, and nothing else.

Descriptions, addresses, coordinates and pictures are never taken over: they are free text about people's surroundings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shared.domain.activity import Activity
from shared.domain.errors import Violation
from shared.domain.moment import Moment, UnreadableMoment, read_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.domain.pulled_source import PulledSource

LONGEST_ID = 200


class Untranslatable(Exception):
    """A request says too little, or what its source has no rule for; the texts repeat nothing of it."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.reason)
        self.violation = violation


def activity_of(request: Mapping[str, Any], source: PulledSource, code: str) -> Activity:
    """Return a request as an activity of the source with this code. A request's last change is its version.

    Raises:
        Untranslatable: it cannot be one.
    """
    service = source.services.get(str(request.get("service_code")))
    if service is None:
        raise _untranslatable("service_code", "is not one of those asked for", "Add it to `services`.")
    external_id = request["service_request_id"]
    if len(external_id) > LONGEST_ID:
        raise _untranslatable("service_request_id", "is too long", "Ask whoever runs the source.")
    reported, changed = _moment(request, "requested_datetime", source), _moment(request, "updated_datetime", source)
    status = _status(request, source)
    moments = {"reported": reported, "completed": changed if status == "performed" else None}
    last_told = changed or reported
    return Activity(
        source=code,
        external_id=external_id,
        type=service.type,
        agreement=source.agreement,
        annex=service.annex,
        area=_area(request, source),
        status=status,
        moments={name: moment for name, moment in moments.items() if moment is not None},
        attributes={**service.attributes},
        changed_at=last_told.at if last_told else None,
    )


def _moment(request: Mapping[str, Any], name: str, source: PulledSource) -> Moment | None:
    told = request.get(name)
    if not told:
        return None
    try:
        return read_moment(str(told), ZoneInfo(source.time_zone))
    except UnreadableMoment as error:
        raise _untranslatable(name, error.reason, "Ask whoever runs the source.") from None


def _status(request: Mapping[str, Any], source: PulledSource) -> str:
    status = source.statuses.get(str(request.get("status")).lower())
    if status is None:
        raise _untranslatable("status", "has a word that is not known", "Add it to `statuses`.")
    notes = str(request.get("status_notes") or "").lower()
    return "cancelled" if any(word.lower() in notes for word in source.cancelled_notes) else status


def _area(request: Mapping[str, Any], source: PulledSource) -> str:
    placing = source.areas
    area = (
        placing.by_address_id.get(str(request.get("address_id")))
        or placing.by_zipcode.get(str(request.get("zipcode")).replace(" ", ""))
        or placing.otherwise
    )
    if area is None:
        raise _untranslatable("zipcode", "lies in no area that is listed", "Add it to `areas`, or give `otherwise`.")
    return area


def _untranslatable(field: str, reason: str, remedy: str) -> Untranslatable:
    return Untranslatable(Violation(field, reason, remedy))
