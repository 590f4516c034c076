"""The spans of targets: consecutive blocks of their own days, or the calendar's, and what is before them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.activity import Span
from shared.domain.errors import InvalidTarget
from shared.domain.period import Period
from shared.domain.target_span import MonthSpan, Per, TargetSpans, baseline_span

APRIL_TO_MARCH = ("2017-04-01", "2018-03-31")


def written(span: MonthSpan | None) -> str | None:
    return None if span is None else f"{span.start:%Y-%m}..{span.end:%Y-%m}"


def spans(per: str, first: str, last: str) -> list[str | None]:
    in_force = TargetSpans(Per(per), date.fromisoformat(first), date.fromisoformat(last))
    return [written(span) for span in in_force.all()]


@pytest.mark.parametrize(
    ("per", "days", "expected"),
    [
        # Whole months that the spans fill evenly: blocks from the first day on.
        ("year", APRIL_TO_MARCH, ["2017-04..2018-03"]),
        ("year", ("2016-01-01", "2017-12-31"), ["2016-01..2016-12", "2017-01..2017-12"]),
        ("year", ("2016-09-01", "2018-08-31"), ["2016-09..2017-08", "2017-09..2018-08"]),
        ("tertial", ("2016-02-01", "2016-09-30"), ["2016-02..2016-05", "2016-06..2016-09"]),
        ("halfYear", ("2016-03-01", "2016-08-31"), ["2016-03..2016-08"]),
        ("quarter", ("2016-01-01", "2016-06-30"), ["2016-01..2016-03", "2016-04..2016-06"]),
        ("month", ("2016-01-15", "2016-02-10"), ["2016-01..2016-01", "2016-02..2016-02"]),
        # Else the calendar's, and only the months in which the target is in force.
        ("year", ("2016-07-01", "2016-12-31"), ["2016-07..2016-12"]),
        ("year", ("2016-03-15", "2017-12-31"), ["2016-03..2016-12", "2017-01..2017-12"]),
        ("tertial", ("2016-07-01", "2016-12-31"), ["2016-07..2016-08", "2016-09..2016-12"]),
        ("halfYear", ("2016-05-01", "2016-09-30"), ["2016-05..2016-06", "2016-07..2016-09"]),
        # School years are always those of the schools.
        ("schoolYear", ("2016-08-01", "2017-07-31"), ["2016-08..2017-07"]),
        ("schoolYear", ("2017-01-01", "2017-12-31"), ["2017-01..2017-07", "2017-08..2017-12"]),
        # The target's own days as one.
        ("span", ("2016-01-01", "2018-06-30"), ["2016-01..2018-06"]),
    ],
)
def test_generality_w1_a_target_is_for_its_own_spans(per: str, days: tuple[str, str], expected: list[str]) -> None:
    assert spans(per, *days) == expected


@given(
    st.sampled_from(list(Per)),
    st.dates(date(1990, 1, 1), date(2079, 12, 1)),
    st.integers(0, 1500),
    st.dates(date(1990, 1, 1), date(2079, 12, 1)),
    st.integers(0, 400),
)
def test_generality_w1_each_month_in_force_is_in_one_span(
    per: Per, first: date, days: int, asked: date, asked_days: int
) -> None:
    in_force = TargetSpans(per, first, min(first + timedelta(days), date(2079, 12, 31)))
    months = [month for span in in_force.all() for month in span.months()]
    assert months == list(in_force.in_force.months())
    assert all(1 <= span.month_count <= in_force.month_count for span in in_force.all())
    last = min(asked + timedelta(asked_days), date(2079, 12, 31))
    around = MonthSpan.around(asked, last)
    assert [*in_force.overlapping(asked, last)] == [span for span in in_force.all() if span.overlaps(around)]


@pytest.mark.parametrize(
    ("first", "months", "expected"),
    [
        ("2017-04-01", 12, "2016-04..2017-03"),
        ("2016-02-01", 1, "2015-02..2015-02"),
        ("2016-07-01", 6, "2015-07..2015-12"),
        # Of a longer span, so many years before that the two do not overlap.
        ("2016-01-01", 24, "2014-01..2015-12"),
        ("2016-01-01", 13, "2014-01..2015-01"),
        ("1990-06-01", 1, None),
        ("1991-01-01", 24, None),
    ],
)
def test_before_are_the_same_months_of_a_year_before(first: str, months: int, expected: str | None) -> None:
    assert written(MonthSpan(date.fromisoformat(first), months).before()) == expected


@pytest.mark.parametrize("code", ["2016-03", "2016-T2", "2016"])
def test_a_span_that_is_a_period_of_the_calendar_says_so(code: str) -> None:
    period = Period.parse(code)
    span = MonthSpan(period.start, period.type.month_count)
    assert (span.period, span.end, span.months(), span.code) == (period, period.end, period.months(), code)
    assert MonthSpan(date(2016, 2, 1), 4).period is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2015", "2015-01..2015-12"),
        ("2014-T3", "2014-09..2014-12"),
        ("2015-Q1", "2015-01..2015-03"),
        ("2015-H2", "2015-07..2015-12"),
        ("2015-03", "2015-03..2015-03"),
        (Span(date(2014, 4, 1), date(2015, 3, 31)), "2014-04..2015-03"),
    ],
)
def test_generality_9_a_baseline_is_a_period_or_whole_months(given: str | Span, expected: str) -> None:
    span = baseline_span(given)
    assert written(span) == expected
    assert span.code == (given if isinstance(given, str) else None)


@pytest.mark.parametrize(
    "given",
    [
        *(
            "",
            "15",
            "2015-T4",
            "2015-13",
            "2015-Q5",
            "2015-H3",
            "2015-t1",
            "20150",
            "0000",
            "9999",
            "1989",
            "2080",
            "٢٠١٥",
        ),
        Span(date(2015, 1, 2), date(2015, 12, 31)),
        Span(date(2015, 1, 1), date(2015, 12, 30)),
        Span(date(2015, 12, 1), date(2015, 1, 31)),
        Span(date(1989, 1, 1), date(1990, 12, 31)),
    ],
)
def test_generality_9_a_baseline_that_is_none_is_refused(given: str | Span) -> None:
    with pytest.raises(InvalidTarget) as refusal:
        baseline_span(given)
    assert [violation.field for violation in refusal.value.violations] == ["baseline"]
