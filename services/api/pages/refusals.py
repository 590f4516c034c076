"""What is refused, as a page: by a page's own route, and to a browser at every address that is not the API's."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

import orjson
from starlette.datastructures import MutableHeaders

from services.api.http.middleware import ProblemPages
from services.api.pages.rendering import Visit, chosen_language, page, visit_of
from services.api.pages.texts import translator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Message

# What a form has of its own, and nobody has typed.
_NOT_TYPED = frozenset({"external-id", "place-code", "annex", "status", "alike", "till", "revision", "whole"})
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
# Of the page, whatever the problem's were. That a key is asked for would have a browser ask for a password.
_NOT_PASSED_ON = frozenset({"content-type", "content-length", "content-language", "www-authenticate"})


def refusal_page(
    request: Request, slug: str, status: HTTPStatus, detail: str = "", fields: Sequence[tuple[str, str]] = ()
) -> Response:
    """Return a page that says what is wrong and what to do; `fields` can be sent again from it."""
    translate = translator(visit_of(request).language)
    keys = (f"refused.{slug}", f"refused.{status.value}", "refused.other")
    key = next(key for key in keys if translate.knows(f"{key}.title"))
    detail = detail if key == "refused.other" else ""
    return page(request, "refused.html", status, key=key, detail=detail, fields=fields, typed=_typed(fields))


def _typed(fields: Sequence[tuple[str, str]]) -> list[str]:
    """Return what somebody has written; choices have codes for values, which say nothing."""
    return [
        value
        for name, value in fields
        if value and name not in _NOT_TYPED and not (name.startswith("attributes.") and _CODE.fullmatch(value))
    ]


class PageRefused(Exception):
    """A page is answered by one that says why not. Raised, and not returned, so that nothing that was begun is kept."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


def install(app: FastAPI) -> None:
    """Make the app answer by pages: where a route of a page refuses, and where a browser would be shown a problem."""

    async def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, PageRefused)  # noqa: S101  as it is registered
        return error.answer

    app.add_exception_handler(PageRefused, refused)
    app.add_middleware(ProblemPages, page_of=_page_of)


def _page_of(request: Request, begun: Message, content: bytes) -> Response:
    """Return the page of a problem, with its header fields; who visits is not asked for."""
    if not hasattr(request.state, "visit"):
        request.state.visit = Visit(None, chosen_language(request))
    slug = orjson.loads(content)["type"].rpartition("/")[2]
    answer = refusal_page(request, slug, HTTPStatus(begun["status"]))
    headers = MutableHeaders(raw=answer.raw_headers)
    for name, value in begun["headers"]:
        if name.decode("latin-1").lower() not in _NOT_PASSED_ON and name.decode("latin-1") not in headers:
            headers.append(name.decode("latin-1"), value.decode("latin-1"))
    return answer
