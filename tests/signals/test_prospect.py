"""How likely a year's count meets its target, given what has come, its running month included."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from shared.domain.target import Acceptance, Judgement, MonthlyFigures, MonthlyShares
from shared.signals.forecast import Forecast, forecast_year
from shared.signals.prospect import LEAST_MONTHS, judgement_of, prospect_of
from shared.signals.series import Kind, Series

AT_MOST_100 = Acceptance(upper=Fraction(100))


def months(mean: float, number: int, seed: int = 1) -> tuple[float, ...]:
    return tuple(float(count) for count in np.random.default_rng(seed).poisson(mean, number))


@pytest.mark.parametrize(
    ("mean", "so_far", "judgement"),
    [(6, (6,) * 8, Judgement.ON_COURSE), (9, (8, 9) * 4, Judgement.AT_RISK), (12, (11,) * 8, Judgement.OUT_OF_REACH)],
)
def test_a_ceiling_is_judged_by_how_likely_it_is_to_hold(
    mean: float, so_far: tuple[float, ...], judgement: Judgement
) -> None:
    found = prospect_of(MonthlyFigures(months(mean, 36), so_far, 1), AT_MOST_100, Fraction(int(sum(so_far))))
    assert found is not None
    assert found.judgement is judgement
    assert found.lower <= found.expected <= found.upper
    assert found.months == 36
    assert found.seasonal_naive == sum(so_far) + sum(months(mean, 36)[-4:])


def test_it_ends_with_no_less_than_has_come() -> None:
    """The running month has brought more than was to be expected of the rest of the year."""
    counts = MonthlyFigures(months(2, 36), (2,) * 11, 1)
    surprised = prospect_of(counts, Acceptance(upper=Fraction(60)), Fraction(59))
    assert surprised is not None
    assert min(surprised.expected, surprised.lower, surprised.upper) >= 59
    assert surprised.judgement is not Judgement.OUT_OF_REACH
    passed = prospect_of(counts, Acceptance(lower=Fraction(30)), Fraction(59))
    assert passed is not None
    assert passed.probability == 1


@pytest.mark.parametrize("known", [0, 12, LEAST_MONTHS - 1])
def test_with_less_than_two_years_there_is_no_prospect(known: int) -> None:
    before = (None,) * (36 - known) + months(8, known)
    assert prospect_of(MonthlyFigures(before, (8,) * 6, 1), AT_MOST_100, Fraction(48)) is None


def test_a_month_that_is_unknown_among_the_last_two_years_leaves_none_either() -> None:
    before = [*months(8, 36)]
    before[30] = None  # type: ignore[call-overload]  # an unknown month
    assert prospect_of(MonthlyFigures(tuple(before), (8,) * 6, 1), AT_MOST_100, Fraction(48)) is None


def test_a_year_may_begin_in_any_month() -> None:
    """By the school year: the busy months of autumn have come, and the rest of the year is quiet."""
    season = (20.0, 20.0, 20.0, 20.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0)
    found = prospect_of(MonthlyFigures(season * 3, (20.0,) * 4, 8), Acceptance(upper=Fraction(120)), Fraction(80))
    assert found is not None
    assert found.judgement is Judgement.ON_COURSE
    assert found.seasonal_naive == 96


def test_costs_are_judged_by_their_months_unless_they_are_those_of_few_things() -> None:
    rng = np.random.default_rng(7)
    costs = tuple(float(cost) for cost in rng.gamma(10, 1000, 36))
    come = (10_000.0,) * 6
    of = MonthlyFigures(costs, come, 1, is_count=False)
    courses = [
        found.judgement
        for most in (150_000, 115_000, 80_000)
        if (found := prospect_of(of, Acceptance(upper=Fraction(most)), Fraction(60_000)))
    ]
    assert courses == [Judgement.ON_COURSE, Judgement.AT_RISK, Judgement.OUT_OF_REACH]
    strict, loose = (
        prospect_of(of, Acceptance(Fraction(115_000), is_strict=is_strict), Fraction(60_000))
        for is_strict in (True, False)
    )
    assert strict == loose
    few = tuple(float(cost) for cost in 20_000 * rng.poisson(0.5, 36))
    assert prospect_of(MonthlyFigures(few, come, 1, is_count=False), AT_MOST_100, Fraction(60_000)) is None
    credit = (-500.0, *costs[1:])
    assert prospect_of(MonthlyFigures(credit, come, 1, is_count=False), AT_MOST_100, Fraction(60_000)) is None


EVEN = ((18.0, 20.0),) * 36
AT_LEAST_85 = Acceptance(Fraction(85))


def shares(*come: tuple[float, float], before: tuple[tuple[float, float] | None, ...] = EVEN) -> MonthlyShares:
    return MonthlyShares(before, come, None, 100)


@pytest.mark.parametrize(
    ("month", "judgement"),
    [((18.0, 20.0), Judgement.ON_COURSE), ((17.0, 20.0), Judgement.AT_RISK), ((13.0, 20.0), Judgement.OUT_OF_REACH)],
)
def test_a_share_is_judged_by_how_likely_it_is_to_end_within_what_is_accepted(
    month: tuple[float, float], judgement: Judgement
) -> None:
    found = prospect_of(shares(*(month,) * 8), Acceptance(Fraction(87)), Fraction(0))
    assert found is not None
    assert found.judgement is judgement
    assert found.months == 36
    assert found.lower <= found.expected <= found.upper
    assert found.seasonal_naive == pytest.approx(100 * (8 * month[0] + 4 * 18) / 240)


def test_bounds_of_a_share_are_themselves_accepted_unless_strict() -> None:
    """The year has ended but for a month without cases: it is 90 %."""
    of = shares(*EVEN[:12])
    found = [
        prospect_of(of, accepted, Fraction(90))
        for accepted in (
            Acceptance(Fraction(90)),
            Acceptance(upper=Fraction(90)),
            Acceptance(Fraction(90), Fraction(90)),
            Acceptance(Fraction(90), is_strict=True),
            Acceptance(upper=Fraction(90), is_strict=True),
        )
    ]
    assert [one and one.probability for one in found] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    "before",
    [
        EVEN[:23],
        EVEN[:12],
        (*EVEN[:20], None, *EVEN[:15]),
        ((0.0, 0.0),) * 12 + EVEN[:12],
        ((0.5, 20.0), *EVEN[1:]),
        ((21.0, 20.0), *EVEN[1:]),
    ],
)
def test_a_share_without_two_whole_years_of_cases_before_has_no_prospect(
    before: tuple[tuple[float, float] | None, ...],
) -> None:
    assert prospect_of(shares(*EVEN[:4], before=before), AT_LEAST_85, Fraction(90)) is None


def test_a_first_year_that_is_not_whole_is_left_out() -> None:
    for first in ((None, *EVEN[:11]), ((0.0, 0.0),) * 12):
        found = prospect_of(shares(*EVEN[:4], before=(*first, *EVEN[:24])), AT_LEAST_85, Fraction(90))
        assert found is not None
        assert found.months == 24


@pytest.mark.parametrize(
    ("accepted", "of"),
    [
        (Acceptance(upper=Fraction(100)), lambda found: found.at_most(100)),
        (Acceptance(upper=Fraction(100), is_strict=True), lambda found: found.at_most(99)),
        (Acceptance(upper=Fraction(201, 2)), lambda found: found.at_most(100)),
        (Acceptance(upper=Fraction(201, 2), is_strict=True), lambda found: found.at_most(100)),
        (Acceptance(lower=Fraction(100)), lambda found: 1 - found.at_most(99)),
        (Acceptance(lower=Fraction(100), is_strict=True), lambda found: 1 - found.at_most(100)),
        (Acceptance(Fraction(90), Fraction(110)), lambda found: found.at_most(110) - found.at_most(89)),
    ],
)
def test_a_target_is_as_likely_as_the_totals_that_it_accepts(
    accepted: Acceptance, of: Callable[[Forecast], float]
) -> None:
    before, come = months(8, 36), (8.0,) * 4
    forecast = forecast_year(Series(Kind.COUNT, before + come), 36, 40)
    found = prospect_of(MonthlyFigures(before, come, 1), accepted, Fraction(32))
    assert forecast is not None
    assert found is not None
    assert found.probability == pytest.approx(of(forecast))


def test_a_likely_target_is_on_course_and_an_extremely_unlikely_one_out_of_reach() -> None:
    assert [judgement_of(one) for one in (2 / 3, 0.66, 0.05, 0.049)] == [
        *(Judgement.ON_COURSE, Judgement.AT_RISK, Judgement.AT_RISK, Judgement.OUT_OF_REACH),
    ]
