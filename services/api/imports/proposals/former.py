"""What was answered about an earlier sheet, by the mapping that came of it: the same columns mean the same again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.api.imports.proposals.context import BY_COLUMN, SKIP
from services.api.imports.proposals.dates import guess_dates
from services.api.imports.proposals.observed import MEASURE
from services.api.imports.proposals.words import key_of
from shared.domain.activity import MOMENT_NAMES
from shared.domain.matching import folded
from shared.files.cells import text_of
from shared.files.table import NO_HEADER, column_index, column_letters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from services.api.imports.mappings.content import ColumnRule, MappingContent
    from services.api.imports.proposals.sheets import Sheet, SheetColumn

_CONSTANTS = ("type", "status", "finality")


def fits(mapping: MappingContent, sheet: Sheet) -> bool:
    """Tell whether a sheet has the columns that a mapping reads."""
    return all(_column(rule.column, mapping, sheet) is not None for rule in mapping.columns.values())


def answers_of(mapping: MappingContent, sheet: Sheet, today: date) -> dict[str, str]:
    """Return the answers that would make a mapping of a sheet that has its columns.

    The year of dates is none of them: it may be another this time.
    """
    answers = {"name": mapping.name or ""}
    constants = {name: str(value) for name, value in mapping.constants.items()}
    answers |= {name: constants[name] for name in _CONSTANTS if name in constants}
    if "agreement" in constants and "type" in constants:
        answers[f"annex-{constants['type']}"] = f"{constants['agreement']}/{constants.get('annex', '')}"
    if "measure" in constants:
        answers["type"] = f"{MEASURE}{constants['measure']}"
    if "area" in constants:
        answers["place"] = constants["area"]
    if "type" in mapping.columns:
        answers["type"] = BY_COLUMN
    for field, rule in mapping.columns.items():
        column = _column(rule.column, mapping, sheet)
        # The agreement is said by the column of the annex, or of the type.
        if column is None or field == "agreement" or (field == "annex" and rule.column == _of_type(mapping)):
            continue
        answers |= dict(_of_rule(field, rule, column, today))
    answers |= dict(_annexes(mapping))
    return answers | dict(_skipped(mapping, sheet))


def _of_type(mapping: MappingContent) -> str | None:
    rule = mapping.columns.get("type")
    return None if rule is None else rule.column


def _of_rule(field: str, rule: ColumnRule, column: SheetColumn, today: date) -> Iterator[tuple[str, str]]:
    letters = column_letters(column.index)
    yield f"field-{letters}", field
    if field in MOMENT_NAMES:
        guess = guess_dates(column.cells, today, rule.year)
        meant = [one.order for one in guess.readings if set(one.forms) & set(rule.formats)]
        # Only one that was asked for then, and means one thing now.
        if len(meant) == 1:
            yield f"dates-{letters}", meant[0]
    known = {folded(word): str(value) for word, value in rule.values.items()}
    for text in map(text_of, column.cells):
        if folded(text) in known and field != "annex":
            yield key_of(letters, field, text), known[folded(text)]


def _annexes(mapping: MappingContent) -> Iterator[tuple[str, str]]:
    """Yield the annex of each type, where the column of types says it."""
    types, agreements = mapping.columns.get("type"), mapping.columns.get("agreement")
    if types is None or agreements is None or agreements.column != types.column:
        return
    annexes = mapping.columns.get("annex")
    for word, code in types.values.items():
        if word in agreements.values:
            number = annexes.values.get(word, "") if annexes else ""
            yield f"annex-{code}", f"{agreements.values[word]}/{number}"


def _skipped(mapping: MappingContent, sheet: Sheet) -> Iterator[tuple[str, str]]:
    """Yield the words whose rows were left out."""
    fields = {rule.column: field for field, rule in mapping.columns.items() if rule.values and field != "agreement"}
    for choice in mapping.skips:
        column = _column(choice.column, mapping, sheet)
        if column is None or choice.column not in fields:
            continue
        words = {folded(word) for word in choice.values}
        for text in map(text_of, column.cells):
            if folded(text) in words:
                yield key_of(column_letters(column.index), fields[choice.column], text), SKIP


def _column(name: str, mapping: MappingContent, sheet: Sheet) -> SheetColumn | None:
    """Return the column that a mapping means in a sheet, if that has just one such."""
    if mapping.format.header_row == NO_HEADER:
        index = column_index(name)
        found: Iterable[SheetColumn] = [one for one in sheet.columns if one.index == index]
    else:
        found = [one for one in sheet.columns if folded(one.name) == folded(name)]
    columns = [*found]
    return columns[0] if len(columns) == 1 else None


def reusable_content(content: Mapping[str, object]) -> dict[str, object]:
    """Return a mapping's content as it is kept for the next sheet, whose rows begin and end elsewhere."""
    form = content["format"]
    assert isinstance(form, dict)  # noqa: S101  as a mapping has it
    is_lettered = form["headerRow"] == NO_HEADER
    reusable = form | {"lastRow": None, "sheet": None} | ({} if is_lettered else {"headerRow": None})
    return {name: value for name, value in content.items() if name != "corrections"} | {"format": reusable}
