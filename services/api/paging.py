"""Lists, a page at a time, as the national REST profile wants them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Query
from pydantic import Field
from starlette.requests import Request

from services.api.answers import Answer, link, root_url
from services.api.problems import PageOutOfRange

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 1000
LARGEST_PAGE = 1_000_000_000

# What stands in a query as it was sent; all else is percent-encoded.
_SAFE_IN_QUERY = "=&%+-._~!$'()*,;:@/?"


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a list that a client asks for; `number` counts from 1."""

    number: int
    limit: int

    @property
    def offset(self) -> int:
        """How many entries come before the page."""
        return (self.number - 1) * self.limit

    def check(self, total: int) -> None:
        """Raise PageOutOfRange if a list of `total` entries has no such page; the first one may be empty."""
        pages = self.pages_of(total)
        if self.number > max(pages, 1):
            raise PageOutOfRange(f"The list has {pages} pages of {self.limit}; they are counted from 1.")

    def pages_of(self, total: int) -> int:
        """Return how many pages a list of `total` entries has."""
        return -(-total // self.limit)


PageNumber = Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="Which page, from 1.")]
PageLimit = Annotated[int, Field(ge=1, le=LARGEST_LIMIT, description="How many entries a page has.")]


async def wanted_page(
    page: Annotated[PageNumber, Query()] = 1, limit: Annotated[PageLimit, Query()] = DEFAULT_LIMIT
) -> Page:
    """Return the page that the query asks for."""
    return Page(page, limit)


Paging = Annotated[Page, Depends(wanted_page)]


def page_answer(request: Request, page: Page, total: int, noun: str, entries: Sequence[object]) -> Answer:
    """Answer with one page of a list of `total` entries.

    Raises:
        PageOutOfRange: there is no such page.
    """
    page.check(total)
    meta = {
        "count": len(entries),
        "page": page.number,
        "limit": page.limit,
        "totalRecords": total,
        "totalPages": page.pages_of(total),
    }
    return Answer({"_meta": meta, "_links": _links(request, page, page.pages_of(total)), noun: entries})


def slice_answer(request: Request, page: Page, noun: str, everything: Sequence[object]) -> Answer:
    """Answer with one page of a list that is held in memory as a whole."""
    return page_answer(request, page, len(everything), noun, everything[page.offset : page.offset + page.limit])


def link_header(request: Request, page: Page, total: int) -> str:
    """Return the links of a page as a header (RFC 8288), for a form of the list that has no room for them inside."""
    links = _links(request, page, page.pages_of(total)).values()
    return ", ".join(f'<{link["href"]}>; rel="{link["rel"]}"' for link in links)


def _links(request: Request, page: Page, last: int) -> dict[str, dict[str, str]]:
    sent = quote(request.scope["query_string"], safe=_SAFE_IN_QUERY).split("&")
    kept = "".join(f"{part}&" for part in sent if part and part.partition("=")[0] not in {"page", "limit"})
    address = f"{root_url(request)}{quote(request.scope['path'])}?{kept}page="
    numbers = {"self": page.number, "first": 1, "prev": page.number - 1, "next": page.number + 1, "last": max(last, 1)}
    return {
        relation: link(f"{address}{number}&limit={page.limit}", relation)
        for relation, number in numbers.items()
        if 1 <= number <= max(last, 1)
    }
