"""Targets: what each rule accepts, and how a figure is judged before and after the span has ended."""

# Over 300 lines: tables of cases for each rule of targets.

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InvalidTarget
from shared.domain.period import Period
from shared.domain.target import (
    Evaluation,
    ForecastRule,
    Judgement,
    MonthlyFigures,
    MonthlyShares,
    Prospect,
    Reason,
    Target,
    TargetInput,
    TargetRule,
    judge,
    progress,
)
from shared.domain.target_span import MonthSpan, Per
from shared.domain.target_wording import forecast_in_words
from shared.domain.wording import Language

Number = int | Fraction | Decimal

YEAR = Per.YEAR
MET, ON_COURSE, AT_RISK = Judgement.MET, Judgement.ON_COURSE, Judgement.AT_RISK
MISSED, NOT_JUDGED = Judgement.MISSED, Judgement.NOT_JUDGED

AT_MOST_100 = Target(TargetRule.AT_MOST, YEAR, 100)
AT_LEAST_4 = Target(TargetRule.AT_LEAST, YEAR, 4)
FIVE_TO_EIGHT = Target(TargetRule.BETWEEN, YEAR, 5, 8)
LESS_THAN_BEFORE = Target(TargetRule.LESS_THAN_BEFORE, YEAR)
MORE_THAN_BEFORE = Target(TargetRule.MORE_THAN_BEFORE, YEAR)
NOT_BELOW_BEFORE = Target(TargetRule.NOT_BELOW_BEFORE, YEAR)
NOT_ABOVE_BEFORE = Target(TargetRule.NOT_ABOVE_BEFORE, YEAR)
TENTH_LESS = Target(TargetRule.LESS_THAN_BEFORE, YEAR, percent=10)
TENTH_MORE = Target(TargetRule.MORE_THAN_BEFORE, YEAR, percent=10)

THIRD = Fraction(1, 3)


def running_count(
    value: Number | Reason,
    before: Number | Reason = Reason.BEFORE_MISSING,
    before_by_then: Number | None = None,
    elapsed: Fraction = THIRD,
) -> TargetInput:
    """A count or sum at the end of the first tertial, judged against a yearly target."""
    return TargetInput(value, True, False, elapsed, before, before_by_then)


def final_count(value: Number | Reason, before: Number | Reason = Reason.BEFORE_MISSING) -> TargetInput:
    by_then = None if isinstance(before, Reason) else before
    return TargetInput(value, True, True, Fraction(1), before, by_then)


def running_share(value: Number | Reason, before: Number | Reason = Reason.BEFORE_MISSING) -> TargetInput:
    return TargetInput(value, False, False, THIRD, before)


def final_share(value: Number | Reason, before: Number | Reason = Reason.BEFORE_MISSING) -> TargetInput:
    return TargetInput(value, False, True, Fraction(1), before)


