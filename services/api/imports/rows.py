"""Turns a file, as it arrives, into rows: drafts of records, or why there is none.

A file is read a stretch at a time, so that no more of it is in memory than that, and a broken row costs no other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import orjson

from services.api.http.json_names import names_given_twice
from services.api.http.problems import InvalidImport
from services.api.imports.cell_readers import RecordReading
from services.api.imports.columns import Columns, header_fits
from services.api.imports.corrections import corrected
from services.api.imports.mappings.content import MappingContent
from services.api.imports.record_type import D, F, K, RecordType
from services.api.imports.workbooks import SheetStart, records_of
from shared.domain.errors import Violation
from shared.files.cells import Cell
from shared.files.csv_records import Record
from shared.files.csv_table import LINES_AT_A_STRETCH, CsvTable
from shared.files.encodings import LineDecoder, LineSplitter
from shared.files.media_types import NDJSON, XLSX
from shared.files.sheet_reader import SheetNotes
from shared.files.table import NO_HEADER, Header, TableForm, WorkbookTable
from shared.limits import Limits

# Of a line of JSON. The longest records have a few thousand characters.
LONGEST_RECORD = 128 * 1024
MOST_FIELDS = 200
TOO_LONG_RECORD = Violation("", f"is longer than {LONGEST_RECORD} characters", "Shorten it.")
TOO_MANY_FIELDS = Violation("", f"has more than {MOST_FIELDS} fields", "Leave out those that are not to be read.")
NOT_JSON = Violation("", "is not JSON", "Write one record as a JSON object on each line.")

T = TypeVar("T")
# A draft, or why there is none; None is a row that the mapping passes over.
Row: TypeAlias = T | Violation | None
# A row by the number that a person's program shows.
NumberedRow: TypeAlias = tuple[int, Row[T]]


@dataclass(frozen=True, slots=True)
class FileType:
    """What a client says of its file: its media type, the encoding of a text, and whether CSV has no header."""

    media_type: str
    charset: str | None = None
    has_no_header: bool = False

    def __str__(self) -> str:
        """Return it as a Content-Type."""
        charset = f"; charset={self.charset}" if self.charset else ""
        return self.media_type + charset + ("; header=absent" if self.has_no_header else "")


def rows_of(
    file_type: FileType,
    pieces: AsyncIterator[bytes],
    kind: RecordType[D, F, K],
    mapping: MappingContent | None,
    reading: RecordReading,
    limits: Limits,
) -> AsyncIterator[list[NumberedRow[D]]]:
    """Return the rows of a file, some at a time. The first, which may be none, say that it can be read at all.

    Raises, once they are asked for:
        InvalidImport: the file is empty, its header lacks a column, or it is no workbook.

    """
    if file_type.media_type == NDJSON:
        return _ndjson_rows(pieces, kind.from_json, file_type.charset)
    if file_type.media_type == XLSX:
        return _workbook_rows(pieces, kind, mapping, reading, limits)
    return _csv_rows(file_type, pieces, kind, mapping, reading)


async def _csv_rows(
    file_type: FileType,
    pieces: AsyncIterator[bytes],
    kind: RecordType[D, F, K],
    mapping: MappingContent | None,
    reading: RecordReading,
) -> AsyncIterator[list[NumberedRow[D]]]:
    form = mapping.table_form(file_type.charset) if mapping else TableForm(charset=file_type.charset)
    if file_type.has_no_header and form.header_row != NO_HEADER:
        fault = Violation("", "has no row of column names (header=absent)", "Name a mapping whose `headerRow` is 0.")
        raise InvalidImport("The columns have no names.", [fault])
    table = CsvTable(form, header_fits(mapping, kind.makes))
    columns: Columns | None = None
    async for stretch in _stretches(table, pieces):
        if columns is None and table.header is not None:
            columns = Columns(table.header, mapping, reading)
        if columns is not None:
            yield _drafts(stretch, columns, kind, mapping)
    _refuse_empty(table.header, form.header_row)


async def _stretches(table: CsvTable, pieces: AsyncIterator[bytes]) -> AsyncIterator[list[Record]]:
    async for piece in pieces:
        for stretch in table.take(piece):
            yield stretch
    for stretch in table.finish():
        yield stretch


async def _workbook_rows(
    pieces: AsyncIterator[bytes],
    kind: RecordType[D, F, K],
    mapping: MappingContent | None,
    reading: RecordReading,
    limits: Limits,
) -> AsyncIterator[list[NumberedRow[D]]]:
    header_row, sheet = (mapping.format.header_row, mapping.format.sheet) if mapping else (None, None)
    table = WorkbookTable(header_fits(mapping, kind.makes), header_row)
    columns: Columns | None = None
    async for records in records_of(pieces, limits, sheet):
        if isinstance(records, SheetStart):
            if not table.begin_sheet():
                break
            continue
        if isinstance(records, SheetNotes):
            continue
        rows = table.take(records)
        if columns is None and table.header is not None and table.header.is_fit:
            columns = Columns(table.header, mapping, reading, is_workbook=True)
        if columns is not None:
            yield _drafts(rows, columns, kind, mapping)
    rows = table.finish()
    _refuse_empty(table.header, header_row)
    if columns is None and table.header is not None:
        # It says what the header lacks.
        yield _drafts(rows, Columns(table.header, mapping, reading, is_workbook=True), kind, mapping)


def _drafts(
    records: Iterable[Record], columns: Columns, kind: RecordType[D, F, K], mapping: MappingContent | None
) -> list[NumberedRow[D]]:
    """Return the drafts of rows; one that says nothing in the columns that are read is none."""
    case_numbers = mapping.case_numbers if mapping else None
    changes = mapping.corrected_rows if mapping else {}
    rows: list[NumberedRow[D]] = []
    for number, cells in records:
        if mapping is not None and not mapping.is_read(number):
            continue
        if isinstance(cells, Violation):
            rows.append((number, cells))
            continue
        read = corrected(cells, changes[number]) if number in changes else cells
        if not columns.is_blank(read):
            row: Row[D] = _draft(number, read, columns, kind, case_numbers)
            rows.append((number, row))
    return rows


def _draft(
    number: int, cells: Sequence[Cell], columns: Columns, kind: RecordType[D, F, K], case_numbers: str | None
) -> Row[D]:
    read = columns.read(number, cells)
    if read is None:
        return None
    document, faults = read
    if faults and not faults[0].field:
        return faults[0]
    return kind.from_cells(document, faults, case_numbers)


def _refuse_empty(header: Header | None, header_row: int | None) -> None:
    if header is None and header_row:
        fault = Violation("", f"has no row {header_row}", "Mend the mapping's `headerRow`.")
        raise InvalidImport("The file has not the row that is to name the columns.", [fault])
    if header is None:
        raise InvalidImport("The file is empty: it has not even a row of column names.")


async def _ndjson_rows(
    pieces: AsyncIterator[bytes], read: Callable[[object], D], charset: str | None
) -> AsyncIterator[list[NumberedRow[D]]]:
    lines, decoder = LineSplitter(charset), LineDecoder(charset or "utf-8")
    number = 0
    is_empty = True
    async for batch in _batches(lines, pieces):
        for start in range(0, len(batch), LINES_AT_A_STRETCH):
            decoded = enumerate(decoder.decode(batch[start : start + LINES_AT_A_STRETCH]), number + 1)
            number += len(batch[start : start + LINES_AT_A_STRETCH])
            rows = [(at, _of_line(line, read)) for at, line in decoded if isinstance(line, Violation) or line.strip()]
            if rows:
                is_empty = False
                yield rows
    if is_empty:
        raise InvalidImport("The file is empty.")


async def _batches(lines: LineSplitter, pieces: AsyncIterator[bytes]) -> AsyncIterator[Sequence[bytes | None]]:
    async for piece in pieces:
        yield lines.take(piece)
    yield lines.finish()


def _of_line(line: str | Violation, read: Callable[[object], D]) -> Row[D]:
    if isinstance(line, Violation):
        return line
    if len(line) > LONGEST_RECORD:
        return TOO_LONG_RECORD
    try:
        sent = orjson.loads(line)
    except orjson.JSONDecodeError:
        return NOT_JSON
    if isinstance(sent, dict) and len(sent) > MOST_FIELDS:
        return TOO_MANY_FIELDS
    twice = names_given_twice(line, sent)
    return twice[0] if twice else read(sent)
