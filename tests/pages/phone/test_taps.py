"""A school visit is reported in at most 8 fields and 12 taps, counted from the link that was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.chromium import NEEDS_CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Locator


pytestmark = [NEEDS_CHROMIUM, pytest.mark.long]

MOST_FIELDS, MOST_TAPS = 8, 12
# Opening the link is one, and choosing from the list of places another.
TAPS_OUTSIDE_THE_PAGE = 2
FIELDS = "main form :is(input:not([type=hidden], [type=radio]), select, textarea, fieldset):visible"


def test_a_school_visit(link: str, open_phone: Callable[[], BrowserContext]) -> None:
    page = open_phone().new_page()
    taps = TAPS_OUTSIDE_THE_PAGE

    def tap(target: Locator) -> None:
        nonlocal taps
        taps += 1
        target.click()

    page.goto(link)
    tap(page.get_by_role("button", name="Logga in"))
    tap(page.get_by_role("link", name="Skolbesök"))
    assert page.locator(FIELDS).count() <= MOST_FIELDS
    place = page.get_by_label("Plats")
    tap(place)
    place.press_sequentially("Havsbrissk")
    place.fill("Havsbrisskolan")
    tap(page.get_by_role("button", name="Skicka"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Tack! Rapporten är sparad")
    assert taps <= MOST_TAPS
