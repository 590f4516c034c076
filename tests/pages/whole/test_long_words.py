"""However long the words in an indicator's name are, no page is wider than its window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from services.api import pages
from tests.chromium import CHROMIUM, NEEDS_CHROMIUM, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = [NEEDS_CHROMIUM]
STYLE = (Path(pages.__file__).parent / "static" / "style.css").read_text(encoding="utf-8")
NAME = f"Kommunövergripandesamverkans{'åtgärdsuppföljnings' * 3}indikator"
CHART = f'<li><h3><a href="#">{NAME}</a></h3><svg></svg><div>1</div></li>'
CELLS = '<td class="number">1 250</td>' * 6 + "<td>minst lika högt som året före</td><td>inte nått</td>"
PLACES = {
    "small charts": f'<ul class="small-charts">{CHART * 9}</ul>',
    "table": f'<table class="values"><tbody><tr><th><a href="#">{NAME}</a></th>{CELLS}</tr></tbody></table>',
    "heading": f"<h1>{NAME}</h1><h2>{NAME}</h2>",
}


LATER = (
    '<table class="stacked"><tbody><tr><th>Deltagare i alla aktiviteter<span class="of">Skolan, mars 2016</span></th>'
    '<td class="number">saknas</td><td class="number">936<span class="of">Värdet är detsamma, men något annat i '
    "underlaget eller definitionen har ändrats.</span></td></tr></tbody></table>"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS])
        yield browser
        browser.close()


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("place", PLACES)
def test_a_page_is_no_wider_than_its_window(browser: Browser, place: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_content(f"<style>{STYLE}</style><body class=wide><main>{PLACES[place]}</main></body>")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize("width", [700, 1280])
def test_a_remark_beside_a_value_leaves_room_for_words(browser: Browser, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_content(f"<style>{STYLE}</style><body><main>{LATER}</main></body>")
    lines = "cell => { const range = document.createRange(); range.selectNodeContents(cell.firstChild); "
    lines += "return new Set([...range.getClientRects()].map(one => one.top)).size }"
    assert page.eval_on_selector("td", lines) == 1
    assert page.eval_on_selector("th", lines) <= 2
    page.close()
