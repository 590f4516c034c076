"""Values and targets as people read them."""

from decimal import Decimal

import pytest

from shared.domain.target_wording import rule
from shared.domain.wording import Language, as_displayed, value_text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("96.923077", "percent", "96,9\N{NO-BREAK SPACE}%"),
        ("0.25", "percent", "0,3\N{NO-BREAK SPACE}%"),
        ("3.333333", "mean", "3,33"),
        ("2.3333", "hours", "2,33"),
        ("1250.505", "SEK", "1\N{NARROW NO-BREAK SPACE}250,505"),
        ("0.0045", "own", "0,0045"),
        ("27", "count", "27"),
    ],
)
def test_a_quotient_is_rounded_and_what_was_reported_is_not(value: str, unit: str, text: str) -> None:
    assert value_text(Decimal(value), unit, Language.SV) == text


def test_a_value_displayed_again_stays_the_same() -> None:
    once = as_displayed(Decimal("2.345"), "mean")
    assert as_displayed(once, "mean") == once == Decimal("2.35")


@pytest.mark.parametrize(("unit", "asked"), [("percent", "at least 66.67%"), ("mean", "at least 66.667")])
def test_the_level_of_a_target_is_written_as_it_was_set(unit: str, asked: str) -> None:
    level = asked.removeprefix("at least ").removesuffix("%")
    assert rule({"rule": "atLeast", "value": level, "per": "year"}, unit, Language.EN) == asked


def test_a_tolerance_of_a_share_is_in_percentage_points() -> None:
    target = {"rule": "notBelowBefore", "tolerance": 1.25, "per": "year"}
    assert "1.25 percentage points" in rule(target, "percent", Language.EN)
    assert "1.25 percentage points" not in rule(target, "count", Language.EN)
