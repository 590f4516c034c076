"""Which values rest on little: shares by their interval, means and counts of events by how much is behind them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.catalogue.loader import shipped_catalogue
from shared.completeness.little import FEWEST_ANSWERS, FEWEST_EVENTS, WIDEST_SHARE, rests_on_little
from shared.signals.score_interval import CONFIDENCE, wilson_limits

INDICATORS = shipped_catalogue().indicators
CASES, EVENTS = INDICATORS["graffiti-started-in-time"], INDICATORS["reported-assaults"]


def test_the_interval_of_a_share_is_that_of_newcombe_s_table() -> None:
    """Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20 and 1 of 29."""
    for count, of, limits in (
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ):
        assert wilson_limits(count, of, CONFIDENCE) == pytest.approx(limits, abs=5e-5)
    with pytest.raises(ValueError, match="nothing"):
        wilson_limits(0, 0)


@pytest.mark.parametrize(
    ("numerator", "of", "is_little"), [(3, 4, True), (12, 13, True), (23, 24, False), (0, 8, True), (0, 9, False)]
)
def test_a_share_of_few_cases_rests_on_little(numerator: int, of: int, *, is_little: bool) -> None:
    assert rests_on_little(CASES, Decimal(numerator), Decimal(of)) is is_little


def test_a_share_rests_on_little_exactly_where_its_interval_is_wide() -> None:
    for of in range(1, 200):
        for count in range(of + 1):
            lower, upper = wilson_limits(count, of)
            assert rests_on_little(CASES, Decimal(count), Decimal(of)) is (upper - lower > WIDEST_SHARE)
    # A half is the most uncertain share: with 39 cases none rests on little any more.
    assert rests_on_little(CASES, Decimal(19), Decimal(38))
    assert not any(rests_on_little(CASES, Decimal(count), Decimal(39)) for count in range(40))


def test_a_mean_of_few_answers_rests_on_little() -> None:
    mean = CASES.model_copy(update={"kind": "measured", "unit": "mean"})
    assert rests_on_little(mean, Decimal(100), Decimal(FEWEST_ANSWERS - 1))
    assert not rests_on_little(mean, Decimal(100), Decimal(FEWEST_ANSWERS))


@pytest.mark.parametrize(
    ("count", "is_little"), [(0, False), (1, True), (FEWEST_EVENTS - 1, True), (FEWEST_EVENTS, False)]
)
def test_a_count_of_few_events_rests_on_little(count: int, *, is_little: bool) -> None:
    assert rests_on_little(EVENTS, Decimal(count), None) is is_little


@pytest.mark.parametrize(
    "code",
    [
        "safety-walks",
        "contact-officer-schools",
        "schools-with-contact-officer",
        "commitments-fulfilled",
        "vandalism-cost",
    ],
)
def test_what_is_counted_whole_never_rests_on_little(code: str) -> None:
    """What was done, of what there is, by everybody: chance has no part in it."""
    definition = INDICATORS[code]
    assert not rests_on_little(definition, Decimal(3), Decimal(4) if definition.is_share else None)


def test_what_is_missing_or_suppressed_rests_on_nothing() -> None:
    for definition in INDICATORS.values():
        assert not rests_on_little(definition, None, None)
        assert not rests_on_little(definition, None, Decimal(4))
        assert not (definition.is_share and rests_on_little(definition, Decimal(0), Decimal(0)))
