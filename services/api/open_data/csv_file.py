"""A dataset as CSV (RFC 4180): a line for each figure, with codes and names; comma, UTF-8, a decimal point."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from shared.files.formulas import without_formula

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.api.open_data.table import PublishedTable

MEDIA_TYPE = "text/csv"
# The names are those that the list of values has, in the same order.
COLUMNS = (
    *("indicatorCode", "indicatorName.sv", "indicatorName.en", "slice", "sliceName.sv", "sliceName.en"),
    *("areaCode", "areaName.sv", "areaName.en", "periodType", "period", "periodStart", "periodEnd"),
    *("value", "numerator", "denominator", "unit", "definitionVersion"),
)


def csv_of(table: PublishedTable) -> bytes:
    """Return a table as CSV. No text of it is taken for a formula by a spreadsheet program."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_lines(table))
    return sheet.getvalue().encode()


def _lines(table: PublishedTable) -> Iterator[tuple[object, ...]]:
    for figure in table.figures:
        names = table.names[figure.key]
        indicator, part, area = (
            (without_formula(names[name].sv), without_formula(names[name].en))
            for name in ("indicatorName", "sliceName", "areaName")
        )
        yield (
            *(figure.indicator_code, *indicator, figure.slice, *part, figure.area_code, *area),
            *(figure.period_type, figure.period, figure.period_start, figure.period_end),
            *(figure.value, figure.numerator, figure.denominator, figure.unit, figure.definition_version),
        )
