"""What a target compares a survey with: the same span of the year before, else what was measured last."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shared.domain.target_span import baseline_span
from tests.domain.judged_rows import MISSING
from tests.domain.test_target_spans import judged, set_target

HIDDEN = (None, None, "suppressed")
YEAR, TWO_YEARS = ("2016-01-01", "2016-12-31"), ("2015-01-01", "2016-12-31")


@pytest.mark.parametrize(
    ("per", "days", "code", "rows", "expected"),
    [
        ("year", YEAR, "2016", {"2014": 60, "2015": MISSING, "2016": 70}, "met"),
        ("year", YEAR, "2016", {"2014": 80, "2016": 70}, "missed"),
        ("year", YEAR, "2016", {"2004": 60, "2012": 80, "2016": 70}, "missed"),
        # The year before, where it was measured; and where it is hidden, that is why there is no judgement.
        ("year", YEAR, "2016", {"2014": 60, "2015": 80, "2016": 70}, "missed"),
        ("year", YEAR, "2016", {"2014": 60, "2015": HIDDEN, "2016": 70}, "beforeSuppressed"),
        ("year", YEAR, "2016", {"2013": 60, "2014": HIDDEN, "2016": 70}, "met"),
        # A later one, or one of a part of a year, is none.
        ("year", YEAR, "2016", {"2014-T3": 60, "2016": 70, "2018": 60}, "beforeMissing"),
        ("tertial", YEAR, "2016-T3", {"2015": 60, "2016-T1": 80, "2016-T3": 70}, "missed"),
        ("month", YEAR, "2016-05", {"2016-01": 60, "2016-05": 70}, "met"),
        ("month", YEAR, "2016-05", {"2015-05": 80, "2016-01": 60, "2016-05": 70}, "missed"),
        ("span", TWO_YEARS, "2016", {"2014": 60, "2016": 70}, "met"),
        ("span", TWO_YEARS, "2016", {"2012": 60, "2016": 70}, "met"),
        ("span", TWO_YEARS, "2016", {"2015": 60, "2016": 70}, "beforeMissing"),
    ],
)
def test_generality_e8_a_survey_is_compared_with_the_latest_before(
    per: str, days: tuple[str, str], code: str, rows: dict[str, Any], expected: str
) -> None:
    target = set_target("moreThanBefore", per, days, "survey")
    assert [said for _, said in judged(target, rows, code)] == [expected]


@pytest.mark.parametrize(
    ("kind", "given"), [("survey", {"baseline": "2015"}), ("state", {}), ("observed", {}), ("count", {})]
)
def test_generality_e8_nothing_else_looks_further_back(kind: str, given: dict[str, Any]) -> None:
    given = {name: baseline_span(code) for name, code in given.items()}
    rows = {"2014": 60, "2014-12": 60, "2016": 70, "2016-12": 70}
    assert [said for _, said in judged(set_target("moreThanBefore", "year", YEAR, kind, **given), rows, "2016")] == [
        "beforeMissing"
    ]


@pytest.mark.parametrize(("third", "expected"), [((0, 0, "missing"), "onCourse"), (MISSING, "monthsMissing")])
def test_generality_e8_a_share_does_not_wait_for_a_month_of_nothing(third: Any, expected: str) -> None:
    target = replace(set_target("atLeast", "year", YEAR, "observed", value=25), is_share=True, factor=100)
    rows = {"2016-01": (5, 20), "2016-02": (3, 10), "2016-03": third, "2016-04": (1, 4)}
    assert [said for _, said in judged(target, rows, "2016-04", date(2016, 5, 2))] == [expected]
