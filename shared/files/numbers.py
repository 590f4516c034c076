"""Numbers as people and programs write them: with a comma or a point, and with blanks or either between thousands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, get_args

from shared.domain.errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

DecimalSign = Literal[",", "."]

_SIGNS: Final = {"-": -1, "\u2212": -1, "+": 1}
_LONGEST: Final = 60
# Of every width, within a line: what stands on two lines is two numbers.
_BLANKS: Final = dict.fromkeys((0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " ")
_BODY: Final = re.compile(r"[0-9][0-9 .,]*", re.ASCII)
_THOUSANDS: Final = {
    sign: re.compile(rf"[0-9]{{1,3}}(?:{re.escape(sign)}[0-9]{{3}})+", re.ASCII) for sign in (" ", ",", ".")
}
_DIGITS: Final = re.compile(r"[0-9]{1,30}", re.ASCII)
_MOST_BEFORE_THOUSANDS, _DIGITS_OF_THOUSANDS = 3, 3


class UnreadableNumber(Unreadable):
    """A text is no number, or could be two."""


def read_number(text: str, decimal_sign: DecimalSign | None = None) -> int | float:
    """Return a number; a whole one without decimals.

    `1 150 000` is one, whatever the blanks, and so are `1.150.000` and `1.150,50`. A single separator before exactly
    three digits has two readings, 1,150 and 2.000, unless `decimal_sign` says which it is.

    Raises:
        UnreadableNumber: it is none, or has two readings.

    """
    negative, body = _signed(text)
    if len(body) > _LONGEST or not _BODY.fullmatch(body):
        raise _no_number()
    whole, fraction, thousands = _parts(body, decimal_sign)
    if not _DIGITS.fullmatch(whole):
        if not any(_THOUSANDS[sign].fullmatch(whole) for sign in (" ", thousands) if sign):
            raise _no_number()
        whole = "".join(filter(str.isdecimal, whole))
    if fraction is not None and not _DIGITS.fullmatch(fraction):
        raise _no_number()
    if fraction is None or not fraction.strip("0"):
        return negative * int(whole)
    return negative * float(f"{whole}.{fraction}")


def decimal_sign_in(texts: Iterable[str]) -> DecimalSign | None:
    """Return what the decimals of some texts come after, by those of one reading; None if none or two say it."""
    signs = {sign for text in texts for sign in _only_sign(text)}
    return signs.pop() if len(signs) == 1 else None


def _only_sign(text: str) -> Iterable[DecimalSign]:
    """Yield the decimal sign of a number that has just one reading, and that with just one sign."""
    fitting: list[DecimalSign] = []
    try:
        number = read_number(text)
    except UnreadableNumber:
        return
    for sign in get_args(DecimalSign):
        try:
            fitting += [sign] if read_number(text, sign) == number else []
        except UnreadableNumber:
            continue
    if len(fitting) == 1:
        yield fitting[0]


def _signed(text: str) -> tuple[int, str]:
    """Return the sign as a factor, and the rest with each blank of any kind as one of the usual kind."""
    body = text.strip().translate(_BLANKS)
    sign = _SIGNS.get(body[:1])
    return (1, body) if sign is None else (sign, body[1:].lstrip())


def _parts(body: str, decimal_sign: DecimalSign | None) -> tuple[str, str | None, str]:
    """Return the whole part, the fraction if there is one, and the sign that may part thousands in addition to blanks.

    Without a decimal sign that is named, the last of two different separators is it, and one that is repeated is not.
    """
    if decimal_sign is not None:
        whole, found, fraction = body.partition(decimal_sign)
        return whole, fraction if found else None, "." if decimal_sign == "," else ","
    separators = [character for character in body if character in ",."]
    if not separators:
        return body, None, ""
    last = separators[-1]
    if len(separators) > 1 and len(set(separators)) == 1:
        return body, None, last
    whole, _, fraction = body.rpartition(last)
    if len(separators) == 1 and _could_be_thousands(whole, fraction):
        raise UnreadableNumber(
            "has a separator before exactly three digits, which has two readings",
            "Write it without the separator, or name the decimal sign in the mapping (`decimalSign`).",
        )
    return whole, fraction, separators[0] if len(separators) > 1 else ""


def _could_be_thousands(whole: str, fraction: str) -> bool:
    """Tell whether a single separator can part thousands: no one writes 0,150, 1150,000 or 1 150,000 so."""
    return (
        len(fraction) == _DIGITS_OF_THOUSANDS
        and len(whole) <= _MOST_BEFORE_THOUSANDS
        and whole.isdecimal()
        and not whole.startswith("0")
    )


def _no_number() -> UnreadableNumber:
    return UnreadableNumber("is not a number", "Write digits, with a point or a comma before the decimals.")
