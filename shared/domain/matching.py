"""The one rule by which a text that was sent is compared with one that is known: a column's name, a status, a place."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Characters that no one sees, which editors and web pages leave in texts.
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
# A text in pieces, each of which begins with a character that combines with none before it. The library sorts marks
# that follow upon one another in a time that grows with their square, so that there is an end to those of one piece.
_PIECES: Final = re.compile(r".{1,50}[^\x00-\x7f]{0,50}", re.DOTALL)
_LONGEST_WHOLE: Final = 100
_SPACED_DIGITS: Final = re.compile(r"\d+(?: \d+)+", re.ASCII)


def composed(text: str) -> str:
    """Return the text in Unicode's composed form (NFC), in which `Ä` is one character."""
    if text.isascii():
        return text
    if len(text) <= _LONGEST_WHOLE:
        return unicodedata.normalize("NFC", text)
    return "".join(unicodedata.normalize("NFC", piece) for piece in _PIECES.findall(text))


def trimmed(text: str) -> str:
    """Return the text, composed, without blanks of any kind and invisible characters at its ends."""
    if text.isascii():
        return text.strip()
    return composed(text.translate(_INVISIBLE)).strip()


def folded(text: str) -> str:
    """Return what two texts have in common that mean the same.

    Unicode's form, case, and how many blanks of which kind make no difference; in a number none at all: `261 31` is
    26131.
    """
    text = composed(trimmed(text).casefold())
    text = " ".join(text.split())
    return text.replace(" ", "") if _SPACED_DIGITS.fullmatch(text) else text
