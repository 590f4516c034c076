"""One observation, a figure that comes from elsewhere, and the checks that it must pass before it is recorded. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.domain.errors import Violation
from shared.domain.free_text import text_faults
from shared.domain.period import PeriodType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from decimal import Decimal

    from shared.domain.activity import Span
    from shared.domain.period import Period

# The inhabitants of an area on 31 December of the year, which figures per 100 000 are reckoned by.
POPULATION = "population"
# Measures that later years are reckoned by, however old they are: they stay when other facts are removed.
NEVER_REMOVED = (POPULATION,)


@dataclass(frozen=True, slots=True)
class Observable:
    """What may be observed under the name of one measure.

    by_code: each crime code or category has figures of its own. adds_up: months are added up to longer periods, so
    that only a final figure can be a year's. is_share: it is a part of a whole; is_mean: the sum of answers, by their
    number, and `between` the least and the most that it can be. is_whole: it counts something, hence has no fractions.
    """

    period_types: tuple[PeriodType, ...]
    by_code: bool = False
    adds_up: bool = False
    is_share: bool = False
    is_mean: bool = False
    is_whole: bool = False
    between: tuple[Decimal, Decimal] | None = None

    @property
    def has_parts(self) -> bool:
        """Whether a figure is a numerator by a denominator."""
        return self.is_share or self.is_mean


INHABITANTS = Observable((PeriodType.YEAR,), is_whole=True)


@dataclass(frozen=True, slots=True)
class Observation:
    """One measure in one area and period as its source reports it. `code` is empty where the measure has none.

    Source, measure, code, area and period are its key: sent again, it is the same observation.
    """

    source: str
    measure: str
    code: str
    area: str
    period: Period
    numerator: Decimal | None
    denominator: Decimal | None
    status: str
    finality: str
    published_on: date | None = None


def check(observation: Observation, observable: Observable | None, area: Span | None, today: date) -> list[Violation]:
    """Return every reason to refuse the observation; empty when it can be recorded.

    None means a measure that nobody observes, or an area that does not exist; the rest is checked all the
    same. `area` is the span of its existence.
    """
    return [
        *_check_source(observation),
        *_check_area(observation, area),
        *_check_period(observation, observable, today),
        *(_check_measure(observation, observable) if observable else _unknown_measure()),
        *_check_figure(observation, observable),
    ]


def _check_source(observation: Observation) -> Iterator[Violation]:
    if "\0" in observation.source:
        yield Violation("source", "holds a NUL character", "Leave the character out.")
    yield from text_faults([("source", observation.source)])


def _check_area(observation: Observation, area: Span | None) -> Iterator[Violation]:
    if area is None:
        yield Violation("area", "no area has this code", "Take a code from /areas.")
    elif observation.period.start > area.last or observation.period.end < area.first:
        yield Violation("area", "does not exist in the period", "See its validity at /areas.")


def _check_period(observation: Observation, observable: Observable | None, today: date) -> Iterator[Violation]:
    period, is_final = observation.period, observation.finality == "final"
    if observable and period.type not in observable.period_types:
        taken = " or ".join(observable.period_types)
        yield Violation("period", f"is a {period.type}", f"This measure is observed by {taken}.")
        return
    if period.start > today:
        yield Violation("period", "has not begun", "Send it when the period has begun.")
    elif observable and observable.adds_up and not is_final and period.type is PeriodType.YEAR:
        yield Violation("finality", "a year of this measure must be final", "Until then it is the sum of its months.")
    elif observable and observable.adds_up and is_final and period.end >= today:
        yield Violation("finality", "the period has not ended", "Send it as preliminary until it has.")


def _unknown_measure() -> Iterator[Violation]:
    yield Violation("measure", "is observed by no indicator", "Take the measure of an indicator from /indicators.")


def _check_measure(observation: Observation, observable: Observable) -> Iterator[Violation]:
    if observable.by_code and not observation.code:
        yield Violation("code", "is missing", "Give the crime code or category that the figure is about.")
    if not observable.by_code and observation.code:
        yield Violation("code", "this measure has no codes", "Leave it out.")


def _check_figure(observation: Observation, observable: Observable | None) -> Iterator[Violation]:
    numerator, denominator = observation.numerator, observation.denominator
    if observation.status != "observed":
        for field, figure in (("numerator", numerator), ("denominator", denominator)):
            if figure is not None:
                yield Violation(field, f"an observation that is {observation.status} has none", "Leave it out.")
        return
    if numerator is None:
        yield Violation("numerator", "is missing", "Give it, or a status that says why there is none.")
    for field, figure in (("numerator", numerator), ("denominator", denominator)):
        if observable and observable.is_whole and figure is not None and figure != figure.to_integral_value():
            yield Violation(field, "is not a whole number", "This measure counts something: give the count.")
    if observable and observable.has_parts:
        yield from _check_parts(numerator, denominator, observable)
    elif observable and denominator is not None:
        yield Violation("denominator", "this measure is no share", "Leave it out.")


def _check_parts(numerator: Decimal | None, denominator: Decimal | None, observable: Observable) -> Iterator[Violation]:
    if denominator is None:
        yield _without_whole(observable)
    elif denominator == 0 and not (observable.adds_up and numerator == 0):
        # Of months that are added up, one of nothing adds nothing: without it, the sum would wait for it.
        yield Violation("denominator", "is 0", "A share of nothing is missing: give that status.")
    elif observable.is_share and numerator is not None and numerator > denominator:
        yield Violation("numerator", "is more than the denominator", "Give a part of the whole.")
    elif observable.between and numerator is not None and not _is_between(numerator, denominator, observable.between):
        least, most = observable.between
        yield Violation("numerator", f"makes a mean that is not from {least} to {most}", "Give the sum of the answers.")


def _without_whole(observable: Observable) -> Violation:
    if observable.is_mean:
        return Violation("denominator", "is missing", "Give the number of answers, beside `value` or their sum.")
    if observable.adds_up:
        return Violation(
            "denominator", "is missing", "Give the whole, beside `value` or the part: a share is added up by both."
        )
    return Violation("denominator", "is missing", "Give it, or `value` in percent instead of both.")


def _is_between(numerator: Decimal, denominator: Decimal, bounds: tuple[Decimal, Decimal]) -> bool:
    return bounds[0] * denominator <= numerator <= bounds[1] * denominator
