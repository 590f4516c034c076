"""Reads a table in a text file (CSV) that arrives piece by piece, and finds out what parts its cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from shared.domain.errors import Violation
from shared.files.csv_records import CsvRecords, Record
from shared.files.encodings import LineDecoder, LineSplitter
from shared.files.table import Fits, Header, HeaderSearch, Table, TableForm, filled

DELIMITERS: Final = (",", ";", "\t", "|")
LINES_AT_A_STRETCH: Final = 100
# How many characters a title may have; how many lines, for blank ones are no rows.
_LARGEST_TITLE: Final = 256 * 1024
_MOST_TITLE_LINES: Final = 5000
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(?P<delimiter>[^"\r\n])"?\s*', re.IGNORECASE)


class CsvTable:
    """The rows of a CSV file that arrives piece by piece."""

    def __init__(self, form: TableForm, fits: Fits) -> None:
        self._delimiter = form.delimiter
        self._header_row = form.header_row
        self._fits = fits
        self._lines = LineSplitter(form.charset)
        self._decoder = LineDecoder(form.charset)
        # Until it is known what parts the cells: the lines so far, and how many characters they have.
        self._waiting: list[str | Violation] = []
        self._waiting_size = 0
        self._guesses = [_Guess(delimiter, HeaderSearch(fits, form.header_row)) for delimiter in DELIMITERS]
        self._records: CsvRecords | None = None
        self._table = Table(HeaderSearch(fits, form.header_row))

    @property
    def header(self) -> Header | None:
        """The row that names the columns, once it has been found."""
        return self._table.header

    def take(self, piece: bytes) -> Iterator[list[Record]]:
        """Yield the rows that are complete now, a stretch of the file at a time."""
        return self._read(self._lines.take(piece))

    def finish(self) -> Iterator[list[Record]]:
        """Yield the last rows."""
        yield from self._read(self._lines.finish())
        yield self._rows([], is_last=True)

    def _read(self, lines: Sequence[bytes | None]) -> Iterator[list[Record]]:
        for start in range(0, len(lines), LINES_AT_A_STRETCH):
            decoded = [*self._decoder.decode(lines[start : start + LINES_AT_A_STRETCH])]
            yield self._rows(decoded, is_last=False)

    def _rows(self, lines: list[str | Violation], *, is_last: bool) -> list[Record]:
        if self._records is None:
            if not self._waiting:
                self._heed_separator_line(lines)
            self._waiting += lines
            delimiter = self._delimiter or self._guessed(lines, is_last=is_last)
            if delimiter is None:
                return []
            self._records = CsvRecords(delimiter)
            lines, self._waiting = self._waiting, []
        return self._table.take(self._records.read(lines, is_last=is_last), is_last=is_last)

    def _heed_separator_line(self, lines: list[str | Violation]) -> None:
        """Take the file's own word for what parts its cells, in a first line that is a row to no program."""
        first = lines[0] if lines else None
        named = separator_in(first) if isinstance(first, str) else None
        if named:
            self._delimiter = named
            lines[0] = "\n"

    def _guessed(self, lines: Sequence[str | Violation], *, is_last: bool) -> str | None:
        """Return what parts the cells: that by which a row is the header, or most of one; None until one is."""
        self._waiting_size += sum(len(line) for line in lines if isinstance(line, str))
        is_last = is_last or self._waiting_size > _LARGEST_TITLE or len(self._waiting) > _MOST_TITLE_LINES
        for guess in self._guesses:
            guess.take(lines, is_last=is_last)
        fits = [(guess.fit, -position) for position, guess in enumerate(self._guesses) if guess.fit is not None]
        if not fits:
            return DELIMITERS[0] if is_last else None
        _, position = max(fits)
        return DELIMITERS[-position]


def separator_in(line: str) -> str | None:
    """Return what parts the cells of a file, where its first line says so, such as `sep=;`."""
    named = _SEPARATOR_LINE.fullmatch(line)
    return named["delimiter"] if named else None


class _Guess:
    """Reads the first lines of a file as one delimiter would have them, each once."""

    def __init__(self, delimiter: str, search: HeaderSearch) -> None:
        self._records = CsvRecords(delimiter)
        self._search = search
        self._rows: list[Record] = []
        # How many wanted columns the header names, and how many it names at all, once it has been found.
        self.fit: tuple[int, int] | None = None

    def take(self, lines: Sequence[str | Violation], *, is_last: bool) -> None:
        """Look for the header in further lines."""
        if self.fit is not None:
            return
        rows = [*filled(self._records.read(lines, is_last=is_last))]
        self._rows += rows
        header = self._search.look(rows, is_last=is_last)
        if header is None or not self._rows:
            return
        row = next(record for record in self._rows if record.number >= header.number)
        self.fit = header.found, 0 if isinstance(row.cells, Violation) else len(row.cells)
