"""From which observations a figure follows: those of the very area and period, or which others are added up.

The worker adds them up, the API lists them: one reading of a definition. No I/O; the pieces of SQL are text, so that
the catalogue needs no database library.
"""

# Over 300 lines: how observations add up over months, areas and codes, read together.

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from shared.domain.activity import Span
from shared.domain.period import Period, PeriodType

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from shared.catalogue.indicator import CodeList, IndicatorDefinition

# Where several sources tell the same, a final figure counts, else the one that was changed last.
SAME = "measure, code, area_id, period_type, period_start"
WHICH_COUNTS = "finality = 'final' DESC, changed_at DESC, observation_id DESC"
IN_YEAR = "daterange(make_date(:year, 1, 1), make_date(:year + 1, 1, 1))"
SPAN = "coalesce(lower(days), date '0001-01-01') AS first, coalesce(upper(days) - 1, date '9999-12-31') AS last"
EDGES = f"""SELECT parent_id, parent.kind AS parent_kind, child_id, child.kind AS child_kind, {SPAN}
            FROM area_edge
            JOIN area AS parent ON parent.area_id = parent_id
            JOIN area AS child ON child.area_id = child_id
            CROSS JOIN LATERAL (SELECT area_edge.valid * parent.valid * child.valid AS days) AS days
            WHERE child.kind NOT IN ('place', 'vulnerable-area') AND days && {IN_YEAR}"""

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
class ObservedFigure:
    """A figure as it is shown; status: observed, zero, missing, suppressed or notApplicable."""

    status: str = "missing"
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    is_final: bool = False
    # How many of the period's months have a figure; None where months are not added up.
    months_arrived: int | None = None


