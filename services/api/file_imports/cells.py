"""Reads single cells: a trimmed text becomes a value, or is told to be unreadable."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import tzinfo

from shared.domain.moment import UnreadableMoment, read_formatted, read_moment

# Whole numbers are often written with decimals, as by programs that know but one kind of number.
_INTEGER = re.compile(r"([+-]?\d{1,30})(?:[.,]0{1,30})?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,30}(?:[.,]\d{1,30})?", re.ASCII)

Read = Callable[[str], object]


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
