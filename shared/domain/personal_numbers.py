"""Finding Swedish personal identity numbers in free text, so that text holding one can be refused.

Personnummer, samordningsnummer (the day plus 60) and interim numbers (a letter for the first of the last four) count.
The date and the check digit must be right. That leaves most telephone, case and organisation numbers alone, but one in
ten of those that read as a date passes the check too, and is taken for a personal number: better so than the reverse.

The check is made here, since the library `personnummer` refuses coordination numbers whose date of birth is unknown:
25 of the 200 that the tax agency publishes for tests.
"""

import re
from calendar import monthrange
from typing import Final

# Dashes as keyboards and word processors write them, soft and non-breaking hyphens and the minus sign included.
_DASHES: Final = r"\-\u00ad\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_PLUSES: Final = r"+\ufe62\uff0b"
_INVISIBLE: Final = r"\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"

# \d and \s match the digits and spaces of every script. The look-behind comes after the first digit, not before
# it, so that text without digits is passed over eight times as fast.
_CANDIDATE: Final = re.compile(
    r"(?P<born>\d(?<!\d\d)\d{5}(?:\d\d)?)"
    rf"[\s{_DASHES}{_PLUSES}{_INVISIBLE}]{{0,3}}"
    r"(?P<last>(?!000)[\dTRSUWXJKLMN]\d{3})(?!\d)",
    re.IGNORECASE,
)
_CENTURIES: Final = (18, 19, 20)
_LONG_DATE: Final = 8
_LEAP_YEAR: Final = 2000
_MONTHS: Final = range(1, 13)
_COORDINATION_DAYS: Final = range(60, 92)


def holds_personal_number(text: str) -> bool:
    """Tell whether `text` has a valid personal identity number anywhere, in any of the usual ways of writing it.

    With or without century, with a dash, plus or space of any kind or nothing before the last four, among other words
    or against punctuation. Never raises, and keeps nothing of what it read.
    """
    # A loop, since this runs several times for every row of an import.
    for match in _CANDIDATE.finditer(text):  # noqa: SIM110
        if _is_valid(match["born"], match["last"]):
            return True
    return False


def _is_valid(born: str, last: str) -> bool:
    if len(born) == _LONG_DATE and int(born[:2]) not in _CENTURIES:
        return False
    return _is_birth_date(int(born[-4:-2]), int(born[-2:])) and _has_check_digit(born[-6:] + last)


def _is_birth_date(month: int, day: int) -> bool:
    """Tell whether the two can be in a number, in some year.

    A coordination number's need be no real date: an unknown month is 00, an unknown day 60.
    """
    if day in _COORDINATION_DAYS:
        return month == 0 or month in _MONTHS
    return month in _MONTHS and 1 <= day <= monthrange(_LEAP_YEAR, month)[1]


def _has_check_digit(number: str) -> bool:
    """Tell whether the ten signs satisfy the Luhn formula, a letter counting as 1."""
    digits = [int(sign) if sign.isdecimal() else 1 for sign in number]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[::2])
    return (sum(doubled) + sum(digits[1::2])) % 10 == 0
