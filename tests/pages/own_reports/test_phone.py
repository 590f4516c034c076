"""On a phone without scripts: a report is found, corrected and taken back, and no page is wider than the screen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from shared.settings import Settings
from tests.chromium import NEEDS_CHROMIUM, launched
from tests.conftest import served
from tests.pages.people import invite

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [NEEDS_CHROMIUM, pytest.mark.server]
WIDTH = 320
# Where pictures of the pages are put, to be looked at.
PICTURES = os.environ.get("PICTURES")


@pytest.fixture
def phone(database_url: str, redis_url: str) -> Iterator[Page]:
    """Yield the page of a small phone whose browser runs no scripts, of somebody who reports and coordinates."""
    settings = Settings(database_url=database_url, redis_url=redis_url, log_level="warning")
    with served(settings) as address, launched() as browser:
        context = browser.new_context(
            java_script_enabled=False, viewport={"width": WIDTH, "height": 640}, base_url=address
        )
        page = context.new_page()
        page.goto(invite(database_url).address)
        page.get_by_role("button", name="Logga in").click()
        yield page


def look(page: Page, name: str) -> None:
    """See that a page is no wider than the screen, and has one heading of the first level."""
    # No script of a page's runs: the window's size is asked for by the picture that is made of the whole page.
    picture = page.screenshot(full_page=True)
    assert int.from_bytes(picture[16:20]) == WIDTH, name
    expect(page.locator("h1")).to_have_count(1)
    if PICTURES:
        (Path(PICTURES) / f"{name}.png").write_bytes(picture)


def test_a_report_is_found_corrected_and_taken_back(phone: Page) -> None:
    phone.goto("/mina-rapporter")
    expect(phone.locator("main")).to_contain_text("Du har inte rapporterat något än.")
    phone.goto("/rapportera/safety-walk")
    phone.get_by_label("Plats").fill("Karlslund")
    phone.get_by_label("När?").fill("2016-04-12")
    phone.get_by_label("boende").fill("x")
    phone.get_by_role("button", name="Skicka").click()
    expect(phone.get_by_role("alert")).to_contain_text("Skriv ett heltal med siffror, till exempel 12.")
    look(phone, "refused")
    phone.get_by_label("boende").fill("21")
    phone.get_by_role("button", name="Skicka").click()
    look(phone, "receipt")
    phone.get_by_role("link", name="Rätta").click()
    look(phone, "correction")
    expect(phone.locator("h1")).to_have_text("Rätta: Trygghetsvandring")
    second = phone.context.new_page()
    second.goto(phone.url)
    phone.get_by_label("boende").fill("22")
    phone.get_by_role("button", name="Spara").click()
    expect(phone.locator("h2")).to_have_text("Historik")
    look(phone, "report")
    second.get_by_label("boende").fill("23")
    second.get_by_role("button", name="Spara").click()
    look(second, "conflict")
    second.get_by_role("button", name="Spara allt mitt").click()
    expect(second.locator("main")).to_contain_text("22 → 23")
    phone.get_by_role("link", name="Mina rapporter").click()
    look(phone, "list")
    phone.locator("summary").click()
    look(phone, "search")
    phone.get_by_role("link", name="Trygghetsvandring, Karlslund").click()
    phone.get_by_role("link", name="Ta bort").click()
    look(phone, "removal")
    phone.get_by_role("button", name="Ta bort").click()
    expect(phone.get_by_role("status")).to_contain_text("Rapporten är borttagen.")
    look(phone, "removed")
    phone.go_back()
    expect(phone.locator("h1")).to_have_text("Rapporten finns inte")
    look(phone, "gone")
