"""What a sheet of activities probably says, as a whole; and of observations, where it is about these."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from services.api.imports.proposals.columns import Guess, Looks, allowed_fields, guess_columns
from services.api.imports.proposals.context import BY_COLUMN, Answers, Choice, Context
from services.api.imports.proposals.names import NameIndex, hinted_in, named_in
from services.api.imports.proposals.observation_sheet import propose_observations
from services.api.imports.proposals.observed import MEASURE
from services.api.imports.proposals.proposal import (
    ColumnProposal,
    SheetProposal,
    column_proposal,
    common_faults,
    place_choice,
)
from services.api.imports.proposals.vocabulary import FIRST_YEAR, IGNORED, YEAR_IN_TEXT
from services.api.imports.proposals.words import MOST_WORDS, words_of
from shared.domain.activity import MOMENT_NAMES, STATUSES
from shared.domain.moment import SPREADSHEET_DAYS, UnreadableMoment, moment_of, read_formatted
from shared.domain.period import STOCKHOLM
from shared.files.cells import DateCell, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from services.api.imports.proposals.sheets import Sheet
    from shared.domain.activity_type import ActivityType

_ANNEX: Final = re.compile(r"\b(?:bilaga|annex) (\d{1,3})\b", re.IGNORECASE)


def propose(sheet: Sheet, context: Context, answers: Answers, file_name: str = "") -> SheetProposal:
    """Return what a sheet probably says, given what was answered."""
    texts = [*sheet.title, sheet.name or "", file_name.rpartition(".")[0] or file_name]
    choice, guesses = _type_and_columns(sheet, context, answers, texts)
    if choice.is_open:
        return SheetProposal(sheet, choice, ())
    if choice.value.startswith(MEASURE):
        return propose_observations(sheet, choice, texts, context, answers)
    columns = tuple(column_proposal(guess, _allowed(choice, context), answers) for guess in guesses)
    types = _types(choice, columns, context, answers)
    year = _year(columns, texts, context, answers)
    days = _days(columns, int(year.value) if year and year.value else None)
    words = [word for one in columns for word in words_of(one.guess, one.field.value, types, context, answers)]
    has = {one.field.value for one in columns}
    return SheetProposal(
        sheet,
        choice,
        types,
        columns,
        tuple(words[:MOST_WORDS]),
        () if "annex" in has else tuple(_annexes(types, days, texts, context, answers)),
        None if "status" in has else _status(days, context, answers),
        None if "area" in has else place_choice(texts, types, context, answers),
        year,
        () if "externalId" in has else _id_letters(sheet, columns),
        days,
        tuple(_faults(sheet, columns, choice, context)),
    )


def _type_and_columns(
    sheet: Sheet, context: Context, answers: Answers, texts: Sequence[str]
) -> tuple[Choice, list[Guess]]:
    """Return the type of the activities, and the columns as they are by that type."""
    titled = [*dict.fromkeys(code for text in texts for code in named_in(text, context.type_names))]
    answer = answers.given.get("type", "")
    options = [*context.types, BY_COLUMN, *(f"{MEASURE}{code}" for code in context.measures)]
    everything = guess_columns(sheet.columns, _looks([*context.types.values()], context, is_type_open=True))
    typed = [guess for guess in everything if guess.likely == "type"]
    if answer in options:
        choice = Choice("type", answer, answer, tuple(options))
    elif typed and typed[0].is_sure and len(typed) == 1:
        choice = Choice("type", BY_COLUMN, BY_COLUMN, tuple(options))
    else:
        hinted = [code for text in texts for code in hinted_in(text, context.type_names)]
        likely = BY_COLUMN if typed and not titled else next(iter((*titled, *hinted)), "")
        choice = answers.choose("type", likely, options, is_sure=len(titled) == 1 and not typed)
    if choice.value in context.types:
        chosen = [context.types[choice.value]]
        return choice, guess_columns(sheet.columns, _looks(chosen, context, is_type_open=False))
    named = _named_types(typed[0], context) if typed else []
    if named:
        return choice, guess_columns(sheet.columns, _looks(named, context, is_type_open=True))
    return choice, everything


def _named_types(guess: Guess, context: Context) -> list[ActivityType]:
    """Return the types that a column names by their own names."""
    names = NameIndex(context.type_names.items())
    codes = dict.fromkeys(names.find(word).code for word in guess.column.words if names.know(word))
    return [context.types[code] for code in codes if code]


def _looks(types: Collection[ActivityType], context: Context, *, is_type_open: bool) -> Looks:
    allowed = allowed_fields(types, is_type_open=is_type_open)
    names = NameIndex(context.type_names.items())
    return Looks(types, context.place_names(types), names, allowed, context.today)


def _allowed(choice: Choice, context: Context) -> list[str]:
    if choice.value in context.types:
        return allowed_fields([context.types[choice.value]], is_type_open=False)
    return allowed_fields([*context.types.values()], is_type_open=True)


def _types(
    choice: Choice, columns: Iterable[ColumnProposal], context: Context, answers: Answers
) -> tuple[ActivityType, ...]:
    """Return the types that the rows are of: the chosen one, or those that a column names."""
    if choice.value in context.types:
        return (context.types[choice.value],)
    every = [*context.types.values()]
    column = next((one for one in columns if one.field.value == "type"), None)
    named = words_of(column.guess, "type", every, context, answers) if column else []
    codes = dict.fromkeys(word.meaning.value for word in named)
    return tuple(context.types[code] for code in codes if code in context.types)


def _dated(columns: Iterable[ColumnProposal]) -> list[ColumnProposal]:
    return [one for one in columns if one.field.value in MOMENT_NAMES]


def _year(columns: Sequence[ColumnProposal], texts: Sequence[str], context: Context, answers: Answers) -> Choice | None:
    """Return the year of dates that carry none: what the title says, if nothing else says another."""
    if not any(one.guess.dates.needs_year for one in _dated(columns)):
        return None
    titled = Counter(found for text in texts for found in YEAR_IN_TEXT.findall(text))
    written = {str(day.year) for one in _dated(columns) for day in _days_of(one, None)}
    years = [str(year) for year in range(context.today.year + 1, FIRST_YEAR - 1, -1)]
    found = [year for year, _ in titled.most_common()] or sorted(written, reverse=True)
    likely = next(iter(found), str(context.today.year))
    is_sure = len(titled) == 1 and written <= {*titled}
    return answers.choose("year", likely, years, is_sure=is_sure)


def _days_of(one: ColumnProposal, year: int | None) -> Iterable[date]:
    reading = one.guess.dates.by(one.dates.likely) if one.dates else None
    forms = reading.forms if reading else (SPREADSHEET_DAYS,)
    for cell in one.guess.column.cells:
        try:
            if isinstance(cell, DateCell):
                yield moment_of(cell.value, STOCKHOLM).on
            elif reading:
                yield read_formatted(text_of(cell).strip(), forms, STOCKHOLM, year).on
        except UnreadableMoment:
            continue


def _days(columns: Iterable[ColumnProposal], year: int | None) -> tuple[date, date] | None:
    """Return the first and the last day that the sheet is about."""
    days = [day for one in _dated(columns) for day in _days_of(one, year)]
    return (min(days), max(days)) if days else None


def _annexes(
    types: Iterable[ActivityType],
    days: tuple[date, date] | None,
    texts: Sequence[str],
    context: Context,
    answers: Answers,
) -> Iterable[Choice]:
    """Yield for each type the annex that its activities are reported under."""
    first, last = days or (context.today, context.today)
    # Where none is in force in these days, it is said of the rows.
    in_force = [one for one in context.annexes if one.first <= last and first <= one.last] or context.annexes
    numbers = {number for text in texts for number in _ANNEX.findall(text)}
    for one in types:
        asking = [annex.code for annex in in_force if one.code in annex.types]
        titled = [annex.code for annex in in_force if annex.code.partition("/")[2] in numbers]
        likely = [code for code in asking if code in titled] or asking or titled
        others = [annex.code for annex in in_force if annex.code not in likely]
        is_sure = len(likely) == 1
        yield answers.choose(f"annex-{one.code}", next(iter(likely), ""), [*likely, *others], is_sure=is_sure)


def _status(days: tuple[date, date] | None, context: Context, answers: Answers) -> Choice:
    is_past = days is None or days[1] <= context.today
    return answers.choose("status", STATUSES[0], STATUSES, is_sure=is_past)


def _id_letters(sheet: Sheet, columns: Sequence[ColumnProposal]) -> tuple[str, ...]:
    """Return the columns that tell rows apart: what, where and when, and as few of the others as are needed."""
    used = [one for one in columns if one.field.value not in {IGNORED, ""}]
    first = [one for one in used if one.field.value in {*MOMENT_NAMES, "area", "type"}]
    others = [one for one in used if one not in first and one.field.value != "note"]
    chosen = [one.guess.column.index for one in first]
    different = _different(sheet, chosen)
    for one in others:
        if different == len(sheet.rows):
            break
        index = one.guess.column.index
        if _different(sheet, [*chosen, index]) > different:
            chosen.append(index)
            different = _different(sheet, chosen)
    return tuple(one.guess.letters for one in used if one.guess.column.index in chosen)


def _different(sheet: Sheet, indexes: Sequence[int]) -> int:
    return len({tuple(row.cells[at] if at < len(row.cells) else "" for at in indexes) for row in sheet.rows})


def _faults(
    sheet: Sheet, columns: Sequence[ColumnProposal], choice: Choice, context: Context
) -> Iterable[tuple[str, str]]:
    yield from common_faults(sheet, columns)
    if not context.annexes:
        yield "type", "noAgreement"
    if choice.value == BY_COLUMN and not any(one.field.value == "type" or one.field.is_open for one in columns):
        yield "type", "noTypeColumn"
    if not _dated(columns) and not any(one.field.is_open for one in columns):
        yield next((one.field.key for one in columns), "header"), "noDate"
