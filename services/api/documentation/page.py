"""Pages for people: where to begin, and the specification in Swagger UI, which a package carries and we serve."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import FileResponse

from services.api.http.routing import BASE, CheckedRoute

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

_OURS = Path(__file__).parent
_MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
# What a page says changes with the version of the service alone.
_CACHED = {"Cache-Control": "public, max-age=3600"}


def _files() -> Iterator[tuple[str, Path]]:
    """Yield each address with its file. The package is not imported: it would make an app of its own."""
    yield BASE, _OURS / "start.html"
    yield f"{BASE}/docs", _OURS / "page.html"
    yield f"{BASE}/docs/page.js", _OURS / "page.js"
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name="fastapi_offline")
    for name in ("swagger-ui.css", "swagger-ui-bundle.js"):
        yield f"{BASE}/docs/{name}", Path(spec.origin).parent / "static" / name


def _showing(file: Path) -> Callable[[], Awaitable[FileResponse]]:
    async def show() -> FileResponse:
        return FileResponse(file, media_type=_MEDIA_TYPES[file.suffix], headers=_CACHED)

    return show


pages = APIRouter(route_class=CheckedRoute, include_in_schema=False)
for _address, _file in _files():
    pages.add_api_route(_address, _showing(_file), response_class=FileResponse)
