"""Which methods an address takes, derived from its routes: for HEAD, for `Allow`, and for pages of other origins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from re import Pattern

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from services.api.http.routing import CheckedRoute


@dataclass(slots=True)
class Methods:
    """The methods that each address takes; `install` fills in the addresses."""

    _by_path: list[tuple[Pattern[str], frozenset[str]]] = field(default_factory=list)

    def add(self, route: APIRoute) -> None:
        """Take in a route; where there is a GET, there is a HEAD."""
        methods = frozenset(route.methods or ())
        self._by_path.append((route.path_regex, methods | {"HEAD"} if "GET" in methods else methods))

    def of(self, path: str) -> Sequence[str]:
        """Return the methods of an address, in the order of the alphabet."""
        return sorted({method for form, methods in self._by_path if form.match(path) for method in methods})

    def all(self) -> Sequence[str]:
        """Return every method that some address takes."""
        return sorted({method for _, methods in self._by_path for method in methods})


def install(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Let every GET of these routers be asked as HEAD too, and note what each address takes. Pages see to their HEADs.

    The routes for HEAD come after all others, so that no other request is compared with them. The server sends no body
    in answer to HEAD.
    """
    heads: list[CheckedRoute] = []
    methods: Methods = app.state.methods
    for route in (route for router in routers for route in router.routes if isinstance(route, APIRoute)):
        methods.add(route)
        if isinstance(route, CheckedRoute) and "GET" in (route.methods or ()):
            heads.append(route.as_head)
    app.router.routes.extend(heads)
