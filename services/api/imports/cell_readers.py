"""How cells become the value of a field: first the words that its rule lists, then a template, a form or the type.

A word matches whatever its case, Unicode form and blanks, and whatever type its cell has. A date is one here, no text
that looks so.
"""

# Over 300 lines: every way in which a cell becomes a value.

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any, Final, Protocol, TypeAlias

from services.api.imports.mappings.content import ColumnRule, Makes, MappingContent
from shared.domain.codes import coded
from shared.domain.errors import Unreadable, Violation
from shared.domain.matching import folded, trimmed
from shared.domain.moment import UnreadableMoment, moment_of, read_formatted, read_moment
from shared.files.cells import (
    Cell,
    DateCell,
    ErrorCell,
    NumberCell,
    TimeCell,
    TruthCell,
    is_blank,
    is_error,
    plain_number,
    text_of,
)
from shared.files.numbers import DecimalSign, UnreadableNumber, read_number

Cells: TypeAlias = Cell | tuple[Cell, ...]
Read = Callable[[Cell], object]
"""Turns a cell, trimmed and not empty, into the value that it means."""

UNLISTED: Final = object()
# True and false as spreadsheet programs write them in Swedish and English.
_TRUTHS: Final = ({"true", "sant"}, {"false", "falskt"})
PER_CENT: Final = ("%",)
_MEND_FORMULA: Final = "Mend its formula, or empty the cell."
_DAY_IN_DIGITS: Final = re.compile(r"[0-9]{8}", re.ASCII)
# A municipality's code without the zero that it begins with.
_SHORTENED: Final = range(100, 1000)
# A spreadsheet program keeps so many digits of a number; in CSV it may write less of it, such as 1,60412E+11.
_LARGEST_EXACT: Final = 10**15
_WITH_EXPONENT: Final = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E\+[0-9]{2,3}", re.ASCII | re.IGNORECASE)


class UnreadableCell(Unreadable):
    """A cell has no meaning by its rule."""


class ErrorInCell(UnreadableCell):
    """A cell holds an error of the spreadsheet program instead of a value."""

    def __init__(self, cell: ErrorCell) -> None:
        super().__init__("holds an error", _MEND_FORMULA)
        self.text = cell.text

    def violation(self, field: str, letters: str, row: int | None) -> Violation:
        """Return what is wrong, with the cell's place: its column, and its row where that has a number there."""
        if not self.text:
            reason = f"holds a formula that was never computed, in column {letters}"
            return Violation(field, reason, "Open the file in Excel, save it, and send that.")
        if row is None:
            return Violation(field, f"holds the error {self.text} in column {letters}", _MEND_FORMULA)
        return Violation(field, f"holds the error {self.text} in cell {letters}{row}", _MEND_FORMULA)


class RecordReading(Protocol):
    """How the cells of one kind of record are read."""

    @property
    def makes(self) -> Makes:
        """What a row becomes."""

    @property
    def unlike(self) -> frozenset[str]:
        """The fields whose texts rarely stand in two rows."""

    def typed(self, field: str, zone: tzinfo, decimal_sign: DecimalSign | None) -> Read:
        """Return what turns a cell into a value of the field's type; the zone is that of times that carry none."""

    def named(self, kind: str) -> Read:
        """Return what turns the name or the code of an area of a kind into its code."""


