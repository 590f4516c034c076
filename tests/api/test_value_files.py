"""Files of values, from rows put into the read model as they are."""

# Over 300 lines: all rules of one resource, tested with the same few helpers.

from __future__ import annotations

import asyncio
import codecs
import csv
import io
import re
import time
import tracemalloc
import zipfile
from contextlib import ExitStack
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pyarrow as pa  # type: ignore[import-untyped]  # it tells no types
import pytest
from pyarrow import parquet
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from services.api.http.routing import BASE
from services.api.values.files import parquet as parquet_file
from services.api.values.files import routes, streaming, workbook
from services.api.values.files.schemas import FileQuery
from services.api.values.files.writers import CsvWriter
from services.api.values.queries import ValueFilter
from shared.db.access import FULL_ACCESS, acting
from shared.db.keys import KeyScope
from tests.api.read_model import put_shipped_series, put_value
from tests.conftest import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fastapi import FastAPI
    from sqlalchemy import Connection

    from shared.settings import Settings

FILES = f"{BASE}/indicator-value-files"
VALUES = f"{BASE}/indicator-values"
FORMATS = ("csv", "xlsx", "parquet", "stratsys")

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all, with the series of the catalogue."""
    url = fresh_database()
    put_shipped_series(url)
    return url


def put(rows: Connection, indicator: str, area: str = "1282", **fields: Any) -> None:
    """Put a value for March 2016, unless the fields say otherwise."""
    put_value(rows, indicator, area, **{"computed_at": datetime(2016, 5, 2, 8, 15).astimezone()} | fields)


def put_many(rows: Connection, number: int) -> None:
    """Put so many values of all indicators, areas and months."""
    rows.execute(
        text(
            """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, left_out, status)
               SELECT series_id, area_id, 'month', start, 5, 0, 'observed'
               FROM generate_series('2010-01-01'::date, '2019-12-01', '1 month') AS start, indicator_series, area
               WHERE NOT is_share LIMIT :number"""
        ),
        {"number": number},
    )


async def received(reader: httpx.AsyncClient, query: str) -> httpx.Response:
    answer = await reader.get(f"{FILES}?{query}")
    assert answer.status_code == 200, answer.text
    return answer


def workbook_rows(answer: httpx.Response) -> list[dict[str, Any]]:
    """Return the rows by the fields of the API, which the second sheet names for the headings of the first."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    header, *lines = book.get_sheet_by_index(0).to_python()
    _, *meanings = book.get_sheet_by_index(1).to_python()
    fields = {heading: str(field) for heading, _, field in meanings}
    return [dict(zip((fields[heading] for heading in header), line, strict=True)) for line in lines]


def table_of(answer: httpx.Response) -> pa.Table:
    return parquet.read_table(io.BytesIO(answer.content))


def put_some(rows: Connection) -> None:
    put(rows, "graffiti-cleanups", "0180", finality="final")
    put(rows, "graffiti-started-in-time", numerator=2, denominator=3, left_out=4)
    put(rows, "care-referrals", numerator=3, not_placed=3, status="suppressed")
    put(rows, "vandalism-cost", numerator=Decimal("1200.50"))
    target = '[{"rule": "atMost", "per": "month", "value": 100.0, "judgement": "onCourse"}]'
    put(rows, "workshops", targets=target)
    rows.execute(
        text(
            """INSERT INTO comparison SELECT series_id, area_id, period_type, period_start, numerator, denominator,
               '{"previousPeriod": {"value": 4, "change": 1.5, "changePercent": null}, "samePeriodLastYear": null,
                 "yearToDate": null, "last12Months": null, "per100000": 11.5, "latestMeasurement": null,
                 "reportingMunicipalities": {"reporting": 2, "of": 33}}' FROM indicator_value"""
        )
    )


async def test_csv_holds_what_the_list_shows(reader: httpx.AsyncClient, rows: Connection) -> None:
    put_some(rows)
    file = await received(reader, "format=csv&expand=names")
    listed = await reader.get(f"{VALUES}?expand=names&limit=1000", headers={"Accept": "text/csv"})
    assert file.content == listed.content
    assert len(file.text.splitlines()) == 6
    assert re.fullmatch(
        r'attachment; filename="indicator-values-\d{4}-\d\d-\d\d\.csv"', file.headers["content-disposition"]
    )


