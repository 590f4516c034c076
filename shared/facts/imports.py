"""The only writer of imports of files: their mappings, uploads until they are read, progress, remarks on rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.arrays import as_arrays

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy.ext.asyncio import AsyncConnection

OUTCOMES = ("created", "updated", "unchanged", "superseded", "outdated", "refused", "skipped")
# What has been taken up so often without getting on will not do so the next time either.
MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Remark:
    """Why a row, by its number, is not stored; row 0 is the file. `field` is empty when it concerns the whole row."""

    row: int
    outcome: str
    field: str
    reason: str
    remedy: str


@dataclass(slots=True)
class ImportProgress:
    """How far an import has come: rows by what became of them, stored rows by measure and code that nothing reads."""

    counts: Counter[str] = field(default_factory=Counter)
    unused_codes: Counter[tuple[str, str]] = field(default_factory=Counter)
    bytes_read: int = 0

    @property
    def rows(self) -> int:
        """How many rows have been counted, each once."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class QueuedImport:
    """An import whose file is stored; it goes on after the rows that its progress has counted."""

    import_id: UUID
    makes: str
    media_type: str
    mapping: Mapping[str, Any] | None
    dry_run: bool
    attempts: int
    progress: ImportProgress
    owner_area_id: int
    granted_area_ids: tuple[int, ...]
    caller: Mapping[str, Any] | None
    mapping_code: str | None = None
    # Of a file that was uploaded on a page: when, and the activities that go when all rows have been read and none was
    # refused, unless they have been changed since then.
    uploaded_at: datetime | None = None
    removes: tuple[UUID, ...] = ()


_PUT_MAPPING = text(
    """INSERT INTO import_mapping AS stored (code, mapping) VALUES (:code, :mapping)
       ON CONFLICT (owner_area_id, code) DO UPDATE
       SET mapping = excluded.mapping, revision = stored.revision + 1, changed_at = clock_timestamp()
       WHERE stored.mapping IS DISTINCT FROM excluded.mapping
       RETURNING old.code IS NULL"""
).bindparams(bindparam("mapping", type_=JSONB))
_FORGET_MAPPING = text(
    "DELETE FROM import_mapping WHERE code = :code AND owner_area_id = acting_owner() RETURNING code"
)
_OPEN = text(
    """INSERT INTO file_import (makes, mapping_code, dry_run, granted_area_ids)
       VALUES (:makes, :mapping_code, :dry_run, :granted_area_ids) RETURNING import_id"""
)
_RECEIVE = text(
    """INSERT INTO file_import (makes, mapping_code, mapping, media_type, dry_run, sent_by, caller, granted_area_ids,
                                digest, uploaded_at, removes, status)
       VALUES (:makes, :mapping_code, :mapping, :media_type, :dry_run, :sent_by, :caller, :granted_area_ids,
               :digest, :uploaded_at, :removes, 'received')
       RETURNING import_id"""
).bindparams(*(bindparam(name, type_=JSONB(none_as_null=True)) for name in ("mapping", "caller")))
_WAITING = text(
    """SELECT count(*) AS files, coalesce(sum(bytes), 0)::bigint AS bytes FROM file_import
       WHERE ended_at IS NULL AND bytes IS NOT NULL AND sent_by = :sent_by"""
)
_KEEP_PIECE = text("INSERT INTO file_import_piece VALUES (:import_id, :number, :content)")
_RECEIVED = text("UPDATE file_import SET bytes = :bytes WHERE import_id = :import_id")
_PIECE = text("SELECT content FROM file_import_piece WHERE import_id = :import_id AND number = :number")
# The lock ends with the transaction, also when its process is killed: then another takes the import up.
_CLAIM = text(
    """SELECT import_id FROM file_import WHERE ended_at IS NULL AND bytes IS NOT NULL
       ORDER BY import_id"""
)
_TRY = text("SELECT pg_try_advisory_xact_lock(hashtextextended('file_import ' || CAST(:import_id AS text), 0))")
_TAKE_UP = text(
    """UPDATE file_import SET status = 'running', attempts = attempts + 1, heartbeat_at = clock_timestamp()
       WHERE import_id = :import_id AND ended_at IS NULL RETURNING *"""
)
# COPY takes no table with policies.
_REMARK = text(
    """INSERT INTO file_import_remark (import_id, row, outcome, field, reason, remedy)
       SELECT :import_id, row, outcome, field, reason, remedy
       FROM unnest(CAST(:rows AS integer[]), CAST(:outcomes AS text[]), CAST(:fields AS text[]),
                   CAST(:reasons AS text[]), CAST(:remedies AS text[]))
            WITH ORDINALITY AS remark(row, outcome, field, reason, remedy, place)
       ORDER BY place"""
)
_COUNT_REMARKS = text("SELECT count(*) FROM file_import_remark WHERE import_id = :import_id")
_LEAVE_OUT = text("UPDATE file_import SET remarks_left_out = remarks_left_out + :left_out WHERE import_id = :import_id")
# Those of one import at a time, so that nothing waits for long.
_FORGET_REMARKS = text(
    """DELETE FROM file_import_remark WHERE import_id = (
           SELECT import_id FROM file_import
           WHERE ended_at < clock_timestamp() - CAST(:age AS interval)
             AND EXISTS (SELECT FROM file_import_remark AS remark WHERE remark.import_id = file_import.import_id)
           ORDER BY import_id LIMIT 1)"""
)
_SAVE_PROGRESS = text(
    f"""UPDATE file_import SET heartbeat_at = clock_timestamp(), rows = :rows, attempts = 0, bytes_read = :bytes_read,
               unused_codes = :unused_codes, {", ".join(f"{outcome} = :{outcome}" for outcome in OUTCOMES)}
        WHERE import_id = :import_id"""
).bindparams(bindparam("unused_codes", type_=JSONB))
_CLOSE = text(
    """WITH ended AS (
           UPDATE file_import SET status = :status, failure = :failure, removed = :removed,
                                  ended_at = clock_timestamp()
           WHERE import_id = :import_id
       )
       DELETE FROM file_import_piece WHERE import_id = :import_id"""
)


