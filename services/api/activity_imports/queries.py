"""Imports and their remarks, read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.paging import Page
from shared.db.tables import activity_import, activity_import_remark

Entry = dict[str, Any]

# How long a running import may say nothing: a chunk takes a second, and a client may be slow.
SILENCE = timedelta(minutes=10)


async def count(connection: AsyncConnection) -> int:
    """Return how many imports there have been."""
    return (await connection.execute(select(func.count()).select_from(activity_import))).scalar_one()


async def entries(connection: AsyncConnection, page: Page) -> list[Entry]:
    """Return one page of the imports, the latest first."""
    statement = select(activity_import).order_by(activity_import.c.import_id.desc())
    rows = await connection.execute(statement.limit(page.limit).offset(page.offset))
    return [_entry(row) for row in rows]


async def find(connection: AsyncConnection, import_id: UUID) -> Entry | None:
    """Return the import with an id, if there is one."""
    statement = select(activity_import).where(activity_import.c.import_id == import_id)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _entry(row)


async def count_remarks(connection: AsyncConnection, import_id: UUID) -> int:
    """Return how many remarks an import has."""
    statement = select(func.count()).select_from(activity_import_remark)
    return (await connection.execute(statement.where(activity_import_remark.c.import_id == import_id))).scalar_one()


async def remarks(connection: AsyncConnection, import_id: UUID, limit: int, offset: int = 0) -> list[Entry]:
    """Return some of an import's remarks, by row."""
    told = activity_import_remark.c
    statement = (
        select(told.row, told.outcome, told.field, told.reason, told.remedy)
        .where(told.import_id == import_id)
        .order_by(told.row, told.remark_id)
        .limit(limit)
        .offset(offset)
    )
    names = ("row", "outcome", "field", "reason", "remedy")
    return [dict(zip(names, row, strict=True)) for row in await connection.execute(statement)]


def _entry(row: Row[Any]) -> Entry:
    return {
        "id": row.import_id,
        "mapping": row.mapping_code,
        "dryRun": row.dry_run,
        "status": _status(row),
        "rows": row.rows,
        "created": row.created,
        "updated": row.updated,
        "unchanged": row.unchanged,
        "superseded": row.superseded,
        "outdated": row.outdated,
        "refused": row.refused,
        "startedAt": _instant(row.started_at),
        "endedAt": _instant(row.ended_at),
    }


def _status(row: Row[Any]) -> str:
    is_silent = row.status == "running" and row.told_at < datetime.now(UTC) - SILENCE
    return "interrupted" if is_silent else str(row.status)


def _instant(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat().replace("+00:00", "Z")
