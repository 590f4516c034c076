"""What the page of a period's closing shows: annexes, what is missing, what was done, and what has come since."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

from services.api.notes.queries import NoteFilter, count
from services.api.pages.area_names import area_names
from services.api.pages.closing.figures_in_words import figure_in_words
from services.api.pages.closing.periods import ON_THE_WAY
from services.api.pages.own_reports.history import actor_in_words
from services.api.values.names import names_of
from shared.annex_tables.reading import Area, YearAsOf, read_year
from shared.annex_tables.wording import without_value
from shared.closing.periods import ClosingState
from shared.closing.reading import (
    EntryQuery,
    annexes_of,
    closed_definitions,
    count_later_values,
    later_values,
    steps_of,
)
from shared.closing.steps import Step, Taker, has_to_be_anothers
from shared.completeness.reports import count_missing
from shared.db.access import NO_ACCESS, Access
from shared.domain.activity_type import Wording
from shared.domain.period import Period, local_date
from shared.domain.wording import Language, in_language, number
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from typing import TypeAlias

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.closing.periods import Looked
    from shared.catalogue.loader import Catalogue
    from shared.closing.periods import AgreementPeriod
    from shared.completeness.reports import ExpectedReport
    from shared.people.sessions import Person

    # Missing reports by the number of the annex that expects them.
    _Missing: TypeAlias = Mapping[int | None, Sequence[ExpectedReport]]

ON_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class ReadyAnnex:
    """An annex, and in words since when and by whom it is marked ready, if it is; whether the visitor may mark it.

    `missing` is how many reports of the period are missing under it; None where the visitor may not know.
    """

    number: int
    title: str
    marked_on: date | None
    marked_by: str
    may_mark: bool
    missing: int | None


@dataclass(frozen=True, slots=True)
class StepInWords:
    """A step that was taken: by whom in words, when, why, and which revision it made.

    `step` is also `cancel`: reopened before it was closed.
    """

    step: str
    on: date
    who: str
    reason: str | None
    revision: int | None


@dataclass(frozen=True, slots=True)
class LaterChange:
    """A value of a closed period in words: as it is frozen, and as it would be by what has come since."""

    name: str
    area: str
    period: str
    frozen: str
    later: str
    # Of values that read the same: what they count apart, or how they are defined, is another.
    is_alike: bool


@dataclass(frozen=True, slots=True)
class LaterChanges:
    """A page of what has come since the closing, and of how many values in all."""

    lines: tuple[LaterChange, ...]
    total: int
    number: int

    @property
    def has_more(self) -> bool:
        """Whether there are further ones."""
        return self.total > self.number * ON_A_PAGE


@dataclass(frozen=True, slots=True)
class ClosingContent:
    """All that the page shows. `next_steps` are those that can be taken from here, whoever may take them.

    `changes` is None where the visitor does not see the facts behind them, or where the period is not closed.
    """

    name: str
    annexes: tuple[ReadyAnnex, ...]
    # How many reports of the period are missing, as far as the visitor may know; what several annexes expect is one.
    missing: int
    done: tuple[StepInWords, ...]
    next_steps: tuple[Step, ...]
    # The period has been submitted by the visitor, and is for somebody else to approve.
    is_anothers: bool
    has_ended: bool
    changes: LaterChanges | None
    # How many comments have been written or changed since the closing.
    later_comments: int = 0

    @property
    def not_ready(self) -> list[ReadyAnnex]:
        """The annexes that are not marked ready."""
        return [one for one in self.annexes if one.marked_on is None]


@dataclass(frozen=True, slots=True)
class ClosingVisit:
    """Who looks, in which language, when, and at which page of what has come since; and who they are as they step."""

    person: Person
    language: Language
    today: date
    number: int
    taker: Taker
    # What they administer.
    administers: Access = NO_ACCESS


async def content_of(
    connection: AsyncConnection, catalogue: Catalogue, looked: Looked, asked: ClosingVisit
) -> ClosingContent:
    """Return what somebody sees of a period's closing."""
    found = looked.found
    missing = await _missing(connection, catalogue, looked, asked) if found.state in ON_THE_WAY else None
    is_submitted = found.state is ClosingState.SUBMITTED
    has_ended = asked.today > found.period.end
    shows_changes = found.state is ClosingState.CLOSED and looked.area.is_own
    return ClosingContent(
        period_in_words(found.period, asked.language),
        await _annexes(connection, looked, asked, missing),
        count_missing(chain.from_iterable(missing.values())) if missing else 0,
        await _done(connection, looked, asked),
        _next_steps(found.state) if has_ended or found.state is not ClosingState.OPEN else (),
        is_submitted and await has_to_be_anothers(connection, found, asked.taker),
        has_ended,
        await _changes(connection, catalogue, looked, asked) if shows_changes else None,
        await count(connection, NoteFilter(after_closing_of=found.id)) if shows_changes else 0,
    )


