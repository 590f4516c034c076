"""Displays pages as they came, with their style and without their script, in one tab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

    from tests.pages.whole.walk import Seen

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


class Display:
    """A tab of a browser."""

    def __init__(self, browser: Browser, base: str) -> None:
        self._context = browser.new_context(bypass_csp=True)
        self._base = base
        self._html = ""
        self._page = self._context.new_page()
        self._page.route("**/*", self._answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._context.close()

    def of(self, seen: Seen, width: int = 1280, scheme: Scheme = "light") -> Page:
        """Display a page in a window of a width in pixels."""
        # Its script would send what it displays elsewhere.
        self._html = seen.html.replace('type="module"', 'type="text/plain"')
        self._page.emulate_media(color_scheme=scheme)
        self._page.set_viewport_size({"width": width, "height": 900})
        self._page.goto(self._base + seen.address)
        return self._page

    def _answer(self, route: Route) -> None:
        if "/static/" in route.request.url:
            route.continue_()
        else:
            route.fulfill(content_type="text/html", body=self._html)
