"""Which field each column of a sheet holds, by its name and by what its cells look like."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from services.api.imports.proposals.dates import DateGuess, guess_dates
from services.api.imports.proposals.vocabulary import (
    EXACT,
    HOLDS,
    IGNORED,
    PARTICIPANTS,
    fields_named,
    likeness,
    words_in,
)
from shared.domain.activity import MOMENT_NAMES
from shared.files.cells import NumberCell, text_of
from shared.files.numbers import UnreadableNumber, decimal_sign_in, read_number
from shared.files.table import column_letters

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from services.api.imports.proposals.names import NameIndex
    from services.api.imports.proposals.sheets import SheetColumn
    from shared.domain.activity_type import ActivityType
    from shared.files.cells import Cell
    from shared.files.numbers import DecimalSign

# What a cell's look adds to what the name says, or leaves of it.
_FITS, _ELSEWHERE, _HARDLY, _NOT = 0.25, 0.8, 0.6, 0.2
_BY_LOOK: Final = 0.55
_MOST, _SOME = 0.85, 0.4
# A field that is not surer than the next by so much may be that one.
_MARGIN: Final = 0.2
_SURE: Final = 0.75
_WORTH_ASKING: Final = 0.4
# Names of a day that say nothing of which day of a case it is.
_ANY_DAY: Final = frozenset({"datum", "date", "dag", "day", "när", "when", "vecka", "week", "tidpunkt", "v"})
_WEEK: Final = frozenset({"vecka", "week", "v", "veckonr", "veckonummer"})
_FIELDS: Final = ("area", "status", "annex", "externalId", "note", IGNORED)
_READABLE: Final = frozenset({"choice", "number", "hours"})


@dataclass(frozen=True, slots=True)
class Guess:
    """The field of a column: `likely` is the best of those that it may be, and is taken where it `is_sure`."""

    column: SheetColumn
    likely: str
    is_sure: bool
    score: float
    dates: DateGuess

    @property
    def letters(self) -> str:
        """How a spreadsheet program names the column."""
        return column_letters(self.column.index)


def allowed_fields(types: Collection[ActivityType], *, is_type_open: bool) -> list[str]:
    """Return the fields that activities of some types take, in the order in which they are offered."""
    moments = [name for name in MOMENT_NAMES if any(name in one.moments for one in types)]
    groups = [*dict.fromkeys(f"participants.{group}" for one in types for group in one.participant_groups)]
    attributes = [
        f"attributes.{name}"
        for one in types
        for name, attribute in one.attributes.items()
        if attribute.kind in _READABLE
    ]
    further = [*(["cost"] if any(one.takes_cost for one in types) else [])]
    further += ["count"] if any(one.takes_count for one in types) else []
    typed = ["type"] if is_type_open else []
    return [*dict.fromkeys((*moments, "area", *typed, *groups, *further, *attributes, *_FIELDS[1:]))]


@dataclass(frozen=True, slots=True)
class Looks:
    """What columns are compared with."""

    types: Collection[ActivityType]
    places: NameIndex
    type_names: NameIndex
    allowed: Collection[str]
    today: date


def guess_columns(columns: Sequence[SheetColumn], looks: Looks) -> list[Guess]:
    """Return which field each column holds that holds anything; no two hold the same for sure."""
    filled = [column for column in columns if column.filled or column.name]
    guesses = [_guess(column, looks) for column in filled]
    return _without_rivals(guesses)


def _guess(column: SheetColumn, looks: Looks) -> Guess:
    named = set(words_in(column.name))
    dates = guess_dates(column.cells, looks.today, are_weeks=bool(named & _WEEK))
    scores = _scores(column, looks, dates)
    ranked = sorted(scores.items(), key=lambda one: -one[1])
    if not ranked or ranked[0][1] < _WORTH_ASKING:
        # A number by an unknown name may be what is counted.
        return Guess(column, IGNORED, share_of_numbers(column.cells) < _MOST or not column.filled, 0.0, dates)
    field, score = ranked[0]
    second = next((other for _, other in ranked[1:]), 0.0)
    is_sure = score >= _SURE and score - second >= _MARGIN
    is_case = any(one.counts_by == "startElseCompleted" for one in looks.types)
    if field in MOMENT_NAMES and is_case and named <= _ANY_DAY:
        is_sure = False
    if field == PARTICIPANTS:
        groups = [one for one in looks.allowed if one.startswith("participants.")]
        return Guess(column, groups[0], is_sure and len(groups) == 1, score, dates)
    return Guess(column, field, is_sure and field in looks.allowed, score, dates)


def _scores(column: SheetColumn, looks: Looks, dates: DateGuess) -> dict[str, float]:
    """Return how surely a column holds each field that it may hold."""
    scores = {field: score for field, score in _named(column, looks).items() if _is_allowed(field, looks)}
    if not column.filled:
        return scores
    if not scores:
        moment = next((name for name in MOMENT_NAMES if name in looks.allowed), "start")
        fields = [field for field in (moment, "area", "type") if field in looks.allowed]
        return {field: _BY_LOOK for field in fields if (_share(field, column, looks, dates) or 0) >= _MOST}
    return {field: _fitted(field, score, _share(field, column, looks, dates)) for field, score in scores.items()}


def _share(field: str, column: SheetColumn, looks: Looks, dates: DateGuess) -> float | None:
    """Return how many of a column's cells can be of a field; None where any text can."""
    if field in MOMENT_NAMES:
        return dates.share
    if field == "area":
        return _share_known(column, looks.places)
    if field == "type":
        return _share_known(column, looks.type_names)
    if field in {"cost", "count"} or field.startswith(PARTICIPANTS):
        return share_of_numbers(column.cells)
    if field == "externalId":
        return float(len(column.first_rows) == column.filled)
    return None