def _next_steps(state: ClosingState) -> tuple[Step, ...]:
    match state:
        case ClosingState.OPEN:
            return (Step.PREPARE,)
        case ClosingState.PREPARED:
            return (Step.SUBMIT, Step.REOPEN)
        case ClosingState.SUBMITTED:
            return (Step.APPROVE, Step.REOPEN)
        case ClosingState.CLOSED:
            return (Step.REOPEN,)


async def _missing(
    connection: AsyncConnection, catalogue: Catalogue, looked: Looked, asked: ClosingVisit
) -> _Missing | None:
    """Return which reports of the period are missing, by annex; None beside annexes. None if that is not theirs."""
    if not looked.area.is_own:
        return None
    area = Area(looked.area.area_id, looked.area.code, looked.area.name)
    year = YearAsOf(area, looked.found.period.start.year, asked.language, asked.today)
    tables = await connection.run_sync(lambda sync: read_year(sync, catalogue, year))
    return {
        one.number: one.completeness.of(looked.found.period).missing
        for one in tables.tables
        if one.agreement == looked.found.agreement
    }


async def _annexes(
    connection: AsyncConnection, looked: Looked, asked: ClosingVisit, missing: _Missing | None
) -> tuple[ReadyAnnex, ...]:
    return tuple(
        ReadyAnnex(
            one.number,
            one.title_en if asked.language is Language.EN else one.title,
            None if one.marked_at is None else local_date(one.marked_at),
            # Of people the name is the id as well.
            actor_in_words(one.marked_by or "", one.marked_by, asked.person, asked.language),
            looked.visitor_may_mark(one.number),
            None if missing is None else count_missing(missing.get(one.number, ())),
        )
        for one in await annexes_of(connection, looked.found)
    )


async def _done(connection: AsyncConnection, looked: Looked, asked: ClosingVisit) -> tuple[StepInWords, ...]:
    """Return the steps that were taken, the latest first."""
    steps = await steps_of(connection, looked.found) if looked.found.id is not None else []
    # What was never closed is not reopened.
    cancelled = [one for former, one in pairwise(steps) if one.step == Step.REOPEN and former.step != Step.APPROVE]
    return tuple(
        StepInWords(
            "cancel" if one in cancelled else one.step,
            local_date(one.taken_at),
            actor_in_words(one.actor, one.taken_by, asked.person, asked.language),
            one.reason,
            one.revision,
        )
        for one in reversed(steps)
    )


async def _changes(
    connection: AsyncConnection, catalogue: Catalogue, looked: Looked, asked: ClosingVisit
) -> LaterChanges:
    wanted = EntryQuery(ON_A_PAGE, ON_A_PAGE * (asked.number - 1))
    rows = await later_values(connection, looked.found, wanted)
    areas = await area_names(connection, {one.area_code for one in rows}, asked.language)
    gone: Mapping[str, Wording] = {}
    if any((one.indicator_code, one.slice) not in catalogue.series for one in rows):
        gone = await names_when_closed(connection, looked.found, looked.found.revision)
    lines = tuple(_change(one, areas[one.area_code], catalogue, gone, asked.language) for one in rows)
    return LaterChanges(lines, await count_later_values(connection, looked.found, wanted), asked.number)


async def names_when_closed(
    connection: AsyncConnection, found: AgreementPeriod, revision: int
) -> Mapping[str, Wording]:
    """Return what a revision's indicators were called, by code."""
    definitions = await closed_definitions(connection, found, revision)
    return {one["code"]: Wording.model_validate(one["name"]) for one in definitions}


def _change(
    row: Any,  # noqa: ANN401  a row as the query has it
    area: str,
    catalogue: Catalogue,
    gone: Mapping[str, Wording],
    language: Language,
) -> LaterChange:
    """Return a change in words; of a definition that is gone with the name that it had, and plain numbers."""
    definition = catalogue.series.get((row.indicator_code, row.slice))
    if definition is None:
        name = in_language(gone[row.indicator_code], language) if row.indicator_code in gone else row.indicator_code
        frozen, later = (_number(one, language) for one in (row.frozen, row.later))
    else:
        names = names_of(catalogue, row.indicator_code, row.slice, Wording(sv=area, en=area))
        name = in_language(definition.name, language)
        if row.slice != "all":
            name = f"{name}, {in_language(names['sliceName'], language)}"
        frozen, later = (figure_in_words(one, definition, language) for one in (row.frozen, row.later))
    return LaterChange(name, area, period_in_words(Period.parse(row.period), language), frozen, later, frozen == later)


def _number(figure: Mapping[str, Any] | None, language: Language) -> str:
    if figure is None or figure["value"] is None:
        return without_value(figure["status"] if figure else "missing", language)
    return number(Decimal(str(figure["value"])), language)
