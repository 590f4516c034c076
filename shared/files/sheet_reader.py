"""Makes cells of the elements of a workbook's sheet (ECMA-376), as a parser meets them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from math import isfinite
from typing import Final, NamedTuple, Protocol

from shared.domain.matching import composed
from shared.files.cells import Cell, ErrorCell, NumberCell, TruthCell, as_day
from shared.files.number_formats import Display, cell_of
from shared.files.table import MOST_COLUMNS

# No cell of a spreadsheet program has more; surrogates count as two there.
LONGEST_TEXT: Final = 32_767
LAST_ROW: Final = 1_048_576
MOST_NOTES: Final = 200
_LONGEST_RANGE: Final = 30
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATES: Final = range(0xD800, 0xE000)
_NEVER_COMPUTED: Final = ErrorCell("")

Attributes = dict[str, str]


class SheetRow(NamedTuple):
    """A row by the number that the program shows, and its cells up to the last; an empty one is an empty text."""

    number: int
    cells: list[Cell]


class SheetNotes(NamedTuple):
    """What a person should know of a sheet: rows that are hidden, and cells that are merged, such as A5:A9."""

    hidden_rows: list[int]
    merged_cells: list[str]


class SharedParts(Protocol):
    """What the cells of all sheets share: texts, formats, from when days are counted, whether formulas have results."""

    from_1904: bool
    is_computed_on_load: bool
    texts: list[str]
    styles: list[Display]


class TextCollector:
    """Collects the texts that cells share; those in small print beside others are left out."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._parts: list[str] = []
        self._is_text = self._is_phonetic = False

    def start(self, element: str, _attributes: Attributes) -> None:
        """Begin an element."""
        if element == "si":
            self._parts = []
        elif element == "rPh":
            self._is_phonetic = True
        elif element == "t":
            self._is_text = not self._is_phonetic

    def end(self, element: str) -> None:
        """End an element."""
        if element == "si":
            self._texts.append(_unescaped("".join(self._parts)))
        elif element == "rPh":
            self._is_phonetic = False
        elif element == "t":
            self._is_text = False

    def text(self, part: str) -> None:
        """Take text of the innermost element."""
        if self._is_text:
            self._parts.append(part)


class SheetReader:
    """Makes rows of a sheet's elements; `rows` are those that are complete."""

    def __init__(self, workbook: SharedParts) -> None:
        self.rows: list[SheetRow] = []
        self.notes = SheetNotes([], [])
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
        """Begin an element."""
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
            if not 0 < self._number <= LAST_ROW:
                raise ValueError("a row has a number that none can have")
            self._cells, self._column = [], -1
            if attributes.get("hidden") in {"1", "true"} and len(self.notes.hidden_rows) < MOST_NOTES:
                self.notes.hidden_rows.append(self._number)
        elif element == "mergeCell" and len(self.notes.merged_cells) < MOST_NOTES:
            self.notes.merged_cells.append(attributes.get("ref", "")[:_LONGEST_RANGE])
        elif element == "rPh":
            self._is_phonetic = True

    def end(self, element: str) -> None:
        """End an element."""
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
        """Take text of the innermost element."""
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
