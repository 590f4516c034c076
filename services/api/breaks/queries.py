"""Breaks, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text

from shared.db.tables import area, area_closure, series_break
from shared.domain.period import Period, PeriodType
from shared.facts.breaks import BREAKS_IN_AREAS
from shared.read_model.texts import instant_text

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement, Row, TextClause
    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.http.responses import Page

Entry = dict[str, Any]

_ALL = select(series_break, area.c.code.label("area_code")).join(area, area.c.area_id == series_break.c.area_id)

_HOLDS = text(f"series_break.break_id IN (SELECT break_id FROM {BREAKS_IN_AREAS} WHERE descendant_id = :area)")


def conditions(indicator: str | None, area_id: int | None) -> list[ColumnElement[bool]]:
    """Return which breaks are wanted, as SQL; None is any."""
    columns = series_break.c
    wanted = ((columns.indicator_code, indicator), (columns.area_id, area_id))
    return [column == value for column, value in wanted if value is not None]


async def count(connection: AsyncConnection, wanted: list[ColumnElement[bool]]) -> int:
    """Return how many breaks there are."""
    return (await connection.execute(select(func.count()).select_from(series_break).where(*wanted))).scalar_one()


async def entries(connection: AsyncConnection, wanted: list[ColumnElement[bool]], page: Page) -> list[Entry]:
    """Return one page of breaks, by their months."""
    ordered = _ALL.where(*wanted).order_by(series_break.c.starts_on, series_break.c.break_id)
    return [_entry(row) for row in await connection.execute(ordered.limit(page.limit).offset(page.offset))]


async def entries_in(connection: AsyncConnection, indicator: str, area_id: int) -> list[Entry]:
    """Return the breaks of an indicator that hold in an area, the latest first."""
    return await _latest_first(connection, series_break.c.indicator_code == indicator, _HOLDS.bindparams(area=area_id))


async def entries_about(connection: AsyncConnection, area_id: int) -> list[Entry]:
    """Return the breaks of an area, of those that it lies in and of those that lie in it, the latest first."""
    around = select(area_closure.c.ancestor_id).where(area_closure.c.descendant_id == area_id)
    inside = select(area_closure.c.descendant_id).where(area_closure.c.ancestor_id == area_id)
    return await _latest_first(connection, series_break.c.area_id.in_(around.union(inside)))


async def _latest_first(connection: AsyncConnection, *wanted: ColumnElement[bool] | TextClause) -> list[Entry]:
    ordered = _ALL.where(*wanted).order_by(series_break.c.starts_on.desc(), series_break.c.break_id)
    return [_entry(row) for row in await connection.execute(ordered)]


async def find(connection: AsyncConnection, break_id: UUID) -> Entry | None:
    """Return the break with an id, if there is one."""
    row = (await connection.execute(_ALL.where(series_break.c.break_id == break_id))).one_or_none()
    return None if row is None else _entry(row)


def _entry(row: Row[Any]) -> Entry:
    return {
        "id": row.break_id,
        "indicator": row.indicator_code,
        "area": row.area_code,
        "month": Period(PeriodType.MONTH, row.starts_on).code,
        "reason": row.reason,
        "writtenBy": row.written_by,
        "recordedAt": instant_text(row.recorded_at),
    }
