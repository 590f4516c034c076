"""Ids of other systems that may look like a personal identity number, and by what they are known to be none.

A UUID is none by its shape. Case numbers such as `160104-1000` are none where who sets up a mapping or a source says
so, by a pattern that they follow. Free text is never judged so.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Final

from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic_core import SchemaError

LONGEST_PATTERN: Final = 200

_UUID: Final = re.compile(
    r"(?:urn:uuid:)?\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?|[0-9a-f]{32}", re.IGNORECASE | re.ASCII
)
_LETTER: Final = re.compile(r"[a-f]", re.IGNORECASE)
# What a pattern of case numbers lets pass none of: it would say nothing about their form.
_NO_CASE_NUMBERS: Final = ("Ring 19090527-1474", "pnr 0905271474.", "19 09 05 27 14 74", "a b c", "🙂")


class UnfitPattern(Exception):
    """A pattern is no regular expression, or lets pass what is no case number; the text says which."""


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID by its shape: so long, and with a letter among its digits."""
    return bool(_UUID.fullmatch(text)) and bool(_LETTER.search(text.removeprefix("urn:uuid:")))


def check_pattern(pattern: str) -> str:
    """Return a pattern as it is, if ids can be known to be case numbers by it.

    Raises:
        UnfitPattern: it is no regular expression, or is so wide that it says nothing.
    """
    try:
        _regular_expression(pattern)  # by itself: what closes a bracket that it has not opened is none
        passed = [text for text in _NO_CASE_NUMBERS if follows(pattern, text)]
    except SchemaError:
        raise UnfitPattern("is no regular expression, or uses what cannot be matched in linear time") from None
    if passed:
        raise UnfitPattern("lets pass more than case numbers")
    return pattern


def follows(pattern: str, text: str) -> bool:
    """Tell whether the whole text follows a pattern, in time that grows no faster than the text."""
    try:
        _regular_expression(rf"^(?:{pattern})$").validate_python(text)
    except ValidationError:
        return False
    return True


@lru_cache(maxsize=100)
def _regular_expression(expression: str) -> TypeAdapter[str]:
    # pydantic's own regular expressions know no backtracking: no pattern makes them slow.
    return TypeAdapter(Annotated[str, StringConstraints(strict=True, pattern=expression)])
