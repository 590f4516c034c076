"""The only writer of breaks: months with which something changed on purpose, so that limits start afresh.

A break is of an indicator with all its slices, in an area and in all that lies in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from shared.db.access import may_write
from shared.db.codes import find_area_id
from shared.db.locks import share_closings
from shared.db.tables import series_break
from shared.domain.errors import BreakExists, InvalidBreak, InvalidPeriod, UnknownBreak, Violation
from shared.domain.free_text import text_faults
from shared.domain.period import Period, PeriodType
from shared.facts.marks import signal_marks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator, Mapping
    from datetime import date
    from typing import Any
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

BREAKS_IN_AREAS = (
    "series_break JOIN area_closure ON ancestor_id = series_break.area_id AND area_closure.valid @> starts_on"
)
"""Each break with each area in which it holds, as `descendant_id`: its own, and what lay in that on its day."""
_FIRST_FIGURE = text(
    """SELECT min(period_start) FROM indicator_value JOIN indicator_series USING (series_id)
       WHERE indicator_code = :indicator AND area_id = :area_id AND status IN ('observed', 'zero')"""
)
# Of the area itself, and of what lies in it on that day: what has been decided on there says of no new beginning.
_IS_CLOSED = text(
    """SELECT is_frozen(:area_id, 'month', :starts_on) AS here,
              (SELECT EXISTS (SELECT FROM closed_area_period))
              AND EXISTS (SELECT FROM area_closure
                          WHERE ancestor_id = :area_id AND valid @> CAST(:starts_on AS date)
                            AND is_frozen(descendant_id, 'month', :starts_on)) AS inside"""
)
# What rests on the months around it, wherever it holds.
_MARK = text(
    signal_marks(
        """SELECT series_id, descendant_id, CAST(extract(year FROM CAST(:starts_on AS date)) AS smallint)
           FROM indicator_series CROSS JOIN area_closure
           WHERE indicator_code = :indicator AND ancestor_id = :area_id"""
    )
)


@dataclass(frozen=True, slots=True)
class Break:
    """A break of an indicator in an area, both codes, with a month; `written_by` names a credential."""

    indicator: str
    area: str
    month: str
    reason: str
    written_by: str


class StoredBreak(NamedTuple):
    """The id of a break, and whether it is new: the same can be sent again."""

    id: UUID
    is_new: bool


async def add_break(connection: AsyncConnection, given: Break, indicators: Collection[str]) -> StoredBreak:
    """Store a break, unless it is stored already. `indicators` are the codes of those that there are.

    Raises:
        InvalidBreak: with everything that is wrong.
        BreakExists: there is one with that month, for another reason.
    """
    await share_closings(connection)
    violations = [*_violations(given, indicators)]
    starts_on = _month(given.month, violations)
    area_id = await find_area_id(connection, given.area)
    if area_id is None or not may_write(area_id):
        violations.append(Violation("area", "no area has this code", "Take a code from /areas."))
    if violations or starts_on is None or area_id is None:
        raise _refused(violations)
    key = {"indicator_code": given.indicator, "area_id": area_id, "starts_on": starts_on}
    if known := await _find(connection, key):
        return _same(known, given)
    if violations := [one async for one in _misplaced(connection, given.indicator, area_id, starts_on)]:
        raise _refused(violations)
    values = key | {"reason": given.reason, "written_by": given.written_by}
    statement = insert(series_break).values(values).on_conflict_do_nothing().returning(series_break.c.break_id)
    break_id = (await connection.execute(statement)).scalar_one_or_none()
    if break_id is None:
        # Somebody else was faster.
        return await add_break(connection, given, indicators)
    await connection.execute(_MARK, {"indicator": given.indicator, "area_id": area_id, "starts_on": starts_on})
    return StoredBreak(break_id, is_new=True)


async def remove_break(connection: AsyncConnection, break_id: UUID) -> None:
    """Remove a break: what comes after it is compared with what came before again.

    Raises:
        UnknownBreak: there is none with that id, or it is not of an area of the caller's.
        InvalidBreak: it lies in a closed period of an area that it holds in.
    """
    columns = series_break.c
    await share_closings(connection)
    found = (await connection.execute(select(series_break).where(columns.break_id == break_id))).one_or_none()
    if found is None or not may_write(found.area_id):
        raise UnknownBreak
    place = {"area_id": found.area_id, "starts_on": found.starts_on}
    if violations := [one async for one in _in_closed_period(connection, found.area_id, found.starts_on)]:
        raise InvalidBreak("The break cannot be removed.", violations)
    await connection.execute(delete(series_break).where(columns.break_id == break_id))
    await connection.execute(_MARK, {"indicator": found.indicator_code, **place})


async def _find(connection: AsyncConnection, key: Mapping[str, object]) -> Row[Any] | None:
    statement = select(series_break).where(*(series_break.c[name] == value for name, value in key.items()))
    return (await connection.execute(statement)).one_or_none()


def _same(known: Row[Any], given: Break) -> StoredBreak:
    if known.reason != given.reason:
        fault = Violation("month", "has a break already", "Remove it first to give another reason.")
        raise BreakExists("The indicator has a break with this month in the area.", [fault])
    return StoredBreak(known.break_id, is_new=False)


def _refused(violations: list[Violation]) -> InvalidBreak:
    return InvalidBreak("The break cannot be stored.", violations)


def _violations(given: Break, indicators: Collection[str]) -> Iterator[Violation]:
    if given.indicator not in indicators:
        yield Violation("indicator", "is not a known indicator", "Take a code from /indicators.")
    yield from text_faults([("reason", given.reason)])


def _month(code: str, violations: list[Violation]) -> date | None:
    try:
        period = Period.parse(code)
    except InvalidPeriod:
        period = None
    if period is None or period.type is not PeriodType.MONTH:
        violations.append(Violation("month", "names no month", "Write a month as 2016-05."))
        return None
    return period.start


async def _misplaced(
    connection: AsyncConnection, indicator: str, area_id: int, starts_on: date
) -> AsyncIterator[Violation]:
    async for one in _in_closed_period(connection, area_id, starts_on):
        yield one
    asked = {"indicator": indicator, "area_id": area_id}
    first = (await connection.execute(_FIRST_FIGURE, asked)).scalar_one()
    if first is None or first >= starts_on:
        remedy = "Give a later month: a break parts what comes from what came before."
        yield Violation("month", "begins before there is any earlier figure", remedy)


async def _in_closed_period(connection: AsyncConnection, area_id: int, starts_on: date) -> AsyncIterator[Violation]:
    is_closed = (await connection.execute(_IS_CLOSED, {"area_id": area_id, "starts_on": starts_on})).one()
    if is_closed.here:
        yield Violation("month", "lies in a closed period", "Reopen the period first.")
    elif is_closed.inside:
        remedy = "Reopen that period first, or set breaks in the areas whose periods are open."
        yield Violation("month", "lies in a closed period of an area that lies in this one", remedy)
