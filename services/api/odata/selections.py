"""Parses the lists of `$select` and `$expand`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.api.odata.errors import InvalidExpression, UnsupportedConstruct
from services.api.odata.parser import DEEPEST, LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"[^\W\d]\w{0,127}\Z")
_NAME_WITH_OPTIONS = re.compile(r"([^\W\d]\w{0,127})\((.*)\)\Z", re.DOTALL)
# Paths, type casts, annotations, operations, stars and options: OData has them, this service does not.
_BEYOND_NAMES = re.compile(r"([@$*]|[^\W\d])[\w./@#$*]*(\(.*\))?\Z", re.DOTALL)
# A quote that is not closed takes all that follows: looked for anew behind each quote, its end would cost the square.
_PIECE = re.compile(r"'(?:[^']++|'')*+(?:'|\Z)|\"(?:[^\"\\]++|\\.)*+(?:\"|\\?\Z)|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Expand:
    """A navigation whose row comes along, with the properties that are wanted of it; None: all."""

    navigation: str
    select: tuple[str, ...] | None = None


def parse_select(text: str) -> tuple[str, ...] | None:
    """Return the names that are asked for; None for a star, which is all.

    Raises:
        InvalidExpression: it is no list of names.
        UnsupportedConstruct: it holds a path or something else that this service does not take.
    """
    names: list[str] = []
    star = False
    for item, at in _split(text, ","):
        if item == "*":
            star = True
        elif _NAME.match(item):
            names.append(item)
        elif _BEYOND_NAMES.match(item):
            raise UnsupportedConstruct("anything but names of properties in $select", at)
        else:
            raise InvalidExpression("the name of a property is missing here", at)
    return None if star else tuple(dict.fromkeys(names))


def parse_expand(text: str) -> tuple[Expand, ...]:
    """Return the navigations that are asked for.

    Raises:
        InvalidExpression: it is no list of names with options, or a name comes twice.
        UnsupportedConstruct: it holds a path, or an option other than `$select`.
    """
    expanded: dict[str, Expand] = {}
    for item, at in _split(text, ","):
        expand = _expand(item, at)
        if expand.navigation in expanded:
            raise InvalidExpression("this navigation is expanded twice", at)
        expanded[expand.navigation] = expand
    return tuple(expanded.values())


def _expand(item: str, at: int) -> Expand:
    if _NAME.match(item):
        return Expand(item)
    with_options = _NAME_WITH_OPTIONS.match(item)
    if with_options is None:
        if _BEYOND_NAMES.match(item):
            raise UnsupportedConstruct("anything but names of navigations in $expand", at)
        raise InvalidExpression("the name of a navigation is missing here", at)
    name, options = with_options.groups()
    select: tuple[str, ...] | None = None
    seen = False
    for option, offset in _split(options, ";"):
        key, equals, value = option.partition("=")
        start = at + len(name) + 1 + offset
        if key.strip().removeprefix("$").lower() != "select":
            raise UnsupportedConstruct("an option inside $expand other than $select", start)
        if not equals or seen:
            raise InvalidExpression("$select stands here once, with names after =", start)
        select, seen = parse_select(value), True
    return Expand(name, select)


def _split(text: str, separator: str) -> Iterator[tuple[str, int]]:
    """Yield the parts between separators that stand in no parentheses or quotes, each with where it begins."""
    if len(text) > LONGEST:
        raise InvalidExpression(f"the text goes on beyond {LONGEST} characters", LONGEST)
    depth = start = 0
    for piece in _PIECE.finditer(text):
        depth += {"(": 1, ")": -1}.get(piece[0], 0)
        if not 0 <= depth <= DEEPEST:
            raise InvalidExpression("a parenthesis that cannot stand here", piece.start())
        if piece[0] == separator and depth == 0:
            yield _stripped(text, start, piece.start())
            start = piece.end()
    if depth:
        raise InvalidExpression("a parenthesis is not closed", len(text))
    yield _stripped(text, start, len(text))


def _stripped(text: str, start: int, end: int) -> tuple[str, int]:
    part = text[start:end]
    return part.strip(" \t"), start + len(part) - len(part.lstrip(" \t"))
