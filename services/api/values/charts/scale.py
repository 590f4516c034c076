"""Where the scale of a chart ends, and at which heights its targets are: the same in large and small charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.target_wording import is_level_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.api.values.charts.chart_data import ChartSubject, ChartValue

HEADROOM = 1.08


def target_levels(subject: ChartSubject, figure: ChartValue) -> Iterator[float]:
    """Yield the heights of targets for periods of just this length, or for a value that does not grow with its period.

    A target for a year's sum would mean nothing next to a month's value.
    """
    grows = subject.definition.over_time != "last" and not subject.definition.is_share
    for target in figure.targets:
        if is_level_of(target, subject.period_type) or (not grows and is_level_of(target)):
            yield from map(float, filter(None, (target.get("value"), target.get("upperValue"))))


def highest_value(subject: ChartSubject) -> float:
    """Return the greatest height of a value or a target; 0 where there is none."""
    heights = [float(figure.value) for figure in subject.figures if figure.value is not None]
    heights += [level for figure in subject.figures for level in target_levels(subject, figure)]
    return max(heights, default=0.0)


def highest(subject: ChartSubject) -> float:
    """Return the greatest height that there is to draw: of a value, a target or a limit; 0 where there is none."""
    upper = (float(figure.limits[1]) for figure in subject.figures if figure.limits is not None)
    return max(highest_value(subject), max(upper, default=0.0))


def natural_top(subject: ChartSubject) -> float | None:
    """Return the most that a value can be, the whole of a share or the most of a mean; None where there is no such."""
    most = highest(subject)
    if subject.definition.unit == "percent" and most <= subject.definition.factor:
        return float(subject.definition.factor)
    observes = subject.definition.observes
    if observes is not None and observes.between is not None and most <= observes.between[1]:
        return observes.between[1]
    return None


def scale_top(subject: ChartSubject) -> float:
    """Return where the scale ends: at the most that a value can be, or a little above the highest."""
    return natural_top(subject) or HEADROOM * highest(subject) or 1.0
