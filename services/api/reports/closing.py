"""How far the closing of a report's period has come, each time that it was closed or reopened, and what came since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.api.pages.closing.figures_in_words import figure_in_words
from shared.closing.periods import ClosingState, find_period
from shared.closing.reading import EntryQuery, count_later_values, later_values, steps_of
from shared.closing.steps import Step
from shared.domain.errors import UnknownAgreementPeriod
from shared.domain.period import Period, local_date
from shared.domain.wording import in_language
from shared.report.wording import isolated, translator
from shared.wording.dates import date_in_words, period_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.agreement.content import AgreementContent
    from shared.catalogue.loader import Catalogue
    from shared.closing.decided import Revision
    from shared.closing.periods import AgreementPeriod
    from shared.closing.reading import TakenStep
    from shared.wording.translation import Translate

MOST: Final = 50
"""So many changes are listed; of more only the number is told."""


@dataclass(frozen=True, slots=True)
class Closing:
    """In words: how far it has come, and the revisions with what has come since; nothing of what was never closed."""

    state: tuple[str, ...]
    revisions: tuple[str, ...]


async def closing_of(connection: AsyncConnection, catalogue: Catalogue, content: AgreementContent) -> Closing:
    """Return the closing of a content's period, in each agreement that it is of."""
    say, state, revisions = translator(content.tables.language), [], []
    for code in dict.fromkeys(one.table.agreement for one in content.annexes if one.table.agreement):
        try:
            found = await find_period(connection, code, content.tables.period)
        except UnknownAgreementPeriod:
            # It is followed up by other periods.
            continue
        steps = await steps_of(connection, found) if found.id else []
        state.append(_state(found, steps, content, say))
        if found.revision:
            revisions += [_step(one, content, say) for one in steps if one.step in {Step.APPROVE, Step.REOPEN}]
        # What has come since is for those who see the facts: to others nothing would seem to have.
        if found.state is ClosingState.CLOSED and content.area.is_own:
            revisions += await _later(connection, catalogue, content, found)
    return Closing(tuple(state), tuple(revisions))


async def closing_then(connection: AsyncConnection, content: AgreementContent, revision: Revision) -> Closing:
    """Return the closing of a content's period as a revision left it, and what has become of that revision since."""
    say, steps = translator(content.tables.language), await steps_of(connection, revision.found)
    at = next(place for place, one in enumerate(steps) if one.revision == revision.number)
    state = [say("closing.revision", day=_day(steps[at], content), revision=revision.number)]
    if not revision.is_last:
        since = next(one for one in steps[at + 1 :] if one.step == Step.REOPEN)
        state.append(say("closing.notLast", day=_day(since, content)))
    taken = [_step(one, content, say) for one in steps[: at + 1] if one.step in {Step.APPROVE, Step.REOPEN}]
    return Closing((*state, say("closing.notKept")), tuple(taken))


def _state(found: AgreementPeriod, steps: Sequence[TakenStep], content: AgreementContent, say: Translate) -> str:
    closed = [one for one in steps if one.step == Step.APPROVE]
    if found.state is not ClosingState.CLOSED or not closed:
        return say("closing.open")
    return say("closing.closed", day=_day(closed[-1], content), revision=found.revision)


def _step(step: TakenStep, content: AgreementContent, say: Translate) -> str:
    said = say(f"closing.{step.step}", day=_day(step, content), revision=step.revision)
    return f"{said} {step.reason}" if step.reason else said


def _day(step: TakenStep, content: AgreementContent) -> str:
    return date_in_words(local_date(step.taken_at), content.tables.language)


async def _later(
    connection: AsyncConnection, catalogue: Catalogue, content: AgreementContent, found: AgreementPeriod
) -> list[str]:
    """Return what the frozen values would be by what has come since."""
    language, names = content.tables.language, _names(content)
    say = translator(language)
    wanted = EntryQuery(MOST, area=content.area.code)
    changes = []
    for one in await later_values(connection, found, wanted):
        series = one.indicator_code, one.slice
        if series not in catalogue.series:
            continue
        definition = catalogue.series[series]
        frozen, later = (figure_in_words(figure, definition, language) for figure in (one.frozen, one.later))
        name = isolated(names.get(series) or in_language(definition.name, language))
        period = period_in_words(Period.parse(one.period), language)
        key = "closing.alike" if frozen == later else "closing.change"
        changes.append(say(key, name=name, period=period, frozen=frozen, later=later))
    more = await count_later_values(connection, found, wanted) - MOST
    if more > 0:
        changes.append(say("closing.more", n=more))
    return changes or [say("closing.unchanged")]


def _names(content: AgreementContent) -> Mapping[tuple[str, str], str]:
    return {(row.indicator, row.slice): row.name for one in content.annexes for row in one.table.rows}
