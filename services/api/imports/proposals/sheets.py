"""What a sheet looks like: its title, the row that names the columns, what each column holds, and its foot."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from services.api.imports.corrections import corrected
from services.api.imports.proposals.headers import HeaderGuess, find_header
from shared.domain.errors import Violation
from shared.domain.matching import folded, trimmed
from shared.files.cells import Cell, ErrorCell, NumberCell, is_blank, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.api.imports.corrections import CorrectedRows
    from shared.files.csv_records import Record

# So many rows are looked at to find the header, and shown; so many are kept, and so many different cells of a column.
MOST_HEAD: Final = 60
MOST_ROWS: Final = 5000
MOST_DISTINCT: Final = 5000
MOST_COLUMNS: Final = 60
# A row that names three columns and fills one is no record.
_FEWEST_COLUMNS: Final = 3
_SUM: Final = re.compile(r"(summa|delsumma|totalt|totalsumma|total|totals|sum|subtotal|s:a|tot|snitt|medel)\b.*")
_NUMERIC: Final = re.compile(r"[-+]?[\d\s.,]+%?")


@dataclass(slots=True)
class SheetColumn:
    """What the cells of a column hold, each different one with how many there are and the first row that has it."""

    index: int
    name: str
    cells: Counter[Cell] = field(default_factory=Counter)
    first_rows: dict[Cell, int] = field(default_factory=dict)
    filled: int = 0
    # Rows with an error of the spreadsheet program, or a formula that was never computed.
    errors: list[int] = field(default_factory=list)

    def add(self, number: int, cell: Cell) -> None:
        """Add the cell of a row."""
        if is_blank(cell):
            return
        self.filled += 1
        if isinstance(cell, ErrorCell):
            self.errors.append(number)
            return
        cell = trimmed(cell) if isinstance(cell, str) else cell
        if cell in self.first_rows or not self.has_more:
            self.cells[cell] += 1
            self.first_rows.setdefault(cell, number)

    @property
    def has_more(self) -> bool:
        """Whether there may be different cells that are not kept."""
        return len(self.first_rows) >= MOST_DISTINCT

    @property
    def words(self) -> list[str]:
        """The different cells as texts, those that come first in the sheet first."""
        return [*dict.fromkeys(text_of(cell) for cell in self.cells)]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that is none of the table: a sum, the name of a month, or what is below; with what it begins with."""

    number: int
    index: int
    text: str


