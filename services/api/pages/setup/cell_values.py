"""What a cell of the template says, by the kind of its column, or what is wrong with it."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from services.api.pages.setup.layout import Input, TemplateColumn
from shared.domain.fields import YEARS
from shared.domain.matching import folded, trimmed
from shared.files.cells import Cell, DateCell, ErrorCell, NumberCell, is_error, text_of
from shared.files.numbers import UnreadableNumber, read_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from services.api.pages.setup.choices import TemplateChoices
    from shared.domain.wording import Language

Value = str | int | float | date | list[str] | None
_HUNDRED: Final = 100


class UnusableCell(Exception):
    """A cell says nothing that its column can take; `key` and `near` are for the text about it."""

    def __init__(self, key: str, near: str = "") -> None:
        super().__init__(key)
        self.key = key
        self.near = near


def value_of(column: TemplateColumn, cell: Cell, choices: TemplateChoices, language: Language) -> Value:
    """Return what a cell says; None when it is empty. A choice is a code, and a reference a text.

    Raises:
        UnusableCell: it says nothing that the column can take.
    """
    text = trimmed(text_of(cell))
    if isinstance(cell, ErrorCell) or is_error(text):
        raise UnusableCell("error" if text else "formula")
    if not text:
        return None
    if "\0" in text:
        raise UnusableCell("character")
    if column.input is Input.CHOICE:
        code = choices.code(column.source, text)
        if code is None:
            raise unknown("choice", text, choices.names(column.source, language).values())
        return code
    read = _READERS.get(column.input)
    return text if read is None else read(cell, text)


def unknown(key: str, text: str, names: Iterable[str]) -> UnusableCell:
    """Return that nothing is called so, with what is called much like it."""
    by_form = {folded(name): name for name in names}
    near = get_close_matches(folded(text), by_form, 1, 0.75)
    return UnusableCell(f"{key}Near", by_form[near[0]]) if near else UnusableCell(key)


def _day(cell: Cell, text: str) -> date:
    day = None
    if isinstance(cell, DateCell):
        day = cell.value.date() if isinstance(cell.value, datetime) else cell.value
    else:
        with suppress(ValueError):
            day = date.fromisoformat(text)
    if day is None or day.year not in YEARS:
        raise UnusableCell("date")
    return day


def _number(cell: Cell, text: str) -> int | float:
    if isinstance(cell, NumberCell):
        # As it is seen: 80 % is 0.8 inside, and the indicator's unit is percent.
        value = Decimal(str(cell.value)) * (_HUNDRED if cell.is_percent else 1)
        return int(value) if value == value.to_integral_value() else float(value)
    try:
        return read_number(text.removesuffix("%"))
    except UnreadableNumber as error:
        raise UnusableCell("number") from error


def _whole(cell: Cell, text: str) -> int:
    try:
        value = _number(cell, text)
    except UnusableCell as error:
        raise UnusableCell("whole") from error
    if not isinstance(value, int):
        raise UnusableCell("whole")
    return value


def _lines(_cell: Cell, text: str) -> list[str]:
    return [line for line in map(trimmed, text.split("\n")) if line]


# Of kinds whose cells are no plain texts.
_READERS: Final[Mapping[Input, Callable[[Cell, str], Value]]] = {
    Input.LINES: _lines,
    Input.DATE: _day,
    Input.NUMBER: _number,
    Input.WHOLE: _whole,
}
