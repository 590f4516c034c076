"""What a target is judged by, from rows as they are stored: every rule, span and reason, without any database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from shared.domain.period import Period
from shared.domain.target import Evaluation, Judgement, MonthlyShares, Reason, Target, TargetRule, judge
from shared.domain.target_inputs import Around, KnownFigures, StoredTarget, target_input
from shared.domain.target_span import MonthSpan, Per, TargetSpans
from tests.domain.judged_rows import MISSING, months, row

if TYPE_CHECKING:
    from collections.abc import Mapping

MONTH, TERTIAL, YEAR = Per.MONTH, Per.TERTIAL, Per.YEAR
# A span of each type, all of which end on one day, and the same of the year before.
SPANS = {MONTH: "2016-12", TERTIAL: "2016-T3", YEAR: "2016"}
AFTER = date(2017, 2, 1)
RULES = {
    TargetRule.AT_MOST: (100, None),
    TargetRule.AT_LEAST: (1, None),
    TargetRule.BETWEEN: (1, 100),
    TargetRule.LESS_THAN_BEFORE: (None, None),
    TargetRule.MORE_THAN_BEFORE: (None, None),
    TargetRule.NOT_BELOW_BEFORE: (None, None),
    TargetRule.NOT_ABOVE_BEFORE: (None, None),
}
EVERY_RULE = pytest.mark.parametrize("rule", list(TargetRule))
EVERY_SPAN = pytest.mark.parametrize("per", list(SPANS))
SUPPRESSED = (None, None, "suppressed")
NOT_APPLICABLE = (0, 0, "notApplicable")


def target_of(rule: TargetRule, per: Per, kind: str = "count") -> StoredTarget:
    value, upper_value = RULES[rule]
    is_share, over_time = kind == "share", "last" if kind == "state" else "sum"
    factor = 100 if is_share else 1
    in_force = TargetSpans(per, date(1990, 1, 1), date(2029, 12, 31))
    return StoredTarget(
        Target(rule, per, value, upper_value), in_force, over_time, is_share, kind == "observed", factor
    )


def judged(
    target: StoredTarget, rows: Mapping[str, Any], code: str, as_of: date = AFTER, around: Around | None = None
) -> Evaluation:
    """Return what the period shows of the one span of the target that it has days of."""
    stored = [row(*one) for one in rows.items()]
    around = around or Around(first_report=date(1990, 1, 1))
    (span,) = target.judged_spans(Period.parse(code))
    return judge(
        target.target, target_input(target, Period.parse(code), span, KnownFigures(target, stored, around), as_of)
    )


def spans(figure: Any, before: Any) -> dict[str, Any]:
    """Return a figure for every month, and for the spans that end with the last one, of two years."""
    return {
        **months(2015, [before] * 12),
        **{code.replace("2016", "2015"): before for code in SPANS.values()},
        **months(2016, [figure] * 12),
        **dict.fromkeys(SPANS.values(), figure),
    }


# What there is of the span and of the year before; what is told of every rule, and of those that compare.
CASES = {
    "missing": ("count", MISSING, 5, Reason.MISSING, Reason.MISSING),
    "zero": ("count", 0, 5, None, None),
    "0 of 0": ("share", (0, 0, "missing"), (1, 2), Reason.MISSING, Reason.MISSING),
    "0 of 5": ("share", (0, 5), (1, 2), None, None),
    "suppressed": ("observed", SUPPRESSED, 5, Reason.SUPPRESSED, Reason.SUPPRESSED),
    "not applicable": ("share", NOT_APPLICABLE, (1, 2), Reason.NOT_APPLICABLE, Reason.NOT_APPLICABLE),
    "before missing": ("count", 5, MISSING, None, Reason.BEFORE_MISSING),
    "before zero": ("count", 5, 0, None, None),
    "before 0 of 0": ("share", (1, 2), (0, 0, "missing"), None, Reason.BEFORE_MISSING),
    "before suppressed": ("observed", 5, SUPPRESSED, None, Reason.BEFORE_SUPPRESSED),
    "before not applicable": ("share", (1, 2), NOT_APPLICABLE, None, Reason.BEFORE_NOT_APPLICABLE),
    "a state that is missing": ("state", MISSING, 5, Reason.MISSING, Reason.MISSING),
    "a state missing before": ("state", 5, MISSING, None, Reason.BEFORE_MISSING),
}


@EVERY_RULE
@EVERY_SPAN
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_span_that_has_ended_is_judged_or_the_reason_is_told(rule: TargetRule, per: Per, case: Any) -> None:
    """Trials A14."""
    kind, figure, before, reason, reason_compared = case
    target = target_of(rule, per, kind)
    evaluation = judged(target, spans(figure, before), SPANS[per])
    expected = reason_compared if target.target.is_compared else reason
    assert evaluation.reason is expected
    assert (evaluation.judgement is Judgement.NOT_JUDGED) == (expected is not None)


@EVERY_RULE
@EVERY_SPAN
def test_where_there_is_no_row_before_there_is_nothing_to_compare_with(rule: TargetRule, per: Per) -> None:
    target = target_of(rule, per)
    rows = {code: figure for code, figure in spans(5, 5).items() if code.startswith("2016")}
    expected = Reason.BEFORE_MISSING if target.target.is_compared else None
    assert judged(target, rows, SPANS[per]).reason is expected


@EVERY_SPAN
@pytest.mark.parametrize(("rule", "judgement"), [("lessThanBefore", "met"), ("moreThanBefore", "missed")])
def test_before_is_the_same_span_of_the_year_before(per: Per, rule: str, judgement: str) -> None:
    """Trials A23: what the season makes of the month or tertial before is not compared with."""
    rows = spans(5, 9)
    first = Period.parse(SPANS[per])
    if per is not YEAR:
        rows[first.previous().code] = 1
    assert judged(target_of(TargetRule(rule), per), rows, first.code).judgement == judgement


def test_part_of_a_year_before_is_not_compared_with() -> None:
    rows = {**months(2016, [1] * 12), "2016": 12, **{f"2015-{month:02}": 1 for month in range(5, 13)}, "2015": 8}
    assert judged(target_of(TargetRule.MORE_THAN_BEFORE, YEAR), rows, "2016").reason is Reason.BEFORE_PARTIAL


@EVERY_RULE
def test_the_calendar_s_first_year_has_none_before(rule: TargetRule) -> None:
    target = target_of(rule, YEAR)
    rows = {**months(1990, [1] * 12), "1990": 12}
    expected = Reason.BEFORE_MISSING if target.target.is_compared else None
    assert judged(target, rows, "1990").reason is expected


@EVERY_RULE
def test_a_period_is_not_judged_against_a_shorter_span_or_ahead_of_time(rule: TargetRule) -> None:
    rows = spans(5, 5)
    assert judged(target_of(rule, MONTH), rows, "2016").reason is Reason.LONGER_THAN_SPAN
    assert judged(target_of(rule, YEAR), rows, "2016-12", date(2016, 11, 30)).reason is Reason.NOT_BEGUN


def test_participants_that_are_unknown_are_no_0_beside_months_of_nothing() -> None:
    """Trials A14: one training, participants unknown; the year's sum is missing, and so it is in each of its rows."""
    rows = {**months(2016, [0, 0, MISSING, *[0] * 9]), "2016-T1": MISSING, "2016-T2": 0, "2016": MISSING}
    for rule in (TargetRule.AT_LEAST, TargetRule.AT_MOST, TargetRule.BETWEEN):
        for code in ("2016-03", "2016-T1", "2016-T2", "2016-11", "2016-12", "2016"):
            assert judged(target_of(rule, YEAR), rows, code) == Evaluation(
                Judgement.NOT_JUDGED, reason=Reason.MISSING
            ), code
    assert judged(target_of(TargetRule.AT_MOST, YEAR), rows, "2016-02").judgement is Judgement.ON_COURSE


