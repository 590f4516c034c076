"""Whether a target of the year will be met: how likely, by the forecast, and what that is called."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.domain.target import Acceptance
    from shared.signals.forecast import Forecast

ON_COURSE_FROM: Final = 2 / 3
"""From this probability on, a target is likely to be met: the likelihood scale of the IPCC (AR5, 2010)."""
OUT_OF_REACH_BELOW: Final = 0.05
"""Below it, to meet it is extremely unlikely, by the same scale."""


class Course(StrEnum):
    """What is to be expected of a target of a year that runs."""

    ON_COURSE = "onCourse"
    AT_RISK = "atRisk"
    OUT_OF_REACH = "outOfReach"


@dataclass(frozen=True, slots=True)
class Outlook:
    """How likely the target is met, and what that is called. Before a year's history it is provisional."""

    probability: float
    course: Course
    is_provisional: bool


def outlook(forecast: Forecast, accepted: Acceptance) -> Outlook:
    """Judge a forecast by what the target accepts (`shared.domain.target.acceptance`)."""
    most, least = most_and_least(accepted)
    upper = 1.0 if most is None else forecast.at_most(most)
    below = 0.0 if least is None else forecast.at_most(least - 1)
    probability = max(0.0, upper - below)
    return Outlook(probability, course_of(probability), forecast.is_provisional)


def most_and_least(accepted: Acceptance) -> tuple[int | None, int | None]:
    """Return the greatest and the least whole number that is accepted, None without a bound: below 10 is at most 9."""
    most = least = None
    if accepted.upper is not None:
        most = ceil(accepted.upper) - 1 if accepted.is_strict else floor(accepted.upper)
    if accepted.lower is not None:
        least = floor(accepted.lower) + 1 if accepted.is_strict else ceil(accepted.lower)
    return most, least


def course_of(probability: float) -> Course:
    """Name how likely a target is met."""
    if probability >= ON_COURSE_FROM:
        return Course.ON_COURSE
    return Course.OUT_OF_REACH if probability < OUT_OF_REACH_BELOW else Course.AT_RISK
