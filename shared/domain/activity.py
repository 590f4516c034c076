"""One activity and the checks that it must pass before it is recorded. Pure: the caller looks the references up."""

# Over 300 lines: all that an activity must pass, read together.

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from shared.domain.errors import Violation
from shared.domain.free_text import REMEDY, REMEDY_OF_ID, fault_of, guard_of
from shared.domain.removed_facts import of_removed_period

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.domain.activity_type import ActivityType, Attribute
    from shared.domain.moment import Moment
    from shared.domain.owner import Owner

# Column names and their names in the API and the catalogue, in one order.
ActivityStatus = Literal["planned", "performed", "cancelled"]
STATUSES: tuple[ActivityStatus, ...] = ("performed", "planned", "cancelled")
"""In the order in which people are offered them."""
MOMENTS = ("start", "end", "reported", "police_reported", "completed")
MOMENT_NAMES = ("start", "end", "reported", "policeReported", "completed")
PARTICIPANT_GROUPS = (
    "residents",
    "pupils",
    "parents",
    "principals",
    "student_health_staff",
    "other_school_staff",
    "social_services",
    "municipality",
    "police",
    "property_owners",
    "volunteers",
    "associations",
    "businesses",
    "other",
)
PARTICIPANT_GROUP_NAMES = (
    "residents",
    "pupils",
    "parents",
    "principals",
    "studentHealthStaff",
    "otherSchoolStaff",
    "socialServices",
    "municipality",
    "police",
    "propertyOwners",
    "volunteers",
    "associations",
    "businesses",
    "other",
)


# SQL reads texts of this pattern as numbers.
NUMBER_PATTERN = r"[0-9]{1,9}"
_NUMBER = re.compile(NUMBER_PATTERN)
# More hours than any activity takes. SQL reads texts of this pattern as numbers.
HOURS_PATTERN = r"[0-9]{1,3}(\.[0-9]{1,4})?"
_HOURS = re.compile(HOURS_PATTERN, re.ASCII)

