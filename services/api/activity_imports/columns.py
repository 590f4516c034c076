"""From the cells of a row to an activity as JSON would have it, by a mapping or by the canonical column names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any

from services.api.activities.schemas import ITEM_SEPARATOR
from services.api.import_mappings.schemas import TIMED_FIELDS, ColumnRule, Duplicates, MappingContent, is_field, nested
from services.api.problems import InvalidImport, shown
from shared.domain.errors import Violation
from shared.domain.moment import UnreadableMoment, read_formatted, read_moment

# Texts that rarely stand in two rows: remembering them would only cost memory.
_UNIQUE_FIELDS = frozenset({"externalId", "note"})
_WHOLE_NUMBERS = frozenset({"annex", "version"})
_MOST_REMEMBERED = 10_000
_INTEGER = re.compile(r"[+-]?\d{1,30}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,30}(?:[.,]\d{1,30})?", re.ASCII)

Read = Callable[[str], object]
_STATUS = "status"


class UnreadableCell(Exception):
    """A cell has no meaning by its rule."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class Columns:
    """Reads rows under one header."""

    def __init__(self, header: Sequence[str], mapping: MappingContent | None, item_lists: Collection[str]) -> None:
        """Find the columns. `item_lists` are the attributes that are lists of items.

        Raises:
            InvalidImport: the header lacks one, has one twice, or has one that is unknown.

        """
        names = [name.strip() for name in header]
        read_by = mapping or _canonical(names)
        _refuse_unfit(names, _columns_of(read_by))
        self._width = len(names)
        self._constants = nested(dict(read_by.constants))
        self._duplicates = _told_by(read_by.duplicates, names)
        lists = frozenset(f"attributes.{name}" for name in item_lists)
        self._cells = [
            (field, *_path(field), names.index(rule.column), _values_of(field, _reader(field, rule, read_by, lists)))
            for field, rule in read_by.columns.items()
        ]
        # What is left of them for a row that the source calls a duplicate.
        self._cells_but_status = [cell for cell in self._cells if cell[0] != _STATUS]

    def read(self, row: Sequence[str]) -> tuple[dict[str, Any], list[Violation]]:
        """Return what the row says, as an activity in JSON has it, and which of its cells could not be read."""
        if len(row) != self._width:
            reason = f"has {len(row)} cells where the header has {self._width}"
            return {}, [Violation("", reason, "Quote cells that hold the delimiter, and leave none out.")]
        document = {name: value.copy() if isinstance(value, dict) else value for name, value in self._constants.items()}
        faults: list[Violation] = []
        is_duplicate = self._duplicates(row)
        for field, top, below, index, values in self._cells_but_status if is_duplicate else self._cells:
            try:
                value = values[row[index].strip()]
            except UnreadableCell as error:
                faults.append(Violation(field, error.reason, error.remedy))
                continue
            if value is None:
                continue
            if below:
                document.setdefault(top, {})[below] = value
            else:
                document[top] = value
        if is_duplicate:
            document[_STATUS] = "cancelled"
        return document, faults


class _Values(dict[str, object]):
    """The values that cells stand for: each cell is read once, unless the field's cells are all different."""

    def __init__(self, read: Read, most: int) -> None:
        super().__init__()
        self._read = read
        self._most = most

    def __missing__(self, cell: str) -> object:
        value = self._read(cell)
        if len(self) < self._most:
            self[cell] = value
        return value


def _values_of(field: str, read: Read) -> _Values:
    return _Values(read, 0 if field in _UNIQUE_FIELDS else _MOST_REMEMBERED)


def _canonical(names: Sequence[str]) -> MappingContent:
    """Return the mapping of a file whose columns have the names of our fields."""
    unknown = [name for name in names if not is_field(name)]
    if unknown:
        remedy = "Rename the column, take it out, or name a mapping."
        violations = [Violation(shown(name), "is not a field of an activity", remedy) for name in unknown]
        raise InvalidImport("The file has columns that are unknown, and no mapping is named.", violations)
    return MappingContent(columns={name: ColumnRule(column=name) for name in names})


def _columns_of(mapping: MappingContent) -> list[str]:
    columns = [rule.column for rule in mapping.columns.values()]
    return [*columns, mapping.duplicates.column] if mapping.duplicates else columns


def _refuse_unfit(names: Sequence[str], wanted: Sequence[str]) -> None:
    counts = Counter(names)
    unfit = {column: counts[column] for column in wanted if counts[column] != 1}
    violations = [
        Violation(
            shown(column),
            "the file has this column twice" if count else "the file has no such column",
            "Mend the file's first row, or the mapping.",
        )
        for column, count in unfit.items()
    ]
    if violations:
        raise InvalidImport("The file's first row must name each column that is read, once.", violations)


def _told_by(duplicates: Duplicates | None, names: Sequence[str]) -> Callable[[Sequence[str]], bool]:
    """Return what tells whether the source calls a row a duplicate."""
    if duplicates is None:
        return lambda _row: False
    index, values = names.index(duplicates.column), frozenset(duplicates.values)
    return lambda row: row[index].strip() in values


def _path(field: str) -> tuple[str, str]:
    top, _, below = field.partition(".")
    return top, below


def _reader(field: str, rule: ColumnRule, mapping: MappingContent, lists: Collection[str]) -> Read:
    """Return what turns a trimmed cell into the field's value; None states nothing."""
    typed = _items if field in lists else _typed(field, mapping)

    def otherwise() -> object:
        return None if rule.otherwise is None else typed(str(rule.otherwise))

    def read(cell: str) -> object:
        if cell in rule.values:
            return typed(str(rule.values[cell]))
        if not cell:
            return otherwise()
        if rule.template is not None:
            return typed(rule.template.replace("{}", cell))
        if rule.format is not None:
            return _formatted(cell, rule.format, mapping)
        if not rule.values:
            return typed(cell)
        if rule.otherwise is None:
            raise UnreadableCell("is not among the mapping's values", "Mend the cell, or add it to the values.")
        return otherwise()

    return read


def _typed(field: str, mapping: MappingContent) -> Read:
    """Return what turns a text into a value of the field's type."""
    if field in TIMED_FIELDS:
        return lambda text: _moment(text, mapping)
    if field in _WHOLE_NUMBERS or field.startswith("participants."):
        return _whole_number
    if field == "cost":
        return _decimal
    return lambda text: text


def _moment(text: str, mapping: MappingContent) -> object:
    try:
        return read_moment(text, mapping.zone)
    except UnreadableMoment as error:
        raise UnreadableCell(error.reason, error.remedy) from None


def _formatted(text: str, form: str, mapping: MappingContent) -> object:
    try:
        return read_formatted(text, form, mapping.zone)
    except UnreadableMoment as error:
        raise UnreadableCell(error.reason, error.remedy) from None


def _whole_number(text: str) -> object:
    if not _INTEGER.fullmatch(text):
        raise UnreadableCell("is not a whole number", "Write digits only.")
    return int(text)


def _decimal(text: str) -> object:
    if not _DECIMAL.fullmatch(text):
        raise UnreadableCell("is not a number", "Write digits, with a point before the decimals.")
    return float(text.replace(",", "."))


def _items(text: str) -> object:
    """Read a list of items, each of them its state, a colon and what it is about."""
    items = []
    for number, part in enumerate(text.split(ITEM_SEPARATOR), 1):
        state, colon, item = part.partition(":")
        if not colon:
            remedy = f"Write the list as: done: Broken lamp {ITEM_SEPARATOR} open: Cut hedge"
            raise UnreadableCell(f"item {number} has no state", remedy)
        items.append({"item": item, "state": state.strip()})
    return items
