"""Which day a stored activity counts as of is one rule, wherever SQL asks for it."""

from __future__ import annotations

from services.api.imports import removals
from shared.facts import agreements, commitments
from shared.facts.activities import DAY_OF_ACTIVITY


def test_the_day_of_an_activity_is_the_first_that_it_has() -> None:
    days = "period_on, start_on, end_on, reported_on, police_reported_on, completed_on"
    assert f"coalesce({days})" == DAY_OF_ACTIVITY


def test_whoever_asks_for_the_day_of_an_activity_asks_for_that() -> None:
    for statement in (removals._STORED, agreements._STRANDED, commitments._USED_AREAS):
        text = statement.text
        assert text.count("coalesce(period_on") == text.count(DAY_OF_ACTIVITY) > 0
