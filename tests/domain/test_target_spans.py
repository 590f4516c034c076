"""Targets for spans of their own, from rows as they are stored: which rows show them, and what they are judged by."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from shared.domain.period import Period
from shared.domain.target import Target, TargetRule, judge
from shared.domain.target_inputs import Around, KnownFigures, StoredTarget, target_input
from shared.domain.target_span import MonthSpan, Per, TargetSpans
from tests.domain.judged_rows import MISSING, months, row

if TYPE_CHECKING:
    from collections.abc import Mapping

EVER = date(1990, 1, 1)
IN_2019 = date(2019, 2, 1)
OWN_YEAR = ("2017-04-01", "2018-03-31")
# April 2017 to March 2018: two a month until December, then one; ten a month before, and one in the year before.
KALIX = {
    **months(2017, [10] * 3 + [2] * 9),
    "2017-T1": 32,
    "2017-T2": 8,
    "2017-T3": 8,
    "2017": 48,
    **months(2018, [1] * 3 + [0] * 9),
    "2018-T1": 3,
    "2018-T2": 0,
    "2018-T3": 0,
    "2018": 3,
}
WITH_2016 = {**months(2016, [1] * 12), "2016": 12, **KALIX}


def set_target(rule: str, per: str, days: tuple[str, str], kind: str = "count", **given: Any) -> StoredTarget:
    """Return a target in force on the days."""
    over_time = {"state": "last", "survey": "last", "distinct": "distinct"}.get(kind, "sum")
    in_force = TargetSpans(Per(per), *(date.fromisoformat(day) for day in days))
    is_share, is_observed = kind == "share", kind in {"observed", "survey"}
    target = Target(TargetRule(rule), Per(per), **given)
    return StoredTarget(target, in_force, over_time, is_share, is_observed, 100 if is_share else 1)


def judged(
    target: StoredTarget, rows: Mapping[str, Any], code: str, as_of: date = IN_2019, around: Around | None = None
) -> list[tuple[str, str]]:
    """Return, of each span that the period overlaps, the judgement, or why there is none."""
    known = KnownFigures(target, [row(*one) for one in rows.items()], around or Around(first_report=EVER))
    period = Period.parse(code)
    answers = [
        (span, judge(target.target, target_input(target, period, span, known, as_of)))
        for span in target.judged_spans(period)
    ]
    return [
        (f"{span.start:%Y-%m}..{span.end:%Y-%m}" if span else "", answer.reason or answer.judgement)
        for span, answer in answers
    ]


@pytest.mark.parametrize(
    ("value", "code", "as_of", "expected"),
    [
        # 21 in the twelve months, though the calendar's 2017 had 48 and its 2018 has 3.
        (21, "2018", IN_2019, "met"),
        (22, "2018", IN_2019, "missed"),
        (22, "2018-03", IN_2019, "missed"),
        (22, "2018-T1", IN_2019, "missed"),
        (22, "2017", IN_2019, "onCourse"),  # 18 in 275 of 365 days
        (24, "2017", IN_2019, "atRisk"),
        (18, "2017", IN_2019, "met"),
        (18, "2017-12", IN_2019, "met"),
        (18, "2017-11", IN_2019, "onCourse"),
        (21, "2018", date(2018, 3, 31), "met"),
        (22, "2018", date(2018, 3, 31), "atRisk"),  # the last day still runs
        (22, "2018", date(2018, 4, 1), "missed"),
    ],
)
def test_generality_w1_a_year_of_its_own_is_judged_on_its_own_months(
    value: int, code: str, as_of: date, expected: str
) -> None:
    target = set_target("atLeast", "year", OWN_YEAR, value=value)
    assert judged(target, KALIX, code, as_of) == [("2017-04..2018-03", expected)]


@pytest.mark.parametrize("code", ["2017-03", "2018-04", "2018-T2", "2016"])
def test_generality_w1_what_lies_outside_of_the_days_has_no_judgement(code: str) -> None:
    assert judged(set_target("atLeast", "year", OWN_YEAR, value=1), WITH_2016, code) == []


@pytest.mark.parametrize(
    ("rule", "given", "code", "expected"),
    [
        ("atMost", {"value": 12}, "2017", ("2017-07..2017-12", "met")),
        ("moreThanBefore", {}, "2017", ("2017-07..2017-12", "met")),  # 12 after 6 in the same months
        ("lessThanBefore", {}, "2018", ("2018-01..2018-12", "met")),
    ],
)
def test_generality_w1_a_part_of_a_year_counts_the_months_in_force_only(
    rule: str, given: dict[str, Any], code: str, expected: tuple[str, str]
) -> None:
    target = set_target(rule, "year", ("2017-07-01", "2018-12-31"), **given)
    assert judged(target, WITH_2016, code) == [expected]


@pytest.mark.parametrize("code", ["2017", "2017-T1"])
def test_generality_w1_a_row_has_an_entry_for_each_span_that_it_overlaps(code: str) -> None:
    target = set_target("atLeast", "year", ("2016-04-01", "2018-03-31"), value=21)
    # 9 in 2016 and 30 in 2017; then 18, or 2, of which the year before had 9 of 39 by then, or 1 of 39.
    assert judged(target, WITH_2016, code) == [("2016-04..2017-03", "met"), ("2017-04..2018-03", "onCourse")]


@pytest.mark.parametrize(
    ("per", "code", "expected"),
    [
        ("month", "2017", [("", "longerThanSpan")]),
        ("quarter", "2017-T1", [("", "longerThanSpan")]),
        ("quarter", "2017-03", [("2017-01..2017-03", "met")]),
        ("quarter", "2017-04", [("2017-04..2017-06", "atRisk")]),
        ("quarter", "2017-06", [("2017-04..2017-06", "missed")]),
        ("tertial", "2018-T1", [("2018-01..2018-04", "missed")]),
        ("halfYear", "2017-T2", [("2017-01..2017-06", "met"), ("2017-07..2017-12", "onCourse")]),
        ("halfYear", "2017", [("", "longerThanSpan")]),
        ("schoolYear", "2017-T2", [("2017-01..2017-07", "met"), ("2017-08..2018-07", "onCourse")]),
        ("schoolYear", "2018", [("2017-08..2018-07", "missed"), ("2018-08..2018-12", "missed")]),
        ("span", "2017", [("2017-01..2018-12", "met")]),
        ("span", "2018-12", [("2017-01..2018-12", "met")]),
    ],
)
def test_generality_3_each_kind_of_span_is_judged_from_the_months(
    per: str, code: str, expected: list[tuple[str, str]]
) -> None:
    value = 20 if per in {"schoolYear", "span", "tertial"} else 7
    target = set_target("atLeast", per, ("2017-01-01", "2018-12-31"), value=value)
    assert judged(target, KALIX, code) == expected


def test_generality_3_a_share_of_an_own_span_is_of_all_its_cases() -> None:
    """2 of 4 in each month of the old year and 1 of 1 in the new: 21 of 39, not the mean of the months."""
    rows = {**months(2017, [(0, 9)] * 3 + [(2, 4)] * 9), "2017": (18, 63), **months(2018, [(1, 1)] * 3), "2018": (3, 3)}
    for value, expected in ((53, "met"), (54, "missed")):
        target = set_target("atLeast", "year", OWN_YEAR, "share", value=value)
        assert judged(target, rows, "2018-03") == [("2017-04..2018-03", expected)]


def test_generality_3_a_state_of_an_own_span_is_that_of_its_last_day() -> None:
    rows = {**months(2017, [1] * 12), "2017": 1, **months(2018, [2, 3, 4, *[9] * 9]), "2018-T1": 9, "2018": 9}
    for value, expected in ((4, "met"), (5, "missed")):
        target = set_target("atLeast", "year", OWN_YEAR, "state", value=value)
        assert judged(target, rows, "2018") == [("2017-04..2018-03", expected)]
        assert judged(target, rows, "2017") == [("2017-04..2018-03", "atRisk")]
    # Before is the last day of the year before: 1 in March 2017.
    compared = set_target("moreThanBefore", "year", OWN_YEAR, "state")
    assert judged(compared, {**rows, "2017-03": 1}, "2018-03") == [("2017-04..2018-03", "met")]
    assert judged(compared, {**rows, "2017-03": 4}, "2018-03") == [("2017-04..2018-03", "missed")]


def test_generality_3_a_survey_counts_for_the_span_that_its_period_ends_in() -> None:
    rows = {"2017": 70, "2017-12": MISSING, "2018-T1": MISSING, "2018-03": MISSING, "2018": 90}
    target = set_target("atLeast", "year", OWN_YEAR, "survey", value=70)
    assert judged(target, rows, "2017") == [("2017-04..2018-03", "onCourse")]
    # That of 2018 is published for what lies beyond.
    assert judged(target, rows, "2018") == [("2017-04..2018-03", "missing")]


def test_generality_3_an_own_span_of_observations_waits_for_each_month() -> None:
    rows = {**months(2017, [5] * 12), "2017": 60, **months(2018, [5, MISSING, 5])}
    target = set_target("atMost", "year", OWN_YEAR, "observed", value=60)
    assert judged(target, rows, "2018-01") == [("2017-04..2018-03", "onCourse")]
    assert judged(target, rows, "2018-03") == [("2017-04..2018-03", "monthsMissing")]
    rows["2018-02"] = 5
    assert judged(target, rows, "2018-03") == [("2017-04..2018-03", "met")]
    partial = set_target("lessThanBefore", "year", OWN_YEAR, "observed")
    assert judged(partial, rows, "2018-03") == [("2017-04..2018-03", "beforePartial")]


def test_generality_3_a_place_counts_once_in_an_own_span() -> None:
    around = Around({MonthSpan(date(2017, 4, 1), 12): {date(2017, 4, 1): 3, date(2018, 1, 1): 1}})
    rows = {**months(2017, [3] * 12), "2017": 3, **months(2018, [3] * 3), "2018": 3}
    for value, expected in ((4, "met"), (5, "missed")):
        target = set_target("atLeast", "year", OWN_YEAR, "distinct", value=value)
        assert judged(target, rows, "2018-03", IN_2019, around) == [("2017-04..2018-03", expected)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("lessThanBefore", "beforeMissing"),
        ("notAboveBefore", "beforeMissing"),
        ("moreThanBefore", "met"),
        ("notBelowBefore", "met"),
    ],
)
@pytest.mark.parametrize("days", [("2017-01-01", "2017-12-31"), OWN_YEAR])
def test_generality_w8_zeros_from_before_anyone_reported_are_no_ceiling(
    rule: str, expected: str, days: tuple[str, str]
) -> None:
    rows = {code: 0 if code.startswith("2016") or code in {"2017-01", "2017-02", "2017-03"} else figure
            for code, figure in WITH_2016.items()}  # fmt: skip
    target, code = set_target(rule, "year", days), "2018-03" if days == OWN_YEAR else "2017"
    ((_, said),) = judged(target, rows, code, IN_2019, Around(first_report=date(2017, 4, 1)))
    assert said == expected
    # Once something had been reported before, a year of nothing is one.
    ((_, said),) = judged(target, rows, code, IN_2019, Around(first_report=date(2015, 4, 1)))
    assert said == ("met" if expected == "met" else "missed")


@pytest.mark.parametrize("rule", ["lessThanBefore", "moreThanBefore", "notBelowBefore", "notAboveBefore"])
def test_generality_w8_a_span_before_that_was_reported_in_part_is_not_compared_with(rule: str) -> None:
    around = Around(first_report=EVER, unreported={date(2016, 2, 1)})
    rows = {**WITH_2016, "2016-02": 0}
    target = set_target(rule, "year", ("2017-01-01", "2017-12-31"))
    assert judged(target, rows, "2017", IN_2019, around) == [("2017-01..2017-12", "beforePartial")]
    ((_, said),) = judged(set_target(rule, "year", OWN_YEAR), rows, "2018-03", IN_2019, around)
    assert said in {"met", "missed"}


IN_2015 = MonthSpan(date(2015, 1, 1), 12)
FIVE_A_MONTH = {"2015": 60, **months(2015, [5] * 12)}


@pytest.mark.parametrize(
    ("given", "rows", "expected"),
    [
        ({}, {}, "missed"),  # 48 after 12
        ({"baseline": MonthSpan(date(2015, 4, 1), 12)}, {}, "beforePartial"),
        ({"baseline": IN_2015}, {}, "beforeMissing"),
        ({"baseline": IN_2015}, FIVE_A_MONTH, "met"),
        ({"baseline": IN_2015, "percent": 20}, FIVE_A_MONTH, "met"),
        ({"baseline": IN_2015, "percent": 21}, FIVE_A_MONTH, "missed"),
    ],
)
def test_generality_9_a_baseline_takes_the_place_of_the_year_before(
    given: dict[str, Any], rows: dict[str, Any], expected: str
) -> None:
    target = set_target("lessThanBefore", "year", ("2017-01-01", "2017-12-31"), **given)
    assert judged(target, {**WITH_2016, **rows}, "2017") == [("2017-01..2017-12", expected)]


@pytest.mark.parametrize(
    ("kind", "figure", "before"),
    [("count", 12, 24), ("share", (1, 4), (2, 4)), ("state", 1, 2), ("observed", 12, 24), ("survey", 20, 30)],
)
@pytest.mark.parametrize("per", ["year", "span", "schoolYear"])
@pytest.mark.parametrize(
    ("rule", "given", "expected"),
    [
        ("lessThanBefore", {"percent": 30}, "met"),
        ("lessThanBefore", {"percent": 60}, "missed"),
        ("notAboveBefore", {}, "met"),
        ("notBelowBefore", {}, "missed"),
        ("notBelowBefore", {"tolerance": 50}, "met"),
        ("moreThanBefore", {"percent": 10}, "missed"),
    ],
)
def test_generality_9_each_rule_on_each_span_of_each_kind_of_figure(
    kind: str, figure: Any, before: Any, per: str, rule: str, given: dict[str, Any], expected: str
) -> None:
    """Twelve months from August to July, whose sums are told by one month."""
    nothing = {"count": 0, "observed": 0}.get(kind, figure)
    nothing_before = {"count": 0, "observed": 0}.get(kind, before)
    rows = {
        **months(2016, [nothing_before] * 12),
        **months(2017, [nothing_before] * 6 + [before] + [nothing] * 5),
        **months(2018, [nothing] * 6 + [figure]),
    }
    target = set_target(rule, per, ("2017-08-01", "2018-07-31"), kind, **given)
    assert judged(target, rows, "2018-07") == [("2017-08..2018-07", expected)]
