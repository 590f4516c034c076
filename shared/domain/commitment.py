"""A commitment (åtagande): what parties promised to do, where, how often and by when, and the checks it must pass."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from shared.domain.activity import Span
from shared.domain.errors import Violation
from shared.domain.follow_up import FollowUp, FollowUpStatus, texts_of, untimely
from shared.domain.free_text import text_faults
from shared.domain.recurrence import Recurrence, faults_of_recurrence
from shared.domain.selected_activities import SelectedActivities, faults_of_selection

if TYPE_CHECKING:
    from shared.domain.activity_type import ActivityType

# Names, in dirty marks, that commitments have changed, as an activity type's code names its activities.
COMMITMENTS = "(commitments)"


@dataclass(frozen=True, slots=True)
class Decision:
    """That a commitment is fulfilled in an area, since when, where a decision and not activities fulfil it.

    Of what recurs it is for one due date; without `due_on`, for that of the span in which it was taken.
    """

    area: str
    fulfilled_on: date
    due_on: date | None = None


class FulfilledBy(StrEnum):
    """What fulfils a commitment. A decision always may."""

    ACTIVITIES = "activities"
    DECISION = "decision"
    SELECTION = "selection"


class DueSpan(NamedTuple):
    """A day by which a commitment is to be fulfilled, and the day from which on activities count for it, if any."""

    first: date | None
    last: date


@dataclass(frozen=True, slots=True)
class Commitment:
    """A commitment within an agreement, whole. Agreement and areas are codes.

    It is to be fulfilled in each of its areas, and is one all the same, unless it is one of its own in each area. One
    made to the public is a citizen promise (medborgarlöfte). Without a due date of its own it is due on the agreement's
    last day; one that recurs is due at the end of each span.
    """

    agreement: str
    code: str
    annex: int | None
    is_promise: bool
    party: str
    wording: str
    wording_en: str | None
    times: int
    areas: tuple[str, ...]
    due_on: date | None
    withdrawn_on: date | None
    decisions: tuple[Decision, ...]
    parties: tuple[str, ...] = ()
    is_each_area: bool = False
    # As it was sent; what is answered follows from the follow-ups.
    status: FollowUpStatus | None = None
    follow_ups: tuple[FollowUp, ...] = ()
    recurrence: Recurrence | None = None
    fulfilled_by: FulfilledBy = FulfilledBy.ACTIVITIES
    selection: SelectedActivities | None = None

    def dues(self, agreement: Span) -> list[DueSpan]:
        """Return the days by which it is to be fulfilled in each of its areas, in order."""
        if self.recurrence is None:
            return [DueSpan(None, self.due_on or agreement.last)]
        return [DueSpan(span.first, span.last) for span in self.recurrence.spans(agreement)]


class CommitmentContext(NamedTuple):
    """What a commitment is checked against: its agreement's days and parties, if any are named, and today."""

    agreement: Span
    parties: Collection[str]
    today: date


def contradictions(
    commitment: Commitment, context: CommitmentContext, activity_types: Mapping[str, ActivityType]
) -> Iterator[Violation]:
    """Yield every reason to refuse the commitment that follows from itself and from what it is checked against."""
    yield from _wrong_due_dates(commitment, context.agreement)
    if commitment.withdrawn_on is not None and commitment.withdrawn_on > context.today:
        yield Violation("withdrawnOn", "is in the future", "Withdraw it on the day, or leave it null.")
    yield from _repeated("areas[{}]", commitment.areas)
    yield from _wrong_parties(commitment, context.parties)
    yield from _wrong_decisions(commitment, context)
    yield from _wrong_follow_ups(commitment, context.today)
    yield from _wrong_selection(commitment, context.agreement, activity_types)
    yield from text_faults(_texts(commitment))


def _wrong_due_dates(commitment: Commitment, agreement: Span) -> Iterator[Violation]:
    due_on, recurrence = commitment.due_on, commitment.recurrence
    if recurrence is not None:
        faults = list(faults_of_recurrence(recurrence, agreement, len(commitment.areas)))
        yield from faults
        if not faults and due_on not in {None, commitment.dues(agreement)[-1].last}:
            remedy = "Leave it out: what recurs is due at the end of each span."
            yield Violation("dueOn", "is not the end of the last span", remedy)
    elif due_on is not None and due_on not in agreement:
        remedy = f"Give a day from {agreement.first} to {agreement.last}."
        yield Violation("dueOn", "is outside the days of the agreement", remedy)