def test_a_figure_beside_what_is_unknown_is_judged_as_it_is_served() -> None:
    rows = {**months(2016, [20, 0, MISSING, *[0] * 9]), "2016": 20}
    assert judged(target_of(TargetRule.AT_LEAST, YEAR), rows, "2016").judgement is Judgement.MET
    assert judged(target_of(TargetRule.AT_LEAST, YEAR), rows, "2016-04").judgement is Judgement.MET


IN_MAY_ONLY = {"2016-05": 900, "2016-T2": MISSING, "2016": MISSING}
WITH_EMPTY_ROWS = {**months(2016, [MISSING] * 6), "2016-T1": MISSING} | IN_MAY_ONLY


@pytest.mark.parametrize("rows", [IN_MAY_ONLY, WITH_EMPTY_ROWS], ids=["agreement from May", "from January"])
@pytest.mark.parametrize("as_of", [date(2016, 5, 31), date(2016, 6, 15), date(2016, 9, 1), AFTER])
@EVERY_RULE
def test_observations_are_judged_once_every_month_so_far_has_arrived(
    rows: dict[str, Any], as_of: date, rule: TargetRule
) -> None:
    """Trials A15: the same in every row of the span, whatever rows there are."""
    for code in rows:
        if Period.parse(code).start <= as_of:
            assert judged(target_of(rule, YEAR, "observed"), rows, code, as_of).reason is Reason.MONTHS_MISSING, code