def _fitted(field: str, score: float, share: float | None) -> float:
    """Return how sure a field is by its name and by how many of the cells can be of it."""
    if share is None:
        return score
    if share >= _MOST:
        return score + _FITS
    # Places may be called otherwise here, and an id may be there twice.
    return score if share >= _SOME else score * {"area": _ELSEWHERE, "externalId": _HARDLY}.get(field, _NOT)


def _named(column: SheetColumn, looks: Looks) -> dict[str, float]:
    """Return the fields that the column's name may mean, the attributes of the types among them."""
    scores = dict(fields_named(column.name))
    words = words_in(column.name)
    for one in looks.types:
        for name, attribute in one.attributes.items():
            for called in (attribute.name.sv, attribute.name.en):
                score = likeness(words, words_in(called))
                if score > scores.get(f"attributes.{name}", 0):
                    scores[f"attributes.{name}"] = score
    # What names people comes before all else that the name may mean: Ansvarig polis.
    if scores.get(IGNORED, 0) >= HOLDS and len(words) > 1:
        return {IGNORED: EXACT}
    return scores


def _is_allowed(field: str, looks: Looks) -> bool:
    if field == PARTICIPANTS:
        return any(one.startswith("participants.") for one in looks.allowed)
    return field in looks.allowed


def share_of_numbers(cells: Mapping[Cell, int]) -> float:
    """Return how many of some cells are numbers."""
    total = sum(cells.values())
    return sum(count for cell, count in cells.items() if _is_number(cell)) / total if total else 0.0


def _is_number(cell: Cell) -> bool:
    if isinstance(cell, NumberCell):
        return True
    try:
        read_number(_without_unit(cell))
    except UnreadableNumber as error:
        return "two readings" in error.reason
    return isinstance(cell, str)


def _without_unit(cell: Cell) -> str:
    return text_of(cell).lower().removesuffix("kr").removesuffix(":-").removesuffix("%")


def decimal_sign_of(column: SheetColumn) -> DecimalSign | None:
    """Return what the decimals of a column's numbers come after, where its texts say it with one voice."""
    return decimal_sign_in(_without_unit(cell) for cell in column.cells if isinstance(cell, str))


def _share_known(column: SheetColumn, names: NameIndex) -> float:
    total = sum(column.cells.values())
    known = sum(count for cell, count in column.cells.items() if isinstance(cell, str) and names.know(cell))
    return known / total if total else 0.0


def _without_rivals(guesses: Sequence[Guess]) -> list[Guess]:
    """Return guesses of which no two are sure of one field: the surest is, if it is by far."""
    by_field: dict[str, list[Guess]] = {}
    for guess in guesses:
        by_field.setdefault(guess.likely, []).append(guess)
    settled: dict[int, Guess] = {}
    for field, rivals in by_field.items():
        if field == IGNORED or len(rivals) == 1:
            continue
        settled |= {one.column.index: one for one in _settled(rivals)}
    return [settled.get(guess.column.index, guess) for guess in guesses]


def _settled(rivals: Sequence[Guess]) -> Iterable[Guess]:
    exact = [one for one in rivals if not one.dates.uses_weeks] or rivals
    best, *others = sorted(exact, key=lambda one: -one.score)
    weeks = [one for one in rivals if one not in exact]
    is_clear = not others or best.score - others[0].score >= _MARGIN
    yield best if is_clear else replace(best, is_sure=False)
    for one in others:
        yield replace(one, likely=IGNORED, is_sure=False)
    # A week beside a day says nothing more.
    for one in weeks:
        yield replace(one, likely=IGNORED, is_sure=is_clear and best.is_sure)
