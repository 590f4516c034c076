"""Commitments, read, with their progress in each area, which the worker has counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.responses import Page
from shared.db.tables import agreement, area, commitment, commitment_progress

Entry = dict[str, Any]

_ALL = (
    select(commitment, agreement.c.code.label("agreement_code"))
    .join(agreement, agreement.c.agreement_id == commitment.c.agreement_id)
    .order_by(commitment.c.code)
)


async def count(connection: AsyncConnection, agreement_id: int) -> int:
    """Return how many commitments an agreement has."""
    statement = select(func.count()).select_from(commitment).where(commitment.c.agreement_id == agreement_id)
    return (await connection.execute(statement)).scalar_one()


async def entries(connection: AsyncConnection, agreement_id: int, page: Page) -> list[Entry]:
    """Return one page of an agreement's commitments, by code."""
    statement = _ALL.where(commitment.c.agreement_id == agreement_id).limit(page.limit).offset(page.offset)
    return await _with_areas(connection, (await connection.execute(statement)).all())


async def find(connection: AsyncConnection, agreement_code: str, code: str) -> Entry | None:
    """Return the commitment with a code in the agreement with a code, if there is one."""
    statement = _ALL.where(agreement.c.code == agreement_code, commitment.c.code == code)
    rows = (await connection.execute(statement)).all()
    return next(iter(await _with_areas(connection, rows)), None)


async def _with_areas(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Entry]:
    statement = (
        select(commitment_progress, area.c.code)
        .join(area, area.c.area_id == commitment_progress.c.area_id)
        .where(commitment_progress.c.commitment_id.in_([row.commitment_id for row in rows]))
        .order_by(area.c.code)
    )
    areas: dict[int, list[Row[Any]]] = {row.commitment_id: [] for row in rows}
    for progress in await connection.execute(statement):
        areas[progress.commitment_id].append(progress)
    return [_entry(row, areas[row.commitment_id]) for row in rows]


def _entry(row: Row[Any], areas: Sequence[Row[Any]]) -> Entry:
    return {
        "agreement": row.agreement_code,
        "code": row.code,
        "annex": row.annex_number,
        "promise": row.is_promise,
        "party": row.party,
        "wording": row.wording,
        "wordingEn": row.wording_en,
        "times": row.times,
        "areas": [progress.code for progress in areas],
        "dueOn": row.due_on,
        "withdrawnOn": row.withdrawn_on,
        "decisions": [
            {"area": progress.code, "fulfilledOn": progress.decided_on} for progress in areas if progress.decided_on
        ],
        "progress": [
            {"area": progress.code, "done": progress.done, "fulfilled": progress.is_fulfilled} for progress in areas
        ],
    }