@pytest.mark.parametrize(
    ("target", "figure", "judgement"),
    [
        # A ceiling: missed once exceeded, met only at the end.
        (AT_MOST_100, running_count(101), MISSED),
        (AT_MOST_100, running_count(100), AT_RISK),  # forecast 300
        (AT_MOST_100, running_count(34), AT_RISK),  # forecast 102
        (AT_MOST_100, running_count(33), ON_COURSE),  # forecast 99
        (AT_MOST_100, running_count(Fraction(100, 3)), ON_COURSE),  # forecast exactly 100
        (AT_MOST_100, running_count(0), ON_COURSE),
        (AT_MOST_100, final_count(100), MET),
        (AT_MOST_100, final_count(0), MET),
        (AT_MOST_100, final_count(101), MISSED),
        (Target(TargetRule.AT_MOST, YEAR, 0), running_count(0), ON_COURSE),
        (Target(TargetRule.AT_MOST, YEAR, 0), running_count(1), MISSED),
        (Target(TargetRule.AT_MOST, YEAR, 0), final_count(0), MET),
        # A floor: met once reached, missed only at the end.
        (AT_LEAST_4, running_count(4), MET),
        (AT_LEAST_4, running_count(5), MET),
        (AT_LEAST_4, running_count(2), ON_COURSE),  # forecast 6
        (AT_LEAST_4, running_count(Fraction(4, 3)), ON_COURSE),  # forecast exactly 4
        (AT_LEAST_4, running_count(1), AT_RISK),  # forecast 3
        (AT_LEAST_4, running_count(0), AT_RISK),
        (AT_LEAST_4, final_count(4), MET),
        (AT_LEAST_4, final_count(3), MISSED),
        (AT_LEAST_4, final_count(0), MISSED),
        (Target(TargetRule.AT_LEAST, YEAR, 0), running_count(0), MET),
        # Between: missed once over, met only at the end.
        (FIVE_TO_EIGHT, running_count(9), MISSED),
        (FIVE_TO_EIGHT, running_count(8), AT_RISK),  # forecast 24
        (FIVE_TO_EIGHT, running_count(5), AT_RISK),  # inside already, forecast 15
        (FIVE_TO_EIGHT, running_count(2), ON_COURSE),  # forecast 6
        (FIVE_TO_EIGHT, running_count(1), AT_RISK),  # forecast 3
        (FIVE_TO_EIGHT, running_count(0), AT_RISK),
        (FIVE_TO_EIGHT, final_count(5), MET),
        (FIVE_TO_EIGHT, final_count(8), MET),
        (FIVE_TO_EIGHT, final_count(4), MISSED),
        (FIVE_TO_EIGHT, final_count(9), MISSED),
        # Less than before: a ceiling that excludes its bound.
        (LESS_THAN_BEFORE, running_count(31, 124, 40), ON_COURSE),  # forecast 96.1
        (LESS_THAN_BEFORE, running_count(40, 124, 40), AT_RISK),  # forecast exactly 124
        (LESS_THAN_BEFORE, running_count(124, 124, 40), MISSED),
        (LESS_THAN_BEFORE, running_count(123, 124, 40), AT_RISK),
        (LESS_THAN_BEFORE, final_count(123, 124), MET),
        (LESS_THAN_BEFORE, final_count(124, 124), MISSED),
        (LESS_THAN_BEFORE, final_count(0, 1), MET),
        (LESS_THAN_BEFORE, running_count(0, 0, 0), MISSED),  # no count is less than none
        (LESS_THAN_BEFORE, final_count(0, 0), MISSED),
        # More than before: a floor that excludes its bound.
        (MORE_THAN_BEFORE, running_count(5, 4, 2), MET),
        (MORE_THAN_BEFORE, running_count(4, 4, 4), AT_RISK),  # forecast exactly 4
        (MORE_THAN_BEFORE, running_count(4, 4, 2), ON_COURSE),
        (MORE_THAN_BEFORE, running_count(0, 0, 0), AT_RISK),
        (MORE_THAN_BEFORE, running_count(1, 0, 0), MET),
        (MORE_THAN_BEFORE, final_count(4, 4), MISSED),
        (MORE_THAN_BEFORE, final_count(5, 4), MET),
        # Not below before: a floor.
        (NOT_BELOW_BEFORE, running_count(4, 4, 4), MET),
        (NOT_BELOW_BEFORE, running_count(0, 0, 0), MET),
        (NOT_BELOW_BEFORE, running_count(2, 4, 2), ON_COURSE),
        (NOT_BELOW_BEFORE, running_count(1, 4, 2), AT_RISK),
        (NOT_BELOW_BEFORE, final_count(4, 4), MET),
        (NOT_BELOW_BEFORE, final_count(3, 4), MISSED),
        # Not above before: a ceiling.
        (NOT_ABOVE_BEFORE, running_count(0, 0, 0), ON_COURSE),
        (NOT_ABOVE_BEFORE, running_count(5, 4, 2), MISSED),
        (NOT_ABOVE_BEFORE, final_count(4, 4), MET),
        (NOT_ABOVE_BEFORE, final_count(5, 4), MISSED),
        # By a percentage: at least so much, the bound itself included.
        (TENTH_LESS, final_count(90, 100), MET),
        (TENTH_LESS, final_count(91, 100), MISSED),
        (TENTH_LESS, running_count(31, 124, 40), ON_COURSE),  # forecast 96.1 of at most 111.6
        (TENTH_LESS, running_count(37, 124, 40), AT_RISK),  # forecast 114.7
        (TENTH_LESS, running_count(112, 124, 40), MISSED),
        (TENTH_MORE, final_count(110, 100), MET),
        (TENTH_MORE, final_count(109, 100), MISSED),
        (TENTH_MORE, running_count(110, 100, 50), MET),
        (TENTH_LESS, final_count(-11, -10), MET),  # credits: a tenth less is further below 0
        # With a tolerance the bound is met within it.
        (Target(TargetRule.AT_MOST, YEAR, 100, tolerance=5), final_count(105), MET),
        (Target(TargetRule.AT_MOST, YEAR, 100, tolerance=5), running_count(106), MISSED),
        (Target(TargetRule.AT_LEAST, YEAR, 4, tolerance=1), running_count(3), MET),
        (Target(TargetRule.AT_LEAST, YEAR, 4, tolerance=1), final_count(2), MISSED),
        (Target(TargetRule.NOT_BELOW_BEFORE, YEAR, tolerance=2), final_count(8, 10), MET),
        (Target(TargetRule.NOT_BELOW_BEFORE, YEAR, tolerance=2), final_count(7, 10), MISSED),
        (Target(TargetRule.NOT_ABOVE_BEFORE, YEAR, tolerance=2), final_count(12, 10), MET),
        (Target(TargetRule.NOT_ABOVE_BEFORE, YEAR, tolerance=2), final_count(13, 10), MISSED),
    ],
)
def test_a_figure_that_accumulates(target: Target, figure: TargetInput, judgement: Judgement) -> None:
    assert judge(target, figure).judgement is judgement