def _wrong_parties(commitment: Commitment, known: Collection[str]) -> Iterator[Violation]:
    if not commitment.party:
        yield Violation("party", "is missing", "Say who promises it, in party or in parties.")
    yield from _repeated("parties[{}]", commitment.parties)
    for index, party in enumerate(commitment.parties):
        if known and party not in known:
            remedy = "Name a party of the agreement, or add it to the agreement."
            yield Violation(f"parties[{index}]", "is no party of the agreement", remedy)


def _wrong_follow_ups(commitment: Commitment, today: date) -> Iterator[Violation]:
    yield from untimely("followUps", commitment.follow_ups, today)
    # Of those of one day the last in the list is the newest.
    newest = max(enumerate(commitment.follow_ups), key=lambda one: (one[1].noted_on, one[0]), default=None)
    if commitment.status not in {None, newest and newest[1].status}:
        remedy = "Leave it out, or add a follow-up."
        yield Violation("status", "is not that of the newest follow-up", remedy)


def _wrong_decisions(commitment: Commitment, context: CommitmentContext) -> Iterator[Violation]:
    is_once = commitment.recurrence is None
    if is_once:
        yield from _repeated("decisions[{}].area", [decision.area for decision in commitment.decisions])
    dues = commitment.dues(context.agreement)
    met: set[tuple[str, date]] = set()
    for index, decision in enumerate(commitment.decisions):
        if decision.area not in commitment.areas:
            yield Violation(f"decisions[{index}].area", "is none of the commitment's areas", "Name one of its areas.")
        if decision.fulfilled_on > context.today:
            remedy = "Tell a decision when it has been taken."
            yield Violation(f"decisions[{index}].fulfilledOn", "is in the future", remedy)
        if decision.fulfilled_on < context.agreement.first:
            remedy = f"Give {context.agreement.first} or a later day."
            yield Violation(f"decisions[{index}].fulfilledOn", "is before the agreement begins", remedy)
        if not dues:
            continue
        due = due_of(decision, dues)
        if due is None:
            yield _for_no_due_date(index, decision, dues)
        elif (decision.area, due.last) in met and not is_once:
            yield Violation(f"decisions[{index}]", "is the second for the area and span", "Leave one of them out.")
        elif due.first is not None and decision.fulfilled_on < due.first:
            remedy = f"Give {due.first} or a later day."
            yield Violation(f"decisions[{index}].fulfilledOn", "is before the span begins", remedy)
        else:
            met.add((decision.area, due.last))


def _for_no_due_date(index: int, decision: Decision, dues: Sequence[DueSpan]) -> Violation:
    if decision.due_on is not None:
        remedy = "Leave it out, or give a day that the commitment is due on."
        return Violation(f"decisions[{index}].dueOn", "is no day that the commitment is due on", remedy)
    remedy = f"Give a day from {dues[0].first} to {dues[-1].last}."
    return Violation(f"decisions[{index}].fulfilledOn", "lies in no span of the recurrence", remedy)


def due_of(decision: Decision, dues: Collection[DueSpan]) -> DueSpan | None:
    """Return the due date that a decision is for, if there is one."""
    if decision.due_on is not None:
        return next((due for due in dues if due.last == decision.due_on), None)
    return next(
        (due for due in dues if due.first is None or due.first <= decision.fulfilled_on <= due.last),
        None,
    )


def _wrong_selection(
    commitment: Commitment, agreement: Span, activity_types: Mapping[str, ActivityType]
) -> Iterator[Violation]:
    is_by_selection = commitment.fulfilled_by is FulfilledBy.SELECTION
    if commitment.selection is None:
        if is_by_selection:
            remedy = "Say which activities fulfil it, or leave fulfilledBy out."
            yield Violation("selection", "is missing", remedy)
        return
    if not is_by_selection:
        remedy = "Write selection, or leave the selection out."
        yield Violation("fulfilledBy", "does not go with a selection", remedy)
    dues = commitment.dues(agreement)
    due_on = dues[-1].last if dues else agreement.last
    yield from faults_of_selection(commitment.selection, agreement, due_on, activity_types)


def _repeated(field: str, codes: tuple[str, ...] | list[str]) -> Iterator[Violation]:
    for index, code in enumerate(codes):
        if code in codes[:index]:
            yield Violation(field.format(index), "stands here a second time", "Leave one of them out.")


def _texts(commitment: Commitment) -> Iterator[tuple[str, str | None]]:
    yield from (("code", commitment.code), ("party", commitment.party))
    yield from ((f"parties[{index}]", party) for index, party in enumerate(commitment.parties))
    yield from (("wording", commitment.wording), ("wordingEn", commitment.wording_en))
    yield from texts_of("followUps", commitment.follow_ups)
    for name, values in commitment.selection.attributes.items() if commitment.selection else ():
        yield from ((f"selection.attributes.{name}[{index}]", value) for index, value in enumerate(values))
