"""From the cells of a row to a record as JSON would have it, by a mapping or by the canonical column names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.problems import InvalidImport
from services.api.imports.mappings.schemas import ColumnRule, MappingContent, RowChoice, nested
from services.api.imports.record_type import FIELDS, Makes, Read, Reading
from shared.db.tables import area
from shared.domain.errors import Violation
from shared.domain.moment import UnreadableMoment, read_formatted, read_moment
from shared.intake.violations import redacted

# Whole numbers are often written with decimals, as by programs that know but one kind of number.
_INTEGER = re.compile(r"([+-]?\d{1,30})(?:[.,]0{1,30})?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,30}(?:[.,]\d{1,30})?", re.ASCII)
# What cells mean is remembered; of a field whose cells are all different it would only cost memory.
_MOST_REMEMBERED = 10_000
_STATUS = "status"

Choose = Callable[[Sequence[str]], bool]


class UnreadableCell(Exception):
    """A cell has no meaning by its rule."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class Values(dict[str, object]):
    """The values that cells stand for: each of the first `most` is read once."""

    def __init__(self, read: Read, most: int) -> None:
        super().__init__()
        self._read = read
        self._most = most

    def __missing__(self, cell: str) -> object:
        value = self._read(cell)
        if len(self) < self._most:
            self[cell] = value
        return value


def as_text(text: str) -> object:
    """Return the cell as it stands."""
    return text


def moment_in(zone: tzinfo) -> Read:
    """Return what reads a date or date-time; `zone` is that of one which carries none."""

    def read(text: str) -> object:
        try:
            return read_moment(text, zone)
        except UnreadableMoment as error:
            raise UnreadableCell(error.reason, error.remedy) from None

    return read


def formatted_in(form: str, zone: tzinfo) -> Read:
    """Return what reads a date or date-time of a form of `strptime`."""

    def read(text: str) -> object:
        try:
            return read_formatted(text, form, zone)
        except UnreadableMoment as error:
            raise UnreadableCell(error.reason, error.remedy) from None

    return read


def whole_number(text: str) -> object:
    """Return a whole number; 8.0 is one."""
    found = _INTEGER.fullmatch(text)
    if not found:
        raise UnreadableCell("is not a whole number", "Write digits only.")
    return int(found[1])


def number(text: str) -> object:
    """Return a number, with a point or a comma before the decimals; a whole one without them."""
    if not _DECIMAL.fullmatch(text):
        raise UnreadableCell("is not a number", "Write digits, with a point before the decimals.")
    found = _INTEGER.fullmatch(text)
    return int(found[1]) if found else float(text.replace(",", "."))


class Columns:
    """Reads rows under one header."""

    def __init__(self, header: Sequence[str], mapping: MappingContent | None, reading: Reading) -> None:
        """Find the columns.

        Raises:
            InvalidImport: the header lacks one, has one twice, or has one that is unknown.

        """
        names = [name.strip() for name in header]
        read_by = mapping or _canonical(names, reading.makes)
        _refuse_unfit(names, _columns_of(read_by))
        self._width = len(names)
        self._constants = nested(dict(read_by.constants))
        self._duplicates = _chosen([read_by.duplicates] if read_by.duplicates else [], names)
        self._skips = _chosen(read_by.skips, names)
        self._cells = [
            (field, *_path(field), names.index(rule.column), _values_of(field, rule, read_by, reading))
            for field, rule in read_by.columns.items()
        ]
        # What is left of them for a row that the source calls a duplicate.
        self._cells_but_status = [cell for cell in self._cells if cell[0] != _STATUS]

    def read(self, row: Sequence[str]) -> tuple[dict[str, Any], list[Violation]] | None:
        """Return what the row says, as JSON has it, and which of its cells could not be read; None if it is skipped."""
        if len(row) != self._width:
            reason = f"has {len(row)} cells where the header has {self._width}"
            return {}, [Violation("", reason, "Quote cells that hold the delimiter, and leave none out.")]
        if self._skips(row):
            return None
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


