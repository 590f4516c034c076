"""Turns the body of an import, as it arrives, into numbered rows: drafts of activities, or why there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence

import orjson

from services.api.activities.intake import Draft, read
from services.api.activity_imports.columns import Columns
from services.api.activity_imports.csv_records import TOO_LONG, CsvRecords
from services.api.activity_imports.lines import lines_of
from services.api.import_mappings.schemas import FileFormat, MappingContent
from services.api.problems import InvalidImport
from shared.domain.errors import Violation

NOT_JSON = Violation("", "is not JSON in UTF-8", "Write one activity as a JSON object on each line.")

Row = Draft | Violation


async def csv_rows(
    pieces: AsyncIterator[bytes], mapping: MappingContent | None, item_lists: Collection[str]
) -> AsyncIterator[list[Row]]:
    """Yield the rows of a CSV file, some at a time. The first yield, which may be empty, says that the header is sound.

    `item_lists` are the attributes that are lists of items.

    Raises:
        InvalidImport: the file is empty, or its header lacks a column.

    """
    records = CsvRecords(mapping.format if mapping else FileFormat())
    columns: Columns | None = None
    async for lines, is_last in _to_the_end(lines_of(pieces)):
        found = records.read(lines, is_last=is_last)
        if columns is None:
            header = next(found, None)
            if header is None:
                continue
            columns = _columns(header, mapping, item_lists)
        yield [_row(record, columns) for record in found]
    if columns is None:
        raise InvalidImport("The file is empty: it has not even a row of column names.")


async def ndjson_rows(pieces: AsyncIterator[bytes]) -> AsyncIterator[list[Row]]:
    """Yield the rows of a file with one JSON object a line, some at a time.

    Raises:
        InvalidImport: the file is empty.

    """
    is_empty = True
    async for lines in lines_of(pieces):
        rows = [_of_line(line) for line in lines if line is None or line.strip()]
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


def _columns(header: Sequence[str] | Violation, mapping: MappingContent | None, item_lists: Collection[str]) -> Columns:
    if isinstance(header, Violation):
        raise InvalidImport("The row of column names cannot be read.", [header])
    return Columns(header, mapping, item_lists)


def _row(record: Sequence[str] | Violation, columns: Columns) -> Row:
    if isinstance(record, Violation):
        return record
    document, faults = columns.read(record)
    if faults and not faults[0].field:
        return faults[0]
    return read(document, faults)


def _of_line(line: bytes | None) -> Row:
    if line is None:
        return TOO_LONG
    try:
        return read(orjson.loads(line))
    except orjson.JSONDecodeError:
        return NOT_JSON
