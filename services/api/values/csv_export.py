"""Indicator values as CSV: a row for each, and a column for each part of its comparisons and its signal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from fastapi import Response

from services.api.values.names import NAMES
from services.api.values.schemas import EXAMPLE
from shared.files.formulas import without_formula
from shared.files.media_types import CSV
from shared.read_model.columns import COLUMNS, PUBLIC_NAMES, Column

_COMPARED = (
    *(
        (span, figure)
        for span in ("previousPeriod", "samePeriodLastYear", "yearToDate", "last12Months")
        for figure in ("value", "change", "changePercent")
    ),
    ("per100000",),
    ("latestMeasurement", "period"),
    ("latestMeasurement", "value"),
    ("reportingMunicipalities", "reporting"),
    ("reportingMunicipalities", "of"),
)


_JUDGED = (
    *((name,) for name in ("verdict", "rule", "reason", "months", "observed", "expected", "lowerLimit", "upperLimit")),
    *((name,) for name in ("pValue", "periods", "years", "isProvisional")),
    *(("changeFromLastYear", name) for name in ("change", "lowerLimit", "upperLimit")),
    ("text", "sv"),
    ("text", "en"),
)
_INSIDE = {"comparisons": _COMPARED, "signal": _JUDGED, **dict.fromkeys(NAMES, (("sv",), ("en",)))}


ColumnSource = tuple[int, Sequence[str], str]
"""Where a column of a sheet comes from: the position in a row, the path inside the value there, and its name."""


def sources_of(columns: Sequence[Column] = COLUMNS, names: Sequence[str] = ()) -> list[ColumnSource]:
    """Return where the columns that are wanted come from, in rows of COLUMNS and names.

    Each figure inside the comparisons and the signal has a column of its own, and so has each language of a name.
    """
    wanted = {*(column.public_name for column in columns), *names}
    return [
        (at, path, ".".join(path if name == "comparisons" else (name, *path)))
        for at, name in enumerate((*PUBLIC_NAMES, *names))
        if name in wanted
        for path in _INSIDE.get(name, ((),))
    ]


def sheet_of(rows: Sequence[Sequence[Any]], columns: Sequence[Column] = COLUMNS, names: Sequence[str] = ()) -> Response:
    """Answer with rows of COLUMNS and names as CSV, with the columns that are wanted."""
    return Response(_text(rows, sources_of(columns, names)), media_type=f"{CSV}; charset=utf-8")


def _text(rows: Sequence[Sequence[Any]], sources: Sequence[ColumnSource]) -> str:
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(name for _, _, name in sources)
    writer.writerows(plain_cells(rows, sources))
    return sheet.getvalue()


def plain_cells(rows: Iterable[Sequence[Any]], sources: Sequence[ColumnSource]) -> Iterator[list[Any]]:
    """Yield the values of each row's columns, of which no text is a formula.

    Only names are what anyone may have written: all others are codes, numbers, times and JSON.
    """
    named = [position for position, (_, _, name) in enumerate(sources) if name.partition(".")[0] in NAMES]
    for row in rows:
        cells = cells_of(row, sources)
        for position in named:
            cells[position] = without_formula(cells[position])
        yield cells


def cells_of(row: Sequence[Any], sources: Sequence[ColumnSource]) -> list[Any]:
    """Return the values of a row's columns; lists as JSON."""
    return [_cell(row[at], path) if path else _plain(row[at]) for at, path, _ in sources]


def _plain(value: object) -> object:
    return orjson.dumps(value).decode() if isinstance(value, list) else value


def _cell(value: Any, path: Sequence[str]) -> object:  # noqa: ANN401  JSON of any depth
    """Return the value at the path inside a column; nothing where a part of it is null, or was not told yet."""
    for name in path:
        value = value and value.get(name)
    return value


EXAMPLE_SHEET = _text([[EXAMPLE[name] for name in PUBLIC_NAMES]], sources_of())
"""The example of a value as CSV."""
