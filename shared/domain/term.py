"""Terms: the spans in which a municipality's schools are open to pupils, and the checks of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.domain.errors import Violation
from shared.domain.free_text import text_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shared.domain.activity import Span

# Names, in dirty marks, that terms have changed, as an activity type's code names its activities.
TERM_CHANGES = "(terms)"
LONGEST_TERM = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Term:
    """One term, such as the spring of 2016, with its first and last day."""

    name: str
    days: Span


def contradictions(terms: Sequence[Term]) -> Iterator[Violation]:
    """Yield every reason to refuse the terms of a municipality."""
    for index, term in enumerate(terms):
        field = f"terms[{index}]"
        yield from text_faults([(f"{field}.name", term.name)])
        if term.days.last < term.days.first:
            yield Violation(f"{field}.validTo", "is before validFrom", "Give a last day that is not before the first.")
        elif term.days.last - term.days.first >= LONGEST_TERM:
            yield Violation(
                f"{field}.validTo", "makes the term longer than a year", "Give each term a span of its own."
            )
        elif any(_overlap(earlier.days, term.days) for earlier in terms[:index]):
            reason = "shares a day with an entry before it"
            yield Violation(field, reason, "Let one end before the other begins.")


def _overlap(one: Span, other: Span) -> bool:
    return one.first <= other.last and other.first <= one.last
