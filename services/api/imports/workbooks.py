"""Reads the sheets of a workbook (XLSX) in a process of its own.

That process has a bounded memory and time, and only so many run at once, so that a hostile workbook costs itself and
nothing else. It starts when the file is whole: a client that sends slowly has none.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from tempfile import SpooledTemporaryFile
from typing import IO, Final
from weakref import WeakKeyDictionary

import orjson

from services.api.http.problems import BodyTooLarge, InflatedImport, InvalidImport
from services.api.imports import workbook_reader
from shared.domain.errors import Violation
from shared.files.cells import decoded
from shared.files.csv_records import Record
from shared.files.encodings import TOO_LONG, LineSplitter
from shared.files.sheet_reader import SheetNotes
from shared.limits import Limits

PIECE: Final = 64 * 1024
_LARGEST_IN_MEMORY: Final = 1024 * 1024

_places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class SheetStart(str):
    """The name of a sheet, whose rows follow."""

    __slots__ = ()


async def records_of(
    pieces: AsyncIterator[bytes], limits: Limits, sheet: str | None = None
) -> AsyncIterator[SheetStart | list[Record] | SheetNotes]:
    """Yield the start, the rows and the notes of each visible sheet of a workbook, or of the one that is named.

    Raises:
        BodyTooLarge: the file itself is too large.
        InvalidImport: it is no workbook, one that unpacks to too much, or has no such sheet.

    """
    with SpooledTemporaryFile(max_size=_LARGEST_IN_MEMORY) as file:
        size = 0
        async for piece in pieces:
            size += len(piece)
            if size > limits.workbook_bytes:
                most = limits.workbook_bytes
                raise BodyTooLarge(f"A workbook may have {most} bytes. Save it as CSV, which has no limit.")
            file.write(piece)
        # The other process reads the file by itself, from its beginning.
        file.rollover()
        file.seek(0)
        places = _places.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(limits.workbook_readers))
        async with places, _reader(file, limits, sheet) as reader:
            lines, number = LineSplitter(), 0
            assert reader.stdout is not None  # noqa: S101  (asked for as a pipe above)
            while piece := await reader.stdout.read(PIECE):
                batch: list[Record] = []
                for line in lines.take(piece):
                    sent = None if line is None else orjson.loads(line)
                    if isinstance(sent, str):
                        yield batch
                        yield SheetStart(sent)
                        batch, number = [], 0
                        continue
                    if isinstance(sent, dict):
                        yield batch
                        yield SheetNotes(**sent)
                        batch = []
                        continue
                    record = Record(number + 1, TOO_LONG) if sent is None else _record(*sent)
                    number = record.number
                    batch.append(record)
                yield batch
            _refuse_failure(await reader.wait())


def _record(number: int, blanks: int, cells: list[object]) -> Record:
    return Record(number, [*[""] * blanks, *map(decoded, cells)])


@asynccontextmanager
async def _reader(file: IO[bytes], limits: Limits, sheet: str | None) -> AsyncIterator[asyncio.subprocess.Process]:
    named = [] if sheet is None else [sheet]
    bounds = (limits.workbook_memory_bytes, limits.workbook_seconds, limits.workbook_unpacked_bytes)
    command = (sys.executable, "-m", workbook_reader.__name__, *map(str, bounds), *named)
    reader = await asyncio.create_subprocess_exec(*command, stdin=file, stdout=PIPE, stderr=DEVNULL)
    try:
        yield reader
    finally:
        with suppress(ProcessLookupError):
            reader.kill()
        await reader.wait()


def _refuse_failure(code: int) -> None:
    if code == workbook_reader.NO_WORKBOOK:
        remedy = "Save it anew as an Excel workbook (.xlsx) without a password, or as CSV."
        raise InvalidImport(
            "The workbook cannot be opened.", [Violation("", "is no workbook that can be read", remedy)]
        )
    if code == workbook_reader.NO_SUCH_SHEET:
        remedy = "Name the sheet in the mapping as in the workbook (`format.sheet`), or leave it out."
        raise InvalidImport("The workbook lacks a sheet.", [Violation("", "has no sheet of that name", remedy)])
    if code:
        fault = Violation("", "unpacks to more than can be read", "Part it, or save it as CSV.")
        raise InflatedImport("The workbook is too large when it is unpacked.", [fault])
