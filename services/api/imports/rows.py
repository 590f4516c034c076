"""Turns a file, as it arrives, into rows: drafts of records, or why there is none.

Pieces are cut into lines, and lines of CSV put together to records, so that no more of a file is in memory than a line
or record, and a broken one costs no other.
"""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

import orjson

from services.api.http.problems import InvalidImport
from services.api.imports.columns import Columns
from services.api.imports.mappings.schemas import FileFormat, MappingContent
from services.api.imports.record_type import D, F, K, Reading, RecordType
from services.api.imports.workbooks import csv_of
from shared.domain.errors import Violation

CSV = "text/csv"
NDJSON = "application/x-ndjson"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

LONGEST_LINE = 1024 * 1024
# A stretch is read in a few milliseconds; in between the server does other work, such as writing the chunk before.
LINES_AT_A_STRETCH = 100

NOT_JSON = Violation("", "is not JSON in UTF-8", "Write one record as a JSON object on each line.")
BROKEN = Violation("", "is no record of a CSV file: a quote is out of place", "Quote as RFC 4180 says.")
TOO_LONG = Violation("", f"is longer than {LONGEST_LINE} bytes", "Shorten it, or close the quote that it opens.")
NUL = Violation("", "holds a NUL character", "Leave the character out.")

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

T = TypeVar("T")
# A draft, or why there is none; None is a row that the mapping passes over.
Row: TypeAlias = T | Violation | None


def rows_of(
    media_type: str,
    pieces: AsyncIterator[bytes],
    kind: RecordType[D, F, K],
    mapping: MappingContent | None,
    reading: Reading,
) -> AsyncIterator[list[Row[D]]]:
    """Return the rows of a file, some at a time. The first, which may be none, say that it can be read at all.

    Raises, once they are asked for:
        InvalidImport: the file is empty, its header lacks a column, or it is no workbook.

    """
    if media_type == NDJSON:
        return _ndjson_rows(pieces, kind.from_json)
    if media_type == XLSX:
        return _table_rows(csv_of(pieces), FileFormat(), kind, mapping, reading)
    return _table_rows(pieces, mapping.format if mapping else FileFormat(), kind, mapping, reading)


async def _table_rows(
    pieces: AsyncIterator[bytes],
    form: FileFormat,
    kind: RecordType[D, F, K],
    mapping: MappingContent | None,
    reading: Reading,
) -> AsyncIterator[list[Row[D]]]:
    records = CsvRecords(form)
    columns: Columns | None = None
    async for lines, is_last in _to_the_end(lines_of(pieces)):
        found = records.read(lines, is_last=is_last)
        if columns is None:
            header = next(found, None)
            if header is None:
                continue
            if isinstance(header, Violation):
                raise InvalidImport("The row of column names cannot be read.", [header])
            columns = Columns(header, mapping, reading)
        yield [_row(record, columns, kind.from_cells) for record in found]
    if columns is None:
        raise InvalidImport("The file is empty: it has not even a row of column names.")


async def _ndjson_rows(pieces: AsyncIterator[bytes], read: Callable[[object], D]) -> AsyncIterator[list[Row[D]]]:
    is_empty = True
    async for lines in lines_of(pieces):
        rows = [_of_line(line, read) for line in lines if line is None or line.strip()]
        if rows:
            is_empty = False
            yield rows
    if is_empty:
        raise InvalidImport("The file is empty.")


async def _to_the_end(batches: AsyncIterator[list[bytes | None]]) -> AsyncIterator[tuple[Sequence[bytes | None], bool]]:
    """Yield the batches, and at last an empty one that says so."""
    async for batch in batches:
        yield batch, False
    yield (), True


def _row(
    record: Sequence[str] | Violation, columns: Columns, of_cells: Callable[[dict[str, Any], Sequence[Violation]], D]
) -> Row[D]:
    if isinstance(record, Violation):
        return record
    read = columns.read(record)
    if read is None:
        return None
    document, faults = read
    if faults and not faults[0].field:
        return faults[0]
    return of_cells(document, faults)


def _of_line(line: bytes | None, read: Callable[[object], D]) -> Row[D]:
    if line is None:
        return TOO_LONG
    try:
        return read(orjson.loads(line))
    except orjson.JSONDecodeError:
        return NOT_JSON


async def lines_of(pieces: AsyncIterator[bytes]) -> AsyncIterator[list[bytes | None]]:
    """Yield the lines that arrive, a stretch at a time and without their newline; None is one too long, let go."""
    partial = b""
    is_too_long = False
    async for piece in pieces:
        first, *rest = piece.split(b"\n")
        partial += first
        lines: list[bytes | None] = []
        if rest:
            lines = [None if is_too_long else partial, *rest[:-1]]
            is_too_long = False
            partial = rest[-1]
        if is_too_long or len(partial) > LONGEST_LINE:
            is_too_long, partial = True, b""
        for start in range(0, len(lines), LINES_AT_A_STRETCH):
            stretch = lines[start : start + LINES_AT_A_STRETCH]
            yield [line if line is not None and len(line) <= LONGEST_LINE else None for line in stretch]
    if partial or is_too_long:
        yield [None if is_too_long else partial]


class _BadLine(Exception):
    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.reason)
        self.violation = violation


class CsvRecords:
    """Takes lines as they come; a record that is still open when they end waits until more come."""

    def __init__(self, form: FileFormat) -> None:
        self._form = form
        self._open_lines: list[bytes | None] = []
        self._is_first = True

    def read(self, lines: Sequence[bytes | None], *, is_last: bool = False) -> Iterator[list[str] | Violation]:
        """Yield the cells of each record, or what is wrong with it. Blank lines are no records.

        When a record cannot be read, its first line is let go and reading goes on with the next.
        """
        pending = [*self._open_lines, *lines]
        if self._is_first and pending:
            pending[0] = pending[0] and pending[0].removeprefix(_BYTE_ORDER_MARK)
            self._is_first = False
        self._open_lines = []
        start = 0
        while start < len(pending):
            source = _Lines(pending, start, self._form.encoding)
            reader = csv.reader(source, delimiter=self._form.delimiter, strict=True)
            done = 0
            try:
                for record in reader:
                    done = reader.line_num
                    if record:
                        yield record
            except _BadLine as error:
                violation = error.violation if source.line_num == done + 1 else BROKEN
            except csv.Error:
                opened = pending[start + done :]
                if source.is_exhausted and not is_last and sum(map(len, filter(None, opened))) <= LONGEST_LINE:
                    self._open_lines = opened
                    return
                violation = TOO_LONG if source.is_exhausted and not is_last else BROKEN
            else:
                return
            yield violation
            start += done + 1


class _Lines:
    """The lines from one on, decoded."""

    def __init__(self, lines: Sequence[bytes | None], start: int, encoding: str) -> None:
        self._lines = lines
        self._next = start
        self._start = start
        self._encoding = encoding
        self.is_exhausted = False

    @property
    def line_num(self) -> int:
        """How many lines have been asked for."""
        return self._next - self._start

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._next == len(self._lines):
            self.is_exhausted = True
            raise StopIteration
        line = self._lines[self._next]
        self._next += 1
        if line is None:
            raise _BadLine(TOO_LONG)
        if b"\0" in line:
            raise _BadLine(NUL)
        try:
            return line.decode(self._encoding) + "\n"
        except UnicodeDecodeError:
            remedy = "Save the file in that encoding, or name its own in the mapping."
            raise _BadLine(Violation("", f"is not text in {self._encoding}", remedy)) from None
