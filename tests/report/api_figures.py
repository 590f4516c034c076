"""The figures of a report beside those that the API serves."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.api.http.routing import BASE
from shared.annex_tables.rows import JUDGED
from shared.domain.period import PeriodType
from tests.report.reading import shows

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from shared.annex_tables.reading import YearTables
    from shared.annex_tables.rows import TableRow

AREA = "1282"
NUMBERS = ("value", "numerator", "denominator")


async def served_of(client: httpx.AsyncClient, tables: YearTables) -> Mapping[str, dict[str, Any]]:
    """Return the values of the API, by their ids."""
    slices = sorted({row.slice for table in tables.tables for row in table.rows})
    values: dict[str, dict[str, Any]] = {}
    for column in tables.columns:
        asked: dict[str, Any] = {"area": AREA, "period": column.period.code, "limit": 1000, "slice": slices}
        answer = await client.get(f"{BASE}/indicator-values", params=asked)
        values |= {one["id"]: one for one in answer.json()["indicatorValues"]}
    return values


def are_the_api_s(tables: YearTables, served: Mapping[str, dict[str, Any]]) -> int:
    compared = 0
    for row in (row for table in tables.tables for row in table.rows):
        for column, cell in zip(tables.columns, row.cells, strict=True):
            value = served.get(f"{row.indicator}~{row.slice}~{AREA}~{column.period.code.lower()}")
            assert (cell.status is None) == (value is None), row
            if value is None:
                continue
            numbers = [None if value[name] is None else Decimal(str(value[name])) for name in NUMBERS]
            assert [cell.value, cell.numerator, cell.denominator] == numbers, row
            compared += 1
        last = served.get(f"{row.indicator}~{row.slice}~{AREA}~{tables.period.code.lower()}")
        before = last and last["comparisons"]["samePeriodLastYear"]
        if row.last_year.value is not None:
            assert before
            assert row.last_year.value == Decimal(str(before["value"]))
        so_far = last and last["comparisons"]["yearToDate"]
        assert row.year_to_date.value == (None if not so_far else Decimal(str(so_far["value"]))), row
        _is_the_latest_signal(row, tables, served)
        said = {one["judgement"] for one in (last or {}).get("targets", ())}
        assert said <= {one.judgement for target in row.targets for one in target.outcomes}, row
    return compared


def _is_the_latest_signal(row: TableRow, tables: YearTables, served: Mapping[str, dict[str, Any]]) -> None:
    """Of the year itself where no part of it was judged."""
    periods = sorted((one.period for one in tables.columns), key=lambda one: (one.type is not PeriodType.YEAR, one.end))
    values = [served.get(f"{row.indicator}~{row.slice}~{AREA}~{one.code.lower()}") for one in periods]
    judged = [one["signal"] for one in values if one and one["signal"] and one["signal"]["verdict"] in JUDGED]
    assert (row.signal and row.signal.text) == (judged[-1]["text"]["sv"] if judged else None), row


def shows_the_api_s(said: list[list[str]], tables: YearTables, served: Mapping[str, dict[str, Any]]) -> int:
    """See that each number of the tables' rows, as they are said, is the one that is served; return how many are."""
    compared = 0
    rows = [row for table in tables.filled for row in table.rows]
    for row, cells in zip(rows, said, strict=True):
        values = [served.get(f"{row.indicator}~{row.slice}~{AREA}~{one.period.code.lower()}") for one in tables.columns]
        last = values[-1] or {"comparisons": {}}
        others = ["yearToDate", "samePeriodLastYear"] if tables.has_year_to_date else ["samePeriodLastYear"]
        values += [last["comparisons"].get(one) for one in others]
        for cell, value in zip(cells[1:], values, strict=False):
            numbers = [None if not value or value.get(one) is None else Decimal(str(value[one])) for one in NUMBERS]
            assert shows(cell, *numbers), (row.name, cell, value)
            compared += numbers[0] is not None
    return compared
