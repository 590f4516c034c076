"""How far a commitment has come, from its parts: one for each area and due date."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


class CommitmentState(StrEnum):
    """How far a commitment has come, in the order in which they are counted."""

    FULFILLED = "fulfilled"
    PENDING = "pending"
    PARTLY = "partly"
    # What is done late counts as not fulfilled.
    LATE = "late"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class CommitmentPart:
    """A commitment in one area by one due date: how often it was done, and when it was decided to be done."""

    due_on: date
    done: int
    decided_on: date | None
    is_fulfilled: bool

    @property
    def is_done(self) -> bool:
        """Whether it is done, in time or late."""
        return self.is_fulfilled or self.decided_on is not None


def state_of(parts: Sequence[CommitmentPart], withdrawn_on: date | None, today: date) -> CommitmentState:
    """Return how far a commitment has come that is to be done in all of its parts, of which there is at least one.

    What was withdrawn after its last due date is judged as of that.
    """
    if withdrawn_on is not None and withdrawn_on <= min(today, max(part.due_on for part in parts)):
        return CommitmentState.WITHDRAWN
    if all(part.is_fulfilled for part in parts):
        return CommitmentState.FULFILLED
    if any(part.due_on >= today and not part.is_done for part in parts):
        return CommitmentState.PENDING
    if all(part.is_done for part in parts):
        return CommitmentState.LATE
    if any(part.is_done or part.done for part in parts):
        return CommitmentState.PARTLY
    return CommitmentState.MISSED


def decided_day(parts: Sequence[CommitmentPart]) -> date | None:
    """Return the day since when a commitment is decided to be done; None where one of its parts has no such day."""
    days = [part.decided_on for part in parts if part.decided_on is not None]
    return max(days) if days and len(days) == len(parts) else None
