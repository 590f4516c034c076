"""Which figures of few persons must not be shown, and which others would give them away. No I/O.

A figure below the threshold is hidden; so is, where the shown total and the other parts of a sum would tell it, the
smallest of those parts, until no such figure follows from those shown by any reckoning with the sums, nor is narrowed
down to one value by what a figure of few can be (`interval_protection`), by an area that knows its own (`intruders`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from services.indicators.compute.interval_protection import Ranges, SumTable
from services.indicators.compute.intruders import Intruders
from services.indicators.compute.possible_values import possible_values

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

K = TypeVar("K")


class Sum(NamedTuple, Generic[K]):
    """A total and the parts that it is the sum of: an area of its children, a year of its months."""

    total: K
    parts: Sequence[K]


def _nobody(_key: object) -> frozenset[int]:
    return frozenset()


def suppressed(  # noqa: PLR0913  figures of three kinds
    figures: Mapping[K, Decimal],
    confidential: Iterable[K],
    sums: Iterable[Sum[K]],
    threshold: int,
    unpublished: Mapping[K, Decimal] | None = None,
    *,
    holders: Callable[[K], frozenset[int]] = _nobody,
    frozen: Collection[K] = frozenset(),
    disclosed: Collection[K] = frozenset(),
) -> frozenset[K]:
    """Return which figures must not be shown; the same for the same sums in the same order.

    `figures` are those that are known here and would be shown; `unpublished` are known and never shown, though others
    may be reckoned from them, or they from others. `confidential` are those that a source keeps confidential: they are
    hidden though nobody here knows them. What stands in a sum and in none of these is unknown to everybody; it protects
    the other parts, as long as it does not follow from the sums itself. `holders` tells which areas know a figure as
    their own. What is `frozen` is shown whatever follows from it: others are hidden in its place. So is what is
    `disclosed` elsewhere, unless it is of few: to hide it would keep nothing from anybody.
    """
    values = {**(unpublished or {}), **figures}
    few = {key for key, figure in values.items() if 0 < figure < threshold}
    sensitive = (few | set(confidential)).difference(frozen)
    hidden = set(sensitive)
    network = _Network(list(sums) if hidden else [])
    table, possible = SumTable.of(network.sums), possible_values(values, network.sums)
    # Where it tells too much of a figure already that it is of few, at least nobody is told by any other.
    for known_few in (few, ()):
        ranges = Ranges(possible, known_few, threshold)
        intruders = Intruders(table, ranges, values, network.in_order(sensitive), holders)
        _hide(figures, hidden, network, intruders, {*frozen, *disclosed})
        if not intruders.hopeless:
            break
    return frozenset(key for key in hidden if key in figures or key not in values)


def _hide(
    figures: Mapping[K, Decimal],
    hidden: set[K],
    network: _Network[K],
    intruders: Intruders[K],
    stay: Collection[K],
) -> None:
    """Hide more, until nobody can narrow down anything; some figures stay shown."""
    while True:
        served = {key: figure for key, figure in figures.items() if key not in hidden}
        left = {key: figure for key, figure in served.items() if key not in stay} if stay else served
        more = {key for sum_ in network.plain(served, hidden) if (key := _least(left, sum_)) is not None}
        found = [] if more else intruders.exposed(served.keys())
        changed: set[int] = set()
        for exposed in found:
            news = {key: figure for key, figure in left.items() if intruders.may_help(exposed, key)}
            more |= network.narrowing(news, exposed.figures, changed)
        if not more and not intruders.look_further(found):
            return
        hidden |= more


class _Network(Generic[K]):
    """The sums, and which have figures in common."""

    def __init__(self, sums: Sequence[Sum[K]]) -> None:
        self.sums = sums
        self._keys = [{sum_.total, *sum_.parts} for sum_ in sums]
        self._places: dict[K, list[int]] = {}
        for place, in_sum in enumerate(self._keys):
            for key in in_sum:
                self._places.setdefault(key, []).append(place)

    def in_order(self, keys: Collection[K]) -> list[K]:
        """Return the keys that are in a sum, in an order that is the same each time."""
        return list(dict.fromkeys(key for sum_ in self.sums for key in (sum_.total, *sum_.parts) if key in keys))

    def plain(self, served: Collection[K], hidden: Collection[K]) -> list[Sum[K]]:
        """Return the sums that tell a hidden figure at a glance: all others of their figures are shown."""
        unknown = ((sum_, [key for key in (sum_.total, *sum_.parts) if key not in served]) for sum_ in self.sums)
        return [sum_ for sum_, keys in unknown if len(keys) == 1 and keys[0] in hidden]

    def narrowing(self, served: Mapping[K, Decimal], exposed: Collection[K], changed: set[int]) -> set[K]:
        """Return for each exposed figure one of those shown that can be hidden, the least of what its sums show.

        Where these show nothing, those do that share something hidden with them. Of a sum in `changed` nothing more is
        hidden: it may be enough already. What is chosen is added to that.
        """
        least: dict[int, K | None] = {}
        chosen = set()
        for key in self.in_order(exposed):
            reach, wider = {key}, {key}
            while wider:
                near = sorted({place for one in wider for place in self._places[one]})
                least |= {place: _least(served, self.sums[place]) for place in near if place not in least}
                # A 0 hides little.
                showing = [
                    (served[one] == 0, served[one], place) for place in near if (one := least[place]) is not None
                ]
                if showing:
                    chosen.add(min(showing)[2])
                    break
                wider = {one for place in near for one in self._keys[place] if one not in served} - reach
                reach |= wider
        more = {one for place in chosen - changed if (one := least[place]) is not None}
        changed |= chosen
        return more


def _least(served: Mapping[K, Decimal], sum_: Sum[K]) -> K | None:
    """Return the shown figure of a sum to hide besides: the smallest part that is not 0, else the total."""
    parts = [key for key in sum_.parts if key in served]
    counting = [key for key in parts if served[key] > 0]
    if counting:
        return min(counting, key=lambda key: served[key])
    return sum_.total if sum_.total in served else next(iter(parts), None)
