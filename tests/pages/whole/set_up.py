"""The pages of a set-up in all their states, which files lead to: chosen, faulty, previewed, done, and sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.person import PersonRole
from tests.pages.setup import world
from tests.pages.setup.sheets import cells_of, filled
from tests.pages.whole.walk import LANGUAGES, choose, seen_on, visit_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.pages.whole.walk import Seen

_START = "/komma-igang"


def set_up(browser: Browser, base: str, operators: str, own: str) -> Iterator[Seen]:
    """Yield what the operator and who administers a municipality see, by links of theirs that have not been used."""
    swedish, english = LANGUAGES
    with visit_with(browser) as visit:
        page = _signed_in(visit.new_page(), base, operators, english)
        page.goto(base + _START)
        yield seen_on(page, PersonRole.ADMINISTRATOR, english, "choice")
    with visit_with(browser) as visit:
        page = _signed_in(visit.new_page(), base, own, swedish)
        page.goto(base + _START)
        address = page.url
        yield seen_on(page, PersonRole.ADMINISTRATOR, swedish, "nothing yet")
        page.goto(f"{address}/steg/bilaga")
        yield seen_on(page, PersonRole.ADMINISTRATOR, swedish, "too early")
        template = visit.request.get(f"{address}/mall").body()
        faulty = world.whole()
        faulty["annexes"][0]["number"] = "ett"
        faulty["targets"][2]["area"] = "Statsparken"
        for state, content in (("faulty", faulty), ("preview", world.whole())):
            _upload(page, address, filled(template, cells_of(content)))
            yield seen_on(page, PersonRole.ADMINISTRATOR, swedish, state)
        page.locator("main form button.main").click()
        yield seen_on(page, PersonRole.ADMINISTRATOR, swedish, "done, with links")
        for further in (address, f"{address}/klart"):
            page.goto(further)
            yield seen_on(page, PersonRole.ADMINISTRATOR, swedish, "set up")
        for step in ("overenskommelse", "bilaga?vilken=4&sparat=ja", "plats?vilken=Stadsparken"):
            page.goto(f"{address}/steg/{step}")
            yield seen_on(page, PersonRole.ADMINISTRATOR, swedish, "step")
        page.goto(f"{address}/steg/plats")
        page.locator("main form button.main").click()
        yield seen_on(page, PersonRole.ADMINISTRATOR, swedish, "sent empty")
        changed = world.whole()
        del changed["targets"][0]
        changed["annexes"][9]["title"] = "Trygga nätter"
        for state, content in (("changes", changed), ("nothing to do", world.whole())):
            _upload(page, address, filled(template, cells_of(content)))
            yield seen_on(page, PersonRole.ADMINISTRATOR, swedish, state)


def _signed_in(page: Page, base: str, link: str, language: str) -> Page:
    page.goto(link)
    page.click("main form button.main")
    choose(page, base, language)
    return page


def _upload(page: Page, address: str, content: bytes) -> None:
    page.goto(address)
    page.set_input_files("#file", {"name": "mall.xlsx", "mimeType": "application/octet-stream", "buffer": content})
    page.locator("main form button.main").click()
