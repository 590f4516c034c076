"""People in a list, by name: a page of them, by what the address asks for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from services.api.pages.routing import page_number
from shared.people import people

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.people.people import InvitedPerson

ON_A_PAGE = 50
LAST_PAGE = 1000
LONGEST_ASKED = 100


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """What an address asks for; `is_waiting` leaves those who have never signed in."""

    wanted: str = ""
    is_waiting: bool = False
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        """Whether some people are left out."""
        return bool(self.wanted) or self.is_waiting

    @property
    def pages(self) -> str:
        """The address of a page of the same list, up to its number."""
        texts = {"sok": self.wanted, "nya": "yes" if self.is_waiting else ""}
        return f"/personer?{urlencode({**{name: text for name, text in texts.items() if text}, 'sida': ''})}"


def asked_of(query: Mapping[str, str]) -> PeopleFilter:
    """Read an address; what cannot be meant is left out."""
    return PeopleFilter(
        query.get("sok", "").replace("\0", "").strip()[:LONGEST_ASKED],
        query.get("nya") == "yes",
        page_number(query.get("sida", "")[:10], LAST_PAGE),
    )


async def people_of(connection: AsyncConnection, asked: PeopleFilter) -> tuple[Sequence[InvitedPerson], int]:
    """Return a page of the people whom the visitor may invite and remove, and how many there are on all pages."""
    before = (asked.page - 1) * ON_A_PAGE
    find = partial(people.found, wanted=asked.wanted, is_waiting=asked.is_waiting, before=before, most=ON_A_PAGE)
    return await connection.run_sync(find)
