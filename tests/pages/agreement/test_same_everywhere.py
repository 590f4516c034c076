"""What the page, `samverkan values` and the API say of every value of the year is the same."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console
from sqlalchemy import NullPool, create_engine

from services.api.http.routing import BASE
from services.api.pages.agreement.summary import judgements_in
from services.cli.show import catalogue_in_force, print_year
from shared.annex_tables.reading import YearAsOf, area_of, read_year
from shared.domain.period import today
from shared.domain.person import PersonRole
from shared.domain.wording import Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    import httpx

    from shared.annex_tables.reading import YearTables
    from shared.annex_tables.rows import Cell, TableRow

YEAR, AREA = 2016, "1282"
NUMBERS = ("value", "numerator", "denominator")


@pytest.fixture
def tables(database_url: str) -> YearTables:
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        asked = YearAsOf(area_of(connection, AREA), YEAR, Language.SV, today())
        return read_year(connection, catalogue_in_force(connection), asked)


def test_a_target_counts_once_in_however_many_annexes_its_indicator_is(tables: YearTables) -> None:
    counted = judgements_in(tables.filled)
    assert counted
    assert judgements_in([*tables.filled, *tables.filled]) == counted


async def test_every_value_is_the_api_s(tables: YearTables, reader: httpx.AsyncClient) -> None:
    served: dict[str, dict[str, Any]] = {}
    slices = sorted({row.slice for row in _rows(tables)})
    for period_type in ("tertial", "year"):
        asked: dict[str, Any] = {
            "area": AREA,
            "from": YEAR,
            "to": YEAR,
            "periodType": period_type,
            "limit": 1000,
            "slice": slices,
        }
        answer = await reader.get(f"{BASE}/indicator-values", params=asked)
        served |= {one["id"]: one for one in answer.json()["indicatorValues"]}
    compared = 0
    for row in _rows(tables):
        for column, cell in zip(tables.columns, row.cells, strict=True):
            value = served.get(f"{row.indicator}~{row.slice}~{AREA}~{column.period.code.lower()}")
            assert (cell.status is None) == (value is None), row.name
            if value is not None:
                numbers = [None if value[name] is None else Decimal(str(value[name])) for name in NUMBERS]
                assert [cell.value, cell.numerator, cell.denominator] == numbers, row.name
                assert (cell.status, cell.left_out) == (value["status"], value["leftOut"]), row.name
                compared += 1
        year = served[f"{row.indicator}~{row.slice}~{AREA}~{YEAR}"]["comparisons"]["samePeriodLastYear"]
        assert row.last_year.value == (year and Decimal(str(year["value"]))), row.name
    assert compared > 300
    cells = [cell for row in _rows(tables) for cell in row.cells]
    assert {cell.status for cell in cells} >= {"observed", "zero", "missing", "suppressed"}
    assert {kind for cell in cells for kind in cell.lacks} == {"little", "absent"}, (
        "the demo's year is history: none late"
    )
    assert not any(cell.lacks for cell in cells if cell.value is None)


def test_the_terminal_prints_every_value(tables: YearTables, database_url: str) -> None:
    console = Console(record=True, width=600)
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        print_year(console, connection, AREA, YEAR, Language.SV)
    printed = [_spaced(line) for line in console.export_text().splitlines()]
    for row in _rows(tables):
        values = [f"{cell.text}{_marks(cell)}" for cell in row.cells]
        before = [row.last_year.text, row.last_year.change_text]
        asked = [text for one in row.targets[:1] for text in (one.asked, one.outcomes[0].text)]
        assert any(line.startswith(_spaced(" ".join([row.name, *values, *before, *asked]))) for line in printed), row
    sums = [sentence for table in tables.tables for sentence in tables.sums(table)]
    assert sums
    assert {*map(_spaced, sums)} <= {*printed}


async def test_the_page_shows_every_value(
    tables: YearTables, visiting: Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
) -> None:
    async with visiting(PersonRole.READER) as client:
        answer = await client.get("/overenskommelsen", params={"ar": str(YEAR)})
    assert answer.status_code == 200
    found = [
        [_words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for body in re.findall(r"<tbody>(.*?)</tbody>", answer.text, re.DOTALL)
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]
    expected = [_as_on_the_page(row) for row in _rows(tables)]
    assert [row[: len(tables.columns) + 3] for row in found] == expected
    listed = [_words(one) for one in re.findall(r"<li>(.*?)</li>", answer.text, re.DOTALL)]
    assert {_spaced(sentence) for table in tables.tables for sentence in tables.sums(table)} <= {*listed}


def _rows(tables: YearTables) -> list[TableRow]:
    return [row for table in tables.tables for row in table.rows]


def _marks(cell: Cell) -> str:
    """Return what the terminal writes in the first line of a cell behind its value."""
    mark = "*" if cell.is_preliminary else ""
    apart = f" {cell.apart}" if cell.apart else ""
    return mark if cell.share_of or cell.arrived else f"{apart}{mark}{cell.marks}"


def _as_on_the_page(row: TableRow) -> list[str]:
    values = [
        _spaced(
            f"{cell.text}{'*' if cell.is_preliminary else ''} {cell.share_of.replace('/', ' av ')} "
            f"{cell.arrived or cell.apart} {' '.join(cell.lacks.values())}"
        )
        for cell in row.cells
    ]
    signal = row.signal if row.signal and row.signal.is_deviation else None
    said = f"{row.name} {signal.period}: {signal.text}" if signal else row.name
    before = row.last_year
    return [_spaced(said), *values, _spaced(before.text), _spaced(f"{before.change_text} {before.interval}")]


def _words(html: str) -> str:
    """Return a cell's text without what narrow screens have for its heading."""
    html = re.sub(r'<span class="narrow">.*?</span>', "", html)
    return _spaced(unescape(re.sub(r"<[^>]*>", " ", html)).replace(" *", "*"))


def _spaced(text: str) -> str:
    return " ".join(text.split())
