"""Municipalities by the name in the address of their page, and whether they show their promises to everybody."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert

from shared.db.tables import promise_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_PLAIN = str.maketrans("åäàáöøéèü", "aaaaooeeu")
_OTHERS = re.compile(r"[^a-z0-9]+")
_MUNICIPALITIES = text(
    """SELECT area_id, code, name, promise_page.area_id IS NOT NULL AS is_published
       FROM area LEFT JOIN promise_page USING (area_id)
       WHERE kind = 'municipality' AND (upper(valid) <= CAST(:today AS date)) IS NOT TRUE
       ORDER BY name_sort_key, code"""
)


@dataclass(frozen=True, slots=True)
class MunicipalityPage:
    """A municipality, and the part of its page's address that names it."""

    area_id: int
    name: str
    slug: str
    is_published: bool

    @property
    def address(self) -> str:
        """Where its promises are shown to everybody."""
        return f"/medborgarloften/{self.slug}"


async def municipalities(connection: AsyncConnection, today: date) -> Sequence[MunicipalityPage]:
    """Return the municipalities that there are, by name."""
    rows = (await connection.execute(_MUNICIPALITIES, {"today": today})).all()
    return [
        MunicipalityPage(row.area_id, row.name, slug, row.is_published)
        for row, slug in zip(rows, _slugs(rows), strict=True)
    ]


async def find(connection: AsyncConnection, slug: str, today: date) -> MunicipalityPage | None:
    """Return the municipality that an address names, if there is one."""
    return next((one for one in await municipalities(connection, today) if one.slug == slug), None)


async def publish(connection: AsyncConnection, municipality: MunicipalityPage) -> None:
    """Show its promises to everybody from now on. Where they are shown, nothing changes."""
    published = insert(promise_page).values(area_id=municipality.area_id)
    await connection.execute(published.on_conflict_do_nothing())


async def unpublish(connection: AsyncConnection, municipality: MunicipalityPage) -> None:
    """Show its promises to nobody any more. Where they are not shown, nothing changes."""
    await connection.execute(delete(promise_page).where(promise_page.c.area_id == municipality.area_id))


def _slugs(rows: Iterable[Row[tuple[int, str, str, bool]]]) -> list[str]:
    """Return the names as an address has them; those that are the same then, as of Habo and Håbo, with the code."""
    plain = [(_OTHERS.sub("-", row.name.casefold().translate(_PLAIN)).strip("-"), row.code) for row in rows]
    times = Counter(name for name, _ in plain)
    return [name if name and times[name] == 1 else f"{name}-{code}".lstrip("-") for name, code in plain]
