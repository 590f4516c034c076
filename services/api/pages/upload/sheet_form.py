"""What a form says about an uploaded sheet, by the keys of the proposal's choices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from services.api.imports.mappings.content import Correction
from services.api.imports.mappings.parts import LONGEST_VALUE
from services.api.imports.proposals.reading import SheetAnswers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.api.pages.forms import Form

# What says which rows are looked at; all else is about what is found there.
_PLACES: Final = ("sheet", "header", "last")
_SINGLE: Final = ("type", "status", "finality", "place", "place-typed", "year", "name")
_OF_COLUMNS: Final = ("field-", "dates-", "word-", "annex-")
_LONGEST: Final = 200
# What a corrected cell holds, and what it held, by its name such as A6.
_CELL, _FORMER_CELL = "cell-", "former-"
LONGEST_NAME: Final = 60
LONGEST_CORRECTION: Final = LONGEST_VALUE


def answers_of(form: Form) -> tuple[dict[str, str], bool]:
    """Return what was answered, and whether it is about what the page showed.

    Where another sheet, row or type was chosen, what was said of the columns was about others: it is left out.
    """
    given = {name: value[:_LONGEST] for name, value in form.filled_in().items() if _is_answer(name)}
    changed = [name for name in (*_PLACES, "type") if form[f"was-{name}"] != form[name]]
    if not changed:
        return given, True
    if "sheet" in changed:
        given = {name: value for name, value in given.items() if name not in {"header", "last"} or name in changed}
    about_rows = {name: value for name, value in given.items() if not name.startswith(_OF_COLUMNS)}
    return about_rows, False


def sheet_answers(answers: Mapping[str, str]) -> SheetAnswers:
    """Return which sheet and rows were chosen, and which cells corrected."""
    cells = tuple((name, one.becomes) for name, one in corrections_of(answers).items())
    sheet, header, last = (answers.get(name) for name in _PLACES)
    return SheetAnswers(sheet or None, _number(header), _number(last), cells)


def corrections_of(answers: Mapping[str, str]) -> dict[str, Correction]:
    """Return the cells that were corrected, by their names."""
    names = [key.removeprefix(_CELL) for key in answers if key.startswith(_CELL)]
    return {
        name: Correction(was=answers.get(f"{_FORMER_CELL}{name}", ""), becomes=answers[f"{_CELL}{name}"])
        for name in names
    }


def as_answers(corrections: Mapping[str, Correction]) -> dict[str, str]:
    """Return corrected cells as they are kept among the answers."""
    return {f"{_CELL}{name}": one.becomes for name, one in corrections.items()} | {
        f"{_FORMER_CELL}{name}": one.was for name, one in corrections.items()
    }


def cell_field(name: str) -> str:
    """Return what the field of a cell is called on a page."""
    return f"{_CELL}{name}"


def cell_of(key: str) -> str | None:
    """Return the name of the cell that a field of a page is about; None if it is about none."""
    return key.removeprefix(_CELL) if key.startswith(_CELL) else None


def _is_answer(name: str) -> bool:
    return name in {*_PLACES, *_SINGLE} or name.startswith(_OF_COLUMNS)


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,7}", text) else None
