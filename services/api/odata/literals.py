"""Reads the literals of OData's expressions as Python values, and refuses those that the database could not hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from services.api.odata.errors import InvalidExpression, UnsupportedConstruct
from services.api.odata.syntax import Literal, Value

if TYPE_CHECKING:
    from lark import Token

# Decimals of this size can be multiplied as often as an expression has room for without leaving what SQL can hold.
MOST_DIGITS = 38
_FINEST = re.compile(r"\.(\d{6})(\d+)")
_TYPED = {
    "duration": "a duration",
    "binary": "a binary value",
    "geography": "a geography",
    "geometry": "a geometry",
}


def read(token: Token) -> Literal:
    """Return the value of a token of the grammar.

    Raises:
        InvalidExpression: there is no such day or time, or a string holds what no text may.
        UnsupportedConstruct: the type is none of the service's, or the value is too large or too fine for it.
    """
    at = token.start_pos or 0
    try:
        return Literal(_READERS[token.type](str(token), at), at)
    except ValueError:
        raise InvalidExpression("there is no such day or time", at) from None


def _null(_text: str, _at: int) -> Value:
    return None


def _boolean(text: str, _at: int) -> Value:
    return text.lower() == "true"


def _number(text: str, at: int) -> Value:
    value = Decimal(text)
    if value and max(abs(value.adjusted()), len(value.as_tuple().digits)) > MOST_DIGITS:
        raise UnsupportedConstruct(f"a number of more than {MOST_DIGITS} digits", at)
    return int(text) if text.lstrip("+-").isdigit() else value


def _special(_text: str, at: int) -> Value:
    raise UnsupportedConstruct("the numbers INF, -INF and NaN", at)


def _guid(text: str, _at: int) -> Value:
    return UUID(text)


def _string(text: str, at: int) -> Value:
    value = text[1:-1].replace("''", "'")
    if "\0" in value:
        raise InvalidExpression("a string cannot hold the character NUL", at)
    return value


def _date(text: str, at: int) -> Value:
    _check_year(text, at)
    return date.fromisoformat(text)


def _moment(text: str, at: int) -> Value:
    _check_year(text, at)
    return datetime.fromisoformat(_in_microseconds(text.upper().replace(" ", "+"), at))


def _time(text: str, at: int) -> Value:
    return time.fromisoformat(_in_microseconds(text, at))


def _typed(text: str, at: int) -> Value:
    raise UnsupportedConstruct(_TYPED.get(text.partition("'")[0].lower(), "an enumeration value"), at)


def _check_year(text: str, at: int) -> None:
    if text.startswith(("-", "0000")) or text.index("-") > len("9999"):
        raise UnsupportedConstruct("a year before 1 or after 9999", at)


def _in_microseconds(text: str, at: int) -> str:
    """Return the text with no more digits of a second than are stored; more would be lost in silence."""
    finer = _FINEST.search(text)
    if finer is None:
        return text
    if finer[2].strip("0"):
        raise UnsupportedConstruct("a time finer than microseconds", at)
    return text.replace(finer[0], f".{finer[1]}")


_READERS: Mapping[str, Callable[[str, int], Value]] = {
    "NULL": _null,
    "BOOLEAN": _boolean,
    "NUMBER": _number,
    "SPECIAL": _special,
    "GUID": _guid,
    "STRING": _string,
    "DATE": _date,
    "MOMENT": _moment,
    "TIME": _time,
    "TYPED": _typed,
}