def reader_of(
    field: str, rule: ColumnRule, mapping: MappingContent, reading: RecordReading
) -> Callable[[Cells], object]:
    """Return what turns cells into the field's value; None states nothing."""
    own_words = reading.typed(field, mapping.zone, None)
    listed = Translations(rule.values)
    unlisted = _unlisted(field, rule, mapping, reading)

    def read_one(cell: Cells) -> object:
        """Read the cell of a rule that lists no values; of all the most are so."""
        assert not isinstance(cell, tuple) and unlisted is not None  # noqa: S101, PT018  as checked below
        if isinstance(cell, str):
            cell = trimmed(cell)
            if not cell:
                return None if rule.otherwise is None else own_words(str(rule.otherwise))
        _refuse_error(cell)
        _refuse_shortened(cell)
        return unlisted(cell)

    def read(cells: Cells) -> object:
        first, *others = cells if isinstance(cells, tuple) else (cells,)
        cell = trimmed(first) if isinstance(first, str) else first
        found = listed.find(cell)
        if found is not UNLISTED and not others:
            return own_words(str(found))
        for one in (cell, *others):
            _refuse_error(one)
            _refuse_shortened(one)
        is_empty = any(map(is_blank, (cell, *others)))
        if not is_empty and unlisted is not None:
            return unlisted(cell, *others)
        if rule.otherwise is not None:
            return own_words(str(rule.otherwise))
        if not is_empty:
            raise UnreadableCell("is not among the mapping's values", "Mend the cell, or add it to the values.")
        return None

    return read if rule.values or rule.also_columns or unlisted is None else read_one


def _unlisted(
    field: str, rule: ColumnRule, mapping: MappingContent, reading: RecordReading
) -> Callable[..., object] | None:
    """Return what reads cells that are not among a rule's values; None where all that mean something are."""
    read: Read
    if rule.named is not None:
        read = reading.named(rule.named)
    elif rule.formats:
        read = formatted_in(rule.formats, mapping.zone, rule.year)
    else:
        read = reading.typed(field, mapping.zone, mapping.decimal_sign(rule))
    if rule.template is not None:
        pieces, written = rule.template.split("{}"), coded if rule.as_code else str
        return lambda *cells: read(written(_filled(pieces, cells)))
    if rule.as_code:
        return lambda cell: read(coded(text_of(cell)))
    if rule.values and rule.named is None and not rule.formats:
        return None
    return read


def _filled(pieces: Sequence[str], cells: Sequence[Cell]) -> str:
    texts = [trimmed(text_of(cell)) for cell in cells]
    return "".join(part for both in zip(pieces, [*texts, ""], strict=True) for part in both)


