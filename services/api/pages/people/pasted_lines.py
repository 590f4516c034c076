"""People to invite, as they are pasted from a sheet or a mail program: one on each line, an address and perhaps a name.

The parts of a line are told apart by a tab, semicolon or comma, in any order; `Anna Berg <anna@kommun.example>` does,
too, and an address before a name may be followed by a space alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_LINES = 200
_PARTS = re.compile(r"[\t;,<>]")
# An address, and a name behind it. What is before an address may belong to it, but for a space that was not meant.
_NAMED = re.compile(r"(\S+@\S+) ([^@]+)")


@dataclass(frozen=True, slots=True)
class PastedLine:
    """Somebody on a line, which is counted from 1 as it was typed; `same_as` is the line that has the address already.

    Without an address there is an empty one.
    """

    number: int
    email: str
    name: str | None = None
    same_as: int | None = None


def lines_of(typed: str) -> Iterator[PastedLine]:
    """Yield everybody who was typed; empty lines count, and are nobody."""
    seen: dict[str, int] = {}
    for number, text in enumerate(typed.split("\n"), 1):
        parts = [part for one in _PARTS.split(text) for part in _parts_of(" ".join(one.split())) if part]
        if not parts:
            continue
        addresses = [part for part in parts if "@" in part]
        # One that is not where it can be told apart is no address, and said to be none.
        email = addresses[0] if len(addresses) == 1 else " ".join(addresses)
        name = " ".join(part for part in parts if part not in addresses) or None
        same_as = seen.setdefault(email.casefold(), number) if email else number
        yield PastedLine(number, email, name, None if same_as == number else same_as)


def _parts_of(text: str) -> tuple[str, ...]:
    found = _NAMED.fullmatch(text)
    return found.groups() if found else (text,)
