"""What a sheet of observations probably says, as a whole: the values of one measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.api.imports.proposals.observed import FIELDS, FIGURES, FINALITIES, guess_observed
from services.api.imports.proposals.proposal import SheetProposal, column_proposal, common_faults, place_choice
from services.api.imports.proposals.vocabulary import FIRST_YEAR, YEAR_IN_TEXT
from services.api.imports.proposals.words import MOST_WORDS, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.api.imports.proposals.context import Answers, Choice, Context
    from services.api.imports.proposals.sheets import Sheet


def propose_observations(
    sheet: Sheet, choice: Choice, texts: Sequence[str], context: Context, answers: Answers
) -> SheetProposal:
    """Return what a sheet of observations says."""
    guesses = guess_observed(sheet.columns, context.place_names(()), context.today)
    columns = tuple(column_proposal(guess, FIELDS, answers) for guess in guesses)
    has = {one.field.value for one in columns}
    year = None
    if "month" in has and "year" not in has:
        titled = [*dict.fromkeys(found for text in texts for found in YEAR_IN_TEXT.findall(text))]
        years = [str(year) for year in range(context.today.year + 1, FIRST_YEAR - 1, -1)]
        year = answers.choose("year", next(iter(titled), ""), years, is_sure=len(titled) == 1)
    words = [word for one in columns for word in words_of(one.guess, one.field.value, (), context, answers)]
    is_settled = not any(one.field.is_open for one in columns)
    faults = [*common_faults(sheet, columns)]
    if is_settled and not has & {"period", "year", "month"}:
        faults.append((columns[0].field.key if columns else "header", "noPeriod"))
    if is_settled and not has & FIGURES:
        faults.append((columns[0].field.key if columns else "header", "noFigure"))
    return SheetProposal(
        sheet,
        choice,
        (),
        columns,
        tuple(words[:MOST_WORDS]),
        status=answers.choose("finality", FINALITIES[0], FINALITIES, is_sure=True),
        place=None if "area" in has else place_choice(texts, (), context, answers),
        year=year,
        faults=tuple(faults),
    )
