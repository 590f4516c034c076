# Over 300 lines: the rules of a judgement, with what they are given and what they say.
"""Judging a figure against a target, while the target's span runs and when it has ended.

A rule comes down to the values it accepts. "Before" is the whole value of the same span of the year before: what
differs between spring and autumn is season, not change. Or it is that of the target's baseline, a named span.

| rule           | accepts                                                                       |
| -------------- | ----------------------------------------------------------------------------- |
| atMost         | value and less                                                                |
| atLeast        | value and more                                                                |
| between        | value to upper value, both included                                           |
| lessThanBefore | less than before, so no count when that was 0; with a percentage, before less |
|                | so many percent of it, and below                                              |
| moreThanBefore | more than before; with a percentage, before and so many percent more          |
| notBelowBefore | before and more                                                               |
| notAboveBefore | before and less                                                               |

A tolerance widens the bound of the rules that have one. A target per so many inhabitants has its bound, and the
tolerance, multiplied by the population and divided by that number.

What is judged is the cumulative value, from the start of the target's span. How depends on whether it accumulates, as
counts, sums and distinct counts do, or can go either way, as shares and states can. The first row that fits decides.

| case                                                           | judgement                                 |
| -------------------------------------------------------------- | ----------------------------------------- |
| the judged period is longer than the target's span             | notJudged, for that reason                |
| the value is unknown, or the value before that the rule needs  | notJudged, for the reason given           |
| the span has ended                                             | met if accepted, else missed              |
| it accumulates, and is past the upper bound: no way back       | missed                                    |
| it accumulates, with no upper bound, and is accepted: it stays | met                                       |
| how likely it is to be met is known                            | onCourse, atRisk or outOfReach, by that   |
| it accumulates                                                 | onCourse if the forecast is, else atRisk  |
| it can go either way                                           | onCourse if it is accepted, else atRisk   |

So a ceiling is missed once exceeded and met only at the end; a floor is met once reached and missed only at the end.

How likely a year's count, sum or share is to meet its target follows from its months where two years of them are known
before (`shared.signals.prospect`). With fewer, the forecast of a count or sum is last year's share or a straight line,
and says so: of one year, season and chance cannot be told apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, Protocol, TypeAlias

from shared.domain.errors import InvalidTarget
from shared.domain.target_faults import faults_of
from shared.domain.target_span import MonthSpan, Per

Exact: TypeAlias = Decimal | Fraction | int
"""A number without rounding error. Figures are judged unrounded."""


class TargetRule(StrEnum):
    """How a figure is compared with a target."""

    AT_MOST = "atMost"
    AT_LEAST = "atLeast"
    BETWEEN = "between"
    LESS_THAN_BEFORE = "lessThanBefore"
    MORE_THAN_BEFORE = "moreThanBefore"
    NOT_BELOW_BEFORE = "notBelowBefore"
    NOT_ABOVE_BEFORE = "notAboveBefore"


class Judgement(StrEnum):
    """What became, or will by all signs become, of a target."""

    MET = "met"
    ON_COURSE = "onCourse"
    AT_RISK = "atRisk"
    OUT_OF_REACH = "outOfReach"
    MISSED = "missed"
    NOT_JUDGED = "notJudged"


class ForecastRule(StrEnum):
    """How the value at the end of a span is forecast."""

    MONTHLY_COUNTS = "monthlyCounts"
    """A negative binomial for the rest of the year, by level and season of up to three years before."""
    MONTHLY_SUMS = "monthlySums"
    """Of costs and hours a gamma distribution, likewise."""
    MONTHLY_SHARES = "monthlyShares"
    """Of shares a beta-binomial for the cases to come, whose number is forecast likewise."""
    LAST_YEAR = "lastYearsShare"
    """The share of the span before that had come by the same point of it."""
    STRAIGHT_LINE = "straightLine"
    """The share of days passed."""


class Reason(StrEnum):
    """Why a target is not judged. "Before" is the same span of the year before, or the target's baseline."""

    LONGER_THAN_SPAN = "longerThanSpan"
    """The judged period is longer than the span that the target is for."""
    NOT_BEGUN = "notBegun"
    """The judged period lies ahead."""
    MISSING = "missing"
    """The value is missing: unknown, or a share of nothing."""
    MONTHS_MISSING = "monthsMissing"
    """Of observations, not every month of the span so far has a figure."""
    SUPPRESSED = "suppressed"
    """The value is hidden, or one of the months that it is the sum of."""
    NOT_APPLICABLE = "notApplicable"
    """There can be no value, as of school visits in July."""
    BEFORE_MISSING = "beforeMissing"
    """The rule compares with a value before, which is missing."""
    BEFORE_PARTIAL = "beforePartial"
    """There are figures of only some of the months before."""
    BEFORE_SUPPRESSED = "beforeSuppressed"
    """The value before is hidden."""
    BEFORE_NOT_APPLICABLE = "beforeNotApplicable"
    """There can be no value before."""
    BEFORE_ZERO = "beforeZero"
    """The value before is 0, and the rule asks for so many percent of it."""
    POPULATION_MISSING = "populationMissing"
    """The target is per so many inhabitants, and how many there are is unknown."""


