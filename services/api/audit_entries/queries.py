"""Entries of the audit trail, read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel
from sqlalchemy import ColumnElement, Row, select

from shared.db.tables import agreement, area, audit_entry
from shared.read_model.texts import instant_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

Entry = dict[str, Any]
Content = dict[str, Any]

# What rows name others by, and what clients know those by.
_AREAS, _AGREEMENTS = ("area_id", "child_id", "parent_id"), ("agreement_id",)
_ALL = select(audit_entry, area.c.code.label("area_code")).outerjoin(area, area.c.area_id == audit_entry.c.area_id)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; None is any."""

    resource: str | None = None
    address: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter as SQL conditions on `audit_entry`."""
        columns = audit_entry.c
        wanted = ((columns.resource, self.resource), (columns.address, self.address), (columns.actor, self.actor))
        conditions: list[ColumnElement[bool]] = [column == value for column, value in wanted if value is not None]
        if self.since is not None:
            conditions.append(columns.recorded_at >= self.since)
        if self.until is not None:
            conditions.append(columns.recorded_at < self.until)
        return conditions


async def entries(connection: AsyncConnection, wanted: AuditFilter, below: int | None, limit: int) -> list[Entry]:
    """Return some entries that pass the filter, the latest first, from below a number."""
    conditions = wanted.conditions()
    if below is not None:
        conditions.append(audit_entry.c.number < below)
    statement = _ALL.where(*conditions).order_by(audit_entry.c.number.desc()).limit(limit)
    rows = (await connection.execute(statement)).all()
    codes = await _codes(connection, rows)
    return [_entry(row, codes) for row in rows]


async def _codes(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> dict[tuple[str, int], str]:
    """Return the codes of the areas and agreements that the rows' contents name by ids of ours."""
    contents: list[Content] = [content for row in rows for content in (row.before, row.after) if content]
    found: dict[tuple[str, int], str] = {}
    for names, table, key in (
        (_AREAS, area, area.c.area_id),
        (_AGREEMENTS, agreement, agreement.c.agreement_id),
    ):
        ids = {content[name] for content in contents for name in names if isinstance(content.get(name), int)}
        if ids:
            known = await connection.execute(select(key, table.c.code).where(key.in_(ids)))
            found |= {(name, row_id): code for row_id, code in known for name in names}
    return found


def _entry(row: Row[Any], codes: dict[tuple[str, int], str]) -> Entry:
    return {
        "number": row.number,
        "recordedAt": instant_text(row.recorded_at),
        "actor": row.actor,
        "actorName": row.actor_name,
        "sentBy": row.sent_by,
        "traceId": row.trace_id,
        "operation": row.operation,
        "resource": row.resource,
        "address": row.address,
        "area": row.area_code,
        "before": _content(row.before, codes),
        "after": _content(row.after, codes),
    }


def _content(stored: Content | None, codes: dict[tuple[str, int], str]) -> Content | None:
    """Return a stored row by the names that answers have, with codes where clients do not know the ids."""
    if stored is None:
        return None
    known = {name: codes[name, stored[name]] for name in (*_AREAS, *_AGREEMENTS) if (name, stored.get(name)) in codes}
    return {
        to_camel(name.removesuffix("_id") if name in known else name): known.get(name, value)
        for name, value in stored.items()
    }
