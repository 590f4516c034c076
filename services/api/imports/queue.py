"""Imports the files that are kept, one at a time, in the background of the API.

Which process does it is a matter of a lock that ends with its transaction: when a process is killed, another takes its
import up, after the last chunk that was kept. What fails without getting on is given up after a few attempts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

from services.api.http.dependencies import Resources
from services.api.http.problems import RequestError
from services.api.imports.mappings.schemas import MappingContent
from services.api.imports.record_type import Makes, RecordType
from services.api.imports.run import REFUSED, ImportRun
from services.api.imports.upload import NewUploads, counted, open_rows
from shared.domain.period import today
from shared.facts.imports import (
    MOST_ATTEMPTS,
    QueuedImport,
    Remark,
    close_import,
    fail_import,
    find_piece,
    lock_queued_import,
    start_attempt,
)

# How soon what another process has left is found; what comes in here is begun at once.
SECONDS_BETWEEN_LOOKS = 2.0

logger = logging.getLogger(__name__)


class _Stopped(Exception):
    """The process is to end; the import goes on in another."""


class ImportQueue:
    """Works on the kept imports for as long as the API runs."""

    def __init__(self, held: Resources, kinds: Mapping[Makes, RecordType[Any, Any, Any]]) -> None:
        self._held = held
        self._new_uploads = held.singleton(NewUploads)
        self._kinds = kinds
        self._stopping = asyncio.Event()
        self._failing_by = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work on what is kept while inside."""
        working = asyncio.create_task(self._run(), name="import_queue")
        yield
        # Told to stop, not cancelled: the chunk that is being written is kept whole.
        self._stopping.set()
        self._new_uploads.set()
        await working

    async def _run(self) -> None:
        while not self._stopping.is_set():
            self._new_uploads.clear()
            try:
                has_worked = await self._work()
            except _Stopped:
                return
            except Exception as error:  # noqa: BLE001  whatever it is, it must not be the last import
                self._tell_failing(error)
                has_worked = False
            else:
                self._failing_by = ""
            if not has_worked:
                await self._pause()

    def _tell_failing(self, error: Exception) -> None:
        """Log what fails, once; by its kind alone, since its text may repeat what was sent."""
        kind = type(error).__name__
        if kind != self._failing_by:
            logger.error("kept imports cannot go on (%s): they are tried again", kind)
        self._failing_by = kind

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS_BETWEEN_LOOKS):
                await self._new_uploads.wait()

    async def _work(self) -> bool:
        """Import the oldest file that no one works on; return whether there was one."""
        async with self._held.engine.connect() as guard, guard.begin():
            import_id = await lock_queued_import(guard)
            if import_id is None:
                return False
            async with self._held.engine.begin() as connection:
                kept = await start_attempt(connection, import_id)
            if kept is not None:
                await self._end(kept)
        return True

    async def _end(self, kept: QueuedImport) -> None:
        """Bring a kept import to its end."""
        failure, remarks = None, []
        if kept.attempts > MOST_ATTEMPTS:
            failure = "It has failed several times on our side. Tell us its id."
        else:
            try:
                await self._import(kept)
            except RequestError as error:
                failure = error.detail
                remarks = [Remark(0, REFUSED, told.field, told.reason, told.remedy) for told in error.violations]
        async with self._held.engine.begin() as connection:
            if failure is None:
                await close_import(connection, kept.import_id, completed=True)
            else:
                await fail_import(connection, kept.import_id, failure, remarks)

    async def _import(self, kept: QueuedImport) -> None:
        """Import what of a file has not been imported yet."""
        kind = self._kinds[kept.makes]  # type: ignore[index]  # the table knows no others
        mapping = None if kept.mapping is None else MappingContent.model_validate(kept.mapping)
        run = ImportRun(self._held, kind, kept.import_id, today(), kept.progress, dry_run=kept.dry_run)
        kept.progress.bytes_read = 0
        pieces = counted(self._pieces(kept.import_id), kept.progress)
        try:
            async for batch in await open_rows(self._held, kind, kept.media_type, pieces, mapping):
                await run.take(batch)
            await run.finish()
        finally:
            await run.settle()

    async def _pieces(self, import_id: UUID) -> AsyncIterator[bytes]:
        number = 0
        while True:
            if self._stopping.is_set():
                raise _Stopped
            async with self._held.reading.connect() as reading:
                piece = await find_piece(reading, import_id, number)
            if piece is None:
                return
            yield piece
            number += 1
