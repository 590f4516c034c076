"""Cells of a file that somebody has corrected on a page: the file stays as it was sent, and is read with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from shared.files.table import column_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shared.files.cells import Cell

# What cells hold now, by row as a spreadsheet program numbers it, and by column from 0.
CorrectedRows = dict[int, dict[int, str]]

_CELL: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)


def position_of(cell: str) -> tuple[int, int] | None:
    """Return the row and the column, from 0, of a cell such as A6; None if it names none that is read."""
    parts = _CELL.fullmatch(cell)
    index = column_index(parts[1]) if parts else None
    return None if parts is None or index is None else (int(parts[2]), index)


def rows_by_number(cells: Iterable[tuple[str, str]]) -> CorrectedRows:
    """Return what cells hold, which are given by their names."""
    rows: CorrectedRows = {}
    for name, content in cells:
        position = position_of(name)
        if position is not None:
            rows.setdefault(position[0], {})[position[1]] = content
    return rows


def corrected(row: Sequence[Cell], changes: Mapping[int, str]) -> Sequence[Cell]:
    """Return a row with other contents of some of its cells."""
    cells = [*row, *[""] * (max(changes) + 1 - len(row))]
    for index, content in changes.items():
        cells[index] = content
    return cells
