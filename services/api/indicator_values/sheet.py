"""Indicator values as CSV: a row for each, and a column for each part of what stands beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import Response

from services.api.indicator_values.queries import COLUMNS

CSV = "text/csv"

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


def sheet_of(rows: Sequence[Sequence[Any]]) -> Response:
    """Answer with rows of COLUMNS as CSV; what stands inside the comparisons has a column each."""
    at = COLUMNS.index("comparisons")
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([*COLUMNS[:at], *(".".join(path) for path in _COMPARED), *COLUMNS[at + 1 :]])
    for row in rows:
        cells = [orjson.dumps(cell).decode() if isinstance(cell, list) else cell for cell in row]
        cells[at : at + 1] = [_inside(row[at], path) for path in _COMPARED]
        writer.writerow(cells)
    return Response(sheet.getvalue(), media_type=f"{CSV}; charset=utf-8")


def _inside(comparisons: Any, path: Sequence[str]) -> object:  # noqa: ANN401  JSON of any depth
    """Return what stands at the path; nothing where a part of it is null."""
    for name in path:
        comparisons = comparisons and comparisons[name]
    return comparisons