_FIXED: Final = (TargetRule.AT_MOST, TargetRule.AT_LEAST, TargetRule.BETWEEN)


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach in each span of the kind `per`.

    `value` is the bound of atMost and atLeast and the lower one of between, whose upper is `upper_value`, all in the
    indicator's unit, or per so many inhabitants. The rules that compare take no value; their `baseline` takes the place
    of the year before. Raises InvalidTarget where one thing contradicts another.
    """

    rule: TargetRule
    per: Per
    value: Exact | None = None
    upper_value: Exact | None = None
    percent: Exact | None = None
    tolerance: Exact | None = None
    per_inhabitants: int | None = None
    baseline: MonthSpan | None = None

    def __post_init__(self) -> None:
        violations = tuple(faults_of(self))
        if violations:
            raise InvalidTarget("The target does not hold together.", violations)

    @property
    def is_compared(self) -> bool:
        """Whether the rule compares with a span before."""
        return self.rule not in _FIXED

    @property
    def is_ceiling_by_before(self) -> bool:
        """Whether the value before is the most that is accepted."""
        return self.rule in {TargetRule.LESS_THAN_BEFORE, TargetRule.NOT_ABOVE_BEFORE}


@dataclass(frozen=True, slots=True)
class MonthlyFigures:
    """What a year is forecast by: the months of three years before the span, and those of it that have ended.

    None is an unknown month; `first_month` is the calendar's of the span's first, from 1. They are counts, or sums such
    as costs and hours.
    """

    before: tuple[float | None, ...]
    so_far: tuple[float | None, ...]
    first_month: int
    is_count: bool = True

    @property
    def rule(self) -> ForecastRule:
        """By which rule they forecast the year."""
        return ForecastRule.MONTHLY_COUNTS if self.is_count else ForecastRule.MONTHLY_SUMS


Cases: TypeAlias = tuple[float, float]
"""How many count, of how many: 0 of 0 where there was none."""


@dataclass(frozen=True, slots=True)
class MonthlyShares:
    """The same of a share: of each month both parts, and what has come of the running month, if one runs.

    A share of all is `factor` in the indicator's unit.
    """

    before: tuple[Cases | None, ...]
    so_far: tuple[Cases | None, ...]
    running: Cases | None
    factor: int

    @property
    def rule(self) -> ForecastRule:
        """By which rule they forecast the year."""
        return ForecastRule.MONTHLY_SHARES


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a year's count, sum or share will come to: between `lower` and `upper` with a probability of 80 %.

    `probability` is that of meeting the target. `seasonal_naive` adds the rest of the year before to what has come,
    None where that is unknown; the forecast rests on `months` before the year.
    """

    expected: float
    lower: float
    upper: float
    probability: float
    judgement: Judgement
    seasonal_naive: float | None
    months: int


@dataclass(frozen=True, slots=True)
class TargetInput:
    """One indicator's figure as a target sees it at the end of a judged period, or as of now in a running one.

    `value` is cumulative: over the target's span up to that moment, or the reason why it is unknown or not judged.
    `accumulates` tells a count, sum or distinct count from a share or state. `span_ended` and `elapsed` are what
    `progress` answers. `before` is the whole value of the span compared with, or the reason why it is unknown;
    `before_by_then` is its value up to the same point of it, None when unknown. `inhabitants` are those of 31 December
    before the span, None when unknown.
    """

    value: Exact | Reason
    accumulates: bool
    span_ended: bool
    elapsed: Fraction
    before: Exact | Reason = Reason.BEFORE_MISSING
    before_by_then: Exact | None = None
    inhabitants: Exact | None = None
    months: MonthlyFigures | MonthlyShares | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A judgement, or why there is none.

    For an accumulating figure in a running span, or a share that is forecast, `forecast` is the value to expect at its
    end, unrounded, by the `rule`; `prospect` has more where that is a forecast by months.
    """

    judgement: Judgement
    forecast: Fraction | None = None
    reason: Reason | None = None
    rule: ForecastRule | None = None
    prospect: Prospect | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The values a rule accepts: those between the bounds, the bounds themselves too unless `is_strict`."""

    lower: Fraction | None = None
    upper: Fraction | None = None
    is_strict: bool = False

    def holds(self, value: Fraction) -> bool:
        """Tell whether the rule accepts the value."""
        return not self.is_passed_by(value) and (
            self.lower is None or value > self.lower or (value == self.lower and not self.is_strict)
        )

    def is_passed_by(self, value: Fraction) -> bool:
        """Tell whether the value is past the upper bound, so that growing can only take it further away."""
        return self.upper is not None and (value > self.upper or (value == self.upper and self.is_strict))


class DaySpan(Protocol):
    """Days from a first to a last, both included: a period, or the months of a target."""

    @property
    def start(self) -> date:
        """The first day."""

    @property
    def end(self) -> date:
        """The last day."""