AT_LEAST_70 = Target(TargetRule.AT_LEAST, YEAR, 70)
AT_MOST_20 = Target(TargetRule.AT_MOST, YEAR, 20)


@pytest.mark.parametrize(
    ("target", "value", "before", "while_running", "at_the_end"),
    [
        (AT_LEAST_70, 70, None, ON_COURSE, MET),
        (AT_LEAST_70, 69, None, AT_RISK, MISSED),
        (AT_LEAST_70, 0, None, AT_RISK, MISSED),
        (AT_MOST_20, 20, None, ON_COURSE, MET),
        (AT_MOST_20, 21, None, AT_RISK, MISSED),
        (AT_MOST_20, 0, None, ON_COURSE, MET),
        (FIVE_TO_EIGHT, 5, None, ON_COURSE, MET),
        (FIVE_TO_EIGHT, 8, None, ON_COURSE, MET),
        (FIVE_TO_EIGHT, 4, None, AT_RISK, MISSED),
        (FIVE_TO_EIGHT, 9, None, AT_RISK, MISSED),
        (LESS_THAN_BEFORE, 69, 70, ON_COURSE, MET),
        (LESS_THAN_BEFORE, 70, 70, AT_RISK, MISSED),
        (MORE_THAN_BEFORE, 71, 70, ON_COURSE, MET),
        (MORE_THAN_BEFORE, 70, 70, AT_RISK, MISSED),
        (NOT_BELOW_BEFORE, 70, 70, ON_COURSE, MET),
        (NOT_BELOW_BEFORE, 69, 70, AT_RISK, MISSED),
        (NOT_BELOW_BEFORE, 0, 0, ON_COURSE, MET),
    ],
)
def test_a_share_or_state_is_judged_as_it_stands_and_nothing_is_settled_before_the_end(
    target: Target, value: int, before: int | None, while_running: Judgement, at_the_end: Judgement
) -> None:
    known = Reason.BEFORE_MISSING if before is None else before
    assert judge(target, running_share(value, known)) == Evaluation(while_running)
    assert judge(target, final_share(value, known)) == Evaluation(at_the_end)


