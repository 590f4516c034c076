"""What observations say of areas and periods: as they stand, added up, hidden where they tell of few. No I/O."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.indicators.compute.suppression import Sum, suppressed
from shared.catalogue.observed import Observed, ObservedFigure, Spot, Sums, Tree, direct_figures, months_of
from shared.domain.period import Period, PeriodType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from shared.catalogue.indicator import IndicatorDefinition


def figures_of(
    definition: IndicatorDefinition,
    observations: Iterable[Observed],
    tree: Tree,
    periods: Iterable[Period],
    reporting: Iterable[Spot],
) -> dict[Spot, ObservedFigure]:
    """Return all figures of one indicator in the periods of one year.

    Where reporting is on, a figure that is not there is told as missing.
    """
    own = direct_figures(observations, definition.observes.codes if definition.observes else None)
    wanted = frozenset(periods)
    if definition.kind == "measured":
        figures = {spot: figure for spot, figure in own.items() if spot.period in wanted}
        nothing = ObservedFigure()
    else:
        figures = _added_up(own, tree, wanted)
        nothing = ObservedFigure(months_arrived=0)
    for spot in reporting:
        if spot.period in wanted:
            figures.setdefault(spot, nothing)
    if definition.suppress_below is not None:
        sums = _sums(figures, tree) if definition.kind == "observed" else ()
        figures = _without_few(figures, sums, definition.suppress_below)
    return {spot: _with_zero_status(figure, is_share=definition.is_share) for spot, figure in figures.items()}


def _added_up(
    own: Mapping[Spot, ObservedFigure], tree: Tree, periods: Collection[Period]
) -> dict[Spot, ObservedFigure]:
    sums = Sums(own, tree)
    figures = {}
    for area_id in tree.and_above(spot.area_id for spot in own):
        for period in periods:
            figure = sums.figure(Spot(area_id, period))
            arrived = sums.months_arrived(area_id, period)
            if figure is not None or arrived:
                figures[Spot(area_id, period)] = replace(figure or ObservedFigure(), months_arrived=arrived)
    return figures


def _with_zero_status(figure: ObservedFigure, *, is_share: bool) -> ObservedFigure:
    return replace(figure, status="zero") if figure.numerator == 0 and not is_share else figure


def _without_few(
    figures: Mapping[Spot, ObservedFigure], sums: Iterable[Sum[Spot]], threshold: int
) -> dict[Spot, ObservedFigure]:
    """Return the figures but for those of few persons, and those that would give them away."""
    known = {spot: figure.numerator for spot, figure in figures.items() if figure.numerator is not None}
    confidential = [spot for spot, figure in figures.items() if figure.status == "suppressed"]
    hidden = suppressed(known, confidential, sums, threshold)
    return {
        spot: replace(figure, status="suppressed", numerator=None, denominator=None) if spot in hidden else figure
        for spot, figure in figures.items()
    }


def _sums(figures: Mapping[Spot, ObservedFigure], tree: Tree) -> Iterator[Sum[Spot]]:
    """Yield every sum of the year that anyone may reckon with: of areas on a period's last day, and over time."""
    periods = [period for year in sorted({spot.period.start.year for spot in figures}) for period in periods_of(year)]
    tertials = [period for period in periods if period.type is PeriodType.TERTIAL]
    for area_id in sorted(tree.and_above(spot.area_id for spot in figures)):
        for period in periods:
            for children in tree.partitions(area_id, period.end):
                yield Sum(Spot(area_id, period), [Spot(child, period) for child in children])
            if period.type is not PeriodType.MONTH:
                parts = tertials if period.type is PeriodType.YEAR else months_of(period)
                yield Sum(Spot(area_id, period), [Spot(area_id, part) for part in parts])


def periods_of(year: int) -> list[Period]:
    """Return the months, tertials and the year of a year."""
    whole = Period.parse(str(year))
    tertials = [Period.parse(f"{year}-T{number}") for number in (1, 2, 3)]
    return [*months_of(whole), *tertials, whole]
