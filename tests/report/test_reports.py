"""The report by the API: each format has every figure of the API's, refusals are clear, and nobody sees more."""

from __future__ import annotations

import asyncio
import io
import re
import shutil
import zipfile
from base64 import b64decode
from datetime import date
from html import unescape
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import NullPool, create_engine, text
from typer.testing import CliRunner

from services.api.http.routing import BASE
from services.api.reports import charts, making
from services.api.reports.making import KINDS
from services.cli import main
from services.cli.errors import CommandError
from services.cli.show import catalogue_in_force
from shared.annex_tables.reading import area_of, read_period
from shared.db import keys
from shared.db.access import FULL_ACCESS, acting
from shared.db.keys import KeyScope
from shared.domain.period import Period
from shared.domain.person import GivenRole, PersonRole
from shared.domain.wording import Language
from shared.report.grid import grid_of
from shared.settings import Settings
from tests.api.today import let_today_be
from tests.conftest import BASE_URL, served
from tests.extent import ONLY_LONG, sample_of
from tests.pages.agreement_files.sources import sheets_of, spaced
from tests.pages.people import browser, invite, sign_in
from tests.report.api_figures import AREA, are_the_api_s, served_of, shows_the_api_s
from tests.report.checkers import faults_by_outloud, faults_by_page_validation, faults_by_pikepdf
from tests.report.reading import (
    has_same_numbers,
    joined,
    rows_of_docx,
    rows_of_html,
    rows_of_pdf,
    sentences_of_html,
    signals_of,
    tagged_lines,
    text_of_pdf,
    texts_in,
)
from tests.taken_connections import note_taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from fastapi import FastAPI

    from shared.annex_tables.reading import YearTables

pytestmark = pytest.mark.long

PDFINFO = shutil.which("pdfinfo")


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    return year_database()


def _tables(database_url: str, code: str, language: Language = Language.SV) -> YearTables:
    with acting(FULL_ACCESS), create_engine(database_url, poolclass=NullPool).connect() as connection:
        catalogue = catalogue_in_force(connection)
        return read_period(connection, catalogue, area_of(connection, AREA), Period.parse(code), language)


async def _report(client: httpx.AsyncClient, name: str, form: str, language: str = "sv") -> bytes:
    answer = await client.get(f"{BASE}/reports/{name}", params={"format": form, "language": language})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == KINDS[form].media_type  # type: ignore[index]  # one of them
    assert answer.headers["content-language"] == language
    return answer.content


def _texts(tables: YearTables) -> Iterator[list[str]]:
    for table in tables.filled:
        for row in grid_of(table.rows, tables).rows:
            yield [spaced(f"{cell.text} {cell.small}") for cell in row]


@pytest.mark.timeout(600)  # four formats, with a hundred charts
@pytest.mark.parametrize("code", ["2016-T2", pytest.param("2016", marks=ONLY_LONG)])
async def test_each_format_has_every_figure_of_the_api(reader: httpx.AsyncClient, database_url: str, code: str) -> None:
    tables, name = _tables(database_url, code), f"{AREA}~{code.lower()}"
    assert tables.has_year_to_date == (code == "2016-T2")
    figures = await served_of(reader, tables)
    assert are_the_api_s(tables, figures) > 90
    expected = [*_texts(tables)]
    assert len(expected) > 60
    made = {form: await _report(reader, name, form) for form in KINDS}
    assert rows_of_html(made["html"]) == expected
    assert rows_of_docx(made["docx"]) == expected
    assert has_same_numbers(made["xlsx"], tables)
    assert faults_by_page_validation(made["pdf"]) == faults_by_outloud(made["pdf"]) == []
    assert faults_by_pikepdf(made["pdf"]) == []
    signals = [*signals_of(tables)]
    assert len(signals) > 10
    assert [(form, one) for form, text in texts_in(made).items() for one in signals if one not in text] == []
    again = {form: await _report(reader, name, form) for form in sample_of([*KINDS], len(KINDS))}
    assert [form for form in again if again[form] != made[form]] == []
    if PDFINFO is None:
        pytest.skip("all but what the PDF reads as, which needs pdfinfo: Debian's package poppler-utils")
    lines = tagged_lines(made["pdf"], PDFINFO)
    rows = rows_of_pdf(lines)
    assert [[*map(joined, row)] for row in rows] == [[*map(joined, row)] for row in expected]
    assert shows_the_api_s(rows, tables, figures) > 90
    heard = joined(text_of_pdf(lines))
    assert [one for one in sentences_of_html(made["html"]) if joined(one) not in heard] == []


