"""How the cells of a field are read by its rule: words that are listed first, then a template, a form or the type.

A word matches whatever its case, Unicode form and blanks, and whatever type its cell has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from services.api.imports.cell_readers import ErrorInCell, Read, UnreadableCell, coded, formatted_in
from services.api.imports.mappings.content import ColumnRule, MappingContent
from services.api.imports.record_type import Reading
from shared.domain.matching import folded, trimmed
from shared.files.cells import Cell, ErrorCell, NumberCell, TruthCell, is_blank, is_error, text_of

Cells: TypeAlias = Cell | tuple[Cell, ...]

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


def listed_in(values: Sequence[str]) -> Callable[[Cells], object]:
    """Return what tells whether a cell is one of some words; an error in it is raised as ErrorInCell."""
    listed = Translations(dict.fromkeys(values, True))

    def read(cell: Cells) -> object:
        assert not isinstance(cell, tuple)  # noqa: S101  a choice has one column
        found = listed.find(cell) is not UNLISTED
        if not found:
            _refuse_error(cell)
        return found

    return read


def _refuse_error(cell: Cell) -> None:
    if isinstance(cell, ErrorCell):
        raise ErrorInCell(cell)
    if isinstance(cell, str) and is_error(cell):
        raise ErrorInCell(ErrorCell(cell.upper()))


def reader_of(field: str, rule: ColumnRule, mapping: MappingContent, reading: Reading) -> Callable[[Cells], object]:
    """Return what turns cells into the field's value; None states nothing."""
    own_words = reading.typed(field, mapping.zone, None)
    listed = Translations(rule.values)
    unlisted = _unlisted(field, rule, mapping, reading)

    def read_one(cell: Cells) -> object:
        """Read the cell of a rule that lists no values; of all the most are so."""
        assert not isinstance(cell, tuple) and unlisted is not None  # noqa: S101, PT018  as checked below
        if isinstance(cell, str):
            cell = trimmed(cell)
            if not cell:
                return None if rule.otherwise is None else own_words(str(rule.otherwise))
        _refuse_error(cell)
        return unlisted(cell)

    def read(cells: Cells) -> object:
        first, *others = cells if isinstance(cells, tuple) else (cells,)
        cell = trimmed(first) if isinstance(first, str) else first
        found = listed.find(cell)
        if found is not UNLISTED and not others:
            return own_words(str(found))
        for one in (cell, *others):
            _refuse_error(one)
        is_empty = any(map(is_blank, (cell, *others)))
        if not is_empty and unlisted is not None:
            return unlisted(cell, *others)
        if rule.otherwise is not None:
            return own_words(str(rule.otherwise))
        if not is_empty:
            raise UnreadableCell("is not among the mapping's values", "Mend the cell, or add it to the values.")
        return None

    return read if rule.values or rule.also_columns or unlisted is None else read_one


def _unlisted(field: str, rule: ColumnRule, mapping: MappingContent, reading: Reading) -> Callable[..., object] | None:
    """Return what reads cells that are not among a rule's values; None where all that mean something are."""
    read: Read
    if rule.named is not None:
        read = reading.named(rule.named)
    elif rule.formats:
        read = formatted_in(rule.formats, mapping.zone)
    else:
        read = reading.typed(field, mapping.zone, mapping.decimal_sign(rule))
    template = rule.template
    if template is not None:
        pieces = template.split("{}")
        return lambda *cells: read(_code_or_text(_filled(pieces, cells), rule))
    if rule.as_code:
        return lambda cell: read(_code_or_text(text_of(cell), rule))
    if rule.values and rule.named is None and not rule.formats:
        return None
    return read


def _filled(pieces: Sequence[str], cells: Sequence[Cell]) -> str:
    texts = [trimmed(text_of(cell)) for cell in cells]
    return "".join(part for both in zip(pieces, [*texts, ""], strict=True) for part in both)


def _code_or_text(text: str, rule: ColumnRule) -> str:
    return coded(text) if rule.as_code else text
