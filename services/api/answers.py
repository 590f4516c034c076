"""Answers as JSON made straight from plain rows, and the links in them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from services.api.requests import BASE

_PROTO = re.compile(r'(?:^|;)\s*proto="?(https?)"?\s*(?:;|$)', re.IGNORECASE)
_HOST = re.compile(r'(?:^|;)\s*host="?([A-Za-z0-9.-]+(?::[0-9]{1,5})?)"?\s*(?:;|$)', re.IGNORECASE)


class Answer(Response):
    """A JSON answer; strings, numbers, dates, UUIDs and fragments of JSON are encoded without further ado."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Return the content as JSON."""
        return orjson.dumps(content)


def root_url(request: Request) -> str:
    """Return where the client reaches the API: what a gateway says in Forwarded (RFC 7239), else the setting."""
    configured: str = request.app.state.equipment.settings.public_url
    nearest_client = request.headers.get("forwarded", "").split(",")[0]
    host = _HOST.search(nearest_client)
    if host is None:
        return configured
    proto = _PROTO.search(nearest_client)
    return f"{proto[1].lower() if proto else configured.partition(':')[0]}://{host[1]}"


def link(url: str, relation: str) -> dict[str, str]:
    """Return a link description object."""
    return {"href": url, "rel": relation, "method": "GET"}


def resource(
    request: Request,
    path: str,
    content: Mapping[str, Any],
    *,
    created: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Answer with one resource, whose own address is `path` below the API's root; one just created says so."""
    url = f"{root_url(request)}{BASE}/{path}"
    told = {"Location": url} if created else {}
    return Answer(
        {"_links": {"self": link(url, "self")}, **content}, 201 if created else 200, {**told, **(headers or {})}
    )


def with_etag(request: Request, response: Response) -> Response:
    """Add an ETag of the content, or answer 304 when the client has the same already.

    It is a weak one: it is the same however the content is compressed. A cache asks again each time, since a figure may
    change at any moment; only the client's own may keep what was answered to its key.
    """
    tag = f'"{hashlib.blake2b(response.body, digest_size=12).hexdigest()}"'
    headers = {"ETag": f"W/{tag}", "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}
    known = request.headers.get("if-none-match", "")
    if tag in known or known.strip() == "*":
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response
