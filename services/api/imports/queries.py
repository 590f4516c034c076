"""Imports and their remarks, read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, any_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.responses import Page
from services.api.imports.mappings.content import Makes
from services.api.imports.run import REFUSED
from shared.db.tables import activity, file_import, file_import_remark
from shared.read_model.texts import instant_text

Entry = dict[str, Any]

# How long a running import may say nothing: a chunk takes a second, and a client may be slow.
SILENCE = timedelta(minutes=10)


async def count(connection: AsyncConnection, makes: Makes) -> int:
    """Return how many imports there have been of activities, or of observations."""
    statement = select(func.count()).select_from(file_import).where(file_import.c.makes == makes)
    return (await connection.execute(statement)).scalar_one()


async def entries(connection: AsyncConnection, makes: Makes, page: Page) -> list[Entry]:
    """Return one page of the imports of activities, or of observations, the latest first."""
    statement = select(file_import).where(file_import.c.makes == makes).order_by(file_import.c.import_id.desc())
    rows = await connection.execute(statement.limit(page.limit).offset(page.offset))
    return [_entry(row) for row in rows]


async def find(connection: AsyncConnection, makes: Makes, import_id: UUID) -> Entry | None:
    """Return the import of activities, or of observations, with an id, if there is one."""
    statement = select(file_import).where(file_import.c.import_id == import_id, file_import.c.makes == makes)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _entry(row)


async def count_remarks(connection: AsyncConnection, import_id: UUID) -> int:
    """Return how many remarks an import has."""
    statement = select(func.count()).select_from(file_import_remark)
    return (await connection.execute(statement.where(file_import_remark.c.import_id == import_id))).scalar_one()


async def remarks(connection: AsyncConnection, import_id: UUID, limit: int, offset: int = 0) -> list[Entry]:
    """Return some of an import's remarks, by row."""
    return await _remarks(connection, import_id, (), limit, offset)


async def first_refused(connection: AsyncConnection, import_id: UUID, limit: int) -> list[Entry]:
    """Return some of an import's remarks by row, those on refused rows before all others."""
    return await _remarks(connection, import_id, (file_import_remark.c.outcome != REFUSED,), limit, 0)


async def _remarks(
    connection: AsyncConnection, import_id: UUID, first: Sequence[ColumnElement[bool]], limit: int, offset: int
) -> list[Entry]:
    columns = file_import_remark.c
    statement = (
        select(columns.row, columns.outcome, columns.field, columns.reason, columns.remedy)
        .where(columns.import_id == import_id)
        .order_by(*first, columns.row, columns.remark_id)
        .limit(limit)
        .offset(offset)
    )
    names = ("row", "outcome", "field", "reason", "remedy")
    return [dict(zip(names, row, strict=True)) for row in await connection.execute(statement)]


async def removal(connection: AsyncConnection, import_id: UUID) -> tuple[int, int]:
    """Return how many activities an import has removed after its rows, and how many it was to remove and are there."""
    columns = file_import.c
    there = select(func.count()).where(activity.c.activity_id == any_(columns.removes)).scalar_subquery()
    statement = select(columns.removed, there).where(columns.import_id == import_id)
    removed, stayed = (await connection.execute(statement)).one()
    return removed, stayed


def _entry(row: Row[Any]) -> Entry:
    unused = [{"measure": measure, "code": code, "rows": rows} for measure, code, rows in row.unused_codes]
    return {
        "id": row.import_id,
        "mapping": row.mapping_code,
        "dryRun": row.dry_run,
        "status": _status(row),
        "failure": row.failure,
        "bytes": row.bytes,
        "bytesRead": row.bytes_read,
        "rows": row.rows,
        "created": row.created,
        "updated": row.updated,
        "unchanged": row.unchanged,
        "superseded": row.superseded,
        "outdated": row.outdated,
        "refused": row.refused,
        "skipped": row.skipped,
        "remarksLeftOut": row.remarks_left_out,
        **({"unusedCodes": unused} if row.makes == "observations" else {"removed": row.removed}),
        "startedAt": instant_text(row.started_at),
        "endedAt": instant_text(row.ended_at),
    }


def _status(row: Row[Any]) -> str:
    # A stored file is taken up again, however long it has been.
    is_silent = row.status == "running" and row.bytes is None and row.heartbeat_at < datetime.now(UTC) - SILENCE
    return "interrupted" if is_silent else str(row.status)