FIXED = [AT_MOST_100, AT_LEAST_4, FIVE_TO_EIGHT]
COMPARED = [LESS_THAN_BEFORE, MORE_THAN_BEFORE, NOT_BELOW_BEFORE, NOT_ABOVE_BEFORE, TENTH_LESS, TENTH_MORE]
FIGURES = [running_count, final_count, running_share, final_share]


@pytest.mark.parametrize("target", [*FIXED, *COMPARED])
@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("reason", list(Reason))
def test_without_a_figure_nothing_is_judged_and_the_reason_is_told(
    target: Target, figure: Callable[..., TargetInput], reason: Reason
) -> None:
    """Trials A14."""
    assert judge(target, figure(reason, before=4)) == Evaluation(NOT_JUDGED, reason=reason)


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("reason", [reason for reason in Reason if reason.startswith("before")])
def test_only_a_rule_that_compares_needs_a_figure_before(figure: Callable[..., TargetInput], reason: Reason) -> None:
    """Trials A14."""
    for target in COMPARED:
        assert judge(target, figure(5, before=reason)) == Evaluation(NOT_JUDGED, reason=reason)
    for target in FIXED:
        assert judge(target, figure(5, before=reason)).reason is None


STRAIGHT, BY_LAST_YEAR = ForecastRule.STRAIGHT_LINE, ForecastRule.LAST_YEAR


@pytest.mark.parametrize(
    ("figure", "forecast", "rule"),
    [
        (running_count(31, 124, 40), Fraction(31 * 124, 40), BY_LAST_YEAR),
        (running_count(31), 93, STRAIGHT),  # without a last year
        (running_count(31, 124), 93, STRAIGHT),  # when only its whole is known
        (running_count(31, 124, 0), 93, STRAIGHT),  # when nothing had come by then
        (running_count(31, 0, 0), 93, STRAIGHT),
        (running_count(31, 40, 40), 31, BY_LAST_YEAR),  # all of last year had come
        (running_count(0, 124, 40), 0, BY_LAST_YEAR),
        (running_count(31, 124, -1), 93, STRAIGHT),  # credits make no course to follow
        (running_count(31, elapsed=Fraction(121, 366)), Fraction(31 * 366, 121), STRAIGHT),
        (running_count(Decimal("1200.50"), Decimal(3000), Decimal(1000)), Fraction("3601.5"), BY_LAST_YEAR),
    ],
)
def test_the_forecast_follows_last_year_or_else_a_straight_line_and_says_which(
    figure: TargetInput, forecast: Fraction | int, rule: ForecastRule
) -> None:
    evaluation = judge(Target(TargetRule.AT_MOST, YEAR, 1_150_000), figure)
    assert evaluation == Evaluation(ON_COURSE, Fraction(forecast), rule=rule)


@pytest.mark.parametrize(
    ("target", "value", "judgement"),
    [(AT_MOST_100, 40, AT_RISK), (AT_MOST_100, 101, MISSED), (AT_LEAST_4, 3, AT_RISK), (AT_LEAST_4, 4, MET)],
)
def test_a_prospect_decides_what_is_not_settled_yet(target: Target, value: int, judgement: Judgement) -> None:
    prospect = Prospect(12.5, 8, 16, 0.4, AT_RISK, None, 36)
    figure = replace(running_count(value, 124, 40), months=MonthlyFigures((), (), 1))
    evaluation = judge(target, figure, lambda *_: prospect)
    assert evaluation == Evaluation(judgement, Fraction(12.5), rule=ForecastRule.MONTHLY_COUNTS, prospect=prospect)
    assert judge(target, figure, lambda *_: None).rule is BY_LAST_YEAR
    of_sums = replace(figure, months=MonthlyFigures((), (), 1, is_count=False))
    assert judge(target, of_sums, lambda *_: prospect).rule is ForecastRule.MONTHLY_SUMS