def progress(span: DaySpan, moment: date, as_of: date) -> tuple[bool, Fraction]:
    """Return whether the target's span has ended, and the share of its days that have passed, at the judged moment.

    That is the end of the judged period or of the span, or `as_of` when these still run; the day itself counts as
    passed for the share, but a span ends only with the end of its last day. Raises ValueError if the moment lies
    outside the span.
    """
    if not span.start <= moment <= span.end:
        raise ValueError("the judged moment lies outside the target's span")
    passed = Fraction((moment - span.start).days + 1, (span.end - span.start).days + 1)
    return moment == span.end and as_of > span.end, passed


FindProspect: TypeAlias = Callable[[MonthlyFigures | MonthlyShares, Acceptance, Fraction], Prospect | None]
"""Returns the prospect of a year by its months, by what is accepted and what has come; None where it has none."""


def judge(target: Target, figure: TargetInput, find_prospect: FindProspect | None = None) -> Evaluation:
    """Judge the figure by the rules of the module docstring. Raises ValueError for NaN, OverflowError for infinity."""
    if isinstance(figure.value, Reason):
        return _not_judged(figure.value)
    accepted = acceptance(target, figure)
    if isinstance(accepted, Reason):
        return _not_judged(accepted)
    value = Fraction(figure.value)
    if figure.span_ended:
        return Evaluation(Judgement.MET if accepted.holds(value) else Judgement.MISSED)
    months = figure.months
    prospect = find_prospect(months, accepted, value) if find_prospect and months else None
    settled = _settled(accepted, value) if figure.accumulates else None
    if prospect is not None and months is not None:
        return Evaluation(settled or prospect.judgement, Fraction(prospect.expected), None, months.rule, prospect)
    if not figure.accumulates:
        return Evaluation(_outlook(accepted, value))
    forecast, rule = _forecast(value, figure)
    return Evaluation(settled or _outlook(accepted, forecast), forecast, rule=rule)


def _settled(accepted: Acceptance, value: Fraction) -> Judgement | None:
    """Return what more can no longer change; None where it can."""
    if accepted.is_passed_by(value):
        return Judgement.MISSED
    return Judgement.MET if accepted.upper is None and accepted.holds(value) else None


def _not_judged(reason: Reason) -> Evaluation:
    return Evaluation(Judgement.NOT_JUDGED, reason=reason)


def acceptance(target: Target, figure: TargetInput) -> Acceptance | Reason:
    """Return what the rule accepts, or why that is unknown: it may depend on a value before, or on the population."""
    if target.is_compared:
        before = figure.before
        return before if isinstance(before, Reason) else _by_before(target, Fraction(before))
    scale = Fraction(1)
    if target.per_inhabitants is not None:
        if not figure.inhabitants:
            return Reason.POPULATION_MISSING
        scale = Fraction(figure.inhabitants) / target.per_inhabitants
    value, upper_value, tolerance = (
        Fraction(bound or 0) * scale for bound in (target.value, target.upper_value, target.tolerance)
    )
    match target.rule:
        case TargetRule.AT_MOST:
            return Acceptance(upper=value + tolerance)
        case TargetRule.AT_LEAST:
            return Acceptance(lower=value - tolerance)
        case _:
            return Acceptance(value, upper_value)


def _by_before(target: Target, before: Fraction) -> Acceptance | Reason:
    tolerance = Fraction(target.tolerance or 0)
    if target.percent is not None:
        if not before:
            return Reason.BEFORE_ZERO
        change = abs(before) * Fraction(target.percent) / 100
        is_ceiling = target.rule is TargetRule.LESS_THAN_BEFORE
        return Acceptance(upper=before - change) if is_ceiling else Acceptance(lower=before + change)
    match target.rule:
        case TargetRule.LESS_THAN_BEFORE:
            return Acceptance(upper=before, is_strict=True)
        case TargetRule.MORE_THAN_BEFORE:
            return Acceptance(lower=before, is_strict=True)
        case TargetRule.NOT_ABOVE_BEFORE:
            return Acceptance(upper=before + tolerance)
        case _:
            return Acceptance(lower=before - tolerance)


def _outlook(accepted: Acceptance, expected: Fraction) -> Judgement:
    return Judgement.ON_COURSE if accepted.holds(expected) else Judgement.AT_RISK


def _forecast(value: Fraction, figure: TargetInput) -> tuple[Fraction, ForecastRule]:
    """Return the value to expect at the end of the span, and by which rule.

    By the share of the span before that had come by the same point of it, which knows the seasons. By
    the share of days passed when that is unknown, or when nothing had come by then.
    """
    share, rule = figure.elapsed, ForecastRule.STRAIGHT_LINE
    if not isinstance(figure.before, Reason) and figure.before_by_then is not None:
        whole, by_then = Fraction(figure.before), Fraction(figure.before_by_then)
        if whole > 0 and by_then > 0:
            share, rule = by_then / whole, ForecastRule.LAST_YEAR
    return value / share, rule
