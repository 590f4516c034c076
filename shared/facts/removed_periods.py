"""Up to which day facts have been removed, as those who check facts ask for it.

Statements that write figures ask for the same by the SQL function `facts_removed_before()`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.domain.activity import MOMENTS

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

# The last of an activity's days, as `Activity.last_day`; null where it has none.
LAST_DAY = f"greatest({', '.join(f'{moment}_on' for moment in MOMENTS)})"
_REMOVED = text("""SELECT before, removed_at FROM fact_removal WHERE before > :day ORDER BY before LIMIT 1""")
_BEFORE = text("SELECT max(before) FROM fact_removal")


@dataclass(frozen=True, slots=True)
class Removal:
    """The day before which facts were removed, and when that was."""

    before: date
    removed_at: datetime


async def facts_removed_before(connection: AsyncConnection) -> date | None:
    """Return the day before which facts have been removed; None where none have been.

    It moves with the structure (`shared.db.locks`): whoever shares that sees the same until the transaction ends.
    """
    before: date | None = (await connection.execute(_BEFORE)).scalar_one()
    return before


async def find_removal(connection: AsyncConnection, day: date) -> Removal | None:
    """Return by which removal the facts of a day's year are gone; None where they are still there."""
    row = (await connection.execute(_REMOVED, {"day": day})).one_or_none()
    return None if row is None else Removal(row.before, row.removed_at)