class Tree:
    """Which areas an area is made of on a day: a district that lies in another one of them is in that one's figure."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._below: dict[int, dict[str, list[Edge]]] = {}
        self._above: dict[int, set[int]] = {}
        self._changes: dict[int, set[date]] = {}
        self._nested: dict[int, list[Edge]] = {}
        for edge in edges:
            if edge.parent_kind == edge.child_kind:
                self._nested.setdefault(edge.child_id, []).append(edge)
            if edge.child_kind in _CHILD_KINDS.get(edge.parent_kind, ()):
                kinds = _CHILD_KINDS[edge.parent_kind]
                self._below.setdefault(edge.parent_id, {kind: [] for kind in kinds})[edge.child_kind].append(edge)
                self._above.setdefault(edge.child_id, set()).add(edge.parent_id)
                self._changes.setdefault(edge.parent_id, set()).update((edge.valid.first, edge.valid.last))
        nested = [edge.valid for several in self._nested.values() for edge in several]
        self._changes_inside = {day for valid in nested for day in (valid.first, valid.last)}

    def partitions(self, area_id: int, day: date) -> Iterator[list[int]]:
        """Yield the areas that lie directly in an area on a day, kind by kind."""
        for edges in self._below.get(area_id, {}).values():
            inside = {edge.child_id for edge in edges if day in edge.valid}
            if children := sorted(child for child in inside if not self._lies_in_one(child, inside, day)):
                yield children

    def children(self, area_id: int, day: date) -> list[int]:
        """Return the areas whose figures add up to that of an area."""
        return next(self.partitions(area_id, day), [])

    def has_same_children(self, area_id: int, days: Sequence[date]) -> bool:
        """Tell whether an area is made of the same areas on all of these days, which are in order."""
        changes = chain(self._changes.get(area_id, ()), self._changes_inside)
        if not any(days[0] <= change <= days[-1] for change in changes):
            return True
        children = self.children(area_id, days[0])
        return all(self.children(area_id, day) == children for day in days[1:])

    def _lies_in_one(self, area_id: int, others: Collection[int], day: date) -> bool:
        """Tell whether an area lies, on a day, in one of others of its kind."""
        around = [edge.parent_id for edge in self._nested.get(area_id, ()) if day in edge.valid]
        return any(one in others or self._lies_in_one(one, others, day) for one in around)

    def and_above(self, areas: Iterable[int]) -> set[int]:
        """Return the areas and all that they are ever part of."""
        found: set[int] = set()
        waiting = set(areas)
        while waiting:
            area_id = waiting.pop()
            found.add(area_id)
            waiting |= self._above.get(area_id, set()) - found
        return found


class CodesInUse:
    """Which crime codes a measure counts, and when; without a list, what has no code."""

    def __init__(self, codes: CodeList | None) -> None:
        self._spans: dict[str, list[Span]] = {} if codes else {"": [_ALWAYS]}
        for entry in codes.entries if codes else ():
            span = Span(entry.valid_from or _ALWAYS.first, entry.valid_to or _ALWAYS.last)
            self._spans.setdefault(entry.code, []).append(span)

    def hold(self, code: str, period: Period) -> bool:
        """Tell whether a code was in use on any day of a period."""
        return any(span.first <= period.end and period.start <= span.last for span in self._spans.get(code, ()))


def figures_of(
    definition: IndicatorDefinition,
    observations: Iterable[Observed],
    tree: Tree,
    periods: Iterable[Period],
    reporting: Iterable[Spot],
) -> dict[Spot, ObservedFigure]:
    """Return all figures of one indicator in the periods of one year, also those that must not be shown.

    Which these are follows from all series of a measure together. Where reporting is on, a figure that is not there is
    missing.
    """
    own, wanted = own_figures(definition, observations), frozenset(periods)
    if definition.kind == "measured":
        figures = {spot: figure for spot, figure in own.items() if spot.period in wanted}
        nothing = ObservedFigure()
    else:
        figures = added_up(own, tree, wanted)
        nothing = ObservedFigure(months_arrived=0)
    for spot in reporting:
        if spot.period in wanted:
            figures.setdefault(spot, nothing)
    return {spot: _with_status_of_nothing(figure, is_share=definition.is_share) for spot, figure in figures.items()}


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


def own_figures(definition: IndicatorDefinition, observations: Iterable[Observed]) -> dict[Spot, ObservedFigure]:
    """Return what is said of areas and periods themselves: of a share it needs both parts, of a count one is read."""
    own = direct_figures(observations, definition.observes.codes if definition.observes else None)
    if not definition.is_share:
        return {spot: replace(figure, denominator=None) for spot, figure in own.items()}
    in_part = {spot for spot, one in own.items() if one.denominator is None and one.numerator is not None}
    return own | dict.fromkeys(in_part, ObservedFigure())


def direct_figures(observations: Iterable[Observed], codes: CodeList | None) -> dict[Spot, ObservedFigure]:
    """Return what is said of areas and periods themselves, over the codes of the list that were in use then.

    A code without an observation adds nothing: sources leave out the crimes that nobody reported.
    """
    in_use = CodesInUse(codes)
    by_spot: dict[Spot, list[Observed]] = {}
    for observed in observations:
        if in_use.hold(observed.code, observed.spot.period):
            by_spot.setdefault(observed.spot, []).append(observed)
    return {spot: _said(rows) for spot, rows in by_spot.items()}


def _said(rows: Sequence[Observed]) -> ObservedFigure:
    """Return the sum over the codes; one that is confidential or missing leaves the whole so."""
    is_final = all(row.finality == "final" for row in rows)
    for status, served_status in (("confidential", "suppressed"), ("missing", "missing")):
        if any(row.status == status for row in rows):
            return ObservedFigure(served_status, is_final=is_final)
    counted = [row for row in rows if row.numerator is not None]
    if not counted:
        return ObservedFigure("notApplicable", is_final=is_final)
    figures = [ObservedFigure("observed", row.numerator, row.denominator, is_final) for row in counted]
    return _sum(figures) or ObservedFigure()


class Sums:
    """The figures that follow from what is said of areas and months, each worked out once."""

    def __init__(self, own: Mapping[Spot, ObservedFigure], tree: Tree) -> None:
        self._own = own
        self._with_months = {spot.area_id for spot in own if spot.period.type is PeriodType.MONTH}
        # Elsewhere nothing can have arrived: most areas of most measures.
        self._reached = tree.and_above(spot.area_id for spot in own)
        self._tree = tree
        self._known: dict[Spot, ObservedFigure | None] = {}

    def figure(self, spot: Spot) -> ObservedFigure | None:
        """Return what is said of the very area and period, else the first sum of which every part has arrived."""
        if spot.area_id not in self._reached:
            return None
        if spot not in self._known:
            sums = (_sum([lookup(part) for part in parts]) for parts, lookup in self._ways(*spot))
            self._known[spot] = self._own.get(spot) or next((total for total in sums if total is not None), None)
        return self._known[spot]

    def months_arrived(self, area_id: int, period: Period) -> int:
        """Return how many months of a period have a figure in an area."""
        return sum(_has_arrived(self.figure(Spot(area_id, month))) for month in months_of(period))

    def rests_on(self, spot: Spot) -> list[Spot]:
        """Return the areas and periods whose own observations make a figure, and those that it still waits for.

        Waited for is what has no observation: as one whole, where nothing of it has arrived.
        """
        if spot in self._own:
            return [spot]
        below = [one for part in self._fullest_way(spot) for one in self.rests_on(part)]
        return below if any(one in self._own for one in below) else [spot]

    def _fullest_way(self, spot: Spot) -> Sequence[Spot]:
        """Return the parts of the first sum that is whole, else of the one of which most has arrived."""
        ways = [(parts, [_has_arrived(lookup(part)) for part in parts]) for parts, lookup in self._ways(*spot) if parts]
        whole = [parts for parts, arrived in ways if all(arrived)]
        fullest, _ = max(reversed(ways), key=lambda way: sum(way[1]), default=((), []))
        return whole[0] if whole else fullest

    def _ways(
        self, area_id: int, period: Period
    ) -> Iterator[tuple[Sequence[Spot], Callable[[Spot], ObservedFigure | None]]]:
        """Yield the parts that the figure may be added up from: own months, children, months of either kind.

        Children's longer periods add up to the area's only where it had the same children, and nothing of its own, in
        all months: else its months say what was in it, and they alone make its longer periods.
        """
        months = [Spot(area_id, month) for month in months_of(period)] if period.type is not PeriodType.MONTH else []
        has_months = area_id in self._with_months and any(month in self._own for month in months)
        if has_months:
            yield months, self._own.get
        elif not months or self._tree.has_same_children(area_id, [month.period.end for month in months]):
            yield [Spot(child, period) for child in self._tree.children(area_id, period.end)], self.figure
        yield months, self.figure


def months_of(period: Period) -> list[Period]:
    """Return the months of a period, in order."""
    return [Period(PeriodType.MONTH, first) for first in period.months()]


def _has_arrived(figure: ObservedFigure | None) -> bool:
    return figure is not None and figure.numerator is not None


def _sum(parts: Sequence[ObservedFigure | None]) -> ObservedFigure | None:
    """Return the sum, preliminary if anything in it is; None unless there are parts and all of them have arrived."""
    arrived = [part for part in parts if part is not None and part.numerator is not None]
    if not parts or len(arrived) < len(parts):
        return None
    denominators = [part.denominator for part in arrived if part.denominator is not None]
    return ObservedFigure(
        "observed",
        sum((part.numerator for part in arrived if part.numerator is not None), Decimal(0)),
        sum(denominators, Decimal(0)) if len(denominators) == len(arrived) else None,
        all(part.is_final for part in arrived),
    )


def _with_status_of_nothing(figure: ObservedFigure, *, is_share: bool) -> ObservedFigure:
    """Return a count of nothing as zero, and a share of nothing as missing."""
    counted, status = (figure.denominator, "missing") if is_share else (figure.numerator, "zero")
    return replace(figure, status=status) if counted == 0 else figure
