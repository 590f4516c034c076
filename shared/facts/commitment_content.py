"""A commitment as its tables have it: what `shared.facts.commitments` compares with what is stored, and writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.domain.activity import Span
from shared.domain.commitment import due_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Row

    from shared.domain.commitment import Commitment, DueSpan
    from shared.domain.recurrence import Recurrence
    from shared.domain.selected_activities import SelectedActivities


class Promised(NamedTuple):
    """A commitment as its table has it, but for its key."""

    annex_number: int | None
    is_promise: bool
    party: str
    parties: list[str]
    wording: str
    wording_en: str | None
    times: int
    withdrawn_on: date | None
    is_each_area: bool
    follow_ups: list[dict[str, Any]]
    recurrence: dict[str, Any] | None
    fulfilled_by: str
    selection: dict[str, Any] | None


class Owed(NamedTuple):
    """A due date of a commitment in an area, by the area's id."""

    area_id: int
    due_on: date


@dataclass(frozen=True, slots=True)
class Content:
    """All that a commitment contains; by due date the day since which activities count, and that of a decision."""

    promised: Promised
    owed: dict[Owed, tuple[date | None, date | None]]

    @property
    def area_ids(self) -> set[int]:
        """The areas that it is due in."""
        return {one.area_id for one in self.owed}

    def owed_before(self, day: date) -> dict[Owed, tuple[date | None, date | None]]:
        """Return what is due before a day."""
        return {owed: days for owed, days in self.owed.items() if owed.due_on < day}

    def selects_from_before(self, day: date) -> bool:
        """Tell whether activities from before a day are selected for what is due on that day or later."""
        if self.promised.selection is None or self.promised.selection["from"] >= str(day):
            return False
        return any(
            owed.due_on >= day and (first_on is None or first_on < day) for owed, (first_on, _) in self.owed.items()
        )

    def selects_as(self, other: Content | None) -> bool:
        """Tell whether the same is selected by another content, in no more areas."""
        return (
            other is not None
            and self.promised.selection == other.promised.selection
            and self.area_ids <= other.area_ids
        )


def content_of(
    commitment: Commitment, agreement: Span, dues: Sequence[DueSpan], areas: Mapping[str, Row[Any]]
) -> Content:
    """Return the content of a commitment whose areas, by code, and due dates are known."""
    decided = {
        (decision.area, due): decision.fulfilled_on
        for decision in commitment.decisions
        if (due := due_of(decision, dues)) is not None
    }
    owed = {
        Owed(areas[code].area_id, due.last): (due.first, decided.get((code, due)))
        for code in commitment.areas
        for due in dues
    }
    return Content(_promised(commitment, agreement, dues[-1].last), owed)


def _promised(commitment: Commitment, agreement: Span, last_due_on: date) -> Promised:
    return Promised(
        annex_number=commitment.annex,
        is_promise=commitment.is_promise,
        party=commitment.party,
        parties=list(commitment.parties),
        wording=commitment.wording,
        wording_en=commitment.wording_en,
        times=commitment.times,
        withdrawn_on=commitment.withdrawn_on,
        is_each_area=commitment.is_each_area,
        follow_ups=[follow_up.document for follow_up in commitment.follow_ups],
        recurrence=_stored_recurrence(commitment.recurrence, agreement),
        fulfilled_by=commitment.fulfilled_by.value,
        selection=_stored_selection(commitment.selection, Span(agreement.first, last_due_on)),
    )


def _stored_recurrence(recurrence: Recurrence | None, agreement: Span) -> dict[str, Any] | None:
    if recurrence is None:
        return None
    days = recurrence.within(agreement)
    return {"every": recurrence.every.value, "from": str(days.first), "until": str(days.last)}


def _stored_selection(selection: SelectedActivities | None, days: Span) -> dict[str, Any] | None:
    if selection is None:
        return None
    return {
        "activityTypes": list(selection.activity_types),
        "attributes": {name: list(values) for name, values in selection.attributes.items()},
        "from": str(selection.first or days.first),
        "to": str(selection.last or days.last),
    }
