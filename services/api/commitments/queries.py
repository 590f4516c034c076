"""Commitments, read, with their progress in each area, which the worker has counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.responses import Page
from shared.db.access import may_see_figures
from shared.db.tables import agreement, area, commitment, commitment_progress

Entry = dict[str, Any]

_ALL = (
    select(commitment, agreement.c.code.label("agreement_code"))
    .join(agreement, agreement.c.agreement_id == commitment.c.agreement_id)
    .order_by(commitment.c.code)
)
# What has become of it in each of its areas, and the order of these.
_PROGRESS = (
    area.c.code.label("area_code"),
    *(commitment_progress.c[name] for name in ("area_id", "due_on", "decided_on", "done", "is_fulfilled")),
)
_ORDER = (area.c.code, commitment_progress.c.due_on)


async def count(connection: AsyncConnection, agreement_id: int, party: str | None) -> int:
    """Return how many commitments an agreement has, or a party by it."""
    statement = select(func.count()).select_from(commitment).where(*_wanted(agreement_id, party))
    return (await connection.execute(statement)).scalar_one()


async def entries(connection: AsyncConnection, agreement_id: int, party: str | None, page: Page) -> list[Entry]:
    """Return one page of the commitments that an agreement has, or a party by it, by code."""
    statement = _ALL.where(*_wanted(agreement_id, party)).limit(page.limit).offset(page.offset)
    return await _with_areas(connection, (await connection.execute(statement)).all())


async def entries_of(connection: AsyncConnection, agreements: Collection[str]) -> list[Entry]:
    """Return all commitments of agreements, by the codes of these, in the order of their own."""
    statement = _ALL.where(agreement.c.code.in_(agreements))
    return await _with_areas(connection, (await connection.execute(statement)).all())


def _wanted(agreement_id: int, party: str | None) -> list[ColumnElement[bool]]:
    columns = commitment.c
    conditions: list[ColumnElement[bool]] = [columns.agreement_id == agreement_id]
    if party is not None:
        conditions.append(or_(columns.party == party, columns.parties.contains([party])))
    return conditions


async def find(connection: AsyncConnection, agreement_code: str, code: str) -> Entry | None:
    """Return the commitment with a code in the agreement with a code, if there is one."""
    statement = _ALL.where(agreement.c.code == agreement_code, commitment.c.code == code)
    rows = (await connection.execute(statement)).all()
    return next(iter(await _with_areas(connection, rows)), None)


async def _with_areas(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Entry]:
    statement = (
        select(commitment_progress.c.commitment_id, *_PROGRESS)
        .join(area, area.c.area_id == commitment_progress.c.area_id)
        .where(commitment_progress.c.commitment_id.in_([row.commitment_id for row in rows]))
        .order_by(*_ORDER)
    )
    areas: dict[int, list[Row[Any]]] = {row.commitment_id: [] for row in rows}
    for progress in await connection.execute(statement):
        areas[progress.commitment_id].append(progress)
    # One that has been removed between the statements has none.
    return [_entry(row, dues) for row in rows if (dues := areas[row.commitment_id])]


def _entry(row: Row[Any], dues: Sequence[Row[Any]]) -> Entry:
    return {
        "agreement": row.agreement_code,
        "code": row.code,
        "annex": row.annex_number,
        "promise": row.is_promise,
        "party": row.party,
        "parties": row.parties,
        "wording": row.wording,
        "wordingEn": row.wording_en,
        "times": row.times,
        "areas": [*dict.fromkeys(progress.area_code for progress in dues)],
        "eachArea": row.is_each_area,
        "dueOn": max(progress.due_on for progress in dues),
        "recurrence": row.recurrence,
        "fulfilledBy": row.fulfilled_by,
        "selection": row.selection,
        "withdrawnOn": row.withdrawn_on,
        "decisions": [
            {
                "area": progress.area_code,
                "fulfilledOn": progress.decided_on,
                **({"dueOn": progress.due_on} if row.recurrence else {}),
            }
            for progress in dues
            if progress.decided_on
        ],
        "status": (newest(row.follow_ups) or {}).get("status"),
        "followUps": row.follow_ups,
        "progress": [
            {
                "area": progress.area_code,
                **({"dueOn": progress.due_on} if row.recurrence else {}),
                "done": progress.done,
                "fulfilled": progress.is_fulfilled,
            }
            for progress in dues
            # How much has been done at a place is a figure of that place.
            if may_see_figures(progress.area_id)
        ],
    }


def decided_days(entry: Mapping[str, Any]) -> dict[tuple[str, date], date]:
    """Return since when a commitment is decided to be fulfilled, by area and due date."""
    return {(one["area"], one.get("dueOn", entry["dueOn"])): one["fulfilledOn"] for one in entry["decisions"]}


def newest(follow_ups: Sequence[Entry]) -> Entry | None:
    """Return the newest follow-up: of those of one day, the last in the list."""
    return max(enumerate(follow_ups), key=lambda one: (one[1]["notedOn"], one[0]), default=(0, None))[1]
