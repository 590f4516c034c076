"""A value's signal, by every interface that serves values, as the pass that judges it has stored it."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from pyarrow import parquet  # type: ignore[import-untyped]  # it tells no types
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from services.api.http.routing import BASE
from services.api.odata.routes import ROOT
from services.indicators.compute.signals import judge_signals
from shared.db.engine import build_engine
from shared.facts.marks import signal_marks
from tests.api.read_model import Value, put_values

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

CLEANUPS = "graffiti-cleanups"
USUAL = (9, 11, 8, 12, 10, 9, 13, 7, 10, 11, 8, 12)
APRIL = "graffiti-cleanups~all~1282~2016-04"

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all, with three years of figures and a spring that differs in April."""
    url = fresh_database()
    months = [(year, month, USUAL[month - 1]) for year in (2013, 2014, 2015) for month in range(1, 13)]
    months += [(2016, month, value) for month, value in enumerate((9, 11, 8, 40), 1)]
    put_values(url, [Value(CLEANUPS, f"{year}-{month:02}", value) for year, month, value in months])
    asyncio.run(judge(url))
    return url


async def judge(url: str, as_of: date = date(2016, 5, 1)) -> None:
    engine = build_engine(url)
    async with engine.begin() as connection:
        years = "SELECT DISTINCT series_id, area_id, extract(year FROM period_start) FROM indicator_value"
        await connection.execute(text(signal_marks(years)))
    await judge_signals(engine.begin, lambda: as_of)
    await engine.dispose()


async def stored(reader: httpx.AsyncClient) -> dict[str, Any]:
    answer = await reader.get(f"{BASE}/indicator-values/{APRIL}")
    signal: dict[str, Any] = answer.json()["signal"]
    return signal


async def test_json_has_the_signal_or_null(reader: httpx.AsyncClient) -> None:
    april = await stored(reader)
    assert (april["verdict"], april["observed"], april["months"], april["rule"]) == ("more", 40, 1, "exactCounts")
    assert april["text"]["sv"].startswith("Fler än väntat: 40, normalt ")
    listed = (await reader.get(f"{BASE}/indicator-values?periodType=month&from=2013-01&to=2013-02")).json()
    assert [value["signal"] for value in listed["indicatorValues"]] == [None, None]
    chosen = (await reader.get(f"{BASE}/indicator-values?fields=signal&from=2016-04&to=2016-04")).json()
    assert chosen["indicatorValues"] == [{"signal": april}]


async def test_csv_and_files_have_a_column_for_each_part(reader: httpx.AsyncClient) -> None:
    april = await stored(reader)
    asked = "indicator=graffiti-cleanups&area=1282&from=2016-04&to=2016-04"
    sheet = await reader.get(f"{BASE}/indicator-values?{asked}", headers={"Accept": "text/csv"})
    (row,) = csv.DictReader(sheet.text.splitlines())
    assert (row["signal.verdict"], row["signal.text.en"]) == ("more", april["text"]["en"])
    assert float(row["signal.upperLimit"]) == april["upperLimit"]
    since = april["changeFromLastYear"]
    assert (since["change"], float(row["signal.changeFromLastYear.lowerLimit"])) == (28, since["lowerLimit"])

    file = await reader.get(f"{BASE}/indicator-value-files?{asked}&format=parquet")
    (whole,) = parquet.read_table(io.BytesIO(file.content)).to_pylist()
    for name in ("verdict", "rule", "months", "expected", "lowerLimit", "upperLimit", "pValue", "isProvisional"):
        assert whole[f"signal.{name}"] == april[name], name
    for name in ("change", "lowerLimit", "upperLimit"):
        assert whole[f"signal.changeFromLastYear.{name}"] == since[name], name

    book = await reader.get(f"{BASE}/indicator-value-files?{asked}&format=xlsx")
    sheet_rows = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    heading = next(row for row in sheet_rows if "Avvikelse" in row)
    cells = dict(zip(heading, sheet_rows[sheet_rows.index(heading) + 1], strict=True))
    assert cells["Avvikelse"] == april["text"]["sv"]
    assert (cells["Nedre gräns"], cells["Övre gräns"]) == (april["lowerLimit"], april["upperLimit"])