async def put_mapping(connection: AsyncConnection, code: str, mapping: Mapping[str, Any]) -> bool:
    """Keep a mapping; return whether it is new."""
    return bool((await connection.execute(_PUT_MAPPING, {"code": code, "mapping": mapping})).scalar_one_or_none())


async def delete_mapping(connection: AsyncConnection, code: str) -> bool:
    """Remove a mapping; False when there is none."""
    return (await connection.execute(_FORGET_MAPPING, {"code": code})).one_or_none() is not None


async def open_import(
    connection: AsyncConnection, makes: str, mapping_code: str | None, granted_area_ids: Sequence[int], *, dry_run: bool
) -> UUID:
    """Begin an import of `makes`, activities or observations, whose rows are read as they arrive; return its id.

    `granted_area_ids` are the areas in which the sender may report: it is for who sees what lies in them.
    """
    asked: dict[str, Any] = {"makes": makes, "mapping_code": mapping_code, "dry_run": dry_run}
    asked |= {"granted_area_ids": [*granted_area_ids]}
    import_id: UUID = (await connection.execute(_OPEN, asked)).scalar_one()
    return import_id


async def receive_import(  # noqa: PLR0913  a file is stored with all that it is read by
    connection: AsyncConnection,
    makes: str,
    media_type: str,
    mapping_code: str | None,
    mapping: Mapping[str, Any] | None,
    *,
    dry_run: bool,
    sent_by: UUID,
    caller: Mapping[str, Any] | None,
    granted_area_ids: Sequence[int],
    digest: bytes | None = None,
    uploaded_at: datetime | None = None,
    removes: Sequence[UUID] = (),
) -> UUID:
    """Begin to keep a file that is imported later, by the mapping and the rights as they are now.

    `removes` are activities that are removed when all its rows have been read and none was refused, unless they have
    been changed since the file was uploaded. Returns the import's id.
    """
    asked: dict[str, Any] = {"makes": makes, "mapping_code": mapping_code, "mapping": mapping, "media_type": media_type}
    asked |= {"dry_run": dry_run, "sent_by": sent_by, "caller": caller, "granted_area_ids": [*granted_area_ids]}
    asked |= {"digest": digest, "uploaded_at": uploaded_at, "removes": [*removes]}
    import_id: UUID = (await connection.execute(_RECEIVE, asked)).scalar_one()
    return import_id


async def waiting_files(connection: AsyncConnection, sent_by: UUID) -> tuple[int, int]:
    """Return how many stored files of a key have not been imported yet, and how many bytes they have."""
    row = (await connection.execute(_WAITING, {"sent_by": sent_by})).one()
    return row.files, row.bytes


async def store_piece(connection: AsyncConnection, import_id: UUID, number: int, content: bytes) -> None:
    """Keep a piece of the file, counted from 0."""
    await connection.execute(_KEEP_PIECE, {"import_id": import_id, "number": number, "content": content})


