"""Workbooks: their first sheet is imported as the same table in CSV would be, and a hostile one harms nobody."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import date, datetime

import httpx
import psutil  # type: ignore[import-untyped]  # it tells no types
import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it tells no types
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.api.http.routing import BASE
from services.api.imports import workbook_reader
from shared.limits import Limits
from shared.settings import Settings
from tests.api import bra
from tests.api.bra import ASSAULT, DAMAGE

pytestmark = pytest.mark.begins_with("landskrona")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER = ["source", "externalId", "type", "agreement", "annex", "area", "status", "start", "participants.residents"]
WALK = ["test", "walk-1", "safety-walk", "landskrona-2015-2016", 3, "1282-karlslund", "performed"]


def workbook(*rows: Sequence[object], hidden_first: bool = False) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        if hidden_first:
            notes = book.add_worksheet("Notes")
            notes.write("A1", "Not a table")
        sheet = book.add_worksheet("Table")
        if hidden_first:
            sheet.activate()
            sheet.set_first_sheet()
            notes.hide()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                error = cell.removeprefix("=ERR(")[:-1] if isinstance(cell, str) and cell.startswith("=ERR(") else None
                sheet.write(number, column, *(("=A1", None, error) if error else (cell,)))
    return file.getvalue()


async def send(client: httpx.AsyncClient, noun: str, content: bytes, **query: str) -> httpx.Response:
    return await client.post(f"{BASE}/{noun}", content=content, params=query, headers={"Content-Type": XLSX})


@pytest.mark.parametrize("hidden_first", [False, True])
async def test_dates_times_and_numbers_become_what_a_csv_has(client: httpx.AsyncClient, hidden_first: bool) -> None:
    half_past_eleven = datetime(2016, 4, 30, 23, 30)  # noqa: DTZ001  a cell knows no zone; Stockholm's is taken
    rows = [
        [*WALK, date(2016, 4, 12), 21],
        [],
        [*WALK[:1], "walk-2", *WALK[2:], half_past_eleven, 25.0],
        [*WALK[:1], "walk-3", *WALK[2:], "2016-05-02T18:00:00+02:00", "många"],
    ]
    response = await send(client, "activity-imports", workbook(HEADER, *rows, hidden_first=hidden_first))
    report = response.json()
    assert (response.status_code, report["rows"], report["created"]) == (201, 3, 2), report
    assert [(remark["row"], remark["field"]) for remark in report["remarks"]] == [(5, "participants.residents")]
    first, second = (await client.get(f"{BASE}/activities")).json()["activities"]
    assert (first["start"], first["annex"], first["participants"]["residents"]) == ("2016-04-12", 3, 21)
    assert (second["start"], second["periodDate"]) == ("2016-04-30T21:30:00Z", "2016-04-30")


async def test_a_table_of_crimes_says_the_same_as_a_workbook_and_as_csv(client: httpx.AsyncClient) -> None:
    (await client.put(f"{BASE}/import-mappings/bra-months", json=bra.mapping())).raise_for_status()
    rows = [bra.month(ASSAULT, "63.0"), bra.month(DAMAGE, "72.0", Kommun="0180"), bra.quarter(ASSAULT, "180.0")]
    numbers = {"År", "Månad", "Antal", "Brott_ID"}

    def cell(name: str, written: str) -> object:
        if name == "Preliminär":
            return written == "True"
        return float(written) if name in numbers and written else written

    sheet = workbook(bra.HEADER, *([cell(name, row.get(name, "")) for name in bra.HEADER] for row in rows))
    first = (await send(client, "observation-imports", sheet, mapping="bra-months")).json()
    assert (first["created"], first["skipped"], first["remarks"]) == (2, 1, [])
    headers = {"Content-Type": "text/csv"}
    query = {"mapping": "bra-months"}
    again = await client.post(f"{BASE}/observation-imports", content=bra.table(*rows), params=query, headers=headers)
    assert (again.json()["unchanged"], again.json()["skipped"]) == (2, 1)


def truncated() -> bytes:
    return workbook(HEADER, [*WALK, date(2016, 4, 12), 21])[:-400]


def no_sheet() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("note.txt", "no workbook")
    return file.getvalue()


def hollow() -> bytes:
    """Return a workbook of two cells so far apart that what lies between them fits in no memory."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "source")
        sheet.write(1_048_575, 16_383, "x")
    return file.getvalue()


