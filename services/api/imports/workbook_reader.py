"""Reads a workbook from standard input, a file, and writes its sheets to standard output as lines of JSON.

A text is the name of a sheet; a list below it is a row, its number and its cells. It runs as a process of its own,
with a limit on its memory: a workbook of a few kilobytes can unpack to more than any has.
"""

from __future__ import annotations

import resource
import sys

import orjson

from shared.files.cells import encoded
from shared.files.workbook import NoWorkbook, UnknownSheet, Workbook

# The exit codes for what is no workbook, and for one that lacks the sheet; any other but 0 means that it is too large.
NO_WORKBOOK = 3
NO_SUCH_SHEET = 4
MOST_SECONDS = 120


def main() -> None:
    """Read and write; the exit code says what went wrong."""
    memory, *sheet = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    output = sys.stdout.buffer
    try:
        for name, rows in Workbook(sys.stdin.buffer).sheets(*sheet):
            output.write(orjson.dumps(name) + b"\n")
            for number, cells in rows:
                output.write(orjson.dumps([number, [*map(encoded, cells)]]) + b"\n")
    except UnknownSheet:
        sys.exit(NO_SUCH_SHEET)
    except NoWorkbook:
        sys.exit(NO_WORKBOOK)
    output.flush()


if __name__ == "__main__":
    main()
