"""What an uploaded file lacks that earlier files of its sheet have brought, and that may go with its import.

Others work meanwhile. What somebody has changed since the file was uploaded stays; and all that it lacks stays where
another file of the sheet was sent since: that may bring the same rows again, and an import leaves no trace in a row
that is as it was. A file that was sent before is older, even if it is imported only now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared.db.locks import share_area_hierarchy
from shared.facts.activities import DAY_OF_ACTIVITY

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.facts.imports import QueuedImport

_IS_BROUGHT_AGAIN = """EXISTS (
    SELECT FROM file_import
    WHERE mapping_code = :sheet AND owner_area_id = acting_owner() AND NOT dry_run AND started_at >= :uploaded_at
      AND import_id IS DISTINCT FROM CAST(:import_id AS uuid))"""
_IS_AS_IT_WAS = """(activity.changed_at < :uploaded_at OR EXISTS (
    SELECT FROM file_import AS older
    WHERE older.import_id = activity.import_id AND older.started_at < :uploaded_at))"""
_STORED = text(
    f"""SELECT activity_id, external_id, activity_type, area.name AS place, {DAY_OF_ACTIVITY} AS day,
              {_IS_AS_IT_WAS} AND NOT {_IS_BROUGHT_AGAIN} AS may_go
        FROM activity JOIN area USING (area_id)
        WHERE source = :sheet AND activity.owner_area_id = acting_owner()
          AND {DAY_OF_ACTIVITY} BETWEEN :first AND :last
        ORDER BY day, place"""
)
# In the order in which imports write them.
_LOCK = text(
    f"""SELECT activity_id FROM activity WHERE activity_id = ANY(:chosen) AND {_IS_AS_IT_WAS}
       ORDER BY source, external_id FOR UPDATE"""
)
_ASK_IF_BROUGHT_AGAIN = text(f"SELECT {_IS_BROUGHT_AGAIN}")


async def stored_of(
    connection: AsyncConnection, sheet: str, days: tuple[date, date], uploaded_at: datetime
) -> Sequence[Any]:
    """Return what files of a sheet, by its code, have brought in some days; `may_go` with a file uploaded then."""
    asked = {"first": days[0], "last": days[1]} | _asked(sheet, uploaded_at)
    return (await connection.execute(_STORED, asked)).all()


async def lock_removable(connection: AsyncConnection, queued: QueuedImport, chosen: Collection[UUID]) -> Sequence[UUID]:
    """Return those that may go of the activities that an import was to remove, and keep others from changing them."""
    if not chosen or queued.mapping_code is None or queued.uploaded_at is None:
        return ()
    await share_area_hierarchy(connection)
    asked = {"chosen": [*chosen], "uploaded_at": queued.uploaded_at}
    found = (await connection.execute(_LOCK, asked)).scalars().all()
    # Once they are locked: an import that begins now waits for them, and then brings them anew.
    asked = _asked(queued.mapping_code, queued.uploaded_at, queued.import_id)
    is_brought_again = (await connection.execute(_ASK_IF_BROUGHT_AGAIN, asked)).scalar_one()
    return () if is_brought_again else found


def _asked(sheet: str, uploaded_at: datetime, import_id: UUID | None = None) -> dict[str, Any]:
    return {"sheet": sheet, "uploaded_at": uploaded_at, "import_id": import_id}
