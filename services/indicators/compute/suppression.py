"""Which figures of few persons must not be shown, and which others would give them away. Pure.

A figure below the threshold is hidden; so is, where the shown total and the other parts of a sum would tell a hidden
one, the smallest of those parts, until no hidden figure follows from those shown by any reckoning with the sums.
"""

from __future__ import annotations

import heapq
from random import Random
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

K = TypeVar("K")

# Reckoning modulo a prime this large is as good as exact for sums of thousands of figures, and many times as fast.
_PRIME = 2**61 - 1


class Sum(NamedTuple, Generic[K]):
    """A total and the parts that it is the sum of: an area of its children, a year of its months."""

    total: K
    parts: Sequence[K]


def suppressed(
    figures: Mapping[K, Decimal], confidential: Iterable[K], sums: Iterable[Sum[K]], threshold: int
) -> frozenset[K]:
    """Return which figures must not be shown; the same for the same sums in the same order.

    `figures` are those that are known here. `confidential` are those that a source keeps confidential: they are hidden
    though nobody here knows them. What stands in a sum and in neither is unknown to everybody; it protects the other
    parts, as long as it does not follow from the sums itself.
    """
    hidden = {key for key, figure in figures.items() if 0 < figure < threshold} | set(confidential)
    all_sums = list(sums) if hidden else []
    while True:
        disclosing = _disclosing(figures, hidden, all_sums)
        more = {key for sum_ in disclosing for key in _secondary(figures, hidden, sum_)}
        if not more:
            return frozenset(hidden)
        hidden |= more


def _disclosing(figures: Mapping[K, Decimal], hidden: Collection[K], sums: Sequence[Sum[K]]) -> list[Sum[K]]:
    """Return sums that help to tell a hidden figure and show something that can be hidden.

    Most are found at a glance: all of their keys but one are shown. Only when none is left is everything solved.
    """
    published = figures.keys() - hidden
    unknown = [(sum_, {key for key in (sum_.total, *sum_.parts) if key not in published}) for sum_ in sums]
    plain = [sum_ for sum_, keys in unknown if len(keys) == 1 and not keys.isdisjoint(hidden)]
    if plain:
        return plain
    unsolved = [(sum_, keys) for sum_, keys in unknown if keys]
    reach = _determined(unsolved) & set(hidden)
    # The sums of what is told may themselves show nothing: then those that share an unknown with them do.
    while reach:
        near = [(sum_, keys) for sum_, keys in unsolved if not keys.isdisjoint(reach)]
        disclosing = _one_for_each(reach, [(sum_, keys) for sum_, keys in near if len(keys) <= len(sum_.parts)])
        if disclosing:
            return disclosing
        wider = reach.union(*(keys for _, keys in near))
        reach = wider if wider != reach else set()
    return []


def _one_for_each(disclosed: Collection[K], sums: Iterable[tuple[Sum[K], set[K]]]) -> list[Sum[K]]:
    """Return one sum for each key that is disclosed, as far as there are any: more would hide more than is needed."""
    left, chosen = set(disclosed), []
    for sum_, keys in sums:
        if not keys.isdisjoint(left):
            left -= keys
            chosen.append(sum_)
    return chosen


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


def _determined(sums: Iterable[tuple[Sum[K], set[K]]]) -> set[K]:
    """Return the unknowns that follow from the sums.

    What is shown is the same in all solutions, so two of them differ by one where all that is shown is 0. An unknown
    that is 0 in such a difference, drawn at random, is 0 in all of them: it has only one solution.
    """
    system = _System([_row(sum_, keys) for sum_, keys in sums])
    return {key for key, difference in system.any_difference().items() if difference == 0}


def _row(sum_: Sum[K], unknown: Collection[K]) -> dict[K, int]:
    row = {key: 1 for key in sum_.parts if key in unknown}
    if sum_.total in unknown:
        row[sum_.total] = _PRIME - 1
    return row


class _System(Generic[K]):
    """Linear equations without constants, each as the factors of its unknowns; it is used up by solving it."""

    def __init__(self, rows: list[dict[K, int]]) -> None:
        self._rows = rows
        self._rows_of: dict[K, set[int]] = {}
        for index, row in enumerate(rows):
            for key in row:
                self._rows_of.setdefault(key, set()).add(index)

    def any_difference(self) -> dict[K, int]:
        """Return a solution drawn at random, the same each time, modulo the prime."""
        random = Random(0)  # noqa: S311  no secret: whoever knows the numbers learns nothing of the figures
        solution = {key: random.randrange(1, _PRIME) for key in self._rows_of}
        for pivot, row in reversed(list(self._pivots())):
            rest = sum(factor * solution[key] for key, factor in row.items() if key != pivot)
            solution[pivot] = -rest * pow(row[pivot], -1, _PRIME) % _PRIME
        return solution

    def _pivots(self) -> Iterator[tuple[K, dict[K, int]]]:
        """Yield each equation with the unknown that it is solved for, which stands in no equation yielded later.

        What stands in fewest equations comes first: most stand in one alone, and nothing is to be eliminated.
        """
        keys = list(self._rows_of)
        waiting = [(len(self._rows_of[key]), place) for place, key in enumerate(keys)]
        heapq.heapify(waiting)
        while waiting:
            count, place = heapq.heappop(waiting)
            indexes = self._rows_of[keys[place]]
            if len(indexes) != count:
                heapq.heappush(waiting, (len(indexes), place))
            elif indexes:
                yield keys[place], self._eliminate(keys[place])

    def _eliminate(self, pivot: K) -> dict[K, int]:
        """Take the shortest equation with an unknown out, and the unknown out of the others; return that equation."""
        shortest = min(self._rows_of[pivot], key=lambda index: (len(self._rows[index]), index))
        by = self._rows[shortest]
        for key in by:
            self._rows_of[key].discard(shortest)
        inverse = pow(by[pivot], -1, _PRIME)
        for index in list(self._rows_of[pivot]):
            row = self._rows[index]
            times = row[pivot] * inverse
            for key, factor in by.items():
                rest = (row.get(key, 0) - times * factor) % _PRIME
                if rest:
                    row[key] = rest
                    self._rows_of[key].add(index)
                elif key in row:
                    del row[key]
                    self._rows_of[key].discard(index)
        return by
