"""The way from what was promised to what is done, and back, in a browser: by the keyboard, with scripts and without."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Page, expect

from shared.domain.person import PersonRole
from tests.chromium import NEEDS_CHROMIUM
from tests.extent import sample_of
from tests.pages.links import link_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.long, NEEDS_CHROMIUM, pytest.mark.server]
# Where pictures of the pages are put, to be looked at.
PICTURES = os.environ.get("PICTURES")


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    return year_database()


def look(page: Page, name: str, *, has_scripts: bool) -> None:
    """See that the page fits the screen and that axe, a script, finds nothing; take a picture where that is wanted."""
    page.wait_for_load_state()  # with its style: a click waits only until another page begins
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    if has_scripts:
        assert Axe().run(page).response["violations"] == [], name
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("has_scripts", "width"), sample_of([(True, 1280), (True, 390), (False, 320)], 3))
def test_a_commitment_is_marked_and_taken_back(
    browser: Browser, address: str, database_url: str, has_scripts: bool, width: int
) -> None:
    context = browser.new_context(
        base_url=address,
        locale="sv-SE",
        viewport={"width": width, "height": 900},
        java_script_enabled=has_scripts,
        bypass_csp=True,
    )
    page = context.new_page()
    page.goto(link_for(database_url, address, PersonRole.COORDINATOR, email=f"chef-{width}@landskrona.example"))
    page.get_by_role("button", name="Logga in").click()
    page.goto("/overenskommelsen?omrade=1282&ar=2016")
    link = page.get_by_role("link", name="Markera som klart").first
    link.scroll_into_view_if_needed()
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"agreement-{width}.png")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Markera som klart")
    look(page, f"mark-{width}", has_scripts=has_scripts)
    marked = page.url
    day = page.get_by_label("Vilken dag blev det klart?")
    day.fill("2100-01-01")
    page.get_by_role("button", name="Markera som klart").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Datumet ligger i framtiden.")
    look(page, f"refused-{width}", has_scripts=has_scripts)
    day.fill("2016-06-01")
    page.get_by_role("button", name="Markera som klart").click()
    expect(page.locator("main")).to_contain_text("1 juni 2016")
    look(page, f"marked-{width}", has_scripts=has_scripts)
    page.get_by_role("link", name="Ta tillbaka").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Ta tillbaka en markering")
    look(page, f"take-back-{width}", has_scripts=has_scripts)
    expect(page.get_by_role("checkbox", name="Landskrona: 1 juni 2016")).to_be_checked()
    page.get_by_role("button", name="Ta tillbaka").click()
    expect(page.locator("h1")).to_have_text("Markera som klart")
    assert page.url.partition("?")[0] == marked.partition("?")[0]
    expect(page.locator("main")).not_to_contain_text("1 juni 2016")
    # One in several places, each of which is marked by itself.
    page.goto("/overenskommelsen/ataganden/landskrona-2015-2016/contact-persons-named/ta-tillbaka")
    look(page, f"places-{width}", has_scripts=has_scripts)
    context.close()
