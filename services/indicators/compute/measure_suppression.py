"""Hides figures of few persons: all series that are made of one measure in one year are one problem. No I/O.

The threshold belongs to the measure. Two series of it may show the same figure, or one the figure of some codes and
another that of more: whoever knows both knows the difference. So what is protected are the figures of every series, and
those of every part of the codes that series have in common or apart, which are shown nowhere. They are protected from
everybody, and from each area that knows the figures of its own besides (`intruders`).

A share tells of those who are counted and of those who are not: few of either are hidden, and with them the share. A
mean of few answers is hidden. Both parts of a figure are shown, or neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from services.indicators.compute.suppression import Sum, suppressed
from shared.catalogue.observed import CodesInUse, ObservedFigure, Spot, added_up, direct_figures
from shared.domain.period import PeriodType

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence

    from shared.catalogue.indicator import CodeList, IndicatorDefinition
    from shared.catalogue.observed import Observed, Tree
    from shared.domain.period import Period

Figures: TypeAlias = "Mapping[Spot, ObservedFigure]"
# Which families count a code: the codes of one part are those that the same families count.
Part = frozenset[int]
# Whose figures: a family's, or a part's.
Whose: TypeAlias = "int | Part"
Key: TypeAlias = "tuple[Whose, Spot]"
# How many persons a figure tells of; None where it tells of none.
Count: TypeAlias = "Callable[[Observed | ObservedFigure], Decimal | None]"

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Served:
    """What a series would show, were nothing hidden.

    `frozen` tells of figures of closed periods whether they are served: open ones are hidden by what is served there.
    `disclosed` are open ones that are known from what figures of closed periods were compared with. `changed` are other
    figures now than closed periods serve: they are told beside these, and are not frozen.
    """

    definition: IndicatorDefinition
    figures: Figures
    frozen: Mapping[Spot, bool | None] = field(default_factory=dict)
    disclosed: Collection[Spot] = frozenset()
    changed: Collection[Spot] = frozenset()

    @property
    def codes(self) -> CodeList | None:
        """The codes that it counts; without a list, what has no code."""
        return self.definition.observes.codes if self.definition.observes else None


def without_few(
    series: Sequence[Served], observations: Sequence[Observed], tree: Tree, periods: Sequence[Period], threshold: int
) -> list[dict[Spot, ObservedFigure]]:
    """Return the figures of each series of a measure, but for those of few and those that would give them away.

    `periods` are all of the year that any of its areas has figures for.
    All are of one kind: they add up over areas and periods, or what was measured never does.
    """
    problems = [_Problem(series, observations, tree, periods, count) for count in _counts(series)]
    hidden = problems[0].frozen(are_served=False) - problems[0].frozen(are_served=True)
    for problem in problems:
        # What is hidden besides tells nobody more.
        hidden |= problem.hidden(threshold, hidden)
    return [
        _without({spot for whose, spot in hidden if whose == family}, one.figures)
        for one, family in zip(series, problems[0].family_of, strict=True)
    ]


def _counts(series: Iterable[Served]) -> tuple[Count, ...]:
    """Return what tells the persons that a figure counts, each of whom may be of few."""
    units = {one.definition.unit for one in series}
    if "mean" in units:
        return (_answers,)
    return (_counted, _not_counted) if "percent" in units else (_counted,)


def _counted(one: Observed | ObservedFigure) -> Decimal | None:
    return one.numerator


def _not_counted(one: Observed | ObservedFigure) -> Decimal | None:
    return None if one.numerator is None or one.denominator is None else one.denominator - one.numerator


def _answers(one: Observed | ObservedFigure) -> Decimal | None:
    return one.denominator


def _without(hidden: Container[Spot], figures: Figures) -> dict[Spot, ObservedFigure]:
    return {spot: _suppressed(figure) if spot in hidden else figure for spot, figure in figures.items()}


def _suppressed(figure: ObservedFigure) -> ObservedFigure:
    return replace(figure, status="suppressed", numerator=None, denominator=None)


class _Problem:
    """The figures of a measure in a year, by families (the series that count the same codes) and by parts of these."""

    def __init__(
        self,
        series: Sequence[Served],
        observations: Sequence[Observed],
        tree: Tree,
        periods: Sequence[Period],
        count: Count,
    ) -> None:
        self._observations = [one._replace(numerator=count(one), denominator=None) for one in observations]
        self._tree, self._periods, self._count = tree, periods, count
        self._around: dict[int, frozenset[int]] = {}
        counted: dict[tuple[frozenset[str], ...], int] = {}
        self.family_of = [counted.setdefault(self._counted_codes(one.codes), len(counted)) for one in series]
        self._series = series
        self._adds_up = all(one.definition.kind != "measured" for one in series)
        self._codes = {family: one.codes for one, family in zip(series, self.family_of, strict=True)}

    def hidden(self, threshold: int, already_hidden: Container[Key]) -> frozenset[Key]:
        """Return which figures must not be shown, besides those that are hidden already."""
        parts = self._parts()
        known: dict[Whose, Figures] = {part: figures for part, figures in parts.items()}  # noqa: C416  of another type
        for family, codes in self._codes.items():
            known[family] = self._all_figures(direct_figures(self._observations, codes))
        every = [((whose, spot), figure) for whose, figures in known.items() for spot, figure in figures.items()]
        published: dict[Key, Decimal] = {
            (family, spot): persons
            for one, family in zip(self._series, self.family_of, strict=True)
            for spot, figure in one.figures.items()
            if (persons := self._count(figure)) is not None and (family, spot) not in already_hidden
        }
        unpublished: dict[Key, Decimal] = {
            key: figure.numerator for key, figure in every if figure.numerator is not None and key not in published
        }
        confidential = [key for key, figure in every if figure.status == "suppressed"]
        confidential += self._changed_with_few({**unpublished, **published}, threshold)
        sums = [*self._sums(known), *_wholes(known, parts)]
        return suppressed(
            published,
            confidential,
            sums,
            threshold,
            unpublished,
            holders=self._holders,
            frozen=self.frozen(are_served=True),
            disclosed=self._disclosed(),
        )

    def frozen(self, *, are_served: bool) -> frozenset[Key]:
        """Return which figures any series of a family serves, or hides, in closed periods."""
        return frozenset(
            (family, spot)
            for one, family in zip(self._series, self.family_of, strict=True)
            for spot, is_served in one.frozen.items()
            if is_served is are_served
        )

    def _disclosed(self) -> frozenset[Key]:
        families = zip(self._series, self.family_of, strict=True)
        return frozenset((family, spot) for one, family in families for spot in one.disclosed)

    def _changed_with_few(self, persons: Mapping[Key, Decimal], threshold: int) -> list[Key]:
        """Return the figures that changed since they were closed, if any of them is of few now.

        Whoever knows what each was knows by how much a part has changed where a total has: none of them is told.
        """
        families = zip(self._series, self.family_of, strict=True)
        changed: list[Key] = [(family, spot) for one, family in families for spot in one.changed]
        return changed if any(0 < persons.get(key, ZERO) < threshold for key in changed) else []

    def _holders(self, key: Key) -> frozenset[int]:
        """Return the areas that know a figure as their own: of what lies in them at any time of the year."""
        area_id = key[1].area_id
        if area_id not in self._around:
            self._around[area_id] = frozenset(self._tree.and_above((area_id,)))
        return self._around[area_id]

    def _counted_codes(self, codes: CodeList | None) -> tuple[frozenset[str], ...]:
        """Return the codes that a list counts of those observed, in each period."""
        in_use, observed = CodesInUse(codes), {observed.code for observed in self._observations}
        return tuple(frozenset(code for code in observed if in_use.hold(code, period)) for period in self._periods)

    def _parts(self) -> dict[Part, Figures]:
        """Return the figures of the codes that the same families count; none where no two have a code in common."""
        in_use = {family: CodesInUse(codes) for family, codes in self._codes.items()}
        rows: dict[Part, list[Observed]] = {}
        for observed in self._observations if len(in_use) > 1 else ():
            holders = (family for family, codes in in_use.items() if codes.hold(observed.code, observed.spot.period))
            rows.setdefault(frozenset(holders), []).append(observed._replace(code=""))
        rows.pop(frozenset(), None)
        if all(len(part) == 1 for part in rows):
            return {}
        spots = {observed.spot for some in rows.values() for observed in some}
        # Sources leave out what nobody reported: a part without a row where another has one is 0.
        nothing = dict.fromkeys(spots, ObservedFigure("observed", ZERO))
        return {part: self._all_figures({**nothing, **direct_figures(some, None)}) for part, some in rows.items()}

    def _all_figures(self, own: Figures) -> Figures:
        return added_up(own, self._tree, self._periods) if self._adds_up else own

    def _sums(self, known: Mapping[Whose, Figures]) -> Iterator[Sum[Key]]:
        """Yield every sum of areas and of months that anyone may reckon with, those of larger areas first."""
        within = sorted({spot.area_id for figures in known.values() for spot in figures})
        areas = sorted(within, key=lambda area_id: (len(self._tree.and_above([area_id])), area_id))
        sums = list(_sums_of_areas(areas, self._tree, self._periods))
        reckoned_with = dict.fromkeys(spot.area_id for total, parts in sums for spot in (total, *parts))
        sums += [
            sum_
            for area_id in {**dict.fromkeys(areas), **reckoned_with}
            for sum_ in _sums_over_time(area_id, self._periods)
        ]
        for whose in known if self._adds_up else ():
            for total, parts in sums:
                yield Sum((whose, total), [(whose, part) for part in parts])


def _sums_of_areas(known: Sequence[int], tree: Tree, periods: Sequence[Period]) -> Iterator[tuple[Spot, list[Spot]]]:
    """Yield the sums of the areas that are in an area on a period's last day, of areas with figures and their parts.

    What has no figure all year tells nothing: neither a total whose parts may be anything, nor parts that are all
    unknown. Between a total and parts that have figures, it may.
    """
    known_or_above = tree.and_above(known)
    waiting, seen = list(known), set(known)
    while waiting:
        area_id = waiting.pop(0)
        for period in periods:
            for children in tree.partitions(area_id, period.end):
                if not known_or_above.isdisjoint(children):
                    yield Spot(area_id, period), [Spot(child, period) for child in children]
                    waiting += [child for child in children if child not in seen]
                    seen.update(children)


def _sums_over_time(area_id: int, periods: Sequence[Period]) -> Iterator[tuple[Spot, list[Spot]]]:
    """Yield the sums of an area's months and of the periods that others are made of."""
    for period in periods:
        for part_type in _PARTS[period.type]:
            parts = [part for part in periods if part.type is part_type and period.start <= part.start <= period.end]
            if parts:
                yield Spot(area_id, period), [Spot(area_id, part) for part in parts]


# What periods are the sums of, of those that there are.
_PARTS = {
    PeriodType.MONTH: (),
    PeriodType.QUARTER: (PeriodType.MONTH,),
    PeriodType.TERTIAL: (PeriodType.MONTH,),
    PeriodType.HALF_YEAR: (PeriodType.MONTH, PeriodType.QUARTER),
    PeriodType.YEAR: (PeriodType.TERTIAL, PeriodType.QUARTER, PeriodType.HALF_YEAR),
}


def _wholes(known: Mapping[Whose, Figures], parts: Iterable[Part]) -> Iterator[Sum[Key]]:
    """Yield each family's figures as the sum of the parts of its codes."""
    for part_or_family, figures in known.items():
        of_family = [part for part in parts if part_or_family in part]
        for spot in figures if of_family else ():
            yield Sum((part_or_family, spot), [(part, spot) for part in of_family])
