"""Reads a workbook from standard input, a file, and writes its sheets to standard output as lines of JSON.

A text is the name of a sheet; a list below it is a row: its number, how many empty cells it begins with, and the
others; an object at its end has its notes. It runs as a process of its own, with limits on its memory and time: a
workbook of a few kilobytes can unpack to more than any has.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Sequence
from typing import Final

import orjson

from shared.files.cells import Cell, encoded
from shared.files.workbook import InflatedWorkbook, NoWorkbook, UnknownSheet, Workbook

# The exit codes for what is no workbook, and for one that lacks the sheet; any other but 0 means that it is too large.
NO_WORKBOOK = 3
NO_SUCH_SHEET = 4
INFLATED = 5
# Tables in XML shrink to a tenth or a twentieth when they are packed. So a workbook may unpack to a hundred times its
# size, or to what takes no time; and what is written of it, where a text may come again in each cell, to as much.
_MOST_INFLATION: Final = 100
_ALWAYS_UNPACKED: Final = 4 * 1024 * 1024
_NICENESS: Final = 10


def main() -> None:
    """Read and write; the exit code says what went wrong."""
    memory, seconds, unpacked, *sheet = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    os.nice(_NICENESS)
    size = os.fstat(sys.stdin.fileno()).st_size
    try:
        _write(min(int(unpacked), max(_ALWAYS_UNPACKED, _MOST_INFLATION * size)), *sheet)
    except UnknownSheet:
        sys.exit(NO_SUCH_SHEET)
    except InflatedWorkbook:
        sys.exit(INFLATED)
    except NoWorkbook:
        sys.exit(NO_WORKBOOK)


def _write(most: int, sheet: str | None = None) -> None:
    """Write the sheets, which may unpack to so many bytes, and be as many when they are written."""
    output, written = sys.stdout.buffer, 0
    workbook = Workbook(sys.stdin.buffer, most)
    for name, rows in workbook.sheets(sheet):
        output.write(orjson.dumps(name) + b"\n")
        for number, cells in rows:
            line = orjson.dumps([number, *_without_leading_blanks(cells)]) + b"\n"
            written += len(line)
            if written > most:
                raise InflatedWorkbook("it is far more when it is written")
            output.write(line)
        output.write(orjson.dumps(workbook.notes._asdict()) + b"\n")
    output.flush()


def _without_leading_blanks(cells: Sequence[Cell]) -> tuple[int, list[object]]:
    """Return how many empty cells a row begins with, and the others as JSON."""
    first = next((position for position, cell in enumerate(cells) if cell != ""), len(cells))
    return first, [*map(encoded, cells[first:])]


if __name__ == "__main__":
    main()
