"""Why a query is not answered. None of the texts repeats what was sent, apart from names of the model and of OData."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Refusal(Exception):
    """A query that gets no rows; `option` is the query option at fault, once it is known."""

    option: str | None = None


class InvalidExpression(Refusal):
    """Something cannot stand where it stands; `what` is a clause, `position` counts characters from 0."""

    def __init__(self, what: str, position: int) -> None:
        super().__init__(f"at position {position}: {what}")
        self.what = what
        self.position = position


class UnsupportedConstruct(Refusal):
    """OData has it and this service does not; `name` is a noun phrase that names it."""

    def __init__(self, name: str, position: int | None = None) -> None:
        super().__init__(name)
        self.name = name
        self.position = position


class InvalidOption(Refusal):
    """A query option is unknown, is given twice or has a value that it cannot have; `what` is a sentence."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class NotAdditive(Refusal):
    """What would be added does not add up; `reason` says why in the words of the field, `remedy` what to do instead."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")
        self.reason = reason
        self.remedy = remedy


@contextmanager
def blaming(option: str) -> Iterator[None]:
    """Tell of every refusal inside which query option is at fault."""
    try:
        yield
    except Refusal as refusal:
        refusal.option = refusal.option or option
        raise
