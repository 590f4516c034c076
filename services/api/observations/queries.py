"""Observations, read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.responses import Page
from shared.db.tables import area, observation, observation_revision
from shared.domain.period import Period, PeriodType
from shared.read_model.texts import instant_text, json_number

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ObservationFilter:
    """Which observations are wanted; None is any."""

    measure: str | None = None
    code: str | None = None
    area_id: int | None = None
    period: Period | None = None
    period_type: str | None = None
    first: date | None = None
    last: date | None = None
    finality: str | None = None
    source: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter as SQL conditions on `observation`."""
        columns = observation.c
        wanted = (
            (columns.measure, self.measure),
            (columns.code, self.code),
            (columns.area_id, self.area_id),
            (columns.period_type, self.period and self.period.type.value),
            (columns.period_start, self.period and self.period.start),
            (columns.period_type, self.period_type),
            (columns.finality, self.finality),
            (columns.source, self.source),
        )
        conditions = [column == value for column, value in wanted if value is not None]
        if self.first is not None:
            conditions.append(columns.period_start >= self.first)
        if self.last is not None:
            conditions.append(columns.period_start <= self.last)
        return conditions


async def count(connection: AsyncConnection, wanted: ObservationFilter) -> int:
    """Return how many observations pass the filter."""
    statement = select(func.count()).select_from(observation).where(*wanted.conditions())
    return (await connection.execute(statement)).scalar_one()


async def entries(connection: AsyncConnection, wanted: ObservationFilter, page: Page) -> list[Entry]:
    """Return one page of the observations that pass the filter, in the order in which they were first recorded."""
    statement = _ALL.where(*wanted.conditions()).order_by(observation.c.observation_id)
    return [_entry(row) for row in await connection.execute(statement.limit(page.limit).offset(page.offset))]


async def find(connection: AsyncConnection, observation_id: UUID) -> Entry | None:
    """Return the observation with an id, if there is one."""
    row = (await connection.execute(_ALL.where(observation.c.observation_id == observation_id))).one_or_none()
    return None if row is None else _entry(row)


async def lock(connection: AsyncConnection, observation_id: UUID) -> Entry | None:
    """Return the observation with an id, and keep others from changing it; None if there is none."""
    statement = _ALL.where(observation.c.observation_id == observation_id).with_for_update(of=observation)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _entry(row)


async def revisions(connection: AsyncConnection, observation_id: UUID) -> list[Entry]:
    """Return the revisions of an observation, from the first to the current one; empty if there is none."""
    history = union_all(
        *(
            select(*(table.c[name] for name in _REVISION_COLUMNS)).where(table.c.observation_id == observation_id)
            for table in (observation_revision, observation)
        )
    ).subquery()
    rows = await connection.execute(select(history).order_by(history.c.revision))
    return [{"revision": row.revision, **_figure(row), "revisedAt": instant_text(row.changed_at)} for row in rows]


_REVISION_COLUMNS = ("revision", "numerator", "denominator", "status", "finality", "published_on", "changed_at")
_ALL: Select[Any] = select(observation, area.c.code.label("area_code")).join(
    area, area.c.area_id == observation.c.area_id
)


def _entry(row: Row[Any]) -> Entry:
    return {
        "id": row.observation_id,
        "source": row.source,
        "measure": row.measure,
        "code": row.code or None,
        "area": row.area_code,
        "period": Period(PeriodType(row.period_type), row.period_start).code,
        **_figure(row),
        "revision": row.revision,
        "recordedAt": instant_text(row.recorded_at),
        "revisedAt": instant_text(row.changed_at),
    }


def _figure(row: Row[Any]) -> Entry:
    return {
        "numerator": json_number(row.numerator),
        "denominator": json_number(row.denominator),
        "status": row.status,
        "finality": row.finality,
        "publishedOn": row.published_on,
    }
