"""Values as an XLSX workbook of one sheet."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import xlsxwriter  # type: ignore[import-untyped]  # it tells no types

from services.api.values.csv_export import cells_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from services.api.values.csv_export import Place

MOST_ROWS = 1_048_575  # and a header
PIECE = 256 * 1024


class TooManyRows(Exception):
    """The sheet has no room for more rows. Whoever asks for so many is refused before it is begun."""


class WorkbookWriter:
    """Writes a workbook into a folder, row by row: it can be sent when it is whole, since its contents table is last.

    Text is written as text: one that begins with = is no formula, and the code 0180 keeps its 0.
    """

    def __init__(self, places: Sequence[Place], folder: Path) -> None:
        self._places = places
        self._path = folder / "values.xlsx"
        options = {"constant_memory": True, "tmpdir": str(folder), "default_date_format": "yyyy-mm-dd"}
        self._book = xlsxwriter.Workbook(str(self._path), options)
        self._sheet = self._book.add_worksheet("indicator-values")
        self._sheet.freeze_panes(1, 0)
        self._row = 0
        header = self._book.add_format({"bold": True})
        for column, (_, _, name) in enumerate(places):
            self._sheet.write_string(0, column, name, header)
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._write: dict[type, Callable[[int, int, Any], object]] = {
            str: self._sheet.write_string,
            int: self._sheet.write_number,
            float: self._sheet.write_number,
            Decimal: self._sheet.write_number,
            date: self._sheet.write_datetime,
            datetime: self._write_moment,
        }
        self._moments = [at for at, (_, _, name) in enumerate(places) if name == "computedAt"]

    def add(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Take the next rows; nothing of them can be sent yet.

        Raises:
            TooManyRows: they do not fit.
        """
        if self._row + len(rows) > MOST_ROWS:
            raise TooManyRows
        for row in rows:
            self._row += 1
            cells = cells_of(row, self._places)
            for at in self._moments:
                # A workbook knows no time zones: the moment is in UTC.
                cells[at] = datetime.fromisoformat(cells[at]).replace(tzinfo=None)
            for column, value in enumerate(cells):
                if value is not None:
                    self._write[type(value)](self._row, column, value)
        return b""

    def close(self) -> None:
        """Let go of the file in which the rows wait; of a workbook that was not finished nothing else is open."""
        self._sheet.row_data_fh.close()

    def _write_moment(self, row: int, column: int, moment: datetime) -> None:
        self._sheet.write_datetime(row, column, moment, self._moment)

    def finish(self) -> Iterator[bytes]:
        """Yield the workbook."""
        self._book.close()
        with self._path.open("rb") as book:
            while piece := book.read(PIECE):
                yield piece
