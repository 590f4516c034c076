"""How high a row of a sheet has to be for the texts in its cells.

Not every program sees to that by itself, and none does for cells that are merged. Lines are parted between words, as
programs do. Which font they take matters little: columns are measured by its digits, and so are letters here.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

LINE_HEIGHT: Final = 15.0
"""Of a line of the sheet's font, in points."""

# Of a letter, in digits: in Swedish texts 0.93 to 0.97 on average, in bold 1.05.
_LETTER, _BOLD_LETTER = 1.0, 1.12


def height_of(texts: Iterable[tuple[str, float]], *, is_bold: bool = False) -> float:
    """Return the height in points of a row with texts that are wrapped in columns of a width in characters."""
    letter = _BOLD_LETTER if is_bold else _LETTER
    return LINE_HEIGHT * max((_lines(text, max(1, int(width / letter))) for text, width in texts), default=1)


def _lines(text: str, letters: int) -> int:
    # Programs part no word at a hyphen that we do not know of.
    return sum(len(wrap(line, letters, break_on_hyphens=False)) or 1 for line in text.split("\n"))
