"""How many of the year's targets are met, so that a council sees it at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.annex_tables.reading import AnnexTable

JUDGEMENTS = ("met", "onCourse", "atRisk", "outOfReach", "missed", "notJudged")


def judgements_in(tables: Sequence[AnnexTable]) -> list[tuple[str, int]]:
    """Return how many targets of the calendar's year there are of each judgement, those that there are.

    A series that two annexes have is a row in each, with the same targets: these count once.
    """
    rows = {(row.indicator, row.slice): row for table in tables for row in table.rows}
    counted = Counter(
        outcome.judgement
        for row in rows.values()
        for target in row.targets
        if target.is_yearly
        for outcome in target.outcomes
    )
    return [(one, counted[one]) for one in JUDGEMENTS if counted[one]]
