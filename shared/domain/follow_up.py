"""What was found on a day about how a commitment or an annex goes, in words. No figure reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.domain.errors import Violation


class FollowUpStatus(StrEnum):
    """How something goes, in the words of who follows it up."""

    NOT_STARTED = "notStarted"
    ONGOING = "ongoing"
    DONE = "done"
    PAUSED = "paused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How something went on a day."""

    noted_on: date
    status: FollowUpStatus
    text: str | None

    @property
    def document(self) -> dict[str, str | None]:
        """It as it is kept and shown."""
        return {"notedOn": str(self.noted_on), "status": self.status.value, "text": self.text}


def untimely(field: str, follow_ups: Sequence[FollowUp], today: date) -> Iterator[Violation]:
    """Yield the follow-ups of days to come; `field` is where the list stands."""
    for index, follow_up in enumerate(follow_ups):
        if follow_up.noted_on > today:
            remedy = "Tell a follow-up when it has been made."
            yield Violation(f"{field}[{index}].notedOn", "is in the future", remedy)


def texts_of(field: str, follow_ups: Sequence[FollowUp]) -> Iterator[tuple[str, str | None]]:
    """Yield what is written in words, and where."""
    yield from ((f"{field}[{index}].text", one.text) for index, one in enumerate(follow_ups))
