"""Areas, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, ColumnElement, Row, Select, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.responses import Page
from services.api.http.schemas import days_of
from shared.db.tables import area, area_closure, area_edge

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AreaFilter:
    """Which areas are wanted; None is any. With `valid_on` the areas above must hold them on that day."""

    kind: str | None = None
    place_kind: str | None = None
    parent_id: int | None = None
    within_id: int | None = None
    valid_on: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter as SQL conditions on `area`."""
        conditions: list[ColumnElement[bool]] = []
        if self.kind is not None:
            conditions.append(area.c.kind == self.kind)
        if self.place_kind is not None:
            conditions.append(area.c.place_kind == self.place_kind)
        if self.valid_on is not None:
            conditions.append(area.c.valid.contains(self.valid_on))
        if self.parent_id is not None:
            edges = select(area_edge.c.child_id).where(area_edge.c.parent_id == self.parent_id)
            conditions.append(area.c.area_id.in_(self._on_the_day(edges, area_edge.c.valid)))
        if self.within_id is not None:
            inside = select(area_closure.c.descendant_id).where(
                area_closure.c.ancestor_id == self.within_id, area_closure.c.descendant_id != self.within_id
            )
            conditions.append(area.c.area_id.in_(self._on_the_day(inside, area_closure.c.valid)))
        return conditions

    def _on_the_day(self, areas: Select[tuple[int]], valid: Column[Range[date]]) -> Select[tuple[int]]:
        return areas if self.valid_on is None else areas.where(valid.contains(self.valid_on))


async def count(connection: AsyncConnection, wanted: AreaFilter) -> int:
    """Return how many areas pass the filter."""
    statement = select(func.count()).select_from(area).where(*wanted.conditions())
    return (await connection.execute(statement)).scalar_one()


async def entries(connection: AsyncConnection, wanted: AreaFilter, page: Page) -> list[Entry]:
    """Return one page of the areas that pass the filter, by code."""
    statement = select(area).where(*wanted.conditions()).order_by(area.c.code).limit(page.limit).offset(page.offset)
    return await _with_parents(connection, (await connection.execute(statement)).all())


async def find(connection: AsyncConnection, code: str) -> Entry | None:
    """Return the area with a code, if there is one."""
    rows = (await connection.execute(select(area).where(area.c.code == code))).all()
    return next(iter(await _with_parents(connection, rows)), None)


async def _with_parents(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Entry]:
    statement = (
        select(area_edge.c.child_id, area.c.code, area_edge.c.valid)
        .join(area, area.c.area_id == area_edge.c.parent_id)
        .where(area_edge.c.child_id.in_([row.area_id for row in rows]))
        .order_by(area.c.code, area_edge.c.valid)
    )
    parents: dict[int, list[Entry]] = {row.area_id: [] for row in rows}
    for child_id, code, valid in await connection.execute(statement):
        parents[child_id].append({"code": code, **days_of(valid)})
    return [
        {
            "code": row.code,
            "kind": row.kind,
            "placeKind": row.place_kind,
            "name": row.name,
            "nameEn": row.name_en,
            **days_of(row.valid),
            "parents": parents[row.area_id],
        }
        for row in rows
    ]
