"""What observations say of areas and periods: as they stand, and added up. No I/O.

What of it must not be shown is for all series of a measure together to say (`measure_suppression`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shared.catalogue.observed import Observed, ObservedFigure, Spot, Sums, Tree, direct_figures, months_of
from shared.domain.period import Period

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from shared.catalogue.indicator import IndicatorDefinition


def figures_of(
    definition: IndicatorDefinition,
    observations: Iterable[Observed],
    tree: Tree,
    periods: Iterable[Period],
    reporting: Iterable[Spot],
) -> dict[Spot, ObservedFigure]:
    """Return all figures of one indicator in the periods of one year, also those that must not be shown.

    Where reporting is on, a figure that is not there is told as missing.
    """
    own = direct_figures(observations, definition.observes.codes if definition.observes else None)
    wanted = frozenset(periods)
    if definition.kind == "measured":
        figures = {spot: figure for spot, figure in own.items() if spot.period in wanted}
        nothing = ObservedFigure()
    else:
        figures = added_up(own, tree, wanted)
        nothing = ObservedFigure(months_arrived=0)
    for spot in reporting:
        if spot.period in wanted:
            figures.setdefault(spot, nothing)
    return {spot: _with_zero_status(figure, is_share=definition.is_share) for spot, figure in figures.items()}


def added_up(own: Mapping[Spot, ObservedFigure], tree: Tree, periods: Collection[Period]) -> dict[Spot, ObservedFigure]:
    """Return what is said of areas and periods themselves, and all that follows from it by adding up."""
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


def periods_of(year: int) -> list[Period]:
    """Return the months, tertials and the year of a year."""
    whole = Period.parse(str(year))
    tertials = [Period.parse(f"{year}-T{number}") for number in (1, 2, 3)]
    return [*months_of(whole), *tertials, whole]
