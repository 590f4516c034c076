"""The way of who answers for an annex, in a real browser, with scripts and without: look, open, comment, correct."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from shared.domain.person import GivenRole, PersonRole
from tests.chromium import NEEDS_CHROMIUM
from tests.extent import sample_of
from tests.pages.people import AREA, invite

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.long, NEEDS_CHROMIUM, pytest.mark.server]
SCHOOLS = [GivenRole(PersonRole.ANNEX_OWNER, AREA, None, "landskrona-2015-2016", 7)]
# Where pictures of the pages are put, to be looked at.
PICTURES = os.environ.get("PICTURES")
_steps = count(1)


def look(page: Page, name: str) -> None:
    """See that the page is no wider than the screen and has one main heading; keep a picture where that is wanted."""
    page.wait_for_load_state()  # with its style: a click waits only until another page begins
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    expect(page.locator("h1")).to_have_count(1)
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{next(_steps):02}-{name}.png")


@pytest.mark.parametrize(
    ("has_scripts", "width"), sample_of([(True, 1280), (True, 768), (False, 320)], 3), ids=lambda value: f"{value}"
)
def test_an_annex_is_looked_at_commented_and_corrected(
    browser: Browser, address: str, database_url: str, has_scripts: bool, width: int
) -> None:
    context = browser.new_context(
        base_url=address, locale="sv-SE", viewport={"width": width, "height": 800}, java_script_enabled=has_scripts
    )
    page = context.new_page()
    page.goto(invite(database_url, f"owner-{width}@kommun.example", SCHOOLS).address)
    page.get_by_role("button", name="Logga in").click()
    expect(page.locator("h1")).to_have_text("Överenskommelsen i Landskrona 2016")
    look(page, "agreement")

    page.get_by_role("link", name="Skolbesök", exact=True).click()
    expect(page.locator("h1")).to_have_text("Skolbesök")
    page.get_by_label("Kommentar", exact=False).last.fill(f"Fler besök på {width}.")
    page.get_by_label("Vilken period gäller det?").select_option(label="tertial 3 2016")
    look(page, "comment")
    page.get_by_role("button", name="Spara").click()
    expect(page.locator("main")).to_contain_text(f"Fler besök på {width}.")

    page.goto("/overenskommelsen/varden/school-visits~all~1282~2016-t2?omrade=1282&ar=2016")
    expect(page.locator("main")).to_contain_text("26")
    look(page, "value")

    page.get_by_role("navigation", name="Sidor").get_by_role("link", name="Mina rapporter").click()
    page.get_by_role("navigation", name="Vilka rapporter?").get_by_role("link", name="Bilagans").click()
    look(page, "reports")
    page.get_by_role("link", name="Skolbesök, ").first.click()
    page.get_by_role("link", name="Rätta").click()
    page.get_by_text("Fler uppgifter").click()
    page.get_by_label("Kommentar", exact=False).last.fill(f"Rättat på {width}.")
    page.get_by_role("button", name="Spara").click()
    expect(page.locator("main")).to_contain_text(f"Rättat på {width}.")
    look(page, "corrected")
    context.close()
