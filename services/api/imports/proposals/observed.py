"""What a sheet of observations probably says: the values of one measure, by area and period."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from services.api.imports.proposals.columns import Guess, share_of_numbers
from services.api.imports.proposals.dates import guess_dates
from services.api.imports.proposals.names import NameIndex
from services.api.imports.proposals.vocabulary import EXACT, HEADERS, HOLDS, IGNORED, likeness, words_in
from shared.files.cells import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from services.api.imports.proposals.sheets import SheetColumn

# How the choice of what a sheet is about names a measure.
MEASURE: Final = "measure:"
FINALITIES: Final = ("final", "preliminary")
FIELDS: Final = ("area", "period", "year", "month", "numerator", "denominator", "value", IGNORED)
FIGURES: Final = frozenset({"numerator", "value"})
_HEADERS: Final[Mapping[str, str]] = {
    "area": f"{HEADERS['area']}, kommun, municipality",
    "period": "period, tidsperiod, mätperiod",
    "year": "år, year, årtal, mätår",
    "month": "månad, mån, month",
    "numerator": "antal, täljare, numerator, count, antal ja, antal trygga",
    "denominator": "antal svar, antal svarande, nämnare, svar, svarande, denominator, respondents, answers",
    "value": "andel, procent, medel, medelvärde, index, resultat, share, per cent, mean",
}
# A value of which its name does not say whether it is a sum or a share.
_EITHER: Final = frozenset({"värde", "value", "utfall", "kostnad", "cost", "belopp", "kronor", "kr"})
_YEAR: Final = re.compile(r"20[0-4][0-9]")
_PERIOD: Final = re.compile(r"20[0-4][0-9](?:-[0-9]{2}|-T[123]|-Q[1-4])?")
_MOST: Final = 0.85
_MONTHS: Final = (
    *("januari january jan", "februari february feb", "mars march mar", "april apr", "maj may", "juni june jun"),
    *("juli july jul", "augusti august aug", "september sep sept", "oktober october okt oct", "november nov"),
    "december dec",
)


def month_names() -> NameIndex:
    """Return the months by what they are called."""
    return NameIndex(
        (name, str(number))
        for number, names in enumerate(_MONTHS, 1)
        for name in (*names.split(), str(number), f"{number:02}")
    )


def guess_observed(columns: Sequence[SheetColumn], places: NameIndex, today: date) -> list[Guess]:
    """Return which field of an observation each column holds; no two hold the same for sure."""
    guesses = [_guess(column, places, today) for column in columns if column.filled or column.name]
    taken = [guess.likely for guess in guesses if guess.likely != IGNORED]
    return [
        Guess(one.column, one.likely, one.is_sure and taken.count(one.likely) <= 1, one.score, one.dates)
        for one in guesses
    ]


def _guess(column: SheetColumn, places: NameIndex, today: date) -> Guess:
    dates = guess_dates({}, today)
    words = words_in(column.name)
    scores = {
        field: score
        for field, phrases in _HEADERS.items()
        if (score := max(likeness(words, words_in(phrase)) for phrase in phrases.split(",")))
    }
    fits = {field: score for field, score in scores.items() if _can_be(field, column, places)}
    best = max(fits, key=lambda field: fits[field], default=None)
    if best is not None:
        rivals = [field for field, score in fits.items() if field != best and score >= fits[best]]
        return Guess(column, best, fits[best] >= HOLDS and not rivals, fits[best], dates)
    if set(words) & _EITHER and share_of_numbers(column.cells) >= _MOST:
        return Guess(column, "value", is_sure=False, score=HOLDS, dates=dates)
    looks = [field for field in ("year", "period", "month") if _can_be(field, column, places)]
    if looks and not scores:
        return Guess(column, looks[0], is_sure=False, score=EXACT / 2, dates=dates)
    return Guess(column, IGNORED, share_of_numbers(column.cells) < _MOST or not column.filled, 0.0, dates)


def _can_be(field: str, column: SheetColumn, places: NameIndex) -> bool:
    texts = [text_of(cell) for cell in column.cells]
    if not texts:
        return False
    if field == "area":
        return share_of_numbers(column.cells) < _MOST or all(map(places.know, texts))
    if field in {"year", "period"}:
        pattern = _YEAR if field == "year" else _PERIOD
        return all(pattern.fullmatch(text) for text in texts)
    if field == "month":
        months = month_names()
        return all(map(months.know, texts))
    return share_of_numbers(column.cells) >= _MOST
