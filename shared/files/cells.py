"""The cells of a table. Text is `str`; what a workbook knows to be more than text has a type of its own.

Cells can be keys of a dictionary: a number never equals a truth or a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any, Final, TypeAlias

# What spreadsheet programs write in place of a value, in English and in Swedish, and Libre Office's numbered ones.
_ERRORS: Final = frozenset(
    (
        *("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!"),
        *("#FIELD!", "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#EXTERNAL!", "#PYTHON!", "#TIMEOUT!", "#ERROR!"),
        *("#SKÄRNING!", "#DIVISION/0!", "#VÄRDEFEL!", "#REFERENS!", "#NAMN?", "#OGILTIGT!", "#SAKNAS!", "#FÄLT!"),
        *("#HÄMTAR_DATA", "#BERÄKNA!", "#BLOCKERAD!", "#ANSLUT!", "#UPPTAGEN!", "#OKÄND!", "#VÄRDE!", "#FEL!"),
    )
)
_NUMBERED_ERROR: Final = re.compile(r"(?:Err|Fel):[0-9]{3}|#{2,}", re.IGNORECASE)
# A spreadsheet program computes with so many digits, and shows no more.
_DIGITS: Final = 15
_LONGEST_ERROR: Final = 20


@dataclass(frozen=True, slots=True)
class NumberCell:
    """A number; shown as per cent if `is_percent`, when 0.5 is 50 %."""

    value: float
    is_percent: bool = False

    @property
    def text(self) -> str:
        """The number as it would be written in CSV."""
        if self.is_percent:
            return f"{plain_number(self.value * 100)} %"
        return plain_number(self.value)


@dataclass(frozen=True, slots=True)
class TruthCell:
    """True or false."""

    value: bool

    @property
    def text(self) -> str:
        """True or False."""
        return str(self.value)


@dataclass(frozen=True, slots=True)
class DateCell:
    """A day, or a day and a time that knows no zone."""

    value: date

    @property
    def text(self) -> str:
        """As ISO 8601 has it, with a blank before the time."""
        return self.value.isoformat(" ", "seconds") if isinstance(self.value, datetime) else self.value.isoformat()


@dataclass(frozen=True, slots=True)
class TimeCell:
    """A time of day, or how long something took."""

    value: timedelta

    @property
    def text(self) -> str:
        """Hours, minutes and seconds, such as 18:00:00."""
        seconds = round(self.value.total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """An error such as #DIV/0! in place of a value; without a text, a formula that has never been computed."""

    text: str


Cell: TypeAlias = str | NumberCell | TruthCell | DateCell | TimeCell | ErrorCell


def plain_number(value: float) -> str:
    """Return a number in digits, without decimals if it has none, as exact as a spreadsheet program shows it."""
    rounded = float(f"{value:.{_DIGITS}g}")
    return str(int(rounded)) if rounded.is_integer() else repr(rounded)


def text_of(cell: Cell) -> str:
    """Return a cell as it would be written in CSV."""
    return cell if isinstance(cell, str) else cell.text


def is_blank(cell: Cell) -> bool:
    """Tell whether a cell says nothing."""
    return not cell or (isinstance(cell, str) and cell.isspace())


def is_error(text: str) -> bool:
    """Tell whether a text is what a spreadsheet program writes in place of a value."""
    if not text or text[0] not in "#EeFf " or len(text) > _LONGEST_ERROR:
        return False
    text = text.strip()
    return text.upper() in _ERRORS or _NUMBERED_ERROR.fullmatch(text) is not None


def encoded(cell: Cell) -> object:
    """Return a cell as JSON, for another process."""
    match cell:
        case NumberCell(value, is_percent):
            return {"%": value} if is_percent else value
        case TruthCell(value):
            return value
        case DateCell(value):
            return {"date": value.isoformat()}
        case TimeCell(value):
            return {"time": value.total_seconds()}
        case ErrorCell(text):
            return {"error": text}
        case _:
            return cell


def decoded(sent: Any) -> Cell:  # noqa: ANN401  JSON
    """Return the cell that `encoded` made JSON of.

    Raises:
        ValueError: it is nothing that was made so.
    """
    if isinstance(sent, str):
        return sent
    if isinstance(sent, bool):
        return TruthCell(sent)
    if isinstance(sent, int | float):
        return _number_cell(sent)
    try:
        ((kind, value),) = sent.items()
        return _DECODERS[kind](value)
    except (AttributeError, KeyError, OverflowError, TypeError) as error:
        raise ValueError("what was sent is no cell") from error


def _number_cell(value: object, *, is_percent: bool = False) -> NumberCell:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError("what was sent is no number")
    return NumberCell(float(value), is_percent)


def _error_cell(value: object) -> ErrorCell:
    if not isinstance(value, str):
        raise ValueError("what was sent is no error")  # noqa: TRY004  as for all that is sent
    return ErrorCell(value)


_DECODERS: Final[Mapping[str, Callable[[Any], Cell]]] = {
    "%": lambda value: _number_cell(value, is_percent=True),
    "time": lambda value: TimeCell(timedelta(seconds=value)),
    "error": _error_cell,
    "date": lambda value: DateCell((datetime if "T" in value else date).fromisoformat(value)),
}


def as_day(moment: datetime) -> DateCell:
    """Return a day, or a day and a time where it is not midnight."""
    return DateCell(moment.date() if moment.time() == time.min else moment)