async def test_the_report_says_what_the_page_says_and_more(reader: httpx.AsyncClient) -> None:
    said = " ".join((await _report(reader, f"{AREA}~2016", "html")).decode().split())
    for one in (
        "Överenskommelsen i Landskrona: 2016",
        "Fem saker att veta",
        "Mål som inte är nått",
        "Bilaga 7: Kontaktpoliser",
        "Syfte och mål",
        "Diagram",
        "Åtaganden",
        "Kommentarer",
        "Så har värdena räknats",
        "data:image/svg+xml;base64,",
    ):
        assert one in said, one
    # Spring's visits to a school were never reported: all indicators have a value, but that is not all there should be.
    first_page = said.partition('id="contents"')[0]
    assert "Uppgifter saknas" in first_page
    assert "Inget saknas" not in said
    assert "Alla indikatorer har ett värde för 2016." in said
    assert re.search(r'class="number">\d[^<]*°', said)
    assert "° litet underlag: så få fall" in said
    charts = [b64decode(one).decode() for one in re.findall(r"data:image/svg\+xml;base64,([^\"]*)", said)]
    assert len(charts) > 50
    for part in ("bars", "line", "limits", "targets"):
        assert any(f'class="{part}"' in chart for chart in charts), part
    english = (await _report(reader, f"{AREA}~2016-t1", "html", "en")).decode()
    assert "The agreement in Landskrona: tertial 1 (January–April) 2016" in english
    assert '<p lang="sv">' in english


async def test_a_report_of_a_tertial_has_nothing_of_what_came_later(
    reader: httpx.AsyncClient, database_url: str
) -> None:
    tables = _tables(database_url, "2016-T1")
    assert [column.heading for column in tables.columns] == ["T1"]
    assert tables.heading_before == "T1 2015"
    said = (await _report(reader, f"{AREA}~2016-t1", "html")).decode()
    assert "T2</th>" not in said
    assert not re.search(r"(?i)tertial 2 2016", re.sub(r"<h2 id=.method.*", "", said, flags=re.DOTALL))


async def test_a_report_of_a_tertial_awaits_nothing_of_a_later_one(app: FastAPI, reader: httpx.AsyncClient) -> None:
    let_today_be(app, date(2016, 11, 5))
    tertial, year = [(await _report(reader, f"{AREA}~2016{one}", "html")).decode() for one in ("-t2", "")]
    planned = "Trygghetsvandring, Lindparken, planerad till 25"
    assert planned in year
    assert planned not in tertial
    assert "Senast 10\N{NO-BREAK SPACE}januari 2017" not in tertial


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("1282~2016-t9", "such as 1282~2016-t1"),
        ("1282~", "such as 1282~2016-t1"),
        ("1282", "such as 1282~2016-t1"),
        ("1282~1066", "such as 1282~2016-t1"),
        ("1282~2016~t1", "such as 1282~2016-t1"),
        ("1282~2016-03", "not of a month"),
        ("9999~2016", "No area has this code"),
        ("~2016", "No area has this code"),
        ("1280~2016", "No agreement covers the area"),
        ("SE~2016", "No agreement covers the area"),
        ("1282~2003", "No agreement covers the area"),
        ("1282~2016-q1", "no figures"),
        ("1282~2016-h2", "no figures"),
    ],
)
async def test_what_there_is_no_report_of_is_refused_by_name(reader: httpx.AsyncClient, name: str, detail: str) -> None:
    for method in ("GET", "HEAD"):
        answer = await reader.request(method, f"{BASE}/reports/{name}")
        assert answer.status_code == 404, name
    answer = await reader.get(f"{BASE}/reports/{name}")
    assert detail in answer.json()["detail"]
    swedish = await reader.get(f"{BASE}/reports/{name}", headers={"Accept-Language": "sv"})
    assert swedish.json()["detail"] != answer.json()["detail"]


async def test_format_and_language_are_those_that_are_liked_best(reader: httpx.AsyncClient) -> None:
    address = f"{BASE}/reports/{AREA}~2016-t1"
    head = await reader.head(address)
    assert head.headers["content-type"] == "application/pdf"
    assert "content-length" not in head.headers
    assert "rapport-landskrona-2016-t1.pdf" in head.headers["content-disposition"]
    liked = {"Accept": "text/html", "Accept-Language": "en"}
    head = await reader.head(address, headers=liked)
    assert head.headers["content-type"].startswith("text/html")
    assert head.headers["content-language"] == "en"
    assert (await reader.head(address, headers={"Accept": "image/png"})).status_code == 406
    assert (await reader.head(address, params={"format": "odt"})).status_code == 400
    assert (await reader.head(address, params={"sprak": "en"})).status_code == 400


