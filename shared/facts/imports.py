"""The only writer of imports: the mappings that they read by, their course, and why rows were not kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.copy import copy_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

OUTCOMES = ("created", "updated", "unchanged", "superseded", "outdated", "refused")


@dataclass(frozen=True, slots=True)
class Remark:
    """Why a row, by its number, is not kept. `field` is empty when it concerns the row as a whole."""

    row: int
    outcome: str
    field: str
    reason: str
    remedy: str


_PUT_MAPPING = text(
    """INSERT INTO import_mapping AS kept (code, mapping) VALUES (:code, :mapping)
       ON CONFLICT (code) DO UPDATE
       SET mapping = excluded.mapping, revision = kept.revision + 1, changed_at = clock_timestamp()
       WHERE kept.mapping IS DISTINCT FROM excluded.mapping
       RETURNING old.code IS NULL"""
).bindparams(bindparam("mapping", type_=JSONB))
_FORGET_MAPPING = text("DELETE FROM import_mapping WHERE code = :code RETURNING code")
_OPEN = text("INSERT INTO activity_import (mapping_code, dry_run) VALUES (:mapping_code, :dry_run) RETURNING import_id")
_TELL = text(
    f"""UPDATE activity_import SET told_at = clock_timestamp(), rows = :rows,
               {", ".join(f"{outcome} = :{outcome}" for outcome in OUTCOMES)}
        WHERE import_id = :import_id"""
)
_CLOSE = text("UPDATE activity_import SET status = :status, ended_at = clock_timestamp() WHERE import_id = :import_id")


async def put_mapping(connection: AsyncConnection, code: str, mapping: Mapping[str, Any]) -> bool:
    """Keep a mapping; return whether it is new."""
    return bool((await connection.execute(_PUT_MAPPING, {"code": code, "mapping": mapping})).scalar_one_or_none())


async def forget_mapping(connection: AsyncConnection, code: str) -> bool:
    """Remove a mapping; False when there is none."""
    return (await connection.execute(_FORGET_MAPPING, {"code": code})).one_or_none() is not None


async def open_import(connection: AsyncConnection, mapping_code: str | None, *, dry_run: bool) -> UUID:
    """Begin an import and return its id."""
    import_id: UUID = (await connection.execute(_OPEN, {"mapping_code": mapping_code, "dry_run": dry_run})).scalar_one()
    return import_id


async def tell(
    connection: AsyncConnection, import_id: UUID, counts: Mapping[str, int], remarks: Sequence[Remark]
) -> None:
    """Keep how far an import has come: its counts so far, and the remarks that are new."""
    totals = {outcome: counts.get(outcome, 0) for outcome in OUTCOMES}
    await connection.execute(_TELL, totals | {"rows": sum(totals.values()), "import_id": import_id})
    if remarks:
        columns = ("import_id", "row", "outcome", "field", "reason", "remedy")
        rows = ((import_id, told.row, told.outcome, told.field, told.reason, told.remedy) for told in remarks)
        await copy_rows(connection, "activity_import_remark", columns, rows)


async def close_import(connection: AsyncConnection, import_id: UUID, *, completed: bool) -> None:
    """End an import: all its rows were read, or it was interrupted and those so far stand."""
    status = "completed" if completed else "interrupted"
    await connection.execute(_CLOSE, {"import_id": import_id, "status": status})
