"""A coordinator's pages in a real browser, without a script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.chromium import NEEDS_CHROMIUM
from tests.pages.invitations.conftest import COORDINATOR
from tests.pages.people import invite

pytestmark = [pytest.mark.long, NEEDS_CHROMIUM]


def _sign_in(page: Page, database_url: str) -> None:
    page.goto(invite(database_url, "cecilia@kommun.example", [COORDINATOR]).address)
    page.get_by_role("button", name="Logga in").click()
    page.wait_for_url("**/overenskommelsen")


def test_somebody_is_invited_changed_and_removed_without_a_script(
    browser: Browser, address: str, database_url: str
) -> None:
    with browser.new_context(base_url=address, locale="sv-SE", java_script_enabled=False) as context:
        page = context.new_page()
        _sign_in(page, database_url)
        page.get_by_role("link", name="Personer").click()
        page.get_by_role("link", name="Bjud in").click()
        page.get_by_label("Vilka vill du bjuda in?").fill("Nina Ny\tnina@skola.example\nfel")
        page.get_by_role("button", name="Bjud in").click()
        assert page.get_by_role("link", name="Välj vad personen ska göra.").is_visible()
        page.get_by_role("radio", name="Rapportera").check()
        page.get_by_role("button", name="Bjud in").click()
        page.get_by_role("link", name="Rad 2: Det är ingen e-postadress.").click()
        assert page.get_by_label("Vilka vill du bjuda in?").input_value() == "Nina Ny\tnina@skola.example\nfel"
        page.get_by_label("Vilka vill du bjuda in?").fill("Nina Ny\tnina@skola.example")
        page.get_by_role("button", name="Bjud in").click()
        link = page.get_by_role("row", name="Nina Ny").get_by_role("cell").inner_text()
        assert link.startswith("http://127.0.0.1:8000/logga-in/")
        page.get_by_role("link", name="Till personerna").click()
        page.get_by_role("link", name="Nina Ny").click()
        page.get_by_role("link", name="Ta bort Nina Ny").click()
        page.get_by_role("button", name="Ta bort nu").click()
        assert page.get_by_role("heading", name="Personer").is_visible()
        assert page.get_by_text("Nina Ny").is_hidden()
