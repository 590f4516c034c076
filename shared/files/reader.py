"""Reads a whole file that lies here: CSV or a workbook, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final

from shared.domain.errors import Violation
from shared.files.csv_records import Record
from shared.files.csv_table import CsvTable
from shared.files.table import FaultyTable, Fits, Header, TableForm, WorkbookTable
from shared.files.workbook import NoWorkbook, UnknownSheet, Workbook

_PIECE: Final = 256 * 1024
_ZIP: Final = b"PK\x03\x04"


def read_table(file: IO[bytes], fits: Fits) -> tuple[Header, list[Record]]:
    """Return the header of the table in a file, and its rows.

    Raises:
        FaultyTable: it is empty, has a header that cannot be read, or is a workbook that cannot be opened.

    """
    table = open_table(file, fits)
    rows = [row for stretch in table.rows() for row in stretch]
    return table.header, rows


class FileTable:
    """The table in a file, read a stretch at a time."""

    def __init__(self, table: CsvTable | WorkbookTable, stretches: Iterator[list[Record]]) -> None:
        self._table = table
        self._stretches = stretches

    @property
    def header(self) -> Header:
        """The row that names the columns. It is known once the first rows have come, or all.

        Raises:
            FaultyTable: there is none, or one that cannot be read.

        """
        header = self._table.header
        if header is None:
            raise FaultyTable("it is empty: it has not even a row of column names")
        if isinstance(header.names, Violation):
            raise FaultyTable(f"row {header.number}, which is to name the columns, {header.names.reason}")
        return header

    def rows(self) -> Iterator[list[Record]]:
        """Yield the rows below the header, some at a time.

        Raises:
            FaultyTable: it is a workbook that cannot be opened, or lacks the sheet.

        """
        yield from self._stretches


def open_table(file: IO[bytes], fits: Fits, form: TableForm | None = None, sheet: str | None = None) -> FileTable:
    """Return the table in an open file, which must stay open while it is read."""
    form = form or TableForm()
    is_workbook = file.read(len(_ZIP)) == _ZIP
    file.seek(0)
    if is_workbook:
        in_workbook = WorkbookTable(fits, form.header_row)
        return FileTable(in_workbook, _of_workbook(file, in_workbook, sheet))
    in_csv = CsvTable(form, fits)
    return FileTable(in_csv, _of_csv(file, in_csv))


def _of_csv(file: IO[bytes], table: CsvTable) -> Iterator[list[Record]]:
    while piece := file.read(_PIECE):
        yield from table.take(piece)
    yield from table.finish()


def _of_workbook(file: IO[bytes], table: WorkbookTable, sheet: str | None) -> Iterator[list[Record]]:
    try:
        for _, rows in Workbook(file).sheets(sheet):
            if not table.begin_sheet():
                break
            for row in rows:
                yield table.take([Record(*row)])
    except UnknownSheet as error:
        raise FaultyTable("it has no sheet of that name") from error
    except NoWorkbook as error:
        raise FaultyTable(f"it is no workbook that can be read: {error}") from error
    yield table.finish()
