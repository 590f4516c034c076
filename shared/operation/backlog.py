"""How far the figures are behind the facts, and what else waits or has failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.db.sql import statement
from shared.facts.marks import oldest_comparison_mark_seconds, oldest_mark_seconds, oldest_signal_mark_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

MOST_COUNTED = 100_000
SECONDS_BEHIND = 60.0
"""From so long a wait on, figures are behind: a sweep takes seconds."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits; no age when nothing does. Numbers of marks and messages are exact up to `MOST_COUNTED`."""

    oldest_mark_seconds: float | None
    # Figures are there; their comparisons and signals follow: in a moment, or when all are made after a month's end.
    oldest_comparison_mark_seconds: float | None
    oldest_signal_mark_seconds: float | None
    figure_marks: int
    level_marks: int
    comparison_marks: int
    signal_marks: int
    postponed_scopes: int
    failing_sources: int
    imports: Mapping[str, int]
    webhooks: Mapping[str, int]
    due_messages: int
    failed_messages: int


async def read_backlog(connection: AsyncConnection, as_of: date) -> Backlog:
    """Read the backlog as of a day."""
    parameters = {"as_of": as_of, "most": MOST_COUNTED}
    counted = (await connection.execute(statement("backlog.sql", __package__), parameters)).mappings().one()
    return Backlog(
        await oldest_mark_seconds(connection, as_of),
        await oldest_comparison_mark_seconds(connection),
        await oldest_signal_mark_seconds(connection),
        **counted,
    )
