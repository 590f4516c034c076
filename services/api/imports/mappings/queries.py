"""Import mappings, read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.responses import Page
from services.api.imports.mappings.content import MappingContent
from shared.db.tables import import_mapping
from shared.read_model.texts import instant_text

Entry = dict[str, Any]


async def count(connection: AsyncConnection) -> int:
    """Return how many mappings there are."""
    return (await connection.execute(select(func.count()).select_from(import_mapping))).scalar_one()


async def entries(connection: AsyncConnection, page: Page) -> list[Entry]:
    """Return one page of the mappings, by code."""
    statement = (
        select(import_mapping)
        .order_by(import_mapping.c.code, import_mapping.c.owner_area_id)
        .limit(page.limit)
        .offset(page.offset)
    )
    return [_entry(row) for row in await connection.execute(statement)]


async def find(connection: AsyncConnection, code: str) -> Entry | None:
    """Return the mapping with a code, if there is one."""
    row = (
        await connection.execute(
            select(import_mapping).where(
                import_mapping.c.code == code, import_mapping.c.owner_area_id == func.acting_owner()
            )
        )
    ).one_or_none()
    return None if row is None else _entry(row)


def content_of(entry: Entry) -> MappingContent:
    """Return a mapping as it is shown, as what it says."""
    names = {field.alias or name for name, field in MappingContent.model_fields.items()}
    return MappingContent.model_validate({name: value for name, value in entry.items() if name in names})


def _entry(row: Row[Any]) -> Entry:
    changed_at = instant_text(row.changed_at)
    # One that was stored before has not all parts that there are now.
    content = MappingContent.model_validate(row.mapping).model_dump(mode="json", by_alias=True)
    return {"code": row.code, **content, "revision": row.revision, "changedAt": changed_at}
