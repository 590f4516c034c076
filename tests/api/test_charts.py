# Over 300 lines: what charts are drawn like, from rows put into one database.
"""Charts as a page shows them, drawn from rows put into the read model as they are."""

# Over 300 lines: all rules of one resource, tested with the same few helpers.

from __future__ import annotations

import asyncio
import os
import re
import signal
import struct
from datetime import date
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from lxml import etree  # type: ignore[import-untyped]  # it tells no types
from sqlalchemy import text

from services.api.http.routing import BASE
from services.api.values.charts import cache
from services.api.values.charts.renderer import PngRenderer
from services.api.values.charts.svg import SvgChart
from shared.db.keys import KeyScope
from shared.domain.wording import Language
from tests.api.read_model import put_shipped_series, put_value
from tests.conftest import BASE_URL
from tests.contract import specification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fastapi import FastAPI
    from sqlalchemy import Connection

CHART = f"{BASE}/indicator-value-charts"
CLEANUPS = f"{CHART}?indicator=graffiti-cleanups&area=1282"
IN_TIME = f"{CHART}?indicator=graffiti-started-in-time&area=1282"
SVG = "{http://www.w3.org/2000/svg}"
LIGHT, DARK = "#bcd4ee", "#1b4f8a"

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all, with the series of the catalogue."""
    url = fresh_database()
    put_shipped_series(url)
    return url


@pytest.fixture(scope="module")
def renderer() -> Iterator[PngRenderer]:
    """Return one process that draws for all: its start takes longer than the tests."""
    renderer = PngRenderer()
    yield renderer
    renderer.close()


@pytest.fixture(autouse=True)
def _one_renderer(app: FastAPI, renderer: PngRenderer) -> Iterator[None]:
    exhibited = app.state.resources.singleton(cache.PngCache)
    own, exhibited._renderer = exhibited._renderer, renderer
    yield
    exhibited._renderer = own


def put(rows: Connection, indicator: str, start: str, numerator: int | None, **fields: Any) -> None:
    put_value(rows, indicator, period_start=date.fromisoformat(start), numerator=numerator, **fields)


def drawn(answer: httpx.Response) -> etree._Element:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/svg+xml"
    return etree.fromstring(answer.content)


def desc(svg: etree._Element) -> str:
    (description,) = svg.findall(f"{SVG}desc")
    return str(description.text)


def texts(svg: etree._Element) -> list[str]:
    """Return all that is written in the picture, besides what is only read aloud."""
    return ["".join(found.itertext()) for found in svg.iter(f"{SVG}text")]


def parts(svg: etree._Element, name: str) -> list[etree._Element]:
    """Return the parts of the picture of this name, such as bars, from left to right."""
    return svg.xpath(f".//*[@class='{name}']/*")


async def test_a_screen_reader_is_told_every_figure(reader: httpx.AsyncClient, rows: Connection) -> None:
    put(rows, "graffiti-cleanups", "2016-03-01", 31)
    put(rows, "graffiti-cleanups", "2016-04-01", 1200, finality="final")
    svg = drawn(await reader.get(CLEANUPS))
    assert svg.get("role") == "img"
    title, description = svg[0], svg[1]
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert svg.get("aria-labelledby").split() == [title.get("id"), description.get("id")]
    assert title.text == "Klottersaneringar – Landskrona"
    assert desc(svg) == "Stapeldiagram, per månad, antal. mars 2016: 31, preliminärt. april 2016: 1\u202f200, slutligt."


async def test_what_is_preliminary_looks_so_and_a_legend_tells_it(reader: httpx.AsyncClient, rows: Connection) -> None:
    put(rows, "graffiti-cleanups", "2016-03-01", 31)
    put(rows, "graffiti-cleanups", "2016-04-01", 12, finality="final")
    svg = drawn(await reader.get(CLEANUPS))
    assert [bar.get("fill") for bar in parts(svg, "bars")] == [LIGHT, DARK]
    assert {"preliminärt", "slutligt"} <= {*texts(svg)}


async def test_a_gap_has_a_mark_and_no_figure(reader: httpx.AsyncClient, rows: Connection) -> None:
    put(rows, "graffiti-cleanups", "2016-01-01", 5)
    put(rows, "graffiti-cleanups", "2016-02-01", 777, status="suppressed")
    put(rows, "graffiti-cleanups", "2016-03-01", None, status="missing")
    put(rows, "graffiti-cleanups", "2016-05-01", 0, status="zero")
    answer = await reader.get(f"{CLEANUPS}&language=en")
    svg = drawn(answer)
    assert "777" not in answer.text
    assert "February 2016: hidden: too few people. March 2016: missing. April 2016: missing. May 2016: 0." in desc(svg)
    assert [mark for mark in texts(svg) if mark in {"hidden", "missing"}] == ["hidden", "missing", "missing"]
    assert "hidden: too few people" in texts(svg)
    assert len(parts(svg, "bars")) == 2


async def test_a_line_breaks_where_a_share_is_missing(reader: httpx.AsyncClient, rows: Connection) -> None:
    for month, numerator, denominator in ((1, 3, 4), (2, 2, 4), (3, None, None), (4, 1, 3)):
        status = "observed" if numerator else "missing"
        put(rows, "graffiti-started-in-time", f"2016-0{month}-01", numerator, denominator=denominator, status=status)
    svg = drawn(await reader.get(IN_TIME))
    assert "januari 2016: 75\u00a0% (3 av 4)." in desc(svg)
    assert "april 2016: 33,3\u00a0% (1 av 3)." in desc(svg)
    lines = [found.get("points").split() for found in svg.iter(f"{SVG}polyline")]
    assert [len(line) for line in lines] == [2, 1]
    assert "33,3\u00a0%" in texts(svg)


@pytest.mark.parametrize("numerator", range(1, 13))
async def test_trials_a6_a_share_is_rounded_as_everywhere(
    reader: httpx.AsyncClient, rows: Connection, numerator: int
) -> None:
    """In the picture, aloud and in the list of values: 1/13 to 12/13 have no end."""
    put(rows, "graffiti-started-in-time", "2016-01-01", numerator, denominator=13)
    listed = (await reader.get(f"{BASE}/indicator-values?indicator=graffiti-started-in-time&area=1282")).json()
    (value,) = listed["indicatorValues"]
    share = f"{round(value['value'], 1):g}\u00a0%".replace(".", ",")
    svg = drawn(await reader.get(IN_TIME))
    assert share in texts(svg)
    assert f"januari 2016: {share} ({numerator} av 13)" in desc(svg)


@pytest.mark.parametrize(
    ("indicator", "period_type", "is_drawn"),
    [
        ("graffiti-cleanups", "month", False),  # a year's sum cannot be compared with a month's
        ("graffiti-cleanups", "year", True),
        ("graffiti-started-in-time", "month", True),
    ],
)
async def test_a_target_is_drawn_where_it_can_be_compared_and_told_always(
    reader: httpx.AsyncClient, rows: Connection, indicator: str, period_type: str, is_drawn: bool
) -> None:
    target = '[{"rule": "atMost", "per": "year", "value": 70.0, "judgement": "onCourse"}]'
    put(rows, indicator, "2016-01-01", 4, denominator=5, period_type=period_type, targets=target)
    svg = drawn(await reader.get(f"{CHART}?indicator={indicator}&area=1282&periodType={period_type}"))
    assert bool(parts(svg, "targets")) == is_drawn
    assert ("mål" in texts(svg)) == is_drawn
    assert re.search(r"Mål för året: högst 70(\u00a0%)?\. Bedömning (januari )?2016: på väg att nås\.", desc(svg))


async def test_numbers_are_written_as_the_language_writes_them(reader: httpx.AsyncClient, rows: Connection) -> None:
    put(rows, "vandalism-cost", "2016-01-01", 1234567)
    swedish = drawn(await reader.get(f"{CHART}?indicator=vandalism-cost&area=1282&height=700"))
    assert "1\u202f234\u202f567" in texts(swedish)
    assert "400\u202f000" in texts(swedish)
    english = await reader.get(f"{CHART}?indicator=vandalism-cost&area=1282", headers={"Accept-Language": "en-GB"})
    assert english.headers["content-language"] == "en"
    assert drawn(english)[0].text == "Cost of vandalism – Landskrona"


async def test_a_name_from_outside_runs_nothing(client: httpx.AsyncClient, rows: Connection) -> None:
    name = "<script>alert(1)</script> & \"'\x01"
    area = {
        "kind": "place",
        "placeKind": "park",
        "name": name,
        "parents": [{"code": "1282", "validFrom": "2015-01-01"}],
    }
    answer = await client.put(f"{BASE}/areas/1282-script", json={**area, "validFrom": "2015-01-01"})
    assert answer.status_code == 201, answer.text
    answer = await client.get(f"{CHART}?indicator=graffiti-cleanups&area=1282-script")
    svg = drawn(answer)
    assert svg[0].text == "Klottersaneringar – <script>alert(1)</script> & \"'\N{REPLACEMENT CHARACTER}"
    assert not [*svg.iter(f"{SVG}script")]
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("indicator", ["graffiti-cleanups", "graffiti-started-in-time", "care-referrals"])
@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize("status", ["missing", "suppressed", "notApplicable"])
async def test_trials_f1_without_values_the_heading_stands_above_the_plot(
    reader: httpx.AsyncClient, rows: Connection, indicator: str, status: str, *, targeted: bool
) -> None:
    target = '[{"rule": "atMost", "per": "month", "value": 70.0, "judgement": "notJudged"}]' if targeted else None
    for month in range(1, 8):
        put(rows, indicator, f"2016-0{month}-01", None, status=status, targets=target)
    svg = drawn(await reader.get(f"{CHART}?indicator={indicator}&area=1282"))
    assert "Inga värden" in texts(svg)
    (title,) = svg.xpath(".//*[@font-weight='bold']")
    highest = min(float(line.get("y1")) for line in parts(svg, "grid"))
    assert 0 < float(title.get("y")) < highest


async def test_without_figures_the_picture_says_so(reader: httpx.AsyncClient, rows: Connection) -> None:
    svg = drawn(await reader.get(f"{CLEANUPS}&from=2016-01&to=2016-12"))
    assert "Inga värden" in texts(svg)
    assert desc(svg) == "Stapeldiagram, per månad, antal. Det finns inga värden att visa."


async def test_the_latest_periods_are_shown_unless_others_are_asked_for(
    reader: httpx.AsyncClient, rows: Connection
) -> None:
    for month in range(1, 13):
        for year in (2014, 2015, 2016):
            put(rows, "graffiti-cleanups", f"{year}-{month:02}-01", month)
    latest = desc(drawn(await reader.get(CLEANUPS)))
    assert latest.count(": ") == 24
    assert "januari 2015: 1." in latest
    asked = desc(drawn(await reader.get(f"{CLEANUPS}&from=2014-11&to=2015-01")))
    assert "november 2014: 11. december 2014: 12. januari 2015: 1. Alla" in asked
    assert "mars 2016: 3." in desc(drawn(await reader.get(f"{CLEANUPS}&period=2016-03")))


async def test_the_same_figures_cost_no_drawing(
    app: FastAPI, reader: httpx.AsyncClient, rows: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(rows, "graffiti-cleanups", "2016-03-01", 31)
    first = await reader.get(f"{CLEANUPS}&format=png")

    async def refuse(*_: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr(app.state.resources.singleton(cache.PngCache)._renderer, "draw", refuse)
    for form in ("png", "svg"):
        tag = (await reader.get(f"{CLEANUPS}&format={form}")).headers["etag"]
        again = await reader.get(f"{CLEANUPS}&format={form}", headers={"If-None-Match": tag})
        assert again.status_code == 304
    assert (await reader.get(f"{CLEANUPS}&format=png")).content == first.content
    rows.execute(text("UPDATE indicator_value SET numerator = 32"))
    changed = await reader.get(CLEANUPS, headers={"If-None-Match": tag})
    assert "mars 2016: 32." in desc(drawn(changed))
    assert changed.headers["etag"] != tag


async def test_those_who_ask_at_once_share_a_drawing_and_few_pictures_are_kept(
    app: FastAPI, reader: httpx.AsyncClient, rows: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(rows, "graffiti-cleanups", "2016-03-01", 31)
    monkeypatch.setattr(cache, "MOST_CACHED", 1)
    pictures = app.state.resources.singleton(cache.PngCache)
    draw, asked = pictures._renderer.draw, []

    async def counted(svg: bytes) -> bytes:
        asked.append(svg)
        return await draw(svg)

    monkeypatch.setattr(pictures._renderer, "draw", counted)
    address = f"{CLEANUPS}&format=png&width=700"
    answers = await asyncio.gather(*(reader.get(address) for _ in range(5)))
    assert len({answer.content for answer in answers}) == 1
    assert len(asked) == 1
    await reader.get(f"{address}&language=en")
    assert len(pictures._cached) == 1


async def test_a_picture_is_had_as_png_too(reader: httpx.AsyncClient, rows: Connection) -> None:
    """`trials E7`: twice as large as asked, so that it is sharp where it is printed."""
    put(rows, "graffiti-cleanups", "2016-03-01", 31)
    size = "&width=320&height=240"
    png = await reader.get(f"{CLEANUPS}{size}&format=png")
    assert (png.status_code, png.headers["content-type"]) == (200, "image/png")
    assert png.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png.content[16:24]) == (640, 480)
    accepted = await reader.get(f"{CLEANUPS}{size}", headers={"Accept": "image/png, image/svg+xml;q=0.5"})
    assert accepted.content == png.content
    svg = await reader.get(f"{CLEANUPS}{size}", headers={"Accept": "text/html, image/*;q=0.8"})
    assert drawn(svg).get("role") == "img"
    assert svg.headers["etag"] != png.headers["etag"]
    for tag, status in ((png.headers["etag"], 304), (svg.headers["etag"], 200)):
        again = await reader.get(f"{CLEANUPS}{size}&format=png", headers={"If-None-Match": tag})
        assert again.status_code == status


async def test_a_picture_is_found_where_it_was_before(
    app: FastAPI, rows: Connection, api_keys: Mapping[KeyScope, str]
) -> None:
    """`trials E7`: no address of the specification has a dot; the one that had still answers."""
    put(rows, "graffiti-cleanups", "2016-03-01", 31)
    headers = {"Authorization": f"Bearer {api_keys[KeyScope.READ]}", "Accept": "image/png"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL, headers=headers) as page:
        before = await page.get(
            f"{BASE}/indicator-values/chart.svg", params={"indicator": "graffiti-cleanups", "area": "1282"}
        )
        assert drawn(before).get("role") == "img"
        assert (await page.get(CLEANUPS, headers={"Accept": "*/*"})).content == before.content
    assert not any("." in path for path in specification()["paths"])


async def test_too_many_waiting_are_asked_to_come_again(
    app: FastAPI, reader: httpx.AsyncClient, rows: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MOST_WAITING", 0)
    assert (await reader.get(CLEANUPS)).status_code == 200
    answer = await reader.get(f"{CLEANUPS}&format=png&width=710")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")


async def test_a_drawing_process_that_dies_is_replaced(
    app: FastAPI, reader: httpx.AsyncClient, rows: Connection
) -> None:
    assert (await reader.get(f"{CLEANUPS}&format=png&width=720")).status_code == 200
    process = app.state.resources.singleton(cache.PngCache)._renderer._process.process
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert (await reader.get(f"{CLEANUPS}&format=png&width=730")).status_code == 200


async def test_what_cannot_be_drawn_is_a_fault_of_ours(
    reader: httpx.AsyncClient, rows: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.api.values.charts.svg.SvgChart.svg", b"<svg>")
    answer = await reader.get(f"{CLEANUPS}&format=png&width=740")
    assert answer.status_code == 500


async def test_others_do_not_wait_for_all_pictures_of_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process draws for all: who asked for many at once was drawn for until they all were there."""
    pictures, drawn, drawing = cache.PngCache(), [], asyncio.Lock()

    async def draw(svg: bytes) -> bytes:
        async with drawing:
            await asyncio.sleep(0)
            drawn.append(svg)
            return svg

    monkeypatch.setattr(pictures._renderer, "draw", draw)
    charts = [SvgChart(Language.SV, f"{number}", "", 320, 240, "") for number in range(20)]
    other = SvgChart(Language.SV, "other", "", 320, 240, "")
    await asyncio.gather(*(pictures.png_of(one, "one") for one in charts), pictures.png_of(other, "other"))
    assert drawn.index(other.svg) <= 1
