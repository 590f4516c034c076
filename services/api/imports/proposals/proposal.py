"""A proposal: what a sheet probably says, each part of it sure, answered, or open until somebody answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.api.imports.proposals.context import Answers, Choice, Context
from services.api.imports.proposals.names import named_in
from services.api.imports.proposals.observed import MEASURE
from services.api.imports.proposals.vocabulary import IGNORED
from shared.domain.activity import MOMENT_NAMES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from services.api.imports.proposals.columns import Guess
    from services.api.imports.proposals.sheets import Sheet
    from services.api.imports.proposals.words import Word
    from shared.domain.activity_type import ActivityType


@dataclass(frozen=True, slots=True)
class ColumnProposal:
    """A column, the field that it holds, and of a date how that is read."""

    guess: Guess
    field: Choice
    dates: Choice | None = None

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms of its dates, as they are read."""
        reading = self.guess.dates.by(self.dates.value) if self.dates else None
        return reading.forms if reading else ()


@dataclass(frozen=True, slots=True)
class SheetProposal:
    """What a sheet probably says. `faults` are what keeps it from being read, by the key of what is to change."""

    sheet: Sheet
    type: Choice
    types: tuple[ActivityType, ...]
    columns: tuple[ColumnProposal, ...] = ()
    words: tuple[Word, ...] = ()
    annexes: tuple[Choice, ...] = ()
    status: Choice | None = None
    place: Choice | None = None
    year: Choice | None = None
    id_letters: tuple[str, ...] = ()
    days: tuple[date, date] | None = None
    faults: tuple[tuple[str, str], ...] = field(default=())

    @property
    def measure(self) -> str | None:
        """The measure that the rows are values of; None where they are activities."""
        return self.type.value.removeprefix(MEASURE) if self.type.value.startswith(MEASURE) else None

    @property
    def choices(self) -> list[Choice]:
        """All that can be chosen, in the order of a page."""
        of_columns = [choice for one in self.columns for choice in (one.field, one.dates) if choice]
        single = [one for one in (self.year, self.status, self.place) if one]
        return [self.type, *of_columns, *single, *self.annexes, *(word.meaning for word in self.words)]

    @property
    def open(self) -> list[Choice]:
        """What somebody has to answer."""
        return [choice for choice in self.choices if choice.is_open]

    @property
    def is_settled(self) -> bool:
        """Whether rows can be read by it: nobody has to answer or change anything."""
        return not self.open and not self.faults

    def column_of(self, name: str) -> ColumnProposal | None:
        """Return the column that holds a field."""
        return next((one for one in self.columns if one.field.value == name), None)


def column_proposal(guess: Guess, allowed: Sequence[str], answers: Answers) -> ColumnProposal:
    """Return a column with its field, and of a date with how it is read."""
    choice = answers.choose(f"field-{guess.letters}", guess.likely, allowed, is_sure=guess.is_sure)
    if choice.value not in MOMENT_NAMES:
        return ColumnProposal(guess, choice)
    dates = guess.dates
    orders = [reading.order for reading in dates.readings]
    if not orders:
        return ColumnProposal(guess, choice)
    order = answers.choose(f"dates-{guess.letters}", orders[0], orders, is_sure=dates.is_sure)
    return ColumnProposal(guess, choice, order)


def place_choice(texts: Sequence[str], types: Collection[ActivityType], context: Context, answers: Answers) -> Choice:
    """Return the one place of all rows, where no column names places; a title may name it, and is asked about."""
    codes = [place.code for place in context.places]
    typed = context.place_names(types).find(answers.given.get("place-typed", "")).code or ""
    named = {place.name: place.code for place in context.places}
    titled = [*dict.fromkeys(code for text in texts for code in named_in(text, named))]
    # Of an earlier sheet it is known by its code.
    given = Answers({"place": typed or answers.given.get("place", "")})
    return given.choose("place", next(iter(titled), ""), codes, is_sure=False)


def common_faults(sheet: Sheet, columns: Sequence[ColumnProposal]) -> Iterable[tuple[str, str]]:
    """Yield what keeps any sheet from being read, by the key of what is to change."""
    if sheet.is_empty:
        yield "header", "noRows"
    counted = Counter(one.field.value for one in columns)
    for one in columns:
        if one.field.value not in {"", IGNORED} and counted[one.field.value] > 1:
            yield one.field.key, "sameField"
