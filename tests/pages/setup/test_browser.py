"""A new municipality in a real browser, without any call of the API: set up, and its first report has figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from shared.domain.period import today
from shared.domain.person import GivenRole, PersonRole
from shared.settings import Settings
from tests.chromium import NEEDS_CHROMIUM
from tests.conftest import served
from tests.extent import sample_of
from tests.landskrona.loading import prepare, settle
from tests.pages.hand import Hand, work_on
from tests.pages.people import invite
from tests.pages.setup import world
from tests.pages.setup.sheets import cells_of, filled

pytestmark = [pytest.mark.long, NEEDS_CHROMIUM, pytest.mark.timeout(240)]

# From the link by mail to all that is stored, and from there to the first report.
CLICKS = {"set up": 6, "first report": 3}


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture(scope="module")
def address(database_url: str, redis_url: str) -> Iterator[str]:
    work_on(database_url, prepare)
    with served(Settings(database_url=database_url, redis_url=redis_url, log_level="warning")) as address:
        yield address


@pytest.mark.parametrize(("code", "has_script"), sample_of([("1284", True), ("1285", False)], 2))
def test_a_municipality_is_set_up_and_shows_the_figures_of_its_first_report(
    browser: Browser, address: str, database_url: str, tmp_path: Path, code: str, *, has_script: bool
) -> None:
    person = invite(database_url, f"ny@{code}.example", [GivenRole(PersonRole.ADMINISTRATOR, code)], owner=code)
    with browser.new_context(base_url=address, locale="sv-SE", java_script_enabled=has_script) as context:
        page = context.new_page()
        hand = Hand(page)
        page.goto(person.address)
        hand.press("Logga in")
        page.wait_for_url(f"**/komma-igang/{code}")
        with page.expect_download() as download:
            hand.follow("Hämta mallen (Excel)")
        file = tmp_path / download.value.suggested_filename
        assert re.fullmatch(r"samverkan-mall-[a-z]+\.xlsx", file.name)
        file.write_bytes(filled(Path(download.value.path()).read_bytes(), cells_of(world.whole(f"k{code}.example"))))
        hand.choose_file(page.get_by_label("Ifylld mall"), file)
        hand.press("Granska")
        assert page.get_by_role("row", name="Personer 20 0 0 1").is_visible()
        hand.press("Spara allt")
        assert page.get_by_role("heading", name="Klart").is_visible()
        assert page.locator("code").count() == 20
        assert hand.clicks == CLICKS["set up"]
        hand.clicks = 0
        _report_a_cleanup(hand)
        assert hand.clicks == CLICKS["first report"]
        work_on(database_url, lambda engine: settle(engine, today()))
        page.reload()
        row = page.get_by_role("row", name=re.compile("^Klottersaneringar"))
        assert row.first.is_visible(), page.inner_text("main")


def _report_a_cleanup(hand: Hand) -> None:
    page = hand.page
    hand.follow("Rapportera det första som har hänt")
    hand.click(page.get_by_role("link", name="Klottersanering").first)
    page.get_by_label("Plats").fill("Stadsparken")
    page.get_by_label("När anmäldes det till kommunen?").fill(today().isoformat())
    page.get_by_label("När började arbetet?").fill(today().isoformat())
    hand.press("Skicka")
    page.wait_for_url("**/rapporterat/*")
