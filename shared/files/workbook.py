"""Reads the sheets of a workbook (XLSX, ECMA-376) as they come out of the package, a row at a time.

Written here because no library gives what is needed: `python-calamine` returns nothing for a cell that holds an error,
as for an empty one, and lays out all that lies between two cells that are far apart; `openpyxl` cannot tell a formula
that was never computed from an empty cell, refuses workbooks whose styles are unusual, and takes several times as long.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from math import isfinite
from typing import IO, Final, NamedTuple
from xml.parsers import expat

from shared.domain.matching import composed, folded
from shared.files.cells import Cell, ErrorCell, NumberCell, TruthCell, as_day
from shared.files.number_formats import Display, cell_of, display_of
from shared.files.table import MOST_COLUMNS

PIECE: Final = 64 * 1024
# No cell of a spreadsheet program has more; surrogates count as two there.
LONGEST_TEXT: Final = 32_767
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATES: Final = range(0xD800, 0xE000)
_NEVER_COMPUTED: Final = ErrorCell("")
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    OSError,
    EOFError,
    LookupError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)

Attributes = dict[str, str]
Start = Callable[[str, Attributes], None]
End = Callable[[str], None]


class NoWorkbook(Exception):
    """A file is no workbook, or one that is broken or has a password."""


class UnknownSheet(Exception):
    """A workbook has no sheet of the name that is asked for."""


class SheetRow(NamedTuple):
    """A row by the number that the program shows, and its cells up to the last; an empty one is an empty text."""

    number: int
    cells: list[Cell]


class _SheetEntry(NamedTuple):
    name: str
    part: str
    is_visible: bool


class Workbook:
    """A workbook in an open file, which must stay open while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        """Open it. Raises NoWorkbook if it cannot be read."""
        self.from_1904 = self.is_computed_on_load = False
        self.texts: list[str] = []
        self.styles: list[Display] = []
        self._sheets: list[_SheetEntry] = []
        try:
            self._package = zipfile.ZipFile(file)
            self._names = {name.casefold(): name for name in self._package.namelist()}
            self._read_parts()
        except _BROKEN as error:
            raise NoWorkbook("it cannot be opened") from error

    def sheets(self, name: str | None = None) -> Iterator[tuple[str, Iterator[SheetRow]]]:
        """Yield the name and the rows of each sheet that is visible, or of the one that is named.

        Raises:
            NoWorkbook: there is none that is visible, or one is broken.
            UnknownSheet: there is none of that name.

        """
        if name is None:
            chosen = [sheet for sheet in self._sheets if sheet.is_visible]
        else:
            chosen = [sheet for sheet in self._sheets if folded(sheet.name) == folded(name)]
        if not chosen:
            raise NoWorkbook("it has no visible sheet") if name is None else UnknownSheet(name)
        for sheet in chosen:
            yield sheet.name, self._rows(sheet)

    def _rows(self, sheet: _SheetEntry) -> Iterator[SheetRow]:
        reader = _SheetReader(self)
        try:
            for _ in self._pieces(sheet.part, reader.start, reader.end, reader.text):
                yield from reader.rows
                reader.rows = []
        except _BROKEN as error:
            raise NoWorkbook("a sheet of it is broken") from error

    def _read_parts(self) -> None:
        main = next((one.part for one in self._related("").values() if one.kind == "officeDocument"), "xl/workbook.xml")
        related = self._related(main)
        self._read_main(main, {key: one.part for key, one in related.items() if one.kind == "worksheet"})
        for one in related.values():
            if one.kind == "styles":
                self._read_styles(one.part)
            elif one.kind == "sharedStrings":
                texts = _Texts(self.texts)
                self._parse(one.part, texts.start, texts.end, texts.text)

    def _related(self, part: str) -> dict[str, _Related]:
        """Return what a part refers to, by the id that it is referred to by."""
        folder, name = posixpath.split(part)
        found: dict[str, _Related] = {}

        def start(element: str, attributes: Attributes) -> None:
            if element == "Relationship" and attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attributes["Target"])).lstrip("/")
                found[attributes["Id"]] = _Related(attributes["Type"].rpartition("/")[2], target)

        self._parse(posixpath.join(folder, "_rels", f"{name}.rels"), start)
        return found

    def _read_main(self, part: str, worksheets: dict[str, str]) -> None:
        def start(element: str, attributes: Attributes) -> None:
            if element == "sheet":
                key = next((value for name, value in attributes.items() if name.endswith(":id")), "")
                if key in worksheets:
                    is_visible = attributes.get("state", "visible") == "visible"
                    self._sheets.append(_SheetEntry(composed(attributes["name"]), worksheets[key], is_visible))
            elif element == "workbookPr":
                self.from_1904 = attributes.get("date1904") in {"1", "true"}
            elif element == "calcPr":
                self.is_computed_on_load = attributes.get("fullCalcOnLoad") in {"1", "true"}

        self._parse(part, start)

    def _read_styles(self, part: str) -> None:
        codes: dict[int, str] = {}
        numbers: list[int] = []
        of_cells = False

        def start(element: str, attributes: Attributes) -> None:
            nonlocal of_cells
            if element == "numFmt":
                codes[int(attributes["numFmtId"])] = attributes["formatCode"]
            elif element == "cellXfs":
                of_cells = True
            elif element == "xf" and of_cells:
                numbers.append(int(attributes.get("numFmtId", 0)))

        def end(element: str) -> None:
            nonlocal of_cells
            of_cells = of_cells and element != "cellXfs"

        self._parse(part, start, end)
        self.styles += (display_of(number, codes.get(number)) for number in numbers)

    def _parse(self, part: str, start: Start, end: End | None = None, text: End | None = None) -> None:
        for _ in self._pieces(part, start, end, text):
            pass

    def _pieces(self, part: str, start: Start, end: End | None, text: End | None) -> Iterator[None]:
        """Parse a part, and yield after each piece of it. Prefixes of names are left out."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, attributes: start(name[name.find(":") + 1 :], attributes)
        if end is not None:
            parser.EndElementHandler = lambda name: end(name[name.find(":") + 1 :])
        parser.CharacterDataHandler = text
        parser.EntityDeclHandler = _refuse_entities
        with self._package.open(self._names[part.casefold()]) as opened:
            while piece := opened.read(PIECE):
                parser.Parse(piece)
                yield
        parser.Parse(b"", True)
        yield


class _Related(NamedTuple):
    kind: str
    part: str


def _refuse_entities(*_declared: object) -> None:
    raise ValueError("a workbook declares no entities")


class _Texts:
    """Collects the texts that cells share; those in small print beside others are left out."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._parts: list[str] = []
        self._is_text = self._is_phonetic = False

    def start(self, element: str, _attributes: Attributes) -> None:
        if element == "si":
            self._parts = []
        elif element == "rPh":
            self._is_phonetic = True
        elif element == "t":
            self._is_text = not self._is_phonetic

    def end(self, element: str) -> None:
        if element == "si":
            self._texts.append(_unescaped("".join(self._parts)))
        elif element == "rPh":
            self._is_phonetic = False
        elif element == "t":
            self._is_text = False

    def text(self, part: str) -> None:
        if self._is_text:
            self._parts.append(part)


