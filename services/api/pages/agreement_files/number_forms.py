"""How a workbook displays a number so that it reads as on the page, and stays a number to compute with."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from shared.annex_tables.wording import WORDS, displayed_change
from shared.domain.wording import MINUS, NO_BREAK_SPACE, PERCENT, as_displayed

if TYPE_CHECKING:
    from shared.domain.wording import Language

_PRELIMINARY = '"*"'


def number_of(value: Decimal, unit: str) -> Decimal:
    """Return what a cell holds: a share as a part of one, as spreadsheets have per cent, all else as it is."""
    return value / 100 if unit == "percent" else value


def form_of(value: Decimal, unit: str, language: Language, *, is_preliminary: bool = False) -> str:
    """Return the form of a value, with the decimals that it is displayed with elsewhere."""
    mark = _PRELIMINARY if is_preliminary else ""
    decimals = _decimals(as_displayed(value, unit))
    return f"{decimals}{PERCENT[language]}{mark}" if unit == "percent" else f"#,##{decimals}{mark}"


def change_of(change: Decimal, unit: str, language: Language) -> tuple[Decimal, str]:
    """Return what a cell holds of a change, and its form; what rounds to nothing is unchanged."""
    displayed = displayed_change(change, unit)
    decimals, unchanged = _decimals(abs(displayed)), WORDS[language]["unchanged"]
    if unit == "percent":
        number, sign = change, f'"{NO_BREAK_SPACE}{WORDS[language]["points"]}"'
    elif unit == "mean":
        number, sign = change, ""
    else:
        number, sign = change / 100, PERCENT[language]
    # A plus or minus alone is a code; in quotes it is what it is.
    form = f'"+"{decimals}{sign};"{MINUS}"{decimals}{sign};"{unchanged}"'
    return (number if displayed else Decimal(0)), form


def _decimals(value: Decimal) -> str:
    """Return the form of so many decimals as a number is written with."""
    exponent = value.normalize().as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return f"0.{'0' * places}" if places else "0"
