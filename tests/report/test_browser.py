"""The HTML in a browser, with its policy: accessible by two engines, valid, narrow, and on A4."""

from __future__ import annotations

import io
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from pikepdf import Pdf

from shared.domain.wording import Language
from shared.report.html import content_policy, html_of
from tests.chromium import NEEDS_CHROMIUM, launched
from tests.node_packages import node_packages
from tests.report.made_up import report_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Route

pytestmark = [NEEDS_CHROMIUM, pytest.mark.slow]

ADDRESS = "https://report.example/"
NAMES = (
    "Trygghetsvandringar med boende, fastighetsägare och föreningar i hela kommunens samtliga stadsdelar och tätorter",
    "Klottersaneringar",
    "شارع المدينة 中文街道名称 😀",
    "Skolbesök" * 8,
)
A4 = (595, 842)


@pytest.fixture(scope="module", params=[*Language])
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    report = report_with(
        NAMES, "Texten är ganska lång. " * 9, ["missed", "atRisk", "met"], request.param, p_values=[1e-9, 0.4]
    )
    html, problems = html_of(report), []

    def answer(route: Route) -> None:
        headers = {"Content-Security-Policy": content_policy(), "Content-Type": "text/html; charset=utf-8"}
        route.fulfill(body=html, headers=headers)

    with launched() as browser:
        page = browser.new_page(bypass_csp=False)
        page.on("console", lambda said: problems.append(said.text))
        page.route("**/*", answer)
        page.goto(ADDRESS)
        assert problems == []
        yield page


def test_its_style_is_applied_and_its_pictures_are_shown(page: Page) -> None:
    assert page.evaluate("getComputedStyle(document.querySelector('table')).borderCollapse") == "collapse"
    assert page.evaluate("[...document.images].every(one => one.naturalWidth > 0)")


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_page_is_no_wider_than_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_two_engines_find_nothing(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    # What a page's policy forbids to others is let in here alone.
    with page.context.browser.new_context(bypass_csp=True) as context:  # type: ignore[union-attr]  # there is one
        looked_at = context.new_page()
        looked_at.set_content(page.content())
        found = [
            f"{one['id']}: {node['html'][:150]}"
            for one in Axe().run(looked_at).response["violations"]
            for node in one["nodes"]
        ]
        assert found == []
        engine = (node_packages("accessibility-checker-engine") / "accessibility-checker-engine" / "ace.js").read_text()
        looked_at.evaluate(engine + "; window.ace = ace;")
        results = looked_at.evaluate("new ace.Checker().check(document, ['WCAG_2_2']).then(report => report.results)")
        assert [
            f"{one['ruleId']}: {one['message'][:120]} {one['snippet'][:120]}"
            for one in results
            if one["value"] == ["VIOLATION", "FAIL"]
        ] == []


def test_it_is_printed_on_a4_whole(page: Page) -> None:
    printed = page.pdf(prefer_css_page_size=True)
    with Pdf.open(io.BytesIO(printed)) as opened:
        sizes = {tuple(round(float(one)) for one in sheet.MediaBox[2:]) for sheet in opened.pages}
    assert all(abs(width - A4[0]) <= 1 and abs(height - A4[1]) <= 1 for width, height in sizes)
    pdftotext = shutil.which("pdftotext")
    if pdftotext is not None:
        said = subprocess.run([pdftotext, "-", "-"], input=printed, capture_output=True, check=True).stdout.decode()
        words = "".join(said.split())
        assert all("".join(name.split())[:20] in words for name in NAMES[:2])
