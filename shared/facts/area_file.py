"""Reads a file of areas, CSV or a workbook.

Several rows of a code are one area with several parents, or with one at several times.

Columns: code, kind, placeKind, name, parent, validFrom, validTo, and if need be nameEn, parentFrom, parentTo.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import IO, TYPE_CHECKING

from psycopg.types.range import DateRange

from shared.db.days import days_from
from shared.domain.errors import Violation
from shared.domain.matching import folded, trimmed
from shared.facts.areas import PARENT_KINDS, Area, Parent
from shared.files.cells import ErrorCell, is_error, text_of
from shared.files.reader import read_table
from shared.files.table import FaultyTable, wants

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shared.files.cells import Cell
    from shared.files.csv_records import Record

COLUMNS = ("code", "kind", "placeKind", "name", "parent", "validFrom", "validTo")
FURTHER_COLUMNS = ("nameEn", "parentFrom", "parentTo")
# What every row of an area must say alike.
_OWN_COLUMNS = ("kind", "placeKind", "name", "nameEn", "validFrom", "validTo")
_DATES = ("validFrom", "validTo", "parentFrom", "parentTo")
# Of codes that Statistics Sweden has given.
_DIGITS = {"municipality": 4, "county": 2}

Row = dict[str, str]


class FaultyAreaFile(Exception):
    """A file of areas cannot be read; the text lists every fault with its row."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An area of the file, and the rows that describe it, by the numbers that a spreadsheet program shows."""

    rows: tuple[int, ...]
    area: Area


def read_areas(file: IO[bytes]) -> list[Entry]:
    """Return the areas of a file, parents before their children.

    Raises:
        FaultyAreaFile: a column is missing or unknown, a row cannot be read, rows of one area contradict each other,
            or areas lie inside each other.

    """
    rows, faults = _rows(file)
    faults += [f"row {number}: {fault}" for number, row in rows.items() for fault in _faults(row)]
    by_code: dict[str, list[int]] = {}
    for number, row in rows.items():
        by_code.setdefault(row["code"], []).append(number)
    for numbers in by_code.values():
        first = rows[numbers[0]]
        for number in numbers[1:]:
            faults += [
                f"row {number}: {column} is not as in row {numbers[0]}, which is the same area"
                for column in _OWN_COLUMNS
                if rows[number][column] != first[column]
            ]
    if faults:
        raise FaultyAreaFile("\n  ".join(faults))
    entries = {code: _entry([(number, rows[number]) for number in numbers]) for code, numbers in by_code.items()}
    return [entries[code] for code in _parents_first(entries)]


def _rows(file: IO[bytes]) -> tuple[dict[int, Row], list[str]]:
    """Return the rows by their numbers, and what is wrong with those that cannot be read."""
    try:
        header, records = read_table(file, wants(COLUMNS))
    except FaultyTable as error:
        raise FaultyAreaFile(f"{error.detail}.") from error
    assert not isinstance(header.names, Violation)  # noqa: S101  read_table refuses it
    known = {folded(column): column for column in (*COLUMNS, *FURTHER_COLUMNS)}
    named = [(index, known.get(folded(name)), name) for index, name in enumerate(header.names) if name]
    found = [column for _, column, _ in named if column]
    if missing := sorted({*COLUMNS} - {*found}):
        raise FaultyAreaFile(f"it lacks the columns {', '.join(missing)}.")
    if unknown := sorted(name for _, column, name in named if column is None):
        columns = ", ".join((*COLUMNS, *FURTHER_COLUMNS))
        raise FaultyAreaFile(f"it has unknown columns: {', '.join(unknown)}. Known are {columns}.")
    if twice := sorted({column for column in found if found.count(column) > 1}):
        raise FaultyAreaFile(f"it has these columns twice: {', '.join(twice)}.")
    indexes = {column: index for index, column, _ in named if column}
    rows: dict[int, Row] = {}
    faults: list[str] = []
    for record in records:
        row = _row(record, indexes)
        if isinstance(row, str):
            faults.append(f"row {record.number}: {row}")
        else:
            rows[record.number] = row
    return rows, faults


def _row(record: Record, indexes: dict[str, int]) -> Row | str:
    """Return the texts of a row by column, or what is wrong with it. What is to the right of the table is not read."""
    cells = record.cells
    if isinstance(cells, Violation):
        return cells.reason
    row = dict.fromkeys(FURTHER_COLUMNS, "")
    for column, index in indexes.items():
        cell: Cell = cells[index] if index < len(cells) else ""
        text = "" if isinstance(cell, ErrorCell) else trimmed(text_of(cell))
        if isinstance(cell, ErrorCell) or is_error(text):
            return f"{column} holds an error of the spreadsheet program"
        row[column] = text
    # A spreadsheet takes the zero off a code that begins with one.
    row["code"] = _code_of(row["kind"], row["code"])
    row["parent"] = _code_of({"municipality": "county"}.get(row["kind"], "municipality"), row["parent"])
    return row


def _code_of(kind: str, code: str) -> str:
    digits = _DIGITS.get(kind, 0)
    return code.zfill(digits) if code.isdecimal() and len(code) == digits - 1 else code


def _faults(row: Row) -> Iterator[str]:
    if not row["code"]:
        yield "code is empty"
    if row["kind"] not in PARENT_KINDS:
        yield f"kind is none of {', '.join(PARENT_KINDS)}"
    for column in _DATES:
        if row[column] and _day(row[column]) is None:
            yield f"{column} is no date such as 2016-03-24"
    if not row["parent"] and (row["parentFrom"] or row["parentTo"]):
        yield "parent is empty, and yet has days"


def _day(written: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(written.removesuffix(" 00:00:00"))
    return None


def _entry(numbered: list[tuple[int, Row]]) -> Entry:
    own = numbered[0][1]
    parents = tuple(
        Parent(row["parent"], _span(row["parentFrom"], row["parentTo"])) for _, row in numbered if row["parent"]
    )
    area = Area(
        code=own["code"],
        kind=own["kind"],
        place_kind=own["placeKind"] or None,
        name=own["name"],
        name_en=own["nameEn"] or None,
        valid=_span(own["validFrom"], own["validTo"]),
        parents=parents,
    )
    return Entry(tuple(number for number, _ in numbered), area)


def _span(first: str, last: str) -> DateRange:
    return days_from(_day(first), _day(last))


def _parents_first(entries: dict[str, Entry]) -> Iterable[str]:
    above = {
        code: [parent.code for parent in entry.area.parents if parent.code in entries]
        for code, entry in entries.items()
    }
    try:
        return list(TopologicalSorter(above).static_order())
    except CycleError as error:
        raise FaultyAreaFile(f"these areas lie inside each other: {', '.join(error.args[1][1:])}.") from error
