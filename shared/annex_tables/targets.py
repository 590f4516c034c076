"""The targets of a line of the tables: each once, with what became of it in each of its spans of the year."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.domain.period import PeriodType
from shared.domain.target_wording import (
    FORECAST_NAMES,
    SHORT_JUDGEMENTS,
    TARGETS_PER,
    forecast_in_words,
    judgement,
    named_target,
    targets_of_period,
)
from shared.domain.wording import Language, short_period

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# What the spans of a target do not share.
_OF_A_SPAN = frozenset({"from", "to", "judgement", "reason", *FORECAST_NAMES})
# More spans than these are counted by what became of them.
MOST_SPANS = 4

# The targets of a period by its type and its first month.
Judged = tuple[str, int, "Sequence[Mapping[str, Any]]"]


class SpanOutcome(NamedTuple):
    """What is said of a target in a span, by the span's name; that of the year has none."""

    span: str
    said: Mapping[str, Any]


class TargetOutcome(NamedTuple):
    """What became of a target in a span, or in so many of them, in words, and why it is not judged, where it is not.

    `judgement` is the code of it: met, onCourse, atRisk, outOfReach, missed or notJudged.
    """

    text: str
    judgement: str
    why: str = ""
    forecast: str = ""
    """What is expected at the end of a span that runs, and by which rule."""

    @property
    def reason(self) -> str:
        """Why it is not judged, without that it is not: `why` is "inte bedömt, värdet saknas"."""
        return self.why.partition(", ")[2]

    @property
    def in_words(self) -> str:
        """All that is said of it in a table without room for more lines: `på väg (helårsprognos 9–12; …)`."""
        besides = self.reason or self.forecast
        return f"{self.text} ({besides})" if besides else self.text


class YearTarget(NamedTuple):
    """A target, and what became of it."""

    target: Mapping[str, Any]
    outcomes: tuple[SpanOutcome, ...]

    @property
    def is_yearly(self) -> bool:
        """Whether it is for the calendar's year."""
        return self.target["per"] == "year" and "from" not in self.target


def targets_of_year(
    year: Sequence[Mapping[str, Any]], shorter: Iterable[Judged], language: Language
) -> Iterator[YearTarget]:
    """Yield the targets of a year as they stood after it, and those of shorter spans as these ended.

    `shorter` are the tertials, then the months, each in order.
    """
    yearly = [*targets_of_period(year)]
    yield from (YearTarget(one, (SpanOutcome("", one),)) for one in yearly)
    seen = {_identity(one) for one in yearly}
    found: dict[str, tuple[str, Mapping[str, Any], dict[str, Mapping[str, Any]]]] = {}
    for period_type, month, targets in shorter:
        for one in targets_of_period(targets):
            identity = _identity(one)
            source, _, spans = found.setdefault(identity, (period_type, one, {}))
            if identity not in seen and source == period_type and one.get("reason") != "notBegun":
                spans[_span(one, period_type, month, language)] = one
    for _, one, spans in found.values():
        if spans:
            yield YearTarget(one, tuple(SpanOutcome(*outcome) for outcome in spans.items()))


def target_in_words(of_year: YearTarget, asked: str, language: Language, *, is_year_said: bool) -> str:
    """Return what a target asks for, with the span that it is for unless the heading says so."""
    if of_year.is_yearly and is_year_said:
        return asked
    per = TARGETS_PER[language].get(of_year.target["per"])
    return per.format(rule=asked) if per and not of_year.is_yearly else named_target(of_year.target, asked, language)


def outcomes_of(of_year: YearTarget, language: Language) -> tuple[TargetOutcome, ...]:
    """Return what became of a target, span by span; of many spans, in how many of them."""
    words = SHORT_JUDGEMENTS[language]
    outcomes = [
        (
            span,
            TargetOutcome(
                words[said["judgement"]],
                said["judgement"],
                judgement(said, language) if "reason" in said else "",
                forecast_in_words(said, language),
            ),
        )
        for span, said in of_year.outcomes
    ]
    if len(outcomes) <= MOST_SPANS:
        return tuple(one._replace(text=f"{span} {one.text}".strip()) for span, one in outcomes)
    counted = Counter(one._replace(forecast="") for _, one in outcomes)
    return tuple(one._replace(text=f"{number} {one.text}") for one, number in counted.most_common())


def _identity(target: Mapping[str, Any]) -> str:
    return repr(sorted((name, value) for name, value in target.items() if name not in _OF_A_SPAN))


def _span(target: Mapping[str, Any], period_type: str, month: int, language: Language) -> str:
    """Return the short name of a span: T1, jan, jan–mar."""
    if "from" not in target:
        return short_period(PeriodType(period_type), month, language)
    first, last = (
        short_period(PeriodType.MONTH, date.fromisoformat(target[name]).month, language) for name in ("from", "to")
    )
    return first if first == last else f"{first}–{last}"
