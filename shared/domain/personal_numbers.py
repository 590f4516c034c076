"""Finding Swedish personal identity numbers in text, so that text holding one can be refused.

Personnummer, samordningsnummer (the day plus 60) and interim numbers (a letter for the first of the last four) count,
whatever is between their digits and however these are drawn: `19 09 05 27 (1474)`, full-width, circled, with characters
that nobody sees. The date and the check digit must be right. That leaves most telephone, case and organisation numbers
alone, but one in ten of those that read as a date passes the check too, and is taken for a personal number: better so
than the reverse. What is plainly something else is passed over first: dates with a time, spans and lists of dates,
coordinates, rows of counts.

The check is made here, since the library `personnummer` refuses coordination numbers whose date of birth is unknown:
25 of the 200 that the tax agency publishes for tests.
"""

from __future__ import annotations

import re
from calendar import monthrange
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from shared.domain.plain_digits import with_plain_digits, without_superscripts

if TYPE_CHECKING:
    from collections.abc import Iterator

# The fewest that a text with a number has: an interim number has a letter among its ten signs.
_FEWEST_DIGITS: Final = 9
_SHORT, _LONG = 10, 12
_LONG_DATE: Final = 8
_CENTURIES: Final = frozenset(("18", "19", "20"))
_LEAP_YEAR: Final = 2000
# A coordination number's need be no real date: the day plus 60, an unknown month 00, an unknown day 60.
_MONTHS_AND_DAYS: Final = frozenset(
    f"{month:02}{day:02}"
    for month in range(13)
    for day in (*(range(1, monthrange(_LEAP_YEAR, month)[1] + 1) if month else ()), *range(60, 92))
)
_DIGIT_SUMS_OF_DOUBLES: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

_DIGITS: Final = re.compile(r"[0-9]+")
# From a digit on, as long as no letter comes: all that the digits of one number can be spread over.
_STRETCH: Final = re.compile(r"[0-9][\W\d_]{8,}")
# The letter of an interim number counts as 1 in the check.
_INTERIM: Final = re.compile(r"(?<=[0-9])([\W_]{0,8})[TRSUWXJKLMN](?=[0-9]{3}(?![0-9]))", re.IGNORECASE)

_CLOCK: Final = r"(?:[01]?[0-9]|2[0-4])[:.][0-5][0-9]"
_HOUR: Final = r"(?:[01]?[0-9]|2[0-4])"
_TO: Final = r"\s?[-–—]\s?"
_MONTH_AND_DAY: Final = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_ISO_MONTH: Final = r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])"
_ISO_DATE: Final = rf"{_ISO_MONTH}-(?:0[1-9]|[12][0-9]|3[01])"
_DAY_AND_MONTH: Final = r"(?:0?[1-9]|[12][0-9]|3[01])[./-](?:0?[1-9]|1[0-2])"
_DAY_FIRST: Final = rf"{_DAY_AND_MONTH}(?:[./-]|\s{{1,2}})(?:19|20)[0-9]{{2}}"
_DATE: Final = rf"(?:{_ISO_DATE}|(?:(?:19|20)?[0-9]{{2}}){_MONTH_AND_DAY}|{_DAY_FIRST}|{_DAY_AND_MONTH})"
_DEGREES: Final = r"[0-9]{1,2}\.[0-9]{3,8}"
# What is plainly no number of a person. Nothing of it may be a part of something longer.
_SOMETHING_ELSE: Final = re.compile(
    r"(?<![0-9])(?<![0-9][-./:])(?:"
    + "|".join(
        (
            rf"{_ISO_DATE}T[0-9]{{2}}:?[0-9]{{2}}(?::?[0-9]{{2}}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?",
            rf"{_DATE}[\s,;(]{{1,3}}{_CLOCK}(?::[0-5][0-9])?(?:{_TO}{_CLOCK})?",
            rf"{_DATE}[\s,;(]{{1,3}}{_HOUR}{_TO}{_HOUR}",
            rf"{_CLOCK}{_TO}{_CLOCK}",
            rf"{_ISO_DATE}(?=[\W_]{{1,5}}{_ISO_DATE})",
            rf"{_ISO_MONTH}(?:[\s,;–-]{{1,3}}{_ISO_MONTH})+",
            _DAY_FIRST,
            rf"{_DEGREES}\s?[,;\s]\s?{_DEGREES}",
        )
    )
    + r")(?![0-9]|[-./:][0-9])"
)
_COUNTS: Final = re.compile(r"(?<![0-9])[0-9]{1,3}(?:(?:[,;]\s{1,2}|\s)[0-9]{1,3}){2,}(?![0-9])")
# As many as the pairs of a number with its century.
_MOST_PAIRS: Final = 6
_WHOLE_DATE: Final = re.compile(
    r"(?<![0-9])(?P<year>(?:19|20)[0-9]{2})(?P<part>[-/.])(?P<month>0[1-9]|1[0-2])(?P=part)(?P<day>0[1-9]|[12][0-9]|3[01])"
    r"(?![0-9])"
)
# A letter, past which no number goes.
_BREAK: Final = " x "


