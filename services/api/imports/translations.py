"""What the words of a mapping match: the same word in other case, Unicode form or blanks, or of another type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.domain.matching import folded, trimmed
from shared.files.cells import Cell, ErrorCell, NumberCell, TruthCell, text_of

UNLISTED: Final = object()
# True and false as spreadsheet programs write them in Swedish and English.
_TRUTHS: Final = ({"true", "sant"}, {"false", "falskt"})


class Translations:
    """Finds what a cell stands for. A word that is written just so comes before one that is so but for case."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._exact = {trimmed(word): value for word, value in values.items()}
        meanings: dict[str, set[Any]] = {}
        for word, value in values.items():
            meanings.setdefault(folded(word), set()).add(value)
        # Of two words that differ in case alone, each is meant only as it is written.
        self._folded = {word: several.pop() for word, several in meanings.items() if len(several) == 1}

    def find(self, cell: Cell) -> Any:  # noqa: ANN401  a text or a number of the mapping
        """Return what a cell stands for, or UNLISTED."""
        if not self._exact:
            return UNLISTED
        text = cell.text if isinstance(cell, ErrorCell) else trimmed(text_of(cell))
        if text in self._exact:
            return self._exact[text]
        for spelling in _spellings(text, cell):
            if spelling in self._folded:
                return self._folded[spelling]
        return UNLISTED


def _spellings(text: str, cell: Cell) -> Iterator[str]:
    """Yield the folded forms of the words that a cell may be written as."""
    word = folded(text)
    yield word
    if isinstance(cell, str | NumberCell):
        # A whole number, as programs write it that know but one kind of number.
        whole, _, fraction = word.partition("." if "." in word else ",")
        if whole.isdecimal() and fraction and not fraction.strip("0") and len(fraction) < 3:  # noqa: PLR2004  1.000
            yield whole
    if isinstance(cell, str | TruthCell):
        yield from sorted(next((truth - {word} for truth in _TRUTHS if word in truth), ()))
