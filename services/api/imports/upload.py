"""How a file arrives: in which form, by which mapping, and whether the client waits until it is imported.

A client that does not wait gets its answer once the file is stored in the database, whole. The API imports it, since it
is the API that knows how rows are read and judged; the worker knows figures and no files.
"""

from __future__ import annotations

import asyncio
import errno
from asyncio import Event
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID

from fastapi import Request

from services.api.http.auth import Caller
from services.api.http.dependencies import Resources, resources_of
from services.api.http.media_types import media_type_of
from services.api.http.problems import (
    BodyTooLarge,
    InvalidImport,
    InvalidQuery,
    NotReady,
    TooManyRequests,
    UnsupportedMediaType,
)
from services.api.http.slots import NoSlot
from services.api.imports.mappings.content import MappingContent
from services.api.imports.mappings.queries import content_of
from services.api.imports.mappings.queries import find as find_mapping
from services.api.imports.named_areas import find_named_areas
from services.api.imports.record_type import D, F, K, RecordType
from services.api.imports.rows import FileType, NumberedRow, rows_of
from services.api.imports.run import run_import
from shared.db.actor import current_actor
from shared.db.keys import KeyScope
from shared.domain.errors import Violation
from shared.facts.imports import ImportProgress, finish_receiving, receive_import, store_piece, waiting_files
from shared.files.encodings import CHARSETS, known_charset
from shared.files.media_types import CSV, NDJSON, XLSX

RESPOND_ASYNC = "respond-async"
PIECE = 1024 * 1024


