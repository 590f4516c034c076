"""Of every value of the demo's year, the files say what page, terminal and API do, as numbers to compute with.

That these three say the same is seen in tests/pages/agreement.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING

import pytest

from shared.domain.wording import WITHOUT_VALUE, Language
from tests.pages.agreement_files.conftest import download
from tests.pages.agreement_files.sources import lines_of, number_in, sheets_of

if TYPE_CHECKING:
    import httpx

    from shared.annex_tables.reading import YearTables
    from shared.annex_tables.rows import Cell, TableRow

pytestmark = [pytest.mark.long]
WORDS = WITHOUT_VALUE[Language.SV]
# Per cent are stored as parts of one, in binary.
EXACT = Decimal("1e-9")


async def test_the_table_has_every_value(tables: YearTables, visitor: httpx.AsyncClient) -> None:
    answer = await download(visitor, "tabell.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbfBilaga;Indikator;Enhet;T1;")
    assert answer.content.count(b"\r\n") == answer.content.count(b"\n")
    lines = lines_of(answer.content)
    rows = [(annex.title, row) for annex in tables.tables for row in annex.rows]
    assert [(line["Bilaga"], line["Indikator"]) for line in lines] == [(title, row.name) for title, row in rows]
    for line, (_, row) in zip(lines, rows, strict=True):
        for column, cell in zip(tables.columns, row.cells, strict=True):
            text, parts = line[column.heading], [line[f"{column.heading}, {part}"] for part in ("täljare", "nämnare")]
            if cell.value is None:
                assert text == WORDS.get(cell.status or "", ""), row.name
                assert parts == ["", ""], row.name
            else:
                assert number_in(text) == cell.value, row.name
            if cell.share_of:
                assert [number_in(part) for part in parts] == [cell.numerator, cell.denominator], row.name
        assert number_in(line["2015"]) == row.last_year.value, row.name
        assert number_in(line["Förändring"]) == row.last_year.change, row.name
        assert line[tables.target_heading] == "; ".join(target.asked for target in row.targets)
    assert sum(number_in(line["2016"]) is not None for line in lines) > 80
    assert {line["T1"] for line in lines} >= {"saknas", "dolt", "0"}


async def test_the_workbook_has_every_value(tables: YearTables, visitor: httpx.AsyncClient) -> None:
    answer = await download(visitor, "arbetsbok.xlsx")
    sheets = sheets_of(answer.content)
    annexes = {annex.title: annex for annex in tables.filled}
    assert [rows[0][0] for rows in sheets.values()] == [*annexes]
    assert [*sheets] == [*(f"Bilaga {number}" for number in range(1, 11)), "Utan bilaga"]
    compared = 0
    for rows in sheets.values():
        headings = [str(heading) for heading in rows[2]]
        listed = annexes[str(rows[0][0])].rows
        for row, cells in zip(listed, rows[3 : 3 + len(listed)], strict=True):
            in_sheet = dict(zip_longest(headings, cells))
            assert in_sheet["Indikator"] == row.name
            for column, cell in zip(tables.columns, row.cells, strict=True):
                compared += _same(in_sheet[column.heading], cell, row)
                if cell.share_of:
                    of_share = cells[headings.index(column.heading) + 1]
                    assert of_share == cell.share_of.replace("/", " av "), row.name
            before = row.last_year
            assert before.value is None or _near(in_sheet["2015"], before.value), row.name
            assert before.change is None or _near(in_sheet["Förändring"], before.change), row.name
    assert compared > 300


def _same(in_sheet: object, cell: Cell, row: TableRow) -> bool:
    """Compare a cell of the workbook with what it is of, and tell whether it is a number."""
    if cell.value is None:
        assert in_sheet == cell.text, row.name
        return False
    assert _near(in_sheet, cell.value), row.name
    return True


def _near(in_sheet: object, value: Decimal) -> bool:
    return isinstance(in_sheet, Decimal) and abs(in_sheet - value) < EXACT
