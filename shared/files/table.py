"""Finds the table in a file: where its rows are, and which of them names the columns.

What is named is taken; what is not is guessed by the columns that are wanted. Before its header there may be a title,
beside the table remarks without a heading, and between its rows empty ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from shared.domain.errors import Violation
from shared.domain.matching import folded, trimmed
from shared.files.cells import is_blank, text_of
from shared.files.csv_records import Record

NO_HEADER: Final = 0
# How many rows a title may have.
MOST_TITLE_ROWS: Final = 20
MOST_COLUMNS: Final = 1000
_COLUMN_LETTERS: Final = re.compile(r"[A-Z]{1,3}", re.ASCII)

_TOO_MANY_COLUMNS: Final = Violation(
    "", f"has more than {MOST_COLUMNS} columns", "Leave out those that are not to be read."
)


class FaultyTable(Exception):
    """A file holds no table that can be read."""

    def __init__(self, detail: str, violations: Sequence[Violation] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.violations = tuple(violations)


class Fit(NamedTuple):
    """How many of a row's cells name a column that is wanted, and whether it is a header that will do."""

    found: int
    is_header: bool


Fits = Callable[[Sequence[str]], Fit]


@dataclass(frozen=True, slots=True)
class TableForm:
    """How a file is written, as far as someone says so; None is found out. `header_row` is 0 where there is none."""

    delimiter: str | None = None
    charset: str | None = None
    header_row: int | None = None


class Header(NamedTuple):
    """The row that names the columns, or what is wrong with it; without one, columns are named A, B and so on.

    `found` is how many of the columns that are wanted it names; no other row names more.
    """

    number: int
    names: Sequence[str] | Violation
    found: int
    is_fit: bool


def column_letters(index: int) -> str:
    """Return how a spreadsheet program names a column, counted from 0: A, B, …, Z, AA."""
    letters = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def column_index(name: str) -> int | None:
    """Return the number, from 0, of a column named by its letters; None if they name none that is read."""
    letters = name.strip().upper()
    if not _COLUMN_LETTERS.fullmatch(letters):
        return None
    index = -1
    for letter in letters:
        index = (index + 1) * 26 + ord(letter) - ord("A")
    return index if index < MOST_COLUMNS else None


def wants(columns: Iterable[str]) -> Fits:
    """Return what tells a header by the columns that it must have."""
    wanted = {folded(column) for column in columns}

    def fit(names: Sequence[str]) -> Fit:
        found = len(wanted.intersection(map(folded, names)))
        return Fit(found, found == len(wanted))

    return fit


class HeaderSearch:
    """Looks at rows until one is the header."""

    def __init__(self, fits: Fits, header_row: int | None = None) -> None:
        self._fits = fits
        self._header_row = header_row
        self._best: Header | None = None
        self._looked_at = 0

    def look(self, records: Iterable[Record], *, is_last: bool = False) -> Header | None:
        """Return the header: the first row that will do, else the best of all, once they have been seen."""
        if self._header_row == NO_HEADER:
            return Header(0, [column_letters(index) for index in range(MOST_COLUMNS)], 0, is_fit=True)
        for record in records:
            if self._header_row is None:
                header = self._judged(record)
                if header.is_fit:
                    return header
                self._looked_at += 1
                if self._best is None or header.found > self._best.found:
                    self._best = header
                if self._looked_at == MOST_TITLE_ROWS:
                    return self._best
            elif record.number >= self._header_row:
                return self._judged(record)._replace(is_fit=True)
        return self._best if is_last else None

    def _judged(self, record: Record) -> Header:
        if isinstance(record.cells, Violation):
            return Header(record.number, record.cells, -1, is_fit=False)
        names = [trimmed(text_of(cell)) for cell in record.cells[:MOST_COLUMNS]]
        fit = self._fits(names)
        if not all(map(is_blank, record.cells[MOST_COLUMNS:])):
            return Header(record.number, _TOO_MANY_COLUMNS, fit.found, is_fit=False)
        return Header(record.number, names, *fit)


def filled(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the rows that say anything; what is wrong with one is no less."""
    for record in records:
        _, cells = record
        # Most rows begin with a cell that is not blank; of those that do not, most cells are empty texts.
        if isinstance(cells, Violation) or not is_blank(cells[0]) or any(cell and not is_blank(cell) for cell in cells):
            yield record


class Table:
    """The rows of one table, whose records come some at a time."""

    def __init__(self, search: HeaderSearch) -> None:
        self._search = search
        self._waiting: list[Record] = []
        self.header: Header | None = None

    def take(self, records: Iterable[Record], *, is_last: bool = False) -> list[Record]:
        """Return the rows below the header, once it is known; empty ones are none."""
        rows = [*filled(records)]
        if self.header is not None:
            return rows
        self._waiting += rows
        self.header = self._search.look(rows, is_last=is_last)
        if self.header is None:
            return []
        rows, self._waiting = self._waiting, []
        return [record for record in rows if record.number > self.header.number]


class WorkbookTable:
    """The rows of a workbook's first sheet with a header that will do."""

    def __init__(self, fits: Fits, header_row: int | None = None) -> None:
        self._fits = fits
        self._header_row = header_row
        self._sheet: Table | None = None
        self._best: Header | None = None

    @property
    def header(self) -> Header | None:
        """The row that names the columns, once it has been found; at the end, the best there is."""
        found = self._sheet.header if self._sheet else None
        return found if found is not None and found.is_fit else self._best

    def begin_sheet(self) -> bool:
        """Go on to a sheet, or return False: the table has been read."""
        self._end_sheet()
        if self.header is not None and self.header.is_fit:
            return False
        self._sheet = Table(HeaderSearch(self._fits, self._header_row))
        return True

    def take(self, records: Iterable[Record]) -> list[Record]:
        """Return the rows below the header, once it is known."""
        if self._sheet is None:
            return []
        return self._of_table(self._sheet.take(records))

    def finish(self) -> list[Record]:
        """Return the last rows."""
        return self._of_table(self._end_sheet())

    def _end_sheet(self) -> list[Record]:
        if self._sheet is None:
            return []
        rows = self._sheet.take([], is_last=True)
        header = self._sheet.header
        if header is not None and (self._best is None or header.found > self._best.found or header.is_fit):
            self._best = header
        return rows

    def _of_table(self, rows: list[Record]) -> list[Record]:
        """Return the rows, but none of a sheet whose header will not do: a later one may be the table."""
        return rows if self.header is not None and self.header.is_fit else []
