"""Reads a file that was uploaded, whichever form it has, into what its sheets look like."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.api.http.threads import SHEET_THREAD
from services.api.imports.corrections import rows_by_number
from services.api.imports.proposals.headers import find_header
from services.api.imports.proposals.sheets import MOST_HEAD, Row, SheetSurvey
from services.api.imports.proposals.vocabulary import is_known
from services.api.imports.workbooks import PIECE, SheetStart, records_of
from shared.domain.errors import Violation
from shared.files.csv_records import CsvRecords
from shared.files.csv_table import DELIMITERS, separator_in
from shared.files.encodings import LineDecoder, LineSplitter
from shared.files.media_types import CSV, XLSX
from shared.files.sheet_reader import SheetNotes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from services.api.imports.proposals.sheets import Sheet
    from shared.limits import Limits

# So many lines tell what parts the cells.
_LINES_LOOKED_AT: Final = 200
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_ZIP: Final = b"PK\x03\x04"
_OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument"
# What is no table, by how it begins: PDF, PNG, JPEG, GIF, and pages of the web.
_OTHER_BEGINNINGS: Final = (b"%pdf", b"\x89png", b"\xff\xd8\xff", b"gif8", b"<!doctype", b"<html", b"<?xml", b"{\\rtf")
# An encrypted workbook names its parts within its first sectors, or in its last.
LOOKED_AT: Final = 4096


class NoTable(Exception):
    """A file is of a form that is not read, or empty; `reason` is a word for which: oldExcel, password and so on."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SheetAnswers:
    """Which sheet is read, and which of its rows are the table; None is found out. `cells` are corrected, by name."""

    sheet: str | None = None
    header_row: int | None = None
    last_row: int | None = None
    cells: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """What the sheets of a file look like; CSV has one, without a name. `delimiter` is what parts its cells."""

    sheets: tuple[Sheet, ...]
    delimiter: str | None = None

    def chosen(self, answers: SheetAnswers) -> Sheet:
        """Return the sheet that is read: the one that is named, else the one that looks most like a table."""
        named = next((one for one in self.sheets if one.name == answers.sheet), None)
        return named or max(self.sheets, key=lambda one: (_known(one), one.row_count))


def media_type_of(content: bytes) -> str:
    """Return the media type of a whole file, by what it holds.

    Raises:
        NoTable: it is of another form.
    """
    if not content.strip():
        raise NoTable("empty")
    if content.startswith(_OLE):
        raise NoTable("password" if _ENCRYPTED in content else "oldExcel")
    if content.startswith(_ZIP):
        if _OPEN_DOCUMENT in content[:LOOKED_AT]:
            raise NoTable("openDocument")
        return XLSX
    if content[:LOOKED_AT].lstrip().lower().startswith(_OTHER_BEGINNINGS):
        raise NoTable("other")
    return CSV


async def survey_of(
    pieces: AsyncIterator[bytes], media_type: str, limits: Limits, answers: SheetAnswers | None = None
) -> Survey:
    """Return what the sheets of a file look like.

    Raises:
        NoTable: none of them says anything.
        InvalidImport: it is no workbook that can be read.
    """
    answers = answers or SheetAnswers()
    survey = await _of_workbook(pieces, limits, answers) if media_type == XLSX else await _of_csv(pieces, answers)
    if not survey.sheets:
        raise NoTable("empty")
    return survey


async def _of_workbook(pieces: AsyncIterator[bytes], limits: Limits, answers: SheetAnswers) -> Survey:
    sheets: list[Sheet] = []
    current: SheetSurvey | None = None
    async for part in records_of(pieces, limits):
        if isinstance(part, SheetStart):
            is_meant = answers.sheet in {None, str(part)}
            asked = answers if is_meant else SheetAnswers()
            current = SheetSurvey(str(part), asked.header_row, asked.last_row, rows_by_number(asked.cells))
        elif current is None:
            continue
        elif isinstance(part, SheetNotes):
            sheet = current.finish(part.hidden_rows, part.merged_cells)
            sheets += [sheet] if sheet else []
        else:
            await SHEET_THREAD.run(current.take, part)
    return Survey(tuple(sheets))


async def _of_csv(pieces: AsyncIterator[bytes], answers: SheetAnswers) -> Survey:
    survey = CsvSurvey(answers)
    async for piece in pieces:
        # A megabyte of short rows takes a second.
        for start in range(0, len(piece), PIECE):
            await SHEET_THREAD.run(survey.take, piece[start : start + PIECE])
    return await SHEET_THREAD.run(survey.finish)


class CsvSurvey:
    """Takes the bytes of a CSV file as they come."""

    def __init__(self, answers: SheetAnswers) -> None:
        self._lines, self._decoder = LineSplitter(), LineDecoder()
        self._sheet = SheetSurvey(None, answers.header_row, answers.last_row, rows_by_number(answers.cells))
        # What has not been parted into cells yet.
        self._waiting: list[str | Violation] = []
        self._records: CsvRecords | None = None
        self._delimiter = ""

    def take(self, piece: bytes) -> None:
        """Look at a further piece."""
        self._waiting += self._decoder.decode(self._lines.take(piece))
        if self._records is not None or len(self._waiting) >= _LINES_LOOKED_AT:
            self._read()

    def finish(self) -> Survey:
        """Return what the file looks like."""
        self._waiting += self._decoder.decode(self._lines.finish())
        self._read(is_last=True)
        sheet = self._sheet.finish()
        return Survey((sheet,) if sheet else (), self._delimiter)

    def _read(self, *, is_last: bool = False) -> None:
        if self._records is None:
            self._delimiter = delimiter_of(self._waiting)
            self._records = CsvRecords(self._delimiter)
        waiting, self._waiting = self._waiting, []
        self._sheet.take(self._records.read(waiting, is_last=is_last))


def delimiter_of(lines: list[str | Violation]) -> str:
    """Return what parts the cells of CSV, by its first lines: that which makes a header of known names of one of them.

    A first line that names it is emptied: it is a row to no program.
    """
    named = separator_in(lines[0]) if lines and isinstance(lines[0], str) else None
    if named:
        lines[0] = "\n"
        return named
    return max(DELIMITERS, key=lambda delimiter: _fit(lines[:_LINES_LOOKED_AT], delimiter))


def _fit(lines: Sequence[str | Violation], delimiter: str) -> tuple[int, int]:
    rows = [
        Row(number, cells)
        for number, cells in CsvRecords(delimiter).read(lines, is_last=True)
        if not isinstance(cells, Violation) and any(cells)
    ]
    widths = Counter(len(row.cells) for row in rows if len(row.cells) > 1)
    header = find_header(rows[:MOST_HEAD]) if rows else None
    known = sum(map(is_known, header.names)) if header else 0
    return known, max(widths.values(), default=0)


def _known(sheet: Sheet) -> int:
    return sum(1 for name in sheet.header.names if name and is_known(name))
