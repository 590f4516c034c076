"""Media types, and other lists in headers: parameters are read, and what a client accepts is weighed.

Every header is read letter by letter, up to a length: an expression that backs up takes as long as a stranger likes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

# What is longer names no type of ours; a browser's Accept has some 150 characters.
LONGEST = 2048


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type, its name and the names of its parameters in lower case; the name is empty where none can be read.

    Of a parameter that comes twice the first counts.
    """

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def quality(self) -> float:
        """How gladly a client takes it, from 0 (not at all) to 1; what is no number is 0."""
        text = self.parameters.get("q", "1")
        is_number = len(text) <= len("0.000") and text.isascii() and text.replace(".", "", 1).isdigit()
        return min(float(text), 1.0) if is_number else 0.0


def media_type_of(header: str) -> MediaType:
    """Return what a header such as Content-Type says."""
    name, *parameters = _split(header[:LONGEST], ";")
    return MediaType(name.strip().lower(), _parameters(parameters))


def parameters_of(header: str) -> Mapping[str, str]:
    """Return what a list such as Forwarded says, by the names in lower case; of one that comes twice the first."""
    return _parameters([*_split(header[:LONGEST], ";")])


def accepted_types(header: str) -> list[MediaType]:
    """Return the types that an Accept header lists, in its order; or the codings or languages of its relatives."""
    return [found for one in _split(header[:LONGEST], ",") if (found := media_type_of(one)).name]


def preferred(header: str | None, offered: Sequence[str]) -> str | None:
    """Return which of the types offered a client likes best, the first of those alike; None when it takes none.

    Whoever sends no Accept header takes any. The most exact of the ranges that fit decides (RFC 9110, 12.5.1).
    """
    ranges = accepted_types(header or "*/*") or [MediaType("*/*")]
    qualities = {one: _quality_of(one, ranges) for one in offered}
    best = max(offered, key=qualities.__getitem__)
    return best if qualities[best] > 0 else None


def _quality_of(offered: str, ranges: Sequence[MediaType]) -> float:
    family = f"{offered.partition('/')[0]}/*"
    for name in (offered, family, "*/*"):
        fitting = [one.quality for one in ranges if one.name == name]
        if fitting:
            return max(fitting)
    return 0.0


def _parameters(texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), _unquoted(value.strip()))
    return found


def _unquoted(value: str) -> str:
    if len(value) < len('""') or not (value.startswith('"') and value.endswith('"')):
        return value
    plain, is_escaped = "", False
    for letter in value[1:-1]:
        is_escaped = letter == "\\" and not is_escaped
        plain += "" if is_escaped else letter
    return plain


def _split(text: str, separator: str) -> Iterator[str]:
    """Yield what is between separators that are in no quotes."""
    start, is_quoted, is_escaped = 0, False, False
    for place, letter in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif is_quoted and letter == "\\":
            is_escaped = True
        elif letter == '"':
            is_quoted = not is_quoted
        elif letter == separator and not is_quoted:
            yield text[start:place]
            start = place + 1
    yield text[start:]
