"""Reads a workbook (XLSX) as if its first sheet had been saved as CSV, in a process of its own.

That process has a bounded memory and time, so that a hostile workbook costs itself and nothing else.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import suppress

from services.api.http.problems import BodyTooLarge, InvalidImport
from services.api.imports import workbook_reader
from shared.domain.errors import Violation

LARGEST_WORKBOOK = 64 * 1024 * 1024
LARGEST_MEMORY = 2 * 1024 * 1024 * 1024
PIECE = 64 * 1024


async def csv_of(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the first visible sheet of a workbook as CSV in UTF-8, a piece at a time.

    Dates become 2016-03-24, times of day 2016-03-24 18:00:00, whole numbers have no decimals, and truth is True or
    False. Rows without any cell are left out.

    Raises:
        BodyTooLarge: the file itself is too large.
        InvalidImport: it is no workbook, or one that unpacks to too much.

    """
    command = (sys.executable, "-m", workbook_reader.__name__, str(LARGEST_MEMORY))
    reader = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    feeding = asyncio.create_task(_feed(reader, pieces), name="workbook")
    try:
        assert reader.stdout is not None  # noqa: S101  (asked for as a pipe above)
        while piece := await reader.stdout.read(PIECE):
            yield piece
        await feeding
        _refuse_failure(await reader.wait())
    finally:
        feeding.cancel()
        with suppress(ProcessLookupError):
            reader.kill()
        await reader.wait()


async def _feed(reader: Process, pieces: AsyncIterator[bytes]) -> None:
    assert reader.stdin is not None  # noqa: S101  (asked for as a pipe above)
    size = 0
    try:
        async for piece in pieces:
            size += len(piece)
            if size > LARGEST_WORKBOOK:
                raise BodyTooLarge(f"A workbook may have {LARGEST_WORKBOOK} bytes. Save it as CSV, which has no limit.")
            # One that has ended says why by how it ended.
            with suppress(ConnectionError):
                reader.stdin.write(piece)
                await reader.stdin.drain()
    finally:
        # Also of a file that breaks off: whoever reads it must not wait for the rest.
        reader.stdin.close()


def _refuse_failure(code: int) -> None:
    if code == workbook_reader.NO_WORKBOOK:
        remedy = "Save it anew as an Excel workbook (.xlsx) without a password, or as CSV."
        raise InvalidImport(
            "The workbook cannot be opened.", [Violation("", "is no workbook that can be read", remedy)]
        )
    if code:
        fault = Violation("", "unpacks to more than can be read", "Part it, or save it as CSV.")
        raise InvalidImport("The workbook is too large when it is unpacked.", [fault])