# An attribute's value: a text, or a list of things to do, each of them {"item": text, "state": "open" or "done"}.
Item = dict[str, str]
AttributeValue = str | list[Item]


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class References:
    """What an activity refers to, looked up: its agreement, annex, area and commitment, as far as the checks need."""

    agreement_id: int
    agreement: Span
    annex: Span | None
    area_id: int
    place_kind: str | None
    # When the area lies inside the agreement's areas, and when it belongs to a municipality or is no place.
    covered: tuple[Span, ...]
    placed: tuple[Span, ...]
    commitment_id: int | None = None
    commitment_ids: tuple[int, ...] = ()
    # The areas with definitions of their own that the area lies in, by code, and when.
    owners: tuple[tuple[str, Span], ...] = ()
    # The day before which facts have been removed.
    facts_removed_before: date | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity as its source reports it. Codes, not ids; unknown is None."""

    source: str
    external_id: str | None
    type: str
    agreement: str
    annex: int | None
    area: str
    status: str
    moments: dict[str, Moment]
    participants: dict[str, int] = field(default_factory=dict)
    cost: Decimal | None = None
    # How many it stands for, where several are reported at once; its participants are those of all.
    count: int = 1
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    note: str | None = None
    commitment: str | None = None
    # Further ones that it helps to fulfil.
    commitments: tuple[str, ...] = ()
    version: int | None = None
    changed_at: datetime | None = None
    activity_id: UUID | None = None
    # Its external id follows the pattern that who reports it has declared for its case numbers.
    has_case_number: bool = False

    def period_on(self, activity_type: ActivityType) -> date | None:
        """Return the date whose period the activity counts in; None while that is unknown."""
        start = self.moments.get("start")
        if start is None and activity_type.counts_by == "startElseCompleted":
            start = self.moments.get("completed")
        return start.on if start else None

    @property
    def last_day(self) -> date | None:
        """The last of its days: the activity is of the periods up to there; None where it has none."""
        return max((moment.on for moment in self.moments.values()), default=None)


def check(
    activity: Activity, activity_type: ActivityType, setting: References | None, today: date, owner: Owner | None = None
) -> list[Violation]:
    """Return every reason to refuse the activity; empty when it can be recorded.

    Without a setting, since what the activity refers to is unknown, only the rest is checked. `owner` is the code of
    the municipality whose own the type is.
    """
    return [
        *_check_moments(activity, activity_type, today),
        *(_check_removed(activity, setting) if setting else ()),
        *_check_commitments(activity),
        *(_check_setting(activity, activity_type, setting, owner) if setting else ()),
        *_check_participants(activity, activity_type),
        *_check_count(activity, activity_type),
        *_check_attributes(activity, activity_type),
        *check_texts(activity),
    ]


def _check_moments(activity: Activity, activity_type: ActivityType, today: date) -> Iterator[Violation]:
    moments = activity.moments
    for name in moments:
        if name not in activity_type.moments:
            taken = ", ".join(activity_type.moments)
            yield Violation(name, f"{activity.type} has no '{name}'", f"Leave it out; this type takes {taken}.")
    for earlier, later in _ORDER:
        if earlier in moments and later in moments and moments[later].is_before(moments[earlier]):
            yield Violation(later, f"is before '{earlier}'", f"Give a '{later}' that is not before '{earlier}'.")
    if activity.status == "planned" and "completed" in moments and "completed" in activity_type.moments:
        remedy = "Report it as 'performed', or leave 'completed' out."
        yield Violation("completed", "a planned activity has no completion", remedy)
    if activity.status != "performed":
        return
    counted_on = activity.period_on(activity_type)
    if counted_on is None and activity_type.counts_by == "startElseCompleted" and "reported" in moments:
        return  # a case that was closed on a day that no one knows: it is counted apart
    if counted_on is None:
        needed = "start" if activity_type.counts_by == "start" else "start or completed"
        yield Violation("start", "a performed activity needs a date", f"Give {needed}, or status 'planned'.")
    elif counted_on > today:
        yield Violation("start", "is in the future", "Report it as 'planned' until it has been performed.")


def _check_removed(activity: Activity, setting: References) -> Iterator[Violation]:
    """Yield that no period counts the activity any more: all of its days are of some whose facts have been removed."""
    before, last = setting.facts_removed_before, activity.last_day
    if before is not None and last is not None and last < before:
        yield of_removed_period(next(name for name, one in activity.moments.items() if one.on == last), before)


def _check_commitments(activity: Activity) -> Iterator[Violation]:
    for index, code in enumerate(activity.commitments):
        if code == activity.commitment or code in activity.commitments[:index]:
            yield Violation(f"commitments[{index}]", "stands here a second time", "Leave one of them out.")


_ORDER = (("start", "end"), ("reported", "start"), ("reported", "completed"), ("start", "completed"))


def _check_setting(
    activity: Activity, activity_type: ActivityType, setting: References, owner: Owner | None
) -> Iterator[Violation]:
    day = activity.period_on(activity_type) or next((moment.on for moment in activity.moments.values()), None)
    if day is None:
        if activity.status != "performed":  # a performed one has been reported already
            yield Violation("start", "no date is given", f"Give one of {', '.join(activity_type.moments)}.")
        return
    if day not in setting.agreement:
        span = f"{setting.agreement.first} to {setting.agreement.last}"
        yield Violation("start", f"{day} is outside the agreement {activity.agreement}", f"It is in force {span}.")
    elif setting.annex and day not in setting.annex:
        span = f"{setting.annex.first} to {setting.annex.last}"
        yield Violation("annex", f"annex {activity.annex} is not in force on {day}", f"It is in force {span}.")
    if not _on_one_of(setting.covered, day):
        reason = f"{activity.area} is not covered by the agreement {activity.agreement} on {day}"
        yield Violation("area", reason, "Name an area inside the agreement's areas.")
    elif not all(_on_one_of(setting.placed, moment.on) for moment in activity.moments.values()):
        reason = f"{activity.area} does not exist, or belongs to no municipality, on one of the dates"
        yield Violation("area", reason, "See its validity and parents at /areas.")
    elif owner and not any(code in owner.areas and day in span for code, span in setting.owners):
        reason = f"{activity.area} does not lie in {owner}, whose own {activity.type} is"
        yield Violation("area", reason, "Name an area inside it, or another type.")
    if not (activity_type.valid_from or day) <= day <= (activity_type.valid_to or day):
        span = f"{activity_type.valid_from or 'the beginning'} to {activity_type.valid_to or 'further notice'}"
        yield Violation("type", f"{activity.type} is not in use on {day}", f"It is from {span}.")
    if activity_type.place_kinds and setting.place_kind not in activity_type.place_kinds:
        kinds = ", ".join(activity_type.place_kinds)
        yield Violation("area", f"a {activity.type} happens at a place of kind {kinds}", "Name such a place.")


def _on_one_of(spans: tuple[Span, ...], day: date) -> bool:
    # A loop, since this runs several times for every row of an import.
    for span in spans:  # noqa: SIM110
        if span.first <= day <= span.last:
            return True
    return False


def _check_participants(activity: Activity, activity_type: ActivityType) -> Iterator[Violation]:
    for group in activity.participants:
        if group not in activity_type.participant_groups:
            taken = ", ".join(activity_type.participant_groups) or "no participants"
            reason = f"is no participant group of {activity.type}"
            yield Violation(f"participants.{group}", reason, f"It takes {taken}.")
    if activity_type.participants_required and activity.status == "performed" and not activity.participants:
        reason = f"a performed {activity.type} must state its participants"
        yield Violation("participants", reason, "Give the number by group; nobody in a group is 0.")


def _check_count(activity: Activity, activity_type: ActivityType) -> Iterator[Violation]:
    if activity.count == 1:
        return
    if not activity_type.takes_count:
        yield Violation("count", f"each {activity.type} is reported by itself", "Leave it out, and send one for each.")
    start, end = activity.moments.get("start"), activity.moments.get("end")
    # A shift over midnight is of its evening.
    if start is None or end is None or end.on <= start.on + timedelta(days=1):
        return
    if (start.on.year, start.on.month) != (end.on.year, end.on.month):
        reason = "several reported at once are of one month, since they count in one"
        yield Violation("end", reason, "Report each month by itself; a total of a longer time is an observation.")


def _check_attributes(activity: Activity, activity_type: ActivityType) -> Iterator[Violation]:
    if activity.cost is not None and not activity_type.takes_cost:
        yield Violation("cost", f"{activity.type} has no cost", "Leave it out.")
    for name, value in activity.attributes.items():
        attribute = activity_type.attributes.get(name)
        if attribute is None:
            taken = ", ".join(activity_type.attributes) or "no attributes"
            yield Violation(f"attributes.{name}", f"is no attribute of {activity.type}", f"It takes {taken}.")
        else:
            yield from _check_attribute(activity, f"attributes.{name}", attribute, value)
    if activity.status != "performed":
        return
    for name, attribute in activity_type.attributes.items():
        if attribute.required and name not in activity.attributes:
            yield Violation(f"attributes.{name}", "is missing", f"A performed {activity.type} needs it.")


def _check_attribute(activity: Activity, name: str, attribute: Attribute, value: AttributeValue) -> Iterator[Violation]:
    if (attribute.kind == "items") != isinstance(value, list):
        if attribute.kind == "items":
            yield Violation(name, "is no list of items", 'Write [{"item": "Broken lamp", "state": "open"}].')
        else:
            yield Violation(name, "is a list of items", "Write a text.")
    elif attribute.kind == "number" and not _NUMBER.fullmatch(str(value)):
        yield Violation(name, "is not a whole number", 'Write digits only, such as "12".')
    elif attribute.values and value not in attribute.values:
        yield Violation(name, "is not a known value", f"Write one of {', '.join(attribute.values)}.")
    elif attribute.kind == "hours" and not _HOURS.fullmatch(str(value)):
        yield Violation(name, "is not a number of hours", "Write it as a text in digits, such as 4.5.")
    if attribute.excluded_by in activity.attributes and (why := attribute.exclusion) is not None:
        yield Violation(name, f"does not go with attributes.{attribute.excluded_by}", why.en, why.sv)


def check_texts(activity: Activity) -> Iterator[Violation]:
    """Yield what no text may hold, whatever the type of the activity."""
    texts = [("source", activity.source), ("externalId", activity.external_id), ("note", activity.note)]
    if activity.attributes:
        texts += _texts_of_attributes(activity.attributes)
    for name, value in texts:
        if not value:
            continue
        if "\0" in value:
            yield Violation(name, "holds a NUL character", "Leave the character out.")
        is_case_number = name == "externalId" and activity.has_case_number
        fault = None if is_case_number else fault_of(value, guard_of("activities", name))
        if fault:
            yield Violation(name, fault, REMEDY_OF_ID if name == "externalId" else REMEDY)


def _texts_of_attributes(attributes: dict[str, AttributeValue]) -> Iterator[tuple[str, str]]:
    for name, value in attributes.items():
        if isinstance(value, str):
            yield f"attributes.{name}", value
        else:
            yield from ((f"attributes.{name}[{index}].item", item["item"]) for index, item in enumerate(value))
