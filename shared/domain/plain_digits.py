"""Text with its digits as 0 to 9, whatever script or ornament they are in, and without characters that nobody sees.

So that what a person reads as a number is found as one: `１９０９`, `¹⁹⁰⁹`, `①⑨⓪⑨`, digits with a soft hyphen between.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# All that the Latin letters, digits and signs of ordinary text are; the rest is looked at one by one.
_UNUSUAL: Final = re.compile(
    r"[^\x00-\xa0\u00a1-\u00ac\u00ae-\u00b1\u00b4-\u00b8\u00ba\u00bb\u00bf-\u024f\u2010-\u2027]"
)
# Neither a digit nor a sign of an e-mail address among them: words alone.
_WORDS: Final = re.compile(r"[\x00-('*+,./:-?A-\[\\^-|~\x80-\xac\xae-\xb1\xb4-\xb8\xba\xbb\xbf-\u024f\u2010-\u2027-]*")
_SUPERSCRIPTS: Final = re.compile(r"[\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089]")
# Letters by their category, and blank: what fills the place of one in Korean.
_FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0")
_MOST_REMEMBERED: Final = 5000


class _Plain(dict[int, str]):
    """What stands for a character, by its number; found when it is first asked for."""

    def __missing__(self, code: int) -> str:
        plain = _plain(chr(code))
        if len(self) < _MOST_REMEMBERED:
            self[code] = plain
        return plain


_PLAIN: Final = _Plain()


def are_words_alone(text: str) -> bool:
    """Tell whether a text has no digit in any script, no invisible character, and nothing of an e-mail address."""
    return bool(_WORDS.fullmatch(text))


def with_plain_digits(text: str) -> str:
    """Return the text with digits of every kind as 0 to 9, and without invisible characters and combining marks."""
    if text.isascii() or not _UNUSUAL.search(text):
        return text
    return text.translate(_PLAIN)


def without_superscripts(text: str) -> str:
    """Return the text with blanks for its superscript and subscript digits: they may refer to a footnote."""
    return _SUPERSCRIPTS.sub(" ", text)


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Nd", "No"}:
        number = unicodedata.numeric(character, -1.0)
        return str(int(number)) if number.is_integer() and 0 <= number < 100 else " "  # noqa: PLR2004  two digits
    if category in {"Cf", "Mn", "Me"}:
        return ""
    if category == "Lm" or character in _FILLERS:  # looks like a dash or an apostrophe, or like nothing
        return " "
    # Full-width letters and signs.
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if len(compatible) == 1 else character
