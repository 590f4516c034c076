"""Pulled sources, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, and_, false, func, select

from shared.db.tables import pulled_source
from shared.read_model.texts import instant_text

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.http.responses import Page

Entry = dict[str, Any]

# What sources and runs lack that were stored before there was such a thing.
_NEWER_FIELDS = {"caseNumbers": None}
_NEWER_COUNTS = {"placedOtherwise": 0}
_NEWER_PARTS_OF_REMARKS = {"outcome": "refused"}

_RUNS = and_(pulled_source.c.lease.is_not(None), pulled_source.c.lease_until > func.clock_timestamp())
_IS_OWN = func.coalesce(pulled_source.c.owner_area_id == func.acting_owner(), false())
_ALL = select(pulled_source, _RUNS.label("is_running"), _IS_OWN.label("is_own"))


async def count(connection: AsyncConnection) -> int:
    """Return how many sources there are."""
    return (await connection.execute(select(func.count()).select_from(pulled_source))).scalar_one()


async def entries(connection: AsyncConnection, page: Page) -> list[Entry]:
    """Return one page of the sources, by code."""
    return [entry for entry, _ in await entries_with_own(connection, page)]


async def entries_with_own(connection: AsyncConnection, page: Page) -> list[tuple[Entry, bool]]:
    """Return one page of the sources, by code, each with whether the caller may change it by that."""
    ordered = _ALL.order_by(pulled_source.c.code, pulled_source.c.owner_area_id).limit(page.limit).offset(page.offset)
    return [(_entry(row), row.is_own) for row in await connection.execute(ordered)]


async def find(connection: AsyncConnection, code: str) -> Entry | None:
    """Return the source with a code, if there is one."""
    row = (
        await connection.execute(
            _ALL.where(pulled_source.c.code == code, pulled_source.c.owner_area_id == func.acting_owner())
        )
    ).one_or_none()
    return None if row is None else _entry(row)


def _entry(row: Row[Any]) -> Entry:
    state = {
        "position": instant_text(row.position),
        "isRunning": row.is_running,
        "startedAt": instant_text(row.started_at),
        "endedAt": instant_text(row.ended_at),
        "succeededAt": instant_text(row.succeeded_at),
        "dueAt": instant_text(row.due_at),
        "failure": row.failure,
        "failuresInARow": row.failures_in_a_row,
        "tally": row.tally and _tally(row.tally),
    }
    changed_at = instant_text(row.changed_at)
    return {
        "code": row.code,
        **_NEWER_FIELDS,
        **row.content,
        "state": state,
        "revision": row.revision,
        "changedAt": changed_at,
    }


def _tally(stored: Entry) -> Entry:
    remarks = [_NEWER_PARTS_OF_REMARKS | remark for remark in stored["remarks"]]
    return {**_NEWER_COUNTS, **stored, "remarks": remarks}
