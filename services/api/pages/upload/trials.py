"""A file is tried before it is taken: by the import itself, which keeps nothing of it but its report."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError
from sqlalchemy import text

from services.api.http.dependencies import resources_of
from services.api.http.problems import TooManyRequests
from services.api.imports import queries
from services.api.imports.mappings.content import FileMapping
from services.api.imports.mappings.contradictions import contradictions
from services.api.imports.proposals.former import reusable_content
from services.api.imports.proposals.mapping import mapping_of
from services.api.imports.removals import stored_of
from services.api.imports.routes import ACTIVITIES, OBSERVATIONS
from services.api.imports.rows import FileType
from services.api.imports.upload import NewUploads, open_rows
from services.api.pages.routing import person_of
from services.api.pages.upload.sheet_form import LONGEST_NAME, corrections_of
from shared.db.access import may_coordinate
from shared.db.actor import current_actor
from shared.domain.codes import LONGEST_AREA_CODE, coded
from shared.domain.errors import InvalidMapping
from shared.facts.imports import finish_receiving, put_mapping, receive_import, waiting_files
from shared.facts.uploads import copy_to_import, pieces_of
from shared.intake.violations import violation_of
from shared.people.roles import coordinated_areas

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from fastapi import Request
    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.upload.work import Work
    from shared.facts.uploads import Upload

_SECONDS_TO_WAIT, _SECONDS_BETWEEN_LOOKS = 6.0, 0.1
_ENDED: Final = frozenset({"completed", "failed", "interrupted"})
MOST_LISTED: Final = 100
# Of the activities that a file lacks.
MOST_OFFERED: Final = 200
_SAME_FILE = text(
    """SELECT import_id, started_at FROM file_import
       WHERE digest = :digest AND NOT dry_run AND status = 'completed' AND owner_area_id = acting_owner()
       ORDER BY import_id DESC LIMIT 1"""
)
_LATEST = text(
    """SELECT import_id, started_at, rows - skipped AS rows,
              (SELECT mapping.mapping ->> 'name' FROM import_mapping AS mapping
               WHERE mapping.code = mapping_code AND mapping.owner_area_id = file_import.owner_area_id) AS name
       FROM file_import WHERE sent_by = :person_id AND NOT dry_run ORDER BY import_id DESC LIMIT 10"""
)


def name_of(work: Work) -> str:
    """Return what the sheet is called: as somebody has named it, else as its file, without what follows a dot."""
    given = work.answers.get("name", "") or work.upload.file_name.rpartition(".")[0].replace("_", " ")
    return given[:LONGEST_NAME].strip() or "Blad"


def code_of(name: str) -> str:
    """Return the code of a mapping by its name, which is that of its source as well."""
    return f"blad-{coded(name)}"[:LONGEST_AREA_CODE].rstrip("-")


def mapping_for(work: Work) -> FileMapping:
    """Return the mapping of a file without open questions, with the cells that were corrected.

    Raises:
        InvalidMapping: it contradicts itself.
    """
    name = name_of(work)
    try:
        mapping = mapping_of(work.proposal, code_of(name), name, work.survey.delimiter)
    except ValidationError as error:
        found = [violation_of(fault, fault["loc"]) for fault in error.errors()]
        raise InvalidMapping("The mapping contradicts itself.", found) from None
    faults = [*contradictions(mapping)]
    if faults:
        raise InvalidMapping("The mapping contradicts itself.", faults)
    return FileMapping(**dict(mapping), corrections=corrections_of(work.answers))


async def queue(
    request: Request,
    connection: AsyncConnection,
    upload: Upload,
    mapping: FileMapping,
    *,
    is_trial: bool,
    removes: Sequence[UUID] = (),
) -> UUID:
    """Have a file imported in the background, or tried; once the transaction is committed, it begins.

    `removes` are activities that the file lacks: they go when it has been imported, if they still may.

    Raises:
        TooManyRequests: too many of the person's files wait.
    """
    person, actor = person_of(request), current_actor.get()
    files, _ = await waiting_files(connection, person.person_id)
    if files >= resources_of(request).settings.limits.waiting_files_per_key:
        detail = "Many files of this key wait to be imported. Send it again when some have been."
        raise TooManyRequests(detail, (), {"Retry-After": "60"})
    name = mapping.name or ""
    content = mapping.model_dump(mode="json", by_alias=True)
    import_id = await receive_import(
        connection,
        mapping.makes,
        str(FileType(upload.media_type)),
        code_of(name),
        content,
        dry_run=is_trial,
        sent_by=person.person_id,
        caller=actor.as_document() if actor else None,
        granted_area_ids=sorted(coordinated_areas(person.roles)),
        digest=upload.digest,
        uploaded_at=upload.created_at,
        removes=removes,
    )
    await copy_to_import(connection, upload.upload_id, import_id, is_trial=is_trial)
    await finish_receiving(connection, import_id, upload.size)
    # For the next sheet with these columns; it belongs to the owner of all, so that who has a part keeps none.
    if not is_trial and may_coordinate(person.owner_area_id):
        await put_mapping(connection, code_of(name), reusable_content(content))
    return import_id


async def wait_for(request: Request, import_id: UUID) -> dict[str, Any] | None:
    """Return the report of an import, once it has ended or after some seconds. No connection waits."""
    # What was committed just now begins at once.
    resources_of(request).singleton(NewUploads).set()
    entry = None
    for _ in range(round(_SECONDS_TO_WAIT / _SECONDS_BETWEEN_LOOKS)):
        async with resources_of(request).reading.connect() as connection:
            entry = await find(connection, import_id)
        if entry is None or entry["status"] in _ENDED:
            break
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
    return entry


async def find(connection: AsyncConnection, import_id: UUID) -> dict[str, Any] | None:
    """Return the report of an import, of whatever it makes."""
    for kind in (ACTIVITIES, OBSERVATIONS):
        entry = await queries.find(connection, kind.makes, import_id)
        if entry is not None:
            return entry | {"makes": kind.makes}
    return None


async def lacking(request: Request, upload: Upload, mapping: FileMapping, days: tuple[date, date]) -> list[Any]:
    """Return what earlier files of the sheet have brought in the days of this one, and this one lacks.

    What others have changed or brought again since it was uploaded is among it, and may not go with it.
    """
    resources = resources_of(request)
    async with resources.reading.connect() as connection:
        stored = await stored_of(connection, str(mapping.constants["source"]), days, upload.created_at)
    if not stored:
        return []
    there: set[str | None] = set()
    file_type = FileType(upload.media_type)
    pieces = pieces_of(resources.reading, upload)
    async for batch in await open_rows(resources, ACTIVITIES, file_type, pieces, mapping):
        there |= {row.activity.external_id for _, row in batch if row is not None and hasattr(row, "activity")}
    return [row for row in stored if row.external_id not in there]


async def same_file(connection: AsyncConnection, upload: Upload) -> Any:  # noqa: ANN401  a row
    """Return the import that has taken just the same file before, if there is one."""
    return (await connection.execute(_SAME_FILE, {"digest": upload.digest})).one_or_none()


async def latest_imports(connection: AsyncConnection, person_id: UUID) -> list[Any]:
    """Return the last imports of a person's files."""
    return [*(await connection.execute(_LATEST, {"person_id": person_id}))]
