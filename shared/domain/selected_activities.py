"""Which activities fulfil a commitment without being linked to it: of some types, by their attributes, in some days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from shared.domain.errors import Violation

if TYPE_CHECKING:
    from shared.domain.activity import Span
    from shared.domain.activity_type import ActivityType, Attribute


@dataclass(frozen=True, slots=True)
class SelectedActivities:
    """Activities of any of the types, with one of the values of each attribute that is named.

    Without days of their own they count from the agreement's first day to the due date.
    """

    activity_types: tuple[str, ...]
    attributes: Mapping[str, tuple[str, ...]]
    first: date | None = None
    last: date | None = None


def faults_of_selection(
    selected: SelectedActivities, agreement: Span, due_on: date, activity_types: Mapping[str, ActivityType]
) -> Iterator[Violation]:
    """Yield every reason why a selection could find nothing; `due_on` is the last due date of the commitment."""
    yield from _wrong_days(selected, agreement, due_on)
    for index, code in enumerate(selected.activity_types):
        field = f"selection.activityTypes[{index}]"
        found = activity_types.get(code)
        if code in selected.activity_types[:index]:
            yield Violation(field, "stands here a second time", "Leave one of them out.")
        elif found is None:
            yield Violation(field, "is not a known activity type", "Take a code from /activity-types.")
        else:
            yield from _unused(field, selected, found, due_on, agreement)
            yield from _wrong_attributes(selected, found)


def _wrong_days(selected: SelectedActivities, agreement: Span, due_on: date) -> Iterator[Violation]:
    for name, day in (("from", selected.first), ("to", selected.last)):
        if day is not None and day not in agreement:
            remedy = f"Give a day from {agreement.first} to {agreement.last}."
            yield Violation(f"selection.{name}", "is outside the days of the agreement", remedy)
    if selected.first is not None and selected.first > due_on:
        yield Violation("selection.from", "is after the due date", f"Give a day until {due_on}.")
    if selected.first is not None and selected.last is not None and selected.last < selected.first:
        yield Violation("selection.to", "is before 'from'", "Give a 'to' that is not before 'from'.")


def _unused(
    field: str, selected: SelectedActivities, activity_type: ActivityType, due_on: date, agreement: Span
) -> Iterator[Violation]:
    first, last = selected.first or agreement.first, min(selected.last or due_on, due_on)
    begins, ends = activity_type.valid_from, activity_type.valid_to
    if (begins is not None and begins > last) or (ends is not None and ends < first):
        span = f"{begins or 'the beginning'} to {ends or 'further notice'}"
        yield Violation(field, f"{activity_type.code} is not in use on these days", f"It is from {span}.")


def _wrong_attributes(selected: SelectedActivities, activity_type: ActivityType) -> Iterator[Violation]:
    for name, values in selected.attributes.items():
        field = f"selection.attributes.{name}"
        attribute = activity_type.attributes.get(name)
        if attribute is None:
            taken = ", ".join(activity_type.attributes) or "no attributes"
            yield Violation(field, f"is no attribute of {activity_type.code}", f"It takes {taken}.")
        elif attribute.kind == "items":
            yield Violation(field, "is a list of items", "Select by another attribute.")
        else:
            yield from _wrong_values(field, attribute, values)


def _wrong_values(field: str, attribute: Attribute, values: tuple[str, ...]) -> Iterator[Violation]:
    for index, value in enumerate(values):
        if attribute.values and value not in attribute.values:
            remedy = f"Write one of {', '.join(attribute.values)}."
            yield Violation(f"{field}[{index}]", "is not a known value", remedy)