class Translations:
    """Finds what a cell stands for. A word that is written just so comes before one that is so but for case."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._exact = {trimmed(word): value for word, value in values.items()}
        meanings: dict[str, set[Any]] = {}
        for word, value in values.items():
            meanings.setdefault(folded(word), set()).add(value)
        # Of two words that differ in case alone, each is meant only as it is written.
        self._folded = {word: several.pop() for word, several in meanings.items() if len(several) == 1}

    def find(self, cell: Cell) -> Any:  # noqa: ANN401  a text or a number of the mapping
        """Return what a cell stands for, or UNLISTED."""
        if not self._exact:
            return UNLISTED
        text = cell.text if isinstance(cell, ErrorCell) else trimmed(text_of(cell))
        if text in self._exact:
            return self._exact[text]
        for spelling in _spellings(text, cell):
            if spelling in self._folded:
                return self._folded[spelling]
        return UNLISTED


def _spellings(text: str, cell: Cell) -> Iterator[str]:
    """Yield the folded forms of the words that a cell may be written as."""
    word = folded(text)
    yield word
    if isinstance(cell, str | NumberCell):
        # A whole number, as programs write it that know but one kind of number.
        whole, _, fraction = word.partition("." if "." in word else ",")
        if whole.isdecimal() and fraction and not fraction.strip("0") and len(fraction) < 3:  # noqa: PLR2004  1.000
            yield whole
    if isinstance(cell, str | TruthCell):
        yield from sorted(next((truth - {word} for truth in _TRUTHS if word in truth), ()))


def listed_in(values: Sequence[str]) -> Callable[[Cells], object]:
    """Return what tells whether a cell is one of some words; an error in it is raised as ErrorInCell."""
    listed = Translations(dict.fromkeys(values, True))

    def read(cell: Cells) -> object:
        assert not isinstance(cell, tuple)  # noqa: S101  a choice has one column
        found = listed.find(cell) is not UNLISTED
        if not found:
            _refuse_error(cell)
        return found

    return read


def _refuse_error(cell: Cell) -> None:
    if isinstance(cell, ErrorCell):
        raise ErrorInCell(cell)
    if isinstance(cell, str) and is_error(cell):
        raise ErrorInCell(ErrorCell(cell.upper()))


def _refuse_shortened(cell: Cell) -> None:
    """Refuse a number of which digits are lost: two ids that differ in them would be one."""
    is_large = isinstance(cell, NumberCell) and abs(cell.value) > _LARGEST_EXACT
    if is_large or (isinstance(cell, str) and _WITH_EXPONENT.fullmatch(cell)):
        raise UnreadableCell("is a number whose last digits are lost", "Format the column as text, and write it again.")


def as_text(cell: Cell) -> object:
    """Return the cell as it would be written in CSV."""
    return text_of(cell)


def moment_in(zone: tzinfo) -> Read:
    """Return what reads a date or date-time; `zone` is that of one which carries none."""

    def read(text: str) -> object:
        if _DAY_IN_DIGITS.fullmatch(text):
            return read_formatted(text, "%Y%m%d", zone)
        return read_moment(text, zone)

    return _moment_by(read, zone)


def formatted_in(forms: Sequence[str], zone: tzinfo, year: int | None = None) -> Read:
    """Return what reads a date or date-time of some forms, as `read_formatted` does; a cell that is one needs none."""
    return _moment_by(lambda text: read_formatted(text, forms, zone, year), zone)


def _moment_by(read: Callable[[str], object], zone: tzinfo) -> Read:
    def read_cell(cell: Cell) -> object:
        try:
            if isinstance(cell, DateCell):
                return moment_of(cell.value, zone)
            return read(text_of(cell))
        except UnreadableMoment as error:
            raise UnreadableCell(error.reason, error.remedy) from None

    return read_cell


def number_in(decimal_sign: DecimalSign | None = None, units: Sequence[str] = ()) -> Read:
    """Return what reads a number; a whole one without decimals. One of the `units` may follow it."""

    def read(cell: Cell) -> object:
        if isinstance(cell, NumberCell):
            return _of_number_cell(cell, units)
        _refuse_other_types(cell)
        try:
            return read_number(_without_unit(text_of(cell), units), decimal_sign)
        except UnreadableNumber as error:
            raise UnreadableCell(error.reason, error.remedy) from None

    return read


def whole_number_in(decimal_sign: DecimalSign | None = None) -> Read:
    """Return what reads a whole number; 8.0 is one, as programs write it that know but one kind of number."""
    read_any = number_in(decimal_sign)

    def read(cell: Cell) -> object:
        value = read_any(cell)
        if not isinstance(value, int):
            raise UnreadableCell("is not a whole number", "Write it without decimals.")
        return value

    return read


def area_code(cell: Cell) -> object:
    """Return an area's code; a spreadsheet takes the zero off a municipality's that begins with one."""
    text = text_of(cell)
    if isinstance(cell, NumberCell) and text.isdecimal() and int(text) in _SHORTENED:
        return f"0{text}"
    return text


def _of_number_cell(cell: NumberCell, units: Sequence[str]) -> int | float:
    if cell.is_percent and units != PER_CENT:
        raise UnreadableCell("is displayed as per cent", "Format the cell as a number, and see that it is right.")
    digits = plain_number(cell.value * 100 if cell.is_percent else cell.value)
    return int(digits) if digits.lstrip("-").isdecimal() else float(digits)


def _refuse_other_types(cell: Cell) -> None:
    if isinstance(cell, DateCell | TimeCell):
        remedy = "Format the column as numbers, and write it again: the program has taken it for a date."
        raise UnreadableCell("is a date or a time, where a number is asked for", remedy)
    if isinstance(cell, TruthCell):
        raise UnreadableCell("is true or false, where a number is asked for", "Write the number.")


def _without_unit(text: str, units: Sequence[str]) -> str:
    if not units:
        return text
    lowered = text.casefold()
    unit = next((unit for unit in units if lowered.endswith(unit)), "")
    return text[: len(text) - len(unit)].rstrip()