async def test_those_of_another_municipality_see_figures_alone(app: FastAPI, database_url: str) -> None:
    with acting(FULL_ACCESS), create_engine(database_url, poolclass=NullPool).begin() as connection:
        key = keys.create(connection, "Höganäs", [KeyScope.READ], ["1284"])
        note = connection.execute(text("SELECT text FROM indicator_note LIMIT 1")).scalar_one()
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL, headers=headers) as client:
        said = (await _report(client, f"{AREA}~2016", "html")).decode()
        book = await _report(client, f"{AREA}~2016", "xlsx")
    assert "Kommentarer och det som saknas visas bara för den som följer upp området." in said
    assert note not in said
    with zipfile.ZipFile(io.BytesIO(book)) as package:
        assert note not in package.read("xl/sharedStrings.xml").decode()
    assert "Skolbesök efter behov" in said


async def test_a_report_waits_for_a_place_and_says_so(reader: httpx.AsyncClient) -> None:
    asked = [reader.get(f"{BASE}/reports/{AREA}~2016", params={"format": "xlsx"}) for _ in range(6)]
    answers = await asyncio.gather(*asked)
    statuses = sorted(one.status_code for one in answers)
    assert statuses[0] == 200
    assert statuses[-1] == 503
    assert {*statuses} == {200, 503}


async def test_the_page_leads_to_each_period_and_format(app: FastAPI, database_url: str) -> None:
    invited = invite(database_url, "rapport@kommun.example", [GivenRole(PersonRole.COORDINATOR, AREA)])
    async with browser(app) as visitor:
        await sign_in(visitor, invited)
        overview = (await visitor.get("/overenskommelsen", params={"omrade": AREA, "ar": "2016"})).text
        [address] = re.findall(r'href="(/overenskommelsen/rapport[^"]*)"', overview)
        chosen = await visitor.get(unescape(address))
        links = [unescape(one) for one in re.findall(r'href="(/overenskommelsen/rapport/[^"]*)"', chosen.text)]
        assert "Tertial 2 (maj–augusti) 2016" in chosen.text
        assert len(links) == 4 * len(KINDS)
        for link in [one for one in links if "/2016." in one or "/2016-t1.html" in one]:
            answer = await visitor.get(link)
            assert answer.status_code == 200, link
            assert answer.headers["content-disposition"].startswith("attachment; ")
            assert answer.headers["content-type"] == KINDS[link.partition(".")[2].partition("?")[0]].media_type  # type: ignore[index]  # one of them
        assert "<h3>Hela året 2016</h3>" in chosen.text
        assert "Ingen har skrivit någon kommentar." in (await visitor.get(links[1])).text
        for file in ("2016-T2.odt", "2016-03.pdf", "1999.pdf", "x", "2016.pdf.pdf"):
            refused = await visitor.get(f"/overenskommelsen/rapport/{file}", params={"omrade": AREA})
            assert refused.status_code == 404, file
        never_closed = await visitor.get(links[1], params={"omrade": AREA, "version": "1"})
        assert never_closed.status_code == 404
        empty = await visitor.get("/overenskommelsen/rapport", params={"omrade": "12"})
        assert "Det finns inga värden att rapportera för området ännu." in empty.text


def test_the_command_writes_the_report_of_a_running_service(
    database_url: str, redis_url: str, api_keys: Mapping[KeyScope, str], tmp_path: Path
) -> None:
    settings = Settings(database_url=database_url, redis_url=redis_url, log_level="warning")
    with served(settings) as address:
        runner = CliRunner(env={"SAMVERKAN_URL": address, "SAMVERKAN_KEY": api_keys[KeyScope.READ], "COLUMNS": "300"})
        file = tmp_path / "rapport.xlsx"
        assert runner.invoke(main.app, ["report", AREA, "2016-T1", "--file", str(file)]).exit_code == 0
        assert "Sammanfattning" in sheets_of(file.read_bytes())
        for asked, said in (
            ([AREA, "2016-T9"], "such as 1282~2016-t1"),
            (["../areas", "2016"], "404"),
            ([AREA, "2016-T1", "--revision", "1"], "no such revision"),
            ([AREA, "2016", "--file", "rapport.odt"], "names no format"),
            ([AREA, "2016", "--file", str(tmp_path / "no" / "rapport.xlsx")], "cannot be written"),
        ):
            refused = runner.invoke(main.app, ["report", *asked])
            assert isinstance(refused.exception, CommandError), asked
            assert said in str(refused.exception)


@pytest.mark.parametrize("form", ["pdf", "html", "docx", "xlsx"])
async def test_no_connection_is_held_while_a_report_is_made(
    form: str, app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three that took a minute each kept everybody from reading."""
    writers = {"pdf": "pdf_of", "html": "html_of", "docx": "docx_of", "xlsx": "workbook_of"}
    written = note_taken(monkeypatch, app, making, writers[form])
    drawn = note_taken(monkeypatch, app, charts, "_composed")
    await _report(client, f"{AREA}~2016-t1", form)
    assert written == [0]
    assert drawn == ([] if form == "xlsx" else [0])
