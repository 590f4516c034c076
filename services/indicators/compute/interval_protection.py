"""Which hidden figures can be narrowed down to one value by the sums that they are in. No I/O.

Whoever tries knows every figure that is served, every sum, and which hidden figures are of few: these are from 1 up to
below the threshold, any other is at least 0. A figure stays unknown to them if another table than the true one has the
same figures served, all others within their ranges, and another value there. HiGHS, a solver of linear programs, looks
for such tables; what is looked for are whole numbers, not far from the truth.

The setting is that of interval protection in secondary cell suppression (Fischetti and Salazar, 2001).
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

import highspy
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from decimal import Decimal

    from services.indicators.compute.suppression import Sum

K = TypeVar("K")
Vector: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.float64]]"

# How far from its true value a figure is looked for.
NEAR = 3
# One table tells of many figures: some are made at random before the rest are looked for one by one.
MOST_BARREN_TABLES = 3
MOST_NODES = 1000
ALMOST = 1e-6
# The threshold below which there is one figure that is not 0.
ONLY_ONE = 2


class SumTable(Generic[K]):
    """The sums as what they come down to: each total as the set of the smallest parts that it is the sum of."""

    def __init__(
        self,
        smallest: Sequence[K],
        totals: Mapping[K, frozenset[K]],
        alike: Sequence[tuple[frozenset[K], frozenset[K]]],
    ) -> None:
        """Take the smallest parts, those of each total, and what is the sum of these parts as well as of those."""
        self.smallest, self.totals, self.alike = smallest, totals, alike

    @classmethod
    def of(cls, sums: Sequence[Sum[K]]) -> SumTable[K]:
        """Return the table of some sums."""
        sums_of: dict[K, list[Sum[K]]] = {}
        for sum_ in sums:
            sums_of.setdefault(sum_.total, []).append(sum_)
        parts = _SmallestParts(sums_of)
        totals = {total: parts.of(total) for total in sums_of}
        # In an order that is the same each time.
        in_sums = dict.fromkeys(key for sum_ in sums for key in sum_.parts)
        # Of districts, say, and of police areas.
        alike = [
            (totals[total], other)
            for total, ways in sums_of.items()
            for way in ways[1:]
            if (other := frozenset[K]().union(*map(parts.of, way.parts))) != totals[total]
        ]
        return cls([key for key in in_sums if key not in sums_of], totals, alike)

    def within(self, keys: Collection[K]) -> SumTable[K]:
        """Return the table in which nothing but some of the smallest parts may be other than it is."""
        some = frozenset(keys)
        totals = {total: parts & some for total, parts in self.totals.items()}
        alike = [(one & some, other & some) for one, other in self.alike]
        return SumTable(
            [key for key in self.smallest if key in some],
            {total: parts for total, parts in totals.items() if parts},
            [(one, other) for one, other in alike if one != other],
        )


class _SmallestParts(Generic[K]):
    """The smallest parts of figures, by the first of the sums of each, found once."""

    def __init__(self, sums_of: Mapping[K, Sequence[Sum[K]]]) -> None:
        self._sums_of = sums_of
        self._parts: dict[K, frozenset[K]] = {}

    def of(self, key: K) -> frozenset[K]:
        """Return the smallest parts of a figure; its own smallest part is itself."""
        if key not in self._parts:
            ways = self._sums_of.get(key)
            self._parts[key] = frozenset[K]().union(*map(self.of, ways[0].parts)) if ways else frozenset((key,))
        return self._parts[key]


class Ranges(Generic[K]):
    """By how much each hidden figure may differ from the truth, in tables that are as likely as the true one."""

    def __init__(self, values: Mapping[K, Decimal], few: Collection[K], threshold: int) -> None:
        """Take the values that are known here, or possible."""
        self._values, self._few = values, few
        # Where the few can only be 1, whoever knows that a figure is of few knows it: then nothing could be served.
        self._most_few = threshold - 1 if threshold > ONLY_ONE else None

    def of(self, key: K) -> tuple[float, float]:
        """Return how much less and how much more a figure may be; of which nothing is supposed, it may be more."""
        value = self._values.get(key)
        if value is None:
            return 0.0, NEAR
        least = 1 if key in self._few else 0
        more = NEAR if key not in self._few or self._most_few is None else min(NEAR, self._most_few - float(value))
        return min(0.0, max(-NEAR, least - float(value))), max(0.0, more)


class Tables(Generic[K]):
    """The tables that have the same figures served as the true one, as differences from it."""

    def __init__(self, table: SumTable[K], served: Collection[K], ranges: Ranges[K]) -> None:
        self._free = [key for key in table.smallest if key not in served]
        self._place = {key: place for place, key in enumerate(self._free)}
        self._totals = {
            total: sorted(self._place[part] for part in parts if part in self._place)
            for total, parts in table.totals.items()
        }
        rows: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[float, float]] = {}
        for total, places in self._totals.items():
            low, high = (0.0, 0.0) if total in served else ranges.of(total)
            known_low, known_high = rows.get((tuple(places), ()), (low, high))
            rows[tuple(places), ()] = max(low, known_low), min(high, known_high)
        for one, other in table.alike:
            sides = (
                sorted(self._place[key] for key in side if key in self._place) for side in (one - other, other - one)
            )
            plus, minus = map(tuple, sides)
            rows[plus, minus] = (0.0, 0.0)
        rows.pop(((), ()), None)
        self._ranges = [ranges.of(key) for key in self._free]
        self._rows = {row: (place, bounds) for place, (row, bounds) in enumerate(rows.items())}
        self._solver = _solver(self._ranges, rows)

    def narrowed_down(self, wanted: Iterable[K], known: Iterable[K] = ()) -> set[K]:
        """Return those of the figures that have no other value in any of the tables, nor in those with the known."""
        columns, totals = [], {}
        for key in known:
            if key in self._place:
                columns.append(self._place[key])
            elif places := self._totals.get(key):
                place, bounds = self._rows[tuple(places), ()]
                totals[place] = bounds
        self._bound(columns, [(0.0, 0.0)] * len(columns))
        for place in totals:
            self._solver.changeRowBounds(place, 0.0, 0.0)
        try:
            return self._narrowed_down(wanted)
        finally:
            self._bound(columns, [self._ranges[place] for place in columns])
            for place, bounds in totals.items():
                self._solver.changeRowBounds(place, *bounds)

    def _bound(self, columns: Sequence[int], bounds: Sequence[tuple[float, float]]) -> None:
        if columns:
            low, high = np.array(bounds).T
            self._solver.changeColsBounds(len(columns), np.array(columns, dtype=np.int32), low.copy(), high.copy())

    def _narrowed_down(self, wanted: Iterable[K]) -> set[K]:
        places = {key: self._totals.get(key) or [self._place[key]] for key in wanted if self._is_hidden(key)}
        left = dict.fromkeys(places)
        random, barren = Random(0), 0  # noqa: S311  no secret: it only decides which tables are tried first
        while left and barren < MOST_BARREN_TABLES:
            cost = np.zeros(len(self._free))
            for key in left:
                cost[places[key]] += random.choice((-1, 1))
            found = self._differing(cost, left, places)
            barren = 0 if found else barren + 1
            left = {key: None for key in left if key not in found}
        narrowed = set()
        while left:
            key = next(iter(left))
            cost = np.zeros(len(self._free))
            cost[places[key]] = 1
            found = self._differing(cost, left, places)
            if key not in found:
                found |= self._differing(-cost, left, places)
            if key not in found:
                narrowed.add(key)
            left = {one: None for one in left if one not in found and one != key}
        return narrowed

    def _is_hidden(self, key: K) -> bool:
        return key in self._place or bool(self._totals.get(key))

    def _differing(self, cost: Vector, keys: Iterable[K], places: Mapping[K, list[int]]) -> set[K]:
        """Return those of the figures that differ from the truth in the table for which the cost is greatest."""
        columns = np.arange(len(self._free), dtype=np.int32)
        self._solver.changeColsCost(len(columns), columns, cost)
        difference = self._solution()
        if np.abs(difference - np.rint(difference)).max() > ALMOST:
            self._solver.changeColsIntegrality(len(columns), columns, np.ones(len(columns), dtype=np.uint8))
            difference = self._solution()
            self._solver.changeColsIntegrality(len(columns), columns, np.zeros(len(columns), dtype=np.uint8))
        difference = np.rint(difference)
        return {key for key in keys if difference[places[key]].sum() != 0}

    def _solution(self) -> Vector:
        """Return the best table that is found; the true one, if none is."""
        self._solver.run()
        if self._solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return np.zeros(len(self._free))
        return np.array(self._solver.getSolution().col_value)


class _QuietSolver(highspy.Highs):
    """A solver without callbacks: to enable them, it would write its name and licence to our output."""

    def enableCallbacks(self) -> None:  # noqa: N802  the library's name
        """Enable none."""


def _solver(
    columns: Sequence[tuple[float, float]],
    rows: Mapping[tuple[tuple[int, ...], tuple[int, ...]], tuple[float, float]],
) -> highspy.Highs:
    """Return a solver of a program whose columns and rows have these bounds; a row adds columns, less others."""
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(columns), len(rows)
    program.col_cost_ = np.zeros(len(columns))
    program.col_lower_ = np.array([low for low, _ in columns], dtype=float)
    program.col_upper_ = np.array([high for _, high in columns], dtype=float)
    program.row_lower_ = np.array([low for low, _ in rows.values()], dtype=float)
    program.row_upper_ = np.array([high for _, high in rows.values()], dtype=float)
    matrix = program.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_ = np.cumsum([0, *(len(plus) + len(minus) for plus, minus in rows)], dtype=np.int32)
    matrix.index_ = np.array([place for plus, minus in rows for place in (*plus, *minus)], dtype=np.int32)
    matrix.value_ = np.array([sign for plus, minus in rows for sign in (*(1.0 for _ in plus), *(-1.0 for _ in minus))])
    program.sense_ = highspy.ObjSense.kMaximize
    solver = _QuietSolver()  # type: ignore[no-untyped-call]  # the library tells no types of it
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_max_nodes", MOST_NODES)
    solver.passModel(program)
    return solver