@pytest.mark.parametrize(
    ("as_of", "forecast"),
    [
        (date(2016, 6, 15), 5 * 366 / 152),  # June has not come, and is not waited for
        (date(2016, 6, 30), 5 * 366 / 152),  # its last day still runs
        (date(2016, 7, 1), None),  # now it is missing
    ],
)
def test_a_running_month_is_not_waited_for_and_counts_once_it_has_a_figure(as_of: date, forecast: float | None) -> None:
    """Trials A15."""
    target = target_of(TargetRule.AT_MOST, YEAR, "observed")
    rows = {**months(2016, [1] * 5), "2016-06": MISSING, "2016-T1": 4, "2016-T2": MISSING, "2016": MISSING}
    for code in ("2016-06", "2016-T2", "2016"):
        evaluation = judged(target, rows, code, as_of)
        assert evaluation.forecast == (None if forecast is None else pytest.approx(forecast)), code
        assert evaluation.reason is (Reason.MONTHS_MISSING if forecast is None else None)
    rows["2016-06"] = 1
    days = min(as_of, date(2016, 6, 30)).timetuple().tm_yday
    assert judged(target, rows, "2016-06", as_of).forecast == pytest.approx(6 * 366 / days)


def test_a_month_that_runs_alone_is_missing_and_no_month_is_waited_for() -> None:
    target = target_of(TargetRule.AT_MOST, MONTH, "observed")
    assert judged(target, {"2016-06": MISSING}, "2016-06", date(2016, 6, 15)).reason is Reason.MISSING
    assert judged(target, {"2016-06": MISSING}, "2016-06", date(2016, 7, 15)).reason is Reason.MISSING


def test_a_published_year_is_what_every_row_at_its_end_is_judged_by() -> None:
    """Trials A15: it replaces the sum of the months, of which some never came."""
    target = target_of(TargetRule.AT_MOST, YEAR, "observed")
    rows = {**months(2016, [1] * 11), "2016-12": MISSING, "2016-T3": MISSING, "2016": 101}
    assert {judged(target, rows, code).judgement for code in ("2016-12", "2016-T3", "2016")} == {Judgement.MISSED}
    assert judged(target, rows, "2016-11").judgement is Judgement.ON_COURSE


def test_a_hidden_month_hides_what_it_would_be_part_of() -> None:
    target = target_of(TargetRule.AT_LEAST, YEAR, "observed")
    rows = {**months(2016, [9, SUPPRESSED, SUPPRESSED, *[9] * 9]), "2016": 85}
    assert judged(target, rows, "2016-01").judgement is Judgement.MET
    assert judged(target, rows, "2016-04").reason is Reason.SUPPRESSED
    assert judged(target, rows, "2016").judgement is Judgement.MET


