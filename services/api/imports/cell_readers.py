"""From a cell to the value of a field of one type. A date is one here, no text that looks so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Final

from shared.domain.errors import Violation
from shared.domain.matching import folded
from shared.domain.moment import UnreadableMoment, moment_of, read_formatted, read_moment
from shared.files.cells import Cell, DateCell, ErrorCell, NumberCell, TimeCell, TruthCell, plain_number, text_of
from shared.files.numbers import DecimalSign, UnreadableNumber, read_number

Read = Callable[[Cell], object]
"""Turns a cell, trimmed and not empty, into the value that it means."""

PER_CENT: Final = ("%",)
KRONOR: Final = ("kronor", "kr", "sek", ":-")
_MEND_FORMULA: Final = "Mend its formula, or empty the cell."
_DAY_IN_DIGITS: Final = re.compile(r"[0-9]{8}", re.ASCII)
_SECONDS_OF_AN_HOUR: Final = 3600
_MINUTES_OF_AN_HOUR: Final = 60
_CLOCK: Final = re.compile(r"([0-9]{1,3}):([0-5][0-9])", re.ASCII)
# What is left of a letter of another script or without a mark that can be taken off.
_PLAIN_LETTERS: Final = str.maketrans({"ø": "o", "æ": "ae", "ð": "d", "þ": "th", "ł": "l", "ß": "ss"})


class UnreadableCell(Exception):
    """A cell has no meaning by its rule."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


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


def formatted_in(forms: Sequence[str], zone: tzinfo) -> Read:
    """Return what reads a date or date-time of some forms, as `read_formatted` does; a cell that is one needs none."""
    return _moment_by(lambda text: read_formatted(text, forms, zone), zone)


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


def hours_in(decimal_sign: DecimalSign | None = None) -> Read:
    """Return what reads a number of hours, 4,5 or 4:30, as the text that stands for it."""
    read_any = number_in(decimal_sign, ("timmar", "tim", "h"))

    def read(cell: Cell) -> object:
        if isinstance(cell, TimeCell):
            return plain_number(round(cell.value.total_seconds() / _SECONDS_OF_AN_HOUR, 4))
        if isinstance(cell, str) and (clock := _CLOCK.fullmatch(cell)):
            return plain_number(round(int(clock[1]) + int(clock[2]) / _MINUTES_OF_AN_HOUR, 4))
        return str(read_any(cell))

    return read


def coded(text: str) -> str:
    """Return a text as a code such as `norra-torget`: small letters from a to z and digits, words with - between."""
    plain = unicodedata.normalize("NFD", folded(text).translate(_PLAIN_LETTERS))
    letters = (character for character in plain if not unicodedata.combining(character))
    return "-".join(re.findall(r"[a-z0-9]+", "".join(letters)))


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
