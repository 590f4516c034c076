"""Pages of other origins that may read answers in a browser (CORS): those that the operator has named, no others."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from services.api import problems
from services.api.problems import CrossOriginRefused

METHODS = ("GET", "POST", "PUT", "DELETE")
# The key travels in a header that a page's script sets; a browser sends neither cookies nor passwords of its own.
ASKED_WITH = ("Authorization", "If-Match", "If-None-Match", "Prefer", "Traceparent", "Tracestate")
READABLE = (
    *("Content-Disposition", "Deprecation", "ETag", "Link", "Location", "OData-Version", "Preference-Applied"),
    *("Retry-After", "Sunset", "Traceparent"),
)
SECONDS_REMEMBERED = 600


class CrossOrigin(CORSMiddleware):
    """The framework's middleware, set up for this API; what it refuses is told as a problem."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=ASKED_WITH,
            expose_headers=READABLE,
            max_age=SECONDS_REMEMBERED,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer what a browser asks beforehand; a key is neither sent nor needed then."""
        answer = super().preflight_response(request_headers)
        if answer.status_code == 200:  # noqa: PLR2004  OK
            return answer
        allowed = {
            name: answer.headers[name] for name in ("vary", "access-control-allow-origin") if name in answer.headers
        }
        return problems.answer(
            CrossOriginRefused("Pages of this origin may not ask so. The operator names those that may.", (), allowed)
        )
