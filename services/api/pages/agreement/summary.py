"""How many of the year's targets are met, so that a council sees it at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.annex_tables.reading import AnnexTable

JUDGEMENTS = ("met", "onCourse", "atRisk", "missed", "notJudged")


def judgements_in(tables: Sequence[AnnexTable]) -> list[tuple[str, int]]:
    """Return how many targets of the calendar's year there are of each judgement, those that there are."""
    counted = Counter(
        outcome.judgement
        for table in tables
        for row in table.rows
        for target in row.targets
        if target.is_yearly
        for outcome in target.outcomes
    )
    return [(one, counted[one]) for one in JUDGEMENTS if counted[one]]
