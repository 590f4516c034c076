"""A service request of GeoReport v2 as an activity: its dates, its kind and its place, and nothing else.

Descriptions, addresses, coordinates and pictures are never taken over: they are free text about people's surroundings.
Whether the activity can be recorded is judged where all activities are, in `shared.intake`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shared.domain.errors import Violation
from shared.domain.moment import Moment, UnreadableMoment, read_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.domain.pulled_source import PulledSource


class Untranslatable(Exception):
    """A request is of a service that its source has no rule for; the texts repeat nothing of it."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.reason)
        self.violation = violation


@dataclass(slots=True)
class Translation:
    """An activity as JSON has it, and why it lacks fields; the texts repeat nothing of the request."""

    document: dict[str, Any]
    faults: list[Violation] = field(default_factory=list)

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

    Raises:
        Untranslatable: what it would be an activity of is not known.

    """
    service = source.services.get(str(request.get("service_code")))
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
    area, status = _area(request, source), _status(request, source)
    made.put("area", area, "lies in no area that is listed", "Add it to `areas`, or give `otherwise`.")
    made.put("status", status, "has a word that is not known", "Add it to `statuses`.")
    zone = ZoneInfo(source.time_zone)
    reported = made.read_moment("reported", request.get("requested_datetime"), zone)
    last_change = request.get("updated_datetime")
    changed = made.read_moment("completed" if status == "performed" else "changedAt", last_change, zone)
    last_updated = changed if last_change else reported
    made.document |= {
        "reported": reported,
        "completed": changed if status == "performed" else None,
        "changedAt": last_updated if last_updated and last_updated.at else None,
    }
    return made


def _status(request: Mapping[str, Any], source: PulledSource) -> str | None:
    status = source.statuses.get(str(request.get("status")).lower())
    if status is None:
        return None
    notes = str(request.get("status_notes") or "").lower()
    return "cancelled" if any(word.lower() in notes for word in source.cancelled_notes) else status


def _area(request: Mapping[str, Any], source: PulledSource) -> str | None:
    placing = source.areas
    return (
        placing.by_address_id.get(str(request.get("address_id")))
        or placing.by_zipcode.get(str(request.get("zipcode")).replace(" ", ""))
        or placing.otherwise
    )
