"""From a JSON value to an activity that can be recorded, or to every reason why it cannot be.

The form comes first, then the references, then the rules. A fault in one field keeps no other field from being
checked, so that everything is reported at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from shared.domain.activity import (
    MOMENT_NAMES,
    MOMENTS,
    PARTICIPANT_GROUP_NAMES,
    PARTICIPANT_GROUPS,
    Activity,
    AttributeValue,
    References,
    check,
    check_texts,
)
from shared.domain.case_numbers import follows
from shared.domain.contact_details import as_taken, contact_policy
from shared.domain.errors import InvalidActivity, Violation
from shared.facts.activities import ActivityFact
from shared.facts.references import find_stored_from_before, is_from_before
from shared.intake.activity_form import ActivityBody
from shared.intake.violations import redacted, violation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.facts.references import ActivityKey, KnownReferences, Reference, ReferenceCache
    from shared.intake.activity_form import Participants

_MOMENTS = tuple(zip(MOMENTS, MOMENT_NAMES, strict=True))
_GROUPS = tuple(zip(PARTICIPANT_GROUPS, PARTICIPANT_GROUP_NAMES, strict=True))
_FIELDS = frozenset(field.alias or name for name, field in ActivityBody.model_fields.items())
# Placeholders for required fields that are missing or faulty, so that the others can still be checked. What is
# cancelled may have any of them.
_PLACEHOLDERS = {
    "source": "unknown",
    "type": "unknown",
    "agreement": "unknown",
    "area": "unknown",
    "status": "cancelled",
}


@dataclass(frozen=True, slots=True)
class ActivityDraft:
    """What was sent, as far as its form is sound, and what is wrong with its form."""

    activity: Activity
    faults: tuple[Violation, ...] = ()

    @property
    def reference(self) -> Reference:
        """What must be looked up before the draft can be judged."""
        activity = self.activity
        return activity.agreement, activity.annex, activity.area, activity.commitment, activity.commitments

    @property
    def key(self) -> ActivityKey:
        """What the activity is found again by."""
        return self.activity.source, self.activity.external_id


async def admit(  # noqa: PLR0913, PLR0917  all that it is judged by
    connection: AsyncConnection,
    cache: ReferenceCache,
    catalogue: Catalogue,
    today: date,
    sent: object,
    faults: Sequence[Violation] = (),
    *,
    corrected_id: UUID | None = None,
) -> ActivityFact:
    """Return what was sent as a fact.

    `faults` are what is known already of fields that it lacks; `corrected_id` is of the activity that it is to correct,
    where that is known.

    Raises:
        InvalidActivity: with everything that is wrong.

    """
    draft = read(sent, faults)
    known = await cache.find(connection, draft.reference)
    if corrected_id is None:
        is_stored = draft.key in await stored_from_before(connection, [draft], known)
    else:
        is_stored = await is_from_before(connection, corrected_id)
    judged = judge(draft, known.of(draft.reference, is_stored=is_stored), catalogue, today)
    if isinstance(judged, ActivityFact):
        return judged
    raise InvalidActivity("The activity cannot be recorded as it is.", judged)


async def stored_from_before(
    connection: AsyncConnection, drafts: Iterable[ActivityDraft], known: KnownReferences
) -> set[ActivityKey]:
    """Return the keys of those drafts that correct what is still stored of a time whose facts have been removed."""
    old = {draft.key for draft in drafts if known.is_of_removed_time(draft.reference, draft.activity.last_day)}
    return await find_stored_from_before(connection, old)


def read(sent: object, faults: Sequence[Violation] = (), case_numbers: str | None = None) -> ActivityDraft:
    """Read one activity from a JSON value; `faults` are what is known already of fields that it lacks.

    `case_numbers` is the pattern that whoever reports it has declared for its ids: one that follows it is no personal
    identity number, whatever it looks like.
    """
    try:
        body = ActivityBody.model_validate(sent)
    except ValidationError as error:
        found = [(fault["loc"], violation_of(fault, fault["loc"])) for fault in error.errors()]
        known = {fault.field for fault in faults}
        faults = [*faults, *(violation for _, violation in found if violation.field not in known)]
        sound = _without(sent, [path for path, _ in found]) if isinstance(sent, dict) else {}
        body = ActivityBody.model_validate(_PLACEHOLDERS | sound)
    return ActivityDraft(_as_activity(body, case_numbers), tuple(faults))


def judge(
    draft: ActivityDraft,
    setting: References | list[Violation],
    catalogue: Catalogue,
    today: date,
    row: int | None = None,
) -> ActivityFact | list[Violation]:
    """Return the draft as a fact, or everything that is wrong with it."""
    if any(not fault.field for fault in draft.faults):  # not even an object
        return list(draft.faults)
    activity = draft.activity
    activity_type, owner = catalogue.activity_types.get(activity.type), catalogue.type_owners.get(activity.type)
    found = setting if isinstance(setting, References) else None
    if activity_type and found and not draft.faults:
        violations = check(activity, activity_type, found, today, owner)
        return _redacted(violations) if violations else ActivityFact(activity, activity_type, found, row)
    violations = [] if found else list(setting)  # type: ignore[arg-type]  # what is not found is a list
    if activity_type:
        violations += check(activity, activity_type, found, today, owner)
    else:
        violations.append(Violation("type", "is not a known activity type", "Take a code from /activity-types."))
        violations += check_texts(activity)
    return [*draft.faults, *_beyond(draft, _redacted(violations))]


def _as_activity(body: ActivityBody, case_numbers: str | None) -> Activity:
    given = body.__dict__
    has_case_number = bool(case_numbers and body.external_id and follows(case_numbers, body.external_id))
    return Activity(
        source=body.source,
        external_id=body.external_id,
        type=body.type,
        agreement=body.agreement,
        annex=body.annex,
        area=body.area,
        status=body.status,
        moments={name: given[column] for column, name in _MOMENTS if given[column] is not None},
        participants=_attendances(body.participants) if body.participants else {},
        cost=body.cost,
        count=1 if body.count is None else body.count,
        attributes=_attributes_as_taken(body.attributes),  # type: ignore[arg-type]  # items are plain once read
        note=body.note and as_taken(body.note),
        commitment=body.commitment,
        commitments=tuple(body.commitments),
        version=body.version,
        changed_at=body.changed_at,
        has_case_number=has_case_number,
    )


def _attributes_as_taken(attributes: dict[str, AttributeValue]) -> dict[str, AttributeValue]:
    if contact_policy.get() != "mark":
        return attributes
    return {
        name: as_taken(value) if isinstance(value, str) else [item | {"item": as_taken(item["item"])} for item in value]
        for name, value in attributes.items()
    }


def _attendances(participants: Participants) -> dict[str, int]:
    given = participants.__dict__
    return {name: given[group] for group, name in _GROUPS if given[group] is not None}


def _without(sent: dict[str, Any], paths: Iterable[tuple[str | int, ...]]) -> dict[str, Any]:
    """Return what was sent but for the faulty fields; of an object with a faulty field the rest is returned."""
    sound = {name: value for name, value in sent.items() if name in _FIELDS}
    for top, *below in paths:
        inner = sound.get(str(top))
        if below and isinstance(inner, dict):
            sound[str(top)] = {name: value for name, value in inner.items() if name != below[0]}
        else:
            sound.pop(str(top), None)
    return sound


def _beyond(draft: ActivityDraft, violations: Iterable[Violation]) -> list[Violation]:
    """Return the violations of fields whose form is sound; the others may only follow from the faulty form."""
    faulty = {fault.field for fault in draft.faults}
    faulty |= {field.partition(part)[0] for field in faulty for part in ".["}
    if not faulty.isdisjoint(MOMENT_NAMES) and "start" not in draft.activity.moments:
        faulty.add("start")  # the date that is asked for may be the one that could not be read
    return [violation for violation in violations if violation.field not in faulty]


def _redacted(violations: Iterable[Violation]) -> list[Violation]:
    """Return the violations as they may be answered: the name of an attribute is the client's own."""
    return [replace(violation, field=redacted(violation.field)) for violation in violations]
