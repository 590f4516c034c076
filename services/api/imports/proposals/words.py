"""What the words of a column mean: places, types, states and values, each by its name or asked about."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from services.api.imports.proposals.context import OTHER, SKIP, Choice
from services.api.imports.proposals.names import NameIndex
from services.api.imports.proposals.observed import month_names
from shared.files.cells import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from services.api.imports.proposals.columns import Guess
    from services.api.imports.proposals.context import Answers, Context
    from shared.domain.activity_type import ActivityType

STATE_WORDS: Final = (
    *((word, "performed") for word in ("genomförd", "genomfört", "utförd", "utfört", "klar", "klart", "ja", "done")),
    *((word, "performed") for word in ("performed", "genomförda", "gjord", "yes", "avslutad", "avslutat")),
    *((word, "planned") for word in ("planerad", "planerat", "bokad", "bokat", "planned", "kommande", "booked")),
    *((word, "cancelled") for word in ("inställd", "inställt", "cancelled", "canceled", "avbokad", "avbokat")),
)
# A column of more different words is none that a person wants to be asked about word by word.
MOST_WORDS: Final = 400


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a column, how many rows have it and the first of them, and what it means."""

    letters: str
    field: str
    text: str
    rows: int
    first_row: int
    meaning: Choice


def key_of(letters: str, field: str, text: str) -> str:
    """Return the key of what a word of a column means."""
    return f"word-{letters}-{field}-{zlib.crc32(text.encode()):08x}"


def words_of(
    guess: Guess, field: str, types: Collection[ActivityType], context: Context, answers: Answers
) -> list[Word]:
    """Return the words of a column whose field is one of a list, in the order of the sheet."""
    names, codes = _known(field, types, context)
    if names is None:
        return []
    found: dict[str, tuple[int, int]] = {}
    for cell, count in guess.column.cells.items():
        text = text_of(cell)
        rows, first = found.get(text, (0, guess.column.first_rows[cell]))
        found[text] = rows + count, first
    return [
        Word(guess.letters, field, text, rows, first, _meaning(guess.letters, field, text, names, codes, answers))
        for text, (rows, first) in [*found.items()][:MOST_WORDS]
    ]


def _known(field: str, types: Collection[ActivityType], context: Context) -> tuple[NameIndex | None, Sequence[str]]:
    """Return what words of a field are compared with, and all codes that they can mean; None of other fields."""
    known = _KNOWN.get(field)
    if known is not None:
        return known(types, context)
    whole, _, name = field.partition(".")
    if whole != "attributes":
        return None, ()
    choices = [one.attributes[name] for one in types if name in one.attributes]
    named = [
        (called, code)
        for attribute in choices
        for code, wording in attribute.values.items()
        for called in (wording.sv, wording.en, code)
    ]
    return (NameIndex(named), [*dict.fromkeys(code for _, code in named)]) if named else (None, ())


def _annexes(_types: Collection[ActivityType], context: Context) -> tuple[NameIndex, Sequence[str]]:
    named = [
        (called, annex.code)
        for annex in context.annexes
        for number in [annex.code.partition("/")[2]]
        for called in (number, f"bilaga {number}", f"annex {number}", annex.title)
        if number
    ]
    return NameIndex(named), [*dict.fromkeys(code for _, code in named)]


# By field: what its words are compared with, and all codes that they can mean.
_KNOWN: Final[Mapping[str, Callable[[Collection[ActivityType], Context], tuple[NameIndex, Sequence[str]]]]] = {
    "area": lambda types, context: (context.place_names(types), [place.code for place in context.places]),
    "type": lambda _types, context: (NameIndex(context.type_names.items()), [*context.types]),
    "month": lambda _types, _context: (month_names(), [str(number) for number in range(1, 13)]),
    "status": lambda _types, _context: (NameIndex(STATE_WORDS), [*dict.fromkeys(state for _, state in STATE_WORDS)]),
    "annex": _annexes,
}


def _meaning(letters: str, field: str, text: str, names: NameIndex, codes: Sequence[str], answers: Answers) -> Choice:
    """Return what a word means: of few codes all are offered, of places those that are called alike."""
    key = key_of(letters, field, text)
    meaning = names.find(text)
    near = [meaning.code] if meaning.code else [*meaning.near]
    if field != "area":
        return answers.choose(
            key, next(iter(near), ""), [*dict.fromkeys((*near, *codes)), SKIP], is_sure=meaning.code is not None
        )
    if typed := answers.given.get(f"{key}-typed"):
        # What is written comes before what is chosen from those that are called alike.
        code = names.find(typed).code
        return Choice(key, code or "", code or "", (*dict.fromkeys((*near, *([code] if code else []))), OTHER, SKIP))
    # A place that an earlier sheet's word meant need not be called alike.
    former = [answers.given[key]] if answers.given.get(key) in codes else []
    options = [*dict.fromkeys((*near, *former)), OTHER, SKIP]
    chosen = answers.choose(key, next(iter(near), ""), options, is_sure=meaning.code is not None)
    # Another place is none as long as nobody names it.
    return replace(chosen, value="") if chosen.value == OTHER else chosen
