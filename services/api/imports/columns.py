"""From the cells of a row to a record as JSON would have it, by a mapping or by the canonical column names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from services.api.http.problems import InvalidImport
from services.api.imports.cell_readers import ErrorInCell, UnreadableCell
from services.api.imports.column_names import Positions, canonical, columns_of
from services.api.imports.field_readers import Cells, listed_in, reader_of
from services.api.imports.mappings.rules import ColumnRule, RowChoice
from services.api.imports.mappings.schemas import MappingContent, nested
from services.api.imports.record_type import Reading
from shared.domain.errors import Violation
from shared.domain.matching import folded
from shared.files.cells import Cell, ErrorCell, is_blank, text_of
from shared.files.table import NO_HEADER, Header, column_letters

# What cells mean is remembered; of a field whose cells are all different it would only cost memory.
_MOST_REMEMBERED: Final = 10_000
_STATUS: Final = "status"
_CANCELLED: Final = "cancelled"
_ID: Final = "externalId"
# The ids of rows without any are made of what stands in them.
_ROWS: Final = uuid5(NAMESPACE_URL, "https://samverkan.example/rows")
_ERROR_IN_CHOICE: Final = Violation(
    "", "holds an error in a column that says which rows are read", "Mend its formula, or empty the cell."
)

Choose = Callable[[Sequence[Cell]], bool]


class Values(dict[Cells, object]):
    """The values that cells stand for: each of the first `most` is read once."""

    def __init__(self, read: Callable[[Cells], object], most: int) -> None:
        super().__init__()
        self._read = read
        self._most = most

    def __missing__(self, cell: Cells) -> object:
        value = self._read(cell)
        if len(self) < self._most:
            self[cell] = value
        return value


class _Column(NamedTuple):
    """A field, the two parts of its name, where its cells are, what they mean, and in which rows they are read."""

    field: str
    top: str
    below: str
    at: int
    cells: Callable[[Sequence[Cell]], Cells]
    values: Values
    is_read: Choose | None


class Columns:
    """Reads rows under one header."""

    def __init__(
        self, header: Header, mapping: MappingContent | None, reading: Reading, *, is_workbook: bool = False
    ) -> None:
        """Find the columns.

        Raises:
            InvalidImport: the header lacks one, has one twice, or has one that is unknown.

        """
        if isinstance(header.names, Violation):
            raise InvalidImport("The row of column names cannot be read.", [header.names])
        names = header.names
        read_by = mapping or canonical(names, reading.makes)
        self._positions = Positions(names, is_lettered=read_by.format.header_row == NO_HEADER)
        self._positions.refuse_unfit(columns_of(read_by))
        self._width = len(names)
        self._is_workbook = is_workbook
        self._constants = nested(dict(read_by.constants))
        self._cancels = self._chosen(read_by.cancelling)
        self._skips = self._chosen(read_by.skips)
        self._columns = [self._column(field, rule, read_by, reading) for field, rule in read_by.columns.items()]
        # What is left of them for a row that is cancelled whatever its status says.
        self._columns_but_status = [column for column in self._columns if column.field != _STATUS]
        self._read_indexes = sorted({self._positions.find(name) for name in columns_of(read_by)})
        self._ids = RowIds(self._read_indexes)
        self._makes_ids = read_by.without_ids

    def read(self, number: int, row: Sequence[Cell]) -> tuple[dict[str, Any], list[Violation]] | None:
        """Return what the row says, as JSON has it, and which of its cells could not be read; None if it is skipped."""
        if len(row) != self._width:
            fitted = self._fitted(row)
            if isinstance(fitted, Violation):
                return {}, [fitted]
            row = fitted
        try:
            if self._skips(row):
                return None
            is_cancelled = self._cancels(row)
        except ErrorInCell:
            return {}, [_ERROR_IN_CHOICE]
        document = {name: value.copy() if isinstance(value, dict) else value for name, value in self._constants.items()}
        faults = self._fill(document, self._columns_but_status if is_cancelled else self._columns, number, row)
        if is_cancelled:
            document[_STATUS] = _CANCELLED
        if self._makes_ids:
            document[_ID] = self._ids.of(row)
        return document, faults

    def _fill(
        self, document: dict[str, Any], columns: Sequence[_Column], number: int, row: Sequence[Cell]
    ) -> list[Violation]:
        """Add what the cells of a row say to the document, and return what is wrong with those that say nothing."""
        faults = []
        for column in columns:
            _, top, below, _, cells, values, is_read = column
            try:
                if is_read is not None and not is_read(row):
                    continue
                value = values[cells(row)]
            except UnreadableCell as error:
                faults.append(self._fault(number, column, error))
                continue
            if value is None:
                continue
            if below:
                document.setdefault(top, {})[below] = value
            else:
                document[top] = value
        return faults

    def is_blank(self, row: Sequence[Cell]) -> bool:
        """Tell whether a row says nothing in the columns that are read; there may be a remark to their right."""
        first = self._read_indexes[0]
        if first < len(row) and not is_blank(row[first]):
            return False
        return all(is_blank(row[index]) for index in self._read_indexes if index < len(row))

    def _fitted(self, row: Sequence[Cell]) -> Sequence[Cell] | Violation:
        """Return a row as wide as the header. What is to the right of the table is not read.

        A cell of CSV too many, right behind the last, may be one that holds the delimiter without quotes.
        """
        beyond = row[self._width :]
        if beyond and not self._is_workbook and not is_blank(beyond[0]) and not self._positions.ends_unnamed:
            reason = f"has {len(row)} cells where the header has {self._width}"
            return Violation("", reason, "Quote cells that hold the delimiter.")
        return [*row[: self._width], *[""] * (self._width - len(row))]

    def _fault(self, number: int, column: _Column, error: UnreadableCell) -> Violation:
        if not isinstance(error, ErrorInCell):
            return Violation(column.field, error.reason, error.remedy)
        return error.violation(column.field, column_letters(column.at), number if self._is_workbook else None)

    def _column(self, field: str, rule: ColumnRule, mapping: MappingContent, reading: Reading) -> _Column:
        top, _, below = field.partition(".")
        indexes = [self._positions.find(name) for name in (rule.column, *rule.also_columns)]
        read = reader_of(field, rule, mapping, reading)
        most = 0 if field in reading.unlike else _MOST_REMEMBERED
        return _Column(
            field,
            top,
            below,
            indexes[0],
            itemgetter(*indexes),
            Values(read, most),
            self._condition(rule.when, rule.unless),
        )

    def _condition(self, when: RowChoice | None, unless: RowChoice | None) -> Choose | None:
        if when is None and unless is None:
            return None
        is_meant = self._chosen([when]) if when else lambda _row: True
        is_void = self._chosen([unless]) if unless else lambda _row: False
        return lambda row: is_meant(row) and not is_void(row)

    def _chosen(self, choices: Sequence[RowChoice]) -> Choose:
        """Return a test of whether a row is one of those chosen."""
        criteria = [
            (self._positions.find(choice.column), Values(listed_in(choice.values), _MOST_REMEMBERED))
            for choice in choices
        ]
        if not criteria:
            return lambda _row: False
        return lambda row: any(values[row[index]] for index, values in criteria)


class RowIds:
    """Makes ids of what stands in some columns; rows that are alike are told apart by how many there were before."""

    def __init__(self, indexes: Sequence[int]) -> None:
        self._indexes = indexes
        self._seen: Counter[bytes] = Counter()

    def of(self, row: Sequence[Cell]) -> str:
        """Return the id of the next row."""
        texts = [
            "" if isinstance(cell, ErrorCell) else folded(text_of(cell)) for cell in map(row.__getitem__, self._indexes)
        ]
        key: UUID = uuid5(_ROWS, "\x1f".join(texts))
        self._seen[key.bytes] += 1
        number = self._seen[key.bytes]
        return str(key if number == 1 else uuid5(key, str(number)))
