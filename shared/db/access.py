"""Which areas a caller sees and changes, and how PostgreSQL is told: every policy compares with what is set here.

A process of the API has one current access for each request or job (`acting`). Its pools tell a session of it before
they hand the session out, and only where the session's last one was another: a round trip more for each request would
cost as much as its SELECT. Who has no access sees nothing.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_EVERY_AREA = "all"


@dataclass(frozen=True, slots=True)
class Areas:
    """A set of areas, as a session is told of it: their ids as bits of a bytea in hexadecimal, or every area."""

    text: str = ""

    @classmethod
    def of(cls, ids: Iterable[int]) -> Self:
        """Return the set of some areas."""
        ids = [*ids]
        bits = bytearray(max(ids, default=-1) // 8 + 1)
        for area_id in ids:
            bits[area_id >> 3] |= 1 << (area_id & 7)
        return cls(f"\\x{bits.hex()}" if bits else "")

    @classmethod
    def union(cls, one: Self, other: Self) -> Self:
        """Return the areas of two sets, neither of which is every area."""
        first, second = (int.from_bytes(bytes.fromhex(areas.text[2:]), "little") for areas in (one, other))
        both = first | second
        length = (both.bit_length() + 7) // 8
        return cls(f"\\x{both.to_bytes(length, 'little').hex()}" if both else "")

    def __contains__(self, area_id: int) -> bool:
        """Tell whether an area is in the set."""
        if self.text == _EVERY_AREA:
            return True
        at = 2 + 2 * (area_id >> 3)
        return at < len(self.text) and bool(int(self.text[at : at + 2], 16) & 1 << (area_id & 7))

    def until(self, area_id: int) -> bytes:
        """Return those of the areas whose ids are at most this one, the same for the same ones."""
        if self.text == _EVERY_AREA:
            return _EVERY_AREA.encode()
        bits = int.from_bytes(bytes.fromhex(self.text[2:]), "little") & ((2 << area_id) - 1)
        return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


EVERY_AREA = Areas(_EVERY_AREA)
NO_AREA = Areas()


@dataclass(frozen=True, slots=True)
class Access:
    """Whose facts are seen, whose figures, where facts may be written, and to which area what is written belongs.

    Without an owner it belongs to the country. `administers` says whose clients are seen, and what they may be given;
    `coordinates` says it of people. `above` are areas of which only what tells nothing of others is seen, where figures
    above one's own area are closed. `newest_area_id` is the id of the last area that there was when this was found out.
    """

    details: Areas = NO_AREA
    figures: Areas = NO_AREA
    writes: Areas = NO_AREA
    owner_area_id: int | None = None
    administers: Areas = NO_AREA
    coordinates: Areas = NO_AREA
    above: Areas = NO_AREA
    newest_area_id: int = 0


NO_ACCESS = Access()
# For what the service does by itself, and for changes of the structure, whose authority is checked beforehand; neither
# has anything to do with clients or people.
FULL_ACCESS = Access(EVERY_AREA, EVERY_AREA, EVERY_AREA)

# The settings of a session, in the order of the parameters.
_SETTINGS = ("details", "figures", "writes", "owner", "administers", "coordinates", "above")
# For as long as a session has no other, and until its transaction ends.
SET_ACCESS, SET_LOCAL_ACCESS = (
    "SELECT " + ", ".join(f"set_config('samverkan.{name}', %s, {is_local})" for name in _SETTINGS)
    for is_local in ("false", "true")
)

# Until the transaction ends, where what follows from a change that the caller may make is another's: first is seen that
# they may.
FOR_ALL = """SELECT set_config('samverkan.details', 'all', true), set_config('samverkan.writes', 'all', true)"""

_current: ContextVar[Access | None] = ContextVar("access", default=None)


def current_access() -> Access | None:
    """Return the access of the request or job that runs; None where nothing has been said, as in commands."""
    return _current.get()


def act_with(access: Access) -> None:
    """Let the rest of the request have this access."""
    _current.set(access)


def may_write(area_id: int) -> bool:
    """Tell whether the request or job that runs may write what lies in an area; commands may everywhere."""
    access = _current.get()
    return access is None or area_id in access.writes


def may_administer(area_id: int) -> bool:
    """Tell whether the request or job that runs may administer an area; commands may everywhere."""
    access = _current.get()
    return access is None or area_id in access.administers


def may_coordinate(area_id: int) -> bool:
    """Tell whether the request or job that runs may coordinate an area; commands may everywhere."""
    access = _current.get()
    return access is None or area_id in access.coordinates


def may_see_figures(area_id: int) -> bool:
    """Tell whether the request or job that runs may see the figures of an area; commands may everywhere."""
    access = _current.get()
    return access is None or area_id in access.figures


def may_see(area_id: int) -> bool:
    """Tell whether the request or job that runs may see the facts of an area; commands may everywhere."""
    access = _current.get()
    return access is None or area_id in access.details


def seen_until(access: Access | None, area_id: int) -> bytes:
    """Return a hash of those whose figures an access shows, of the areas up to an id; commands see all."""
    figures, above = (EVERY_AREA, NO_AREA) if access is None else (access.figures, access.above)
    return hashlib.blake2b(figures.until(area_id) + b"," + above.until(area_id), digest_size=8).digest()


@contextmanager
def acting(access: Access) -> Iterator[None]:
    """Have this access meanwhile. A connection keeps the one with which it was taken from its pool."""
    token = _current.set(access)
    try:
        yield
    finally:
        _current.reset(token)


def settings_of(access: Access) -> tuple[str, ...]:
    """Return the parameters of SET_ACCESS."""
    owner = "" if access.owner_area_id is None else str(access.owner_area_id)
    seen = access.details.text, access.figures.text
    gives = access.administers.text, access.coordinates.text
    return *seen, access.writes.text, owner, *gives, access.above.text
