"""How the example page is laid out: in narrow windows, on paper, and when no year is asked for."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.api.intranet.expected import CAPTIONS, EXPECTED, FIVE, rows_of
from tests.api.intranet.server import WIDTH_OF_PICTURE, Intranet, page_for
from tests.chromium import NEEDS_CHROMIUM

pytestmark = NEEDS_CHROMIUM


def test_trials_f4_without_a_year_the_latest_with_values_is_published(
    page: Page, api: str, key: str, elsewhere: Intranet
) -> None:
    elsewhere.page = page_for(api, key)
    page.goto(f"{elsewhere.origin}/?")
    expect(page.get_by_role("status")).to_have_text(FIVE)
    assert page.get_by_label("År").input_value() == "2016"


@pytest.mark.parametrize("width", [320, 480, 900])
def test_trials_f4_nothing_is_cut_off_or_scrolled_sideways(
    page: Page, api: str, key: str, elsewhere: Intranet, width: int
) -> None:
    elsewhere.page = page_for(api, key)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{elsewhere.origin}/?year=2016")
    expect(page.get_by_role("status")).to_have_text(FIVE)
    page.wait_for_function(f"{WIDTH_OF_PICTURE} > 0")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert rows_of(page)[0][:2] == EXPECTED[0][:2]


def test_trials_f4_the_picture_is_swedish_and_a_printed_page_has_every_column(
    page: Page, api: str, key: str, elsewhere: Intranet
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    elsewhere.page = page_for(api, key)
    page.goto(f"{elsewhere.origin}/?year=2016")
    page.wait_for_function(f"{WIDTH_OF_PICTURE} > 0")
    assert [url for url in asked if "chart.svg" in url and "language=sv" in url]
    page.emulate_media(media="print")
    # A4 less its margins, at 96 pixels an inch.
    page.set_viewport_size({"width": 680, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    assert page.get_by_role("columnheader").count() == 6 * len(CAPTIONS)
    assert not page.get_by_role("button").all()