@EVERY_RULE
@EVERY_SPAN
@pytest.mark.parametrize("kind", ["count", "share", "observed"])
@pytest.mark.parametrize("seed", range(4))
def test_all_rows_that_end_with_the_span_are_judged_by_the_figure_that_it_is_served_with(
    rule: TargetRule, per: Per, kind: str, seed: int
) -> None:
    """Trials A15: month, tertial and year of one end, whatever the months are."""
    random = Random(seed)
    served = [(1, 3), (0, 5), (7, 7)] if kind == "share" else [0, 1, 7]
    unserved = [(0, 0, "missing")] if kind == "share" else [MISSING]
    rows = {
        code: random.choice([*served, *served, *unserved])
        for year in (2015, 2016)
        for code in [*months(year, range(12)), *(span.replace("2016", str(year)) for span in SPANS.values())]
    }
    target = target_of(rule, per, kind)
    ending = list(SPANS.values())[: list(SPANS).index(per) + 1]
    assert len({judged(target, rows, code) for code in ending}) == 1
    before = SPANS[per].replace("2016", "2015")
    alone = judged(
        target, {**months(2015, [served[0]] * 12), before: rows[before], SPANS[per]: rows[SPANS[per]]}, SPANS[per]
    )
    assert judged(target, rows, SPANS[per]) == alone


def test_a_place_visited_twice_counts_once_on_the_way_and_at_the_end() -> None:
    target = target_of(TargetRule.AT_MOST, YEAR)
    distinct = StoredTarget(target.target, target.spans, "distinct", False, False, 1)
    rows = {**months(2016, [3] * 12), "2016": 4}
    places = {MonthSpan(date(2016, 1, 1), 12): {date(2016, 1, 1): 3, date(2016, 5, 1): 1}}
    assert judged(distinct, rows, "2016-06", around=Around(places)).forecast == pytest.approx(4 * 366 / 182)
    assert judged(distinct, rows, "2016").judgement is Judgement.MET


def months_of_share(rows: Mapping[str, Any], as_of: date, *, is_of_cases: bool = True) -> MonthlyShares | None:
    """Return what a share of 2016 is forecast by."""
    target = replace(target_of(TargetRule.AT_LEAST, YEAR, "share"), is_of_cases=is_of_cases)
    (span,) = target.judged_spans(Period.parse("2016"))
    stored = [row(*one) for one in rows.items()]
    found = target_input(target, Period.parse("2016"), span, KnownFigures(target, stored, Around()), as_of).months
    assert found is None or isinstance(found, MonthlyShares)
    return found


def test_a_share_is_forecast_by_both_parts_of_its_months() -> None:
    """What is nothing of nothing is known; what is hidden, or has no row, is not; the running month stands apart."""
    before = {**months(2013, [(1, 2)] * 12), **months(2014, [(1, 2)] * 12), **months(2015, [(3, 4)] * 12)}
    before |= {"2014-02": (0, 0, "missing"), "2014-03": (1, 2, "suppressed"), "2014-07": NOT_APPLICABLE}
    del before["2014-04"]
    rows = before | {"2016-01": (2, 2), "2016-02": (1, 3)}
    found = months_of_share(rows, date(2016, 2, 15))
    assert found is not None
    assert found.before[12:20] == ((1, 2), (0, 0), None, None, (1, 2), (1, 2), (0, 0), (1, 2))
    assert (found.so_far, found.running, found.factor) == (((2, 2),), (1, 3), 100)
    ended = months_of_share(rows, date(2016, 3, 1))
    assert ended is not None
    assert (ended.so_far, ended.running) == (((2, 2), (1, 3)), None)
    assert months_of_share(rows, date(2016, 2, 15), is_of_cases=False) is None
