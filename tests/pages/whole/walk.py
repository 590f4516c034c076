"""Walks through the pages: every link that is found, every form sent empty, and the errors that there are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.extent import IS_LONG, amount
from tests.pages.upload.uploading import WALKS, workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from playwright.sync_api import Browser, BrowserContext, Page

    from shared.domain.person import PersonRole

LANGUAGES = ("sv", "en")
# Of pages that differ by what they are about, so many are looked at.
MOST_ALIKE = amount(1, 3)
# Forms of each kind: one with lists and groups, one of a case.
FIRST = ("/", "/mina-uppgifter", "/rapportera/safety-walk", "/rapportera/graffiti-cleanup", "/overenskommelsen?ar=2016")
# Where a form may not be sent empty, since that does what the page is about.
_LEFT_ALONE_ENDINGS = ("/ta-bort", "/visning", "/avsluta", "/klart", "/ta-tillbaka")
_LEFT_ALONE = ("/logga-ut", "/sprak", "/logga-in/")
# Those that lead to the same in another language, or to a file, do not lead on.
LINKS = "a[href]:not([hreflang]):not([download])"
# What differs between people and reports: texts, addresses and what is filled in.
_CONTENT = re.compile(r">[^<]*<|(href|value|id|for|name|aria-describedby)=\"[^\"]*\"")
_VARIES = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)[0-9]+(?=/|$)|(?<=/rapportera/)[a-z-]+|(?<=/indikatorer/)[a-z0-9~-]+|(?<=/varden/)[a-z0-9~-]+"
    r"|(?<=/ataganden/)[a-z0-9-]+/[a-z0-9-]+"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A page or state of one: who sees it, its address, and its HTML."""

    who: str
    language: str
    address: str
    state: str
    html: str

    @property
    def name(self) -> str:
        """What a fault of it is told by."""
        return f"{self.who} {self.language} {self.address} {self.state}".strip()


def walk(browser: Browser, base: str, links: Mapping[PersonRole, Sequence[str]]) -> Iterator[Seen]:
    """Yield all that people of each role see, and those who are not signed in, each in some languages."""
    for language in _languages(0):
        with visit_with(browser) as visit:
            page = visit.new_page()
            choose(page, base, language)
            yield from _explore(page, base, "nobody", language, ["/", "/logga-in", "/utan-nat"])
    for number, (role, links_of_role) in enumerate(links.items()):
        for language, link in zip(_languages(number), links_of_role, strict=False):
            with visit_with(browser) as visit:
                page = visit.new_page()
                choose(page, base, language)
                page.goto(link)
                yield seen_on(page, role, language, "link")
                if page.locator("main form button.main").count():
                    page.click("main form button.main")
                choose(page, base, language)
                page.goto(link)
                yield seen_on(page, role, language, "used link")
                yield from _explore(page, base, role, language, list(FIRST))


def _languages(number: int) -> Sequence[str]:
    """Return both languages; in a sample one, by turns."""
    return LANGUAGES if IS_LONG else LANGUAGES[number % 2 :][:1]


def distinct(pages: Iterable[Seen]) -> Iterator[Seen]:
    """Yield each page once, though several people see it: but for names and numbers they are the same."""
    known = set[tuple[str, str]]()
    for seen in pages:
        form = seen.language, _CONTENT.sub("", seen.html)
        if form not in known:
            known.add(form)
            yield seen


def fullest(pages: Iterable[Seen]) -> Iterable[Seen]:
    """Return each page and state once: as the one sees it who has most there."""
    found = dict[tuple[str, str], Seen]()
    for seen in sorted(pages, key=lambda one: len(one.html)):
        found[_VARIES.sub("*", seen.address), seen.state] = seen
    return found.values()


def visit_with(browser: Browser) -> BrowserContext:
    """Return a browser without scripts of pages: what they show does not need any."""
    return browser.new_context(java_script_enabled=False, bypass_csp=True)


def choose(page: Page, base: str, language: str) -> None:
    """Choose a language, as a visitor does."""
    page.goto(f"{base}/tillganglighet")
    button = page.locator(f"button[name=language][value={language}]")
    if button.count():
        button.click()


def _explore(page: Page, base: str, who: str, language: str, addresses: Sequence[str]) -> Iterator[Seen]:
    waiting, known, kinds = [*addresses], {*addresses}, dict[str, int]()
    while waiting:
        address = waiting.pop(0)
        kind = _VARIES.sub("*", address.partition("?")[0])
        kinds[kind] = kinds.get(kind, 0) + 1
        if kinds[kind] > MOST_ALIKE:
            continue
        page.goto(base + address)
        yield seen_on(page, who, language, "")
        for found in page.eval_on_selector_all(LINKS, "links => links.map(link => link.getAttribute('href'))"):
            target = urlsplit(found)._replace(fragment="").geturl()
            if target.startswith("/") and not target.startswith(("/samverkan", "/static")) and target not in known:
                known.add(target)
                waiting.append(target)
        yield from _sent_empty(page, address, who, language)
        if address == "/ladda-upp":
            yield from _uploaded(page, base, who, language)


def _uploaded(page: Page, base: str, who: str, language: str) -> Iterator[Seen]:
    """Yield what becomes of a sheet that leaves questions open and has a faulty row, until it is taken."""
    page.goto(f"{base}/ladda-upp")
    content = workbook([*WALKS[:5], ["1/2", "Lindpark", 3, 1], ["31/4", "Karlslund", 5, 1], ["Summa", "", 9, 9]])
    page.set_input_files("#file", {"name": "Vandringar.xlsx", "mimeType": "application/zip", "buffer": content})
    send = "main form button.main"
    for state in ("uploaded", "asked"):
        page.click(send)
        yield seen_on(page, who, language, state)
    for choice in page.locator("main select").all():
        if not choice.input_value():
            choice.select_option(index=1)
    for state in ("tried", "taken"):
        page.click(send)
        yield seen_on(page, who, language, state)


def _sent_empty(page: Page, address: str, who: str, language: str) -> Iterator[Seen]:
    """Yield what comes of sending the page's own form as it is."""
    form = page.locator("main form[method=post]")
    if form.count() == 0 or address.startswith(_LEFT_ALONE) or address.endswith(_LEFT_ALONE_ENDINGS):
        return
    form.first.locator("button").last.click()
    yield seen_on(page, who, language, "sent empty")


def seen_on(page: Page, who: str, language: str, state: str) -> Seen:
    """Return what is on a page now."""
    parts = urlsplit(page.url)
    return Seen(who, language, parts.path, state, page.content())
