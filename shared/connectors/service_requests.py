"""A service request of GeoReport v2 as an activity: its dates, its kind and its place, and nothing else.

Descriptions, addresses, coordinates and pictures are never taken over: they are free text about people's surroundings.
Whether the activity can be recorded is judged where all activities are, in `shared.intake`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shared.domain.errors import Violation
from shared.domain.moment import UnreadableMoment, read_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.domain.moment import Moment
    from shared.domain.pulled_source import PulledSource


class Untranslatable(Exception):
    """A request is of a service that its source has no rule for; the texts repeat nothing of it."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.reason)
        self.violation = violation


@dataclass(slots=True)
class Translation:
    """An activity as JSON has it, why it lacks fields, and what was settled for it; no text repeats the request."""

    document: dict[str, Any]
    faults: list[Violation] = field(default_factory=list)
    settled: list[Violation] = field(default_factory=list)
    # By no list of places, though there are some.
    is_placed_otherwise: bool = False

    def put(self, name: str, value: str | None, reason: str, remedy: str) -> None:
        """Set a field; without a value, say why there is none."""
        if value is None:
            self.faults.append(Violation(name, reason, remedy))
        else:
            self.document[name] = value

    def read_moment(self, name: str, sent: object, zone: ZoneInfo) -> Moment | None:
        """Return the moment of a field; None without one, and where it cannot be read, which is a fault then."""
        try:
            return read_moment(str(sent), zone) if sent else None
        except UnreadableMoment as error:
            self.faults.append(Violation(name, error.reason, error.remedy))
            return None


def translate(request: Mapping[str, Any], source: PulledSource, code: str) -> Translation:
    """Return a request as an activity of the source with this code. A request's last change is its version.

    A closed one was completed when it last changed: the standard has no other date. That is so the first time it is
    seen to be closed; whoever records it lets a later touch of the record move nothing.

    Raises:
        Untranslatable: what it would be an activity of is not known.

    """
    service = source.service_of(request.get("service_code"))
    if service is None:
        raise Untranslatable(Violation("service_code", "is not one of those asked for", "Add it to `services`."))
    made = Translation(
        {
            "source": code,
            "externalId": request["service_request_id"],
            "type": service.type,
            "agreement": source.agreement,
            "annex": service.annex,
            "attributes": {**service.attributes},
        }
    )
    _place(made, request, source)
    status = source.status_of(request.get("status"))
    if status is not None and source.cancels(request.get("status_notes")):
        status = "cancelled"
    made.put("status", status, "has a word that is not known", "Add it to `statuses`.")
    zone = ZoneInfo(source.time_zone)
    reported = made.read_moment("reported", request.get("requested_datetime"), zone)
    last_change = request.get("updated_datetime")
    changed = made.read_moment("completed" if status == "performed" else "changedAt", last_change, zone)
    last_updated = changed if last_change else reported
    made.document |= {
        "reported": reported,
        "completed": _completed(made, changed, reported) if status == "performed" else None,
        "changedAt": last_updated if last_updated and last_updated.at else None,
    }
    return made


def _completed(made: Translation, closed: Moment | None, reported: Moment | None) -> Moment | None:
    """Return when a closed request was completed: not before its report, if both were on the same day."""
    if closed is None or reported is None or closed.on != reported.on or not closed.is_before(reported):
        return closed
    reason = "is before the report, on the same day: taken as the moment of the report"
    made.settled.append(Violation("completed", reason, "Have the clocks of the source checked, if it is many."))
    return reported


def _place(made: Translation, request: Mapping[str, Any], source: PulledSource) -> None:
    placing = source.areas
    area = placing.listed(request.get("address_id"), request.get("zipcode"))
    if area is None and placing.otherwise is not None and placing.has_lists:
        made.is_placed_otherwise = True
        reason = "address_id and zipcode are in no list: placed by `otherwise`"
        made.settled.append(Violation("area", reason, "Add them to `areas`, if the place is known."))
    made.put(
        "area", area or placing.otherwise, "lies in no area that is listed", "Add it to `areas`, or give `otherwise`."
    )
