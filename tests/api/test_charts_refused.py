"""Charts that cannot be drawn, and the language of those that can."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from services.api.http.languages import preferred_language
from services.api.http.routing import BASE
from services.api.values.charts.renderer import MODULE
from shared.domain.wording import Language

if TYPE_CHECKING:
    from collections.abc import Callable

CHART = f"{BASE}/indicator-values/chart.svg"

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all: nothing is written."""
    return fresh_database()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "sv"),
        ("en", "en"),
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("de, en;q=0.5", "en"),
        ("*", "sv"),
        ("en;q=x", "sv"),
    ],
)
def test_the_language_is_the_one_liked_best(header: str, language: str) -> None:
    assert preferred_language(header, Language.SV) == language


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("area=1282", "indicator"),
        ("indicator=graffiti-cleanups", "area"),
        ("indicator=nothing&area=1282", "indicator"),
        ("indicator=graffiti-cleanups&area=9999", "area"),
        ("indicator=graffiti-cleanups&area=1282&slice=nothing", "slice"),
        ("indicator=graffiti-cleanups&area=1282&from=2016-13", "from"),
        ("indicator=graffiti-cleanups&area=1282&from=2000-01&to=2016-01", "from"),
        ("indicator=graffiti-cleanups&area=1282&period=2016-01&periodType=year", "periodType"),
        ("indicator=graffiti-cleanups&area=1282&width=99999", "width"),
        ("indicator=graffiti-cleanups&area=1282&height=x", "height"),
        ("indicator=graffiti-cleanups&area=1282&language=de", "language"),
        ("indicator=graffiti-cleanups&area=1282&colour=red", "colour"),
    ],
)
async def test_what_cannot_be_shown_is_told(reader: httpx.AsyncClient, query: str, field: str) -> None:
    answer = await reader.get(f"{CHART}?{query}")
    assert answer.status_code == 400
    assert [violation["field"] for violation in answer.json()["violations"]] == [field]


def test_the_drawing_process_ends_with_its_input() -> None:
    assert subprocess.check_output([sys.executable, "-m", MODULE], input=b"") == b""


async def test_a_stranger_sees_no_chart(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get(f"{CHART}?indicator=graffiti-cleanups&area=1282")).status_code == 401
