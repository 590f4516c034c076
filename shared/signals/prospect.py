"""How likely a year's count, sum or share is to meet its target, by its months: what judgements of targets rest on."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor
from typing import TYPE_CHECKING, Final

from shared.domain.target import Judgement, MonthlyFigures, MonthlyShares, Prospect
from shared.signals.series import Kind, Series

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from shared.domain.target import Acceptance, Cases
    from shared.signals.forecast import Forecast
    from shared.signals.share_year import ShareEnds

YEAR: Final = 12
LEAST_MONTHS: Final = 24
"""With fewer before the year, the forecast errs by more than adding the rest of the year before (1.07-1.20 times)."""
ON_COURSE_FROM: Final = 2 / 3
"""From this probability on, a target is likely to be met: the likelihood scale of the IPCC (AR5, 2010)."""
OUT_OF_REACH_BELOW: Final = 0.05
"""Below it, to meet it is extremely unlikely, by the same scale."""
IMPOSSIBLE: Final = 1e-9
REMEMBERED: Final = 4096
"""So many forecasts are kept: what comes in the running month changes none of them."""


def prospect_of(months: MonthlyFigures | MonthlyShares, accepted: Acceptance, value: Fraction) -> Prospect | None:
    """Return the prospect of a year of which `value` has come, its running month included.

    None where fewer than two years of months are known before it, where sums are too erratic, or where a share had no
    case in one of these years.
    """
    if isinstance(months, MonthlyShares):
        return _prospect_of_share(months, accepted)
    known = [month is not None for month in months.before]
    if len(known) < LEAST_MONTHS or not all(known[-LEAST_MONTHS:]):
        return None
    forecast = _forecast(months)
    if forecast is None or forecast.is_erratic:
        return None
    come = float(value)
    probability = _probability(forecast, accepted, come, is_count=months.is_count)
    return Prospect(
        expected=max(forecast.expected, come),
        lower=max(forecast.lower, come),
        upper=max(forecast.upper, come),
        probability=probability,
        judgement=judgement_of(probability),
        seasonal_naive=forecast.seasonal_naive,
        months=sum(known),
    )


def _prospect_of_share(months: MonthlyShares, accepted: Acceptance) -> Prospect | None:
    before = _whole_years(months.before)
    if not before or not all(map(_is_of_cases, (*before, *months.so_far, months.running))):
        return None
    ends = _share_ends(months, before)
    if ends is None:
        return None
    bounds = (accepted.lower, accepted.upper)
    lower, upper = (None if bound is None else float(bound / months.factor) for bound in bounds)
    at_most = 1.0 if upper is None else ends.below(upper) if accepted.is_strict else ends.at_most(upper)
    too_little = 0.0 if lower is None else ends.at_most(lower) if accepted.is_strict else ends.below(lower)
    probability = min(1.0, max(0.0, at_most - too_little))
    least, most = ends.interval()
    naive = [*(month or (0, 0) for month in months.so_far), *before[len(months.so_far) - YEAR :]]
    cases = sum(of for _, of in naive)
    return Prospect(
        expected=ends.mean * months.factor,
        lower=least * months.factor,
        upper=most * months.factor,
        probability=probability,
        judgement=judgement_of(probability),
        seasonal_naive=sum(counted for counted, _ in naive) / cases * months.factor if cases else None,
        months=len(before),
    )


def _whole_years(before: Sequence[Cases | None]) -> tuple[Cases, ...]:
    """Return the months of the last two or three years of which all are known, with cases in each year; else none."""
    found: tuple[Cases, ...] = ()
    for stop in range(len(before), YEAR - 1, -YEAR):
        year = [month for month in before[stop - YEAR : stop] if month is not None]
        if len(year) < YEAR or not any(of for _, of in year):
            break
        found = (*year, *found)
    return found if len(found) >= LEAST_MONTHS else ()


def _is_of_cases(month: Cases | None) -> bool:
    """Whether a month is of whole numbers, one of the other."""
    return month is None or (0 <= month[0] <= month[1] and all(part.is_integer() for part in map(float, month)))


def judgement_of(probability: float) -> Judgement:
    """Name how likely a target is met."""
    if probability >= ON_COURSE_FROM:
        return Judgement.ON_COURSE
    return Judgement.OUT_OF_REACH if probability < OUT_OF_REACH_BELOW else Judgement.AT_RISK


def _probability(forecast: Forecast, accepted: Acceptance, come: float, *, is_count: bool) -> float:
    """Return how likely the year ends within what is accepted, given that it ends with no less than has come."""
    too_little, most = _bounds(accepted, is_count=is_count)
    below = forecast.at_most(come - 1) if is_count else forecast.at_most(come)
    possible = 1 - below
    if possible < IMPOSSIBLE:
        return float((most is None or come <= most) and (too_little is None or come > too_little))
    at_most = 1.0 if most is None else forecast.at_most(most)
    under = below if too_little is None else max(below, forecast.at_most(too_little))
    return min(1.0, max(0.0, (at_most - under) / possible))


def _bounds(accepted: Acceptance, *, is_count: bool) -> tuple[float | None, float | None]:
    """Return the greatest total that is too little, and the greatest that is accepted; None without a bound.

    Of counts these are whole: below 10 is at most 9. Of sums a bound itself is as good as never reached.
    """
    if not is_count:
        lower, upper = accepted.lower, accepted.upper
        return None if lower is None else float(lower), None if upper is None else float(upper)
    too_little = most = None
    if accepted.upper is not None:
        most = ceil(accepted.upper) - 1 if accepted.is_strict else floor(accepted.upper)
    if accepted.lower is not None:
        too_little = floor(accepted.lower) if accepted.is_strict else ceil(accepted.lower) - 1
    return too_little, most


@lru_cache(REMEMBERED)
def _share_ends(months: MonthlyShares, before: tuple[Cases, ...]) -> ShareEnds | None:
    from shared.signals.share_year import forecast_share  # noqa: PLC0415  as in `_forecast`

    return forecast_share(before, months.so_far, months.running)


@lru_cache(REMEMBERED)
def _forecast(months: MonthlyFigures) -> Forecast | None:
    from shared.signals.forecast import forecast_year  # noqa: PLC0415  it takes a second to load; commands need not wait

    figures = (*months.before, *months.so_far)
    if any(figure is not None and figure < 0 for figure in figures):
        return None
    start = len(months.before)
    first = (months.first_month - 1 - start) % 12
    series = Series(Kind.COUNT if months.is_count else Kind.LEVEL, figures, first=first)
    return forecast_year(series, start, start + len(months.so_far))
