"""Which row names the columns: the one with the words of a header, below a title and above what the columns hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from services.api.imports.proposals.vocabulary import is_known
from shared.domain.matching import trimmed
from shared.files.cells import is_blank, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.api.imports.proposals.sheets import Row
    from shared.files.cells import Cell

# Rows that are looked at for a header, and how long a name of a column is at most.
MOST_LOOKED_AT: Final = 30
_LONGEST_NAME: Final = 80
_KNOWN, _TEXT, _OTHER = 3.0, 0.5, -2.0
_FEWEST_NAMES: Final = 2
# A row that fits nearly as well as the best may be it.
_NEAR: Final = 0.75


@dataclass(frozen=True, slots=True)
class HeaderGuess:
    """The row that names the columns; 0 where there is none. `other` is another that may be it.

    `first` is the first row of a header that has several.
    """

    row: int
    names: tuple[str, ...]
    first: int
    is_sure: bool
    other: int | None = None


def find_header(head: Sequence[Row], row: int | None = None) -> HeaderGuess:
    """Return the header among the first rows of a sheet, or the row that somebody has named."""
    if row is not None:
        found = next((one for one in head if one.number == row), None)
        return HeaderGuess(row, _names(found.cells if found else ()), row, is_sure=True)
    scored = sorted(((_score(one.cells), -one.number) for one in head[:MOST_LOOKED_AT]), reverse=True)
    best, number = scored[0][0], -scored[0][1]
    cells = next(one.cells for one in head if one.number == number)
    if best <= 0:
        return HeaderGuess(0, (), 0, is_sure=False)
    known = _known(cells)
    rivals = [-minus for score, minus in scored[1:3] if score >= _NEAR * best and score > 0]
    guess = HeaderGuess(number, _names(cells), number, known >= _FEWEST_NAMES and not rivals, next(iter(rivals), None))
    return _with_rows_above(guess, head)


def _with_rows_above(guess: HeaderGuess, head: Sequence[Row]) -> HeaderGuess:
    """Take the row above for a part of the header where it names groups of columns, as merged cells do."""
    above = next((one for one in head if one.number == guess.row - 1), None)
    if above is None:
        return guess
    filled = [cell for cell in above.cells if not is_blank(cell)]
    names = sum(1 for name in guess.names if name)
    if len(filled) >= _FEWEST_NAMES and len(filled) < names and all(isinstance(cell, str) for cell in filled):
        return replace(guess, first=above.number)
    return guess


def _names(cells: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(trimmed(" ".join(text_of(cell).split())) for cell in cells)


def _known(cells: Sequence[Cell]) -> int:
    return sum(1 for cell in cells if isinstance(cell, str) and not is_blank(cell) and is_known(cell))


def _score(cells: Sequence[Cell]) -> float:
    """Return how much a row looks like a header: words for fields, texts that are short, and nothing else."""
    score, names = 0.0, 0
    for cell in cells:
        if is_blank(cell):
            continue
        if not isinstance(cell, str) or len(cell) > _LONGEST_NAME or any(map(str.isdecimal, cell[:1])):
            score += _OTHER
            continue
        names += 1
        score += _KNOWN if is_known(cell) else _TEXT
    return score if names >= _FEWEST_NAMES else 0
