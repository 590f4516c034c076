"""A form on a page as a browser has it: what is filled in and chosen, to be changed and sent."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

from tests.pages.people import SITE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

Fields = dict[str, list[str]]


class _Reader(HTMLParser):
    """Reads the fields of the first form inside a page's main part."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: Fields = {}
        self.labels: list[str] = []
        self.choices: dict[str, list[str]] = {}
        self._is_main = self._is_form = False
        # Where the first form is sent that has fields; others are of single buttons.
        self.action = ""
        self._had_form = False
        self._depth_of_details = 0
        self.in_sight: list[str] = []
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._is_main |= tag == "main"
        if self._is_main and tag == "form":
            self._is_form = not self._had_form
            self._had_form = True
            self.action = given.get("action", "") if self._is_form else self.action
        if not self._is_form:
            return
        self._depth_of_details += tag == "details"
        name = given.get("name", "")
        if tag == "input":
            self._input(name, given)
        elif tag == "select":
            self._select = name
            self._see(name)
        elif tag == "option" and self._select:
            self.choices.setdefault(self._select, []).append(given["value"])
            if "selected" in given:
                self.fields[self._select] = [given["value"]]
        elif tag == "textarea":
            self._textarea = name
            self.fields[name] = [""]
            self._see(name)

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.fields.setdefault(self._select, [""])
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""
        elif tag == "details":
            self._depth_of_details -= self._is_form
        elif tag in {"form", "main"}:
            self._is_form = False
            self._is_main &= tag != "main"

    def _input(self, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind != "hidden":
            self._see(name)
        if kind in {"radio", "checkbox"}:
            self.choices.setdefault(name, []).append(given["value"])
            if "checked" not in given:
                return
        self.fields.setdefault(name, []).append(given.get("value", ""))

    def _see(self, name: str) -> None:
        name = name.removesuffix(".done")  # of a list's items
        if not self._depth_of_details and name not in self.in_sight:
            self.in_sight.append(name)


class FilledForm:
    """The first form of a page, to be sent to where it says, or to where the page is."""

    def __init__(self, client: httpx.AsyncClient, page: httpx.Response) -> None:
        reader = _Reader()
        reader.feed(page.text)
        self._client = client
        self._address = page.request.url.join(reader.action) if reader.action else page.request.url
        self.page = page
        self.fields = reader.fields
        self.choices = reader.choices
        self.in_sight = reader.in_sight

    def __getitem__(self, name: str) -> str:
        """Return what a field has."""
        return next(iter(self.fields.get(name, ())), "")

    async def send(self, changed: Mapping[str, str | list[str]] | None = None) -> httpx.Response:
        """Send the form with some of its fields changed; it can be sent again."""
        fields = self.fields | {
            name: [value] if isinstance(value, str) else value for name, value in (changed or {}).items()
        }
        return await self._client.post(self._address, data=fields, headers={"Origin": SITE})


async def open_form(client: httpx.AsyncClient, address: str) -> FilledForm:
    """Return the form of a page."""
    page = await client.get(address)
    assert page.status_code == 200, page.text
    return FilledForm(client, page)
