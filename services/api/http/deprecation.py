"""What is deprecated, marked where it is declared: stated in the specification, and in answers (RFC 9745, RFC 8594).

@old_figures.get("")
@Deprecation(since=date(2027, 3, 1), sunset=date(2028, 3, 1), details="https://samverkan.example/changes#old-figures")
async def list_old_figures(…): …

old_name: Annotated[str, Deprecation(since=date(2027, 3, 1), details="https://samverkan.example/changes#old-name")]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

E = TypeVar("E", bound=Callable[..., Any])
HeaderLines = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since which day something is deprecated, from which it may be gone, and where people read what to do instead."""

    since: date
    details: str
    sunset: date | None = None

    def __post_init__(self) -> None:
        if self.sunset is not None and self.sunset < self.since:
            raise ValueError("nothing is gone before it is deprecated")

    def __call__(self, endpoint: E) -> E:
        """Mark a route: the decorator goes below the router's own."""
        endpoint.deprecation = self  # type: ignore[attr-defined]  # read by `of_endpoint`
        return endpoint

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Mark a field in the specification."""
        until = f", gone from {self.sunset}" if self.sunset else ""
        description = f"Deprecated since {self.since}{until}: see {self.details}."
        return {**handler(schema), "deprecated": True, "description": description}

    @property
    def link(self) -> HeaderLines:
        """The header that says where to read more."""
        return ((b"link", f'<{self.details}>; rel="deprecation"; type="text/html"'.encode()),)

    @property
    def headers(self) -> HeaderLines:
        """The headers in answers of a deprecated route."""
        deprecation = (b"deprecation", f"@{int(_midnight(self.since).timestamp())}".encode())
        if self.sunset is None:
            return (deprecation, *self.link)
        return (deprecation, (b"sunset", format_datetime(_midnight(self.sunset), usegmt=True).encode()), *self.link)


def of_endpoint(endpoint: Callable[..., Any]) -> Deprecation | None:
    """Return how a route is marked."""
    return getattr(endpoint, "deprecation", None)


def notices(endpoint: Callable[..., Any], response_model: object) -> HeaderLines:
    """Return the headers that a route's answers carry: a field that goes is no reason to leave the whole route."""
    whole = of_endpoint(endpoint)
    return (
        *(whole.headers if whole else ()),
        *{line for field in _fields(response_model, set()) for line in field.link},
    )


def _fields(annotation: object, seen: set[object]) -> Iterator[Deprecation]:
    """Yield the deprecations of a model's fields, of those of the models inside it too."""
    for inner in get_args(annotation):
        yield from _fields(inner, seen)
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)) or annotation in seen:
        return
    seen.add(annotation)
    for field in annotation.model_fields.values():
        yield from (mark for mark in field.metadata if isinstance(mark, Deprecation))
        yield from _fields(field.annotation, seen)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
