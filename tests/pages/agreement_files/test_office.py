"""What a Swedish user sees who opens the files: numbers, values as on the page, and on paper a page for each annex."""

from __future__ import annotations

import csv
import io
import re
import zlib
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING

import pytest

from tests.pages.agreement_files.conftest import download
from tests.pages.agreement_files.office import AS_DISPLAYED, NEEDS_SOFFICE, SWEDISH_TABLE, Office
from tests.pages.agreement_files.sources import lines_of, number_in, sheets_of, spaced

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from shared.annex_tables.reading import YearTables

pytestmark = [pytest.mark.long, NEEDS_SOFFICE]
# A4 on its side, in points.
A4_LANDSCAPE = (842, 595)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def test_the_table_opens_with_numbers_as_numbers(office: Office, visitor: httpx.AsyncClient) -> None:
    content = (await download(visitor, "tabell.csv")).content
    [opened] = office.convert("tabell.csv", content, "xlsx", SWEDISH_TABLE).values()
    [[_, *rows]] = sheets_of(opened).values()
    numbers = 0
    for line, cells in zip(lines_of(content), rows, strict=True):
        for heading, cell in zip_longest(line, cells, fillvalue=""):
            text = line[str(heading)]
            wanted = number_in(text)
            if wanted is None:
                assert cell == text, (line["Indikator"], heading)
            else:
                assert isinstance(cell, Decimal), (line["Indikator"], heading)
                assert abs(cell - wanted) < Decimal("1e-9"), (line["Indikator"], heading)
                numbers += 1
    assert numbers > 600


async def test_the_workbook_displays_what_the_page_does(
    office: Office, visitor: httpx.AsyncClient, tables: YearTables
) -> None:
    content = (await download(visitor, "arbetsbok.xlsx")).content
    displayed = {}
    for sheet in office.convert("bok.xlsx", content, AS_DISPLAYED).values():
        lines = [*csv.reader(io.StringIO(sheet.decode()), delimiter=";")]
        displayed[lines[0][0]] = lines[3:]
    for annex in tables.filled:
        headings, *lines = displayed[annex.title]
        for row, cells in zip(annex.rows, lines, strict=False):
            in_sheet = {heading: spaced(cell) for heading, cell in zip(headings, cells, strict=True)}
            for column, cell in zip(tables.columns, row.cells, strict=True):
                text = spaced(f"{cell.text}{'*' if cell.is_preliminary else ''}")
                assert in_sheet[column.heading] == text, (row.name, column.heading)
            assert in_sheet["2015"] == spaced(row.last_year.text), row.name
            assert in_sheet["Förändring"] == spaced(row.last_year.change_text), row.name


async def test_each_annex_is_printed_on_a_page_of_a4(
    office: Office, visitor: httpx.AsyncClient, tables: YearTables
) -> None:
    content = (await download(visitor, "arbetsbok.xlsx")).content
    [printed] = office.convert("bok.xlsx", content, "pdf").values()
    unpacked = _unpacked(printed)
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", unpacked)
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {A4_LANDSCAPE}
    assert len(re.findall(rb"/Type\s*/Page\b", unpacked)) == len(tables.filled)


def _unpacked(pdf: bytes) -> bytes:
    """Return a PDF with what is compressed in it."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return pdf + b"".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x")