class _SheetReader:
    """Makes rows of a sheet's elements; `rows` are those that are complete."""

    def __init__(self, workbook: Workbook) -> None:
        self.rows: list[SheetRow] = []
        self._workbook = workbook
        self._number = 0
        self._cells: list[Cell] = []
        self._columns: dict[str, int] = {}
        self._column = -1
        self._type = ""
        self._style = ""
        self._parts: list[str] | None = None
        self._size = 0
        self._is_text = self._has_formula = self._is_phonetic = False

    def start(self, element: str, attributes: Attributes) -> None:
        if element == "c":
            place = attributes.get("r", "").rstrip("0123456789")
            self._column = self._column_of(place) if place else self._column + 1
            self._type = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._parts, self._size, self._has_formula = None, 0, False
        elif element == "v" or (element == "t" and not self._is_phonetic):
            self._is_text = True
            self._parts = self._parts or []
        elif element == "f":
            self._has_formula = True
        elif element == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._cells, self._column = [], -1
        elif element == "rPh":
            self._is_phonetic = True

    def end(self, element: str) -> None:
        if element == "c":
            self._put(self._cell())
        elif element in {"v", "t"}:
            self._is_text = False
        elif element == "row":
            if self._cells:
                self.rows.append(SheetRow(self._number, self._cells))
        elif element == "rPh":
            self._is_phonetic = False

    def text(self, part: str) -> None:
        if self._is_text and self._parts is not None:
            self._size += len(part)
            if self._size > LONGEST_TEXT:
                raise ValueError("a cell has more text than any can have")
            self._parts.append(part)

    def _column_of(self, letters: str) -> int:
        """Return the number, from 0, of a column by its letters."""
        column = self._columns.get(letters)
        if column is None:
            column = -1
            for letter in letters.upper():
                column = (column + 1) * 26 + ord(letter) - ord("A")
            self._columns[letters] = column
        return column

    def _put(self, cell: Cell | None) -> None:
        if cell is None or not 0 <= self._column < MOST_COLUMNS:
            return
        self._cells += [""] * (self._column + 1 - len(self._cells))
        self._cells[self._column] = cell

    def _cell(self) -> Cell | None:
        """Return the cell that has just ended; None if it is empty."""
        written = None if self._parts is None else "".join(self._parts)
        if self._has_formula and (not written or (written == "0" and self._workbook.is_computed_on_load)):
            # A text that a formula has made may well be empty.
            return _NEVER_COMPUTED if written is None or self._type != "str" else None
        if not written:
            return None
        if self._type == "s":
            return self._workbook.texts[int(written)] or None
        read = _READERS.get(self._type)
        return self._number_cell(written) if read is None else read(written)

    def _number_cell(self, written: str) -> Cell:
        value = float(written)
        if not isfinite(value):
            return written
        styles = self._workbook.styles
        display = styles[int(self._style)] if self._style and int(self._style) < len(styles) else Display.NUMBER
        return (
            NumberCell(value)
            if display is Display.NUMBER
            else cell_of(value, display, from_1904=self._workbook.from_1904)
        )


def _unescaped(text: str) -> str:
    """Return a text without the escapes that stand for what XML cannot hold, composed."""
    return composed(_ESCAPED.sub(_character, text) if "_x" in text else text)


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return escape[0] if code in _SURROGATES else chr(code)


# How cells are read by their type; those of another are numbers, but for texts that cells share.
_READERS: Final[Mapping[str, Callable[[str], Cell]]] = {
    "str": _unescaped,
    "inlineStr": _unescaped,
    "b": lambda written: TruthCell(written == "1"),
    "e": ErrorCell,
    "d": lambda written: as_day(datetime.fromisoformat(written)),
}
