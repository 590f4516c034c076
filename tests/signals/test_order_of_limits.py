"""What was to be expected lies within its own limits, as they are served, whatever the size of the figures."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from math import fsum
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.indicators.compute.target_evaluation import _judgement
from shared.domain.target import MonthlyFigures, MonthlyShares, Target, TargetInput, TargetRule
from shared.domain.target_inputs import StoredTarget
from shared.domain.target_span import Per, TargetSpans
from shared.signals.comparison import compare_with_year_before
from shared.signals.judging import judge
from shared.signals.record import Measured, is_stored, stored
from shared.signals.series import Kind, Series, Window
from shared.signals.year_ends import CountEnds

YEAR, PAST = 12, 36
MAGNITUDES = st.sampled_from([1e-12, 1e-6, 0.01, 1.0, 7.0, 1e3, 1e6, 1e9, 1e12, 1e15])
UNITS = st.sampled_from(["count", "SEK", "hours", "percent", "mean"])


@st.composite
def figures(draw: st.DrawFn, least: int, most: int, *, are_counts: bool, may_be_negative: bool = False) -> list[float]:
    """Draw figures of about the same size, zeros among them."""
    magnitude = draw(MAGNITUDES)
    parts = st.one_of(st.just(0.0), st.floats(-1.0 if may_be_negative else 0.0, 1.0), st.sampled_from([1.0, 0.1]))
    drawn = [magnitude * part for part in draw(st.lists(parts, min_size=least, max_size=most))]
    return [float(round(one)) for one in drawn] if are_counts else drawn


@settings(deadline=None, max_examples=60)
@given(st.data(), st.booleans())
def test_a_forecast_lies_between_its_limits(data: st.DataObject, is_count: bool) -> None:
    months = data.draw(figures(PAST, PAST + YEAR - 1, are_counts=is_count))
    so_far = tuple(months[PAST:])
    said = judged(MonthlyFigures(tuple(months[:PAST]), so_far, 1, is_count=is_count), fsum(so_far))
    if "forecastLower" in said:
        assert said["forecastLower"] <= said["forecast"] <= said["forecastUpper"]


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_forecast_of_a_share_lies_between_its_limits(data: st.DataObject) -> None:
    of = data.draw(figures(PAST + 1, PAST + YEAR - 1, are_counts=True))
    parts = data.draw(st.lists(st.sampled_from([0.0, 0.5, 0.99, 1.0]), min_size=len(of), max_size=len(of)))
    cases = [(float(int(one * part)), one) for one, part in zip(of, parts, strict=True)]
    said = judged(MonthlyShares(tuple(cases[:PAST]), tuple(cases[PAST:]), None, 100), 50.0)
    if "forecastLower" in said:
        assert 0 <= said["forecastLower"] <= said["forecast"] <= said["forecastUpper"] <= 100


@settings(deadline=None, max_examples=100)
@given(st.data(), st.booleans(), UNITS, st.integers(1, 4))
def test_what_a_signal_expects_lies_between_its_limits(
    data: st.DataObject,
    is_count: bool,
    unit: str,
    length: int,
) -> None:
    values = data.draw(figures(4 + length, PAST + length, are_counts=is_count, may_be_negative=not is_count))
    if is_count:
        values = [abs(value) for value in values]
    check_signal(Series(Kind.COUNT if is_count else Kind.LEVEL, tuple(values)), unit, length)


@settings(deadline=None, max_examples=40)
@given(st.data(), st.integers(1, 4))
def test_what_a_signal_of_a_share_expects_lies_between_its_limits(data: st.DataObject, length: int) -> None:
    of = data.draw(st.lists(st.integers(0, 1000).map(float), min_size=9, max_size=PAST))
    counts = [float(data.draw(st.integers(0, int(one)))) for one in of]
    check_signal(Series(Kind.SHARE, tuple(counts), tuple(of)), "percent", length)


def test_a_share_of_more_than_all_has_limits_above_100_per_cent() -> None:
    """As of reports answered in a month, of those that came in it."""
    check_signal(Series(Kind.LEVEL, (140.0, 150.0, 160.0) * 5), "percent", 1)


def test_many_are_as_likely_as_few_by_the_same_proportions() -> None:
    """From some 10^10 on, the limits of what was to come were a fraction of its mean."""
    intervals = []
    for mean in (1e6, 1e15):
        parts = ([[mean]], [[mean + mean**2 / 30]], [[1.0]])
        intervals.append([end[0] / mean for end in CountEnds(np.zeros(1), *map(np.array, parts)).interval()])
    few, many = intervals
    assert many == pytest.approx(few, rel=1e-4)


def check_signal(series: Series, unit: str, length: int) -> None:
    window = Window(len(series.values) - length, len(series.values))
    signal = judge(series, window)
    if not is_stored(signal) or signal.p_value is None:
        return
    difference = compare_with_year_before(series, window)
    for times in (1.0, float(length)):
        said = stored(signal, Measured(series.kind, unit), length, times, difference)
        assert said["lowerLimit"] <= said["expected"] <= said["upperLimit"]
        since = said["changeFromLastYear"]
        if since is not None:
            assert since["lowerLimit"] <= since["change"] <= since["upperLimit"]


def judged(months: MonthlyFigures | MonthlyShares, value: float) -> dict[str, Any]:
    """Return what is stored of a target in a year that runs."""
    is_share = isinstance(months, MonthlyShares)
    target = Target(TargetRule.AT_LEAST, Per.YEAR, Fraction(value) + 1)
    spans = TargetSpans(Per.YEAR, date(2016, 1, 1), date(2016, 12, 31))
    figure = TargetInput(Fraction(value), not is_share, False, Fraction(1, 2), months=months)
    return _judgement(StoredTarget(target, spans, "sum", is_share, False, 1), None, figure)
