"""How likely a year's count is to meet its target, by its months: what judgements of targets rest on."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from shared.domain.target import Judgement, MonthlyCounts, Prospect
from shared.signals.outlook import course_of, most_and_least
from shared.signals.series import Kind, Series

if TYPE_CHECKING:
    from fractions import Fraction

    from shared.domain.target import Acceptance
    from shared.signals.forecast import Forecast

LEAST_MONTHS: Final = 24
"""With fewer before the year, the forecast errs by more than adding the rest of the year before (1.08-1.22 times)."""
IMPOSSIBLE: Final = 1e-9
REMEMBERED: Final = 4096
"""So many forecasts are kept: what comes in the running month changes none of them."""


def prospect_of(counts: MonthlyCounts, accepted: Acceptance, value: Fraction) -> Prospect | None:
    """Return the prospect of a year of which `value` has come, its running month included.

    None where fewer than two years of months are known before it.
    """
    known = [month is not None for month in counts.before]
    if len(known) < LEAST_MONTHS or not all(known[-LEAST_MONTHS:]):
        return None
    forecast = _forecast(counts)
    if forecast is None:
        return None
    come = float(value)
    probability = _probability(forecast, accepted, come)
    return Prospect(
        expected=max(forecast.expected, come),
        lower=max(forecast.lower, come),
        upper=max(forecast.upper, come),
        probability=probability,
        judgement=Judgement(course_of(probability)),
        seasonal_naive=forecast.seasonal_naive,
        months=sum(known),
    )


def _probability(forecast: Forecast, accepted: Acceptance, come: float) -> float:
    """Return how likely the year ends within what is accepted, given that it ends with no less than has come."""
    most, least = most_and_least(accepted)
    below = forecast.at_most(come - 1)
    possible = 1 - below
    if possible < IMPOSSIBLE:
        return float((most is None or come <= most) and (least is None or come >= least))
    at_most = 1.0 if most is None else forecast.at_most(most)
    under = below if least is None else max(below, forecast.at_most(least - 1))
    return min(1.0, max(0.0, (at_most - under) / possible))


@lru_cache(REMEMBERED)
def _forecast(counts: MonthlyCounts) -> Forecast | None:
    from shared.signals.forecast import forecast_year  # noqa: PLC0415  it takes a second to load; commands need not wait

    start = len(counts.before)
    first = (counts.first_month - 1 - start) % 12
    series = Series(Kind.COUNT, (*counts.before, *counts.so_far), first=first)
    return forecast_year(series, start, start + len(counts.so_far))
