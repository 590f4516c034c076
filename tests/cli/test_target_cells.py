"""The cells of targets in the tables: each target once, judged in spans of its own."""

from __future__ import annotations

from typing import Any

import pytest

from shared.annex_tables.targets import TargetOutcome, outcomes_of, target_in_words, targets_of_year
from shared.domain.wording import Language

SV, EN = Language.SV, Language.EN
LONGER = {"judgement": "notJudged", "reason": "longerThanSpan"}


def a_target(per: str, **outcome: Any) -> dict[str, Any]:
    return {"rule": "atLeast", "per": per, "value": 4.0, **outcome}


def cells(
    year: list[dict[str, Any]], shorter: list[tuple[str, int, list[dict[str, Any]]]], language: Language = SV
) -> list[tuple[str, list[str]]]:
    return [
        (
            target_in_words(one, "minst 4", language, is_year_said=True),
            [said.text for said in outcomes_of(one, language)],
        )
        for one in targets_of_year(year, shorter, language)
    ]


def test_generality_w7_a_target_per_tertial_is_judged_in_the_tertials() -> None:
    tertials = [
        ("tertial", month, [a_target("tertial", judgement=judgement)])
        for month, judgement in ((1, "met"), (5, "missed"), (9, "onCourse"))
    ]
    months = [("month", month, [a_target("tertial", judgement="atRisk")]) for month in range(1, 13)]
    assert cells([a_target("tertial", **LONGER)], [*tertials, *months]) == [
        ("Mål per tertial: minst 4", ["T1 nått", "T2 inte nått", "T3 på väg"])
    ]


def test_generality_w7_a_target_per_quarter_is_judged_as_the_quarters_end() -> None:
    quarters = {1: ("2017-01-01", "2017-03-31", "met"), 4: ("2017-04-01", "2017-06-30", "missed")}
    months = []
    for first, (begins, ends, judgement) in quarters.items():
        for month in range(first, first + 3):
            said = judgement if month == first + 2 else "atRisk"
            months.append(("month", month, [a_target("quarter", judgement=said, **{"from": begins, "to": ends})]))
    longer = [a_target("quarter", **LONGER)]
    assert cells(longer, [("tertial", 1, longer), *months]) == [
        ("Mål per kvartal: minst 4", ["jan–mar nått", "apr–jun inte nått"])
    ]


def test_generality_w7_many_spans_are_counted() -> None:
    months = [
        ("month", month, [a_target("month", judgement="met" if month < 10 else "missed")]) for month in range(1, 13)
    ]
    ahead = ("month", 12, [a_target("month", judgement="notJudged", reason="notBegun")])
    assert cells([a_target("month", **LONGER)], [*months, ahead]) == [
        ("Mål per månad: minst 4", ["9 nått", "3 inte nått"])
    ]


def test_generality_w7_a_target_of_the_year_is_not_repeated_and_a_half_year_has_its_own_lines() -> None:
    half = {"from": "2017-01-01", "to": "2017-06-30"}
    tertials = [
        ("tertial", 1, [a_target("year", judgement="atRisk"), a_target("halfYear", judgement="atRisk", **half)]),
        ("tertial", 5, [a_target("year", judgement="atRisk"), a_target("halfYear", judgement="met", **half)]),
    ]
    year = [a_target("year", judgement="missed"), a_target("halfYear", **LONGER)]
    assert cells(year, tertials) == [("minst 4", ["inte nått"]), ("Mål per halvår: minst 4", ["jan–jun nått"])]


@pytest.mark.parametrize(("language", "expected"), [(SV, "Mål för april 2017–mars 2018: minst 4"), (EN, None)])
def test_generality_w1_a_year_of_its_own_is_named(language: Language, expected: str | None) -> None:
    own = {"from": "2017-04-01", "to": "2018-03-31"}
    ((asked, said),) = cells([a_target("year", judgement="atRisk", **own)], [], language)
    assert (asked, said) == (
        (expected, ["risk"]) if expected else ("Target for April 2017–March 2018: minst 4", ["at risk"])
    )


def test_why_a_target_is_not_judged_is_said_without_that_it_is_not() -> None:
    assert TargetOutcome("T1 inte bedömt", "notJudged", "inte bedömt, värdet saknas").reason == "värdet saknas"
    assert TargetOutcome("nått", "met").reason == ""
