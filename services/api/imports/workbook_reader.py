"""Reads a workbook from standard input and writes its first visible sheet to standard output as CSV.

A process of its own, with a limit on its memory: a workbook of a few kilobytes can unpack to more than any has.
"""

from __future__ import annotations

import csv
import io
import resource
import sys
from datetime import date, datetime, time

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

# The exit code for what is no workbook; any other but 0 means that it is too large.
NO_WORKBOOK = 3
MOST_SECONDS = 120


def main() -> None:
    """Read and write; the exit code says what went wrong."""
    memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        visible = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        rows = workbook.get_sheet_by_name(visible[0]).iter_rows()
    except (CalamineError, OSError, IndexError, ValueError):
        sys.exit(NO_WORKBOOK)
    output = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    writer = csv.writer(output, lineterminator="\n")
    for row in rows:
        cells = [_text(cell) for cell in row]
        if any(cells):
            writer.writerow(cells)
    output.flush()


def _text(cell: object) -> str:
    """Return a cell as it would stand in CSV."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat(" ", "seconds")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


if __name__ == "__main__":
    main()
