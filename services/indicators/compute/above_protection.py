"""Which figures above the municipalities may be shown where they are closed: none that tells a municipality's. Pure.

Whoever reads knows every figure that is shown, and those of one area as their own: a municipality's, or those of all
municipalities of an area above. Municipalities that are in the same of the shown areas are a class: nothing shown
changes when one of them has one more and another one less. So a class keeps its secret if, without those that a reader
knows, at least two of it have something and all together at least three; of a share both who is counted and who is not.
With less, one could have it all, and be known for it.

Where a class does not, areas are hidden until it is one with another. What is hidden in one period must not follow from
a longer one that is shown: an area has its tertial only if that keeps the secret, its months only if all four of the
tertial do, and its year only if all of its tertials are shown, or if none is and the year by itself keeps it. So all is
decided when a tertial has ended: what was shown of its first months could not be taken back by its last one.

Indicators that count the same kind of facts may be sums and differences of each other. So they have their classes in
common: municipalities that report the one and not the other are told apart by the two.

In a made-up country of 290 municipalities, 21 counties and 84 police areas of three or four, in which each has a dozen
cases a month, all counties and half of the police areas are shown by month; where each has one every other month, one
county by month, the others by tertial. A series and year takes half a second of a processor.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from collections.abc import Set as AbstractSet

# Without what a reader knows.
LEAST_HOLDERS, LEAST_TOTAL = 2, 3
# Months of a year by their numbers: (5,), (5, 6, 7, 8), all twelve.
Months: TypeAlias = "tuple[int, ...]"
# For each municipality that reports, who is counted; of a share also who is not.
Amounts: TypeAlias = "Mapping[int, tuple[Decimal, ...]]"

YEAR: Months = tuple(range(1, 13))
TERTIALS: tuple[Months, ...] = (YEAR[:4], YEAR[4:8], YEAR[8:])
# Of whom nothing is known but that they report.
SOME = (Decimal(LEAST_TOTAL),)


class Key(NamedTuple):
    """An area's figures of all series that the same municipalities report."""

    reporting: int
    area_id: int


class Hierarchy(NamedTuple):
    """Of which municipalities each area above is the sum, and of which a reader there knows all or a part."""

    areas: Mapping[int, frozenset[int]]
    readers: Sequence[frozenset[int]]


# In which areas a series is shown.
Served: TypeAlias = "Mapping[Months, frozenset[int]]"
# What is shown of all series.
_Keys: TypeAlias = "Mapping[Months, AbstractSet[Key]]"


def served_above(series: Mapping[int, Mapping[Months, Amounts]], hierarchy: Hierarchy) -> dict[int, Served]:
    """Return where each of some series of one year may be shown, which count the same kind of facts.

    Of each are given the amounts in every month, tertial and year that has ended; what is not given is not shown.
    """
    numbers: dict[object, int] = {}
    reporting = {
        series_id: numbers.setdefault(
            frozenset((months, frozenset(amounts)) for months, amounts in spans.items()), len(numbers)
        )
        for series_id, spans in series.items()
    }
    reporters = {reporting[series_id]: spans for series_id, spans in series.items()}
    classes = _Classes(reporters, hierarchy)
    in_common = _decided(classes, classes.keys(), {}, _Asked(reporters.keys(), classes.anyone()))
    found: dict[int, Served] = {}
    for series_id, amounts in series.items():
        own = {months: _of(keys, reporting[series_id]) for months, keys in in_common.items()}
        others = {months: keys - own[months] for months, keys in in_common.items()}
        decided = _decided(classes, own, others, _Asked({reporting[series_id]}, amounts))
        found[series_id] = {months: frozenset(key.area_id for key in keys) for months, keys in decided.items()}
    return found


def is_served(served: Served, area_id: int, months: Months) -> bool:
    """Tell whether an area's figure is shown; a quarter and a half-year are if all of their months are."""
    if len(months) in {1, len(TERTIALS[0]), len(YEAR)}:
        return area_id in served.get(months, ())
    return all(area_id in served.get((month,), ()) for month in months)


def _of(keys: AbstractSet[Key], number: int) -> AbstractSet[Key]:
    return {key for key in keys if key.reporting == number}


def _decided(classes: _Classes, allowed: _Keys, others: _Keys, asked: _Asked) -> dict[Months, set[Key]]:
    """Return which of the keys that are allowed may be shown besides the others."""

    def protected(months: Months, keys: AbstractSet[Key], alongside: _Keys) -> set[Key]:
        return classes.protected(months, keys, alongside, asked)

    amounts = asked.amounts
    decided: dict[Months, set[Key]] = {}
    for tertial in TERTIALS:
        if tertial not in amounts:
            continue
        decided[tertial] = protected(tertial, allowed[tertial], {tertial: others.get(tertial, set())})
        months = [(month,) for month in tertial if (month,) in amounts]
        by_month = decided[tertial].intersection(*(allowed[month] for month in months))
        for month in months:
            by_month = protected(month, by_month, {month: others.get(month, set())})
        decided |= dict.fromkeys(months, by_month)
    if YEAR in amounts:
        tertials = {tertial: decided[tertial] for tertial in TERTIALS if tertial in decided}
        whole = set[Key]().union(*tertials.values()).intersection(*tertials.values()) & allowed[YEAR]
        alone = classes.apart(allowed[YEAR], set[Key]().union(*tertials.values()) - whole) - whole
        alongside = {months: keys | others.get(months, set()) for months, keys in {**tertials, YEAR: whole}.items()}
        decided[YEAR] = whole | protected(YEAR, alone, alongside)
    return decided