def test_a_share_goes_by_its_prospect_and_is_settled_only_when_its_span_has_ended() -> None:
    prospect = Prospect(72, 68, 75, 0.4, AT_RISK, None, 36)
    running = TargetInput(80, False, False, THIRD, months=MonthlyShares((), (), None, 100))
    evaluation = judge(AT_LEAST_70, running, lambda *_: prospect)
    assert evaluation == Evaluation(AT_RISK, Fraction(72), rule=ForecastRule.MONTHLY_SHARES, prospect=prospect)
    assert judge(AT_LEAST_70, running, lambda *_: None) == Evaluation(ON_COURSE)
    assert judge(AT_LEAST_70, replace(running, span_ended=True), lambda *_: prospect) == Evaluation(MET)


def test_the_forecast_of_a_share_is_written_in_percent() -> None:
    said = {"judgement": "atRisk", "forecast": 89.6, "forecastRule": "monthlyShares", "probability": 0.4}
    said |= {"forecastLower": 86.2, "forecastUpper": 92.7}
    assert forecast_in_words(said, Language.SV) == "helårsprognos 86–93\u00a0%; sannolikhet 40\u00a0%"
    assert forecast_in_words(said, Language.EN) == "full-year forecast 86–93%; probability 40%"


def test_what_is_settled_early_keeps_its_forecast_and_what_has_ended_needs_none() -> None:
    assert judge(AT_MOST_100, running_count(101)) == Evaluation(MISSED, Fraction(303), rule=STRAIGHT)
    assert judge(AT_LEAST_4, running_count(4)) == Evaluation(MET, Fraction(12), rule=STRAIGHT)
    assert judge(AT_MOST_100, final_count(99)) == Evaluation(MET, None)


def test_figures_are_judged_unrounded() -> None:
    two_thirds = Fraction(200, 3)

    assert judge(Target(TargetRule.AT_LEAST, YEAR, Decimal("66.67")), final_share(two_thirds)).judgement is MISSED
    assert judge(Target(TargetRule.AT_LEAST, YEAR, Decimal("66.66")), final_share(two_thirds)).judgement is MET
    assert judge(NOT_BELOW_BEFORE, final_share(two_thirds, two_thirds)).judgement is MET
    assert judge(AT_LEAST_70, final_share(Decimal("69.9999"))).judgement is MISSED
    assert judge(AT_MOST_100, final_count(Decimal("100.00"))).judgement is MET


def test_a_number_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        judge(AT_MOST_100, final_count(Decimal("NaN")))


@pytest.mark.parametrize(
    ("span", "judged", "as_of", "ended", "elapsed"),
    [
        ("2016", "2016-T1", date(2016, 4, 30), False, Fraction(121, 366)),
        ("2016", "2016-T1", date(2020, 1, 1), False, Fraction(121, 366)),  # as it stood at the tertial's end
        ("2016", "2016-T1", date(2016, 2, 29), False, Fraction(60, 366)),  # in a running tertial
        ("2016", "2016-01", date(2016, 1, 1), False, Fraction(1, 366)),
        ("2015", "2015-T1", date(2016, 1, 1), False, Fraction(120, 365)),
        ("2016", "2016-T3", date(2016, 12, 31), False, Fraction(1)),  # its last day still runs
        ("2016", "2016-T3", date(2017, 1, 1), True, Fraction(1)),
        ("2016", "2016-12", date(2017, 1, 1), True, Fraction(1)),
        ("2016", "2016-11", date(2017, 1, 1), False, Fraction(335, 366)),
        ("2016", "2016", date(2016, 7, 1), False, Fraction(183, 366)),
        ("2016-T1", "2016-02", date(2016, 12, 1), False, Fraction(60, 121)),
        ("2016-T1", "2016-04", date(2016, 5, 1), True, Fraction(1)),
        ("2016-03", "2016-03", date(2016, 3, 31), False, Fraction(1)),
        ("2016-03", "2016-03", date(2016, 4, 1), True, Fraction(1)),
    ],
)
def test_progress_is_the_share_of_days_passed_at_the_judged_moment(
    span: str, judged: str, as_of: date, ended: bool, elapsed: Fraction
) -> None:
    moment = min(Period.parse(judged).end, as_of)
    assert progress(Period.parse(span), moment, as_of) == (ended, elapsed)


