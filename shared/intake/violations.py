"""What pydantic finds wrong with the form of a value, as violations that can be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.errors import Violation
from shared.domain.free_text import answerable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails


def violation_of(error: ErrorDetails, path: Iterable[object]) -> Violation:
    """Translate pydantic's error about the field at `path`."""
    return Violation(_field(path), _reason(error), _remedy(error))


def _field(path: Iterable[object]) -> str:
    """Return the path as a client knows it, such as `parents[0].code`; names that the client made up are checked."""
    field = ""
    for part in path:
        field += f"[{part}]" if isinstance(part, int) else f".{part}" if field else str(part)
    return redacted(field)


def redacted(name: str) -> str:
    """Return a name that was sent so that it can be in an answer."""
    return answerable(name)


def _reason(error: ErrorDetails) -> str:
    reason = error["msg"].removeprefix("Value error, ")
    return reason[0].lower() + reason[1:]


_REMEDIES = {
    "missing": "Fill in this field: it is required.",
    "extra_forbidden": "Remove the field or correct its spelling: the specification names every field.",
    "int": "Write a whole number, without quotes.",
    "string": "Write a text, in quotes.",
    "bool": "Write true or false, without quotes.",
    "list": "Write a list, in square brackets.",
    "tuple": "Write a list, in square brackets.",
    "dict": "Write an object, in braces.",
    "model": "Write an object, in braces.",
    "finite": "Write a number that is neither infinite nor NaN.",
}
_BOUNDS = {
    "greater_than_equal": "Give {ge} or more.",
    "less_than_equal": "Give {le} or less.",
    "string_too_short": "Write at least {min_length} characters.",
    "string_too_long": "Write at most {max_length} characters.",
    "string_pattern_mismatch": "Write it so that it matches {pattern}.",
    "too_short": "Give at least {min_length}.",
    "too_long": "Give at most {max_length}.",
}


def _remedy(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if "remedy" in context:
        return str(context["remedy"])
    if "expected" in context:
        return f"Write one of {context['expected']}."
    if kind in _BOUNDS:
        return _BOUNDS[kind].format(**context)
    if kind in _REMEDIES:
        return _REMEDIES[kind]
    return _REMEDIES.get(kind.split("_")[0], "Write it in the form that the specification gives for this field.")