def holds_personal_number(text: str) -> bool:
    """Tell whether `text` has a valid personal identity number anywhere, in whatever way it is written.

    With or without century, with anything but letters between its digits, among other words or against punctuation, as
    a part of an address too. Never raises, and remembers nothing of what it read.
    """
    if len(text) < _FEWEST_DIGITS:
        return False
    return any(_holds(reading) for reading in _readings(text))


def _readings(text: str) -> Iterator[str]:
    """Yield what the text may be read as, with plain digits; nothing when it has too few of these."""
    plain = with_plain_digits(text)
    if sum(map(len, _DIGITS.findall(plain))) < _FEWEST_DIGITS:
        return
    yield plain
    if plain is not text and (others := without_superscripts(text)) != text:
        yield with_plain_digits(others)
    if "%" in text and (decoded := unquote(text)) != text:
        yield with_plain_digits(decoded)
    if "&" in text and (decoded := unescape(text)) != text:
        yield with_plain_digits(decoded)


def _holds(text: str) -> bool:
    text = _INTERIM.sub(r"\g<1>1", text)
    # Nearly always there is nothing that has the date and the check digit, and the rest need not be asked.
    if not _has_number(text):
        return False
    other = _COUNTS.sub(_pairs_alone, _SOMETHING_ELSE.sub(_BREAK, text))
    return _has_number(_WHOLE_DATE.sub(r"\g<year>\g<month>\g<day>", other))


def _pairs_alone(counts: re.Match[str]) -> str:
    """Return a row of short numbers if it may be one number cut into its digits or pairs, else a break."""
    lengths = {len(number) for number in _DIGITS.findall(counts[0])}
    amount = len(_DIGITS.findall(counts[0]))
    is_list = "," in counts[0] or ";" in counts[0]
    may_be = lengths == {1} or (amount <= _MOST_PAIRS and (lengths == {2} or not is_list))
    return counts[0] if may_be else _BREAK


def _has_number(text: str) -> bool:
    """Tell whether some groups of digits, each whole, are a number. Much of an import's time, so its loops are bare."""
    for stretch in _STRETCH.finditer(text):
        groups = _DIGITS.findall(stretch[0])
        for first in range(len(groups)):
            digits = ""
            for group in groups[first : first + _LONG]:
                # A whole date is a number's first eight digits or none of it.
                is_whole_date = len(group) == _LONG_DATE and group[:2] in _CENTURIES
                if is_whole_date and digits:
                    break
                digits += group
                size = len(digits)
                if size >= _LONG:
                    if size == _LONG and digits[:2] in _CENTURIES and _is_valid(digits[2:]):
                        return True
                    break
                if size == _SHORT and len(groups[first]) != _LONG_DATE and _is_valid(digits):
                    return True
    return False


def _is_valid(number: str) -> bool:
    """Tell whether ten digits have a date, a serial number and the check digit of the Luhn formula."""
    if number[2:6] not in _MONTHS_AND_DAYS or number.startswith("000", 6):
        return False
    doubled = sum(_DIGIT_SUMS_OF_DOUBLES[int(digit)] for digit in number[::2])
    return (doubled + sum(map(int, number[1::2]))) % 10 == 0
