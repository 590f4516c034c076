"""The page of small charts: all that the agreement's page has, the same values, and no more queries for more rows."""

from __future__ import annotations

import gzip
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text

from services.api.pages.small_multiples import content
from shared.db.access import FULL_ACCESS, acting
from shared.domain.person import PersonRole
from tests.pages.people import words_of
from tests.taken_connections import note_taken

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    import httpx
    from fastapi import FastAPI
    from sqlalchemy.ext.asyncio import AsyncEngine

    Visiting = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]

AGREEMENT, CHARTS = "/overenskommelsen", "/overenskommelsen/alla-diagram"
READER, COORDINATOR = PersonRole.READER, PersonRole.COORDINATOR
HEAVIEST_KB = 150
_LINK = re.compile(r'<h3><a href="([^"]+)">|<th scope="row"><a href="([^"]+)">')
_LABEL = re.compile(r'role="img" aria-label=("[^"]*"|\'[^\']*\')')
_CLOSE = (
    """INSERT INTO agreement_period (agreement_id, period_type, period_start)
       SELECT agreement_id, 'tertial', date '2016-01-01' FROM agreement WHERE code = 'landskrona-2015-2016'""",
    """INSERT INTO closed_area_period (area_id, period_type, period_start, agreement_period_id)
       SELECT area_id, 'tertial', date '2016-01-01', agreement_period_id FROM area CROSS JOIN agreement_period
       WHERE code = '1282'""",
)
_OPEN = ("DELETE FROM closed_area_period", "DELETE FROM agreement_period")


def links_of(page: str) -> list[str]:
    """Return where the indicators of a page lead, one by one."""
    return [unescape(one or other) for one, other in _LINK.findall(page)]


def labels_of(page: str) -> list[str]:
    """Return what is read aloud of each chart."""
    return [unescape(found[1:-1]) for found in _LABEL.findall(page)]


async def test_each_indicator_of_the_agreement_has_its_chart(visiting: Visiting) -> None:
    async with visiting(READER) as client:
        agreement, charts = (await client.get(AGREEMENT)).text, (await client.get(CHARTS)).text
        assert (await client.get(links_of(charts)[0])).status_code == 200
    assert f'href="{CHARTS}?omrade=1282&amp;ar=2016"' in agreement
    assert len(links_of(charts)) > 60
    assert links_of(charts) == links_of(agreement)
    assert len(labels_of(charts)) == len(links_of(charts))
    assert len(gzip.compress(charts.encode())) < HEAVIEST_KB * 1000


async def test_values_are_there_in_words(visiting: Visiting) -> None:
    async with visiting(READER) as client:
        page = await client.get(CHARTS)
    words, labels = words_of(page), labels_of(page.text)
    assert re.search("Klottersaneringar [0-9]+ 2015 2016 T1 30 T2 35 T3 30 2016 95 Mål för året: högst 100", words)
    [cleanups] = [one for one in labels if one.startswith("Klottersaneringar. ")]
    assert "tertial 1 2016: 30" in cleanups
    assert [one for one in labels if "dolt: för få personer" in one]
    assert "dolt" in words


async def test_charts_of_the_same_periods_begin_and_end_with_the_same(visiting: Visiting) -> None:
    async with visiting(READER) as client:
        labels = labels_of((await client.get(CHARTS)).text)
    tertials = {tuple(dict.fromkeys(re.findall(r"tertial \d \d{4}(?=: )", one))) for one in labels} - {()}
    assert tertials == {tuple(f"tertial {number} {year}" for year in (2015, 2016) for number in (1, 2, 3))}


async def test_no_chart_costs_a_query_of_its_own(visiting: Visiting, app: FastAPI) -> None:
    statements: list[str] = []

    def note(*called: Any) -> None:
        statements.append(called[2])

    async with visiting(COORDINATOR) as client:
        reading = app.state.resources.reading.sync_engine
        event.listen(reading, "before_cursor_execute", note)
        await client.get(CHARTS)
        event.remove(reading, "before_cursor_execute", note)
    assert 0 < len(statements) < 20, statements  # of some seventy charts


async def test_a_closed_period_is_marked_and_explained(visiting: Visiting, engine: AsyncEngine) -> None:
    said = "stängd period: värdena ändras inte"
    async with visiting(READER) as client:
        assert said not in words_of(await client.get(CHARTS))
        for statements in (_CLOSE, _OPEN):
            with acting(FULL_ACCESS):
                async with engine.begin() as connection:
                    for one in statements:
                        await connection.execute(text(one))
            if statements is _CLOSE:
                page = await client.get(CHARTS)
    assert said in words_of(page)
    marked = re.findall(r'closed-mark" d="([^"]+)"', page.text.partition('id="bilaga-1"')[2])
    assert {*marked} == {"M120 83h40"}


async def test_another_year_language_and_area_are_in_the_address(visiting: Visiting) -> None:
    async with visiting(READER) as client:
        english = await client.get(CHARTS, params={"sprak": "en", "omrade": "12", "ar": "2016"})
        empty = await client.get(CHARTS, params={"ar": "2019"})
        assert (await client.get(CHARTS, params={"omrade": "1284"})).status_code == 404
    assert words_of(english).startswith("The agreement in Skåne County 2016 All charts: Skåne County 2016")
    assert {"sprak=en"} == {one.rpartition("&")[2] for one in links_of(english.text)}
    assert "Det finns inga värden för 2019 ännu." in words_of(empty)
    assert labels_of(empty.text) == []


async def test_charts_are_drawn_beside_the_loop_without_a_connection(
    visiting: Visiting, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It notes what it finds in a thread, and could not on the loop."""
    counts = note_taken(monkeypatch, app, content, "_drawn")
    async with visiting(READER) as client:
        assert (await client.get(CHARTS)).status_code == 200
    assert counts == [0]
