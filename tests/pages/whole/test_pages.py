"""Every page and state: accessible by two engines, valid HTML, narrow screens, and words for people alone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types

from tests.chromium import NEEDS_CHROMIUM
from tests.extent import IS_LONG, amount, sample_of
from tests.node_packages import node_packages
from tests.pages.whole.display import SCHEMES, Display
from tests.pages.whole.walk import fullest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.pages.whole.walk import Seen

# Each waits for the walk, should it be the first.
pytestmark = [NEEDS_CHROMIUM, pytest.mark.long, pytest.mark.timeout(3600 if IS_LONG else 600)]

WIDTHS = (320, 768, 1280)
# What only programs read: names in camelCase, codes in backticks, and what a type or role is called inside.
MACHINERY = re.compile(r"`|\b[a-z]+[A-Z][A-Za-z]*\b|\b[a-z]+-[a-z]+-[a-z]+\b(?=\s*[,.:])|\bNone\b|\{[a-z]")
# A link to sign in by, and a key, are to be copied, and not read.
LINK = re.compile(r"https?://\S+|smv_[\w-]+")
# Names of programs and of places that look so.
WORDS = {"PowerBI", "OpenAPI"}


@pytest.fixture(scope="module")
def display(browser: Browser, address: str) -> Iterator[Display]:
    """Return what displays pages as they came."""
    with Display(browser, address) as display:
        yield display


def test_the_walk_has_found_pages_and_states(pages: list[Seen]) -> None:
    found = {(one.address, one.state) for one in pages}
    assert {("/rapportera", ""), ("/rapportera/safety-walk", ""), ("/mina-uppgifter", ""), ("/", "")} <= found
    assert {("/overenskommelsen", ""), ("/medborgarloften/landskrona", ""), ("/drift/nycklar", "")} <= found
    assert any(address.startswith("/drift/inlasningar/") for address, _ in found)
    assert any(address.endswith("/byt") for address, _ in found), "no key was replaced"
    assert any(state == "sent empty" for _, state in found)
    assert {("/komma-igang/1284", state) for state in ("faulty", "preview", "set up")} <= found
    assert any("Försenat, skulle ha varit klart" in one.html for one in pages), "nothing is due"
    assert len(pages) > amount(30, 80)


@pytest.fixture(scope="module")
def judged(pages: list[Seen]) -> Sequence[Seen]:
    """Return what the engines look at, seconds for a long page: in a sample, each page as one role sees it."""
    return pages if IS_LONG else [*fullest(pages)]


@pytest.fixture(scope="module")
def axe(display: Display) -> Callable[[Page], Iterator[str]]:
    """Return what tells the faults that axe-core finds. To hand over all that it passes would take as long again."""
    display.load(Axe().axe_script)
    run = "axe.run({resultTypes: ['violations']}).then(results => results.violations)"

    def faults_of(page: Page) -> Iterator[str]:
        for one in page.evaluate(run):
            yield from (f"{one['id']}: {node['html'][:150]}" for node in one["nodes"])

    return faults_of


@pytest.fixture(scope="module")
def second_engine(display: Display) -> Callable[[Page], Iterator[str]]:
    """Return what tells the faults that IBM's engine finds."""
    script = node_packages("accessibility-checker-engine") / "accessibility-checker-engine" / "ace.js"
    display.load(f"{script.read_text(encoding='utf-8')}; window.ace = ace;")
    run = """new ace.Checker().check(document, ['WCAG_2_2']).then(
        report => report.results.filter(one => one.value[0] === 'VIOLATION' && one.value[1] === 'FAIL'))"""

    def faults_of(page: Page) -> Iterator[str]:
        # It takes a label for missing that is not displayed yet.
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        for one in page.evaluate(run):
            yield f"{one['ruleId']}: {one['message'][:120]} {one['snippet'][:120]}"

    return faults_of


def test_axe_finds_nothing_in_light_and_dark(
    display: Display, judged: Sequence[Seen], axe: Callable[[Page], Iterator[str]]
) -> None:
    found = []
    for number, seen in enumerate(sample_of(judged, 2)):
        for scheme in SCHEMES if IS_LONG else SCHEMES[number % 2 :][:1]:
            page = display.of(seen.html, 320 if scheme == "light" else 1280, scheme)
            found += [f"{seen.name} {scheme}: {fault}" for fault in axe(page)]
    assert found == []


