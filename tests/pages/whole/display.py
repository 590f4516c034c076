"""Displays pages as they came, with their style and without their script, in one tab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


class Display:
    """A tab of a browser."""

    def __init__(self, browser: Browser, base: str) -> None:
        self._context = browser.new_context(bypass_csp=True)
        self._page = self._context.new_page()
        self._page.route(f"{base}/", lambda route: route.fulfill(content_type="text/html", body=""))
        self._page.goto(f"{base}/")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._context.close()

    def load(self, script: str) -> None:
        """Run a script, whose names all that is displayed from now on has."""
        self._page.evaluate(script)

    def of(self, html: str, width: int = 1280, scheme: Scheme = "light") -> Page:
        """Display a page in a window of a width in pixels: written into the tab, in a third of the time of a visit."""
        self._page.emulate_media(color_scheme=scheme)
        self._page.set_viewport_size({"width": width, "height": 900})
        # Its script would send what it displays elsewhere.
        self._page.set_content(html.replace('type="module"', 'type="text/plain"'))
        return self._page
