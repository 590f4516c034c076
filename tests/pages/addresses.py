"""Every address of a page, with something that can be in its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from services.api.app import PAGES
from services.api.pages.routing import PageRoute

if TYPE_CHECKING:
    from collections.abc import Mapping

STATIC = "/static/{name}"
UNKNOWN = "00000000-0000-7000-8000-000000000000"
# What is in the place of a parameter, unless a test says something else.
EXAMPLES: Mapping[str, str] = {
    "type": "safety-walk",
    "id": UNKNOWN,
    "upload": UNKNOWN,
    "importId": UNKNOWN,
    "link": "x",
    "token": "x",
    "name": "style.css",
    "number": "999999",
    "municipality": "nowhere",
    "client": UNKNOWN,
    "import": UNKNOWN,
    "source": "nowhere",
    "webhook": UNKNOWN,
    # Everybody has this one in an agreement of theirs; the value is nobody's, and the comment either.
    "series": "safety-walks~all",
    "value": "safety-walks~all~1282~1999",
    "kind": "park",
    "comment": UNKNOWN,
    "code": "kommunen",
    "file": "2016.xlsx",
    "area": "9999",
    "step": "plats",
    "agreement": "nowhere",
    "commitment": "nothing",
    "period": "2016-t1",
    "annex": "3",
    "revision": "1",
    "break": UNKNOWN,
}


def page_routes() -> Iterator[PageRoute]:
    """Yield every route of a page."""
    for router in PAGES:
        for route in router.routes:
            assert isinstance(route, PageRoute), route
            yield route


def addresses(method: str) -> list[str]:
    """Return the addresses that take a method, as routes have them."""
    return [route.path for route in page_routes() if method in (route.methods or ())]


def example_of(path: str, **parameters: str) -> str:
    """Return an address in which every parameter has a value."""
    return path.format_map({**EXAMPLES, **parameters})
