"""Rules for runs and trends flag the published points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.benchmarks import run_rules
from tests.signals.published_cases import published

RULES = published("rules")


def row(case: Mapping[str, Any], name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([case[name]], dtype=np.float64)


@pytest.mark.parametrize("case", RULES["one_side"], ids=lambda case: f"{case['source']} {case['sides']}")
def test_seven_on_one_side(case: Mapping[str, Any]) -> None:
    assert run_rules.one_side(row(case, "sides"), 7)[0].astype(int).tolist() == case["flags"]


@pytest.mark.parametrize("case", RULES["trend"], ids=lambda case: f"{case['source']} {case['values']}")
def test_a_trend_of_seven(case: Mapping[str, Any]) -> None:
    assert run_rules.trend(row(case, "values"), 7)[0].tolist() == case["flags"]


@pytest.mark.parametrize("case", RULES["two_in_three"], ids=lambda case: f"{case['source']} {case['close']}")
def test_two_in_three_close_to_a_limit(case: Mapping[str, Any]) -> None:
    found = run_rules.some_close(row(case, "close") > 0, row(case, "sides"), 2, 3)
    assert found[0].astype(int).tolist() == case["flags"]


def test_no_rule_flags_a_constant_series() -> None:
    constant = np.full((1, 40), 5.0)
    assert not run_rules.making_data_count(constant).any()
    assert not run_rules.anhoej(constant).any()
    assert not run_rules.nelson(np.zeros((1, 40))).any()


def test_a_shift_is_a_long_run() -> None:
    shifted = np.array([[1.0, -1] * 10 + [2.0, 3] * 6])
    assert run_rules.anhoej(shifted)[0]
    assert run_rules.nine_on_one_side(shifted)[0, -1]
    assert not run_rules.anhoej(np.array([[1.0, -1] * 15]))[0]
