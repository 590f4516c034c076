"""The only writer of files that people upload on a page: kept until they are imported, a day at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from shared.domain.errors import UnknownUpload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

PIECE = 1024 * 1024
# Of one person; of more the oldest go. Those that were taken are none of them.
MOST_WAITING = 5

_KEEP = text(
    """INSERT INTO upload (person_id, file_name, media_type, bytes, digest)
       VALUES (:person_id, :file_name, :media_type, :bytes, :digest) RETURNING upload_id"""
)
_KEEP_PIECE = text("INSERT INTO upload_piece VALUES (:upload_id, :number, :content)")
_LEAVE = text(
    """DELETE FROM upload WHERE upload_id IN (
           SELECT upload_id FROM upload WHERE person_id = :person_id AND import_id IS NULL
           ORDER BY created_at DESC OFFSET :most)"""
)
_COLUMNS = "upload_id, file_name, media_type, bytes, digest, answers, trial_id, import_id, created_at"
_FIND = text(f"SELECT {_COLUMNS} FROM upload WHERE upload_id = :upload_id AND person_id = :person_id")
_LOCK = text(f"{_FIND.text} FOR UPDATE")
_WAITING = text(
    f"SELECT {_COLUMNS} FROM upload WHERE person_id = :person_id AND import_id IS NULL ORDER BY created_at DESC"
)
_PIECE = text("SELECT content FROM upload_piece WHERE upload_id = :upload_id AND number = :number")
_ANSWER = text("UPDATE upload SET answers = :answers, trial_id = NULL WHERE upload_id = :upload_id").bindparams(
    bindparam("answers", type_=JSONB)
)
_COPY = text(
    """INSERT INTO file_import_piece (import_id, number, content)
       SELECT :import_id, number, content FROM upload_piece WHERE upload_id = :upload_id"""
)
_TRIED = text("UPDATE upload SET trial_id = :import_id WHERE upload_id = :upload_id")
_TAKEN = text(
    """WITH taken AS (UPDATE upload SET import_id = :import_id WHERE upload_id = :upload_id)
       DELETE FROM upload_piece WHERE upload_id = :upload_id"""
)
_REMOVE = text("DELETE FROM upload WHERE upload_id = :upload_id AND person_id = :person_id")
_FORGET = text("DELETE FROM upload WHERE created_at < clock_timestamp() - CAST(:age AS interval)")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that waits, with what was answered about it, and the imports that have tried it and taken it."""

    upload_id: UUID
    file_name: str
    media_type: str
    size: int
    digest: bytes
    answers: Mapping[str, str]
    trial_id: UUID | None
    import_id: UUID | None
    created_at: datetime


async def keep_upload(  # noqa: PLR0913  a file with all that is known of it
    connection: AsyncConnection,
    person_id: UUID,
    *,
    file_name: str,
    media_type: str,
    digest: bytes,
    content: bytes,
) -> UUID:
    """Keep a file of a person's whole, and let go of those of theirs that are too many."""
    values: dict[str, Any] = {"person_id": person_id, "file_name": file_name, "media_type": media_type}
    values |= {"bytes": len(content), "digest": digest}
    upload_id: UUID = (await connection.execute(_KEEP, values)).scalar_one()
    for number, start in enumerate(range(0, len(content), PIECE)):
        piece = {"upload_id": upload_id, "number": number, "content": content[start : start + PIECE]}
        await connection.execute(_KEEP_PIECE, piece)
    await connection.execute(_LEAVE, {"person_id": person_id, "most": MOST_WAITING})
    return upload_id


async def find_upload(connection: AsyncConnection, person_id: UUID, upload_id: UUID) -> Upload | None:
    """Return a file of a person's, if it still waits."""
    row = (await connection.execute(_FIND, {"upload_id": upload_id, "person_id": person_id})).one_or_none()
    return None if row is None else _upload(row)


async def lock_upload(connection: AsyncConnection, person_id: UUID, upload_id: UUID) -> Upload | None:
    """Return a file of a person's, and keep others from taking it until the transaction ends."""
    row = (await connection.execute(_LOCK, {"upload_id": upload_id, "person_id": person_id})).one_or_none()
    return None if row is None else _upload(row)


async def waiting_uploads(connection: AsyncConnection, person_id: UUID) -> list[Upload]:
    """Return a person's files that have not been imported, the latest first."""
    return [_upload(row) for row in await connection.execute(_WAITING, {"person_id": person_id})]


async def pieces_of(reading: AsyncEngine, upload: Upload) -> AsyncIterator[bytes]:
    """Yield the pieces of a file. No connection is held between two: what reads them may take long.

    Raises:
        UnknownUpload: it has been let go meanwhile.
    """
    for number in range(-(-upload.size // PIECE)):
        asked = {"upload_id": upload.upload_id, "number": number}
        async with reading.connect() as connection:
            piece: bytes | None = (await connection.execute(_PIECE, asked)).scalar_one_or_none()
        if piece is None:
            raise UnknownUpload("No file waits here. It may have been imported, or removed after a day.")
        yield piece


async def answer_upload(connection: AsyncConnection, upload_id: UUID, answers: Mapping[str, str]) -> None:
    """Keep what was answered about a file; what a trial found by earlier answers is void."""
    await connection.execute(_ANSWER, {"upload_id": upload_id, "answers": dict(answers)})


async def copy_to_import(connection: AsyncConnection, upload_id: UUID, import_id: UUID, *, is_trial: bool) -> None:
    """Give a file to an import that has been received; after a trial it stays here, else it is let go."""
    both = {"upload_id": upload_id, "import_id": import_id}
    await connection.execute(_COPY, both)
    await connection.execute(_TRIED if is_trial else _TAKEN, both)


async def remove_upload(connection: AsyncConnection, person_id: UUID, upload_id: UUID) -> None:
    """Let go of a file of a person's."""
    await connection.execute(_REMOVE, {"upload_id": upload_id, "person_id": person_id})


async def forget_uploads(connection: AsyncConnection, age: timedelta) -> None:
    """Let go of the files that have waited so long, with what was answered about them."""
    await connection.execute(_FORGET, {"age": age})


def _upload(row: Row[Any]) -> Upload:
    return Upload(
        row.upload_id,
        row.file_name,
        row.media_type,
        row.bytes,
        row.digest,
        row.answers,
        row.trial_id,
        row.import_id,
        row.created_at,
    )