class NewUploads(Event):
    """Is set when a file has been stored that is to be imported in the background."""


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What a client asks for in addition to its file. `prefer` is the header (RFC 7240)."""

    today: date
    mapping_code: str | None
    dry_run: bool
    prefer: str | None

    @property
    def in_background(self) -> bool:
        """Whether the client does not wait."""
        preferences = (one.partition(";")[0].strip().lower() for one in (self.prefer or "").split(","))
        return RESPOND_ASYNC in preferences


async def import_file(request: Request, kind: RecordType[D, F, K], asked: UploadRequest) -> UUID:
    """Import the body of a request, or store it to be imported in the background, and return the import's id.

    Raises:
        InvalidImport: the file as a whole cannot be read.
        InvalidQuery: the mapping is unknown, or is for something else.
        UnsupportedMediaType: the file is of another form.
        NotReady: too many files are being received.
        TooManyRequests: too many of the client's files wait to be imported.

    """
    try:
        with resources_of(request).uploads.taken_by(request.state.caller.key_id):
            return await _import_file(request, kind, asked)
    except NoSlot:
        raise NotReady("Other files are being received. Send it again in a while.", (), {"Retry-After": "10"}) from None


async def _import_file(request: Request, kind: RecordType[D, F, K], asked: UploadRequest) -> UUID:
    resources = resources_of(request)
    file_type = _file_type(request)
    mapping = await _mapping(resources, kind, file_type.media_type, asked.mapping_code)
    sender: Caller = request.state.caller
    if asked.in_background:
        await _refuse_hoard(resources, sender)
        import_id = await _store_upload(resources, request.stream(), kind, file_type, mapping, asked, sender)
        resources.singleton(NewUploads).set()
    else:
        progress = ImportProgress()
        pieces = counted(request.stream(), progress)
        rows = await open_rows(resources, kind, file_type, pieces, mapping)
        import_id = await run_import(
            resources,
            kind,
            rows,
            asked.mapping_code,
            asked.today,
            granted_area_ids=sender.granted_areas(KeyScope.REPORT),
            progress=progress,
            dry_run=asked.dry_run,
        )
    return import_id


async def open_rows(
    resources: Resources,
    kind: RecordType[D, F, K],
    file_type: FileType,
    pieces: AsyncIterator[bytes],
    mapping: MappingContent | None,
) -> AsyncIterator[list[NumberedRow[D]]]:
    """Return the rows of a file, which is read as they are asked for: no connection is held meanwhile."""
    named: set[str] = {rule.named for rule in mapping.columns.values() if rule.named} if mapping else set()
    async with resources.reading.connect() as connection:
        catalogue = await resources.catalogue.current(connection)
        named_areas = {area_kind: await find_named_areas(connection, area_kind) for area_kind in named}
    return rows_of(file_type, pieces, kind, mapping, kind.reading(catalogue, named_areas), resources.settings.limits)


async def counted(pieces: AsyncIterator[bytes], progress: ImportProgress) -> AsyncIterator[bytes]:
    """Yield the pieces of a file, and count how much of it has been read."""
    async for piece in pieces:
        progress.bytes_read += len(piece)
        yield piece


def file_type_of(content_type: str) -> FileType:
    """Return what a Content-Type says of a file.

    Raises:
        UnsupportedMediaType: it is of another form or encoding than can be read.

    """
    sent = media_type_of(content_type)
    if sent.name not in {CSV, NDJSON, XLSX}:
        raise UnsupportedMediaType(f"Send {CSV}, {NDJSON} or {XLSX}, uncompressed.")
    # Other parameters say nothing of how a file is read.
    charset = sent.parameters.get("charset")
    has_no_header = sent.parameters.get("header", "").lower() == "absent"
    if charset is None or sent.name == XLSX:
        return FileType(sent.name, None, has_no_header)
    known = known_charset(charset)
    if known is None:
        raise UnsupportedMediaType(f"Send text in one of {', '.join(CHARSETS)}, and name that as its charset.")
    return FileType(sent.name, known, has_no_header)


def _file_type(request: Request) -> FileType:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType(f"Send {CSV}, {NDJSON} or {XLSX}, uncompressed.")
    return file_type_of(request.headers.get("content-type", ""))


async def _mapping(
    resources: Resources, kind: RecordType[D, F, K], media_type: str, code: str | None
) -> MappingContent | None:
    if code is None:
        return None
    async with resources.reading.connect() as reading:
        entry = await find_mapping(reading, code)
    if entry is None:
        fault = Violation("mapping", "no mapping has this code", "Take a code from /import-mappings.")
        raise InvalidQuery("The mapping is unknown.", [fault])
    if media_type == NDJSON:
        fault = Violation("mapping", "is for tables only", "Leave it out: NDJSON has the fields of the record.")
        raise InvalidQuery("NDJSON takes no mapping.", [fault])
    mapping = content_of(entry)
    if mapping.makes != kind.makes:
        fault = Violation("mapping", f"makes {mapping.makes}", f"Send the file to the imports of {mapping.makes}.")
        raise InvalidQuery("The mapping is for other records.", [fault])
    return mapping


async def _refuse_hoard(resources: Resources, sender: Caller) -> None:
    """Refuse to store one more file of a key, many of whose files wait already."""
    limits = resources.settings.limits
    async with resources.reading.connect() as reading:
        files, size = await waiting_files(reading, UUID(sender.key_id))
    if files >= limits.waiting_files_per_key or size >= limits.waiting_bytes_per_key:
        detail = "Many files of this key wait to be imported. Send it again when some have been."
        raise TooManyRequests(detail, (), {"Retry-After": "60"})


async def _store_upload(
    resources: Resources,
    pieces: AsyncIterator[bytes],
    kind: RecordType[D, F, K],
    file_type: FileType,
    mapping: MappingContent | None,
    asked: UploadRequest,
    sender: Caller,
) -> UUID:
    """Store a file whole, or not at all, and return the import's id.

    It is received on disk first: however long its client takes, no connection to the database is held meanwhile.
    """
    content = None if mapping is None else mapping.model_dump(mode="json", by_alias=True)
    with TemporaryFile(prefix="samverkan-") as received:
        size = await _receive(pieces, received, resources.settings.limits.upload_bytes)
        actor = current_actor.get()
        caller = actor.as_document() if actor else None
        async with resources.engine.begin() as connection:
            code, dry_run = asked.mapping_code, asked.dry_run
            import_id = await receive_import(
                connection,
                kind.makes,
                str(file_type),
                code,
                content,
                dry_run=dry_run,
                sent_by=UUID(sender.key_id),
                caller=caller,
                granted_area_ids=sender.granted_areas(KeyScope.REPORT),
            )
            number = 0
            while piece := await asyncio.to_thread(received.read, PIECE):
                await store_piece(connection, import_id, number, piece)
                number += 1
            await finish_receiving(connection, import_id, size)
    return import_id


async def _receive(pieces: AsyncIterator[bytes], received: IO[bytes], most: int) -> int:
    """Write a file to disk, and return how many bytes it has; it can then be read from its beginning."""
    size = 0
    try:
        async for piece in _of_one_size(pieces):
            size += len(piece)
            if size > most:
                raise BodyTooLarge(f"A file that is kept may have {most} bytes. Part it.")
            await asyncio.to_thread(received.write, piece)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise NotReady("There is no room for the file at the moment. Send it again later.", ()) from error
    if not size:
        raise InvalidImport("The file is empty.")
    received.seek(0)
    return size


async def _of_one_size(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what arrives in pieces that are worth a row each."""
    buffer = bytearray()
    async for piece in pieces:
        buffer += piece
        if len(buffer) >= PIECE:
            yield bytes(buffer)
            buffer.clear()
    if buffer:
        yield bytes(buffer)
