"""Imports the stored files, one at a time, in the background of the API.

Which process does it is a matter of a lock that ends with its transaction: when a process is killed, another takes its
import up, after the last chunk that was stored. What fails without getting on is given up after a few attempts.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.api.activities.changes import take_back
from services.api.http.dependencies import Resources
from services.api.http.problems import MOST_VIOLATIONS, RequestError
from services.api.imports.mappings.content import FileMapping, Makes
from services.api.imports.record_type import RecordType
from services.api.imports.removals import lock_removable
from services.api.imports.run import REFUSED, ImportRun
from services.api.imports.upload import NewUploads, counted, file_type_of, open_rows
from shared.db.access import FOR_ALL, FULL_ACCESS, NO_ACCESS, Access, act_with, acting
from shared.db.actor import Actor, acting_as, current_actor
from shared.db.engine import is_unavailable, took_too_long
from shared.db.keys import KeyScope
from shared.db.territories import Territories, fetch_on
from shared.domain.contact_details import contact_policy
from shared.domain.errors import listed
from shared.facts.imports import (
    MOST_ATTEMPTS,
    QueuedImport,
    Remark,
    close_import,
    fail_import,
    find_piece,
    forget_remarks,
    lock_queued_import,
    start_attempt,
)
from shared.facts.uploads import forget_uploads

# How soon what another process has left is found; what comes in here is begun at once.
SECONDS_BETWEEN_LOOKS = 2.0
SECONDS_BETWEEN_CLEANINGS = 3600.0
# How long a file waits that somebody has uploaded on a page and not imported.
UPLOAD_AGE = timedelta(days=1)

logger = logging.getLogger(__name__)


class _Stopped(Exception):
    """The process is to end; the import goes on in another."""


class ImportQueue:
    """Works on the queued imports for as long as the API runs."""

    def __init__(self, resources: Resources, kinds: Mapping[Makes, RecordType[Any, Any, Any]]) -> None:
        self._resources = resources
        self._new_uploads = resources.singleton(NewUploads)
        self._kinds = kinds
        self._stopping = asyncio.Event()
        self._failing_by = ""
        self._forget_at = 0.0
        self._excused: Counter[UUID] = Counter()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work on the queue while inside."""
        working = asyncio.create_task(self._run(), name="import_queue")
        yield
        # Asked to stop, not cancelled: the chunk that is being written is stored whole.
        self._stopping.set()
        self._new_uploads.set()
        await working

    async def _run(self) -> None:
        # As for a request; the task has a context of its own.
        contact_policy.set(self._resources.settings.contact_details)
        current_actor.set(Actor("imports", "samverkan imports"))
        act_with(FULL_ACCESS)
        while not self._stopping.is_set():
            self._new_uploads.clear()
            try:
                has_worked = await self._work()
                await self._forget()
            except _Stopped:
                return
            except Exception as error:  # noqa: BLE001  whatever it is, it must not be the last import
                self._tell_failing(error)
                has_worked = False
            else:
                self._failing_by = ""
            if not has_worked:
                await self._pause()

    async def _forget(self) -> None:
        """Remove what nobody has imported, and the old remarks of one import; look again in an hour after the last."""
        if time.monotonic() < self._forget_at:
            return
        age = timedelta(days=self._resources.settings.limits.import_remark_days)
        async with self._resources.engine.begin() as connection:
            await forget_uploads(connection, UPLOAD_AGE)
            if not await forget_remarks(connection, age):
                self._forget_at = time.monotonic() + SECONDS_BETWEEN_CLEANINGS

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
        async with self._resources.engine.connect() as guard, guard.begin():
            import_id = await lock_queued_import(guard)
            if import_id is None:
                return False
            async with self._resources.engine.begin() as connection:
                queued = await start_attempt(connection, import_id)
            if queued is not None:
                with acting_as(Actor.of_document(queued.caller) if queued.caller else current_actor.get()):
                    await self._end_or_excuse(queued)
        return True

    async def _end_or_excuse(self, queued: QueuedImport) -> None:
        """Bring an import to its end; an attempt that ends since PostgreSQL cannot be asked does not count.

        One of which a statement takes too long does: it may be the file, which would keep all others waiting for ever.
        """
        try:
            await self._end(queued)
        except Exception as error:
            if is_unavailable(error) and not took_too_long(error):
                self._excused[queued.import_id] += 1
            raise

    async def _end(self, queued: QueuedImport) -> None:
        """Bring a queued import to its end."""
        failure, remarks = "", []
        if queued.attempts - self._excused[queued.import_id] > MOST_ATTEMPTS:
            failure = "It has failed several times on our side. Tell us its id."
        else:
            try:
                with acting(await self._access(queued)):
                    await self._import(queued)
                    await self._complete(queued)
            except RequestError as error:
                failure = error.detail
                remarks = [
                    Remark(0, REFUSED, violation.field, violation.reason, violation.remedy)
                    for violation in listed(error.violations, MOST_VIOLATIONS)
                ]
            else:
                return
        async with self._resources.engine.begin() as connection:
            await fail_import(connection, queued.import_id, failure, remarks)

    async def _complete(self, queued: QueuedImport) -> None:
        """End an import whose rows are stored, and remove what it was to remove: both, or when it is taken up again.

        A row that was refused is not known again: what the file seems to lack may be that one, and stays. So does what
        others have changed or brought again since the file was uploaded.
        """
        chosen = () if queued.progress.counts[REFUSED] else queued.removes
        async with self._resources.engine.begin() as connection:
            # Of those that the sender may still change.
            removable = await lock_removable(connection, queued, chosen)
            for activity_id in removable:
                await take_back(connection, activity_id, self._resources.clock())
            # It ends, whatever its sender may do by now.
            await connection.exec_driver_sql(FOR_ALL)
            await close_import(connection, queued.import_id, completed=True, removed=len(removable))
        if removable:
            self._resources.wakeup.wakeup()

    async def _access(self, queued: QueuedImport) -> Access:
        """Return the access of whoever sent a file, where they might report when they did."""
        grants = frozenset((KeyScope.REPORT, area_id) for area_id in queued.granted_area_ids)
        async with self._resources.reading.connect() as reading:
            territories = Territories(self._resources.clock, self._resources.settings.figures_above)
            accesses = await territories.accesses(fetch_on(reading), grants, queued.owner_area_id)
        return accesses.get(KeyScope.REPORT, NO_ACCESS)

    async def _import(self, queued: QueuedImport) -> None:
        """Import what of a file has not been imported yet."""
        kind = self._kinds[queued.makes]  # type: ignore[index]  # the table knows no others
        mapping = None if queued.mapping is None else FileMapping.model_validate(queued.mapping)
        today = self._resources.clock()
        run = ImportRun(self._resources, kind, queued.import_id, today, queued.progress, dry_run=queued.dry_run)
        queued.progress.bytes_read = 0
        file_type = file_type_of(queued.media_type)
        pieces = counted(self._pieces(queued.import_id), queued.progress)
        try:
            async for batch in await open_rows(self._resources, kind, file_type, pieces, mapping):
                await run.take(batch)
            await run.finish()
        finally:
            await run.settle()

    async def _pieces(self, import_id: UUID) -> AsyncIterator[bytes]:
        number = 0
        while True:
            if self._stopping.is_set():
                raise _Stopped
            async with self._resources.reading.connect() as reading:
                piece = await find_piece(reading, import_id, number)
            if piece is None:
                return
            yield piece
            number += 1