def test_a_second_engine_finds_nothing(
    display: Display, judged: Sequence[Seen], second_engine: Callable[[Page], Iterator[str]]
) -> None:
    # In a sample, those that axe leaves out.
    pages = judged if IS_LONG else judged[1::2]
    assert {f"{seen.name}: {fault}" for seen in pages for fault in second_engine(display.of(seen.html))} == set()


def test_each_engine_finds_a_fault(
    display: Display, axe: Callable[[Page], Iterator[str]], second_engine: Callable[[Page], Iterator[str]]
) -> None:
    faulty = '<!doctype html><html lang="sv"><title>x</title><main><h1>x</h1><img src="data:,"></main></html>'
    assert [fault for fault in axe(display.of(faulty)) if fault.startswith("image-alt")]
    assert [fault for fault in second_engine(display.of(faulty)) if fault.startswith("img_alt")]


def test_nothing_is_scrolled_sideways(display: Display, pages: list[Seen]) -> None:
    found = []
    for number, seen in enumerate(pages):
        page = display.of(seen.html)
        for width in WIDTHS if IS_LONG else (WIDTHS[0], WIDTHS[1 + number % 2]):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{seen.name} at {width}")
    assert found == []


# What can be read below each heading of a printed page, until the next one of its level or above.
_EMPTY_HEADINGS = """() => {
    const level = one => Number(one.tagName[1]), headings = [...document.querySelectorAll('main :is(h1, h2, h3, h4)')];
    const isSeen = one => one.checkVisibility({visibilityProperty: true}) && one.getClientRects().length > 0;
    const holds = 'p, li, td, th, dt, dd, label, img, svg';
    const all = [...document.querySelectorAll(`main :is(h1, h2, h3, h4, ${holds})`)].filter(isSeen);
    return headings.filter(isSeen).filter(one => {
        const after = all.slice(all.indexOf(one) + 1);
        const end = after.findIndex(other => headings.includes(other) && level(other) <= level(one));
        return !after.slice(0, end < 0 ? after.length : end).some(other => !headings.includes(other));
    }).map(one => one.textContent.trim());
}"""


def test_no_page_prints_a_heading_without_what_it_is_of(display: Display, pages: list[Seen]) -> None:
    found = []
    for seen in pages:
        page = display.of(seen.html)
        page.emulate_media(media="print")
        found += [f"{seen.name}: {heading}" for heading in page.evaluate(_EMPTY_HEADINGS)]
        page.emulate_media(media="screen")
    assert found == []


def test_the_html_is_valid(pages: list[Seen], tmp_path: Path) -> None:
    checker = node_packages("vnu-jar") / "vnu-jar" / "build" / "dist" / "vnu.jar"
    java = shutil.which("java")
    if java is None:
        pytest.skip("needs Java")
    for number, seen in enumerate(pages):
        (tmp_path / f"{number}.html").write_text(seen.html, encoding="utf-8")
    done = subprocess.run(
        [java, "-jar", checker, "--format", "json", "--stdout", "--exit-zero-always", tmp_path],
        capture_output=True,
        check=True,
    )
    messages = json.loads(done.stdout)["messages"]
    assert [
        f"{pages[int(one['url'].rpartition('/')[2].removesuffix('.html'))].name}: {one['message']}"
        for one in messages
        if one["type"] == "error"
    ] == []


def test_no_word_of_the_machinery_is_on_a_page(display: Display, pages: list[Seen]) -> None:
    found = []
    for seen in pages:
        page = display.of(seen.html)
        text = LINK.sub("", page.inner_text("body"))
        found += [f"{seen.name}: {word}" for word in MACHINERY.findall(text) if word not in WORDS]
    assert found == []


def test_each_page_says_which_language_it_is_in(pages: list[Seen]) -> None:
    assert [one.name for one in pages if f'<html lang="{one.language}">' not in one.html] == []
