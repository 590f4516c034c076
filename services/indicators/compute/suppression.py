"""Which figures of few persons must not be shown, and which others would give them away. No I/O.

A figure below the threshold is hidden; so is, where the shown total and the other parts of a sum would tell it, the
smallest of those parts, until no such figure follows from those shown by any reckoning with the sums, nor is narrowed
down to one value by what a figure of few can be (`interval_protection`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from services.indicators.compute.interval_protection import Ranges, Table, Tables
from services.indicators.compute.possible_values import possible_values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

K = TypeVar("K")


class Sum(NamedTuple, Generic[K]):
    """A total and the parts that it is the sum of: an area of its children, a year of its months."""

    total: K
    parts: Sequence[K]


def suppressed(
    figures: Mapping[K, Decimal],
    confidential: Iterable[K],
    sums: Iterable[Sum[K]],
    threshold: int,
    unpublished: Mapping[K, Decimal] | None = None,
) -> frozenset[K]:
    """Return which figures must not be shown; the same for the same sums in the same order.

    `figures` are those that are known here and would be shown; `unpublished` are known and never shown, though others
    may be reckoned from them, or they from others. `confidential` are those that a source keeps confidential: they are
    hidden though nobody here knows them. What stands in a sum and in none of these is unknown to everybody; it protects
    the other parts, as long as it does not follow from the sums itself.
    """
    values = {**(unpublished or {}), **figures}
    few = {key for key, figure in values.items() if 0 < figure < threshold}
    sensitive = few | set(confidential)
    hidden = set(sensitive)
    all_sums = list(sums) if hidden else []
    table, ranges = Table(all_sums), Ranges(possible_values(values, all_sums), few, threshold)
    while True:
        served = figures.keys() - hidden
        disclosing = _plain(served, hidden, all_sums)
        if not disclosing:
            narrowed = Tables(table, served, ranges).narrowed_down(_in_order(sensitive, all_sums))
            disclosing = _narrowing(figures, hidden, all_sums, narrowed)
        more = {key for sum_ in disclosing for key in _secondary(figures, hidden, sum_)}
        if not more:
            return frozenset(key for key in hidden if key in figures or key not in values)
        hidden |= more


def _plain(served: Collection[K], hidden: Collection[K], sums: Iterable[Sum[K]]) -> list[Sum[K]]:
    """Return the sums that tell a hidden figure at a glance: all others of their figures are served."""
    unknown = ((sum_, [key for key in (sum_.total, *sum_.parts) if key not in served]) for sum_ in sums)
    return [sum_ for sum_, keys in unknown if len(keys) == 1 and keys[0] in hidden]


def _in_order(keys: Collection[K], sums: Iterable[Sum[K]]) -> list[K]:
    """Return the keys that are in a sum, in an order that is the same each time."""
    return list(dict.fromkeys(key for sum_ in sums for key in (sum_.total, *sum_.parts) if key in keys))


def _narrowing(
    figures: Mapping[K, Decimal], hidden: Collection[K], sums: Sequence[Sum[K]], exposed: Collection[K]
) -> list[Sum[K]]:
    """Return a sum for each exposed figure that shows something which can be hidden, the least of what there is.

    Where its own sums show nothing, those do that share something hidden with them.
    """
    keys = [{sum_.total, *sum_.parts} for sum_ in sums]
    secondary = [next(_secondary(figures, hidden, sum_), None) for sum_ in sums]
    places_of: dict[K, list[int]] = {}
    for place, in_sum in enumerate(keys):
        for key in in_sum:
            places_of.setdefault(key, []).append(place)
    chosen: set[int] = set()
    for key in _in_order(exposed, sums):
        reach, wider = {key}, {key}
        while wider:
            near = {place for one in wider for place in places_of[one]}
            showing = [(figures[less], place) for place in near if (less := secondary[place]) is not None]
            if showing:
                # A 0 hides little.
                chosen.add(min(showing, key=lambda one: (one[0] == 0, *one))[1])
                break
            wider = {one for place in near for one in keys[place] if one in hidden or one not in figures} - reach
            reach |= wider
    return [sums[place] for place in sorted(chosen)]


def _secondary(figures: Mapping[K, Decimal], hidden: Collection[K], sum_: Sum[K]) -> Iterator[K]:
    """Yield the shown figure of a sum to hide besides: the smallest part that is not 0, else the total."""
    published = [key for key in sum_.parts if key in figures and key not in hidden]
    counting = [key for key in published if figures[key] > 0]
    if counting:
        yield min(counting, key=lambda key: figures[key])
    elif sum_.total in figures and sum_.total not in hidden:
        yield sum_.total
    else:
        yield from published[:1]
