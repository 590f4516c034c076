"""In which form a client wants its answer: how much metadata, and whether decimals are to be text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from starlette.requests import Request

from services.api.odata.errors import InvalidRequest, NotAcceptable

VERSION = "4.0"

MetadataLevel: TypeAlias = Literal["none", "minimal", "full"]

_SHORT = {"json": "application/json", "xml": "application/xml", "ancestor_set": "application/ancestor set+xml"}
_ANY = {"*/*", "application/*", "application/json"}
_LEVELS = {"none", "minimal", "full"}
_FLAGS = {"true": True, "false": False}
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})(;.*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """The form of an answer in JSON."""

    metadata: MetadataLevel = "minimal"
    # IEEE754Compatible: a reader that keeps numbers as doubles would lose digits of decimals and long integers.
    decimals_as_text: bool = False

    @property
    def media_type(self) -> str:
        """The media type that the answer declares."""
        exact = ";IEEE754Compatible=true" if self.decimals_as_text else ""
        return f"application/json;odata.metadata={self.metadata}{exact}"


@dataclass(frozen=True, slots=True)
class _Range:
    """A media type that the client takes, and how gladly."""

    media_type: str
    parameters: Mapping[str, str]
    quality: float


def wanted_form(request: Request, option: str | None) -> JsonFormat:
    """Return the form that `$format` asks for, or else the header Accept.

    Raises:
        NotAcceptable: none of the forms asked for can be had.
    """
    asked = _SHORT.get(option.strip().lower(), option) if option is not None else request.headers.get("accept", "*/*")
    forms = [(accepted.quality, form) for accepted in _ranges(asked) if (form := _form(accepted)) is not None]
    wanted = max((quality for quality, _ in forms), default=0.0)
    for quality, form in forms:
        if quality == wanted > 0:
            return form
    raise NotAcceptable(
        "The data come as application/json, with odata.metadata=none, minimal or full and with IEEE754Compatible.",
        target="$format" if option is not None else "Accept",
    )


def refuse_other_format(option: str | None) -> None:
    """Raise NotAcceptable if `$format` asks for `$metadata` in anything but XML; the header Accept is not looked at."""
    if option is not None and _SHORT.get(option.strip().lower(), option).partition(";")[0] != "application/xml":
        raise NotAcceptable("$metadata comes as application/xml.", target="$format")


def refuse_old_client(request: Request) -> None:
    """Raise InvalidRequest if the client understands only versions of OData before ours."""
    highest = request.headers.get("odata-maxversion")
    if highest is None:
        return
    version = _VERSION.fullmatch(highest.strip())
    if version is None or int(version[1]) < int(VERSION[0]):
        raise InvalidRequest(f"This service speaks OData {VERSION}.", code="VersionTooOld", target="OData-MaxVersion")


def _ranges(header: str) -> Iterator[_Range]:
    for part in header.split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        given = dict(_parameter(parameter) for parameter in parameters if parameter)
        yield _Range(media_type.lower(), given, _quality(given.pop("q", "1")))


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower().removeprefix("odata."), value.strip().strip('"').lower()


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def _form(accepted: _Range) -> JsonFormat | None:
    """Return the form of a media type; None if that or one of its parameters is not ours."""
    given = dict(accepted.parameters)
    level = given.pop("metadata", "minimal")
    as_text = given.pop("ieee754compatible", "false")
    # We stream in any case, and JSON is always UTF-8.
    is_streaming, charset = given.pop("streaming", "true"), given.pop("charset", "utf-8")
    is_ours = accepted.media_type in _ANY and level in _LEVELS and as_text in _FLAGS and is_streaming in _FLAGS
    if given or not is_ours or charset != "utf-8":
        return None
    return JsonFormat(cast("MetadataLevel", level), _FLAGS[as_text])
