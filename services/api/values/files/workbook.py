"""Values as an XLSX workbook for people: a sheet of values, and one that says what its columns mean."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import xlsxwriter  # type: ignore[import-untyped]  # it tells no types

from services.api.values.files.readable import ReadableRows
from shared.catalogue.indicator import FACTORS
from shared.domain.wording import Language
from shared.read_model.columns import PUBLIC_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

MOST_ROWS = 1_048_575  # and a header
PIECE = 256 * 1024

_SHEETS = {Language.SV: ("Värden", "Ord"), Language.EN: ("Values", "Words")}
_MEANINGS = {
    Language.SV: ("Kolumn", "Betydelse", "Fält i API:et"),
    Language.EN: ("Column", "Meaning", "Field of the API"),
}
_WIDTHS_OF_MEANINGS = (36, 72, 34)
# How a number is shown, by the unit of its row; what it is stays as it was.
_FORMS = {"percent": "0.0", "mean": "0.00", "SEK": "#,##0"}
_OTHER_FORM = "General"
_CHANGES_AND_RATES = ("changePercent", "per100000")
_FIGURES = ("value", "numerator", "denominator", "notPlaced", "change")
_UNIT = PUBLIC_NAMES.index("unit")
_SHARES_PARTS = ("numerator", "denominator", "notPlaced")


class TooManyRows(Exception):
    """The sheet has no room for more rows. Whoever asks for so many is refused before it is begun."""


class WorkbookWriter:
    """Writes a workbook into a folder, row by row: it can be sent when it is whole, since its contents table is last.

    Text is written as text: one that begins with = is no formula, and the code 0180 keeps its 0.
    """

    def __init__(self, language: Language, folder: Path) -> None:
        self._rows = ReadableRows(language)
        self._path = folder / "values.xlsx"
        options = {"constant_memory": True, "tmpdir": str(folder), "default_date_format": "yyyy-mm-dd"}
        self._book = xlsxwriter.Workbook(str(self._path), options)
        values, words = _SHEETS[language]
        self._header = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._sheet = self._book.add_worksheet(values)
        self._write_header()
        self._write_meanings(self._book.add_worksheet(words), language)
        self._row = 0
        moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        forms = {*_FORMS.values(), _OTHER_FORM}
        self._forms = {form: self._book.add_format({"num_format": form}) for form in forms}
        number = self._sheet.write_number
        self._write: dict[type, Callable[..., object]] = {
            str: self._sheet.write_string,
            int: number,
            float: number,
            Decimal: number,
            date: self._sheet.write_datetime,
            datetime: lambda row, column, at: self._sheet.write_datetime(row, column, at, moment),
        }
        self._formed = {at: one.field for at, one in enumerate(self._rows.columns) if _has_form(one.field)}

    def add(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Take the next rows, of COLUMNS and names; nothing of them can be sent yet.

        Raises:
            TooManyRows: they do not fit.
        """
        if self._row + len(rows) > MOST_ROWS:
            raise TooManyRows
        for row in rows:
            self._row += 1
            for column, value in enumerate(self._rows.cells(row)):
                if value is None:
                    continue
                if (field := self._formed.get(column)) is not None:
                    form = self._forms[_form_of(field, row[_UNIT])]
                    self._sheet.write_number(self._row, column, value, form)
                else:
                    self._write[type(value)](self._row, column, value)
        return b""

    def close(self) -> None:
        """Let go of the files in which rows wait; of a workbook that was not finished nothing else is open."""
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()

    def finish(self) -> Iterator[bytes]:
        """Yield the workbook."""
        self._sheet.autofilter(0, 0, self._row, len(self._rows.columns) - 1)
        self._book.close()
        with self._path.open("rb") as book:
            while piece := book.read(PIECE):
                yield piece

    def _write_header(self) -> None:
        self._sheet.freeze_panes(1, 1)
        for at, column in enumerate(self._rows.columns):
            self._sheet.set_column(at, at, column.width)
        for at, column in enumerate(self._rows.columns):
            self._sheet.write_string(0, at, column.heading, self._header)

    def _write_meanings(self, sheet: Any, language: Language) -> None:  # noqa: ANN401  the library tells no types
        for at, width in enumerate(_WIDTHS_OF_MEANINGS):
            sheet.set_column(at, at, width)
        for at, heading in enumerate(_MEANINGS[language]):
            sheet.write_string(0, at, heading, self._header)
        for row, column in enumerate(self._rows.columns, 1):
            for at, text in enumerate((column.heading, column.meaning, column.field)):
                sheet.write_string(row, at, text, self._wrapped)


def _has_form(field: str) -> bool:
    last = field.rpartition(".")[2]
    return last in _FIGURES or last in _CHANGES_AND_RATES


def _form_of(field: str, unit: str) -> str:
    if field.rpartition(".")[2] in _CHANGES_AND_RATES:
        return _FORMS["percent"]
    # Of a share or mean, numerator and denominator are counts.
    return _OTHER_FORM if unit in FACTORS and field in _SHARES_PARTS else _FORMS.get(unit, _OTHER_FORM)
