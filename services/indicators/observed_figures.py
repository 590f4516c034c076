"""What observations say of areas and periods: as they stand, added up, hidden where they tell of few. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from services.indicators.suppression import Sum, suppressed
from shared.domain.activity import Span
from shared.domain.period import Period, PeriodType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from shared.catalogue.indicator import CodeList, IndicatorDefinition

# Which areas an area is the sum of: those of the first kind that it has any of, then.
_CHILD_KINDS = {
    "country": ("county", "police-region"),
    "county": ("municipality",),
    "police-region": ("police-district", "county"),
    "police-district": ("local-police-area",),
    "local-police-area": ("municipality", "district"),
    "municipality": ("local-police-area", "district"),
}


_ALWAYS = Span(date.min, date.max)


class Spot(NamedTuple):
    """Where and when a figure is about."""

    area_id: int
    period: Period


class Observed(NamedTuple):
    """An observation, the one that counts where several sources tell the same."""

    code: str
    spot: Spot
    numerator: Decimal | None
    denominator: Decimal | None
    status: str
    finality: str


class Edge(NamedTuple):
    """An area that lies directly in another, for the days of `valid`."""

    parent_id: int
    parent_kind: str
    child_id: int
    child_kind: str
    valid: Span


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it is shown; status: observed, zero, missing, suppressed or notApplicable."""

    status: str = "missing"
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    is_final: bool = False
    # How many of the period's months have a figure; None where months are not added up.
    months_arrived: int | None = None