async def test_the_same_is_selected_as_by_the_list(reader: httpx.AsyncClient, rows: Connection) -> None:
    put_some(rows)
    put(rows, "workshops", period_type="year", period_start=date(2016, 1, 1))
    for query in ("area=0180", "indicator=workshops&period=2016", "from=2016-04", "slice=youth", "periodType=year"):
        listed = await reader.get(f"{VALUES}?{query}", headers={"Accept": "text/csv"})
        assert (await received(reader, query)).content == listed.content


async def test_a_workbook_has_typed_cells_and_keeps_codes(reader: httpx.AsyncClient, rows: Connection) -> None:
    put_some(rows)
    by_indicator = {
        row["indicatorCode"]: row for row in workbook_rows(await received(reader, "format=xlsx&expand=names"))
    }
    cleanups = by_indicator["graffiti-cleanups"]
    assert (cleanups["areaCode"], cleanups["indicatorName"]) == ("0180", "Klottersaneringar")
    assert (cleanups["periodStart"], cleanups["value"], cleanups["finality"]) == (date(2016, 3, 1), 5.0, "slutligt")
    assert cleanups["computedAt"] == datetime(2016, 5, 2, 8, 15)  # noqa: DTZ001  a workbook knows no zones
    assert by_indicator["vandalism-cost"]["value"] == 1200.5
    assert (by_indicator["graffiti-started-in-time"]["value"], by_indicator["graffiti-started-in-time"]["leftOut"]) == (
        66.666667,
        4.0,
    )
    assert (cleanups["previousPeriod.change"], cleanups["reportingMunicipalities.of"]) == (1.5, 33.0)


@pytest.mark.parametrize(
    ("asked", "accepted", "heading", "unit", "judged"),
    [
        ("", "", "Indikator", "antal", "Mål för månaden: högst 100. Bedömning: på väg att nås."),
        ("", "en", "Indicator", "number", "Target for the month: at most 100. Judgement: on track to be met."),
        ("&locale=sv", "en", "Indikator", "antal", "Mål för månaden: högst 100. Bedömning: på väg att nås."),
    ],
)
async def test_a_workbook_is_readable(
    reader: httpx.AsyncClient, rows: Connection, asked: str, accepted: str, heading: str, unit: str, judged: str
) -> None:
    """`trials E5`: English codes, targets as JSON, and ###."""
    put_some(rows)
    answer = await reader.get(f"{FILES}?format=xlsx{asked}", headers={"Accept-Language": accepted})
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.get_sheet_by_index(0).to_python()[0][0] == heading
    by_indicator = {row["indicatorCode"]: row for row in workbook_rows(answer)}
    assert (by_indicator["workshops"]["targets"], by_indicator["workshops"]["unitName"]) == (judged, unit)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    widths = [float(width) for width in re.findall(r'<col [^>]*width="([\d.]+)"', sheet)]
    assert min(widths) > len("2016-03-01") - 2
    assert "<autoFilter" in sheet


async def test_a_swedish_csv_opens_in_a_swedish_spreadsheet(reader: httpx.AsyncClient, rows: Connection) -> None:
    """`trials E4`: it opened as one column, with points."""
    put_some(rows)
    answer = await received(reader, "format=csv&locale=sv")
    assert answer.content.startswith(codecs.BOM_UTF8)
    lines = list(csv.DictReader(answer.content.decode("utf-8-sig").splitlines(), delimiter=";"))
    by_code = {line["Indikatorns kod"]: line for line in lines}
    assert by_code["vandalism-cost"]["Värde"] == "1200,5"
    assert by_code["graffiti-started-in-time"]["Värde"] == "66,666667"
    assert by_code["graffiti-cleanups"]["Förändring mot föregående period"] == "1,5"
    assert (by_code["graffiti-cleanups"]["Indikator"], by_code["care-referrals"]["Status"]) == (
        "Klottersaneringar",
        "dolt",
    )
    english = list(csv.DictReader((await received(reader, "locale=en")).content.decode("utf-8-sig").splitlines()))
    assert {line["Value"] for line in english} >= {"1200.5", "66.666667"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("format=csv&decimalSign=point", "decimalSign"),
        ("format=parquet&locale=sv", "locale"),
        ("format=stratsys&periodType=month&expand=names", "expand"),
        ("format=stratsys&periodType=month&locale=sv", "locale"),
        ("format=xlsx&decimalSign=comma", "decimalSign"),
    ],
)
async def test_an_option_that_does_nothing_is_refused(reader: httpx.AsyncClient, query: str, field: str) -> None:
    """`trials E4`."""
    answer = await reader.get(f"{FILES}?{query}")
    assert (answer.status_code, answer.json()["violations"][0]["field"]) == (400, field)


