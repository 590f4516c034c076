"""What someone has learnt of whole numbers that are hidden: sums of them within bounds; and which have one value left.

It shares no code with what decides which figures are shown. HiGHS, a solver of mixed-integer programs, is asked for the
least and the greatest value of each figure: two programs at most, fewer where a table already found has another value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import TypeVar

import highspy
import numpy as np

# Area, month, code, and which side of a share: those counted, or the others.
Cell = tuple[str, str, str, str]
Cells = frozenset[Cell]
K = TypeVar("K")
ALMOST = 1e-6
# No figure of these worlds is larger.
MOST = 10_000


Row = tuple[tuple[Cell, float], ...]


@dataclass
class Ledger:
    """Sums of cells, each from a least to a most, and by which channel that was learnt."""

    cells: list[Cell]
    entries: list[tuple[str, Row, float, float]] = field(default_factory=list)

    @property
    def channels(self) -> set[str]:
        """All by which something was learnt."""
        return {channel for channel, *_ in self.entries}

    def learn(self, channel: str, cells: Iterable[Cell], low: float, high: float) -> None:
        """Note that the sum of some cells is from `low` to `high`."""
        self.learn_weighted(channel, dict.fromkeys(cells, 1.0), low, high)

    def learn_weighted(self, channel: str, weights: Mapping[Cell, float], low: float, high: float) -> None:
        """Note the same of the cells times their weights."""
        self.entries.append((channel, tuple(sorted(weights.items())), low, high))

    def pinned(self, figures: Mapping[K, Cells], truth: Mapping[Cell, int], by: Collection[str]) -> set[K]:
        """Return the figures that can have no other value than the true one, for what was learnt by some channels."""
        rows = self._rows(by)
        wrong = [row for row, bounds in rows.items() if not _holds(row, bounds, truth)]
        assert wrong == [], wrong
        values = {key: sum(truth[cell] for cell in cells) for key, cells in figures.items()}
        program = _Program(self.cells, rows)
        left, pinned = dict(figures), set()
        while left:
            key = next(iter(left))
            for sign in (1, -1):
                table = program.extreme(left[key], sign)
                other = {one for one, cells in left.items() if sum(table[cell] for cell in cells) != values[one]}
                left = {one: cells for one, cells in left.items() if one not in other}
                if key in other:
                    break
            else:
                pinned.add(key)
                del left[key]
        return pinned

    def _rows(self, by: Collection[str]) -> dict[Row, tuple[float, float]]:
        rows: dict[Row, tuple[float, float]] = {}
        for channel, row, low, high in self.entries:
            if channel in by:
                known_low, known_high = rows.get(row, (-inf, inf))
                rows[row] = max(low, known_low), min(high, known_high)
        return rows


def _holds(row: Row, bounds: tuple[float, float], truth: Mapping[Cell, int]) -> bool:
    total = sum(weight * truth[cell] for cell, weight in row)
    return bounds[0] - ALMOST <= total <= bounds[1] + ALMOST


class _Program:
    """A mixed-integer program over all cells."""

    def __init__(self, cells: Collection[Cell], rows: Mapping[Row, tuple[float, float]]) -> None:
        self._place = {cell: place for place, cell in enumerate(cells)}
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(cells), len(rows)
        program.col_lower_, program.col_upper_ = np.zeros(len(cells)), np.full(len(cells), float(MOST))
        program.row_lower_ = np.array([low for low, _ in rows.values()], dtype=float)
        program.row_upper_ = np.array([high for _, high in rows.values()], dtype=float)
        program.integrality_ = [highspy.HighsVarType.kInteger] * len(cells)
        program.col_cost_ = np.zeros(len(cells))
        program.sense_ = highspy.ObjSense.kMaximize
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.cumsum([0, *map(len, rows)], dtype=np.int32)
        program.a_matrix_.index_ = np.array([self._place[cell] for row in rows for cell, _ in row], dtype=np.int32)
        program.a_matrix_.value_ = np.array([weight for row in rows for _, weight in row])
        self._solver = _QuietSolver()  # type: ignore[no-untyped-call]  # the library tells no types of it
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        self._solver.passModel(program)

    def extreme(self, cells: Cells, sign: int) -> dict[Cell, int]:
        """Return the table in which the sum of some cells is greatest; for the sign -1, least."""
        costs = np.zeros(len(self._place))
        costs[[self._place[cell] for cell in cells]] = sign
        self._solver.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs)
        self._solver.run()
        assert self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        found = np.rint(np.array(self._solver.getSolution().col_value)).astype(int)
        return {cell: int(found[place]) for cell, place in self._place.items()}


class _QuietSolver(highspy.Highs):
    """A solver without callbacks: to enable them, it would write its name and licence to the output."""

    def enableCallbacks(self) -> None:  # noqa: N802  the library's name
        """Enable none."""
