"""A filled-in template as it was sent: found by the names of its sheets and columns, in either language."""

from __future__ import annotations

import base64
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from services.api.pages.setup.examples import EXAMPLES
from services.api.pages.setup.layout import AGREEMENT, SHEETS, VERSION, TemplateSheet
from services.api.pages.texts import translator
from shared.domain.matching import folded, trimmed
from shared.domain.wording import Language
from shared.files.cells import Cell, decoded, encoded, is_blank, text_of
from shared.files.table import column_letters
from shared.files.workbook import NoWorkbook, Workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from services.api.pages.setup.choices import TemplateChoices
    from services.api.pages.texts import Translate
    from shared.files.sheet_reader import SheetRow

MOST_UNPACKED: Final = 32 * 1024 * 1024
MOST_ROWS: Final = 1000
MOST_TITLE_ROWS: Final = 20
# What is carried from a page to the next may unpack to so much.
MOST_CARRIED: Final = 4 * 1024 * 1024
# An Excel file with a password, or one of the format before 2007.
_OLD_OR_LOCKED: Final = b"\xd0\xcf\x11\xe0"
_ZIP: Final = b"PK\x03\x04"


class CellFault(NamedTuple):
    """What is wrong, and where, as the spreadsheet program names it."""

    where: str
    text: str


class FaultyTemplate(Exception):
    """A file is no filled-in template; all that is wrong with it is listed."""

    def __init__(self, faults: Sequence[CellFault]) -> None:
        super().__init__(len(faults))
        self.faults = faults


class CellPosition(NamedTuple):
    """A cell of a template, by the keys of its sheet and column; of the agreement the row is that of the field."""

    sheet: str
    row: int
    column: str


@dataclass(frozen=True, slots=True)
class FilledSheet:
    """The rows of a sheet that somebody has filled in, by their numbers; the columns by key, with their letters."""

    title: str
    letters: Mapping[str, str]
    rows: Mapping[int, Mapping[str, Cell]]


@dataclass(frozen=True, slots=True)
class FilledTemplate:
    """What is filled in, by sheet; `examples` is how many rows are passed over as examples.

    Where `is_whole` annexes and targets become those that it has; else those that it does not name stay, and its row is
    of what was `opened`: a place by its code, or an annex by its number.
    """

    sheets: Mapping[str, FilledSheet]
    examples: int = 0
    is_whole: bool = True
    opened: str = ""

    def where(self, place: CellPosition, t: Translate) -> str:
        """Return how the spreadsheet program names a cell."""
        sheet = self.sheets[place.sheet]
        return t("setup.whereCell", sheet=sheet.title, cell=f"{sheet.letters[place.column]}{place.row}")

    def carried(self) -> str:
        """Return it as a text that a form can carry."""
        content = {}
        for key, sheet in self.sheets.items():
            rows = [[n, {c: encoded(cell) for c, cell in row.items()}] for n, row in sheet.rows.items()]
            content[key] = [sheet.title, sheet.letters, rows]
        return base64.b64encode(zlib.compress(orjson.dumps([self.examples, content]), 9)).decode()

    @classmethod
    def from_carried(cls, text: str) -> FilledTemplate:
        """Return what a form has carried.

        Raises:
            ValueError: it is nothing that was given to it.
        """
        try:
            unpacking = zlib.decompressobj()
            packed = unpacking.decompress(base64.b64decode(text, validate=True), MOST_CARRIED)
            examples, content = orjson.loads(packed)
            return cls(_sheets_from_json(content), int(examples))
        except (zlib.error, TypeError, KeyError, AttributeError, OverflowError, ValueError) as error:
            raise ValueError("the carried template is broken") from error


def _sheets_from_json(content: Mapping[str, Any]) -> dict[str, FilledSheet]:
    if content.keys() != SHEETS.keys():
        raise ValueError("the carried template has other sheets")
    return {key: _from_json(SHEETS[key], *parts) for key, parts in content.items()}


def _from_json(
    sheet: TemplateSheet, title: str, letters: Mapping[str, str], rows: Iterable[tuple[int, Any]]
) -> FilledSheet:
    known = {column.key for column in sheet.columns}
    read = {int(number): {key: decoded(cell) for key, cell in row.items()} for number, row in rows}
    if len(read) > MOST_ROWS or not known <= letters.keys() or any(not row.keys() <= known for row in read.values()):
        raise ValueError("the carried template has other columns")
    return FilledSheet(str(title), letters, read)


