"""An agreement with its annexes and targets, and the checks that need nothing but the agreement itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.domain.activity import Span
from shared.domain.errors import DomainError, InvalidTarget, Violation
from shared.domain.follow_up import FollowUp, texts_of, untimely
from shared.domain.followed import (
    Followed,
    KnownIndicator,
    annex_codes,
    contradicting,
    spelt_out,
    wrong_codes,
    wrong_list,
    wrong_slice,
)
from shared.domain.free_text import text_faults
from shared.domain.period import PeriodType
from shared.domain.target import Target, TargetRule
from shared.domain.target_span import Per, TargetSpans, baseline_span

_MOST_PER_CENT = 100
OUTSIDE_SPAN = "the days are not all within those of what it belongs to"


class AgreementInUse(DomainError):
    """Activities or commitments refer to a part of the agreement that would go."""


@dataclass(frozen=True, slots=True)
class Annex:
    """A numbered focus area of an agreement (domain term: bilaga).

    `code` is what its own slices are called, by default as its theme; `indicators` are what it follows, None for the
    list of its theme.
    """

    number: int
    theme: str
    title: str
    title_en: str | None
    valid: Span
    purpose: str
    goals: tuple[str, ...]
    actions: tuple[str, ...]
    follow_up: tuple[str, ...]
    code: str | None = None
    indicators: tuple[Followed, ...] | None = None
    # What was found when it was followed up, by what `follow_up` asks for.
    follow_ups: tuple[FollowUp, ...] = ()


@dataclass(frozen=True, slots=True)
class SetTarget:
    """What a slice of an indicator should reach, as an annex sets it; `wording` is the annex's own.

    It is for `area`, or for all of `areas` together. A baseline is days, or a period by its code.

    Without an annex, the agreement itself sets it.
    """

    annex: int | None
    indicator: str
    area: str | None
    rule: TargetRule
    value: Decimal | None
    upper_value: Decimal | None
    per: Per
    valid: Span
    wording: str | None
    slice: str = "all"
    percent: Decimal | None = None
    tolerance: Decimal | None = None
    per_inhabitants: int | None = None
    baseline: str | Span | None = None
    areas: tuple[str, ...] = ()

    @property
    def all_areas(self) -> tuple[str, ...]:
        """The codes of the areas that it is judged in."""
        return self.areas if self.area is None else (self.area,)

    @property
    def spans(self) -> TargetSpans:
        """What it is for."""
        return TargetSpans(self.per, self.valid.first, self.valid.last)

    def as_target(self) -> Target:
        """Return what figures are judged by. Raises InvalidTarget where it contradicts itself."""
        return Target(
            self.rule,
            self.per,
            self.value,
            self.upper_value,
            self.percent,
            self.tolerance,
            self.per_inhabitants,
            None if self.baseline is None else baseline_span(self.baseline),
        )


@dataclass(frozen=True, slots=True)
class ClosingRules:
    """How an agreement's periods are closed: by two persons, and when all annexes are marked ready."""

    two_persons: bool = True
    ready_annexes: bool = True


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement between a municipality and the police, whole. Areas and the agreement before it are codes.

    `indicators` are what it follows beyond its annexes.
    """

    code: str
    title: str
    case_number: str | None
    parties: tuple[str, ...]
    valid: Span
    succeeds: str | None
    areas: tuple[str, ...]
    # Types of periods that it is followed up by, besides those that all are.
    rhythms: tuple[PeriodType, ...]
    annexes: tuple[Annex, ...]
    targets: tuple[SetTarget, ...]
    indicators: tuple[Followed, ...] = ()
    closing: ClosingRules = ClosingRules()


def contradictions(
    agreement: Agreement, themes: Collection[str], known: Mapping[str, KnownIndicator], today: date
) -> Iterator[Violation]:
    """Yield every reason to refuse the agreement that can be seen without looking anything up.

    `known` are the indicators by code.
    """
    codes = annex_codes(agreement.annexes)
    yield from _wrong_span("", agreement.valid)
    yield from _repeated("areas", agreement.areas)
    yield from _repeated("parties", agreement.parties)
    yield from _repeated("rhythms", agreement.rhythms)
    yield from _repeated("annexes", [annex.number for annex in agreement.annexes])
    spelt = spelt_out(agreement, known)
    yield from _repeated("targets", spelt.targets)
    for index, annex in enumerate(agreement.annexes):
        yield from _wrong_span(f"annexes[{index}].", annex.valid, agreement.valid)
        yield from wrong_list(f"annexes[{index}].indicators", annex.indicators or (), [codes[annex.number]], known)
        yield from untimely(f"annexes[{index}].followUps", annex.follow_ups, today)
    yield from wrong_codes(agreement.annexes, themes)
    yield from wrong_list("indicators", agreement.indicators, (), known)
    for index, target in enumerate(agreement.targets):
        yield from _wrong_target(f"targets[{index}].", target, agreement, known)
    yield from contradicting(spelt.targets)
    yield from text_faults(_texts(agreement))


def _wrong_span(field: str, span: Span, around: Span | None = None) -> Iterator[Violation]:
    if span.last < span.first:
        yield Violation(f"{field}validTo", "is before validFrom", "Give a last day that is not before the first.")
    elif around is not None and not (span.first in around and span.last in around):
        remedy = f"Keep it within {around.first} to {around.last}."
        yield Violation(f"{field}validFrom", OUTSIDE_SPAN, remedy)


def _repeated(field: str, entries: Collection[object]) -> Iterator[Violation]:
    seen = set()
    for index, entry in enumerate(entries):
        if entry in seen:
            yield Violation(f"{field}[{index}]", "stands here a second time", "Leave one of them out.")
        seen.add(entry)


def _wrong_target(
    field: str, target: SetTarget, agreement: Agreement, known: Mapping[str, KnownIndicator]
) -> Iterator[Violation]:
    annex = next((annex for annex in agreement.annexes if annex.number == target.annex), None)
    if target.annex is not None and annex is None:
        yield Violation(f"{field}annex", "the agreement has no annex of this number", "Name one of its annexes.")
    yield from _wrong_span(field, target.valid, annex.valid if annex else agreement.valid)
    codes = [annex_codes(agreement.annexes)[annex.number]] if annex else []
    if target.annex is not None and annex is None:
        codes = [target.slice]  # It may be the annex's own.
    yield from wrong_slice(field, target.indicator, target.slice, codes, known)
    yield from _wrong_areas(field, target)
    yield from _wrong_months(field, target)
    if target.indicator in known and known[target.indicator].is_percent:
        for name, bound in (("value", target.value), ("upperValue", target.upper_value)):
            if bound is not None and bound > _MOST_PER_CENT:
                yield Violation(f"{field}{name}", "is more than 100", "Give the share in per cent.")
    try:
        judged_by = target.as_target()
        if judged_by.baseline is not None and judged_by.baseline.end >= target.valid.first:
            yield Violation(
                f"{field}baseline", "does not end before the target's days", "Name a span before validFrom."
            )
    except InvalidTarget as error:
        for violation in error.violations:
            yield Violation(f"{field}{violation.field}", violation.reason, violation.remedy)


def _wrong_areas(field: str, target: SetTarget) -> Iterator[Violation]:
    if target.area is None and not target.areas:
        yield Violation(
            f"{field}area", "neither area nor areas is given", "Give the code of one area, or several as areas."
        )
    elif target.area is not None and target.areas:
        yield Violation(f"{field}areas", "area is given too", "Give area for one, or areas for several together.")
    elif len(target.areas) == 1:
        yield Violation(f"{field}areas", "names one area only", "Give it as area.")
    yield from _repeated(f"{field}areas", target.areas)


def _wrong_months(field: str, target: SetTarget) -> Iterator[Violation]:
    if target.per is Per.SPAN and target.valid.first <= target.valid.last and not target.spans.is_whole_months:
        remedy = "Begin on the first day of a month and end on the last of one: figures are summed by month."
        yield Violation(f"{field}validFrom", "the span is not whole months", remedy)


def _texts(agreement: Agreement) -> Iterator[tuple[str, str | None]]:
    yield from (("code", agreement.code), ("title", agreement.title), ("caseNumber", agreement.case_number))
    yield from ((f"parties[{index}]", party) for index, party in enumerate(agreement.parties))
    for index, annex in enumerate(agreement.annexes):
        field = f"annexes[{index}]."
        yield from ((f"{field}code", annex.code), (f"{field}title", annex.title), (f"{field}titleEn", annex.title_en))
        yield f"{field}purpose", annex.purpose
        for name, lines in (("goals", annex.goals), ("actions", annex.actions), ("followUp", annex.follow_up)):
            yield from ((f"{field}{name}[{number}]", line) for number, line in enumerate(lines))
        yield from texts_of(f"{field}followUps", annex.follow_ups)
    yield from ((f"targets[{index}].wording", target.wording) for index, target in enumerate(agreement.targets))
