"""Turns a file, as it arrives, into rows: drafts of records, or why there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import orjson

from services.api.file_imports.columns import Columns, Reading
from services.api.file_imports.csv_records import TOO_LONG, CsvRecords
from services.api.file_imports.kinds import D, F, K, Kind
from services.api.file_imports.lines import lines_of
from services.api.file_imports.workbooks import csv_of
from services.api.import_mappings.schemas import FileFormat, MappingContent
from services.api.problems import InvalidImport
from shared.domain.errors import Violation

CSV = "text/csv"
NDJSON = "application/x-ndjson"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

NOT_JSON = Violation("", "is not JSON in UTF-8", "Write one record as a JSON object on each line.")

T = TypeVar("T")
# A draft, or why there is none; None is a row that the mapping passes over.
Row: TypeAlias = T | Violation | None


def rows_of(
    media_type: str, pieces: AsyncIterator[bytes], kind: Kind[D, F, K], mapping: MappingContent | None, reading: Reading
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
    kind: Kind[D, F, K],
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