async def test_the_feed_of_power_bi_has_limits_in_the_row_of_the_value(reader: httpx.AsyncClient) -> None:
    april = await stored(reader)
    answer = await reader.get(f"{ROOT}/IndicatorValues?$filter=signal eq 'more' and periodType eq 'month'")
    (row,) = answer.json()["value"]
    assert (row["period"], row["value"]) == ("2016-04", 40)
    assert (row["lowerLimit"], row["upperLimit"]) == (april["lowerLimit"], april["upperLimit"])
    assert row["expectedValue"] == pytest.approx(april["expected"])
    since = april["changeFromLastYear"]
    assert (row["lastYearChangeLower"], row["lastYearChangeUpper"]) == (since["lowerLimit"], since["upperLimit"])
    assert (row["signalTextSv"], row["signalIsProvisional"]) == (april["text"]["sv"], False)
    beyond = await reader.get(f"{ROOT}/IndicatorValues?$filter=value gt upperLimit&$select=period")
    assert [one["period"] for one in beyond.json()["value"]] == ["2016-04"]


async def test_a_signal_that_changes_is_in_the_changes_and_moves_computed_at(
    reader: httpx.AsyncClient, database_url: str
) -> None:
    """April of the year before is corrected: this April's figure stays, and what was expected of it does not."""
    before = (await reader.get(f"{BASE}/indicator-values/{APRIL}")).json()
    seen = await all_changes(reader)
    assert seen["entries"][APRIL]["signal"] == before["signal"]
    engine = build_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE indicator_value SET numerator = 20 WHERE period_start = '2015-04-01'"))
    await engine.dispose()
    await judge(database_url)
    after = (await reader.get(f"{BASE}/indicator-values/{APRIL}")).json()
    assert after["signal"]["expected"] > before["signal"]["expected"]
    assert after["value"] == before["value"]
    assert (after["revision"], after["computedAt"] > before["computedAt"]) == (before["revision"] + 1, True)
    following = await all_changes(reader, seen["cursor"])
    assert following["entries"][APRIL]["signal"] == after["signal"]
    refreshed = await reader.get(f"{ROOT}/IndicatorValues?$filter=computedAt gt {before['computedAt']}&$select=id")
    assert APRIL in {one["id"] for one in refreshed.json()["value"]}


async def all_changes(reader: httpx.AsyncClient, cursor: str | None = None) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    while True:
        since = f"&since={cursor}" if cursor else ""
        page = (await reader.get(f"{BASE}/changes?batchSize=500{since}")).json()
        entries |= {change["id"]: change["indicatorValue"] for change in page["changes"]}
        cursor = page["nextCursor"]
        if not page["hasMore"]:
            return {"entries": entries, "cursor": cursor}


async def test_a_chart_has_a_band_of_what_is_normal_and_a_triangle_where_a_value_is_not(
    reader: httpx.AsyncClient,
) -> None:
    asked = f"{BASE}/indicator-value-charts?indicator=graffiti-cleanups&area=1282&from=2015-06&to=2016-04"
    svg = (await reader.get(f"{asked}&format=svg")).text
    april = await stored(reader)
    limits = f"{april['lowerLimit']:.0f}–{april['upperLimit']:.0f}"
    assert f"april 2016: 40, fler än väntat, normalt {limits}." in svg
    assert "mars 2016: 8, normalt " in svg
    words = [*re.findall(r"<text[^>]*>([^<]+)</text>", svg)]
    assert {"normalt intervall", "tydlig avvikelse"} <= {*words}
    # A band for each month that has limits, and one triangle, which points up.
    [limits] = re.findall(r'<g class="limits"[^>]*>(.*?)</g>', svg)
    assert limits.count("<line") == 2 * 11
    [triangle] = re.findall(r'<g class="deviations"><polygon points="[^,]*,([^ ]*) [^,]*,([^ ]*) [^>]*></g>', svg)
    assert float(triangle[0]) < float(triangle[1])
    picture = await reader.get(f"{asked}&format=png&language=en")
    assert picture.status_code == 200
