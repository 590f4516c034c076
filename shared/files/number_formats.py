"""What a workbook's number formats make of the numbers in its cells: dates, times, per cent, or just numbers."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from shared.files.cells import Cell, ErrorCell, NumberCell, TimeCell, as_day


class Display(Enum):
    """What a number is displayed as."""

    NUMBER = 0
    PER_CENT = 1
    DATE = 2
    TIME = 3


# The formats that have a number and no code in the file (ECMA-376, 18.8.30), those of East Asia among them.
_BUILT_IN: Final = {
    **dict.fromkeys((9, 10), Display.PER_CENT),
    **dict.fromkeys((*range(14, 18), 22, *range(27, 32), 36, *range(50, 59)), Display.DATE),
    **dict.fromkeys((*range(18, 22), *range(32, 36), *range(45, 48)), Display.TIME),
}
# What says nothing of dates: texts, escaped and padding characters, colours, conditions and locales.
_ELAPSED: Final = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ZERO: Final = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001  they know no zone
# The program takes 1900 for a leap year: its days before March are one too few.
_FIRST_OF_MARCH_1900: Final = 61
_LAST_DAY: Final = 2_958_466
_DAY_MILLISECONDS: Final = 86_400_000
_NO_DATE: Final = ErrorCell("########")


def display_of(number: int, code: str | None) -> Display:
    """Return what a format displays a number as; `code` is None of one that is built in."""
    if code is None:
        return _BUILT_IN.get(number, Display.NUMBER)
    # The first part is that of positive numbers.
    if _ELAPSED.search(code):
        return Display.TIME
    letters = _LITERAL.sub("", code).partition(";")[0].lower()
    if letters in {"general", "@"}:
        return Display.NUMBER
    if "y" in letters or "d" in letters or ("m" in letters and "h" not in letters and "s" not in letters):
        return Display.DATE
    if "h" in letters or "s" in letters:
        return Display.TIME
    return Display.PER_CENT if "%" in letters else Display.NUMBER


def cell_of(value: float, display: Display, *, from_1904: bool) -> Cell:
    """Return a number as the cell that a person sees."""
    if display in {Display.NUMBER, Display.PER_CENT}:
        return NumberCell(value, is_percent=display is Display.PER_CENT)
    if display is Display.TIME and 0 <= value < 1:
        return TimeCell(timedelta(milliseconds=round(value * _DAY_MILLISECONDS)))
    if not 0 <= value < _LAST_DAY:
        return _NO_DATE
    if value < _FIRST_OF_MARCH_1900 and not from_1904:
        value += 1
    return as_day(_ZERO[from_1904] + timedelta(milliseconds=round(value * _DAY_MILLISECONDS)))
