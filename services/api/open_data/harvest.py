"""`/oppna-data`: what municipalities publish, for everybody and without a key; portals harvest it.

It is no part of the API's version: identifiers of datasets outlive that. An ending of the address names the form, such
as `.csv`; without one, the header Accept does.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Request, Response

from services.api.http.dependencies import resources_of
from services.api.http.media_types import preferred
from services.api.http.problems import NotAcceptable, UnknownPath
from services.api.http.responses import with_etag
from services.api.http.routing import CheckedRoute
from services.api.open_data import csv_file, json_stat
from services.api.open_data.addresses import OPEN_DATA
from services.api.open_data.contents import Contents
from services.api.open_data.csv_file import csv_of
from services.api.open_data.json_stat import json_stat_of
from services.api.open_data.queries import published_by
from services.api.open_data.rdf import FORMS as GRAPH_FORMS
from services.api.open_data.table import table_of
from services.api.values.queries import on_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.api.open_data.queries import OpenDataCatalogue
    from services.api.open_data.table import PublishedTable

# A page of any site may read it in a browser: it is asked for without a cookie, and the same for all.
_ANY_ORIGIN = (b"access-control-allow-origin", b"*")
# For so long a cache shows what has been corrected meanwhile, or is no longer published.
CACHE_SECONDS = 300
LONGEST_NAME = 200
# By ending, the media type.
TABLE_FORMS: Mapping[str, str] = {"csv": csv_file.MEDIA_TYPE, "json": json_stat.MEDIA_TYPE}

open_data = APIRouter(route_class=CheckedRoute, include_in_schema=False)

Named = Annotated[str, Path(max_length=LONGEST_NAME)]


class Turns:
    """Lets one request after another read what is published: however many harvest, they take one connection."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()


@open_data.get(f"{OPEN_DATA}/{{area}}")
async def show_catalogue(request: Request, area: Named) -> Response:
    """Show everybody what a municipality publishes, as portals harvest it."""
    code, ending = _form(request, area, {name: media_type for name, (media_type, _) in GRAPH_FORMS.items()})
    catalogue, resources = await _published(request, code), resources_of(request)
    async with resources.singleton(Turns).lock:
        content = await resources.singleton(Contents).of(resources, catalogue, ending)
    if content is None:
        raise UnknownPath
    media_type, _ = GRAPH_FORMS[ending]
    return _answer(request, content, media_type)


@open_data.get(f"{OPEN_DATA}/{{area}}/{{dataset}}")
async def show_dataset(request: Request, area: Named, dataset: Named) -> Response:
    """Show everybody what a municipality publishes of an indicator."""
    indicator, ending = _form(request, dataset, TABLE_FORMS)
    catalogue, resources = await _published(request, area), resources_of(request)
    async with resources.singleton(Turns).lock:
        reading = partial(table_of, resources, catalogue=catalogue, indicator=indicator)
        table = await on_figures(resources.figures, reading)
        if table is None:
            raise UnknownPath
        content = await asyncio.to_thread(_writer(request, ending), table)
    answer = _answer(request, content, TABLE_FORMS[ending])
    answer.headers["Content-Disposition"] = f'inline; filename="{area}-{indicator}.{ending}"'
    return answer


def _writer(request: Request, ending: str) -> Callable[[PublishedTable], bytes]:
    if ending == "csv":
        return csv_of
    return partial(json_stat_of, public_url=resources_of(request).settings.public_url)


async def _published(request: Request, area: str) -> OpenDataCatalogue:
    """Return the catalogue of an area that publishes; the request then sees its figures alone.

    Raises:
        UnknownPath: it publishes nothing, or does no more: nobody is told which.
    """
    catalogue = await published_by(resources_of(request), area)
    if catalogue is None:
        raise UnknownPath
    return catalogue


def _form(request: Request, named: str, forms: Mapping[str, str]) -> tuple[str, str]:
    """Return the name in an address and the form that is asked for, by its ending.

    Raises:
        UnknownPath: there is no such form.
        NotAcceptable: the address names none, and the client takes none of ours.
    """
    name, dot, ending = named.partition(".")
    if dot:
        if ending not in forms:
            raise UnknownPath
        return name, ending
    endings = {media_type: one for one, media_type in forms.items()}
    wanted = preferred(",".join(request.headers.getlist("accept")) or None, tuple(endings))
    if wanted is None:
        raise NotAcceptable(f"This comes as {', '.join(endings)}; or name one by the address's ending.")
    return name, endings[wanted]


def _answer(request: Request, content: bytes, media_type: str) -> Response:
    """Let everybody's caches keep what is published for a while, and then ask by its ETag whether it is the same."""
    caching = ((b"cache-control", b"public, max-age=%d" % CACHE_SECONDS), (b"vary", b"Accept"), _ANY_ORIGIN)
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    return with_etag(request, Response(content, media_type=f"{media_type}{charset}"), caching)
