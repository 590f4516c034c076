"""Activities, read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, any_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.responses import Page
from shared.db.tables import activity, agreement, area, area_closure, commitment
from shared.domain.activity import MOMENT_NAMES, MOMENTS, PARTICIPANT_GROUP_NAMES, PARTICIPANT_GROUPS
from shared.expectations.planned import are_unreported
from shared.read_model.texts import instant_text

Entry = dict[str, Any]

_MOMENTS = tuple((f"{moment}_on", f"{moment}_at", name) for moment, name in zip(MOMENTS, MOMENT_NAMES, strict=True))
_GROUPS = tuple(
    (f"participants_{group}", name) for group, name in zip(PARTICIPANT_GROUPS, PARTICIPANT_GROUP_NAMES, strict=True)
)


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """Which activities are wanted; None is any."""

    area_id: int | None = None
    agreement_id: int | None = None
    annex: int | None = None
    activity_type: str | None = None
    status: str | None = None
    source: str | None = None
    external_id: str | None = None
    first: date | None = None
    last: date | None = None
    # Planned for a day before this one, and not reported since.
    unreported_by: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter as SQL conditions on `activity`."""
        columns = activity.c
        wanted = (
            (columns.agreement_id, self.agreement_id),
            (columns.annex_number, self.annex),
            (columns.activity_type, self.activity_type),
            (columns.status, self.status),
            (columns.source, self.source),
            (columns.external_id, self.external_id),
        )
        conditions = [column == value for column, value in wanted if value is not None]
        if self.area_id is not None:
            conditions.append(_lies_in(self.area_id))
        if self.first is not None:
            conditions.append(columns.period_on >= self.first)
        if self.last is not None:
            conditions.append(columns.period_on <= self.last)
        if self.unreported_by is not None:
            conditions += are_unreported(self.unreported_by)
        return conditions


def _lies_in(area_id: int) -> ColumnElement[bool]:
    """Hold for what happened in an area, as it was on the day."""
    day = func.coalesce(activity.c.period_on, activity.c.reported_on)
    closure = area_closure.c
    return (
        select(closure.descendant_id)
        .where(closure.ancestor_id == area_id, closure.descendant_id == activity.c.area_id)
        .where(or_(day.is_(None), closure.valid.contains(day)))
        .exists()
    )


async def count(connection: AsyncConnection, wanted: ActivityFilter) -> int:
    """Return how many activities pass the filter."""
    statement = select(func.count()).select_from(activity).where(*wanted.conditions())
    return (await connection.execute(statement)).scalar_one()


async def entries(connection: AsyncConnection, wanted: ActivityFilter, page: Page) -> list[Entry]:
    """Return one page of the activities that pass the filter, in the order in which they were first recorded."""
    statement = _ALL.where(*wanted.conditions()).order_by(activity.c.activity_id).limit(page.limit).offset(page.offset)
    return [_entry(row) for row in await connection.execute(statement)]


async def find(connection: AsyncConnection, activity_id: UUID) -> Entry | None:
    """Return the activity with an id, if there is one."""
    row = (await connection.execute(_ALL.where(activity.c.activity_id == activity_id))).one_or_none()
    return None if row is None else _entry(row)


async def lock(connection: AsyncConnection, activity_id: UUID) -> Row[Any, Any, Any] | None:
    """Return an activity's revision, source and external id, and keep others from changing it; None if unknown."""
    columns = activity.c
    statement = select(columns.revision, columns.source, columns.external_id).where(columns.activity_id == activity_id)
    return (await connection.execute(statement.with_for_update())).one_or_none()


_FURTHER = commitment.alias("further")
_ALL: Select[Any] = (
    select(
        activity,
        agreement.c.code.label("agreement_code"),
        area.c.code.label("area_code"),
        commitment.c.code.label("commitment_code"),
        # In the order in which they were given.
        func.array(
            select(_FURTHER.c.code)
            .where(_FURTHER.c.commitment_id == any_(activity.c.commitment_ids))
            .order_by(func.array_position(activity.c.commitment_ids, _FURTHER.c.commitment_id))
            .correlate(activity)
            .scalar_subquery()
        ).label("further_commitments"),
    )
    .join(agreement, agreement.c.agreement_id == activity.c.agreement_id)
    .join(area, area.c.area_id == activity.c.area_id)
    .outerjoin(commitment, commitment.c.commitment_id == activity.c.commitment_id)
)


def _entry(row: Row[Any]) -> Entry:
    columns = row._mapping  # noqa: SLF001  SQLAlchemy's public name for a row by column
    return {
        "id": row.activity_id,
        "source": row.source,
        "externalId": row.external_id,
        "type": row.activity_type,
        "agreement": row.agreement_code,
        "annex": row.annex_number,
        "commitment": row.commitment_code,
        "commitments": row.further_commitments,
        "area": row.area_code,
        "status": row.status,
        **{name: instant_text(columns[at]) or columns[on] for on, at, name in _MOMENTS},
        "participants": {name: columns[group] for group, name in _GROUPS if columns[group] is not None},
        "cost": None if row.cost is None else float(row.cost),
        "count": columns["count"],
        "attributes": row.attributes,
        "note": row.note,
        "version": row.source_version,
        "changedAt": instant_text(row.source_changed_at),
        "periodDate": row.period_on,
        "duplicateOf": row.duplicate_of,
        "revision": row.revision,
        "recordedAt": instant_text(row.recorded_at),
        "revisedAt": instant_text(row.changed_at),
        "importId": row.import_id,
        "importRow": row.import_row,
    }