@pytest.mark.parametrize(
    ("span", "judged", "as_of"),
    [
        ("2016", "2016-T1", date(2015, 12, 31)),  # not begun
        ("2016", "2015-12", date(2016, 6, 1)),
        ("2016-03", "2016-T1", date(2016, 6, 1)),  # the period is the longer one
    ],
)
def test_there_is_no_progress_outside_the_span(span: str, judged: str, as_of: date) -> None:
    with pytest.raises(ValueError, match="outside"):
        progress(Period.parse(span), min(Period.parse(judged).end, as_of), as_of)


@pytest.mark.parametrize(
    ("rule", "values", "figure", "judgement"),
    [
        # 5 per 1 000 of 2 500 inhabitants are 12.5.
        (TargetRule.AT_MOST, (5, None), 12, MET),
        (TargetRule.AT_MOST, (5, None), 13, MISSED),
        (TargetRule.AT_LEAST, (5, None), 13, MET),
        (TargetRule.AT_LEAST, (5, None), 12, MISSED),
        (TargetRule.BETWEEN, (4, 5), 10, MET),
        (TargetRule.BETWEEN, (4, 5), 9, MISSED),
    ],
)
def test_generality_9_a_rate_is_judged_by_the_population(
    rule: TargetRule, values: tuple[int, int | None], figure: int, judgement: Judgement
) -> None:
    target = Target(rule, YEAR, *values, per_inhabitants=1000)
    assert judge(target, replace(final_count(figure), inhabitants=2500)).judgement is judgement
    for unknown in (None, 0):
        assert judge(target, replace(final_count(figure), inhabitants=unknown)) == Evaluation(
            NOT_JUDGED, reason=Reason.POPULATION_MISSING
        )


def test_generality_9_a_tolerance_of_a_rate_is_a_rate() -> None:
    target = Target(TargetRule.AT_MOST, YEAR, 5, tolerance=1, per_inhabitants=1000)
    assert judge(target, replace(final_count(15), inhabitants=2500)).judgement is MET
    assert judge(target, replace(final_count(16), inhabitants=2500)).judgement is MISSED


@pytest.mark.parametrize("figure", [final_count, running_count, final_share, running_share])
def test_generality_9_of_nothing_there_is_no_percentage(figure: Callable[..., TargetInput]) -> None:
    for target in (TENTH_LESS, TENTH_MORE):
        assert judge(target, figure(0, 0)) == Evaluation(NOT_JUDGED, reason=Reason.BEFORE_ZERO)


BASELINE = MonthSpan(date(2015, 1, 1), 12)