async def finish_receiving(connection: AsyncConnection, import_id: UUID, size: int) -> None:
    """Say that a file is stored whole: from the commit on, it will be imported."""
    await connection.execute(_RECEIVED, {"import_id": import_id, "bytes": size})


async def find_piece(connection: AsyncConnection, import_id: UUID, number: int) -> bytes | None:
    """Return a piece of a stored file; None after its last."""
    asked = {"import_id": import_id, "number": number}
    return (await connection.execute(_PIECE, asked)).scalar_one_or_none()


async def lock_queued_import(connection: AsyncConnection) -> UUID | None:
    """Return a stored import that no one works on, the oldest first, locked until the transaction ends.

    The transaction may be idle for as long as the import takes: it has written nothing, so nothing waits for it.
    """
    await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    for import_id in (await connection.execute(_CLAIM)).scalars().all():
        if (await connection.execute(_TRY, {"import_id": import_id})).scalar_one():
            return UUID(str(import_id))
    return None


async def start_attempt(connection: AsyncConnection, import_id: UUID) -> QueuedImport | None:
    """Return a stored import that has been locked, and count the attempt; None if it has ended just before."""
    row = (await connection.execute(_TAKE_UP, {"import_id": import_id})).one_or_none()
    if row is None:
        return None
    counts = Counter({outcome: getattr(row, outcome) for outcome in OUTCOMES})
    unused_codes = Counter({(measure, code): rows for measure, code, rows in row.unused_codes})
    progress = ImportProgress(counts, unused_codes, row.bytes_read)
    return QueuedImport(
        import_id,
        row.makes,
        row.media_type,
        row.mapping,
        row.dry_run,
        row.attempts,
        progress,
        row.owner_area_id,
        tuple(row.granted_area_ids),
        row.caller,
        row.mapping_code,
        row.uploaded_at,
        tuple(row.removes),
    )


async def save_progress(
    connection: AsyncConnection, import_id: UUID, progress: ImportProgress, remarks: Sequence[Remark], most_remarks: int
) -> None:
    """Save how far an import has come, and the remarks that are new; of more than `most_remarks`, how many."""
    totals = {outcome: progress.counts[outcome] for outcome in OUTCOMES}
    unused_codes = [[measure, code, rows] for (measure, code), rows in sorted(progress.unused_codes.items())]
    parameters = {
        "rows": progress.rows,
        "bytes_read": progress.bytes_read,
        "unused_codes": unused_codes,
        "import_id": import_id,
    }
    await connection.execute(_SAVE_PROGRESS, totals | parameters)
    if remarks:
        stored = (await connection.execute(_COUNT_REMARKS, {"import_id": import_id})).scalar_one()
        room = max(0, most_remarks - stored)
        await _remark(connection, import_id, remarks[:room])
        if left_out := len(remarks[room:]):
            await connection.execute(_LEAVE_OUT, {"import_id": import_id, "left_out": left_out})


async def _remark(connection: AsyncConnection, import_id: UUID, remarks: Sequence[Remark]) -> None:
    if remarks:
        columns = ("rows", "outcomes", "fields", "reasons", "remedies")
        rows = [(one.row, one.outcome, one.field, one.reason, one.remedy) for one in remarks]
        await connection.execute(_REMARK, {"import_id": import_id, **as_arrays(columns, rows)})


async def forget_remarks(connection: AsyncConnection, age: timedelta) -> bool:
    """Remove the remarks of an import that ended so long ago; return whether there was one."""
    return bool((await connection.execute(_FORGET_REMARKS, {"age": age})).rowcount)


async def close_import(connection: AsyncConnection, import_id: UUID, *, completed: bool, removed: int = 0) -> None:
    """End an import: all its rows were read, or it was interrupted and those so far are stored. Its file is let go.

    `removed` is how many activities went that the file lacks.
    """
    status = "completed" if completed else "interrupted"
    await connection.execute(_CLOSE, {"import_id": import_id, "status": status, "failure": None, "removed": removed})


async def fail_import(
    connection: AsyncConnection, import_id: UUID, failure: str, remarks: Sequence[Remark] = ()
) -> None:
    """End an import that cannot go on, and say why; the rows so far are stored. Its file is let go."""
    await _remark(connection, import_id, remarks)
    await connection.execute(_CLOSE, {"import_id": import_id, "status": "failed", "failure": failure, "removed": 0})