async def test_parquet_has_types_that_never_change(reader: httpx.AsyncClient, rows: Connection) -> None:
    empty = table_of(await received(reader, "format=parquet"))
    put_some(rows)
    table = table_of(await received(reader, "format=parquet"))
    assert table.schema == empty.schema
    types = {field.name: field.type for field in table.schema}
    assert types["value"] == pa.decimal128(38, 10)
    assert (types["periodStart"], types["computedAt"]) == (pa.date32(), pa.timestamp("us", tz="UTC"))
    assert (types["areaCode"], types["id"]) == (pa.dictionary(pa.int32(), pa.string()), pa.string())
    assert (types["revision"], types["previousPeriod.change"]) == (pa.int32(), pa.float64())
    by_indicator = {row["indicatorCode"]: row for row in table.to_pylist()}
    assert by_indicator["graffiti-cleanups"]["areaCode"] == "0180"
    assert by_indicator["vandalism-cost"]["value"] == Decimal("1200.5")
    assert by_indicator["graffiti-started-in-time"]["value"] == Decimal("66.666667")
    assert by_indicator["workshops"]["computedAt"] == datetime(2016, 5, 2, 8, 15).astimezone()


async def test_a_suppressed_figure_is_in_no_file(reader: httpx.AsyncClient, rows: Connection) -> None:
    put(rows, "care-referrals", numerator=37373, denominator=None, not_placed=37373, status="suppressed")
    assert "37373" not in (await received(reader, "format=csv")).text
    (row,) = workbook_rows(await received(reader, "format=xlsx"))
    assert (row["numerator"], row["value"], row["notPlaced"], row["status"]) == ("", "", "", "dolt")
    (row,) = table_of(await received(reader, "format=parquet")).to_pylist()
    assert (row["numerator"], row["value"], row["notPlaced"]) == (None, None, None)
    assert (await received(reader, "format=stratsys&periodType=month")).content == b""


async def test_stratsys_is_told_values_and_targets_by_codes(reader: httpx.AsyncClient, rows: Connection) -> None:
    put_some(rows)
    put(rows, "workshops", period_type="year", period_start=date(2016, 1, 1))
    lines = [
        *csv.reader((await received(reader, "format=stratsys&periodType=month")).text.splitlines(), delimiter="\t")
    ]
    assert sorted(lines) == [
        ["2016-03-01", "0180", "graffiti-cleanups~all", "value", "5"],
        ["2016-03-01", "1282", "graffiti-started-in-time~all", "value", "66,666667"],
        ["2016-03-01", "1282", "vandalism-cost~all", "value", "1200,5"],
        ["2016-03-01", "1282", "workshops~all", "target", "100,0"],
        ["2016-03-01", "1282", "workshops~all", "value", "5"],
    ]
    by_point = await received(reader, "format=stratsys&period=2016-03&decimalSign=point&indicator=vandalism-cost")
    assert by_point.text == "2016-03-01\t1282\tvandalism-cost~all\tvalue\t1200.5\r\n"
    mixed = await reader.get(f"{FILES}?format=stratsys")
    assert (mixed.status_code, mixed.json()["violations"][0]["field"]) == (400, "periodType")


@pytest.mark.parametrize(
    ("query", "field"),
    [("format=pdf", "format"), ("indicator=nothing", "indicator"), ("area=9999", "area"), ("page=2", "page")],
)
async def test_what_cannot_be_sent_is_told(reader: httpx.AsyncClient, query: str, field: str) -> None:
    answer = await reader.get(f"{FILES}?{query}")
    assert answer.status_code == 400
    assert [violation["field"] for violation in answer.json()["violations"]] == [field]


