"""Writes a workbook of the rows of a file that were not imported, each with what is wrong with it beside its cells."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from services.cli.errors import CommandError
from shared.domain.errors import Violation
from shared.domain.matching import folded
from shared.files.cells import Cell, DateCell, NumberCell, TimeCell, TruthCell, text_of
from shared.files.encodings import LineDecoder, LineSplitter
from shared.files.reader import open_table
from shared.files.table import FaultyTable, Fit, Fits, TableForm, wants
from shared.wording.full_stop import with_full_stop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

ENDING: Final = ".xlsx"
_PIECE: Final = 256 * 1024
_FIELD: Final = "source"
_FORMATS: Final = {"day": "yyyy-mm-dd", "time": "yyyy-mm-dd hh:mm", "percent": "0.0%", "clock": "[hh]:mm", "bold": ""}

Row = tuple[int, "Sequence[Cell]"]


class WrongEnding(CommandError):
    """The file to be written is none of those that can be."""


def check_name(file: Path) -> None:
    """Raise WrongEnding unless the file is named like a workbook."""
    if file.suffix.lower() != ENDING:
        raise WrongEnding(f"{file} must end in {ENDING}: the rows are written as a workbook.")


def write(faulty: Path, sent: Path, remarks: Iterable[Mapping[str, Any]], mapping: Mapping[str, Any] | None) -> int:
    """Write the rows of a file that have remarks, and return how many they are.

    `mapping` is the one that it was imported by, as the API shows it. A remark on the file as a whole is left out.
    """
    about = {
        row: "; ".join(_said(remark) for remark in several)
        for row, several in groupby(sorted(remarks, key=_number), key=_number)
        if row
    }
    is_lines = sent.suffix.lower() in {".ndjson", ".jsonl"}
    names, rows = _lines(sent, about) if is_lines else _table(sent, about, mapping)
    _write_workbook(faulty, names, rows, about)
    return len(rows)


def _number(remark: Mapping[str, Any]) -> int:
    return int(remark["row"])


def _said(remark: Mapping[str, Any]) -> str:
    field = f"{remark['field']}: " if remark["field"] else ""
    return f"{field}{with_full_stop(remark['reason'])} {remark['remedy']}"


def _table(sent: Path, about: Mapping[int, str], mapping: Mapping[str, Any] | None) -> tuple[Sequence[str], list[Row]]:
    form = mapping["format"] if mapping else {}
    with sent.open("rb") as opened:
        written = TableForm(form.get("delimiter"), form.get("encoding"), form.get("headerRow"))
        table = open_table(opened, _fits(mapping), written, form.get("sheet"))
        try:
            # A row that cannot be cut into cells is named all the same.
            rows: list[Row] = [
                (number, [] if isinstance(cells, Violation) else cells)
                for stretch in table.rows()
                for number, cells in stretch
                if number in about
            ]
            names = table.header.names
        except FaultyTable:
            return [], []
    return ([] if isinstance(names, Violation) else names), rows


def _fits(mapping: Mapping[str, Any] | None) -> Fits:
    if mapping is not None:
        return wants(rule["column"] for rule in mapping["columns"].values())
    # Named like the fields, of which every file without a mapping has this one.
    return lambda names: Fit(sum(map(bool, names)), is_header=_FIELD in map(folded, names))


def _lines(sent: Path, about: Mapping[int, str]) -> tuple[Sequence[str], list[Row]]:
    return ["JSON"], [(number, [line]) for number, line in _numbered(sent) if number in about]


def _numbered(sent: Path) -> Iterator[tuple[int, str]]:
    lines, decoder, number = LineSplitter(), LineDecoder("utf-8"), 0
    with sent.open("rb") as opened:
        while piece := opened.read(_PIECE):
            for line in decoder.decode(lines.take(piece)):
                number += 1
                yield number, "" if isinstance(line, Violation) else line.strip()
    for line in decoder.decode(lines.finish()):
        yield number + 1, "" if isinstance(line, Violation) else line.strip()


def _write_workbook(file: Path, names: Sequence[str], rows: Sequence[Row], about: Mapping[int, str]) -> None:
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415  it tells no types; few commands need it

    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        formats = {
            name: book.add_format({"num_format": code} if code else {"bold": True}) for name, code in _FORMATS.items()
        }
        sheet = book.add_worksheet()
        width = max([0, *(index + 1 for index, name in enumerate(names) if name)])
        for column, name in enumerate([*names[:width], "Row", "Faults"]):
            sheet.write_string(0, column, name, formats["bold"])
        for line, (number, cells) in enumerate(rows, 1):
            for column, cell in enumerate(cells[:width]):
                _write_cell(sheet, line, column, cell, formats)
            sheet.write_number(line, width, number)
            sheet.write_string(line, width + 1, about[number])


def _write_cell(sheet: Any, line: int, column: int, cell: Cell, formats: Mapping[str, Any]) -> None:  # noqa: ANN401
    """Write a cell as what it is; a text never becomes a formula."""
    match cell:
        case NumberCell(value, is_percent):
            sheet.write_number(line, column, value, *([formats["percent"]] if is_percent else []))
        case TruthCell(value):
            sheet.write_boolean(line, column, value)
        case DateCell(value):
            sheet.write_datetime(line, column, value, formats["time" if isinstance(value, datetime) else "day"])
        case TimeCell(value):
            sheet.write_datetime(line, column, value, formats["clock"])
        case _:
            sheet.write_string(line, column, text_of(cell))