class Tree:
    """Which areas an area is made of on a day."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._below: dict[int, dict[str, list[Edge]]] = {}
        self._above: dict[int, set[int]] = {}
        for edge in edges:
            if edge.child_kind in _CHILD_KINDS.get(edge.parent_kind, ()):
                kinds = _CHILD_KINDS[edge.parent_kind]
                self._below.setdefault(edge.parent_id, {kind: [] for kind in kinds})[edge.child_kind].append(edge)
                self._above.setdefault(edge.child_id, set()).add(edge.parent_id)

    def partitions(self, area_id: int, day: date) -> Iterator[list[int]]:
        """Yield the areas that lie directly in an area on a day, kind by kind."""
        for edges in self._below.get(area_id, {}).values():
            children = sorted(edge.child_id for edge in edges if day in edge.valid)
            if children:
                yield children

    def children(self, area_id: int, day: date) -> list[int]:
        """Return the areas whose figures add up to that of an area."""
        return next(self.partitions(area_id, day), [])

    def and_above(self, areas: Iterable[int]) -> set[int]:
        """Return the areas and all that they are ever part of."""
        found: set[int] = set()
        waiting = set(areas)
        while waiting:
            area_id = waiting.pop()
            found.add(area_id)
            waiting |= self._above.get(area_id, set()) - found
        return found


def figures_of(
    definition: IndicatorDefinition,
    observations: Iterable[Observed],
    tree: Tree,
    periods: Collection[Period],
    reporting: Iterable[Spot],
) -> dict[Spot, Figure]:
    """Return all figures of one indicator in the periods of one year.

    Where reporting is on, a figure that is not there is told as missing.
    """
    own = _own_figures(observations, definition.observes.codes if definition.observes else None)
    if definition.kind == "measured":
        figures = {spot: figure for spot, figure in own.items() if spot.period in periods}
        nothing = Figure()
    else:
        figures = _added_up(own, tree, periods)
        nothing = Figure(months_arrived=0)
    for spot in reporting:
        if spot.period in periods:
            figures.setdefault(spot, nothing)
    if definition.suppress_below is not None:
        sums = _sums(figures, tree) if definition.kind == "observed" else ()
        figures = _without_few(figures, sums, definition.suppress_below)
    return {spot: _zero_told(figure, is_share=definition.is_share) for spot, figure in figures.items()}


def _own_figures(observations: Iterable[Observed], codes: CodeList | None) -> dict[Spot, Figure]:
    """Return what is said of areas and periods themselves, over the codes of the list that were in use then.

    A code without an observation adds nothing: sources leave out the crimes that nobody reported.
    """
    in_use: dict[str, list[Span]] = {} if codes else {"": [_ALWAYS]}
    for entry in codes.entries if codes else ():
        span = Span(entry.valid_from or _ALWAYS.first, entry.valid_to or _ALWAYS.last)
        in_use.setdefault(entry.code, []).append(span)
    told: dict[Spot, list[Observed]] = {}
    for observed in observations:
        period = observed.spot.period
        if any(span.first <= period.end and period.start <= span.last for span in in_use.get(observed.code, ())):
            told.setdefault(observed.spot, []).append(observed)
    return {spot: _said(rows) for spot, rows in told.items()}


def _said(rows: Sequence[Observed]) -> Figure:
    """Return the sum over the codes; one that is withheld or missing leaves the whole so."""
    is_final = all(row.finality == "final" for row in rows)
    statuses = {row.status for row in rows}
    for status, shown in (("confidential", "suppressed"), ("missing", "missing")):
        if status in statuses:
            return Figure(shown, is_final=is_final)
    counted = [row for row in rows if row.numerator is not None]
    if not counted:
        return Figure("notApplicable", is_final=is_final)
    figures = [Figure("observed", row.numerator, row.denominator, is_final) for row in counted]
    return _sum(figures) or Figure()


def _added_up(own: Mapping[Spot, Figure], tree: Tree, periods: Collection[Period]) -> dict[Spot, Figure]:
    sums = _Sums(own, tree)
    figures = {}
    for area_id in tree.and_above(spot.area_id for spot in own):
        for period in periods:
            figure = sums.figure(Spot(area_id, period))
            arrived = sums.months_arrived(area_id, period)
            if figure is not None or arrived:
                figures[Spot(area_id, period)] = replace(figure or Figure(), months_arrived=arrived)
    return figures


class _Sums:
    """The figures that follow from what is said of areas and months, each worked out once."""

    def __init__(self, own: Mapping[Spot, Figure], tree: Tree) -> None:
        self._own = own
        self._tree = tree
        self._known: dict[Spot, Figure | None] = {}

    def figure(self, spot: Spot) -> Figure | None:
        """Return what is said of the very area and period, else the first sum of which every part has arrived."""
        if spot not in self._known:
            sums = (_sum(parts) for parts in self._ways(*spot))
            self._known[spot] = self._own.get(spot) or next((total for total in sums if total is not None), None)
        return self._known[spot]

    def months_arrived(self, area_id: int, period: Period) -> int:
        """Return how many months of a period have a figure in an area."""
        return sum(_has_arrived(self.figure(Spot(area_id, month))) for month in _months(period))

    def _ways(self, area_id: int, period: Period) -> Iterator[list[Figure | None]]:
        """Yield the parts that the figure may be added up from: own months, children, months of either kind."""
        months = [Spot(area_id, month) for month in _months(period)] if period.type is not PeriodType.MONTH else []
        yield [self._own.get(month) for month in months]
        yield [self.figure(Spot(child, period)) for child in self._tree.children(area_id, period.end)]
        yield [self.figure(month) for month in months]


def _months(period: Period) -> Iterator[Period]:
    return (Period(PeriodType.MONTH, first) for first in period.months())


def _has_arrived(figure: Figure | None) -> bool:
    return figure is not None and figure.numerator is not None


def _sum(parts: Sequence[Figure | None]) -> Figure | None:
    """Return the sum, preliminary if anything in it is; None unless there are parts and all of them have arrived."""
    arrived = [part for part in parts if part is not None and part.numerator is not None]
    if not parts or len(arrived) < len(parts):
        return None
    denominators = [part.denominator for part in arrived if part.denominator is not None]
    return Figure(
        "observed",
        sum((part.numerator for part in arrived if part.numerator is not None), Decimal(0)),
        sum(denominators, Decimal(0)) if len(denominators) == len(arrived) else None,
        all(part.is_final for part in arrived),
    )


def _zero_told(figure: Figure, *, is_share: bool) -> Figure:
    return replace(figure, status="zero") if figure.numerator == 0 and not is_share else figure


def _without_few(figures: Mapping[Spot, Figure], sums: Iterable[Sum[Spot]], threshold: int) -> dict[Spot, Figure]:
    """Return the figures but for those of few persons, and those that would give them away."""
    known = {spot: figure.numerator for spot, figure in figures.items() if figure.numerator is not None}
    withheld = [spot for spot, figure in figures.items() if figure.status == "suppressed"]
    hidden = suppressed(known, withheld, sums, threshold)
    return {
        spot: replace(figure, status="suppressed", numerator=None, denominator=None) if spot in hidden else figure
        for spot, figure in figures.items()
    }


def _sums(figures: Mapping[Spot, Figure], tree: Tree) -> Iterator[Sum[Spot]]:
    """Yield every sum of the year that anyone may reckon with: of areas on a period's last day, and over time."""
    periods = [period for year in sorted({spot.period.start.year for spot in figures}) for period in periods_of(year)]
    tertials = [period for period in periods if period.type is PeriodType.TERTIAL]
    for area_id in sorted(tree.and_above(spot.area_id for spot in figures)):
        for period in periods:
            for children in tree.partitions(area_id, period.end):
                yield Sum(Spot(area_id, period), [Spot(child, period) for child in children])
            if period.type is not PeriodType.MONTH:
                parts = tertials if period.type is PeriodType.YEAR else _months(period)
                yield Sum(Spot(area_id, period), [Spot(area_id, part) for part in parts])


def periods_of(year: int) -> list[Period]:
    """Return the months, tertials and the year of a year."""
    whole = Period.parse(str(year))
    tertials = [Period.parse(f"{year}-T{number}") for number in (1, 2, 3)]
    return [*_months(whole), *tertials, whole]
