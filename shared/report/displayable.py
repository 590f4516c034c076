"""Which characters the fonts of the PDF have: for others there would be no glyph, which PDF/A and PDF/UA forbid.

The fonts are those of `shared.fonts`.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it tells no types

from shared.fonts import FONT_FOLDERS

if TYPE_CHECKING:
    from pathlib import Path

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
LAST_LATIN: Final = "\u024f"
"""Up to here the first font has all that can be seen."""
_SIGNS: Final = "–—‘’“”…−•†\u202f\n\N{REPLACEMENT CHARACTER}"
"""What the first font has beyond, and most reports too: for these no font needs to be read."""
# What cannot be seen, and changes how letters are joined or in which direction they are read.
_JOINERS: Final = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}"


def displayable(text: str) -> str:
    """Return a text as the fonts can show it: what they lack is replaced, what cannot be seen anyway is left out."""
    return "".join(_displayable(letter) for letter in text)


def plain(text: str) -> str:
    """Return a text in Latin letters, digits and signs alone, all else replaced: it can be set for certain."""
    return "".join(
        letter if letter <= LAST_LATIN and _is_visible(letter) else _displayable_sign(letter) for letter in text
    )


def _displayable_sign(letter: str) -> str:
    return letter if letter in _SIGNS else REPLACEMENT


def _displayable(letter: str) -> str:
    if letter in _SIGNS or (letter <= LAST_LATIN and _is_visible(letter)):
        return letter
    category = unicodedata.category(letter)
    if letter in _JOINERS or category not in {"Cc", "Cf", "Cs", "Co", "Cn"}:
        return letter if ord(letter) in _covered() else REPLACEMENT
    return "" if category in {"Cc", "Cf"} else REPLACEMENT


def _is_visible(letter: str) -> bool:
    return unicodedata.category(letter)[0] != "C"


@cache
def _covered() -> frozenset[int]:
    """Return the characters that any of the fonts has; to read them takes half a second."""
    return frozenset(code for folder in FONT_FOLDERS for path in sorted(folder.glob("*.t*")) for code in _codes(path))


def _codes(path: Path) -> Any:  # noqa: ANN401  the library tells no types
    # Of a collection the fonts differ in how they draw, not in what.
    with TTFont(path, fontNumber=0, lazy=True) as font:
        return [*font.getBestCmap()]
