"""One thing that is expected and not there, and for whom it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from shared.domain.activity_type import Wording
from shared.domain.period import Period

SOON = timedelta(days=30)
"""So long before its last day a commitment is asked for."""


class ExpectationKind(StrEnum):
    """What is missing."""

    # So many activities as a place needs in a month.
    VISITS = "visits"
    # What a party has committed itself to.
    COMMITMENT = "commitment"
    # Whether what was planned has been done.
    PLANNED = "planned"
    # Items of a list that are still open.
    ITEMS = "items"
    # What a target is judged by.
    OBSERVATION = "observation"


class ExpectedPlace(NamedTuple):
    """Where it is expected; `around` are the ids of the area and of all that lie around it today."""

    code: str
    name: str
    around: frozenset[int]


class AnnexKey(NamedTuple):
    """An annex, or with None as its number an agreement itself."""

    agreement_id: int
    agreement: str
    number: int | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected: `subject` in words, where, under which annex, by whom, and by which day.

    `key` tells it from every other for as long as it is expected. `day` is one that it is about: of the month in which
    visits lack, the day that was planned, or a period's last. `parties` are those that promised it, if any did;
    `reported_by` is who reported what it follows from, if that is known. `number` is how many items are open, and
    `period` which one an observation is of. `commitment` is the code of one that no activities count for.
    """

    kind: ExpectationKind
    key: str
    subject: Wording
    place: ExpectedPlace
    annex: AnnexKey | None
    day: date
    due_on: date
    parties: tuple[str, ...] = ()
    activity_type: str | None = None
    activity_id: UUID | None = None
    reported_by: UUID | None = None
    number: int = 0
    period: Period | None = None
    commitment: str | None = None

    def is_late(self, today: date) -> bool:
        """Tell whether its day has passed."""
        return self.due_on < today

    @property
    def address(self) -> str | None:
        """The path of the page where it is done, filled in; None where there is none for it."""
        if self.activity_id is not None:
            return f"/mina-rapporter/{self.activity_id}/ratta"
        if self.activity_type is not None:
            return f"/rapportera/{self.activity_type}?plats={self.place.code}&dag={self.day.isoformat()}"
        return None
