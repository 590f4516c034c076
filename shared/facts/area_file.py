"""Reads a CSV file of areas. Several rows of a code are one area with several parents, or with one at several times.

Columns: code, kind, placeKind, name, parent, validFrom, validTo, and if need be nameEn, parentFrom, parentTo.
"""

from __future__ import annotations

import csv
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from psycopg.types.range import DateRange

from shared.facts.areas import PARENT_KINDS, Area, Parent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COLUMNS = ("code", "kind", "placeKind", "name", "parent", "validFrom", "validTo")
FURTHER_COLUMNS = ("nameEn", "parentFrom", "parentTo")
# What every row of an area must say alike.
_OWN_COLUMNS = ("kind", "placeKind", "name", "nameEn", "validFrom", "validTo")
_DATES = ("validFrom", "validTo", "parentFrom", "parentTo")
_ONE_DAY = timedelta(days=1)

Row = dict[str, str]


class FaultyAreaFile(Exception):
    """A file of areas cannot be read; the text lists every fault with its row."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An area of the file, and the rows that describe it, counted from 1 below the header."""

    rows: tuple[int, ...]
    area: Area


def read_areas(lines: Iterable[str]) -> list[Entry]:
    """Return the areas of a CSV file, parents before their children.

    Raises:
        FaultyAreaFile: a column is missing or unknown, a row cannot be read, rows of one area contradict each other,
            or areas lie inside each other.

    """
    rows = _rows(lines)
    faults = [f"row {number}: {fault}" for number, row in enumerate(rows, 1) for fault in _faults(row)]
    by_code: dict[str, list[int]] = {}
    for number, row in enumerate(rows, 1):
        by_code.setdefault(row["code"], []).append(number)
    for numbers in by_code.values():
        first = rows[numbers[0] - 1]
        for number in numbers[1:]:
            faults += [
                f"row {number}: {column} is not as in row {numbers[0]}, which is the same area"
                for column in _OWN_COLUMNS
                if rows[number - 1][column] != first[column]
            ]
    if faults:
        raise FaultyAreaFile("\n  ".join(faults))
    entries = {code: _entry([(number, rows[number - 1]) for number in numbers]) for code, numbers in by_code.items()}
    return [entries[code] for code in _parents_first(entries)]


def _rows(lines: Iterable[str]) -> list[Row]:
    try:
        reader = csv.DictReader(lines, restkey="more", restval="", strict=True)
        columns = set(reader.fieldnames or ())
        missing = set(COLUMNS) - columns
        if missing:
            raise FaultyAreaFile(f"it lacks the columns {', '.join(sorted(missing))}.")
        unknown = columns - {*COLUMNS, *FURTHER_COLUMNS}
        if unknown:
            known = ", ".join((*COLUMNS, *FURTHER_COLUMNS))
            raise FaultyAreaFile(f"it has unknown columns: {', '.join(sorted(unknown))}. Known are {known}.")
        return [dict.fromkeys(FURTHER_COLUMNS, "") | row for row in reader]
    except csv.Error as error:
        raise FaultyAreaFile(f"it is not CSV: {error}.") from error


def _faults(row: Row) -> Iterator[str]:
    if "more" in row:
        yield "has more fields than the header"
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
        return date.fromisoformat(written)
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
    end = _day(last)
    return DateRange(_day(first), end and end + _ONE_DAY)


def _parents_first(entries: dict[str, Entry]) -> Iterable[str]:
    above = {
        code: [parent.code for parent in entry.area.parents if parent.code in entries]
        for code, entry in entries.items()
    }
    try:
        return list(TopologicalSorter(above).static_order())
    except CycleError as error:
        raise FaultyAreaFile(f"these areas lie inside each other: {', '.join(error.args[1][1:])}.") from error
