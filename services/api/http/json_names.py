"""Finds names that stand twice in an object of JSON: the parser keeps the last, and the first would be lost."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from shared.domain.errors import Violation
from shared.intake.violations import redacted

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where a name ends; in a text as well, if it holds a quote before a colon.
_NAME_END: Final = re.compile(r'"\s*+:')
_TWICE: Final = object()


def names_given_twice(text: str, content: object) -> list[Violation]:
    """Return the names that stand twice in an object of a sound JSON text; `content` is what the parser made of it."""
    if len(_NAME_END.findall(text)) == _count_of_names(content):
        return []
    try:
        fields = [*_marked(json.loads(text, object_pairs_hook=_with_marks), "")]
    except RecursionError:  # deeper than any record: it is refused as none
        return []
    return [Violation(redacted(field), "stands here a second time", "Leave one of them out.") for field in fields]


def _count_of_names(content: object) -> int:
    """Return how many names all objects have, a level at a time: a text may be deeper than functions can call."""
    count, level = 0, [content]
    while level:
        below: list[object] = []
        for one in level:
            if isinstance(one, dict):
                count += len(one)
                below += one.values()
            elif isinstance(one, list):
                below += one
        level = below
    return count


def _with_marks(pairs: list[tuple[str, object]]) -> dict[str, object]:
    entries: dict[str, object] = {}
    for name, value in pairs:
        entries[name] = _TWICE if name in entries else value
    return entries


def _marked(value: object, field: str) -> Iterator[str]:
    """Yield the paths of the names that are marked."""
    if value is _TWICE:
        yield field
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _marked(inner, f"{field}.{name}" if field else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _marked(inner, f"{field}[{index}]")