def area_codes(names: Mapping[str, Sequence[str]], kind: str) -> Read:
    """Return what finds an area of a kind: `names` are the codes that each name has, without regard to case."""
    codes = {code for several in names.values() for code in several}
    digits = max(map(len, codes), default=0)

    def read(text: str) -> object:
        # A spreadsheet takes the zero off a code that begins with one.
        code = text.zfill(digits) if text.isdecimal() else text
        if code in codes:
            return code
        found = next((names[name] for name in _spellings(text, kind) if name in names), ())
        if not found:
            raise UnreadableCell(f"is neither the name nor the code of a {kind}", "See their names at /areas.")
        if len(found) > 1:
            raise UnreadableCell(f"is the name of several areas of kind {kind}", "Give the code instead.")
        return found[0]

    return read


def _spellings(text: str, kind: str) -> list[str]:
    """Return the names that a text may mean: Luleå, Luleå kommun, and Bodens kommun of Boden."""
    name = text.casefold()
    if kind != "municipality" or not name.endswith(" kommun"):
        return [name]
    bare = name.removesuffix(" kommun")
    return [name, bare, bare.removesuffix("s")]


def _values_of(field: str, rule: ColumnRule, mapping: MappingContent, reading: Reading) -> Values:
    return Values(_reader(field, rule, mapping, reading), 0 if field in reading.unlike else _MOST_REMEMBERED)


def _canonical(names: Sequence[str], makes: Makes) -> MappingContent:
    """Return the mapping of a file whose columns have the names of our fields."""
    fields = FIELDS[makes]
    unknown = [name for name in names if not fields.hold(name)]
    if unknown:
        remedy = "Rename the column, take it out, or name a mapping."
        violations = [Violation(redacted(name), f"is not a field of {fields.noun}", remedy) for name in unknown]
        raise InvalidImport("The file has columns that are unknown, and no mapping is named.", violations)
    return MappingContent(makes=makes, columns={name: ColumnRule(column=name) for name in names})


def _columns_of(mapping: MappingContent) -> list[str]:
    choices = [*mapping.skips, *([mapping.duplicates] if mapping.duplicates else [])]
    return [*(rule.column for rule in mapping.columns.values()), *(choice.column for choice in choices)]


def _refuse_unfit(names: Sequence[str], wanted: Sequence[str]) -> None:
    counts = Counter(names)
    unfit = {column: counts[column] for column in wanted if counts[column] != 1}
    violations = [
        Violation(
            redacted(column),
            "the file has this column twice" if count else "the file has no such column",
            "Mend the file's first row, or the mapping.",
        )
        for column, count in unfit.items()
    ]
    if violations:
        raise InvalidImport("The file's first row must name each column that is read, once.", violations)


def _chosen(choices: Sequence[RowChoice], names: Sequence[str]) -> Choose:
    """Return a test of whether a row is one of those chosen."""
    criteria = [(names.index(choice.column), frozenset(choice.values)) for choice in choices]
    if not criteria:
        return lambda _row: False
    return lambda row: any(row[index].strip() in values for index, values in criteria)


def _path(field: str) -> tuple[str, str]:
    top, _, below = field.partition(".")
    return top, below


def _reader(field: str, rule: ColumnRule, mapping: MappingContent, reading: Reading) -> Read:
    """Return what turns a trimmed cell into the field's value; None states nothing."""
    typed = reading.typed(field, mapping)
    unlisted = _unlisted(rule, mapping, reading, typed)

    def read(cell: str) -> object:
        if cell in rule.values:
            return typed(str(rule.values[cell]))
        if cell and unlisted is not None:
            return unlisted(cell)
        if rule.otherwise is not None:
            return typed(str(rule.otherwise))
        if cell:
            raise UnreadableCell("is not among the mapping's values", "Mend the cell, or add it to the values.")
        return None

    return read


def _unlisted(rule: ColumnRule, mapping: MappingContent, reading: Reading, typed: Read) -> Read | None:
    """Return what reads a cell that is not among a rule's values; None where all that mean something are."""
    template = rule.template
    if template is not None:
        return lambda cell: typed(template.replace("{}", cell))
    if rule.format is not None:
        return formatted_in(rule.format, mapping.zone)
    if rule.named is not None:
        return reading.named(rule.named)
    return None if rule.values else typed


async def find_named_areas(connection: AsyncConnection, kinds: Iterable[str]) -> Mapping[str, Read]:
    """Return what turns the names of areas into their codes, by the areas' kind."""
    named = {}
    for kind in kinds:
        codes: dict[str, list[str]] = {}
        for code, name in await connection.execute(select(area.c.code, area.c.name).where(area.c.kind == kind)):
            codes.setdefault(name.casefold(), []).append(code)
        named[kind] = area_codes(codes, kind)
    return named
