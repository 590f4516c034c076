"""What stood beside a revision when it was decided on: the other periods that were closed then, by their revisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import text

from shared.closing.notes import closed_notes
from shared.closing.periods import AgreementPeriod, ClosingState
from shared.closing.reading import ALL, EntryQuery, closed_values
from shared.domain.period import Period, PeriodType, local_date

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

# Of the area's periods since a day that end no later, each as the last step before the approval left it.
_CLOSED_THEN = text(
    """SELECT agreement_id, agreement.code, period_type, period_start, agreement_period_id, state,
              period.revision AS last_revision, last_step.revision
       FROM agreement_period AS period
       JOIN agreement USING (agreement_id)
       CROSS JOIN LATERAL (
           SELECT step, revision FROM agreement_period_step AS one
           WHERE one.agreement_period_id = period.agreement_period_id AND step IN ('approve', 'reopen')
             AND one.step_id <= (SELECT step_id FROM agreement_period_step AS decision
                                 WHERE decision.agreement_period_id = :id AND decision.revision = :revision)
           ORDER BY step_id DESC LIMIT 1) AS last_step
       WHERE step = 'approve' AND period_start >= :since AND next_period_start(period_type, period_start) - 1 <= :last
         AND EXISTS (SELECT FROM closed_value
                     WHERE closed_value.agreement_period_id = period.agreement_period_id
                       AND closing_revision = last_step.revision AND area_id = :area_id)
       ORDER BY agreement_period_id <> :id, period_start, period_type"""
)
_OF_YEAR = text(
    """SELECT code AS agreement, period_type, period_start, step.revision, taken_at
       FROM agreement JOIN agreement_period AS period USING (agreement_id)
       JOIN agreement_period_step AS step USING (agreement_period_id)
       WHERE step = 'approve' AND period_start BETWEEN make_date(:year, 1, 1) AND make_date(:year, 12, 31)
         AND EXISTS (SELECT FROM closed_value
                     WHERE closed_value.agreement_period_id = period.agreement_period_id
                       AND closing_revision = step.revision AND area_id = :area_id)
       ORDER BY taken_at"""
)
_WITH_REVISION = text(
    """SELECT code FROM agreement JOIN agreement_period AS period USING (agreement_id)
       WHERE period_type = :period_type AND period_start = :period_start
         AND EXISTS (SELECT FROM closed_value
                     WHERE closed_value.agreement_period_id = period.agreement_period_id
                       AND closing_revision = :revision AND area_id = :area_id)
       ORDER BY code"""
)


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision of an agreement's period, by its number."""

    found: AgreementPeriod
    number: int

    @property
    def is_last(self) -> bool:
        """Whether it is what is served: the period is closed by it still."""
        return self.found.state is ClosingState.CLOSED and self.number == self.found.revision


@dataclass(frozen=True, slots=True)
class Approval:
    """When a period was closed in an agreement, by its code, and by which revision."""

    agreement: str
    period: Period
    revision: int
    taken_at: datetime

    @property
    def day(self) -> date:
        """The day of it."""
        return local_date(self.taken_at)


async def approvals_of_year(connection: AsyncConnection, area_id: int, year: int) -> list[Approval]:
    """Return each closing of a period of a year that has values of an area, the first first."""
    rows = await connection.execute(_OF_YEAR, {"area_id": area_id, "year": year})
    return [
        Approval(one.agreement, Period(PeriodType(one.period_type), one.period_start), one.revision, one.taken_at)
        for one in rows
    ]


async def agreements_with(connection: AsyncConnection, area_id: int, period: Period, number: int) -> list[str]:
    """Return the codes of the agreements whose revision of a period, by its number, has values of an area."""
    asked = {"area_id": area_id, "period_type": period.type.value, "period_start": period.start, "revision": number}
    return [*(await connection.execute(_WITH_REVISION, asked)).scalars()]


async def closed_then(connection: AsyncConnection, revision: Revision, area_id: int, since: date) -> list[Revision]:
    """Return the revisions by which an area's periods since a day were closed when one was decided on.

    That one comes first.
    """
    found = revision.found
    asked = {"id": found.id, "revision": revision.number, "area_id": area_id, "since": since, "last": found.period.end}
    rows = await connection.execute(_CLOSED_THEN, asked)
    return [
        Revision(
            AgreementPeriod(
                row.agreement_id,
                row.code,
                Period(PeriodType(row.period_type), row.period_start),
                row.agreement_period_id,
                ClosingState(row.state),
                row.last_revision,
            ),
            row.revision,
        )
        for row in rows
    ]


async def values_then(connection: AsyncConnection, revisions: Sequence[Revision], area: str) -> list[dict[str, Any]]:
    """Return the values of an area, by its code, in revisions, as the API serves them; of several the first one's."""
    found: dict[str, dict[str, Any]] = {}
    for one in revisions:
        for value in map(
            orjson.loads, await closed_values(connection, one.found, one.number, EntryQuery(ALL, area=area))
        ):
            found.setdefault(value["id"], value)
    return [*found.values()]


async def notes_then(connection: AsyncConnection, revisions: Sequence[Revision], area: str) -> list[Any]:
    """Return the notes on values of an area, by its code, in revisions; of several copies the first one's."""
    found: dict[Any, Any] = {}
    for one in revisions:
        for note in await closed_notes(connection, one.found, one.number, EntryQuery(ALL, area=area)):
            found.setdefault(note.note_id, note)
    return sorted(found.values(), key=lambda note: (note.noted_on, note.note_id))