class _Asked(NamedTuple):
    """What is decided on: series that the same municipalities report, and what in them is to be kept secret."""

    numbers: AbstractSet[int]
    amounts: Mapping[Months, Amounts]


class _Classes:
    """Municipalities by the figures above that they are a part of."""

    def __init__(self, reporters: Mapping[int, Mapping[Months, Collection[int]]], hierarchy: Hierarchy) -> None:
        self._reporters, self._hierarchy = reporters, hierarchy
        self._above: dict[int, list[int]] = {}
        for area_id, municipalities in sorted(hierarchy.areas.items()):
            for municipality in municipalities:
                self._above.setdefault(municipality, []).append(area_id)
        self._counting: dict[Months, dict[int, list[Key]]] = {}

    def keys(self) -> dict[Months, set[Key]]:
        """Return all keys, by the spans in which anybody reports."""
        keys: dict[Months, set[Key]] = {}
        for number, spans in self._reporters.items():
            for months in spans:
                keys.setdefault(months, set()).update(Key(number, area_id) for area_id in self._hierarchy.areas)
        return keys

    def anyone(self) -> dict[Months, Amounts]:
        """Return something for each municipality that reports anything."""
        spans = {months for one in self._reporters.values() for months in one}
        return {months: dict.fromkeys(self._counted_in(months), SOME) for months in spans}

    def apart(self, keys: AbstractSet[Key], others: AbstractSet[Key]) -> set[Key]:
        """Return those of the keys whose areas have no municipality in common with the others'."""
        areas = self._hierarchy.areas
        counted = frozenset[int]().union(*(areas[key.area_id] for key in others))
        return {key for key in keys if counted.isdisjoint(areas[key.area_id])}

    def protected(self, months: Months, keys: AbstractSet[Key], alongside: _Keys, asked: _Asked) -> set[Key]:
        """Return those of the keys that may be shown in a period, besides what is shown in any."""
        left = set(keys)
        while exposing := self._exposing(months, left, alongside, asked):
            left -= exposing
        return left

    def _exposing(self, months: Months, left: AbstractSet[Key], alongside: _Keys, asked: _Asked) -> set[Key]:
        """Return what must be hidden for the first class that keeps no secret; nothing if all do."""
        classes: dict[tuple[frozenset[Key], frozenset[tuple[Months, Key]]], list[int]] = {}
        for municipality, holding in self._counted_in(months).items():
            own = frozenset(key for key in holding if key in left)
            fixed = frozenset(
                (span, key)
                for span, keys in alongside.items()
                for key in self._counted_in(span).get(municipality, ())
                if key in keys
            )
            classes.setdefault((own, fixed), []).append(municipality)
        for (own, fixed), municipalities in classes.items():
            tells = own or any(span == months and key.reporting in asked.numbers for span, key in fixed)
            if tells and not self._keeps_secret(municipalities, asked.amounts[months]):
                ways = [own ^ other for other, other_fixed in classes if other_fixed == fixed and other != own]
                if own or ways:
                    return {*min([own] * bool(own) + ways, key=self._cost)}
        return set()

    def _keeps_secret(self, municipalities: Collection[int], amounts: Amounts) -> bool:
        """Tell whether nobody knows what the others of a class have."""
        together = frozenset(municipalities)
        known: set[frozenset[int]] = {together & counted for counted in self._hierarchy.readers}
        known |= {frozenset(), *(frozenset({one}) for one in together)}
        return all(self._are_several(together - own, amounts) for own in known if own != together)

    def _are_several(self, municipalities: Collection[int], amounts: Amounts) -> bool:
        sides = zip(*(amounts[one] for one in municipalities if one in amounts), strict=True)
        several = [sum(1 for one in side if one) >= LEAST_HOLDERS and sum(side) >= LEAST_TOTAL for side in sides]
        return bool(several) and all(several)

    def _cost(self, keys: Collection[Key]) -> tuple[int, list[Key]]:
        """Return how much is lost with some keys: municipalities that are counted in them. The same each time."""
        return sum(len(self._hierarchy.areas[key.area_id]) for key in keys), sorted(keys)

    def _counted_in(self, months: Months) -> dict[int, list[Key]]:
        """Return the keys that each municipality which reports anything in a period is a part of."""
        if months not in self._counting:
            counted: dict[int, list[Key]] = {}
            for number, spans in self._reporters.items():
                for municipality in sorted(spans.get(months, ())):
                    above = self._above.get(municipality, ())
                    counted.setdefault(municipality, []).extend(Key(number, area_id) for area_id in above)
            self._counting[months] = counted
        return self._counting[months]
