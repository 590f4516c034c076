"""Reads the sheets of a workbook (XLSX, ECMA-376) as they come out of the package, a row at a time.

Written here because no library gives what is needed: `python-calamine` returns nothing for a cell that holds an error,
as for an empty one, and lays out all that lies between two cells that are far apart; `openpyxl` cannot tell a formula
that was never computed from an empty cell, refuses workbooks whose styles are unusual, and takes several times as long.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Final, NamedTuple
from xml.parsers import expat

from shared.domain.matching import composed, folded
from shared.files.number_formats import Display, display_of
from shared.files.sheet_reader import Attributes, SheetNotes, SheetReader, SheetRow, TextCollector

PIECE: Final = 64 * 1024
LARGEST_UNPACKED: Final = 1024 * 1024 * 1024
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

Start = Callable[[str, Attributes], None]
End = Callable[[str], None]


class NoWorkbook(Exception):
    """A file is no workbook, or one that is broken or has a password."""


class InflatedWorkbook(NoWorkbook):
    """A workbook unpacks to far more than it is itself."""


class UnknownSheet(Exception):
    """A workbook has no sheet of the name that is asked for."""


class _SheetEntry(NamedTuple):
    name: str
    part: str
    is_visible: bool


class Workbook:
    """A workbook in an open file, which must stay open while it is read."""

    def __init__(self, file: IO[bytes], most_unpacked: int = LARGEST_UNPACKED) -> None:
        """Open it. What is read of it may unpack to so many bytes.

        Raises:
            NoWorkbook: it cannot be read.
            InflatedWorkbook: its own list of contents names more than that.

        """
        self.from_1904 = self.is_computed_on_load = False
        # Of the sheet whose rows were read last, once they have been.
        self.notes = SheetNotes([], [])
        self.texts: list[str] = []
        self.styles: list[Display] = []
        self._sheets: list[_SheetEntry] = []
        try:
            self._package = zipfile.ZipFile(file)
            self._names = {name.casefold(): name for name in self._package.namelist()}
            self._unpackable = most_unpacked
            if sum(part.file_size for part in self._package.infolist()) > most_unpacked:
                raise InflatedWorkbook("it unpacks to far more than it is")
            self._read_parts()
        except _BROKEN as error:
            raise NoWorkbook("it cannot be opened") from error

    def sheets(self, name: str | None = None) -> Iterator[tuple[str, Iterator[SheetRow]]]:
        """Yield the name and the rows of each sheet that is visible, or of the one that is named.

        Raises:
            NoWorkbook: there is none that is visible, or one is broken.
            InflatedWorkbook: they unpack to more than they may.
            UnknownSheet: there is none of that name.

        """
        if name is None:
            chosen = [sheet for sheet in self._sheets if sheet.is_visible]
        else:
            chosen = [sheet for sheet in self._sheets if folded(sheet.name) == folded(name)]
        if not chosen:
            raise NoWorkbook("it has no visible sheet") if name is None else UnknownSheet(name)
        parts = (self._names.get(sheet.part.casefold()) for sheet in chosen)
        if sum(self._package.getinfo(part).file_size for part in parts if part) > self._unpackable:
            raise InflatedWorkbook("its sheets unpack to far more than it is")
        for sheet in chosen:
            yield sheet.name, self._rows(sheet)

    @property
    def has_macros(self) -> bool:
        """Whether programs are in it, which nothing here would run."""
        return any(name.endswith("vbaproject.bin") for name in self._names)

    def merged_cells(self, name: str) -> list[str]:
        """Return the ranges of a sheet whose cells are merged into one, such as D7:F9.

        Raises:
            NoWorkbook: the sheet is broken.
            InflatedWorkbook: it unpacks to more than it may.

        """
        found: list[str] = []

        def start(element: str, attributes: Attributes) -> None:
            if element == "mergeCell":
                found.append(attributes.get("ref", ""))

        try:
            for part in (sheet.part for sheet in self._sheets if folded(sheet.name) == folded(name)):
                self._parse(part, start)
        except _BROKEN as error:
            raise NoWorkbook("a sheet of it is broken") from error
        return found

    def _rows(self, sheet: _SheetEntry) -> Iterator[SheetRow]:
        reader = SheetReader(self)
        self.notes = reader.notes
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
                texts = TextCollector(self.texts)
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
                # A part may be referred to, and read, any number of times.
                self._unpackable -= len(piece)
                if self._unpackable < 0:
                    raise InflatedWorkbook("it unpacks to far more than it is")
                parser.Parse(piece)
                yield
        parser.Parse(b"", True)
        yield


class _Related(NamedTuple):
    kind: str
    part: str


def _refuse_entities(*_declared: object) -> None:
    raise ValueError("a workbook declares no entities")
