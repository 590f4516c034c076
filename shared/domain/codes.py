"""The codes that areas have: Statistics Sweden's for counties and municipalities, made of words for places."""

import re
import unicodedata
from typing import Annotated, Final

from pydantic import Field

from shared.domain.matching import folded

AREA_PATTERN: Final = r"^[A-Z]{2}$|^[a-z0-9]+(-[a-z0-9]+)*$"
LONGEST_AREA_CODE: Final = 80

AreaCode = Annotated[str, Field(pattern=AREA_PATTERN, max_length=LONGEST_AREA_CODE)]

# What is left of a letter of another script or without a mark that can be taken off.
_PLAIN_LETTERS: Final = str.maketrans({"ø": "o", "æ": "ae", "ð": "d", "þ": "th", "ł": "l", "ß": "ss"})


def coded(text: str) -> str:
    """Return a text as a code such as `norra-torget`: small letters from a to z and digits, words with - between."""
    plain = unicodedata.normalize("NFD", folded(text).translate(_PLAIN_LETTERS))
    letters = (character for character in plain if not unicodedata.combining(character))
    return "-".join(re.findall(r"[a-z0-9]+", "".join(letters)))
