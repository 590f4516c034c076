"""Everything by the keyboard alone, at 200 and 400 percent: reached in the page's order, seen, and done.

A screen of 1280 pixels at 200 percent has 640 of CSS, and at 400 percent 320.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from shared.domain.person import GivenRole, PersonRole
from tests.chromium import NEEDS_CHROMIUM
from tests.extent import sample_of
from tests.pages.people import AREA, invite

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.long, NEEDS_CHROMIUM]
ROLES = [GivenRole(PersonRole.REPORTER, AREA), GivenRole(PersonRole.COORDINATOR, AREA)]
# 1280 pixels, at which percentage.
ZOOMED = {200: 640, 400: 320}
PAGES = (
    "/",
    "/att-gora",
    "/rapportera",
    "/rapportera/safety-walk",
    "/rapportera/graffiti-cleanup",
    "/mina-rapporter",
    "/personer",
    "/personer/bjud-in",
    "/personer/1",
    "/personer/1/ta-bort",
    "/mina-uppgifter",
    "/tillganglighet",
)
MOST_TABS = 400
# What the keyboard should reach, by its place in the page; of radio buttons of one name the chosen one, or the first.
_REACHABLE = """() => {
    const kinds = 'a[href], button, input:not([type=hidden]), select, textarea, summary';
    window.controls = [...document.querySelectorAll(kinds)]
        .filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0);
    const chosen = (one) => window.controls.find((other) => other.name === one.name && other.checked)
        ?? window.controls.find((other) => other.name === one.name);
    return window.controls.map((one, place) => one.type === 'radio' && chosen(one) !== one ? -1 : place)
        .filter((place) => place >= 0);
}"""
# Where the focus is, and whether it is seen: it has an outline, is on the screen, and nothing lies over it.
_FOCUS = """() => {
    const one = document.activeElement;
    const place = window.controls.indexOf(one);
    if (place < 0) return {place};
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    const [x, y] = [box.left + Math.min(box.width, 40) / 2, box.top + Math.min(box.height, 30) / 2];
    const over = document.elementFromPoint(x, y);
    return {
        place,
        name: one.outerHTML.slice(0, 90),
        outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        onScreen: box.width > 0 && box.left >= 0 && box.right <= innerWidth + 1 && box.top >= 0 && y < innerHeight,
        uncovered: over !== null && (one.contains(over) || over.contains(one) || (one.labels ?? [])[0]?.contains(over)),
    };
}"""
_NAME = """() => {
    const one = document.activeElement;
    return one.labels?.[0]?.innerText ?? one.innerText ?? '';
}"""


@pytest.fixture
def page(request: pytest.FixtureRequest, open_context: Callable[..., BrowserContext], database_url: str) -> Page:
    """Return a page of somebody who reports and coordinates, signed in by the keyboard."""
    percent: int = getattr(request, "param", 200)
    page = open_context(ZOOMED[percent], device_scale_factor=percent / 100).new_page()
    page.goto(invite(database_url, "knut@kommun.example", ROLES, name="Knut Tangent").address)
    press_at(page, "Logga in")
    page.wait_for_url("**/overenskommelsen")
    page.goto("/rapportera")
    return page


def press_at(page: Page, name: str, key: str = "Enter") -> None:
    """Go on by Tab to a control of a name, and press a key there."""
    tab_to(page, name)
    page.keyboard.press(key)


def tab_to(page: Page, name: str) -> None:
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(_NAME).strip().startswith(name):
            return
    raise AssertionError(f"{name} is not reached on {page.url}")


def walked_through(page: Page) -> Iterator[dict[str, Any]]:
    """Yield where the focus is at each press of Tab, from the page's beginning until it leaves the page."""
    former = -1
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focus = page.evaluate(_FOCUS)
        if focus["place"] < 0 or focus["place"] < former:
            return
        if focus["place"] != former:  # a date has several parts
            yield focus
        former = focus["place"]


@pytest.mark.parametrize("page", sample_of([400, 200], 2), indirect=True)
def test_every_control_is_reached_in_order_and_seen(page: Page) -> None:
    wrong = []
    for address in PAGES:
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        reachable = page.evaluate(_REACHABLE)
        reached = [*walked_through(page)]
        if [one["place"] for one in reached] != reachable:
            wrong.append(f"{address}: {len(reached)} of {len(reachable)} are reached in order")
        wrong += [
            f"{address}: {one['name']} is not {what}"
            for one in reached
            for what in ("outlined", "onScreen", "uncovered")
            if not one[what]
        ]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{address} is wider than the screen")
    assert wrong == []


def test_a_report_is_sent_corrected_and_taken_back(page: Page) -> None:
    press_at(page, "Hoppa till innehållet")
    assert page.evaluate("document.activeElement.id") == "main"
    press_at(page, "Trygghetsvandring")
    page.wait_for_url("**/rapportera/safety-walk")

    # Sent empty: the summary has the focus, and its first link leads to the field.
    press_at(page, "Skicka")
    expect(page.get_by_role("alert")).to_be_visible()
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.closest('.faults') === null"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "place"

    page.keyboard.type("Karlslund")
    tab_to(page, "När")  # today, unless something else is typed
    tab_to(page, "Antal boende")
    page.keyboard.type("12")
    tab_to(page, "Fler uppgifter")
    page.keyboard.press("Space")
    tab_to(page, "Kommentar")
    page.keyboard.type("Vi gick vid torget.")
    press_at(page, "Skicka")
    page.wait_for_url("**/rapporterat/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tack! Rapporten är sparad")

    press_at(page, "Rätta")
    page.wait_for_url("**/ratta")
    tab_to(page, "Antal boende")
    page.keyboard.press("Control+a")
    page.keyboard.type("13")
    press_at(page, "Spara")
    expect(page.get_by_text("12 → 13")).to_be_visible()

    press_at(page, "Ta bort")
    page.wait_for_url("**/ta-bort")
    press_at(page, "Ta bort")
    expect(page.get_by_role("status").filter(has_text="borttagen")).to_be_visible()


def test_details_open_and_close_by_either_key(page: Page) -> None:
    page.goto("/rapportera/safety-walk")
    for key in ("Enter", "Space"):
        tab_to(page, "Fler uppgifter")
        for is_open in (True, False):
            page.keyboard.press(key)
            assert page.evaluate("document.activeElement.parentElement.open") is is_open
        page.goto("/rapportera/safety-walk")


def test_choices_are_made_by_arrows_and_space(page: Page, database_url: str) -> None:
    somebody = invite(database_url, "tea@kommun.example")
    page.goto("/personer/bjud-in")
    tab_to(page, "Vilka vill du bjuda in?")
    page.keyboard.type("ny@kommun.example")
    tab_to(page, "Läsa")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("radio", name="Rapportera").is_checked()
    press_at(page, "Bjud in")
    expect(page.get_by_role("heading", level=1)).to_have_text("Länkar att logga in med")

    page.goto(f"/personer/{somebody.number}")
    tab_to(page, "Rapportör, Landskrona")
    page.keyboard.press("Space")
    press_at(page, "Spara")
    expect(page.get_by_role("alert")).to_contain_text("En uppgift behöver rättas")
    page.goto("/personer")
    tab_to(page, "Sök bland personerna")
    page.keyboard.press("Enter")
    tab_to(page, "Sök")
    page.keyboard.type("tea@")
    page.keyboard.press("Enter")
    expect(page.get_by_text("En person", exact=True)).to_be_visible()
