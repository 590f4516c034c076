"""Fills in the very template that was fetched, as a spreadsheet program does: cells are put into its sheets."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

from services.api.pages.setup.layout import AGREEMENT, FIRST_FIELD_ROW, FIRST_ROW, SHEETS, TABLES
from shared.files.table import column_letters

Cell = str | int | float | date | None
# Of each row what its cells have, by column.
Rows = list[dict[str, Any]]
Cells = dict[tuple[str, str], Cell | ET.Element]

_SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_EPOCH = date(1899, 12, 30)
# Behind the sheet that is read first.
_FILES = {key: f"xl/worksheets/sheet{number}.xml" for number, key in enumerate(SHEETS, 2)}
ET.register_namespace("", _SPACE)


def cell(sheet: str, column: str, row: int) -> str:
    """Return what the program calls the cell of a column in a row, counted from 0 below the examples."""
    if sheet == AGREEMENT.key:
        return f"B{FIRST_FIELD_ROW + [one.key for one in AGREEMENT.columns].index(column) + row}"
    (table,) = (one for one in TABLES if one.key == sheet)
    return f"{column_letters([one.key for one in table.columns].index(column) + 1)}{FIRST_ROW + row}"


def cells_of(content: Mapping[str, Rows]) -> Cells:
    """Return the cells of rows that are written below the examples; of the agreement there is one, with its parties."""
    found: Cells = {}
    for sheet, rows in content.items():
        for number, row in enumerate(rows):
            for column, value in row.items():
                parties = str(value).split("\n") if column == "parties" else [value]
                found |= {(sheet, cell(sheet, column, number + at)): one for at, one in enumerate(parties)}
    return found


def filled(template: bytes, cells: Cells, **parts: bytes) -> bytes:
    """Return a template with cells written into it, and with further parts such as `xl/vbaProject.bin`."""
    written = BytesIO()
    with zipfile.ZipFile(BytesIO(template)) as read, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as book:
        for name in read.namelist():
            key = next((key for key, file in _FILES.items() if file == name), None)
            own = {at: value for (sheet, at), value in cells.items() if sheet == key}
            book.writestr(name, _with_cells(read.read(name), own) if own else read.read(name))
        for name, content in parts.items():
            book.writestr(name, content)
    return written.getvalue()


def with_part(template: bytes, name: str, replacements: Mapping[str, str]) -> bytes:
    """Return a template in one part of which texts are replaced."""
    written = BytesIO()
    with zipfile.ZipFile(BytesIO(template)) as read, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as book:
        for one in read.namelist():
            text = read.read(one)
            if one == name:
                for old, new in replacements.items():
                    assert old.encode() in text, old
                    text = text.replace(old.encode(), new.encode())
            book.writestr(one, text)
    return written.getvalue()


def file_of(sheet: str) -> str:
    """Return the part that a sheet is in."""
    return _FILES[sheet]


def _with_cells(content: bytes, cells: Mapping[str, Cell | ET.Element]) -> bytes:
    sheet = ET.fromstring(content)
    data = sheet.find(f"{{{_SPACE}}}sheetData")
    assert data is not None
    rows = {int(row.attrib["r"]): row for row in data}
    for at, value in cells.items():
        letters, number = re.fullmatch(r"([A-Z]+)(\d+)", at).groups()  # type: ignore[union-attr]
        row = rows.get(int(number))
        if row is None:
            row = rows[int(number)] = ET.Element(f"{{{_SPACE}}}row", {"r": number})
        there = {one.attrib["r"]: one for one in row}
        if at in there:
            row.remove(there[at])
        style = there[at].attrib.get("s") if at in there else _style_of_column(sheet, letters)
        row.append(value if isinstance(value, ET.Element) else _element(at, value, style))
        row[:] = sorted(row, key=lambda one: (len(one.attrib["r"]), one.attrib["r"]))
    data[:] = [rows[number] for number in sorted(rows)]
    return ET.tostring(sheet, encoding="UTF-8", xml_declaration=True)


def _style_of_column(sheet: ET.Element, letters: str) -> str | None:
    """Return the number of the style that a program gives a cell which is new in a column."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    for one in sheet.iter(f"{{{_SPACE}}}col"):
        if int(one.attrib["min"]) <= number <= int(one.attrib["max"]):
            return one.attrib.get("style")
    return None


def _element(at: str, value: Cell, style: str | None) -> ET.Element:
    attributes = {"r": at, **({"s": style} if style else {})}
    if isinstance(value, date):
        value = (value - _EPOCH).days
    if value is None:
        return ET.Element(f"{{{_SPACE}}}c", attributes)
    element = ET.Element(f"{{{_SPACE}}}c", attributes | ({"t": "inlineStr"} if isinstance(value, str) else {}))
    if isinstance(value, str):
        ET.SubElement(ET.SubElement(element, f"{{{_SPACE}}}is"), f"{{{_SPACE}}}t").text = value
    else:
        ET.SubElement(element, f"{{{_SPACE}}}v").text = str(value)
    return element


def formula(at: str) -> ET.Element:
    """Return a cell with a formula that was never computed."""
    element = ET.Element(f"{{{_SPACE}}}c", {"r": at})
    ET.SubElement(element, f"{{{_SPACE}}}f").text = "A1+1"
    return element
