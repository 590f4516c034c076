"""A coordinator's whole way in a real browser, with scripts and without: invited, owed, chased, corrected."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from shared.domain.person import GivenRole, PersonRole
from tests.chromium import NEEDS_CHROMIUM
from tests.extent import sample_of
from tests.pages.by_hand.conftest import POLICE, PROMISE, TOWN
from tests.pages.people import AREA, invite

pytestmark = [pytest.mark.long, NEEDS_CHROMIUM]


class Desk:
    """The coordinator's screen, with a picture of each step."""

    def __init__(self, page: Page, pictures: Path, *, whole: bool) -> None:
        self.page = page
        # Without scripts the browser does not find its place again after a picture of what is out of sight.
        self._whole = whole
        self._pictures = pictures
        self._steps = count(1)

    def go(self, name: str) -> None:
        """Follow a link of the page's navigation."""
        self.page.get_by_role("navigation", name="Sidor").get_by_role("link", name=name).click()

    def look(self, name: str) -> None:
        """Keep a picture, and see that the page is no wider than the screen."""
        self.page.screenshot(path=self._pictures / f"{next(self._steps):02}-{name}.png", full_page=self._whole)
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


@pytest.mark.parametrize(
    ("has_scripts", "width", "party", "planned"),
    sample_of([(False, 320, TOWN, "Norra torget"), (True, 1280, POLICE, "Karlslund")], 2),
    ids=lambda value: f"{value}",
)
def test_twenty_are_invited_chased_and_corrected(
    open_context: Callable[..., BrowserContext],
    database_url: str,
    tmp_path: Path,
    has_scripts: bool,
    width: int,
    party: str,
    planned: str,
) -> None:
    school = f"polisen-{width}.example"
    promise = PROMISE.format(party).rstrip(".")
    desk = Desk(open_context(width, java_script_enabled=has_scripts).new_page(), tmp_path, whole=has_scripts)
    page = desk.page
    coordinator = [GivenRole(PersonRole.COORDINATOR, AREA)]
    page.goto(invite(database_url, f"cecilia@{school}", coordinator, name="Cecilia Cederholm").address)
    page.get_by_role("button", name="Logga in").click()

    links = _invite_twenty(desk, school, party)
    assert len({*links}) == 20

    desk.go("Att göra")
    promised = page.get_by_role("listitem").filter(has_text=promise)
    expect(promised).to_be_visible()
    heading = page.locator("h3", has_text="Polis 01").first
    expect(heading).to_contain_text("och 17 till")
    assert page.get_by_role("heading", level=2, name=party).is_visible()
    desk.look("owed")

    # Polis 02 has not signed in: another link is made, and it lets them in.
    heading.get_by_role("link", name="Polis 02").click()
    expect(page.get_by_text("Har inte loggat in än.")).to_be_visible()
    page.get_by_role("button", name="Gör en ny länk").click()
    chased = page.locator("code").inner_text()
    desk.look("chased")
    reporter = open_context(390, java_script_enabled=has_scripts).new_page()
    reporter.goto(_path_of(chased))
    reporter.get_by_role("button", name="Logga in").click()
    reporter.get_by_role("navigation", name="Sidor").get_by_role("link", name="Att göra").click()
    expect(reporter.get_by_role("listitem").filter(has_text=promise)).to_be_visible()

    desk.go("Personer")
    page.get_by_text("Sök bland personerna").click()
    page.get_by_label("Sök", exact=True).fill(school)
    page.get_by_label("Visa bara dem som inte har loggat in än").check()
    page.get_by_role("button", name="Visa").click()
    expect(page.get_by_text("19 personer")).to_be_visible()
    assert page.get_by_role("link", name="Polis 02").count() == 0
    desk.look("waiting")

    _correct_what_was_planned(desk, planned)


def _invite_twenty(desk: Desk, school: str, party: str) -> list[str]:
    page = desk.page
    desk.go("Personer")
    page.get_by_role("link", name="Bjud in").click()
    lines = "\n".join(f"Polis {number:02}\tpolis{number:02}@{school}" for number in range(1, 21))
    page.get_by_label("Vilka vill du bjuda in?").fill(lines.replace("polis07@", "polis07"))
    page.get_by_role("radio", name="Rapportera").check()
    page.get_by_label("Område eller plats").fill("Landskrona")
    page.get_by_label("Part").select_option(party)
    desk.look("invitation")
    page.get_by_role("button", name="Bjud in").click()
    expect(page.get_by_role("link", name="Rad 7: Det är ingen e-postadress.")).to_be_visible()
    desk.look("line-at-fault")
    page.get_by_label("Vilka vill du bjuda in?").fill(lines)
    page.get_by_role("button", name="Bjud in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Länkar att logga in med")
    desk.look("links")
    return page.locator("code").all_inner_texts()


def _correct_what_was_planned(desk: Desk, place: str) -> None:
    """Say of the walk of yesterday that it took place."""
    page = desk.page
    desk.go("Att göra")
    walk = page.get_by_role("listitem").filter(has_text=place)
    walk.get_by_role("link").click()
    page.get_by_role("radio", name="Ja, genomförd").check()
    page.get_by_label("Antal boende").fill("14")
    desk.look("correction")
    page.get_by_role("button", name="Spara").click()
    expect(page.get_by_text("Planerad → Genomförd")).to_be_visible()
    desk.look("corrected")
    desk.go("Att göra")
    expect(walk).to_have_count(0)
    desk.look("done")


def _path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]
