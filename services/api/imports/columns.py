"""The columns of a file: which there are, and what a row says in them, as JSON would have it.

A mapping says which columns are read. Without one they are those that are named like our fields.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from services.api.http.problems import InvalidImport
from services.api.imports.cell_readers import Cells, ErrorInCell, RecordReading, UnreadableCell, listed_in, reader_of
from services.api.imports.mappings.content import ColumnRule, Makes, MappingContent, RowChoice, nested
from services.api.imports.record_type import FIELDS
from shared.domain.errors import Violation
from shared.domain.matching import folded, trimmed
from shared.files.cells import Cell, ErrorCell, is_blank, text_of
from shared.files.table import NO_HEADER, Fit, Fits, Header, column_index, column_letters, wants
from shared.intake.violations import redacted

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


class Positions:
    """Where the columns are: by their names, or by their letters where nothing names them."""

    def __init__(self, names: Sequence[str], *, is_lettered: bool) -> None:
        self._is_lettered = is_lettered
        self._named = {name: index for index, name in reversed([*enumerate(names)]) if name}
        self._folded = {folded(name): index for name, index in self._named.items()}
        self._counts = Counter(name for name in names if name)
        self._folded_counts = Counter(folded(name) for name in names if name)
        self.ends_unnamed = not names or not names[-1]

    def find(self, name: str) -> int:
        """Return the position of a column that is there."""
        if self._is_lettered:
            return column_index(name) or 0
        index = self._named.get(trimmed(name))
        return self._folded[folded(name)] if index is None else index

    def count(self, name: str) -> int:
        """Return how many columns a name may mean; one that is written just so is meant."""
        if self._is_lettered:
            return 1 if column_index(name) is not None else 0
        return self._counts[trimmed(name)] or self._folded_counts[folded(name)]

    def refuse_unfit(self, wanted: Sequence[str]) -> None:
        """Refuse a header that does not name each column that is read once."""
        unfit = {column: count for column in wanted if (count := self.count(column)) != 1}
        violations = [
            Violation(
                redacted(column),
                "the file has this column twice" if count else "the file has no such column",
                "Mend the file's row of column names, or the mapping; it may say which row and sheet (`format`).",
            )
            for column, count in unfit.items()
        ]
        if violations:
            raise InvalidImport("The file's row of column names must have each column that is read, once.", violations)


def header_fits(mapping: MappingContent | None, makes: Makes) -> Fits:
    """Return what tells the header of a file: it has the mapping's columns, or ones named like the fields alone."""
    if mapping is not None:
        return wants(columns_of(mapping))
    fields = FIELDS[makes]

    def fit(names: Sequence[str]) -> Fit:
        stated = [name for name in names if name]
        found = sum(fields.find(name) is not None for name in stated)
        return Fit(found, is_header=0 < found == len(stated))

    return fit


def columns_of(mapping: MappingContent) -> list[str]:
    """Return the names of all columns that a mapping reads."""
    rules = mapping.columns.values()
    conditions = [choice for rule in rules for choice in (rule.when, rule.unless) if choice]
    choices = [*mapping.skips, *mapping.cancelling, *conditions]
    names = [name for rule in rules for name in (rule.column, *rule.also_columns)] + mapping.id_columns
    return [*dict.fromkeys([*names, *(choice.column for choice in choices)])]


def canonical(names: Sequence[str], makes: Makes) -> MappingContent:
    """Return the mapping of a file whose columns have the names of our fields."""
    fields = FIELDS[makes]
    found = {name: fields.find(name) for name in names if name}
    unknown = [name for name, field in found.items() if field is None]
    if unknown or not found:
        remedy = "Rename the column, take it out, or name a mapping."
        violations = [Violation(redacted(name), f"is not a field of {fields.noun}", remedy) for name in unknown]
        raise InvalidImport("The file has columns that are unknown, and no mapping is named.", violations)
    named: dict[str, str] = {}
    for name, field in found.items():
        if field and named.setdefault(field, name) != name:
            violation = Violation(redacted(name), "the file has this column twice", "Take one of them out.")
            raise InvalidImport("Two columns of the file are named like the same field.", [violation])
    return MappingContent(
        makes=makes, columns={field: ColumnRule(column=name) for name, field in found.items() if field}
    )


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
        self, header: Header, mapping: MappingContent | None, reading: RecordReading, *, is_workbook: bool = False
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
        id_indexes = [self._positions.find(name) for name in read_by.id_columns]
        self._ids = RowIds(id_indexes or self._read_indexes)
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

    def _column(self, field: str, rule: ColumnRule, mapping: MappingContent, reading: RecordReading) -> _Column:
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