def inflated() -> bytes:
    """Return a workbook whose texts are a thousand times as large when they are unpacked."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(HEADER))) as sound,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package,
    ):
        for name in sound.namelist():
            content = sound.read(name)
            if name.endswith("sharedStrings.xml"):
                text = b"<si><t>" + b"x" * 30_000 + b"</t></si>"
                content = content.replace(b"</sst>", text * 4000 + b"</sst>")
            package.writestr(name, content)
    return file.getvalue()


@pytest.mark.one_app
@pytest.mark.parametrize(
    "content",
    [b"", b"source,externalId", b"PK\x03\x04" + b"\0" * 100, truncated(), no_sheet(), workbook()],
    ids=["nothing", "csv", "zeros", "truncated", "no sheet", "empty sheet"],
)
async def test_what_is_no_workbook_is_told_as_such_and_leaves_nothing_behind(
    client: httpx.AsyncClient, content: bytes
) -> None:
    response = await send(client, "activity-imports", content)
    assert (response.status_code, response.json()["type"].rpartition("/")[2]) == (422, "invalid-import")
    assert (await client.get(f"{BASE}/activity-imports")).json()["activityImports"] == []


LITTLE_MEMORY = pytest.mark.parametrize("limits", [Limits(workbook_memory_bytes=100 * 1024 * 1024)], ids=["100 MiB"])


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.fixture
def settings(settings: Settings, limits: Limits) -> Settings:
    return settings.model_copy(update={"limits": limits})


@LITTLE_MEMORY
async def test_cells_that_are_far_apart_cost_nothing(client: httpx.AsyncClient) -> None:
    """Trials C7: what is to the right of the table is not read, and what lies between is not laid out."""
    response = await send(client, "activity-imports", hollow())
    assert (response.status_code, response.json()["rows"]) == (201, 0)


@LITTLE_MEMORY
async def test_a_workbook_that_unpacks_to_too_much_costs_only_its_own_process(client: httpx.AsyncClient) -> None:
    sound = await send(client, "activity-imports", workbook(HEADER, [*WALK, date(2016, 4, 12), 21]))
    assert sound.status_code == 201
    response = await send(client, "activity-imports", inflated())
    assert (response.status_code, response.json()["type"].rpartition("/")[2]) == (422, "invalid-import")
    assert "too large" in response.json()["detail"]


def readers() -> int:
    """Return how many processes read a workbook."""
    found = 0
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            found += workbook_reader.__name__ in child.cmdline()
    return found


async def test_a_reader_starts_when_the_file_is_whole_and_two_run_at_once(client: httpx.AsyncClient) -> None:
    """Trials C7: who sends slowly has none, and five at once take turns."""
    content = workbook(HEADER, *([*WALK, date(2016, 4, 12), 21] for _ in range(300)))
    seen = []

    async def slowly() -> AsyncIterator[bytes]:
        yield content[:1000]
        await asyncio.sleep(0.1)
        seen.append(readers())
        yield content[1000:]

    headers = {"Content-Type": XLSX}
    address = f"{BASE}/activity-imports?dryRun=true"
    answer = await client.post(address, content=slowly(), headers=headers)
    assert (answer.status_code, seen) == (201, [0])
    several = asyncio.gather(*(client.post(address, content=content, headers=headers) for _ in range(5)))
    most = 0
    while not several.done():
        most = max(most, readers())
        await asyncio.sleep(0.02)
    assert [answer.json()["rows"] for answer in await several] == [300] * 5
    assert 1 <= most <= Limits().workbook_readers


@pytest.mark.parametrize("limits", [Limits(workbook_bytes=1024)], ids=["1 KiB"])
async def test_a_workbook_larger_than_any_table_is_refused(client: httpx.AsyncClient) -> None:
    response = await send(client, "activity-imports", workbook(HEADER, [*WALK, date(2016, 4, 12), 21]))
    assert response.status_code == 413


CELLS = st.one_of(
    st.sampled_from(
        ["", "Ärende", "performed", "1,150", "#N/A", "2016-04-12", "=ERR(#DIV/0!)", "\u00a0", "x" * 500, "_x0000_"]
    ),
    st.integers(-(10**15), 10**15),
    st.floats(-1e300, 1e300, allow_nan=False),
    st.booleans(),
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001
    st.none(),
)


@hypothesis_settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rows=st.lists(st.lists(CELLS, max_size=12), min_size=3, max_size=20))
async def test_no_row_is_lost_whatever_the_cells_of_a_workbook_hold(
    client: httpx.AsyncClient, rows: list[list[object]]
) -> None:
    """No cell gives a fault of ours, and each row that says anything is counted once."""
    report = (await send(client, "activity-imports", workbook(HEADER, *rows))).json()
    blank = [row for row in rows if all(cell in {"", "\u00a0", None} for cell in row[: len(HEADER)])]
    assert report["rows"] == report["refused"] == len(rows) - len(blank)
