"""How much is tried: a sample each time, the whole by `make test-long`, which sets LONG_TESTS.

A larger LONG_TESTS than 1 is for what is drawn at random: so many times as much.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

import pytest

TIMES = int(os.environ.get("LONG_TESTS") or "0")
IS_LONG = TIMES > 0
# Faults that take longer than `make test` has: `make faults` does them.
ALL_FAULTS = bool(os.environ.get("ALL_FAULTS"))

ONLY_LONG = pytest.mark.skipif(not IS_LONG, reason="`make test-long` does it")
"""The mark of a test that has another one before it, which tries the same in less time."""
ONLY_LONG_OR_FAULTS = pytest.mark.skipif(not (IS_LONG or ALL_FAULTS), reason="`make test-long` and `make faults` do it")
"""The mark of a fault that has another one before it, as ONLY_LONG's."""

_T = TypeVar("_T")


def amount(sample: int, whole: int) -> int:
    """Return how many examples to draw."""
    return whole * TIMES if IS_LONG else sample


def sample_of(values: Sequence[_T], every: int) -> Sequence[_T]:
    """Return all of the values, or one of so many."""
    return values if IS_LONG else values[::every]
