"""Reads a whole file that lies here: CSV or a workbook, whichever it is."""

from __future__ import annotations

from typing import IO, Final

from shared.domain.errors import Violation
from shared.files.csv_records import Record
from shared.files.table import CsvTable, FaultyTable, Fits, Header, TableForm, WorkbookTable
from shared.files.workbook import NoWorkbook, Workbook

_PIECE: Final = 256 * 1024
_ZIP: Final = b"PK\x03\x04"


def read_table(file: IO[bytes], fits: Fits) -> tuple[Header, list[Record]]:
    """Return the header of the table in a file, and its rows.

    Raises:
        FaultyTable: it is empty, has a header that cannot be read, or is a workbook that cannot be opened.

    """
    is_workbook = file.read(len(_ZIP)) == _ZIP
    file.seek(0)
    header, rows = _of_workbook(file, fits) if is_workbook else _of_csv(file, fits)
    if header is None:
        raise FaultyTable("it is empty: it has not even a row of column names")
    if isinstance(header.names, Violation):
        raise FaultyTable(f"row {header.number}, which is to name the columns, {header.names.reason}")
    return header, rows


def _of_csv(file: IO[bytes], fits: Fits) -> tuple[Header | None, list[Record]]:
    table = CsvTable(TableForm(), fits)
    rows: list[Record] = []
    while piece := file.read(_PIECE):
        for stretch in table.take(piece):
            rows += stretch
    for stretch in table.finish():
        rows += stretch
    return table.header, rows


def _of_workbook(file: IO[bytes], fits: Fits) -> tuple[Header | None, list[Record]]:
    table = WorkbookTable(fits)
    rows: list[Record] = []
    try:
        for _, records in Workbook(file).sheets():
            if not table.begin_sheet():
                break
            rows += table.take(Record(*row) for row in records)
    except NoWorkbook as error:
        raise FaultyTable(f"it is no workbook that can be read: {error}") from error
    rows += table.finish()
    return table.header, rows
