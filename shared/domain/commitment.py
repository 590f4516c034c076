"""A commitment (åtagande): what a party promised to do, where, how often and by when, and the checks it must pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.domain.activity import Span
from shared.domain.errors import Violation
from shared.domain.free_text import text_faults

# Names, in dirty marks, that commitments have changed, as an activity type's code names its activities.
COMMITMENTS = "(commitments)"


@dataclass(frozen=True, slots=True)
class Decision:
    """That a commitment is fulfilled in an area, since when, where a decision and not activities fulfil it."""

    area: str
    fulfilled_on: date


@dataclass(frozen=True, slots=True)
class Commitment:
    """A commitment within an agreement, whole. Agreement and areas are codes.

    It is to be fulfilled in each of its areas; one made to the public is a citizen promise (medborgarlöfte). Without a
    due date of its own it is due on the agreement's last day.
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


def contradictions(commitment: Commitment, agreement: Span, today: date) -> Iterator[Violation]:
    """Yield every reason to refuse the commitment that follows from itself and from the agreement's days."""
    if commitment.due_on is not None and commitment.due_on not in agreement:
        remedy = f"Give a day from {agreement.first} to {agreement.last}."
        yield Violation("dueOn", "is outside the days of the agreement", remedy)
    if commitment.withdrawn_on is not None and commitment.withdrawn_on > today:
        yield Violation("withdrawnOn", "is in the future", "Withdraw it on the day, or leave it null.")
    yield from _repeated("areas[{}]", commitment.areas)
    yield from _repeated("decisions[{}].area", [decision.area for decision in commitment.decisions])
    for index, decision in enumerate(commitment.decisions):
        if decision.area not in commitment.areas:
            yield Violation(f"decisions[{index}].area", "is none of the commitment's areas", "Name one of its areas.")
        if decision.fulfilled_on > today:
            remedy = "Tell a decision when it has been taken."
            yield Violation(f"decisions[{index}].fulfilledOn", "is in the future", remedy)
    yield from text_faults(_texts(commitment))


def _repeated(field: str, codes: tuple[str, ...] | list[str]) -> Iterator[Violation]:
    for index, code in enumerate(codes):
        if code in codes[:index]:
            yield Violation(field.format(index), "stands here a second time", "Leave one of them out.")


def _texts(commitment: Commitment) -> Iterator[tuple[str, str | None]]:
    yield from (("code", commitment.code), ("party", commitment.party))
    yield from (("wording", commitment.wording), ("wordingEn", commitment.wording_en))
