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
from tests.extent import IS_LONG, amount
from tests.node_packages import node_packages
from tests.pages.whole.display import SCHEMES, Display

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.pages.whole.walk import Seen

# Each waits for the walk, should it be the first.
pytestmark = [NEEDS_CHROMIUM, pytest.mark.long, pytest.mark.timeout(600)]

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


def test_axe_finds_nothing_in_light_and_dark(display: Display, pages: list[Seen]) -> None:
    found = []
    for number, seen in enumerate(pages):
        for scheme in SCHEMES if IS_LONG else SCHEMES[number % 2 :][:1]:
            page = display.of(seen, 320 if scheme == "light" else 1280, scheme)
            for one in Axe().run(page).response["violations"]:
                found += [f"{seen.name} {scheme}: {one['id']}: {node['html'][:150]}" for node in one["nodes"]]
    assert found == []


def test_a_second_engine_finds_nothing(display: Display, pages: list[Seen]) -> None:
    engine = (node_packages("accessibility-checker-engine") / "accessibility-checker-engine" / "ace.js").read_text()
    found = set()
    for seen in pages:
        page = display.of(seen)
        # It takes a label for missing that is not displayed yet.
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        page.evaluate(engine + "; window.ace = ace;")
        results = page.evaluate("new ace.Checker().check(document, ['WCAG_2_2']).then(report => report.results)")
        found |= {
            f"{seen.name}: {one['ruleId']}: {one['message'][:120]} {one['snippet'][:120]}"
            for one in results
            if one["value"] == ["VIOLATION", "FAIL"]
        }
    assert found == set()


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_scrolled_sideways(display: Display, pages: list[Seen], width: int) -> None:
    found = []
    for seen in pages:
        page = display.of(seen, width)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(seen.name)
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
        page = display.of(seen)
        text = LINK.sub("", page.inner_text("body"))
        found += [f"{seen.name}: {word}" for word in MACHINERY.findall(text) if word not in WORDS]
    assert found == []


def test_each_page_says_which_language_it_is_in(pages: list[Seen]) -> None:
    assert [one.name for one in pages if f'<html lang="{one.language}">' not in one.html] == []
