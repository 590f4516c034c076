"""generality E2: the spans at whose ends a commitment falls due anew."""

from datetime import date

import pytest

from shared.domain.activity import Span
from shared.domain.recurrence import Every, Recurrence

# Friday 1 January to Thursday 15 December.
YEAR = Span(date(2016, 1, 1), date(2016, 12, 15))


@pytest.mark.parametrize(
    ("recurrence", "number", "first", "last"),
    [
        (Recurrence(Every.YEAR), 0, None, None),
        (Recurrence(Every.MONTH), 11, "2016-01-01 2016-01-31", "2016-11-01 2016-11-30"),
        (Recurrence(Every.QUARTER), 3, "2016-01-01 2016-03-31", "2016-07-01 2016-09-30"),
        (Recurrence(Every.TERTIAL), 2, "2016-01-01 2016-04-30", "2016-05-01 2016-08-31"),
        (Recurrence(Every.TERTIAL, date(2016, 3, 15)), 2, "2016-03-15 2016-07-14", "2016-07-15 2016-11-14"),
        (Recurrence(Every.HALF_YEAR), 1, "2016-01-01 2016-06-30", None),
        # From Monday to Sunday, unless it is said to begin on another day.
        (Recurrence(Every.WEEK), 49, "2016-01-04 2016-01-10", "2016-12-05 2016-12-11"),
        (Recurrence(Every.WEEK, date(2016, 1, 1)), 50, "2016-01-01 2016-01-07", "2016-12-09 2016-12-15"),
        # From the last of a month to the day before the last of the next.
        (Recurrence(Every.MONTH, date(2016, 1, 31)), 10, "2016-01-31 2016-02-28", "2016-10-31 2016-11-29"),
        (Recurrence(Every.MONTH, date(2016, 3, 1), date(2016, 4, 30)), 2, "2016-03-01 2016-03-31", None),
    ],
)
def test_spans_follow_each_other_and_only_whole_ones_fall_due(
    recurrence: Recurrence, number: int, first: str | None, last: str | None
) -> None:
    spans = [f"{span.first} {span.last}" for span in recurrence.spans(YEAR)]
    assert len(spans) == number
    assert first is None or spans[0] == first
    assert last is None or spans[-1] == last


def test_a_year_may_begin_in_september() -> None:
    agreement = Span(date(2018, 9, 1), date(2020, 8, 31))
    assert [str(span.last) for span in Recurrence(Every.YEAR).spans(agreement)] == ["2019-08-31", "2020-08-31"]