@pytest.mark.parametrize(
    ("rule", "given", "fields"),
    [
        ("atMost", {"value": 5, "percent": 10}, ["percent"]),
        ("between", {"value": 5, "upper_value": 8, "tolerance": 1}, ["tolerance"]),
        ("notBelowBefore", {"percent": 10}, ["percent"]),
        ("lessThanBefore", {"tolerance": 10}, ["tolerance"]),
        ("lessThanBefore", {"per_inhabitants": 1000}, ["perInhabitants"]),
        ("atLeast", {"value": 5, "baseline": BASELINE}, ["baseline"]),
        ("atLeast", {"value": 5, "tolerance": 5}, ["tolerance"]),
        ("atMost", {"value": 0, "tolerance": 1}, ["tolerance"]),
        ("atLeast", {"value": 5, "tolerance": 0}, ["tolerance"]),
        ("lessThanBefore", {"percent": 0}, ["percent"]),
        ("lessThanBefore", {"percent": 101}, ["percent"]),
        ("moreThanBefore", {"percent": 1001}, ["percent"]),
        ("atMost", {"value": 5, "per_inhabitants": 100}, ["perInhabitants"]),
        ("atMost", {"percent": 5, "baseline": BASELINE}, ["value", "percent", "baseline"]),
    ],
)
def test_generality_9_what_contradicts_itself_is_refused(rule: str, given: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(InvalidTarget) as refusal:
        Target(TargetRule(rule), YEAR, **given)
    assert [violation.field for violation in refusal.value.violations] == fields


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        ("lessThanBefore", {"percent": 100}),
        ("moreThanBefore", {"percent": 1000, "baseline": BASELINE}),
        ("notAboveBefore", {"tolerance": 5, "baseline": BASELINE}),
        ("between", {"value": 5, "upper_value": 8, "per_inhabitants": 100_000}),
    ],
)
def test_generality_9_what_goes_together_is_taken(rule: str, given: dict[str, Any]) -> None:
    assert Target(TargetRule(rule), YEAR, **given).rule == rule


@pytest.mark.parametrize(
    ("rule", "value", "upper_value", "fields"),
    [
        (TargetRule.AT_MOST, None, None, ["value"]),
        (TargetRule.AT_LEAST, None, 5, ["value", "upperValue"]),
        (TargetRule.AT_MOST, 5, 8, ["upperValue"]),
        (TargetRule.BETWEEN, 5, None, ["upperValue"]),
        (TargetRule.BETWEEN, None, None, ["value", "upperValue"]),
        (TargetRule.BETWEEN, 8, 5, ["upperValue"]),
        (TargetRule.LESS_THAN_BEFORE, 5, None, ["value"]),
        (TargetRule.MORE_THAN_BEFORE, None, 0, ["upperValue"]),
        (TargetRule.NOT_BELOW_BEFORE, 0, 0, ["value", "upperValue"]),
    ],
)
def test_a_target_has_the_values_its_rule_needs_and_no_others(
    rule: TargetRule, value: int | None, upper_value: int | None, fields: list[str]
) -> None:
    with pytest.raises(InvalidTarget) as refusal:
        Target(rule, YEAR, value, upper_value)

    assert [violation.field for violation in refusal.value.violations] == fields


def test_a_target_between_equal_values_names_one() -> None:
    target = Target(TargetRule.BETWEEN, YEAR, 5, 5)

    assert judge(target, final_share(5)).judgement is MET


targets = st.sampled_from(
    [AT_MOST_100, AT_LEAST_4, FIVE_TO_EIGHT, LESS_THAN_BEFORE, MORE_THAN_BEFORE, NOT_BELOW_BEFORE, NOT_ABOVE_BEFORE]
)


@given(targets, st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(1, 366))
def test_what_is_settled_early_stays_settled_however_the_count_grows(
    target: Target, value: int, growth: int, before: int, days: int
) -> None:
    early = judge(target, running_count(value, before, None, Fraction(days, 366))).judgement
    at_the_end = judge(target, final_count(value + growth, before)).judgement

    assert at_the_end in (MET, MISSED)
    if early in (MET, MISSED):
        assert at_the_end is early


@given(targets, st.integers(0, 300), st.integers(0, 300), st.integers(1, 366))
def test_on_course_means_that_the_forecast_would_meet_the_target(
    target: Target, value: int, before: int, days: int
) -> None:
    early = judge(target, running_count(value, before, None, Fraction(days, 366)))

    if early.judgement in (ON_COURSE, AT_RISK):
        assert early.forecast is not None
        expected = MET if early.judgement is ON_COURSE else MISSED
        assert judge(target, final_count(early.forecast, before)).judgement is expected