def read_template(file: IO[bytes], municipality: str, choices: TemplateChoices, t: Translate) -> FilledTemplate:
    """Return what is filled in for a municipality, by its name.

    Raises:
        FaultyTemplate: with all that keeps it from being read.
    """
    beginning = file.read(len(_ZIP))
    file.seek(0)
    if beginning != _ZIP:
        key = "password" if beginning == _OLD_OR_LOCKED else "noWorkbook"
        raise FaultyTemplate([CellFault(t("setup.whereFile"), t(f"setup.fault.{key}"))])
    try:
        book = Workbook(file, MOST_UNPACKED)
        if book.has_macros:
            raise FaultyTemplate([CellFault(t("setup.whereFile"), t("setup.fault.macros"))])
        return _Reader(book, choices, t).read(municipality)
    except NoWorkbook as error:
        raise FaultyTemplate([CellFault(t("setup.whereFile"), t("setup.fault.noWorkbook"))]) from error


class _Reader:
    """Reads the sheets of a workbook; what is wrong with any of them is collected."""

    def __init__(self, book: Workbook, choices: TemplateChoices, t: Translate) -> None:
        self._book = book
        self._choices = choices
        self._t = t
        self._faults: list[CellFault] = []
        self._examples = 0

    def read(self, municipality: str) -> FilledTemplate:
        found: dict[str, tuple[str, list[SheetRow]]] = {}
        by_title = {title: key for key in ("readFirst", *SHEETS) for title in _in_both(f"setup.sheet.{key}")}
        for title, rows in self._book.sheets():
            key = by_title.get(folded(title))
            if key is not None and key not in found:
                found[key] = title, self._some(title, rows)
        self._check_stamp(found.get("readFirst", ("", []))[1], municipality)
        sheets = {}
        for key in SHEETS:
            if key not in found:
                self._note(self._t(f"setup.sheet.{key}"), "noSheet")
                continue
            title, own = found[key]
            self._note_merged(title)
            sheet = self._form(title, own) if key == AGREEMENT.key else self._table(SHEETS[key], title, own)
            if sheet is not None:
                sheets[key] = sheet
        if self._faults:
            raise FaultyTemplate(self._faults)
        return FilledTemplate(sheets, self._examples)

    def _some(self, title: str, rows: Iterator[SheetRow]) -> list[SheetRow]:
        taken: list[SheetRow] = []
        for row in rows:
            if all(map(is_blank, row.cells)):
                continue
            if len(taken) == MOST_ROWS:
                self._note(title, "tooManyRows", most=MOST_ROWS)
                break
            taken.append(row)
        return taken

    def _note(self, title: str, key: str, **values: object) -> None:
        self._faults.append(
            CellFault(self._t("setup.whereSheet", sheet=title), self._t(f"setup.fault.{key}", **values))
        )

    def _check_stamp(self, rows: Iterable[SheetRow], municipality: str) -> None:
        """See that it is the present template, and of this municipality; nothing else would be read rightly."""
        stamps = {folded(text_of(row.cells[0])): trimmed(text_of(row.cells[1])) for row in rows if len(row.cells) > 1}
        version, other = (
            next((stamps[label] for label in _in_both(key) if label in stamps), None)
            for key in ("setup.version", "setup.forMunicipality")
        )
        where = self._t("setup.whereFile")
        if version is None or other is None:
            raise FaultyTemplate([CellFault(where, self._t("setup.fault.notOurs"))])
        if version != str(VERSION):
            text = self._t("setup.fault.otherVersion", version=version, current=VERSION)
            raise FaultyTemplate([CellFault(where, text)])
        if folded(other) != folded(municipality):
            text = self._t("setup.fault.otherMunicipality", other=other, name=municipality)
            raise FaultyTemplate([CellFault(where, text)])

    def _note_merged(self, title: str) -> None:
        for cells in self._book.merged_cells(title):
            where = self._t("setup.whereCell", sheet=title, cell=cells.partition(":")[0])
            self._faults.append(CellFault(where, self._t("setup.fault.merged", cells=cells)))

    def _form(self, title: str, rows: Iterable[SheetRow]) -> FilledSheet:
        """Return the agreement's fields: each in its row, and several values of one in the rows below."""
        labels = {label: column.key for column in AGREEMENT.columns for label in _headings(AGREEMENT, column.key)}
        fields: dict[int, dict[str, Cell]] = {}
        letters = dict.fromkeys((column.key for column in AGREEMENT.columns), "B")
        key = ""
        for row in rows:
            label = folded(text_of(row.cells[0])) if row.cells else ""
            key = labels.get(label, "") if label else key
            value: Cell = row.cells[1] if len(row.cells) > 1 else ""
            if key and (label or not is_blank(value)):
                fields[row.number] = {key: value}
        for missing in {column.key for column in AGREEMENT.columns} - {name for row in fields.values() for name in row}:
            self._note(title, "noColumn", name=self._t(f"setup.column.{AGREEMENT.key}.{missing}"))
        return FilledSheet(title, letters, fields)

    def _table(self, sheet: TemplateSheet, title: str, rows: Sequence[SheetRow]) -> FilledSheet | None:
        heading = self._heading_row(sheet, rows)
        if heading is None:
            self._note(title, "noHeadings")
            return None
        columns = self._columns(sheet, title, heading)
        helps = {*_in_both("setup.marker.help")}
        examples = {*_in_both("setup.marker.example")}
        read: dict[int, dict[str, Cell]] = {}
        for number, cells in rows:
            marker = folded(text_of(cells[0])) if cells else ""
            row = {key: cells[at] for key, at in columns.items() if at < len(cells) and not is_blank(cells[at])}
            if number <= heading.number or not row or marker in helps:
                continue
            if marker in examples:
                self._examples += 1
                if not self._is_example(sheet, row):
                    where = self._t("setup.whereCell", sheet=title, cell=f"A{number}")
                    self._faults.append(CellFault(where, self._t("setup.fault.changedExample")))
                continue
            read[number] = row
        return FilledSheet(title, {key: column_letters(at) for key, at in columns.items()}, read)

    @staticmethod
    def _heading_row(sheet: TemplateSheet, rows: Sequence[SheetRow]) -> SheetRow | None:
        known = {heading for column in sheet.columns for heading in _headings(sheet, column.key)}
        # A heading may be changed or gone, which is said of the column; a row of values is not taken for headings.
        wanted = max(1, len(sheet.columns) // 2)
        for row in rows[:MOST_TITLE_ROWS]:
            if sum(folded(text_of(cell)) in known for cell in row.cells) >= wanted:
                return row
        return None

    def _columns(self, sheet: TemplateSheet, title: str, heading: SheetRow) -> dict[str, int]:
        keys = {name: column.key for column in sheet.columns for name in _headings(sheet, column.key)}
        named = [(keys.get(folded(text_of(cell))), at) for at, cell in enumerate(heading.cells)]
        times = Counter(key for key, _ in named if key)
        for column in sheet.columns:
            if times[column.key] != 1:
                fault = "twoColumns" if times[column.key] else "noColumn"
                self._note(title, fault, name=self._t(f"setup.column.{sheet.key}.{column.key}"))
        return {key: at for key, at in named if key}

    def _is_example(self, sheet: TemplateSheet, row: Mapping[str, Cell]) -> bool:
        """Tell whether a row that is marked as an example says what an example of ours does."""
        column, cell = sheet.column(sheet.name), folded(text_of(row.get(sheet.name, "")))
        for example in EXAMPLES[sheet.key]:
            value = str(example.get(sheet.name, ""))
            if column.source and not value.startswith("@"):
                names = {folded(self._choices.names(column.source, language)[value]) for language in Language}
            else:
                names = {*_in_both(f"setup.example.{value[1:]}")} if value.startswith("@") else {folded(value)}
            if cell in names:
                return True
        return False


def _headings(sheet: TemplateSheet, key: str) -> Iterator[str]:
    """Yield how a column may be headed: with the mark of what is required, or without."""
    for heading in _in_both(f"setup.column.{sheet.key}.{key}"):
        yield from (heading, f"{heading} *")


def _in_both(key: str) -> list[str]:
    return [folded(translator(language)(key)) for language in Language]
