"""The files as spreadsheets read them: tables in text, and workbooks."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal

from shared.files.cells import NumberCell
from shared.files.workbook import Workbook


def lines_of(content: bytes, delimiter: str = ";") -> list[dict[str, str]]:
    """Return the lines of a table in text, by the headings of its columns."""
    return [*csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter)]


def number_in(text: str) -> Decimal | None:
    """Return the number that a Swedish spreadsheet reads in a cell; None in a word's place."""
    return Decimal(text.replace(",", ".")) if re.fullmatch(r"-?\d+(,\d+)?", text) else None


def sheets_of(content: bytes) -> dict[str, list[list[object]]]:
    """Return the cells of each sheet: of numbers those that a program computes with, of per cent the hundredths."""
    book = Workbook(io.BytesIO(content))
    return {name: [[_cell(cell) for cell in row.cells] for row in rows] for name, rows in book.sheets()}


def _cell(cell: object) -> object:
    if isinstance(cell, NumberCell):
        return Decimal(repr(cell.value)) * (100 if cell.is_percent else 1)
    return cell


def spaced(text: str) -> str:
    """Return a text with single, plain spaces."""
    return " ".join(text.split())
