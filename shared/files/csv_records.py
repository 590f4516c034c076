"""Puts lines together to the records of a CSV file (RFC 4180), in time that grows with the file and no faster."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.domain.errors import Violation
from shared.files.encodings import LONGEST_LINE, TOO_LONG

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from shared.files.cells import Cell

BROKEN: Final = Violation("", "is no record of a CSV file: a quote is out of place", "Quote as RFC 4180 says.")
# Lines may be read a second time after a broken one, but not again and again.
_REREADS_PER_LINE, _FREE_REREADS = 4, 1000


class Record(NamedTuple):
    """A row by the number that a person's program shows: its cells, or what is wrong with it."""

    number: int
    cells: Sequence[Cell] | Violation


class CsvRecords:
    """Takes lines as they come; a record that is still open when they end waits until more come."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        # How many lines lie before the open record, or before what comes next.
        self._number = 0
        self._open: list[str] = []
        self._open_size = 0
        self._rereads = 0

    def read(self, lines: Sequence[str | Violation], *, is_last: bool = False) -> Iterator[Record]:
        """Yield the records, by the number of their first line; blank lines are none.

        When a record cannot be read, its first line is let go and reading goes on with the next.
        """
        position = 0
        is_carried = bool(self._open)
        while True:
            if not self._open:
                position += yield from self._read_whole(lines, position)
                if position == len(lines):
                    return
                line = lines[position]
                if isinstance(line, Violation):
                    position, self._number = position + 1, self._number + 1
                    yield Record(self._number, line)
                    continue
            begin = position
            position, outcome = self._extend(lines, position)
            if outcome is None and not is_last:
                return
            if outcome is None or isinstance(outcome, Violation):
                yield Record(self._number + 1, outcome or BROKEN)
                again = self._let_go()
                if is_carried:
                    lines, position = [*again, *lines[position:]], 0
                else:
                    position = begin + 1 if again else position
                is_carried = False
            else:
                number, is_carried = self._number + 1, False
                self._number += len(self._open)
                self._open, self._open_size = [], 0
                if outcome:
                    yield Record(number, outcome)

    def _read_whole(self, lines: Sequence[str | Violation], start: int) -> Generator[Record, None, int]:
        """Yield the records from one line on for as long as all is well, and return how many lines they have."""
        reader = csv.reader(_texts(lines, start), delimiter=self._delimiter, strict=True)
        done = 0
        try:
            for cells in reader:
                if cells:
                    yield Record(self._number + done + 1, cells)
                done = reader.line_num
        except csv.Error:
            pass  # one is left open, or broken: it is looked at by itself
        self._number += done
        return done

    def _extend(self, lines: Sequence[str | Violation], position: int) -> tuple[int, list[str] | Violation | None]:
        """Add lines to the open record; return the position after them, and its cells or what is wrong with it.

        The latter is None when the lines end before the record does.
        """
        is_open = bool(self._open)
        while position < len(lines):
            line = lines[position]
            if isinstance(line, Violation):
                return position, BROKEN
            position += 1
            self._open.append(line)
            self._open_size += len(line)
            is_open_now = self._is_open_after(line, is_open=is_open)
            if is_open_now is None:
                return position, BROKEN
            if not is_open_now:
                return position, self._cells()
            if self._open_size > LONGEST_LINE:
                return position, TOO_LONG
            is_open = True
        return position, None

    def _cells(self) -> list[str] | Violation:
        try:
            return next(csv.reader(self._open, delimiter=self._delimiter, strict=True), [])
        except csv.Error:
            return BROKEN

    def _let_go(self) -> list[str]:
        """Return the lines of the open record that are to be read anew: all but its first, if there is time for it."""
        again = self._open[1:]
        self._rereads += len(again)
        if self._rereads > _REREADS_PER_LINE * self._number + _FREE_REREADS + len(again):
            again = []
        self._number += len(self._open) - len(again)
        self._open, self._open_size = [], 0
        return again

    def _is_open_after(self, line: str, *, is_open: bool) -> bool | None:
        """Tell whether a quoted cell goes on after the line; None if a quote in it is out of place."""
        position = 0
        while True:
            if is_open:
                quote = line.find('"', position)
                if quote < 0:
                    return True
                position = quote + 1
                if line.startswith('"', position):
                    position += 1
                    continue
                is_open = False
                if not line.startswith(self._delimiter, position):
                    return False if line[position:] in {"\n", "\r\n", ""} else None
                position += 1
            if line.startswith('"', position):
                position, is_open = position + 1, True
                continue
            delimiter = line.find(self._delimiter, position)
            if delimiter < 0:
                return False
            position = delimiter + 1


def _texts(lines: Sequence[str | Violation], start: int) -> Iterator[str]:
    """Yield lines from one on, until there is none."""
    for position in range(start, len(lines)):
        line = lines[position]
        if isinstance(line, Violation):
            return
        yield line
