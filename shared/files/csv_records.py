"""Puts lines together to the records of a CSV file (RFC 4180), in time that grows with the file and no faster."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.domain.errors import Violation
from shared.files.encodings import LONGEST_LINE, TOO_LONG

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from shared.files.cells import Cell

BROKEN: Final = Violation("", "is no record of a CSV file: a quote is out of place", "Quote as RFC 4180 says.")
# No program's table is wider; so many cells that say nothing would be looked at one by one.
MOST_CELLS: Final = 16_384
TOO_MANY_CELLS: Final = Violation("", f"has more than {MOST_CELLS} cells", "Leave out those that are not to be read.")
# A line takes as long as so many characters, however short it is.
_LINE_SIZE: Final = 200
# Lines may be read a second time after a broken one, but not again and again: so much of them for what has been read,
# and so much at most at a time.
_REREADS: Final = 4
_FREE_REREADS: Final = 200_000
_MOST_REREADS: Final = 4 * LONGEST_LINE
# The rest of a quoted cell, with the quote that ends it.
_QUOTED: Final = re.compile(r'(?:[^"]++|"")*+"')


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
        self._rereads_left = _FREE_REREADS

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
                    position += 1
                    self._count(1, _LINE_SIZE)
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
                self._count(len(self._open), self._open_size)
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
                    yield Record(self._number + done + 1, _bounded(cells))
                done = reader.line_num
        except csv.Error:
            pass  # one is left open, or broken: it is looked at by itself
        self._count(done, done * _LINE_SIZE)
        return done

    def _count(self, lines: int, size: int) -> None:
        """Count lines that are done with."""
        self._number += lines
        self._rereads_left = min(self._rereads_left + _REREADS * size, _MOST_REREADS)

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
            self._open_size += len(line) + _LINE_SIZE
            is_open_now = self._is_open_after(line, is_open=is_open)
            if is_open_now is None:
                return position, BROKEN
            if not is_open_now:
                return position, self._cells()
            if self._open_size > LONGEST_LINE:
                is_text = self._open_size - len(self._open) * _LINE_SIZE > LONGEST_LINE
                return position, TOO_LONG if is_text else BROKEN
            is_open = True
        return position, None

    def _cells(self) -> list[str] | Violation:
        try:
            return _bounded(next(csv.reader(self._open, delimiter=self._delimiter, strict=True), []))
        except csv.Error:
            return BROKEN

    def _let_go(self) -> list[str]:
        """Return the lines of the open record that are to be read anew: all but its first, if there is time for it."""
        again = self._open[1:] if self._rereads_left > 0 else []
        self._rereads_left -= self._open_size
        gone = len(self._open) - len(again)
        self._count(gone, self._open_size if gone > 1 else _LINE_SIZE)
        self._open, self._open_size = [], 0
        return again

    def _is_open_after(self, line: str, *, is_open: bool) -> bool | None:
        """Tell whether a quoted cell goes on after the line; None if a quote in it is out of place."""
        position = 0
        for _ in range(MOST_CELLS):
            if is_open:
                quoted = _QUOTED.match(line, position)
                if quoted is None:
                    return True
                position, is_open = quoted.end(), False
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
        return None


def _bounded(cells: list[str]) -> list[str] | Violation:
    return TOO_MANY_CELLS if len(cells) > MOST_CELLS else cells


def _texts(lines: Sequence[str | Violation], start: int) -> Iterator[str]:
    """Yield lines from one on, until there is none."""
    for position in range(start, len(lines)):
        line = lines[position]
        if isinstance(line, Violation):
            return
        yield line