async def test_more_than_a_workbook_has_room_for_is_refused_before_it_is_begun(
    reader: httpx.AsyncClient, rows: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_some(rows)
    monkeypatch.setattr(routes, "MOST_ROWS", 4)
    answer = await reader.get(f"{FILES}?format=xlsx")
    assert (answer.status_code, answer.json()["violations"][0]["field"]) == (400, "format")
    assert (await received(reader, "format=csv")).status_code == 200


async def test_a_workbook_never_ends_early_without_saying_so(
    app: FastAPI, rows: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_many(rows, 10)
    monkeypatch.setattr(workbook, "MOST_ROWS", 9)
    with pytest.raises(workbook.TooManyRows):
        await size_of(app, "xlsx")


async def test_few_files_are_made_at_once(app: FastAPI, reader: httpx.AsyncClient, rows: Connection) -> None:
    places = app.state.resources.files
    with ExitStack() as others:
        for client in ("one", "two"):
            others.enter_context(places.taken_by(client))
        await received(reader, "format=csv")
        others.enter_context(places.taken_by("three"))
        answer = await reader.get(FILES)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    await received(reader, "format=csv")
    assert places.taken == 0


def mark(rows: Connection, table: str, area: str = "1282", indicator: str = "graffiti-cleanups") -> None:
    """Mark something as not computed yet."""
    columns, values = {
        "dirty_mark": ("writing_area_id, year, ripens_on", "area_id, 2016, '-infinity'"),
        "rollup_mark": ("series_id, area_id, year", "series_id, area_id, 2016"),
        "comparison_mark": ("series_id, area_id, year", "series_id, area_id, 2016"),
    }[table]
    rows.execute(
        text(
            f"""INSERT INTO {table} ({columns}) SELECT {values} FROM area, indicator_series
                WHERE code = :area AND indicator_code = :indicator AND slice = 'all'"""
        ),
        {"area": area, "indicator": indicator},
    )


@pytest.fixture
def unmarked(rows: Connection) -> Iterator[None]:
    """Leave nothing marked, before and after."""
    empty = text("TRUNCATE dirty_mark, rollup_mark, comparison_mark")
    rows.execute(empty)
    yield
    rows.execute(empty)


CLEANUPS_HERE = "indicator=graffiti-cleanups&area=1282"


@pytest.mark.usefixtures("unmarked")
@pytest.mark.parametrize(
    ("table", "area", "indicator", "query", "followed_by"),
    [
        ("comparison_mark", "1282", "graffiti-cleanups", "", "comparisons"),
        ("comparison_mark", "1282", "graffiti-cleanups", CLEANUPS_HERE, "comparisons"),
        ("comparison_mark", "0180", "graffiti-cleanups", CLEANUPS_HERE, "nothing"),
        ("comparison_mark", "1282", "school-visits", CLEANUPS_HERE, "nothing"),
        ("rollup_mark", "12", "graffiti-cleanups", "area=12", "figures"),
        ("rollup_mark", "12", "graffiti-cleanups", CLEANUPS_HERE, "nothing"),
        # What is observed anywhere may complete, or hide, what is observed here.
        ("rollup_mark", "0180", "care-referrals", "indicator=care-referrals&area=1282", "figures"),
        ("dirty_mark", "1282", "graffiti-cleanups", CLEANUPS_HERE, "figures"),
        ("dirty_mark", "1282", "graffiti-cleanups", "area=12", "figures"),
        ("dirty_mark", "0180", "graffiti-cleanups", CLEANUPS_HERE, "nothing"),
    ],
)
async def test_a_file_s_head_tells_what_follows(
    reader: httpx.AsyncClient, rows: Connection, table: str, area: str, indicator: str, query: str, followed_by: str
) -> None:
    """Trials A11."""
    put_some(rows)
    mark(rows, table, area, indicator)
    for format_name in ("csv", "xlsx"):
        answer = await received(reader, f"{query}&format={format_name}")
        assert answer.headers["samverkan-following"] == followed_by


@pytest.mark.usefixtures("unmarked")
async def test_a_complete_file_waits_for_what_follows(
    reader: httpx.AsyncClient, rows: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trials A11."""
    monkeypatch.setattr(routes, "SECONDS_BETWEEN_LOOKS", 0.01)
    put_some(rows)
    mark(rows, "comparison_mark")
    waiting = asyncio.create_task(reader.get(f"{FILES}?complete=true"))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    put(rows, "school-visits")
    rows.execute(text("TRUNCATE comparison_mark"))
    answer = await waiting
    assert (answer.status_code, answer.headers["samverkan-following"]) == (200, "nothing")
    assert "school-visits" in answer.text


@pytest.mark.usefixtures("unmarked")
async def test_a_complete_file_is_not_waited_for_for_ever(
    app: FastAPI, reader: httpx.AsyncClient, rows: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trials A11: and whoever waits holds neither a connection nor a place among the files."""
    monkeypatch.setattr(routes, "MOST_SECONDS", 0.3)
    put_some(rows)
    mark(rows, "comparison_mark")
    several = [asyncio.create_task(reader.get(f"{FILES}?complete=true&format=xlsx")) for _ in range(6)]
    await asyncio.sleep(0.1)
    assert (await received(reader, "format=csv")).headers["samverkan-following"] == "comparisons"
    for answer in await asyncio.gather(*several):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert [fault["field"] for fault in answer.json()["violations"]] == ["complete"]
    assert app.state.resources.files.taken == 0
    assert (await received(reader, "complete=true&area=0180")).headers["samverkan-following"] == "nothing"


async def size_of(app: FastAPI, format_name: str) -> int:
    """Make a file of everything, keep nothing of it, and return how long it was."""
    locale = "sv" if format_name == "xlsx" else None
    query = FileQuery.model_validate({"format": format_name, "periodType": "month", "locale": locale})
    snapshot = streaming.Snapshot(date(2017, 1, 1))
    pieces = routes._pieces(app.state.resources, ValueFilter(period_type="month"), query, snapshot, "client")
    with acting(FULL_ACCESS):
        return sum([len(piece) async for piece in pieces])


@pytest.mark.parametrize(
    ("format_name", "few", "many"), [("csv", 500, 5_000), ("parquet", 1_000, 6_000), ("xlsx", 200, 2_000)]
)
async def test_memory_does_not_grow_with_the_file(
    app: FastAPI, rows: Connection, monkeypatch: pytest.MonkeyPatch, format_name: str, few: int, many: int
) -> None:
    monkeypatch.setattr(streaming, "ROWS_IN_BATCH", 50)
    monkeypatch.setattr(parquet_file, "ROWS_IN_GROUP", 500)
    peaks, sizes = [], []
    for number in (few, many):
        rows.execute(text("TRUNCATE indicator_value"))
        put_many(rows, number)
        await size_of(app, format_name)  # what is allocated once is allocated now
        tracemalloc.start()
        sizes.append(await size_of(app, format_name))
        peaks.append(tracemalloc.get_traced_memory()[1] + pa.default_memory_pool().max_memory())
        tracemalloc.stop()
    assert sizes[1] > 4 * sizes[0]
    assert peaks[1] < 1.5 * peaks[0]


def comes_to(reading: Callable[[], int], expected: int) -> bool:
    """Return whether a count comes to be as expected before long."""
    for _ in range(600):
        if reading() == expected:
            return True
        time.sleep(0.05)
    return False


def test_when_the_client_has_gone_so_has_the_query(
    settings: Settings, api_keys: Mapping[KeyScope, str], rows: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_many(rows, 120_000)  # more than waits in the sockets on the way
    headers = {"Authorization": f"Bearer {api_keys[KeyScope.READ]}", "Accept-Encoding": "identity"}

    def reading() -> int:
        statement = """SELECT count(*) FROM pg_stat_activity
                       WHERE query LIKE '%every_value%' AND state <> 'idle' AND pid <> pg_backend_pid()"""
        return rows.execute(text(statement)).scalar_one()

    add, written = CsvWriter.add, []

    def counted(writer: CsvWriter, batch: list[Any]) -> bytes:
        written.append(len(batch))
        return add(writer, batch)

    monkeypatch.setattr(CsvWriter, "add", counted)
    with served(settings) as address:
        with httpx.stream("GET", f"{address}{FILES}", headers=headers) as answer:
            pieces = answer.iter_raw(1000)  # the connection ends with it
            assert next(pieces)
            assert comes_to(reading, 1)
        assert comes_to(reading, 0)
    assert sum(written) < 120_000