@dataclass(slots=True)
class Sheet:
    """A sheet as it was found; rows are numbered as the person's program shows them."""

    name: str | None
    header: HeaderGuess
    title: list[str]
    columns: list[SheetColumn]
    head: list[Row]
    rows: list[Row] = field(default_factory=list)
    row_count: int = 0
    last_row: int = 0
    # Within the table, and below it.
    asides: list[Aside] = field(default_factory=list)
    foot: list[Aside] = field(default_factory=list)
    hidden_rows: Sequence[int] = ()
    merged_cells: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is no row below the header."""
        return self.row_count == 0


class SheetSurvey:
    """Takes the rows of a sheet as they come."""

    def __init__(
        self,
        name: str | None = None,
        header_row: int | None = None,
        last_row: int | None = None,
        corrected_rows: CorrectedRows | None = None,
    ) -> None:
        self._name = name
        self._header_row = header_row
        self._last_row = last_row
        self._corrected_rows = corrected_rows or {}
        self._head: list[Row] = []
        self._sheet: Sheet | None = None
        # Rows that may be the foot: none of them looks like a record.
        self._pending: list[Row] = []

    def take(self, records: Iterable[Record]) -> None:
        """Look at further rows."""
        for number, cells in records:
            if isinstance(cells, Violation) or all(map(is_blank, cells)):
                continue
            changes = self._corrected_rows.get(number)
            row = Row(number, corrected(cells, changes) if changes else cells)
            if self._sheet is None:
                self._head.append(row)
                if len(self._head) == MOST_HEAD:
                    self._begin()
            else:
                self._add(self._sheet, row)

    def finish(self, hidden_rows: Sequence[int] = (), merged_cells: Sequence[str] = ()) -> Sheet | None:
        """Return the sheet; None if it says nothing at all."""
        if self._sheet is None and self._head:
            self._begin()
        if self._sheet is None:
            return None
        sheet = self._sheet
        sheet.foot = [_aside(row, sheet) for row in self._pending]
        sheet.hidden_rows = [number for number in hidden_rows if sheet.header.row < number <= sheet.last_row]
        # Those of a title or of the headings do no harm.
        sheet.merged_cells = [cells for cells in merged_cells if sheet.header.row < _last_row_of(cells)]
        return sheet

    def _begin(self) -> None:
        header = find_header(self._head, self._header_row)
        width = min(MOST_COLUMNS, max(len(row.cells) for row in self._head))
        names = [*header.names, *[""] * width][:width]
        title = [
            text_of(cell)
            for row in self._head
            if row.number < header.first
            for cell in row.cells
            if isinstance(cell, str | NumberCell) and not is_blank(cell)
        ]
        columns = [SheetColumn(index, name) for index, name in enumerate(names)]
        self._sheet = Sheet(self._name, header, title, columns, self._head)
        for row in self._head:
            self._add(self._sheet, row)

    def _add(self, sheet: Sheet, row: Row) -> None:
        if row.number <= sheet.header.row:
            return
        is_below = self._last_row is not None and row.number > self._last_row
        if is_below or (self._last_row is None and _may_be_aside(_within(row, sheet), sheet)):
            self._pending.append(row)
            return
        for earlier in self._pending:
            self._add_row(sheet, earlier)
        self._pending = []
        self._add_row(sheet, row)

    def _add_row(self, sheet: Sheet, row: Row) -> None:
        sheet.last_row = row.number
        if _is_sum(_within(row, sheet)) or _is_heading(_within(row, sheet), sheet):
            sheet.asides.append(_aside(row, sheet))
            return
        sheet.row_count += 1
        if len(sheet.rows) < MOST_ROWS:
            sheet.rows.append(row)
        for column, cell in zip(sheet.columns, row.cells, strict=False):
            column.add(row.number, cell)


def _last_row_of(cells: str) -> int:
    """Return the last row of a range such as A5:A9."""
    digits = re.sub(r"[^0-9]", "", cells.rpartition(":")[2])
    return int(digits) if digits else 0


def _within(row: Row, sheet: Sheet) -> Sequence[Cell]:
    """Return the cells of a row that are in the columns of a sheet: what stands beside them is none of the table."""
    return row.cells[: len(sheet.columns)]


def _may_be_aside(cells: Sequence[Cell], sheet: Sheet) -> bool:
    """Tell whether a row may be a sum or a remark: what follows says whether it is below the table."""
    filled = [cell for cell in cells if not is_blank(cell)]
    named = _named(sheet)
    if _is_sum(cells) or not filled:
        return True
    if named < _FEWEST_COLUMNS:
        return False
    return len(filled) == 1 or (all(map(_is_numeric, filled)) and len(filled) * 2 < named)


def _is_heading(cells: Sequence[Cell], sheet: Sheet) -> bool:
    """Tell whether a row within a table is a heading for those below it: it fills one cell, by a text without digits.

    With a year it may be the name of a month; a date alone is a record that lacks all else.
    """
    filled = [cell for cell in cells if not is_blank(cell)]
    if len(filled) != 1 or _named(sheet) < _FEWEST_COLUMNS or not isinstance(filled[0], str):
        return False
    return re.fullmatch(r"[^\d]*(?:20\d\d)?", filled[0].strip()) is not None


def _named(sheet: Sheet) -> int:
    return sum(1 for column in sheet.columns if column.name)


def _is_numeric(cell: Cell) -> bool:
    return isinstance(cell, NumberCell) or _NUMERIC.fullmatch(text_of(cell)) is not None


def _is_sum(cells: Sequence[Cell]) -> bool:
    """Tell whether a row begins with a word for a sum, and has few texts besides."""
    filled = [cell for cell in cells if not is_blank(cell)]
    if not filled or not isinstance(filled[0], str) or not _SUM.fullmatch(folded(filled[0])):
        return False
    return all(map(_is_numeric, filled[1:]))


def _aside(row: Row, sheet: Sheet) -> Aside:
    return next(
        (Aside(row.number, at, text_of(cell)) for at, cell in enumerate(_within(row, sheet)) if not is_blank(cell)),
        Aside(row.number, 0, ""),
    )
