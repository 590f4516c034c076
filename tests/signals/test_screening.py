"""Many signals at once, and a tertial beside that of the year before."""

from __future__ import annotations

import numpy as np
import pytest

from shared.signals.comparison import compare_with_year_before
from shared.signals.screening import benjamini_hochberg, screen
from shared.signals.series import Kind, Series, Window
from shared.signals.signal import Method, Signal, Verdict

# Benjamini and Hochberg 1995, section 3.2: 15 hypotheses, of which 4 are rejected at 0.05; by Bonferroni 3 are.
BENJAMINI_HOCHBERG = (
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
)


def signal(p_value: float | None, alpha: float = 0.003) -> Signal:
    if p_value is None:
        return Signal(Verdict.TOO_LITTLE, Method.COUNTS)
    verdict = Verdict.MORE if p_value < alpha else Verdict.NONE
    return Signal(verdict, Method.COUNTS, p_value=p_value, alpha=alpha)


def test_the_example_of_benjamini_and_hochberg_rejects_four() -> None:
    for order in (np.arange(15), np.arange(15)[::-1], np.random.default_rng(1).permutation(15)):
        found = benjamini_hochberg(np.array(BENJAMINI_HOCHBERG)[order], 0.05)
        assert [bool(one) for one in found] == [place < 4 for place in order]
    assert list(benjamini_hochberg(np.array([0.5, 0.9]), 0.05)) == [False, False]
    assert list(benjamini_hochberg(np.array([]), 0.05)) == []


def test_a_report_says_how_many_signals_chance_would_give() -> None:
    signals = [signal(0.5)] * 70 + [signal(0.00001), signal(0.0029), signal(None), signal(0.6)]
    found = screen(signals)
    assert (found.judged, found.signals) == (73, 2)
    assert found.by_chance == pytest.approx(73 * 0.003)
    assert found.clear == (70,)


def test_a_tertial_is_compared_with_the_same_of_the_year_before() -> None:
    year = tuple(float(count) for count in (9, 3, 7, 5, 0, 0, 0, 0, 0, 0, 0, 0, 4, 3, 2, 0))
    found = compare_with_year_before(Series(Kind.COUNT, year), Window(12, 16))
    assert found is not None
    assert found.estimate == 9 - 24
    assert found.is_clear
    assert found.lower < -15 < found.upper < 0
    wide = compare_with_year_before(Series(Kind.COUNT, year), Window(12, 16), dispersion=4)
    assert wide is not None
    assert not wide.is_clear


def test_only_periods_known_in_both_years_are_compared() -> None:
    values = (9.0, None, 5.0, 4.0, *(0.0,) * 8, 4.0, 3.0, None, 1.0)
    found = compare_with_year_before(Series(Kind.COUNT, values), Window(12, 16))
    assert found is not None
    assert found.estimate == (4 + 1) - (9 + 4)


def test_shares_are_compared_by_their_parts() -> None:
    series = Series(Kind.SHARE, (1.0, 7.0), (34.0, 34.0), season_length=1)
    found = compare_with_year_before(series, Window(1, 2))
    assert found is not None
    assert found.estimate == pytest.approx(6 / 34)
    assert compare_with_year_before(Series(Kind.SHARE, (0.0, 7.0), (0.0, 34.0), season_length=1), Window(1, 2)) is None


def test_nothing_is_compared_across_a_break_with_levels_or_before_the_first_year() -> None:
    values = (5.0,) * 24
    window = Window(20, 24)
    assert compare_with_year_before(Series(Kind.COUNT, values), window) is not None
    assert compare_with_year_before(Series(Kind.COUNT, values, breaks=(8,)), window) is not None
    assert compare_with_year_before(Series(Kind.COUNT, values, breaks=(15,)), window) is None
    assert compare_with_year_before(Series(Kind.LEVEL, values), window) is None
    assert compare_with_year_before(Series(Kind.COUNT, values), Window(8, 12)) is None
    assert compare_with_year_before(Series(Kind.COUNT, (None, 5.0), season_length=1), Window(1, 2)) is None
