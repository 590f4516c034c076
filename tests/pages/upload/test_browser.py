"""The way of a sheet in a real browser, with a script and without one, on a phone, a tablet and a desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page

from shared.domain.person import GivenRole, PersonRole
from tests.chromium import NEEDS_CHROMIUM
from tests.extent import sample_of
from tests.pages.people import AREA, invite
from tests.pages.upload.uploading import workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.long, NEEDS_CHROMIUM]
COORDINATOR = (GivenRole(PersonRole.COORDINATOR, AREA),)


def _sheet(heading: str, month: int) -> bytes:
    """Return a sheet of a month, whose columns are like those of no other."""
    return workbook(
        [
            ["Trygghetsvandringar 2016"],
            ["Datum", "Plats", heading],
            [f"20/{month}", "Karlslund", 21],
            [f"13/{month}", "Lindpark", 3],
            ["31/4", "Karlslund", 5],
            ["Summa", "", 29],
        ]
    )


@pytest.fixture(scope="module")
def database_url(landskrona_database: Callable[[], str]) -> str:
    return landskrona_database()


def _fits(page: Page, width: int) -> None:
    page.wait_for_load_state()  # with its style: a click waits only until another page begins
    assert page.evaluate("document.documentElement.scrollWidth") == width, page.url


@pytest.mark.parametrize(
    ("width", "has_script", "heading"),
    sample_of([(320, True, "Boende"), (1280, True, "Residents"), (768, False, "Antal boende")], 3),
)
def test_a_sheet_is_taken_by_hand(
    browser: Browser, address: str, database_url: str, tmp_path: Path, width: int, heading: str, *, has_script: bool
) -> None:
    file = tmp_path / "Vandringar.xlsx"
    file.write_bytes(_sheet(heading, 1 + width // 400))
    with browser.new_context(base_url=address, locale="sv-SE", java_script_enabled=has_script) as context:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(invite(database_url, f"eva-{width}@kommun.example", COORDINATOR).address)
        page.get_by_role("button", name="Logga in").click()
        page.goto("/ladda-upp")
        _fits(page, width)
        page.get_by_label("Fil").set_input_files(file)
        page.get_by_role("button", name="Ladda upp filen").click()
        _fits(page, width)
        page.get_by_role("button", name="Granska raderna").click()
        # What is asked leads to where it is answered.
        page.get_by_role("link", name="Välj vad ”Lindpark” är.").click()
        page.get_by_label("Lindpark", exact=False).first.select_option("Lindparken")
        page.get_by_role("button", name="Granska raderna").click()
        _fits(page, width)
        assert "Rad 5, cell A5" in page.inner_text("main")
        page.get_by_role("button", name="Läs in 2 rader").click()
        page.get_by_text("2 nya rader är sparade.").wait_for()
        _fits(page, width)
