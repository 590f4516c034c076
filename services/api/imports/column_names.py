"""Which columns a file has: those that a mapping reads, or those that are named like our fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from services.api.http.problems import InvalidImport
from services.api.imports.mappings.rules import ColumnRule
from services.api.imports.mappings.schemas import MappingContent
from services.api.imports.record_type import FIELDS, Makes
from shared.domain.errors import Violation
from shared.domain.matching import folded, trimmed
from shared.files.table import Fit, Fits, column_index, wants
from shared.intake.violations import redacted


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
    names = [name for rule in rules for name in (rule.column, *rule.also_columns)]
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
    return MappingContent(
        makes=makes, columns={field: ColumnRule(column=name) for name, field in found.items() if field}
    )
