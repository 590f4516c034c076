"""Which year's reports the page of reports begins with."""

from __future__ import annotations

from datetime import date

import pytest

from services.api.reports.reading import year_to_report

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("asked", "years", "with_values", "expected"),
    [
        # The present year has hardly any values yet.
        (None, [2026, 2016, 2015], {2015: 60, 2016: 60, 2026: 3}, 2016),
        (None, [2026, 2016], {2016: 60, 2026: 40}, 2026),
        (2015, [2026, 2016, 2015], {2015: 60, 2016: 60, 2026: 3}, 2015),
        # Of a year without a report, the same is shown as if none were asked for.
        (2019, [2026, 2016], {2016: 60, 2026: 3}, 2016),
        # No agreement covered the area in the year that has most values.
        (None, [2026], {2016: 60, 2026: 3}, 2026),
        (None, [], {}, 2026),
    ],
)
def test_the_year_with_values_is_shown_unless_another_is_asked_for(
    asked: int | None, years: list[int], with_values: dict[int, int], expected: int
) -> None:
    assert year_to_report(asked, years, with_values, TODAY) == expected
